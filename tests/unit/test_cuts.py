from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomebook.language.alphabet import BASES, CODE, LETTERS, complement, reverse_complement
from genomebook.language.cuts import MAX_PIECE, ONE_IN, SCHEME, K, cut_table, next_cut
from genomebook.language.train import pieces
from tests.support.cut_places import cuts
from tests.support.dna import as_array, plain_cuts, plain_pieces, random_dna, sequences, tandem

MARGIN = 1024


def kmer_text(code: int) -> str:
    return "".join(BASES[(code >> (2 * (K - 1 - i))) & 3] for i in range(K))


def longest_stretch(found: list[int], length: int) -> int:
    return int(np.diff([0, *found, length]).max())


def test_the_rule_is_the_one_its_name_stands_for() -> None:
    """Books and vocabularies record the name of the rule: with this table it has to change too."""
    assert SCHEME == "canonical-8mer-1/48-max256-v1"
    digest = hashlib.sha256(cut_table().tobytes()).hexdigest()
    assert digest == "12996a45e537a0ae2708e52d83d5b2cd02a9ca7b41804d6996f4ae0a8f770b74"


def test_table_cuts_one_in_48_and_both_strands_alike() -> None:
    table = cut_table()
    assert table.sum() / len(table) == pytest.approx(1 / ONE_IN, rel=0.05)
    for code in np.flatnonzero(table):
        other = reverse_complement(kmer_text(int(code)).encode()).decode()
        assert table[sum(BASES.index(letter) * 4 ** (K - 1 - i) for i, letter in enumerate(other))]


@given(sequences())
def test_next_cut_finds_the_cuts_of_the_definition(letters: bytes) -> None:
    assert cuts(letters) == plain_cuts(letters)


@given(sequences(most=1200), st.integers(0, 1300))
def test_next_cut_from_anywhere(letters: bytes, start: int) -> None:
    expected = [p for p in plain_cuts(letters) if p >= start]
    assert next_cut(as_array(letters), start, CODE, cut_table()) == (expected or [len(letters)])[0]


@given(sequences())
def test_cuts_of_the_other_strand_are_mirrored(letters: bytes) -> None:
    letters = letters.upper().replace(b"U", b"R")  # no base, but its complement is one
    assert cuts(reverse_complement(letters)) == [len(letters) - p for p in reversed(cuts(letters))]


@pytest.mark.parametrize("unit", [a + b for a in BASES for b in BASES])
def test_repeats_of_one_or_two_letters_are_never_cut(unit: str) -> None:
    repeat = (unit * 600).encode()
    assert cuts(repeat) == []
    assert [len(piece) for piece in pieces(repeat)] == [256, 256, 256, 256, 176]


@given(sequences(most=6000))
def test_pieces_are_those_of_the_definition_and_lose_no_base(letters: bytes) -> None:
    runs = "".join(c if c in "ACGT" else " " for c in letters.upper().decode()).split()
    found = pieces(letters)
    assert found == [piece for run in runs for piece in plain_pieces(run.encode())]
    assert "".join(found) == "".join(runs)
    assert all(0 < len(piece) <= MAX_PIECE for piece in found)


@given(st.integers(3, 60), st.integers(0, 2**32))
def test_a_tandem_repeat_is_cut_alike_in_every_copy(unit: int, seed: int) -> None:
    found = np.array(cuts(tandem(unit, 40, seed)))
    inner = found[(found >= unit + 8) & (found < 38 * unit)]
    shifted = inner + unit
    assert set(shifted) <= set(found)


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_random_sequence_has_a_cut_within_1024_letters(seed: int) -> None:
    """A position is a cut with probability 1/48: 1,024 in a row are not with (47/48)^1024 = 4e-10.

    So a passage of random DNA is spelled alike in any context but for at most 1,024 letters at its ends; a
    stretch longer than that among the 100,000 letters of one example comes once in a million examples.
    """
    found = cuts(random_dna(100_000, seed))
    assert longest_stretch(found, 100_000) <= MARGIN
    assert 100_000 / len(found) == pytest.approx(ONE_IN, rel=0.15)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        (b"ACGT", b"TGCA"),
        (b"acgtN", b"tgcaN"),
        (b"RYSWKMBDHV", b"YRSWMKVHDB"),
        (b"Uu", b"Aa"),
    ],
)
def test_complement(letters: bytes, expected: bytes) -> None:
    assert complement(letters) == expected
    assert reverse_complement(letters) == expected[::-1]


def test_every_iupac_letter_has_a_code_in_either_case_and_nothing_else() -> None:
    known = {chr(i) for i in range(256) if CODE[i] != 255}
    assert known == set(LETTERS) | set(LETTERS.lower())
    assert len(LETTERS) == 16
    assert [int(CODE[ord(letter)]) for letter in "ACGTN"] == [0, 1, 2, 3, 4]
