"""A scan for transcript starts, drawn to one scale: probabilities on both strands, peaks, genes, starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from genomebook.book import Volume
from genomebook.genome.regions import Addresses, Region
from genomebook.render.ask.answer import per_cent_of
from genomebook.render.evidence.svg import ticks
from genomebook.render.numbers import plural, shortened
from genomebook.render.overview.scene import OverviewGene
from genomebook.render.page.html import STRANDS, coordinates, link
from genomebook.render.templating import render
from genomebook.tasks.scan import NEAR, Scan, ScanPeak, ScanReach, TranscriptStart

COLUMNS = 1_000
"""Columns of the drawing; a column has the highest window that it covers."""

MAX_NUMBERED = 20
"""Peaks with a number in the drawing, and a row in the table: the highest."""

MAX_STARTS = 100
"""Annotated starts that are drawn."""

MAX_LANES = 3
"""Lanes of genes on a strand."""

MAX_NAME = 14


class ScanGene(NamedTuple):
    """A gene: name, strand, lane, left and width, and those of its exons, in shares of 100."""

    name: str
    strand: str
    lane: int
    left: float
    width: float
    exons: list[tuple[float, float]]


class ScanMark(NamedTuple):
    """A start or a peak: left in shares of 100, text, hover text, link (peaks)."""

    left: float
    text: str
    what: str
    to: str


class ScanStrand(NamedTuple):
    """What is drawn of a strand: outline of the probabilities (x, y in shares of 100), marks, genes."""

    strand: str
    name: str
    outline: list[tuple[float, float]]
    peaks: list[ScanMark]
    starts: list[ScanMark]
    genes: list[ScanGene]
    lanes: int


class ScanLayout(NamedTuple):
    """A scan laid out: strands from the top, ticks (left in shares of 100, text), threshold, what it is."""

    strands: list[ScanStrand]
    ticks: list[tuple[float, str]]
    threshold: float
    title: str
    caption: str


def columns_of(scanned: Scan, strand: int, length: int) -> NDArray[np.float32]:
    """Highest probability of the windows about each of `COLUMNS` parts of a stretch; 0 where there is none.

    Parameters
    ----------
    scanned : Scan
        The scan.
    strand : int
        0 for plus.
    length : int
        Letters of the stretch.
    """
    columns = min(COLUMNS, len(scanned.starts))
    heights = np.zeros(columns, np.float32)
    at = np.clip(scanned.positions(strand) * columns // length, 0, columns - 1)
    np.maximum.at(heights, at, np.nan_to_num(scanned.probabilities[strand]))
    return heights


def layout(
    addresses: Addresses,
    volume: Volume,
    region: Region,
    scanned: Scan,
    found: Sequence[ScanPeak],
    starts: Sequence[TranscriptStart],
    genes: Sequence[OverviewGene],
    threshold: float,
) -> ScanLayout:
    """Lay a scan out.

    Parameters
    ----------
    addresses : Addresses
        Writes the links.
    volume : Volume
        That of the stretch.
    region : Region
        The stretch.
    scanned : Scan
        Of the stretch.
    found : sequence of ScanPeak
        Its peaks.
    starts : sequence of TranscriptStart
        Annotated starts.
    genes : sequence of OverviewGene
        Genes that overlap it.
    threshold : float
        Lowest probability of a peak.
    """
    length = region.end - region.start
    numbers = {peak: number for number, peak in enumerate(by_height(found)[:MAX_NUMBERED], 1)}
    strands = []
    for strand, sign in enumerate("+-"):
        heights = columns_of(scanned, strand, length)
        outline = [(100 * (i + 0.5) / len(heights), 100 * float(value)) for i, value in enumerate(heights)]
        marks = [
            ScanMark(
                100 * peak.position / length, str(number), f"peak {number}: {per_cent_of(peak.probability)}",
                link(addresses, place_of_peak(region, peak), "read"),
            )
            for peak, number in numbers.items()
            if peak.strand == sign
        ]  # fmt: skip
        own = [
            ScanMark(100 * start.position / length, shortened(start.gene, MAX_NAME), _what(start), "")
            for start in starts
            if start.strand == sign
        ][:MAX_STARTS]
        placed, lanes = _genes(genes, region, sign)
        strands.append(ScanStrand(sign, STRANDS[sign][2], outline, marks, own, placed, lanes))
    low = volume.origin + region.start
    spots = [(100 * (tick - low) / length, f"{tick:,.0f}") for tick in ticks(low + 1, low + length, 6)]
    name = addresses.format(region)
    caption = (
        f"{name}: probability of a transcript start on the plus strand (upwards) and on the minus strand "
        f"(downwards), {plural(len(found), 'peak')}, {plural(len(starts), 'annotated start')}. Dashed lines: "
        f"{per_cent_of(threshold)}. Arrows: annotated transcript starts. Boxes: exons."
    )
    return ScanLayout(strands, spots, 100 * threshold, name, caption)


def by_height(found: Sequence[ScanPeak]) -> list[ScanPeak]:
    """Peaks, the highest first."""
    return sorted(found, key=lambda peak: (-peak.probability, peak.position))


def place_of_peak(region: Region, peak: ScanPeak) -> Region:
    """The letter of the volume that a peak is about."""
    return Region(region.volume, region.start + peak.position, region.start + peak.position + 1)


def _what(start: TranscriptStart) -> str:
    return f"annotated start of {', '.join(filter(None, (start.gene, start.transcript)))}"


def _genes(genes: Sequence[OverviewGene], region: Region, strand: str) -> tuple[list[ScanGene], int]:
    """Genes of a strand in lanes, clipped to the region; genes without a strand are drawn on plus."""
    length = region.end - region.start
    ends: list[int] = []
    placed = []

    def share(position: int) -> float:
        return 100 * (min(max(position, region.start), region.end) - region.start) / length

    for gene in genes:
        if (gene.strand == "-") != (strand == "-"):
            continue
        lane = next((i for i, end in enumerate(ends) if end <= gene.start), len(ends))
        if lane == MAX_LANES:
            continue
        ends[lane : lane + 1] = [gene.end]
        pairs = zip(gene.exons[::2], gene.exons[1::2], strict=True)
        exons = [
            (share(first), share(last) - share(first))
            for first, last in pairs
            if last > region.start and first < region.end
        ]
        left = share(gene.start)
        placed.append(ScanGene(gene.name, gene.strand, lane, left, share(gene.end) - left, exons))
    return placed, len(ends)


def scan_html(made: ScanLayout) -> Markup:
    """Draw a scan in HTML and CSS."""
    return render("ask_scan.j2", scan=made)


def scan_svg(made: ScanLayout) -> str:
    """Draw a scan as an SVG document for print."""
    return f"{render('ask_scan_svg.j2', scan=made)}\n"


def peaks_html(
    addresses: Addresses,
    volume: Volume,
    region: Region,
    found: Sequence[ScanPeak],
    starts: Sequence[TranscriptStart],
) -> Markup:
    """Table of the highest peaks: place, strand, probability, nearest annotated start.

    Parameters
    ----------
    addresses : Addresses
        Writes links.
    volume : Volume
        That of the stretch.
    region : Region
        The stretch that was scanned.
    found : sequence of ScanPeak
        Its peaks.
    starts : sequence of TranscriptStart
        Annotated starts.
    """
    rows = []
    for number, peak in enumerate(by_height(found)[:MAX_NUMBERED], 1):
        place = place_of_peak(region, peak)
        where = f"{volume.contig}:{coordinates(volume, place.start, place.end)}"
        cells = (where, peak.strand, per_cent_of(peak.probability), nearest(peak, starts))
        rows.append((str(number), link(addresses, place, "read"), cells))
    omitted = len(found) - len(rows)
    caption = f"Peaks, the highest first{f'; {omitted:,} more are in the file' if omitted else ''}"
    columns = ("peak", "place", "strand", "probability", "nearest annotated start on this strand")
    return render("figures.j2", caption=caption, columns=columns, rows=rows)


def nearest(peak: ScanPeak, starts: Sequence[TranscriptStart]) -> str:
    """The annotated start on the strand of a peak that is nearest to it, with its distance."""
    own = [start for start in starts if start.strand == peak.strand]
    if not own:
        return "none in this stretch"
    start = min(own, key=lambda each: abs(each.position - peak.position))
    away = abs(start.position - peak.position)
    where = f"{plural(away, 'base')} away" if away else "here"
    return f"{start.gene or start.transcript or 'a start'}, {where}"


def reach_text(reached: ScanReach, threshold: float) -> str:
    """Say what the peaks reach, beside chance and the shuffle.

    Parameters
    ----------
    reached : ScanReach
        From `genomebook.tasks.scan.reach`.
    threshold : float
        Lowest probability of a peak.
    """
    found = f"{plural(reached.peaks, 'peak')} at {per_cent_of(threshold)} or more"
    control = (
        f"{reached.per_kb:.2f} for each 1,000 bases of a strand; in the same stretch shuffled, where there "
        f"is nothing to find, {reached.false_per_kb:.2f}"
    )
    if not reached.starts:
        return f"{found}: {control}. No annotated transcript starts here, so hits cannot be counted."
    return (
        f"{found}: {control}. {reached.reached:,} of {plural(reached.starts, 'annotated transcript start')} "
        f"have a peak within {NEAR} bases on their strand; by chance {reached.by_chance:.1f} would."
    )
