// The points of a map: by WebGL with regl-scatterplot, or on a plain canvas where there is no WebGL.
import { createRenderer, createScatterplot } from "./regl_scatterplot.js";
import { matrixOf, toScreen } from "./view.js";

const FAINT = 0.22; // of the opacity, where others stand out
const MANY = 200_000; // points from which they are squares without blending, for speed

let shared = null; // one renderer, and so one WebGL context, for all maps of the page

function renderer() {
  if (!shared) shared = createRenderer();
  return shared;
}

export function hasWebGL() {
  try {
    const context = document.createElement("canvas").getContext("webgl");
    return Boolean(context?.getExtension("OES_texture_float"));
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
    this.canvas.width = size.width * ratio;
    this.canvas.height = size.height * ratio;
    this.paint();
  }

  paint() {
    const { points, looks, view, size } = this;
    if (!points || !view || !size) return;
    const pen = this.canvas.getContext("2d");
    const ratio = window.devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, size.width, size.height);
    for (let row = 0; row < points.size; row++) {
      const look = points.look[row];
      const [left, top] = toScreen(view, size, points.x[row], points.y[row]);
      const wide = looks.size[look];
      if (left < -wide || top < -wide || left > size.width + wide || top > size.height + wide) continue;
      pen.globalAlpha = this.opacity[look];
      pen.fillStyle = looks.colour[look];
      pen.fillRect(left - wide / 2, top - wide / 2, wide, wide);
    }
  }

  destroy() { this.points = null; }
}
