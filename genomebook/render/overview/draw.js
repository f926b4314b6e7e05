// Drawing of the overview on a canvas.
import { counted, isWhole, lanes, levelOf, range, standIn, tickStep, tilesOf, unpacked } from "./view.js";

export const LEFT = 8;
const ROW = { ideogram: 16, ruler: 18, lane: 17, track: 26, letters: 22 };
export const GENOME_ROW = 15;
export const GENOME_LEFT = 64;
const MAX_LANES = 4;
const STAINS = { gneg: 0, gpos25: 0.2, gpos33: 0.27, gpos50: 0.4, gpos66: 0.55, gpos75: 0.62, gpos100: 0.85, gvar: 0.35, stalk: 0.3 };

/** Ideogram of a volume: stained bands, a waist at the centromere; a plain bar without bands. */
export function drawIdeogram(pen, ink, bands, length, box) {
  const { left, top, width, height } = box;
  const x = (position) => left + (width * position) / length;
  pen.fillStyle = ink.paper;
  pen.fillRect(left, top, width, height);
  for (const [start, end, , stain] of bands) {
    const a = x(start);
    const b = Math.max(x(end), a + 0.5);
    if (stain === "acen") {
      const isLeft = bands.some((band) => band[3] === "acen" && band[0] === end);
      pen.fillStyle = ink.mark;
      pen.beginPath();
      pen.moveTo(isLeft ? a : b, top);
      pen.lineTo(isLeft ? b : a, top + height / 2);
      pen.lineTo(isLeft ? a : b, top + height);
      pen.fill();
    } else {
      pen.globalAlpha = STAINS[stain] ?? 0;
      pen.fillStyle = ink.text;
      pen.fillRect(a, top, b - a, height);
      pen.globalAlpha = 1;
    }
  }
  pen.strokeStyle = ink.soft;
  pen.lineWidth = 1;
  pen.strokeRect(left + 0.5, top + 0.5, Math.max(width - 1, 1), height - 1);
}

/** Values along a bar, darker where there are more. */
export function drawHeat(pen, ink, values, box) {
  const known = range({ scale: "zero" }, [values]);
  if (!known) return;
  const step = box.width / values.length;
  pen.fillStyle = ink.plus;
  values.forEach((value, at) => {
    if (!(value > 0)) return;
    pen.globalAlpha = 0.1 + 0.9 * Math.min(value / known.high, 1);
    pen.fillRect(box.left + at * step, box.top, Math.max(step, 0.6), box.height);
  });
  pen.globalAlpha = 1;
}

/** A triangle that points at a position, with a line through the box. */
export function drawPointer(pen, colour, x, top, height) {
  pen.fillStyle = colour;
  pen.fillRect(x - 1, top, 2, height);
  pen.beginPath();
  pen.moveTo(x - 5, top - 6);
  pen.lineTo(x + 5, top - 6);
  pen.lineTo(x, top + 1);
  pen.fill();
}

/** Rows of the view of a volume and the height that they need. */
export function layout(state, width) {
  const near = state.level === 0;
  const genes = state.genes();
  const inner = width - 2 * LEFT;
  const labelled = genes === null ? [] : lanes(genes, state.view, inner, MAX_LANES, (name) => name.length * 7);
  const laneCount = genes === null ? 0 : Math.max(1, Math.max(-1, ...labelled) + 1);
  const rows = [];
  let top = 8;
  const add = (kind, height, more = {}) => {
    rows.push({ kind, top, height, ...more });
    top += height + 4;
  };
  add("ideogram", ROW.ideogram);
  add("ruler", ROW.ruler);
  const body = top;
  if (near) add("letters", ROW.letters);
  if (genes !== null) add("genes", MAX_LANES * ROW.lane, { labelled, laneCount });
  for (const track of state.scene.tracks) {
    if (state.hidden.has(track.name)) continue;
    if (track.name === "genes" && genes !== null) continue;
    add("track", ROW.track, { track });
  }
  return { rows, height: top + 4, body };
}

export function drawVolume(pen, ink, state, width, plan) {
  const inner = width - 2 * LEFT;
  const { view, volume } = state;
  const x = (position) => LEFT + ((position - view.start) / (view.end - view.start)) * inner;
  pen.font = ink.font;
  pen.textBaseline = "middle";
  for (const row of plan.rows) {
    if (row.kind === "ideogram") drawWhole(pen, ink, state, row, inner);
    if (row.kind === "ruler") drawRuler(pen, ink, state, row, x, inner);
    if (row.kind === "letters") drawLetters(pen, ink, state, row, x);
    if (row.kind === "genes") drawGenes(pen, ink, state, row, x, width);
    if (row.kind === "track") drawTrack(pen, ink, state, row, x, inner);
  }
  const top = plan.body;
  pen.save();
  pen.beginPath();
  pen.rect(LEFT, 0, inner, plan.height);
  pen.clip();
  if (state.scene.place && state.scene.place[0] === volume[0]) {
    const [, start, end] = state.scene.place;
    pen.fillStyle = ink.mark;
    pen.globalAlpha = 0.16;
    pen.fillRect(x(start), top, Math.max(x(end) - x(start), 2), plan.height - top);
    pen.globalAlpha = 1;
    pen.fillRect(x(start), top, 1.5, plan.height - top);
  }
  for (const mark of state.scene.marks) {
    if (mark[0] === volume[0] && mark[2] > view.start && mark[1] < view.end) {
      drawPointer(pen, ink.minus, x((mark[1] + mark[2]) / 2), top, plan.height - top - 4);
    }
  }
  pen.restore();
}

