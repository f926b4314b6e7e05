// Streamlit calls this for every answer of Python; the reader stays. On Read the frame of the page has the first
// answer: its text is drawn before Streamlit is there, whose component then takes the reader over as it stands.
import { fromPage, memory, withPlace } from "./dom.js";
import { Reader } from "./reader.js";

const readers = new WeakMap();
const saidMeanwhile = [];
let early = null;
const LATEST_START_MS = 500;

// Without a place in the address, a visitor comes back to the last one.
function leavesForLast({ isFirst, loc, settings }) {
  const last = memory.get(`place.${settings.book}`, "");
  if (!isFirst || !last || last === loc) return false;
  const lines = memory.get("lines", []).join(",");
  location.replace(`read?${new URLSearchParams({ loc: last, ...(lines ? { lines } : {}) })}`);
  return true;
}

function begin() {
  const place = globalThis.document?.getElementById("gb-early");
  if (!place) return;
  try {
    const answer = JSON.parse(place.querySelector("script").textContent);
    if (leavesForLast(answer)) return;
    place.style.colorScheme = { Light: "light", Dark: "dark" }[memory.get("theme", "")] ?? "";
    early = new Reader(place.querySelector(".early-reader"));
    early.receive(answer, (...said) => saidMeanwhile.push(said));
  } catch (error) {
    early = null;
    place.remove();
    throw error;
  } finally {
    // Streamlit starts when the text is on the screen; a page in the background is not painted.
    requestAnimationFrame(() => setTimeout(() => window.startApp()));
    setTimeout(() => window.startApp(), LATEST_START_MS);
  }
}

function takenOver(parent) {
  const reader = early;
  if (!reader) return new Reader(parent);
  const place = document.getElementById("gb-early");
  early = null;
  document.body.classList.add("gb-early-done");
  reader.moveTo(parent);
  place.remove();
  return reader;
}

begin();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const isNew = !readers.has(parentElement);
  if (isNew) readers.set(parentElement, takenOver(parentElement));
  const reader = readers.get(parentElement);
  const tell = fromPage(parentElement, (name, value, isState = false) => (isState ? setStateValue : setTriggerValue)(name, value));
  reader.receive(JSON.parse(new TextDecoder().decode(data)), tell);
  if (isNew) for (const said of saidMeanwhile.splice(0)) tell(...said);
  return withPlace(parentElement, () => {
    reader.close();
    readers.delete(parentElement);
  });
}
