// The bar: box, back, forward, page turn, and the buttons of the panels.
import { Box } from "./box.js";
import { button, element } from "./dom.js";

const SAID = { label: "Go to a place, a gene, a motif or a word", placeholder: "gene, chr21:25,891,700, motif, DNA, word", title: "Go to … (key /)" };

export class Bar {
  // `does` has what the bar calls: go(text), typed(text, serial), turn(where), open(panel), map(), back(), forward().
  constructor(does) {
    this.does = does;
    this.box = new Box(does, SAID);
    this.previous = button("Previous page (Left)", "⟵", () => does.turn("previous"));
    this.next = button("Next page (Right)", "⟶", () => does.turn("next"));
    this.map = button("Overview of the genome", "Map", () => does.map(), { class: "open-map", "aria-expanded": "false" });
    this.panels = [["lines", "Lines", "Lines and tracks in the text"], ["save", "Save", "Copy or save"], ["drawer", "☰", "More: contents, what is here, random page, keys"]].map(([name, text, label]) =>
      button(label, text, () => does.open(name), { class: `open-${name}`, "aria-expanded": "false" }));
    this.element = element("nav", { class: "gr-bar", "aria-label": "Reading" },
      element("span", { class: "history" }, button("Back", "‹", () => does.back()), button("Forward", "›", () => does.forward())),
      this.box.form,
      element("span", { class: "turn" }, this.previous, this.next),
      this.map, this.panels);
  }

  show(text, around) {
    this.box.show(text);
    this.previous.disabled = !around?.previous;
    this.next.disabled = !around?.next;
  }
}
