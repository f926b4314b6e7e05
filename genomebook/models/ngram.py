"""The statistical reader: an interpolated bigram model of words.

It needs only counting: the default for very large inputs, and the control that neural readers have to beat.
Probabilities use interpolated absolute discounting with Kneser-Ney continuation counts (Ney, Essen and Kneser
1994): p(w | v) = max(c(v, w) - D, 0) / c(v) + D n(v) / c(v) q(w), where n(v) is the number of words seen
after v and q(w) the share of distinct word pairs that end in w, mixed with a uniform floor. It gives

- the surprisal of each word, -log2 p(w | v), and
- the boundary strength between two words: the sum of surprisal, forward branching entropy of v and backward
  branching entropy of w (Harris 1955; Jin and Tanaka-Ishii 2006), each standardised over the counted pairs.

Both depend on the two words alone, so a passage is scored alike wherever it stands.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from genomebook.book.schema import STRENGTH_UNIT, SURPRISAL_UNIT
from genomebook.compiled import kernel
from genomebook.errors import ReaderError
from genomebook.files.atomic import aside
from genomebook.language.alphabet import FIRST_WORD
from genomebook.language.vocabulary import Vocabulary, load_vocabulary

T = TypeVar("T", np.int8, np.uint8)

FORMAT = "genomebook-ngram-1"
DISCOUNT = 0.75
FLOOR = 0.02
"""Share of the uniform distribution in q."""

MAX_IDS = 8192
"""Largest vocabulary: the score tables hold two bytes for each pair of words."""


@kernel(nogil=True)
def _count(ids, previous, counts):  # type: ignore[no-untyped-def]
    for word in ids:
        if previous >= 0 and previous != 0 and word != 0:
            counts[previous, word] += 1
        previous = word
    return previous


@kernel(nogil=True)
def _look_up(ids, before, after, surprisals, strengths, surprisal, strength):  # type: ignore[no-untyped-def]
    for word in range(ids.shape[0]):
        here = ids[word]
        surprisal[word] = surprisals[before, here]
        strength[word] = strengths[here, ids[word + 1] if word + 1 < ids.shape[0] else after]
        before = here


class _InterpolatedBigrams(NamedTuple):
    """The interpolated model, sparse: p(w | v) = share[v] q[w], plus ``extra`` for each counted pair.

    Attributes
    ----------
    left, right : int64[k]
        The counted pairs, sorted.
    weight, extra : float64[k]
        Share of all counted pairs; discounted count divided by the count of the left word.
    share, q : float64[n_ids]
        Mass that a left word leaves to words not seen after it; its distribution. 0 for gaps and unused ids.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    weight: NDArray[np.float64]
    extra: NDArray[np.float64]
    share: NDArray[np.float64]
    q: NDArray[np.float64]


