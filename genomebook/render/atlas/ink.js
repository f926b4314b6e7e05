// Colours, sizes and opacities of the looks of a map, and the colours of what is written over it.
export const STEPS = 60;
export const [NO_VALUE, LOW_END, HIGH_END, ENGLISH] = [60, 61, 62, 63];
const LOOKS = 64;
const GREY = "#767676";
const SCALES = {
  sequential: ["#1f9d89", "#26838e", "#306b8e", "#404286", "#440154"],
  diverging: ["#7a3600", "#856952", "#8a7e75", "#52697f", "#00376b"],
};

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const hex = (parts) => `#${parts.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

/** A colour at a place from 0 to 1 along some colours. */
export function along(colours, place) {
  const at = Math.min(Math.max(place, 0), 1) * (colours.length - 1);
  const low = Math.min(Math.floor(at), colours.length - 2);
  const [one, other] = [rgb(colours[low]), rgb(colours[low + 1])];
  return hex(one.map((part, index) => part + (other[index] - part) * (at - low)));
}

/** Colours of a scale of the theme, which Streamlit hands to its components; else those of the light theme. */
export function scaleColours(style, scale) {
  const known = style.getPropertyValue(`--st-chart-${scale}-colors`).split(",").map((colour) => colour.trim());
  return known.length > 1 && known.every((colour) => /^#[0-9a-f]{6}$/i.test(colour)) ? known : SCALES[scale] ?? SCALES.sequential;
}

/** Looks of a map of `count` points: colour, opacity and size in pixels of each. */
export function looksOf(legend, style, count) {
  const colour = new Array(LOOKS).fill(GREY);
  const opacity = new Array(LOOKS).fill(0.85);
  const base = count <= 10_000 ? 5 : count <= 100_000 ? 3.5 : 1.5;
  const size = new Array(LOOKS).fill(base);
  if (legend.scale) {
    const colours = scaleColours(style, legend.scale);
    for (let step = 0; step < STEPS; step++) colour[step] = along(colours, step / (STEPS - 1));
    [colour[LOW_END], colour[HIGH_END]] = [colours[0], colours.at(-1)];
    for (const look of [NO_VALUE, LOW_END]) [opacity[look], size[look]] = [0.35, 0.7 * base];
  }
  for (const [look, , given] of legend.entries) {
    if (given) colour[look] = given;
    if (given === GREY && look < STEPS) opacity[look] = 0.4;
  }
  [opacity[ENGLISH], size[ENGLISH]] = [0.45, 0.8 * base];
  return { colour, opacity, size };
}

/** What a browser computes of a colour, such as rgb(253, 252, 249), as #rrggbb. */
export const asHex = (computed) => hex((computed.match(/[\d.]+/g) ?? [0, 0, 0]).slice(0, 3).map(Number));

/** Colours of what is written over a map. */
export const inkOf = (style) => ({ text: asHex(style.color), paper: asHex(style.backgroundColor), ring: "#c2528f" });
