"""The overview of a place as a figure: ideogram, ruler, genes and profiles."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from genomebook.annotation.genes import Genes
from genomebook.book import Book, Volume
from genomebook.book.profile import profile
from genomebook.export.figure import (
    HERE,
    INK,
    MARGIN,
    MINUS,
    PAPERS,
    PLUS,
    RULE,
    SOFT,
    Box,
    Drawing,
    Label,
    Sheet,
    Stroke,
    fitted,
    printable,
    text_width,
)
from genomebook.genome.regions import Region
from genomebook.render.evidence.svg import ticks
from genomebook.render.overview.scene import (
    GENE_LEVEL,
    TILE_BINS,
    OverviewBand,
    OverviewGene,
    OverviewTrack,
    bands,
    overview_genes,
    tracks_of,
)

BINS = 400
ROW, LANE, MAX_LANES = 34.0, 14.0, 8
SHADES = {"gpos25": 0.2, "gpos50": 0.4, "gpos75": 0.62, "gpos100": 0.85, "gvar": 0.35, "stalk": 0.3}


def overview_figure(book: Book, genes: Genes, region: Region, paper: str = "A4") -> Drawing:
    """Draw where a region lies, its genes and its profiles.

    Parameters
    ----------
    book : Book
        The book.
    genes : Genes
        Its genes; may be empty.
    region : Region
        Local, 0-based half-open, of any width.
    paper : str
        One of `genomebook.export.figure.PAPERS`; the figure is as wide as its text.

    Returns
    -------
    Drawing
        One sheet, as high as it needs.

    Raises
    ------
    BookError
        If the region is wide and the book has no zoom levels.
    """
    volume, (start, end) = book[region.volume], (region.start, region.end)
    width = PAPERS[paper][0] - 2 * MARGIN
    sheet = Sheet(width, 0)
    title = f"{book.addresses.format(region)} · {book.title}" + (
        f" · {book.assembly}" if book.assembly else ""
    )
    sheet.items.append(Label(0, 12, fitted(title, 10, width), 10))
    _ideogram(sheet, bands(book, volume), volume.length, (start, end), 24)
    _ruler(sheet, volume, (start, end), 50)
    y = 66.0
    has_lanes = end - start <= TILE_BINS * 4**GENE_LEVEL
    if has_lanes:
        y += _gene_lanes(sheet, overview_genes(book, genes, volume.name, (start, end), 0), (start, end), y)
    values = profile(book, volume.name, start, end, min(BINS, end - start))
    for track in tracks_of(book):
        if track.name in values and not (track.name == "genes" and has_lanes):
            _track(sheet, track, values[track.name], y)
            y += ROW
    sheet.height = y + 6
    return Drawing(printable(title), [sheet])


def _ideogram(sheet: Sheet, of: list[OverviewBand], length: int, span: tuple[int, int], y: float) -> None:
    scale = sheet.width / length
    for band in of:
        x, size = band.start * scale, max((band.end - band.start) * scale, 0.3)
        if band.stain == "acen":
            sheet.items.append(Box(x, y + 2.5, size, 5, HERE))
        else:
            sheet.items.append(Box(x, y, size, 10, INK, SHADES.get(band.stain, 0)))
        name_width = text_width(band.name, 5)
        if size > name_width + 2:
            sheet.items.append(Label(x + size / 2, y + 17, band.name, 5, colour=SOFT, anchor="middle"))
    sheet.items.append(Box(0, y, sheet.width, 10, stroke=SOFT))
    sheet.items.append(Box(span[0] * scale, y - 2, max((span[1] - span[0]) * scale, 1), 14, stroke=MINUS))


def _ruler(sheet: Sheet, volume: Volume, span: tuple[int, int], y: float) -> None:
    start, end = span
    scale = sheet.width / (end - start)
    first, last = start + volume.origin + 1, end + volume.origin
    sheet.items.append(Stroke(((0, y), (sheet.width, y)), SOFT, 0.5))
    for tick in ticks(first, last + 1, 5):
        at = math.ceil(tick)
        x = (at - first + 0.5) * scale
        text = f"{at:,}"
        half = text_width(text, 6.5) / 2
        if first <= at <= last and half <= x <= sheet.width - half:
            sheet.items.append(Stroke(((x, y), (x, y + 3)), SOFT, 0.5))
            sheet.items.append(Label(x, y + 10, text, 6.5, colour=SOFT, anchor="middle"))


def _gene_lanes(sheet: Sheet, genes: list[OverviewGene], span: tuple[int, int], y: float) -> float:
    """Draw genes in lanes; returns their height."""
    start, end = span
    scale = sheet.width / (end - start)
    ends: list[float] = []
    left_out = 0
    for gene in genes:
        left, right = max((gene.start - start) * scale, 0), min((gene.end - start) * scale, sheet.width)
        text = {"+": f"{gene.name} ▸", "-": f"◂ {gene.name}"}.get(gene.strand, gene.name)
        text = fitted(text, 6, sheet.width - left)
        lane = next((n for n, taken in enumerate(ends) if taken <= left), len(ends))
        if lane >= MAX_LANES:
            left_out += 1
            continue
        ends[lane : lane + 1] = [max(right, left + text_width(text, 6)) + 4]
        top, colour = y + lane * LANE, MINUS if gene.strand == "-" else PLUS
        sheet.items.append(Box(left, top + 1.6, max(right - left, 0.5), 0.8 if gene.exons else 3, colour))
        for flat, thick in ((gene.exons, 2.4), (gene.coding, 4.0)):
            for a, b in zip(flat[::2], flat[1::2], strict=True):
                if a < end and b > start:
                    x = max((a - start) * scale, 0)
                    size = max(min((b - start) * scale, sheet.width) - x, 0.4)
                    sheet.items.append(Box(x, top + 2 - thick / 2, size, thick, colour))
        sheet.items.append(Label(left, top + 11, text, 6))
    height = len(ends) * LANE
    if left_out:
        sheet.items.append(Label(0, y + height + 6, f"{left_out} more genes are not drawn", 6, colour=SOFT))
        height += 10
    return height + 6


def _track(sheet: Sheet, track: OverviewTrack, values: NDArray[np.float32], y: float) -> None:
    known = values[np.isfinite(values)]
    bottom = y + ROW - 6
    sheet.items.append(Stroke(((0, bottom), (sheet.width, bottom)), RULE, 0.5))
    sheet.items.append(Label(0, y + 6, printable(track.label), 6.5, colour=SOFT))
    if not len(known):
        sheet.items.append(Label(sheet.width, y + 6, "not known", 6.5, colour=SOFT, anchor="end"))
        return
    low, high = float(known.min()), float(known.max())
    if track.scale == "share":
        low, high = 0.0, 1.0
    elif track.scale == "zero":
        low, high = min(0.0, low), high if high > 0 else 1.0
    sheet.items.append(Label(sheet.width, y + 6, f"{low:.3g} to {high:.3g}", 6.5, colour=SOFT, anchor="end"))
    step, size = sheet.width / len(values), ROW - 16
    heights = (values - low) / ((high - low) or 1) * size
    points: list[tuple[float, float]] = []
    for number, height in enumerate([*heights.tolist(), math.nan]):
        if math.isnan(height):
            if track.draw == "line" and len(points) > 1:
                sheet.items.append(Stroke(tuple(points), PLUS, 0.8))
            points = []
        elif track.draw == "line":
            points.append(((number + 0.5) * step, bottom - height))
        elif height > 0:
            sheet.items.append(Box(number * step, bottom - height, step, height, PLUS, 0.6))
