// The component: draws the scene that Python sends, asks for tiles, sends the place that was chosen.
import { bandsIn, clamped, counted, described, genomeAt, isWhole, levelOf, moved, needed, placeText, sizeText, unpacked, zoomed } from "./view.js";
import { fromPage, withPlace } from "../component/dom.js";
import { GENOME_LEFT, GENOME_ROW, LEFT, drawGenome, drawVolume, layout } from "./draw.js";

const TILES = new Map(); // of each book, kept as long as the page is open
const MAX_KEPT = 600;
const ROOTS = new WeakMap();
const DRAG = 4; // pixels before a press is a drag

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".ov");
  let overview = ROOTS.get(root);
  if (!overview) {
    overview = new OverviewView(root);
    ROOTS.set(root, overview);
  }
  overview.send = fromPage(root, component.setTriggerValue);
  overview.take(data);
  return withPlace(root, () => overview.rest());
}

class OverviewView {
  constructor(root) {
    this.root = root;
    this.canvas = root.querySelector("canvas");
    this.text = root.querySelector(".ov-text");
    this.where = root.querySelector(".ov-where");
    this.note = root.querySelector(".ov-note");
    this.hidden = new Set();
    this.pointers = new Map();
    this.asked = new Set();
    this.row = 0;
    this.view = null;
    this.width = 0;
    for (const button of root.querySelectorAll("button[data-do]")) {
      button.addEventListener("click", () => this.act(button.dataset.do));
    }
    this.canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    for (const kind of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) {
      this.canvas.addEventListener(kind, (event) => this[kind](event));
    }
    this.canvas.addEventListener("pointerleave", () => this.say());
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(root);
    this.theme = new MutationObserver(() => this.draw());
    this.theme.observe(document.documentElement, { attributes: true });
  }

  rest() {
    clearTimeout(this.waiting);
  }

  take(data) {
    const scene = data.scene;
    if (!TILES.has(scene.book)) {
      TILES.clear();
      TILES.set(scene.book, new Map());
    }
    this.tiles = TILES.get(scene.book);
    for (const [key, tile] of Object.entries(scene.tiles)) this.tiles.set(key, tile);
    while (this.tiles.size > MAX_KEPT) this.tiles.delete(this.tiles.keys().next().value);
    for (const key of Object.keys(scene.tiles)) this.asked.delete(key);
    this.scene = scene;
    this.heat = {};
    for (const [number, values] of Object.entries(scene.heat)) this.heat[number] = unpacked(values);
    const { place } = scene;
    const first = JSON.stringify([scene.book, data.start, scene.marks, scene.volumes.map((volume) => volume[0])]);
    if (first !== this.first) this.begin(data.start);
    else if (JSON.stringify(place) !== this.last && this.view && place) this.follow(place);
    this.first = first;
    this.last = JSON.stringify(place);
    this.draw();
  }

  begin(start) {
    const { place, volumes } = this.scene;
    if ((start === "genome" || !place) && volumes.length > 1) this.leave();
    else this.enter(place ? this.rowOf(place[0]) : 0);
  }

  /** Stay where the view is while the page moves inside it. */
  follow([number, start, end]) {
    if (number !== this.volume[0]) this.enter(this.rowOf(number));
    else if (end <= this.view.start || start >= this.view.end) {
      const half = (this.view.end - this.view.start) / 2;
      this.view = clamped((start + end) / 2 - half, (start + end) / 2 + half, this.volume[4]);
    }
  }

  rowOf(number) {
    return Math.max(this.scene.volumes.findIndex((volume) => volume[0] === number), 0);
  }

  get volume() { return this.scene.volumes[this.row]; }

  enter(row, view = null) {
    this.row = row;
    this.view = view ?? { start: 0, end: this.volume[4] };
  }

  leave() {
    if (this.scene.volumes.length > 1) this.view = null;
  }

  bands() { return this.scene.bands[this.volume[0]] ?? []; }

