"""Sequences to ask about: pasted text, FASTA, a passage or a gene of a book; bounded, cleaned, checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from genomebook.book.read import Book
from genomebook.errors import SearchError, SequenceError
from genomebook.files.progress import Message
from genomebook.genome.regions import Region
from genomebook.language.alphabet import reverse_complement
from genomebook.search.query import MAX_LETTERS, Query, read_queries, read_query_file, read_query_stream

MIN_LETTERS = 2
"""Shortest sequence that can be asked about."""

MAX_BATCH_RECORDS, MAX_BATCH_LETTERS = 200_000, 50_000_000
"""Most records, and most letters of all of them, of a batch."""

_AMBIGUOUS = re.compile(r"[^ACGTN]")
_LETTERS = re.compile(r"[ACGTUNRYSWKMBDHV\s]+", re.I)
_RNA = re.compile(rb"^(?!>)[^\n]*[Uu]", re.MULTILINE)


@dataclass(frozen=True)
class AskedSequence:
    """A sequence that a question is about.

    Attributes
    ----------
    name : str
        First word of its header, or the place it is from.
    letters : str
        IUPAC letters of DNA in upper case.
    notes : tuple of str
        What was done to it, a sentence each.
    """

    name: str
    letters: str
    notes: tuple[str, ...] = ()


def read_sequence(text: str | bytes, source: str = "sequence") -> AskedSequence:
    """Read one sequence: bare letters, FASTA of one record or a GenBank entry.

    Parameters
    ----------
    text : str or bytes
        As pasted: either case, white space and digits are skipped, U is read as T.
    source : str
        What errors call it.

    Raises
    ------
    SequenceError
        One line: it is empty, too short, too long, protein, all N, not a sequence, or several records.
    """
    sequences = read_sequences(text, source)
    if len(sequences) > 1:
        raise SequenceError(
            f"{source}: {len(sequences):,} records; give one, or ask about all of them as a batch"
        )
    return sequences[0]


def read_sequences(text: str | bytes, source: str = "sequence") -> list[AskedSequence]:
    """Read bare letters or FASTA of any number of records; see `read_sequence`."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    if not data.strip():
        raise SequenceError(f"{source}: is empty; give letters of DNA or RNA, or FASTA")
    queries = _checked(lambda: read_queries(data, source, min_letters=MIN_LETTERS))
    is_rna = not data.lstrip().startswith(b"LOCUS") and _RNA.search(data) is not None
    return [_asked(query, is_rna) for query in queries]


def read_batch(
    source: Path | BinaryIO,
    tell: Message | None = None,
    *,
    name: str = "standard input",
    max_records: int = MAX_BATCH_RECORDS,
    max_letters: int = MAX_BATCH_LETTERS,
) -> list[AskedSequence]:
    """Read the records of a FASTA file, plain, gzip or bzip2, or of an open stream.

    Parameters
    ----------
    source : Path or stream
        The file.
    tell : callable, optional
        Called with one line for each record that cannot be used, which is then left out.
    name : str
        What errors call a stream.
    max_records, max_letters : int
        Most records, and most letters of all of them.

    Raises
    ------
    SequenceError
        The file cannot be read, is too large, or has no record that can be used.
    """
    limits = {"max_records": max_records, "max_letters": max_letters, "min_letters": MIN_LETTERS}
    if isinstance(source, Path):
        queries = _checked(lambda: read_query_file(source, tell, **limits))
    else:
        queries = _checked(lambda: read_query_stream(source, name, tell, **limits))
    return [_asked(query) for query in queries]


def from_book(book: Book, place: Region, strand: str = "+") -> AskedSequence:
    """Read a passage of a book, at most a million letters.

    Parameters
    ----------
    book : Book
        The book.
    place : Region
        Local, 0-based half-open.
    strand : str
        ``-`` for the other strand, 5' to 3'.

    Raises
    ------
    SequenceError
        It is too long, too short, or a gap.
    """
    address = book.addresses.format(place)
    if place.end - place.start > MAX_LETTERS:
        raise SequenceError(f"{address}: {place.end - place.start:,} letters; give at most {MAX_LETTERS:,}")
    letters = book[place.volume].sequence(place.start, place.end)
    asked = read_sequence(reverse_complement(letters) if strand == "-" else letters, address)
    return AskedSequence(address + (" (other strand)" if strand == "-" else ""), asked.letters, asked.notes)


def is_letters(text: str) -> bool:
    """Whether a text looks like letters of DNA or RNA rather than like the name of a file."""
    return _LETTERS.fullmatch(text.strip()) is not None


def _checked(read: Callable[[], list[Query]]) -> list[Query]:
    """Queries, with the errors of this module."""
    try:
        return read()
    except SearchError as error:
        raise SequenceError(str(error)) from None


def _asked(query: Query, is_rna: bool = False) -> AskedSequence:
    letters = query.letters.decode("ascii")
    notes = ["This is RNA: U is read as T."] if is_rna else []
    if ambiguous := len(_AMBIGUOUS.findall(letters)):
        notes.append(
            f"{ambiguous:,} of {len(letters):,} letters are ambiguous (IUPAC codes such as R or Y): "
            "exact answers keep them, learnt ones treat them as unknown."
        )
    return AskedSequence(query.name, letters, tuple(notes))
