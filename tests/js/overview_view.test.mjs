// Pure functions of the overview; run by tests/unit/test_overview_script.py with `node --test`.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as view from "../../genomebook/render/overview/view.js";

const VOLUME = [3, "chr21:24985581-26000306", "chr21", 24985580, 1014726];

test("a view stays inside its volume, however far one zooms or moves", () => {
  let at = { start: 0, end: 1014726 };
  for (let step = 0; step < 200; step++) at = view.zoomed(at, 0.5, 0.999, VOLUME[4]);
  assert.ok(Math.abs(at.end - at.start - view.MIN_LETTERS) < 1e-6);
  assert.ok(at.start >= 0 && at.end <= VOLUME[4]);
  for (let step = 0; step < 200; step++) at = view.moved(at, 0.7, VOLUME[4]);
  assert.equal(Math.round(at.end), VOLUME[4]);
  for (let step = 0; step < 200; step++) at = view.zoomed(at, 2, 0.1, VOLUME[4]);
  assert.deepEqual([at.start, at.end], [0, VOLUME[4]]);
  assert.ok(view.isWhole(at, VOLUME[4]));
});

test("zooming keeps the place under the pointer", () => {
  const before = { start: 1000, end: 9000 };
  const after = view.zoomed(before, 0.5, 0.25, 100000);
  assert.equal(before.start + 0.25 * 8000, after.start + 0.25 * (after.end - after.start));
});

test("a volume of one letter can be seen, and nothing nearer", () => {
  assert.deepEqual(view.clamped(0, 1, 1), { start: 0, end: 1 });
  assert.deepEqual(view.zoomed({ start: 0, end: 1 }, 0.1, 0.5, 1), { start: 0, end: 1 });
  assert.deepEqual(view.needed(0, { start: 0, end: 1 }, 800, 1), ["0/0/0", "0/2/0"]);
});

test("a place beyond the end is moved to the end", () => {
  assert.deepEqual(view.clamped(5000, 6000, 1200), { start: 200, end: 1200 });
  assert.deepEqual(view.tilesOf(1, { start: 5000, end: 6000 }, 2, 1200), []);
});

test("tiles are few at any width", () => {
  const length = 248956422;
  for (let size = length; size >= 40; size /= 1.7) {
    const keys = view.needed(0, { start: length / 3, end: Math.min(length / 3 + size, length) }, 1600, length);
    assert.ok(keys.length >= 1 && keys.length <= 14, `${size}: ${keys.length}`);
  }
});

test("letters are asked for only where they can be read", () => {
  assert.equal(view.levelOf({ start: 0, end: 100 }, 1000), 0);
  assert.ok(view.levelOf({ start: 0, end: 1000 }, 1000) >= 2);
  assert.ok(view.needed(0, { start: 0, end: 100 }, 1000, 5000).includes("0/0/0"));
});

test("values are as they were packed, unknown ones are not numbers", () => {
  const data = Buffer.from([0, 127, 254, 255]).toString("base64");
  const values = view.unpacked([1, 3, data]);
  assert.deepEqual([...values].map((value) => (Number.isNaN(value) ? null : value)), [1, 2, 3, null]);
});

test("scales: shares from 0 to 1, others from what is in view, none for nothing", () => {
  assert.equal(view.range({ scale: "zero" }, [[NaN]]), null);
  assert.deepEqual(view.range({ scale: "share" }, [[0.2]]), { low: 0, high: 1 });
  assert.deepEqual(view.range({ scale: "zero" }, [[2, 5]]), { low: 0, high: 5 });
  assert.deepEqual(view.range({ scale: "free" }, [[2, 5], [1]]), { low: 1, high: 5 });
  assert.deepEqual(view.range({ scale: "free" }, [[2]]), { low: 2, high: 3 });
});

test("no two genes of a lane overlap, and those without a lane are left out", () => {
  const genes = [[0, 50, "+", "A"], [10, 60, "-", "B"], [20, 70, "+", "C"], [65, 90, "+", "D"]];
  assert.deepEqual(view.lanes(genes, { start: 0, end: 100 }, 100, 2, () => 0), [0, 1, -1, 0]);
});

test("places are written 1-based and inclusive, in the coordinates of the contig", () => {
  assert.equal(view.placeText(VOLUME, 0, 10), "chr21:24,985,581-24,985,590");
  assert.equal(view.placeText(VOLUME, 4, 5), "chr21:24,985,585");
  assert.equal(view.sizeText(1), "1 base");
  assert.equal(view.sizeText(248956422), "249 million bases");
});

test("what is seen is said", () => {
  const text = view.described(VOLUME, { start: 0, end: 100 }, [[5, 9, "+", "APP", [], []]], ["q21.3"], [3, 0, 10, ""]);
  assert.equal(text, "chr21:24,985,581-24,985,680, 100 bases; band q21.3; genes APP; the page is at chr21:24,985,581-24,985,590.");
  assert.match(view.described(VOLUME, { start: 0, end: 100 }, [], [], null), /no gene/);
});

test("ticks are round numbers", () => {
  for (const size of [40, 999, 1e6, 248956422]) {
    const step = view.tickStep(size, 8);
    assert.match(String(step), /^[125]0*$/);
    assert.ok(size / step <= 8.1);
  }
});

test("a point of the genome view is a volume and a position", () => {
  const volumes = [[0, "a", "a", 0, 1000], [1, "b", "b", 0, 500]];
  assert.deepEqual(view.genomeAt(volumes, 1000, 100, 15, 50, 5), { row: 0, position: 500 });
  assert.deepEqual(view.genomeAt(volumes, 1000, 100, 15, 80, 20), { row: 1, position: 500 });
  assert.equal(view.genomeAt(volumes, 1000, 100, 15, 50, 40), null);
});

test("a tile that is not here yet is drawn from a coarser one", () => {
  assert.equal(view.standIn("0/2/37", new Map([["0/4/2", {}]])), "0/4/2");
  assert.equal(view.standIn("0/2/37", new Map([["1/4/2", {}]])), null);
});
