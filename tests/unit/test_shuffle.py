"""The dinucleotide-preserving shuffle."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genomebook.language import shuffle
from genomebook.language.shuffle import dinucleotide_shuffle


def pairs(letters: bytes) -> Counter[bytes]:
    return Counter(letters[i : i + 2] for i in range(len(letters) - 1))


@given(st.text("ACGT", min_size=0, max_size=200), st.integers(0, 5))
def test_keeps_every_dinucleotide_count_and_both_ends(text: str, seed: int) -> None:
    letters = text.encode()
    shuffled = dinucleotide_shuffle(letters, seed, "chr1")
    assert pairs(shuffled) == pairs(letters)
    assert shuffled[:1] == letters[:1]
    assert shuffled[-1:] == letters[-1:]


@given(st.text("ACGTNnacgtRy", max_size=120))
def test_gaps_ambiguous_letters_and_case_stay_in_place(text: str) -> None:
    shuffled = dinucleotide_shuffle(text.encode(), 1, "chr1").decode()
    assert [c.islower() for c in shuffled] == [c.islower() for c in text]
    assert [c if c in "NnRy" else "." for c in shuffled] == [c if c in "NnRy" else "." for c in text]


def test_result_follows_from_seed_volume_and_place_and_is_really_shuffled() -> None:
    letters = b"ACGTTGCAAGGCTTACGATCGATTAGC" * 20
    one = dinucleotide_shuffle(letters, 1, "chr1", 100)
    assert one == dinucleotide_shuffle(letters, 1, "chr1", 100)
    others = [
        dinucleotide_shuffle(letters, *key) for key in ((2, "chr1", 100), (1, "chr2", 100), (1, "chr1", 0))
    ]
    assert len({letters, one, *others}) == 5


def test_all_orders_of_a_small_sequence_are_equally_likely() -> None:
    # AACACA has the pairs AA, AC x 2, CA x 2 and three Euler paths from A to A
    seen = Counter(dinucleotide_shuffle(b"AACACA", seed, "x") for seed in range(3000))
    assert set(seen) == {b"AACACA", b"ACAACA", b"ACACAA"}
    assert all(850 < count < 1150 for count in seen.values())


def test_bytes_are_those_that_figures_were_measured_on() -> None:
    letters = b"ACGTTGCAAGGCTTACGATCGATTAGCnnRacgtAAcgcgTTT" * 50
    known = "8d1776b9e052689e046b515e95661fb52c751c937ab3ff18c8d220bb6ad2f9e6"
    assert hashlib.sha256(dinucleotide_shuffle(letters, 7, "chr1", 42)).hexdigest() == known


def test_too_few_random_numbers_are_noticed() -> None:
    codes = np.random.default_rng(1).integers(0, 4, 1000).astype(np.uint8)
    out = [codes.copy() for _ in range(3)]
    for numbers, mixed in zip((0, 300, 2000), out, strict=True):
        assert shuffle._shuffle(codes, np.random.PCG64(3).random_raw(numbers), mixed) == (numbers == 2000)
    again = codes.copy()
    assert shuffle._shuffle(codes, np.random.PCG64(3).random_raw(4000), again)
    assert (again == out[2]).all()
