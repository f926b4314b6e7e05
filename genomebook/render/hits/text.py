"""What a page says of hits: places, annotation, channels, figures, summaries, blocks of alignments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from genomebook.annotation.class_names import FAMILIES, is_broad
from genomebook.annotation.genes import Genes
from genomebook.annotation.grounded_titles import plain
from genomebook.book import Book, Volume
from genomebook.genome.regions import Region
from genomebook.render.numbers import plural
from genomebook.search.hits import Hit
from genomebook.search.request import GROUPS
from genomebook.search.schema import VectorsMeta

BY_CHANCE = 0.01
"""Hits with a larger E-value may be due to chance and are set apart."""

BETWEEN_GENES = "between genes"
NOT_KNOWN = "not known"
"""Said where nobody has annotated a volume, which is not the same as nothing or 0 %."""
NO_FAMILY = "mostly outside repeats of known families"
UNKNOWN_FAMILIES = "repeat families not known"
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
    """Name the channels that found a hit, with its rank and score: ``sequence 1``, ``embedding 3 (0.87)``."""
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
        f"bases {hit.query_start + 1:,}-{hit.query_end:,} of {hit.query_length:,} in the query",
        found_by(hit),
    )


@dataclass(frozen=True)
class HitRow:
    """A hit with what a page shows beside it.

    Attributes
    ----------
    rank : int
        From 1.
    hit : Hit
        The hit.
    volume : Volume
        Where it lies.
    genes : str
        Names of the genes that overlap it, or `BETWEEN_GENES`; `NOT_KNOWN` on a volume without genes; empty
        when the book has none.
    repeat : float or None
        Share of its bases that are lower-case (repeats, in a soft-masked genome); None when its volume is
        not soft-masked.
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
        """`repeat` in per cent, or `NOT_KNOWN`."""
        return NOT_KNOWN if self.repeat is None else f"{percent(self.repeat)} %"

    @property
    def inside_lines(self) -> list[str]:
        """Classes of annotation it lies in with its share in each; says so where repeats are unknown."""
        if self.inside is None:
            return [NOT_KNOWN]
        classes = [f"{name} {percent(share)} %" for name, share in self.inside.items()]
        return classes + ["repeats not known"] * self.lacks_families or ["nothing"]

    @property
    def place(self) -> str:
        """As people read it: ``chr21:25,880,551-25,880,900``."""
        first, last = self.volume.origin + self.hit.start + 1, self.volume.origin + self.hit.end
        return f"{self.volume.contig}:{first:,}-{last:,}"


def rows_of(book: Book, genes: Genes, hits: Sequence[Hit], origin: Region | None = None) -> list[HitRow]:
    """Gather what a page shows beside each hit.

    Parameters
    ----------
    book : Book
        Opened.
    genes : Genes
        Its genes; may be empty.
    hits : sequence of Hit
        The best first.
    origin : Region, optional
        Where the query was taken from.
    """
    rows = []
    for rank, hit in enumerate(hits, 1):
        volume = book[hit.volume]
        names = _genes_at(genes, hit) if book.has_genes else ""
        repeat = volume.lower_share(hit.start, hit.end)
        is_own, inside = _is_at(hit, origin), inside_of(book, hit)
        rows.append(HitRow(rank, hit, volume, names, repeat, is_own, inside, _lacks_families(book, volume)))
    return rows


def _lacks_families(book: Book, volume: Volume) -> bool:
    if not book.annotation or FAMILIES.isdisjoint(book.annotation.names):
        return False
    return FAMILIES.isdisjoint(book.annotation.known(volume.name))


def _genes_at(genes: Genes, hit: Hit) -> str:
    """Names of the genes that overlap a hit; `NOT_KNOWN` on a volume that has none at all."""
    here = genes.on(hit.volume)
    if here.start == here.stop:
        return NOT_KNOWN
    table = genes.overlapping(hit.volume, hit.start, hit.end)
    names = map(plain, table["name"].where(table["name"] != "", table["gene_id"]))
    return ", ".join(dict.fromkeys(filter(None, names))) or BETWEEN_GENES


def inside_of(book: Book, hit: Hit) -> dict[str, float] | None:
    """Share of a hit's bases in each narrow class of annotation, the largest first.

    Classes with a share below `MIN_SHARE` are left out. None where nothing is known: the book is not
    grounded, or no narrow class is known in the volume.
    """
    if not (annotation := book.annotation):
        return None
    if all(map(is_broad, annotation.known(hit.volume))):
        return None
    shares = annotation.shares(hit.volume, hit.start, hit.end)
    return {name: share for name, share in shares.items() if share >= MIN_SHARE and not is_broad(name)}


