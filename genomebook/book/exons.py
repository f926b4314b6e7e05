"""Exons by number, and the exon before or after a position."""

from __future__ import annotations

from collections.abc import Callable

from genomebook.book.session_transcripts import TranscriptPlaces
from genomebook.book.transcript import Transcript, shown
from genomebook.errors import RegionError
from genomebook.genome.regions import Region

_REACH = 20_000
"""Letters around a position that are searched first; then eight times as many, and so on."""


def exon_numbers(transcript: Transcript) -> range:
    """Numbers of the exons that the volume has, 5' to 3'; not from 1 where the 5' end is clipped."""
    return range(transcript.first_exon, transcript.first_exon + len(transcript.exons))


def exon(transcript: Transcript, number: int) -> Region:
    """Place of an exon by its number, counted from 1, 5' to 3'.

    Raises
    ------
    RegionError
        The transcript has no such exon here.
    """
    numbers = exon_numbers(transcript)
    if number not in numbers:
        name = transcript.gene or transcript.name or transcript.transcript_id
        known = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else f"only {numbers[0]}"
        where = " in this book" if transcript.clipped else ""
        raise RegionError(
            f"{name} has no exon {number}{where}: {transcript.transcript_id or 'it'} has {known}; "
            "choose one of these"
        )
    start, end = transcript.exons_in_order[number - transcript.first_exon]
    return Region(transcript.volume, start, end)


def exon_after(transcripts: TranscriptPlaces, volume: str, position: int, length: int) -> Region | None:
    """The first exon that begins after a position, of the transcripts to show.

    Parameters
    ----------
    transcripts : TranscriptPlaces
        Of the book.
    volume : str
        Name of a volume.
    position : int
        Local, 0-based.
    length : int
        Of the volume.

    Returns
    -------
    Region or None
        None if there is none up to the end of the volume.
    """

    def nearest(rows: list[Transcript], reach: int) -> Region | None:
        starts = [
            (start, end) for row in rows for start, end in row.exons if position < start < position + reach
        ]
        return Region(volume, *min(starts)) if starts else None

    return _widening(
        lambda reach: transcripts.overlapping(volume, position, position + reach), nearest, length
    )


def exon_before(transcripts: TranscriptPlaces, volume: str, position: int, length: int) -> Region | None:
    """The last exon that ends at a position or before it, of the transcripts to show (as `exon_after`)."""

    def nearest(rows: list[Transcript], reach: int) -> Region | None:
        ends = [
            (end, start) for row in rows for start, end in row.exons if position - reach < end <= position
        ]
        return Region(volume, max(ends)[1], max(ends)[0]) if ends else None

    return _widening(
        lambda reach: transcripts.overlapping(volume, position - reach, position), nearest, length
    )


def _widening(
    around: Callable[[int], list[Transcript]],
    nearest: Callable[[list[Transcript], int], Region | None],
    length: int,
) -> Region | None:
    """Look ever further until there is an exon or the volume ends."""
    reach = _REACH
    while True:
        region = nearest(shown(around(reach)), reach)
        if region is not None or reach >= length:
            return region
        reach *= 8
