"""Logistic regression on the words of a sequence: k-mers, contiguous or with gaps, by position if wanted.

A word is a mask of letters that count: ``111111`` is a 6-mer, ``110011`` reads four letters of six. Gapped
words are those of Ghandi et al. (2014), Enhanced regulatory sequence prediction using gapped k-mer features,
PLoS Comput. Biol. 10: e1003711. The features of a sequence are the counts of its words in each of some equal
parts of it, transformed; one table of weights turns them into scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.tasks.rules.base import JoinedSequences, PackedRule, joined_sequences, linear

Weighting = Literal["binary", "count", "log", "tf-idf"]
_WEIGHTINGS = ("binary", "count", "log", "tf-idf")


Mask = Annotated[str, msgspec.Meta(pattern=r"^(?=.{1,24}\Z)1(0*1){0,7}\Z")]
"""At most 8 letters that count: a table has 4 to that power of weights."""


_LOGARITHMS = np.log1p(np.arange(64, dtype=np.float32))
"""Of 1 + each small count."""


class WordShape(msgspec.Struct, frozen=True):
    """Which words are counted, and how.

    Attributes
    ----------
    masks : tuple of str
        ``1`` for a letter that counts, ``0`` for one that does not; palindromes where both strands count.
    both_strands : bool
        A word and its reverse complement are one.
    bins : int
        Equal parts of the sequence that are counted apart.
    weighting : str
        What becomes of a count: 1, the count, log(1 + count), or that times the inverse document frequency;
        all but "count" are brought to unit length a sequence.
    """

    masks: tuple[Mask, ...]
    both_strands: bool = True
    bins: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    weighting: Weighting = "log"


class _Layout(NamedTuple):
    """Masks as arrays for the kernel.

    Attributes
    ----------
    offsets : int64[letters that count, of all masks]
    borders : int64[masks + 1]
        Where the offsets of each mask lie.
    spans : int64[masks]
        Letters from the first to the last.
    numbers : int32[words, of all masks]
        Feature of each word, 0 upwards over all masks.
    firsts : int64[masks]
        Where the words of each mask lie in ``numbers``.
    features : int
        Of one bin.
    """

    offsets: NDArray[np.int64]
    borders: NDArray[np.int64]
    spans: NDArray[np.int64]
    numbers: NDArray[np.int32]
    firsts: NDArray[np.int64]
    features: int


def _layout(shape: WordShape) -> _Layout:
    offsets: list[int] = []
    borders, firsts, numbers = [0], [], []
    features = at = 0
    for mask in shape.masks:
        counting = [i for i, letter in enumerate(mask) if letter == "1"]
        offsets += counting
        borders.append(len(offsets))
        words = np.arange(4 ** len(counting))
        if shape.both_strands:
            words = np.minimum(words, _reverse_complements(len(counting)))
        kinds, number = np.unique(words, return_inverse=True)
        numbers.append(number + features)
        firsts.append(at)
        features, at = features + len(kinds), at + len(number)
    return _Layout(
        np.array(offsets),
        np.array(borders),
        np.array([len(mask) for mask in shape.masks]),
        np.concatenate(numbers).astype(np.int32),
        np.array(firsts),
        features,
    )


def _reverse_complements(letters: int) -> NDArray[np.int64]:
    """Number of the reverse complement of each word, its first letter being the highest digit."""
    words = np.arange(4**letters)
    turned = np.zeros_like(words)
    for place in range(letters):
        turned = turned * 4 + (3 - (words >> (2 * place)) % 4)
    return turned


@kernel(nogil=True, inline="always")
def _count(codes, offsets, borders, spans, numbers, firsts, features, bins, counts, seen):  # type: ignore[no-untyped-def]
    """Count words: counts int32[features * bins] (zero before), seen takes the features with a count."""
    kinds = 0
    for m in range(spans.shape[0]):
        places = codes.shape[0] - spans[m] + 1
        letters = borders[m + 1] - borders[m]
        contiguous = letters == spans[m]
        word, good = 0, 0
        for i in range(places if not contiguous else codes.shape[0]):
            if contiguous:  # one letter enters at the right, one leaves at the left
                word = ((word << 2) | (codes[i] & 3)) & ((1 << (2 * letters)) - 1)
                good = good + 1 if codes[i] < 4 else 0
            else:
                word, good = 0, letters
                for j in range(borders[m], borders[m + 1]):
                    code = codes[i + offsets[j]]
                    word = (word << 2) | (code & 3)
                    good = 0 if code > 3 else good
            if good >= letters:
                place = i - spans[m] + 1 if contiguous else i
                feature = numbers[firsts[m] + word]
                if bins > 1:
                    feature += features * (place * bins // places)
                if counts[feature] == 0:
                    seen[kinds] = feature
                    kinds += 1
                counts[feature] += 1
    return kinds


@kernel(nogil=True, inline="always")
def _value(count, weighting, scale):  # type: ignore[no-untyped-def]
    """What becomes of a count; ``weighting`` is its place in `_WEIGHTINGS`."""
    if weighting == 0:
        return np.float32(1)
    if weighting == 1:
        return np.float32(count)
    if count < _LOGARITHMS.shape[0]:
        return _LOGARITHMS[count] * scale
    return np.float32(np.log1p(np.float32(count))) * scale


@kernel(nogil=True)
def _score(codes, starts, ends, layout, bins, weighting, scale, table, bias, out):  # type: ignore[no-untyped-def]
    """Scores of sequences: out float32[n, columns of the table]."""
    offsets, borders, spans, numbers, firsts, features = layout
    counts = np.zeros(features * bins, np.int32)
    seen = np.empty(features * bins, np.int32)
    sums = np.empty(table.shape[1], np.float32)
    for n in range(starts.shape[0]):
        kinds = _count(
            codes[starts[n] : ends[n]], offsets, borders, spans, numbers, firsts, features, bins, counts, seen
        )
        sums[:] = 0
        squares = np.float32(0)
        for k in range(kinds):
            feature = seen[k]
            value = _value(counts[feature], weighting, scale[feature] if weighting == 3 else np.float32(1))
            counts[feature] = 0
            squares += value * value
            for c in range(sums.shape[0]):
                sums[c] += value * table[feature, c]
        size = np.sqrt(squares) if weighting != 1 and squares > 0 else np.float32(1)
        for c in range(sums.shape[0]):
            out[n, c] = sums[c] / size + bias[c]


@kernel(nogil=True)
def _rows(codes, starts, ends, layout, bins, weighting, scale, first, columns, values):  # type: ignore[no-untyped-def]
    """Features of sequences as rows of a sparse matrix; returns how many entries were written."""
    offsets, borders, spans, numbers, firsts, features = layout
    counts = np.zeros(features * bins, np.int32)
    seen = np.empty(features * bins, np.int32)
    at = 0
    for n in range(starts.shape[0]):
        kinds = _count(
            codes[starts[n] : ends[n]], offsets, borders, spans, numbers, firsts, features, bins, counts, seen
        )
        squares = np.float32(0)
        for k in range(kinds):
            feature = seen[k]
            value = _value(counts[feature], weighting, scale[feature] if weighting == 3 else np.float32(1))
            counts[feature] = 0
            squares += value * value
            columns[at + k], values[at + k] = feature, value
        size = np.sqrt(squares) if weighting != 1 and squares > 0 else np.float32(1)
        for k in range(kinds):
            values[at + k] /= size
        at += kinds
        first[n + 1] = at
    return at


class WordCounter:
    """Counts the words of a shape.

    Parameters
    ----------
    shape : WordShape
        Which words.
    scale : float32[features], optional
        Inverse document frequencies, for "tf-idf".

    Attributes
    ----------
    features : int
        Of a sequence, over all bins.
    """

    def __init__(self, shape: WordShape, scale: NDArray[Any] | None = None) -> None:
        self.shape = shape
        self._layout = _layout(shape)
        self.features = self._layout.features * shape.bins
        self.scale = np.ones(0, np.float32) if scale is None else np.asarray(scale, np.float32)
        self._weighting = _WEIGHTINGS.index(shape.weighting)

    def rows(
        self, sequences: Sequence[str]
    ) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.int64]]:
        """Features as the three arrays of a sparse matrix by rows: values, columns, where each row begins."""
        letters = joined_sequences(sequences)
        room = int(np.maximum(letters.ends - letters.starts, 1).sum()) * len(self.shape.masks)
        columns, values = np.empty(room, np.int32), np.empty(room, np.float32)
        first = np.zeros(len(sequences) + 1, np.int64)
        entries = _rows(*letters, self._layout, *self._how(), first, columns, values)
        return values[:entries], columns[:entries], first

    def scores(
        self, letters: JoinedSequences, table: NDArray[Any], bias: NDArray[Any]
    ) -> NDArray[np.float32]:
        """Features times a table float32[features, columns], plus a bias: float32[n, columns]."""
        out = np.empty((len(letters.starts), table.shape[1]), np.float32)
        _score(*letters, self._layout, *self._how(), table, bias, out)
        return out

    def _how(self) -> tuple[int, int, NDArray[np.float32]]:
        return self.shape.bins, self._weighting, self.scale


class KmerRule:
    """Logistic regression on words.

    Parameters
    ----------
    shape : WordShape
        Which words.
    table : float[features, 1 or labels]
        Weights: of the second of two labels, or of each label.
    bias : float[1 or labels]
    scale : float[features], optional
        Inverse document frequencies, for "tf-idf".
    """

    def __init__(
        self, shape: WordShape, table: NDArray[Any], bias: NDArray[Any], scale: NDArray[Any] | None = None
    ) -> None:
        self.name = "gapped k-mers" if any("0" in mask for mask in shape.masks) else "k-mers"
        self._counter = WordCounter(shape, scale)
        self._table = np.ascontiguousarray(table, np.float32)
        self._bias = np.asarray(bias, np.float32)
        scales = self._counter.features if shape.weighting == "tf-idf" else 0
        if len(self._table) != self._counter.features or len(self._counter.scale) != scales:
            raise ValueError("a weight is needed for each word")

    def logits(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Log-odds of sequences: float32[n, labels]."""
        return linear(self._counter.scores(joined_sequences(sequences), self._table, self._bias))

    def pack(self) -> PackedRule:
        """Settings and arrays, the weights in half precision."""
        tensors: dict[str, NDArray[Any]] = {"table": self._table.astype(np.float16), "bias": self._bias}
        if len(self._counter.scale):
            tensors["scale"] = self._counter.scale.astype(np.float16)
        return PackedRule(msgspec.to_builtins(self._counter.shape), tensors)

    @classmethod
    def unpack(cls, packed: PackedRule) -> KmerRule:
        """Make the rule of a file."""
        shape = msgspec.convert(packed.settings, WordShape)
        return cls(shape, packed.tensors["table"], packed.tensors["bias"], packed.tensors.get("scale"))
