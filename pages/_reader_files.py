"""Files of page Read: bases, rows and English of a page, sequences of its transcripts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import msgspec

from genomebook.book import Book
from genomebook.book.page import MAX_BASES, open_page
from genomebook.book.session_transcripts import HeldTranscripts
from genomebook.errors import GenomebookError
from genomebook.export import page as onpage
from genomebook.export import sequences
from genomebook.genome.regions import Region
from genomebook.render.page.data import PageData
from genomebook.render.page.english import english, no_english
from genomebook.render.page.make import PageMaker
from pages._shared import without_folders

FIGURES = ("page", "overview")
"""Figures, by the first word of what is wanted."""


class ReaderWish(msgspec.Struct):
    """A file that is wanted.

    ``kind`` is ``fasta``, ``fasta-reverse``, ``text``, ``english``, one of `genomebook.export.page.LEVELS`,
    ``page`` or ``overview`` and ``svg`` or ``pdf``: a figure; or ``cds``, ``mrna`` or ``protein`` and the id
    of a transcript. ``start`` and ``end`` are the letters
    selected (local, 0-based half-open), ``flank`` the letters to add on either side of FASTA.
    """

    serial: int
    kind: str
    start: int | None = None
    end: int | None = None
    flank: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0


class ReaderFile(msgspec.Struct):
    """A file, or in `refused` why there is none; without either, nothing was understood.

    ``data`` is the content of a file that is no text.
    """

    serial: int
    refused: str = ""
    name: str = ""
    text: str = ""
    data: bytes = b""


def made_file(
    maker: PageMaker,
    region: Region,
    data: PageData,
    wanted: ReaderWish,
    own: Sequence[HeldTranscripts] = (),
) -> ReaderFile:
    """Make a file.

    Parameters
    ----------
    maker : PageMaker
        Of the book.
    region : Region
        Place of the address bar: FASTA and English are of it if the page was made for it.
    data : PageData
        The page.
    wanted : ReaderWish
        What is wanted.
    own : sequence of HeldTranscripts
        Transcripts of the session.
    """
    book, answer = maker.book, ReaderFile(wanted.serial)
    kind, _, transcript_id = wanted.kind.partition(" ")
    page = Region(region.volume, data.start, data.end)
    region = _region(region if data.asked else page, page, wanted)
    if kind in FIGURES:
        return _figure(maker, page if kind == "page" else region, wanted.kind, answer)
    if kind in sequences.OF_TRANSCRIPTS:
        return _of_transcript(book, own, kind, transcript_id, answer)
    if kind.startswith("fasta"):
        region = sequences.with_flanks(book, region, wanted.flank)
        if region.end - region.start > MAX_BASES:
            answer.refused = onpage.too_long(region)
            return answer
    if kind == "english" and (refused := no_english(book, region)):
        answer.refused = refused
        return answer
    makers: dict[str, tuple[Region, str, Callable[[], str]]] = {
        "fasta": (region, "fa", lambda: onpage.fasta(book, region)),
        "fasta-reverse": (region, "fa", lambda: onpage.fasta(book, region, reverse_complement=True)),
        "text": (page, "txt", lambda: onpage.text(book, open_page(book, page, page.end - page.start))),
        "english": (region, "txt", lambda: "".join(english(book, region))),
    }
    for level in onpage.LEVELS:
        makers[level] = (page, "bed", partial(_bed, maker, page, level))
    if kind in makers:
        whose, suffix, make = makers[kind]
        name = book.addresses.format(whose, commas=False) + ("-english" if kind == "english" else "")
        answer.name, answer.text = onpage.file_name(name, suffix), make()
    return answer


def _region(asked: Region, page: Region, wanted: ReaderWish) -> Region:
    """The letters selected, if there are some on the page, else what was asked for."""
    if wanted.start is None or wanted.end is None or not page.start <= wanted.start < wanted.end <= page.end:
        return asked
    return Region(page.volume, wanted.start, wanted.end)


def _figure(maker: PageMaker, region: Region, wanted: str, answer: ReaderFile) -> ReaderFile:
    """A page or an overview for print."""
    from genomebook.export.figure import pdf, svg  # with fonts and PDF: not before a figure is wanted
    from genomebook.export.figure_overview import overview_figure
    from genomebook.export.figure_page import page_figure

    kind, _, suffix = wanted.partition(" ")
    draw = page_figure if kind == "page" else overview_figure
    answer.name = onpage.file_name(maker.book.addresses.format(region, commas=False), suffix)
    try:
        drawing = draw(maker.book, maker.genes, region)
        if suffix == "pdf":
            answer.data = pdf(drawing)
        else:
            answer.text = svg(drawing)
    except GenomebookError as error:
        answer.refused = without_folders(str(error))
    return answer


def _bed(maker: PageMaker, page: Region, level: str) -> str:
    return onpage.bed(open_page(maker.book, page, page.end - page.start), level, maker.genes)


def _of_transcript(
    book: Book, own: Sequence[HeldTranscripts], kind: str, transcript_id: str, answer: ReaderFile
) -> ReaderFile:
    """CDS, mRNA or protein of a transcript."""
    held = (each.by_id(transcript_id) for each in own)
    transcript = next(filter(None, held), None) or book.transcripts.by_id(transcript_id)
    if transcript is not None:
        try:
            answer.text = sequences.transcript_fasta(book, transcript, kind)
            answer.name = onpage.file_name(f"{transcript_id}-{kind}", "fa")
        except GenomebookError as error:
            answer.refused = without_folders(str(error))
    return answer
