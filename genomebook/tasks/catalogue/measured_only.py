"""Data sets whose licence lets no weights ship: rules are measured on them, nothing of them ships."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from genomebook.tasks.data import fasta_records, is_there, place_of
from genomebook.tasks.examples import ExampleRows, digest_of, label_number, table_rows
from genomebook.tasks.task import DEV, TEST, TRAIN, DataFile, DataSheet, Examples, Metric, Task

_HG19 = re.compile(r"(chr[0-9XY]+)[:_](\d+)[-_](\d+)$", re.IGNORECASE)
_HOLD_OUTS_HG19 = (("chr1", 0, 1_000_000), ("chr21", 26_356_000, 27_374_000))
"""What covers the hold-outs of GRCh38 in GRCh37, with a margin of a thousand letters."""


_COUNTS: dict[str, dict[str, tuple[int, ...]]] = {
    "splice-donor-ens602": {TRAIN: (5_734, 5_784), DEV: (666, 616), TEST: (1_600, 1_600)},
    "splice-acceptor-ens602": {TRAIN: (5_795, 5_751), DEV: (605, 649), TEST: (1_600, 1_600)},
    "splice-donor-hs3d": {TRAIN: (1_980, 1_983), DEV: (219, 217), TEST: (550, 550)},
    "splice-acceptor-hs3d": {TRAIN: (1_976, 1_971), DEV: (221, 228), TEST: (550, 550)},
    "enhancer-iEnhancer": {TRAIN: (1_351, 1_247), DEV: (133, 137), TEST: (200, 200)},
    "nanog": {TRAIN: (4_516, 4_254), DEV: (500, 431), TEST: (964, 960)},
    "coding-transcript": {TRAIN: (1_639, 1_585), DEV: (395, 400), TEST: (1_966, 2_015)},
}  # fmt: skip
"""Examples of each label by task and split, as loaded."""


def _place(interval: str) -> tuple[str, str, str]:
    match = _HG19.fullmatch(interval)
    return (
        (match[1].lower().replace("x", "X").replace("y", "Y"), match[2], match[3]) if match else ("", "", "")
    )


def _held(chrom: str, start: str, end: str) -> bool:
    return bool(start) and any(
        chrom == name and int(start) < last and int(end) > first for name, first, last in _HOLD_OUTS_HG19
    )


def _load_table(file: DataFile, interval: str, labels: Sequence[str], folder: Path) -> Examples:
    """Rows with split, label and sequence; the column `interval`, if named, gives the place in hg19."""
    rows = ExampleRows(labels, ("chrom_hg19", "start0", "end") if interval else ())
    needed = ("split", "label", "sequence", *([interval] if interval else []))
    for where, row in table_rows(place_of(file, folder), needed):
        kept = _place(row[interval]) if interval else ()
        label = label_number(where, row["label"], ("0", "1"))
        if kept and row["split"] != TEST and _held(*kept):
            rows.drop("in a hold-out")
            continue
        rows.add(where, row["sequence"], label, row["split"], kept)
    return rows.examples(make_dev=True)


def _cpat(name: str, digest: str, *, needed: bool = True) -> DataFile:
    fetch = f"fetch {name.removesuffix('.gz')} of liguowang/cpat (GPL): for measuring only"
    return DataFile(f"tasks/{name}", digest, None, fetch, needed)


CPAT = {
    (TRAIN, 0): _cpat(
        "CPAT_human_noncoding_train_RNA.fa.gz",
        "318fcafc2817834f6c8a42c3322ff85dee39c585b1936a02a9fd67a5f1ceaaa7",
    ),
    (TRAIN, 1): _cpat("CPAT_human_coding_train_mRNA.fa.gz", "", needed=False),
    (TEST, 0): _cpat(
        "CPAT_human_test_noncoding_RNA.fa.gz",
        "1681a22ca41a727f53a9c96b72709263ded700d5ab4b8c5fd7047eb5b5ff72b1",
    ),
    (TEST, 1): _cpat(
        "CPAT_human_test_coding_mRNA.fa.gz",
        "9d262f05010c0d010e011620b587d8f1124ce0407d46756c89ab1a4a0dd741c3",
    ),
}
"""CPAT's files by split and label."""


def _load_cpat(folder: Path) -> Examples:
    rows = ExampleRows(("non-coding", "coding"))
    whole = is_there(CPAT[TRAIN, 1], folder)
    for (split, label), file in CPAT.items():
        if split == TRAIN and not whole:
            continue
        for where, _, letters in fasta_records(file, folder):
            half = split if whole or digest_of(letters.upper()) % 2 else TRAIN
            rows.add(where, letters, label, half)
    if whole:
        return rows.examples(make_dev=True)
    note = f"the coding half of train is not here: half of test is train; {CPAT[TRAIN, 1].fetch}"
    return rows.examples(make_dev=True, note=note)


