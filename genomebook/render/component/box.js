// The box: a text, suggestions while one types, and the keys of a combobox.
import { element } from "./dom.js";

const WAIT_MS = 80;

export class Box {
  // `does` has go(text) and typed(text, serial); `settings` what is said of the box: label, placeholder, title.
  constructor(does, { label, placeholder, title }) {
    this.does = does;
    this.chosen = -1;
    this.serial = 0;
    this.text = "";
    this.input = element("input", {
      type: "text", class: "box", role: "combobox", "aria-label": label, "aria-expanded": "false", "aria-controls": "gb-suggestions",
      "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", maxlength: "1200", placeholder, title,
    });
    this.list = element("ul", { class: "suggestions", id: "gb-suggestions", role: "listbox", "aria-label": "Suggestions", hidden: true });
    this.form = element("form", { class: "go", role: "search", onsubmit: (event) => this.submit(event) }, this.input, this.list);
    this.input.addEventListener("input", () => this.later());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("focus", () => this.input.select());
    this.input.addEventListener("blur", () => setTimeout(() => document.activeElement !== this.input && this.suggest([]), 150));
  }

  // Moves what holds the box; who types there goes on typing.
  keepFocus(move) {
    const { selectionStart, selectionEnd } = this.input;
    const isHere = document.activeElement === this.input;
    move();
    if (!isHere) return;
    this.input.focus({ preventScroll: true });
    this.input.setSelectionRange(selectionStart, selectionEnd);
  }

  // What stands in the box while nobody types.
  show(text) {
    if (document.activeElement !== this.input) this.input.value = text;
    this.text = text;
  }

  submit(event) {
    event.preventDefault();
    clearTimeout(this.timer);
    this.serial += 1;
    const chosen = this.list.children[this.chosen];
    if (chosen) this.input.value = chosen.dataset.text;
    this.suggest([]);
    this.does.go(this.input.value);
    this.input.blur();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.does.typed(this.input.value, ++this.serial), WAIT_MS);
  }

  // The suggestions for a text; late ones are left out.
  receive({ serial, items }) {
    if (serial === this.serial && document.activeElement === this.input) this.suggest(items);
  }

  suggest(items) {
    this.chosen = -1;
    this.list.replaceChildren(...items.map((item, i) => element("li", {
      role: "option", id: `gb-suggestion-${i}`, "aria-selected": "false", "data-text": item.text,
      onmousedown: (event) => { event.preventDefault(); this.chosen = i; this.form.requestSubmit(); },
    }, element("b", {}, item.label), " ", element("span", {}, item.detail), element("i", {}, item.kind))));
    this.list.hidden = !items.length;
    this.input.setAttribute("aria-expanded", String(items.length > 0));
    this.input.removeAttribute("aria-activedescendant");
  }

  // Arrows choose, Enter goes, Escape closes the list and then leaves the box as it was.
  key(event) {
    if (event.key === "Escape") {
      clearTimeout(this.timer);
      this.serial += 1;
      if (!this.list.hidden) this.suggest([]);
      else {
        this.input.value = this.text;
        this.input.blur();
      }
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && this.list.children.length) {
      event.preventDefault();
      const size = this.list.children.length;
      this.chosen = event.key === "ArrowDown" ? (this.chosen + 1) % size : (this.chosen + size - 1 + (this.chosen < 0)) % size;
      [...this.list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === this.chosen)));
      this.list.children[this.chosen].scrollIntoView({ block: "nearest" });
      this.input.setAttribute("aria-activedescendant", `gb-suggestion-${this.chosen}`);
    }
    event.stopPropagation();
  }
}
