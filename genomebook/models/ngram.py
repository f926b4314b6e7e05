"""The statistical reader: an interpolated bigram model over words.

No network, no training beyond counting: it is the default for very large inputs and the control that neural
readers have to beat. Probabilities are interpolated absolute discounting with Kneser-Ney continuation counts
(Ney, Essen and Kneser 1994): p(w | v) = max(c(v, w) - D, 0) / c(v) + D n(v) / c(v) q(w), where n(v) counts the
words seen after v, q(w) is the share of word pairs that end in w, mixed with a uniform floor. From it come

- the surprisal of each word, -log2 p(w | v), and
- the boundary strength between two words: surprisal, forward branching entropy of v and backward branching
  entropy of w (Harris 1955; Jin and Tanaka-Ishii 2006), each standardised over the counted pairs, and added.

Both depend on the two words alone, so the same passage is scored alike wherever it stands.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from genomebook.errors import ReaderError
from genomebook.language.alphabet import FIRST_WORD
from genomebook.language.vocabulary import Vocabulary

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


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count(ids, previous, counts):  # type: ignore[no-untyped-def]
    for word in ids:
        if previous >= 0 and previous != 0 and word != 0:
            counts[previous, word] += 1
        previous = word
    return previous


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _look_up(ids, before, after, surprisals, strengths, surprisal, strength):  # type: ignore[no-untyped-def]
    for word in range(ids.shape[0]):
        here = ids[word]
        surprisal[word] = surprisals[before, here]
        strength[word] = strengths[here, ids[word + 1] if word + 1 < ids.shape[0] else after]
        before = here


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
    def count(cls, name: str, vocabulary: Vocabulary, streams: Iterable[Iterable[NDArray[np.uint16]]]) -> NgramReader:
        """Count neighbours in streams of ids (one stream a volume, in chunks, in order).

        Raises
        ------
        ReaderError
            When the vocabulary is larger than `MAX_IDS` or nothing was counted.
        """
        n = len(vocabulary)
        if n > MAX_IDS:
            raise ReaderError(f"{vocabulary.name}: {n} ids, the n-gram reader takes at most {MAX_IDS}; use fewer merges")
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
    def probabilities(self) -> NDArray[np.float32]:
        """float32[n_ids, n_ids]: p(column | row); row 0 and column 0 (gaps) are 0."""
        counts = self.counts.astype(np.float32)
        allowed = np.ones(len(counts), bool)
        allowed[0] = allowed[12:FIRST_WORD] = False
        seen = counts > 0
        continuation = seen.sum(axis=0, dtype=np.float64)
        q = np.where(allowed, (1 - FLOOR) * continuation / continuation.sum() + FLOOR / allowed.sum(), 0)
        total = counts.sum(axis=1, dtype=np.float64)
        known = total > 0
        share = np.where(known, DISCOUNT * seen.sum(axis=1) / np.maximum(total, 1), 1.0)
        p = np.maximum(counts - np.float32(DISCOUNT), 0) / np.maximum(total, 1)[:, None].astype(np.float32)
        p += (share[:, None] * q[None, :]).astype(np.float32)
        p[0] = 0
        return p

    @cached_property
    def tables(self) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
        """Score tables by (left word, right word): surprisal of the right one, and boundary strength."""
        p = self.probabilities
        weight = self.counts / self.counts.sum(dtype=np.float64)
        with np.errstate(divide="ignore"):
            bits = -np.log2(p, dtype=np.float32)
        bits[~np.isfinite(bits)] = 0
        forward = (p * bits).sum(axis=1, dtype=np.float64)
        joint = p * weight.sum(axis=1)[:, None].astype(np.float32)
        before = joint / np.maximum(joint.sum(axis=0), 1e-30)[None, :]
        with np.errstate(divide="ignore", invalid="ignore"):
            backward = -np.nansum(np.where(before > 0, before * np.log2(before), 0), axis=0, dtype=np.float64)
        z = _standardise(bits, weight)
        z += _standardise(np.broadcast_to(forward[:, None], p.shape), weight)
        z += _standardise(np.broadcast_to(backward[None, :], p.shape), weight)
        strength = np.clip(np.round(_standardise(z, weight) / STRENGTH_UNIT), -127, 127).astype(np.int8)
        surprisal = np.clip(np.round(bits / SURPRISAL_UNIT), 0, 255).astype(np.uint8)
        for table in (strength, surprisal):
            table[0] = table[:, 0] = 0
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
        """Write counts as a sparse safetensors file, aside and renamed; counts above 65,535 are kept apart."""
        first, second = np.nonzero(self.counts)
        values = self.counts[first, second]
        large = np.flatnonzero(values > 0xFFFF)
        tensors = {
            "row_ends": np.cumsum(np.bincount(first, minlength=len(self.counts))).astype(np.uint32),
            "second": second.astype(np.uint16),
            "count": np.minimum(values, 0xFFFF).astype(np.uint16),
            "large": np.stack([large, values[large]]).astype(np.uint32),
        }
        meta = {"format": FORMAT, "name": self.name, "vocabulary": self.vocabulary_digest, "digest": self.digest}
        aside = path.with_name(path.name + ".tmp")
        # one key: safetensors writes several in random order, and equal counts must give equal files
        save_file(tensors, aside, metadata={"genomebook": json.dumps(meta, sort_keys=True)})
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
            raise ReaderError(f"{path}: not a readable reader file ({error}); restore it or count anew") from None
        if meta.get("format") != FORMAT:
            raise ReaderError(f"{path}: not a {FORMAT} file; count it anew")
        if meta["vocabulary"] != vocabulary.digest:
            raise ReaderError(f"{path}: counted in another vocabulary than {vocabulary.name}; use --reader ngram-book")
        values = tensors["count"].astype(np.uint32)
        values[tensors["large"][0]] = tensors["large"][1]
        first = np.repeat(np.arange(len(vocabulary)), np.diff(tensors["row_ends"].astype(np.int64), prepend=0))
        counts = np.zeros((len(vocabulary),) * 2, np.uint32)
        counts[first, tensors["second"]] = values
        reader = cls(meta["name"], vocabulary.digest, counts)
        if reader.digest != meta["digest"]:
            raise ReaderError(f"{path}: its counts do not match its digest; restore the file or count anew")
        return reader


def _standardise(values: NDArray[np.float32], weight: NDArray[np.float64]) -> NDArray[np.float32]:
    mean = float((values * weight).sum())
    spread = float(np.sqrt((np.square(values - mean) * weight).sum()))
    scaled: NDArray[np.float32] = ((values - mean) / max(spread, 1e-6)).astype(np.float32)
    return scaled


def shipped_reader(vocabulary: Vocabulary) -> NgramReader | None:
    """Open the table shipped for a vocabulary; None when there is none."""
    source = resources.files("genomebook") / "data" / f"ngram-{vocabulary.name}.safetensors"
    if not source.is_file():
        return None
    with resources.as_file(source) as path:
        return NgramReader.open(path, vocabulary)
