// What is written over the points of a map: names of neighbourhoods, lines to neighbours, rings, the lasso.
import { levelOf, toScreen, whole } from "./view.js";

const NAMED = 25; // points that were looked for are named up to this number
const DOTTED = 20_000; // points that stand out are drawn up to this number, evenly
const FONT = "ui-sans-serif, system-ui, sans-serif";

export function paintOver(panel) {
  const { over, size, view, inks } = panel;
  const ratio = window.devicePixelRatio || 1;
  const pen = over.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, size.width, size.height);
  const at = (row) => toScreen(view, size, panel.points.x[row], panel.points.y[row]);
  paintStanding(pen, panel, at);
  const taken = paintLabels(pen, panel);
  paintLines(pen, panel, at);
  panel.found.forEach((row) => ring(pen, at(row), 8, inks.ring));
  const few = panel.found.length <= NAMED ? panel.found : [];
  for (const row of [...few, ...(panel.chosen.length <= NAMED ? panel.chosen : [])]) name(pen, panel, at(row), panel.points.title(row), taken);
  if (panel.pointed >= 0) ring(pen, at(panel.pointed), 6, inks.text);
  if (document.activeElement === over && over.matches(":focus-visible")) cross(pen, size, inks.text);
  if (panel.lasso) paintLasso(pen, panel.lasso, inks);
}

/** The points that stand out, while all others are faint. */
function paintStanding(pen, panel, at) {
  const rows = panel.chosen.length ? panel.chosen : panel.elsewhere;
  const step = Math.max(1, Math.ceil(rows.length / DOTTED));
  for (let index = 0; index < rows.length; index += step) {
    const look = panel.points.look[rows[index]];
    const [left, top] = at(rows[index]);
    pen.fillStyle = panel.looks.colour[look];
    pen.beginPath();
    pen.arc(left, top, panel.looks.size[look] / 2 + 1, 0, 2 * Math.PI);
    pen.fill();
  }
}

/** Lines from the one chosen point to its neighbours in the space of the model. */
function paintLines(pen, panel, at) {
  if (!panel.chosen.length || panel.chosen.length > NAMED) return;
  const { inks } = panel;
  if (panel.chosen.length === 1) {
    const start = at(panel.chosen[0]);
    for (const row of panel.neighbours) {
      const end = at(row);
      for (const [width, colour] of [[4, inks.paper], [1.6, inks.ring]]) {
        pen.strokeStyle = colour;
        pen.lineWidth = width;
        pen.beginPath();
        pen.moveTo(...start);
        pen.lineTo(...end);
        pen.stroke();
      }
      ring(pen, end, 5, inks.ring);
    }
  }
  panel.chosen.forEach((row) => ring(pen, at(row), 8, inks.ring));
}

function ring(pen, [left, top], radius, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = 2.5;
  pen.beginPath();
  pen.arc(left, top, radius, 0, 2 * Math.PI);
  pen.stroke();
}

const meets = (one, other) => one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];

function write(pen, panel, text, left, top, font, taken, isNeeded) {
  pen.font = font;
  const wide = pen.measureText(text).width;
  const x = Math.min(Math.max(left, wide / 2 + 4), panel.size.width - wide / 2 - 4);
  const box = [x - wide / 2 - 4, top - 10, x + wide / 2 + 4, top + 10];
  if (!isNeeded && taken.some((other) => meets(box, other))) return;
  taken.push(box);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = panel.inks.paper;
  pen.strokeText(text, x, top);
  pen.fillStyle = panel.inks.text;
  pen.fillText(text, x, top);
}

const name = (pen, panel, [left, top], text, taken) =>
  write(pen, panel, text.length > 24 ? `${text.slice(0, 23)}…` : text, left, top - 17, `600 13px ${FONT}`, taken, panel.chosen.length + panel.found.length < 4);

/** Names of neighbourhoods of the level of this zoom, the largest first; those that would overlap are left out. */
function paintLabels(pen, panel) {
  const { size, view } = panel;
  const level = levelOf(view.zoom, whole(size).zoom);
  const taken = panel.about.warning ? [[0, 0, size.width, panel.warning.offsetHeight + 8]] : [];
  pen.globalAlpha = panel.chosen.length ? 0.55 : 1;
  for (const [x, y, of, text] of panel.about.labels) {
    if (of !== level) continue;
    const [left, top] = toScreen(view, size, x, y);
    if (left < 0 || top < 8 || left > size.width || top > size.height - 8) continue;
    write(pen, panel, text, left, top, `italic 600 15px ${FONT}`, taken, false);
  }
  pen.globalAlpha = 1;
  return taken;
}

function cross(pen, { width, height }, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const [right, down] of [[7, 0], [0, 7]]) {
    pen.moveTo(width / 2 - right, height / 2 - down);
    pen.lineTo(width / 2 + right, height / 2 + down);
  }
  pen.stroke();
}

function paintLasso(pen, corners, inks) {
  pen.strokeStyle = inks.ring;
  pen.fillStyle = `${inks.ring}22`;
  pen.lineWidth = 2;
  pen.beginPath();
  corners.forEach(([left, top], index) => (index ? pen.lineTo(left, top) : pen.moveTo(left, top)));
  pen.closePath();
  pen.fill();
  pen.stroke();
}
