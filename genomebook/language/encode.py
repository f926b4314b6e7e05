"""Exact BPE tokenizer and decoder.

`encode` maps gaps and ambiguous letters to reserved ids, cuts every run of bases (`genomebook.language.cuts`)
and tokenizes each piece by byte-pair encoding, from its end: the first word at a position is the only prefix
compatible with the first word of the rest. Only positions reached by a guess are visited; see
`genomebook.language.merges` for why this is exact.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.errors import FastaError, VocabularyError
from genomebook.language.alphabet import CODE, FIRST_WORD, GAP, INVALID, NOT_BASE
from genomebook.language.cuts import MAX_PIECE, K, cut_table, next_cut
from genomebook.language.merges import WALK, Tables, W, make_tables
from genomebook.language.vocabulary import Vocabulary

SHARD = 4_000_000
"""Default shard size in letters; the words do not depend on it."""

_HALF = K // 2
_N = ord("N")


@kernel(nogil=True)
def _longest(i, b, base, child, word_at):  # type: ignore[no-untyped-def]
    """Longest word at i that ends at or before b."""
    word = np.int64(-1)
    node = np.int64(0)
    for j in range(i, b):
        node = np.int64(child[node, base[j]])
        if node < 0:
            break
        if word_at[node] >= 0:
            word = np.int64(word_at[node])
    return word


@kernel(nogil=True, inline="always")
def _guess(i, b, kmers, base, guess, child, word_at):  # type: ignore[no-untyped-def]
    """Most likely word at i; the piece ends at b."""
    rest = min(b - i, W)
    word = np.int64(guess[((1 << (2 * rest)) - 4) // 3 + (np.int64(kmers[i]) >> (2 * (W - rest)))])
    if word == WALK:
        word = _longest(i, b, base, child, word_at)
    return word


@kernel(nogil=True)
def _other(word, i, b, kmers, base, guess, child, word_at, shorter):  # type: ignore[no-untyped-def]
    """Next candidate at i after ``word`` failed: the guess first, then the longest; -1 if exhausted."""
    guessed = _guess(i, b, kmers, base, guess, child, word_at)
    word = _longest(i, b, base, child, word_at) if word == guessed else np.int64(shorter[word])
    return np.int64(shorter[word]) if word == guessed else word


@kernel(nogil=True)
def _tokenize_run(base, before, after, kmers, tables, cuts, first, todo, out, n):  # type: ignore[no-untyped-def]
    """Tokenize a run of bases except ``before`` bases at its start and ``after`` at its end (other shards).

    ``first[i - a]`` becomes the first word of the encoding of [i, b), the piece from i on; ``todo`` is the
    stack of unresolved positions. Both are int64[MAX_PIECE + 1].
    """
    lengths, shorter, guess, child, word_at, left_class, right_class, follows = tables
    m = base.shape[0]
    kmer = np.int64(0)
    for i in range(m - 1, -1, -1):
        kmer = (np.int64(base[i]) << (2 * W - 2)) | (kmer >> 2)
        kmers[i] = kmer
    a = before
    stop = m - after
    for b in range(before + 1, stop + 1):
        cut = b == stop or b - a == MAX_PIECE
        if not cut and _HALF <= b <= m - _HALF:
            cut = cuts[kmers[b - _HALF] >> (2 * (W - K))] != 0
        if not cut:
            continue
        for i in range(b - a):
            first[i] = -1
        i = a
        depth = 0
        word = _guess(i, b, kmers, base, guess, child, word_at)
        while True:
            then = i + np.int64(lengths[word])
            if b - i >= W and then < b:
                if first[then - a] < 0:
                    first[i - a] = -2 - word
                    todo[depth] = i
                    depth += 1
                    i = then
                    word = _guess(i, b, kmers, base, guess, child, word_at)
                    continue
                right = right_class[first[then - a]]
                if (follows[left_class[word], right >> 6] >> np.uint64(right & 63)) & np.uint64(1) == 0:
                    word = _other(word, i, b, kmers, base, guess, child, word_at, shorter)
                    continue
            first[i - a] = word
            if depth == 0:
                break
            depth -= 1
            i = todo[depth]
            word = -2 - first[i - a]
        i = a
        while i < b:
            word = first[i - a]
            if word < 0:
                word = _guess(i, b, kmers, base, guess, child, word_at)
            out[n] = word + FIRST_WORD
            n += 1
            i += np.int64(lengths[word])
        a = b
    return n


@kernel(nogil=True)
def _encode(letters, start, end, code, cuts, tables, out):  # type: ignore[no-untyped-def]
    """Tokenize letters[start:end]; return the number of ids and the first invalid position, or -1."""
    size = letters.shape[0]
    base = np.empty(end - start + K, np.uint8)
    kmers = np.empty(end - start + K, np.uint32)
    first = np.empty(MAX_PIECE + 1, np.int64)
    todo = np.empty(MAX_PIECE + 1, np.int64)
    n = np.int64(0)  # not a literal, for which `_tokenize_run` would be compiled twice
    i = start
    while i < end:
        c = code[letters[i]]
        if c == INVALID:
            return n, i
        if c == NOT_BASE:
            while i < end and code[letters[i]] == NOT_BASE:
                i += 1
            out[n] = GAP
            n += 1
        elif c > NOT_BASE:
            out[n] = c - NOT_BASE
            n += 1
            i += 1
        else:
            before = _HALF if i == start and start > 0 else 0
            stop = min(size, end + _HALF)
            begin = i - before
            i = begin
            while i < stop:
                c = code[letters[i]]
                if c >= NOT_BASE:
                    break
                base[i - begin] = c
                i += 1
            after = max(0, i - end)
            n = _tokenize_run(base[: i - begin], before, after, kmers, tables, cuts, first, todo, out, n)
    return n, -1


@kernel(nogil=True)
def _decode(ids, offsets, letters, gaps, out):  # type: ignore[no-untyped-def]
    """Write the letters of ids to out; return the number of letters and gaps."""
    at = 0
    gap = 0
    for word in ids:
        if word == GAP:
            out[at : at + gaps[gap]] = _N
            at += gaps[gap]
            gap += 1
        else:
            for k in range(offsets[word], offsets[word + 1]):
                out[at] = letters[k]
                at += 1
    return at, gap


class Encoder:
    """Tokenizer of a vocabulary.

    Parameters
    ----------
    vocabulary : Vocabulary
        Vocabulary; building the tables takes about a second for 4,096 merges.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.tables: Tables = make_tables(vocabulary)
        self._cuts = cut_table()

    def encode(
        self, letters: NDArray[np.uint8], start: int = 0, end: int | None = None
    ) -> NDArray[np.uint16]:
        """Tokenize a volume or a shard of it.

        Parameters
        ----------
        letters : uint8[n]
            ASCII letters of the whole volume (a memory map will do), either case.
        start, end : int
            0-based half-open share; each is 0, n or a hash cut (`shards` gives such shares).

        Returns
        -------
        uint16[m]
            Ids: 0 for a run of N, 1 to 11 for one ambiguous letter, words from ``FIRST_WORD``.

        Raises
        ------
        FastaError
            At a letter that is not an IUPAC nucleotide code.
        """
        end = len(letters) if end is None else end
        out = np.empty(max(end - start, 0), np.uint16)
        n, wrong = _encode(letters, start, end, CODE, self._cuts, self.tables, out)
        if wrong >= 0:
            raise FastaError(
                f"letter {chr(letters[wrong])!r} at position {wrong + 1} is not a nucleotide; remove it"
            )
        return out[:n].copy()

    def shards(self, letters: NDArray[np.uint8], size: int = SHARD) -> Iterator[tuple[int, int]]:
        """Divide a volume into shards at hash cuts; yields (start, end), 0-based half-open."""
        start = 0
        while start < len(letters):
            end = len(letters)
            if start + size < end:
                end = int(next_cut(letters, start + size, CODE, self._cuts))
            yield start, end
            start = end

    def decode(self, ids: NDArray[np.uint16], gaps: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Decode ids to upper-case letters.

        Parameters
        ----------
        ids : uint16[m]
            Ids as `encode` gives them.
        gaps : int64[g]
            Length in letters of each gap among them, in order.

        Returns
        -------
        uint8[n]
            ASCII letters.

        Raises
        ------
        VocabularyError
            When an id is outside the vocabulary or the gaps are not as many as the ids say.
        """
        return decode(self.vocabulary, ids, gaps)


def decode(vocabulary: Vocabulary, ids: NDArray[np.uint16], gaps: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Decode ids; see `Encoder.decode`, whose tables this does not need."""
    if len(ids) and int(ids.max()) >= len(vocabulary):
        raise VocabularyError(
            f"word id {int(ids.max())} is not in {vocabulary.name}; the words are damaged, rebuild the book"
        )
    n_gaps = int((ids == GAP).sum())
    if n_gaps != len(gaps):
        raise VocabularyError(f"{n_gaps} gaps among the words but {len(gaps)} lengths; rebuild the book")
    offsets, letters = vocabulary.flat_words
    total = int(vocabulary.lengths[ids].sum(dtype=np.int64) + gaps.sum())
    out = np.empty(total, np.uint8)
    _decode(ids, offsets, letters, gaps, out)
    return out
