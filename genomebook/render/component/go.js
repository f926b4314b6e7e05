// The box of a page that has no bar: Streamlit calls this for every answer of Python; the box stays.
import { Box } from "./box.js";
import { element, fromPage, withPlace } from "./dom.js";
import { isTyping } from "./keys.js";

const boxes = new WeakMap();

function made(parent, settings) {
  const asked = {};
  const box = new Box({ go: (text) => asked.tell("go", { text, serial: box.serial }), typed: (text, serial) => asked.tell("typed", { text, serial }) }, settings);
  const stopping = new AbortController();
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    box.input.focus();
  }, { signal: stopping.signal });
  const all = element("div", { class: "gb anywhere" }, box.form);
  parent.append(all);
  const close = () => { stopping.abort(); all.remove(); };
  return { box, asked, close };
}

export default function ({ data, parentElement, setTriggerValue }) {
  if (!boxes.has(parentElement)) boxes.set(parentElement, made(parentElement, data.settings));
  const { box, asked, close } = boxes.get(parentElement);
  asked.tell = fromPage(parentElement, setTriggerValue);
  if (data.suggestions) box.receive(data.suggestions);
  return withPlace(parentElement, () => {
    close();
    boxes.delete(parentElement);
  });
}
