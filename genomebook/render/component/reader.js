// The reader: what is shown, what is asked of Python, keys, selection, scrolling.
import { Bar } from "./bar.js";
import { button, download, element, memory, served } from "./dom.js";
import { isTyping, meaning } from "./keys.js";
import { keepLike, lineAbove, unnamed } from "./like.js";
import { exonStep, Pages, isStale, turn } from "./pages.js";
import { drawerPanel, keysList, linesPanel, savePanel } from "./panels.js";
import { selectionButtons } from "./chosen.js";
import { heading, paper, wordAt } from "./paper.js";
import { selected } from "./selection.js";
import { told, variantAt, variantPanel } from "./variants.js";
import { address, landing } from "./text.js";

const SCREEN_LETTERS = 2500;
const PAINT_MS = 20;
const COLUMNS = "(min-width: 110rem), print";
const SIMILAR = "Find sentences like this";
const LIKE_MS = 400;
const SIZES = [0.85, 1, 1.15, 1.3, 1.5];
const PANELS = { lines: linesPanel, save: savePanel, drawer: drawerPanel, variant: variantPanel, keys: () => [element("h2", {}, "Keys"), keysList()] };

export class Reader {
  constructor(parent) {
    this.pages = new Pages();
    this.serial = 0;
    this.view = { lines: [], track: "" };
    this.hidden = memory.get("hidden", []);
    this.size = memory.get("size", 1);
    this.strand = "+";
    this.panel = "";
    const does = { go: (text) => this.go(text), typed: (text, serial) => this.tell("typed", { text, serial }), turn: (where) => this.turn(where), open: (name) => this.open(name), map: () => this.setOverview(), back: () => history.back(), forward: () => history.forward() };
    this.bar = new Bar(does);
    this.said = element("p", { class: "said", role: "status", "aria-live": "polite" });
    this.spoken = element("h1", { class: "heard" }, "Read");
    this.head = element("header", { class: "running" });
    this.track = element("div", { class: "strength" });
    this.text = element("div", { class: "text" });
    this.side = element("aside", { class: "panel", hidden: true });
    this.chosen = element("div", { class: "chosen", role: "toolbar", "aria-label": "Selection", hidden: true });
    this.below = button("Next page", "Next page ⟶", () => this.turn("next"), { class: "below" });
    const frame = element("div", { class: "frame" }, this.said, this.head, this.track, this.text, this.below);
    this.element = element("div", { class: "gb gr" }, this.spoken, this.bar.element, this.side, frame, this.chosen);
    parent.append(this.element);
    this.listen();
    this.style();
  }

  listen() {
    this.stopping = new AbortController();
    const until = { signal: this.stopping.signal };
    document.addEventListener("keydown", (event) => this.key(event), until);
    addEventListener("popstate", () => this.wentBack(), until);
    addEventListener("beforeprint", () => this.page && this.draw(Infinity), until);
    document.addEventListener("selectionchange", () => this.selecting(), until);
    this.element.addEventListener("click", (event) => this.click(event));
    this.text.addEventListener("keydown", (event) => this.step(event));
    this.text.addEventListener("pointerdown", () => this.roving(null));
    document.addEventListener("pointerup", () => this.stop?.isConnected && this.roving(this.stop), until);
  }

  close() {
    this.stopping.abort();
    clearTimeout(this.likeTimer);
    this.element.remove();
  }

