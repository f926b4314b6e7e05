"""The transcripts of a page: exons, the amino acids under the letters, the exons before and after."""

from __future__ import annotations

from collections.abc import Collection

from genomebook.annotation.coding import residues
from genomebook.book.exons import exon_after, exon_before
from genomebook.book.read import Book
from genomebook.book.transcript import Transcript, preference, shown
from genomebook.genome.regions import Region
from genomebook.language.genetic_codes import THREE_LETTERS
from genomebook.render.page.data import PagePlace, PageResidue, PageTranscript

MAX_TRANSCRIPTS = 500
"""Transcripts that a page names."""


class PageTranscripts:
    """The transcripts that overlap an interval of a volume, and which of each gene is shown.

    Parameters
    ----------
    book : Book
        The open book.
    volume : str
        Name of a volume.
    start, end : int
        Local, 0-based half-open.
    chosen : collection of str
        Ids of transcripts to show in the place of those that `genomebook.book.transcript.preference` favours.
    """

    def __init__(self, book: Book, volume: str, start: int, end: int, chosen: Collection[str] = ()) -> None:
        self._book, self._volume, self._start, self._end = book, volume, start, end
        here = book.transcripts.overlapping(volume, start, end)
        self._here = sorted(here, key=lambda row: (row.gene, row.gene_id, preference(row)))
        wanted = {row.gene_id or row.gene: row for row in self._here if row.transcript_id in chosen}
        self._shown = [wanted.get(row.gene_id or row.gene, row) for row in shown(self._here)]

    def transcripts(self) -> list[PageTranscript]:
        """All of them, by gene, in each the one to show by default first; of very many those shown."""
        drawn = {id(row) for row in self._shown}
        listed = self._here if len(self._here) <= MAX_TRANSCRIPTS else self._shown[:MAX_TRANSCRIPTS]
        return [self._transcript(row, id(row) in drawn) for row in listed]

    def _transcript(self, row: Transcript, is_shown: bool) -> PageTranscript:
        return PageTranscript(
            row.transcript_id or row.name, row.name, row.gene, row.strand, row.biotype, list(row.tags),
            is_shown, row.start, row.end, list(row.exons) * is_shown, list(row.coding) * is_shown,
            row.first_exon,
        )  # fmt: skip

    def residues(self) -> list[PageResidue]:
        """Amino acids with a letter of their codon on the page, of the transcripts shown."""
        letters = self._book[self._volume].sequence
        return [
            PageResidue(
                residue.amino, THREE_LETTERS.get(residue.amino, residue.amino), residue.number,
                list(residue.spans), row.transcript_id or row.name, residue.is_start, residue.is_stop,
            )
            for row in self._shown[:MAX_TRANSCRIPTS]
            for residue in residues(row, letters, self._start, self._end)
        ]  # fmt: skip

    def exon_before(self) -> PagePlace | None:
        """The exon before the page."""
        length = self._book[self._volume].length
        return self._place(exon_before(self._book.transcripts, self._volume, self._start, length))

    def exon_after(self) -> PagePlace | None:
        """The exon after the page."""
        length = self._book[self._volume].length
        return self._place(exon_after(self._book.transcripts, self._volume, self._end - 1, length))

    def _place(self, region: Region | None) -> PagePlace | None:
        if region is None:
            return None
        return PagePlace(self._book.addresses.format(region, commas=False), region.start, region.end)
