"""CSLS beside its definition, in blocks and by candidates; hubs."""

from __future__ import annotations

import numpy as np
import pytest

from genomebook.lexicon.csls import cosines, csls, hubness, occurrences, top, unit


def words(n: int, d: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) * np.linspace(3, 0.2, d) + rng.normal(size=d)


@pytest.fixture(scope="module")
def both() -> tuple[np.ndarray, np.ndarray]:
    return unit(words(37, 6, 0)), unit(words(53, 6, 1))


def by_definition(left: np.ndarray, right: np.ndarray, k: int) -> np.ndarray:
    table = np.empty((len(left), len(right)))
    near_right = [np.mean(sorted(right @ x)[-k:]) for x in left]
    near_left = [np.mean(sorted(left @ y)[-k:]) for y in right]
    for i, x in enumerate(left):
        for j, y in enumerate(right):
            table[i, j] = 2 * float(x @ y) - near_right[i] - near_left[j]
    return table


def test_rows_are_centred_and_of_length_one() -> None:
    rows = words(40, 5, 2)
    found = unit(rows)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    away = rows - rows.mean(axis=0)
    assert np.allclose(found, away / np.linalg.norm(away, axis=1, keepdims=True), atol=1e-6)
    assert (unit(np.ones((3, 2))) == 0).all()


@pytest.mark.parametrize("k", [1, 10, 100])
def test_scores_are_those_of_the_definition(both: tuple[np.ndarray, np.ndarray], k: int) -> None:
    wanted = by_definition(*both, min(k, 37, 53)) if k < 100 else None
    pair = csls(*both, k=k, block=7)
    if wanted is None:  # more neighbours than words: the mean over all of them
        table = both[0] @ both[1].T
        wanted = 2 * table - table.mean(axis=1)[:, None] - table.mean(axis=0)[None]
    assert np.allclose(np.concatenate([found for _, found in pair.blocks()]), wanted, atol=1e-5)
    rows, columns = np.divmod(np.arange(37 * 53), 53)
    assert np.allclose(pair.of(rows, columns), wanted.ravel(), atol=1e-5)
    assert np.allclose(pair.turned.scores(slice(None)), wanted.T, atol=1e-5)


def test_nearest_are_those_of_the_whole_table(both: tuple[np.ndarray, np.ndarray]) -> None:
    pair = csls(*both, block=7)
    table = pair.scores(slice(None))
    ids, scores = pair.nearest(4)
    assert (ids == np.argsort(-table, axis=1, kind="stable")[:, :4]).all()
    assert np.allclose(scores, np.take_along_axis(table, ids, axis=1), atol=1e-6)


def test_of_equal_scores_the_first_word_is_taken() -> None:
    values = np.array([[1, 3, 3, 2, 3], [0, 0, 0, 0, 0]], np.float32)
    assert top(values, 2).tolist() == [[1, 2], [0, 1]]
    assert top(values, 9).tolist() == [[1, 2, 4, 3, 0], [0, 1, 2, 3, 4]]


def test_share_below_counts_the_words_that_score_lower(both: tuple[np.ndarray, np.ndarray]) -> None:
    pair = csls(*both, block=7)
    table = pair.scores(slice(None))
    partner = np.random.default_rng(3).permutation(53)[:37]
    own, all_of_them = pair.share_below(partner)
    below = (table[:, :, None] > table[:, None, :]).sum(axis=2) / 52
    assert np.allclose(own, below[np.arange(37), partner])
    assert np.allclose(all_of_them, below[:, partner].mean(axis=1))


def test_csls_takes_hubs_away() -> None:
    rng = np.random.default_rng(4)
    common = rng.normal(size=60)
    left = unit(rng.normal(size=(400, 60)) + common, centre=False)
    right = unit(rng.normal(size=(600, 60)) + rng.gamma(1, 1, size=(600, 1)) * common, centre=False)
    plain, corrected = occurrences(cosines(left, right)), occurrences(csls(left, right))
    assert plain.sum() == corrected.sum() == 4000
    assert hubness(plain) > 2 * hubness(corrected) > 0
    assert plain.max() > 2 * corrected.max()
    assert hubness(np.full(9, 4)) == 0
