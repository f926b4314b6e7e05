import assert from "node:assert/strict";
import { test } from "node:test";
import { along, asHex, looksOf } from "../../genomebook/render/atlas/ink.js";
import { MapPoints, neighboursOf } from "../../genomebook/render/atlas/points.js";
import * as view from "../../genomebook/render/atlas/view.js";

const SIZE = { width: 800, height: 400 };
const table = (columns) => ({
  getChild: (name) => name in columns && { toArray: () => columns[name], get: (row) => columns[name][row] },
});
const made = (x, y) => new MapPoints(table({
  x, y, look: x.map(() => 0), key: x.map((_, row) => 10 * row), title: x.map(String), lines: x.map(() => "one\ntwo"),
}));

test("places and pixels are each other's inverse", () => {
  const at = { x: 0.2, y: -0.4, zoom: 3 };
  const [left, top] = view.toScreen(at, SIZE, -0.1, 0.3);
  const [x, y] = view.toMap(at, SIZE, left, top);
  assert.ok(Math.abs(x + 0.1) < 1e-12 && Math.abs(y - 0.3) < 1e-12);
  assert.deepEqual(view.toScreen(at, SIZE, 0.2, -0.4), [400, 200]);
});

test("what is under the pointer stays there while one zooms and drags", () => {
  const at = { x: 0.2, y: -0.4, zoom: 3 };
  const [x, y] = view.toMap(at, SIZE, 100, 50);
  const near = view.zoomedAt(at, SIZE, 4, 100, 50);
  view.toScreen(near, SIZE, x, y).forEach((pixel, axis) => assert.ok(Math.abs(pixel - [100, 50][axis]) < 1e-6));
  const moved = view.dragged(at, SIZE, 30, -20);
  view.toScreen(moved, SIZE, x, y).forEach((pixel, axis) => assert.ok(Math.abs(pixel - [130, 30][axis]) < 1e-6));
  assert.deepEqual(view.held({ x: 9, y: -9, zoom: 1e9 }), { x: 1.5, y: -1.5, zoom: 400 });
});

test("an address holds one or two views, and nothing else", () => {
  const views = [{ x: 0.25, y: -0.5, zoom: 2 }, { x: 0, y: 1, zoom: 0.5 }];
  assert.deepEqual(view.fromText(view.asText(views)), views);
  for (const text of ["", null, "1,2", "a,b,c", "1,2,3,4", "1,2,Infinity", "1,2,3,4,5,6,7,8,9"]) assert.deepEqual(view.fromText(text), []);
});

test("a lasso has corners that are apart, and a long one goes on to its end", () => {
  let corners = [[0, 0]];
  for (let left = 1; left <= 6; left++) corners = view.withCorner(corners, [left, 0], 400);
  assert.deepEqual(corners, [[0, 0], [3, 0], [6, 0]]);
  for (let left = 9; left <= 30_000; left += 3) corners = view.withCorner(corners, [left, 0], 400);
  assert.ok(corners.length > 150 && corners.length <= 400);
  assert.deepEqual([corners[0], corners.at(-1)], [[0, 0], [30_000, 0]]);
});

test("a view around places shows all of them", () => {
  const places = [[-0.2, 0.1], [0.4, 0.15], [0.1, -0.3]];
  const at = view.around(places, SIZE);
  for (const [x, y] of places) {
    const [left, top] = view.toScreen(at, SIZE, x, y);
    assert.ok(left > 0 && left < 800 && top > 0 && top < 400);
  }
  assert.ok(view.around([[0, 0]], SIZE).zoom < 20);
});

test("the nearest point, those in a rectangle and those in a polygon are those that one finds by looking at all", () => {
  let seed = 7;
  const random = () => ((seed = (seed * 16807) % 2147483647) / 2147483647) * 2.8 - 1.4; // some beyond the grid
  const x = Array.from({ length: 3000 }, random);
  const y = Array.from({ length: 3000 }, random);
  const points = made(x, y);
  for (const [a, b] of [[0, 0], [1.3, -1.3], [-0.5, 0.25]]) {
    const away = x.map((each, row) => (points.x[row] - a) ** 2 + (points.y[row] - b) ** 2);
    assert.equal(points.nearest(a, b, 3), away.indexOf(Math.min(...away)));
  }
  assert.equal(points.nearest(5, 5, 0.1), -1);
  const all = x.map((_, row) => row);
  const inside = all.filter((row) => points.x[row] >= -0.3 && points.x[row] <= 1.2 && points.y[row] >= 0.1 && points.y[row] <= 0.9);
  assert.deepEqual(points.inside(-0.3, 0.1, 1.2, 0.9).sort((a, b) => a - b), inside);
  const lasso = [[-0.3, 0.1], [1.2, 0.1], [1.2, 0.9], [-0.3, 0.9]];
  assert.deepEqual(points.within(lasso).sort((a, b) => a - b), inside);
  const diamond = points.within([[0, 1], [1, 0], [0, -1], [-1, 0]]).sort((a, b) => a - b);
  assert.deepEqual(diamond, all.filter((row) => Math.abs(points.x[row]) + Math.abs(points.y[row]) < 1));
  assert.deepEqual(points.within([[0, 0]]), []);
});

test("points are known by their keys", () => {
  const points = made([0.1, 0.2], [0, 0]);
  assert.deepEqual(points.rowsOf([10, 5, 0]), [1, 0]);
  assert.deepEqual(points.about(1), ["one", "two"]);
  assert.equal(new MapPoints(undefined).size, 0);
});

test("neighbours are in the order in which they are sent", () => {
  const near = neighboursOf(table({ key: [4, 4, 9], near: [2, 1, 4], cosine: [0.9, 0.8, 0.7] }));
  assert.deepEqual(near.get(4), [[2, 0.9], [1, 0.8]]);
  assert.equal(near.get(5), undefined);
});

test("colours of a scale end where those of the theme do", () => {
  const colours = "#000000, #ffffff";
  const style = { getPropertyValue: (name) => (name === "--st-chart-sequential-colors" ? colours : "") };
  const looks = looksOf({ scale: "sequential", entries: [] }, style, 100);
  assert.equal(looks.colour[0], "#000000");
  assert.equal(looks.colour[59], "#ffffff");
  assert.equal(along(["#000000", "#ffffff"], 0.5), "#808080");
  assert.equal(asHex("rgb(253, 252, 249)"), "#fdfcf9");
  const classes = looksOf({ scale: "", entries: [[0, "Alu", "#0072b2"]] }, style, 100);
  assert.equal(classes.colour[0], "#0072b2");
  assert.equal(looks.colour.length, 64);
});
