"""Two variants in one codon: what they do together, which is not what each does alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from genomebook.annotation.coding import coding_offset
from genomebook.annotation.variants.alleles import LettersOf, VariantAllele
from genomebook.annotation.variants.consequences import ConsequenceCaller, TranscriptConsequence
from genomebook.book.transcript import Transcript

REACH = 2
"""Letters between two changes that can lie in one codon, unless an intron splits it."""

Copy = Literal["same", "other", "not known"]
"""Whether two alleles are on one copy of the chromosome."""


@dataclass(frozen=True)
class CodonNeighbour:
    """A variant in the codon of another one.

    Attributes
    ----------
    allele : VariantAllele
        The neighbour.
    copy : Copy
        Whether it is on the copy of the chromosome that has the other variant.
    together : TranscriptConsequence or None
        What both do to the transcript on one copy; None where they are on different ones.
    """

    allele: VariantAllele
    copy: Copy
    together: TranscriptConsequence | None


def same_copy(one: VariantAllele, other: VariantAllele) -> Copy:
    """Whether the sample of a file has two alleles on one copy of the chromosome."""
    if one.copies is None or other.copies is None:
        return "not known"
    is_relative = len(one.copies) == len(other.copies) == 1 and one.phase_set != other.phase_set
    return "not known" if is_relative else "same" if one.copies & other.copies else "other"


def codon_neighbours(
    allele: VariantAllele,
    others: Iterable[VariantAllele],
    call: TranscriptConsequence,
    caller: ConsequenceCaller,
) -> Iterator[CodonNeighbour]:
    """Find the substitutions that lie in a codon which an allele changes.

    Parameters
    ----------
    allele : VariantAllele
        Assessed.
    others : iterable of VariantAllele
        Near it, in any order.
    call : TranscriptConsequence
        Of the allele: its transcript decides where codons are.
    caller : ConsequenceCaller
        Of the book.
    """
    transcript = call.transcript
    if transcript is None or not transcript.coding or not _is_substitution(allele):
        return
    own = _codons(transcript, allele)
    for other in others:
        apart = max(allele.start, other.start) - min(allele.end, other.end)
        if other.volume != allele.volume or not _is_substitution(other) or not 0 <= apart <= REACH:
            continue
        if not own & _codons(transcript, other) or other.copies == frozenset():
            continue
        copy = same_copy(allele, other)
        together = None
        if copy != "other":
            both = joined(allele, other, caller.letters.of(allele.volume))
            calls = (each for each in caller.of(both) if each.transcript == transcript)
            together = next(calls, None)
        yield CodonNeighbour(other, copy, together)


def joined(one: VariantAllele, other: VariantAllele, sequence: LettersOf) -> VariantAllele:
    """One allele with the changes of two substitutions that do not overlap."""
    first, second = sorted((one, other), key=lambda allele: allele.start)
    between = sequence(first.end, second.start).decode("ascii")
    ref, alt = first.ref + between + second.ref, first.alt + between + second.alt
    return VariantAllele(
        first.volume, first.start, second.end, ref, alt, one.record, "", one.contig,
        min(one.position, other.position), ref, alt,
    )  # fmt: skip


def _is_substitution(allele: VariantAllele) -> bool:
    return not allele.reason and len(allele.ref) == len(allele.alt) > 0


def _codons(transcript: Transcript, allele: VariantAllele) -> set[int]:
    """Numbers of the codons that an allele changes."""
    offsets = (coding_offset(transcript, at) for at in range(allele.start, allele.end))
    return {(offset - transcript.phase) // 3 for offset in offsets if offset is not None}


def with_near(alleles: Iterable[VariantAllele]) -> Iterator[tuple[VariantAllele, Sequence[VariantAllele]]]:
    """Give each allele with those of other records near it, in a file that is sorted by position.

    Those on both sides are given; at most a few are held at a time.
    """
    before: deque[VariantAllele] = deque()
    waiting: deque[VariantAllele] = deque()
    for allele in alleles:
        while waiting and _are_far(waiting[0], allele):
            yield _settled(waiting, before)
        waiting.append(allele)
    while waiting:
        yield _settled(waiting, before)


def _are_far(one: VariantAllele, other: VariantAllele) -> bool:
    return one.volume != other.volume or not -REACH <= other.start - one.end <= REACH


def _settled(
    waiting: deque[VariantAllele], before: deque[VariantAllele]
) -> tuple[VariantAllele, list[VariantAllele]]:
    """Take the first that waits, with its neighbours on both sides."""
    allele = waiting.popleft()
    near = [other for other in (*before, *waiting) if other.record != allele.record]
    before.append(allele)
    while before and waiting and _are_far(before[0], waiting[0]):
        before.popleft()
    if len(before) > _HELD:
        before.popleft()
    return allele, near


_HELD = 64
"""Alleles held that are behind: many records can have one position."""
