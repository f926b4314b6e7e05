"""Peaks of a scan for transcript starts as a table."""

from __future__ import annotations

from collections.abc import Sequence

from genomebook.export.plain import tsv_line
from genomebook.genome.regions import Addresses, Region
from genomebook.render.ask.scan import by_height, nearest, place_of_peak
from genomebook.tasks.scan import ScanPeak, TranscriptStart

COLUMNS = ("peak", "place", "strand", "probability", "nearest annotated start")


def peaks_tsv(
    addresses: Addresses, region: Region, found: Sequence[ScanPeak], starts: Sequence[TranscriptStart]
) -> str:
    """All peaks with a header, the highest first.

    Parameters
    ----------
    addresses : Addresses
        Writes the places, 1-based inclusive.
    region : Region
        The stretch that was scanned.
    found : sequence of ScanPeak
        Its peaks.
    starts : sequence of TranscriptStart
        Annotated starts.
    """
    lines = [tsv_line(COLUMNS)]
    for number, peak in enumerate(by_height(found), 1):
        place = addresses.format(place_of_peak(region, peak), commas=False)
        near = " ".join(nearest(peak, starts).split())
        lines.append(tsv_line((number, place, peak.strand, f"{peak.probability:.4f}", near)))
    return "".join(lines)
