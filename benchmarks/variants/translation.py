"""Proteins with and without a change, translated by Biopython; HGVS p. applied to a protein."""

from __future__ import annotations

import re

from Bio.Seq import Seq
from Bio.SeqUtils import seq1

from genomebook.annotation.variants.alleles import VariantAllele
from genomebook.book.transcript import Transcript

_RESIDUE = r"([A-Z][a-z]{2})([0-9]+)"
_SPAN = re.compile(rf"{_RESIDUE}(?:_{_RESIDUE})?(del|dup|ins|delins)((?:[A-Z][a-z]{{2}})*)")
_FRAME = re.compile(rf"{_RESIDUE}([A-Z][a-z]{{2}})(fs|ext)Ter([0-9]+|\?)")
_ONE = re.compile(rf"{_RESIDUE}([A-Z][a-z]{{2}})")


def translated(of: Transcript, letters: str, *alleles: VariantAllele) -> str:
    """Translate a transcript of the standard code, to and with its first stop.

    Parameters
    ----------
    of : Transcript
        Coding.
    letters : str
        Of its volume, upper case.
    *alleles : VariantAllele
        Changes inside exons, no two of one letter, applied letter by letter before splicing.

    Returns
    -------
    str
        Residues, then ``*`` if there is a stop before the end of the mRNA.
    """
    low, high = of.coding[0][0], of.coding[-1][1]
    inserted = {one.start: one.alt for one in alleles if one.start == one.end}
    changed = {at: "" for one in alleles for at in range(one.start, one.end)}
    changed |= {one.start: one.alt for one in alleles if one.start < one.end}
    pieces = []
    for start, end in of.exons:
        for at in range(start, end):
            if (at >= low) if of.strand == "+" else (at < high):
                pieces.append(inserted.get(at, "") + changed.get(at, letters[at]))
        pieces.append(inserted.get(end, ""))
    text = Seq("".join(pieces))
    text = text if of.strand == "+" else text.reverse_complement()  # type: ignore[no-untyped-call]
    text = text[of.phase :]
    protein = str(text[: len(text) // 3 * 3].translate())
    return protein[: protein.index("*") + 1] if "*" in protein else protein


def _short(names: str) -> str:
    """Residues in one letter, ``*`` for Ter."""
    return str(seq1(names))  # type: ignore[no-untyped-call]


def agrees(hgvs: str, old: str, new: str, first: int = 1) -> bool:
    """Whether a predicted HGVS description leads from one protein to another.

    Parameters
    ----------
    hgvs : str
        ``p.(Val717Ile)``; of a frameshift or extension the first new residue and the stop are checked.
    old, new : str
        Proteins as `translated` gives them.
    first : int
        Number of the first residue.
    """
    body = hgvs.removeprefix("p.(").removesuffix(")")
    if body.endswith("="):
        return old == new
    if match := _FRAME.fullmatch(body):
        at = int(match[2]) - first
        stop = at + int(match[5]) - (match[4] == "fs") if match[5] != "?" else None
        same = old[:at] == new[:at] and old[at] == _short(match[1]) and new[at] == _short(match[3])
        return same and (new.endswith("*") and len(new) - 1 == stop if stop is not None else "*" not in new)
    if match := _SPAN.fullmatch(body):
        start = int(match[2]) - first
        end = (int(match[4]) if match[4] else int(match[2])) - first + 1
        put = _short(match[6])
        if match[5] == "dup":
            start, put = end, old[start:end]
        elif match[5] == "ins":
            start, end = start + 1, start + 1
        changed = old[:start] + put + old[end:]
    elif match := _ONE.fullmatch(body):
        at = int(match[2]) - first
        changed = old[:at] + _short(match[3]) + old[at + 1 :]
    else:
        return False
    return changed[: changed.index("*") + 1 if "*" in changed else None] == new
