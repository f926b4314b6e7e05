// The parts of the reader that need no document.
import assert from "node:assert/strict";
import test from "node:test";
import { meaning } from "../../genomebook/render/component/keys.js";
import { CACHED_PAGES, Pages, isStale, turn } from "../../genomebook/render/component/pages.js";
import { wordAt } from "../../genomebook/render/component/paper.js";
import { address, blocks, coordinates, landing, letters, marks, notes, pieces, plural, residues, reverseComplement, things, translate } from "../../genomebook/render/component/text.js";

const volume = { name: "s", contig: "chr7", origin: 1000, length: 500 };

// Two paragraphs with a gap of five letters between them: ACGT aCG . TTN . | NNNNN | GGG .
function page(more = {}) {
  return {
    volume, address: "chr7:1011-1028", start: 10, end: 28, asked: null, is_more: false,
    words: { start: [10, 14, 17, 25], text: ["ACGT", "aCG", "TTR", "GGG"], id: [20, 21, 22, 23], is_word: [true, true, true, true], surprisal: [1, 2, 3, 4], strength: [0, 0, 0, 0], lines: {}, notes: { 21: "gloss" }, odds: [] },
    sentences: [
      { number: 0, start: 10, end: 17, first_word: 0, end_word: 2, why: "a", is_searchable: true },
      { number: 1, start: 17, end: 20, first_word: 2, end_word: 3, why: "b", is_searchable: false },
      { number: 2, start: 25, end: 28, first_word: 3, end_word: 4, why: "c", is_searchable: false },
    ],
    paragraphs: [
      { number: 4, start: 10, end: 20, first_sentence: 0, end_sentence: 2, head: "AluSx" },
      { number: 5, start: 25, end: 28, first_sentence: 2, end_sentence: 3, head: "" },
    ],
    gaps: [{ start: 20, end: 25 }], genes: [], transcripts: [], residues: [], residue_names: { M: "Met", T: "Thr" }, tracks: [], features: [], links: [], units: [],
    around: { previous: { address: "p" }, next: { address: "n" }, previous_paragraph: null, next_paragraph: { address: "np" }, exon_before: null, exon_after: { address: "e" } },
    ...more,
  };
}

const said = (all) => all.flatMap((block) => (block.kind === "gap" ? ["-"] : block.sentences.flatMap((sentence) => sentence.words.map((word) => word.text))));

const STANDARD = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG";

test("letters turn round and are translated", () => {
  assert.equal(reverseComplement("AACgtRYN"), "NRYacGTT");
  assert.equal(reverseComplement(reverseComplement("ACGTRYSWKMBDHVN")), "ACGTRYSWKMBDHVN");
  assert.equal(translate("ATGGCCTAAx", STANDARD), "MA*");
  assert.equal(translate("aaugnnc", STANDARD, 1), "MX");
  assert.equal(translate("AC", STANDARD), "");
});

test("the standard code has 61 codons with amino acids and three stops", () => {
  const all = [..."TCAG"].flatMap((a) => [..."TCAG"].flatMap((b) => [..."TCAG"].map((c) => a + b + c)));
  const protein = translate(all.join(""), STANDARD);
  assert.equal(protein.length, 64);
  assert.deepEqual(all.filter((codon, i) => protein[i] === "*"), ["TAA", "TAG", "TGA"]);
  for (const [codon, amino] of [["ATG", "M"], ["TGG", "W"], ["GAA", "E"], ["CGA", "R"], ["AGC", "S"], ["AAA", "K"], ["TTT", "F"], ["GGG", "G"]]) assert.equal(translate(codon, STANDARD), amino);
});

test("places are written as people read them", () => {
  assert.equal(coordinates(volume, 0, 1), "1,001");
  assert.equal(coordinates(volume, 9, 12), "1,010-1,012");
  assert.equal(address(volume, 9, 12), "chr7:1010-1012");
  assert.equal(plural(1, "letter"), "1 letter");
  assert.equal(plural(1200, "letter"), "1,200 letters");
  assert.equal(landing({ start: 5, end: 9, strand: "-" }), 8);
  assert.equal(landing({ start: 5, end: 9, strand: "+" }), 5);
});

