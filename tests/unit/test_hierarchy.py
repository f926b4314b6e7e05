from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from genomebook.segmentation.hierarchy import (
    DIMENSIONS,
    LETTERS_PER_PART,
    clusters,
    join_neighbours,
    part_ends,
    projection,
)


def spread(rows: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Weighted sum of squared distances to the mean."""
    mean = (rows * weight[:, None]).sum(axis=0) / weight.sum()
    return float((weight[:, None] * (rows - mean) ** 2).sum())


def plain_ward(
    profile: NDArray[np.float64], weight: NDArray[np.float64], wanted: int, largest: int
) -> list[int]:
    """Join the neighbours that add least to the spread within clusters, again and again, by definition."""
    bounds = list(range(len(profile) + 1))
    while len(bounds) - 1 > wanted:
        costs = []
        for i in range(1, len(bounds) - 1):
            a, m, b = bounds[i - 1 : i + 2]
            if b - a <= largest:
                parts = spread(profile[a:m], weight[a:m]) + spread(profile[m:b], weight[m:b])
                costs.append((spread(profile[a:b], weight[a:b]) - parts, i))
        if not costs:
            break
        del bounds[min(costs)[1]]
    return bounds[1:]


@st.composite
def chains(draw: st.DrawFn) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n, d = draw(st.integers(1, 24)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    topics = rng.normal(0, 3, (n, d)).repeat(draw(st.integers(1, 5)), axis=0)[:n]
    return topics + rng.normal(0, 1, (n, d)), rng.integers(1, 60, n).astype(np.float64)


@settings(max_examples=200)
@given(chains(), st.integers(1, 10), st.integers(1, 12))
def test_neighbours_are_joined_as_ward_says(
    chain: tuple[NDArray[np.float64], NDArray[np.float64]], wanted: int, largest: int
) -> None:
    profile, weight = chain
    assert join_neighbours(profile, weight, wanted, largest).tolist() == plain_ward(
        profile, weight, wanted, largest
    )


def test_a_change_of_words_is_found_by_hand() -> None:
    profile = np.array([[0.0], [0.1], [0.0], [9.0], [9.1], [4.0]])
    weight = np.ones(6)
    assert join_neighbours(profile, weight, 3, 6).tolist() == [3, 5, 6]
    assert join_neighbours(profile, weight, 2, 6).tolist() == [3, 6]
    assert join_neighbours(profile, weight, 1, 6).tolist() == [6]
    assert join_neighbours(profile, weight, 2, 2).tolist() == [2, 3, 5, 6]
    assert join_neighbours(profile, weight, 6, 6).tolist() == [1, 2, 3, 4, 5, 6]


def test_the_lighter_of_two_equal_neighbours_is_joined_first() -> None:
    profile = np.array([[0.0], [1.0], [2.0]])
    assert join_neighbours(profile, np.array([50.0, 50, 1]), 2, 3).tolist() == [1, 3]
    assert join_neighbours(profile, np.array([1.0, 50, 50]), 2, 3).tolist() == [2, 3]


@settings(max_examples=60)
@given(st.integers(0, 400), st.integers(1, 30), st.integers(0, 2**32), st.booleans())
def test_clusters_tile_the_chain_and_respect_the_largest_size(
    n: int, per: int, seed: int, alike: bool
) -> None:
    rng = np.random.default_rng(seed)
    profile = np.zeros((n, 3)) if alike else rng.normal(0, 1, (n, 3))
    ends = clusters(profile, rng.integers(0, 50, n), per).tolist()
    if n == 0:
        assert ends == []
        return
    assert ends[-1] == n
    sizes = np.diff([0, *ends])
    assert sizes.min() >= 1
    assert sizes.max() <= 4 * per
    assert len(ends) >= max(round(n / per), math.isqrt(n), 1)


@pytest.mark.parametrize(
    ("n", "per", "expected"), [(1, 30, 1), (9, 30, 3), (100, 30, 10), (3000, 30, 100), (3000, 13, 231)]
)
def test_how_many_clusters_there_are(n: int, per: int, expected: int) -> None:
    """The square root of the chain while it is short, then one for every ``per``."""
    profile = np.random.default_rng(n).normal(0, 1, (n, 4))
    assert len(clusters(profile, np.ones(n, np.int64), per)) == expected


# --- directions


def test_directions_of_words_are_fixed_and_what_is_no_word_has_none() -> None:
    signs = projection(4116)
    assert signs.shape == (4116, DIMENSIONS)
    assert not signs[:16].any()
    assert set(np.unique(signs[16:])) == {-1, 1}
    assert (projection(620) == signs[:620]).all()
    assert abs(signs[16:].mean()) < 0.01
    assert len(np.unique(signs[16:], axis=0)) == 4100


# --- parts


def evenly(length: int, step: int) -> NDArray[np.int64]:
    return np.arange(0, length, step, dtype=np.int64)


@given(
    st.integers(1, 400),
    st.lists(st.integers(0, 3999), min_size=1, max_size=300, unique=True),
    st.integers(0, 2**32),
)
def test_parts_tile_the_paragraphs(size: int, places: list[int], seed: int) -> None:
    starts = np.array(sorted(places), np.int64)
    strength = np.random.default_rng(seed).normal(0, 1, len(starts)).astype(np.float32)
    ends = part_ends(4000, starts, strength, size * 10).tolist()
    assert ends == sorted(set(ends))
    assert ends[0] >= 1
    assert ends[-1] == len(starts)
    n_parts = max(1, round(4000 / (size * 10)))
    assert len(ends) <= n_parts
    middles = [4000 * part / n_parts for part in range(1, n_parts)]
    after_window = {int(np.searchsorted(starts, middle - size / 2)) for middle in middles}
    for end in ends[:-1]:
        near = min(abs(starts[end] - middle) for middle in middles) <= size / 2
        assert near or end in after_window  # nothing begins near the even division


def test_a_part_ends_at_the_strongest_boundary_near_the_even_division() -> None:
    starts = evenly(3000, 10)  # three parts of 1000: searched at 950 to 1050, 1950 to 2050
    strength = np.zeros(300, np.float32)
    strength[97], strength[103], strength[110] = 1, 2, 99  # closes paragraphs 97, 103, 110
    strength[198] = np.inf
    assert part_ends(3000, starts, strength, 1000).tolist() == [104, 199, 300]


def test_a_part_whose_division_falls_into_a_large_gap_ends_with_the_gap() -> None:
    starts = np.concatenate([evenly(900, 10), 1200 + evenly(800, 10)])
    strength = np.zeros(len(starts), np.float32)
    assert part_ends(2000, starts, strength, 1000).tolist() == [90, len(starts)]


@pytest.mark.parametrize(
    ("length", "parts"), [(16_569, 1), (14_999_999, 1), (15_000_001, 2), (25_100_000, 3)]
)
def test_how_many_parts_there_are(length: int, parts: int) -> None:
    starts = evenly(length, 500)
    ends = part_ends(length, starts, np.zeros(len(starts), np.float32))
    assert len(ends) == parts
    sizes = np.diff([*starts[np.concatenate([[0], ends[:-1]])], length])
    assert sizes.max() <= 1.5 * LETTERS_PER_PART + LETTERS_PER_PART / 10


def test_a_volume_of_gaps_alone_is_one_part_without_paragraphs() -> None:
    assert part_ends(50_000_000, np.empty(0, np.int64), np.empty(0, np.float32)).tolist() == [0]
