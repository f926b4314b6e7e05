// The component of the Atlas: one or two maps that share what is chosen; the address holds where they are looked at.
import { element, fromPage, withPlace } from "../component/dom.js";
import { hasWebGL } from "./drawing.js";
import { MapPanel } from "./panel.js";
import { MapPoints, neighboursOf } from "./points.js";
import { cameAs, onPoints } from "./store.js";
import { asText, fromText, whole } from "./view.js";

const ROOTS = new WeakMap();
const SETTLED = 250; // milliseconds without a move before a view is put into the address
const AT = "at";

export default function (component) {
  const { data, parentElement } = component;
  const root = parentElement.querySelector(".am");
  let maps = ROOTS.get(root);
  if (!maps) {
    maps = new LinkedMaps(root);
    ROOTS.set(root, maps);
  }
  maps.send = fromPage(root, component.setTriggerValue);
  maps.take(data);
  return withPlace(root, () => {
    maps.rest();
    ROOTS.delete(root);
  });
}

let choices = Date.now(); // numbers of choices: none is that of an earlier visit
const same = (one, other) => one.length === other.length && one.every((key, at) => key === other[at]);

class LinkedMaps {
  constructor(root) {
    this.root = root;
    this.panels = [];
    this.tables = [];
    this.keys = [];
    this.isLasso = false;
    this.page = location.pathname;
    this.maps = root.querySelector(".am-maps");
    this.list = root.querySelector(".am-chosen");
    this.note = root.querySelector(".am-note");
    this.said = root.querySelector(".am-said");
    for (const button of root.querySelectorAll("button[data-do]")) {
      button.addEventListener("click", () => this.act(button.dataset.do));
    }
    this.list.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.choose([]);
      this.panels[0].over.focus();
    });
    this.theme = new MutationObserver(() => this.panels.forEach((panel) => panel.ink()));
    this.theme.observe(document.documentElement, { attributes: true });
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.onDark = () => this.panels.forEach((panel) => panel.ink());
    this.dark.addEventListener("change", this.onDark);
    this.onReturn = () => { this.isReturn = true; };
    addEventListener("popstate", this.onReturn);
    this.leavePoints = onPoints(() => this.waits && this.take(this.waits));
  }

  /** Draw an answer; where its points are still on their way, when they have come. */
  take(data) {
    const came = [...data.scene.panels.map((about) => about.points), data.scene.near].map(cameAs);
    this.waits = came.every(Boolean) ? null : data;
    if (!this.waits) this.draw(data, came);
  }

  draw(data, came) {
    const { panels, map } = data.scene;
    const isOther = this.map !== undefined && map !== this.map;
    // a view is kept while its map is, but for one that comes back with Back or Forward; another map has other places
    const views = isOther && !this.isReturn ? [] : fromText(new URLSearchParams(location.search).get(AT));
    const kept = isOther || this.isReturn ? 0 : Math.min(this.panels.length, panels.length);
    this.isReturn = false;
    while (this.panels.length > panels.length) this.drop(this.panels.pop());
    while (this.panels.length < panels.length) {
      const panel = new MapPanel(this);
      this.panels.push(panel);
      this.maps.append(panel.root);
    }
    this.near = neighboursOf(data.near ?? came.at(-1));
    this.about = data.scene;
    this.map = map;
    panels.forEach((about, at) => {
      const panel = this.panels[at];
      panel.take(about, this.pointsOf(at, about.points, came[at]));
      if (at >= kept) panel.look(views[at] ?? null);
      panel.found = panel.points.rowsOf([...(data.found?.getChild("key")?.toArray() ?? [])]);
    });
    this.without = hasWebGL() ? "" : data.scene.without;
    const chosen = [...(data.chosen?.getChild("key")?.toArray() ?? [])];
    if (data.scene.choice === this.awaited) this.awaited = null;
    const isLate = Boolean(this.awaited); // an answer to an earlier choice: the newer one stands
    const isJump = kept && chosen.length === 1 && !isLate && !same(chosen, this.keys);
    this.answered = chosen;
    this.show(isLate ? this.keys : chosen);
    if (isJump) this.bringIntoView();
    this.later();
  }

  /** Points of a panel, made anew when Python says that they are others. */
  pointsOf(at, name, table) {
    if (this.tables[at]?.name !== name) this.tables[at] = { name, points: new MapPoints(table) };
    return this.tables[at].points;
  }

  drop(panel) {
    panel.rest();
    panel.root.remove();
  }

  /** Mark what is chosen on all maps, and list the neighbours of a single point. */
  show(keys) {
    this.keys = keys;
    const near = keys.length === 1 ? this.near.get(keys[0]) ?? [] : [];
    for (const panel of this.panels) {
      panel.chosen = panel.points.rowsOf(keys);
      panel.neighbours = panel.points.rowsOf(near.map(([key]) => key));
    }
    this.link();
    this.root.querySelector("[data-do=clear]").disabled = !keys.length;
    const { chosen, points } = this.panels[0];
    const said = chosen.length > 1 ? `${chosen.length.toLocaleString("en")} selected` : chosen.length ? points.title(chosen[0]) : "";
    if (this.said.textContent !== said) this.said.textContent = said;
    this.describe(near, this.about.asks && keys.length === 1 && !same(keys, this.answered));
  }

  /** Side by side: what one map shows of a part stands out on the other. */
  link() {
    for (const panel of this.panels) {
      const other = this.panels.find((each) => each !== panel);
      const isPart = other?.view && other.size && other.view.zoom > 1.2 * whole(other.size).zoom && other === this.lastMoved;
      panel.elsewhere = isPart && !this.keys.length ? panel.points.rowsOf(other.inView().map((row) => other.points.key[row])) : [];
      panel.redraw();
    }
    const isLinked = this.panels.some((panel) => panel.elsewhere.length);
    this.note.textContent = isLinked ? this.about.linked : this.without;
  }

  choose(keys) {
    if (same(keys, this.keys)) return;
    this.show(keys);
    this.awaited = ++choices;
    this.send("selected", { keys, choice: this.awaited });
  }

  describe(near, isAsked) {
    const [panel] = this.panels;
    const shown = [this.keys, near.flat(), [isAsked]];
    if (this.listed?.points === panel.points && shown.every((each, at) => same(each, this.listed.shown[at]))) return;
    this.listed = { points: panel.points, shown };
    const row = this.keys.length === 1 ? panel.chosen[0] ?? -1 : -1;
    this.list.hidden = row < 0;
    const isUnderKeys = this.list.contains(document.activeElement);
    this.list.replaceChildren();
    if (row < 0) return;
    const { nearest, no_nearest: none, looking, open, to } = this.about;
    const title = panel.points.title(row);
    const link = this.keys[0] >= 0 ? element("a", { href: this.linkOf(panel, row) }, open) : "";
    const items = near.map(([key, cosine]) => [panel.points.row(key), key, cosine]).filter(([each]) => each >= 0);
    const listed = items.map(([each, key, cosine]) => {
      const lines = panel.points.about(each);
      const gloss = lines.find((line) => line.startsWith("English"))?.split(": ").slice(1).join(": ") ?? lines.find((line) => line.startsWith("mostly ")) ?? "";
      return element("li", {}, element(
        "button", { type: "button", onclick: () => this.follow(key), "aria-label": `${panel.points.title(each)} ${gloss}, cosine ${cosine.toFixed(2)}` },
        element("b", {}, panel.points.title(each)), gloss ? ` ${gloss}` : "", element("span", { class: "am-cosine" }, cosine.toFixed(2)),
      ), to ? element("a", { href: this.linkOf(panel, each), "aria-label": `${to} ${panel.points.title(each)}` }, to) : "");
    });
    this.list.append(
      element("h2", {}, title), ...panel.points.about(row).map((line) => element("p", {}, line)), element("p", {}, link),
      element("h3", {}, items.length ? nearest : ""), items.length ? element("ol", {}, listed) : element("p", {}, isAsked ? looking : none),
    );
    if (isUnderKeys) this.stay();
  }

  linkOf(panel, row) { return `${panel.about.link}${encodeURIComponent(panel.points.title(row))}`; }

  /** Choose a neighbour from the list; the list stays under the keyboard. */
  follow(key) {
    this.choose([key]);
    this.bringIntoView();
    this.stay();
  }

  /** Move the maps that do not show the chosen point. */
  bringIntoView() {
    for (const panel of this.panels) {
      const [row] = panel.chosen;
      if (row === undefined || !panel.view || !panel.size || panel.inView().includes(row)) continue;
      panel.move({ x: panel.points.x[row], y: panel.points.y[row], zoom: panel.view.zoom });
    }
  }

  /** Keep the keyboard in the list, where an answer made it anew. */
  stay() { (this.list.querySelector("button, a") ?? this.panels[0].over).focus(); }

  act(what) {
    const shown = (panel) => (panel.chosen.length ? panel.chosen : panel.found);
    if (what === "lasso") {
      this.isLasso = !this.isLasso;
      this.root.querySelector("[data-do=lasso]").setAttribute("aria-pressed", String(this.isLasso));
      this.root.classList.toggle("am-lasso", this.isLasso);
    } else if (what === "clear") this.choose([]);
    else {
      for (const panel of this.panels) {
        if (what === "in" || what === "out") panel.zoom(what === "in" ? 1.5 : 1 / 1.5);
        else if (what === "whole") panel.move(whole(panel.size));
        else if (what === "shown") panel.frameRows(shown(panel));
      }
    }
  }

  moved(panel) {
    this.lastMoved = panel;
    this.isReturn = false;
    this.later();
  }

  later() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      if (!this.root.isConnected || location.pathname !== this.page) return;
      if (this.panels.length > 1) this.link();
      this.address();
    }, SETTLED);
  }

  /** Keep the view in the address, without an entry in the history for each move. */
  address() {
    const views = this.panels.map((panel) => panel.view).filter(Boolean);
    if (this.isReturn || views.length < this.panels.length) return;
    const isWhole = this.panels.every((panel) => panel.size && JSON.stringify(panel.view) === JSON.stringify(whole(panel.size)));
    const url = new URL(location.href);
    if (isWhole) url.searchParams.delete(AT);
    else url.searchParams.set(AT, asText(views));
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  rest() {
    clearTimeout(this.waiting);
    this.leavePoints();
    this.theme.disconnect();
    this.dark.removeEventListener("change", this.onDark);
    removeEventListener("popstate", this.onReturn);
    this.panels.forEach((panel) => panel.rest());
  }
}
