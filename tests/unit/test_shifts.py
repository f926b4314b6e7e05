"""Words against shifted annotation: counts by brute force, what is planted is found, chance finds nothing."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import t

from genomebook.lexicon.grounded import MIN_EXPECTED, enriched, grounded_table
from genomebook.lexicon.layers import MAX_BLOCKS, Layer, Piece, Stack
from genomebook.lexicon.shifts import MIN_SHIFTS, WORK, Measured, measure, shifts_for
from genomebook.stats import MIN_BLOCKS, SHIFTS

LENGTHS = np.array([0, 1, 2, 3, 4, 7], np.uint8)
N = len(LENGTHS)


def spans_of(letters: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.flatnonzero(np.diff(letters, prepend=False, append=False)).reshape(-1, 2).astype(np.int64)


class Volume:
    """A volume letter by letter, to count slowly."""

    def __init__(self, rng: np.random.Generator, words: int, classes: int, gaps: int = 0) -> None:
        self.ids = rng.integers(1, N, words).astype(np.uint16)
        starts = np.cumsum(LENGTHS[self.ids].astype(int)) - LENGTHS[self.ids]
        self.middles = starts + LENGTHS[self.ids] // 2
        self.size = int(LENGTHS[self.ids].sum())
        before = np.sort(rng.choice(words + 1, gaps, replace=False))
        sizes = rng.integers(1, 9, gaps)
        place = np.append(starts, self.size)[before]
        first = place + np.cumsum(sizes) - sizes
        self.gaps = np.stack([first, first + sizes], axis=1).astype(np.int64).reshape(-1, 2)
        self.with_gaps = np.insert(self.ids, before, 0).astype(np.uint16)
        self.length = self.size + int(sizes.sum())
        letters = np.zeros((classes, self.length), bool)
        for one in letters:
            for at in rng.integers(0, self.length, rng.integers(1, 8)):
                one[at : at + rng.integers(1, 40)] = True
        self.spans = [spans_of(one) for one in letters]
        is_gap = np.zeros(self.length, bool)
        for a, b in self.gaps:
            is_gap[a:b] = True
        self.places = letters[:, ~is_gap]

    def layer(self, name: str = "v") -> Layer:
        return Layer.of(name, 5, 5 + self.length, self.with_gaps, self.gaps, self.spans)

    def count(self, by: int) -> NDArray[np.int64]:
        inside = self.places[:, (self.middles + by) % self.size]
        return np.array([np.bincount(self.ids[one], minlength=N) for one in inside])


def stack(*volumes: Volume) -> Stack:
    layers = tuple(one.layer(str(number)) for number, one in enumerate(volumes))
    return Stack(layers, LENGTHS, len(volumes[0].spans))


def all_heard(one: Stack) -> NDArray[np.bool_]:
    return np.ones((one.n_classes, len(one.layers)), bool)


def counted(one: Stack, by: int) -> NDArray[np.int64]:
    found = one.empty()
    one.count(0, by, found)
    hits = found.T.astype(np.int64) @ one.members
    hits[0] = 0  # gaps
    return hits.T


def of_all(piece: Piece, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Counts of the words of a piece as counts of all words."""
    found = np.zeros((*counts.shape[:-1], N), np.int64)
    found[..., piece.ids] = counts
    return found


