"""Gene biotype and direction: made from the places of genes; gene description and reading comprehension."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from genomebook.errors import TaskError
from genomebook.genome.stretches import merged
from genomebook.tasks.data import file_lines
from genomebook.tasks.examples import ExampleRows
from genomebook.tasks.known_sequence import FILES, draw, open_sequence, split_of
from genomebook.tasks.task import DEV, TEST, TRAIN, DataFile, DataSheet, Examples, Published, Task

COLUMNS = ("chrom", "start0", "end", "strand", "gene")
GENES = tuple(
    DataFile(
        f"text/human_genes_text_GRCh38_part{part}.jsonl.gz",
        digest,
        None,
        "provide the genes of Ensembl in GRCh38 as JSON lines: symbol, chrom, start1, end, strand, biotype",
    )
    for part, digest in (
        ("1_chr1-8", "2a38ff912b5a7f0c8fb11da4d9ac615fed672b0bd5197e63ff73b18b6950f296"),
        ("2_chr9-22XYM", "e7739bca911a265445827bb1b68fded6144895c289b36f706872772faf8e334c"),
    )
)
BIOTYPES = ("protein coding", "long non-coding RNA", "pseudogene")
DIRECTIONS = ("as the gene is read", "the other strand")
WINDOW = 500
_STEP = 5_000


@lru_cache(maxsize=1)
def _genes(folder: Path) -> tuple[tuple[str, str, int, int, str, str], ...]:
    return tuple(_read_genes(folder))


def _read_genes(folder: Path) -> Iterator[tuple[str, str, int, int, str, str]]:
    """Symbol, chromosome, start and end (0-based half-open), strand and biotype of each gene."""
    for file in GENES:
        for where, line in file_lines(file, folder):
            try:
                gene: dict[str, Any] = json.loads(line)
                name = str(gene.get("symbol") or gene["ensg"])
                start, end = int(gene["start1"]) - 1, int(gene["end"])
                yield name, gene["chrom"], start, end, gene["strand"], gene["biotype"]
            except (ValueError, KeyError, TypeError):
                raise TaskError(f"{where}: not a gene; {file.fetch}") from None


def gene_spans(folder: Path) -> dict[str, list[tuple[int, int]]]:
    """Merged intervals of genes on either strand, ascending, by chromosome (GRCh38, 0-based half-open)."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for _, chrom, start, end, _, _ in _genes(folder):
        spans.setdefault(chrom, []).append((start, end))
    return {
        chrom: [(start, end) for start, end in merged(np.array(here)).tolist()]
        for chrom, here in spans.items()
    }


def _label(biotype: str) -> int | None:
    if biotype == "protein_coding":
        return 0
    if biotype == "lncRNA":
        return 1
    return 2 if biotype.endswith("pseudogene") and not biotype.startswith(("IG_", "TR_", "rRNA")) else None


def _load_biotype(folder: Path) -> Examples:
    known = open_sequence(folder)
    rows = ExampleRows(BIOTYPES, COLUMNS)
    for name, chrom, start, end, strand, biotype in _genes(folder):
        label = _label(biotype)
        if label is None or end - start < WINDOW:
            continue
        first = start if strand == "+" else end - WINDOW
        letters = known.cut(chrom, first, first + WINDOW, strand)
        if letters is not None:
            kept = (chrom, str(first), str(first + WINDOW), strand, name)
            rows.add(f"gene {name}", letters, label, split_of(chrom, first, first + WINDOW), kept)
    return rows.examples()


def _load_direction(folder: Path) -> Examples:
    known = open_sequence(folder)
    spans: dict[str, list[tuple[int, int, str]]] = {}
    for _, chrom, start, end, strand, _ in _genes(folder):
        spans.setdefault(chrom, []).append((start, end, strand))
    rows = ExampleRows(DIRECTIONS, COLUMNS[:3])
    for (chrom, first), segment in known.segments.items():
        covered = {strand: np.zeros(len(segment), bool) for strand in "+-"}
        for start, end, strand in spans.get(chrom, ()):
            covered[strand][max(0, start - first) : max(0, end - first)] = True
        for at in range(0, len(segment) - WINDOW, _STEP):
            piece = slice(at, at + WINDOW)
            for strand, other in ("+-", "-+"):
                if not covered[strand][piece].all() or covered[other][piece].any():
                    continue
                label = draw(f"direction:{chrom}:{first + at}", 2)
                letters = known.cut(chrom, first + at, first + at + WINDOW, other if label else strand)
                if letters is not None:
                    place = (chrom, first + at, first + at + WINDOW)
                    kept = (chrom, str(place[1]), str(place[2]))
                    rows.add(f"{chrom}:{place[1] + 1}", letters, label, split_of(*place), kept)
    return rows.examples()


