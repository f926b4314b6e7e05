"""What a text in the box can mean: one type each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from genomebook.genome.regions import Region

Kind = Literal["region", "gene", "offset", "exon", "band", "variant"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is common to all.

    Attributes
    ----------
    text : str
        What was asked for, on one line, without control characters; cut where it is long.
    also : tuple of str
        Other meanings of the text, as texts that the box takes and that mean only that (``motif:CAT``).
    """

    text: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PlaceAnswer(Answer):
    """A place of the book.

    Attributes
    ----------
    region : Region
        Local, 0-based half-open.
    label : str
        Its name for people: ``APP``, ``APP exon 3``, ``21q21.3``; empty for plain positions.
    kind : str
        What was named.
    gene : str
        Symbol, where it is a gene or a part of one.
    gene_id : str
        Its identifier.
    transcript : str
        Identifier of the transcript whose exons are counted.
    exon : int
        Number of the exon from the 5' end, from 1; 0 unless it is one.
    strand : str
        That of the gene: a gene on ``-`` begins at the end of its region. ``.`` where there is none.
    note : str
        A sentence to show, or empty: ``APPI is another name of APP.``
    """

    region: Region
    label: str = ""
    kind: Kind = "region"
    gene: str = ""
    gene_id: str = ""
    transcript: str = ""
    exon: int = 0
    strand: str = "."
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class MotifAnswer(Answer):
    """A motif to look for on both strands: IUPAC letters in upper case, T for U."""

    motif: str


@dataclass(frozen=True, kw_only=True)
class DnaAnswer(Answer):
    """DNA of 20 letters or more to search for; ``query`` is the whole text, as `read_queries` takes it."""

    query: str


@dataclass(frozen=True, kw_only=True)
class WordAnswer(Answer):
    """A word of the lexicon: its DNA, and its English gloss where it has one."""

    word: str
    gloss: str = ""


@dataclass(frozen=True, kw_only=True)
class NotUnderstood(Answer):
    """No meaning was found: ``line`` says why, and what the box takes; ``near`` has names like it."""

    line: str
    near: tuple[str, ...] = ()


BoxAnswer = PlaceAnswer | MotifAnswer | DnaAnswer | WordAnswer | NotUnderstood


@dataclass(frozen=True)
class Suggestion:
    """A line under the box while somebody types.

    Attributes
    ----------
    text : str
        What to put into the box when it is chosen.
    label : str
        What it is called (``APP``).
    detail : str
        What it is (``amyloid beta precursor protein``), plain text for people.
    kind : str
        ``gene``, ``transcript``, ``band`` or ``volume``.
    """

    text: str
    label: str
    detail: str
    kind: Literal["gene", "transcript", "band", "volume"]
