"""Length and GC content alone: what every other rule must beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.tasks.rules.base import PackedRule, gc_shares, linear


class CompositionRule:
    """A weight for each class of length and each class of GC content.

    Parameters
    ----------
    lengths : float[a]
        Borders between classes of length in letters, ascending.
    gc : float[b]
        Borders between classes of GC content, ascending.
    table : float[a + b + 2, 1 or labels]
        Weights of the classes of length, then of GC content.
    bias : float[1 or labels]
    """

    name = "length and GC"

    def __init__(
        self, lengths: NDArray[Any], gc: NDArray[Any], table: NDArray[Any], bias: NDArray[Any]
    ) -> None:
        self._lengths, self._gc = np.asarray(lengths, np.float32), np.asarray(gc, np.float32)
        self._table, self._bias = np.asarray(table, np.float32), np.asarray(bias, np.float32)
        if len(self._table) != len(self._lengths) + len(self._gc) + 2:
            raise ValueError("a weight is needed for each class")

    def classes(self, sequences: Sequence[str]) -> NDArray[np.int64]:
        """Rows of the table of each sequence: int64[n, 2]."""
        lengths = np.array([len(sequence) for sequence in sequences], np.float32)
        of_length = np.searchsorted(self._lengths, lengths, "right")
        of_gc = np.searchsorted(self._gc, gc_shares(sequences).astype(np.float32), "right")
        return np.stack([of_length, len(self._lengths) + 1 + of_gc], 1)

    def logits(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Log-odds of sequences: float32[n, labels]."""
        return linear(self._table[self.classes(sequences)].sum(1) + self._bias)

    def pack(self) -> PackedRule:
        """Borders and weights."""
        tensors = {"lengths": self._lengths, "gc": self._gc, "table": self._table, "bias": self._bias}
        return PackedRule({}, tensors)

    @classmethod
    def unpack(cls, packed: PackedRule) -> CompositionRule:
        """Make the rule of a file."""
        return cls(**{name: packed.tensors[name] for name in ("lengths", "gc", "table", "bias")})
