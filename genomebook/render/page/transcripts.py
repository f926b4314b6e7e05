"""The transcripts of a page: exons, the amino acids under the letters, the exons before and after."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from genomebook.annotation.coding import Residue, residues
from genomebook.book.exons import exon_after, exon_before
from genomebook.book.read import Book
from genomebook.book.session_transcripts import HeldTranscripts, JoinedTranscripts, TranscriptPlaces
from genomebook.book.transcript import Transcript, by_gene, preference
from genomebook.genome.regions import Region
from genomebook.language.genetic_codes import THREE_LETTERS
from genomebook.render.page.data import PageGene, PagePlace, PageResidues, PageTranscript

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
    own : sequence of HeldTranscripts
        Transcripts of the session: they come before those of the book, whose genes are shown as well.
    source : str
        File of genes whose transcripts are shown, of those of the book; empty for all of them.
    """

    def __init__(
        self,
        book: Book,
        volume: str,
        start: int,
        end: int,
        chosen: Collection[str] = (),
        own: Sequence[HeldTranscripts] = (),
        source: str = "",
    ) -> None:
        self._book, self._volume, self._start, self._end = book, volume, start, end
        self._known = JoinedTranscripts(*own, book.transcripts)
        self._here: list[Transcript] = []
        self._shown: list[Transcript] = []
        parts: list[TranscriptPlaces] = [*own, book.transcripts]
        for part in parts:
            rows = part.overlapping(volume, start, end)
            genes = [sorted(gene, key=preference) for gene in by_gene(rows)]
            for gene in sorted(genes, key=lambda gene: (gene[0].gene, gene[0].gene_id)):
                self._here += gene
                wanted = source if part is book.transcripts and source in book.transcripts.sources else ""
                self._shown += _to_show(gene, chosen, wanted)

    def sources(self) -> list[str]:
        """Files of genes to choose from; none where the book has one."""
        known = self._book.transcripts.sources
        return list(known) if len(known) > 1 else []

    def genes(self) -> list[PageGene]:
        """Genes of the book that have a transcript here, with the ends of their transcripts."""
        genes = by_gene(self._book.transcripts.overlapping(self._volume, self._start, self._end))
        return [self._gene(gene) for gene in genes[:MAX_TRANSCRIPTS]]

    def _gene(self, rows: list[Transcript]) -> PageGene:
        best = min(rows, key=preference)
        start, end = min(row.start for row in rows), max(row.end for row in rows)
        address = self._book.addresses.format(Region(self._volume, start, end), commas=False)
        name = best.gene or best.gene_id or "unnamed gene"
        return PageGene(
            name, best.gene_id, start, end, best.strand, best.biotype, best.description,
            any(row.clipped for row in rows), address,
        )  # fmt: skip

    def transcripts(self) -> list[PageTranscript]:
        """All of them, by gene, in each the one to show by default first; of very many those shown."""
        drawn = {id(row) for row in self._shown}
        listed = self._here if len(self._here) <= MAX_TRANSCRIPTS else self._shown[:MAX_TRANSCRIPTS]
        return [self._transcript(row, id(row) in drawn) for row in listed]

    def _transcript(self, row: Transcript, is_shown: bool) -> PageTranscript:
        return PageTranscript(
            row.transcript_id or row.name, row.name, row.gene, row.strand, row.biotype, list(row.tags),
            is_shown, row.start, row.end, list(row.exons) * is_shown, list(row.coding) * is_shown,
            row.first_exon, row.source,
        )  # fmt: skip

    def residues(self) -> list[PageResidues]:
        """Amino acids with a base of their codon on the page, of the transcripts shown."""
        letters = self._book[self._volume].sequence
        return [
            run
            for row in self._shown[:MAX_TRANSCRIPTS]
            for run in _runs(row, residues(row, letters, self._start, self._end))
        ]

    def exon_before(self) -> PagePlace | None:
        """The exon before the page."""
        length = self._book[self._volume].length
        return self._place(exon_before(self._known, self._volume, self._start, length))

    def exon_after(self) -> PagePlace | None:
        """The exon after the page."""
        length = self._book[self._volume].length
        return self._place(exon_after(self._known, self._volume, self._end - 1, length))

    def _place(self, region: Region | None) -> PagePlace | None:
        if region is None:
            return None
        return PagePlace(self._book.addresses.format(region, commas=False), region.start, region.end)


def _to_show(gene: list[Transcript], chosen: Collection[str], source: str) -> list[Transcript]:
    """The transcript of a gene that is shown: one that was chosen, else the first, if a file has one."""
    wanted = [row for row in gene if row.transcript_id in chosen]
    return (wanted or [row for row in gene if source in ("", row.source)])[:1]


def _runs(row: Transcript, codons: Sequence[Residue]) -> Iterator[PageResidues]:
    """Amino acids of a transcript in runs whose codons follow each other."""
    run: PageResidues | None = None
    for codon in codons:
        start, end = codon.spans[0][0], codon.spans[-1][1]
        is_plain = len(codon.spans) == 1 and end - start == 3
        low, high = run.spans[0] if run and len(run.spans) == 1 else (-1, -1)
        follows = end == low if row.strand == "-" else start == high
        if run and is_plain and follows and high - low == 3 * len(run.letters):
            run.letters += codon.amino
            run.spans = [(min(low, start), max(high, end))]
        else:
            if run:
                yield run
            name = row.transcript_id or row.name
            run = PageResidues(name, row.strand, codon.number, codon.amino, list(codon.spans), [], [])
        run.starts += [codon.number] * codon.is_start
        run.stops += [codon.number] * codon.is_stop
    if run:
        yield run


def residue_names(runs: Sequence[PageResidues]) -> dict[str, str]:
    """Three letters of each amino acid of some runs, by its one letter."""
    return {
        letter: THREE_LETTERS.get(letter, letter) for letter in sorted({*"".join(r.letters for r in runs)})
    }
