"""Letters, their codes, and the ids that are reserved for what is not a word.

Word ids of every vocabulary start at ``FIRST_WORD``. Below it, id 0 is a gap (a run of N, whose length is
kept beside the words) and ids 1 to 11 are the single IUPAC letters other than A, C, G, T and N.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BASES = "ACGT"
GAP = 0
AMBIGUOUS = "RYSWKMBDHVU"
FIRST_WORD = 16
LETTERS = BASES + "N" + AMBIGUOUS

NOT_BASE = 4
"""Codes of `CODE` below this are bases; this one is N; those above are ambiguous letters."""

INVALID = 255


def _codes() -> NDArray[np.uint8]:
    table = np.full(256, INVALID, np.uint8)
    for code, letter in enumerate(LETTERS):
        table[ord(letter)] = table[ord(letter.lower())] = code
    return table


CODE: NDArray[np.uint8] = _codes()
"""uint8[256]: letter to code; A, C, G, T are 0 to 3, N is 4, ambiguous letters 5 to 15, else 255."""

_COMPLEMENT = bytes.maketrans(b"ACGTNRYSWKMBDHVUacgtnryswkmbdhvu", b"TGCANYRSWMKVHDBAtgcanyrswmkvhdba")


def complement(letters: bytes) -> bytes:
    """Complement each letter, IUPAC codes included, case kept (U becomes A).

    Parameters
    ----------
    letters : bytes
        Nucleotide letters; anything else is left as it is.

    Returns
    -------
    bytes
        As long as the input.
    """
    return letters.translate(_COMPLEMENT)


def reverse_complement(letters: bytes) -> bytes:
    """Read the other strand: `complement`, back to front.

    Parameters
    ----------
    letters : bytes
        Nucleotide letters in either case.

    Returns
    -------
    bytes
        As long as the input, 5' to 3' of the opposite strand.
    """
    return complement(letters)[::-1]
