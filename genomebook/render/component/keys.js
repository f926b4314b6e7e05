// Keys of the page: what each does, and the list of them.

export const KEYS = [
  ["/", "the box"],
  ["← →", "page before and after"],
  ["Shift + ← →", "paragraph before and after"],
  ["Page Up, Page Down", "a screen; at the edge of the text the next page"],
  ["[ ]", "exon before and after"],
  ["Tab, then ← →", "from word to word; Enter opens it in the Lexicon, Escape leaves"],
  ["r", "the other strand"],
  ["x", "a random page"],
  ["?", "this list"],
];

const TURNS = {
  ArrowLeft: "previous", ArrowRight: "next", "Shift+ArrowLeft": "previous_paragraph", "Shift+ArrowRight": "next_paragraph", "[": "exon_before", "]": "exon_after",
};
const DOES = { "/": "box", "?": "keys", x: "random", r: "strand", Escape: "close", PageDown: "down", PageUp: "up" };

// What a key does on the page: ["turn", where], [name], or null for a key of somebody else.
export function meaning({ key, shiftKey, ctrlKey, metaKey, altKey }, isTyping) {
  if (ctrlKey || metaKey || altKey || (isTyping && key !== "Escape")) return null;
  const name = shiftKey && key.startsWith("Arrow") ? `Shift+${key}` : key;
  if (TURNS[name]) return ["turn", TURNS[name]];
  return DOES[key.length === 1 ? key.toLowerCase() : key] ? [DOES[key.length === 1 ? key.toLowerCase() : key]] : null;
}

export const isTyping = (target) => Boolean(target?.closest?.("input, textarea, select, [contenteditable=true]"));
