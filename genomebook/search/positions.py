"""Positions as people type them: ``25.89M``, ``25,891,700..25,892,000``, ``+500`` from where one is."""

from __future__ import annotations

import re
from decimal import Decimal

from genomebook.book.read import Book
from genomebook.errors import RegionError
from genomebook.genome.regions import Region

_POWERS = {"": 0, "K": 3, "M": 6, "G": 9}
_NUMBER = r"([0-9][0-9,]{0,30}(?:\.[0-9]{1,12})?)\s?([KMG]?)(?:BP?)?"
_SPAN = re.compile(rf"(?:(.*?[^\s:])\s*[:\s]\s*)??{_NUMBER}(?:\s*(-|\.{{2,3}}|\bTO\b)\s*{_NUMBER})?", re.I)
_STEP = re.compile(rf"([+-])\s*{_NUMBER}", re.I)


def letters_of(number: str, power: str) -> int:
    """Whole number of ``25.89`` and ``M``.

    Raises
    ------
    RegionError
        It is not a whole number of letters.
    """
    value = Decimal(number.replace(",", "")).scaleb(_POWERS[power.upper()])
    if value != int(value):
        raise RegionError(f"{number}{power} is not a whole number of letters; write fewer decimals")
    return int(value)


def step_of(line: str) -> int | None:
    """Letters of ``+500``, ``-500`` or ``+1.5k``; None of another text."""
    match = _STEP.fullmatch(line)
    if match is None:
        return None
    return int(f"{match[1]}1") * letters_of(match[2], match[3])


def stepped(book: Book, here: Region | None, step: int) -> Region:
    """Move a region by a number of letters.

    Raises
    ------
    RegionError
        There is no region to count from, or it would leave the volume.
    """
    if here is None:
        raise RegionError(f"{step:+,} counts from where one is; open a place first")
    volume = book[here.volume]
    low, high = -here.start, volume.length - here.end
    if not low <= step <= high:
        raise RegionError(
            f"{step:+,} from here is outside {volume.contig}; write a number from {low:,} to {high:+,}"
        )
    return Region(here.volume, here.start + step, here.end + step)


def full_address(book: Book, line: str, here: Region | None) -> str | None:
    """Write positions in the form that `Addresses.parse` takes: ``chr21:25890000-25892000``.

    Parameters
    ----------
    book : Book
        Its only contig, where it has one, is meant when none is named.
    line : str
        ``chr21:25.89M``, ``25,891,700``, ``25891700..25892000``, ``chr21 25.8M to 25.9M``.
    here : Region, optional
        Where one is: its contig is meant when none is named.

    Returns
    -------
    str or None
        None for a text of another form.

    Raises
    ------
    RegionError
        No contig is named and there are several, or a number is not whole.
    """
    match = _SPAN.fullmatch(line)
    if match is None:
        return None
    contig = match[1] or _contig(book, here, line)
    first = letters_of(match[2], match[3] or (match[6] or "" if "." in match[2] else ""))
    if match[5] is None:
        return f"{contig}:{first}"
    return f"{contig}:{first}-{letters_of(match[5], match[6])}"


def _contig(book: Book, here: Region | None, line: str) -> str:
    if here is not None:
        return book[here.volume].contig
    contigs = {contig.contig for contig in book.contigs}
    if len(contigs) > 1:
        raise RegionError(f"{line} is a position; of which chromosome? Write {min(contigs)}:{line}")
    return contigs.pop()
