// One map: its points, what is written over them, its legend; pointer and keys.
import { element } from "../component/dom.js";
import { PlainDrawing, WebGLDrawing, faded, hasWebGL } from "./drawing.js";
import { inkOf, looksOf, scaleColours } from "./ink.js";
import { paintOver } from "./over.js";
import { NO_POINT } from "./points.js";
import { around, dragged, toMap, whole, withCorner, zoomedAt } from "./view.js";

const FINGER = 9; // pixels around the pointer in which a point is found
const STILL = 4; // pixels a press may move and still be a click
const MAX_CORNERS = 400;

export class MapPanel {
  constructor(maps) {
    this.maps = maps;
    this.found = [];
    this.chosen = [];
    this.elsewhere = [];
    this.isolated = null;
    this.pointers = new Map();
    this.below = element("canvas", { class: "am-points", "aria-hidden": "true" });
    this.over = element("canvas", { class: "am-over", tabindex: "0", role: "application", "aria-roledescription": "map" });
    this.tip = element("div", { class: "am-tip", role: "presentation", hidden: true });
    this.warning = element("p", { class: "am-warning" });
    this.head = element("p", { class: "am-head" });
    this.legend = element("div", { class: "am-legend" });
    this.stage = element("div", { class: "am-stage" }, this.below, this.over, this.warning, this.tip);
    this.root = element("section", { class: "am-panel" }, this.head, this.legend, this.stage);
    this.drawing = hasWebGL() ? new WebGLDrawing(this.below) : new PlainDrawing(this.below);
    this.stage.dataset.by = this.drawing instanceof WebGLDrawing ? "webgl" : "canvas";
    for (const kind of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) {
      this.over.addEventListener(kind, (event) => this[kind](event));
    }
    this.over.addEventListener("pointerleave", () => this.hover(NO_POINT));
    this.over.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.over.addEventListener("keydown", (event) => this.key(event));
    for (const kind of ["focus", "blur"]) this.over.addEventListener(kind, () => this.later());
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.stage);
  }

  take(about, points) {
    const isNew = points !== this.points;
    Object.assign(this, { about, points });
    if (isNew) [this.isolated, this.pointed] = [null, NO_POINT];
    this.head.textContent = `${about.title}. ${about.caption}. Colour: ${about.legend.title}.`;
    this.root.setAttribute("aria-label", about.title);
    this.over.setAttribute("aria-label", `${about.spoken}. Arrows move, plus and minus zoom, Enter chooses the point in the middle, Escape clears.`);
    this.warning.textContent = about.warning;
    this.warning.hidden = !about.warning;
    this.ink();
    this.resize();
  }

  /** Look at a place; the whole map if no view is given. */
  look(view) {
    this.view = view ?? (this.size && whole(this.size));
    if (this.view) this.drawing.look(this.view);
    this.later();
  }

  move(view) {
    this.look(view);
    this.maps.moved(this);
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height) return;
    const was = this.size;
    this.size = { width, height };
    if (!was || was.width !== width || was.height !== height) {
      const ratio = window.devicePixelRatio || 1;
      [this.over.width, this.over.height] = [width * ratio, height * ratio];
      const isWhole = was && this.view && JSON.stringify(this.view) === JSON.stringify(whole(was));
      this.drawing.resize(this.size);
      if (isWhole || !this.view) this.view = null;
    }
    this.look(this.view);
    this.redraw();
  }

  ink() {
    const style = getComputedStyle(this.root);
    this.looks = looksOf(this.about.legend, style, this.points.size);
    this.inks = inkOf(getComputedStyle(this.stage));
    this.drawLegend(style);
    this.redraw();
  }

  redraw() {
    if (!this.points || !this.size || !this.looks) return;
    const stands = this.chosen.length || this.elsewhere.length;
    const drawn = this.drawing.draw(this.points, this.looks, faded(this.looks, this.isolated, stands), this.inks.paper);
    drawn.then(() => { this.stage.dataset.drawn = String(this.points.size); });
    this.later();
  }

  drawLegend(style) {
    const { legend } = this.about;
    const entries = legend.entries.map(([look, text]) => element(
      "button",
      {
        type: "button", class: "am-entry", "aria-pressed": String(this.isolated === look), title: "Show only these",
        onclick: () => this.isolate(look),
      },
      element("span", { class: "am-dot", style: `background:${this.looks.colour[look]}` }), text,
    ));
    const bar = legend.scale
      ? element("div", { class: "am-bar-scale" },
        element("div", { class: "am-ramp", style: `background:linear-gradient(to right,${scaleColours(style, legend.scale).join()})` }),
        legend.ticks.map(([place, text]) => element("span", { style: `left:${100 * Math.min(Math.max(place, 0), 1)}%` }, text)))
      : "";
    this.legend.replaceChildren(...[bar, entries.length ? element("div", { class: "am-entries" }, entries) : ""].filter(Boolean));
  }

  isolate(look) {
    this.isolated = this.isolated === look ? null : look;
    const places = [...this.legend.querySelectorAll("button")];
    this.about.legend.entries.forEach(([each], at) => places[at].setAttribute("aria-pressed", String(this.isolated === each)));
    this.redraw();
  }

  later() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    if (this.points && this.view && this.size) paintOver(this);
  }

  /** Zoom to some points. */
  frameRows(rows) {
    if (rows.length && this.size) this.move(around(rows.map((row) => [this.points.x[row], this.points.y[row]]), this.size));
  }

  inView() {
    const [left, low] = toMap(this.view, this.size, 0, this.size.height);
    const [right, high] = toMap(this.view, this.size, this.size.width, 0);
    return this.points.inside(left, low, right, high);
  }

  at(event) {
    const box = this.over.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  under(left, top) {
    const [x, y] = toMap(this.view, this.size, left, top);
    return this.points.nearest(x, y, FINGER / ((this.view.zoom * this.size.height) / 2));
  }

  hover(row, left = 0, top = 0) {
    if (row !== this.pointed) {
      this.pointed = row;
      this.tip.hidden = row < 0;
      if (row >= 0) {
        this.tip.replaceChildren(element("b", {}, this.points.title(row)), ...this.points.about(row).map((line) => element("span", {}, line)));
      }
      this.later();
    }
    if (row >= 0) {
      this.tip.style.left = `${Math.min(left + 14, Math.max(this.size.width - this.tip.offsetWidth - 4, 0))}px`;
      this.tip.style.top = `${top + 18 + this.tip.offsetHeight > this.size.height ? Math.max(top - this.tip.offsetHeight - 12, 0) : top + 18}px`;
    }
  }

  pointerdown(event) {
    if (event.button) return; // of a mouse the left one alone selects
    this.over.setPointerCapture(event.pointerId);
    const at = this.at(event);
    this.pointers.set(event.pointerId, at);
    this.pressed = this.pointers.size === 1 ? at : null;
    this.lasso = this.pressed && (this.maps.isLasso !== event.shiftKey) ? [at] : null;
    this.hover(NO_POINT);
  }

  pointermove(event) {
    const before = this.pointers.get(event.pointerId);
    const now = this.at(event);
    if (!before) return this.hover(this.under(...now), ...now);
    if (this.lasso) {
      this.lasso = withCorner(this.lasso, now, MAX_CORNERS);
      this.later();
    } else if (this.pointers.size === 2) this.pinch(event.pointerId, before, now);
    else this.move(dragged(this.view, this.size, now[0] - before[0], now[1] - before[1]));
    this.pointers.set(event.pointerId, now);
    return undefined;
  }

  pinch(id, before, now) {
    const other = [...this.pointers].find(([each]) => each !== id)[1];
    const gap = (one) => Math.max(Math.hypot(one[0] - other[0], one[1] - other[1]), 8);
    const follows = dragged(this.view, this.size, (now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    this.move(zoomedAt(follows, this.size, gap(now) / gap(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2));
  }

  pointerup(event) {
    const { pressed, lasso } = this;
    const now = this.at(event);
    this.pointercancel(event);
    if (!pressed) return;
    if (Math.hypot(now[0] - pressed[0], now[1] - pressed[1]) <= STILL && !(lasso?.length > 8)) {
      const row = this.under(...now);
      if (row >= 0) this.maps.choose([this.points.key[row]]);
    } else if (lasso) {
      const rows = this.points.within(lasso.map(([left, top]) => toMap(this.view, this.size, left, top)));
      this.maps.choose(rows.map((row) => this.points.key[row]));
    }
  }

  pointercancel(event) {
    this.pointers.delete(event.pointerId);
    [this.pressed, this.lasso] = [null, null];
    this.later();
  }

  /** Zoom; without Ctrl, and unless the map has the focus, the wheel scrolls the page. */
  wheel(event) {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== this.over) return;
    event.preventDefault();
    const factor = Math.exp(-Math.max(-1, Math.min(1, event.deltaY * 0.003)));
    this.move(zoomedAt(this.view, this.size, factor, ...this.at(event)));
  }

  zoom(factor) {
    this.move(zoomedAt(this.view, this.size, factor, this.size.width / 2, this.size.height / 2));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    const { width, height } = this.size;
    if (steps[event.key]) this.move(dragged(this.view, this.size, ...steps[event.key]));
    else if (event.key === "+" || event.key === "=") this.zoom(1.5);
    else if (event.key === "-" || event.key === "_") this.zoom(1 / 1.5);
    else if (event.key === "Home" || event.key === "0") this.move(whole(this.size));
    else if (event.key === "Escape") this.maps.choose([]);
    else if (event.key === "Enter") {
      const row = this.points.nearest(...toMap(this.view, this.size, width / 2, height / 2), 4);
      if (row >= 0) this.maps.choose([this.points.key[row]]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  rest() {
    cancelAnimationFrame(this.frame);
    this.sizes.disconnect();
    this.drawing.destroy();
  }
}
