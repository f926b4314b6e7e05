"""Titles of the contents: what is in a part, chapter or section, so that no two of a list are the same.

The titles in the book stay as they are; these are made when they are shown, from the genes and their exons
("APP, introns 2 and 3"), the repeats that fill a section ("mostly LINE/L1, 71 %") and its CpG islands.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.annotation.genes import Genes
from genomebook.annotation.grounded_titles import GAP, INSIDE, MAX_TITLE_LETTERS, GroundedTitles, plain
from genomebook.book import Book, Volume
from genomebook.book.features import Feature
from genomebook.book.places import Unit
from genomebook.book.tables import SortedTable
from genomebook.book.transcripts import Transcript, preference
from genomebook.genome.stretches import Positions, merged, overlap, overlapping

MOSTLY, MASKED = 0.5, 0.6
"""Share of a section that a family of repeats, or all lower case, covers where it is named."""

MAX_SIBLINGS = 5_000
"""Units of a list that are compared; longer lists keep the titles of the book."""

KEPT = 64
"""Lists that are kept."""

_NUMBERED = re.compile(r" \([0-9]+ of [0-9]+\)$")


class ContentsTitles:
    """Titles of the units of a book, for its contents and the heads of its pages.

    Parameters
    ----------
    book : Book
        The book.
    genes : Genes
        Its genes; may be empty.
    """

    def __init__(self, book: Book, genes: Genes) -> None:
        self._book, self._genes = book, genes
        self._kept: OrderedDict[tuple[str, str, int], list[str]] = OrderedDict()

    def titled(self, volume: Volume, units: Sequence[Unit]) -> list[Unit]:
        """The units with these titles.

        Parameters
        ----------
        volume : Volume
            Their volume.
        units : sequence of Unit
            Of any levels.
        """
        return [replace(unit, title=self._title(volume, unit)) for unit in units]

    def _title(self, volume: Volume, unit: Unit) -> str:
        first, end = siblings(volume, unit)
        if end - first > MAX_SIBLINGS:
            return unit.title
        key = volume.name, unit.level, first
        if key not in self._kept:
            table = _table(volume, unit.level).rows(first, end)
            self._kept[key] = self._titles(volume, unit.level, table)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key][unit.number - first]

    def _titles(self, volume: Volume, level: str, table: pd.DataFrame) -> list[str]:
        """Titles of all units of a list, none twice."""
        spans = table[["start", "end"]].to_numpy(np.int64)
        titles = [_NUMBERED.sub("", title) for title in table["title"]]
        if len(self._genes):
            grounded = GroundedTitles(
                self._near(volume, spans), volume.name, volume.length, gaps=_gaps(volume)
            )
            titles = [_NUMBERED.sub("", title) for title in grounded.titles(spans)]
        if level == "section":
            titles = self._of_sections(volume, spans, titles)
        if max(Counter(titles).values()) > 1 and len(self._genes):
            near = self._near(volume, spans).columns
            twice = {title for title, count in Counter(titles).items() if count > 1 and title != GAP}
            titles = [
                f"{title}{distance(near, *span)}" if title in twice else title
                for title, span in zip(titles, spans.tolist(), strict=True)
            ]
        return distinct(titles)

    def _near(self, volume: Volume, spans: Positions) -> Genes:
        """Genes in reach of a list: its own, and the nearest beside it."""
        return self._genes.near(volume.name, int(spans[0, 0]), int(spans[-1, 1]))

    def _of_sections(self, volume: Volume, spans: Positions, titles: list[str]) -> list[str]:
        low, high = int(spans[0, 0]), int(spans[-1, 1])
        transcripts = shown_transcripts(self._book, volume.name, low, high)
        kinds = {track.name: track.kind for track in self._book.features.tracks}
        wanted = [name for name, kind in kinds.items() if kind in ("repeat", "cpg")]
        features = self._book.features.overlapping(volume.name, low, high, wanted) if wanted else []
        repeats = [feature for feature in features if kinds[feature.track] == "repeat"]
        islands = [(feature.start, feature.end) for feature in features if kinds[feature.track] == "cpg"]
        families, lower = covers(repeats), volume.lower_case(low, high)
        made = []
        for (start, end), title in zip(spans.tolist(), titles, strict=True):
            if title == GAP:
                made.append(title)
                continue
            known = end - start - _covered(volume.gaps(start, end), start, end)
            parts = [
                of_exons(transcripts, start, end) or title,
                of_repeats(families, lower, start, end, known),
                of_islands(islands, start, end),
            ]
            made.append(plain("; ".join(filter(None, parts)), MAX_TITLE_LETTERS))
        return made


def _gaps(volume: Volume) -> NDArray[np.int64]:
    return volume.gaps().astype(np.int64)


def _table(volume: Volume, level: str) -> SortedTable:
    if level == "part":
        return volume.table("parts")
    return volume.table("chapters") if level == "chapter" else volume.table("sections")


def siblings(volume: Volume, unit: Unit) -> tuple[int, int]:
    """Numbers of the units that a contents lists with this one: first, and the end."""
    if unit.level == "part":
        return 0, volume.counts["parts"]
    parents = volume.parts if unit.level == "chapter" else volume.chapters
    parent = parents(unit.start, unit.start + 1)
    return int(parent[f"first_{unit.level}"].iloc[0]), int(parent[f"end_{unit.level}"].iloc[0])


def shown_transcripts(book: Book, volume: str, start: int, end: int) -> list[Transcript]:
    """The transcript to show first of each gene that shares a base with [start, end), by start."""
    best: dict[str, Transcript] = {}
    for transcript in book.transcripts.overlapping(volume, start, end):
        key = transcript.gene_id or transcript.gene or transcript.transcript_id
        if key not in best or preference(transcript) < preference(best[key]):
            best[key] = transcript
    return sorted(best.values(), key=lambda row: (row.start, row.end))


def of_exons(transcripts: Sequence[Transcript], start: int, end: int) -> str:
    """Which exons or intron of a gene fill [start, end); empty unless one gene covers it.

    "APP, exons 3 to 5", "APP, intron 2", "Start of APP, exon 1". Of several genes a coding one is meant.
    """
    size = end - start
    over = [row for row in transcripts if min(row.end, end) - max(row.start, start) >= INSIDE * size]
    coding = [row for row in over if row.coding] or over
    if len(coding) != 1:
        return ""
    gene = coding[0]
    name = plain(gene.gene or gene.gene_id or gene.transcript_id)
    exons = gene.exons_in_order
    here = [number for number, (a, b) in enumerate(exons, gene.first_exon) if a < end and b > start]
    if here:
        return f"{name}, {_numbers('exon', here)}"
    past = [
        number
        for number, (a, _) in enumerate(exons, gene.first_exon)
        if (a >= end if gene.is_minus else a < start)
    ]
    return f"{name}, intron {max(past)}" if past else ""


def _numbers(what: str, numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"{what} {numbers[0]}"
    between = "and" if len(numbers) == 2 else "to"
    return f"{what}s {numbers[0]} {between} {numbers[-1]}"


def covers(repeats: Sequence[Feature]) -> dict[str, NDArray[np.int64]]:
    """Places of each class of repeats (``SINE/Alu``), merged: int64[k, 2]."""
    by_group = sorted((plain(repeat.group or repeat.name), repeat.start, repeat.end) for repeat in repeats)
    return {
        group: merged(np.array([row[1:] for row in rows], np.int64))
        for group, rows in groupby(by_group, key=lambda row: row[0])
        if group
    }


def _covered(spans: Positions, start: int, end: int) -> int:
    here = overlapping(spans[:, 0], spans[:, 1], start, end)
    return int(overlap(spans[here, 0], spans[here, 1], start, end).sum())


def of_repeats(
    families: dict[str, NDArray[np.int64]], lower: Positions, start: int, end: int, known: int
) -> str:
    """The class of repeats that covers most of [start, end), or how much of it is masked; often empty."""
    shares = {family: _covered(spans, start, end) / max(known, 1) for family, spans in families.items()}
    best = max(shares, key=lambda family: shares[family], default="")
    if best and shares[best] >= MOSTLY:
        return f"mostly {best}, {100 * shares[best]:.0f} %"
    masked = _covered(lower, start, end) / max(known, 1)
    return f"{100 * masked:.0f} % repeats" if masked >= MASKED else ""


def of_islands(islands: Sequence[tuple[int, int]], start: int, end: int) -> str:
    """How many CpG islands lie in [start, end)."""
    count = sum(a < end and b > start for a, b in islands)
    return "" if not count else "CpG island" if count == 1 else f"{count} CpG islands"


def distance(genes: dict[str, NDArray[Any]], start: int, end: int) -> str:
    """How far [start, end) is from the nearest gene, or from the 5' end of the gene it lies in.

    ", 34.2 kb from APP", or nothing where a gene begins or ends, or where its 5' end is not in the volume.
    """
    starts, ends = genes["start"], genes["end"]
    inside = np.flatnonzero((starts <= start) & (ends >= end))
    if len(inside):
        row = inside[int(np.argmin((ends - starts)[inside]))]
        away = int(ends[row] - end if genes["strand"][row] == "-" else start - starts[row])
        return "" if genes["clipped"][row] else f", {_letters(away)} from its 5' end"
    gaps = np.where(ends <= start, start - ends, np.where(starts >= end, starts - end, -1))
    if not len(gaps) or gaps.min() < 0:
        return ""
    row = int(np.argmin(gaps))
    return f", {_letters(int(gaps[row]))} from {plain(genes['name'][row] or genes['gene_id'][row])}"


def _letters(count: int) -> str:
    if count < 1000:
        return f"{count} letters" if count != 1 else "1 letter"
    return f"{count / 1000:,.1f} kb" if count < 1_000_000 else f"{count / 1e6:,.1f} Mb"


def distinct(titles: Sequence[str]) -> list[str]:
    """Number the titles that stand more than once in a list: "Between A and B (2 of 14)"; "" stays ""."""
    counts, seen = Counter(titles), Counter[str]()
    out = []
    for title in titles:
        seen[title] += 1
        is_only = counts[title] == 1 or not title
        out.append(title if is_only else f"{title} ({seen[title]} of {counts[title]})")
    return out
