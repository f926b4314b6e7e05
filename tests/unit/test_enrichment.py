"""Enrichment at edges: exact against definitions, planted ratios, controls, and where there is no figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from genomebook.annotation.enrichment import Enrichment, enrichment
from genomebook.annotation.genes import read_genes
from genomebook.annotation.positions import BoundaryPositions, is_near
from genomebook.annotation.punctuation import punctuation
from genomebook.genome.regions import Contig
from genomebook.stats import MIN_BLOCKS

CHRM = Contig("chrM", 16569, "chrM", 0)
GENES = Path(__file__).resolve().parents[2] / "genomebook" / "data" / "NC_012920.1.genes.tsv"
NO_GAPS = np.empty((0, 2), np.int64)
LENGTH = 400_000
GAPS = np.array([[0, 1000], [150_000, 200_000], [300_000, 300_001]])


def places(length: int, gaps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where a boundary can stand: between two letters of which neither is in a gap."""
    gap = np.zeros(length, np.bool_)
    for start, end in gaps:
        gap[start:end] = True
    return np.flatnonzero(~gap[1:] & ~gap[:-1]) + 1


def uniform(rng: np.random.Generator, n: int, gaps: NDArray[np.int64] = GAPS) -> NDArray[np.int64]:
    return np.sort(rng.choice(places(LENGTH, gaps), n, replace=False))


def numbers(found: Enrichment) -> list[float | None]:
    recall = found.recall
    return [
        *(found.value, found.low, found.high, found.control, found.control_low, found.control_high),
        *(found.share, found.expected, recall.value, recall.low, recall.high, recall.control),
    ]


@pytest.mark.parametrize(
    ("positions", "edges_", "within", "share"),
    [
        ([100], [100], 0, 1),
        ([100], [101], 0, 0),
        ([100, 200], [80, 221], 20, 0.5),
        ([100, 200], [120, 180], 20, 1),
        ([100, 200], [121, 179], 20, 0),
        ([100], [], 20, 0),
    ],
)
def test_is_near(positions: list[int], edges_: list[int], within: int, share: float) -> None:
    assert is_near(np.array(positions), np.array(edges_, np.int64), within).mean() == share


@pytest.mark.parametrize("gaps", [NO_GAPS, GAPS], ids=["no gaps", "gaps"])
def test_figures_are_those_of_the_definition(gaps: NDArray[np.int64]) -> None:
    rng = np.random.default_rng(1)
    marks, at = uniform(rng, 900, gaps), uniform(rng, 500, gaps)
    found = enrichment(marks, at, LENGTH, gaps, within=15)
    close = np.zeros(LENGTH, np.bool_)
    for edge in at:
        close[max(0, edge - 15) : edge + 16] = True
    expected = close[places(LENGTH, gaps)].mean()  # every place once: the mean over all shifts
    assert found.expected == pytest.approx(expected, rel=1e-12)
    assert found.share == is_near(marks, at, 15).mean()
    assert found.value == pytest.approx(found.share / expected)
    assert found.recall.value == is_near(at, marks, 15).mean()
    assert (found.n, found.n_edges, found.recall.n, found.why) == (900, 500, 500, "")
    assert found.recall.control == pytest.approx(1 - (1 - 31 / LENGTH) ** 900, rel=0.3)


def test_each_shift_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(2)
    marks, at, free = uniform(rng, 300), uniform(rng, 200), places(LENGTH, GAPS)
    room = BoundaryPositions.around(LENGTH, GAPS)
    by = np.array([0, 1, 999, room.size - 1, room.size, 123_456])
    found = room.hits_of_shifts(marks, at, by, 40)
    for shift, (near, seen) in zip(by, found, strict=True):
        moved = np.sort(free[(np.searchsorted(free, marks) + shift) % len(free)])
        assert near == is_near(moved, at, 40).sum()
        assert seen == is_near(at, moved, 40).sum()


def test_positions_are_numbered_over_the_gaps() -> None:
    room, free = BoundaryPositions.around(LENGTH, GAPS), places(LENGTH, GAPS)
    assert room.size == len(free)
    assert (room.rank(free) == np.arange(len(free))).all()
    assert (room.only(np.arange(-2, LENGTH + 3)) == free).all()
    assert room.rank(np.array([0, 500, 1000, 1001, 175_000])).tolist() == [0, 0, 0, 0, 148_999]
    weights = np.arange(len(free), dtype=np.float64)
    assert room.per_block(free, weights).sum() == weights.sum()
    assert np.ptp(room.per_block(free)) <= 1
    none = BoundaryPositions.around(10, np.array([[0, 10]]))
    assert (none.size, none.only(np.arange(10)).tolist(), none.rank(np.arange(3)).tolist()) == (
        0,
        [],
        [0] * 3,
    )


