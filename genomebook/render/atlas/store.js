// Points of maps as they came. A component of its own brings them, once for each map: an answer to a click need not.
const CAME = "genomebook-points";
const TABLES = (globalThis.genomebookPoints ??= new Map()); // the two components are two modules: name to table

/** Keep the points that a place brings, in the stead of those that it brought before. */
export function keepPoints(place, name, table) {
  forgetPoints(place, name);
  TABLES.set(name, { place, table });
  dispatchEvent(new Event(CAME));
}

/** Drop what a place brought under other names. */
export function forgetPoints(place, but) {
  for (const [name, { place: owner }] of TABLES) if (owner === place && name !== but) TABLES.delete(name);
}

export const cameAs = (name) => TABLES.get(name)?.table;

/** Calls whenever points have come, until what it returns is called. */
export function onPoints(call) {
  addEventListener(CAME, call);
  return () => removeEventListener(CAME, call);
}
