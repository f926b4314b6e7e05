"""Descriptions of annotation files, cleaned for people."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.annotation.attributes import MAX_TEXT, for_people
from genomebook.annotation.genes import read_genes
from genomebook.genome.regions import Contig

ENSEMBL = "amyloid beta precursor protein [Source:HGNC Symbol;Acc:HGNC:620]"
PIECES = (*"aB (),;.-<>&\"'\t\n", "[Source:HGNC Symbol", ";Acc:HGNC:620]", "%2C", "&amp;", "{ECO:1}", "null")


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (ENSEMBL, "amyloid beta precursor protein"),
        (ENSEMBL.partition(";")[0], "amyloid beta precursor protein"),
        ("novel transcript%2C antisense to JAG1", "novel transcript, antisense to JAG1"),
        ("3&#39;-5&prime; exonuclease &amp; helicase", "3'-5′ exonuclease & helicase"),
        ("[Source:HGNC Symbol;Acc:HGNC:620]", ""),
        ("kinase {ECO:0000305|PubMed:1}; membrane", "kinase; membrane"),
        ('"quoted"', "quoted"),
        ("ATP synthase subunit 5 [pseudogene]", "ATP synthase subunit 5 [pseudogene]"),
        ("two\n\tlines\u202e\x1b[31m", "two lines [31m"),
        ("<b>bold</b>", "<b>bold</b>"),
        *((nothing, "") for nothing in ("", " ", ".", "NULL", "n/a", "-", "None")),
        ("nanos homolog 1", "nanos homolog 1"),
        ("x" * 10_000, "x" * (MAX_TEXT - 1) + "…"),
    ],
)
def test_descriptions_lose_what_is_for_databases_and_nothing_else(text: str, cleaned: str) -> None:
    assert for_people(text) == cleaned


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_becomes_a_short_line_without_an_origin(text: str) -> None:
    cleaned = for_people(text)
    assert cleaned.isprintable()
    assert len(cleaned) <= MAX_TEXT
    assert "[Source:" not in cleaned
    assert "{ECO:" not in cleaned
    assert cleaned == cleaned.strip()


def test_genes_are_read_with_clean_descriptions(tmp_path: Path) -> None:
    row = "chr1\ts\tgene\t{}\t900\t.\t+\t.\tID=gene:G{};description={}\n"
    path = tmp_path / "genes.gff3"
    path.write_text(row.format(1, 1, ENSEMBL.replace(";", "%3B")) + row.format(5, 2, ENSEMBL))
    genes = read_genes(path, [Contig("chr1", 1000, "chr1", 0)])
    assert set(genes["description"]) == {"amyloid beta precursor protein"}
