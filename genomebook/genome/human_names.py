"""Other names of human genes, former symbols among them, and the band in which each gene lies.

They are read from the file ``Homo_sapiens.gene_info`` of NCBI Gene, where the environment names it.
"""

from __future__ import annotations

import csv
import functools
import io
import os
import re
from pathlib import Path
from typing import NamedTuple

from genomebook.errors import AnnotationError
from genomebook.genome.assemblies import assembly_of
from genomebook.genome.packed import PackedError, Unpacked

VARIABLE = "GENOMEBOOK_GENE_INFO"
"""Environment variable with the path of the file, plain or compressed."""

_SKIPPED = ("biological-region", "unknown")
_NOTHING = ("", "-")
_HGNC = re.compile(r"\bHGNC(?:[ _]?(?:Symbol|ID))?(?:(?:;|%3B)Acc)?[:=](?:HGNC:)?([0-9]{1,7})\b", re.I)
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
    numbers : dict of str to str
        HGNC number (``HGNC:620``) by symbol in upper case, where the file has it.
    """

    others: dict[str, tuple[str, ...]]
    symbols: dict[str, tuple[str, ...]]
    bands: dict[str, str]
    numbers: dict[str, str]


def is_human(assembly: str) -> bool:
    """Whether an assembly, under any name, is human."""
    return assembly_of(assembly) in _HUMAN


def hgnc_number(*texts: str) -> str:
    """The HGNC number in attributes or descriptions, as ``HGNC:620``; ``""`` where there is none.

    Parameters
    ----------
    *texts : str
        Such as ``[Source:HGNC Symbol;Acc:HGNC:620]`` (Ensembl), ``HGNC:620`` (GENCODE's ``hgnc_id``) or
        ``GeneID:351,HGNC:HGNC:620`` (NCBI's ``Dbxref``).
    """
    match = next((match for text in texts if (match := _HGNC.search(text))), None)
    return f"HGNC:{int(match[1])}" if match else ""


def names_or_fault() -> tuple[HumanNames | None, str]:
    """Names in the file that the environment names, read once, and ``""``; None where it names none.

    Where the file cannot be used, None and one line that says why.
    """
    return _names_or_fault(os.environ.get(VARIABLE, ""))


@functools.cache
def _names_or_fault(path: str) -> tuple[HumanNames | None, str]:
    try:
        return (read_human_names(Path(path)), "") if path else (None, "")
    except AnnotationError as error:
        return None, str(error)


def read_human_names(path: Path) -> HumanNames:
    """Read a table of NCBI Gene; regions and genes of unknown type are left out.

    Raises
    ------
    AnnotationError
        The file cannot be read or has no column Symbol, Synonyms or map_location.
    """
    others: dict[str, tuple[str, ...]] = {}
    symbols: dict[str, tuple[str, ...]] = {}
    bands: dict[str, str] = {}
    numbers: dict[str, str] = {}
    remedy = f"give Homo_sapiens.gene_info.gz of NCBI Gene in {VARIABLE}"
    try:
        with path.open("rb") as packed:
            text = io.TextIOWrapper(
                io.BufferedReader(Unpacked(packed, str(path))), encoding="utf-8", newline=""
            )
            for row in csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE):
                symbol, band = row["Symbol"], row["map_location"]
                if row.get("type_of_gene") in _SKIPPED:
                    continue
                bands.setdefault(symbol.upper(), "" if band in _NOTHING else band)
                if number := hgnc_number(row.get("dbXrefs") or ""):
                    numbers[symbol.upper()] = number
                if row["Synonyms"] not in _NOTHING:
                    others[symbol] = tuple(row["Synonyms"].split("|"))
                    for name in others[symbol]:
                        known = symbols.get(name.upper(), ())
                        symbols[name.upper()] = known if symbol in known else (*known, symbol)
    except KeyError as error:
        raise AnnotationError(f"{path}: has no column {error.args[0]}; {remedy}") from None
    except (OSError, UnicodeDecodeError, PackedError, csv.Error, AttributeError) as error:
        why = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise AnnotationError(f"{path}: cannot be read ({why}); {remedy}") from None
    return HumanNames(others, symbols, bands, numbers)
