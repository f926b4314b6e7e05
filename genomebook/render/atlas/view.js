// Where a map is looked at: the place in the middle and the zoom. Places run from -1 to 1; y grows upwards.
const MIN_ZOOM = 0.1;
const MAX_ZOOM = 400;
const NEAR = 3; // pixels from one corner of a lasso to the next, at least
const REACH = 1.5; // how far the middle may leave the map

const within = (value, low, high) => Math.min(Math.max(value, low), high);

/** At zoom 1, the height of the picture is the height of the map. */
export const held = ({ x, y, zoom }) => ({
  x: within(x, -REACH, REACH),
  y: within(y, -REACH, REACH),
  zoom: within(zoom, MIN_ZOOM, MAX_ZOOM),
});

/** The whole map, with some room around it. */
export const whole = (size) => ({ x: 0, y: 0, zoom: 0.94 * Math.min(1, size.width / size.height) });

export function toScreen(view, size, x, y) {
  const unit = (view.zoom * size.height) / 2;
  return [size.width / 2 + (x - view.x) * unit, size.height / 2 - (y - view.y) * unit];
}

export function toMap(view, size, left, top) {
  const unit = (view.zoom * size.height) / 2;
  return [view.x + (left - size.width / 2) / unit, view.y - (top - size.height / 2) / unit];
}

/** Move by pixels: what was under the pointer follows it. */
export function dragged(view, size, right, down) {
  const unit = (view.zoom * size.height) / 2;
  return held({ ...view, x: view.x - right / unit, y: view.y + down / unit });
}

/** Zoom by a factor; the place under a point of the screen stays there. */
export function zoomedAt(view, size, factor, left, top) {
  const [x, y] = toMap(view, size, left, top);
  const zoom = held({ ...view, zoom: view.zoom * factor }).zoom;
  const share = view.zoom / zoom;
  return held({ x: x + (view.x - x) * share, y: y + (view.y - y) * share, zoom });
}

/** A view with all of some places in it. */
export function around(places, size) {
  const xs = places.map(([x]) => x);
  const ys = places.map(([, y]) => y);
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const wide = Math.max((right - left) * (size.height / size.width), high - low, 0.12);
  return held({ x: (left + right) / 2, y: (low + high) / 2, zoom: 1.5 / wide });
}

/** Level of the names of neighbourhoods for a zoom, beside that of the whole map. */
export const levelOf = (zoom, home) => (zoom < 1.8 * home ? 3 : zoom < 4 * home ? 4 : 5);

/** What regl-scatterplot calls the view of its camera: a matrix, column by column. */
export const matrixOf = ({ x, y, zoom }) => [zoom, 0, 0, 0, 0, zoom, 0, 0, 0, 0, 1, 0, -x * zoom, -y * zoom, 0, 1];

/** Corners of a lasso with another: too near a one is left out, and of many every second. */
export function withCorner(corners, corner, limit) {
  const [left, top] = corners.at(-1);
  if (Math.hypot(corner[0] - left, corner[1] - top) < NEAR) return corners;
  const kept = corners.length < limit ? corners : corners.filter((_, at) => at % 2 === 0);
  return [...kept, corner];
}

const written = (value) => String(Number(value.toPrecision(5)));

/** Views as the address holds them: three numbers each. */
export const asText = (views) => views.map(({ x, y, zoom }) => [x, y, zoom].map(written).join(",")).join(",");

/** Views of an address; none where it is anything else. */
export function fromText(text) {
  const numbers = (text ?? "").split(",").map(Number);
  if (!text || numbers.length % 3 || numbers.length > 6 || !numbers.every(Number.isFinite)) return [];
  const views = [];
  for (let at = 0; at < numbers.length; at += 3) views.push(held({ x: numbers[at], y: numbers[at + 1], zoom: numbers[at + 2] }));
  return views;
}
