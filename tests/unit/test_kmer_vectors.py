"""Vectors of k-mers: the rule that the trained encoder is compared with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.search.kmer_vectors import SHAPE, KmerVectors
from genomebook.errors import OptionError
from genomebook.language.alphabet import reverse_complement


def random_letters(n: int, seed: int) -> bytes:
    return np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(seed).integers(0, 4, n)].tobytes()


@given(st.lists(st.text("ACGTNRYacgtn", max_size=80).map(str.encode), max_size=6), st.integers(1, 300))
def test_both_strands_have_the_same_bits(letters: list[bytes], width: int) -> None:
    encoder = KmerVectors(width)
    vectors = encoder.embed(letters)
    assert vectors.shape == (len(letters), width)
    np.testing.assert_array_equal(vectors, encoder.embed([reverse_complement(x) for x in letters]))
    for one, vector in zip(letters, vectors, strict=True):
        np.testing.assert_array_equal(encoder.embed([one])[0], vector)


def test_the_cosine_is_the_share_of_common_kmers() -> None:
    """With many dimensions, hashes do not meet: the cosine is that of exact counts."""
    encoder = KmerVectors(1_000_003)
    one = random_letters(300, 0)
    two = random_letters(150, 1) + one[150:]

    def counted(letters: bytes) -> dict[bytes, int]:
        found: dict[bytes, int] = {}
        for strand in (letters, reverse_complement(letters)):
            for i in range(len(strand) - len(SHAPE) + 1):
                seen = bytes(c for c, mark in zip(strand[i:], SHAPE, strict=False) if mark == "1")
                found[seen] = found.get(seen, 0) + 1
        return found

    a, b = counted(one), counted(two)
    dot = sum(count * b.get(kmer, 0) for kmer, count in a.items())
    size = np.sqrt(sum(c * c for c in a.values()) * sum(c * c for c in b.values()))
    x, y = encoder.embed([one, two])
    assert x @ y == pytest.approx(dot / size, abs=0.01)
    assert x @ x == pytest.approx(1, abs=1e-5)


def test_letters_that_are_not_bases_count_for_nothing() -> None:
    encoder = KmerVectors()
    assert not encoder.embed([b"", b"N" * 40, b"ACGTNACG", b"ACGTACG"]).any()
    letters = random_letters(60, 2)
    np.testing.assert_array_equal(encoder.embed([letters]), encoder.embed([b"NN" + letters.lower() + b"R"]))


def test_names_and_digests_tell_encoders_apart() -> None:
    made = [KmerVectors(), KmerVectors(128), KmerVectors(256, "110111")]
    assert len({encoder.digest for encoder in made}) == len({encoder.name for encoder in made}) == 3
    assert KmerVectors().digest == made[0].digest


@pytest.mark.parametrize("shape", ["", "0110", "1102", "1" * 32])
def test_a_shape_that_is_none_is_refused(shape: str) -> None:
    with pytest.raises(OptionError, match="ones and zeros"):
        KmerVectors(shape=shape)


def test_a_width_of_nothing_is_refused() -> None:
    with pytest.raises(OptionError, match="width 0"):
        KmerVectors(0)
