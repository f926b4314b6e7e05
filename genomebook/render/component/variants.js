// Variants of a page: which stand where, and the panel that says what one does.
import { button, element, served } from "./dom.js";
import { plural } from "./text.js";

// Features of the tracks of variants, in order.
export function variantsOf(page) {
  const tracks = new Set((page?.tracks ?? []).filter((track) => track.kind === "variant").map((track) => track.name));
  return (page?.features ?? []).filter((feature) => tracks.has(feature.track)).sort((a, b) => a.start - b.start || a.end - b.end);
}

// The shortest variant that changes a letter; null where there is none.
export function variantAt(page, position) {
  const here = variantsOf(page).filter((variant) => variant.start <= position && position < Math.max(variant.end, variant.start + 1));
  return here.sort((a, b) => a.end - a.start - (b.end - b.start))[0] ?? null;
}

export const isSame = (a, b) => a.track === b.track && a.start === b.start && a.name === b.name;

// What Python says of the chosen variant, written on the server.
export function told(reader) {
  if (reader.variantHtml) return served(reader.variantHtml);
  return element("p", { class: "missing" }, reader.variant ? "Reading …" : "Choose a variant in the text.");
}

// The chosen variant, and the way to its neighbours on the page.
export function variantPanel(reader) {
  const all = variantsOf(reader.page);
  const at = reader.variant ? all.findIndex((variant) => isSame(variant, reader.variant)) : -1;
  const go = (step) => reader.chooseVariant(all[at + step]);
  const steps = element("div", { class: "actions" },
    at > 0 ? button("Variant before", "⟵ Variant before", () => go(-1)) : "",
    at + 1 < all.length ? button("Next variant", "Next variant ⟶", () => go(1)) : "",
    button("Close (Escape)", "Close", () => reader.open("variant")),
    element("span", { class: "missing" }, plural(all.length, "variant"), " on this page"));
  return [steps, element("div", { class: "told", "aria-live": "polite" }, told(reader))];
}
