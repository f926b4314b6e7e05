"""Tables that make exact byte-pair encoding fast: likely words, and which words may stand side by side.

A sequence of words is the byte-pair encoding of its letters if, and only if, every two neighbours are the
encoding of theirs. So the encoder (`genomebook.language.encode`) may guess each word from the letters ahead,
check one bit for the pair it makes with the word after it, and try another where it does not fit: whatever
the order of its guesses, what it ends with is the encoding. A merge list may hold words that no encoding
holds, since their letters merge otherwise; these are left out of the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import prange
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.language.alphabet import BASES, FIRST_WORD
from genomebook.language.vocabulary import Vocabulary

W = 8
"""Letters looked at to guess a word, which is the first word of the encoding of these letters alone: right
for 96 % of words at 600 merges and 82 % at 4,096. Ten letters make it 99 and 92 %, but no faster: the table
leaves the cache."""

WALK = 2**16 - 1
"""Guess that stands for: words longer than `W` begin here, walk the tree."""


class Tables(NamedTuple):
    """What the encoder looks up; w = number of words, ids shifted so that the first word is 0.

    Attributes
    ----------
    lengths : uint8[w]
        Letters of each word.
    shorter : int32[w]
        Longest proper prefix of a word that is a word, -1 for single letters.
    guess : uint16[block(W + 1)]
        First word of the encoding of each r-mer, for r = 1 to W, one block per r; `WALK` among the last.
    child : int32[m, 4]
        Next node of the prefix tree by base, -1 when none; node 0 is the root.
    word_at : int32[m]
        Word that ends at a node, -1 when none.
    left_class, right_class : uint16[w]
        Words that may be followed by the same words, and words that may follow the same words, share a class.
    follows : uint64[left classes, ceil(right classes / 64)]
        Bit b of row a: words of right class b may follow words of left class a.
    """

    lengths: NDArray[np.uint8]
    shorter: NDArray[np.int32]
    guess: NDArray[np.uint16]
    child: NDArray[np.int32]
    word_at: NDArray[np.int32]
    left_class: NDArray[np.uint16]
    right_class: NDArray[np.uint16]
    follows: NDArray[np.uint64]


def block(r: int) -> int:
    """Offset of the block of r-mers in ``Tables.guess``: 0, 4, 20, ..."""
    return int(4**r - 4) // 3


def _prefix_tree(words: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Tree of the words (no word is empty: an empty one is left out)."""
    child: list[list[int]] = [[-1] * 4]
    word_at = [-1]
    for number, word in enumerate(words):
        if not word:
            continue
        node = 0
        for letter in word:
            base = BASES.index(letter)
            if child[node][base] < 0:
                child[node][base] = len(child)
                child.append([-1] * 4)
                word_at.append(-1)
            node = child[node][base]
        word_at[node] = number
    return np.array(child, np.int32), np.array(word_at, np.int32)