def test_random_boundaries_give_one() -> None:
    rng = np.random.default_rng(3)
    at, found = uniform(rng, 800), []
    for _ in range(60):
        found.append(enrichment(uniform(rng, 1500), at, LENGTH, GAPS, shifts=200))
    assert np.mean([one.value for one in found]) == pytest.approx(1, abs=0.03)
    assert 0.85 <= np.mean([one.low <= 1 <= one.high for one in found]) <= 1
    assert all(one.control_low < 1 < one.control_high for one in found)
    assert all(one.control == pytest.approx(1, abs=0.05) for one in found)


@pytest.mark.parametrize("planted", [0.1, 0.5])
def test_planted_boundaries_give_the_planted_ratio(planted: float) -> None:
    rng = np.random.default_rng(4)
    at = uniform(rng, 800)
    at = at[(np.diff(at, prepend=0) > 100) & ((at < 149_000) | (at > 201_000))]
    n = 2000
    close = rng.choice(at, int(n * planted)) + rng.integers(-20, 21, int(n * planted))
    found = enrichment(np.concatenate([close, uniform(rng, n - len(close))]), at, LENGTH, GAPS)
    true = (planted + (1 - planted) * found.expected) / found.expected
    assert found.low < true < found.high
    assert found.value == pytest.approx(true, rel=0.1)
    assert found.low > 1.5
    assert found.control_high < found.low
    assert found.recall.low > found.recall.control_high


@given(st.integers(0, 2**32), st.integers(1, LENGTH))
def test_turning_everything_round_leaves_the_share_and_what_is_expected(seed: int, by: int) -> None:
    """On a volume without gaps only the ends notice; marks and edges are kept from these."""
    rng = np.random.default_rng(seed)
    marks, at = rng.choice(LENGTH, 400, replace=False), rng.choice(LENGTH, 300, replace=False)

    def turned(values: NDArray[np.int64], by: int) -> NDArray[np.int64]:
        return np.sort((values + by) % LENGTH)

    def away(values: NDArray[np.int64]) -> NDArray[np.bool_]:
        ends = (values > 50) & (values < LENGTH - 50)
        after = (values + by) % LENGTH
        return ends & (after > 50) & (after < LENGTH - 50)

    marks, at = marks[away(marks)], at[away(at)]
    one = enrichment(turned(marks, 0), turned(at, 0), LENGTH, NO_GAPS, shifts=2)
    two = enrichment(turned(marks, by), turned(at, by), LENGTH, NO_GAPS, shifts=2)
    assert (one.share, one.expected, one.recall.value) == (two.share, two.expected, two.recall.value)
    assert one.value == two.value


def test_the_same_volume_is_drawn_alike_and_another_is_not() -> None:
    rng = np.random.default_rng(5)
    marks, at = uniform(rng, 900), uniform(rng, 500)
    one = enrichment(marks, at, LENGTH, GAPS, name="chr2")
    enrichment(marks[::2], at, LENGTH, GAPS, name="chr3")  # what was measured before does not matter
    assert enrichment(marks, at, LENGTH, GAPS, name="chr2") == one
    assert enrichment(marks[::-1], np.concatenate([at, at]), LENGTH, GAPS, name="chr2") == one
    for other in ({"name": "chr3"}, {"name": "chr2", "start": 1}, {"name": "chr2", "seed": 2}):
        found = enrichment(marks, at, LENGTH, GAPS, **other)  # type: ignore[arg-type]
        assert found.value == one.value
        assert (found.control_low, found.low) != (one.control_low, one.low)


def test_ends_and_gaps_do_not_count() -> None:
    rng = np.random.default_rng(6)
    marks, at = uniform(rng, 900), uniform(rng, 500)
    more = np.array([0, 500, 1000, 150_000, 170_000, 200_000, 300_000, 300_001, LENGTH])
    one = enrichment(marks, at, LENGTH, GAPS)
    two = enrichment(np.concatenate([marks, more]), np.concatenate([more, at]), LENGTH, GAPS)
    assert one == two
    assert (two.n, two.n_edges) == (900, 500)


def test_none_near_is_a_figure_with_an_upper_bound() -> None:
    at = np.arange(500, LENGTH, 1000)
    found = enrichment(np.arange(1000, LENGTH, 1000), at, LENGTH, NO_GAPS)
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(3 / (399 * 41 / 1000), rel=0.01)


MARKS, AT = np.arange(97, LENGTH, 97), np.arange(500, LENGTH, 500)