_COUNTS: dict[str, dict[str, tuple[int, ...]]] = {
    "biotype": {TRAIN: (343, 254, 148), DEV: (40, 25, 10), TEST: (87, 131, 83)},
    "direction": {TRAIN: (1_790, 1_890), DEV: (182, 200), TEST: (966, 955)},
}  # fmt: skip
"""Examples of each label by task and split, as loaded."""

_SOURCE = "Places of genes (Ensembl) and the pieces of GRCh38 at hand; split by blocks of 250 kb"
_LICENCE = "Ensembl and GRCh38 are free to use"


def _sheet(name: str, files: tuple[DataFile, ...], leaks: str) -> DataSheet:
    return DataSheet(_SOURCE, _LICENCE, True, files, leaks, _COUNTS.get(name, {}))


TASKS = (
    Task(
        "biotype",
        "Gene biotype",
        "Genes",
        (
            "what kind of gene is this?", "what is the biotype of this gene?",
            "is this gene protein coding?", "which type of gene is this?", "is this a pseudogene?",
            "is this gene a lncRNA or a protein-coding gene?", "classify this gene",
            "long non-coding RNA gene or pseudogene?", "what sort of gene is this?",
            "protein coding, lncRNA or pseudogene?", "is it a lncRNA gene?",
        ),
        BIOTYPES,
        "MCC",
        (WINDOW, WINDOW),
        WINDOW,
        _sheet(
            "biotype",
            (*GENES, *FILES),
            "All sequences are the first 500 letters of a gene, so length says nothing. GC content says "
            "much: many protein-coding genes begin in a CpG island. Copies of a gene family may stand in "
            "train and test.",
        ),
        _load_biotype,
        "Some genes are written for proteins, others for RNA that works by itself; pseudogenes are broken "
        "copies. Here: the first 500 letters, in the direction in which the gene is read.",
        before=0,
    ),
    Task(
        "direction",
        "Direction",
        "Genes",
        (
            "in which direction is this gene read?", "what is the direction?", "which strand is this?",
            "is the gene on the plus or the minus strand?", "is this the sense or the antisense strand?",
            "forward or reverse?", "what is the orientation of the gene?", "which way does the gene run?",
            "is the gene read forwards or backwards?", "on which strand is the gene?",
            "sense or antisense?",
        ),
        DIRECTIONS,
        "MCC",
        (WINDOW, WINDOW),
        WINDOW,
        _sheet(
            "direction",
            (*GENES, *FILES),
            "Half of the pieces, drawn by a digest of the place, are turned to the other strand; length says "
            "nothing and GC content cannot, as it is the same on both strands.",
        ),
        _load_direction,
        "A gene is read along one of the two strands. Here: 500 letters from inside a gene, most of them "
        "intron, as the gene is read or from the other strand.",
        before=0,
    ),
    Task(
        "gene-description",
        "Gene description",
        "Genes",
        (
            "which gene is like this?", "which gene is this?", "describe this gene",
            "what does this gene do?", "which gene matches this sequence?",
            "what gene does this come from?", "find the gene that is similar to this", "identify the gene",
            "what is the function of this gene?", "tell me about this gene", "what is this gene called?",
            "what is the most similar gene?", "from which gene is this?", "describe the gene",
        ),
        (),
        "exact match",
        (20, 1_000_000),
        0,
        _sheet("gene-description", GENES, "A gene seen in training is recalled, not understood."),
        None,
        "The sequence is searched for in the book; what is said of the gene that is found there comes from "
        "its annotation.",
        (
            Published(
                "GenomicLLM", "accuracy", 0.51, "GenomicLLM repository (2024)", False,
                "100 prompts that hold the symbol of the gene beside the sequence; generated, not looked up",
            ),
        ),
    ),
    Task(
        "reading-comprehension",
        "Reading comprehension",
        "Genes",
        (
            "what are the facts of this place?", "what is known of this place?", "what is annotated here?",
            "which genes are near here?", "what lies in this region?", "what is in this passage?",
            "neighbouring genes", "what is the source of this annotation?",
            "what are the neighbours of this gene?", "which genes lie nearby?",
            "what is known about this passage?", "facts about this region",
        ),
        (),
        "exact match",
        (2, 1_000_000),
        0,
        _sheet(
            "reading-comprehension",
            GENES,
            "The published task repeats a field of its own prompt: no DNA needs to be read.",
        ),
        None,
        "Answers are facts of the annotation, cited: the gene, its biotype and its neighbours.",
        (
            Published(
                "GenomicLLM", "accuracy", 1.0, "GenomicLLM repository (2024)", False,
                "79 prompts; the answer stands in the prompt",
            ),
        ),
    ),
)  # fmt: skip