test("a page is read forwards, and turned round on the minus strand", () => {
  assert.deepEqual(said(blocks(page())), ["ACGT", "aCG", "TTR", "-", "GGG"]);
  const turned = said(blocks(page(), "-"));
  assert.deepEqual(turned, ["CCC", "-", "YAA", "CGt", "ACGT"]);
  assert.equal(turned.join("").replace("-", "nnnnn"), reverseComplement(said(blocks(page())).join("").replace("-", "nnnnn")));
  const [first, , last] = blocks(page());
  assert.equal(first.head, "AluSx");
  assert.equal(first.where, "1,011-1,020");
  assert.equal(first.sentences[0].similar, "chr7:1011-1017");
  assert.equal(first.sentences[1].isLast, true);
  assert.equal(last.sentences[0].words[0].title, "chr7:1,026-1,028, word 23, 4 bits");
  assert.match(first.sentences[0].words[1].title, /word 21, 2 bits; gloss$/);
});

test("a word is cut where a mark begins or ends, and loses no letter", () => {
  const codon = { transcript: "t", strand: "+", first: 7, letters: "T", spans: [[13, 14], [30, 32]], starts: [], stops: [] };
  const marked = marks(page({
    asked: { address: "a", start: 11, end: 12, name: "", strand: "." },
    tracks: [{ name: "r", kind: "repeat", label: "Repeats", is_known: true }, { name: "g", kind: "gene", label: "Genes", is_known: true }],
    features: [{ track: "r", start: 12, end: 400, strand: "+", name: "L1", group: "", score: null, note: "" }, { track: "g", start: 0, end: 400, strand: "+", name: "G", group: "", score: null, note: "" }],
    residues: [codon, { ...codon, spans: [[10, 13]] }],
  }));
  const cut = pieces(10, "ACGT", marked);
  assert.deepEqual(cut.map((piece) => [piece.text, piece.kinds.join(" ")]), [["A", ""], ["C", "asked"], ["GT", "f-repeat"]]);
  assert.deepEqual(cut.map((piece) => piece.residue?.letter ?? ""), ["", "T", ""]);
  assert.equal(pieces(30, "ACGT", marked)[0].residue.number, 7);
  assert.equal(cut.map((piece) => piece.text).join(""), "ACGT");
});

test("runs of codons are amino acids one by one, on either strand", () => {
  const run = { transcript: "t", strand: "+", first: 1, letters: "MT*", spans: [[10, 19]], starts: [1], stops: [3] };
  const spans = (all) => all.map((residue) => `${residue.letter}${residue.number} ${residue.spans.join(" ")}`);
  const plus = residues(page({ residues: [run] }));
  assert.deepEqual(spans(plus), ["M1 10,13", "T2 13,16", "*3 16,19"]);
  assert.deepEqual(plus.map((residue) => [residue.name, residue.is_start, residue.is_stop]), [["Met", true, false], ["Thr", false, false], ["*", false, true]]);
  assert.deepEqual(spans(residues(page({ residues: [{ ...run, strand: "-" }] }))), ["M1 16,19", "T2 13,16", "*3 10,13"]);
  assert.deepEqual(spans(residues(page({ residues: [{ ...run, letters: "T", first: 9, spans: [[10, 11], [20, 22]] }] }))), ["T9 10,11 20,22"]);
});

test("exons are numbered from the 5' end and their edges marked", () => {
  const transcript = { id: "t", gene: "G", strand: "-", is_shown: true, exons: [[10, 14], [25, 28]], coding: [[12, 14]], tags: [], first_exon: 1 };
  const marked = marks(page({ transcripts: [transcript, { ...transcript, is_shown: false, exons: [[11, 12]] }] }));
  assert.equal(marked.edges.get(10).label, "G exon 2");
  assert.equal(marked.edges.get(27).label, "G exon 1");
  assert.equal(marked.edges.has(11), false);
  assert.deepEqual(pieces(10, "ACGT", marked).map((piece) => piece.kinds.join(" ")), ["exon", "exon", "cds exon", "cds exon"]);
});

