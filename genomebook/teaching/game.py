"""A game against chance: rounds drawn from a seed, a score with its interval, answers as CSV.

Nothing is kept anywhere: the rounds follow from the book, the game and the seed, and the answers are a
text of one letter a round that the address of the page holds.
"""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

import numpy as np

from genomebook import stats
from genomebook.book import Book
from genomebook.errors import BookError
from genomebook.genome.regions import Region
from genomebook.language.alphabet import BASES
from genomebook.language.encode import Encoder
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.teaching.passages import MAX_ALUS, LetterPiece, StrandPlace, alus, in_words, random_place
from genomebook.teaching.stops import address
from genomebook.teaching.texts import game_texts

ROUNDS = 20
MAX_SEED = 999_999
LETTERS = 240
"""Letters of a passage."""

AROUND = 20_000
"""Letters at most between a passage that is no Alu and the Alu near which it was looked for."""

FAR = 400
"""Letters at least between a passage that is no Alu and the next one that is."""

_TRIES = 200


class GameRound(NamedTuple):
    """One round: its number from 1, the passage in words, the right answer (0 or 1), where it is from."""

    number: int
    pieces: tuple[LetterPiece, ...]
    truth: int
    place: str


class GameScore(NamedTuple):
    """Rounds played and won, the share with its 95 % interval (Wilson), and whether chance is outside."""

    played: int
    right: int
    share: float
    low: float
    high: float

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the whole interval lies above one half."""
        return self.low > 0.5


def round_of(book: Book, encoder: Encoder, game: str, seed: int, number: int) -> GameRound:
    """One round of a game.

    Parameters
    ----------
    book : Book
        The book.
    encoder : Encoder
        Tokenizer of its words.
    game : str
        Key of `genomebook.teaching.texts.game_texts`.
    seed : int
        The same seed gives the same rounds.
    number : int
        From 1.

    Raises
    ------
    BookError
        The book has no passage for this game.
    """
    rng = stats.generator(seed, f"{game} {book.digest}", number)
    truth = int(rng.integers(2))
    if game == "shuffle":
        place = random_place(book, LETTERS, rng)
        if place is None:
            raise BookError(f"{book.path}: no passage of {LETTERS} letters without a gap; open a longer book")
        letters = place.letters(book)
        if truth:
            letters = dinucleotide_shuffle(letters.encode(), seed, f"round {number}").decode()
    else:
        place = _alu_or_not(book, truth, rng)
        letters = place.letters(book)[:LETTERS]
    region = place.region
    return GameRound(
        number, in_words(encoder, letters), truth, address(book, region.volume, region.start, region.end)
    )


def _alu_or_not(book: Book, truth: int, rng: np.random.Generator) -> StrandPlace:
    """An Alu, or a place some way off one that overlaps none; both are drawn from the counted ones."""
    known = alus(book)
    places = [place for place in known if place.region.end - place.region.start >= LETTERS // 2]
    if len(places) < ROUNDS:
        raise BookError(
            f"{book.path}: {len(places)} Alus, too few for {ROUNDS} rounds; play the other game, or open a "
            "book of a chromosome of the nucleus"
        )
    for _ in range(_TRIES):
        drawn = places[int(rng.integers(len(places)))]
        if truth == 0:
            return drawn
        length = min(LETTERS, drawn.region.end - drawn.region.start)  # so that lengths tell nothing
        start = drawn.region.start + int(rng.integers(-AROUND, AROUND))
        other = StrandPlace(Region(drawn.region.volume, start, start + length), "+-"[int(rng.integers(2))])
        if len(known) == MAX_ALUS and _is_past(other.region, known[-1].region):
            continue  # Alus there are not counted
        if _is_plain(book, other) and not any(_is_near(other.region, place.region) for place in known):
            return other
    raise BookError(f"{book.path}: no passage far from an Alu; play the other game")


def _is_plain(book: Book, place: StrandPlace) -> bool:
    """Whether a place lies in the book, has no gap, and is no masked repeat."""
    volume, region = book[place.region.volume], place.region
    inside = region.start >= 0 and region.end <= volume.length
    return (
        inside
        and set(place.letters(book)) <= set(BASES)
        and (volume.lower_share(region.start, region.end) or 0.0) < 0.1
    )


def _is_past(place: Region, last: Region) -> bool:
    """Whether a place ends less than `FAR` letters before the last counted Alu, or after it."""
    return place.volume == last.volume and place.end + FAR > last.start


def _is_near(one: Region, other: Region) -> bool:
    """Whether two places are less than `FAR` letters apart."""
    return one.volume == other.volume and one.start - FAR < other.end and other.start - FAR < one.end


def score(truths: list[int], answers: str) -> GameScore:
    """Score of some answers.

    Parameters
    ----------
    truths : list of int
        Right answers, 0 or 1, of as many rounds as there are answers or more.
    answers : str
        A letter a round: 0 or 1.
    """
    right = sum(str(truth) == answer for truth, answer in zip(truths, answers, strict=False))
    played = len(answers)
    share = right / played if played else 0.0
    low, high = stats.wilson(share, played) if played else (0.0, 1.0)
    return GameScore(played, right, share, low, high)


def answers_csv(rounds: list[GameRound], game: str, seed: int, answers: str) -> str:
    """Answers as CSV, a row a round, for a teacher to collect."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["game", "seed", "round", "place", "passage", "was", "answer", "right"])
    for this, answer in zip(rounds, answers, strict=False):
        was, said = (game_texts()[game].answers[n] for n in (this.truth, int(answer)))
        passage = "".join(piece.letters for piece in this.pieces)
        table.writerow([game, seed, this.number, _cell(this.place), passage, was, said, int(was == said)])
    return out.getvalue()


def _cell(text: str) -> str:
    """A text that a spreadsheet takes for no formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
