"""Variants to be read together: in one codon, or insertions and deletions that shift the frame and back.

As in haplotype-aware consequence calling (Danecek & McCarthy, Bioinformatics 2017), the changes of one copy
of the chromosome are made in the spliced letters, so a codon that an intron splits is one codon.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from genomebook.annotation.variants.alleles import VariantAllele
from genomebook.annotation.variants.consequences import TranscriptConsequence
from genomebook.annotation.variants.proteins import protein_change
from genomebook.annotation.variants.spliced import SplicedTranscript
from genomebook.annotation.variants.terms import by_severity
from genomebook.book.transcript import Span, Transcript

REACH = 90
"""Coding letters between an insertion or deletion and the next change that is read in its frame."""

Copy = Literal["same", "other", "not known"]
"""Whether two alleles are on one copy of the chromosome."""


@dataclass(frozen=True)
class JointVariant:
    """A variant that is to be read together with another one.

    Attributes
    ----------
    allele : VariantAllele
        The neighbour.
    copy : Copy
        Whether it is on the copy of the chromosome that has the other variant.
    together : TranscriptConsequence or None
        What all on one copy do to the transcript; None where they are on different ones.
    """

    allele: VariantAllele
    copy: Copy
    together: TranscriptConsequence | None


class _JointEdit(NamedTuple):
    """Letters of the mRNA in [low, high) replaced by others."""

    low: int
    high: int
    new: bytes
    allele: VariantAllele

    @property
    def growth(self) -> int:
        return len(self.new) - (self.high - self.low)

    @property
    def reach(self) -> int:
        """Letters beside it that its description may name: an insertion can be a copy of the next codon."""
        return 3 if self.growth else 0


def same_copy(one: VariantAllele, other: VariantAllele) -> Copy:
    """Whether the sample of a file has two alleles on one copy of the chromosome."""
    if one.copies is None or other.copies is None:
        return "not known"
    is_relative = len(one.copies) == len(other.copies) == 1 and one.phase_set != other.phase_set
    return "not known" if is_relative else "same" if one.copies & other.copies else "other"


def joint_variants(
    allele: VariantAllele,
    others: Iterable[VariantAllele],
    spliced: SplicedTranscript,
) -> Iterator[JointVariant]:
    """Find the variants without which the consequence of an allele is not told right.

    Parameters
    ----------
    allele : VariantAllele
        Assessed.
    others : iterable of VariantAllele
        Near it (`joint_spans`), in any order.
    spliced : SplicedTranscript
        A transcript that it touches: it decides where codons are.

    Yields
    ------
    JointVariant
        Those that change a codon with the allele, lie behind a shift of the frame with it, or undo such a
        shift; of one copy all together, others one by one.
    """
    own = _edit(spliced, allele) if spliced.is_coding else None
    if own is None:
        return
    carried = (other for other in others if other.copies != frozenset())
    edits = [edit for other in carried if (edit := _edit(spliced, other)) is not None]
    same = [edit for edit in edits if same_copy(allele, edit.allele) == "same"]
    group = _group(spliced, own, same)
    together = _together(spliced, group) if len(group) > 1 else None
    for edit in group:
        if edit is not own:
            yield JointVariant(edit.allele, "same", together)
    for edit in edits:
        copy = same_copy(allele, edit.allele)
        pair = _group(spliced, own, [edit]) if copy != "same" else []
        if len(pair) > 1:
            yield JointVariant(edit.allele, copy, _together(spliced, pair) if copy == "not known" else None)


def _edit(spliced: SplicedTranscript, allele: VariantAllele) -> _JointEdit | None:
    """Change of the coding sequence; None for one that is not wholly inside it, or at a splice site."""
    change = allele.placement
    if allele.reason or allele.volume != spliced.transcript.volume or not spliced.is_read:
        return None
    if spliced.exon_of(change) is None or any(spliced.splice_sites(change)[:2]):
        return None
    low, high = spliced.on_mrna(change.start, change.end)
    is_inside = spliced.frame <= low and high <= spliced.coding[1]
    return _JointEdit(low, high, spliced.oriented(change.alt), allele) if is_inside else None


def _group(spliced: SplicedTranscript, own: _JointEdit, others: Sequence[_JointEdit]) -> list[_JointEdit]:
    """The changes that are read together with one, itself among them, 5' to 3'.

    Changes of the same letters as it are left out: a copy cannot have both.
    """
    apart = (edit for edit in others if edit.high <= own.low or edit.low >= own.high)
    group: list[_JointEdit] = []
    end, growth = 0, 0
    for edit in sorted((own, *apart), key=lambda edit: (edit.low, edit.high, edit is not own)):
        if group and edit.low < group[-1].high:
            continue
        is_shifted = growth % 3 != 0 and bool(group) and edit.low - group[-1].high <= REACH
        if group and not is_shifted and edit.low - edit.reach >= end:
            if own in group:
                break
            group = []
        growth = growth + edit.growth if group else edit.growth
        group.append(edit)
        end = edit.high + (spliced.frame - edit.high) % 3 + edit.reach
    return group


def _together(spliced: SplicedTranscript, group: Sequence[_JointEdit]) -> TranscriptConsequence:
    """Consequence of several changes of one copy."""
    low, high = group[0].low, group[-1].high
    new, at = b"", low
    for edit in group:
        new += spliced.mrna[at : edit.low] + edit.new
        at = edit.high
    change = protein_change(spliced, low, high, new)
    return TranscriptConsequence(
        spliced.transcript, by_severity(change.terms), "", change.hgvs, change.aminos, change.codons
    )


def joint_spans(transcripts: Iterable[Transcript], allele: VariantAllele) -> list[Span]:
    """Where variants can lie that are to be read together with an allele: coding letters near it.

    Parameters
    ----------
    transcripts : iterable of Transcript
        Those that the allele touches.
    allele : VariantAllele
        Of any kind.

    Returns
    -------
    list of (start, end)
        Ascending, local to the volume; they may overlap. Empty if it lies in no coding sequence.
    """
    spans: set[Span] = set()
    if allele.reason:
        return []
    for transcript in transcripts:
        coding = transcript.coding
        here = [n for n, (start, end) in enumerate(coding) if start <= allele.end and allele.start <= end]
        if not here:
            continue
        spans |= _reached(coding[here[0] :: -1], allele.start, -1)
        spans |= _reached(coding[here[-1] :], allele.end, 1)
    return sorted(spans)


def _reached(coding: Sequence[Span], at: int, step: int) -> set[Span]:
    """Coding letters within `REACH` of a position, and the rest of the codon, in one direction."""
    left, spans = REACH + 3, set()
    for start, end in coding:
        low, high = (max(start, at), end) if step > 0 else (start, min(end, at))
        size = min(max(high - low, 0), left)
        spans.add((low, low + size) if step > 0 else (high - size, high))
        left -= size
        if not left:
            break
    return spans


MAX_HELD = 100_000
"""Alleles held until what lies behind an intron has been read."""


def with_near(
    alleles: Iterable[VariantAllele], spans_of: Callable[[VariantAllele], Sequence[Span]]
) -> Iterator[tuple[VariantAllele, Sequence[VariantAllele]]]:
    """Give each allele with those of other records to be read with it, of a file sorted by position.

    Parameters
    ----------
    alleles : iterable of VariantAllele
        In the order of the file.
    spans_of : callable
        `joint_spans` of an allele.

    Yields
    ------
    VariantAllele, sequence of VariantAllele
        In the same order. Alleles are held until the last of the spans has been passed, at most `MAX_HELD`.
    """
    waiting: deque[tuple[VariantAllele, Sequence[Span]]] = deque()
    coding: deque[tuple[VariantAllele, int]] = deque()
    for allele in alleles:
        spans = spans_of(allele)
        waiting.append((allele, spans))
        if spans:
            coding.append((allele, max(end for _, end in spans)))
        while len(waiting) > 1 and (_is_passed(*waiting[0], allele) or len(waiting) > MAX_HELD):
            yield _settled(waiting, coding)
    while waiting:
        yield _settled(waiting, coding)


def _is_passed(waits: VariantAllele, spans: Sequence[Span], newest: VariantAllele) -> bool:
    """Whether no allele after the newest can lie in the spans of one that waits."""
    return waits.volume != newest.volume or all(end < newest.start for _, end in spans)


def _settled(
    waiting: deque[tuple[VariantAllele, Sequence[Span]]], coding: deque[tuple[VariantAllele, int]]
) -> tuple[VariantAllele, list[VariantAllele]]:
    """Take the first that waits, with those in its spans on both sides."""
    allele, spans = waiting.popleft()
    while coding and (coding[0][0].volume != allele.volume or coding[0][1] < allele.start):
        coding.popleft()
    near = [
        other
        for other, _ in coding
        if other.record != allele.record and other.volume == allele.volume and is_in(other, spans)
    ]
    return allele, near


def is_in(allele: VariantAllele, spans: Iterable[Span]) -> bool:
    """Whether an allele touches one of some spans."""
    return any(start <= allele.end and allele.start <= end for start, end in spans)