def _log2(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm to base 2, with 0 for 0."""
    return np.log2(x, where=x > 0, out=np.zeros_like(x))


def check_size(name: str, n_ids: int) -> None:
    """Raise ReaderError when a vocabulary has more than `MAX_IDS` ids."""
    if n_ids > MAX_IDS:
        raise ReaderError(f"{name}: {n_ids} ids, the n-gram model takes at most {MAX_IDS}; use fewer merges")


@dataclass(frozen=True)
class NgramReader:
    """Counts of neighbouring words, and the scores that follow from them.

    Parameters
    ----------
    name : str
        Such as ``ngram-words-4096``.
    vocabulary_digest : str
        Digest of the vocabulary whose ids were counted.
    counts : uint32[n_ids, n_ids]
        How often the second id followed the first; gaps (id 0) are never counted.
    """

    name: str
    vocabulary_digest: str
    counts: NDArray[np.uint32]

    @classmethod
    def count(
        cls, name: str, vocabulary: Vocabulary, streams: Iterable[Iterable[NDArray[np.uint16]]]
    ) -> NgramReader:
        """Count neighbours in streams of ids: one stream for each volume, in chunks, in order.

        Raises
        ------
        ReaderError
            When the vocabulary is larger than `MAX_IDS` or nothing was counted.
        """
        n = len(vocabulary)
        check_size(vocabulary.name, n)
        counts = np.zeros((n, n), np.uint32)
        for stream in streams:
            previous = -1
            for ids in stream:
                previous = _count(ids, previous, counts)
        if not counts.any():
            raise ReaderError(f"{name}: no two words stand side by side in the sequence; give more sequence")
        return cls(name, vocabulary.digest, counts)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of format, vocabulary and counts."""
        state = hashlib.sha256(f"{FORMAT}\n{self.vocabulary_digest}\n{DISCOUNT}\n{FLOOR}\n".encode())
        state.update(np.ascontiguousarray(self.counts, "<u4").tobytes())
        return state.hexdigest()

    @cached_property
    def _model(self) -> _InterpolatedBigrams:
        n = len(self.counts)
        left, right = np.divmod(np.flatnonzero(self.counts), n)
        counts = self.counts[left, right].astype(np.float64)
        total = np.bincount(left, counts, n)
        leaders = np.bincount(right, minlength=n)
        allowed = np.ones(n, bool)
        allowed[0] = allowed[12:FIRST_WORD] = False
        q = np.where(allowed, (1 - FLOOR) * leaders / leaders.sum() + FLOOR / allowed.sum(), 0)
        share = np.where(total > 0, DISCOUNT * np.bincount(left, minlength=n) / np.maximum(total, 1), 1.0)
        share[0] = 0
        return _InterpolatedBigrams(
            left, right, counts / counts.sum(), (counts - DISCOUNT) / total[left], share, q
        )

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """float32[n_ids, n_ids]: p(column | row); row and column 0 (gaps) are 0. Computed at each call."""
        model = self._model
        p = np.outer(model.share, model.q).astype(np.float32)
        p[model.left, model.right] += model.extra.astype(np.float32)
        return p

    @cached_property
    def tables(self) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
        """Score tables by (left word, right word): surprisal of the right word, and boundary strength.

        Sums run over counted pairs only, in float64, so that the rounded tables are the same on any machine.
        """
        left, right, weight, extra, share, q = self._model
        n = len(share)
        of_left, of_right = (np.bincount(side, weight, n).astype(np.float64) for side in (left, right))
        bits = -_log2(share[left] * q[right] + extra)
        ahead = _standardise(self._entropy_after(), of_left)
        behind = _standardise(self._entropy_before(of_left), of_right)
        mean, spread = _moments(bits, weight)
        z = (bits - mean) / spread + ahead[left] + behind[right]
        z_mean, z_spread = _moments(z, weight)
        unit = z_spread * STRENGTH_UNIT
        rows, columns = (-_log2(share) - mean) / spread + ahead - z_mean, -_log2(q) / spread + behind
        strength = _rounded_sums(rows / unit, columns / unit, np.int8)
        strength[left, right] = np.clip(np.rint((z - z_mean) / unit), -127, 127)
        surprisal = _rounded_sums(-_log2(share) / SURPRISAL_UNIT, -_log2(q) / SURPRISAL_UNIT, np.uint8)
        surprisal[left, right] = np.clip(np.rint(bits / SURPRISAL_UNIT), 0, 255)
        strength[0] = surprisal[0] = 0
        strength[:, q == 0] = surprisal[:, q == 0] = 0
        return surprisal, strength

    def _entropy_after(self) -> NDArray[np.float64]:
        """Branching entropy of the next word, in bits: float64[n_ids]."""
        left, right, _, extra, share, q = self._model
        unseen = share[left] * q[right]
        change = unseen * _log2(unseen) - (unseen + extra) * _log2(unseen + extra)
        entropy: NDArray[np.float64] = -share * (_log2(share) + float((q * _log2(q)).sum()))
        entropy += np.bincount(left, change, len(share))
        return entropy

    def _entropy_before(self, of_left: NDArray[np.float64]) -> NDArray[np.float64]:
        """Branching entropy of the previous word, in bits, given the shares of left words: float64[n_ids]."""
        left, right, _, extra, share, q = self._model
        c = of_left * share
        unseen = c[left] * q[right]
        joint = unseen + of_left[left] * extra
        total = q * c.sum() + np.bincount(right, joint - unseen, len(q))
        sums = q * ((c * _log2(c)).sum() + c.sum() * _log2(q))
        sums += np.bincount(right, joint * _log2(joint) - unseen * _log2(unseen), len(q))
        return np.where(total > 0, _log2(total) - sums / np.where(total > 0, total, 1), 0)

    def score(
        self, ids: NDArray[np.uint16], before: int = 0, after: int = 0
    ) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
        """Score consecutive words.

        Parameters
        ----------
        ids : uint16[m]
            Words.
        before, after : int
            Ids of the words on both sides of them; 0 when there is none.

        Returns
        -------
        surprisal : uint8[m]
            Surprisal of each word given the previous one, in `SURPRISAL_UNIT` bits; 0 after a gap.
        strength : int8[m]
            Strength of the boundary after each word, in `STRENGTH_UNIT` nats; 0 beside a gap.
        """
        surprisal, strength = np.empty(len(ids), np.uint8), np.empty(len(ids), np.int8)
        _look_up(ids, np.uint16(before), np.uint16(after), *self.tables, surprisal, strength)
        return surprisal, strength

    def write(self, path: Path) -> None:
        """Write a sparse safetensors file aside, then rename it; counts above 65,535 are kept apart."""
        first, second = np.nonzero(self.counts)
        values = self.counts[first, second]
        large = np.flatnonzero(values > 0xFFFF)
        tensors: dict[str, NDArray[Any]] = {
            "row_ends": np.cumsum(np.bincount(first, minlength=len(self.counts))).astype(np.uint32),
            "second": second.astype(np.uint16),
            "count": np.minimum(values, 0xFFFF).astype(np.uint16),
            "large": np.stack([large, values[large]]).astype(np.uint32),
        }
        meta = {
            "format": FORMAT,
            "name": self.name,
            "vocabulary": self.vocabulary_digest,
            "digest": self.digest,
        }
        with aside(path) as temporary:
            # one key: safetensors writes several in random order, and equal counts must give equal files
            temporary.write_bytes(save(tensors, metadata={"genomebook": json.dumps(meta, sort_keys=True)}))

    @classmethod
    def open(cls, path: Path, vocabulary: Vocabulary) -> NgramReader:
        """Read a table of counts.

        Raises
        ------
        ReaderError
            When the file is missing, damaged, or was counted with another vocabulary.
        """
        try:
            with safe_open(path, "numpy") as file:
                meta = json.loads((file.metadata() or {}).get("genomebook", "{}"))
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (OSError, ValueError, SafetensorError) as error:
            what = f"not a readable reader file ({error})"
            raise ReaderError(f"{path}: {what}; restore it or count anew") from None
        if not isinstance(meta, dict) or meta.get("format") != FORMAT:
            raise ReaderError(f"{path}: not a {FORMAT} file; count it anew")
        if meta.get("vocabulary") != vocabulary.digest:
            what = f"counted in another vocabulary than {vocabulary.name}"
            raise ReaderError(f"{path}: {what}; use --reader ngram-book")
        counts = _dense(tensors, len(vocabulary))
        reader = None if counts is None else cls(str(meta.get("name")), vocabulary.digest, counts)
        if reader is None or reader.digest != meta.get("digest"):
            raise ReaderError(f"{path}: its counts do not match its digest; restore it or count anew")
        return reader


def _dense(tensors: dict[str, NDArray[Any]], n: int) -> NDArray[np.uint32] | None:
    """Counts of a reader file, uint32[n, n]; None when its tensors do not fit together."""
    if not {"row_ends", "second", "count", "large"} <= tensors.keys():
        return None
    if any(tensor.dtype.kind != "u" for tensor in tensors.values()):
        return None
    second, values, large = tensors["second"], tensors["count"].astype(np.uint32), tensors["large"]
    row_ends = np.append(0, tensors["row_ends"].astype(np.int64))
    per_row = row_ends[1:] - row_ends[:-1]
    if len(per_row) != n or per_row.min() < 0 or not per_row.sum() == len(second) == len(values):
        return None
    if large.shape[:-1] != (2,) or (large[0] >= len(values)).any() or (second >= n).any():
        return None
    values[large[0]] = large[1]
    counts = np.zeros((n, n), np.uint32)
    counts[np.repeat(np.arange(n), per_row), second] = values
    return counts


def _moments(values: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[float, float]:
    """Weighted mean and standard deviation."""
    mean = float((values * weight).sum())
    spread = float(np.sqrt((np.square(values - mean) * weight).sum()))
    return mean, max(spread, 1e-6)


def _standardise(values: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    mean, spread = _moments(values, weight)
    return (values - mean) / spread


def _rounded_sums(rows: NDArray[np.float64], columns: NDArray[np.float64], dtype: type[T]) -> NDArray[T]:
    """Table of rows[v] + columns[w], rounded to integers within -127 to 127 or 0 to 255."""
    table: NDArray[T] = np.empty((len(rows), len(columns)), dtype)
    low, high = (-127, 127) if np.issubdtype(dtype, np.signedinteger) else (0, 255)
    for v in range(0, len(rows), 256):
        sums = rows[v : v + 256, None] + columns[None, :]
        table[v : v + 256] = np.clip(np.rint(sums, out=sums), low, high, out=sums)
    return table


def shipped_reader(vocabulary: Vocabulary) -> NgramReader | None:
    """Open the table shipped for a vocabulary; None when there is none, or only the name is the same."""
    source = resources.files("genomebook") / "data" / f"ngram-{vocabulary.name}.safetensors"
    if not source.is_file() or load_vocabulary(vocabulary.name).digest != vocabulary.digest:
        return None
    with resources.as_file(source) as path:
        return NgramReader.open(path, vocabulary)


def counted_reader(words: str, vocabulary: Vocabulary) -> NgramReader | None:
    """Open the counts of a vocabulary: shipped, or beside its file, where ``train-words`` writes them.

    Parameters
    ----------
    words : str
        Name of a shipped vocabulary or path of its file.
    vocabulary : Vocabulary
        As opened from there.

    Returns
    -------
    NgramReader or None
        None when there are no counts.

    Raises
    ------
    ReaderError
        When the file beside it is damaged or was counted with another vocabulary.
    """
    beside = Path(words).with_name(f"ngram-{vocabulary.name}.safetensors")
    reader = shipped_reader(vocabulary)
    return NgramReader.open(beside, vocabulary) if reader is None and beside.is_file() else reader
