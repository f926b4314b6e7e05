"""The dinucleotide-preserving shuffle."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

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
