"""Content-defined cuts: divide a sequence into the pieces within which it is tokenized.

A position is a cut if the hash of the 8-mer around it is below a threshold. So a passage is cut alike
wherever it occurs, independent of file, window or shard boundaries. The hash is of the canonical 8-mer, so
both strands are cut at the same positions. A piece without a cut (low complexity) ends after `MAX_PIECE`
bases.

This is content-defined chunking (LBFS: Muthitacharoen et al., SOSP 2001) with a k-mer hash, as in minimizer
sketches, in place of a rolling fingerprint.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel

K = 8
ONE_IN = 48
MAX_PIECE = 256
SCHEME = f"canonical-{K}mer-1/{ONE_IN}-max{MAX_PIECE}-v1"
"""Name of the cutting rule, recorded in vocabularies and books."""


def mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash 64-bit integers (finaliser of SplitMix64, Steele et al. 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = x ^ (x >> np.uint64(31))
    return mixed


def cut_table() -> NDArray[np.uint8]:
    """Whether each 8-mer has a cut at its middle.

    Returns
    -------
    uint8[65536]
        1 where the canonical 8-mer hashes below 1 in `ONE_IN`. The first base is in the highest bits, A, C,
        G, T are 0 to 3. Mono- and dinucleotide repeats are never cut, or they would break into single bases.
    """
    codes = np.arange(4**K, dtype=np.uint64)
    letters = [(codes >> np.uint64(2 * (K - 1 - i))) & np.uint64(3) for i in range(K)]
    reverse = np.zeros_like(codes)
    for letter in reversed(letters):
        reverse = (reverse << np.uint64(2)) | (np.uint64(3) - letter)
    with np.errstate(over="ignore"):
        hashes = mix(np.minimum(codes, reverse) + np.uint64(0x9E3779B97F4A7C15))
    repeat = np.all([letters[i] == letters[i + 2] for i in range(K - 2)], axis=0)
    threshold = np.uint64((1 << 64) // ONE_IN)
    table: NDArray[np.uint8] = ((hashes < threshold) & ~repeat).astype(np.uint8)
    return table


@kernel(nogil=True)
def next_cut(letters, start, code, table):  # type: ignore[no-untyped-def]
    """Find the first hash cut at or after a position.

    Parameters
    ----------
    letters : uint8[n]
        Letters of a volume, either case.
    start : int
        0-based position to begin from.
    code : uint8[256]
        `genomebook.language.alphabet.CODE`.
    table : uint8[65536]
        `cut_table()`.

    Returns
    -------
    int
        Position of the cut, or n if there is none. Ends forced by `MAX_PIECE` do not count.
    """
    n = letters.shape[0]
    half = K // 2
    run = 0
    kmer = 0
    for q in range(max(0, start - half), n):
        c = code[letters[q]]
        if c < 4:
            run += 1
            kmer = ((kmer << 2) | c) & 0xFFFF
            p = q - half + 1
            if run >= K and p >= start and table[kmer]:
                return p
        else:
            run = 0
    return n