function drawWhole(pen, ink, state, row, inner) {
  const [, , , , length] = state.volume;
  const box = { left: LEFT, top: row.top, width: inner, height: row.height };
  drawIdeogram(pen, ink, state.bands(), length, box);
  const at = (position) => LEFT + (inner * position) / length;
  const { place, marks } = state.scene;
  if (!isWhole(state.view, length)) {
    pen.strokeStyle = ink.minus;
    pen.lineWidth = 2;
    const left = at(state.view.start);
    pen.strokeRect(left, row.top - 2, Math.max(at(state.view.end) - left, 4), row.height + 4);
  }
  for (const mark of marks) {
    if (mark[0] === state.volume[0]) drawPointer(pen, ink.minus, at(mark[1]), row.top - 1, row.height);
  }
  if (place && place[0] === state.volume[0]) {
    drawPointer(pen, ink.mark, at((place[1] + place[2]) / 2), row.top - 1, row.height + 2);
  }
}

function drawRuler(pen, ink, state, row, x, inner) {
  const { view, volume } = state;
  const origin = volume[3];
  const step = tickStep(view.end - view.start, inner / 130);
  pen.fillStyle = ink.soft;
  pen.textAlign = "center";
  for (let at = Math.ceil((view.start + origin + 1) / step) * step; at - 1 - origin < view.end; at += step) {
    const middle = x(at - 0.5 - origin);
    pen.fillRect(middle, row.top, 1, 4);
    const text = counted(at);
    const half = pen.measureText(text).width / 2;
    if (middle - half > 0 && middle + half < inner + 2 * LEFT) pen.fillText(text, middle, row.top + 11);
  }
}

function drawLetters(pen, ink, state, row, x) {
  const { view, volume, tiles } = state;
  const size = x(view.start + 1) - x(view.start);
  pen.textAlign = "center";
  pen.save();
  pen.beginPath();
  pen.rect(LEFT, row.top - 2, x(view.end) - LEFT, row.height + 4);
  pen.clip();
  for (const key of tilesOf(volume[0], view, 0, volume[4])) {
    const tile = tiles.get(key);
    if (!tile) continue;
    const first = Number(key.split("/")[2]) * 256;
    tile.words.forEach((start, number) => {
      const end = Math.min(tile.words[number + 1] ?? first + tile.letters.length, first + tile.letters.length);
      if (number % 2 === 0) {
        pen.fillStyle = ink.word;
        pen.fillRect(x(Math.max(start, first)), row.top, x(end) - x(Math.max(start, first)), row.height);
      }
    });
    pen.font = ink.mono;
    pen.fillStyle = ink.text;
    for (let at = 0; at < tile.letters.length; at++) {
      const middle = x(first + at + 0.5);
      if (middle > -size && middle < x(view.end) + size) pen.fillText(tile.letters[at], middle, row.top + row.height / 2 + 1);
    }
    pen.fillStyle = ink.minus;
    for (const end of tile.ends) pen.fillRect(x(end) - 1.5, row.top - 2, 3, row.height + 4);
  }
  pen.restore();
}

function drawGenes(pen, ink, state, row, x, width) {
  const genes = state.genes();
  pen.textAlign = "left";
  genes.forEach((gene, number) => {
    const lane = row.labelled[number];
    if (lane < 0) return;
    const [start, end, strand, name, exons, coding] = gene;
    const top = row.top + lane * ROW.lane;
    const left = Math.max(x(start), 0);
    const right = Math.max(Math.min(x(end), width), left + 1);
    pen.fillStyle = strand === "-" ? ink.minus : ink.plus;
    if (exons && exons.length) {
      pen.fillRect(left, top + 3, right - left, 1);
      drawSpans(pen, exons, x, width, top + 1.5, 4);
      drawSpans(pen, coding, x, width, top, 7);
    } else {
      pen.fillRect(left, top + 1, right - left, 5);
    }
    const arrow = strand === "-" ? "◂" : strand === "+" ? "▸" : "";
    pen.fillStyle = ink.text;
    const text = strand === "-" ? `${arrow} ${name}` : `${name} ${arrow}`;
    pen.fillText(text, left, top + 12);
  });
}

function drawSpans(pen, flat, x, width, top, height) {
  for (let at = 0; at < (flat ?? []).length; at += 2) {
    const left = Math.max(x(flat[at]), 0);
    const right = Math.min(x(flat[at + 1]), width);
    if (right >= left) pen.fillRect(left, top, Math.max(right - left, 1), height);
  }
}

