"""One-to-one assignment: no two partners alike, no other assignment better; what cannot be solved."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomebook.errors import GenomebookError
from genomebook.lexicon.assignment import assign
from genomebook.lexicon.csls import ScoreTable, cosines, csls, unit


def pair(n: int, m: int, seed: int, hubs: bool) -> ScoreTable:
    rng = np.random.default_rng(seed)
    common = 2 * rng.normal(size=8) if hubs else 0
    left = unit(rng.normal(size=(n, 8)) + common, centre=not hubs)
    right = unit(rng.normal(size=(m, 8)) + rng.gamma(1, 1, size=(m, 1)) * common, centre=not hubs)
    return cosines(left, right, block=16) if hubs else csls(left, right, block=16)


@settings(max_examples=40)
@given(n=st.integers(1, 4), more=st.integers(0, 3), seed=st.integers(0, 99), hubs=st.booleans())
def test_the_sum_is_the_best_of_all(n: int, more: int, seed: int, hubs: bool) -> None:
    both = pair(n, n + more, seed, hubs)
    assigned = assign(both)
    table = both.scores(slice(None)).astype(np.float64)
    best = max(table[np.arange(n), list(chosen)].sum() for chosen in permutations(range(n + more), n))
    assert len(set(assigned.partner.tolist())) == n
    assert table[np.arange(n), assigned.partner].sum() == pytest.approx(best, abs=1e-5)
    assert np.allclose(assigned.score, table[np.arange(n), assigned.partner], atol=1e-6)


def test_no_two_words_gain_by_exchanging_partners_though_all_want_the_same_hubs() -> None:
    both = pair(300, 320, 5, hubs=True)
    assert len(np.unique(both.nearest(1)[0])) < 150
    partner = assign(both).partner
    assert len(set(partner.tolist())) == 300
    table = both.scores(slice(None)).astype(np.float64)
    own, crossed = table[np.arange(300), partner], table[:, partner]
    assert (own[:, None] + own[None, :] >= crossed + crossed.T - 1e-5).all()
    free = np.setdiff1d(np.arange(320), partner)
    assert (own >= table[:, free].max(axis=1) - 1e-5).all()


def test_of_two_ways_as_good_the_lower_numbers_are_taken() -> None:
    same = np.tile(unit(np.array([[1.0, 0.0]]), centre=False), (5, 1))
    assert assign(cosines(same[:3], same)).partner.tolist() == [0, 1, 2]


def test_more_words_than_partners_is_one_line() -> None:
    with pytest.raises(GenomebookError, match="4 words for 3 partners") as caught:
        assign(pair(4, 3, 0, hubs=False))
    assert "\n" not in str(caught.value)
