// Panels under the bar: lines and tracks, saving, and the drawer with all else.
import { button, element } from "./dom.js";
import { KEYS } from "./keys.js";
import { variantsOf } from "./variants.js";
import { count, coordinates, plural, things } from "./text.js";

const NAMES = { repeat: "Repeats", cpg: "CpG islands", regulatory: "Regulatory elements", gene: "Genes", peak: "Peaks", variant: "Variants", other: "Own tracks", signal: "Signals", cytoband: "Bands" };
const FILES = [["fasta", "FASTA"], ["fasta-reverse", "FASTA, reverse complement"], ["word", "BED of words"], ["sentence", "BED of sentences"], ["paragraph", "BED of paragraphs"], ["gene", "BED of genes"], ["text", "Text"], ["english", "English"]];

function tick(name, label, isOn, onchange, help) {
  const input = element("input", { type: "checkbox", name, onchange: (event) => onchange(event.target.checked) });
  input.checked = isOn;
  return element("label", { title: help }, input, " ", label);
}

function choice(label, options, value, onchange, help) {
  const select = element("select", { "aria-label": label, onchange: (event) => onchange(event.target.value) }, options.map(([name, text]) => element("option", { value: name }, text)));
  select.value = value;
  return element("label", { class: "choice", title: help }, label, " ", select);
}

export function linesPanel(reader) {
  const { settings, view, page } = reader;
  const under = settings.lines.map((line) => (line.missing
    ? element("p", { class: "missing" }, element("b", {}, line.label), ": ", line.missing)
    : tick(line.name, line.label, view.lines.includes(line.name), (on) => reader.setLines(line.name, on), line.help)));
  const kinds = [...new Set((page?.tracks ?? []).filter((track) => !["signal", "gene"].includes(track.kind)).map((track) => track.kind))];
  const inText = [
    ...(page?.transcripts.length ? [["aa", "Amino acids"], ["exon", "Exons and introns"]] : []),
    ...kinds.map((kind) => [`f-${kind}`, NAMES[kind] ?? kind]),
    ["notes", "Notes in the margin"],
  ];
  const legend = inText.map(([kind, label]) => element("div", { class: "legend" }, tick(kind, label, !reader.hidden.includes(kind), (on) => reader.setHidden(kind, !on)), kind.startsWith("f-") || kind === "exon" ? element("span", { class: `p ${kind} sample`, "aria-hidden": "true" }, "ACGT") : ""));
  const unknown = (page?.tracks ?? []).filter((track) => !track.is_known).map((track) => element("p", { class: "missing" }, `${track.label}: not known on this chromosome`));
  const signal = [
    tick("track", "Boundary strength", Boolean(view.track), (on) => reader.setTrack(on ? settings.signal : ""), settings.trackHelp),
    view.track && settings.signals.length > 1 ? choice("Signal", settings.signals.map(({ name, label }) => [name, label]), view.track, (name) => reader.setTrack(name), settings.signals.find(({ name }) => name === view.track)?.help) : "",
    element("a", { href: "evidence", "data-page": "evidence" }, "How far to trust the boundaries"),
  ];
  const size = element("div", { class: "size" }, "Size of the text ", button("Smaller text", "A−", () => reader.resize(-1)), button("Larger text", "A+", () => reader.resize(1)));
  return [element("h2", {}, "Under the words"), ...under, element("h2", {}, "In the text"), ...legend, ...unknown, element("h2", {}, "Boundaries"), ...signal, size];
}

const file = (reader, kind, label) => element("div", { class: "file" }, element("span", {}, label), button(`Copy ${label}`, "Copy", () => reader.file(kind, "copy")), button(`Download ${label}`, "Download", () => reader.file(kind, "save")));

const WORDS = "The letters are cut into words; a full stop ends a sentence, and ¶ ends a paragraph. Genes, exons and other tracks are drawn in the text and in the margin. The English word under a DNA word is its gloss. A boundary is where a model sees the text change.";
const FIGURES = [["page", "The page"], ["overview", "Genes and profiles"]];

function figures(reader) {
  const rows = FIGURES.map(([kind, label]) => element("div", { class: "file" }, element("span", {}, label), ...["svg", "pdf"].map((suffix) => button(`Download ${label}, ${suffix.toUpperCase()}`, suffix.toUpperCase(), () => reader.file(`${kind} ${suffix}`, "save")))));
  return [element("h2", {}, "Figures for print"), ...rows];
}

// CDS, mRNA and protein of the transcripts that are shown.
function ofTranscripts(reader) {
  return reader.page.transcripts.filter((transcript) => transcript.is_shown && transcript.id).flatMap(({ id, gene, coding }) => [
    element("h2", {}, gene && gene !== id ? `${gene}, ${id}` : id),
    ...(coding.length ? [file(reader, `protein ${id}`, "Protein"), file(reader, `cds ${id}`, "CDS")] : []),
    file(reader, `mrna ${id}`, "mRNA"),
  ]);
}

function flanks(reader) {
  const input = element("input", { type: "number", min: 0, max: 100000, step: 10, value: reader.flank ?? 0, onchange: (event) => { reader.flank = Math.max(0, Math.min(100000, Math.round(Number(event.target.value) || 0))); } });
  return element("label", { class: "choice" }, "Letters to add on either side (FASTA) ", input);
}

