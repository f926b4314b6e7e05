"""Sequence names (UCSC, Ensembl, RefSeq, GenBank) and karyotype order.

The 25 primary sequences of GRCh38.p14 are listed here; `genomebook.genome.assemblies` has the others.
Scaffolds, alternate loci and patches follow the UCSC rule: ``chr1_KI270706v1_random`` is GenBank accession
KI270706.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from genomebook.genome.assemblies import ASSEMBLIES, assembly_of, facts

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
_RANK = {chrom: number for number, chrom in enumerate(LENGTHS)}
_PLAIN = {*LENGTHS, *(chrom[3:] for chrom in LENGTHS), "MT", "chrMT"}
_LATER = (
    (3, re.compile(r"_(?:alt|fix|hap[0-9]+|decoy)$|^(?:CHR_)?HSCHR|_PATCH$|^hs37d5$|^N[TW]_[0-9]+\.[0-9]+$")),
    (2, re.compile(r"_random$|^chrUn_|^(?:KI|GL|JH|MU)[0-9]+\.[0-9]+$")),
)


def aliases(name: str) -> tuple[str, ...]:
    """All names of a sequence in GRCh38, the UCSC name first.

    Primary sequences have every form in use (chr1, 1, NC_000001.11, CM000663.2; the mitochondrion also
    chrMT, M, NC_012920.1 and J01415.2), UCSC scaffolds their GenBank accession; other names stand alone. For
    any other assembly use `contig_names`.
    """
    chrom = _CANONICAL.get(name)
    if chrom is not None:
        return _PRIMARY[chrom]
    scaffold = _SCAFFOLD.fullmatch(name)
    if scaffold:
        return name, f"{scaffold[1]}.{scaffold[2]}"
    return (name,)


def canonical(name: str) -> str:
    """UCSC form of `name` if known (1, NC_000001.11 -> chr1), else `name`."""
    return aliases(name)[0]


def contig_names(name: str, length: int | None = None, assembly: str = "") -> tuple[str, ...]:
    """All names that certainly denote the same sequence of a book.

    An accession is unambiguous. The meaning of chr1, 1, chrM or MT depends on the assembly: the one in which
    the sequence has this length, else the one named by the book. Without either, chr1 is only chr1 and 1.
    chrM of 16,571 bases is NC_001807.4, not MT.

    Parameters
    ----------
    name : str
        Name in the book.
    length : int, optional
        Length of the whole sequence, if known.
    assembly : str
        Assembly of the book, under any name; ``""`` if unknown.
    """
    own = assembly_of(assembly)
    tables = [facts(known) for known in sorted(ASSEMBLIES, key=lambda known: known != own)]
    named = [(table, table.called[name]) for table in tables if name in table.called]
    if name not in _PLAIN:
        return named[0][0].names[named[0][1]] if named else aliases(name)
    same = [table.names[ucsc] for table, ucsc in named if table.lengths[ucsc] == length]
    if same:
        return same[0]
    if own in ASSEMBLIES and name in facts(own).called:
        return facts(own).names[facts(own).called[name]]
    if length is None and not assembly:
        return aliases(name)
    return tuple(alias for alias in aliases(name) if alias in _PLAIN)


class Names:
    """Look up the sequences of a book by any of their names.

    Parameters
    ----------
    lengths : mapping of str to int or None
        Names in book order, each with its length if it is a whole sequence.
    assembly : str
        Assembly of the book, under any name.
    """

    def __init__(self, lengths: Mapping[str, int | None], assembly: str = "") -> None:
        self._lengths = lengths
        self._assembly = assembly

    @cached_property
    def _called(self) -> dict[str, str]:
        """Sequence by name; of two with the same name, the one with a UCSC name."""
        called: dict[str, str] = {}
        named = [(contig_names(*item, self._assembly), item[0]) for item in self._lengths.items()]
        for names, name in sorted(named, key=lambda item: item[0][0] != item[1]):
            for alias in names:
                called.setdefault(alias, name)
        return called | {name: name for name in self._lengths}

    @cached_property
    def _folded(self) -> dict[str, str | None]:
        """Sequence by case-folded name, own names first; None if ambiguous."""
        folded: dict[str, str | None] = {}
        for names in ({name: name for name in self._lengths}, self._called):
            here: dict[str, str | None] = {}
            for alias, name in names.items():
                key = alias.casefold()
                here[key] = name if here.get(key, name) == name else None
            folded = here | folded
        return folded

    def exact(self, name: str) -> str | None:
        """Sequence with this name or alias; None if there is none."""
        if name in self._lengths:
            return name
        others = aliases(name) if _SCAFFOLD.fullmatch(name) else (name,)
        return next((self._called[other] for other in others if other in self._called), None)

    def find(self, name: str) -> str | None:
        """As `exact`, then ignoring case; None also if ambiguous."""
        return self.exact(name) or self._folded.get(name.casefold())


def rank(name: str) -> int:
    """Preference among sequences: 0 primary, 1 unrecognised, 2 unplaced, 3 alternate, patch or decoy."""
    if canonical(name) in LENGTHS:
        return 0
    return next((number for number, pattern in _LATER if pattern.search(name)), 1)


def split_slice(name: str) -> tuple[str, int, int] | None:
    """Parse a samtools-style name: ``chr21:11-20`` -> ("chr21", 10, 20), 0-based half-open.

    None if the name has another form (commas included) or ends before its start. The caller has to check the
    length of the record.
    """
    match = _SLICE.fullmatch(name)
    if match is None:
        return None
    contig, start, end = match[1], int(match[2]) - 1, int(match[3])
    return (contig, start, end) if end > start else None


def karyotype_key(name: str) -> tuple[int, tuple[str | int, ...], int, str]:
    """Sort key: 1..22, X, Y, M under any name, then the others in natural order (2 before 10).

    Slices (``chr21:11-20``) follow the whole contig, by origin.
    """
    contig, origin, _ = split_slice(name) or (name, -1, 0)
    place = _RANK.get(canonical(contig), len(_RANK))
    pieces = _DIGITS.split(contig if place == len(_RANK) else "")
    natural = tuple(int(piece) if index % 2 else piece.casefold() for index, piece in enumerate(pieces))
    return place, natural, origin, name
