"""The control of every claim: the same sequence shuffled so that dinucleotide counts stay as they are."""

from __future__ import annotations

import zlib

import numpy as np
from numba import njit
from numpy.typing import NDArray

from genomebook.language.alphabet import BASES, CODE, NOT_BASE


@njit(cache=True, nogil=True)
def _walk(codes, first, order, last, out):  # type: ignore[no-untyped-def]
    """Walk the successors of each base in a given order, its last one last."""
    at = first[:4].copy()
    base = codes[0]
    out[0] = base
    for i in range(1, codes.shape[0]):
        following = order[at[base]] if at[base] < first[base + 1] - 1 or last[base] < 0 else last[base]
        at[base] += 1
        base = following
        out[i] = base


def _shuffle_run(codes: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Shuffle one run of bases (codes 0 to 3): a uniform Euler path with its dinucleotides."""
    if len(codes) < 4:
        return codes.copy()
    successors = [codes[1:][codes[:-1] == base] for base in range(4)]
    end = int(codes[-1])
    present = [base for base in range(4) if base != end and len(successors[base])]
    last = np.full(4, -1, np.int64)
    while True:  # last successors drawn until they lead from every base to the end (Kandel et al. 1996)
        for base in present:
            last[base] = rng.choice(successors[base])
        if all(_reaches(base, end, last) for base in present):
            break
    parts = []
    for base in range(4):
        rest = successors[base].copy()
        if last[base] >= 0:
            rest = np.delete(rest, int(np.flatnonzero(rest == last[base])[0]))
        rng.shuffle(rest)
        parts.append(np.append(rest, np.uint8(0)) if last[base] >= 0 else rest)
    first = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    out = np.empty_like(codes)
    _walk(codes, first, np.concatenate(parts).astype(np.uint8), last, out)
    return out


def _reaches(base: int, end: int, last: NDArray[np.int64]) -> bool:
    for _ in range(4):
        if base == end:
            return True
        base = int(last[base])
    return base == end


def dinucleotide_shuffle(letters: bytes, seed: int, name: str, start: int = 0) -> bytes:
    """Shuffle a sequence, keeping the count of every dinucleotide in each run of bases.

    Parameters
    ----------
    letters : bytes
        Either case. Gaps, ambiguous letters and the places of lower case stay.
    seed : int
        Together with the volume's name, ``start`` and the length it makes the random state, so the result
        does not depend on what else was shuffled.
    name : str
        Volume.
    start : int
        0-based position of the first letter.

    Returns
    -------
    bytes
        As long as the input; each run begins and ends with the letter it had.

    Notes
    -----
    Altschul and Erickson (1985), with the last edges drawn as in Kandel, Matias, Unger and Winkler (1996).
    """
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), start, len(letters)])
    raw = np.frombuffer(letters, np.uint8)
    out = raw.copy()
    codes = CODE[raw]
    edges = np.flatnonzero(np.diff(codes < NOT_BASE, prepend=False, append=False))
    plain = np.frombuffer(BASES.encode(), np.uint8)
    for first, last in edges.reshape(-1, 2):
        out[first:last] = plain[_shuffle_run(codes[first:last], rng)] | (raw[first:last] & 0x20)
    return out.tobytes()
