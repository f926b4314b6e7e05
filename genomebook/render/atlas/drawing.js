// The points of a map: by a graphics card with regl-scatterplot, or pixel by pixel where there is none.
import { createRenderer, createScatterplot } from "./regl_scatterplot.js";
import { matrixOf } from "./view.js";

const FAINT = 0.22; // of the opacity, where others stand out
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;
const MANY = 200_000; // points from which they are squares without blending, for speed

let shared = null; // one renderer, and so one WebGL context, for all maps of the page

function renderer() {
  if (!shared) shared = createRenderer();
  return shared;
}

let isCard = null;

/** Whether a graphics card draws: WebGL by software is slower than our own pixels (python -m benchmarks atlas-draw). */
export function hasWebGL() {
  isCard ??= isDrawnByCard();
  return isCard;
}

function isDrawnByCard() {
  try {
    const context = document.createElement("canvas").getContext("webgl");
    const named = context?.getExtension("WEBGL_debug_renderer_info");
    const isSoftware = named && SOFTWARE.test(context.getParameter(named.UNMASKED_RENDERER_WEBGL));
    const isEnough = Boolean(context?.getExtension("OES_texture_float")) && !isSoftware;
    context?.getExtension("WEBGL_lose_context")?.loseContext(); // a page may hold few contexts
    return isEnough;
  } catch {
    return false;
  }
}

/** Opacity of each look: those that are not chosen, or all if others stand out, are faint. */
export const faded = (looks, chosen, isFaint) =>
  looks.opacity.map((opacity, look) => (isFaint || (chosen !== null && look !== chosen) ? FAINT * opacity : opacity));

export class WebGLDrawing {
  constructor(canvas) {
    this.canvas = canvas;
    this.waiting = Promise.resolve();
  }

  /** Draw other points, or the same in other looks. */
  draw(points, looks, opacity, paper) {
    const isNew = points !== this.points || !this.plot;
    if (isNew && this.plot && points.size > MANY !== this.isMany) this.destroy();
    this.isMany = points.size > MANY;
    const style = { pointColor: looks.colour, pointSize: looks.size, opacity, backgroundColor: paper };
    if (!this.plot) {
      const { width, height } = this.size;
      this.plot = createScatterplot({
        canvas: this.canvas, renderer: renderer(), width, height, ...style, colorBy: "valueA", sizeBy: "valueA",
        opacityBy: "valueA", cameraIsFixed: true, spatialIndexUseWorker: false, actionKeyMap: {}, deselectOnEscape: false,
        deselectOnDblClick: false, performanceMode: this.isMany,
      });
    } else this.plot.set(style);
    this.points = points;
    if (isNew) {
      const { plot } = this;
      // a drawing waits for the one before it: the library refuses a second at the same time
      this.waiting = this.waiting.then(() => plot.draw({ x: points.x, y: points.y, z: points.look }, { zDataType: "categorical" }))
        .then(() => { if (this.view) this.look(this.view); }, () => {});
    }
    return this.waiting;
  }

  look(view) {
    this.view = view;
    this.plot?.view(matrixOf(view), { preventEvent: true });
  }

  resize(size) {
    this.size = size;
    if (this.plot) {
      this.plot.set(size);
      if (this.view) this.look(this.view);
    }
  }

  destroy() {
    this.plot?.destroy();
    this.plot = null;
  }
}

export class PlainDrawing {
  constructor(canvas) { this.canvas = canvas; }

  async draw(points, looks, opacity) {
    Object.assign(this, { points, looks, opacity });
    this.paint();
  }

  look(view) {
    this.view = view;
    this.paint();
  }

  resize(size) {
    this.size = size;
    const ratio = window.devicePixelRatio || 1;
    [this.canvas.width, this.canvas.height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    this.pen = this.canvas.getContext("2d");
    this.image = this.pen.createImageData(this.canvas.width, this.canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.paint();
  }

  /** Of overlapping points the last is seen; squares with the corners off from 4 pixels on. */
  paint() {
    const { points, looks, view, size, pixels } = this;
    if (!points || !view || !size) return;
    const { width, height } = this.image;
    const ratio = width / size.width;
    const unit = (view.zoom * height) / 2;
    const [left, top] = [width / 2 - view.x * unit, height / 2 + view.y * unit];
    const side = looks.size.map((each) => Math.max(1, Math.round(each * ratio)));
    const colour = looks.colour.map((each, look) => {
      const [red, green, blue] = [1, 3, 5].map((at) => parseInt(each.slice(at, at + 2), 16));
      return ((Math.round(255 * this.opacity[look]) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    });
    pixels.fill(0);
    for (let row = 0; row < points.size; row++) {
      const look = points.look[row];
      const wide = side[look];
      const column = Math.floor(left + points.x[row] * unit - wide / 2 + 0.5);
      const line = Math.floor(top - points.y[row] * unit - wide / 2 + 0.5);
      if (column < 0 || line < 0 || column + wide > width || line + wide > height) continue;
      for (let down = 0; down < wide; down++) {
        const cut = wide > 3 && (down === 0 || down === wide - 1) ? 1 : 0;
        const at = (line + down) * width + column;
        for (let pixel = at + cut; pixel < at + wide - cut; pixel++) pixels[pixel] = colour[look];
      }
    }
    this.pen.putImageData(this.image, 0, 0);
  }

  destroy() { this.points = null; }
}
