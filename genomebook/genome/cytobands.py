"""Cytobands of GRCh38: the stained bands of a chromosome, by name and by place."""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from pathlib import Path

from genomebook.errors import RegionError
from genomebook.genome.assemblies import assembly_of
from genomebook.genome.names import LENGTHS, canonical

FILE = Path(__file__).resolve().parents[1] / "data" / "GRCh38.cytobands.tsv"

_CHROMOSOME = r"(?:chr)?([0-9]{1,2}|X|Y)"
_BAND = r"([pq])([0-9]{1,2}(?:\.[0-9]{1,3})?)?"
_NAME = re.compile(rf"{_CHROMOSOME}{_BAND}(?:-(?:{_CHROMOSOME})?{_BAND})?", re.I)
_SHOWN = 3


@dataclass(frozen=True)
class Cytoband:
    """A band of a chromosome.

    Attributes
    ----------
    contig : str
        UCSC name of the chromosome (chr21).
    start, end : int
        Position in the chromosome, 0-based half-open.
    name : str
        Name in the chromosome (q21.3); p is the short arm, q the long one.
    stain : str
        Giemsa stain: gneg, gpos25 to gpos100 (the darker, the higher), acen (centromere), gvar or stalk.
    """

    contig: str
    start: int
    end: int
    name: str
    stain: str

    @property
    def full_name(self) -> str:
        """Name with its chromosome, as cytogeneticists write it (21q21.3)."""
        return self.contig.removeprefix("chr") + self.name


@functools.cache
def _bands() -> dict[str, tuple[Cytoband, ...]]:
    """Bands of each chromosome, ascending."""
    bands: dict[str, list[Cytoband]] = {}
    with FILE.open(encoding="ascii", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        for row in csv.DictReader(lines, delimiter="\t"):
            band = Cytoband(row["contig"], int(row["start"]), int(row["end"]), row["band"], row["stain"])
            bands.setdefault(band.contig, []).append(band)
    return {contig: tuple(of_contig) for contig, of_contig in bands.items()}


def has_cytobands(assembly: str) -> bool:
    """Whether the bands of an assembly (under any name) are known here: GRCh38 only."""
    return assembly_of(assembly) == "GRCh38"


def cytobands(contig: str, start: int = 0, end: int | None = None) -> tuple[Cytoband, ...]:
    """Bands of GRCh38 that share a letter with [start, end).

    Parameters
    ----------
    contig : str
        Name of the chromosome, under any alias.
    start, end : int
        Position in the chromosome, 0-based half-open; the whole of it unless given.

    Returns
    -------
    tuple of Cytoband
        Ascending; empty for a contig without bands (the mitochondrion, scaffolds).
    """
    bands = _bands().get(canonical(contig), ())
    return tuple(band for band in bands if band.end > start and (end is None or band.start < end))


def all_cytobands() -> tuple[Cytoband, ...]:
    """All bands of GRCh38 in karyotype order."""
    return tuple(band for contig in LENGTHS for band in _bands().get(contig, ()))


def is_band_name(text: str) -> bool:
    """Whether a text has the form of a band, an arm or a range of bands of a chromosome (21q21.3, Xp)."""
    return _NAME.fullmatch(text.strip()) is not None


def find_band(text: str) -> Cytoband:
    """Find a band, all bands that share a beginning, an arm, or a range of bands by name.

    Parameters
    ----------
    text : str
        ``21q21.3``, ``chr21q21.3``, ``21q21``, ``21q`` or ``21q21.3-q22.1``, in any case.

    Returns
    -------
    Cytoband
        Of several bands, their union: its name is that asked for, its stain empty.

    Raises
    ------
    RegionError
        There is no such chromosome or band; the message names those there are.
    """
    match = _NAME.fullmatch(text.strip())
    if match is None:
        raise RegionError("that is not the name of a band; write one like 21q21.3")
    contig = f"chr{match[1].upper()}"
    bands = _bands().get(contig, ())
    if not bands:
        raise RegionError(f"there is no chromosome {match[1]} with bands; write one like 21q21.3")
    if match[4] and match[4].upper() != match[1].upper():
        raise RegionError("a range of bands lies on one chromosome; write one like 21q21.3-q22.1")
    first = _named(bands, match[2].lower() + (match[3] or ""))
    last = _named(bands, match[5].lower() + (match[6] or "")) if match[5] else first
    chosen = sorted((*first, *last), key=lambda band: band.start)
    if len(chosen) == 1 or chosen[0] == chosen[-1]:
        return chosen[0]
    name = text.strip()[match.start(2) :]
    return Cytoband(contig, chosen[0].start, chosen[-1].end, name.lower(), "")


def _named(bands: tuple[Cytoband, ...], name: str) -> list[Cytoband]:
    """Bands that are called so, or lie within the arm or band that is."""
    whole = f"{name}." if len(name) == 3 else name  # q21 is not q2; q22.1 is q22.11 to q22.13
    within = [band for band in bands if band.name == name] or [
        band for band in bands if band.name.startswith(whole)
    ]
    if not within and "." not in name:  # q2: all of q21 to q29
        within = [band for band in bands if band.name.startswith(name)]
    if not within:
        contig = bands[0].contig
        arm = [band.name for band in bands if band.name[0] == name[0]]
        near = [band for band in arm if band.startswith(name[:3])] or [arm[0], arm[-1]]
        raise RegionError(f"{contig} has no band {name}; it has {', '.join(near[:_SHOWN])}")
    return within
