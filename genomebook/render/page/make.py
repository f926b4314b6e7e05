"""Make the data of a page: the text, and what the book knows of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from genomebook.annotation.attributes import for_people
from genomebook.annotation.contents_titles import ContentsTitles
from genomebook.annotation.genes import COLUMNS, Genes
from genomebook.annotation.paragraph_class import CONTEXT, paragraph_classes
from genomebook.annotation.transcript_records import code_of_contig
from genomebook.book import Book, Volume
from genomebook.book.features import Features
from genomebook.book.page import LIMIT, Gap, Page, Paragraph, Sentence, Word, open_page, page_extent
from genomebook.book.places import open_units
from genomebook.book.schema import GENES
from genomebook.book.session_transcripts import HeldTranscripts
from genomebook.errors import RegionError
from genomebook.genome.links import gene_links, place_links
from genomebook.genome.regions import Region
from genomebook.language.genetic_codes import genetic_code
from genomebook.render.page import data, html
from genomebook.render.page.interlinear import WordLines, clean, gloss_of_words, words_of_paragraphs
from genomebook.render.page.track import page_track, paragraph_odds
from genomebook.render.page.transcripts import PageTranscripts, residue_names
from genomebook.search.answers import PlaceAnswer
from genomebook.search.box import understand
from genomebook.search.query import MIN_LETTERS
from genomebook.search.schema import FOLDER, INDEX


@dataclass(frozen=True)
class PageOptions:
    """What a page has beside its text.

    Attributes
    ----------
    lines : tuple of str
        Lines under the words (`genomebook.render.page.interlinear.LINES`); those that the book has.
    track : str
        Signal whose log-odds are given for every word; empty for none.
    transcripts : tuple of str
        Ids of transcripts to show; of other genes the one that `genomebook.book.transcript.preference`
        favours.
    own : tuple of Features
        Tracks of the session, shown with those of the book.
    own_transcripts : tuple of HeldTranscripts
        Transcripts of the session.
    source : str
        File of genes of the book whose transcripts are shown; empty for all.
    """

    lines: tuple[str, ...] = ()
    track: str = ""
    transcripts: tuple[str, ...] = ()
    own: tuple[Features, ...] = ()
    own_transcripts: tuple[HeldTranscripts, ...] = ()
    source: str = ""


MAX_LETTERS = 12_000
"""Letters of a page that was asked for as it is, by the region of its paragraphs."""
MAX_FEATURES = 2_000
"""Intervals of each track on a page."""

_GENE_COLUMNS = ("name", "gene_id", "start", "end", "strand", "biotype", "description", "clipped")


class PageMaker:
    """Makes pages of a book, and keeps what all of them need.

    Parameters
    ----------
    book : Book
        The open book.
    limit : int
        Approximate letters of a page.
    """

    def __init__(self, book: Book, limit: int = LIMIT) -> None:
        self.book = book
        self.limit = limit

    @cached_property
    def genes(self) -> Genes:
        """Genes of the book; none is an empty table."""
        if not self.book.has_genes:
            return Genes(pd.DataFrame(columns=COLUMNS))
        return Genes.open(self.book.folder.checked(GENES))

    @cached_property
    def is_searchable(self) -> bool:
        """Whether the book has an index to search."""
        return (self.book.path / FOLDER / INDEX).is_file()

    def ask(self, text: str) -> tuple[Region, data.PagePlace]:
        """Read an address, as typed or in a link; a gene keeps its name.

        Returns
        -------
        Region, PagePlace
            What was asked for. The address of the place is the name of a gene that was asked for by name,
            else the coordinates; name and strand are those of a gene with just these ends, if there is one.

        Raises
        ------
        RegionError
            The book has no such place.
        """
        try:
            region = self.book.addresses.parse(text)
        except RegionError:
            answer = understand(self.book, text)
            if not isinstance(answer, PlaceAnswer):
                raise
            return answer.region, self.named(answer)
        place = self._place(region)
        for gene in self._genes(region.volume, region.start, region.end):
            if (gene.start, gene.end) == (region.start, region.end):
                place.name, place.strand = gene.name, gene.strand
                named = text.strip().upper() in (gene.name.upper(), gene.id.upper())
                if named and self.book.genes.find(gene.name) == region:
                    place.address = gene.name
                    break
        return region, place

    def named(self, answer: PlaceAnswer) -> data.PagePlace:
        """Place of an answer of the box: its name as its address where the name leads there."""
        place = self._place(answer.region)
        place.name, place.strand = answer.label, answer.strand
        if answer.label:
            again = understand(self.book, answer.label)
            if isinstance(again, PlaceAnswer) and again.region == answer.region:
                place.address = answer.label
        return place

    def page(self, region: Region, options: PageOptions | None = None) -> data.PageData:
        """Make the page that shows a place.

        Parameters
        ----------
        region : Region
            Local, 0-based half-open. A region of whole paragraphs is shown as it is.
        options : PageOptions, optional
            What the page has beside its text.
        """
        return self.land(region, self._place(region), options)

    def land(
        self, region: Region, place: data.PagePlace, options: PageOptions | None = None
    ) -> data.PageData:
        """Make the page for a place from `ask`: it holds the 5' end of a gene, the start of anything else."""
        return self._made(*self.opened(region, place), options or PageOptions())

    def opened(self, region: Region, place: data.PagePlace) -> tuple[Page, data.PagePlace | None]:
        """Open the page for a place from `ask`; the place is None where it is the page itself."""
        volume = self.book[region.volume]
        letters = region.end - region.start
        limit = max(self.limit, min(letters, MAX_LETTERS))
        gaps = volume.gaps(region.start, region.end)
        is_short = letters - int((gaps[:, 1] - gaps[:, 0]).sum()) <= MAX_LETTERS
        is_whole = is_short and page_extent(volume, region.start, region.end, limit) == (
            region.start,
            region.end,
        )
        if is_whole and (letters >= self.limit // 4 or region.start == 0 or region.end == volume.length):
            return open_page(self.book, region, limit), None
        begin = self._begin(volume, region, place)
        return open_page(self.book, Region(volume.name, begin, volume.length), self.limit), place

    def _begin(self, volume: Volume, region: Region, place: data.PagePlace) -> int:
        """Where to begin a page so that it holds the letter to land on, with some text before it."""
        letters = region.end - region.start
        landing = region.end - 1 if place.strand == "-" else region.start
        if letters < self.limit:
            start = region.start - (self.limit - letters) // 3
        elif place.strand == "-":
            start = region.end - self.limit * 7 // 8
        else:
            start = region.start - (self.limit // 8 if place.name else 0)
        _, end = page_extent(volume, max(0, start), limit=self.limit)
        return max(0, start) if landing < end else landing

    def _place(self, region: Region) -> data.PagePlace:
        address = self.book.addresses.format(region, commas=False)
        return data.PagePlace(address, region.start, region.end)

    def _made(self, page: Page, place: data.PagePlace | None, options: PageOptions) -> data.PageData:
        book, volume = self.book, page.volume
        signal = options.track if options.track in book.signals else book.signal * bool(options.track)
        words = volume.words(page.start, page.end)
        ends = paragraph_odds(page_track(page, words, book.signal, book.signal))
        paragraphs = [block for block in page.blocks if isinstance(block, Paragraph)]
        sentences = [
            (sentence, sentence is block.sentences[-1])
            for block in paragraphs
            for sentence in block.sentences
        ]
        columns = self._words(words_of_paragraphs(page), options.lines)
        if signal:
            odds = page_track(page, words, signal, book.signal)
            columns.odds = [tuple(pair) for pair in odds.odds[~odds.is_gap].tolist()]
        whole = Region(volume.name, page.start, page.end)
        known = PageTranscripts(
            book,
            volume.name,
            page.start,
            page.end,
            options.transcripts,
            options.own_transcripts,
            options.source,
        )
        under = known.residues()
        return data.PageData(
            version=data.VERSION,
            book=data.PageBook(book.title, book.assembly, book.digest),
            volume=_volume(volume),
            address=book.addresses.format(whole, commas=False),
            start=page.start,
            end=page.end,
            asked=place,
            is_more=place is not None and place.end > page.end,
            signal=book.signal,
            track=signal,
            units=self._units(volume, page.start),
            words=columns,
            sentences=list(self._sentences(page, sentences, ends)),
            paragraphs=list(self._paragraphs(volume.name, paragraphs)),
            gaps=[data.PageGap(block.start, block.end) for block in page.blocks if isinstance(block, Gap)],
            genes=self._genes(volume.name, page.start, page.end) or known.genes(),
            around=self.around(page, known),
            transcripts=known.transcripts(),
            sources=known.sources(),
            residues=under,
            residue_names=residue_names(under),
            tracks=[
                data.PageTrack(track.name, track.kind, track.label, held.covered(volume.name, track.name))
                for held in (book.features, *options.own)
                for track in held.tracks
            ],
            features=self._features(options.own, volume.name, page.start, page.end),
            links=self._links(volume, page, place),
        )

    def _words(self, paragraphs: Sequence[Sequence[Word]], lines: tuple[str, ...]) -> data.PageWords:
        shown = WordLines.of(self.book.lexicon, lines, paragraphs)
        words = [word for paragraph in paragraphs for word in paragraph]
        under = [shown.of_word(word) for word in words] if shown.texts else []
        ids = {word.id for word in words if word.kind == "word"}
        return data.PageWords(
            start=[word.start for word in words],
            text=[word.text for word in words],
            id=[word.id for word in words],
            is_word=[word.kind == "word" for word in words],
            surprisal=[word.surprisal for word in words],
            strength=[word.strength for word in words],
            lines={line: [texts[line] for texts in under] for line in shown.texts},
            notes={str(word): clean(text) for word, text in shown.tooltips.items() if word in ids},
        )

    def _sentences(
        self, page: Page, sentences: Sequence[tuple[Sentence, bool]], ends: dict[int, float]
    ) -> Iterator[data.PageSentence]:
        first = 0
        for sentence, is_last in sentences:
            end = first + len(sentence.words)
            yield data.PageSentence(
                sentence.number,
                sentence.start,
                sentence.end,
                first,
                end,
                html.why_it_ends(sentence, page, is_last, self.book.signal, ends),
                self.is_searchable and sentence.end - sentence.start >= MIN_LETTERS,
            )
            first = end

    @cached_property
    def titles(self) -> ContentsTitles:
        """Titles of parts, chapters and sections, as they are shown."""
        return ContentsTitles(self.book, self.genes)

    def _units(self, volume: Volume, start: int) -> list[data.PageUnit]:
        glosses = gloss_of_words(self.book.lexicon)
        return [
            data.PageUnit(
                unit.level, unit.number, unit.title, html.other_titles(unit, glosses), unit.start, unit.end
            )
            for unit in self.titles.titled(volume, open_units(volume, start))
        ]

    def _genes(self, volume: str, start: int, end: int) -> list[data.PageGene]:
        rows = self.genes.rows(volume, start, end)
        columns = {name: self.genes.columns[name][rows].tolist() for name in _GENE_COLUMNS}
        genes = []
        for name, gene_id, first, last, strand, biotype, description, clipped in zip(
            *columns.values(), strict=True
        ):
            address = self._place(Region(volume, first, last)).address
            label = str(name or gene_id or "unnamed gene")
            genes.append(
                data.PageGene(
                    label, gene_id, first, last, strand, biotype, for_people(description), clipped, address
                )
            )
        return genes

    def _paragraphs(self, volume: str, paragraphs: Sequence[Paragraph]) -> Iterator[data.PageParagraph]:
        spans = np.array([(block.start, block.end) for block in paragraphs], np.int64).reshape(-1, 2)
        first = 0
        for block, known in zip(
            paragraphs, paragraph_classes(self.book, self.genes, volume, spans), strict=True
        ):
            end = first + len(block.sentences)
            is_unnamed = (
                self.is_searchable and known.kind in CONTEXT and block.end - block.start >= MIN_LETTERS
            )
            yield data.PageParagraph(block.number, block.start, block.end, first, end, known.text, is_unnamed)
            first = end

    def _features(
        self, own: tuple[Features, ...], volume: str, start: int, end: int
    ) -> list[data.PageFeature]:
        """Intervals of the tracks of the book and of the session; genes only where the book has no others."""
        shown = [
            track.name for track in self.book.features.tracks if track.kind != "gene" or not len(self.genes)
        ]
        hits = self.book.features.overlapping(volume, start, end, shown, MAX_FEATURES)
        for features in own:
            hits += features.overlapping(volume, start, end, limit=MAX_FEATURES)
        return [
            data.PageFeature(
                hit.track, hit.start, hit.end, hit.strand, clean(hit.name), clean(hit.group), hit.score,
                clean(hit.note.removeprefix(hit.name).lstrip("; ")),
            )
            for hit in hits
        ]  # fmt: skip

    def _links(self, volume: Volume, page: Page, place: data.PagePlace | None) -> list[data.PageLink]:
        """The place that was asked for, or the page, at other sites; a gene by its name."""
        span = (place.start, place.end) if place else (page.start, page.end)
        links = place_links(
            self.book.assembly, volume.contig, *(volume.origin + position for position in span)
        )
        genes = self._genes(volume.name, *span) if place and place.name else []
        for gene in genes:
            if (gene.start, gene.end) == span:
                links += gene_links(self.book.assembly, gene.name, gene.id)
        return [data.PageLink(link.site, link.hint, link.url) for link in links]

    def around(self, page: Page, known: PageTranscripts | None = None) -> data.PageAround:
        """Pages and paragraphs before and after a page; exons too where the transcripts are given."""
        volume = page.volume

        def place(start: int, end: int) -> data.PagePlace:
            return self._place(Region(volume.name, start, end))

        def from_block(start: int | None) -> data.PagePlace | None:
            return None if start is None else place(*page_extent(volume, start, limit=self.limit))

        before = page.preceding_page
        return data.PageAround(
            previous=None if before is None else place(before, page.start),
            next=from_block(page.following_page),
            previous_paragraph=from_block(page.previous_start),
            next_paragraph=from_block(page.next_start),
            exon_before=known.exon_before() if known else None,
            exon_after=known.exon_after() if known else None,
        )


def _volume(volume: Volume) -> data.PageVolume:
    code = genetic_code(code_of_contig(volume.contig))
    return data.PageVolume(
        volume.name, volume.contig, volume.origin, volume.length, code.number, code.letters
    )
