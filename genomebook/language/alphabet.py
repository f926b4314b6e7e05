"""Nucleotide alphabet: letters, codes and reserved ids.

Word ids start at ``FIRST_WORD``. Id 0 is a gap (a run of N, whose length is stored separately), ids 1 to 11
are the IUPAC letters other than A, C, G, T and N.
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
"""Code of N in `CODE`; bases are below, ambiguous letters above."""

INVALID = 255


def _codes() -> NDArray[np.uint8]:
    table = np.full(256, INVALID, np.uint8)
    for code, letter in enumerate(LETTERS):
        table[ord(letter)] = table[ord(letter.lower())] = code
    return table


CODE: NDArray[np.uint8] = _codes()
"""uint8[256]: code by letter: A, C, G, T 0 to 3, N 4, ambiguous letters 5 to 15, else 255."""

_COMPLEMENT = bytes.maketrans(b"ACGTNRYSWKMBDHVUacgtnryswkmbdhvu", b"TGCANYRSWMKVHDBAtgcanyrswmkvhdba")


def complement(letters: bytes) -> bytes:
    """Complement of IUPAC letters, case kept (U becomes A).

    Parameters
    ----------
    letters : bytes
        Nucleotide letters; others are unchanged.

    Returns
    -------
    bytes
        As long as the input.
    """
    return letters.translate(_COMPLEMENT)


def reverse_complement(letters: bytes) -> bytes:
    """Reverse complement.

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
