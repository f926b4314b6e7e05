"""Lengths and names of the sequences of human and mouse assemblies."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

ASSEMBLIES = {
    "GRCh38": "hg38",
    "CHM13": "hs1",
    "GRCh37": "hg19",
    "GRCm39": "mm39",
    "GRCm38": "mm10",
}
"""Known assemblies and their UCSC names."""

_SAME = {
    **{name.lower(): name for name in (*ASSEMBLIES, "NCBI36", "MGSCv37")},
    **{ucsc: name for name, ucsc in ASSEMBLIES.items()},
    **{"hg18": "NCBI36", "hs37d5": "GRCh37", "b37": "GRCh37", "t2t-chm13": "CHM13", "mm9": "MGSCv37"},
}
_ASSEMBLY = re.compile(
    r"(?:(?<![a-z0-9])|(?<=to))"
    rf"({'|'.join(sorted(map(re.escape, _SAME), key=len, reverse=True))})(?![0-9])",
    re.I,
)
_PLAIN = re.compile(r"chr(?:[0-9]{1,2}|X|Y)")


class Facts(NamedTuple):
    """The sequences of one assembly.

    Attributes
    ----------
    lengths : dict of str to int
        Length by UCSC name.
    names : dict of str to tuple of str
        All names by UCSC name, which is the first of them.
    called : dict of str to str
        UCSC name by any name.
    """

    lengths: dict[str, int]
    names: dict[str, tuple[str, ...]]
    called: dict[str, str]


def assembly_of(text: str) -> str | None:
    """Assembly named in a text (``hg19`` is ``GRCh37``); None unless there is exactly one."""
    assemblies = {_SAME[name.lower()] for name in _ASSEMBLY.findall(text)}
    return assemblies.pop() if len(assemblies) == 1 else None


@functools.cache
def facts(assembly: str) -> Facts:
    """Sequences of one of `ASSEMBLIES`, from the tables in bioframe.

    GRCh38 has its primary, unlocalized and unplaced sequences, but not the alternate loci. The mitochondrion
    is chrM, M, MT and chrMT, except in hg19, where chrM and MT are different sequences.
    """
    from bioframe import assembly_info

    table = assembly_info(f"ucsc.{ASSEMBLIES[assembly]}", roles="all", units="all").seqinfo
    lengths: dict[str, int] = {}
    names: dict[str, tuple[str, ...]] = {}
    two = "chrMT" in set(table["name"])
    for ucsc, length, others in zip(table["name"], table["length"], table["aliases"], strict=True):
        known = [ucsc, *(str(others).split(",") if isinstance(others, str) else [])]
        if _PLAIN.fullmatch(ucsc):
            known.insert(1, ucsc[3:])
        elif ucsc == "chrM":
            known[1:1] = ["M"] if two else ["MT", "M", "chrMT"]
        lengths[ucsc] = int(length)
        names[ucsc] = tuple(dict.fromkeys(known))
    return Facts(lengths, names, {name: ucsc for ucsc, all_of in names.items() for name in all_of})


def known_length(name: str, assembly: str) -> int | None:
    """Length of a sequence of an assembly; None if either is unknown.

    Parameters
    ----------
    name : str
        Any name of the sequence (``chr1``, ``1``, ``NC_000001.11``).
    assembly : str
        Any name of the assembly (``GRCh38``, ``hg38``, ``GRCm39``).
    """
    own = assembly_of(assembly)
    if own not in ASSEMBLIES:
        return None
    known = facts(own)
    return known.lengths.get(known.called.get(name, ""))