def _table_task(
    name: str, title: str, group: str, questions: tuple[str, ...], labels: tuple[str, str], length: int,
    path: str, digest: str, source: str, leaks: str, interval: str, about: str,
) -> Task:  # fmt: skip
    data = DataFile(f"tasks/{path}", digest, None, f"take the rows from {source}: for measuring only")
    sheet = DataSheet(source, "none stated: for measuring only", False, (data,), leaks, _COUNTS[name])
    load: Callable[[Path], Examples] = partial(_load_table, data, interval, labels)
    metric: Metric = "MCC"
    return Task(name, title, group, questions, labels, metric, (length, length), length, sheet, load, about)


def _splice_table(name: str, kind: str, length: int, path: str, digest: str, source: str, leaks: str) -> Task:
    return _table_task(
        name,
        f"Splice {kind} ({source.split(' ', 1)[0]})",
        "Splice sites",
        (f"is this a splice {kind} by the data of {source.split(' ', 1)[0]}?",),
        (f"not a splice {kind}", kind),
        length,
        path,
        digest,
        source,
        leaks,
        "",
        "Splice sites of another collection: what was trained on RefSeq's exons is measured on it too.",
    )


_ENS602 = "EnsembleSplice (OluwadareLab/EnsembleSplice, ENSdatasets)"
_HS3D = "HS3D (OluwadareLab/EnsembleSplice, hs3d_bal)"
_SAME = "All rows have the two letters of the site in the middle, and the same length. GC content differs."

TASKS = (
    _splice_table("splice-donor-ens602", "donor", 602, "splice_ens602_donor.tsv.gz",
                  "31fee859b54b8fdc60e1841f2eb42568064ebc2534da92f442bdf0f9213a8d92", _ENS602, _SAME),
    _splice_table("splice-acceptor-ens602", "acceptor", 602, "splice_ens602_acceptor.tsv.gz",
                  "e816128ea1fae9879a150416287c97e1f226257e96969b19dea252736770b4ab", _ENS602, _SAME),
    _splice_table("splice-donor-hs3d", "donor", 140, "splice_hs3d140_donor.tsv.gz",
                  "451787639b2054bd2b814b336b63c3d239825f30088c31217e04a55fd946f32a", _HS3D, _SAME),
    _splice_table("splice-acceptor-hs3d", "acceptor", 140, "splice_hs3d140_acceptor.tsv.gz",
                  "4160d9537a71dac294929f413295b4a7196878d992410650b5ef6c36ed4eae54", _HS3D, _SAME),
    _table_task(
        "enhancer-iEnhancer", "Enhancer (iEnhancer-2L)", "Regulation",
        ("is this an enhancer by the data of iEnhancer?",),
        ("not an enhancer", "enhancer"), 200,
        "enhancer_iEnhancer2L_200bp.tsv.gz",
        "e49c69afc6edc1397c5fe5d82a7692ac3ec7bc6e7677d026663d975a9c419201",
        "iEnhancer-2L (khanhlee/bert-enhancer)",
        "A hundred rows of train stand in test; they are left out of train. GC content differs.",
        "hg19_interval_or_id", "Enhancers by chromatin marks in nine cell lines, each of 200 letters.",
    ),
    _table_task(
        "nanog", "NANOG binding", "Transcription factors",
        ("does NANOG bind here?", "is this a NANOG binding site?", "is this bound by NANOG?"),
        ("not bound", "bound"), 200,
        "tf_NANOG_H1ESC_200bp.tsv.gz", "abb9d3adc7a5364f7d4c8ee495c1dc8f94634a46dbaa6bf48bff89b29dab3ed0",
        "NANOG peaks in H1 stem cells (kundajelab/gkmexplain)", "All rows have 200 letters.",
        "hg19_interval", "NANOG is a transcription factor that keeps stem cells what they are.",
    ),
    Task(
        "coding-transcript", "Coding transcript", "Coding",
        (
            "is this transcript coding?", "is this RNA coding or non-coding?", "does this RNA code?",
            "is this mRNA or non-coding RNA?", "is this RNA translated?", "is it a lncRNA or a mRNA?",
            "coding potential of this transcript",
        ),
        ("non-coding", "coding"), "accuracy", (200, 100_000), 0,
        DataSheet(
            "CPAT's human transcripts. The coding half of its training set is at hand without letters only, "
            "so half of its test set, by a digest of the sequence, is used for training",
            "GPL: for measuring only", False, tuple(CPAT.values()),
            "Messenger RNAs are longer: the length alone is right for four in five.",
            _COUNTS["coding-transcript"],
        ),
        _load_cpat,
        "An RNA may be the recipe of a protein or work by itself. The length of its longest open reading "
        "frame tells nearly all.",
    ),
)  # fmt: skip
