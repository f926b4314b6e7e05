"""A weighted sum of the scores of other rules of a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genomebook.tasks.rules.base import PackedRule, Rule, logits_along


class CombinedRule:
    """Adds up the logits of other rules.

    Parameters
    ----------
    parts : mapping of str to Rule
        By kind.
    weights : sequence of float
        What the logits of each are multiplied by.
    """

    name = "combined"

    def __init__(self, parts: Mapping[str, Rule], weights: Sequence[float]) -> None:
        if not parts or len(parts) != len(weights):
            raise ValueError(f"{len(weights)} weights of {len(parts)} rules")
        self.parts, self.weights = dict(parts), tuple(weights)

    def logits(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Log-odds up to a constant: float32[n, labels]."""
        parts = zip(self.parts.values(), self.weights, strict=True)
        return np.asarray(sum(weight * rule.logits(sequences) for rule, weight in parts), np.float32)

    def scan(self, sequence: str, window: int, step: int) -> NDArray[np.float32]:
        """Logits of the windows at 0, ``step``, ``2 * step`` ...: float32[windows, labels]."""
        parts = zip(self.parts.values(), self.weights, strict=True)
        scores = (weight * logits_along(rule, sequence, window, step) for rule, weight in parts)
        return np.asarray(sum(scores), np.float32)

    def pack(self) -> PackedRule:
        """Kinds of the parts, and their weights as an array; the parts have files of their own."""
        return PackedRule({"parts": list(self.parts)}, {"weights": np.array(self.weights, np.float32)})

    @classmethod
    def of(cls, packed: PackedRule, part: Callable[[str], Rule]) -> Self:
        """Make the rule of a file and of its parts.

        Parameters
        ----------
        packed : PackedRule
            What `pack` gave.
        part : callable
            Opens the rule of a kind.

        Raises
        ------
        KeyError, ValueError
            When settings or weights are missing or do not fit each other.
        """
        weights = packed.tensors["weights"].tolist()
        return cls({kind: part(kind) for kind in packed.settings["parts"]}, weights)
