"""One-to-one assignment: the same sum as over all pairs, whatever the candidates; what cannot be solved."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from genomebook.errors import GenomebookError
from genomebook.lexicon.assignment import TOLERANCE, assign, solve
from genomebook.lexicon.csls import Pair, cosines, csls, unit


def pair(n: int, m: int, seed: int, hubs: bool) -> Pair:
    rng = np.random.default_rng(seed)
    common = 2 * rng.normal(size=8) if hubs else 0
    left = unit(rng.normal(size=(n, 8)) + common, centre=not hubs)
    right = unit(rng.normal(size=(m, 8)) + rng.gamma(1, 1, size=(m, 1)) * common, centre=not hubs)
    return cosines(left, right, block=16) if hubs else csls(left, right, block=16)


@settings(max_examples=40)
@given(
    n=st.integers(1, 60), more=st.integers(0, 30), most=st.integers(1, 8), seed=st.integers(0, 99),
    hubs=st.booleans(),
)  # fmt: skip
def test_the_sum_is_the_best_of_all(n: int, more: int, most: int, seed: int, hubs: bool) -> None:
    both = pair(n, n + more, seed, hubs)
    found = assign(both, most)
    table = both.scores(slice(None)).astype(np.float64)
    best = table[linear_sum_assignment(table, maximize=True)].sum()
    assert len(set(found.partner.tolist())) == n
    assert abs(table[np.arange(n), found.partner].sum() - best) <= n * TOLERANCE + 1e-5
    assert found.bound <= n * TOLERANCE * 2
    assert np.allclose(found.score, table[np.arange(n), found.partner], atol=1e-6)


def test_hubs_that_all_want_need_more_pairs_than_the_best_ones() -> None:
    both = pair(300, 320, 5, hubs=True)
    assert len(np.unique(both.nearest(1)[0])) < 150
    one = assign(both, 1)
    assert one.rounds > 1
    assert len(set(one.partner.tolist())) == 300
    assert one.score.sum() == pytest.approx(assign(both, 320).score.sum(), abs=1e-3)


def test_prices_prove_the_solution() -> None:
    rng = np.random.default_rng(6)
    n, m = 40, 50
    keys = np.unique(np.concatenate([rng.integers(0, n * m, 300), np.arange(n) * m + np.arange(n)]))
    left, right, score = keys // m, keys % m, rng.normal(size=len(keys)).astype(np.float32)
    partner, price, profit = solve(n, m, left, right, score)
    assert (price >= 0).all()
    assert (np.delete(price, partner) == 0).all()
    assert (profit[left] + price[right] >= score - 1e-9).all()
    chosen = {(i, int(j)) for i, j in enumerate(partner)}
    tight = np.array([(i, j) in chosen for i, j in zip(left.tolist(), right.tolist(), strict=True)])
    assert tight.sum() == n
    assert np.allclose((profit[left] + price[right])[tight], score[tight])


def test_of_two_ways_as_good_the_lower_numbers_are_taken() -> None:
    same = np.tile(unit(np.array([[1.0, 0.0]]), centre=False), (5, 1))
    assert assign(cosines(same[:3], same)).partner.tolist() == [0, 1, 2]


def test_what_has_no_solution_is_one_line() -> None:
    left, right = np.array([0, 1, 2]), np.array([0, 0, 1])
    with pytest.raises(GenomebookError, match="word 1: its candidates") as caught:
        solve(3, 3, left, right, np.ones(3, np.float32))
    assert "\n" not in str(caught.value)
    with pytest.raises(GenomebookError, match="4 words for 3 partners"):
        assign(pair(4, 3, 0, hubs=False))
