"""Evidence: figures about boundaries, each beside the same figure of its control, kept in ``evidence.json``.

An `EvidenceRow` is one point with its error bar and those of its control. They are measured in
`genomebook.annotation.controls` and `genomebook.annotation.enrichment`; `favoured` picks the signal that they
support.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Protocol, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.book.read import Book
from genomebook.book.schema import EVIDENCE
from genomebook.errors import BookFormatError, DamagedBookError
from genomebook.files.atomic import aside
from genomebook.files.manifest import Count, validated
from genomebook.segmentation.boundaries import Boundaries
from genomebook.stats import Estimate

FORMAT = "genomebook-evidence-1"

SHIPPED = Path(__file__).resolve().parents[1] / "data" / EVIDENCE
"""Figures measured on real sequence, for books that bring none of their own."""

Level = Literal["sentence", "paragraph"]
Control = Literal[
    "english", "density", "strand", "offset", "substitution", "enrichment", "punctuation", "window",
]  # fmt: skip
CONTROLS: tuple[Control, ...] = get_args(Control)
"""Every control, in the order in which they are shown; `genomebook.render.evidence.text` explains them."""

LEVELS: tuple[Level, ...] = get_args(Level)

Finite = Annotated[float, msgspec.Meta(ge=-1e300, le=1e300)]

STABLE = 0.99
"""Least share of boundaries unchanged by the place of the start, outside a bounded margin."""

ENOUGH_EDGES = 100
"""Edges that a track has at least, to tell which signal is favoured."""


class BoundaryFinder(Protocol):
    """Divides letters into sentences and paragraphs, once for each of its signals."""

    @property
    def signals(self) -> tuple[str, ...]: ...  # noqa: D102

    def divide(self, letters: NDArray[np.uint8]) -> Mapping[str, Boundaries]:
        """Give the boundaries of each signal; letters is uint8 ASCII of one volume, any case."""
        ...


@dataclass(frozen=True)
class EvidenceRow:
    """One figure beside its control.

    Attributes
    ----------
    control : str
        One of `CONTROLS`.
    level : "sentence" or "paragraph"
        Level of the boundaries.
    label : str
        Short text for an axis.
    value, low, high : float or None
        Figure and 95 % interval; None where the figure does not exist, and ``why`` says so.
    control_value, control_low, control_high : float or None
        The same of the control.
    control_label : str
        What the control is.
    n : int
        Number of boundaries, or of whatever ``label`` counts.
    unit : str
        per kb, share, times, F1 or letters.
    why : str or None
        Why there is no figure.
    signal : str
        Signal of the row; set by `Evidence`, and in files the key of the rows.
    """

    control: str
    level: str
    label: str
    value: float | None
    low: float | None
    high: float | None
    control_value: float | None
    control_low: float | None
    control_high: float | None
    control_label: str
    n: int
    unit: str
    why: str | None = None
    signal: str = ""

    def record(self) -> dict[str, Any]:
        """Fields of the row as a file holds them."""
        return {name: value for name, value in vars(self).items() if name != "signal"}


def make_row(
    control: str, level: str, label: str, unit: str, figure: Estimate | None, beside: Estimate | None,
    control_label: str, n: int, why: str | None = None,
) -> EvidenceRow:  # fmt: skip
    """Make an `EvidenceRow`, to six digits; ``why`` is kept only where there is no figure."""
    own, other = _six(figure), _six(beside)
    return EvidenceRow(
        control, level, label, own[0], own[1], own[2], other[0], other[1], other[2], control_label, n, unit,
        None if figure else why,
    )  # fmt: skip


def _six(figure: Estimate | None) -> list[float | None]:
    return [None, None, None] if figure is None else [float(f"{number:.6g}") for number in figure]


@dataclass(frozen=True)
class ComparedTrack:
    """A track that boundaries were compared with: its name, edges in the volume, file and SHA-256."""

    name: str
    edges: Count
    source: str
    digest: str


@dataclass(frozen=True)
class Evidence:
    """All figures about one stretch of sequence.

    Attributes
    ----------
    what : str
        Name of the sequence, for display.
    letters : int
        Its length.
    assembly : str or None
        Name.
    readers : tuple of dict
        Name and digest of each model that the signals come from.
    seed : int
        Seed of all random draws.
    signals : mapping of str to tuple of EvidenceRow
        Rows by signal.
    default : str or None
        Signal that the figures favour (`favoured`).
    tracks : tuple of ComparedTrack
        Annotation.
    notes : tuple of str
        Plain sentences: what was tried, what is not met.
    """

    what: str
    letters: int
    assembly: str | None
    readers: tuple[dict[str, str], ...]
    seed: int
    signals: Mapping[str, tuple[EvidenceRow, ...]]
    default: str | None
    tracks: tuple[ComparedTrack, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        signals = {
            name: tuple(replace(row, signal=name) for row in rows) for name, rows in self.signals.items()
        }
        object.__setattr__(self, "signals", signals)

    def all_rows(self) -> list[EvidenceRow]:
        """Rows of all signals, in the order of the file."""
        return [row for rows in self.signals.values() for row in rows]

    def rows(self, signal: str, control: str) -> list[EvidenceRow]:
        """Rows of one signal and control, as measured."""
        return [row for row in self.signals.get(signal, ()) if row.control == control]


class Favoured(NamedTuple):
    """The favoured signal, None if the figures do not separate the signals, and the reason in a sentence."""

    signal: str | None
    why: str


def favoured(signals: Mapping[str, Sequence[EvidenceRow]], tracks: Sequence[ComparedTrack]) -> Favoured:
    """Find the signal that the figures favour.

    The rule, in this order:

    1. Keep the signals whose boundaries do not depend on where the sequence starts: every share of *offset*
       is at least `STABLE`. If there are none, keep all.
    2. Among these, take the signal with the strongest enrichment at annotation edges. A row counts if its
       track has `ENOUGH_EDGES` edges and its interval lies above that of its control; its strength is the
       lower end of its interval divided by the control's value. Tracks without enrichment do not count
       against a signal: one that follows repeats avoids exons.
    3. If no row counts, take the signal whose boundaries agree best between strands, by the mean of figure
       minus control, provided that one of its rows lies above its control's interval.

    Ties go to the first by name.

    Parameters
    ----------
    signals : mapping of str to sequence of EvidenceRow
        Rows by signal.
    tracks : sequence of ComparedTrack
        Annotation that the rows of *enrichment* are about, with the number of edges of each.
    """
    stay = [name for name in sorted(signals) if _is_stable(signals[name])] or sorted(signals)
    edges = {track.name: track.edges for track in tracks}
    counted = [
        (_strength(row), name, row)
        for name in stay
        for row in _beyond_chance(signals[name], "enrichment")
        if edges.get(row.label.rpartition(", within ")[0], 0) >= ENOUGH_EDGES
    ]
    if counted:
        _, name, row = max(counted, key=lambda counted_row: counted_row[0])  # of equals the first
        return Favoured(name, f"{row.level} ends, {row.label}: {row.value:.3g} times ({_spread(row)})")
    agree = [name for name in stay if _beyond_chance(signals[name], "strand")]
    if not agree:
        return Favoured(None, "no signal is beyond chance")
    name = max(agree, key=lambda signal: _agreement(signals[signal]))
    none = f"no signal is beyond chance at the edges of a track of {ENOUGH_EDGES} or more"
    return Favoured(name, f"{none}; between the strands its ends agree best")


def _is_stable(rows: Iterable[EvidenceRow]) -> bool:
    shares = [row.value for row in _figures(rows, "offset") if row.unit == "share"]
    return all(value is not None and value >= STABLE for value in shares)


def _beyond_chance(rows: Iterable[EvidenceRow], control: str) -> list[EvidenceRow]:
    return [
        row
        for row in _figures(rows, control)
        if row.low is not None and row.control_high is not None and row.low > row.control_high
    ]


def _strength(row: EvidenceRow) -> float:
    return (row.low or 0.0) / max(row.control_value or 1.0, 1e-3)


def _spread(row: EvidenceRow) -> str:
    return f"95 % interval {row.low:.3g} to {row.high:.3g}, by chance {row.control_high:.3g} at most"


def _agreement(rows: Iterable[EvidenceRow]) -> float:
    more = [(row.value or 0.0) - (row.control_value or 0.0) for row in _figures(rows, "strand")]
    return sum(more) / len(more) if more else 0.0


def _figures(rows: Iterable[EvidenceRow], control: str) -> list[EvidenceRow]:
    return [row for row in rows if row.control == control and row.value is not None]


def write_evidence(evidence: Evidence, path: Path) -> None:
    """Write ``evidence.json``: ASCII, keys sorted, one value a line; aside, then renamed."""
    signals = {name: [row.record() for row in rows] for name, rows in evidence.signals.items()}
    body = {"format": FORMAT, **asdict(evidence), "signals": signals}
    text = json.dumps(body, indent=1, sort_keys=True, allow_nan=False) + "\n"
    with aside(path) as temporary:
        temporary.write_text(text, encoding="ascii")


def read_evidence(path: Path) -> Evidence:
    """Read and check ``evidence.json``.

    Raises
    ------
    BookFormatError
        When it is of another format.
    DamagedBookError
        When it is missing, not JSON, or a field is missing or of the wrong kind.
    """
    anew = "measure it anew"
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        what = " ".join(str(error).split())
        raise DamagedBookError(f"{path}: not readable as evidence ({what}); {anew}") from None
    written = body.get("format") if isinstance(body, dict) else None
    if written != FORMAT:
        raise BookFormatError(f"{path}: format {str(written)[:60]!r}, not {FORMAT}; {anew}")
    return validated(path, body, EvidenceRecord, anew).evidence()


class RowRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row in a file."""

    control: Control
    level: Level
    label: str
    value: Finite | None
    low: Finite | None
    high: Finite | None
    control_value: Finite | None
    control_low: Finite | None
    control_high: Finite | None
    control_label: str
    n: Count
    unit: str
    why: str | None = None

    def __post_init__(self) -> None:
        if self.value is None and not self.why:
            raise ValueError(f"the row {self.label!r} has neither a figure nor a reason")
        if len({value is None for value in (self.value, self.low, self.high)}) > 1:
            raise ValueError(f"the row {self.label!r} has half an interval")

    def row(self) -> EvidenceRow:
        """The row itself."""
        return EvidenceRow(**msgspec.structs.asdict(self))


class EvidenceRecord(msgspec.Struct, frozen=True):
    """``evidence.json``."""

    what: str
    letters: Count
    assembly: str | None
    readers: list[dict[str, str]]
    seed: Count
    signals: dict[str, list[RowRecord]]
    default: str | None
    tracks: list[ComparedTrack]
    notes: list[str]

    def __post_init__(self) -> None:
        if self.default is not None and self.default not in self.signals:
            raise ValueError(f"default {self.default!r} is not among its signals")

    def evidence(self) -> Evidence:
        """The evidence itself."""
        signals = {name: tuple(row.row() for row in rows) for name, rows in self.signals.items()}
        return Evidence(
            self.what, self.letters, self.assembly, tuple(self.readers), self.seed, signals, self.default,
            tuple(self.tracks), tuple(self.notes),
        )  # fmt: skip


def evidence_path(book: Book) -> tuple[Path, bool]:
    """Return the file with the figures to show beside a book, and whether it is the book's own."""
    annex = book.annex("evidence")
    return (SHIPPED, False) if annex is None else (annex.checked(EVIDENCE), True)