  // An answer of Python: pages for the memory, and what to show unless something newer was asked for.
  receive(answer, tell) {
    this.tell = tell;
    this.settings = answer.settings ?? this.settings;
    if (this.bookOf !== this.settings.book || answer.forget) this.pages.clear();
    this.bookOf = this.settings.book;
    for (const [name, page] of Object.entries(answer.around)) this.pages.put(page, name);
    if (answer.page) {
      this.pages.put(answer.page);
      this.pages.put(answer.page, answer.loc);
    }
    if (answer.suggestions) this.bar.box.receive(answer.suggestions);
    if (answer.file && answer.file.serial !== this.filed) this.filedNow(answer.file);
    if (answer.variant && answer.variant.serial === this.variantAsked) this.variantSaid(answer.variant.html);
    if (answer.like && answer.like.serial === this.likeAsked) this.likeSaid(answer.like.counts);
    if (answer.isAside || isStale(answer, this.serial)) return;
    this.say(answer.refused);
    if (answer.contents) this.contents = answer.contents;
    this.view = answer.view;
    if (this.page) this.title();
    this.track.replaceChildren(...(answer.track ? [served(answer.track)] : []));
    const page = answer.page ?? this.pages.get(answer.loc);
    if (answer.isFirst && this.restore()) return;
    if (page && this.isDrawn(page, answer.loc)) this.hasMoved = false;
    else if (page && (page !== this.page || answer.loc !== this.loc)) this.paint(page, answer.loc);
    else if (!page && answer.isKnown) this.ask(answer.loc);
    else if (!page) this.blank(answer.loc);
    if (this.panel) this.fill();
  }

  // Streamlit has made its place: the reader moves there as it stands, with what has the focus.
  moveTo(parent) {
    const { scrollTop } = this.scroller();
    const focused = document.activeElement;
    this.bar.box.keepFocus(() => parent.append(this.element));
    this.scroller().scrollTo(0, scrollTop);
    if (document.activeElement !== focused && this.element.contains(focused)) focused.focus({ preventScroll: true });
    this.hasMoved = true;
  }

  // The first answer after that is the page that came with the frame: it is not drawn twice.
  isDrawn(page, loc) {
    return this.hasMoved && loc === this.loc && JSON.stringify(page) === JSON.stringify(this.page);
  }

  // The last place of this book and its lines, when the address asks for none.
  restore() {
    const last = memory.get(`place.${this.settings.book}`, "");
    const lines = memory.get("lines", []).filter((name) => this.settings.lines.some((line) => line.name === name && !line.missing));
    if (!last || last === this.loc) return false;
    this.ask(last, { lines });
    return true;
  }

  blank(loc) {
    this.page = null;
    this.loc = loc;
    this.spoken.textContent = loc || "Read";
    this.bar.show(loc, null);
    this.head.replaceChildren();
    this.text.replaceChildren();
    this.below.hidden = true;
  }

  paint(page, loc) {
    const isMove = loc !== this.loc || page.address !== this.page?.address;
    this.page = page;
    this.loc = loc;
    this.exon = null;
    if (page.asked?.name && isMove && !page.asked.name.startsWith(this.named)) this.strand = "+";
    this.named = page.asked?.name ?? "";
    const [sheet, drawing] = paper(page, { strand: this.strand, similar: SIMILAR });
    this.drawing = drawing;
    this.drawFirst();
    this.text.replaceChildren(sheet);
    this.heading();
    const label = page.asked?.address ?? page.address;
    this.bar.show(label, { previous: turn(page, "previous", this.strand), next: turn(page, "next", this.strand) });
    this.below.hidden = !turn(page, "next", this.strand);
    this.title();
    memory.set(`place.${this.settings.book}`, loc);
    if (isMove) this.land();
    this.roving(this.text.querySelector(".w"));
    this.askLike();
  }

  // Draw at least so many letters more of the page; whether it is whole.
  draw(letters) {
    for (let drawn = 0; drawn < letters;) {
      const { done, value } = this.drawing.next();
      if (done) return true;
      drawn += value.end - value.start;
    }
    return false;
  }

  // What the screen shows is drawn at once, the rest when that is painted. Where columns are balanced, and on paper,
  // all of it is.
  drawFirst() {
    const { asked } = this.page;
    const landed = asked ? landing(asked) : null;
    let isWhole = matchMedia(COLUMNS).matches && this.draw(Infinity);
    for (let isReached = landed === null; !isReached && !isWhole;) {
      const { done, value } = this.drawing.next();
      isWhole = Boolean(done);
      isReached = isWhole || (value.start <= landed && landed < value.end);
    }
    if (!isWhole && !this.draw(SCREEN_LETTERS)) this.drawLater(this.drawing);
  }

  drawLater(drawing) {
    setTimeout(() => {
      if (this.drawing !== drawing || this.draw(SCREEN_LETTERS)) return;
      this.drawLater(drawing);
    }, PAINT_MS);
  }

