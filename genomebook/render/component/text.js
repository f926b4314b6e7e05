// What a page says, without a document: letters, coordinates, and a page in the order in which it is read.

const OTHER = { A: "T", C: "G", G: "C", T: "A", U: "A", R: "Y", Y: "R", S: "S", W: "W", K: "M", M: "K", B: "V", V: "B", D: "H", H: "D", N: "N" };
const BASES = "TCAG";
const LONG = 300;
const STRANDS = { "+": "plus strand", "-": "minus strand" };
const ARROWS = { "+": "→", "-": "←" };

export const count = (number) => number.toLocaleString("en-US");

export const plural = (number, what) => `${count(number)} ${what}${number === 1 ? "" : "s"}`;

export function reverseComplement(dna) {
  let out = "";
  for (let i = dna.length - 1; i >= 0; i--) {
    const letter = dna[i];
    const other = OTHER[letter.toUpperCase()] ?? letter;
    out += letter === letter.toUpperCase() ? other : other.toLowerCase();
  }
  return out;
}

// Protein of a DNA text by a genetic code (amino acids of TTT, TTC, TTA, TTG, TCT, ...); X for a codon with
// another letter, the rest left out.
export function translate(dna, code, frame = 0) {
  const text = dna.toUpperCase().replaceAll("U", "T");
  let out = "";
  for (let i = frame; i + 3 <= text.length; i += 3) {
    const [a, b, c] = [...text.slice(i, i + 3)].map((letter) => BASES.indexOf(letter));
    out += a < 0 || b < 0 || c < 0 ? "X" : code[16 * a + 4 * b + c];
  }
  return out;
}

// Coordinates on the other strand descend.
export const descending = (where) => where.split("-").reverse().join("-");

export function coordinates(volume, start, end) {
  const first = volume.origin + start + 1;
  const last = volume.origin + end;
  return first === last ? count(first) : `${count(first)}-${count(last)}`;
}

export const address = (volume, start, end) => `${volume.contig}:${volume.origin + start + 1}-${volume.origin + end}`;

// Position of the letter to land on: the 5' end of a gene, the start of anything else.
export const landing = (asked) => (asked.strand === "-" ? asked.end - 1 : asked.start);

// Amino acids of a page one by one, from runs of codons that follow each other.
export function residues(page) {
  return page.residues.flatMap(({ transcript, strand, first, letters, spans, starts, stops }) => [...letters].map((letter, i) => {
    const [low, high] = spans[0];
    const codon = strand === "-" ? [high - 3 * i - 3, high - 3 * i] : [low + 3 * i, low + 3 * i + 3];
    const number = first + i;
    return { letter, name: page.residue_names[letter] ?? letter, number, spans: letters.length > 1 ? [codon] : spans, transcript, is_start: starts.includes(number), is_stop: stops.includes(number) };
  }));
}

// The base of a codon that its amino acid stands under: the second.
function middle(spans) {
  const bases = spans.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i));
  return bases[Math.min(1, bases.length - 1)];
}

// A short place is tinted; of a long one only the ends are marked.
function asked({ start, end }) {
  if (end - start <= LONG) return [[start, end, "asked"]];
  return [[start, start + 1, "asked-first"], [end - 1, end, "asked-last"]];
}

// All that is marked in the text: [start, end, kind], and what stands under or over a letter.
export function marks(page) {
  const spans = [];
  const under = new Map();
  const edges = new Map();
  if (page.asked) spans.push(...asked(page.asked));
  const kinds = Object.fromEntries(page.tracks.map((track) => [track.name, track.kind]));
  for (const feature of page.features) {
    const kind = kinds[feature.track] ?? "other";
    if (kind !== "gene") spans.push([feature.start, feature.end, `f-${kind}`]);
  }
  for (const transcript of page.transcripts) {
    if (!transcript.is_shown) continue;
    for (const [start, end] of transcript.coding) spans.push([start, end, "cds"]);
    const last = transcript.exons.length;
    transcript.exons.forEach(([start, end], i) => {
      spans.push([start, end, "exon"]);
      const number = transcript.first_exon + (transcript.strand === "-" ? last - 1 - i : i);
      edges.set(start, { side: "first", label: `${transcript.gene} exon ${number}` });
      edges.set(end - 1, { side: "last", label: `${transcript.gene} exon ${number}` });
    });
  }
  for (const residue of residues(page)) under.set(middle(residue.spans), residue);
  return { spans, under, edges };
}

// A word cut where a mark begins or ends: pieces of [text, start, kinds, residue, edge].
export function pieces(start, text, marked) {
  const end = start + text.length;
  const here = marked.spans.filter(([first, last]) => first < end && last > start);
  const cuts = new Set([start, end]);
  for (const [first, last] of here) {
    if (first > start) cuts.add(first);
    if (last < end) cuts.add(last);
  }
  for (let at = start; at < end; at++) {
    if (marked.under.has(at) || marked.edges.has(at)) cuts.add(at).add(at + 1);
  }
  const at = [...cuts].sort((a, b) => a - b);
  return at.slice(1).map((last, i) => {
    const first = at[i];
    const kinds = here.filter(([a, b]) => a < last && b > first).map(([, , kind]) => kind);
    return { text: text.slice(first - start, last - start), start: first, kinds: [...new Set(kinds)], residue: marked.under.get(first), edge: marked.edges.get(first) };
  });
}

