"""Consequences of a variant for a transcript: terms of the Sequence Ontology, worst first."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Consequence(Enum):
    """What a variant does to a transcript; the value is the term of the Sequence Ontology.

    The order is that of severity in Ensembl's VEP, the worst first.
    """

    TRANSCRIPT_ABLATION = "transcript_ablation"
    SPLICE_ACCEPTOR = "splice_acceptor_variant"
    SPLICE_DONOR = "splice_donor_variant"
    STOP_GAINED = "stop_gained"
    FRAMESHIFT = "frameshift_variant"
    STOP_LOST = "stop_lost"
    START_LOST = "start_lost"
    INFRAME_INSERTION = "inframe_insertion"
    INFRAME_DELETION = "inframe_deletion"
    MISSENSE = "missense_variant"
    SPLICE_REGION = "splice_region_variant"
    START_RETAINED = "start_retained_variant"
    STOP_RETAINED = "stop_retained_variant"
    SYNONYMOUS = "synonymous_variant"
    CODING_SEQUENCE = "coding_sequence_variant"
    UTR5 = "5_prime_UTR_variant"
    UTR3 = "3_prime_UTR_variant"
    NON_CODING_EXON = "non_coding_transcript_exon_variant"
    INTRON = "intron_variant"
    INTERGENIC = "intergenic_variant"

    @property
    def label(self) -> str:
        """Name for people."""
        return _LABELS[self]

    @property
    def hint(self) -> str:
        """One sentence for those who do not know the name."""
        return _HINTS[self]


_LABELS = {
    Consequence.TRANSCRIPT_ABLATION: "transcript deleted",
    Consequence.SPLICE_ACCEPTOR: "splice acceptor",
    Consequence.SPLICE_DONOR: "splice donor",
    Consequence.STOP_GAINED: "nonsense (stop gained)",
    Consequence.FRAMESHIFT: "frameshift",
    Consequence.STOP_LOST: "stop lost",
    Consequence.START_LOST: "start lost",
    Consequence.INFRAME_INSERTION: "in-frame insertion",
    Consequence.INFRAME_DELETION: "in-frame deletion",
    Consequence.MISSENSE: "missense",
    Consequence.SPLICE_REGION: "splice region",
    Consequence.START_RETAINED: "start kept",
    Consequence.STOP_RETAINED: "stop kept",
    Consequence.SYNONYMOUS: "synonymous",
    Consequence.CODING_SEQUENCE: "coding sequence",
    Consequence.UTR5: "5' UTR",
    Consequence.UTR3: "3' UTR",
    Consequence.NON_CODING_EXON: "non-coding exon",
    Consequence.INTRON: "intron",
    Consequence.INTERGENIC: "intergenic",
}

_HINTS = {
    Consequence.TRANSCRIPT_ABLATION: "All exons of the transcript are deleted.",
    Consequence.SPLICE_ACCEPTOR: "It changes the last two letters of an intron, where splicing cuts.",
    Consequence.SPLICE_DONOR: "It changes the first two letters of an intron, where splicing cuts.",
    Consequence.STOP_GAINED: "A codon becomes a stop: the protein ends early.",
    Consequence.FRAMESHIFT: "The reading frame shifts: all amino acids after it are others.",
    Consequence.STOP_LOST: "The stop codon is lost: the protein goes on into the 3' UTR.",
    Consequence.START_LOST: "The start codon is lost.",
    Consequence.INFRAME_INSERTION: "Amino acids are added; the reading frame stays.",
    Consequence.INFRAME_DELETION: "Amino acids are lost; the reading frame stays.",
    Consequence.MISSENSE: "One amino acid becomes another.",
    Consequence.SPLICE_REGION: "Beside a splice site: 3 letters of the exon, letters 3 to 8 of the intron.",
    Consequence.START_RETAINED: "The start codon changes into another start codon.",
    Consequence.STOP_RETAINED: "The stop codon changes into another stop codon.",
    Consequence.SYNONYMOUS: "The codon changes, the amino acid does not.",
    Consequence.CODING_SEQUENCE: "In the coding sequence, where the codon is not known as a whole.",
    Consequence.UTR5: "In an exon, before the start codon.",
    Consequence.UTR3: "In an exon, after the stop codon.",
    Consequence.NON_CODING_EXON: "In an exon of a transcript that codes for no protein.",
    Consequence.INTRON: "Between exons, away from splice sites.",
    Consequence.INTERGENIC: "In no transcript of this book.",
}

_RANK = {term: rank for rank, term in enumerate(Consequence)}


def severity(term: Consequence) -> int:
    """Rank of a consequence: 0 for the worst."""
    return _RANK[term]


def by_severity(terms: Iterable[Consequence]) -> tuple[Consequence, ...]:
    """Different terms, the worst first."""
    return tuple(sorted(set(terms), key=severity))
