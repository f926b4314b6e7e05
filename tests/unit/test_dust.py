"""Masks of low complexity: as their definition gives them, on both strands."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from genomebook.language.alphabet import reverse_complement
from genomebook.search.alignment.dust import THRESHOLD, WINDOW, low_complexity
from tests.support.dna import random_dna
from tests.support.masks import digest


def score(letters: bytes) -> float:
    """Score of a stretch; 0 where no stretch has one."""
    triplets = [letters[i : i + 3] for i in range(len(letters) - 2)]
    if len(triplets) < 2 or set(letters) - set(b"ACGT"):
        return 0.0
    return sum(c * (c - 1) / 2 for c in Counter(triplets).values()) / (len(triplets) - 1)


def defined(letters: bytes) -> NDArray[np.bool_]:
    """Mask by the definition: every stretch, and every stretch inside it."""
    mask = np.zeros(len(letters), np.bool_)
    best: dict[tuple[int, int], float] = {}
    for size in range(3, min(WINDOW, len(letters)) + 1):
        for i in range(len(letters) - size + 1):
            inside = max(best.get((i, i + size - 1), 0.0), best.get((i + 1, i + size), 0.0))
            own = score(letters[i : i + size])
            best[i, i + size] = max(own, inside)
            if own * 10 > THRESHOLD and own >= inside:
                mask[i : i + size] = True
    return mask


units = st.text("ACGT", min_size=1, max_size=5).map(str.encode)
repeats = st.builds(lambda unit, times: unit * times, units, st.integers(2, 16))
random_parts = st.text("ACGTN", max_size=40).map(str.encode)
sequences = st.lists(st.one_of(repeats, random_parts), max_size=5).map(lambda parts: b"".join(parts)[:150])


@settings(max_examples=150, deadline=None)
@given(sequences)
def test_as_defined_and_on_both_strands(letters: bytes) -> None:
    mask = low_complexity(letters)
    np.testing.assert_array_equal(mask, defined(letters))
    np.testing.assert_array_equal(mask[::-1], low_complexity(reverse_complement(letters)))


@pytest.mark.parametrize("unit", [b"A", b"CA", b"TTTAGGG", b"GAA"])
def test_repeats_are_low_complexity(unit: bytes) -> None:
    letters = random_dna(500, 1) + unit * 60 + random_dna(500, 2)
    mask = low_complexity(letters)
    assert mask[500 : 500 + 60 * len(unit)].all()
    assert mask[:470].mean() < 0.05
    assert mask[530 + 60 * len(unit) :].mean() < 0.05


def test_random_sequence_is_left_alone() -> None:
    assert low_complexity(random_dna(200_000, 3)).mean() < 0.02


def test_what_is_not_a_base_ends_a_stretch() -> None:
    assert low_complexity(b"A" * 7).all()
    assert not low_complexity(b"AAAANAAAAN" * 5).any()
    assert low_complexity(b"").tolist() == []


def test_real_sequence_has_the_mask_that_indexes_were_made_with(chrm_fasta: Path) -> None:
    assert digest(chrm_fasta.read_bytes()) == "77f2b1ff2e66667e"
