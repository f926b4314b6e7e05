"""Alleles: one alternative of a VCF record on a volume, and its equivalent placements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LettersOf = Callable[[int, int], bytes]
"""Upper-case letters of a volume: called with start and end, local, 0-based half-open."""

REACH = 8192
"""Letters to each side within which the equivalent placements of an insertion or deletion are looked for."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A change of the sequence: letters of [start, end) replaced by others.

    Attributes
    ----------
    start, end : int
        0-based half-open, local to the volume; equal for an insertion before ``start``.
    alt : str
        Upper-case letters that replace them, forward strand; ``""`` for a deletion.
    """

    start: int
    end: int
    alt: str

    @property
    def is_shift(self) -> bool:
        """Whether it is a pure insertion or deletion, which may have several equivalent placements."""
        return bool(self.alt) != (self.start < self.end)


@dataclass(frozen=True, slots=True)
class VariantAllele:
    """One alternative allele of a VCF record.

    Attributes
    ----------
    volume : str
        Name of the volume.
    start, end : int
        Changed letters after common ends are removed: local, 0-based half-open; equal for an insertion.
    ref, alt : str
        Letters of [start, end) and those that replace them, upper case; ``""`` for none.
    record : int
        Number of the record in the file, from 1.
    identifier : str
        ID of the record, such as ``rs1234``; ``""`` if it has none.
    contig, position, file_ref, file_alt
        As in the file: name of the contig, 1-based position, REF, ALT.
    reason : str
        Why it is not assessed; ``""`` if it is.
    copies : frozenset of int, optional
        Copies of the chromosome that have it, of a file with one sample, phased, haploid or homozygous; empty
        if none has it. None where that is not known.
    phase_set : int, optional
        Number of the phase set of the record: copies of different sets cannot be compared.
    """

    volume: str
    start: int
    end: int
    ref: str
    alt: str
    record: int
    identifier: str
    contig: str
    position: int
    file_ref: str
    file_alt: str
    reason: str = ""
    copies: frozenset[int] | None = None
    phase_set: int | None = None

    @property
    def placement(self) -> Placement:
        """The change of the sequence."""
        return Placement(self.start, self.end, self.alt)

    @property
    def shown(self) -> str:
        """The allele as the file has it, in a line: ``chr21 25,891,796 G>A``."""
        return f"{self.contig} {self.position:,} {short(self.file_ref)}>{short(self.file_alt)}"


def short(letters: str, limit: int = 12) -> str:
    """Letters of an allele for a message: the first few, and how many there are."""
    return letters if len(letters) <= limit else f"{letters[:limit]}... ({len(letters):,} letters)"


def trimmed(start: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Remove common letters from the ends of two alleles, from the right first.

    Parameters
    ----------
    start : int
        Position of the first letter of ``ref``.
    ref, alt : str
        Letters, same case.

    Returns
    -------
    int, str, str
        New start, reference and alternative letters; an insertion or deletion is as far left as they allow.
    """
    size = min(len(ref), len(alt))
    after = 0
    while after < size and ref[-1 - after] == alt[-1 - after]:
        after += 1
    ref, alt = ref[: len(ref) - after], alt[: len(alt) - after]
    before = 0
    while before < size - after and ref[before] == alt[before]:
        before += 1
    return start + before, ref[before:], alt[before:]


def shifts(change: Placement, sequence: LettersOf, low: int, high: int) -> tuple[int, int]:
    """How far an insertion or deletion can be moved without a change of the result.

    Parameters
    ----------
    change : Placement
        Any; only a pure insertion or deletion can be moved.
    sequence : callable
        Letters of the volume.
    low, high : int
        The placement stays within [low, high), local.

    Returns
    -------
    int, int
        Letters to the left and to the right, at most `REACH` each.
    """
    if not change.is_shift:
        return 0, 0
    unit = change.alt or sequence(change.start, change.end).decode("ascii")
    low, high = max(low, change.start - REACH), min(high, change.end + REACH)
    return (
        _same(unit[::-1], lambda n: sequence(max(low, change.start - n), change.start).decode()[::-1]),
        _same(unit, lambda n: sequence(change.end, min(high, change.end + n)).decode()),
    )


def _same(unit: str, following: Callable[[int], str]) -> int:
    """Number of letters after a unit that repeat it."""
    size, asked = len(unit), 64
    while True:
        text = unit + following(asked)
        count = next((i for i in range(len(text) - size) if text[i] != text[i + size]), len(text) - size)
        if count < len(text) - size or len(text) - size < asked:
            return count
        asked *= 2


def moved(change: Placement, shift: int) -> Placement:
    """Equivalent placement, ``shift`` letters to the right (negative: left) as `shifts` allows.

    The letters of an insertion are rotated.
    """
    if not change.alt:
        return Placement(change.start + shift, change.end + shift, "")
    turn = shift % len(change.alt)
    return Placement(change.start + shift, change.end + shift, change.alt[turn:] + change.alt[:turn])
