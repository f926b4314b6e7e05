"""Hits in words: where they lie, what is there, which channels found them, what their E-values mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from genomebook.annotation.class_names import FAMILIES, is_broad
from genomebook.annotation.genes import Genes
from genomebook.annotation.grounded_titles import plain
from genomebook.book import Book, Volume
from genomebook.genome.regions import Region
from genomebook.render.numbers import plural
from genomebook.search.hits import Hit
from genomebook.search.request import GROUPS

BY_CHANCE = 0.01
"""Hits with a larger E-value may be due to chance and are set apart."""

BETWEEN_GENES = "between genes"
NO_FAMILY = "not mostly in repeats of a known family"
UNKNOWN_FAMILIES = "families of repeats are not known there"
MIN_SHARE = 0.01
"""Classes of annotation that hold a smaller share of a hit are not named."""

COLUMNS = 60
"""Columns of an alignment in one block."""


def evalue(value: float) -> str:
    """Write an E-value: ``3e-42``, ``0.004``, ``2.1``, ``below 1e-300``."""
    if value < 1e-300:
        return "below 1e-300"
    if value < 0.001:
        return f"{value:.0e}".replace("e-0", "e-")
    return f"{value:.1g}" if value < 1 else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def percent(share: float) -> str:
    """Write a share in per cent to a tenth, without the sign; only the whole is 100."""
    text = f"{100 * share:.1f}"
    return "99.9" if text == "100.0" and share < 1 else text.removesuffix(".0")


def found_by(hit: Hit) -> list[str]:
    """Channels that found a hit, with its rank and cosine: ``sequence 1``, ``embedding 3 (0.87)``."""
    parts = [f"sequence {hit.sequence_rank}"] if hit.sequence_rank else []
    if hit.embedding_rank:
        cosine = f" ({hit.cosine:.2f})" if hit.cosine is not None else ""
        parts.append(f"embedding {hit.embedding_rank}{cosine}")
    return parts


class HitFigures(NamedTuple):
    """Figures of a hit as people read them; `aligned` says which bases of the query are aligned."""

    evalue: str
    identity: str
    coverage: str
    bits: str
    aligned: str
    found_by: list[str]


def figures_of(hit: Hit) -> HitFigures:
    """Write the figures of a hit."""
    return HitFigures(
        evalue(hit.evalue),
        f"{percent(hit.identity)} %",
        f"{percent(hit.coverage)} %",
        f"{hit.bits:,.1f}",
        f"letters {hit.query_start + 1:,}-{hit.query_end:,} of the query's {hit.query_length:,}",
        found_by(hit),
    )


@dataclass(frozen=True)
class HitRow:
    """A hit and what a page says of it.

    Attributes
    ----------
    rank : int
        From 1.
    hit : Hit
        The hit.
    volume : Volume
        Where it lies.
    genes : str
        Names of the genes that overlap it, or `BETWEEN_GENES`; empty when the book has no genes.
    repeat : float or None
        Share of its letters that are lower-case (repeats, in a soft-masked genome); None when the book has
        no lower case.
    is_query : bool
        It is the very place that the query was taken from.
    inside : dict of str to float or None
        Narrow classes of annotation that it lies in, and how much of it (`inside_of`).
    lacks_families : bool
        Whether families of repeats are known in other volumes, but not in its own.
    """

    rank: int
    hit: Hit
    volume: Volume
    genes: str
    repeat: float | None
    is_query: bool
    inside: dict[str, float] | None = None
    lacks_families: bool = False

    @property
    def region(self) -> Region:
        """Where it lies."""
        return Region(self.hit.volume, self.hit.start, self.hit.end)

    @property
    def sentence(self) -> Region:
        """The sentence that holds most of it."""
        return Region(self.hit.volume, self.hit.sentence_start, self.hit.sentence_end)

    @property
    def figures(self) -> HitFigures:
        """Its figures, written."""
        return figures_of(self.hit)

    @property
    def may_be_chance(self) -> bool:
        """Whether its E-value is above `BY_CHANCE`."""
        return self.hit.evalue > BY_CHANCE

    @property
    def repeat_share(self) -> str:
        """`repeat` in per cent."""
        return f"{percent(self.repeat or 0.0)} %"

    @property
    def inside_lines(self) -> list[str]:
        """Classes of annotation it lies in with its share in each; says so where repeats are unknown."""
        if self.inside is None:
            return ["not known"]
        classes = [f"{name} {percent(share)} %" for name, share in self.inside.items()]
        return classes + ["repeats not known"] * self.lacks_families or ["nothing"]

    @property
    def place(self) -> str:
        """As people read it: ``chr21:25,880,551-25,880,900``."""
        first, last = self.volume.origin + self.hit.start + 1, self.volume.origin + self.hit.end
        return f"{self.volume.contig}:{first:,}-{last:,}"


def rows_of(book: Book, genes: Genes, hits: Sequence[Hit], asked: Region | None = None) -> list[HitRow]:
    """Gather what a page says of each hit.

    Parameters
    ----------
    book : Book
        Opened.
    genes : Genes
        Its genes; may be empty.
    hits : sequence of Hit
        The best first.
    asked : Region, optional
        Where the query was taken from.
    """
    is_masked = any(volume.counts["lower_case_letters"] for volume in book)
    rows = []
    for rank, hit in enumerate(hits, 1):
        volume = book[hit.volume]
        names = _genes_at(genes, hit) if book.has_genes else ""
        repeat = _masked(volume, hit) if is_masked else None
        is_own, inside = _is_at(hit, asked), inside_of(book, hit)
        rows.append(HitRow(rank, hit, volume, names, repeat, is_own, inside, _lacks_families(book, volume)))
    return rows


def _lacks_families(book: Book, volume: Volume) -> bool:
    if not book.annotation or FAMILIES.isdisjoint(book.annotation.names):
        return False
    return FAMILIES.isdisjoint(book.annotation.known(volume.name))


def _genes_at(genes: Genes, hit: Hit) -> str:
    """Names of the genes that overlap a hit."""
    table = genes.overlapping(hit.volume, hit.start, hit.end)
    names = map(plain, table["name"].where(table["name"] != "", table["gene_id"]))
    return ", ".join(dict.fromkeys(filter(None, names))) or BETWEEN_GENES


def inside_of(book: Book, hit: Hit) -> dict[str, float] | None:
    """Share of a hit's letters in each narrow class of annotation, the largest first.

    Classes with less than `MIN_SHARE` of them are left out. None where nothing is known: the book was not
    grounded, or no narrow class is known in the volume.
    """
    if not (annotation := book.annotation):
        return None
    if all(map(is_broad, annotation.known(hit.volume))):
        return None
    shares = annotation.shares(hit.volume, hit.start, hit.end)
    return {name: share for name, share in shares.items() if share >= MIN_SHARE and not is_broad(name)}


def _masked(volume: Volume, hit: Hit) -> float:
    """Share of a hit's letters that are lower-case."""
    letters = volume.sequence(hit.start, hit.end)
    return sum(letters.count(letter) for letter in b"acgtn") / len(letters)