export function savePanel(reader) {
  const { page, settings } = reader;
  if (!page) return [element("p", {}, "No page is open.")];
  const region = reader.selection ?? page.asked ?? page;
  const rows = FILES.map(([kind, label]) => {
    const absent = kind === "english" ? settings.lines.find((line) => line.name === "gloss")?.missing : "";
    if (absent) return element("p", { class: "missing" }, element("b", {}, label), ": ", absent);
    return file(reader, kind, label);
  });
  const chosen = reader.selection;
  const own = chosen && [
    element("h2", {}, `Selected: ${plural(chosen.end - chosen.start, "letter")}`),
    element("div", { class: "file" }, element("span", {}, coordinates(page.volume, chosen.start, chosen.end)), ...reader.selectionButtons()),
  ];
  return [own ?? "", element("h2", {}, "Take away"), element("p", { class: "missing" }, `FASTA and English: ${coordinates(page.volume, region.start, region.end)}; BED and text: the page.`), flanks(reader), ...rows, ...figures(reader), ...ofTranscripts(reader)];
}

function contentsList(reader) {
  const units = reader.contents ?? [];
  return element("ol", { class: "contents" }, units.map((unit) => element("li", { class: `${unit.level}${unit.is_open ? " open" : ""}` },
    element("a", { href: `?loc=${encodeURIComponent(unit.address)}`, "data-loc": unit.address, "aria-current": unit.is_open ? "true" : undefined },
      unit.stands_for ? `… ${plural(unit.stands_for, unit.level)} more` : `${unit.level[0].toUpperCase()}${unit.level.slice(1)} ${count(unit.number + 1)} ${unit.title}`.trim()))));
}

function onPage(reader) {
  const list = things(reader.page);
  if (!list.length) return element("p", { class: "missing" }, "No gene or track is known here.");
  const variants = variantsOf(reader.page);
  const choose = (thing) => {
    const variant = variants.find((each) => each.start === thing.start && each.end === thing.end && (each.name || each.group) === thing.name);
    if (variant) reader.chooseVariant(variant);
    else reader.show(thing.start, thing.end);
  };
  return element("ol", { class: "things" }, list.slice(0, 200).map((thing) => element("li", {}, button(`Go to ${thing.name}`, [element("b", {}, thing.name || thing.what), " ", element("span", {}, `${thing.what} ${thing.strand === "." ? "" : thing.strand} ${coordinates(reader.page.volume, thing.start, thing.end)}`)], () => choose(thing)))));
}

function trackSteps(reader) {
  const rows = reader.page.tracks.filter((track) => track.kind !== "signal").map((track) => element("div", { class: "file" }, element("span", {}, track.label),
    button(`Previous of ${track.label}`, "‹", () => reader.stepTrack(track.name, false)), button(`Next of ${track.label}`, "›", () => reader.stepTrack(track.name, true))));
  return [element("h2", {}, "Tracks"), ...rows, button("Show a file of your own", reader.own ? "Close your own tracks" : "Your own track …", () => reader.setOwn(), { "aria-expanded": String(Boolean(reader.own)) })];
}

// The page of text that the server writes whole.
function plainAddress(loc, lines) {
  return `plain?${new URLSearchParams({ loc, ...(lines.length ? { lines: lines.join(",") } : {}) })}`;
}

export function drawerPanel(reader) {
  const { page, settings } = reader;
  if (!page) return [element("p", {}, "No page is open.")];
  const here = page.asked?.address ?? page.address;
  const sources = page.sources ?? [];
  const transcripts = [...new Set(page.transcripts.map((transcript) => transcript.gene))].filter(Boolean).map((gene) => {
    const of = page.transcripts.filter((transcript) => transcript.gene === gene);
    const label = (transcript) => [transcript.id, sources.length ? transcript.source : "", transcript.tags.includes("MANE_Select") ? "MANE Select" : "", transcript.biotype.replaceAll("_", " ")].filter(Boolean).join(", ");
    const shown = of.find((transcript) => transcript.is_shown)?.id ?? "";
    return choice(`Transcript of ${gene}`, [...(shown ? [] : [["", "none"]]), ...of.map((transcript) => [transcript.id, label(transcript)])], shown, (id) => reader.setTranscript(gene, id));
  });
  const source = sources.length ? choice("Transcripts shown are from", [["", "all files of genes"], ...sources.map((name) => [name, name])], reader.view.source ?? "", (name) => reader.setSource(name)) : "";
  return [
    element("div", { class: "actions" },
      button("Random page (x)", "Random page", () => reader.random()),
      button("The other strand (r)", reader.strand === "-" ? "Plus strand" : "Minus strand", () => reader.turnRound()),
      settings.searchable ? element("a", { href: `search?loc=${encodeURIComponent(reader.sentenceInView() ?? here)}`, class: "similar" }, "Find sentences like the one in view") : "",
      element("a", { href: `ask?loc=${encodeURIComponent(here)}`, class: "ask-here", "data-page": "ask" }, "Ask about this passage")),
    settings.volumes.length > 1 ? choice("Chromosome or sequence", settings.volumes.map((name) => [name, name]), page.volume.name, (name) => reader.go(name)) : "",
    source,
    ...transcripts,
    page.links.length ? element("p", { class: "links" }, "At other sites: ", page.links.flatMap((link) => [element("a", { href: link.url, target: "_blank", rel: "noopener noreferrer", title: link.hint }, link.site), " "])) : "",
    ...trackSteps(reader),
    element("h2", {}, "On this page"), onPage(reader),
    element("h2", {}, "Contents"), contentsList(reader),
    element("h2", {}, "Words to know"), element("p", {}, WORDS),
    element("h2", {}, "Keys"), keysList(),
    element("p", {}, element("a", { href: plainAddress(here, reader.view.lines), target: "_self" }, "This page without a script")),
  ];
}

export const keysList = () => element("dl", { class: "keys" }, KEYS.flatMap(([key, does]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, does)]));
