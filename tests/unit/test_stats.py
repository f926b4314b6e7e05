"""Statistics: intervals hold what they promise, p-values and false discovery rates by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control, pearson3

from genomebook import stats
from genomebook.stats import pearson_tail, two_sided_p


@pytest.mark.parametrize("blocks", [20, 60])
def test_intervals_hold_what_they_promise(blocks: int) -> None:
    rng, held, plain = np.random.default_rng(0), 0, 0
    for _ in range(200):
        shares = rng.beta(6, 14, blocks)  # blocks differ, as regions of a genome do
        bottom = rng.poisson(80, blocks).astype(np.float64)
        top = rng.binomial(bottom.astype(int), shares).astype(np.float64)
        figure = stats.ratio(top, bottom, rng)
        assert figure is not None
        held += figure.low <= 0.3 <= figure.high
        drawn = stats.resample(blocks, rng)
        low, high = stats.percentiles((drawn @ top) / (drawn @ bottom))
        plain += low <= 0.3 <= high
    assert 0.91 <= held / 200 <= 0.99
    assert plain <= held


def test_a_ratio_to_nothing_is_none() -> None:
    assert stats.ratio(np.zeros(20), np.zeros(20), np.random.default_rng(0)) is None


def test_expanded_percentiles_are_those_of_hesterberg() -> None:
    values = np.linspace(0, 100, 10_001)
    assert stats.expanded(values, 20) == pytest.approx(
        (1.59, 98.41), abs=0.01
    )  # of t with 19 degrees of freedom
    assert stats.expanded(values, 10_000) == pytest.approx((2.5, 97.5), abs=0.01)


def test_shares_by_wilson() -> None:
    assert stats.wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert stats.wilson(0.0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert stats.wilson(1.0, 20) == pytest.approx((0.8389, 1), abs=1e-4)


def test_blocks_have_50_kb_or_are_20() -> None:
    assert stats.block_borders(100).tolist() == list(range(0, 101, 5))
    borders = stats.block_borders(3_030_000)
    assert (len(borders), borders[0], borders[-1]) == (61, 0, 3_030_000)
    assert len(stats.block_borders(10**9, 100)) == 101


def test_shifts_go_a_thousand_or_a_quarter_of_the_way() -> None:
    rng = np.random.default_rng(1)
    far = stats.shift_distances(5000, 20_000, rng)
    assert (far.min(), far.max()) == (1000, 4000)
    near = stats.shift_distances(400, 20_000, rng)
    assert (near.min(), near.max()) == (100, 300)


def test_a_generator_depends_on_all_that_names_it() -> None:
    def first(*of: object) -> float:
        return float(stats.generator(*of).random())  # type: ignore[arg-type]

    assert first(1, "chr1", 0, 9) == first(1, "chr1", 0, 9)
    assert (
        len({first(1, "chr1", 0, 9), first(2, "chr1", 0, 9), first(1, "chr2", 0, 9), first(1, "chr1", 9)})
        == 4
    )


def test_the_spread_of_a_control() -> None:
    assert stats.spread(np.arange(101)) == pytest.approx((50, 2.5, 97.5))


def test_false_discoveries_are_those_of_scipy_and_of_nothing_none() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.5])
    assert (stats.benjamini_hochberg(p) == false_discovery_control(p)).all()
    assert stats.benjamini_hochberg(p) == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])
    assert not len(stats.benjamini_hochberg(p[:0]))


def test_p_by_hand() -> None:
    rng = np.random.default_rng(4)
    count = np.array([30, 3, 60])
    drawn = rng.poisson(20, (400, 3))
    off = drawn - 20.0
    moments = np.stack([(off**2).mean(axis=0), (off**3).mean(axis=0)])
    reached = np.stack([(drawn >= count).sum(axis=0), (drawn <= count).sum(axis=0)])
    p = two_sided_p(count, np.full(3, 20.0), moments, reached, 400)
    assert reached[0, 0] > 0
    assert p[0] == pytest.approx(2 * (1 + reached[0, 0]) / 401)
    assert reached[1, 1] == reached[0, 2] == 0
    sd = np.sqrt(moments[0])
    skew = moments[1] / sd**3
    assert p[1] == pytest.approx(2 * pearson3.sf((17 - 0.5) / sd[1], max(-skew[1], 0)))
    assert p[2] == pytest.approx(2 * pearson3.sf((40 - 0.5) / sd[2], max(skew[2], 0)))
    assert p[2] < 1e-9
    none = two_sided_p(np.array([5]), np.array([5.0]), np.zeros((2, 1)), np.full((2, 1), 400), 400)
    assert none == 1


def test_a_tail_is_never_larger_than_the_exact_p() -> None:
    moments = np.array([[100.0], [0.0]])
    p = two_sided_p(np.array([25]), np.array([20.0]), moments, np.array([[0], [100]]), 100)
    assert p == pytest.approx(2 / 101)


@pytest.mark.parametrize("skew", [0, 0.01, 0.3, 1, 2.5])
def test_the_tail_is_that_of_pearson_three(skew: float) -> None:
    z = np.linspace(-3, 12, 40)
    assert pearson_tail(z, np.full(40, skew)) == pytest.approx(pearson3.sf(z, skew), rel=1e-6, abs=1e-14)
