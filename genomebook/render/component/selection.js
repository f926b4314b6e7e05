// What is selected in the text, in positions of the volume.

function edge(container, offset, isEnd) {
  const node = container.nodeType === Node.TEXT_NODE ? container.parentElement : container;
  const word = node?.closest?.(".w");
  if (!word || container.nodeType !== Node.TEXT_NODE) return null;
  const range = document.createRange();
  range.selectNodeContents(word);
  range.setEnd(container, offset);
  const letters = range.toString().length;
  return { number: Number(word.dataset.n), letters, isEnd };
}

function outer(range, root) {
  const words = [...root.querySelectorAll(".w")].filter((word) => range.intersectsNode(word));
  return words.length ? [words[0], words[words.length - 1]] : null;
}

// Interval [start, end) of the letters that the selection of the document covers inside `root`, or null.
export function selected(root, page, strand) {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  if (!root.contains(range.commonAncestorContainer) && !range.intersectsNode(root)) return null;
  const words = outer(range, root);
  if (!words) return null;
  const length = (n) => page.words.text[n].length;
  const [firstWord, lastWord] = words.map((word) => Number(word.dataset.n));
  const first = edge(range.startContainer, range.startOffset) ?? { number: firstWord, letters: 0 };
  const last = edge(range.endContainer, range.endOffset) ?? { number: lastWord, letters: length(lastWord) };
  const at = ({ number, letters }) => (strand === "-" ? page.words.start[number] + length(number) - letters : page.words.start[number] + letters);
  const [a, b] = [at(first), at(last)].sort((x, y) => x - y);
  return a < b ? { start: a, end: b } : null;
}
