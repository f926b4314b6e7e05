"""Significance: solved values as published, E-values that random pairs bear out."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.language.alphabet import reverse_complement
from genomebook.search.alignment.align import scores
from genomebook.search.alignment.significance import (
    GAPPED,
    GC,
    PUBLISHED,
    bits,
    composition,
    evalue,
    gapped,
    ungapped,
)


@pytest.mark.parametrize(
    ("match", "mismatch", "lam", "k", "h"),
    [
        (2, -3, 0.634, 0.408, 0.912),
        (1, -2, 1.33, 0.621, 1.12),
        (1, -3, 1.374, 0.711, 1.31),
        (1, -1, 1.10, 0.333, 0.549),
    ],
)
def test_solved_as_published_for_blastn(match: int, mismatch: int, lam: float, k: float, h: float) -> None:
    solved = ungapped([0.25] * 4, match, mismatch)
    assert (solved.lam, solved.k, solved.h) == pytest.approx((lam, k, h), rel=0.005)


def test_scores_without_limit_are_refused() -> None:
    with pytest.raises(ValueError, match="must be negative"):
        ungapped([0.25] * 4, 3, -1)


def test_gapped_is_near_the_published_and_depends_on_what_is_alike() -> None:
    even = gapped(0.5, 0.5)
    assert even.lam == pytest.approx(PUBLISHED.lam, rel=0.01)
    assert even.k == pytest.approx(PUBLISHED.k, rel=0.1)
    assert gapped() == gapped(GC, GC) == GAPPED
    assert gapped(0.3, 0.6) == gapped(0.6, 0.3)
    assert gapped(0.3, GC).lam < GAPPED.lam < even.lam
    assert gapped(0.0, 0.5) == gapped(0.2, 0.5)


def test_bits_and_e_values_agree() -> None:
    """Where the room an alignment takes is nothing, E is the search space over two to the bits."""
    m, n = 1_000_000, 10_000_000
    assert evalue(50, m, n) == pytest.approx(2 * m * n * 2 ** -bits(50), rel=0.001)


@given(st.integers(20, 10_000), st.integers(100, 3 * 10**9), st.integers(1, 1000))
def test_e_values_are_above_0_and_fall(query: int, letters: int, score: int) -> None:
    one, better = evalue(score, query, letters), evalue(score + 1, query, letters)
    assert one > better > 0
    assert one <= evalue(score, query + 1, letters)
    assert one <= evalue(score, query, letters + 1)


@pytest.mark.parametrize(("length", "gc"), [(40, GC), (150, GC), (150, 0.3), (150, 0.55)])
def test_random_pairs_bear_out_the_e_values(length: int, gc: float) -> None:
    """Of 1,500 pairs as many have E below 1 as E says, within 15 %."""
    rng = np.random.default_rng(length)
    bases, pairs, text_length = np.frombuffer(b"ACGT", np.uint8), 1500, 20_000
    stats = gapped(gc, GC)
    chance = [evalue(score, length, text_length, stats) for score in range(100)]
    least = next(score for score, e in enumerate(chance) if e < 1)
    found = 0
    for _ in range(pairs):
        query, text = (
            bases[rng.choice(4, n, p=composition(share))].tobytes()
            for n, share in ((length, gc), (text_length, GC))
        )
        best = max(int(scores(strand, [text])[0]) for strand in (query, reverse_complement(query)))
        found += best >= least
    assert found / pairs == pytest.approx(1 - exp(-chance[least]), rel=0.15)
