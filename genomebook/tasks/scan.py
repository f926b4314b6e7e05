"""Scan a stretch of DNA for transcript starts with a promoter rule, both strands, beside its shuffle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.book import Book
from genomebook.errors import SequenceError, TaskError
from genomebook.genome.regions import Region
from genomebook.language.alphabet import CODE, NOT_BASE, reverse_complement
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.tasks.registry import tasks
from genomebook.tasks.shipped import CalibratedRule, chosen
from genomebook.tasks.task import Task

Score = Callable[[str, int, int], NDArray[np.float32]]
"""Gives the probability of each window of a sequence, by letters of a window and step: float32[windows]."""

NEAR = 100
"""Bases between a peak and an annotated start up to which the peak has found it."""

SCAN_TASKS = ("promoter-scan", "promoter-core-all", "promoter-core-notata", "promoter-proximal-all")
"""Tasks that can scan, the best suited first."""

STEPS = (12, 24, 48)
"""Letters between windows that a page offers: multiples of the strides of networks, whose work is shared."""

THRESHOLDS = (0.3, 0.5, 0.8, 0.9, 0.95, 0.99)
"""Lowest probabilities of a peak that a page offers."""

MAX_SCAN = 1_000_000
"""Longest stretch scanned at a time."""

_SEED = 1


@dataclass(frozen=True)
class Scan:
    """Probabilities of a promoter along a stretch.

    Attributes
    ----------
    starts : int64[windows]
        Start of each window in the stretch, 0-based.
    probabilities : float32[2, windows]
        On the plus and on the minus strand; NaN where a window has letters other than A, C, G and T.
    window : int
        Letters of a window.
    start_at : int
        Letters of a window before the transcript start that it is about, on its own strand.
    """

    starts: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    window: int
    start_at: int

    def positions(self, strand: int) -> NDArray[np.int64]:
        """Position of the transcript start that each window is about: int64[windows]; strand 0 is plus."""
        return self.starts + (self.window - 1 - self.start_at if strand else self.start_at)

    @property
    def is_same_on_both_strands(self) -> bool:
        """Whether the rule reads both strands alike."""
        plus, minus = self.probabilities
        return bool(np.allclose(plus, minus, atol=1e-3, equal_nan=True))

    @property
    def letters(self) -> int:
        """Letters on both strands that windows without other letters are about."""
        step = int(self.starts[1] - self.starts[0]) if len(self.starts) > 1 else 1
        return step * int(np.isfinite(self.probabilities).sum())


class ScanPeak(NamedTuple):
    """The highest window around: the position it is about (0-based), strand, probability."""

    position: int
    strand: str
    probability: float


class TranscriptStart(NamedTuple):
    """An annotated start: local position (0-based) of the first base, strand, gene, transcript."""

    position: int
    strand: str
    gene: str
    transcript: str


class ScanReach(NamedTuple):
    """Annotated starts, those with a peak near, those expected by chance; peaks, false peaks of the shuffle.

    ``false_per_kb`` counts peaks of the shuffle for each 1,000 letters of a strand.
    """

    starts: int
    reached: int
    by_chance: float
    peaks: int
    per_kb: float
    false_per_kb: float


def scan_rule() -> tuple[Task, CalibratedRule]:
    """The first task of `SCAN_TASKS` whose weights ship, and its rule.

    Raises
    ------
    TaskError
        None ship.
    """
    for name in SCAN_TASKS:
        rule = chosen(name) if name in tasks() else None
        if rule is not None:
            return tasks()[name], rule
    raise TaskError("no weights of a promoter rule are shipped, so nothing can be scanned")


def score_of(rule: CalibratedRule) -> Score:
    """Probability of the last label of a rule, which of a promoter task is the promoter."""
    return lambda sequence, window, step: rule.along(sequence, window, step)[:, -1]


def scan(score: Score, sequence: bytes, window: int, start_at: int, step: int) -> Scan:
    """Score windows of a stretch on both strands.

    Parameters
    ----------
    score : callable
        Gives the calibrated probability of a promoter for each window.
    sequence : bytes
        The stretch, in either case.
    window, start_at, step : int
        Letters of a window, letters of it before the transcript start, letters between windows.

    Raises
    ------
    TaskError
        The stretch is shorter than a window, or longer than `MAX_SCAN`.
    """
    if not window <= len(sequence) <= MAX_SCAN:
        raise TaskError(f"{len(sequence):,} letters cannot be scanned: give {window:,} to {MAX_SCAN:,}")
    text = sequence.upper()
    starts = np.arange(0, len(text) - window + 1, step, dtype=np.int64)
    other = np.concatenate([[0], np.cumsum(CODE[np.frombuffer(text, np.uint8)] >= NOT_BASE)])
    plain = other[starts + window] == other[starts]
    rest = (
        len(text) - window
    ) % step  # of the other strand, whose windows are those of this one, from the end
    turned = reverse_complement(text)[rest:]
    probabilities = np.stack(
        [
            score(text.decode("ascii"), window, step),
            score(turned.decode("ascii"), window, step)[::-1],
        ]
    )
    probabilities[:, ~plain] = np.nan
    return Scan(starts, probabilities, window, start_at)


def peaks(scanned: Scan, threshold: float) -> list[ScanPeak]:
    """Windows at or above a threshold that none within a window's length exceeds, by position.

    Parameters
    ----------
    scanned : Scan
        From `scan`.
    threshold : float
        Lowest probability of a peak.
    """
    kept = []
    for strand, name in enumerate("+-"):
        values = np.nan_to_num(scanned.probabilities[strand], nan=-1.0)
        at = scanned.positions(strand)
        taken = np.zeros(len(values), bool)
        for row in np.argsort(-values, kind="stable").tolist():
            if values[row] < threshold:
                break
            low, high = np.searchsorted(
                scanned.starts, scanned.starts[row] + np.array([-1, 1]) * scanned.window
            )
            if not taken[low:high].any():
                taken[row] = True
                kept.append(ScanPeak(int(at[row]), name, float(values[row])))
    return sorted(kept)


def transcript_starts(book: Book, region: Region) -> list[TranscriptStart]:
    """Annotated transcript starts of a region, one for each position and strand, by position.

    Parameters
    ----------
    book : Book
        Its transcripts are used; without any, there are none.
    region : Region
        Local, 0-based half-open. Positions of the result count from its start.
    """
    known: dict[tuple[int, str], TranscriptStart] = {}
    length = book[region.volume].length
    for transcript in book.transcripts.overlapping(region.volume, region.start, region.end):
        at = transcript.end - 1 if transcript.is_minus else transcript.start
        edge = length - 1 if transcript.is_minus else 0
        if transcript.first_exon > 1 or (transcript.clipped and at == edge):  # it starts beyond the volume
            continue
        if region.start <= at < region.end:
            strand = "-" if transcript.is_minus else "+"
            name = transcript.gene or transcript.gene_id
            start = TranscriptStart(at - region.start, strand, name, transcript.transcript_id)
            known.setdefault((at, strand), start)
    return [known[key] for key in sorted(known)]


def before_start(task: Task) -> int:
    """Letters of the window of a task before the start of a gene: half if the task is about no start."""
    return task.window // 2 if task.before is None else task.before


def gene_window(book: Book, gene: Region, strand: str, task: Task) -> tuple[Region, int]:
    """The window of a task around the start of a gene, and how many of its letters come before the start.

    Parameters
    ----------
    book : Book
        The book.
    gene : Region
        The gene: local, 0-based half-open.
    strand : str
        Its strand; read as plus unless ``-``.
    task : Task
        With a window.

    Raises
    ------
    SequenceError
        The start of the gene, or letters around it, are not in the book.
    """
    before = before_start(task)
    length = book[gene.volume].length
    start = gene.start - before
    if strand == "-":
        start = gene.end + before - task.window
    is_cut = gene.end == length if strand == "-" else gene.start == 0
    if is_cut or start < 0 or start + task.window > length:
        raise SequenceError(
            f"{book.addresses.format(gene)}: the start of this gene is at or beyond the end of the sequence "
            "in this book; name a place instead"
        )
    return Region(gene.volume, start, start + task.window), before


def reach(
    scanned: Scan,
    shuffled: Scan,
    starts: Sequence[TranscriptStart],
    found: Sequence[ScanPeak],
    false: Sequence[ScanPeak],
) -> ScanReach:
    """How many annotated starts have a peak within `NEAR` letters on their strand, beside the controls.

    Parameters
    ----------
    scanned, shuffled : Scan
        Of the stretch and of its shuffle.
    starts : sequence of TranscriptStart
        Annotated starts.
    found, false : sequence of ScanPeak
        From `peaks`: those of the stretch and those of its shuffle.

    Returns
    -------
    ScanReach
        ``by_chance``: the share of each strand that lies near a peak, times the starts on it.
    """
    reached, chance = 0, 0.0
    span = int(scanned.starts[-1]) + scanned.window
    for strand in "+-":
        own = np.array([peak.position for peak in found if peak.strand == strand], np.int64)
        near = np.zeros(span + 1, np.int64)
        np.add.at(near, np.clip(own - NEAR, 0, span), 1)
        np.add.at(near, np.clip(own + NEAR + 1, 0, span), -1)
        covered = np.cumsum(near)[:span] > 0
        at = [start.position for start in starts if start.strand == strand and start.position < span]
        reached += int(covered[at].sum())
        chance += len(at) * float(covered.mean())
    kb = 1_000 / max(scanned.letters, 1)
    false_kb = 1_000 / max(shuffled.letters, 1)
    return ScanReach(len(starts), reached, chance, len(found), len(found) * kb, len(false) * false_kb)


def shuffled_stretch(sequence: bytes) -> bytes:
    """The control: the stretch shuffled so that the count of each pair of neighbouring letters stays."""
    return dinucleotide_shuffle(sequence.upper(), _SEED, "scan")
