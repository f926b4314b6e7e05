"""HGVS descriptions of changes: of the transcript (c., n.) and of the protein (p.).

Rules of the HGVS nomenclature (den Dunnen et al. 2016): the most 3' of equivalent placements, on the strand
of the transcript and on the residues of the protein; duplication before insertion, inversion before delins.
What follows for the protein is predicted, hence in parentheses.
"""

from __future__ import annotations

from genomebook.annotation.variants.alleles import LettersOf, Placement, moved
from genomebook.annotation.variants.spliced import SplicedTranscript
from genomebook.language.alphabet import reverse_complement
from genomebook.language.genetic_codes import STOP, THREE_LETTERS

MAX_SHOWN = 200
"""Inserted letters or residues that a description spells out; more are given as a number."""

UNKNOWN_PROTEIN = "p.?"


def named(residues: str) -> str:
    """Residues in three letters, ``ArgTer``; of more than `MAX_SHOWN`, how many: ``Xaa[300]``."""
    if len(residues) > MAX_SHOWN:
        return f"Xaa[{len(residues)}]"
    return "".join(THREE_LETTERS[residue] for residue in residues)


def transcript_change(
    spliced: SplicedTranscript, change: Placement, right: int, left: int, sequence: LettersOf
) -> str:
    """Describe a change on a transcript.

    Parameters
    ----------
    spliced : SplicedTranscript
        The transcript.
    change : Placement
        On its volume.
    right, left : int
        How far it can be moved (`genomebook.annotation.variants.alleles.shifts`).
    sequence : callable
        Letters of the volume.

    Returns
    -------
    str
        Such as ``c.76A>G``, ``c.123+4del``, ``n.8_10dup``; ``""`` if it reaches beyond the transcript.
    """
    change = moved(change, -left if spliced.minus else right)
    kind = "c." if spliced.is_coding else "n."
    if change.start == change.end:
        described = _insertion(spliced, change, sequence)
    else:
        described = _replacement(spliced, change, sequence)
    return kind + described if described else ""


def _span(spliced: SplicedTranscript, start: int, end: int) -> str:
    """Coordinates of [start, end) of the volume, 5' to 3'; ``""`` if it reaches beyond the transcript."""
    first, last = spliced.coordinate(start), spliced.coordinate(end - 1)
    if first is None or last is None:
        return ""
    if spliced.minus:
        first, last = last, first
    return first if end - start == 1 else f"{first}_{last}"


def _insertion(spliced: SplicedTranscript, change: Placement, sequence: LettersOf) -> str:
    at, size = change.start, len(change.alt)
    start, end = (at, at + size) if spliced.minus else (at - size, at)
    if sequence(start, end).decode("ascii") == change.alt and (copy := _span(spliced, start, end)):
        return f"{copy}dup"
    around = _span(spliced, at - 1, at + 1)
    letters = spliced.oriented(change.alt).decode("ascii")
    return around and f"{around}ins{letters if size <= MAX_SHOWN else f'N[{size}]'}"


def _replacement(spliced: SplicedTranscript, change: Placement, sequence: LettersOf) -> str:
    span = _span(spliced, change.start, change.end)
    if not span or not change.alt:
        return span and f"{span}del"
    old = spliced.oriented(sequence(change.start, change.end).decode("ascii"))
    new = spliced.oriented(change.alt)
    if len(old) == len(new) == 1:
        return f"{span}{old.decode()}>{new.decode()}"
    if new == reverse_complement(old):
        return f"{span}inv"
    return f"{span}delins{new.decode() if len(new) <= MAX_SHOWN else f'N[{len(new)}]'}"


def residue_change(protein: str, first: int, start: int, end: int, new: str) -> str:
    """Describe residues replaced by others, in frame.

    Parameters
    ----------
    protein : str
        Letters of the reference, ``*`` for its stop.
    first : int
        Number of its first residue.
    start, end : int
        Replaced residues, from 0.
    new : str
        What replaces them, up to a stop; not the same.

    Returns
    -------
    str
        Such as ``p.(Arg5Gln)``, ``p.(Lys23dup)``, ``p.(Trp24Ter)``.
    """
    end = max(start, end)
    while start < end and new and protein[start] == new[0]:
        start, new = start + 1, new[1:]
    if STOP in new:
        new = new[: new.index(STOP) + 1]
        if new == STOP and start < len(protein):
            return f"p.({_at(protein, first, start)}Ter)"
    while start < end and new and protein[end - 1] == new[-1]:
        end, new = end - 1, new[:-1]
    if start == end:
        return _inserted(protein, first, start, new)
    if not new:
        while end < len(protein) and protein[start] == protein[end]:
            start, end = start + 1, end + 1
        return f"p.({_range(protein, first, start, end)}del)"
    if end - start == len(new) == 1:
        return f"p.({_at(protein, first, start)}{named(new)})"
    return f"p.({_range(protein, first, start, end)}delins{named(new)})"


def _inserted(protein: str, first: int, at: int, new: str) -> str:
    while at < len(protein) and STOP not in new and protein[at] == new[0]:
        at, new = at + 1, new[1:] + new[0]
    if at >= len(new) and protein[at - len(new) : at] == new:
        return f"p.({_range(protein, first, at - len(new), at)}dup)"
    if not 0 < at < len(protein):
        return UNKNOWN_PROTEIN
    return f"p.({_at(protein, first, at - 1)}_{_at(protein, first, at)}ins{named(new)})"


def frame_change(protein: str, first: int, start: int, new: str) -> str:
    """Describe a protein that is another from some residue to its end.

    Parameters
    ----------
    protein, first
        As in `residue_change`.
    start : int
        Residue from which both are compared, from 0.
    new : str
        The new residues from there, up to and with the stop; without it if the transcript has none.

    Returns
    -------
    str
        ``p.(Arg97ProfsTer23)``, ``p.(Trp24Ter)``, ``p.(Ter110GlnextTer17)``; ``p.?`` if nothing differs.
    """
    old = protein[start:]
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
    if same is None:
        return UNKNOWN_PROTEIN
    place, found = _at(protein, first, start + same), new[same]
    if found == STOP:
        return f"p.({place}Ter)"
    stop = new.find(STOP, same)
    if old[same] == STOP:
        return f"p.({place}{named(found)}extTer{stop - same if stop >= 0 else '?'})"
    return f"p.({place}{named(found)}fsTer{stop - same + 1 if stop >= 0 else '?'})"


def unchanged(protein: str, first: int, start: int, end: int) -> str:
    """Describe codons that changed while their residues did not: ``p.(Leu54=)``."""
    return f"p.({_range(protein, first, start, end)}=)" if start < end else "p.(=)"


def _at(protein: str, first: int, index: int) -> str:
    return f"{named(protein[index])}{first + index}"


def _range(protein: str, first: int, start: int, end: int) -> str:
    if end - start == 1:
        return _at(protein, first, start)
    return f"{_at(protein, first, start)}_{_at(protein, first, end - 1)}"
