"""Parse and format region addresses, as typed or in a link, in the syntax of UCSC, IGV and samtools."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from genomebook.errors import RegionError
from genomebook.genome.names import Names
from genomebook.genome.near import near_names

MAX_NAME = 1000
"""Maximum length of a volume name."""

MAX_TEXT = MAX_NAME + 200
"""Maximum length of an address."""

_ECHO = 60
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")
_NUMBER = r"(-?[0-9][0-9,]*)"
_SPAN = re.compile(rf"{_NUMBER}(?:\s*-\s*{_NUMBER})?")
_LENGTH = re.compile(rf"{_NUMBER}\s*\+\s*{_NUMBER}")
_BED = re.compile(rf"{_NUMBER}\s+{_NUMBER}")
_BREAK = re.compile(r"\s+|:")
_MAX_HEADS = 8


@dataclass(frozen=True)
class Region:
    """An interval of a volume: local, 0-based half-open."""

    volume: str
    start: int
    end: int


@dataclass(frozen=True)
class Contig:
    """Name, length and genome location of a volume.

    A whole contig has ``contig == name`` and ``origin == 0``. The slice ``chr21:24985581-26000306`` has
    contig ``chr21`` and origin 24985580, the 0-based genome position of its first base.
    """

    name: str
    length: int
    contig: str
    origin: int


class Addresses:
    """Parses and formats the addresses of a book.

    Parameters
    ----------
    contigs : sequence of Contig
        Volumes in book order.
    find_gene : callable, optional
        Returns the region of a gene name, or None.
    gene_names : callable, optional
        Returns all gene names, for suggestions in errors.
    assembly : str
        Assembly of the book, if known; with the lengths it determines the aliases of the volumes.
    """

    def __init__(
        self,
        contigs: Sequence[Contig],
        find_gene: Callable[[str], Region | None] | None = None,
        gene_names: Callable[[], Iterable[str]] | None = None,
        assembly: str = "",
    ) -> None:
        self._volumes = {contig.name: contig for contig in contigs}
        self._find_gene = find_gene
        self._gene_names = gene_names
        self._assembly = assembly

    @cached_property
    def _heads(self) -> dict[str, list[tuple[Contig, int]]]:
        """Name before the position to its volumes, each with the position of its first base."""
        heads = {name: [(contig, 0)] for name, contig in self._volumes.items()}
        for name, contig in self._volumes.items():
            heads.setdefault(plain_line(name), [(contig, 0)])
        slices: dict[str, list[tuple[Contig, int]]] = {}
        for contig in self._volumes.values():
            if plain_line(contig.contig) not in heads:
                slices.setdefault(plain_line(contig.contig), []).append((contig, contig.origin))
        return heads | slices

    @cached_property
    def _names(self) -> Names:
        """Aliases of the heads, resolved by the lengths of whole contigs."""
        whole = {name: c.length for name, c in self._volumes.items() if name == c.contig}
        return Names({name: whole.get(name) for name in self._heads}, self._assembly)

    def volume(self, name: str) -> str | None:
        """Volume by name or alias, ignoring case; None if there is none or several."""
        head = name if name in self._volumes else self._names.find(name)
        places = self._heads[head] if head is not None else []
        return places[0][0].name if len(places) == 1 else None

    def parse(self, text: str) -> Region:
        """Parse an address.

        Positions are 1-based inclusive unless noted; commas, spaces and any kind of dash are allowed.

        - ``chrM:3307-4262``; ``chrM:3307``, one position; ``chrM:3307+956``, start and length;
        - ``chrM 3306 4262``, BED: 0-based half-open;
        - ``chrM``, the whole volume; ``MT-ND1``, a gene, ignoring case.

        The volume may have any alias (``M``, ``NC_012920.1``) and may contain colons: the longest known name
        wins. After the name of a sliced contig, positions are genome coordinates in the first slice that
        contains them; after the full name of a slice they are local, as in samtools.

        Raises
        ------
        RegionError
            The text is empty, too long or malformed, the name is unknown, or the region is outside the
            volume.
        """
        if len(text) > MAX_TEXT:
            raise RegionError(f"the address {_echo(text)} is longer than {MAX_TEXT:,} characters; shorten it")
        line = plain_line(text)
        if not line:
            raise RegionError("the address is empty; write one like chrM:3307-4262, or a gene name")
        head = self._head(text.strip(), line)
        if head is None and (gene := self._find_gene(line) if self._find_gene else None):
            return gene
        head = head or self._head_in_any_case(line)
        if head is None:
            raise self._unknown(line)
        name, rest = head
        places = self._heads[name]
        if not rest:
            if len(places) > 1:
                raise RegionError(
                    f"this book has {len(places)} slices of {_cut(name)}; choose one of {_ranges(places)}"
                )
            return Region(places[0][0].name, 0, places[0][0].length)
        start, end = _positions(name, rest)
        for volume, first in places:
            if first <= start and end <= first + volume.length:
                return Region(volume.name, start - first, end - first)
        raise _outside(name, places, start, end)

    def format(self, region: Region, commas: bool = True) -> str:
        """Format a region, 1-based inclusive, such that `parse` returns it.

        Uses genome coordinates (``chr21:25,000,000-25,001,000``), without commas for links. If that is
        ambiguous because volumes overlap, uses the full volume name with local positions, or else BED
        (``chrM 0 100``).

        Raises
        ------
        RegionError
            The region is empty or not within a volume of this book.
        """
        volume = self._volumes.get(region.volume)
        if volume is None:
            raise self._unknown(region.volume)
        if not 0 <= region.start < region.end <= volume.length:
            raise RegionError(
                f"positions {region.start}-{region.end} (0-based) are not within {_cut(volume.name)}, "
                f"which has {volume.length:,} bases; choose a start below the end, inside it"
            )
        places = ((volume.contig, volume.origin), (volume.name, 0))
        for name, first in places:
            text = _format(name, region.start + first, region.end + first, commas)
            if self._means(text, region):
                return text
        return f"{volume.name} {region.start} {region.end}"

    def names_a_contig(self, text: str) -> bool:
        """Whether a text begins with the name of a contig, whatever follows."""
        line = plain_line(text[:MAX_TEXT])
        return (self._head(text[:MAX_TEXT].strip(), line) or self._head_in_any_case(line)) is not None

    def _means(self, text: str, region: Region) -> bool:
        try:
            return self.parse(text) == region
        except RegionError:
            return False

    def _head(self, *lines: str) -> tuple[str, str] | None:
        """Split into the longest known name and the rest; exact names before aliases."""
        for line in dict.fromkeys(lines):
            for name, rest in _splits(line):
                if name in self._heads:
                    return name, plain_line(rest)
        for name, rest in _splits(lines[-1])[-_MAX_HEADS:]:
            known = self._names.exact(name)
            if known is not None:
                return known, rest
        return None

    def _head_in_any_case(self, line: str) -> tuple[str, str] | None:
        for name, rest in _splits(line)[-_MAX_HEADS:]:
            known = self._names.find(name)
            if known is not None:
                return known, rest
        return None

    def _unknown(self, line: str) -> RegionError:
        def names() -> Iterator[str]:
            yield from self._heads
            if self._gene_names:
                yield from self._gene_names()

        head = _BREAK.split(line)[0]
        near = near_names(head, self._heads) if head != line else []
        near = near or near_names(line, names())
        if near:
            remedy = f"did you mean {' or '.join(map(_cut, near))}?"
        else:
            first = ", ".join(map(_cut, list(self._volumes)[:3]))
            more = ", ..." if len(self._volumes) > 3 else ""
            remedy = f"it has {first}{more}; choose one of its sequences or genes"
        return RegionError(f"this book has no sequence or gene {_echo(line)}; {remedy}")


def _splits(line: str) -> list[tuple[str, str]]:
    """Every split of a line into a name and the rest, longest name first."""
    breaks = [match.start() for match in _BREAK.finditer(line)]
    return [(line[:at].rstrip(), line[at:].strip()) for at in [len(line), *reversed(breaks)]]


def plain_line(text: str) -> str:
    """Normalise dashes and white space, and remove control and invisible characters."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    line = " ".join(text.translate(_DASHES).split())
    return "".join(letter for letter in line if unicodedata.category(letter)[0] != "C").strip()


