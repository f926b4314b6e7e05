"""Coding sequences, their translation, and the residues under the letters."""

from __future__ import annotations

from Bio.Data import CodonTable

from genomebook.annotation.coding import coding_offset, coding_sequence, mrna, protein, residues
from genomebook.book.transcripts import Span, Transcript
from genomebook.language.alphabet import reverse_complement
from genomebook.language.genetic_codes import genetic_code


def transcript(strand: str, exons: tuple[Span, ...], coding: tuple[Span, ...], **more: object) -> Transcript:
    texts = dict.fromkeys(("protein_id", "name", "biotype", "description"), "")
    made = {"gene": "G", "gene_id": "G1", "transcript_id": "T1", **texts, **more}
    return Transcript("v", strand, exons=exons, coding=coding, **made)  # type: ignore[arg-type]


def letters(text: bytes):  # type: ignore[no-untyped-def]
    return lambda start, end: text[start:end]


def test_every_code_is_that_of_biopython() -> None:
    tables = CodonTable.unambiguous_dna_by_id
    for number, table in tables.items():
        code = genetic_code(number)
        stops = {codon.decode() for codon, amino in code.aminos.items() if amino == "*"}
        assert {c.decode(): a for c, a in code.aminos.items() if a != "*"} == dict(table.forward_table)
        assert stops == set(table.stop_codons) - set(table.forward_table)
        assert {codon.decode() for codon in code.starts} == set(table.start_codons)
    assert len(tables) == 27


def test_codons_are_joined_over_introns_on_both_strands() -> None:
    # cc ATGA|gtaag|A|gtag|ATAA gg: M, K over two introns, stop
    text = b"ccATGAgtaagAgtagATAAgg"
    exons = ((0, 6), (11, 12), (16, 22))
    coding = ((2, 6), (11, 12), (16, 20))
    plus = transcript("+", exons, coding)
    assert coding_sequence(plus, letters(text)) == b"ATGAAATAA"
    assert mrna(plus, letters(text)) == b"ccATGAAATAAgg"
    assert protein(plus, letters(text)) == "MK"
    here = residues(plus, letters(text), 11, 12)
    assert [(r.amino, r.number, r.codon) for r in here] == [("K", 2, "AAA")]
    assert here[0].spans == ((5, 6), (11, 12), (16, 17))
    size = len(text)
    back = reverse_complement(text)
    minus = transcript(
        "-",
        tuple((size - end, size - start) for start, end in reversed(exons)),
        tuple((size - end, size - start) for start, end in reversed(coding)),
    )
    assert protein(minus, letters(back)) == "MK"
    assert [r.amino for r in residues(minus, letters(back), 0, size)] == ["M", "K", "*"]
    assert [r.is_start for r in residues(minus, letters(back), 0, size)] == [True, False, False]
    assert coding_offset(minus, size - 3) == 0
    assert coding_offset(minus, size - 8) is None


def test_ambiguous_letters_and_cut_ends() -> None:
    text = b"GATGNAACTR"
    short = transcript("+", ((0, 10),), ((0, 10),), phase=1, tags=("cds_start_NF",))
    assert [r.amino for r in residues(short, letters(text), 0, 10)] == ["M", "X", "X"]
    assert not any(r.is_start for r in residues(short, letters(text), 0, 10))
    assert [r.number for r in residues(short, letters(text), 4, 5)] == [2]
    assert residues(short, letters(text), 0, 1) == []


def test_stops_completed_by_the_tail_and_other_meanings() -> None:
    text = b"ATTTGAATA"
    whole = transcript("+", ((0, 9),), ((0, 8),), table=2)
    assert [(r.amino, r.is_stop) for r in residues(whole, letters(text + b"A"), 0, 9)] == [
        ("M", False),
        ("W", False),
    ]
    ends = transcript("+", ((0, 9),), ((0, 7),), table=2)
    assert protein(ends, letters(b"ATTTGAT"), stop=True) == "MW*"
    nuclear = transcript("+", ((0, 9),), ((0, 7),))
    assert protein(nuclear, letters(b"ATGTGAT"), stop=True) == "M*"
    seleno = transcript("+", ((0, 9),), ((0, 9),), exceptions=((3, 6, "U"),))
    assert protein(seleno, letters(b"ATGTGATAA")) == "MU"
