"""Counts of k-mers, and how well each of three sources explains each word.

A stretch of DNA can be *new*, *known* (a sequence seen often: a repeat) or *copied* from nearby (a tandem
repeat). Each source is a model of the next base, applied in both directions:

- new: the three bases before it;
- known: counts of long contexts, kept only where they are frequent. Each order backs off to the next shorter
  one with a constant weight (interpolation of Jelinek and Mercer 1980). Few counts and a small weight predict
  poorly but discriminate well: outside known sequence the model is confidently wrong;
- copied: the base after the last occurrence, up to 200 bases away, of the same six bases (the copy expert of
  Cao et al. 2007), trusted more the longer it has been right.

The sources need only counting and no annotation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from genomebook.compiled import kernel
from genomebook.errors import ReaderError
from genomebook.files.atomic import aside
from genomebook.language.alphabet import CODE, GAP, NOT_BASE
from genomebook.language.vocabulary import Vocabulary

FORMAT = "genomebook-letters-1"
LONG = 11
"""Letters of the longest k-mers: ten of context and the one that follows."""

MIDDLE = 8
SHORT = 4
"""Letters of the k-mers that the longest fall back on, and of those of the source *new*."""

OFTEN = 16
"""Long k-mers seen less often are dropped (in 8 million letters, both strands; 4.4 times the mean count)."""

WEIGHT = 5.0
"""Occurrences that the shorter context counts as."""

CONTEXT, REACH = 6, 200
"""Letters that make the copy source look back, and how far."""

TRUST = (0.5, 0.8, 0.9, 0.95)
"""Probability that a copy goes on, by right letters so far: below 4, 8, 12, and more."""

NO_COPY = 2.6
"""Bits a letter costs the copy source where it has nothing to copy."""

UNIT = 1 / 64
"""Nats in one unit of the tables: sums over letters are then exact."""

SOURCES = ("new", "known", "copied")


@kernel(nogil=True)
def count_kmers(codes, size, counts):  # type: ignore[no-untyped-def]
    """Add the k-mers of both strands of codes uint8[n] to counts[4**size]; other letters break them."""
    mask = (1 << (2 * size)) - 1
    top = 2 * size - 2
    forward = backward = held = 0
    for code in codes:
        if code >= NOT_BASE:
            held = 0
            continue
        forward = ((forward << 2) | code) & mask
        backward = (backward >> 2) | ((3 - code) << top)
        held += 1
        if held >= size:
            counts[forward] += 1
            counts[backward] += 1


@kernel(nogil=True)
def _look_up(codes, table, size: int, cost) -> None:  # type: ignore[no-untyped-def]
    """Add the cost of each base given those before it, and of its complement given those after it."""
    mask = (1 << (2 * size)) - 1
    top = 2 * size - 2
    forward = backward = held = 0
    for i in range(codes.shape[0]):
        code = codes[i]
        if code >= NOT_BASE:
            held = 0
            continue
        forward = ((forward << 2) | code) & mask
        backward = (backward >> 2) | ((3 - code) << top)
        held += 1
        if held >= size:  # the reverse complement of the k-mer that ends here ends at its first letter
            cost[i] += table[forward]
            cost[i - size + 1] += table[backward]


@kernel(nogil=True)
def _copy(codes, step, right, wrong, nothing, cost):  # type: ignore[no-untyped-def]
    """Add the cost of each base under the copy model, read in the direction of ``step``."""
    last = np.full(1 << (2 * CONTEXT), -REACH - 1, np.int64)
    mask = (1 << (2 * CONTEXT)) - 1
    count = codes.shape[0]
    context = held = streak = 0
    source = wall = -1
    for t in range(count):
        i = t if step > 0 else count - 1 - t
        code = codes[i]
        if code >= NOT_BASE:
            held = streak = 0
            source = -1
            wall = t
            continue
        if held >= CONTEXT:
            before = last[context]
            last[context] = t
            if source < 0 and before > wall and t - before <= REACH:
                source, streak = before, 0
        if source < 0:
            cost[i] += nothing
        else:
            level = min(streak // 4, right.shape[0] - 1)
            if codes[source if step > 0 else count - 1 - source] == code:
                cost[i] += right[level]
                streak += 1
                source += 1
            else:
                cost[i] += wrong[level]
                streak = streak // 2 - 4
                source += 1
                if streak < 0:
                    source, streak = -1, 0
        context = ((context << 2) | code) & mask
        held += 1


@kernel(nogil=True)
def _by_word(cost, sizes, out):  # type: ignore[no-untyped-def]
    at = 0
    for word in range(sizes.shape[0]):
        total = 0
        for i in range(at, at + sizes[word]):
            total += cost[i]
        out[word] = total
        at += sizes[word]


class Letters:
    """Counts of k-mers and the costs that follow from them.

    Parameters
    ----------
    name : str
        Shown to people.
    middle : uint32[65536]
        Counts of `MIDDLE`-mers on both strands; the first base in the highest bits.
    keys, counts : uint32[k]
        `LONG`-mers seen at least `OFTEN` times, ascending, and how often.
    """

    def __init__(
        self, name: str, middle: NDArray[np.uint32], keys: NDArray[np.uint32], counts: NDArray[np.uint32]
    ) -> None:
        self.name, self._middle, self._keys, self._counts = name, middle, keys, counts

    @classmethod
    def count(cls, name: str, streams: Iterable[NDArray[np.uint8]]) -> Letters:
        """Count the k-mers of sequences (uint8[n], ASCII in either case) on both strands.

        Raises
        ------
        ReaderError
            When there is no stretch of `LONG` bases.
        """
        middle, long = np.zeros(4**MIDDLE, np.uint32), np.zeros(4**LONG, np.uint32)
        for letters in streams:
            codes = CODE[letters]
            count_kmers(codes, MIDDLE, middle)
            count_kmers(codes, LONG, long)
        if not long.any():
            raise ReaderError(f"{name}: no {LONG} bases stand side by side; give more sequence")
        keys = np.flatnonzero(long >= OFTEN).astype(np.uint32)
        return cls(name, middle, keys, long[keys])

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the format, the constants and the counts."""
        constants = (FORMAT, LONG, MIDDLE, SHORT, OFTEN, WEIGHT, CONTEXT, REACH, TRUST, NO_COPY, UNIT)
        state = hashlib.sha256(repr(constants).encode())
        for array in (self._middle, self._keys, self._counts):
            state.update(np.ascontiguousarray(array, "<u4").tobytes())
        return state.hexdigest()

    @cached_property
    def tables(self) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """int16[4**SHORT], int16[4**LONG]: cost of the last base under *new* and *known*, in `UNIT` nats."""
        short = self._middle.reshape(-1, 4 ** (MIDDLE - SHORT)).sum(axis=1, dtype=np.float64)
        long = np.zeros(4**LONG, np.float64)
        long[self._keys] = self._counts
        p_short = _fall_back(short.reshape(-1, 4), np.full((1, 4), 0.25))
        p_middle = _fall_back(self._middle.reshape(-1, 4).astype(np.float64), p_short)
        return _cost(p_short), _cost(_fall_back(long.reshape(-1, 4), p_middle))

    def explain(self, ids: NDArray[np.uint16], vocabulary: Vocabulary) -> NDArray[np.int32]:
        """Score how well each source explains each word.

        Parameters
        ----------
        ids : uint16[n]
            Consecutive words; gaps and ambiguous letters break every context.
        vocabulary : Vocabulary
            Vocabulary of these ids.

        Returns
        -------
        int32[n, 3]
            Cost (-log likelihood, sum of both directions) of each word under `SOURCES`, in `UNIT` nats; 0 for
            gaps, ambiguous letters, and bases within a context of an end of the stretch.
        """
        offsets, letters = vocabulary.flat_words
        sizes = np.where(ids == GAP, 1, vocabulary.lengths[ids]).astype(np.int64)
        codes = _codes(ids, offsets, CODE[letters], int(sizes.sum()))
        trust = np.array(TRUST)
        right, wrong = _cost(trust), _cost((1 - trust) / 3)
        nothing = round(NO_COPY * float(np.log(2)) / UNIT)
        out = np.empty((3, len(ids)), np.int32)
        for source, (table, size) in enumerate(zip(self.tables, (SHORT, LONG), strict=True)):
            cost = np.zeros(len(codes), np.int32)
            _look_up(codes, table, size, cost)
            _by_word(cost, sizes, out[source])
        copying = np.zeros(len(codes), np.int32)
        for step in (1, -1):
            _copy(codes, step, right, wrong, nothing, copying)
        _by_word(copying, sizes, out[2])
        return np.ascontiguousarray(out.T)

    def write(self, path: Path) -> None:
        """Write a safetensors file aside, then rename it."""
        tensors: dict[str, NDArray[Any]] = {
            "middle": self._middle.astype(np.uint32),
            "keys": self._keys.astype(np.uint32),
            "counts": self._counts.astype(np.uint32),
        }
        meta = json.dumps({"digest": self.digest, "format": FORMAT, "name": self.name}, sort_keys=True)
        with aside(path) as temporary:
            temporary.write_bytes(save(tensors, metadata={"genomebook": meta}))

    @classmethod
    def open(cls, path: Path) -> Letters:
        """Read a file that `write` made.

        Raises
        ------
        ReaderError
            When it is missing, damaged, or of another format.
        """
        try:
            with safe_open(path, "numpy") as file:
                meta = json.loads((file.metadata() or {}).get("genomebook", "{}"))
                if not isinstance(meta, dict) or meta.get("format") != FORMAT:
                    raise ReaderError(f"{path}: not a {FORMAT} file; count it anew")
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (OSError, ValueError, RecursionError, SafetensorError) as error:
            what = f"not a readable table of letters ({' '.join(str(error).split())})"
            raise ReaderError(f"{path}: {what}; restore it or count anew") from None
        if not _fits(tensors):
            raise ReaderError(f"{path}: its tables do not fit together; restore it or count anew")
        letters = cls(str(meta.get("name")), tensors["middle"], tensors["keys"], tensors["counts"])
        if letters.digest != meta.get("digest"):
            raise ReaderError(f"{path}: its counts do not match its digest; restore it or count anew")
        return letters


