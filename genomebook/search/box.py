"""The box: what a typed text means, by stated rules.

The first of these that fits: a forced meaning (``gene:CAT``, ``motif:CAT``, ``dna:``, ``word:``,
``band:``), pasted FASTA, a step from where one is, a contig, a gene or transcript by symbol or identifier,
a part of a gene, a band, an rs number, a position, an English word of the lexicon (in lower case, where it
could be DNA), DNA of 20 letters or more, a motif, another name of a gene, words that describe just one gene.
"""

from __future__ import annotations

import re
from dataclasses import replace

from genomebook.book.read import Book
from genomebook.errors import AnnotationError, GenomebookError, RegionError, SearchError
from genomebook.genome.cytobands import find_band, has_cytobands, is_band_name
from genomebook.genome.names import LENGTHS, canonical
from genomebook.genome.regions import MAX_TEXT, Region, plain_line
from genomebook.lexicon.find import find, row_of
from genomebook.search.answers import (
    BoxAnswer,
    DnaAnswer,
    MotifAnswer,
    NotUnderstood,
    PlaceAnswer,
    WordAnswer,
)
from genomebook.search.book_names import NamedGene, names_of, words_of
from genomebook.search.gene_parts import part_of_gene
from genomebook.search.motif_letters import MAX_MOTIF, as_motif, is_motif
from genomebook.search.positions import full_address, step_of, stepped
from genomebook.search.query import MIN_LETTERS, read_queries
from genomebook.search.request import MAX_LETTERS, MAX_RECORDS
from genomebook.search.suggestions import MIN_ID

TAKES = (
    "a place (chr21:25,891,700), a step (+500), a band (21q21.3), a gene (APP, APP+1000, APP exon 3), "
    "a motif (TATAWAW), DNA of 20 letters or more, or a word"
)
"""What the box takes, for people."""

MAX_PASTED = 4 * MAX_LETTERS
"""Most characters of a text."""

FORCED = ("gene", "motif", "dna", "word", "band")
"""Prefixes that force a meaning."""

_PREFIX = re.compile(rf"\s*({'|'.join(FORCED)})\s*:\s*(.*)", re.I | re.S)
_RS = re.compile(r"rs[0-9]{1,12}", re.I)
_ECHO = 60


def understand(book: Book, text: str, here: Region | None = None) -> BoxAnswer:
    """Say what a text in the box means.

    Parameters
    ----------
    book : Book
        The open book.
    text : str
        As typed or pasted, of any length.
    here : Region, optional
        What is shown now: steps and bare positions count from it.

    Returns
    -------
    BoxAnswer
        `NotUnderstood`, with one line, for a text without a meaning; no error is raised for a text.
    """
    if len(text) > MAX_PASTED:
        line = f"{len(text):,} characters are more than the box takes; give at most {MAX_PASTED:,}"
        return NotUnderstood(text=_cut(text[:MAX_TEXT]), line=line)
    forced = _PREFIX.fullmatch(text) if len(text) <= MAX_TEXT else None
    if forced and book.addresses.volume(forced[1]) is None:
        return _Reading(book, forced[2], here).as_(forced[1].lower())
    return _Reading(book, text, here).answer()


def find_place(book: Book, text: str) -> Region:
    """Find the place that an address or any other text for the box names.

    Raises
    ------
    RegionError
        It names none; the message is that of `Addresses.parse`.
    AnnotationError
        It may be another name of a gene, but the file of these names cannot be read.
    """
    try:
        return book.addresses.parse(text)
    except RegionError:
        answer = understand(book, text)
        if isinstance(answer, PlaceAnswer):
            return answer.region
        names = names_of(book)
        if names.fault:
            raise AnnotationError(names.fault) from None
        if isinstance(answer, NotUnderstood) and names.band_elsewhere(text.strip()):
            raise RegionError(answer.line) from None
        raise


