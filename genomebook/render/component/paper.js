// The page as a document: rows of paragraphs, words, notes in the margin.
import { blocks, coordinates, descending, plural } from "./text.js";
import { element } from "./dom.js";
import { lineAbove } from "./like.js";

const NO_BREAK = "\u00a0";

function piece({ text, start, kinds, residue, edge }) {
  const names = ["p", ...kinds];
  const more = {};
  if (residue) {
    names.push("aa", residue.is_start ? "start" : "", residue.is_stop ? "halt" : "", residue.spans.length > 1 ? "split" : "");
    more["data-aa"] = residue.letter;
    const joined = residue.spans.length > 1 ? "; its codon goes on over the intron" : "";
    const role = residue.is_start ? ", start codon" : residue.is_stop ? ", stop codon" : "";
    more.title = `${residue.name} ${residue.number} of ${residue.transcript}${role}${joined}`;
  }
  if (edge) {
    names.push("edge", edge.side);
    more["data-edge"] = edge.label;
    more.title = `${edge.label} ${edge.side === "first" ? "begins" : "ends"} here`;
  }
  if (kinds.includes("f-variant")) more["data-at"] = start;
  if (names.length === 1) return text;
  return element("span", { class: names.filter(Boolean).join(" "), ...more }, text);
}

function drawnWord(word) {
  const isAlone = !word.lines.length;
  const spelled = element("span", { class: word.isWord ? "w" : "w l", "data-n": word.number, title: isAlone && word.title }, word.pieces.map(piece));
  if (isAlone) return spelled;
  const under = word.lines.map(([line, text]) => element("span", { class: line[0] }, text ? ` ${text}` : ""));
  if (!word.isWord) return element("span", { class: "c", title: word.title }, spelled, under);
  const empty = word.lines.every(([, text]) => !text);
  const label = empty ? `no ${word.lines.map(([line]) => line).join(" or ")}` : undefined;
  const link = element("a", { class: "to", lang: "en", href: `lexicon?word=${encodeURIComponent(word.spelled)}`, tabindex: "-1", "aria-label": label }, under);
  return element("span", { class: "c", title: word.title }, spelled, link);
}

function drawnSentence(sentence, isFirst, similar) {
  const words = sentence.words.flatMap((word, i) => [i ? " " : "", drawnWord(word)]);
  const stop = element("span", { class: sentence.isLast ? "stop last" : "stop", role: "img", "aria-label": sentence.why, title: sentence.why });
  const like = sentence.similar && element("a", { class: "like", href: `search?loc=${encodeURIComponent(sentence.similar)}`, tabindex: "-1", "aria-label": similar, title: similar });
  return [isFirst ? "" : " ", element("span", { class: "sentence", "data-s": sentence.number }, words, stop, like)];
}

function drawnNote(note) {
  const name = note.to ? element("a", { href: `?loc=${encodeURIComponent(note.to)}`, "data-loc": note.to }, note.name) : element("b", {}, note.name);
  const arrow = note.arrow && element("span", { class: "dir", role: "img", "aria-label": note.strand }, note.arrow);
  return element("li", { class: note.kind }, name, " ", arrow, " ", element("span", { class: "at" }, note.where), note.what ? [" ", element("i", {}, note.what)] : "", note.state);
}

// The row of a block without its sentences, and where they go.
function row(block, page) {
  const inner = block.kind === "gap"
    ? element("p", { class: "gap" }, element("span", {}, `gap: ${plural(block.size, "letter")} of N`))
    : element("p", { class: Object.keys(page.words.lines).length ? "dna lines" : "dna", lang: "zxx" });
  const place = element("div", { class: "margin place" }, element("b", {}, block.sign), NO_BREAK, block.where);
  const head = lineAbove(block);
  const notes = block.notes.length ? element("ul", { class: "margin notes" }, block.notes.map(drawnNote)) : "";
  const section = element("section", { class: "row", "data-start": block.start, "aria-label": `${block.label}, ${page.volume.contig}:${block.where}` }, place, element("div", { class: "body" }, head, inner), notes);
  return [section, inner];
}

// The paper of a page, empty, and a generator that draws on it sentence by sentence; each step gives the interval it drew.
export function paper(page, { strand, similar }) {
  const names = ["sheet", page.residues.length ? "has-aa" : "", page.transcripts.length ? "has-exons" : "", page.features.length ? "has-features" : ""];
  const sheet = element("article", { class: names.filter(Boolean).join(" "), lang: "en", "aria-busy": "true", "aria-label": `${page.volume.contig}:${coordinates(page.volume, page.start, page.end)}` });
  function* drawing() {
    for (const block of blocks(page, strand)) {
      const [section, text] = row(block, page);
      sheet.append(section);
      for (const [i, sentence] of (block.sentences ?? []).entries()) {
        text.append(...drawnSentence(sentence, i === 0, similar).filter(Boolean));
        yield sentence;
      }
    }
    sheet.removeAttribute("aria-busy");
  }
  return [sheet, drawing()];
}

// Word of a page that holds a position: the number of its column, or -1.
export function wordAt(page, position) {
  const starts = page.words.start;
  let [low, high] = [0, starts.length];
  while (low < high) {
    const half = (low + high) >> 1;
    if (starts[half] <= position) low = half + 1;
    else high = half;
  }
  const i = low - 1;
  return i >= 0 && position < starts[i] + page.words.text[i].length ? i : -1;
}

// The running head: where in the book the page is.
export function heading(page, strand) {
  const { volume, units } = page;
  const where = coordinates(volume, page.start, page.end);
  const steps = units.map((unit) => element("li", {}, `${unit.level[0].toUpperCase()}${unit.level.slice(1)} ${unit.number + 1} `, unit.title && element("span", { class: "name", title: unit.others || undefined }, unit.title)));
  return [
    element("ol", { "aria-label": "Where you are" }, element("li", { class: "volume" }, volume.contig), steps),
    element("span", { class: "where" }, strand === "-" ? `minus strand, ${descending(where)}` : where),
  ];
}
