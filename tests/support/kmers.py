"""k-mers that two sequences share."""

from __future__ import annotations

from genomebook.training.pairs.english import TextPair


def shared_kmers(pair: TextPair, k: int = 8) -> float:
    a, b = ({t[i : i + k] for i in range(len(t) - k + 1)} for t in (pair.a, pair.b))
    return len(a & b) / len(a | b)