def _cut(text: str) -> str:
    text = plain_line(text)
    return text if len(text) <= _ECHO else text[: _ECHO - 1] + "…"


def _echo(text: str) -> str:
    return f"'{_cut(text)}'"


def _format(name: str, start: int, end: int, commas: bool = True) -> str:
    return f"{name}:{start + 1:,}-{end:,}" if commas else f"{name}:{start + 1}-{end}"


def _positions(name: str, rest: str) -> tuple[int, int]:
    """Parse the positions after the name (``:3307-4262``, ``3306 4262``) to 0-based half-open."""
    body = rest.removeprefix(":").strip()
    shown = _cut(name)
    given = f"{shown}{':' if rest.startswith(':') else ' '}{_cut(body)}"
    if match := _SPAN.fullmatch(body):
        start = _whole_number(match[1]) - 1
        end = _whole_number(match[2]) if match[2] else start + 1
        remedy = f"swap them: {shown}:{end}-{start + 1}"
    elif match := _LENGTH.fullmatch(body):
        start = _whole_number(match[1]) - 1
        end = start + _whole_number(match[2])
        remedy = f"write {shown}:{start + 1}+100"
    elif (match := _BED.fullmatch(body)) and not rest.startswith(":"):
        start, end = _whole_number(match[1]), _whole_number(match[2])
        remedy = f"write {shown} {end} {max(start, end + 1)}"
    else:
        raise RegionError(
            f"{_echo(body)} after {shown} is not a position; write {shown}:1-100, {shown}:1 or {shown}:1+100"
        )
    if start < 0 or end < 0:
        raise RegionError(f"{given} is not a place: positions count from 1; write {shown}:1-100")
    if start >= end:
        raise RegionError(f"{given} does not end after its start; {remedy}")
    return start, end


def _whole_number(text: str) -> int:
    return int(text.replace(",", ""))


def _outside(name: str, places: list[tuple[Contig, int]], start: int, end: int) -> RegionError:
    given = _format(_cut(name), start, end)
    volume, first = places[0]
    if len(places) == 1 and first == 0:
        count = " counted from the first letter of this slice" if volume.name != volume.contig else ""
        return RegionError(
            f"{given} is outside {_cut(name)}: choose within its positions 1-{volume.length:,}{count}"
        )
    places = sorted(places, key=lambda place: max(place[1] - start, end - place[1] - place[0].length))
    return RegionError(f"{given} is not within one slice of this book; choose within {_ranges(places)}")


def _ranges(places: list[tuple[Contig, int]], most: int = 4) -> str:
    shown = [_format(_cut(volume.contig), first, first + volume.length) for volume, first in places[:most]]
    more = f" or {len(places) - most} more" if len(places) > most else ""
    return ", ".join(shown) + more
