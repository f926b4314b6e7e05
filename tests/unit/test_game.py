"""The game: rounds follow from the seed alone, the shuffle keeps what it says, a score has its interval."""

from __future__ import annotations

import csv
import io
import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from genomebook import stats
from genomebook.book import Book
from genomebook.errors import BookError
from genomebook.language.encode import Encoder
from genomebook.pipeline.annotate import TrackInput, annotate
from genomebook.teaching.game import LETTERS, ROUNDS, GameRound, answers_csv, round_of, score
from genomebook.teaching.passages import ALU_HEAD, StrandPlace, alus
from genomebook.teaching.texts import game_texts
from tests.support import books


def letters_of(this: GameRound) -> str:
    return "".join(piece.letters for piece in this.pieces)


@pytest.fixture(scope="module")
def book(chrm_book: Path) -> Book:
    return Book.open(chrm_book)


@pytest.fixture(scope="module")
def encoder(book: Book) -> Encoder:
    return Encoder(book.vocabulary)


@pytest.fixture(scope="module")
def with_alus(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A made-up chromosome with an Alu in every 3,000 letters."""
    folder = tmp_path_factory.mktemp("alus")
    alu = ALU_HEAD.encode() + books.letters(261, 99)
    sequence = b"".join(books.letters(3000, seed) + alu for seed in range(30))
    (folder / "a.fa").write_bytes(books.fasta({"one": sequence}))
    return books.make(folder / "a.fa", folder / "a.book", workers=1)


def test_the_same_seed_gives_the_same_rounds(book: Book, encoder: Encoder) -> None:
    rounds = [[round_of(book, encoder, "shuffle", seed, n) for n in range(1, 9)] for seed in (5, 5, 6)]
    assert rounds[0] == rounds[1]
    assert [letters_of(this) for this in rounds[0]] != [letters_of(this) for this in rounds[2]]


def test_a_round_is_the_genome_or_its_shuffle(book: Book, encoder: Encoder) -> None:
    truths = set()
    for number in range(1, ROUNDS + 1):
        this = round_of(book, encoder, "shuffle", 3, number)
        shown, own = letters_of(this), book.read(this.place).upper()
        truths.add(this.truth)
        assert len(shown) == LETTERS
        assert (shown == own) == (this.truth == 0)
        assert pairs(shown) == pairs(own)  # what the page says that the shuffle keeps
    assert truths == {0, 1}


def pairs(letters: str) -> Counter[str]:
    return Counter(a + b for a, b in pairwise(letters))


def test_an_alu_or_not(with_alus: Book) -> None:
    encoder = Encoder(with_alus.vocabulary)
    known = [place.region for place in alus(with_alus)]
    for number in range(1, ROUNDS + 1):
        this = round_of(with_alus, encoder, "alu", 11, number)
        region = with_alus.region(this.place)
        touched = any(region.start < other.end and other.start < region.end for other in known)
        assert touched == (this.truth == 0)
        assert letters_of(this).startswith(ALU_HEAD) == (this.truth == 0)


def test_alus_of_a_track_come_before_those_of_the_head(with_alus: Book, tmp_path: Path) -> None:
    path = tmp_path / "a.book"
    shutil.copytree(with_alus.path, path)
    rows = "".join(f"one\t{n}\t{n + 300}\tAluY\t0\t-\tSINE/Alu\n" for n in range(500, 60_000, 2000))
    bed = tmp_path / "repeats.bed"
    bed.write_text(rows + "one\t100\t300\tL1PA2\t0\t+\tLINE/L1\n")
    annotate(path, [TrackInput(bed)])
    book = Book.open(path)
    places = alus(book)
    assert {place.strand for place in places} == {"-"}
    assert [place.region.start for place in places] == list(range(500, 60_000, 2000))


def test_a_book_without_alus_says_so(book: Book, encoder: Encoder) -> None:
    with pytest.raises(BookError, match="0 Alus, too few for 20 rounds; play the other game"):
        round_of(book, encoder, "alu", 1, 1)


def test_a_book_without_room_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_bytes(books.fasta({"one": b"ACGT" * 20}))
    small = books.make(tmp_path / "a.fa", tmp_path / "a.book", workers=1)
    with pytest.raises(BookError, match="no passage of 240 letters"):
        round_of(small, Encoder(small.vocabulary), "shuffle", 1, 1)


def test_the_score_is_held_against_chance() -> None:
    assert score([0, 1, 1], "") == (0, 0, 0.0, 0.0, 1.0)
    some = score([0, 1, 1, 0], "0110")
    assert (some.played, some.right, some.share) == (4, 4, 1.0)
    assert not score([0, 1, 0], "010").is_beyond_chance  # three of three may be luck
    assert some.is_beyond_chance == (stats.wilson(1.0, 4)[0] > 0.5)
    assert score([0] * 20, "0" * 16 + "1" * 4).is_beyond_chance
    assert not score([0] * 20, "0" * 12 + "1" * 8).is_beyond_chance


def test_who_guesses_is_seldom_beyond_chance() -> None:
    """An interval of 95 % leaves out one half in 2.5 % of games upwards; Wilson's may be off a little."""
    rng = np.random.default_rng(1)
    games = [
        score(rng.integers(0, 2, ROUNDS).tolist(), "".join(map(str, rng.integers(0, 2, ROUNDS))))
        for _ in range(2000)
    ]
    assert np.mean([game.is_beyond_chance for game in games]) < 0.05


def test_answers_as_csv(book: Book, encoder: Encoder) -> None:
    rounds = [round_of(book, encoder, "shuffle", 9, n) for n in (1, 2, 3)]
    rows = list(csv.DictReader(io.StringIO(answers_csv(rounds, "shuffle", 9, "01"))))
    assert len(rows) == 2  # the third is not answered
    names = game_texts()["shuffle"].answers
    for row, this, answer in zip(rows, rounds, (0, 1), strict=False):
        assert (row["was"], row["answer"]) == (names[this.truth], names[answer])
        assert row["right"] == str(int(this.truth == answer))
        assert row["passage"] == letters_of(this)
        assert row["seed"] == "9"


def test_a_name_is_no_formula(book: Book, encoder: Encoder) -> None:
    this = round_of(book, encoder, "shuffle", 9, 1)._replace(place="=1+1:1-240")
    assert "'=1+1:1-240" in answers_csv([this], "shuffle", 9, "0")


def test_a_place_on_the_minus_strand_is_read_from_there(book: Book) -> None:
    region = book.region("chrM:3307-3316")
    assert StrandPlace(region).letters(book) == "ATACCCATGG"
    assert StrandPlace(region, "-").letters(book) == "CCATGGGTAT"
