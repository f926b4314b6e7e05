"""Consequences and HGVS of variants: by hand on a made-up gene on both strands, known ones of chrM."""

from __future__ import annotations

import dataclasses
import random
from functools import partial
from pathlib import Path

import pytest
from Bio.Seq import Seq
from hypothesis import given
from hypothesis import strategies as st

from genomebook.annotation.variants.alleles import Placement, moved, shifts, trimmed
from genomebook.annotation.variants.consequences import consequence
from genomebook.annotation.variants.spliced import SplicedTranscript
from genomebook.annotation.variants.terms import Consequence
from genomebook.book.transcripts import Transcript
from genomebook.language.alphabet import reverse_complement
from tests.support.variant_genes import (
    CODING,
    EXON_1,
    EXON_2,
    INTRON,
    LETTERS,
    STARTS,
    Change,
    at,
    called,
    replaced,
    transcript,
)

C = Consequence
UTR5, UTR3, DONOR = STARTS[0], CODING[1], STARTS[0] + len(EXON_1)
REGION = C.SPLICE_REGION

KNOWN = [
    # UTR, start codon
    (replaced(UTR5, 1, "T"), (C.UTR5,), "c.-12C>T", ""),
    (replaced(at(1) - 1, 1, "T"), (C.UTR5,), "c.-1C>T", ""),
    (replaced(at(1), 1, "G"), (C.START_LOST,), "c.1A>G", "p.(Met1?)"),
    (replaced(at(3), 1, "A"), (C.START_LOST,), "c.3G>A", "p.(Met1?)"),
    (replaced(at(1) - 2, 4, ""), (C.START_LOST,), "c.-2_2del", "p.(Met1?)"),
    (replaced(at(1), 1, ""), (C.START_LOST,), "c.1del", "p.(Met1?)"),
    (replaced(at(1), 0, "A"), (C.UTR5,), "c.1dup", ""),
    # substitutions
    (replaced(at(4), 1, "A"), (C.MISSENSE,), "c.4G>A", "p.(Ala2Thr)"),
    (replaced(at(6), 1, "C"), (C.SYNONYMOUS,), "c.6T>C", "p.(Ala2=)"),
    (replaced(at(10), 1, "T"), (C.STOP_GAINED,), "c.10G>T", "p.(Glu4Ter)"),
    (replaced(at(4), 2, "TT"), (C.MISSENSE,), "c.4_5delinsTT", "p.(Ala2Phe)"),
    (replaced(at(6), 2, "CG"), (C.MISSENSE,), "c.6_7delinsCG", "p.(Lys3Glu)"),
    (replaced(at(5), 3, "AAG"), (C.MISSENSE,), "c.5_7delinsAAG", "p.(Ala2_Lys3delinsGluGlu)"),
    (replaced(at(4), 6, "GCCAAG"), (C.SYNONYMOUS,), "c.6_9delinsCAAG", "p.(Ala2_Lys3=)"),
    (replaced(at(5), 2, "AG"), (C.MISSENSE,), "c.5_6inv", "p.(Ala2Glu)"),
    # a codon split by the intron, the last base of an exon, splice sites
    (replaced(at(13), 1, "A"), (C.MISSENSE, REGION), "c.13G>A", "p.(Glu5Lys)"),
    (replaced(at(14), 1, "G"), (C.MISSENSE, REGION), "c.14A>G", "p.(Glu5Gly)"),
    (replaced(DONOR, 1, "A"), (C.SPLICE_DONOR,), "c.13+1G>A", "p.?"),
    (replaced(DONOR + 1, 1, "C"), (C.SPLICE_DONOR,), "c.13+2T>C", "p.?"),
    (replaced(DONOR + 3, 1, "G"), (REGION, C.INTRON), "c.13+4A>G", ""),
    (replaced(DONOR + 10, 1, "C"), (C.INTRON,), "c.13+11T>C", ""),
    (replaced(DONOR + 11, 1, "A"), (C.INTRON,), "c.14-11T>A", ""),
    (replaced(STARTS[1] - 2, 1, "G"), (C.SPLICE_ACCEPTOR,), "c.14-2A>G", "p.?"),
    (replaced(STARTS[1] - 1, 1, "C"), (C.SPLICE_ACCEPTOR,), "c.14-1G>C", "p.?"),
    (replaced(DONOR + 1, 0, "C"), (C.SPLICE_DONOR,), "c.13+1_13+2insC", "p.?"),
    (replaced(at(13), 4, ""), (C.SPLICE_DONOR,), "c.13_13+3del", "p.?"),
    (replaced(STARTS[1] - 3, 4, ""), (C.SPLICE_ACCEPTOR,), "c.14-3_14del", "p.?"),
    # one of two G at the border: the splice site is as before, the exon shorter by a base
    (replaced(DONOR, 1, ""), (C.FRAMESHIFT, REGION), "c.13+1del", "p.(Glu5AsnfsTer11)"),
    # frameshift, nonsense, in frame
    (replaced(at(7), 1, ""), (C.FRAMESHIFT,), "c.9del", "p.(Glu4LysfsTer12)"),
    (replaced(at(4), 2, ""), (C.STOP_GAINED, C.FRAMESHIFT), "c.4_5del", "p.(Ala2Ter)"),
    (replaced(at(6), 0, "T"), (C.STOP_GAINED, C.FRAMESHIFT), "c.6dup", "p.(Lys3Ter)"),
    (replaced(at(17), 0, "C"), (C.FRAMESHIFT,), "c.20dup", "p.(Gly8TrpfsTer?)"),
    (replaced(at(4), 3, ""), (C.INFRAME_DELETION,), "c.4_6del", "p.(Ala2del)"),
    (replaced(at(10), 3, ""), (C.INFRAME_DELETION, REGION), "c.11_13del", "p.(Glu5del)"),
    (replaced(at(5), 3, ""), (C.INFRAME_DELETION,), "c.5_7del", "p.(Ala2_Lys3delinsGlu)"),
    (replaced(at(7), 0, "AAA"), (C.INFRAME_INSERTION,), "c.7_9dup", "p.(Lys3dup)"),
    (replaced(at(7), 0, "CGT"), (C.INFRAME_INSERTION,), "c.6_7insCGT", "p.(Ala2_Lys3insArg)"),
    (replaced(at(7), 0, "CGTTAG"), (C.STOP_GAINED, C.INFRAME_INSERTION), "c.6_7insCGTTAG",
     "p.(Ala2_Lys3insArgTer)"),
    # stop codon, 3' UTR
    (replaced(at(28), 1, "C"), (C.STOP_LOST,), "c.28T>C", "p.(Ter10ArgextTer2)"),
    (replaced(at(29), 1, "A"), (C.STOP_RETAINED,), "c.29G>A", "p.(Ter10=)"),
    (replaced(at(28), 3, ""), (C.STOP_LOST,), "c.28_30del", "p.(Ter10ProextTer1)"),
    (replaced(at(30), 1, ""), (C.FRAMESHIFT, C.STOP_LOST), "c.30del", "p.(Ter10CysextTer5)"),
    (replaced(UTR3, 1, "T"), (C.UTR3,), "c.*1C>T", ""),
    (replaced(UTR3 + 4, 1, "G"), (C.UTR3,), "c.*5A>G", ""),
    (replaced(UTR3, 1, ""), (C.UTR3,), "c.*2del", ""),
    # beyond the transcript
    (replaced(UTR5 - 3, 5, ""), (C.UTR5,), "", ""),
    (replaced(UTR5 - 3, len(LETTERS) - UTR5, ""), (C.TRANSCRIPT_ABLATION,), "", ""),
]  # fmt: skip
"""Change, terms, HGVS of the transcript and of the protein, worked out by hand."""


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(("change", "terms", "hgvs_c", "hgvs_p"), KNOWN)
def test_known_answers(
    change: Change, terms: tuple[Consequence, ...], hgvs_c: str, hgvs_p: str, strand: str
) -> None:
    call = called(change, transcript(strand))
    assert (call.terms, call.hgvs_c, call.hgvs_p) == (terms, hgvs_c, hgvs_p)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_transcript_that_does_not_code(strand: str) -> None:
    of = transcript(strand, coding=False)
    call = called(replaced(at(4), 1, "A"), of)
    assert (call.terms, call.hgvs_c, call.hgvs_p) == ((C.NON_CODING_EXON,), "n.16G>A", "")
    assert called(replaced(DONOR, 1, "A"), of).hgvs_p == ""
    assert called(replaced(DONOR + 10, 1, "C"), of).hgvs_c == "n.25+11T>C"


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_coding_sequence_without_its_start(strand: str) -> None:
    """Two bases of the first codon are known: it is not translated, the next is residue 1."""
    of = transcript(strand, phase=1)
    assert called(replaced(at(2), 1, "A"), of).terms == (C.CODING_SEQUENCE,)
    call = called(replaced(at(4), 1, "A"), of)
    assert (call.terms, call.hgvs_p) == ((C.MISSENSE,), "p.(Ala1Thr)")