def _is_at(hit: Hit, place: Region | None) -> bool:
    """Whether a hit is nine tenths and more of the place that the query was taken from."""
    if place is None or hit.volume != place.volume or hit.strand != "+":
        return False
    shared = min(hit.end, place.end) - max(hit.start, place.start)
    return 10 * shared >= 9 * max(hit.end - hit.start, place.end - place.start)


def group_of(row: HitRow, by: str) -> str:
    """Name of the group that a row belongs to; `by` is a key of `genomebook.search.request.GROUPS`."""
    if by == "volume":
        return row.volume.name
    if by == "gene":
        return row.genes
    if by == "family":
        return _family(row)
    if by == "repeat" and row.repeat is not None:
        return "mostly in repeats (soft-masked)" if row.repeat >= 0.5 else "mostly outside repeats"
    return ""


def _family(row: HitRow) -> str:
    """Family of repeats that at least half of a hit is in."""
    if row.inside is None or row.lacks_families:
        return UNKNOWN_FAMILIES
    return next((name for name, share in row.inside.items() if name in FAMILIES and share >= 0.5), NO_FAMILY)


def groups_offered(rows: Sequence[HitRow]) -> list[str]:
    """Keys of `GROUPS` that say something of these rows."""
    has = {
        "": True,
        "volume": True,
        "gene": any(row.genes for row in rows),
        "family": any(row.inside and FAMILIES & row.inside.keys() for row in rows),
        "repeat": any(row.repeat is not None for row in rows),
    }
    return [name for name in GROUPS if has[name]]


def grouped(rows: Sequence[HitRow], by: str) -> list[tuple[str, list[HitRow]]]:
    """Put rows into groups, the group with the best hit first; without groups one of the name ``""``."""
    found: dict[str, list[HitRow]] = {}
    for row in rows:
        found.setdefault(group_of(row, by), []).append(row)
    return list(found.items())


def how_whole(vectors: Mapping[str, Any]) -> str:
    """Say how vectors are compared, and what of the nearest is found, as ``index.json`` has it."""
    of = vectors["sentences"]
    if of is None:
        return ""
    if of["recall"] is None:
        return f"Embedding search compares the query with each of {of['rows']:,} sentences."
    measured = of["recall"]
    return (
        f"Embedding search probes a part of {of['rows']:,} sentences: it finds "
        f"{percent(measured['value'])} % ({percent(measured['low'])} to {percent(measured['high'])} %) of "
        "the ten nearest that comparing with each finds."
    )