  /** Genes in view, null where they are too many to be sent. */
  genes() {
    const level = Math.max(levelOf(this.view, this.width), 2);
    if (level > 6) return null;
    const known = new Map();
    let isHere = false;
    for (const key of needed(this.volume[0], this.view, this.width, this.volume[4])) {
      const genes = this.tiles.get(key)?.genes;
      if (!genes) continue;
      isHere = true;
      for (const gene of genes) if (gene[1] > this.view.start && gene[0] < this.view.end) known.set(gene.slice(0, 4).join(), gene);
    }
    return isHere ? [...known.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]) : [];
  }

  act(what) {
    if (what === "out") this.zoom(2, 0.5);
    if (what === "in") this.zoom(0.5, 0.5);
    if (what === "left" && this.view) this.view = moved(this.view, -0.5, this.volume[4]);
    if (what === "right" && this.view) this.view = moved(this.view, 0.5, this.volume[4]);
    if (what === "whole") this.enter(this.row);
    if (what === "genome") this.leave();
    if (what === "here" && this.scene.place) {
      const [number, start, end] = this.scene.place;
      const row = this.rowOf(number);
      this.enter(row, clamped(start - (end - start), end + (end - start), this.scene.volumes[row][4]));
    }
    if (what === "read") this.go(this.view ? (this.view.start + this.view.end) / 2 : 0);
    this.draw();
  }

  zoom(factor, share) {
    if (!this.view) {
      if (factor < 1) this.enter(this.row);
    } else if (factor > 1 && isWhole(this.view, this.volume[4])) this.leave();
    else this.view = zoomed(this.view, factor, share, this.volume[4]);
  }

  go(position) {
    this.send("go", { number: this.volume[0], position: Math.min(Math.max(Math.floor(position), 0), this.volume[4] - 1) });
  }

  wheel(event) {
    event.preventDefault();
    if (!this.view) {
      const at = this.atGenome(event);
      if (at && event.deltaY < 0) {
        this.enter(at.row);
        this.view = zoomed(this.view, 0.5, at.position / this.volume[4], this.volume[4]);
      }
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.view = moved(this.view, event.deltaX / this.width, this.volume[4]);
    } else {
      this.zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY * 0.003))), this.share(event));
    }
    this.draw();
  }

  key(event) {
    const steps = { "+": "in", "=": "in", "-": "out", "_": "out", ArrowLeft: "left", ArrowRight: "right", Home: "whole", g: "genome", h: "here", Enter: "read" };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!this.view && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.row = Math.min(Math.max(this.row + step, 0), this.scene.volumes.length - 1);
    } else if (!steps[event.key]) return;
    else if (!this.view && event.key === "Enter") this.enter(this.row);
    else this.act(steps[event.key]);
    event.preventDefault();
    event.stopPropagation();
    this.draw();
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  share(event) {
    return Math.min(Math.max((this.point(event).x - LEFT) / (this.width - 2 * LEFT), 0), 1);
  }

  atGenome(event) {
    const { x, y } = this.point(event);
    return genomeAt(this.scene.volumes, this.scene.longest, this.width - GENOME_LEFT - LEFT, GENOME_ROW, x - GENOME_LEFT, y);
  }

  pointerdown(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.point(event));
    this.pressed = this.pointers.size === 1 ? { ...this.point(event), view: this.view } : null;
  }

  pointermove(event) {
    const before = this.pointers.get(event.pointerId);
    const now = this.point(event);
    if (!before) return this.say(event);
    if (this.pointers.size === 2 && this.view) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const gap = (a) => Math.max(Math.abs(a.x - other.x), 8);
      this.zoom(gap(before) / gap(now), Math.min(Math.max(((now.x + other.x) / 2 - LEFT) / (this.width - 2 * LEFT), 0), 1));
    } else if (this.pressed?.view && this.inView(this.pressed.y)) {
      this.view = moved(this.pressed.view, (this.pressed.x - now.x) / (this.width - 2 * LEFT), this.volume[4]);
    }
    this.pointers.set(event.pointerId, now);
    this.draw();
    return undefined;
  }

  inView(y) { return this.plan ? y > this.plan.rows[0].top + this.plan.rows[0].height : false; }

  pointerup(event) {
    const pressed = this.pressed;
    this.pointercancel(event);
    if (!pressed) return;
    const now = this.point(event);
    if (Math.abs(now.x - pressed.x) > DRAG || Math.abs(now.y - pressed.y) > DRAG) return;
    if (!this.view) {
      const at = this.atGenome(event);
      if (at) this.enter(at.row);
    } else if (!this.inView(now.y)) {
      const size = Math.min(this.view.end - this.view.start, this.volume[4] / 8);
      const middle = this.share(event) * this.volume[4];
      this.view = clamped(middle - size / 2, middle + size / 2, this.volume[4]);
    } else this.go(this.view.start + this.share(event) * (this.view.end - this.view.start));
    this.draw();
  }

  pointercancel(event) {
    this.pointers.delete(event.pointerId);
    this.pressed = null;
  }

  /** Where the pointer is, or what is in view. */
  say(event) {
    if (!this.scene) return;
    let text;
    if (this.view) text = `${placeText(this.volume, this.view.start, this.view.end)} · ${sizeText(this.view.end - this.view.start)}`;
    else text = `${counted(this.scene.volumes.length)} volumes${this.scene.omitted ? `, the longest of ${counted(this.scene.volumes.length + this.scene.omitted)}` : ""} · ${this.scene.heat_label}`;
    if (event && this.view) {
      const at = this.view.start + this.share(event) * (this.view.end - this.view.start);
      const band = bandsIn(this.bands(), { start: at, end: at + 1 })[0];
      text = `${placeText(this.volume, Math.floor(at), Math.floor(at) + 1)}${band ? ` · ${band[2]}` : ""} · click to read here`;
    }
    this.where.textContent = text;
  }

  ask() {
    if (!this.view) return;
    const keys = needed(this.volume[0], this.view, this.width, this.volume[4]).filter((key) => !this.tiles.has(key));
    this.isWaiting = keys.length > 0;
    const wanted = keys.filter((key) => !this.asked.has(key)).slice(0, 24);
    if (!wanted.length) return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      wanted.forEach((key) => this.asked.add(key));
      setTimeout(() => wanted.forEach((key) => this.asked.delete(key)), 5000);
      this.send("need", wanted);
    }, 80);
  }

  draw() {
    if (!this.scene) return;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    const width = Math.floor(this.canvas.parentElement.clientWidth);
    if (!width) return;
    this.width = width;
    this.ask();
    this.level = this.view ? levelOf(this.view, width) : null;
    this.plan = this.view ? layout(this, width) : null;
    const height = this.plan ? this.plan.height : this.scene.volumes.length * GENOME_ROW + 6;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    this.canvas.style.height = `${height}px`;
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const ink = this.ink();
    if (!this.view) drawGenome(pen, ink, this.scene, this.heat, width, this.row);
    else drawVolume(pen, ink, this, width, this.plan);
    this.told();
  }

  told() {
    this.say();
    const place = this.view && this.scene.place?.[0] === this.volume[0] ? this.scene.place : null;
    const text = this.view
      ? described(this.volume, this.view, this.level > 6 ? null : this.genes(), bandsIn(this.bands(), this.view).map((band) => band[2]), place)
      : `Whole genome: ${this.scene.volumes.map((volume) => volume[2]).join(", ")}. ${this.volume[2]} is chosen; Enter opens it.`;
    if (this.text.textContent !== text) this.text.textContent = text;
    const left = this.scene.marks_omitted ? `${counted(this.scene.marks_omitted)} more marks are not drawn. ` : "";
    this.note.textContent = left + this.scene.note;
    for (const button of this.root.querySelectorAll("button[data-do]")) {
      const needsView = ["left", "right", "read", "out"].includes(button.dataset.do);
      button.disabled = (needsView && !this.view) || (button.dataset.do === "here" && !this.scene.place);
      if (button.dataset.do === "genome") button.hidden = this.scene.volumes.length < 2;
    }
  }

  ink() {
    const style = getComputedStyle(this.root);
    const colour = (name) => style.getPropertyValue(name).trim();
    const made = {};
    for (const name of ["text", "soft", "rule", "paper", "plus", "minus", "mark", "word"]) {
      this.probe ??= this.root.appendChild(Object.assign(document.createElement("i"), { hidden: true }));
      this.probe.style.color = colour(`--ov-${name}`);
      made[name] = getComputedStyle(this.probe).color;
    }
    made.font = "11px ui-sans-serif, system-ui, sans-serif";
    made.mono = "13px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
    return made;
  }
}