def test_a_small_volume_costs_what_it_holds() -> None:
    """Thousands of contigs: neither all words nor all combinations of the book are counted for each."""
    rng = np.random.default_rng(4)
    one = stack(*(Volume(rng, 3, 5) for _ in range(30)))
    assert len(one.masks) > 12
    for layer, small in enumerate(one.layers):
        (piece,) = one.pieces(layer, [small.size])
        assert piece.ids.tolist() == sorted(set(small.ids.tolist()))
        assert piece.hits.shape == (5, len(piece.ids))


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 60), st.integers(1, 5), st.integers(0, 4), st.integers(0, 500))
def test_counts_are_those_of_brute_force(seed: int, words: int, classes: int, gaps: int, by: int) -> None:
    rng = np.random.default_rng(seed)
    volume = Volume(rng, words, classes, min(gaps, words))
    one = stack(volume)
    by %= volume.size
    assert one.layers[0].size == volume.size
    assert (counted(one, by) == volume.count(by)).all()
    turned = Stack((one.layers[0].turned(by),), LENGTHS, classes)
    assert (counted(turned, 0) == volume.count(by)).all()
    borders = sorted({*rng.integers(1, volume.size + 1, 3).tolist(), volume.size})
    pieces = list(one.pieces(0, borders))
    hits = sum(of_all(piece, piece.hits) for piece in pieces)
    assert (hits[:, 1:] == volume.count(0)[:, 1:]).all()
    assert sum(piece.letters for piece in pieces) == pytest.approx(volume.places.sum(axis=1))
    assert [piece.size for piece in pieces] == np.diff([0, *borders]).tolist()
    low = 0
    for piece, high in zip(pieces, borders, strict=True):
        here = (volume.middles >= low) & (volume.middles < high)
        assert (of_all(piece, piece.words)[1:] == np.bincount(volume.ids[here], minlength=N)[1:]).all()
        assert (piece.letters == volume.places[:, low:high].sum(axis=1)).all()
        low = high


def test_sixty_four_classes() -> None:
    rng = np.random.default_rng(1)
    volume = Volume(rng, 100, 64)
    one = stack(volume)
    assert (counted(one, 17) == volume.count(17)).all()


def test_the_expected_count_is_the_mean_over_all_shifts() -> None:
    rng = np.random.default_rng(2)
    volumes = [Volume(rng, 80, 3, 2), Volume(rng, 50, 3)]
    found = measure(stack(*volumes), np.ones((3, 2), bool), 5)
    expected = sum(np.mean([one.count(by) for by in range(one.size)], axis=0) for one in volumes)
    assert found.expected[:, 1:] == pytest.approx(expected[:, 1:])
    assert (found.count[:, 1:] == sum(one.count(0) for one in volumes)[:, 1:]).all()


def test_what_is_not_known_of_a_volume_is_left_out_of_the_share() -> None:
    rng = np.random.default_rng(3)
    volumes = [Volume(rng, 80, 2), Volume(rng, 50, 2)]
    volumes[1].spans[1] = np.empty((0, 2), np.int64)
    found = measure(stack(*volumes), np.array([[True, True], [True, False]]), 5)
    counts = [np.bincount(one.ids, minlength=N) for one in volumes]
    assert (found.known[0] == counts[0] + counts[1]).all()
    assert (found.known[1] == counts[0]).all()


def jackknife(volumes: list[Volume], one: Stack, found: Measured) -> NDArray[np.float64]:
    """Interval of each block left out in turn, slowly; float64[2, classes, ids]."""
    borders = one.blocks()
    offsets = np.cumsum([0, *(v.size for v in volumes)])
    logs = []
    for low, high in itertools.pairwise(borders):
        count, expected = np.zeros((one.n_classes, N)), np.zeros((one.n_classes, N))
        for volume, offset in zip(volumes, offsets, strict=False):
            left = (volume.middles + offset < low) | (volume.middles + offset >= high)
            places = np.arange(volume.size) + offset
            kept = (places < low) | (places >= high)
            inside = volume.places[:, volume.middles] & left
            count += np.array([np.bincount(volume.ids[row], minlength=N) for row in inside])
            if kept.any():
                share = volume.places[:, kept].mean(axis=1)
                expected += np.outer(share, np.bincount(volume.ids[left], minlength=N))
        logs.append(np.log(count + 0.5) - np.log(expected))
    blocks = len(logs)
    error = np.sqrt((blocks - 1) / blocks * ((logs - np.mean(logs, axis=0)) ** 2).sum(axis=0))
    reach = np.exp(t.ppf(0.975, blocks - 1) * error)
    ratio = found.count / found.expected
    return np.stack([ratio / reach, ratio * reach])


def test_intervals_are_those_of_the_jackknife() -> None:
    rng = np.random.default_rng(11)
    volumes = [Volume(rng, 900, 2, 3), Volume(rng, 400, 2), Volume(rng, 7, 2)]
    one = stack(*volumes)
    found = measure(one, all_heard(one), 3)
    low, high = jackknife(volumes, one, found)
    seen = found.count[:, 1:] > 0
    assert seen.any()
    assert found.low[:, 1:][seen] == pytest.approx(low[:, 1:][seen])
    assert found.high[:, 1:][seen] == pytest.approx(high[:, 1:][seen])


