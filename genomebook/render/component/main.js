// Streamlit calls this for every answer of Python; the reader stays.
import { Reader } from "./reader.js";

const readers = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  if (!readers.has(parentElement)) readers.set(parentElement, new Reader(parentElement));
  const reader = readers.get(parentElement);
  const tell = (name, value, isState = false) => (isState ? setStateValue : setTriggerValue)(name, value);
  reader.receive(JSON.parse(new TextDecoder().decode(data)), tell);
  return () => {
    reader.close();
    readers.delete(parentElement);
  };
}
