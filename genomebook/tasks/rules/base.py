"""What a rule is: sequences in, one score a label out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from genomebook.genome.stretches import starts_of
from genomebook.language.alphabet import CODE, LETTERS, NOT_BASE


class Rule(Protocol):
    """Scores sequences for the labels of a task.

    Attributes
    ----------
    name : str
        Kind of rule, as people see it: "k-mers", "motifs", "network", "probe", "length and GC".
    """

    name: str

    def logits(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Log-odds up to a constant a sequence: float32[n, labels], before calibration."""
        ...


@runtime_checkable
class ScanningRule(Rule, Protocol):
    """A rule whose neighbouring windows share work."""

    def scan(self, sequence: str, window: int, step: int) -> NDArray[np.float32]:
        """Logits of the windows at 0, ``step``, ``2 * step`` ...: float32[windows, labels]."""
        ...


def windows_along(sequence: str, window: int, step: int) -> list[str]:
    """Windows of a sequence at 0, ``step``, ``2 * step`` ..."""
    return [sequence[at : at + window] for at in range(0, len(sequence) - window + 1, step)]


def logits_along(rule: Rule, sequence: str, window: int, step: int) -> NDArray[np.float32]:
    """Logits of the windows of a sequence: float32[windows, labels]."""
    if isinstance(rule, ScanningRule):
        return rule.scan(sequence, window, step)
    return rule.logits(windows_along(sequence, window, step))


class PackedRule(NamedTuple):
    """A rule as it is written to a file.

    Attributes
    ----------
    settings : dict
        JSON values.
    tensors : dict
        Arrays by name.
    """

    settings: dict[str, Any]
    tensors: dict[str, NDArray[Any]]


class PackableRule(Rule, Protocol):
    """A rule that can be written to a file."""

    def pack(self) -> PackedRule:
        """Settings and arrays that make the same rule again."""
        ...


class StoredRule(PackableRule, Protocol):
    """A rule that can be opened again from what was written, with the same logits."""

    @classmethod
    def unpack(cls, packed: PackedRule) -> StoredRule:
        """Make the rule of a file."""
        ...


class JoinedSequences(NamedTuple):
    """Sequences one after another.

    Attributes
    ----------
    codes : uint8[letters]
        A, C, G, T (or U) as 0 to 3; 4 for all others.
    starts, ends : int64[n]
        Where each sequence lies in ``codes``.
    """

    codes: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def joined_sequences(sequences: Sequence[str]) -> JoinedSequences:
    """Codes of sequences in either case; U is read as T, other letters than bases as N."""
    codes = _CODES[np.frombuffer("".join(sequences).encode("ascii", "replace"), np.uint8)]
    ends = np.cumsum([len(sequence) for sequence in sequences], dtype=np.int64)
    return JoinedSequences(codes, starts_of(ends), ends)


def _base_codes() -> NDArray[np.uint8]:
    codes = np.minimum(CODE, NOT_BASE).astype(np.uint8)
    codes[LETTERS.index("U") == CODE] = LETTERS.index("T")
    return codes


_CODES = _base_codes()


def linear(binary: NDArray[Any]) -> NDArray[np.float32]:
    """Logits float32[n, labels] from scores [n, 1] of the second of two labels, or [n, labels] as is."""
    scores = np.asarray(binary, np.float32)
    return np.hstack([np.zeros_like(scores), scores]) if scores.shape[1] == 1 else scores


def gc_shares(sequences: Sequence[str]) -> NDArray[np.float64]:
    """Share of G and C among the bases of each sequence, float64[n]; 0 for a sequence without bases."""
    letters = joined_sequences(sequences)
    is_gc = np.append(0, np.cumsum((letters.codes == 1) | (letters.codes == 2)))
    is_base = np.append(0, np.cumsum(letters.codes < 4))
    gc, bases = (sums[letters.ends] - sums[letters.starts] for sums in (is_gc, is_base))
    return np.asarray(gc / np.maximum(bases, 1), np.float64)