def test_blocks_are_at_most_a_hundred() -> None:
    def blocks(size: int) -> int:
        layer = Layer("v", 0, size, np.zeros(0, np.uint16), np.array([size]), np.zeros(1, np.uint64))
        return len(Stack((layer,), LENGTHS, 1).blocks()) - 1

    assert [blocks(size) for size in (1_000, 2_000_000, 10**9)] == [MIN_BLOCKS, 40, MAX_BLOCKS]


def made(seed: int, planted: float = 0.0) -> Stack:
    """Words of 4 letters in clumps, and a clumped class; word 1 is put into it with a probability."""
    rng = np.random.default_rng(seed)
    n, kinds = 30_000, 60
    clumps = np.repeat(rng.integers(1, kinds, n // 5), 5)
    ids = np.where(rng.random(n) < 0.3, clumps, rng.integers(1, kinds, n)).astype(np.uint16)
    inside = np.zeros(4 * n, bool)
    for at in rng.integers(0, 4 * n, 120):
        inside[at : at + rng.integers(50, 300)] = True
    words = inside[2::4]
    ids[words & (rng.random(n) < planted)] = 1
    wide = np.zeros(4 * n, bool)
    for at in rng.integers(0, 4 * n, 8):
        wide[at : at + 6_000] = True
    layer = Layer.of("v", 0, 4 * n, ids, np.empty((0, 2), np.int64), [spans_of(inside), spans_of(wide)])
    return Stack((layer,), np.full(kinds, 4, np.uint8), 2)


def test_planted_words_are_found_and_no_others() -> None:
    one = made(1, planted=0.05)
    table = grounded_table(measure(one, all_heard(one), 300), ["planted", "wide"])
    assert table["expected"].between(0, 1).all()
    more = enriched(table)
    assert more[["id", "class"]].to_numpy().tolist() == [[1, "planted"]]
    row = more.iloc[0]
    assert row["low"] > 1.5
    assert row["low"] < row["enrichment"] < row["high"]
    assert row["share"] == pytest.approx(row["enrichment"] * row["expected"], rel=1e-5)
    assert (table["q"] >= table["p"]).all()


def test_by_chance_p_is_as_small_as_it_says() -> None:
    p, covered, false = [], [], 0
    for seed in range(12):
        one = made(seed + 10)
        found = measure(one, all_heard(one), 200, seed=seed)
        p.append(found.p[:, 1:].ravel())
        covered.append(((found.low <= 1) & (found.high >= 1))[:, 1:].mean())
        false += len(enriched(grounded_table(found, ["a", "b"])))
    every = np.concatenate(p)
    assert 0.02 < (every < 0.05).mean() < 0.06
    assert 0.003 < (every < 0.01).mean() < 0.014
    assert (every < 0.001).mean() < 0.002
    assert 0.9 < np.mean(covered) < 0.98
    assert false <= 1


def test_threads_and_neighbours_change_nothing() -> None:
    rng = np.random.default_rng(8)
    volumes = [Volume(rng, 600, 3, 2), Volume(rng, 300, 3)]
    one = stack(*volumes)
    a, b = (measure(one, all_heard(one), 80, threads=threads) for threads in (1, 3))
    for name in ("count", "expected", "low", "high", "p"):
        assert getattr(a, name).tobytes() == getattr(b, name).tobytes()
    other = measure(one, all_heard(one), 80, seed=2)
    assert (other.p != a.p).any()


def test_a_pair_of_which_chance_gives_too_few_has_no_row() -> None:
    one = made(5)
    found = measure(one, all_heard(one), 20)
    table = grounded_table(found, ["a", "b"])
    assert len(table) == (found.expected >= MIN_EXPECTED).sum()
    assert not grounded_table(found, ["a", "b"])[["id", "class"]].duplicated().any()


def test_shifts_of_a_book_of_any_size() -> None:
    assert shifts_for(200_000) == shifts_for(0) == SHIFTS
    genome = 600_000_000  # words of 3.1 Gb
    assert MIN_SHIFTS < shifts_for(genome) < SHIFTS
    assert genome * shifts_for(genome) <= WORK
    assert shifts_for(10**10) == MIN_SHIFTS
