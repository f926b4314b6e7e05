// What is in view and which data it needs: pure functions, no document.

export const TILE_BINS = 256;
export const MIN_LETTERS = 40; // in view at the nearest
const PROFILE_LEVEL = 2;
const LETTER_PIXELS = 6; // of a letter, at least, for letters to be drawn

/** A view: start and end in letters of a volume, inside it and not narrower than MIN_LETTERS. */
export function clamped(start, end, length) {
  const least = Math.min(MIN_LETTERS, length);
  const size = Math.min(Math.max(end - start, least), length);
  const middle = (start + end) / 2;
  const first = Math.min(Math.max(middle - size / 2, 0), length - size);
  return { start: first, end: first + size };
}

/** Zoom by a factor (below 1: nearer) around a place at `share` of the width. */
export function zoomed(view, factor, share, length) {
  const size = Math.min(Math.max((view.end - view.start) * factor, Math.min(MIN_LETTERS, length)), length);
  const fixed = view.start + share * (view.end - view.start);
  const start = Math.min(Math.max(fixed - share * size, 0), length - size);
  return { start, end: start + size };
}

/** Move by a share of the width; positive: towards the end. */
export function moved(view, share, length) {
  const size = view.end - view.start;
  const start = Math.min(Math.max(view.start + share * size, 0), length - size);
  return { start, end: start + size };
}

/** Whether zooming out by a factor leaves the volume: the view is the whole of it already. */
export function isWhole(view, length) {
  return view.end - view.start >= length - 0.5;
}

export function showsLetters(view, width) {
  return width / (view.end - view.start) >= LETTER_PIXELS;
}

/** Level whose bins are the widest that are no wider than `pixels` pixels. */
export function levelOf(view, width, pixels = 6) {
  if (showsLetters(view, width)) return 0;
  const letters = ((view.end - view.start) / width) * pixels;
  return Math.max(PROFILE_LEVEL, Math.floor(Math.log(Math.max(letters, 1)) / Math.log(4) + 1e-9));
}

/** Keys of the tiles of a level that a view touches; none beyond the volume. */
export function tilesOf(number, view, level, length) {
  const size = TILE_BINS * 4 ** level;
  const last = Math.floor((Math.max(Math.min(view.end, length), 1) - 1) / size);
  const keys = [];
  for (let at = Math.floor(Math.max(view.start, 0) / size); at <= last; at++) keys.push(`${number}/${level}/${at}`);
  return keys;
}

/** Keys of the tiles that a view draws from: profiles, and letters when near. */
export function needed(number, view, width, length) {
  const level = levelOf(view, width);
  const keys = tilesOf(number, view, Math.max(level, PROFILE_LEVEL), length);
  return level === 0 ? [...tilesOf(number, view, 0, length), ...keys] : keys;
}

/** Tile of a coarser level that covers one that is not here yet; null when there is none. */
export function standIn(key, tiles) {
  let [number, level, at] = key.split("/").map(Number);
  for (let up = level + 1, index = Math.floor(at / 4); up <= 16; up++, index = Math.floor(index / 4)) {
    const coarser = `${number}/${up}/${index}`;
    if (tiles.has(coarser)) return coarser;
  }
  return null;
}

export function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Values of a tile as numbers; NaN where nothing is known. */
export function unpacked([low, high, data]) {
  return Float32Array.from(bytesOf(data), (byte) => (byte === 255 ? NaN : low + ((high - low) * byte) / 254));
}

/** Smallest and largest value to draw a track between. */
export function range(track, runs) {
  let low = Infinity;
  let high = -Infinity;
  for (const run of runs) {
    for (const value of run) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) return null;
  if (track.scale === "share") return { low: 0, high: 1 };
  if (track.scale === "zero") return { low: Math.min(0, low), high: high > 0 ? high : 1 };
  return { low, high: high > low ? high : low + 1 };
}

/** Lane of each gene, so that no two overlap in a lane; genes beyond the last lane are left out (-1). */
export function lanes(genes, view, width, most, labelWidth) {
  const scale = width / (view.end - view.start);
  const ends = [];
  return genes.map((gene) => {
    const left = (gene[0] - view.start) * scale;
    const right = Math.max((gene[1] - view.start) * scale, Math.max(left, 0) + labelWidth(gene[3])) + 6;
    let lane = ends.findIndex((end) => end <= left);
    if (lane < 0) lane = ends.length;
    if (lane >= most) return -1;
    ends[lane] = right;
    return lane;
  });
}

/** A round step that puts about `count` ticks on a size. */
export function tickStep(size, count) {
  const raw = Math.max(size / Math.max(count, 1), 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  return Math.max(1, [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw * 0.999));
}

export function counted(number) {
  return Math.round(number).toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A place as people write it: 1-based, inclusive, in the coordinates of the contig. */
export function placeText(volume, start, end) {
  const [, , contig, origin] = volume;
  const first = Math.floor(start) + 1 + origin;
  const last = Math.max(Math.ceil(end) + origin, first);
  return `${contig}:${counted(first)}${last > first ? `-${counted(last)}` : ""}`;
}

export function sizeText(letters) {
  if (letters >= 2e6) return `${(letters / 1e6).toPrecision(3)} million bases`;
  return `${counted(letters)} ${Math.round(letters) === 1 ? "base" : "bases"}`;
}

/** What the picture shows, in a sentence, for those who do not see it. */
export function described(volume, view, genes, bandNames, place) {
  const parts = [`${placeText(volume, view.start, view.end)}, ${sizeText(view.end - view.start)}`];
  if (bandNames.length) {
    parts.push(bandNames.length === 1 ? `band ${bandNames[0]}` : `bands ${bandNames[0]} to ${bandNames.at(-1)}`);
  }
  if (genes !== null) {
    const names = genes.slice(0, 8).map((gene) => gene[3]);
    const more = genes.length > names.length ? ` and ${genes.length - names.length} more` : "";
    parts.push(genes.length ? `genes ${names.join(", ")}${more}` : "no gene");
  }
  if (place) parts.push(`the page is at ${placeText(volume, place[1], place[2])}`);
  return `${parts.join("; ")}.`;
}

/** Bands that a view touches. */
export function bandsIn(bands, view) {
  return bands.filter((band) => band[1] > view.start && band[0] < view.end);
}

/** What lies under a point of the genome view: the row, and the position in its volume; null for nothing. */
export function genomeAt(volumes, longest, width, rowHeight, x, y) {
  const row = Math.floor(y / rowHeight);
  const volume = volumes[row];
  if (!volume || y < 0) return null;
  const share = x / Math.max((width * volume[4]) / longest, 2);
  return { row, position: Math.min(Math.max(share, 0), 1) * volume[4] };
}
