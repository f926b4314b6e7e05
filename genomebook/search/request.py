"""State of the Search page, and the queries that it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genomebook.book import Book
from genomebook.errors import RegionError, SearchError
from genomebook.genome.regions import MAX_TEXT, Region
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.search.channels import SEQUENCE
from genomebook.search.query import MIN_LETTERS, Query, read_queries

MAX_RECORDS = 50
"""Queries at a time from a page."""

MAX_LETTERS = 200_000
"""Letters of all of them."""

MAX_IN_ADDRESS = 2_000
"""Characters of a query that the address of a page holds; a longer one is kept for the visit only."""

MAX_BYTES = 2_000_000
"""Size of a file taken by a page."""

HITS = (10, 25, 50, 100)
EVALUES = (10.0, 1.0, 0.01, 1e-5, 1e-10)

GROUPS = {
    "": "no groups",
    "volume": "volume",
    "gene": "gene",
    "family": "repeat family",
    "repeat": "soft mask",
}
"""What hits are grouped by, and how it is called."""

_EXAMPLE = (60, 400)
_AROUND = 200_000


@dataclass(frozen=True)
class SearchState:
    """What is searched for, and how.

    Attributes
    ----------
    q : str
        Letters or FASTA, as typed.
    loc : str
        Place of the book whose letters are looked for; one position means the sentence that holds it.
    by : str
        Key of `genomebook.search.channels.CHANNELS`.
    hits : int
        Of `HITS`: the most shown of a query.
    e : float
        Largest E-value, of `EVALUES`.
    shuffle : int
        0, or which shuffle of the query is searched beside it.
    group : str
        Key of `GROUPS`.
    """

    q: str = ""
    loc: str = ""
    by: str = SEQUENCE
    hits: int = 25
    e: float = 10.0
    shuffle: int = 0
    group: str = ""


@dataclass(frozen=True)
class Question:
    """What is looked for: queries; for one taken from the book its place and what is to be said of it.

    ``refused`` has a line for each record of a text that cannot be searched.
    """

    queries: list[Query]
    region: Region | None = None
    note: str = ""
    refused: Sequence[str] = ()


def is_place(book: Book, text: str) -> bool:
    """Whether a typed text is to be read as a place or gene of the book rather than as letters.

    It is when the book has that place; and when it is one short line that cannot be meant as DNA, so that a
    misspelt name is answered as a name.
    """
    line = text.strip()
    if not line or len(line) > MAX_TEXT or "\n" in line or line.startswith((">", "@")):
        return False
    try:
        book.addresses.parse(line)
    except RegionError:
        return ":" in line or (len(line) < MIN_LETTERS and bool(set(line.upper()) - set("ACGTUN ")))
    return True


def question_of_text(text: str | bytes, source: str = "the query") -> Question:
    """Read letters or FASTA within the limits of a page; records that cannot be searched are left out.

    Raises
    ------
    SearchError
        As `genomebook.search.query.read_queries`.
    """
    refused: list[str] = []
    queries = read_queries(
        text, source, max_records=MAX_RECORDS, max_letters=MAX_LETTERS, tell=refused.append
    )
    return Question(queries, refused=refused)


def question_at(book: Book, loc: str) -> Question:
    """Take the letters of a place as the query; of one position, the sentence that holds it.

    A sentence of fewer than `MIN_LETTERS` letters cannot be found by itself: its paragraph is taken.

    Raises
    ------
    RegionError
        The book has no such place.
    SearchError
        It is too long, too short or a gap.
    """
    region = book.addresses.parse(loc)
    note = ""
    if region.end - region.start == 1:
        region, note = _unit_at(book, region)
    letters = region.end - region.start
    name = book.addresses.format(region, commas=False)
    if letters > MAX_LETTERS:
        raise SearchError(
            f"{name}: {letters:,} letters; give a place of at most {MAX_LETTERS:,}, or several parts of it"
        )
    sequence = book[region.volume].sequence(region.start, region.end)
    query = read_queries(b">%b\n%b" % (name.encode(), sequence), "the book")[0]
    return Question([Query(name, query.letters)], region, note)


def _unit_at(book: Book, place: Region) -> tuple[Region, str]:
    """Sentence, or where that is too short the paragraph, that holds a position."""
    volume = book[place.volume]
    name = f"{volume.contig}:{volume.origin + place.start + 1:,}"
    sentences = volume.sentences(place.start, place.end)
    if not len(sentences):
        raise SearchError(f"{name}: a gap, no letters are known there; choose another place")
    number, start, end = sentences.index[0], int(sentences["start"].iloc[0]), int(sentences["end"].iloc[0])
    if end - start >= MIN_LETTERS:
        return Region(volume.name, start, end), f"Sentence {number + 1:,}, which holds {name}."
    paragraph = volume.paragraphs(place.start, place.end).iloc[0]
    many = f"{end - start} letter{'s' * (end - start > 1)}"
    return (
        Region(volume.name, int(paragraph["start"]), int(paragraph["end"])),
        f"Sentence {number + 1:,}, which holds {name}, has {many}, too few to find: this is its paragraph.",
    )


def example(book: Book) -> str:
    """Letters of a sentence from the middle of a volume, long enough to be found, short enough to be read.

    Raises
    ------
    SearchError
        There is none where it was looked for.
    """
    low, high = _EXAMPLE
    for volume in book:
        middle = volume.length // 2
        sentences = volume.sentences(middle - _AROUND, middle + _AROUND)
        sentences = sentences[(sentences["end"] - sentences["start"]).between(low, high)]
        if len(sentences):
            row = sentences.iloc[int((sentences["start"] - middle).abs().to_numpy().argmin())]
            return volume.sequence(int(row["start"]), int(row["end"])).upper().decode("ascii")
    raise SearchError(f"{book.path.name}: no sentence of {low} to {high} letters; paste letters of your own")


def shuffled(query: Query, which: int) -> Query:
    """Return the control of a query: its letters mixed, every pair of neighbours as often as it was.

    Parameters
    ----------
    query : Query
        The query.
    which : int
        Number of the shuffle, from 1.
    """
    return Query(f"{query.name} shuffled", dinucleotide_shuffle(query.letters, which, query.name))
