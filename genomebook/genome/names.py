"""Names of the sequences of GRCh38.p14: UCSC, Ensembl, RefSeq and GenBank forms, and their order.

The 25 primary sequences stand in a table. Scaffolds, alternate loci and patches follow the rule of UCSC:
``chr1_KI270706v1_random`` carries the GenBank accession KI270706.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LENGTHS: dict[str, int] = {
    "chr1": 248956422,
    "chr2": 242193529,
    "chr3": 198295559,
    "chr4": 190214555,
    "chr5": 181538259,
    "chr6": 170805979,
    "chr7": 159345973,
    "chr8": 145138636,
    "chr9": 138394717,
    "chr10": 133797422,
    "chr11": 135086622,
    "chr12": 133275309,
    "chr13": 114364328,
    "chr14": 107043718,
    "chr15": 101991189,
    "chr16": 90338345,
    "chr17": 83257441,
    "chr18": 80373285,
    "chr19": 58617616,
    "chr20": 64444167,
    "chr21": 46709983,
    "chr22": 50818468,
    "chrX": 156040895,
    "chrY": 57227415,
    "chrM": 16569,
}
"""Lengths in bp of the primary sequences of GRCh38, in karyotype order."""

# Versions of NC_000001 ... NC_000024; the GenBank accessions CM000663 ... CM000686 are all version 2.
_REFSEQ_VERSIONS = (
    11,
    12,
    12,
    12,
    10,
    12,
    14,
    11,
    12,
    11,
    10,
    12,
    11,
    9,
    10,
    10,
    11,
    10,
    10,
    11,
    9,
    11,
    11,
    10,
)
_MITOCHONDRION = ("chrM", "MT", "M", "chrMT", "NC_012920.1", "J01415.2")

_SLICE = re.compile(r"(.+):([1-9][0-9]{0,17})-([1-9][0-9]{0,17})")
_SCAFFOLD = re.compile(
    r"chr(?:[0-9]{1,2}|X|Y|M|Un)_([A-Z]{1,6}[0-9]{5,10})v([0-9]{1,3})(?:_random|_alt|_fix)?"
)
_DIGITS = re.compile(r"([0-9]{1,18})")


def _primary_table() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {
        chrom: (chrom, chrom[3:], f"NC_{number:06d}.{version}", f"CM{662 + number:06d}.2")
        for number, (chrom, version) in enumerate(zip(LENGTHS, _REFSEQ_VERSIONS, strict=False), start=1)
    }
    table["chrM"] = _MITOCHONDRION
    return table


_PRIMARY = _primary_table()
_CANONICAL = {alias: chrom for chrom, names in _PRIMARY.items() for alias in names}
_RANK = {chrom: rank for rank, chrom in enumerate(LENGTHS)}


def aliases(name: str) -> tuple[str, ...]:
    """All names of the sequence called `name`, the UCSC form first.

    Primary sequences give every form in use (chr1, 1, NC_000001.11, CM000663.2; for the mitochondrion also
    chrMT, M, NC_012920.1 and J01415.2). A UCSC scaffold name gives itself and its GenBank accession. Any
    other name gives itself alone: the chromosome of a bare accession is not known (`resolve` finds it among
    the names of a book). Accessions of other assemblies (NC_000001.10) are other sequences.
    """
    chrom = _CANONICAL.get(name)
    if chrom is not None:
        return _PRIMARY[chrom]
    scaffold = _SCAFFOLD.fullmatch(name)
    if scaffold:
        return name, f"{scaffold[1]}.{scaffold[2]}"
    return (name,)


def canonical(name: str) -> str:
    """UCSC form of `name` where it is known (1, NC_000001.11 -> chr1), else `name` itself."""
    return aliases(name)[0]


def resolve(name: str, known: Iterable[str]) -> str | None:
    """Which of the `known` names is meant by `name`; None when none is, or when case alone leaves a choice.

    The exact name wins, then another name of the same sequence (in the order of `aliases`), then either of
    these in any case.
    """
    volumes = list(dict.fromkeys(known))
    if name in volumes:
        return name
    called: dict[str, str] = {}
    for volume in volumes:
        for alias in aliases(volume):
            called.setdefault(alias, volume)
    for volume in volumes:
        called[volume] = volume
    for alias in aliases(name):
        if alias in called:
            return called[alias]
    folded = name.casefold()
    by_name = {volume for volume in volumes if volume.casefold() == folded}
    found = by_name or {volume for alias, volume in called.items() if alias.casefold() == folded}
    return found.pop() if len(found) == 1 else None


def split_slice(name: str) -> tuple[str, int, int] | None:
    """Take a samtools-like name apart: ``chr21:11-20`` -> ("chr21", 10, 20), 0-based half-open.

    None when the name is not of that form (commas are not accepted) or its end lies before its start.
    Whether the record really is that slice depends on its length, which the caller knows.
    """
    found = _SLICE.fullmatch(name)
    if found is None:
        return None
    contig, start, end = found[1], int(found[2]) - 1, int(found[3])
    return (contig, start, end) if end > start else None


def karyotype_key(name: str) -> tuple[int, tuple[str | int, ...], int, str]:
    """Sort key: 1..22, X, Y, M under any of their names, then all others in natural order (2 before 10).

    Slices (``chr21:11-20``) come after the whole contig, by origin.
    """
    contig, origin, _ = split_slice(name) or (name, -1, 0)
    rank = _RANK.get(canonical(contig), len(_RANK))
    pieces = _DIGITS.split(contig if rank == len(_RANK) else "")
    natural = tuple(int(piece) if index % 2 else piece.casefold() for index, piece in enumerate(pieces))
    return rank, natural, origin, name
