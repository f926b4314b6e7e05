"""Other names of human genes, former symbols among them, and the band in which each gene lies."""

from __future__ import annotations

import csv
import functools
import gzip
from pathlib import Path
from typing import NamedTuple

from genomebook.genome.assemblies import assembly_of

FILE = Path(__file__).resolve().parents[1] / "data" / "human_gene_names.tsv.gz"
"""Of NCBI Gene (gene_info of 2019): 56,109 genes; biological regions and genes of unknown type left out."""

_HUMAN = ("GRCh38", "GRCh37", "CHM13", "NCBI36")


class HumanNames(NamedTuple):
    """Names of human genes.

    Attributes
    ----------
    others : dict of str to tuple of str
        Other names by symbol.
    symbols : dict of str to tuple of str
        Symbols by other name, which is in upper case.
    bands : dict of str to str
        Band by symbol in upper case; empty where it is not known.
    """

    others: dict[str, tuple[str, ...]]
    symbols: dict[str, tuple[str, ...]]
    bands: dict[str, str]


def is_human(assembly: str) -> bool:
    """Whether an assembly, under any name, is human."""
    return assembly_of(assembly) in _HUMAN


@functools.cache
def human_names() -> HumanNames:
    """Read the table; a few tenths of a second, once."""
    others: dict[str, tuple[str, ...]] = {}
    symbols: dict[str, tuple[str, ...]] = {}
    bands: dict[str, str] = {}
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            symbol = row["symbol"]
            bands.setdefault(symbol.upper(), row["band"])
            if row["other_names"]:
                others[symbol] = tuple(row["other_names"].split("|"))
                for name in others[symbol]:
                    known = symbols.get(name.upper(), ())
                    symbols[name.upper()] = known if symbol in known else (*known, symbol)
    return HumanNames(others, symbols, bands)
