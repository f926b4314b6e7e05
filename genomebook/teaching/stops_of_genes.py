"""Stops of the tour about genes: where one begins, tRNA between genes, a codon and what breaks it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from genomebook.annotation.coding import Residue, protein
from genomebook.annotation.genes import Genes
from genomebook.book import Book, Volume
from genomebook.book.schema import GENES
from genomebook.book.transcript import Transcript
from genomebook.language.alphabet import BASES, reverse_complement
from genomebook.language.genetic_codes import STOP, THREE_LETTERS, GeneticCode, genetic_code
from genomebook.teaching.passages import ClassPassage, LetterPiece
from genomebook.teaching.stops import (
    TourStop,
    address,
    coding_genes,
    codons,
    gene_name,
    letters_before,
    made_stop,
    missing_stop,
)
from genomebook.teaching.texts import class_texts, stop_texts

CODONS = 12
"""Codons that a stop shows."""

CHANGED = 3
"""Number, from 0, of the first codon that may be changed."""

BEFORE = 30
"""Letters shown before the start codon."""

NEAR = 5
"""Letters at most between a gene for tRNA and the gene it stands beside."""

MIN_BETWEEN = 3
"""Genes for tRNA between two long genes, at least."""


class TourGene(NamedTuple):
    """A gene of the table of genes: name, place, strand, whether it is a gene for tRNA."""

    name: str
    start: int
    end: int
    strand: str
    is_trna: bool


def gene_start(book: Book) -> TourStop:
    """The first letters of a gene, without and with its codons."""
    row = next(iter(coding_genes(book, 3 * CODONS)), None)
    if row is None:
        return missing_stop("start", class_texts()["no_genes"])
    first, before = codons(book, row, CODONS), letters_before(book, row, BEFORE)
    title, place = f"The start of {gene_name(row)}", _place(book, row, first)
    plain = LetterPiece(before + "".join(codon.codon for codon in first))
    pieces = (LetterPiece(before, "soft"), *(_codon(codon) for codon in first))
    return made_stop(
        "start", (ClassPassage(title, (plain,), place),), (ClassPassage(title, pieces, place),),
        codon=first[0].codon, gene=gene_name(row), codons=f"{row.coding_length // 3:,}",
        side=stop_texts()["start"]["side"] if row.is_minus else "",
    )  # fmt: skip


def _codon(codon: Residue) -> LetterPiece:
    kind = "start" if codon.is_start else "stop" if codon.is_stop else "codon"
    return LetterPiece(codon.codon, kind, THREE_LETTERS[codon.amino])


def _place(book: Book, row: Transcript, shown: Sequence[Residue]) -> str:
    low, high = min(codon.spans[0][0] for codon in shown), max(codon.spans[-1][1] for codon in shown)
    return address(book, row.volume, low, high)


def trna_commas(book: Book) -> TourStop:
    """Two long genes with nothing but genes for tRNA between them."""
    if not book.has_genes:
        return missing_stop("trna", class_texts()["no_genes"])
    genes = Genes.open(book.folder.checked(GENES))
    for volume in book:
        rows = _genes(genes, volume)
        between = _between(rows)
        if between:
            pieces = tuple(_gene_piece(volume, gene) for gene in between)
            place = address(book, volume.name, between[0].start, between[-1].end)
            passage = ClassPassage(f"From {between[0].name} to {between[-1].name}", pieces, place)
            longs, touching = _beside(rows)
            return made_stop("trna", (passage,), (), longs=longs, touching=touching, near=NEAR)
    return missing_stop("trna")


def _genes(genes: Genes, volume: Volume) -> list[TourGene]:
    """Genes of a volume in order; none where few of them are for tRNA, as in the nucleus."""
    table = genes.overlapping(volume.name, 0, volume.length)
    is_trna = table["biotype"].str.contains("tRNA", regex=False).fillna(False)
    if 2 * is_trna.sum() < len(table):
        return []
    columns = (table[name] for name in ("name", "start", "end", "strand"))
    return [TourGene(*row) for row in zip(*columns, is_trna, strict=True)]


def _between(rows: list[TourGene]) -> list[TourGene]:
    """The first two long genes with some genes for tRNA, and nothing else, between them."""
    longs = [number for number, gene in enumerate(rows) if not gene.is_trna]
    pairs = [(first, last) for first, last in pairwise(longs) if last - first > MIN_BETWEEN]
    return rows[pairs[0][0] : pairs[0][1] + 1] if pairs else []


def _gene_piece(volume: Volume, gene: TourGene) -> LetterPiece:
    """A gene by its ends, as its strand is read."""
    letters = volume.sequence(gene.start, gene.end).upper()
    text = (reverse_complement(letters) if gene.strand == "-" else letters).decode("ascii")
    arrow = "←" if gene.strand == "-" else "→"
    under = f"{gene.name} {arrow} {gene.end - gene.start:,}"
    return LetterPiece(f"{text[:6]}…{text[-6:]}", "start" if gene.is_trna else "codon", under)


def _beside(rows: list[TourGene]) -> tuple[int, int]:
    """Number of long genes, and of those with a gene for tRNA right beside them."""
    longs = {gene for gene in rows if not gene.is_trna}
    near = {
        long
        for pair in pairwise(rows)
        for long, other in (pair, pair[::-1])
        if not long.is_trna and other.is_trna and pair[1].start - pair[0].end <= NEAR
    }
    return len(longs), len(near)


def broken_codon(book: Book) -> TourStop:
    """A codon that one other letter turns into a stop."""
    for row in coding_genes(book, 3 * CODONS):
        first, code = codons(book, row, CODONS), genetic_code(row.table)
        for at, codon in enumerate(first[CHANGED:], CHANGED):
            stops = _changes(codon.codon, code, STOP)
            if stops and not codon.is_stop:
                return _broken(book, row, at, stops)
    return missing_stop("broken", class_texts()["no_genes"])


def _changes(codon: str, code: GeneticCode, amino: str) -> list[str]:
    """Codons that differ from one by one letter and mean an amino acid, or stop."""
    others = (codon[:at] + base + codon[at + 1 :] for at in range(3) for base in BASES if base != codon[at])
    return [other for other in others if code.aminos.get(other.encode()) == amino]


def _broken(book: Book, row: Transcript, at: int, stops: list[str]) -> TourStop:
    """The stop at the codon number `at`, from 0."""
    first = codons(book, row, CODONS)
    codon, names = first[at], [THREE_LETTERS[each.amino] for each in first]
    whole = [LetterPiece(each.codon, "codon", name) for each, name in zip(first, names, strict=True)]
    marked = (*whole[:at], LetterPiece(codon.codon, "start", names[at]), *whole[at + 1 :])
    after = LetterPiece("".join(each.codon for each in first[at + 1 :]), "soft")
    broken = (*whole[:at], LetterPiece(stops[0], "stop", "stop"), after)
    title, place = f"Codons 1 to {CODONS} of {gene_name(row)}", _place(book, row, first)
    return made_stop(
        "broken", (ClassPassage(title, marked, place),), (ClassPassage(title, broken, place),),
        codon=codon.codon, stops=" or ".join(stops), amino=names[at], stop=stops[0],
        short=f"{at} amino acids", long=f"{len(protein(row, book[row.volume].sequence)):,}",
        ending=len(stops), same=len(_changes(codon.codon, genetic_code(row.table), codon.amino)),
    )  # fmt: skip
