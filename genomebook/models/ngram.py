"""The statistical reader: an interpolated bigram model over words.

No network, no training beyond counting: it is the default for very large inputs and the control that neural
readers have to beat. Probabilities are interpolated absolute discounting with Kneser-Ney continuation counts
(Ney, Essen and Kneser 1994): p(w | v) = max(c(v, w) - D, 0) / c(v) + D n(v) / c(v) q(w), where n(v) counts
the words seen after v, q(w) is the share of word pairs that end in w, mixed with a uniform floor. Of it come

- the surprisal of each word, -log2 p(w | v), and
- the boundary strength between two words: surprisal, forward branching entropy of v and backward branching
  entropy of w (Harris 1955; Jin and Tanaka-Ishii 2006), each standardised over the counted pairs, and added.

Both depend on the two words alone, so the same passage is scored alike wherever it stands.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from genomebook.errors import ReaderError
from genomebook.language.alphabet import FIRST_WORD
from genomebook.language.vocabulary import Vocabulary, load_vocabulary

FORMAT = "genomebook-ngram-1"
DISCOUNT = 0.75
FLOOR = 0.02
"""Share of the uniform distribution in q."""

STRENGTH_UNIT = 1 / 16
"""Nats per unit of boundary strength (int8)."""

SURPRISAL_UNIT = 1 / 8
"""Bits per unit of surprisal (uint8)."""

MAX_IDS = 8192
"""Largest vocabulary: the score tables hold two bytes for each pair of words."""


@njit(cache=True, nogil=True)
def _count(ids, previous, counts):  # type: ignore[no-untyped-def]
    for word in ids:
        if previous >= 0 and previous != 0 and word != 0:
            counts[previous, word] += 1
        previous = word
    return previous


@njit(cache=True, nogil=True)
def _look_up(ids, before, after, surprisals, strengths, surprisal, strength):  # type: ignore[no-untyped-def]
    for word in range(ids.shape[0]):
        here = ids[word]
        surprisal[word] = surprisals[before, here]
        strength[word] = strengths[here, ids[word + 1] if word + 1 < ids.shape[0] else after]
        before = here


@njit(cache=True, nogil=True)
def _margins(counts):  # type: ignore[no-untyped-def]
    """Sum of each row; words that follow it (not 0 in its row); words that it follows (in its column)."""
    n = counts.shape[0]
    total, followers, leaders = np.zeros(n), np.zeros(n), np.zeros(n)
    for v in range(n):
        for w in range(n):
            if counts[v, w] > 0:
                total[v] += counts[v, w]
                followers[v] += 1
                leaders[w] += 1
    return total, followers, leaders


@njit(cache=True, nogil=True)
def _interpolate(first, last, counts, total, share, q, p):  # type: ignore[no-untyped-def]
    """Rows of p(w | v): the discounted counts and the share of each row that goes to q."""
    for v in range(first, last):
        seen = np.float32(max(total[v], 1))
        for w in range(p.shape[1]):
            p[v, w] = np.float32(share[v] * q[w])
        for w in range(p.shape[1]):
            if counts[v, w] > 0:
                p[v, w] += (np.float32(counts[v, w]) - np.float32(DISCOUNT)) / seen


@njit(cache=True, nogil=True)
def _to_bits(first, last, p, entropy):  # type: ignore[no-untyped-def]
    """Put -log2 p in the place of rows of p (0 stays), and give their entropies."""
    for v in range(first, last):
        for w in range(p.shape[1]):
            if p[v, w] > 0:
                bits = -np.log2(p[v, w])
                entropy[v] += p[v, w] * bits
                p[v, w] = bits


@njit(cache=True, nogil=True)
def _backward(first, last, p, weight, entropy):  # type: ignore[no-untyped-def]
    """Entropy of the word before each of some words, when words v come with these weights."""
    total = np.zeros(p.shape[1], np.float32)
    for v in range(p.shape[0]):
        for w in range(first, last):
            total[w] += p[v, w] * weight[v]
    for v in range(p.shape[0]):
        for w in range(first, last):
            before = p[v, w] * weight[v] / max(total[w], np.float32(1e-30))
            if before > 0:
                entropy[w] -= before * np.log2(before)


@njit(cache=True, nogil=True)
def _quantise(first, last, bits, ahead, behind, moments, surprisal, strength):  # type: ignore[no-untyped-def]
    """Rows of the integer tables: surprisal, and strength from the standardised bits and entropies."""
    bits_mean, bits_spread, mean, spread = moments
    for v in range(max(first, 1), last):
        for w in range(1, bits.shape[1]):
            z = (bits[v, w] - bits_mean) / bits_spread + ahead[v] + behind[w]
            units = np.rint((z - mean) / spread / np.float32(STRENGTH_UNIT))
            strength[v, w] = np.int8(min(max(units, np.float32(-127)), np.float32(127)))
            units = np.rint(bits[v, w] / np.float32(SURPRISAL_UNIT))
            surprisal[v, w] = np.uint8(min(max(units, np.float32(0)), np.float32(255)))


def _in_blocks(kernel: Callable[..., None], n: int, *arrays: NDArray[Any]) -> None:
    """Run a kernel on blocks of the rows (or columns) 0 to n, one a core; each is computed by itself."""
    cores = os.cpu_count() or 1
    edges = [n * i // cores for i in range(cores + 1)]
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(lambda first, last: kernel(first, last, *arrays), edges[:-1], edges[1:]))


def check_size(name: str, n_ids: int) -> None:
    """Refuse a vocabulary that is larger than the tables may be.

    Raises
    ------
    ReaderError
        When it has more than `MAX_IDS` ids.
    """
    if n_ids > MAX_IDS:
        raise ReaderError(f"{name}: {n_ids} ids, the n-gram reader takes at most {MAX_IDS}; use fewer merges")


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
        """Count neighbours in streams of ids (one stream a volume, in chunks, in order).

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

    @property
    def probabilities(self) -> NDArray[np.float32]:
        """float32[n_ids, n_ids]: p(column | row); row 0 and column 0 (gaps) are 0. Made anew at each call."""
        n = len(self.counts)
        allowed = np.ones(n, bool)
        allowed[0] = allowed[12:FIRST_WORD] = False
        total, followers, leaders = _margins(self.counts)
        q = np.where(allowed, (1 - FLOOR) * leaders / leaders.sum() + FLOOR / allowed.sum(), 0)
        share = np.where(total > 0, DISCOUNT * followers / np.maximum(total, 1), 1.0)
        share[0] = 0
        p = np.empty((n, n), np.float32)
        _in_blocks(_interpolate, n, self.counts, total, share, q, p)
        return p

    @cached_property
    def tables(self) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
        """Score tables by (left word, right word): surprisal of the right one, and boundary strength."""
        n = len(self.counts)
        left, right = np.divmod(np.flatnonzero(self.counts), n)
        counts = self.counts[left, right]
        weight = counts / counts.sum(dtype=np.float64)
        of_left, of_right = (np.bincount(side, weight, n).astype(np.float64) for side in (left, right))
        bits = self.probabilities
        forward, backward = np.zeros(n), np.zeros(n)
        _in_blocks(_backward, n, bits, of_left.astype(np.float32), backward)
        _in_blocks(_to_bits, n, bits, forward)
        ahead = _standardise(forward, *_moments(forward, of_left))
        behind = _standardise(backward, *_moments(backward, of_right))
        of_bits = _moments(bits[left, right], weight)
        z = _standardise(bits[left, right], *of_bits) + ahead[left] + behind[right]
        moments = np.array([*of_bits, *_moments(z, weight)], np.float32)
        surprisal, strength = np.zeros((n, n), np.uint8), np.zeros((n, n), np.int8)
        _in_blocks(_quantise, n, bits, ahead, behind, moments, surprisal, strength)
        return surprisal, strength

    def score(
        self, ids: NDArray[np.uint16], before: int = 0, after: int = 0
    ) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
        """Score consecutive words.

        Parameters
        ----------
        ids : uint16[m]
            Ids of consecutive words.
        before, after : int
            Ids of the words on both sides of them; 0 when there is none.

        Returns
        -------
        surprisal : uint8[m]
            Of each word given the one before it, in `SURPRISAL_UNIT` bits; 0 after a gap.
        strength : int8[m]
            Of the boundary after each word, in `STRENGTH_UNIT` nats; 0 beside a gap.
        """
        surprisal, strength = np.empty(len(ids), np.uint8), np.empty(len(ids), np.int8)
        _look_up(ids, np.uint16(before), np.uint16(after), *self.tables, surprisal, strength)
        return surprisal, strength

    def write(self, path: Path) -> None:
        """Write a sparse safetensors file, aside and renamed; counts above 65,535 are kept apart in it."""
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
        aside = path.with_name(path.name + ".tmp")
        # one key: safetensors writes several in random order, and equal counts must give equal files
        aside.write_bytes(save(tensors, metadata={"genomebook": json.dumps(meta, sort_keys=True)}))
        os.replace(aside, path)

    @classmethod
    def open(cls, path: Path, vocabulary: Vocabulary) -> NgramReader:
        """Read a table of counts.

        Raises
        ------
        ReaderError
            When the file is missing, damaged, or was counted in another vocabulary.
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


def _moments(values: NDArray[np.floating], weight: NDArray[np.float64]) -> tuple[float, float]:
    """Weighted mean and standard deviation."""
    mean = float((values * weight).sum())
    spread = float(np.sqrt((np.square(values - mean) * weight).sum()))
    return mean, max(spread, 1e-6)


def _standardise(values: NDArray[np.floating], mean: float, spread: float) -> NDArray[np.float32]:
    return ((values - mean) / spread).astype(np.float32)


def shipped_reader(vocabulary: Vocabulary) -> NgramReader | None:
    """Open the table shipped for a vocabulary; None when there is none, or it only shares the name."""
    source = resources.files("genomebook") / "data" / f"ngram-{vocabulary.name}.safetensors"
    if not source.is_file() or load_vocabulary(vocabulary.name).digest != vocabulary.digest:
        return None
    with resources.as_file(source) as path:
        return NgramReader.open(path, vocabulary)


def counted_reader(words: str, vocabulary: Vocabulary) -> NgramReader | None:
    """Open the counts that go with a vocabulary: shipped, or beside its file as ``train-words`` leaves them.

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
        When the file beside it is damaged or was counted in another vocabulary.
    """
    beside = Path(words).with_name(f"ngram-{vocabulary.name}.safetensors")
    reader = shipped_reader(vocabulary)
    return NgramReader.open(beside, vocabulary) if reader is None and beside.is_file() else reader
