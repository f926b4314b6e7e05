"""Tasks of GenomicBenchmarks: open chromatin, regulatory class, enhancers, promoters, human or worm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from genomebook.tasks.data import place_of
from genomebook.tasks.examples import ExampleRows, label_number, table_rows
from genomebook.tasks.frozen_embeddings import frozen_embeddings
from genomebook.tasks.task import DEV, TEST, TRAIN, DataFile, DataSheet, Examples, Published, Task

COLUMNS = ("chrom", "start0", "end", "strand")
FILES = (
    DataFile(
        "benchmarks/genomic_benchmarks_available.tsv.gz",
        "3944cebd5b828e6639b2accfc607a5c354ed4f16ae5c2c94f299c97ae2676482",
        None,
        "cut the intervals of ML-Bioinfo-CEITEC/genomic_benchmarks (Apache-2.0) out of GRCh38 into this "
        "table",
    ),
    DataFile(
        "tasks/genomic_benchmarks_new_segments.tsv.gz",
        "f7407c81e01a7185fe194f15d5b919d5d2cf2d490ed335d859abebc56461ab66",
        None,
        "cut the intervals of ML-Bioinfo-CEITEC/genomic_benchmarks (Apache-2.0) out of GRCh38 into this "
        "table",
    ),
)
"""The rows of GenomicBenchmarks whose letters are at hand: about 3 in 100."""

_SOURCE = "GenomicBenchmarks (2023), the rows in the pieces of GRCh38 at hand: about 3 in 100"


_COUNTS: dict[str, dict[str, tuple[int, ...]]] = {
    "open-chromatin": {TRAIN: (1_073, 1_222), DEV: (117, 135), TEST: (305, 353)},
    "regulatory": {TRAIN: (1_342, 1_222, 1_791), DEV: (171, 135, 171), TEST: (376, 353, 499)},
    "enhancer": {TRAIN: (912, 808), DEV: (114, 81), TEST: (285, 292)},
    "enhancer-cohn": {TRAIN: (115, 198), DEV: (16, 20), TEST: (30, 82)},
    "promoter-nontata": {TRAIN: (346, 329), DEV: (47, 33), TEST: (147, 131)},
}  # fmt: skip
"""Examples of each label by task and split, as loaded."""


def benchmark_rows(rows: ExampleRows, folder: Path, dataset: str, classes: Sequence[str]) -> None:
    """Add the rows of a data set of GenomicBenchmarks to `rows`, which keeps `COLUMNS`.

    Parameters
    ----------
    rows : ExampleRows
        Gets them.
    folder : Path
        The data folder.
    dataset : str
        Its name there.
    classes : sequence of str
        Names of the classes in the order of the labels; an empty name stands for a label of another source.
    """
    needed = ("dataset", "split", "class", *COLUMNS, "sequence")
    for file in FILES:
        for where, row in table_rows(place_of(file, folder), needed):
            if row["dataset"] != dataset:
                continue
            start, end = row["start0"], row["end"]
            place = (row["chrom"], int(start), int(end)) if start.isdecimal() and end.isdecimal() else None
            strand = row["strand"] if row["strand"] in ("+", "-") else ""
            label = label_number(where, row["class"], classes)
            kept = (row["chrom"], start, end, strand)
            rows.add(where, row["sequence"], label, row["split"], kept, place)


def _load(dataset: str, classes: tuple[str, ...], folder: Path) -> Examples:
    rows = ExampleRows(classes, COLUMNS)
    benchmark_rows(rows, folder, dataset, classes)
    return rows.examples(make_dev=True)


def _loader(dataset: str, *classes: str) -> Callable[[Path], Examples]:
    return partial(_load, dataset, classes)


def _sheet(name: str, leaks: str) -> DataSheet:
    return DataSheet(_SOURCE, "Apache-2.0", True, FILES, leaks, _COUNTS[name])


_WORM = DataFile(
    "benchmarks/demo_human_or_worm.tsv.gz",
    "",
    None,
    "fetch demo_human_or_worm of GenomicBenchmarks (Apache-2.0) and write it as a table with the columns "
    "split, class (human, worm) and sequence",
)


def _human_or_worm(folder: Path) -> Examples:
    rows = ExampleRows(("human", "worm"))
    for where, row in table_rows(place_of(_WORM, folder), ("split", "class", "sequence")):
        rows.add(where, row["sequence"], label_number(where, row["class"], rows.labels), row["split"])
    return rows.examples(make_dev=True)


_NO_YES_ENHANCER = ("not an enhancer", "enhancer")

TASKS = (
    Task(
        "open-chromatin",
        "Open chromatin",
        "Regulation",
        (
            "is this open chromatin?", "is this region accessible?",
            "is this a DNase hypersensitive site?", "is the chromatin open here?",
            "is this DNA accessible?", "is it a DHS?", "ATAC-seq or DNase peak?",
            "closed or open chromatin?", "is this an accessible region?", "would DNase cut here?",),
        ("closed", "open"),
        "MCC",
        (71, 593),
        300,
        _sheet(
            "open-chromatin",
            "In the files, positives have no strand and negatives have '+': a model that reads every column "
            "needs no DNA. Ours reads the letters only."
        ),
        _loader("human_ocr_ensembl", "negative", "positive"),
        "DNA is wound around proteins. Where it is loose, other proteins can reach it: there, genes are "
        "switched.",
        (
            Published(
                "GenomicLLM", "F1", 1.0, "GenomicLLM repository (2024)", False,
                "the strand column gives the answer, and its text holds every column; also other rows than "
                "ours",
            ),
            *frozen_embeddings("open-chromatin"),
        ),
    ),
    Task(
        "regulatory",
        "Kind of regulatory element",
        "Regulation",
        (
            "which regulatory element is this?", "is this an enhancer, a promoter or open chromatin?",
            "what kind of regulatory element is this?", "which class of regulatory region?",
            "enhancer, promoter or open chromatin region?", "classify this regulatory region",
            "regulatory element type", "regulatory class",
        ),
        ("enhancer", "open chromatin", "promoter"),
        "MCC",
        (71, 802),
        400,
        _sheet(
            "regulatory",
            "The three classes were annotated with intervals of different lengths: the length alone gives "
            "most answers. An answer for a sequence of your own length means little."
        ),
        _loader("human_ensembl_regulatory", "enhancer", "ocr", "promoter"),
        "Promoters are where genes begin; enhancers raise the use of genes from afar; open chromatin is "
        "accessible DNA of neither kind.",
    ),
    Task(
        "enhancer",
        "Enhancer",
        "Regulation",
        (
            "is this an enhancer?", "does this enhance a gene?", "is this an enhancer region?",
            "does it act as an enhancer?", "enhancer or not?", "could this DNA enhance transcription?",
            "could this be an enhancer?",
        ),
        _NO_YES_ENHANCER,
        "MCC",
        (2, 573),
        270,
        _sheet(
            "enhancer",
            "Of the 292 positives of test, 212 stand in the files of train too; those rows are left out of "
            "train here, and a published figure may owe much to them. Lengths of the two classes were "
            "matched; GC content differs.",
        ),
        _loader("human_enhancers_ensembl", "negative", "positive"),
        "An enhancer is a stretch of DNA that raises the use of a gene, often from far away. The positives "
        "are enhancers of FANTOM5 as Ensembl lists them, the negatives random places.",
        frozen_embeddings("enhancer"),
    ),
    Task(
        "enhancer-cohn",
        "Enhancer (Cohn et al.)",
        "Regulation",
        ("is this an enhancer by the data of Cohn?",),
        _NO_YES_ENHANCER,
        "MCC",
        (500, 500),
        500,
        _sheet(
            "enhancer-cohn",
            "All sequences have 500 letters; GC content differs."),
        _loader("human_enhancers_cohn", "negative", "positive"),
        "The same question with other examples, all of 500 letters. Few of them are at hand.",
        frozen_embeddings("enhancer-cohn"),
    ),
    Task(
        "promoter-nontata",
        "Promoter without a TATA box, 251 letters",
        "Promoters",
        (
            "is this a promoter without a TATA box, 251 letters?",
            "is this a promoter without a TATA box?", "non-TATA promoter",
        ),
        ("not a promoter", "promoter"),
        "MCC",
        (251, 251),
        251,
        _sheet(
            "promoter-nontata",
            "All 147 negatives of test overlap a negative of train, and nearly no positive overlaps another: "
            "a search for copies answers the task. Negatives are pieces of genes, mostly on the + strand in "
            "the files; positives are on both strands. GC content differs much.",
        ),
        _loader("human_nontata_promoters", "negative", "positive"),
        "A promoter is where the copying of a gene into RNA begins: here 200 letters before the start and 50 "
        "after it.",
        (
            Published(
                "HyenaDNA", "accuracy", 0.966, "Nguyen et al., NeurIPS 2023", False,
                "all rows, of which ours are about 3 in 100; negatives of test overlap those of train",
            ),
            *frozen_embeddings("promoter-nontata"),
        ),
        200,
    ),
    Task(
        "human-or-worm",
        "Human or worm",
        "Coding",
        (
            "is this human or worm?", "is this from a human or from a worm?",
            "which species is this from?", "human or C. elegans?",
            "is this from Homo sapiens or Caenorhabditis elegans?", "is it worm DNA?",
            "is this human DNA?", "which organism is this?", "from which species does this come?",
            "is this from a nematode?",
        ),
        ("human", "worm"),
        "accuracy",
        (200, 200),
        200,
        DataSheet(
            "GenomicBenchmarks, demo_human_or_worm: 50,000 pieces of the human genome and 50,000 of "
            "Caenorhabditis elegans. The worm is not among the data of this project",
            "Apache-2.0", True, (_WORM,), "GC content differs: the worm has 35 %, human DNA 41 %.",
        ),
        _human_or_worm,
        "Genomes have their own style: the worm is richer in A and T, and its CG pairs were not lost.",
    ),
)  # fmt: skip