class _Reading:
    """A text that is being read, in a book and at a place."""

    def __init__(self, book: Book, text: str, here: Region | None) -> None:
        self._book, self._whole, self._here = book, text, here
        self._line = plain_line(text[: MAX_TEXT + 1])
        self._shown = _cut(self._line)

    def answer(self) -> BoxAnswer:
        """The first meaning that fits."""
        if not self._line:
            return NotUnderstood(text="", line=f"nothing is typed; the box takes {TAKES}")
        try:
            if "\n" in self._whole.strip() or self._line.startswith(">") or len(self._line) > MAX_TEXT:
                return self._dna()
            meanings = (
                self._step,
                self._named,
                self._place,
                self._letters,
                self._other_name,
                self._described,
            )
            return next((answer for meaning in meanings if (answer := meaning())), None) or self._unknown()
        except GenomebookError as error:
            return NotUnderstood(text=self._shown, line=str(error))

    def as_(self, kind: str) -> BoxAnswer:
        """The meaning that a prefix forces."""
        try:
            if kind == "gene":
                return self._named() or self._other_name() or self._unknown()
            if kind == "band":
                return self._band(self._line)
            if kind == "dna":
                return self._dna()
            if kind == "motif":
                return MotifAnswer(text=self._shown, motif=as_motif(self._whole))
            return self._word()
        except GenomebookError as error:
            return NotUnderstood(text=self._shown, line=str(error))

    def _step(self) -> BoxAnswer | None:
        step = step_of(self._line)
        if step is None:
            return None
        return PlaceAnswer(text=self._shown, region=stepped(self._book, self._here, step))

    def _named(self) -> PlaceAnswer | None:
        """A gene, a transcript, or a part of a gene."""
        if self._book.addresses.volume(self._line) is not None:
            return None
        return self._gene() or self._transcript() or part_of_gene(self._book, self._line)

    def _place(self) -> BoxAnswer | None:
        """A contig, an address, positions, a band or a variant."""
        addresses = self._book.addresses
        if is_band_name(self._line) and has_cytobands(self._book.assembly):
            return self._band(self._line)
        if _RS.fullmatch(self._line):
            return self._variant()
        full = full_address(self._book, self._line, self._here)
        texts = [text for text in (self._line, full) if text and addresses.names_a_contig(text)]
        for number, text in enumerate(texts, 1):
            try:
                return PlaceAnswer(text=self._shown, region=addresses.parse(text))
            except RegionError:
                if number == len(texts):
                    raise
        return None

    def _variant(self) -> PlaceAnswer:
        """The place of a variant by its rs number; of several, the first."""
        known = self._book.features.named(self._line.lower())
        if not known:
            raise RegionError(f"{self._shown}: no track of this book has a variant of that name")
        volume, variant = known[0]
        region = Region(volume, variant.start, max(variant.end, variant.start + 1))
        note = f"{self._shown} is at {len(known)} places; this is the first." if len(known) > 1 else ""
        return PlaceAnswer(
            text=self._shown, region=region, label=variant.name, kind="variant", note=note
        )  # fmt: skip

    def _gene(self) -> PlaceAnswer | None:
        gene = names_of(self._book).find(self._line)
        if gene is None:
            return None
        also = [f"motif:{self._line.upper()}"] if is_motif(self._line) else []
        also += [f"word:{self._line.lower()}"] if self._gloss(self._line) else []
        return replace(_of_gene(gene, self._shown), also=tuple(also))

    def _transcript(self) -> PlaceAnswer | None:
        transcripts = self._book.transcripts
        transcript = transcripts.by_id(self._line)
        bare = self._line.partition(".")[0].upper()
        for other in transcripts.beginning(bare) if transcript is None and len(bare) >= MIN_ID else ():
            if other.protein_id.partition(".")[0].upper() == bare:
                transcript = other
                break
        if transcript is None:
            return None
        region = Region(transcript.volume, transcript.start, transcript.end)
        return PlaceAnswer(
            text=self._shown, region=region, label=transcript.gene or self._shown, kind="gene",
            gene=transcript.gene, gene_id=transcript.gene_id, transcript=transcript.transcript_id,
            strand=transcript.strand,
        )  # fmt: skip

    def _band(self, name: str) -> PlaceAnswer:
        """The part of a band that the book has."""
        band = find_band(name)
        for contig in self._book.contigs:
            low, high = max(band.start, contig.origin), min(band.end, contig.origin + contig.length)
            if canonical(contig.contig) == band.contig and low < high:
                region = Region(contig.name, low - contig.origin, high - contig.origin)
                clipped = high - low < band.end - band.start
                note = f"This book has a part of {band.full_name}." if clipped else ""
                return PlaceAnswer(
                    text=self._shown, region=region, label=band.full_name, kind="band", note=note
                )
        raise RegionError(f"{band.full_name} is not in this book; it has {_contigs(self._book)}")

    def _gloss(self, text: str) -> str:
        """DNA word whose English word is this one; empty when there is none."""
        rows = find(self._book.lexicon, text, "English")
        if not len(rows) or self._book.lexicon.table["gloss"].iloc[rows[0]] != text.lower():
            return ""
        return str(self._book.lexicon.table["word"].iloc[rows[0]])

    def _letters(self) -> BoxAnswer | None:
        """An English word typed in lower case, DNA or a motif."""
        line = self._line
        is_dna = is_motif(line, longest=MAX_TEXT)
        if line.replace(" ", "").isalpha() and (line.islower() or not is_dna) and (word := self._gloss(line)):
            letters = (f"motif:{line.upper()}",) if is_motif(line) else ()
            return WordAnswer(text=self._shown, word=word, gloss=line.lower(), also=letters)
        if not is_dna:
            if set(line.upper()) == {"N"}:
                as_motif(line)  # says why not
            return None
        motif = as_motif(line, longest=MAX_TEXT)
        if sum(letter in "ACGT" for letter in motif) >= MIN_LETTERS or len(motif) > MAX_MOTIF:
            return replace(self._dna(), also=(f"motif:{motif}",) if len(motif) <= MAX_MOTIF else ())
        also: tuple[str, ...] = (
            (f"word:{motif}",) if set(motif) <= set("ACGT") and self._row(motif) is not None else ()
        )
        also += tuple(f"gene:{gene.symbol}" for gene in names_of(self._book).by_other_name(line))
        return MotifAnswer(text=self._shown, motif=motif, also=also)

    def _row(self, word: str) -> int | None:
        return row_of(self._book.lexicon, word)

    def _dna(self) -> DnaAnswer:
        read_queries(self._whole, "the text", max_records=MAX_RECORDS, max_letters=MAX_LETTERS)
        return DnaAnswer(text=self._shown, query=self._whole.strip())

    def _word(self) -> WordAnswer:
        """A word of the lexicon, in English or in DNA."""
        if word := self._gloss(self._line):
            return WordAnswer(text=self._shown, word=word, gloss=self._line.lower())
        row = self._row(self._line) if is_motif(self._line) else None
        if row is None:
            raise SearchError(f"'{self._shown}' is not a word of this book; look through its lexicon")
        word = str(self._book.lexicon.table["word"].iloc[row])
        gloss = self._book.lexicon.table["gloss"].iloc[row]
        return WordAnswer(text=self._shown, word=word, gloss=gloss if isinstance(gloss, str) else "")

    def _other_name(self) -> BoxAnswer | None:
        genes = names_of(self._book).by_other_name(self._line)
        if len(genes) > 1:
            near = tuple(gene.symbol for gene in genes)
            line = f"'{self._shown}' is another name of {' and '.join(near)}; type one of them"
            return NotUnderstood(text=self._shown, line=line, near=near)
        if not genes:
            return None
        note = f"{self._shown} is another name of {genes[0].symbol}."
        return replace(_of_gene(genes[0], self._shown), note=note)

    def _described(self) -> PlaceAnswer | None:
        names = names_of(self._book)
        rows = names.descriptions.rows(words_of(self._line))
        if len(rows) != 1:
            return None
        gene = names.gene(int(rows[0]))
        return replace(_of_gene(gene, self._shown), note=f"{gene.symbol} is {gene.description}.")

    def _unknown(self) -> NotUnderstood:
        names = names_of(self._book)
        name = re.split(r"[\s:]", self._line)[0]
        if names.fault:
            return NotUnderstood(text=self._shown, line=names.fault)
        if canonical(name) in LENGTHS:
            line = f"{canonical(name)} is not in this book; it has {_contigs(self._book)}"
            return NotUnderstood(text=self._shown, line=line)
        if elsewhere := names.band_elsewhere(self._line):
            symbol, band = elsewhere
            also = "" if symbol == self._line.upper() else f" ({symbol})"
            lies = f", which lies in {band}" if band else ""
            line = (
                f"this book does not have the gene {self._shown}{also}{lies}; it has {_contigs(self._book)}"
            )
            return NotUnderstood(text=self._shown, line=line)
        near = names.near(self._line) or names.near(name)
        if near:
            said = [name if name == symbol else f"{name} ({symbol})" for name, symbol in near]
            line = f"this book has no '{self._shown}'; did you mean {' or '.join(said)}?"
            return NotUnderstood(
                text=self._shown, line=line, near=tuple(dict.fromkeys(symbol for _, symbol in near))
            )
        return NotUnderstood(
            text=self._shown, line=f"'{self._shown}' is not understood; the box takes {TAKES}"
        )


def _of_gene(gene: NamedGene, text: str) -> PlaceAnswer:
    return PlaceAnswer(
        text=text, region=gene.region, label=gene.symbol, kind="gene", gene=gene.symbol,
        gene_id=gene.gene_id, strand=gene.strand,
    )  # fmt: skip


def _contigs(book: Book, shown: int = 3) -> str:
    names = list(dict.fromkeys(contig.contig for contig in book.contigs))
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")


def _cut(text: str) -> str:
    line = plain_line(text)
    return line if len(line) <= _ECHO else line[: _ECHO - 1] + "…"
