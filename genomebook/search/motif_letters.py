"""Letters of a motif: IUPAC nucleotide codes, and the bases that each stands for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import SearchError
from genomebook.language.alphabet import reverse_complement

MIN_MOTIF = 3
MAX_MOTIF = 64
"""Shortest and longest motif, in letters."""

BASES_OF = {
    "A": 1, "C": 2, "G": 4, "T": 8, "R": 5, "Y": 10, "S": 6, "W": 9, "K": 12, "M": 3, "B": 14, "D": 13,
    "H": 11, "V": 7, "N": 15,
}  # fmt: skip
"""Bases of each letter as bits: A 1, C 2, G 4, T 8."""

_ECHO = 40


def is_motif(text: str, longest: int = MAX_MOTIF) -> bool:
    """Whether a text has only letters of motifs, and as many as one can have; white space does not count."""
    letters = "".join(text.split()).upper().replace("U", "T")
    return MIN_MOTIF <= len(letters) <= longest and set(letters) <= BASES_OF.keys() and set(letters) != {"N"}


def as_motif(text: str, longest: int = MAX_MOTIF) -> str:
    """Read a motif: upper case, T for U, no white space.

    Raises
    ------
    SearchError
        It is too short or too long, has another letter, or only N.
    """
    letters = "".join(text.split()).upper().replace("U", "T")
    if not MIN_MOTIF <= len(letters) <= longest:
        raise SearchError(f"a motif has {MIN_MOTIF} to {longest} letters, and this has {len(letters):,}")
    wrong = next((letter for letter in letters if letter not in BASES_OF), "")
    if wrong:
        shown = "".join(letter for letter in letters if letter.isprintable())[:_ECHO]
        letter = wrong if wrong.isprintable() else f"U+{ord(wrong):04X}"
        raise SearchError(
            f"'{shown}' is not a motif: {letter} is no letter of one; write {', '.join(BASES_OF)}"
        )
    if set(letters) == {"N"}:
        raise SearchError("a motif of N alone is everywhere; give it another letter")
    return letters


def is_palindrome(motif: str) -> bool:
    """Whether a motif is its own reverse complement, so that each place has it on both strands."""
    return reverse_complement(motif.encode()).decode() == motif


def masks(motif: str) -> NDArray[np.uint8]:
    """Bases that each letter takes: uint8[n] of the bits of `BASES_OF`."""
    return np.array([BASES_OF[letter] for letter in motif], np.uint8)