def _fits(tensors: dict[str, NDArray[Any]]) -> bool:
    """Check names, types and sizes of the tensors of a file."""
    if tensors.keys() != {"middle", "keys", "counts"} or any(t.dtype != np.uint32 for t in tensors.values()):
        return False
    keys = tensors["keys"]
    if tensors["middle"].shape != (4**MIDDLE,) or keys.ndim != 1 or keys.shape != tensors["counts"].shape:
        return False
    return bool((np.diff(keys.astype(np.int64)) > 0).all()) and (not len(keys) or bool(keys[-1] < 4**LONG))


def _fall_back(counts: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities float64[m, 4] of counts float64[m, 4], interpolated with those of shorter contexts."""
    shorter = np.tile(below, (len(counts) // len(below), 1))
    mixed: NDArray[np.float64] = (counts + WEIGHT * shorter) / (counts.sum(axis=1, keepdims=True) + WEIGHT)
    return mixed


def _cost(p: NDArray[np.float64]) -> NDArray[np.int16]:
    """-log p in `UNIT`, flat."""
    cost: NDArray[np.int16] = np.round(-np.log(p) / UNIT).astype(np.int16).ravel()
    return cost


@kernel(nogil=True)
def _codes(ids, offsets, letters, total):  # type: ignore[no-untyped-def]
    """Codes of the bases of words; one `NOT_BASE` for a gap."""
    codes = np.empty(total, np.uint8)
    at = 0
    for word in ids:
        if word == GAP:
            codes[at] = NOT_BASE
            at += 1
            continue
        for i in range(offsets[word], offsets[word + 1]):
            codes[at] = letters[i]
            at += 1
    return codes


def shipped_letters() -> Letters:
    """Open the counts that ship with genomebook."""
    with resources.as_file(resources.files("genomebook") / "data" / "letters.safetensors") as path:
        return Letters.open(path)
