"""Hits of a search as HTML: table, alignments and the shuffled control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup

from genomebook.genome.regions import Addresses
from genomebook.render.hits.text import BY_CHANCE, HitRow, alignment_blocks, figures_of, grouped
from genomebook.render.numbers import shortened
from genomebook.render.page.html import STRANDS, link
from genomebook.render.templating import render
from genomebook.search.hits import Hit
from genomebook.search.query import MIN_LETTERS, Query

MAX_COLUMNS = 1_200
"""Columns drawn of each of the first `FIRST` alignments; a quarter of it of each one after them."""

FIRST = 10
MAX_CONTIG = 16
MAX_NAME = 60


class Links(NamedTuple):
    """Addresses of a hit on the Read page, of its sentence there, and of a search for similar sequence."""

    read: str
    sentence: str
    similar: str


class RecordRow(NamedTuple):
    """A record of the query: name, length in bases, number of hits, best hit and the link to it."""

    name: str
    bases: int
    hits: int
    best: HitRow | None
    read: str


def paragraph(text: str, kind: str = "note") -> Markup:
    """One paragraph of text; `kind` is ``note``, ``found`` or ``what``."""
    return render("hits_paragraph.j2", text=text, kind=kind)


def table(addresses: Addresses, rows: Sequence[HitRow], group: str, kept: Mapping[str, str]) -> Markup:
    """Table of hits: place, strand, figures, channels, annotation, links.

    Parameters
    ----------
    addresses : Addresses
        Writes the links.
    rows : sequence of HitRow
        The hits; at least one.
    group : str
        Key of `genomebook.search.request.GROUPS`.
    kept : mapping of str to str
        Parameters that the links to other searches keep.
    """
    has = {
        "found by": any(row.hit.embedding_rank for row in rows),
        "genes": any(row.genes for row in rows),
        "annotation": any(row.inside is not None for row in rows),
        "in repeats": any(row.repeat is not None for row in rows),
    }
    shown = [name for name in has if has[name]]
    columns = [
        *(("hit", "num"), ("place", ""), ("E", "num"), ("identity", "num"), ("coverage", "num")),
        *(("strand", ""), ("columns", "num"), ("bits", "num")),
        *((name, "") for name in (*shown, "search")),
    ]
    groups = [
        (name, [(row, _links(addresses, row, kept)) for row in members])
        for name, members in grouped(rows, group)
    ]
    chance = f"{BY_CHANCE:g}" if any(row.may_be_chance for row in rows) else ""
    return render(
        "hits_table.j2", columns=columns, shown=shown, groups=groups, is_grouped=bool(group), chance=chance,
        strands=STRANDS,
    )  # fmt: skip


def _links(addresses: Addresses, row: HitRow, kept: Mapping[str, str]) -> Links:
    region = row.region
    if region.end - region.start < MIN_LETTERS:  # too short to search for: one position means its sentence
        region = replace(region, end=region.start + 1)
    similar = urlencode({"loc": addresses.format(region, commas=False), **kept})
    read, sentence = (link(addresses, at, "read") for at in (row.region, row.sentence))
    return Links(read, sentence, f"search?{similar}")


def alignments(rows: Sequence[HitRow]) -> Markup:
    """Alignments of the hits, in blocks of three lines; differences are marked without colour alone."""
    drawn = []
    for row in rows:
        columns, shown = row.hit.columns, MAX_COLUMNS if row.rank <= FIRST else MAX_COLUMNS // 4
        blocks = alignment_blocks(row.hit, row.volume, shortened(row.volume.contig, MAX_CONTIG), shown)
        drawn.append((row, blocks, shown if columns > shown else 0))
    return render("hits_alignments.j2", alignments=drawn, strands=STRANDS)


def records(
    addresses: Addresses, searched: Sequence[tuple[Query, Sequence[HitRow]]], chosen: int, waiting: int
) -> Markup:
    """List the records of a query, each with its best hit.

    Parameters
    ----------
    addresses : Addresses
        Writes the links.
    searched : sequence of (Query, sequence of HitRow)
        Those searched so far.
    chosen : int
        0-based number of the one whose hits are shown.
    waiting : int
        How many were not searched.
    """
    listed = []
    for query, rows in searched:
        best = rows[0] if rows else None
        to = link(addresses, best.region, "read") if best else ""
        listed.append(RecordRow(shortened(query.name, MAX_NAME), len(query), len(rows), best, to))
    return render("hits_records.j2", records=listed, chosen=chosen, waiting=waiting)


def beside(rows: Sequence[HitRow], control: Hit | None, limit: float) -> Markup:
    """Table of the best hits of a query and of its shuffle.

    Parameters
    ----------
    rows : sequence of HitRow
        Hits of the query.
    control : Hit or None
        Best hit of the shuffle.
    limit : float
        Maximum E-value of the search with the shuffle.
    """
    own = next((row.hit for row in rows if row.is_query), None)
    real = next((row.hit for row in rows if not row.is_query), None)
    best: list[tuple[str, Hit | None, str]] = [("the query, at its own place", own, "")] if own else []
    best += [
        ("the query, elsewhere" if own else "the query", real, "nothing"),
        ("the query, shuffled", control, f"nothing with E at most {limit:g}"),
    ]
    return render(
        "hits_control.j2",
        best=[(name, hit and figures_of(hit), nothing) for name, hit, nothing in best],
        has_channels=any(hit.embedding_rank for _, hit, _ in best if hit),
    )
