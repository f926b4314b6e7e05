"""Stage: all evidence about the boundaries of one volume, and the page that shows it in tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.annotation.controls import (
    Letters,
    MovedStart,
    Real,
    Rows,
    SeededLocus,
    density,
    gap_runs,
    offset,
    positions_of,
    strand,
    substitution,
    window,
    word_windows,
)
from genomebook.annotation.enrichment import Compared, enrichment
from genomebook.annotation.evidence import (
    ENOUGH_EDGES,
    LEVELS,
    STABLE,
    BoundaryFinder,
    ComparedTrack,
    Evidence,
    EvidenceRow,
    favoured,
    make_row,
)
from genomebook.annotation.tracks import AnnotationTrack, edges
from genomebook.files.atomic import aside
from genomebook.files.progress import Message, no_message
from genomebook.genome.regions import Contig
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import Vocabulary
from genomebook.options import check_parent
from genomebook.render.evidence.text import CONTROLS
from genomebook.segmentation.boundaries import word_ends
from genomebook.stats import Estimate

WORDS_MOVED = (1, 10, 100, 1000)
LETTERS_MOVED = (37, 4321)
"""How many words, and letters, are left out at the start of the volume."""

WITHIN = 20
"""Letters from an edge that count as near."""


def moved_starts(letters: Letters, ends: NDArray[np.int64]) -> list[MovedStart]:
    """Starts moved by words and by letters, both counted from the first base; whole volumes if too short."""
    room = positions_of(letters)
    first = int(room.starts[0]) - 1 if room.size else len(letters)
    words = ends[ends > first]
    starts = []
    for count in WORDS_MOVED:
        cut = int(words[count - 1]) if count <= len(words) else len(letters)
        starts.append(MovedStart(f"shift by {count:,} word{'s' * (count > 1)}", cut))
    return starts + [
        MovedStart(f"shift by {n:,} letters", min(first + n, len(letters))) for n in LETTERS_MOVED
    ]


def near_tracks(
    real: Real, letters: Letters, volume: Contig, tracks: Sequence[AnnotationTrack], seed: int,
    report: Message = no_message,
) -> Rows:  # fmt: skip
    """How many times as often as by chance boundaries stand near the edges of each track: rows by signal."""
    gaps = gap_runs(letters)
    rows: Rows = {signal: [] for signal in real}
    for track in tracks:
        report(f"edges of {track.name}")
        at = edges(track, volume)
        for signal, boundaries in real.items():
            for level in LEVELS:
                compared = enrichment(
                    boundaries.of(level), at, len(letters), gaps, within=WITHIN, seed=seed,
                    name=volume.contig, start=volume.origin,
                )  # fmt: skip
                label = f"{track.name}, within {WITHIN} bp"
                beside = "boundaries moved round the sequence"
                rows[signal].append(compared_row("enrichment", level, label, "times", compared, beside))
    return rows


def compared_row(
    control: str, level: str, label: str, unit: str, compared: Compared, beside: str
) -> EvidenceRow:
    """Make a row of a figure that has its control with it; ``beside`` says what the control is."""
    own, other = (
        None if value is None or low is None or high is None else Estimate(value, low, high)
        for value, low, high in (
            (compared.value, compared.low, compared.high),
            (compared.control, compared.control_low, compared.control_high),
        )
    )
    return make_row(control, level, label, unit, own, other, beside, compared.n, compared.why)


def measure(
    volume: Contig, letters: Letters, finder: BoundaryFinder, vocabulary: Vocabulary,
    tracks: Sequence[AnnotationTrack] = (), *, assembly: str | None = None,
    readers: Iterable[Mapping[str, str]] = (),
    more: Mapping[str, Sequence[EvidenceRow]] | None = None, notes: Sequence[str] = (), shuffles: int = 3,
    seed: int = 1, report: Message = no_message,
) -> Evidence:  # fmt: skip
    """Measure everything about the boundaries of one volume.

    Parameters
    ----------
    volume : Contig
        Its name, and where it lies.
    letters : uint8[n]
        ASCII, either case.
    finder : BoundaryFinder
        Gives boundaries by signal; it divides the letters about a dozen times.
    vocabulary : Vocabulary
        Counts words, for windows and moved starts.
    tracks : sequence of AnnotationTrack
        Annotation with edges in the volume; one without gives rows that say so.
    assembly, readers, notes
        Kept as they are.
    more : mapping of str to sequence of EvidenceRow, optional
        Rows measured elsewhere, such as English, by signal.
    shuffles : int
        Shuffled copies for the density.
    seed : int
        Seed of all random draws.
    report : callable
        Receives what is measured next.

    Returns
    -------
    Evidence
        With the signal that it favours.
    """
    locus = SeededLocus(volume.contig, volume.origin, seed)
    report("boundaries")
    real = finder.divide(letters)
    ends = word_ends(Encoder(vocabulary).encode(letters), letters, vocabulary)
    parts: list[Mapping[str, Sequence[EvidenceRow]]] = [
        more or {},
        density(finder, letters, real, locus, shuffles, report),
        strand(finder, letters, real, locus, report),
        offset(finder, letters, real, locus, moved_starts(letters, ends), report),
        substitution(finder, letters, real, locus, report=report),
        near_tracks(real, letters, volume, tracks, seed, report),
        window(letters, real, locus, word_windows(ends)),
    ]
    signals = {name: tuple(row for part in parts for row in part.get(name, ())) for name in sorted(real)}
    sources = tuple(ComparedTrack(t.name, len(edges(t, volume)), t.source, t.digest) for t in tracks)
    kept = tuple(dict(reader) for reader in readers)
    return Evidence(
        volume.name,
        len(letters),
        assembly,
        kept,
        seed,
        signals,
        favoured(signals, sources).signal,
        sources,
        tuple(notes),
    )


def page(each: Sequence[Evidence]) -> str:
    """Write the page of the docs: a table for each control, all signals and sequences in it."""
    parts = [
        "# Evidence\n",
        "Every figure stands beside the same figure of a control, made by the same code; intervals hold 95 % "
        "(block bootstrap, or the spread of the control). "
        "Made by `genomebook.pipeline.evidence.volume.page` from "
        "`evidence.json`: no figure in its tables is typed.\n",
        "Favoured is a signal whose boundaries stay where they are when the start moves "
        f"({100 * STABLE:.0f} % of them in every row), and of these the one with the strongest enrichment at "
        f"the edges of a track that has {ENOUGH_EDGES} or more, by the lower end of its interval, where that "
        "lies above the interval of its control. Where none does, the strands decide.\n",
        *(f"{_about(evidence)}\n" for evidence in each),
    ]
    notes = [f"- {note}\n" for evidence in each for note in evidence.notes]
    parts += ["## What was found\n", "".join(notes)] if notes else []
    for control, (title, plain) in CONTROLS.items():
        lines = [
            _line(evidence.what, signal, row)
            for evidence in each
            for signal in evidence.signals
            for row in evidence.rows(signal, control)
        ]
        if lines:
            head = ["sequence", "signal", "ends", "what", "figure", "95 %", "control", "95 %", "n"]
            table = [_cells(head), _cells([":--"] * 4 + ["--:"] * 5), *lines]
            beside = sorted(
                {r.control_label for e in each for s in e.signals for r in e.rows(s, control)} - {""}
            )
            said = f"Control: {'; '.join(beside)}.\n" if beside else ""
            parts += [f"## {title}\n", f"{plain}\n", said, "".join(table)]
    return "\n".join(part for part in parts if part)


def _about(evidence: Evidence) -> str:
    names = ", ".join(reader["name"] for reader in evidence.readers if "name" in reader) or "no model"
    tracks = ", ".join(f"{track.name} ({track.edges:,} edges, {track.source})" for track in evidence.tracks)
    text = [
        f"**{evidence.what}** ({evidence.letters:,} letters{', ' * bool(evidence.assembly)}"
        f"{evidence.assembly or ''}; read by {names}; seed {evidence.seed})."
    ]
    signal, why = favoured(evidence.signals, evidence.tracks)
    text.append(f"The evidence favours {f'the signal *{signal}*' if signal else 'none'}: {why}.")
    text += [f"Annotation: {tracks}."] if tracks else []
    return " ".join(text)


def _line(what: str, signal: str, row: EvidenceRow) -> str:
    if row.value is None:
        cells = [row.why or "", "", "", "", f"{row.n:,}"]
    else:
        cells = [
            f"**{_number(row.value, row.unit)}** {row.unit}", _range(row.low, row.high, row.unit),
            _number(row.control_value, row.unit), _range(row.control_low, row.control_high, row.unit),
            f"{row.n:,}",
        ]  # fmt: skip
    return _cells([what, signal, row.level, row.label, *cells])


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = {"letters": 0, "times": 2}.get(unit, 3)
    return f"{round(value, digits) + 0.0:,.{digits}f}"  # adding 0 makes -0 one


def _range(low: float | None, high: float | None, unit: str) -> str:
    return "" if low is None or high is None else f"{_number(low, unit)} to {_number(high, unit)}"


def _cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |\n"


def write_page(each: Sequence[Evidence], path: Path) -> None:
    """Write `page` to a file, aside and renamed.

    Raises
    ------
    OptionError
        When there is no such folder.
    """
    check_parent(path, "the page")
    with aside(path) as temporary:
        temporary.write_text(page(each), encoding="utf-8")
