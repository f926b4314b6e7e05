"""Logistic regression on the scores of binding motifs (position weight matrices) of JASPAR.

A matrix scores every place of a sequence on both strands, in bits against equal frequencies of the bases
(Stormo 2000, DNA binding sites: representation and discovery, Bioinformatics 16: 16-23). Of each motif the
best score is used, and the logarithm of the mean of 2 to the score over all places, which counts weaker
sites too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.tasks.rules.base import PackedRule, joined_sequences, linear

NO_ROOM = -20.0
"""Score of a sequence that has no room for a motif, in bits."""


class MotifNames(msgspec.Struct, frozen=True):
    """Which motifs a rule uses, and the terms of the collection that they come from."""

    motifs: tuple[str, ...]
    source: str
    licence: str


@kernel(nogil=True, inline="always")
def _place(codes, i, matrix, width):  # type: ignore[no-untyped-def]
    """Scores of the place at ``i`` on both strands, in bits."""
    forward = backward = np.float32(0)
    for j in range(width):
        code = codes[i + j]
        if code > 3:
            return np.float32(NO_ROOM), np.float32(NO_ROOM)
        forward += matrix[j, code]
        backward += matrix[width - 1 - j, 3 - code]
    return forward, backward


@kernel(nogil=True)
def _features(codes, starts, ends, matrices, widths, out):  # type: ignore[no-untyped-def]
    """Best and soft mean score of each motif: out float32[n, 2 * motifs], best scores first."""
    motifs = widths.shape[0]
    for n in range(starts.shape[0]):
        sequence = codes[starts[n] : ends[n]]
        for m in range(motifs):
            best, total, places = np.float32(NO_ROOM), 0.0, 0
            for i in range(sequence.shape[0] - widths[m] + 1):
                forward, backward = _place(sequence, i, matrices[m], widths[m])
                best = max(best, forward, backward)
                total += float(2.0**forward + 2.0**backward)
                places += 2
            out[n, m] = best
            out[n, motifs + m] = np.log2(total / places) if places else NO_ROOM


@kernel(nogil=True)
def _features_along(codes, window, step, matrices, widths, out):  # type: ignore[no-untyped-def]
    """As `_features`, of windows every ``step`` letters; each place is scored once for all of them."""
    motifs = widths.shape[0]
    highest, summed = np.empty(codes.shape[0], np.float32), np.empty(codes.shape[0], np.float64)
    for m in range(motifs):
        for i in range(codes.shape[0] - widths[m] + 1):
            forward, backward = _place(codes, i, matrices[m], widths[m])
            highest[i] = max(forward, backward)
            summed[i] = float(2.0**forward + 2.0**backward)
        places = window - widths[m] + 1
        for n in range(out.shape[0]):
            best, total = np.float32(NO_ROOM), 0.0
            for i in range(n * step, n * step + places):
                best = max(best, highest[i])
                total += summed[i]
            out[n, m] = best
            out[n, motifs + m] = np.log2(total / (2 * places)) if places > 0 else NO_ROOM


def motif_features(
    sequences: Sequence[str], matrices: NDArray[np.float32], widths: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Best and soft mean scores in bits: float32[n, 2 * motifs], the best scores first.

    Parameters
    ----------
    sequences : sequence of str
        Of any length.
    matrices : float32[motifs, widest, 4]
        Log-odds of A, C, G, T at each place, in bits; rows after the width of a motif are not used.
    widths : int64[motifs]
        Places of each motif.
    """
    out = np.empty((len(sequences), 2 * len(widths)), np.float32)
    _features(*joined_sequences(sequences), matrices, widths, out)
    return out


class MotifRule:
    """Logistic regression on motif scores.

    Parameters
    ----------
    names : MotifNames
        The motifs.
    matrices, widths
        As in `motif_features`.
    table : float[2 * motifs, 1 or labels]
        Weights of the best scores, then of the soft mean scores.
    bias : float[1 or labels]
    """

    name = "motifs"

    def __init__(
        self,
        names: MotifNames,
        matrices: NDArray[Any],
        widths: NDArray[Any],
        table: NDArray[Any],
        bias: NDArray[Any],
    ) -> None:
        self.names = names
        self._matrices = np.ascontiguousarray(matrices, np.float32)
        self._widths = np.asarray(widths, np.int64)
        self._table, self._bias = np.asarray(table, np.float32), np.asarray(bias, np.float32)
        motifs, widest, bases = self._matrices.shape
        if {len(names.motifs), len(self._widths), len(self._table) / 2} != {motifs} or bases != 4:
            raise ValueError("each motif needs a name, a matrix, a width and two weights")
        if motifs == 0 or not 1 <= self._widths.min() <= self._widths.max() <= widest:
            raise ValueError("a motif is wider than its matrix, or empty")

    def logits(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Log-odds of sequences: float32[n, labels]."""
        return self._scored(motif_features(sequences, self._matrices, self._widths))

    def scan(self, sequence: str, window: int, step: int) -> NDArray[np.float32]:
        """Logits of the windows at 0, ``step``, ``2 * step`` ...: float32[windows, labels]."""
        count = max(0, (len(sequence) - window) // step + 1)
        out = np.empty((count, 2 * len(self._widths)), np.float32)
        codes = joined_sequences([sequence]).codes
        _features_along(codes, window, step, self._matrices, self._widths, out)
        return self._scored(out)

    def _scored(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        return linear(features @ self._table + self._bias)

    def pack(self) -> PackedRule:
        """Names, and matrices and weights in half and single precision."""
        tensors: dict[str, NDArray[Any]] = {
            "matrices": self._matrices.astype(np.float16),
            "widths": self._widths.astype(np.int32),
            "table": self._table,
            "bias": self._bias,
        }
        return PackedRule(msgspec.to_builtins(self.names), tensors)

    @classmethod
    def unpack(cls, packed: PackedRule) -> MotifRule:
        """Make the rule of a file."""
        names = msgspec.convert(packed.settings, MotifNames)
        return cls(names, **{key: packed.tensors[key] for key in ("matrices", "widths", "table", "bias")})