@kernel()
def _guesses(child, word_at, left_class, right_class, follows, size):  # type: ignore[no-untyped-def]
    """First word of every r-mer: the prefix that is all of it, or that its rest's first word may follow."""
    guess = np.zeros(size, np.uint16)
    for r in range(1, W + 1):
        at = ((1 << (2 * r)) - 4) // 3
        for kmer in range(1 << (2 * r)):
            node = 0
            for i in range(r):
                node = child[node, (kmer >> (2 * (r - 1 - i))) & 3]
                if node < 0:
                    break
                word = word_at[node]
                if word < 0:
                    continue
                rest = r - 1 - i
                if rest > 0:
                    then = guess[((1 << (2 * rest)) - 4) // 3 + (kmer & ((1 << (2 * rest)) - 1))]
                    b = right_class[then]
                    if (follows[left_class[word], b >> 6] >> np.uint64(b & 63)) & np.uint64(1) == 0:
                        continue
                guess[at + kmer] = word
                break
    at = ((1 << (2 * W)) - 4) // 3
    for kmer in range(1 << (2 * W)):
        node = 0
        for i in range(W):
            node = child[node, (kmer >> (2 * (W - 1 - i))) & 3]
            if node < 0:
                break
        for base in range(4):
            if node >= 0 and child[node, base] >= 0:
                guess[at + kmer] = WALK
    return guess


def _classes(rows: NDArray[np.uint8]) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Number equal rows of bits alike: the class of each row, and one row of each class."""
    seen: dict[bytes, int] = {}
    packed = np.packbits(rows, axis=1)
    member = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in packed], np.uint16)
    return member, np.unique(member, return_index=True)[1]


@kernel()
def _slot(left, right, mask):  # type: ignore[no-untyped-def]
    key = (np.uint64(left) << np.uint64(20)) | np.uint64(right)
    return (key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40) & mask


@kernel()
def _pair_table(left, right, first, size):  # type: ignore[no-untyped-def]
    """Open-addressed hash of merges: keys (left, right) packed, values the rank of the merge."""
    mask = np.uint64(size - 1)
    keys = np.full(size, -1, np.int64)
    values = np.zeros(size, np.int32)
    for i in range(left.shape[0]):
        slot = _slot(left[i], right[i], mask)
        while keys[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        keys[slot] = np.int64(left[i]) << 20 | np.int64(right[i])
        values[slot] = first + i
    return keys, values


@kernel()
def _may_follow(a, b, left, right, keys, values, none):  # type: ignore[no-untyped-def]
    """Undo the merges of a and b from the latest back; fail when the border would have merged earlier.

    At any moment x ends a's part and y begins b's. Merge number r = id of the word it makes. x and y would
    have merged if a merge (x, y) exists whose number comes before the merges that swallowed x and y. Equal
    numbers can only be runs of one word, where the leftmost pair merges first: a tie on the left side (x was
    swallowed by its own left neighbour) keeps the border, a tie on the right breaks it.
    """
    mask = np.uint64(keys.shape[0] - 1)
    x, y = a, b
    x_gone, y_gone = none, none
    while True:
        slot = _slot(x, y, mask)
        key = np.int64(x) << 20 | np.int64(y)
        while keys[slot] >= 0:
            if keys[slot] == key:
                if values[slot] < x_gone and values[slot] <= y_gone:
                    return False
                break
            slot = (slot + np.uint64(1)) & mask
        if left[x] < 0 and left[y] < 0:
            return True
        if x >= y:
            x_gone = x
            x = right[x]
        else:
            y_gone = y
            y = left[y]


@kernel(parallel=True)
def _pairs(left, right, keys, values, possible):  # type: ignore[no-untyped-def]
    w = left.shape[0]
    allowed = np.zeros((w, w), np.uint8)
    for a in prange(w):
        for b in range(w):
            if possible[a] and possible[b]:
                allowed[a, b] = _may_follow(np.int64(a), np.int64(b), left, right, keys, values, np.int64(w))
    return allowed


@kernel()
def _possible(left, right, keys, values):  # type: ignore[no-untyped-def]
    """Which words their letters make: both parts do, and nothing merges over their border before."""
    possible = np.ones(left.shape[0], np.uint8)
    for w in range(left.shape[0]):
        if left[w] >= 0:
            a, b = np.int64(left[w]), np.int64(right[w])
            alone = _may_follow(a, b, left, right, keys, values, np.int64(w))
            possible[w] = possible[a] and possible[b] and alone
    return possible


def may_follow(vocabulary: Vocabulary) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Which words occur in encodings, and which pairs are the encoding of their letters.

    Returns
    -------
    possible : uint8[w]
        1 for words that are the encoding of their letters; w words, first word 0.
    allowed : uint8[w, w]
        1 at (a, b) when the encoding of a's letters and b's is a, b.
    """
    parts = vocabulary.parts[FIRST_WORD:]
    left, right = (np.maximum(parts[:, side] - FIRST_WORD, -1).astype(np.int32) for side in (0, 1))
    size = 1 << (4 * len(parts)).bit_length()
    keys, values = _pair_table(left[len(BASES) :], right[len(BASES) :], len(BASES), size)
    possible = _possible(left, right, keys, values)
    return possible, _pairs(left, right, keys, values, possible)


def make_tables(vocabulary: Vocabulary) -> Tables:
    """Build the encoder's tables for a vocabulary.

    Parameters
    ----------
    vocabulary : Vocabulary
        Any; 4,096 merges take about a second and 3 MB.

    Returns
    -------
    Tables
        All shapes and dtypes there.
    """
    possible, allowed = may_follow(vocabulary)
    words = [word if can else "" for word, can in zip(vocabulary.words[FIRST_WORD:], possible, strict=True)]
    child, word_at = _prefix_tree(words)
    ids = {word: i for i, word in enumerate(words)}
    shorter = [
        next((ids[word[:n]] for n in range(len(word) - 1, 0, -1) if word[:n] in ids), -1) for word in words
    ]
    left_class, rows = _classes(allowed)
    right_class, columns = _classes(np.ascontiguousarray(allowed.T))
    bits = np.zeros((len(rows), -(-len(columns) // 64) * 64), np.uint8)
    bits[:, : len(columns)] = allowed[np.ix_(rows, columns)]
    follows = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
    return Tables(
        lengths=vocabulary.lengths[FIRST_WORD:],
        shorter=np.array(shorter, np.int32),
        guess=_guesses(child, word_at, left_class, right_class, follows, block(W + 1)),
        child=child,
        word_at=word_at,
        left_class=left_class,
        right_class=right_class,
        follows=follows,
    )
