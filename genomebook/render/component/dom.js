// Elements from data: text becomes text nodes and attributes, never markup.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export const button = (label, text, onclick, more = {}) =>
  element("button", { type: "button", "aria-label": label, title: label, onclick, ...more }, text);

// What Streamlit calls when a component goes. It also calls it for an answer that a newer one overtook while both
// were loading: what was made for the place stays as long as the place.
export const withPlace = (place, close) => () => {
  if (!place.isConnected) close();
};

const homes = new WeakMap();
const pageHere = () => location.pathname.split("/").at(-1) || "library";

// What a component says to Python, as long as the address is of the page that it was made for. After Back it stands
// until the next page is drawn: what it said then would run its own page again, over the next one.
export function fromPage(place, tell) {
  if (!homes.has(place)) homes.set(place, pageHere());
  return (...said) => {
    if (homes.get(place) === pageHere()) tell(...said);
  };
}

// Kept for the next visit; a browser that keeps nothing is no fault.
export const memory = {
  get(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(`genomebook.${name}`)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(`genomebook.${name}`, JSON.stringify(value));
    } catch {
      return;
    }
  },
};

const TYPES = { pdf: "application/pdf", svg: "image/svg+xml" };

export function download(name, content) {
  const type = TYPES[name.split(".").pop()] ?? "text/plain";
  const url = URL.createObjectURL(new Blob([content], { type }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// What the server wrote: its templates escape every text.
export const served = (html) => document.createRange().createContextualFragment(html);
