"""Coding sequences: spliced, translated, and laid under the letters of a volume codon by codon.

Letters come from a function ``sequence_of(start, end)`` of the + strand of the volume, such as
`genomebook.book.Volume.sequence`; only what is needed is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genomebook.book.transcript import INCOMPLETE_START, Span, Transcript
from genomebook.genome.stretches import prefix_sums
from genomebook.language.alphabet import reverse_complement
from genomebook.language.genetic_codes import STOP, UNKNOWN, GeneticCode, genetic_code

Letters = Callable[[int, int], bytes]

_TAIL = b"AA"
"""What the poly(A) tail adds to an unfinished stop codon."""

_COMPLETED_BY_TAIL = (2, 5, 9, 13, 14, 21, 24, 33)
"""Genetic codes of animal mitochondria, in which the tail completes stop codons (Ojala et al. 1981)."""


@dataclass(frozen=True)
class Residue:
    """A codon and what it means.

    Attributes
    ----------
    amino : str
        Letter of the amino acid; ``*`` for a stop, X for a codon with N or another ambiguous letter.
    number : int
        From 1, at the start of the protein.
    codon : str
        Its letters, upper case, 5' to 3'; one or two where the poly(A) tail completes a stop.
    spans : tuple of (start, end)
        One to three spans of the volume, ascending; several where introns split the codon.
    is_start, is_stop : bool
        Whether it is the start codon; whether it ends the protein.
    """

    amino: str
    number: int
    codon: str
    spans: tuple[Span, ...]
    is_start: bool = False
    is_stop: bool = False


def mrna(transcript: Transcript, sequence_of: Letters) -> bytes:
    """Spliced exons, 5' to 3', as DNA letters with case and N."""
    return _spliced(transcript, transcript.exons, sequence_of)


def coding_sequence(transcript: Transcript, sequence_of: Letters) -> bytes:
    """Spliced coding sequence, 5' to 3', as DNA letters with case and N; ``b""`` if not coding."""
    return _spliced(transcript, transcript.coding, sequence_of)


def _spliced(transcript: Transcript, spans: tuple[Span, ...], sequence_of: Letters) -> bytes:
    letters = b"".join(sequence_of(start, end) for start, end in spans)
    return reverse_complement(letters) if transcript.is_minus else letters


def protein(transcript: Transcript, sequence_of: Letters, stop: bool = False) -> str:
    """Translate a transcript from its first whole codon.

    Parameters
    ----------
    transcript : Transcript
        Its genetic code and exceptions are honoured; an alternative start codon is read as M.
    sequence_of : callable
        Letters of [start, end) of the volume.
    stop : bool
        Keep the ``*`` of a stop codon at the end.

    Returns
    -------
    str
        Letters of amino acids; ``""`` if not coding.
    """
    letters = "".join(
        residue.amino for residue in residues(transcript, sequence_of, transcript.start, transcript.end)
    )
    return letters if stop else letters.removesuffix(STOP)


def residues(transcript: Transcript, sequence_of: Letters, start: int, end: int) -> list[Residue]:
    """Codons with a base in [start, end) of the volume, whole, 5' to 3' of the transcript.

    Parameters
    ----------
    transcript : Transcript
        Any; one that is not coding has none.
    sequence_of : callable
        Letters of [start, end) of the volume.
    start, end : int
        Local, 0-based half-open.

    Returns
    -------
    list of Residue
        Whole codons, and a stop codon that the poly(A) tail completes. Bases before the first whole codon and
        after the last have none.
    """
    low, high = _coding_range(transcript, start, end)
    if low >= high:
        return []
    first, last = max(0, low - transcript.phase) // 3, -(-(high - transcript.phase) // 3)
    low = transcript.phase + 3 * first
    high = min(transcript.phase + 3 * last, transcript.coding_length)
    if low >= high:
        return []
    places = coding_positions(transcript, low, high)
    letters = _letters_at(transcript, places, sequence_of)
    code = genetic_code(transcript.table)
    codons = []
    for number in range(first, last):
        at = 3 * (number - first)
        codon, where = letters[at : at + 3], places[at : at + 3]
        residue = _residue(transcript, code, number, codon, where)
        if residue is not None:
            codons.append(residue)
    return codons


def _residue(
    transcript: Transcript, code: GeneticCode, number: int, codon: bytes, places: NDArray[np.int64]
) -> Residue | None:
    """The residue of a codon by its number from 0, or None if it is cut off."""
    spans = _spans(places)
    whole = len(codon) == 3
    amino = next(
        (
            letter
            for start, end, letter in transcript.exceptions
            if (start, end) == (spans[0][0], spans[-1][1])
        ),
        "",
    )
    if not whole and not amino and not _is_completed(transcript, code, codon):
        return None
    amino = amino or (code.translate(codon) if whole else STOP)
    is_start = number == 0 and has_start(transcript) and is_start_codon(transcript, code, codon)
    return Residue(
        "M" if is_start and amino not in (UNKNOWN, STOP) else amino,
        transcript.first_residue + number,
        codon.decode("ascii"),
        spans,
        is_start,
        amino == STOP,
    )


def _is_completed(transcript: Transcript, code: GeneticCode, codon: bytes) -> bool:
    """Whether T or TA at the end of a mitochondrial coding sequence becomes a stop codon."""
    tail = codon + _TAIL[: 3 - len(codon)]
    return transcript.table in _COMPLETED_BY_TAIL and not transcript.clipped and code.translate(tail) == STOP


def has_start(transcript: Transcript) -> bool:
    """Whether the coding sequence begins with its start codon, as far as the annotation says."""
    return (
        bool(transcript.coding)
        and transcript.phase == 0
        and transcript.first_residue == 1
        and INCOMPLETE_START not in transcript.tags
    )


def is_start_codon(transcript: Transcript, code: GeneticCode, codon: bytes) -> bool:
    """Whether translation can start here: at ATG, or at another start codon of the genetic code.

    In the standard code the others (CTG, TTG) are believed only below a 5' UTR: a transcript that begins with
    its coding sequence may be a fragment.
    """
    return codon == b"ATG" or (codon in code.starts and (transcript.table != 1 or bool(transcript.utr5)))


def coding_positions(transcript: Transcript, first: int, last: int) -> NDArray[np.int64]:
    """Positions on the volume of the coding bases [first, last), counted 5' to 3': int64[last - first]."""
    spans = transcript.coding[::-1] if transcript.is_minus else transcript.coding
    before = prefix_sums([end - start for start, end in spans]).tolist()
    pieces = []
    for (start, end), at in zip(spans, before, strict=False):
        low, high = max(first - at, 0), min(last - at, end - start)
        if low < high:
            places = np.arange(low, high)
            pieces.append(end - 1 - places if transcript.is_minus else start + places)
    return np.concatenate(pieces) if pieces else np.empty(0, np.int64)


def coding_offset(transcript: Transcript, position: int) -> int | None:
    """Number from 0 of the coding base at a position, 5' to 3'; None where it is not coding."""
    low, high = _coding_range(transcript, position, position + 1)
    return low if low < high else None


def _coding_range(transcript: Transcript, start: int, end: int) -> tuple[int, int]:
    """Range of the coding bases, counted 5' to 3', that lie in [start, end) of the volume."""
    low = sum(max(0, min(span[1], start) - span[0]) for span in transcript.coding)
    high = sum(max(0, min(span[1], end) - span[0]) for span in transcript.coding)
    total = transcript.coding_length
    return (total - high, total - low) if transcript.is_minus else (low, high)


def _letters_at(transcript: Transcript, places: NDArray[np.int64], sequence_of: Letters) -> bytes:
    """Letters at positions in reading order, upper case, on the strand of the transcript."""
    step = -1 if transcript.is_minus else 1
    breaks = (np.flatnonzero(np.diff(places) != step) + 1).tolist()
    pieces = []
    for first, last in zip([0, *breaks], [*breaks, len(places)], strict=True):
        ends = int(places[first]), int(places[last - 1])
        piece = sequence_of(min(ends), max(ends) + 1)
        pieces.append(reverse_complement(piece) if transcript.is_minus else piece)
    return b"".join(pieces).upper().replace(b"U", b"T")


def _spans(places: NDArray[np.int64]) -> tuple[Span, ...]:
    """Positions of a codon as spans, ascending."""
    ordered = sorted(places.tolist())
    spans = [(ordered[0], ordered[0] + 1)]
    for place in ordered[1:]:
        if place <= spans[-1][1]:
            spans[-1] = (spans[-1][0], place + 1)
        else:
            spans.append((place, place + 1))
    return tuple(spans)