test("a long place is marked at its ends only", () => {
  const kinds = (asked) => marks(page({ asked })).spans.map(([start, end, kind]) => [start, end, kind]);
  assert.deepEqual(kinds({ start: 0, end: 300 }), [[0, 300, "asked"]]);
  assert.deepEqual(kinds({ start: 0, end: 301 }), [[0, 1, "asked-first"], [300, 301, "asked-last"]]);
});

test("notes stand where a gene or a feature begins, ends or comes into sight", () => {
  const gene = { name: "G", id: "g", start: 5, end: 26, strand: "-", biotype: "x", description: "", is_cut: true, address: "chr7:1006-1026" };
  const feature = { track: "c", start: 15, end: 27, strand: ".", name: "", group: "island", score: null, note: "" };
  const all = page({ genes: [gene], features: [feature], tracks: [{ name: "c", kind: "cpg", label: "CpG islands", is_known: true }] });
  assert.deepEqual(notes(all, all.paragraphs[0]).map((note) => [note.kind, note.name, note.state]), [["gene", "G", ", goes on, cut by the edge of this sequence"], ["f-cpg", "CpG islands", ""]]);
  assert.deepEqual(notes(all, all.paragraphs[1]).map((note) => [note.name, note.state]), [["G", ", ends here, cut by the edge of this sequence"]]);
  assert.deepEqual(things(all).map((thing) => [thing.what, thing.start]), [["gene", 5], ["CpG islands", 15]]);
});

test("letters of a stretch and the word at a position", () => {
  assert.equal(letters(page(), 12, 18), "GTaCGT");
  assert.equal(letters(page(), 18, 27), "TRGG");
  assert.deepEqual([9, 10, 13, 14, 19, 20, 25, 27, 28].map((at) => wordAt(page(), at)), [-1, 0, 0, 1, 2, -1, 3, 3, -1]);
});

test("pages in memory: the latest stay, and an older answer changes nothing", () => {
  const pages = new Pages(2);
  for (const name of ["a", "b"]) pages.put(page({ address: name }));
  pages.get("a");
  pages.put(page({ address: "c" }));
  assert.deepEqual(pages.names(), ["a", "c"]);
  pages.put(page({ address: "c" }), "APP");
  assert.equal(pages.get("APP").address, "c");
  assert.ok(CACHED_PAGES >= 8);
  assert.equal(isStale({ serial: 3 }, 4), true);
  assert.equal(isStale({ serial: 4 }, 4), false);
});

test("a turn on the minus strand goes the other way", () => {
  assert.equal(turn(page(), "next", "+").address, "n");
  assert.equal(turn(page(), "next", "-").address, "p");
  assert.equal(turn(page(), "previous_paragraph", "-").address, "np");
  assert.equal(turn(page(), "exon_before", "-").address, "e");
  assert.equal(turn(page(), "exon_before", "+"), null);
});

test("keys mean something on the page and nothing in a field", () => {
  const key = (name, more = {}) => ({ key: name, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...more });
  assert.deepEqual(meaning(key("ArrowRight"), false), ["turn", "next"]);
  assert.deepEqual(meaning(key("ArrowLeft", { shiftKey: true }), false), ["turn", "previous_paragraph"]);
  assert.deepEqual(meaning(key("?", { shiftKey: true }), false), ["keys"]);
  assert.deepEqual(meaning(key("]"), false), ["turn", "exon_after"]);
  assert.deepEqual(meaning(key("X"), false), ["random"]);
  assert.equal(meaning(key("x"), true), null);
  assert.equal(meaning(key("x", { ctrlKey: true }), false), null);
  assert.deepEqual(meaning(key("Escape"), true), ["close"]);
  assert.equal(meaning(key("k"), false), null);
});