def _is_at(hit: Hit, place: Region | None) -> bool:
    """Whether a hit shares at least nine tenths with the place that the query was taken from."""
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
    if by == "repeat":
        if row.repeat is None:
            return "repeats not known"
        return "mostly in repeats (soft-masked)" if row.repeat >= 0.5 else "mostly outside repeats"
    return ""


def _family(row: HitRow) -> str:
    """Family of repeats that at least half of a hit is in."""
    if row.inside is None or row.lacks_families:
        return UNKNOWN_FAMILIES
    return next((name for name, share in row.inside.items() if name in FAMILIES and share >= 0.5), NO_FAMILY)


def groups_offered(rows: Sequence[HitRow]) -> list[str]:
    """Keys of `GROUPS` that tell these rows apart."""
    has = {
        "": True,
        "volume": True,
        "gene": any(row.genes for row in rows),
        "family": any(row.inside and FAMILIES & row.inside.keys() for row in rows),
        "repeat": any(row.repeat is not None for row in rows),
    }
    return [name for name in GROUPS if has[name]]


def grouped(rows: Sequence[HitRow], by: str) -> list[tuple[str, list[HitRow]]]:
    """Group rows, the group with the best hit first; without grouping, one group of the name ``""``."""
    groups: dict[str, list[HitRow]] = {}
    for row in rows:
        groups.setdefault(group_of(row, by), []).append(row)
    return list(groups.items())


def how_whole(vectors: VectorsMeta) -> str:
    """Say how vectors are compared and how many of the nearest are found, as ``index.json`` has it."""
    about = vectors.sentences
    if about is None:
        return ""
    recall = about.recall
    if recall is None:
        return f"Embedding search compares the query with each of {about.rows:,} sentences."
    return (
        f"Embedding search looks at a part of {about.rows:,} sentences: it finds "
        f"{percent(recall.value)} % ({percent(recall.low)} to {percent(recall.high)} %) of the ten "
        "nearest that a comparison with every sentence finds."
    )


def what_e_means(bases: int) -> str:
    """Explain E-values to whoever meets them first; `bases` is the size of the book."""
    return (
        "E is the number of alignments at least this good that chance alone would give for a query of this "
        f"length in the {bases:,} bases of this book. A hit with an E of 1e-10 is no accident; one with an E "
        "near 1 is what random DNA finds too, as the shuffled query shows."
    )


def summary(rows: Sequence[HitRow], length: int, limit: float, most: int) -> str:
    """Say in a few sentences what was found.

    Parameters
    ----------
    rows : sequence of HitRow
        The hits.
    length : int
        Bases of the query.
    limit : float
        Maximum E-value of the search.
    most : int
        Maximum number of hits.
    """
    search = f"({plural(length, 'base')}, both strands, E at most {limit:g})"
    others = [row.hit for row in rows if not row.is_query]
    sure = [hit for hit in others if hit.evalue <= BY_CHANCE]
    chance = [hit for hit in others if hit.evalue > BY_CHANCE]
    own = len(others) < len(rows)
    if sure:
        best = sure[0]
        are = "is" if len(sure) == 1 else "are"
        text = f"{plural(len(sure), 'passage')} {are} similar to the query {search}"
        text += ", besides the region it was taken from." if own else "."
        text += f" The best has {percent(best.identity)} % identity over {percent(best.coverage)} % of the "
        text += f"query, E {evalue(best.evalue)}."
        text += f" {len(chance):,} more may be due to chance (E above {BY_CHANCE:g})." if chance else ""
    else:
        text = f"Nothing in this book is {'clearly ' if chance else ''}similar to the query {search}"
        text += ", except the region it was taken from." if own else "."
        if chance:
            lowest = evalue(min(hit.evalue for hit in chance))
            text += f" {plural(len(chance), 'hit')} may be due to chance: the lowest E is {lowest}."
    if any(hit.evalue > limit for hit in others):
        text += " Hits of embedding search alone are shown whatever their E."
    return text + (f" Only the best {most} are shown." if len(rows) >= most else "")


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
    hit: Hit, volume: Volume, contig: str, columns: int | None = None
) -> Iterator[AlignmentBlock]:
    """Cut an alignment into blocks of `COLUMNS` columns, with the coordinates of both ends of each line.

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
    """
    step = 1 if hit.strand == "+" else -1
    nexts = [hit.query_start + 1, volume.origin + (hit.start + 1 if step > 0 else hit.end)]
    label = max(len("query"), len(contig))
    digits = max(len(f"{last:,}") for last in (hit.query_end, volume.origin + hit.end))
    whole = [row[:columns] for row in hit.rows]
    for at in range(0, len(whole[0]), COLUMNS):
        query, bars, text = (row[at : at + COLUMNS] for row in whole)
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
