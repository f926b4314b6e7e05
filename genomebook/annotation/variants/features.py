"""Alleles of a variant that a track of a book, or of a session, holds as a feature."""

from __future__ import annotations

import re

from genomebook.annotation.variants.alleles import VariantAllele, trimmed
from genomebook.annotation.variants.letters import LetterCache
from genomebook.annotation.variants.reading import allele_reason, disagrees
from genomebook.book.features import Feature
from genomebook.book.read import Book

_SPELLED = re.compile(r"(?P<ref>[A-Za-z]+)>(?P<alts>[^;]+?)(?:;|$)")
_SPELLING = re.compile(r"[A-Za-z]+(?:… \([0-9]+\))?>")
_CUT = "the track keeps only the ends of long alleles: use the file itself"
_UNKNOWN = "the track does not say which letters change"


def alleles_of(book: Book, volume: str, feature: Feature, letters: LetterCache) -> list[VariantAllele]:
    """Alleles of a feature of kind "variant", spelled ``G>A,T`` at the start of its note.

    Parameters
    ----------
    book : Book
        Opened.
    volume : str
        That it lies on.
    feature : Feature
        From a track that was read from VCF.
    letters : LetterCache
        Of the book.

    Returns
    -------
    list of VariantAllele
        At least one; what cannot be assessed has a reason.
    """
    contig, origin = book.volumes[volume].contig, book.volumes[volume].origin
    spelled = _SPELLED.match(feature.note) or _SPELLED.match(feature.name)
    identifier = "" if _SPELLING.match(feature.name) else feature.name
    if spelled is None:
        reason = _CUT if "…" in feature.name + feature.note else _UNKNOWN
        return [_allele(volume, feature, identifier, contig, origin, "", "", reason)]
    ref = spelled["ref"].upper()
    own = letters.letters(volume, feature.start, feature.start + len(ref)).decode("ascii")
    found = []
    for alt in spelled["alts"].split(","):
        wrong = "REF is not what the book has" if disagrees(ref, own) else ""
        reason = wrong or (_CUT if "…" in alt else allele_reason(ref, alt.upper(), own))
        found.append(_allele(volume, feature, identifier, contig, origin, ref, alt, reason))
    return found


def remark(feature: Feature) -> str:
    """What the file says of a variant beside its alleles: meaning, disease, filter; ``""`` for nothing."""
    return (
        _SPELLED.sub("", feature.note, count=1).strip("; ") if _SPELLED.match(feature.note) else feature.note
    )


def _allele(
    volume: str, feature: Feature, identifier: str, contig: str, origin: int, ref: str, alt: str, reason: str
) -> VariantAllele:
    at, old, new = (feature.start, ref, "") if reason else trimmed(feature.start, ref, alt.upper())
    return VariantAllele(
        volume,
        at,
        at + len(old),
        old,
        new,
        0,
        identifier,
        contig,
        origin + feature.start + 1,
        ref,
        alt,
        reason,
    )
