// Genes in the reader: proteins, exons to step to, the page on the other strand; run by tests/unit/test_component.py.
import assert from "node:assert/strict";
import { test } from "node:test";
import { exonStep } from "../../genomebook/render/component/pages.js";
import { blocks, marks, translate } from "../../genomebook/render/component/text.js";

const STANDARD = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG";
const MITOCHONDRIAL = "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG";

// M K over an intron, on the minus strand of 100..124: exons 100-110 and 116-124.
const TRANSCRIPT = { id: "T1", gene: "ALPHA", strand: "-", is_shown: true, first_exon: 3, exons: [[50, 60], [100, 110], [116, 124], [300, 320]], coding: [[108, 110], [116, 120]], tags: [] };
const PAGE = {
  start: 96, end: 200, asked: null,
  volume: { name: "v", contig: "chr1", origin: 1000, length: 1000, genetic_code: 1, aminos: STANDARD },
  words: { start: [96, 104, 110, 118], text: ["AAAACCCC", "TTTTTC", "GGGGGTTT", "ATCA"], id: [20, 21, 22, 23], is_word: [true, true, true, true], surprisal: [1, 1, 1, 1], strength: [0, 0, 0, 0], lines: {}, notes: {}, odds: [] },
  sentences: [{ number: 0, start: 96, end: 110, first_word: 0, end_word: 2, why: "" }, { number: 1, start: 110, end: 122, first_word: 2, end_word: 4, why: "" }],
  paragraphs: [{ number: 7, start: 96, end: 122, first_sentence: 0, end_sentence: 2, head: "" }],
  gaps: [], genes: [], features: [], tracks: [], residue_names: { K: "Lys" }, residues: [{ transcript: "T1", strand: "-", first: 2, letters: "K", spans: [[108, 110], [116, 117]], starts: [], stops: [] }],
  transcripts: [TRANSCRIPT, { ...TRANSCRIPT, id: "T2", is_shown: false, exons: [[130, 140]] }],
  units: [],
  around: { exon_before: { address: "before", start: 50, end: 60 }, exon_after: { address: "after", start: 300, end: 320 } },
};

test("a protein follows the genetic code of the sequence", () => {
  assert.equal(translate("ATGATATGAAGA", STANDARD), "MI*R");
  assert.equal(translate("ATGATATGAAGA", MITOCHONDRIAL), "MMW*");
  assert.equal(translate("cATGNNTTT", STANDARD, 1), "MX");
});

test("an amino acid stands under the middle base of its codon, also over an intron", () => {
  const { under, edges } = marks(PAGE);
  assert.equal(under.get(109).letter, "K");
  assert.equal(edges.get(116).label, "ALPHA exon 4");
  assert.equal(edges.get(100).label, "ALPHA exon 5");
  assert.equal(edges.get(130), undefined);
});

test("steps go to the exons of the page, then to those before and after it, in the direction of reading", () => {
  assert.deepEqual(exonStep(PAGE, "exon_after", "+", 95), [100, true]);
  assert.deepEqual(exonStep(PAGE, "exon_after", "+", 100), [116, true]);
  assert.deepEqual(exonStep(PAGE, "exon_after", "+", 116), [PAGE.around.exon_after, false]);
  assert.deepEqual(exonStep(PAGE, "exon_before", "+", 116), [100, true]);
  assert.deepEqual(exonStep(PAGE, "exon_before", "+", 100), [PAGE.around.exon_before, false]);
  assert.deepEqual(exonStep(PAGE, "exon_after", "-", 200), [123, true]);
  assert.deepEqual(exonStep(PAGE, "exon_after", "-", 123), [109, true]);
  assert.deepEqual(exonStep(PAGE, "exon_after", "-", 109), [PAGE.around.exon_before, false]);
  assert.deepEqual(exonStep({ ...PAGE, transcripts: [] }, "exon_before", "-", 109), [PAGE.around.exon_after, false]);
});

test("on the other strand words and sentences stand in the opposite order, their letters complemented", () => {
  const texts = (strand) => blocks(PAGE, strand).flatMap((block) => block.sentences.map((sentence) => sentence.words.map((word) => word.text)));
  assert.deepEqual(texts("+"), [["AAAACCCC", "TTTTTC"], ["GGGGGTTT", "ATCA"]]);
  assert.deepEqual(texts("-"), [["TGAT", "AAACCCCC"], ["GAAAAA", "GGGGTTTT"]]);
  const minus = blocks(PAGE, "-").flatMap((block) => block.sentences.flatMap((sentence) => sentence.words));
  for (const word of minus) assert.equal(word.pieces.map((piece) => piece.text).join(""), word.text);
  assert.deepEqual(["+", "-"].map((strand) => blocks(PAGE, strand)[0].where), ["1,097-1,122", "1,122-1,097"]);
  assert.ok(minus.some((word) => word.pieces.some((piece) => piece.residue?.letter === "K")));
});
