// The component that brings one table of a map: nothing is drawn in its place.
import { withPlace } from "../component/dom.js";
import { forgetPoints, keepPoints } from "./store.js";

export default function ({ data, parentElement }) {
  keepPoints(parentElement, data.name, data.table);
  return withPlace(parentElement, () => forgetPoints(parentElement));
}
