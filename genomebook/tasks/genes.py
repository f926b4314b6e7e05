"""What a book says of a sequence: its gene, found by place or by search; every sentence is a cited fact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import pandas as pd

from genomebook.annotation.genes import Genes
from genomebook.book.read import Book
from genomebook.errors import SearchError, SequenceError
from genomebook.genome.regions import Region
from genomebook.models.generate import Titler, load_titler
from genomebook.search.book_names import gene_table
from genomebook.search.hits import Hit
from genomebook.search.query import MIN_LETTERS, Query
from genomebook.search.searcher import Searcher
from genomebook.tasks.answer import CitedFact, TaskAnswer
from genomebook.tasks.inputs import AskedSequence
from genomebook.tasks.task import Task

GENE_TASKS = ("gene-description", "reading-comprehension")
"""Tasks that a book answers."""

MAX_EVALUE = 1e-3
"""Highest E-value of a hit that counts as like the sequence."""

ANNOTATION, SEARCH = "annotation of this book", "sequence search in this book"
_NEIGHBOURS = re.compile(r"\b(near|neighbou?r|next|around|beside|adjacent|flank)", re.I)
_KIND = re.compile(r"\b(biotype|kind|type|sort|class)\b", re.I)
_BIOTYPE = "has the biotype"
_TRUST = "Every sentence is a fact of the annotation or of the search; nothing is predicted."


@dataclass(frozen=True)
class _Spot:
    """Where the sequence lies: a region, and the hit that says so, if it was searched for."""

    region: Region
    hit: Hit | None


class GeneAnswers:
    """Answers a question about the genes of sequences or of a passage of a book.

    Parameters
    ----------
    task : Task
        One of `GENE_TASKS`.
    question : str
        As read.
    book : Book or None
        The open book; its genes and its index are opened once.

    Raises
    ------
    SequenceError
        No book is given, or it has no genes.
    """

    def __init__(self, task: Task, question: str, book: Book | None) -> None:
        if book is None:
            raise SequenceError(
                f"{task.title}: the answer comes from a book; open one, or name one with --book"
            )
        table = gene_table(book)
        if not len(table):
            raise SequenceError(f"{book.path}: has no genes; add them with genomebook annotate")
        self._task, self._question, self._book, self._genes = task, question, book, Genes(table)

    @cached_property
    def _searcher(self) -> Searcher:
        return Searcher.open(self._book)

    def answer(self, asked: AskedSequence, place: Region | None = None) -> TaskAnswer:
        """Answer for one sequence; where it cannot be searched for, the answer says why.

        Parameters
        ----------
        asked : AskedSequence
            Its letters are searched for unless `place` says where they are from.
        place : Region, optional
            Local, 0-based half-open.

        Raises
        ------
        BookError
            The book has no index for search.
        """
        draft = TaskAnswer(
            self._question, self._task.name, self._task.title, "", rule="annotation and search", trust=_TRUST,
            exact=False, name=asked.name, notes=asked.notes,
        )  # fmt: skip
        try:
            spot = _Spot(place, None) if place is not None else self._searched(asked)
        except SearchError as error:
            return replace(draft, text=f"Not answered: {error}.")
        if spot is None:
            return replace(
                draft,
                text=f"No passage of this book is like it (no hit with an E-value of {MAX_EVALUE:g} or "
                "less).",
                label="no gene of this book is like it",
            )
        return self._answer_at(spot, asked, draft)

    def _searched(self, asked: AskedSequence) -> _Spot | None:
        """The best significant hit of the sequence in the book."""
        if len(asked.letters) < MIN_LETTERS:
            raise SearchError(
                f"{asked.name}: {len(asked.letters)} letters are too few to find; give at least {MIN_LETTERS}"
            )
        query = Query(asked.name, asked.letters.encode())
        hits = self._searcher.search(query, limit=1, evalue=MAX_EVALUE)
        return _Spot(Region(hits[0].volume, hits[0].start, hits[0].end), hits[0]) if hits else None

    def _answer_at(self, spot: _Spot, asked: AskedSequence, draft: TaskAnswer) -> TaskAnswer:
        book, region = self._book, spot.region
        here = self._genes.overlapping(region.volume, region.start, region.end)
        facts = (*_facts_of_hit(book, spot), *_facts(book, self._genes, here, region))
        if not len(here):
            text = f"No gene of this book lies at {book.addresses.format(region)}."
            return replace(draft, text=text, label="no gene", facts=facts)
        gene = _main(here, region)
        text = _sentence(book, gene, spot)
        if self._task.name == "reading-comprehension":
            text = _asked_for(self._question, facts) or text
        details = made_up_sentences(asked.letters) if self._task.name == GENE_TASKS[0] else {}
        return replace(draft, text=text, label=_symbol(gene), facts=facts, details=details)


def made_up_sentences(letters: str) -> dict[str, str]:
    """What the shipped model says of a sequence, beside what it says without it: no facts.

    Parameters
    ----------
    letters : str
        DNA in upper case; the model reads the first words of it.
    """
    titler = _titler()
    said = titler.title(titler.scripts.dna(letters.encode()))
    return {
        "the model's own words (made up, not a fact)": said or "nothing",
        "its words without the sequence": _said_without_sequence(),
    }


@cache
def _said_without_sequence() -> str:
    return _titler().prompt_alone()


@cache
def _titler() -> Titler:
    return load_titler()


def _facts_of_hit(book: Book, spot: _Spot) -> Iterator[CitedFact]:
    if spot.hit is None:
        return
    hit, address = spot.hit, book.addresses.format(spot.region)
    covered = hit.query_end - hit.query_start
    yield CitedFact(
        f"{covered:,} of {hit.query_length:,} letters align to {address} ({hit.strand}) with "
        f"{100 * hit.identity:.1f} % identity, E-value {hit.evalue:.1g}.",
        SEARCH,
    )


def _facts(book: Book, genes: Genes, here: pd.DataFrame, region: Region) -> Iterator[CitedFact]:
    """Facts of the genes at a region, the main one first, and of those beside it."""
    if len(here):
        yield from (CitedFact(text, ANNOTATION) for text in _of_gene(book, _main(here, region), region))
        others = [_symbol(row) for _, row in here.iterrows()]
        others.remove(_symbol(_main(here, region)))
        if others:
            shown = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
            yield CitedFact(f"Other genes that overlap it: {shown}.", ANNOTATION)
    start = int(here["start"].min()) if len(here) else region.start
    end = int(here["end"].max()) if len(here) else region.end
    around = genes.near(region.volume, start, end).table
    before, after = around[around["end"] <= start], around[around["start"] >= end]
    for side, rows in (("before", before), ("after", after)):
        if len(rows):
            row = rows.iloc[0]
            away = start - int(row["end"]) if side == "before" else int(row["start"]) - end
            text = f"The nearest gene {side} it is {_named(row)}, {away:,} letters away."
            yield CitedFact(text, ANNOTATION)


def _of_gene(book: Book, gene: pd.Series, region: Region) -> Iterator[str]:
    symbol = _symbol(gene)
    if gene["description"]:
        yield f"{symbol}: {gene['description']}."
    if gene["biotype"]:
        yield f"{symbol} {_BIOTYPE} {_biotype(gene)}."
    place = Region(region.volume, int(gene["start"]), int(gene["end"]))
    yield f"{symbol} lies at {book.addresses.format(place)} on the {_strand(gene)} strand."
    if gene["gene_id"] and gene["gene_id"] != symbol:
        yield f"Its identifier is {gene['gene_id']}."
    transcripts = book.transcripts.of_gene(str(gene["gene_id"]) or symbol)
    if transcripts:
        shown = transcripts[0]
        inside = sum(max(0, min(e, region.end) - max(s, region.start)) for s, e in shown.exons)
        coding = sum(max(0, min(e, region.end) - max(s, region.start)) for s, e in shown.coding)
        size = region.end - region.start
        count = f"{len(transcripts):,} transcript{'s' if len(transcripts) != 1 else ''}"
        yield (
            f"{symbol} has {count}; of these {size:,} letters, {inside:,} lie in exons of "
            f"{shown.transcript_id} and {coding:,} code for protein."
        )


def _sentence(book: Book, gene: pd.Series, spot: _Spot) -> str:
    what = f", {gene['description']}" if gene["description"] else ""
    kind = f" (biotype: {_biotype(gene)})" if gene["biotype"] else ""
    verb = "It lies in" if spot.hit is None else "The most similar gene of this book is"
    return f"{verb} {_symbol(gene)}{what}{kind}, on the {_strand(gene)} strand of {_contig(book, spot)}."


def _asked_for(question: str, facts: tuple[CitedFact, ...]) -> str:
    """The facts that a question asks for in particular: the neighbours, the biotype."""
    if _NEIGHBOURS.search(question):
        wanted = [fact.text for fact in facts if fact.text.startswith("The nearest gene")]
    elif _KIND.search(question):
        wanted = [fact.text for fact in facts if f" {_BIOTYPE} " in fact.text]
    else:
        wanted = []
    return " ".join(wanted)


def _main(here: pd.DataFrame, region: Region) -> pd.Series:
    """The gene with the largest overlap; of equals a protein-coding one, then the shortest."""
    overlap = here["end"].clip(upper=region.end) - here["start"].clip(lower=region.start)
    is_other, size = here["biotype"] != "protein_coding", here["end"] - here["start"]
    order = np.lexsort((size.to_numpy(), is_other.to_numpy(), -overlap.to_numpy()))
    gene: pd.Series = here.iloc[int(order[0])]
    return gene


def _symbol(gene: pd.Series) -> str:
    return str(gene["name"] or gene["gene_id"] or "a gene without a name")


def _named(gene: pd.Series) -> str:
    return f"{_symbol(gene)} ({gene['description']})" if gene["description"] else _symbol(gene)


def _biotype(gene: pd.Series) -> str:
    return str(gene["biotype"]).replace("_", " ")


def _strand(gene: pd.Series) -> str:
    return {"+": "+", "-": "-"}.get(str(gene["strand"]), "unknown")


def _contig(book: Book, spot: _Spot) -> str:
    return next(c.contig for c in book.contigs if c.name == spot.region.volume)
