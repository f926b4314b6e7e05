"""Names of sequences: UCSC, Ensembl, RefSeq and GenBank forms, and their order.

The 25 primary sequences of GRCh38.p14 stand in a table; of other sequences and assemblies,
`genomebook.genome.assemblies` knows. Scaffolds, alternate loci and patches follow the rule of UCSC:
``chr1_KI270706v1_random`` carries the GenBank accession KI270706.1.
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
    """All names that the sequence called `name` has in GRCh38, the UCSC form first.

    Primary sequences give every form in use (chr1, 1, NC_000001.11, CM000663.2; for the mitochondrion also
    chrMT, M, NC_012920.1 and J01415.2). A UCSC scaffold name gives itself and its GenBank accession. Any
    other name gives itself alone. What the names of a sequence of any book are, `contig_names` says.
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


def contig_names(name: str, length: int | None = None, assembly: str = "") -> tuple[str, ...]:
    """All names of a sequence of a book: those that surely mean the same letters.

    An accession says itself which sequence it is. What chr1, 1, chrM or MT is depends on the assembly:
    the one of which the sequence has the length, else the one that the book says that it is. A sequence of
    another length in a book that names no assembly has no accession: it is chr1 and 1 alone. chrM of 16,571
    letters is not MT, and has no other name than NC_001807.4.

    Parameters
    ----------
    name : str
        As the book has it.
    length : int, optional
        Letters of the whole sequence, where they are known.
    assembly : str
        Of the book, as a person wrote it; ``""`` where nobody said.
    """
    own = assembly_of(assembly)
    tables = [facts(one) for one in sorted(ASSEMBLIES, key=lambda one: one != own)]
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
    return tuple(one for one in aliases(name) if one in _PLAIN)


class Names:
    """Which sequence of a book is meant by a name.

    Parameters
    ----------
    lengths : mapping of str to int or None
        The names of the sequences of a book in its order, each with its letters where it is a whole one.
    assembly : str
        Of the book, as a person wrote it.
    """

    def __init__(self, lengths: Mapping[str, int | None], assembly: str = "") -> None:
        self._lengths = lengths
        self._assembly = assembly

    @cached_property
    def _called(self) -> dict[str, str]:
        """The sequence of each name; of two with one name, the one that goes by the form of UCSC."""
        called: dict[str, str] = {}
        named = [(contig_names(*item, self._assembly), item[0]) for item in self._lengths.items()]
        for names, name in sorted(named, key=lambda item: item[0][0] != item[1]):
            for alias in names:
                called.setdefault(alias, name)
        return called | {name: name for name in self._lengths}

    @cached_property
    def _folded(self) -> dict[str, str | None]:
        """The sequence of each name in lower case, own names first; None for several."""
        folded: dict[str, str | None] = {}
        for names in ({name: name for name in self._lengths}, self._called):
            here: dict[str, str | None] = {}
            for alias, name in names.items():
                key = alias.casefold()
                here[key] = name if here.get(key, name) == name else None
            folded = here | folded
        return folded

    def exact(self, name: str) -> str | None:
        """Which sequence has this name, or another name of the same sequence; None for none."""
        if name in self._lengths:
            return name
        others = aliases(name) if _SCAFFOLD.fullmatch(name) else (name,)
        return next((self._called[other] for other in others if other in self._called), None)

    def find(self, name: str) -> str | None:
        """As `exact`, then in any case; None also where case alone leaves a choice."""
        return self.exact(name) or self._folded.get(name.casefold())


def rank(name: str) -> int:
    """What goes first among sequences that have the same thing: 0 primary, 1 others, 2 not placed, 3 spare.

    Spare are alternate loci, patches and decoys; other sequences are those whose names say nothing.
    """
    if canonical(name) in LENGTHS:
        return 0
    return next((number for number, pattern in _LATER if pattern.search(name)), 1)


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
    place = _RANK.get(canonical(contig), len(_RANK))
    pieces = _DIGITS.split(contig if place == len(_RANK) else "")
    natural = tuple(int(piece) if index % 2 else piece.casefold() for index, piece in enumerate(pieces))
    return place, natural, origin, name
