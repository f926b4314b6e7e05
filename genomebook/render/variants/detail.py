"""Details of a variant: what it does to genes, words and sentences, as data and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec
from markupsafe import Markup

from genomebook.annotation.variants.alleles import VariantAllele, short
from genomebook.annotation.variants.consequences import ConsequenceCaller, TranscriptConsequence
from genomebook.annotation.variants.letters import LetterCache
from genomebook.annotation.variants.neighbours import JointVariant, joint_spans, joint_variants
from genomebook.annotation.variants.sentences import SentenceChange, SentenceReader
from genomebook.annotation.variants.wording import WordingChange, WordingReader
from genomebook.book.read import Book
from genomebook.book.transcript import Span
from genomebook.genome.links import OutLink, gene_links, place_links, variant_links
from genomebook.render.numbers import plural
from genomebook.render.templating import render

MAX_TRANSCRIPTS = 30
"""Transcripts that are listed."""

MAX_NEIGHBOURS = 6
"""Variants to be read with this one that are told."""

MAX_WORDS = 24
"""Words before and after that are spelled out."""


class VariantCall(msgspec.Struct):
    """Consequence for a transcript: ``terms`` for people, with a ``hint`` for the worst."""

    gene: str
    transcript: str
    terms: str
    hint: str
    hgvs_c: str
    hgvs_p: str
    codons: str


class AlleleDetail(msgspec.Struct):
    """What is said of one allele.

    ``title`` is ``chr21:25,891,784 C>T``; ``lead`` one sentence; ``reason`` why it is not assessed.
    ``old`` and ``new`` are words, ``before`` and ``after`` their surprisal in bits; ``sentences`` says which
    sentence ends move, ``together`` what variants to be read with it do.
    """

    title: str
    lead: str
    reason: str = ""
    calls: list[VariantCall] = []
    more_calls: int = 0
    old: list[str] = []
    new: list[str] = []
    more_words: int = 0
    before: float = 0.0
    after: float = 0.0
    sentences: str = ""
    together: list[str] = []


class VariantDetail(msgspec.Struct):
    """What is said of a variant: identifier, alleles, links (site, address, hint)."""

    identifier: str
    note: str
    alleles: list[AlleleDetail]
    links: list[tuple[str, str, str]]


class VariantDetails:
    """Makes the details of variants of a book; what it reads is kept.

    Parameters
    ----------
    book : Book
        Opened.
    """

    def __init__(self, book: Book) -> None:
        self.book = book
        self.letters = LetterCache(book)

    @cached_property
    def _caller(self) -> ConsequenceCaller:
        return ConsequenceCaller(self.book, self.letters)

    @cached_property
    def _wording(self) -> WordingReader:
        return WordingReader(self.book, self.letters)

    @cached_property
    def _sentences(self) -> SentenceReader:
        return SentenceReader(self._wording)

    def of(
        self, alleles: Sequence[VariantAllele], note: str = "", near: Sequence[VariantAllele] = ()
    ) -> VariantDetail:
        """Details of the alleles of one record.

        Parameters
        ----------
        alleles : sequence of VariantAllele
            At least one.
        note : str
            What the file says of it.
        near : sequence of VariantAllele
            Alleles of other records near it.

        Raises
        ------
        ReaderError
            The counts that the book was made with are missing or others.
        """
        first = alleles[0]
        called = [[] if allele.reason else self._caller.of(allele) for allele in alleles]
        shown = [self._allele(allele, calls) for allele, calls in zip(alleles, called, strict=True)]
        for allele, calls, detail in zip(alleles, called, shown, strict=True):
            if calls and calls[0].transcript is not None:
                found = joint_variants(allele, near, self._caller.spliced(calls[0].transcript))
                detail.together = [told_neighbour(each) for each in found][:MAX_NEIGHBOURS]
        return VariantDetail(first.identifier, note, shown, self._links(first, called))

    def near(self, allele: VariantAllele) -> list[Span]:
        """Where variants can lie that are to be read with an allele: local, 0-based half-open."""
        return joint_spans(self._caller.touched(allele), allele)

    def _links(
        self, first: VariantAllele, called: Sequence[Sequence[TranscriptConsequence]]
    ) -> list[tuple[str, str, str]]:
        assembly = self.book.assembly
        links: list[OutLink] = variant_links(assembly, first.identifier)
        links += place_links(
            assembly, first.contig, first.position - 1, first.position + len(first.file_ref) - 1
        )
        gene = next((call.transcript for calls in called for call in calls if call.transcript), None)
        named = [(link.site, link.url, link.hint) for link in links]
        if gene is not None:
            of_gene = gene_links(assembly, gene.gene, gene.gene_id)
            named += [(f"{link.site}, gene", link.url, link.hint) for link in of_gene]
        return named

    def _allele(self, allele: VariantAllele, calls: Sequence[TranscriptConsequence]) -> AlleleDetail:
        change = f"{short(allele.file_ref, 24)}>{short(allele.file_alt, 24)}" if allele.file_ref else ""
        title = f"{allele.contig}:{allele.position:,} {change}".strip()
        if allele.reason:
            return AlleleDetail(title, "", allele.reason)
        detail = AlleleDetail(title, lead(calls[0]))
        detail.calls = [_call(call) for call in calls[:MAX_TRANSCRIPTS] if call.transcript is not None]
        detail.more_calls = max(0, len(calls) - MAX_TRANSCRIPTS)
        words = self._wording.of(allele)
        if words is not None:
            _tell_words(detail, words)
        detail.sentences = told_sentences(self._sentences.of(allele), self.book.volumes[allele.volume].origin)
        return detail


def lead(call: TranscriptConsequence) -> str:
    """Say in a line what the worst consequence is: ``missense in APP: Val717Ile``."""
    of = call.transcript
    if of is None:
        return "intergenic: in no transcript of this book"
    residues = call.hgvs_p.removeprefix("p.(").removesuffix(")") if call.hgvs_p.startswith("p.(") else ""
    return f"{call.worst.label} in {of.gene or of.gene_id or of.transcript_id}" + (
        f": {residues}" if residues else ""
    )


def _call(call: TranscriptConsequence) -> VariantCall:
    of = call.transcript
    assert of is not None
    old, new = call.codons
    return VariantCall(
        of.gene or of.gene_id,
        of.transcript_id,
        ", ".join(term.label for term in call.terms),
        call.worst.hint,
        call.hgvs_c,
        call.hgvs_p,
        f"{short(old) or '–'} → {short(new) or '–'}" if old or new else "",
    )


def _tell_words(detail: AlleleDetail, words: WordingChange) -> None:
    detail.old, detail.new = list(words.old[:MAX_WORDS]), list(words.new[:MAX_WORDS])
    detail.more_words = max(len(words.old), len(words.new)) - max(len(detail.old), len(detail.new))
    detail.before, detail.after = words.before, words.after


def told_sentences(change: SentenceChange | None, origin: int) -> str:
    """Say in a line which sentence ends move; positions are those of the last letter, from 1."""
    if change is None:
        return "Whether sentence ends move is not known here."
    if not change.lost and not change.gained:
        return "No sentence end moves."
    parts = [
        f"{plural(len(ends), 'sentence end')} {verb} ({', '.join(f'{origin + end:,}' for end in ends[:6])}"
        f"{' ...' if len(ends) > 6 else ''})"
        for verb, ends in (("lost", change.lost), ("gained", change.gained))
        if ends
    ]
    return f"{', '.join(parts)}."


def told_neighbour(neighbour: JointVariant) -> str:
    """Say in a sentence what a variant does together with the one that is shown."""
    other, together = neighbour.allele.shown, neighbour.together
    if together is None:
        return f"{other} lies in the same codon or reading frame, on the other copy of the chromosome."
    told = together.hgvs_p or together.worst.label
    is_codon = len(together.codons[1]) == 3
    becomes = (
        f"the codon becomes {together.codons[1]}: {told}" if is_codon else f"the protein changes: {told}"
    )
    if neighbour.copy == "same":
        return f"With {other} on the same copy of the chromosome, {becomes}."
    where = "in the same codon" if is_codon else "in the same reading frame"
    return f"{other} lies {where}. If both are on one copy of the chromosome, {becomes}."


def detail_html(detail: VariantDetail) -> Markup:
    """Write the details as HTML."""
    return render("variant.j2", detail=detail)
