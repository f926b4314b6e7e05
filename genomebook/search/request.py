"""State of the Search page, and its queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genomebook.book import Book
from genomebook.errors import RegionError, SearchError
from genomebook.genome.regions import MAX_TEXT, Region
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.search.channels import SEQUENCE, Channels
from genomebook.search.query import MIN_LETTERS, Query, read_queries

MAX_RECORDS = 50
"""Most queries at a time from the page."""

MAX_LETTERS = 200_000
"""Most bases in all of them together."""

MAX_IN_ADDRESS = 2_000
"""Longest query, in characters, kept in the address bar; a longer one lasts for the visit only."""

MAX_BYTES = 2_000_000
"""Largest upload, in bytes."""

HITS = (10, 25, 50, 100)
EVALUES = (10.0, 1.0, 0.01, 1e-5, 1e-10)

GROUPS = {
    "": "no groups",
    "volume": "sequence",
    "gene": "gene",
    "family": "repeat family",
    "repeat": "soft mask",
}
"""Ways to group hits, and their labels."""

_EXAMPLE = (60, 400)
_AROUND = 200_000


@dataclass(frozen=True)
class SearchState:
    """State of the Search page.

    Attributes
    ----------
    q : str
        Sequence or FASTA, as typed.
    loc : str
        Place in the book to take the query from; one position means the sentence that contains it.
    by : str
        Key of `genomebook.search.channels.CHANNELS`.
    hits : int
        Maximum number of hits, of `HITS`.
    e : float
        Maximum E-value, of `EVALUES`.
    shuffle : int
        Number of the shuffle searched beside the query; 0 for none.
    group : str
        Key of `GROUPS`.
    motif : str
        IUPAC letters to find instead.
    mismatches : int
        Letters of the motif that may differ.
    """

    q: str = ""
    loc: str = ""
    by: Channels = SEQUENCE
    hits: int = 25
    e: float = 10.0
    shuffle: int = 0
    group: str = ""
    motif: str = ""
    mismatches: int = 0


@dataclass(frozen=True)
class Question:
    """Queries; for one taken from the book its place and a note on it.

    ``refused`` has a line for each record that cannot be searched.
    """

    queries: list[Query]
    region: Region | None = None
    note: str = ""
    refused: Sequence[str] = ()


def is_place(book: Book, text: str) -> bool:
    """Whether a typed text is a place or gene of the book rather than a sequence.

    So is a short line that cannot be DNA: a misspelt name is reported as a name.
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
    """Read a sequence or FASTA within the limits of the page; records that cannot be searched are left out.

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
    """Take the bases of a place as the query; of one position, the sentence that contains it.

    Instead of a sentence of fewer than `MIN_LETTERS` bases its paragraph is taken.

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
            f"{name}: {letters:,} bases; give a region of at most {MAX_LETTERS:,}, or search part by part"
        )
    sequence = book[region.volume].sequence(region.start, region.end)
    query = read_queries(b">%b\n%b" % (name.encode(), sequence), "the book")[0]
    return Question([Query(name, query.letters)], region, note)


def _unit_at(book: Book, place: Region) -> tuple[Region, str]:
    """The sentence that contains a position, or its paragraph if the sentence is too short."""
    volume = book[place.volume]
    name = f"{volume.contig}:{volume.origin + place.start + 1:,}"
    sentences = volume.sentences(place.start, place.end)
    if not len(sentences):
        raise SearchError(f"{name}: lies in a gap, whose bases are unknown; choose another place")
    number, start, end = sentences.index[0], int(sentences["start"].iloc[0]), int(sentences["end"].iloc[0])
    if end - start >= MIN_LETTERS:
        return Region(volume.name, start, end), f"Sentence {number + 1:,}, which contains {name}."
    paragraph = volume.paragraphs(place.start, place.end).iloc[0]
    many = f"{end - start} base{'s' * (end - start > 1)}"
    return (
        Region(volume.name, int(paragraph["start"]), int(paragraph["end"])),
        f"Sentence {number + 1:,}, which contains {name}, has only {many}: its paragraph is searched for.",
    )


def example(book: Book) -> str:
    """Bases of `example_place`."""
    place = example_place(book)
    return book[place.volume].sequence(place.start, place.end).upper().decode("ascii")


def example_place(book: Book) -> Region:
    """A sentence from the middle of a volume, long enough to be found, short enough to be read.

    Raises
    ------
    SearchError
        No volume has one near its middle.
    """
    low, high = _EXAMPLE
    for volume in book:
        middle = volume.length // 2
        sentences = volume.sentences(middle - _AROUND, middle + _AROUND)
        sentences = sentences[(sentences["end"] - sentences["start"]).between(low, high)]
        if len(sentences):
            row = sentences.iloc[int((sentences["start"] - middle).abs().to_numpy().argmin())]
            return Region(volume.name, int(row["start"]), int(row["end"]))
    raise SearchError(f"{book.path.name}: no sentence of {low} to {high} bases; paste a sequence of your own")


def shuffled(query: Query, which: int) -> Query:
    """Shuffle a query so that the count of every pair of adjacent bases stays: its control.

    Parameters
    ----------
    query : Query
        The query.
    which : int
        Number of the shuffle, from 1.
    """
    return Query(f"{query.name} shuffled", dinucleotide_shuffle(query.letters, which, query.name))
