"""Where boundaries fall: the published windows, a trivial bar and genomebook, side by side on one sequence.

The sequence is `benchmarks.models.heldout.RECORD`, on which nothing was trained or tuned; the edges are those
of its soft mask (repeats). What has to be chosen for the bar is chosen on `CHOSEN_ON`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.data import shared_data
from benchmarks.common.machine import cores as count_cores
from benchmarks.models import markov, windowed
from benchmarks.models.heldout import RECORD, held_out
from benchmarks.segmentation.scored import ScoredText, as_many, decode, other_priors, scored
from genomebook import stats
from genomebook.annotation.enrichment import enrichment
from genomebook.annotation.tracks import edges, read_tracks
from genomebook.genome.fasta import Genome, Record, unpack
from genomebook.genome.regions import Contig
from genomebook.language.alphabet import GAP
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.models.letters import LONG, MIDDLE, OFTEN, UNIT, Letters
from genomebook.segmentation import signals
from genomebook.segmentation.boundaries import ENGLISH, Priors
from genomebook.segmentation.decode import Decoder
from genomebook.segmentation.scorer import WORDS_PER_BLOCK, BoundaryScorer, open_scorer
from genomebook.segmentation.switch import switch

READER = "bilingual-mini"
PEER_SIGNALS = ("transfer", "switch")
SPACINGS = (200, 400, 800, 1600)
"""Letters for each boundary."""

SPACING = 400
APART = 40
"""Boundaries closer than this are counted once."""

WITHIN = 20
SHIFTS = 200
DROPS = (1, 10, 100)
"""Words by which the start moves."""

PART = 300_000
"""Letters in which ends are compared when the start moves and everything is read anew."""

MARGIN = 5_000
HELD_OUT = ("chr1", "chr2", "chr21")
CHOSEN_ON = "chr6:995529-2051541"
MIXINGS = (
    *(markov.Mixing(weight) for weight in (5, 20, 50, 200)),
    *(markov.Mixing(share, constant=True) for share in (0.1, 0.3)),
)
LEVELS = ("sentence", "paragraph")

Places = NDArray[np.int64]
Sequences = dict[str, tuple[Record, NDArray[np.uint8]]]


class Edged(NamedTuple):
    """Letters without gaps, and the edges in them."""

    name: str
    letters: NDArray[np.uint8]
    edges: Places

    def near(self, places: Places) -> dict[str, Any]:
        """Say how often boundaries stand near edges, also with those that crowd counted once."""
        one, thin = self._compare(places), self._compare(apart(places))
        return {**one, "thinned": {key: thin[key] for key in ("n", "value", "low", "high", "why")}}

    def _compare(self, places: Places) -> dict[str, Any]:
        none = np.empty((0, 2), np.int64)
        size = len(self.letters)
        found = enrichment(places, self.edges, size, none, WITHIN, SHIFTS, name=self.name)
        keys = ("n", "value", "low", "high", "share", "expected", "why")
        recall = {"recall": found.recall.value, "recall_moved": found.recall.control}
        return {key: getattr(found, key) for key in keys} | recall


def apart(places: Places, space: int = APART) -> Places:
    """Leave out every boundary less than ``space`` letters after the last one kept."""
    kept: list[int] = []
    for place in places.tolist():
        if not kept or place - kept[-1] >= space:
            kept.append(place)
    return np.array(kept, np.int64)


def read(path: Path, quick: bool = False) -> Sequences:
    """Records of a FASTA file and their letters; the first 300,000 of each if ``quick``."""
    with tempfile.TemporaryDirectory() as folder:
        unpack(path, Path(folder))
        with Genome(Path(folder)) as genome:
            size = 300_000 if quick else None
            return {one.name: (one, np.array(genome.letters(one.name)[:size])) for one in genome.records}


def peer(scorer: BoundaryScorer, text: Edged, real: ScoredText) -> list[dict[str, Any]]:
    """Compare the published windows with one optimisation, over the same scores."""
    shuffled = np.frombuffer(dinucleotide_shuffle(text.letters.tobytes(), 1, RECORD), np.uint8)
    other = scored(scorer, shuffled)
    part = text.letters[:PART]
    starts = [int(real.ends[drop - 1]) for drop in DROPS]
    moved = [scored(scorer, part[start:]) for start in starts]
    rows = []
    for name in PEER_SIGNALS:
        ours, ours_shuffled = decode(real.units[name], real.ends), decode(other.units[name], other.ends)
        for column, level in enumerate(LEVELS):
            odds, kb = real.raw[name][:, column], len(text.letters) / 1000
            theirs = windowed.divide(odds, level)
            again = [windowed.divide(odds, level, drop) for drop in DROPS]
            shuffle_ends = windowed.divide(other.raw[name][:, column], level).marked
            rows.append(
                {
                    "signal": name,
                    "level": level,
                    "way": "windows",
                    "twice": theirs.twice / len(real.ids),
                    "disputed": theirs.disputed / len(theirs.marked),
                    **spread(theirs.per_window),
                    "moved": [
                        windowed.moved(theirs.marked, one.marked, drop + windowed.WINDOW)
                        for one, drop in zip(again, DROPS, strict=True)
                    ],
                    "moved_read_anew": [
                        stirred(
                            real.ends[theirs.marked],
                            one.ends[windowed.divide(one.raw[name][:, column], level).marked] + start,
                            start,
                        )
                        for one, start in zip(moved, starts, strict=True)
                    ],
                    "per_kb": len(theirs.marked) / kb,
                    "per_kb_shuffled": len(shuffle_ends) / kb,
                    **text.near(real.ends[theirs.marked]),
                }
            )
            ends = ours.of(level)
            rows.append(
                {
                    "signal": name,
                    "level": level,
                    "way": "genomebook",
                    "twice": 0.0,
                    "disputed": 0.0,
                    **spread(in_windows(ends, real.ends)),
                    "moved_read_anew": [
                        stirred(ends, decode(one.units[name], one.ends + start).of(level), start)
                        for one, start in zip(moved, starts, strict=True)
                    ],
                    "per_kb": len(ends) / kb,
                    "per_kb_shuffled": len(ours_shuffled.of(level)) / kb,
                    **text.near(ends),
                }
            )
        as_dense = as_many(real.units[name], real.ends, len(theirs.marked))
        rows[-1]["as_many"] = text.near(as_dense)
    return rows


def in_windows(places: Places, ends: Places) -> Places:
    """Boundaries in each of the published windows: int64[w]."""
    begins = windowed.starts(len(ends))
    last = np.minimum(begins + windowed.WINDOW, len(ends)) - 1
    words = np.searchsorted(ends, places)
    return np.searchsorted(words, last, "right") - np.searchsorted(words, begins)


def spread(per_window: Places) -> dict[str, Any]:
    """Mean and standard deviation of counts, their variance over the mean, and the middle 95 %."""
    mean, low, high = stats.spread(per_window.astype(np.float64))
    deviation = per_window.std()
    dispersion = deviation**2 / mean if mean else None
    return {
        "per_window": mean, "deviation": deviation, "dispersion": dispersion, "window_range": [low, high]
    }  # fmt: skip


def stirred(before: Places, after: Places, start: int) -> float:
    """Share of the ends inside `PART`, `MARGIN` from the new start and the end, that moved with the start."""
    last = PART - MARGIN
    return windowed.moved(before[before < last], after[after < last], start + MARGIN)


def bar(text: Edged, others: Sequences, chosen_on: Edged) -> tuple[dict[str, Any], NDArray[np.float64]]:
    """Measure the trivial bar, its mixing chosen on another chromosome: result, change of surprisal here."""
    counts = markov.count(letters for _, letters in others.values())
    rows, best, kept = [], -1.0, np.empty(0)
    for mixing in MIXINGS:
        cost = markov.costs(counts, mixing)
        here, there = (markov.surprisal(one.letters, cost) for one in (text, chosen_on))
        differs = markov.change(here)
        chosen = chosen_on.near(markov.one_per(markov.change(there), SPACING))["value"]
        row = {
            "mixing": str(mixing),
            "bits": float(np.nanmean(here)),
            "chosen_on": chosen,
            "value": text.near(markov.one_per(differs, SPACING))["value"],
        }
        rows.append(row)
        if (chosen or 0.0) > best:
            best, kept, choice = chosen or 0.0, differs, str(mixing)
    size = sum(len(letters) for _, letters in others.values())
    return {"mixings": rows, "choice": choice, "letters": size, "chosen_on": CHOSEN_ON}, kept


def curve(text: Edged, real: ScoredText, differs: NDArray[np.float64]) -> list[dict[str, Any]]:
    """Enrichment against density, for the signals and the bar."""
    rows = []
    for spacing in SPACINGS:
        number = len(text.letters) // spacing
        found = {
            "bar": markov.one_per(differs, spacing),
            "bar, largest anywhere": markov.largest(differs, number, min(spacing, markov.REACH) // 2),
        }
        for name in reversed(signals.SIGNALS):
            found[name] = as_many(real.units[name], real.ends, number)
        if spacing == SPACING:
            for name in reversed(signals.SIGNALS):
                thin = as_many(real.units[name], real.ends, number, kept=apart)
                found[f"{name}, {APART} letters apart"] = thin
        rows += [{"name": name, "spacing": spacing, **text.near(at)} for name, at in found.items()]
    return rows


def tried(
    text: Edged, real: ScoredText, scorer: BoundaryScorer, others: Sequences, more: Sequences, choice: str
) -> list[dict[str, Any]]:
    """Try more training, other signals and other priors, all with one boundary per `SPACING` letters."""
    number = len(text.letters) // SPACING
    rows: list[dict[str, Any]] = []

    def add(kind: str, what: str, units: NDArray[np.int8], priors: Priors = ENGLISH) -> None:
        at = as_many(units, real.ends, number, priors)
        rows.append({"kind": kind, "what": what, **text.near(at)})

    train = {name: one for name, one in others.items() if one[0].contig not in HELD_OUT}
    every = sum(len(letters) for _, letters in train.values())
    for wanted in (1e6, 2e6, 4e6, every):
        if wanted <= every:
            add("training", f"switch, {wanted / 1e6:.1f} Mb", trained(train, wanted / every, real, scorer))
    beyond = train | {name: one for name, one in more.items() if one[0].contig not in HELD_OUT}
    size = sum(len(letters) for _, letters in beyond.values())
    add("training", f"switch, {size / 1e6:.1f} Mb", trained(beyond, 1.0, real, scorer, size / every))
    for name in signals.SIGNALS:
        add("signal", name, real.units[name])
    plain = {name: values for name, values in real.raw.items() if name not in signals.NEURAL}
    alone = BoundaryScorer(scorer.vocabulary, scorer.ngram, scorer.letters)
    add("signal", "combined, without the neural reader", alone.units(plain)["combined"])
    for what, priors in other_priors():
        for name in ("switch", "combined"):
            add("prior", f"{name}, {what}", real.units[name], priors)
    strongest = np.argsort(-real.raw["switch"][:, 1], kind="stable")[:number]
    at = np.sort(real.ends[strongest])
    rows.append({"kind": "prior", "what": "switch, the strongest gaps, nothing decoded", **text.near(at)})
    counts = markov.count(letters for _, letters in train.values())
    mixing = next(one for one in MIXINGS if str(one) == choice)
    bits = markov.surprisal(text.letters, markov.costs(counts, mixing))
    at = markov.one_per(markov.change(bits), SPACING)
    rows.append({"kind": "bar", "what": f"the bar, {every / 1e6:.1f} Mb as for ours", **text.near(at)})
    return rows


def trained(
    train: Sequences, share: float, real: ScoredText, scorer: BoundaryScorer, times: float = 1.0
) -> NDArray[np.int8]:
    """Signal *switch*, letters counted on a share of each record; `OFTEN` in proportion, and by ``times``."""
    parts = [letters[: round(share * len(letters))] for _, letters in train.values()]
    middle, long = markov.count(parts, MIDDLE), markov.count(parts, LONG)
    keys = np.flatnonzero(long >= max(2, round(OFTEN * share * times)))
    letters = Letters("part", middle.astype(np.uint32), keys.astype(np.uint32), long[keys].astype(np.uint32))
    odds = switch(letters.explain(real.ids, scorer.vocabulary), real.ids == GAP, UNIT)
    return signals.shipped_calibration().scales["switch"].units(np.stack([odds, odds], axis=1))


def speed(real: ScoredText, letters: int, quick: bool) -> dict[str, Any]:
    """Words a second of decoding, and letters a second of the statistical signals."""
    times = 1 if quick else 8
    units = np.tile(real.units["switch"][:, 0].astype(np.int32), times)
    breaks = np.zeros(len(units), np.uint8)

    def decoding() -> None:
        decoder = Decoder(ENGLISH.sentence)
        decoder.push(units, breaks)
        decoder.finish()

    scorer = open_scorer()
    ids = np.tile(np.append(real.ids, np.uint16(GAP)), times)
    gaps = np.flatnonzero(ids == GAP)
    firsts = range(0, len(ids), WORDS_PER_BLOCK)

    def marking(threads: int) -> None:
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(lambda first: scorer.score_block(ids, gaps, first), firsts):
                pass

    return {
        "words": len(units),
        "decoded_words_a_second": len(units) / _median(decoding),
        "marked_letters_a_second": {
            str(threads): letters * times / _median(lambda t=threads: marking(t))  # type: ignore[misc]
            for threads in (1, 4)
        },
    }


def _median(work: Callable[[], None], repeats: int = 5) -> float:
    work()
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def edged(name: str, letters: NDArray[np.uint8]) -> Edged:
    """Give the edges of the soft mask of a text without gaps."""
    return Edged(name, letters, np.flatnonzero(np.diff(letters >= ord("a"))) + 1)


def annotated(sequences: Sequences, name: str, track: Path) -> Edged:
    """Give the edges of all intervals of a file in one record."""
    record, letters = sequences[name]
    contig = Contig(record.name, record.length, record.contig, record.origin)
    places: Sequence[Places] = [edges(one, contig) for one in read_tracks(track, [contig])]
    return Edged(name, letters, np.unique(np.concatenate(places)))


def run(quick: bool) -> dict[str, Any]:
    """Measure everything; without the real data there is nothing to measure."""
    data, began = shared_data(), time.perf_counter()
    sequence = held_out(data, 200_000 if quick else None)
    text = edged(RECORD, np.frombuffer(sequence, np.uint8))
    others = read(data / "genome" / "GRCh38_coords_all_segments.fa.gz", quick)
    del others[RECORD]
    more: Sequences = {}
    for path in sorted((data / "genome").glob("GRCh38_coords_new_segments_*.fa.gz")):
        more |= read(path, quick)
    chosen_on = annotated(
        read(data / "genome" / "GRCh37_regions.fa.gz"),
        CHOSEN_ON,
        data / "annotation" / "GRCh37_regions_repeats_ensembl.bed.gz",
    )
    threads = count_cores()
    scorer = open_scorer(READER, threads=threads)
    real = scored(scorer, text.letters)
    peers = peer(scorer, text, real)
    trivial, differs = bar(text, others, chosen_on)
    return {
        "source": f"GRCh38 {RECORD}, soft-masked, on which nothing was trained or tuned",
        "letters": len(text.letters),
        "words": len(real.ids),
        "edges": len(text.edges),
        "reader": READER,
        "cores": threads,
        "drops": DROPS,
        "part": min(PART, len(text.letters)),
        "peer": peers,
        "bar": trivial,
        "curve": curve(text, real, differs),
        "tried": tried(text, real, scorer, others, more, trivial["choice"]),
        "speed": speed(real, len(text.letters), quick),
        "seconds": time.perf_counter() - began,
    }