  title() {
    const { asked, address: shown, book } = this.page;
    this.spoken.textContent = asked?.name || asked?.address || shown;
    document.title = `${this.spoken.textContent} · ${book.title}`;
  }

  // Back and forward: what is in memory is painted before Python answers.
  wentBack() {
    const loc = new URLSearchParams(location.search).get("loc");
    const page = loc && location.pathname.endsWith("/read") ? this.pages.get(loc) : null;
    if (page) this.paint(page, loc);
  }

  heading() {
    this.head.replaceChildren(...heading(this.page, this.strand));
  }

  // Scroll to the place that was asked for; a page that was turned begins at its top.
  land() {
    const scroller = this.scroller();
    const asked = this.page.asked;
    const word = asked ? this.word(landing(asked)) : null;
    const isHigh = word && word.getBoundingClientRect().top - this.text.getBoundingClientRect().top < 200;
    scroller.scrollTo(0, 0);
    if (word && !isHigh) word.scrollIntoView({ block: asked.end - asked.start <= 300 ? "center" : "start" });
  }

  word(position) {
    const n = wordAt(this.page, position);
    return n < 0 ? null : this.text.querySelector(`.w[data-n="${n}"]`);
  }

  show(start, end) {
    this.draw(Infinity);
    const word = this.word(Math.max(start, this.page.start));
    word?.scrollIntoView({ block: "center", behavior: "smooth" });
    word?.classList.add("flash");
    setTimeout(() => word?.classList.remove("flash"), 2000);
    if (word && end - start < 300) {
      this.roving(word);
      word.focus({ preventScroll: true });
    }
  }

  ask(loc, more = {}) {
    this.view = { ...this.view, ...more };
    this.tell("view", { serial: ++this.serial, loc, lines: this.view.lines, track: this.view.track, transcripts: this.view.transcripts ?? {}, source: this.view.source ?? "", contents: this.panel === "drawer", overview: Boolean(this.overview), own: Boolean(this.own), have: this.pages.names() }, true);
  }

  forgetting(more) {
    this.pages.clear();
    this.ask(this.loc, more);
  }

  go(text) {
    this.tell("go", { text, serial: ++this.serial });
  }

  // The overview is drawn by Python above the text.
  setOverview() {
    this.overview = !this.overview;
    this.bar.map.setAttribute("aria-expanded", String(this.overview));
    this.ask(this.loc);
    if (this.overview) this.scroller()?.scrollTo(0, 0);
  }

  // The place for one's own files is drawn by Python above the text.
  setOwn() {
    this.own = !this.own;
    this.open(this.panel);
    this.ask(this.loc);
    if (this.own) this.scroller()?.scrollTo(0, 0);
  }

  // The next row of a track, or the one before, from the place that is shown.
  stepTrack(track, forward) {
    this.tell("step", { track, forward, serial: ++this.serial });
  }

  scroller() {
    return this.element.closest('[data-testid="stMain"], #gb-early') ?? document.scrollingElement;
  }

  random() {
    this.tell("random", { serial: ++this.serial });
  }

  turn(where) {
    if (!this.page) return;
    const [place, isHere] = where.startsWith("exon") ? exonStep(this.page, where, this.strand, this.exon ?? this.landed()) : [turn(this.page, where, this.strand), false];
    if (isHere) {
      this.exon = place;
      this.show(place, place + 1);
      return;
    }
    if (!place) return;
    const page = this.pages.get(place.address);
    if (page) this.paint(page, place.address);
    this.ask(place.address);
  }

  // Where steps from exon to exon begin: the place that was asked for, else before the first letter.
  landed() {
    const { asked, start, end } = this.page;
    if (asked) return this.strand === "-" ? asked.end - 1 : asked.start;
    return this.strand === "-" ? end : start - 1;
  }

  turnRound() {
    this.strand = this.strand === "-" ? "+" : "-";
    const loc = this.loc;
    this.loc = "";
    if (this.page) this.paint(this.page, loc);
    if (this.panel) this.fill();
  }

  setLines(name, isOn) {
    const lines = this.settings.lines.map((line) => line.name).filter((line) => (line === name ? isOn : this.view.lines.includes(line)));
    memory.set("lines", lines);
    this.forgetting({ lines });
  }

