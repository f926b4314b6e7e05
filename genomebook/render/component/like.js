// What the book itself knows of a paragraph that no class names: how many others are like it.
import { element } from "./dom.js";

export const unnamed = (page) => page.paragraphs.filter((paragraph) => paragraph.is_unnamed);

// Counts of an answer go into the page, so that it has them when it is drawn again.
export function keepLike(page, counts) {
  for (const paragraph of unnamed(page)) paragraph.like = counts.find((each) => each.start === paragraph.start) ?? null;
}

export function saidOfLike({ count, isLeast }) {
  return `${isLeast ? "at least " : ""}${count.toLocaleString("en-US")} like it in this book`;
}

// The line above a paragraph; where a count may come, its room is kept.
export function lineAbove({ head, isUnnamed, like }) {
  if (!head && !isUnnamed) return "";
  const link = like && element("a", { class: "others", href: `search?${like.query}`, title: "Passages that are like at least half of this paragraph; Search shows them" }, `${saidOfLike(like)}: see them`);
  return element("div", { class: "margin is" }, head, head && link ? " · " : "", link || (head ? "" : "\u00a0"));
}
