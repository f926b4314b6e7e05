"""Coding sequence: the frame in which it is read, coding or intergenic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from genomebook.errors import TaskError
from genomebook.tasks.catalogue.genomic_benchmarks import COLUMNS, benchmark_rows
from genomebook.tasks.catalogue.genomic_benchmarks import FILES as INTERVALS
from genomebook.tasks.data import fasta_records, file_lines
from genomebook.tasks.examples import ExampleRows, digest_of
from genomebook.tasks.known_sequence import draw
from genomebook.tasks.task import DEV, TEST, TRAIN, DataFile, DataSheet, Examples, Task

CODING = DataFile(
    "sequences/chr22_gencode_v38_TD2_cds.fa.gz",
    "5e8bfbd723289c6c146cc3e3c2b238ab5e79ae8845adbbd24d893714422c6535",
    None,
    "provide coding sequences of GENCODE transcripts as FASTA, names beginning with the transcript",
)
TRANSCRIPTS = DataFile(
    "annotation/chr22_GRCh38_gencode_v38_basic.genePred.gz",
    "afa73b1a2e6df8cbb57de50d1776bf57e6ecc35204272bddb1023533126c237e",
    None,
    "fetch GENCODE v38 basic as genePred with gene identifiers",
)
FRAMES = ("frame 1", "frame 2", "frame 3")
KINDS = ("intergenic", "coding")
WINDOW = 120
PIECE = 200
_GENE_FIELD = 12
_NAME = re.compile(r"(ENST\d+\.\d+)\.p\d+ ")
_CODON = 3


_COUNTS: dict[str, dict[str, tuple[int, ...]]] = {
    "orf-frame": {TRAIN: (1_643, 1_528, 1_611), DEV: (237, 253, 236), TEST: (388, 401, 408)},
    "coding-or-intergenic": {TRAIN: (439, 422), DEV: (55, 55), TEST: (196, 196)},
}  # fmt: skip
"""Examples of each label by task and split, as loaded."""


def _gene_of_transcript(folder: Path) -> dict[str, str]:
    genes: dict[str, str] = {}
    for where, line in file_lines(TRANSCRIPTS, folder):
        fields = line.split("\t")
        if len(fields) <= _GENE_FIELD - 1:
            raise TaskError(f"{where}: not a genePred with gene identifiers; {TRANSCRIPTS.fetch}")
        genes[fields[0]] = fields[_GENE_FIELD - 1]
    return genes


def coding_sequences(folder: Path) -> Iterator[tuple[str, str]]:
    """Read the longest coding sequence of each gene.

    Yields
    ------
    str, str
        Gene and upper-case letters, in order of the gene.

    Raises
    ------
    TaskError
        A file is missing, or a line or record is not what is expected.
    """
    genes = _gene_of_transcript(folder)
    longest: dict[str, str] = {}
    for where, header, letters in fasta_records(CODING, folder):
        name = _NAME.match(header)
        if name is None:
            raise TaskError(f"{where}: no transcript in the name; {CODING.fetch}")
        gene, sequence = genes.get(name[1], name[1]), letters.upper()
        if len(sequence) > len(longest.get(gene, "")):
            longest[gene] = sequence
    yield from sorted(longest.items())


def _split(gene: str) -> str:
    share = digest_of(gene) % 10
    return TEST if share < 2 else DEV if share == 2 else TRAIN


def _load_frame(folder: Path) -> Examples:
    rows = ExampleRows(FRAMES, ("gene",))
    for gene, letters in coding_sequences(folder):
        for start in range(0, len(letters) - WINDOW - _CODON, WINDOW + _CODON):
            label = draw(f"frame:{gene}:{start}", _CODON)
            first = start + (_CODON - label) % _CODON
            rows.add(
                f"{gene}: letter {first + 1}", letters[first : first + WINDOW], label, _split(gene), (gene,)
            )
    return rows.examples()


def _load_kind(folder: Path) -> Examples:
    rows = ExampleRows(KINDS, COLUMNS)
    negatives = ExampleRows(KINDS, COLUMNS)
    benchmark_rows(
        negatives, folder, "demo_coding_vs_intergenomic_seqs", ("intergenomic_seqs", "coding_seqs")
    )
    pieces = sorted(
        (digest_of(letters[start : start + PIECE]), gene, start, letters[start : start + PIECE])
        for gene, letters in coding_sequences(folder)
        for start in range(0, len(letters) - PIECE, PIECE)
    )
    intergenic = negatives.examples(make_dev=True)
    for split in (TRAIN, DEV, TEST):
        part = intergenic.of(split)
        for number, letters in enumerate(part.sequences):
            place = tuple(part.columns[name][number] for name in COLUMNS)
            rows.add(":".join(place[:3]), letters, 0, split, place)
        for _, gene, start, letters in [piece for piece in pieces if _split(piece[1]) == split][: len(part)]:
            rows.add(f"{gene}: letter {start + 1}", letters, 1, split, ("chr22", "", "", ""))
    return rows.examples()


TASKS = (
    Task(
        "orf-frame",
        "Reading frame",
        "Coding",
        (
            "in which frame is this read?",
            "what is the reading frame?",
            "which of the three frames codes?",
            "which frame is the coding frame?",
            "guess the frame of this coding piece",
            "in what phase are the codons?",
            "which frame is coding?",
            "guess the reading frame",
        ),
        FRAMES,
        "MCC",
        (WINDOW, WINDOW),
        WINDOW,
        DataSheet(
            "Coding sequences of GENCODE v38 transcripts on chr22, the longest of each gene, in pieces of "
            "120 letters that begin at the first, second or third letter of a codon; split by gene",
            "GENCODE is free to use",
            True,
            (CODING, TRANSCRIPTS),
            "Pieces have stop codons in the wrong frames more often than not: the frame without a stop is "
            "the classical rule. Related genes may stand in train and test.",
            _COUNTS["orf-frame"],
        ),
        _load_frame,
        "Proteins are written in words of three letters (codons). Depending on where one starts there are "
        "three ways to cut a sequence into codons; frame 1 starts at its first letter.",
    ),
    Task(
        "coding-or-intergenic",
        "Coding or intergenic",
        "Coding",
        (
            "is this coding?",
            "is this coding or intergenic?",
            "does this code for a protein?",
            "is this coding DNA?",
            "is this part of a gene or between genes?",
            "does this lie in a coding exon?",
            "protein-coding or intergenic?",
            "is this an exon?",
            "is this piece coding?",
            "does it belong to an exon or lie between genes?",
            "coding or not?",
        ),
        KINDS,
        "accuracy",
        (PIECE, PIECE),
        PIECE,
        DataSheet(
            "Intergenic pieces of GenomicBenchmarks (demo_coding_vs_intergenomic_seqs) that lie in the "
            "GRCh38 at hand; as many pieces of coding sequences of chr22 (GENCODE v38), split by gene. Its "
            "own coding sequences carry no place and are not at hand",
            "Apache-2.0; GENCODE is free to use",
            True,
            (*INTERVALS, CODING, TRANSCRIPTS),
            "All have 200 letters. Coding sequence is richer in G and C. Only the coding half is from chr22: "
            "the chromosome would give the answer away, and is not shown to the model.",
            _COUNTS["coding-or-intergenic"],
        ),
        _load_kind,
        "Only a fiftieth of the genome codes for proteins; between genes lies intergenic DNA.",
    ),
)
