// The points of a map, from the columns that Python sends: places, looks and keys as typed arrays, texts on demand.
const CELLS = 128;

export const NO_POINT = -1;

const array = (table, name) => table?.getChild(name)?.toArray() ?? [];

export class MapPoints {
  constructor(table) {
    this.x = Float32Array.from(array(table, "x"));
    this.y = Float32Array.from(array(table, "y"));
    this.look = Uint8Array.from(array(table, "look"));
    this.key = Int32Array.from(array(table, "key"));
    this.titles = table?.getChild("title");
    this.lines = table?.getChild("lines");
    this.size = this.x.length;
  }

  title(row) { return String(this.titles?.get(row) ?? ""); }

  about(row) { return String(this.lines?.get(row) ?? "").split("\n").filter(Boolean); }

  /** Row of a key. */
  row(key) {
    if (!this.rows) {
      this.rows = new Map();
      this.key.forEach((each, row) => this.rows.set(each, row));
    }
    return this.rows.get(key) ?? NO_POINT;
  }

  rowsOf(keys) { return keys.map((key) => this.row(key)).filter((row) => row >= 0); }

  cell(x, y) {
    const at = (value) => Math.min(Math.max(Math.floor(((value + 1) / 2) * CELLS), 0), CELLS - 1);
    return [at(x), at(y)];
  }

  /** Rows by cell of a grid, made when it is first needed. */
  grid() {
    if (this.starts) return this;
    const cells = new Uint16Array(this.size);
    this.starts = new Uint32Array(CELLS * CELLS + 1);
    for (let row = 0; row < this.size; row++) {
      const [column, line] = this.cell(this.x[row], this.y[row]);
      cells[row] = line * CELLS + column;
      this.starts[cells[row] + 1]++;
    }
    for (let cell = 0; cell < CELLS * CELLS; cell++) this.starts[cell + 1] += this.starts[cell];
    const next = this.starts.slice();
    this.inCells = new Uint32Array(this.size);
    for (let row = 0; row < this.size; row++) this.inCells[next[cells[row]]++] = row;
    return this;
  }

  /** Calls with each row whose cell touches a rectangle. */
  near(left, low, right, high, call) {
    const { starts, inCells } = this.grid();
    const [first, bottom] = this.cell(left, low);
    const [last, top] = this.cell(right, high);
    for (let line = bottom; line <= top; line++) {
      for (let at = starts[line * CELLS + first]; at < starts[line * CELLS + last + 1]; at++) call(inCells[at]);
    }
  }

  /** Row of the point nearest to a place, at most `reach` away; of two as near, the one on top. */
  nearest(x, y, reach) {
    let best = NO_POINT;
    let least = reach * reach;
    this.near(x - reach, y - reach, x + reach, y + reach, (row) => {
      const away = (this.x[row] - x) ** 2 + (this.y[row] - y) ** 2;
      if (away < least || (away === least && row > best)) [best, least] = [row, away];
    });
    return best;
  }

  /** Rows inside a rectangle. */
  inside(left, low, right, high) {
    const rows = [];
    this.near(left, low, right, high, (row) => {
      if (this.x[row] >= left && this.x[row] <= right && this.y[row] >= low && this.y[row] <= high) rows.push(row);
    });
    return rows;
  }

  /** Rows inside a polygon of places: those from which a line to the right crosses its sides an odd number of times. */
  within(corners) {
    const xs = corners.map(([x]) => x);
    const ys = corners.map(([, y]) => y);
    const rows = this.inside(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
    return rows.filter((row) => {
      const [x, y] = [this.x[row], this.y[row]];
      let isInside = false;
      for (let one = 0, other = corners.length - 1; one < corners.length; other = one++) {
        if (ys[one] > y !== ys[other] > y && x < ((xs[other] - xs[one]) * (y - ys[one])) / (ys[other] - ys[one]) + xs[one]) {
          isInside = !isInside;
        }
      }
      return isInside;
    });
  }
}

/** Nearest points of each key in the space of the model: key to [key, cosine] pairs, nearest first. */
export function neighboursOf(table) {
  const [keys, near, cosines] = ["key", "near", "cosine"].map((name) => array(table, name));
  const known = new Map();
  for (let at = 0; at < keys.length; at++) {
    if (!known.has(keys[at])) known.set(keys[at], []);
    known.get(keys[at]).push([near[at], cosines[at]]);
  }
  return known;
}