@pytest.mark.parametrize(
    ("marks", "at", "length", "gaps", "why"),
    [
        (MARKS[:0], AT, LENGTH, NO_GAPS, "no boundary was found"),
        (MARKS, AT[:0], LENGTH, NO_GAPS, "the track has no edge in this chromosome or sequence"),
        (
            MARKS,
            AT,
            3000,
            NO_GAPS,
            "the chromosome or sequence has 2,999 positions for a boundary, fewer than 4,000",
        ),
        (MARKS, AT, LENGTH, np.array([[0, LENGTH]]), "no boundary was found"),  # all gap
        (MARKS, np.array([0, LENGTH]), LENGTH, NO_GAPS, "the track has no edge"),
        (MARKS[::200], AT, LENGTH, NO_GAPS, "chance alone would put 1.7 boundaries near an edge"),
        (MARKS[:1000], AT, LENGTH, NO_GAPS, ""),
        (MARKS[:400], AT, LENGTH, NO_GAPS, "the boundaries are in 2 of 20 blocks"),
        (MARKS, AT[:99], LENGTH, NO_GAPS, "the edges are in 3 of 20 blocks"),
    ],
)
def test_where_there_is_no_figure(
    marks: NDArray[np.int64], at: NDArray[np.int64], length: int, gaps: NDArray[np.int64], why: str
) -> None:
    found = enrichment(marks, at, length, gaps, shifts=10)
    assert found.why.startswith(why)
    assert found.recall.why == found.why
    assert [number is None for number in numbers(found)] == [bool(why)] * 12
    assert MIN_BLOCKS == 20


def test_trnas_and_gene_edges_of_the_mitochondrion() -> None:
    genes = read_genes(GENES, [CHRM])
    starts = genes.loc[genes["biotype"] == "Mt_tRNA", "start"].to_numpy()
    found = punctuation(starts, genes, CHRM.length, within=0)
    assert (found.trnas.value, found.trnas.n, found.boundaries.value) == (1, 22, 1)
    assert found.gene_edges.n == len(np.unique(genes[["start", "end"]]))
    assert found.trna_edges.value < 1
    assert (found.genes["to_start"].to_numpy()[genes["biotype"] == "Mt_tRNA"] == 0).all()
    # Each boundary is at a given edge in one rotation of 16,569: the mean is known.
    assert found.gene_edges.control == pytest.approx(22 / CHRM.length, rel=1e-9)
    assert found.boundaries.control == pytest.approx(found.gene_edges.n / CHRM.length, rel=1e-9)
    for one in (found.gene_edges, found.trna_edges, found.trnas, found.boundaries):
        assert 0 <= one.low <= one.value <= one.high <= 1
        assert one.control_high < one.value


@given(st.sets(st.integers(0, 999), min_size=1, max_size=9), st.integers(0, 999), st.integers(0, 30))
def test_a_circle_has_no_beginning(marks: set[int], by: int, within: int) -> None:
    """Boundaries and genes turned together are as near each other; the control is the same."""
    genes = pd.DataFrame(
        {"name": ["a", "b"], "biotype": ["tRNA", "x"], "strand": "+", "start": [10, 300], "end": [80, 990]}
    )
    positions = np.array(sorted(marks))
    one = punctuation(positions, genes, 1000, within=within)
    moved = genes.assign(start=genes["start"] + by, end=genes["end"] + by)
    two = punctuation(positions + by, moved, 1000, within=within)
    assert (one.gene_edges, one.trna_edges, one.trnas) == (two.gene_edges, two.trna_edges, two.trnas)
    assert one.boundaries == two.boundaries
    assert one.genes["to_end"].tolist() == two.genes["to_end"].tolist()
    near = [min(min((p - e) % 1000, (e - p) % 1000) for p in marks) <= within for e in (10, 80, 300, 990)]
    assert one.gene_edges.value == np.mean(near)
    assert one.trnas.value == any(near[:2])


def test_a_line_has_ends() -> None:
    genes = pd.DataFrame({"name": ["a"], "biotype": ["x"], "strand": ["+"], "start": [0], "end": [1000]})
    marks = np.array([5])
    line = punctuation(marks, genes, 1000, circular=False, within=10)
    assert line.genes[["to_start", "to_end"]].to_numpy().tolist() == [[5, 995]]
    assert line.gene_edges.value == 0.5
    assert line.trnas.why == "no gene of the chromosome or sequence has a tRNA biotype"
    assert line.trnas.value is None
    circle = punctuation(marks, genes, 1000, within=10)
    assert circle.genes[["to_start", "to_end"]].to_numpy().tolist() == [[5, 5]]
    none = punctuation(marks[:0], genes, 1000)
    assert {one.why for one in (none.gene_edges, none.trnas, none.boundaries)} == {"no boundary was found"}
    assert none.gene_edges.value is None
    assert none.genes["to_start"].tolist() == [-1]
    assert (
        punctuation(marks, genes.iloc[:0], 1000).gene_edges.why == "the chromosome or sequence has no genes"
    )
