"""Vectors of passages against plain counts and means; class purity against a count by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genomebook.book import Book
from genomebook.language.alphabet import reverse_complement
from genomebook.models.sentences import load_sentence_encoder
from genomebook.pipeline.atlas.embeddings import WordRun
from genomebook.pipeline.atlas.passages import (
    KMER,
    class_profiles,
    control_profiles,
    kmer_profiles,
    passage_model,
    purity,
    untrained_encoder,
)


@pytest.fixture(scope="module")
def book(chrm_book: Path) -> Book:
    return Book.open(chrm_book)


def test_kmers_are_those_of_both_strands() -> None:
    texts = [b"ACGTTGCANNACGGT", b"AC", b"NNNNNN", b"A" * 40]
    profiles = kmer_profiles(texts)
    assert profiles.shape == (len(texts), 4**KMER)
    np.testing.assert_array_equal(profiles, kmer_profiles([reverse_complement(text) for text in texts]))
    for text, row in zip(texts, profiles, strict=True):
        both = [text, reverse_complement(text)]
        all_ = [one[at : at + KMER] for one in both for at in range(len(one) - KMER + 1)]
        known = [each for each in all_ if set(each) <= set(b"ACGT")]
        for kmer in set(known):
            place = int("".join(str(b"ACGT".index(letter)) for letter in kmer), 4)
            assert row[place] == pytest.approx((known.count(kmer) / len(known)) ** 0.5)
        assert (row > 0).sum() == len(set(known))
    assert not profiles[1:3].any()


def test_a_class_profile_is_the_mean_of_its_words(book: Book) -> None:
    model = passage_model(book)
    assert model is not None
    ids = book["chrM"].ids[:].astype(np.uint16)
    runs = [WordRun(0, ids[:900]), WordRun(910, ids[900:1_500])]
    spans = np.array([[0, 40], [40, 41], [880, 900], [910, 1_000], [1_400, 1_510]])
    profiles = class_profiles(model, runs, spans)
    assert profiles.shape == (len(spans), len(model.states))
    for run, rows in ((runs[0], [0, 1, 2]), (runs[1], [3, 4])):
        chances = model.posterior(run.ids)
        for row in rows:
            first, last = spans[row] - run.first
            expected = np.log((chances[first:last].mean(0) + 0.02) / (model.prior + 0.02))
            np.testing.assert_allclose(profiles[row], expected, rtol=1e-5, atol=1e-6)
    other = class_profiles(control_profiles(model, 0), runs, spans)
    assert np.abs(other - profiles).max() > 0.1
    np.testing.assert_array_equal(other, class_profiles(control_profiles(model, 0), runs, spans))


def test_an_untrained_encoder_has_the_same_numbers_elsewhere() -> None:
    trained = load_sentence_encoder()
    one, again, other = (untrained_encoder(trained, seed) for seed in (1, 1, 2))
    for name, tensor in trained.tensors.items():
        np.testing.assert_array_equal(np.sort(one.tensors[name], None), np.sort(tensor, None))
    letters = [b"ACGTTGCAACGGTACGTTGACCA", b"TTTTGGGGCCCCAAAATTTTACG"]
    assert one.embed(letters).shape == trained.embed(letters).shape
    np.testing.assert_array_equal(one.embed(letters), again.embed(letters))
    assert np.abs(one.embed(letters) - other.embed(letters)).max() > 0.01
    assert np.abs(one.embed(letters) - trained.embed(letters)).max() > 0.01


def test_purity_counts_neighbours_of_the_same_class() -> None:
    groups = ["Alu"] * 4 + ["L1"] * 4 + ["", "", "rare", ""]
    random = np.random.default_rng(3)
    whole, mapped = (
        np.array(
            [random.permutation([other for other in range(12) if other != row])[:3] for row in range(12)]
        )
        for _ in range(2)
    )
    said = purity(whole, groups, mapped)
    assert {said["points"], said["classes"]} == {8, 2}
    for key, near in (("whole", whole), ("map", mapped)):
        shares = {"Alu": [], "L1": []}
        for row, group in enumerate(groups[:8]):
            shares[group].append(sum(groups[other] == group for other in near[row]) / 3)
        assert said[key] == pytest.approx(np.mean([np.mean(each) for each in shares.values()]), abs=1e-4)
    assert said["chance"] == pytest.approx(3 / 11, abs=1e-4)
    assert purity(whole, groups) == {key: value for key, value in said.items() if key != "map"}
    assert purity(whole, ["Alu"] * 12) == purity(whole, [""] * 12) == {}
