// The bar: box, back, forward, page turn, and the buttons of the panels.
import { button, element } from "./dom.js";

const WAIT_MS = 80;

export class Bar {
  // `does` has what the bar calls: go(text), typed(text), turn(where), open(panel), map(), back(), forward().
  constructor(does) {
    this.does = does;
    this.chosen = -1;
    this.box = element("input", {
      type: "text", class: "box", role: "combobox", "aria-label": "Go to a place, a gene, a motif or a word", "aria-expanded": "false", "aria-controls": "gr-suggestions",
      "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", maxlength: "1200", placeholder: "gene, chr21:25,891,700, motif, DNA, word", title: "Go to … (key /)",
    });
    this.list = element("ul", { class: "suggestions", id: "gr-suggestions", role: "listbox", "aria-label": "Suggestions", hidden: true });
    this.form = element("form", { class: "go", role: "search", onsubmit: (event) => this.submit(event) }, this.box, this.list);
    this.box.addEventListener("input", () => this.later());
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("focus", () => this.box.select());
    this.box.addEventListener("blur", () => setTimeout(() => this.suggest([]), 150));
    this.previous = button("Previous page (Left)", "⟵", () => does.turn("previous"));
    this.next = button("Next page (Right)", "⟶", () => does.turn("next"));
    this.map = button("Overview of the genome", "Map", () => does.map(), { class: "open-map", "aria-expanded": "false" });
    this.panels = [["lines", "Lines", "Lines and tracks in the text"], ["save", "Save", "Copy or save"], ["drawer", "☰", "More: contents, what is here, random page, keys"]].map(([name, text, label]) =>
      button(label, text, () => does.open(name), { class: `open-${name}`, "aria-expanded": "false" }));
    this.element = element("nav", { class: "gr-bar", "aria-label": "Reading" },
      element("span", { class: "history" }, button("Back", "‹", () => does.back()), button("Forward", "›", () => does.forward())),
      this.form,
      element("span", { class: "turn" }, this.previous, this.next),
      this.map, this.panels);
  }

  show(text, around) {
    if (document.activeElement !== this.box) this.box.value = text;
    this.text = text;
    this.previous.disabled = !around?.previous;
    this.next.disabled = !around?.next;
  }

  submit(event) {
    event.preventDefault();
    clearTimeout(this.timer);
    const chosen = this.list.children[this.chosen];
    if (chosen) this.box.value = chosen.dataset.text;
    this.suggest([]);
    this.does.go(this.box.value);
    this.box.blur();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.does.typed(this.box.value), WAIT_MS);
  }

  suggest(items) {
    this.chosen = -1;
    this.list.replaceChildren(...items.map((item, i) => element("li", {
      role: "option", id: `gr-suggestion-${i}`, "aria-selected": "false", "data-text": item.text,
      onmousedown: (event) => { event.preventDefault(); this.chosen = i; this.form.requestSubmit(); },
    }, element("b", {}, item.label), " ", element("span", {}, item.detail), element("i", {}, item.kind))));
    this.list.hidden = !items.length;
    this.box.setAttribute("aria-expanded", String(items.length > 0));
    this.box.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (event.key === "Escape") {
      this.suggest([]);
      this.box.value = this.text;
      this.box.blur();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && this.list.children.length) {
      event.preventDefault();
      const size = this.list.children.length;
      this.chosen = event.key === "ArrowDown" ? (this.chosen + 1) % size : (this.chosen + size - 1 + (this.chosen < 0)) % size;
      [...this.list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === this.chosen)));
      this.box.setAttribute("aria-activedescendant", `gr-suggestion-${this.chosen}`);
    }
    event.stopPropagation();
  }
}