/** Runs of a track in view: where each begins, letters of a bin, values. */
function runsOf(state, name) {
  const { volume, view, tiles } = state;
  const level = Math.max(levelOf(view, state.width), 2);
  const seen = new Set();
  const runs = [];
  for (const wanted of tilesOf(volume[0], view, level, volume[4])) {
    const key = tiles.has(wanted) ? wanted : standIn(wanted, tiles);
    if (key === null || seen.has(key)) continue;
    seen.add(key);
    const tile = tiles.get(key);
    if (!tile.values[name]) continue;
    tile.cache ??= {};
    tile.cache[name] ??= unpacked(tile.values[name]);
    const [, at, index] = key.split("/").map(Number);
    runs.push({ start: index * 256 * 4 ** at, step: 4 ** at, values: tile.cache[name] });
  }
  return runs;
}

function drawTrack(pen, ink, state, row, x, inner) {
  const runs = runsOf(state, row.track.name);
  const { view, volume } = state;
  const inView = runs.map(({ start, step, values }) => values.subarray(
    Math.max(Math.floor((view.start - start) / step), 0), Math.max(Math.ceil((view.end - start) / step), 0)));
  const scale = range(row.track, inView);
  const bottom = row.top + row.height;
  pen.fillStyle = ink.rule;
  pen.fillRect(LEFT, bottom, inner, 1);
  if (scale) {
    const y = (value) => bottom - ((value - scale.low) / (scale.high - scale.low)) * (row.height - 3);
    pen.fillStyle = pen.strokeStyle = ink.plus;
    pen.lineWidth = 1.5;
    pen.globalAlpha = row.track.draw === "line" ? 1 : 0.55;
    pen.beginPath();
    let isOpen = false;
    for (const { start, step, values } of runs) {
      values.forEach((value, at) => {
        const low = start + at * step;
        const left = Math.max(x(low), LEFT);
        const right = Math.min(x(Math.min(low + step, volume[4])), LEFT + inner);
        if (Number.isNaN(value) || right <= left) {
          isOpen = isOpen && right <= left;
          return;
        }
        const top = y(value);
        if (row.track.draw === "line") {
          pen[isOpen ? "lineTo" : "moveTo"]((left + right) / 2, top);
          isOpen = true;
        } else pen.fillRect(left, top, right - left, bottom - top);
      });
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }
  label(pen, ink, row.track.label, LEFT + 2, row.top + 7, "left");
  if (scale) label(pen, ink, `${short(scale.low)} to ${short(scale.high)}`, LEFT + inner - 2, row.top + 7, "right");
  else label(pen, ink, state.isWaiting ? "…" : "not known", LEFT + inner - 2, row.top + 7, "right");
}

function label(pen, ink, text, x, y, align) {
  const width = pen.measureText(text).width;
  pen.globalAlpha = 0.8;
  pen.fillStyle = ink.paper;
  pen.fillRect(align === "left" ? x - 2 : x - width - 2, y - 7, width + 4, 13);
  pen.globalAlpha = 1;
  pen.fillStyle = ink.soft;
  pen.textAlign = align;
  pen.fillText(text, x, y);
}

function short(value) {
  return Math.abs(value) >= 100 ? counted(value) : Number(value.toPrecision(2)).toString();
}

export function drawGenome(pen, ink, scene, heat, width, focus) {
  const inner = width - GENOME_LEFT - LEFT;
  pen.font = ink.font;
  pen.textBaseline = "middle";
  scene.volumes.forEach((volume, row) => {
    const top = row * GENOME_ROW + 3;
    const box = { left: GENOME_LEFT, top, width: Math.max((inner * volume[4]) / scene.longest, 2), height: 10 };
    const bands = scene.bands[volume[0]] ?? [];
    drawIdeogram(pen, ink, bands.filter((band) => band[3] === "acen"), volume[4], box);
    const values = heat[volume[0]];
    if (values) drawHeat(pen, ink, values, box);
    else if (bands.length) drawIdeogram(pen, ink, bands, volume[4], box);
    pen.fillStyle = ink.text;
    pen.textAlign = "right";
    const isOnly = scene.volumes.filter((other) => other[2] === volume[2]).length === 1;
    pen.fillText(fitted(pen, volume[isOnly ? 2 : 1], GENOME_LEFT - 10), GENOME_LEFT - 6, top + 6);
    if (focus === row) {
      pen.strokeStyle = ink.minus;
      pen.lineWidth = 2;
      pen.strokeRect(GENOME_LEFT - 2, top - 2, box.width + 4, box.height + 4);
    }
    const at = (position) => GENOME_LEFT + (box.width * position) / volume[4];
    for (const mark of scene.marks) {
      if (mark[0] === volume[0]) drawPointer(pen, ink.minus, at(mark[1]), top + 1, 9);
    }
    if (scene.place && scene.place[0] === volume[0]) drawPointer(pen, ink.mark, at(scene.place[1]), top, 11);
  });
}

function fitted(pen, text, width) {
  let kept = text;
  while (kept.length > 2 && pen.measureText(kept).width > width) kept = `${kept.replace(/…$/, "").slice(0, -1)}…`;
  return kept;
}
