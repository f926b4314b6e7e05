"""Sentence vectors from k-mer counts: the untrained baseline for the sentence encoder.

Each canonical spaced k-mer adds +1 or -1 to one dimension, both chosen by a hash (feature hashing, Weinberger
et al. 2009); the sum is normalised to unit length.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.errors import OptionError
from genomebook.language.alphabet import CODE, NOT_BASE

SHAPE = "11011011"
"""Spaced k-mer: the best of 13 shapes of weight 5 to 10 on chromosome 22 at 10 % mutation."""

WIDTH = 256

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@kernel(nogil=True)
def _hash(key):  # type: ignore[no-untyped-def]
    """Finaliser of SplitMix64 (Steele, Lea, Flood 2014)."""
    key = key + _MIX[0]
    key = (key ^ (key >> np.uint64(30))) * _MIX[1]
    key = (key ^ (key >> np.uint64(27))) * _MIX[2]
    return key ^ (key >> np.uint64(31))


@kernel(nogil=True)
def _add(codes, places, span, out):  # type: ignore[no-untyped-def]
    """Add the k-mers of codes uint8[n], sampled at offsets places int64[k], to out float64[width]."""
    good = 0
    for end in range(codes.shape[0]):
        good = good + 1 if codes[end] < NOT_BASE else 0
        if good < span:
            continue
        forward = backward = np.uint64(0)
        for place in places:
            forward = (forward << np.uint64(2)) | np.uint64(codes[end - span + 1 + place])
            backward = (backward << np.uint64(2)) | np.uint64(3 - codes[end - place])
        key = _hash(min(forward, backward))
        sign = 1.0 if key >> np.uint64(63) else -1.0
        out[np.int64((key & np.uint64(0x7FFFFFFF)) % np.uint64(out.shape[0]))] += sign


@kernel(nogil=True)
def _embed(codes, ends, places, span, out):  # type: ignore[no-untyped-def]
    """Fill out float32[n, width]; sentence i is codes[ends[i - 1]:ends[i]]."""
    at = 0
    sums = np.zeros(out.shape[1], np.float64)
    for i in range(ends.shape[0]):
        sums[:] = 0
        _add(codes[at : ends[i]], places, span, sums)
        size = 0.0
        for value in sums:
            size += value * value
        size = np.sqrt(size) if size > 0 else 1.0
        for d in range(sums.shape[0]):
            out[i, d] = sums[d] / size
        at = ends[i]


class KmerVectors:
    """Sentence encoder that hashes k-mer counts.

    Parameters
    ----------
    width : int
        Dimensions.
    shape : str
        Ones and zeros; begins and ends with 1; at most 31 ones.

    Raises
    ------
    OptionError
        If the shape or the width is invalid.
    """

    def __init__(self, width: int = WIDTH, shape: str = SHAPE) -> None:
        if not shape or {shape[0], shape[-1]} != {"1"} or set(shape) > {"0", "1"} or shape.count("1") > 31:
            raise OptionError(f"shape {shape!r}: give ones and zeros, a one at both ends, at most 31 ones")
        if width < 1:
            raise OptionError(f"width {width}: give 1 or more")
        self.width = width
        self.name = f"kmers-{shape}-{width}"
        self.digest = hashlib.sha256(f"genomebook-kmers-1 {shape} {width}".encode()).hexdigest()
        self._places = np.array([place for place, bit in enumerate(shape) if bit == "1"], np.int64)
        self._span = len(shape)

    def embed(self, letters: Sequence[bytes]) -> NDArray[np.float32]:
        """Embed sentences.

        Parameters
        ----------
        letters : sequence of bytes
            IUPAC codes in either case; k-mers with other letters than A, C, G, T are skipped.

        Returns
        -------
        float32[n, width]
            Unit vectors, equal for reverse complements; zeros if there is no k-mer.
        """
        codes = CODE[np.frombuffer(b"".join(letters), np.uint8)]
        ends = np.cumsum([len(sentence) for sentence in letters], dtype=np.int64)
        out = np.zeros((len(letters), self.width), np.float32)
        _embed(codes, ends, self._places, self._span, out)
        return out
