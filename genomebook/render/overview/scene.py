"""What the overview draws: volumes, bands, marks and tiles, as typed data for the component and for figures.

A tile is `TILE_BINS` bins of 4^level letters. Tiles of level 0 hold letters; those from `PROFILE_LEVEL` on
hold profiles. The browser asks for those that it needs and keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.annotation.genes import Genes
from genomebook.book import Book, Volume
from genomebook.book.levels import TRACK
from genomebook.book.profile import profile
from genomebook.book.transcript import shown
from genomebook.errors import BookError
from genomebook.genome.cytobands import cytobands, has_cytobands
from genomebook.genome.regions import Region

VERSION = 1

TILE_BINS = 256
MAX_LEVEL = 16
GENOME_ROW = 15
"""Pixels of a sequence in the drawing of all of them, as in ``draw.js``."""

PROFILE_LEVEL, GENE_LEVEL, EXON_LEVEL = 2, 6, 5
"""Levels: from which there are profiles; up to which genes are sent, and their exons."""

MAX_VOLUMES = 40
"""Volumes drawn in the view of the whole genome: the longest."""

GENOME_BINS = 120
"""Bins of the longest volume there."""

MAX_GENES, MAX_MARKS, MAX_TILES, MAX_TRACKS, MAX_NAME = 300, 1000, 24, 12, 60
"""Genes of a tile, the longest; marks, tiles of a request, feature tracks, characters of a name."""

_KEY = re.compile(r"([0-9]{1,7})/([0-9]{1,2})/([0-9]{1,8})")


class OverviewTrack(msgspec.Struct, frozen=True):
    """A quantity: name, label and explanation for people, how it is scaled and drawn.

    ``scale`` is ``share`` (0 to 1), ``zero`` (0 to the largest in view) or ``free`` (smallest to largest).
    """

    name: str
    label: str
    help: str
    scale: str
    draw: str


TRACKS = (
    OverviewTrack("genes", "Genes", "Gene starts for each million bases", "zero", "area"),
    OverviewTrack("gc", "GC", "Share of G and C among the bases", "free", "line"),
    OverviewTrack("lower", "Repeats", "Share of lower-case bases: masked repeats", "share", "area"),
    OverviewTrack("sentences", "Sentence ends", "Sentence ends for each 1,000 bases", "zero", "area"),
    OverviewTrack("paragraphs", "Paragraph ends", "Paragraph ends for each 1,000 bases", "zero", "area"),
    OverviewTrack("surprisal", "Unexpected words", "Mean bits of a word after another", "free", "line"),
    OverviewTrack("gap", "Gaps", "Share of bases that are not known", "share", "area"),
)  # fmt: skip


class OverviewVolume(msgspec.Struct, array_like=True):
    """A volume: number in the book, name, contig, letters before it in the contig, letters of its own."""

    number: int
    name: str
    contig: str
    origin: int
    length: int


class OverviewBand(msgspec.Struct, array_like=True):
    """A cytoband, local to the volume."""

    start: int
    end: int
    name: str
    stain: str


class OverviewMark(msgspec.Struct, array_like=True):
    """A marked interval: number of its volume, start, end, text."""

    number: int
    start: int
    end: int
    label: str


class OverviewGene(msgspec.Struct, array_like=True):
    """A gene: start, end, strand, name; starts and ends of its exons and coding spans, in turn."""

    start: int
    end: int
    strand: str
    name: str
    exons: list[int] = []
    coding: list[int] = []


class Values(msgspec.Struct, array_like=True):
    """Values of a tile: 0 to 254 between `low` and `high`, 255 where unknown."""

    low: float
    high: float
    data: bytes


class Tile(msgspec.Struct):
    """A tile: profiles, genes, and at level 0 letters with the starts of words and the ends of sentences."""

    values: dict[str, Values] = {}
    genes: list[OverviewGene] | None = None
    letters: str = ""
    words: list[int] = []
    ends: list[int] = []


class OverviewScene(msgspec.Struct):
    """All that the component is given: version, volumes, bands, tracks, the place, marks, tiles asked for."""

    version: int
    book: str
    volumes: list[OverviewVolume]
    omitted: int
    longest: int
    bands: dict[str, list[OverviewBand]]
    heat: dict[str, Values]
    heat_label: str
    tracks: list[OverviewTrack]
    place: OverviewMark | None
    marks: list[OverviewMark]
    marks_omitted: int
    tiles: dict[str, Tile]
    note: str = ""


def genome_height(volumes: int) -> int:
    """Pixels that ``overview.js`` needs to draw so many sequences, one below the other."""
    return GENOME_ROW * volumes + 6


def scene(
    book: Book,
    genes: Genes,
    place: Region | None = None,
    marks: Sequence[tuple[Region, str]] = (),
    tiles: Iterable[str] = (),
) -> OverviewScene:
    """Collect what the overview draws at first, and the tiles asked for.

    Parameters
    ----------
    book : Book
        The book.
    genes : Genes
        Its genes; may be empty.
    place : Region, optional
        Marked as the page that is open; its volume is always drawn.
    marks : sequence of (Region, text)
        Hits or passages, the best first; `MAX_MARKS` are drawn.
    tiles : iterable of str
        Keys ``volume number/level/tile number``; unknown ones are left out.

    Returns
    -------
    OverviewScene
        A few kB beside the tiles.
    """
    shown = _shown(book, [*([place] if place else []), *(region for region, _ in marks)])
    number = {volume.name: volume.number for volume in shown}
    longest = max(volume.length for volume in shown)
    kept = [
        OverviewMark(number[region.volume], region.start, region.end, text[:MAX_NAME])
        for region, text in marks
        if region.volume in number
    ][:MAX_MARKS]
    here = None
    if place is not None:
        here = OverviewMark(number[place.volume], place.start, place.end, "")
    heat = _heat(book, shown, longest)
    note = "" if heat or book.levels else "This book has no zoom levels yet: genomebook overview BOOK"
    return OverviewScene(
        version=VERSION,
        book=book.digest,
        volumes=[
            OverviewVolume(v.number, v.name[:MAX_NAME], v.contig[:MAX_NAME], v.origin, v.length)
            for v in shown
        ],
        omitted=len(book) - len(shown),
        longest=longest,
        bands={str(v.number): of for v in shown if (of := bands(book, v))},
        heat=heat,
        heat_label=_heat_track(book).label,
        tracks=list(tracks_of(book)),
        place=here,
        marks=kept,
        marks_omitted=len(marks) - len(kept),
        tiles=dict(_tiles(book, genes, tiles)),
        note=note,
    )


def builtins(made: OverviewScene) -> dict[str, Any]:
    """A scene as JSON builtins; bytes in base64."""
    plain: dict[str, Any] = msgspec.to_builtins(made, str_keys=True)
    return plain


def _shown(book: Book, regions: Sequence[Region]) -> list[Volume]:
    """The longest volumes, and as many of those that regions lie on, in book order."""
    lengths = np.array(book.contents.lengths, np.int64)
    numbers = set(np.argsort(-lengths, kind="stable")[:MAX_VOLUMES].tolist())
    names = book.contents.names
    marked = dict.fromkeys(region.volume for region in regions)
    numbers |= {book[name].number for name in list(marked)[:MAX_VOLUMES]}
    return [book[names[number]] for number in sorted(numbers)]


def bands(book: Book, volume: Volume) -> list[OverviewBand]:
    """Cytobands of a volume, clipped to it; empty where the assembly is not known."""
    if not has_cytobands(book.assembly):
        return []
    end = volume.origin + volume.length
    return [
        OverviewBand(
            max(band.start - volume.origin, 0),
            min(band.end, end) - volume.origin,
            band.name,
            band.stain,
        )
        for band in cytobands(volume.contig, volume.origin, end)
    ]


def tracks_of(book: Book) -> Iterable[OverviewTrack]:
    """Tracks that are drawn: those of every book that it knows, then its feature tracks."""
    counts = book.meta.counts
    for track in TRACKS:
        known = {"lower": counts.lower_case_letters, "gap": counts.gap_letters, "genes": book.has_genes}
        if known.get(track.name, True):
            yield track
    drawn = [track for track in book.features.tracks if track.kind not in ("gene", "cytoband")]
    for feature in drawn[:MAX_TRACKS]:
        is_signal = feature.kind == "signal"
        what = f"Mean of {feature.source}" if is_signal else f"Share of bases in {feature.source}"
        yield OverviewTrack(
            TRACK + feature.name,
            feature.label[:MAX_NAME],
            what[: 2 * MAX_NAME],
            "free" if is_signal else "zero",
            "line" if is_signal else "area",
        )


def _heat_track(book: Book) -> OverviewTrack:
    return next(track for track in TRACKS if track.name == ("genes" if book.has_genes else "gc"))


def _heat(book: Book, shown: list[Volume], longest: int) -> dict[str, Values]:
    """Density for the view of the whole genome, where the book has zoom levels: bins to scale."""
    if book.levels is None:
        return {}
    name = _heat_track(book).name
    made = {}
    for volume in shown:
        bins = max(1, GENOME_BINS * volume.length // longest)
        made[str(volume.number)] = packed(profile(book, volume.name, 0, volume.length, bins)[name])
    return made


def packed(values: NDArray[np.float32]) -> Values:
    """Values in a byte each, between the smallest and the largest."""
    known = values[np.isfinite(values)]
    if not len(known):
        return Values(0, 0, b"\xff" * len(values))
    low, high = float(known.min()), float(known.max())
    scaled = np.round(254 * (np.nan_to_num(values, nan=low) - low) / ((high - low) or 1))
    return Values(low, high, np.where(np.isfinite(values), scaled, 255).astype(np.uint8).tobytes())


def _tiles(book: Book, genes: Genes, keys: Iterable[str]) -> Iterable[tuple[str, Tile]]:
    names = book.contents.names
    for key in list(dict.fromkeys(keys))[:MAX_TILES]:
        match = _KEY.fullmatch(key)
        if match is None:
            continue
        number, level, index = map(int, match.groups())
        if number >= len(names) or level > MAX_LEVEL:
            continue
        volume = book[names[number]]
        start = index * TILE_BINS * 4**level
        if start < volume.length:
            yield key, tile(book, genes, volume, level, start)


def tile(book: Book, genes: Genes, volume: Volume, level: int, start: int) -> Tile:
    """Make a tile.

    Parameters
    ----------
    book, genes, volume
        The book, its genes, the volume.
    level : int
        Bins have 4^level letters.
    start : int
        Local position where it begins. The last tile of a volume may be shorter, and so its last bin.
    """
    width = 4**level
    end = min(start + TILE_BINS * width, volume.length)
    near = overview_genes(book, genes, volume.name, (start, end), level) if level <= GENE_LEVEL else None
    if level < PROFILE_LEVEL:
        words = volume.words(start, end)
        sentences = volume.sentences(start, end)["end"].tolist()
        letters = volume.sequence(start, end).decode("ascii")
        return Tile({}, near, letters, words.starts.tolist(), sentences)
    whole = (end - start) // width
    spans = [(start, start + whole * width, whole), (start + whole * width, end, 1)]
    parts: list[dict[str, NDArray[np.float32]]] = []
    try:
        parts = [profile(book, volume.name, low, high, bins) for low, high, bins in spans if low < high]
    except BookError:  # a wide range of a book without zoom levels
        return Tile({}, near)
    drawn = [track.name for track in tracks_of(book)]
    values = {
        name: packed(np.concatenate([part[name] for part in parts])) for name in drawn if name in parts[0]
    }
    return Tile(values, near)


def overview_genes(
    book: Book, genes: Genes, volume: str, span: tuple[int, int], level: int
) -> list[OverviewGene]:
    """Genes of a span, with exons at fine levels; the longest `MAX_GENES`, by start."""
    chosen: list[OverviewGene] = []
    if len(book.transcripts):
        for row in shown(book.transcripts.overlapping(volume, *span)):
            exons = [at for exon in row.exons for at in exon] if level <= EXON_LEVEL else []
            coding = [at for part in row.coding for at in part] if level <= EXON_LEVEL else []
            name = (row.gene or row.gene_id or row.transcript_id)[:MAX_NAME]
            chosen.append(OverviewGene(row.start, row.end, row.strand, name, exons, coding))
    else:
        rows = genes.overlapping(volume, *span)
        columns = (rows[name] for name in ("start", "end", "strand", "name", "gene_id"))
        for start, end, strand, name, gene_id in zip(*columns, strict=True):
            chosen.append(OverviewGene(int(start), int(end), str(strand), str(name or gene_id)[:MAX_NAME]))
    chosen = sorted(chosen, key=lambda gene: gene.start - gene.end)[:MAX_GENES]
    return sorted(chosen, key=lambda gene: (gene.start, gene.end))
