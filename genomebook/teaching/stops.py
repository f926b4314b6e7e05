"""What a stop of the tour is, and what its makers share."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from genomebook.annotation.coding import Residue, residues
from genomebook.book import Book
from genomebook.book.transcript import Transcript, shown
from genomebook.genome.regions import Region
from genomebook.language.alphabet import reverse_complement
from genomebook.teaching.passages import ClassPassage
from genomebook.teaching.texts import stop_texts

MAX_TRANSCRIPTS = 5_000
"""Transcripts, in the order of the book, among which a stop looks for its gene."""


@dataclass(frozen=True)
class TourStop:
    """A stop: a text, a question, its answer, and passages to look at.

    Attributes
    ----------
    number : int
        From 1.
    title, text : str
        A few words; what to know before the question, with a line break between paragraphs.
    question, answer : str
        Plain text.
    before, after : tuple of ClassPassage
        What is shown with the question, and with the answer.
    facts : tuple of str
        Figures of this book, shown with the answer.
    missing : str
        Why this book cannot show the stop; empty where it can.
    """

    number: int
    title: str
    text: str
    question: str = ""
    answer: str = ""
    before: tuple[ClassPassage, ...] = ()
    after: tuple[ClassPassage, ...] = ()
    facts: tuple[str, ...] = ()
    missing: str = ""


def made_stop(
    name: str, before: tuple[ClassPassage, ...], after: tuple[ClassPassage, ...], **values: object
) -> TourStop:
    """A stop of `genomebook.teaching.texts.stop_texts`, its answer and its facts filled in with values."""
    texts = stop_texts()[name]
    return TourStop(
        texts["number"], texts["title"], texts["text"], texts["question"], texts["answer"].format(**values),
        before, after, tuple(fact.format(**values) for fact in texts["facts"]),
    )  # fmt: skip


def missing_stop(name: str, why: str = "") -> TourStop:
    """A stop that the book cannot show, with the reason: one given, or its own of the texts."""
    texts = stop_texts()[name]
    return TourStop(texts["number"], texts["title"], texts["text"], missing=why or texts["missing"])


def gene_name(row: Transcript) -> str:
    """Symbol of the gene of a transcript, or an id."""
    return row.gene or row.gene_id or row.transcript_id


def coding_genes(book: Book, letters: int) -> list[Transcript]:
    """Genes whose first coding letters stand side by side, with their start codon, in order."""
    near = shown(islice(book.transcripts.all(), MAX_TRANSCRIPTS))
    return [row for row in near if row.coding and _begins(book, row, letters)]


def _begins(book: Book, row: Transcript, letters: int) -> bool:
    start, end = _first_span(row)
    first = codons(book, row, 1) if end - start >= letters else []
    return bool(first) and first[0].is_start


def _first_span(row: Transcript) -> tuple[int, int]:
    return row.coding[-1] if row.is_minus else row.coding[0]


def codons(book: Book, row: Transcript, number: int) -> list[Residue]:
    """The first codons of a gene that has its start."""
    start, end = _first_span(row)
    near = (end - 3 * number, end) if row.is_minus else (start, start + 3 * number)
    return [codon for codon in residues(row, book[row.volume].sequence, *near) if codon.number <= number]


def letters_before(book: Book, row: Transcript, number: int) -> str:
    """At most so many letters before the first codon of a gene, as the gene is read."""
    start, end = _first_span(row)
    volume = book[row.volume]
    if row.is_minus:
        letters = reverse_complement(volume.sequence(end, min(end + number, volume.length)))
    else:
        letters = volume.sequence(max(0, start - number), start)
    return letters.decode("ascii").upper()


def address(book: Book, volume: str, start: int, end: int) -> str:
    """Address of a place, 1-based and inclusive, as the page Read takes it."""
    return book.addresses.format(Region(volume, start, end), commas=False)