  setTrack(track) {
    this.forgetting({ track });
  }

  setTranscript(gene, id) {
    this.forgetting({ transcripts: { ...this.view.transcripts, [gene]: id } });
  }

  setSource(source) {
    this.forgetting({ source, transcripts: {} });
  }

  setHidden(kind, isHidden) {
    this.hidden = this.hidden.filter((other) => other !== kind).concat(isHidden ? [kind] : []);
    memory.set("hidden", this.hidden);
    this.style();
  }

  resize(step) {
    const at = SIZES.indexOf(this.size);
    this.size = SIZES[Math.min(SIZES.length - 1, Math.max(0, at + step))] ?? 1;
    memory.set("size", this.size);
    this.style();
  }

  style() {
    this.element.style.setProperty("--size", this.size);
    this.element.dataset.hidden = this.hidden.join(" ");
  }

  say(text) {
    this.said.textContent = text ?? "";
    this.said.hidden = !text;
  }

  open(name) {
    this.panel = this.panel === name ? "" : name;
    this.side.hidden = !this.panel;
    this.element.classList.toggle("with-panel", Boolean(this.panel));
    for (const each of this.bar.panels) each.setAttribute("aria-expanded", String(each.classList.contains(`open-${this.panel}`)));
    if (!this.panel) return;
    this.fill();
    if (this.panel === "drawer") this.ask(this.loc);
  }

  fill() {
    this.side.setAttribute("aria-label", { lines: "Lines and tracks", save: "Copy or save", drawer: "More", variant: "Variant", keys: "Keys" }[this.panel]);
    this.side.replaceChildren(...PANELS[this.panel](this).filter(Boolean));
  }

  file(kind, what) {
    this.wanted = what;
    const { start, end } = this.selection ?? {};
    this.tell("file", { kind, start, end, flank: this.flank ?? 0, serial: (this.files = (this.files ?? 0) + 1) });
  }

  filedNow(file) {
    this.filed = file.serial;
    if (file.refused) this.say(file.refused);
    else if (this.wanted === "copy") this.copy(file.text);
    else download(file.name, file.data ? Uint8Array.from(atob(file.data), (letter) => letter.charCodeAt(0)) : file.text);
  }

  // A variant was chosen: Python says what it does.
  chooseVariant(variant) {
    if (!variant) return;
    this.variant = variant;
    this.variantHtml = "";
    const isStep = this.side.contains(document.activeElement);
    if (this.panel === "variant") this.fill();
    else this.open("variant");
    if (isStep) this.side.querySelector("button")?.focus();
    this.show(variant.start, Infinity);
    this.variantAsked = (this.variantAsked ?? 0) + 1;
    this.tell("variant", { serial: this.variantAsked, volume: this.page.volume.name, track: variant.track, start: variant.start, name: variant.name });
  }

  variantSaid(html) {
    this.variantHtml = html;
    if (this.panel === "variant") this.side.querySelector(".told")?.replaceChildren(told(this));
  }

  // How many paragraphs are like those without a class is counted when the page has been shown for a moment.
  askLike() {
    clearTimeout(this.likeTimer);
    const paragraphs = unnamed(this.page).map(({ start, end }) => [start, end]);
    if (!paragraphs.length || unnamed(this.page)[0].like !== undefined) return;
    this.likeTimer = setTimeout(() => {
      this.likeAsked = (this.likeAsked ?? 0) + 1;
      this.likeOf = this.page;
      this.tell("like", { serial: this.likeAsked, volume: this.page.volume.name, paragraphs });
    }, LIKE_MS);
  }

  likeSaid(counts) {
    keepLike(this.likeOf, counts);
    if (this.page !== this.likeOf) return;
    for (const paragraph of unnamed(this.page).filter((each) => each.like)) {
      const line = lineAbove({ head: paragraph.head, isUnnamed: true, like: paragraph.like });
      this.text.querySelector(`.row[data-start="${paragraph.start}"] .is`)?.replaceWith(line);
    }
  }

  async copy(text) {
    await navigator.clipboard.writeText(text);
    this.say(`Copied ${text.length.toLocaleString("en-US")} characters`);
  }