def what_e_means(letters: int) -> str:
    """One sentence on E-values for whoever meets them first; `letters` of the book."""
    return (
        "E says how many alignments at least this good chance alone would give for a query of this length in "
        f"the {letters:,} letters of this book: a hit with E of 1e-10 is no accident, one with E near 1 is "
        "what random DNA finds too, as the shuffled query shows."
    )


def summary(rows: Sequence[HitRow], length: int, limit: float, most: int) -> str:
    """Say what was found in a few plain words.

    Parameters
    ----------
    rows : sequence of HitRow
        The hits.
    length : int
        Letters of the query.
    limit : float
        Largest E-value asked for.
    most : int
        Hits asked for.
    """
    asked = f"({plural(length, 'letter')}, both strands, E at most {limit:g})"
    others = [row for row in rows if not row.is_query]
    sure = [row.hit for row in others if row.hit.evalue <= BY_CHANCE]
    luck = [row.hit for row in others if row.hit.evalue > BY_CHANCE]
    own = len(others) < len(rows)
    if sure:
        are = "is" if len(sure) == 1 else "are"
        text = f"{plural(len(sure), 'passage')} {are} like the query {asked}"
        text += ", besides the place that it was taken from." if own else "."
        best = sure[0]
        text += (
            f" The best has {percent(best.identity)} % equal letters over {percent(best.coverage)} % of "
            f"the query, E {evalue(best.evalue)}."
        )
        text += f" {len(luck):,} more may be chance (E above {BY_CHANCE:g})." if luck else ""
    else:
        text = f"Nothing in this book is {'clearly ' if luck else ''}like the query"
        text += f", but for the place that it was taken from {asked}." if own else f" {asked}."
        if luck:
            lowest = evalue(min(hit.evalue for hit in luck))
            text += f" {plural(len(luck), 'hit')} may be chance: E is {lowest} at the lowest."
    if any(row.hit.evalue > limit for row in others):
        text += " Hits of embedding search alone are shown whatever their E."
    return text + (f" Only the best {most} were asked for." if len(rows) >= most else "")


class SequenceLine(NamedTuple):
    """One sequence of a block of an alignment.

    `label` and the coordinate `first` are padded to one width for the whole alignment. `runs` are the letters
    of the line with their kind: ``i`` for gaps and what faces them, ``b`` for mismatches, else empty.
    """

    label: str
    first: str
    runs: list[tuple[str, str]]
    last: str

    def __str__(self) -> str:
        return f"{self.label} {self.first} {''.join(letters for _, letters in self.runs)} {self.last}"


class AlignmentBlock(NamedTuple):
    """Three lines of an alignment; `bars` is indented so that it stands under the letters."""

    query: SequenceLine
    bars: str
    text: SequenceLine


def alignment_blocks(
    hit: Hit, volume: Volume, contig: str, columns: int | None = None, width: int = COLUMNS
) -> Iterator[AlignmentBlock]:
    """Cut an alignment into blocks of `width` columns, with the coordinates of both ends of each line.

    Coordinates are 1-based: on the query as given, and on the contig, where they run down when the text is
    its minus strand. A line of gaps alone repeats the coordinate before it.

    Parameters
    ----------
    hit : Hit
        The hit.
    volume : Volume
        Where it lies.
    contig : str
        Label of the text.
    columns : int, optional
        Columns to give; all by default.
    width : int
        Columns of a block.
    """
    step = 1 if hit.strand == "+" else -1
    nexts = [hit.query_start + 1, volume.origin + (hit.start + 1 if step > 0 else hit.end)]
    label = max(len("query"), len(contig))
    digits = max(len(f"{last:,}") for last in (hit.query_end, volume.origin + hit.end))
    whole = [row[:columns] for row in hit.rows]
    for at in range(0, len(whole[0]), width):
        query, bars, text = (row[at : at + width] for row in whole)
        lines = []
        for i, (name, letters, others, way) in enumerate(
            (("query", query, text, 1), (contig, text, query, step))
        ):
            count = len(letters) - letters.count("-")
            first, nexts[i] = (nexts[i] if count else nexts[i] - way), nexts[i] + way * count
            last = f"{nexts[i] - way:,}"
            lines.append(
                SequenceLine(f"{name:<{label}}", f"{first:>{digits},}", _runs(letters, others), last)
            )
        yield AlignmentBlock(lines[0], f"{'':{label + digits + 2}}{bars}", lines[1])


def _runs(letters: str, others: str) -> list[tuple[str, str]]:
    """Runs of letters of one kind (`SequenceLine`)."""
    kinds = ["i" if "-" in pair else "b" * (pair[0] != pair[1]) for pair in zip(letters, others, strict=True)]
    return [
        (kind, "".join(letter for _, letter in run))
        for kind, run in groupby(zip(kinds, letters, strict=True), key=lambda pair: pair[0])
    ]
