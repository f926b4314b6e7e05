"""A continuation by the model, its figures, and the longest exact copy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.book import Book
from genomebook.errors import OptionError, ReaderError
from genomebook.genome.regions import Region
from genomebook.language.alphabet import reverse_complement
from genomebook.models.continuation import Continuer, shipped_continuer
from genomebook.models.registry import load_reader
from genomebook.models.scoring import WindowReader
from genomebook.tasks.answers import ask
from genomebook.tasks.copies import CopyFinder, longest_copies
from genomebook.tasks.generation import markov_dna, spectrum, text_figures
from tests.support.dna import random_dna


def plain_longest(text: str, other: str) -> int:
    """Longest common substring on either strand, by trying all."""
    both = (other, reverse_complement(other.encode()).decode())
    pieces = [(i, j) for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
    return max((j - i for i, j in pieces if any(text[i:j] in strand for strand in both)), default=0)


@given(st.text("ACGT", min_size=1, max_size=30), st.text("ACGTN", max_size=60), st.integers(0, 60))
def test_the_longest_copy(text: str, other: str, cut: int) -> None:
    letters = np.frombuffer(other.encode(), np.uint8)
    assert CopyFinder(text).longest(letters[:cut], letters[cut:]) == plain_longest(text, other)


def test_copies_of_a_book(chrm_book: Path) -> None:
    book = Book.open(chrm_book)
    piece = book["chrM"].sequence(8000, 8060).upper()
    texts = [piece.decode(), reverse_complement(piece).decode(), random_dna(60, 1).decode()]
    (copied, turned, strange), read = longest_copies(texts, book)
    assert (copied, turned, read) == (60, 60, 16_569)
    assert 5 < strange < 20


def test_spectrum_is_that_of_both_strands() -> None:
    text = random_dna(300, 2).decode()
    assert spectrum(text).sum() == pytest.approx(1)
    assert np.array_equal(spectrum(text), spectrum(reverse_complement(text.encode()).decode()))
    assert spectrum("ACG").sum() == 0
    assert text_figures(text, text).distance == 0
    assert text_figures("A" * 50, "C" * 50).distance == 1
    assert text_figures("CA" * 50, text).repeats > 0.8


def test_a_markov_chain_has_the_words_of_its_source() -> None:
    source = "ACGTT" * 200
    drawn = markov_dna(source, 2_000, 1)
    assert len(drawn) == 2_000
    assert (
        text_figures(drawn, source).distance
        < 0.2
        < text_figures(random_dna(2_000, 3).decode(), source).distance
    )
    assert markov_dna(source, 50, 1) == markov_dna(source, 50, 1) != markov_dna(source, 50, 2)


def test_the_seed_decides_the_letters() -> None:
    continuer, letters = shipped_continuer(), random_dna(400, 4)
    first = continuer.write(letters, 60, 1.0, 1)
    assert len(first) == 60
    assert set(first) <= set("ACGT")
    assert first == continuer.write(letters, 60, 1.0, 1) != continuer.write(letters, 60, 1.0, 2)
    assert continuer.write(letters, 60, 0.0, 1) == continuer.write(letters, 60, 0.0, 2)
    assert continuer.write(letters, 30, 1.0, 1) == first[:30]


def test_the_likeliest_word_is_what_the_model_expects() -> None:
    """The word taken at temperature 0 has the lowest surprisal of all words that could follow."""
    reader, letters = load_reader("bilingual-mini"), random_dna(200, 5)
    assert isinstance(reader, WindowReader)
    continuer = Continuer(reader)
    before, words = reader.checkpoint.scripts.dna(letters), reader.checkpoint.scripts.words.words

    def cost(word: int) -> float:
        run = np.append(before, word).astype(np.uint16)
        surprisal = reader.score(run, len(before), len(run)).surprisal
        assert surprisal is not None
        return float(surprisal[0])

    written = continuer.write(letters, 16, 0.0)
    begun = [number for number, word in enumerate(words) if word and written.startswith(word)]
    assert min(map(cost, begun)) <= min(map(cost, range(16, len(words), 37))) + 1e-4


def test_a_reader_that_is_not_causal_cannot_continue() -> None:
    reader = load_reader("encoder-mini")
    assert isinstance(reader, WindowReader)
    with pytest.raises(ReaderError, match="to continue DNA give a causal model"):
        Continuer(reader)


def test_a_continuation_stands_beside_its_controls(chrm_book: Path) -> None:
    book = Book.open(chrm_book)
    answer = ask("continue by 40 letters, seed 3", "", book=book, place=Region("chrM", 5000, 5400))
    assert (answer.task, len(answer.sequence), answer.exact) == ("continuation", 40, False)
    lines = dict(answer.details)
    assert list(lines)[:4] == [
        "written by bilingual-mini", "real: what follows in the book",
        "the real one, shuffled (dinucleotides kept)", "Markov chain of order 2",
    ]  # fmt: skip
    assert "longest exact copy 40 letters" in lines["real: what follows in the book"]
    alone = ask("continue by 40 letters, seed 3", book["chrM"].sequence(5000, 5400).decode())
    assert alone.sequence == answer.sequence
    assert "real: the last 40 letters of the sequence itself" in alone.details


def test_real_letters_are_held_out_of_what_they_are_compared_with() -> None:
    start, end = "ACGGT" * 40, "TTAAC" * 40
    details = ask("continue by 200 letters", start + end).details
    real = details["real: the last 200 letters of the sequence itself"]
    assert f"distance of 4-mers {text_figures(end, start).distance:.3f}" in real
    assert details["4-mers compared"] == (
        "the first 200 letters of each text with the first 200 of the sequence"
    )
    short = ask("continue by 40 letters", "ANGA").details
    assert "distance of 4-mers not measured" in short["real: the last 1 letters of the sequence itself"]


@pytest.mark.parametrize("question", ["continue by 5,000 letters", "continue with temperature 3"])
def test_impossible_continuations(question: str) -> None:
    with pytest.raises(OptionError):
        ask(question, "ACGT" * 10)


def test_the_model_speaks_beside_its_own_words_without_the_sequence(chrm_book: Path) -> None:
    book = Book.open(chrm_book)
    details = ask("describe this gene", "", book=book, place=Region("chrM", 3306, 3500)).details
    assert list(details) == ["the model's own words (made up, not a fact)", "its words without the sequence"]
    assert all(details.values())
