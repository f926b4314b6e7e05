"""Dinucleotide-preserving shuffle, the control of every claim."""

from __future__ import annotations

import zlib

import numpy as np

from genomebook.compiled import kernel
from genomebook.language.alphabet import BASES, CODE, NOT_BASE


@kernel(nogil=True, inline="always")
def _below(n, raw, drawn):  # type: ignore[no-untyped-def]
    """Draw an integer below n from 32-bit halves of raw numbers, the low ones first (Lemire 2019).

    Returns the integer and the halves used in all; when raw is used up, the integer is 0.
    """
    if n == 1:
        return 0, drawn
    while drawn < 2 * raw.shape[0]:
        half = (raw[drawn >> 1] >> np.uint64(32 * (drawn & 1))) & np.uint64(0xFFFFFFFF)
        drawn += 1
        product = half * np.uint64(n)
        left = product & np.uint64(0xFFFFFFFF)
        if left >= np.uint64(n) or left >= np.uint64(0x100000000 - n) % np.uint64(n):
            return np.int64(product >> np.uint64(32)), drawn
    return 0, drawn + 1


@kernel(nogil=True, inline="always")
def _up_to(most, mask, raw, drawn):  # type: ignore[no-untyped-def]
    """Draw an integer of 0 to most in the same way, by rejection under a mask (of as many bits as most)."""
    while drawn < 2 * raw.shape[0]:
        half = np.int64(raw[drawn >> 1] >> np.uint64(32 * (drawn & 1))) & mask
        drawn += 1
        if half <= most:
            return half, drawn
    return 0, drawn + 1


@kernel(nogil=True)
def _shuffle_run(codes, raw, drawn, order, out):  # type: ignore[no-untyped-def]
    """Shuffle one run of bases (codes 0 to 3): a uniform Euler path with its dinucleotides."""
    size = codes.shape[0]
    if size < 4:
        for i in range(size):
            out[i] = codes[i]
        return drawn
    first = np.zeros(5, np.int64)
    for i in range(size - 1):
        first[codes[i] + 1] += 1
    for base in range(4):
        first[base + 1] += first[base]
    at = first[:4].copy()
    for i in range(size - 1):  # successors of each base, in their order
        order[at[codes[i]]] = codes[i + 1]
        at[codes[i]] += 1
    end = np.int64(codes[size - 1])
    last = np.full(4, -1, np.int64)
    reached = False
    while not reached:  # last successors, until they lead from every base to the end (Kandel et al. 1996)
        for base in range(4):
            if base != end and first[base + 1] > first[base]:
                chosen, drawn = _below(first[base + 1] - first[base], raw, drawn)
                last[base] = order[first[base] + chosen]
        if drawn > 2 * raw.shape[0]:
            return drawn
        reached = True
        for base in range(4):
            to = np.int64(base)
            for _ in range(4):
                to = last[to] if to != end and last[to] >= 0 else to
            reached &= to == end or last[base] < 0
    for base in range(4):
        stop = first[base + 1]
        if last[base] >= 0:
            stop -= 1
            i = first[base]
            while order[i] != last[base]:
                i += 1
            for j in range(i, stop):
                order[j] = order[j + 1]
            order[stop] = last[base]
        mask = np.int64(1)
        while mask < stop - 1 - first[base]:
            mask = 2 * mask + 1
        for i in range(stop - 1 - first[base], 0, -1):
            mask = mask >> 1 if i <= mask >> 1 else mask
            other, drawn = _up_to(i, mask, raw, drawn)
            here, there = first[base] + i, first[base] + other
            order[here], order[there] = order[there], order[here]
    for base in range(4):
        at[base] = first[base]
    following = codes[0]
    out[0] = following
    for i in range(1, size):
        base = following
        following = order[at[base]]
        at[base] += 1
        out[i] = following
    return drawn


@kernel(nogil=True)
def _shuffle(codes, raw, out):  # type: ignore[no-untyped-def]
    """Shuffle every run of bases; whether there were enough raw numbers."""
    order = np.empty(codes.shape[0], np.uint8)
    size, drawn, start = codes.shape[0], np.int64(0), 0
    while start < size:
        end = start
        while end < size and codes[end] < NOT_BASE:
            end += 1
        if end > start:
            drawn = _shuffle_run(codes[start:end], raw, drawn, order, out[start:end])
        start = end + 1
    return drawn <= 2 * raw.shape[0]


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
    Random numbers are the raw ones of PCG64, which no version of NumPy changes.
    """
    letters_ = np.frombuffer(letters, np.uint8)
    codes = CODE[letters_]
    mixed = codes.copy()
    key = [seed, zlib.crc32(name.encode()), start, len(letters)]
    numbers = 4 * len(letters) // 5 + 64  # draws of 32 bits come at 1.4 to 1.5 a letter
    while not _shuffle(codes, np.random.PCG64(key).random_raw(numbers), mixed):
        numbers *= 2
    out = letters_.copy()
    is_base = codes < NOT_BASE
    plain = np.frombuffer(BASES.encode(), np.uint8)
    out[is_base] = plain[mixed[is_base]] | (letters_[is_base] & 0x20)
    return out.tobytes()
