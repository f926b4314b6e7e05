"""What is computed exactly: GC content, complements, translation, open reading frames."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from genomebook.errors import OptionError
from genomebook.language.alphabet import reverse_complement
from genomebook.language.genetic_codes import STANDARD, STOP, genetic_code

FRAMES = (1, 2, 3, -1, -2, -3)
"""Reading frames: 1 begins at the first letter; negative ones are read on the other strand."""

MIN_ORF = 30
"""Shortest open reading frame that is reported unless another is asked for, in letters with the stop."""

_START = b"ATG"
_STRONG, _WEAK = b"GCS", b"ATWU"


@dataclass(frozen=True)
class OpenFrame:
    """An open reading frame.

    Attributes
    ----------
    start, end : int
        Place in the sequence given, 0-based half-open, stop codon included; on both strands ``start < end``.
    frame : int
        One of `FRAMES`.
    protein : str
        Amino acids by letter, without the stop; the first is M.
    is_complete : bool
        Whether it ends at a stop codon; if not, at the end of the sequence.
    """

    start: int
    end: int
    frame: int
    protein: str
    is_complete: bool

    def __len__(self) -> int:
        """Count letters, stop codon included."""
        return self.end - self.start


def gc_content(letters: bytes) -> float:
    """Share of G and C among the letters that tell.

    S (G or C) counts as G and C, W (A or T) as A and T; N and other ambiguous letters do not count, as in
    Biopython's ``gc_fraction``.

    Parameters
    ----------
    letters : bytes
        DNA in upper case.

    Returns
    -------
    float
        From 0 to 1; 0 if no letter tells.
    """
    strong = sum(map(letters.count, _STRONG))
    known = strong + sum(map(letters.count, _WEAK))
    return strong / known if known else 0.0


def check_frame(frame: int) -> int:
    """Return a reading frame; OptionError if it is none of `FRAMES`."""
    if frame not in FRAMES:
        raise OptionError(f"frame {frame}: there is none; choose one of {', '.join(map(str, FRAMES))}")
    return frame


def translate(letters: bytes, frame: int = 1, table: int = STANDARD) -> str:
    """Translate a reading frame into amino acids, ``*`` for a stop and X for a codon with unknown letters.

    Parameters
    ----------
    letters : bytes
        DNA in upper case.
    frame : int
        One of `FRAMES`.
    table : int
        Genetic code, by its number of NCBI.

    Returns
    -------
    str
        One letter for each whole codon; one or two letters left at the end are not translated.

    Raises
    ------
    OptionError
        There is no such frame or code.
    """
    return genetic_code(table).translate(_strand(letters, check_frame(frame))[abs(frame) - 1 :])


def orfs(letters: bytes, table: int = STANDARD, shortest: int = MIN_ORF) -> list[OpenFrame]:
    """Open reading frames on both strands, longest first: from the first ATG after a stop to the next stop.

    One that runs into the end of the sequence is reported, as incomplete. Nested ones (a later ATG before
    the same stop) are not.

    Parameters
    ----------
    letters : bytes
        DNA in upper case.
    table : int
        Genetic code, by its number of NCBI.
    shortest : int
        Length of the shortest, in letters, stop codon included.

    Raises
    ------
    OptionError
        There is no such code.
    """
    opened = [frame for number in FRAMES for frame in _of_frame(letters, number, table)]
    long_enough = [frame for frame in opened if len(frame) >= shortest]
    return sorted(long_enough, key=lambda frame: (-len(frame), FRAMES.index(frame.frame), frame.start))


def _strand(letters: bytes, frame: int) -> bytes:
    return letters if frame > 0 else reverse_complement(letters)


def _of_frame(letters: bytes, frame: int, table: int) -> Iterator[OpenFrame]:
    """Open reading frames of one frame, in its order."""
    offset = abs(frame) - 1
    strand = _strand(letters, frame)[offset:]
    aminos = genetic_code(table).translate(strand)
    for piece in re.finditer(rf"[^{re.escape(STOP)}]+", aminos):
        codons = range(piece.start(), piece.end())
        first = next((codon for codon in codons if strand[3 * codon : 3 * codon + 3] == _START), None)
        if first is None:
            continue
        is_complete = piece.end() < len(aminos)
        start, end = offset + 3 * first, offset + 3 * (piece.end() + is_complete)
        if frame < 0:
            start, end = len(letters) - end, len(letters) - start
        yield OpenFrame(start, end, frame, aminos[first : piece.end()], is_complete)
