"""Enrichment of DNA words in annotation, beside controls: rotated annotation, a shuffle, a local shuffle."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.common.data import shared_data
from genomebook.annotation.class_names import is_broad
from genomebook.annotation.classes import AnnotationClasses, read_classes
from genomebook.annotation.tracks import features_choice, placed_rows
from genomebook.genome.fasta import Genome, unpack
from genomebook.genome.regions import Contig
from genomebook.genome.stretches import true_runs
from genomebook.language.alphabet import CODE, NOT_BASE
from genomebook.language.encode import Encoder
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.language.vocabulary import load_vocabulary
from genomebook.lexicon.grounded import enriched, grounded_table
from genomebook.lexicon.layers import Layer, Stack
from genomebook.lexicon.phrases import tags_table
from genomebook.lexicon.shifts import MIN_SHIFTS, Measured, measure

Letters = NDArray[np.uint8]

SHIFTS = 1_000
TURNS = 8
"""Turned copies of the annotation that are measured as if they were data."""

TURN_SHIFTS = MIN_SHIFTS
WINDOW = 1_000
"""Letters within which the local shuffle moves them."""

MIN_COUNT = 20
"""Occurrences of a word that is called extreme."""

LEVELS = (0.05, 0.01, 0.001, 0.0001)
BINS = ((1.0, 2.0), (2.0, 5.0), (5.0, 20.0), (20.0, np.inf))
FAMILIES = "GRCh37_regions_repeats_ensembl.bed.gz"
HG38 = (
    "hg38_cpgIslands.bed.gz",
    "hg38_cCRE_PLS_K562.bed.gz",
    "hg38_cCRE_PLS_GM12878.bed.gz",
    "hg38_RAMPAGE_rPeaks.bed.gz",
)


class Source(NamedTuple):
    """Records to ground and the annotation; ``cut``: to where the annotation reaches."""

    name: str
    genome: str
    records: tuple[str, ...]
    tracks: tuple[str, ...]
    cut: bool = False


SEGMENTS = (
    "chr21:43758155-43800613",
    "chr21:43801184-43894067",
    "chr2:95237897-95646285",
    "chr2:96746755-97216357",
    "chr4:51793952-52610617",
    "chr4:52626018-54290554",
    "chr4:54695512-54740715",
    "chr4:55081956-55630460",
    "chr4:55831334-58873167",
    "chr6:31266805-32084294",
    "chr9:22010415-22165947",
    "chr22:20012478-20521908",
    "chrX:228155-314717",
    "chrX:320650-601516",
    "chrX:153562752-153632598",
)
"""Those that no other source here has, without chr1, none over another."""

SOURCES = (
    Source(
        "chr2, soft mask",
        "GRCh38_regions.fa.gz",
        ("chr2:1-2333275",),
        (*HG38, "hg38_gene_bounds_ABC.bed.gz", "hg38_refseq_curated_exons.bed.gz"),
    ),
    Source(
        "chr21, genes",
        "GRCh38_regions.fa.gz",
        ("chr21:24985581-26000306",),
        ("chr21_GRCh38_ensembl.gff3.gz", *HG38),
    ),
    Source(
        "15 segments, exons",
        "GRCh38_coords_all_segments.fa.gz",
        SEGMENTS,
        (*HG38, "hg38_gene_bounds_ABC.bed.gz", "hg38_refseq_curated_exons.bed.gz"),
    ),
    Source(
        "chr6 and chrX, repeat families",
        "GRCh37_regions.fa.gz",
        (
            "chr6:995529-2051541",
            "chr6:31234582-32052071",
            "chrX:60001-94821",
            "chrX:144822-231384",
            "chrX:281385-562251",
        ),
        (FAMILIES,),
        cut=True,
    ),
)


class _Data(NamedTuple):
    contigs: list[Contig]
    letters: list[Letters]
    classes: AnnotationClasses


def run(quick: bool = False) -> dict[str, Any]:
    """Ground each source and its controls; one source and few shifts when quick."""
    folder = shared_data()
    encoder = Encoder(load_vocabulary("words-4096"))
    shifts = 50 if quick else SHIFTS
    rows: list[dict[str, Any]] = []
    for source in SOURCES[-1:] if quick else SOURCES:
        data = _load(source, folder, quick)
        stack = _stack(data, encoder, data.letters)
        rows.append({"name": source.name, **_one(data, stack, encoder, shifts, quick)})
    return {
        "source": "GRCh38 (exact and lifted over), GRCh37 chr6 and chrX",
        "vocabulary": encoder.vocabulary.name,
        "shifts": shifts,
        "window": WINDOW,
        "large": _large(stack, 10**5 if quick else 48_000_000, 3_000 if quick else 1_500_000),
        "rows": rows,
    }


def _one(data: _Data, stack: Stack, encoder: Encoder, shifts: int, quick: bool) -> dict[str, Any]:
    names = data.classes.names
    heard = data.classes.heard  # every record has letters
    started = time.perf_counter()
    measured = measure(stack, heard, shifts)
    seconds = time.perf_counter() - started
    found = grounded_table(measured, names)
    wholly = [
        _shuffled(one, contig, len(one)) for one, contig in zip(data.letters, data.contigs, strict=True)
    ]
    locally = [_shuffled(one, contig, WINDOW) for one, contig in zip(data.letters, data.contigs, strict=True)]
    controls = {
        what: grounded_table(measure(_stack(data, encoder, letters), heard, shifts), names)
        for what, letters in (("shuffled", wholly), ("locally", locally))
    }
    words = encoder.vocabulary.words
    return {
        "letters": sum(contig.length for contig in data.contigs),
        "words": stack.words,
        "seconds": seconds,
        "nanoseconds_a_word": _speed(stack),
        **_tally(found),
        "classes": _classes(found, measured, names),
        "controls": {what: _control(found, control) for what, control in controls.items()},
        "turned": _turned(stack, heard, 2 if quick else TURNS, 50 if quick else TURN_SHIFTS, names),
        "families": _families(found),
        "extreme": _extreme(found, words),
        "tags": _tags(found, measured, words),
    }


def _load(source: Source, data: Path, quick: bool) -> _Data:
    tracks = [data / "annotation" / name for name in source.tracks]
    contigs, letters = [], []
    with tempfile.TemporaryDirectory() as name:
        unpack(data / "genome" / source.genome, Path(name))
        with Genome(Path(name)) as genome:
            for record in source.records[:1] if quick else source.records:
                contig, _, span = record.partition(":")
                start, end = (int(side) for side in span.split("-"))
                here = Contig(record, end - start + 1, contig, start - 1)
                low, high = 0, here.length
                if source.cut:
                    rows = placed_rows(tracks[0], [here], features_choice())
                    low, high = int(rows["start"].min()), int(rows["end"].max())
                high = min(high, low + 300_000) if quick else high
                cut = f"{contig}:{start + low}-{start + high - 1}"
                contigs.append(Contig(cut, high - low, contig, start - 1 + low))
                letters.append(np.array(genome.letters(record)[low:high]))
    assembly = "GRCh37" if "GRCh37" in source.genome else "GRCh38"
    masks = {contig.name: true_runs(one >= ord("a")) for contig, one in zip(contigs, letters, strict=True)}
    classes = read_classes(
        tracks, contigs, soft_mask=lambda: {k: v for k, v in masks.items() if len(v)}, assembly=assembly
    )
    return _Data(contigs, letters, classes)


def _stack(data: _Data, encoder: Encoder, letters: Sequence[Letters]) -> Stack:
    layers = [
        Layer.of(
            contig.contig, contig.origin, contig.origin + contig.length, encoder.encode(one),
            true_runs(CODE[one] == NOT_BASE), data.classes.spans[contig.name],
        )
        for contig, one in zip(data.contigs, letters, strict=True)
    ]  # fmt: skip
    return Stack(tuple(layers), encoder.vocabulary.lengths, len(data.classes.names))


def _shuffled(letters: Letters, contig: Contig, window: int) -> Letters:
    parts = [
        dinucleotide_shuffle(letters[at : at + window].tobytes(), 1, contig.contig, contig.origin + at)
        for at in range(0, len(letters), window)
    ]
    return np.frombuffer(b"".join(parts), np.uint8)


def _speed(stack: Stack, repeats: int = 20) -> float:
    """Best processor time of one shift, by word, in nanoseconds."""
    found, best = stack.empty(), np.inf
    for by in range(repeats):
        started = time.process_time()
        stack.count(0, 1_000 + by, found)
        best = min(best, time.process_time() - started)
    return best / len(stack.layers[0].ids) * 1e9


def _large(stack: Stack, words: int, runs: int) -> dict[str, Any]:
    """Time one shift of a volume of the size of chr1: words repeated, annotation made up, 24 classes."""
    rng = np.random.default_rng(1)
    ids = np.resize(stack.layers[0].ids, words)
    size = int(stack.lengths[ids].sum(dtype=np.int64))
    ends = np.unique(np.append(rng.integers(1, size, runs), size))
    masks = np.uint64(1) << rng.integers(0, 16, len(ends)).astype(np.uint64)
    masks |= rng.choice(np.array([0, 1 << 20, 1 << 21, 3 << 21], np.uint64), len(ends))
    one = Stack((Layer("large", 0, size, ids, ends, masks),), stack.lengths, 24)
    found = {"letters": size, "words": words, "runs": len(ends), "combinations": len(one.masks)}
    return {**found, "nanoseconds_a_word": _speed(one, 4)}


def _tally(found: pd.DataFrame) -> dict[str, int]:
    more = enriched(found)
    return {"tests": len(found), "pairs": len(more), "enriched": more["id"].nunique()}


def _classes(found: pd.DataFrame, measured: Measured, names: Sequence[str]) -> list[dict[str, Any]]:
    more = enriched(found)
    rows = []
    for number, name in enumerate(names):
        known = measured.known[number].sum()
        rows.append(
            {
                "class": name,
                "share": float(measured.expected[number].sum() / known) if known else 0.0,
                "tests": int((found["class"] == name).sum()),
                "enriched": int((more["class"] == name).sum()),
            }
        )
    return rows


def _control(found: pd.DataFrame, control: pd.DataFrame) -> dict[str, Any]:
    """How many of the enriched pairs are tested, and enriched, on the control."""
    keys = ["id", "class"]
    more, also = enriched(found), enriched(control)
    return {
        **_tally(control),
        "of_pairs_tested": len(more[keys].merge(control[keys])),
        "of_pairs_enriched": len(more[keys].merge(also[keys])),
    }


def _turned(
    stack: Stack, heard: NDArray[np.bool_], turns: int, shifts: int, names: Sequence[str]
) -> dict[str, Any]:
    """P of turned annotation, which chance made, by expected count; false discoveries; interval coverage."""
    rng = np.random.default_rng(1)
    sums = {bin_: np.zeros(len(LEVELS) + 2) for bin_ in BINS}
    false = []
    for turn in range(turns):
        layers = [one.turned(int(rng.integers(one.size // 10, one.size * 9 // 10))) for one in stack.layers]
        one = measure(Stack(tuple(layers), stack.lengths, stack.n_classes), heard, shifts, seed=turn + 2)
        for low, high in BINS:
            chosen = (one.expected >= low) & (one.expected < high)
            p, inside = one.p[chosen], ((one.low <= 1) & (one.high >= 1))[chosen]
            sums[low, high] += [len(p), *((p < level).sum() for level in LEVELS), inside.sum()]
        false.append(_tally(grounded_table(one, names))["pairs"])
    return {
        "turns": turns,
        "shifts": shifts,
        "false_pairs": false,
        "bins": [
            {
                "expected": low,
                "tests": int(total[0]),
                "below": [float(part / max(total[0], 1)) for part in total[1:-1]],
                "covered": float(total[-1] / max(total[0], 1)),
            }
            for (low, _), total in sums.items()
        ],
    }


def _families(found: pd.DataFrame) -> dict[str, Any]:
    """Words with more than half of their occurrences in one narrow class."""
    narrow = found[~found["class"].map(is_broad)]
    half = narrow[(narrow["share"] > 0.5) & (narrow["count"] >= MIN_COUNT // 2)]
    broad = found[found["class"].isin(["repeat", "soft-masked repeat"])]
    most = broad[(broad["share"] > 0.5) & (broad["count"] >= MIN_COUNT // 2)]
    return {
        "half": half["id"].nunique(),
        "half_enriched": enriched(found).merge(half[["id", "class"]])["id"].nunique(),
        "half_in": half["class"].value_counts().to_dict(),
        "half_in_repeats": most["id"].nunique(),
        "half_in_repeats_enriched": enriched(found).merge(most[["id", "class"]])["id"].nunique(),
        "looked_at": int(broad[broad["count"] / broad["share"].clip(1e-9) >= MIN_COUNT // 2]["id"].nunique()),
    }


def _extreme(found: pd.DataFrame, words: Sequence[str], most: int = 2) -> list[dict[str, Any]]:
    """Words of each class with the highest lower bound."""
    rows = []
    for name, more in enriched(found).groupby("class", sort=False):
        often = more[more["count"] / more["share"] >= MIN_COUNT - 0.5]
        for row in often.nlargest(most, "low").to_dict("records"):
            figures = {key: row[key] for key in ("count", "share", "enrichment", "low", "high", "q")}
            rows.append({"word": words[int(row["id"])], "class": name, **figures})
    return rows


def _tags(found: pd.DataFrame, measured: Measured, words: Sequence[str]) -> list[dict[str, str]]:
    counts = measured.known.max(axis=0)
    ids = np.flatnonzero([bool(word) for word in words])
    lexicon = pd.DataFrame({"id": ids, "word": [words[int(i)] for i in ids], "count": counts[ids]})
    tags = tags_table(found, lexicon).assign(word=lexicon["word"])
    kept = tags[tags["tag"].notna() & tags["phrase"].str.startswith("a ")]
    return [
        {"word": word, "tag": tag, "phrase": phrase}
        for word, tag, phrase in kept[["word", "tag", "phrase"]].head(8).itertuples(index=False)
    ]