def spliced_with(change: Change) -> str | None:
    """The mRNA from the start codon with a change inside one exon, by plain text; None elsewhere."""
    exons = ((STARTS[0], EXON_1), (STARTS[1], EXON_2))
    for number, (start, exon) in enumerate(exons):
        if start <= change.start and change.start + len(change.ref) <= start + len(exon):
            offset = change.start - start
            text = exon.decode()
            whole = [exon.decode() for _, exon in exons]
            whole[number] = text[:offset] + change.alt + text[offset + len(change.ref) :]
            return "".join(whole)[12:]
    return None


@given(
    st.integers(at(4), at(13) + len(INTRON) + 14).filter(
        lambda i: at(4) <= i <= at(13) or at(14) <= i < at(28)
    ),
    st.integers(0, 5),
    st.text("ACGT", max_size=5),
)
def test_consequences_follow_from_the_protein(start: int, size: int, alt: str) -> None:
    """Any change inside the coding exons, against a translation of the changed mRNA by Biopython."""
    change = replaced(start, size, alt)
    fresh = spliced_with(change)
    if fresh is None or change.ref == alt or not fresh.startswith("ATG") or start + size > at(28):
        return
    plus, minus = (called(change, transcript(strand)) for strand in "+-")
    assert (plus.hgvs_c, plus.hgvs_p) == (minus.hgvs_c, minus.hgvs_p)
    if {C.SPLICE_DONOR, C.SPLICE_ACCEPTOR} & set(plus.terms):
        return
    protein = str(Seq(fresh[: len(fresh) // 3 * 3]).translate()).partition("*")
    old, growth = "MAKEEPPGT", len(alt) - size
    if protein[0] == old and protein[1]:
        assert {C.SYNONYMOUS, C.STOP_RETAINED, C.UTR3, C.UTR5, C.START_RETAINED, C.INTRON} & set(plus.terms)
    elif growth % 3:
        assert C.FRAMESHIFT in plus.terms or C.STOP_LOST in plus.terms
        assert ("Ter" in plus.hgvs_p) == (protein[1] != "" or "Ter?" in plus.hgvs_p)
    elif len(protein[0]) < len(old) + growth // 3:
        assert C.STOP_GAINED in plus.terms
    else:
        expected = {0: C.MISSENSE}.get(growth, C.INFRAME_INSERTION if growth > 0 else C.INFRAME_DELETION)
        assert expected in plus.terms or C.STOP_LOST in plus.terms


@given(
    st.text("AC", min_size=1, max_size=30), st.integers(0, 30), st.integers(0, 6), st.text("AC", max_size=4)
)
def test_moved_placements_give_the_same_sequence(text: str, start: int, size: int, alt: str) -> None:
    start = min(start, len(text))
    end = min(start + size, len(text))

    def sequence(low: int, high: int) -> bytes:
        return text[max(low, 0) : max(high, 0)].encode()

    def result(change: Placement) -> str:
        return text[: change.start] + change.alt + text[change.end :]

    at, ref, alt = trimmed(start, text[start:end], alt)
    change = Placement(at, at + len(ref), alt)
    left, right = shifts(change, sequence, 0, len(text))
    wanted = result(change)
    assert all(result(moved(change, shift)) == wanted for shift in range(-left, right + 1))
    for edge in (-left - 1, right + 1):
        placed = moved(change, edge) if change.is_shift else change
        inside = placed.start >= 0 and placed.end <= len(text)
        assert not change.is_shift or not inside or result(placed) != wanted


def random_transcript(draw: random.Random, size: int) -> Transcript:
    """Exons anywhere, a coding sequence that may slip back by a base, begin within a codon or be clipped."""
    edges = sorted(draw.sample(range(size + 1), 2 * draw.randrange(1, 5)))
    exons = list(zip(edges[::2], edges[1::2], strict=True))
    inside = [at for start, end in exons for at in range(start, end)]
    first, last = sorted(draw.sample(range(len(inside) + 1), 2))
    kept = set(inside[first:last]) if draw.random() < 0.85 else set()
    pieces = [[at for at in range(start, end) if at in kept] for start, end in exons]
    coding = [(piece[0], piece[-1] + 1) for piece in pieces if piece]
    if len(coding) > 1 and draw.random() < 0.1:
        coding[1] = coding[1][0] - 1, coding[1][1]
    return Transcript(
        "v", "+", "G", "g", "t", "p", "n", "", "", tuple(exons), tuple(coding), draw.choice([0, 0, 1, 2]),
        draw.choice([(), ("cds_start_NF",)]), draw.choice([1, 2]), first_residue=draw.choice([1, 1, 5]),
    )  # fmt: skip


def turned(of: Transcript, size: int) -> Transcript:
    """The transcript on the other strand of a volume of this size."""
    exons, coding = (
        tuple((size - end, size - start) for start, end in reversed(spans)) for spans in (of.exons, of.coding)
    )
    return dataclasses.replace(of, strand="-", exons=exons, coding=coding)


@pytest.mark.parametrize("seed", range(60))
def test_any_transcript_says_the_same_on_both_strands(seed: int) -> None:
    draw = random.Random(seed)
    size = draw.randrange(20, 160)
    plus = "".join(draw.choices(draw.choice(["ACGT", "ACGTN", "AC", "ATG"]), k=size))
    of = random_transcript(draw, size)
    both = {"+": (plus, of), "-": (complemented(plus), turned(of, size))}
    for _ in range(40):
        start = draw.randrange(size)
        end = min(size, start + draw.choice([0, 1, 1, 2, 3, 5, 30]))
        alt = "".join(draw.choices("ACGT", k=draw.choice([0, 1, 1, 3, 9])))
        said = set()
        for strand, (letters, here) in both.items():
            change = Change(start, plus[start:end], alt)
            if strand == "-":
                change = Change(size - end, complemented(plus[start:end]), complemented(alt))
            at, ref, new = trimmed(*change)
            placed = Placement(at, at + len(ref), new)
            touched = here.start < placed.end and here.end > placed.start
            if ref == new or not (touched or here.start < at == placed.end < here.end):
                continue
            sequence = partial(part_of, letters)
            call = consequence(SplicedTranscript(here, sequence), placed, sequence)
            said.add((call.terms, call.hgvs_c, call.hgvs_p))
        assert len(said) <= 1


def complemented(letters: str) -> str:
    return reverse_complement(letters.encode()).decode()


def part_of(letters: str, start: int, end: int) -> bytes:
    return letters[max(start, 0) : max(end, 0)].encode()


MITOCHONDRIAL = [
    # gene, strand, first and last base, change of the genome, terms, HGVS of the protein
    ("MT-ND1", "+", 3307, 4262, 3460, "G", "A", C.MISSENSE, "p.(Ala52Thr)"),
    ("MT-ND4", "+", 10760, 12137, 11778, "G", "A", C.MISSENSE, "p.(Arg340His)"),
    ("MT-ND6", "-", 14149, 14673, 14484, "T", "C", C.MISSENSE, "p.(Met64Val)"),
    ("MT-ATP6", "+", 8527, 9207, 8993, "T", "G", C.MISSENSE, "p.(Leu156Arg)"),
    ("MT-CO1", "+", 5904, 7445, 7444, "G", "A", C.STOP_LOST, "p.(Ter514LysextTer?)"),
    ("MT-CO1", "+", 5904, 7445, 7445, "A", "G", C.STOP_RETAINED, "p.(Ter514=)"),
    ("MT-ND1", "+", 3307, 4262, 3308, "T", "C", C.START_LOST, "p.(Met1?)"),
    ("MT-CYB", "+", 14747, 15887, 15884, "G", "C", C.MISSENSE, "p.(Ala380Pro)"),
]


@pytest.mark.parametrize(
    ("gene", "strand", "first", "last", "position", "ref", "alt", "term", "hgvs_p"), MITOCHONDRIAL
)
def test_known_variants_of_the_mitochondrion(
    gene: str, strand: str, first: int, last: int, position: int, ref: str, alt: str, term: Consequence,
    hgvs_p: str, chrm_fasta: Path,
) -> None:  # fmt: skip
    """The variants of Leber's optic neuropathy and others, by the vertebrate mitochondrial code."""
    letters = b"".join(line for line in chrm_fasta.read_bytes().splitlines() if not line.startswith(b">"))
    span = ((first - 1, last),)
    of = Transcript("chrM", strand, gene, gene, gene, "", gene, "protein_coding", "", span, span, table=2)

    def sequence(start: int, end: int) -> bytes:
        return letters[max(start, 0) : end]

    assert letters[position - 1 : position].decode() == ref
    call = consequence(SplicedTranscript(of, sequence), Placement(position - 1, position, alt), sequence)
    assert (call.worst, call.hgvs_p) == (term, hgvs_p)