  key(event) {
    if (!this.element.isConnected || event.defaultPrevented) return;
    const does = meaning(event, isTyping(event.target));
    if (!does) return;
    const [name, where] = does;
    const scroller = this.scroller();
    const atEnd = scroller && scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 2;
    if (name === "down" && !atEnd) return;
    if (name === "up" && scroller?.scrollTop > 0) return;
    event.preventDefault();
    if (name === "turn") this.turn(where);
    else if (name === "down") this.turn("next");
    else if (name === "up") this.turn("previous");
    else if (name === "box") this.bar.box.input.focus();
    else if (name === "keys") this.open("keys");
    else if (name === "random") this.random();
    else if (name === "strand") this.turnRound();
    else if (this.panel) this.open(this.panel);
  }

  // In the text: from word to word by the arrows, Enter opens the word.
  step(event) {
    const here = event.target.closest?.(".w, .stop");
    if (!here) return;
    if (event.key === "Enter" && here.classList.contains("w")) this.lexicon(here);
    else if (event.key === "Escape" && !this.panel) here.blur();
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const all = [...this.text.querySelectorAll(".w, .stop")];
      const other = all[all.indexOf(here) + (event.key === "ArrowRight" ? 1 : -1)];
      this.roving(other);
      other?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // The text is one stop of the tab key; only that word takes the focus. While the mouse selects, none does:
  // a selection cannot begin in what takes the focus.
  roving(word) {
    for (const other of this.text.querySelectorAll("[tabindex]:not(a)")) other.removeAttribute("tabindex");
    word?.setAttribute("tabindex", "0");
    this.stop = word ?? this.stop;
  }

  lexicon(word) {
    const n = Number(word.dataset.n);
    if (this.page.words.is_word[n]) this.leave("lexicon", { word: this.page.words.text[n].toUpperCase() });
  }

  // Streamlit first writes the parameters of the next page into the address of this one: a step that Back would
  // have to undo, so it is left out; other steps, as of its start, are not.
  leave(page, query) {
    const next = new URLSearchParams(query).toString();
    const push = history.pushState;
    history.pushState = (state, title, url) => {
      const { pathname, searchParams } = new URL(url, location.href);
      if (pathname === location.pathname && searchParams.toString() === next) return;
      if (pathname.endsWith(`/${page}`)) history.pushState = push;
      push.call(history, state, title, url);
    };
    this.tell("leave", { page, query });
  }

  click(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest("a[href]");
    if (link && !link.target && !link.download) {
      event.preventDefault();
      if (link.dataset.loc) this.go(link.dataset.loc);
      else {
        const url = new URL(link.getAttribute("href"), location.href);
        this.leave(url.pathname.split("/").pop(), Object.fromEntries(url.searchParams));
      }
      return;
    }
    const changed = event.target.closest(".f-variant[data-at]");
    if (changed && getSelection().isCollapsed && !this.hidden.includes("f-variant")) {
      this.chooseVariant(variantAt(this.page, Number(changed.dataset.at)));
      return;
    }
    const word = event.target.closest(".w");
    if (word && getSelection().isCollapsed) this.lexicon(word);
  }

  selecting() {
    if (!this.page) return;
    this.selection = selected(this.text, this.page, this.strand);
    this.chosen.hidden = !this.selection;
    if (this.selection) this.chosen.replaceChildren(element("span", {}, `${(this.selection.end - this.selection.start).toLocaleString("en-US")} letters`), ...this.selectionButtons());
  }

  selectionButtons() {
    return selectionButtons(this, SIMILAR);
  }

  // Region of the sentence nearest to the middle of the screen.
  sentenceInView() {
    const middle = innerHeight / 2;
    const sentences = [...this.text.querySelectorAll(".sentence")].map((each) => [Math.abs(each.getBoundingClientRect().top - middle), each]);
    const [, nearest] = sentences.reduce((best, each) => (each[0] < best[0] ? each : best), [Infinity, null]);
    if (!nearest) return null;
    const { start, end } = this.page.sentences[Number(nearest.dataset.s)];
    return address(this.page.volume, start, end);
  }
}
