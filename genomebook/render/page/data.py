"""A page as data: what the app draws and ``genomebook read --format json`` prints.

Positions are those of the volume, 0-based half-open; `PageVolume.origin` added, those of the contig.
"""

from __future__ import annotations

import msgspec

VERSION = 2
"""Of the structs below; a field that is added does not change it, one that changes its meaning does."""


class PageBook(msgspec.Struct):
    """The book of a page: title, assembly (empty if not known) and digest."""

    title: str
    assembly: str
    digest: str


class PageVolume(msgspec.Struct):
    """The volume of a page: name, contig, position of its first letter on the contig (from 0), length.

    ``genetic_code`` is the number of its genetic code, ``aminos`` the amino acids of TTT, TTC, TTA, ...
    """

    name: str
    contig: str
    origin: int
    length: int
    genetic_code: int
    aminos: str


class PagePlace(msgspec.Struct):
    """A place that was asked for, or that a page leads to.

    ``address`` is what a link holds (``chrM:3307-4262``, or the name of the gene that was asked for),
    ``name`` the gene, exon or band, or an empty string, ``strand`` that of the gene or ``.``.
    """

    address: str
    start: int
    end: int
    name: str = ""
    strand: str = "."


class PageWords(msgspec.Struct):
    """The words of a page as columns, in order, gaps left out.

    ``start`` are positions, ``text`` letters with their case, ``id`` word ids (``is_word`` false: an
    ambiguous letter), ``surprisal`` bits given the word before, ``strength`` log-odds (nats) of a sentence
    end after it.
    ``lines`` has the lines asked for, such as ``gloss``, by name: a text for each word, empty for none.
    ``notes`` says what hovering over a word adds, by id, ``odds`` the log-odds of a sentence and of a
    paragraph end after each word by the signal `PageData.track`; both are empty unless asked for.
    """

    start: list[int]
    text: list[str]
    id: list[int]
    is_word: list[bool]
    surprisal: list[float]
    strength: list[float]
    lines: dict[str, list[str]] = {}
    notes: dict[str, str] = {}
    odds: list[tuple[float, float]] = []


class PageSentence(msgspec.Struct):
    """A sentence: number (from 0 in the volume), place, its words (half-open), why it ends.

    ``is_searchable``: the book has an index, and the sentence is long enough to look for others like it.
    """

    number: int
    start: int
    end: int
    first_word: int
    end_word: int
    why: str
    is_searchable: bool


class PageParagraph(msgspec.Struct):
    """A paragraph: number (from 0 in the volume), place, its sentences on the page (half-open).

    ``head`` says what the paragraph is (``AluSx, minus, 98 % of it``); empty where nothing is known.
    ``is_unnamed``: no class covers it, and the book has an index that can count others like it.
    """

    number: int
    start: int
    end: int
    first_sentence: int
    end_sentence: int
    head: str = ""
    is_unnamed: bool = False


class PageGap(msgspec.Struct):
    """A run of N."""

    start: int
    end: int


class PageUnit(msgspec.Struct):
    """The part, chapter or section at the top of the page; ``others`` are its other titles."""

    level: str
    number: int
    title: str
    others: str
    start: int
    end: int


class PageGene(msgspec.Struct):
    """A gene that overlaps the page; ``is_cut``: it goes on beyond the edge of the volume."""

    name: str
    id: str
    start: int
    end: int
    strand: str
    biotype: str
    description: str
    is_cut: bool
    address: str


class PageTranscript(msgspec.Struct):
    """A transcript that overlaps the page; ``is_shown``: its amino acids are those of the page.

    ``exons`` and ``coding`` ascend and are empty for one that is not shown; ``coding`` holds the stop codon
    where the annotation has it. ``first_exon`` is the number of its 5' exon: above 1 if exons before it are
    not in the book. ``source`` is the file of genes that it is from, by the name that the book gives it.
    """

    id: str
    name: str
    gene: str
    strand: str
    biotype: str
    tags: list[str]
    is_shown: bool
    start: int
    end: int
    exons: list[tuple[int, int]]
    coding: list[tuple[int, int]]
    first_exon: int = 1
    source: str = ""


class PageResidues(msgspec.Struct):
    """Amino acids of a transcript whose codons follow each other, in the order of the protein.

    ``letters`` has one each, ``first`` is the number of the first, from 1; ``spans`` is the interval of all
    their codons, three bases each: on ``-`` the first codon is the last of it. A codon that introns split, or
    a stop codon that the poly(A) tail completes, stands alone, with its one to three spans. ``starts`` and
    ``stops`` are numbers of those that are a start codon, or end the protein.
    """

    transcript: str
    strand: str
    first: int
    letters: str
    spans: list[tuple[int, int]]
    starts: list[int] = []
    stops: list[int] = []


class PageTrack(msgspec.Struct):
    """A track of the legend; ``is_known`` false: its file is not about this volume."""

    name: str
    kind: str
    label: str
    is_known: bool


class PageFeature(msgspec.Struct):
    """An interval of a track that overlaps the page."""

    track: str
    start: int
    end: int
    strand: str
    name: str
    group: str
    score: float | None
    note: str


class PageLink(msgspec.Struct):
    """A link to another site about the place; ``hint`` says what opens."""

    site: str
    hint: str
    url: str


class PageAround(msgspec.Struct):
    """Where a page leads: pages, paragraphs and exons before and after; None for none."""

    previous: PagePlace | None = None
    next: PagePlace | None = None
    previous_paragraph: PagePlace | None = None
    next_paragraph: PagePlace | None = None
    exon_before: PagePlace | None = None
    exon_after: PagePlace | None = None


class PageData(msgspec.Struct, tag_field="format", tag="genomebook page"):
    """A page of a book.

    Attributes
    ----------
    version : int
        `VERSION`.
    address : str
        Region shown, 1-based inclusive on the contig, as a link holds it.
    start, end : int
        The same, local.
    asked : PagePlace or None
        What was asked for, when it is not the page itself.
    is_more : bool
        What was asked for goes on after the page.
    signal, track : str
        The signal that placed the boundaries; that of `PageWords.odds`, or an empty string.
    residue_names : dict of str to str
        Three letters of each amino acid on the page, by its one letter.
    sources : list of str
        Files of genes that the book has, where it has several.
    """

    version: int
    book: PageBook
    volume: PageVolume
    address: str
    start: int
    end: int
    asked: PagePlace | None
    is_more: bool
    signal: str
    track: str
    units: list[PageUnit]
    words: PageWords
    sentences: list[PageSentence]
    paragraphs: list[PageParagraph]
    gaps: list[PageGap]
    genes: list[PageGene]
    around: PageAround
    transcripts: list[PageTranscript] = []
    sources: list[str] = []
    residues: list[PageResidues] = []
    residue_names: dict[str, str] = {}
    tracks: list[PageTrack] = []
    features: list[PageFeature] = []
    links: list[PageLink] = []
