"""Grounded titles: the genes and tracks of a section, chapter or part, in a few words.

One gene that contains the unit: "Inside MT-CO1, plus strand". Genes in it: "MT-ND1 to MT-ND2, with MT-TI",
"MRPL39 to APP, 5 protein-coding genes, with 16 others". None: "Between OR4F5 and SAMD11", "Before OR4F5, the
first gene". Enriched tracks come first: "LINE-rich, between OR4F5 and SAMD11". Names come from untrusted
files: a title is one short line of plain text, still to be escaped in HTML.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.annotation.genes import Genes
from genomebook.errors import AnnotationError
from genomebook.genome.stretches import Stretches, merged

MAX_TITLE_LETTERS = 120
"""Characters in a title."""

MAX_NAME_LETTERS = 30
"""Characters of a gene name or track kind in it."""

INSIDE = 0.95
"""Share of a unit that a gene must cover for the unit to be inside it."""

GRAZE = 0.05
"""A gene that covers less of a unit, with under half of itself, is named only if no gene covers more."""

RICH, RICH_SHARE = 2.0, 0.1
"""A unit is rich in a kind that covers this many times its share of the volume, and this much of the unit."""

NO_GENE = "No gene known here"
GAP = "Gap, no letters known"

_STRAND = {"+": "plus strand", "-": "minus strand"}


def plain(text: str, max_letters: int = MAX_NAME_LETTERS) -> str:
    """Clean text for a title: one line, shortened, without control and direction characters."""
    if len(text) <= max_letters and text.isascii() and text.isprintable():
        return " ".join(text.split())
    kept = "".join(" " if letter.isspace() else letter for letter in text[: 8 * max_letters])
    kept = "".join(letter for letter in kept if not unicodedata.category(letter).startswith("C"))
    kept = " ".join(kept.split())
    return kept if len(kept) <= max_letters else kept[: max_letters - 1].rstrip() + "…"


class _Gene(NamedTuple):
    start: int
    end: int
    strand: str
    name: str
    rank: int  # 0 protein-coding, 1 other, 2 pseudogene or unconfirmed


def _rank(biotype: str) -> int:
    if biotype == "protein_coding" or (biotype.startswith(("IG_", "TR_")) and biotype.endswith("_gene")):
        return 0
    return 2 if "pseudogene" in biotype or biotype in ("TEC", "artifact") else 1


def _genes(genes: Genes, volume: str, length: int) -> list[_Gene]:
    """Genes of a volume in order; one clipped to a slice extends beyond it."""
    here = genes.on(volume)
    if here.start == here.stop:
        return []
    start, end, strand, name, gene_id, biotype, clipped = (
        genes.columns[column][here]
        for column in ("start", "end", "strand", "name", "gene_id", "biotype", "clipped")
    )
    start = np.where(clipped & (start == 0), -1, start)
    end = np.where(clipped & (end == length), length + 1, end)
    names = [
        plain(name) or plain(gene_id) or "a nameless gene"
        for name, gene_id in zip(name, gene_id, strict=True)
    ]
    rows = zip(start.tolist(), end.tolist(), strand, names, biotype, strict=True)
    return [_Gene(a, b, strand, name, _rank(biotype)) for a, b, strand, name, biotype in rows]


class GroundedTitles:
    """Titles of the units of a volume, from its genes and tracks.

    Parameters
    ----------
    genes : Genes
        Genes of the book.
    volume : str
        Its name.
    length : int
        Bases of the volume.
    tracks : DataFrame, optional
        ``volume``, ``start``, ``end`` (0-based half-open, local to the volume) and ``kind`` ("LINE").
    gaps : int64[g, 2], optional
        Runs of N, sorted; shares leave them out.

    Raises
    ------
    AnnotationError
        The tracks lack a column.
    """

    def __init__(
        self,
        genes: Genes,
        volume: str,
        length: int,
        tracks: pd.DataFrame | None = None,
        gaps: NDArray[np.int64] | None = None,
    ) -> None:
        self._genes = _genes(genes, volume, length)
        self._starts = np.array([gene.start for gene in self._genes], np.int64)
        ends = np.array([gene.end for gene in self._genes], np.int64)
        self._by_end = np.argsort(ends, kind="stable")
        self._ends = ends[self._by_end]
        self._gaps = Stretches.of(merged(np.empty((0, 2), np.int64) if gaps is None else gaps))
        self._kinds = _kinds(tracks, volume)
        whole = np.array([[0, length]])
        known = max(length - int(_covered(self._gaps, whole)[0]), 1)
        self._mean = {kind: int(_covered(cover, whole)[0]) / known for kind, cover in self._kinds.items()}

    def titles(self, spans: NDArray[np.int64]) -> list[str]:
        """Title units.

        Parameters
        ----------
        spans : int64[k, 2]
            Units, 0-based half-open in the volume, none empty.

        Returns
        -------
        list of str
            At most `MAX_TITLE_LETTERS` long. The kind of track that the unit is rich in comes first (of
            several, the one that covers most). `NO_GENE` without genes or tracks, `GAP` for a gap.
        """
        known = spans[:, 1] - spans[:, 0] - _covered(self._gaps, spans)
        parts = zip(self._by_genes(spans), self._rich(spans, known), known.tolist(), strict=True)
        titles = []
        for (word, rest), rich, letters in parts:
            if not letters:
                titles.append(GAP)
            elif rich:
                titles.append(plain(f"{rich}-rich, {word.lower()}{rest}", MAX_TITLE_LETTERS))
            else:
                titles.append(plain(word + rest, MAX_TITLE_LETTERS))
        return titles

    def _by_genes(self, spans: NDArray[np.int64]) -> list[tuple[str, str]]:
        """First words (which may become lower-case) and the rest of each title."""
        genes = self._genes
        if not genes:
            return [("No", NO_GENE[2:])] * len(spans)
        before = np.searchsorted(self._ends, spans[:, 0], "right").tolist()
        titles = [("", "")] * len(spans)
        here: list[_Gene] = []
        seen = reached = 0
        for number in np.argsort(spans[:, 1], kind="stable").tolist():
            start, end = spans[number].tolist()
            last = int(np.searchsorted(self._starts, end, "left"))
            if start < reached:  # units overlap: dropped genes may be needed again
                here, seen = [], 0
            here = [gene for gene in (*here, *genes[seen:last]) if gene.end > start]
            seen, reached = last, start
            if here:
                titles[number] = _among(here, start, end)
            else:
                left = genes[self._by_end[before[number] - 1]].name if before[number] else ""
                titles[number] = _beside(left, genes[last].name if last < len(genes) else "")
        return titles

    def _rich(self, spans: NDArray[np.int64], known: NDArray[np.int64]) -> list[str]:
        """Kind that each unit is richest in, "" for none."""
        best, kinds = np.zeros(len(spans)), [""] * len(spans)
        for kind, cover in self._kinds.items():
            share = _covered(cover, spans) / np.maximum(known, 1)
            rich = (share >= RICH_SHARE) & (share >= RICH * self._mean[kind]) & (share > best)
            best[rich] = share[rich]
            for number in np.flatnonzero(rich).tolist():
                kinds[number] = kind
        return kinds


def _covered(stretches: Stretches, spans: NDArray[np.int64]) -> NDArray[np.int64]:
    """Bases of each span (int64[k, 2]) that stretches cover: int64[k]."""
    return np.diff(stretches.rank(spans), axis=1)[:, 0]


def _kinds(tracks: pd.DataFrame | None, volume: str) -> dict[str, Stretches]:
    """Intervals of each kind on a volume, by the name shown for the kind."""
    if tracks is None:
        return {}
    if missing := [name for name in ("volume", "start", "end", "kind") if name not in tracks.columns]:
        raise AnnotationError(f"the tracks: no column {missing[0]}; give volume, start, end and kind")
    here = tracks[tracks["volume"] == volume]
    names = here["kind"].astype(str).map(plain)
    return {
        str(kind): Stretches.of(merged(rows[["start", "end"]].to_numpy(np.int64)))
        for kind, rows in here.groupby(names, sort=True)
        if kind
    }


def numbered(titles: Sequence[str]) -> list[str]:
    """Number neighbours that share a title: "Inside APP, minus strand (2 of 14)"; "" stays ""."""
    out: list[str] = []
    for title, same in groupby(titles):
        count = len(list(same))
        if count == 1 or not title:
            out += [title] * count
        else:
            places = [f" ({number} of {count})" for number in range(1, count + 1)]
            out += [plain(title, MAX_TITLE_LETTERS - len(place)) + place for place in places]
    return out


def _beside(left: str, right: str) -> tuple[str, str]:
    if left and right:
        return "Between", f" {left} and {right}"
    return ("After", f" {left}, the last gene") if left else ("Before", f" {right}, the first gene")


def _among(here: list[_Gene], start: int, end: int) -> tuple[str, str]:
    """Title of a unit with genes, sorted by start."""
    size = end - start
    here = [gene for gene in here if not _grazes(gene, start, end)] or here
    best = min(gene.rank for gene in here)
    holding = [g for g in here if g.rank == best and _shared(g, start, end) >= INSIDE * size]
    holding = [g for g in holding if not (start <= g.start and g.end <= end)]
    if holding:
        gene = min(holding, key=lambda g: g.end - g.start)
        others = [other for other in here if other is not gene]
        return "Inside", f" {gene.name}{_on([gene])}{_with(others, gene)}"
    main = [g for g in here if g.rank == best or 2 * _shared(g, start, end) > size]
    others = [g for g in here if g.rank != best and 2 * _shared(g, start, end) <= size]
    if len(main) == 1:
        word, rest = _partial(main[0], start, end)
        return word, f"{rest}{_on(main)}{_with(others, main[0])}"
    names = _distinct_names(main)
    if len(names) <= 3:
        joined = _list(names) if not others else f"{names[0]} to {names[-1]}"
        return "", f"{joined}{_on(main)}{_with(others, None)}"
    coding = "protein-coding " if all(gene.rank == 0 for gene in main) else ""
    more = f", with {len(others)} others" if len(others) > 1 else _with(others, None)
    return "", f"{names[0]} to {names[-1]}, {len(main)} {coding}genes{more}"


def _partial(gene: _Gene, start: int, end: int) -> tuple[str, str]:
    """Which part of a gene a unit contains."""
    begins, stops = start <= gene.start, gene.end <= end
    if begins and stops:
        return ("All of" if 2 * (gene.end - gene.start) >= end - start else "Around"), f" {gene.name}"
    if gene.strand not in _STRAND:
        return "Edge of", f" {gene.name}"
    return ("Start of" if begins == (gene.strand == "+") else "End of"), f" {gene.name}"


def _shared(gene: _Gene, start: int, end: int) -> int:
    return min(gene.end, end) - max(gene.start, start)


def _grazes(gene: _Gene, start: int, end: int) -> bool:
    shared = _shared(gene, start, end)
    return shared < GRAZE * (end - start) and 2 * shared < gene.end - gene.start


def _distinct_names(genes: list[_Gene]) -> list[str]:
    return list(dict.fromkeys(gene.name for gene in genes))


def _list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _on(genes: list[_Gene]) -> str:
    strands = {gene.strand for gene in genes}
    if strands == {"+", "-"}:
        return ", both strands"
    return f", {_STRAND[strands.pop()]}" if len(strands) == 1 and strands <= _STRAND.keys() else ""


def _with(others: list[_Gene], beside: _Gene | None) -> str:
    """The other genes, by name if they are few; those that overlap the main gene may be antisense."""
    named = dict.fromkeys(
        ("antisense " if beside and _antisense(other, beside) else "") + other.name for other in others
    )
    if not named:
        return ""
    return f", with {_list(list(named)) if len(named) <= 3 else f'{len(others)} others'}"


def _antisense(gene: _Gene, other: _Gene) -> bool:
    overlap = gene.start < other.end and other.start < gene.end
    return overlap and {gene.strand, other.strand} == {"+", "-"}
