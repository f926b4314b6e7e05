from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from genomebook.annotation.genes import Genes, read_genes
from genomebook.annotation.grounded_titles import GAP as GAP_TITLE
from genomebook.annotation.grounded_titles import GroundedTitles
from genomebook.errors import ReaderError
from genomebook.genome.regions import Contig
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from genomebook.models.generate import load_titler
from genomebook.models.ngram import counted_reader
from genomebook.pipeline.book.chapters import word_weights
from genomebook.pipeline.book.titles import COLUMNS, ExtractContext, Units, titles
from genomebook.segmentation.hierarchy import DIMENSIONS, projection
from genomebook.segmentation.titles import (
    ELLIPSIS,
    MAX_LETTERS,
    MAX_WORDS,
    extract_texts,
    extracts,
    sentence_profiles,
)

N_IDS = 40
SIGNS = projection(N_IDS)
WORDS = ["", *"RYSWKMBDHVU", "", "", "", "", *"ACGT", *("ACGT"[i % 4] * (1 + 3 * i) for i in range(20))]
LENGTHS = np.array([len(word) for word in WORDS], np.uint8)

Text = tuple[NDArray[np.uint16], NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]


@st.composite
def texts(draw: st.DrawFn) -> Text:
    """Words, sentences with gaps between some of them, units of sentences, weights."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    ids, sentences = [], []
    for _ in range(draw(st.integers(1, 12))):
        if rng.random() < 0.2:
            ids.append(0)
        size = int(rng.integers(1, 9))
        sentences.append((len(ids), len(ids) + size))
        ids += rng.integers(16, 16 + draw(st.integers(1, 20)), size).tolist()
    edges = sorted({0, len(sentences), *rng.integers(0, len(sentences) + 1, 3).tolist()})
    units = [*pairwise(edges), (0, len(sentences)), (0, 0)]
    weight = rng.integers(20, 200, N_IDS).astype(np.int32)
    return np.array(ids, np.uint16), np.array(sentences), np.array(units), weight


def nearest(text: Text, unit: list[int]) -> set[int]:
    """Sentences nearest to the centroid of a unit, by definition; more than one when they tie."""
    ids, sentences, _, weight = text
    words = [ids[a:b].astype(int) for a, b in sentences[unit[0] : unit[1]]]
    rows = np.array([(weight[w][:, None] * SIGNS[w].astype(float)).sum(axis=0) for w in words])
    length = np.linalg.norm(rows, axis=1)
    near = np.where(length > 0, rows @ rows.sum(axis=0) / np.where(length > 0, length, 1), -np.inf)
    return {unit[0] + i for i in np.flatnonzero(near >= near.max() - 1e-9 * abs(near.max())).tolist()}


def telling(text: Text, unit: list[int], sentence: int) -> list[int]:
    """Places of the most telling words of a sentence, by definition."""
    ids, sentences, _, weight = text
    counts = Counter(np.concatenate([ids[a:b] for a, b in sentences[unit[0] : unit[1]]]).tolist())
    gain = {}
    for word, count in counts.items():
        usual = counts.total() * 2 ** (-weight[word] / 16)
        gain[word] = round(16 * (count * log(count / usual) - (count - usual))) if count > usual else 0
    places = {int(ids[i]): i for i in reversed(range(*sentences[sentence]))}
    shown: list[int] = []
    for _, place in sorted(places.items(), key=lambda item: (-gain[item[0]], item[1])):
        size = sum(int(LENGTHS[ids[i]]) for i in [*shown, place])
        if len(shown) < MAX_WORDS and (size <= MAX_LETTERS or not shown):
            shown.append(place)
    return sorted(shown)


@settings(max_examples=200)
@given(texts())
def test_nearest_sentence_and_its_most_telling_words_by_definition(text: Text) -> None:
    ids, sentences, units, weight = text
    profile = sentence_profiles(ids, sentences, weight, SIGNS)
    found = extracts(ids, sentences, profile, units, weight, LENGTHS)
    for unit, sentence, places in zip(units.tolist(), found.sentence, found.words, strict=True):
        if unit[0] == unit[1]:
            assert sentence == -1
            assert (places == -1).all()
            continue
        assert sentence in nearest(text, unit)
        assert places[places >= 0].tolist() == telling(text, unit, int(sentence))


@settings(max_examples=100)
@given(texts())
def test_profiles_are_weighted_sums_of_directions(text: Text) -> None:
    ids, sentences, _, weight = text
    found = sentence_profiles(ids, sentences, weight, SIGNS)
    for row, (first, end) in zip(found, sentences, strict=True):
        wanted = [0] * DIMENSIONS
        for word in ids[first:end].tolist():
            wanted = [x + int(weight[word]) * int(SIGNS[word, d]) for d, x in enumerate(wanted)]
        assert row.tolist() == wanted


@settings(max_examples=100)
@given(texts())
def test_a_title_is_the_words_in_order_with_ellipses_for_what_is_left_out(text: Text) -> None:
    ids, sentences, units, weight = text
    profile = sentence_profiles(ids, sentences, weight, SIGNS)
    found = extracts(ids, sentences, profile, units, weight, LENGTHS)
    for title, sentence, places in zip(
        extract_texts(found, ids, sentences, WORDS), found.sentence, found.words, strict=True
    ):
        if sentence < 0:
            assert title == ""
            continue
        first, end = sentences[sentence].tolist()
        marks = [WORDS[ids[i]] if i in places else ELLIPSIS for i in range(first, end)]
        joined = [
            mark for i, mark in enumerate(marks) if i == 0 or (mark, marks[i - 1]) != (ELLIPSIS, ELLIPSIS)
        ]
        assert title == " ".join(joined)


def test_a_word_longer_than_a_title_is_cut_short() -> None:
    words = [*WORDS[:20], "ACGT" * 40]
    ids, sentences = np.array([20], np.uint16), np.array([[0, 1]])
    weight = np.full(N_IDS, 100, np.int32)
    profile = sentence_profiles(ids, sentences, weight, SIGNS)
    lengths = np.array([len(word) for word in words], np.uint8)
    found = extracts(ids, sentences, profile, np.array([[0, 1]]), weight, lengths)
    assert extract_texts(found, ids, sentences, words) == ["ACGT" * 15 + ELLIPSIS]


def test_no_words_no_titles() -> None:
    ids, sentences = np.empty(0, np.uint16), np.empty((0, 2), np.int64)
    weight = np.full(N_IDS, 100, np.int32)
    profile = sentence_profiles(ids, sentences, weight, SIGNS)
    found = extracts(ids, sentences, profile, np.array([[0, 0]]), weight, LENGTHS)
    assert extract_texts(found, ids, sentences, WORDS) == [""]


def test_what_a_unit_repeats_is_what_its_title_shows() -> None:
    """Of two sentences one is of words that the unit uses throughout, with one chance word among them."""
    ids = np.array([20, 21, 22, 20, 21, 22, 30, 31, 32, 20, 21, 33], np.uint16)
    sentences = np.array([[0, 3], [3, 6], [6, 9], [9, 12]])
    weight = np.full(N_IDS, 90, np.int32)
    profile = sentence_profiles(ids, sentences, weight, SIGNS)
    found = extracts(ids, sentences, profile, np.array([[0, 4]]), weight, LENGTHS)
    assert found.sentence.tolist() == [0]
    assert ids[found.words[0][:3]].tolist() == [20, 21, 22]


# the stage


@lru_cache(maxsize=1)
def context() -> ExtractContext:
    vocabulary = load_vocabulary("words-4096")
    weight = word_weights(counted_reader("words-4096", vocabulary))
    return ExtractContext(vocabulary, weight, projection(len(vocabulary)))


def chrm(fasta: Path) -> tuple[NDArray[np.uint16], NDArray[np.int64], dict[str, Units]]:
    """Words of chrM, sentences of 19 words that end at its gap, sections of 10, a part of all."""
    letters = np.frombuffer("".join(fasta.read_text().splitlines()[1:]).encode(), np.uint8)
    ids = Encoder(context().vocabulary).encode(letters)
    size = context().vocabulary.lengths[ids].astype(np.int64)
    size[ids == 0] = 1
    ends = np.cumsum(size)
    gap = int(np.flatnonzero(ids == 0)[0])
    starts = np.concatenate([np.arange(0, gap, 19), np.arange(gap + 1, len(ids), 19)])
    stops = np.minimum(starts + 19, np.where(starts < gap, gap, len(ids)))
    sentences = np.stack([starts, stops], axis=1)
    first = np.arange(0, len(starts), 10)
    sections = np.stack([first, np.minimum(first + 10, len(starts))], axis=1)
    edges = np.append((ends - size)[starts[first]], len(letters))
    return (
        ids,
        sentences,
        {
            "sections": Units(np.stack([edges[:-1], edges[1:]], axis=1), sections),
            "parts": Units(np.array([[0, len(letters)]]), np.array([[0, len(starts)]])),
        },
    )


def chrm_ground(fasta: Path) -> GroundedTitles:
    table = read_genes(fasta.with_name("NC_012920.1.genes.tsv"), [Contig("chrM", 16569, "chrM", 0)])
    return GroundedTitles(Genes(table), "chrM", 16569)


def test_chromosome_m_with_and_without_its_genes(chrm_fasta: Path) -> None:
    ids, sentences, levels = chrm(chrm_fasta)
    bare = titles(ids, sentences, levels, context())
    profile = sentence_profiles(ids, sentences, context().weight, context().signs)
    assert titles(ids, sentences, levels, context(), profile=profile) == bare
    grounded = titles(ids, sentences, levels, context(), chrm_ground(chrm_fasta))
    for level, units in levels.items():
        for found in (bare[level], grounded[level]):
            assert tuple(found) == COLUMNS
            assert {len(column) for column in found.values()} == {len(units.spans)}
            assert all(found["title"]), found["title"]
            assert set(found["generated"]) == {""}
        assert bare[level]["extract"] == grounded[level]["extract"] == bare[level]["title"]
        for text in bare[level]["extract"]:
            words = [word for word in text.split() if word != ELLIPSIS]
            assert 1 <= len(words) <= MAX_WORDS
            assert len("".join(words)) <= MAX_LETTERS
            assert set("".join(words)) <= set("ACGT")
    assert grounded["parts"]["title"] == ["MT-ND1 to MT-CYB, 13 protein-coding genes, with 24 others"]
    assert any(title.startswith("Inside MT-CO1, plus strand") for title in grounded["sections"]["title"])


def test_extractive_titles_are_the_same_from_any_stretch_and_thread(chrm_fasta: Path) -> None:
    ids, sentences, levels = chrm(chrm_fasta)
    whole = titles(ids, sentences, {"sections": levels["sections"]}, context())["sections"]["extract"]
    spans, ranges = levels["sections"]

    def some(first: int, last: int) -> list[str]:
        low, high = ranges[first, 0], ranges[last - 1, 1]
        start, end = sentences[low, 0], sentences[high - 1, 1]
        units = Units(spans[first:last], ranges[first:last] - low)
        here = {"sections": units}
        return titles(ids[start:end], sentences[low:high] - start, here, context())["sections"]["extract"]

    for size in (1, 2, 7):
        shares = [(i, min(i + size, len(spans))) for i in range(0, len(spans), size)]
        with ThreadPoolExecutor(2) as pool:
            found = pool.map(lambda share: some(*share), shares)
        assert [text for part in found for text in part] == whole


def test_a_unit_of_nothing_but_gap() -> None:
    units = Units(np.array([[0, 500]]), np.array([[0, 0]]))
    found = titles(np.zeros(1, np.uint16), np.empty((0, 2), np.int64), {"parts": units}, context())
    assert found == {"parts": {"title": [GAP_TITLE], "extract": [""], "generated": [""]}}


def test_generated_titles_are_made_when_asked_and_shown_beside(chrm_fasta: Path) -> None:
    ids, sentences, levels = chrm(chrm_fasta)
    few = {"sections": Units(*(column[:2] for column in levels["sections"]))}
    found = titles(ids, sentences, few, context(), None, load_titler())["sections"]
    assert all(found["generated"])
    assert found["title"] == found["extract"]


def test_a_titler_of_other_words_is_refused() -> None:
    vocabulary = load_vocabulary("words-600")
    other = ExtractContext(vocabulary, np.ones(len(vocabulary), np.int32), projection(len(vocabulary)))
    with pytest.raises(ReaderError, match="words-600"):
        titles(np.empty(0, np.uint16), np.empty((0, 2), np.int64), {}, other, None, load_titler())
