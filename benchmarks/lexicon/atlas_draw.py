"""How often a browser draws the map of the Atlas while it moves, by software: no graphics card takes part."""

from __future__ import annotations

from typing import Any

from benchmarks.common.table import table
from benchmarks.reading.browser import chromium
from genomebook.render.atlas import FOLDER
from genomebook.render.component import script

POINTS = (10_000, 100_000, 1_000_000)
SIZE = {"width": 1280, "height": 640}
SECONDS = 10
WAYS = {
    "WebGL": ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
    "canvas": ("--disable-gpu",),
}
SOURCE = "made-up points, normal in 40 clusters, in 60 colours"
EXPORTED = "\nexport { MapPoints, PlainDrawing, WebGLDrawing, faded, looksOf };\n"

DRAW = """async ([text, count, seconds, size, way]) => {
  const drawn = await import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
  let seed = 11;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  const middles = Array.from({ length: 40 }, () => [1.6 * random() - 0.8, 1.6 * random() - 0.8]);
  const [x, y, look] = [new Float32Array(count), new Float32Array(count), new Uint8Array(count)];
  for (let row = 0; row < count; row++) {
    const [left, top] = middles[row % 40];
    [x[row], y[row], look[row]] = [left + 0.08 * normal(), top + 0.08 * normal(), row % 60];
  }
  const columns = { x, y, look, key: Int32Array.from(x, (_, row) => row) };
  const start = performance.now();
  const getChild = (name) => name in columns && { toArray: () => columns[name] };
  const points = new drawn.MapPoints({ getChild });
  const canvas = document.createElement("canvas");
  canvas.style.cssText = `width:${size.width}px;height:${size.height}px`;
  document.body.replaceChildren(canvas);
  const drawing = way === "WebGL" ? new drawn.WebGLDrawing(canvas) : new drawn.PlainDrawing(canvas);
  drawing.resize(size);
  const looks = drawn.looksOf({ scale: "sequential", entries: [] }, getComputedStyle(document.body), count);
  drawing.look({ x: 0, y: 0, zoom: 1 });
  await drawing.draw(points, looks, drawn.faded(looks, null, false), "#fdfcf9");
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  await frame();
  const first = performance.now() - start;
  let frames = 0;
  if (way === "WebGL") drawing.plot.subscribe("draw", () => { frames += 1; });
  const begin = performance.now();
  for (let step = 0; performance.now() - begin < 1000 * seconds; step++) {
    drawing.look({ x: 0.3 * Math.sin(step / 20), y: 0.3 * Math.cos(step / 20), zoom: 1.2 });
    if (way !== "WebGL") frames += 1;
    await frame();
  }
  return { first_ms: first, frames, ms: performance.now() - begin };
}"""


def run(quick: bool = False) -> dict[str, Any]:
    """Draw maps of more and more points and move them for some seconds.

    Returns
    -------
    dict
        ``size`` in pixels; for each way (``WebGL``, by software, and ``canvas``) and number of points the
        milliseconds to the first picture and the frames per second while the map moves.
    """
    text = script("atlas.js", FOLDER) + EXPORTED
    made: dict[str, Any] = {"source": SOURCE, "size": list(SIZE.values()), "ways": {}}
    for way, arguments in WAYS.items():
        rows = []
        with chromium(*arguments) as browser:
            for count in POINTS[:1] if quick else POINTS:
                page = browser.new_page(viewport={"width": SIZE["width"], "height": SIZE["height"]})
                page.set_default_timeout(600_000)
                page.goto("about:blank")
                figures = page.evaluate(DRAW, [text, count, 1 if quick else SECONDS, SIZE, way])
                page.close()
                per_second = 1000 * figures["frames"] / figures["ms"]
                rows.append({"points": count, "first_ms": figures["first_ms"], "per_second": per_second})
        made["ways"][way] = rows
    return made


def lines(result: dict[str, Any]) -> list[str]:
    """Table for the docs."""
    rows = [
        [way, f"{row['points']:,}", f"{row['first_ms'] / 1000:.1f}", f"{row['per_second']:.1f}"]
        for way, rows in result["ways"].items()
        for row in rows
    ]
    wide, high = result["size"]
    head = ["drawn by", "points", "first picture, s", f"frames per second, {wide} by {high} pixels"]
    return table(head, rows)