function word(page, i, marked, minus) {
  const columns = page.words;
  const [start, text] = [columns.start[i], columns.text[i]];
  const where = `${page.volume.contig}:${coordinates(page.volume, start, start + text.length)}`;
  const what = columns.is_word[i] ? `word ${columns.id[i]}` : "a letter that is not A, C, G or T";
  const note = columns.notes[columns.id[i]];
  const cut = pieces(start, text, marked);
  return {
    number: i,
    start,
    text: minus ? reverseComplement(text) : text,
    isWord: columns.is_word[i],
    spelled: text.toUpperCase(),
    title: `${where}, ${what}, ${columns.surprisal[i]} bits${note ? `; ${note}` : ""}`,
    lines: Object.entries(columns.lines).map(([line, texts]) => [line, texts[i]]),
    pieces: minus ? cut.reverse().map((piece) => ({ ...piece, text: reverseComplement(piece.text) })) : cut,
  };
}

// The blocks of a page in the order in which they are read; on the minus strand the page is turned round.
export function blocks(page, strand = "+") {
  const minus = strand === "-";
  const marked = marks(page);
  const place = (start, end) => (minus ? descending : String)(coordinates(page.volume, start, end));
  const order = (items) => (minus ? items.slice().reverse() : items);
  const range = (first, end) => order(Array.from({ length: end - first }, (_, i) => first + i));
  const paragraphs = page.paragraphs.map((paragraph) => ({
    kind: "paragraph",
    start: paragraph.start,
    end: paragraph.end,
    label: `Paragraph ${count(paragraph.number + 1)}`,
    sign: `¶ ${count(paragraph.number + 1)}`,
    where: place(paragraph.start, paragraph.end),
    head: paragraph.head,
    isUnnamed: paragraph.is_unnamed,
    like: paragraph.like,
    notes: notes(page, paragraph),
    sentences: range(paragraph.first_sentence, paragraph.end_sentence).map((n) => {
      const sentence = page.sentences[n];
      return {
        number: n,
        start: sentence.start,
        end: sentence.end,
        why: sentence.why,
        isLast: n === paragraph.end_sentence - 1,
        similar: sentence.is_searchable ? address(page.volume, sentence.start, sentence.end) : "",
        get words() { // made when they are drawn
          return range(sentence.first_word, sentence.end_word).map((i) => word(page, i, marked, minus));
        },
      };
    }),
  }));
  const gaps = page.gaps.map(({ start, end }) => ({
    kind: "gap", start, end, label: "gap", sign: "gap", where: place(start, end), size: end - start, notes: [],
  }));
  return order([...paragraphs, ...gaps].sort((a, b) => a.start - b.start));
}

// Notes beside a paragraph: genes that begin, end or come into sight, and features that begin in it.
export function notes(page, block) {
  const isFirst = block.start === page.start;
  const near = (item) => item.start < block.end && item.end > block.start;
  const comes = (item) => near(item) && (isFirst || item.start >= block.start);
  const genes = page.genes.filter((gene) => near(gene) && (isFirst || gene.start >= block.start || gene.end <= block.end)).map((gene) => {
    const [begins, ends] = [gene.start >= block.start, gene.end <= block.end];
    const state = begins && ends ? "" : begins ? ", begins here" : ends ? ", ends here" : ", goes on";
    return {
      kind: "gene", name: gene.name, to: gene.address, arrow: ARROWS[gene.strand] ?? "·", strand: STRANDS[gene.strand] ?? "strand not known",
      where: coordinates(page.volume, gene.start, gene.end), what: gene.description || gene.biotype,
      state: state + (gene.is_cut ? ", cut by the edge of this sequence" : ""), start: gene.start,
    };
  });
  const labels = Object.fromEntries(page.tracks.map((track) => [track.name, track]));
  const features = page.features.filter((item) => comes(item) && labels[item.track]?.kind !== "gene").map((feature) => ({
    kind: `f-${labels[feature.track]?.kind ?? "other"}`, name: feature.name || labels[feature.track]?.label || feature.track, to: "",
    arrow: ARROWS[feature.strand] ?? "", strand: STRANDS[feature.strand] ?? "", where: coordinates(page.volume, feature.start, feature.end),
    what: [feature.group, feature.note].filter(Boolean).join(", "), state: "", start: feature.start,
  }));
  return [...genes, ...features];
}

// Everything on the page that has a name, in order, to step through.
export function things(page) {
  const tracks = Object.fromEntries(page.tracks.map((track) => [track.name, track]));
  return [
    ...page.genes.map((g) => ({ what: "gene", name: g.name, start: g.start, end: g.end, strand: g.strand })),
    ...page.features.filter((f) => tracks[f.track]?.kind !== "gene").map((f) => ({ what: tracks[f.track]?.label ?? f.track, name: f.name || f.group || "", start: f.start, end: f.end, strand: f.strand })),
  ].sort((a, b) => a.start - b.start || a.end - b.end);
}

// Letters of [start, end) as far as the page has them.
export function letters(page, start, end) {
  return page.words.text.map((text, i) => {
    const first = page.words.start[i];
    return first < end && first + text.length > start ? text.slice(Math.max(0, start - first), Math.max(0, end - first)) : "";
  }).join("");
}
