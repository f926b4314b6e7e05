from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from genomebook.annotation.genes import Genes, read_genes
from genomebook.annotation.grounded_titles import (
    GAP,
    MAX_TITLE_LETTERS,
    NO_GENE,
    GroundedTitles,
    numbered,
    plain,
)
from genomebook.errors import AnnotationError
from genomebook.genome.regions import Contig
from tests.support.gene_tables import Row, table


def title(genes: Genes, start: int, end: int, length: int = 100_000) -> str:
    return GroundedTitles(genes, "chr1", length).titles(np.array([[start, end]]))[0]


CODING = "protein_coding"
A: Row = (1000, 5000, "+", "AAA", CODING)
B: Row = (8000, 9000, "-", "BBB", CODING)
C: Row = (9500, 9900, "+", "CCC", CODING)
D: Row = (20_000, 21_000, "+", "DDD", CODING)
INTRONIC: Row = (3000, 3200, "-", "RNU6-1", "snRNA")
PSEUDO: Row = (12_000, 12_500, "+", "AAAP1", "processed_pseudogene")


# rules


@pytest.mark.parametrize(
    ("rows", "span", "wanted"),
    [
        ((A, B), (1500, 2500), "Inside AAA, plus strand"),
        ((A, INTRONIC), (2500, 3500), "Inside AAA, plus strand, with antisense RNU6-1"),
        ((A, (3000, 3200, "+", "MIR1", "miRNA")), (2500, 3500), "Inside AAA, plus strand, with MIR1"),
        (((1000, 5000, ".", "AAA", CODING),), (1500, 2500), "Inside AAA"),
        ((A,), (900, 5100), "All of AAA, plus strand"),
        ((A,), (1000, 5000), "All of AAA, plus strand"),
        ((A,), (0, 30_000), "Around AAA, plus strand"),
        ((A,), (0, 2000), "Start of AAA, plus strand"),
        ((A,), (4000, 6000), "End of AAA, plus strand"),
        ((B,), (7000, 8500), "End of BBB, minus strand"),
        ((B,), (8500, 9400), "Start of BBB, minus strand"),
        (((1000, 5000, ".", "AAA", CODING),), (4000, 6000), "Edge of AAA"),
        ((A, B), (0, 10_000), "AAA and BBB, both strands"),
        ((A, C), (0, 10_000), "AAA and CCC, plus strand"),
        ((A, INTRONIC, B), (0, 10_000), "AAA to BBB, both strands, with RNU6-1"),
        ((A, B, C), (0, 10_000), "AAA, BBB and CCC, both strands"),
        ((A, B, C, D), (0, 30_000), "AAA to DDD, 4 protein-coding genes"),
        ((A, B, C, D, PSEUDO), (0, 30_000), "AAA to DDD, 4 protein-coding genes, with AAAP1"),
        ((A, B, C, D, PSEUDO, INTRONIC), (0, 30_000), "AAA to DDD, 4 protein-coding genes, with 2 others"),
        ((A, B), (5000, 8000), "Between AAA and BBB"),
        ((A, B), (0, 1000), "Before AAA, the first gene"),
        ((A, B), (9000, 9500), "After BBB, the last gene"),
        ((), (9000, 9500), NO_GENE),
        # protein-coding comes first, whatever covers a little more of the unit
        ((A, PSEUDO), (4000, 13_000), "End of AAA, plus strand, with AAAP1"),
        # but what covers most is not passed over
        ((A, (4900, 14_000, "-", "LINC1", "lncRNA")), (4500, 13_000), "AAA and LINC1, both strands"),
        # a gene that only grazes the unit is not named
        ((A, B), (4990, 9000), "Around BBB, minus strand"),
        ((A, B), (4990, 7900), "End of AAA, plus strand"),
        # the same name twice is named once
        (((100, 200, "+", "U6", ""), (300, 400, "+", "U6", "")), (0, 1000), "U6, plus strand"),
        (((100, 200, "+", "", ""),), (120, 140), "Inside a nameless gene, plus strand"),
    ],
)
def test_rules(rows: tuple[Row, ...], span: tuple[int, int], wanted: str) -> None:
    assert title(table(*rows), *span) == wanted


def test_of_nested_genes_the_inner_one_holds_the_unit() -> None:
    outer: Row = (0, 90_000, "+", "OUTER", CODING)
    inner: Row = (30_000, 40_000, "-", "INNER", CODING)
    assert title(table(outer, inner), 31_000, 32_000) == "Inside INNER, minus strand, with antisense OUTER"
    assert title(table(outer, inner), 41_000, 42_000) == "Inside OUTER, plus strand"


def test_a_gene_that_goes_on_beyond_a_slice_neither_starts_nor_ends_at_its_edge() -> None:
    row: Row = (0, 5000, "+", "AAA", CODING)
    assert title(table(row, clipped=True), 0, 6000) == "End of AAA, plus strand"
    assert title(table(row), 0, 6000) == "All of AAA, plus strand"


def test_neighbours_of_one_title_are_told_apart() -> None:
    assert numbered(["x", "x", "y", "x", "", ""]) == ["x (1 of 2)", "x (2 of 2)", "y", "x", "", ""]
    assert [len(text) for text in numbered(["z" * MAX_TITLE_LETTERS] * 3)] == [MAX_TITLE_LETTERS] * 3
    assert numbered([]) == []


# real genes


def chrm(fasta: Path) -> GroundedTitles:
    found = read_genes(fasta.with_name("NC_012920.1.genes.tsv"), [Contig("chrM", 16569, "chrM", 0)])
    return GroundedTitles(Genes(found), "chrM", 16569)


@pytest.mark.parametrize(
    ("first", "last", "wanted"),  # 1-based inclusive
    [
        (6000, 7000, "Inside MT-CO1, plus strand"),
        (14200, 14600, "Inside MT-ND6, minus strand"),
        (3307, 4262, "All of MT-ND1, plus strand"),
        (3307, 5511, "MT-ND1 to MT-ND2, plus strand, with MT-TI, MT-TQ and MT-TM"),
        (1, 576, "Before MT-TF, the first gene"),
        (16024, 16569, "After MT-TP, the last gene"),
        (14149, 15887, "MT-ND6 to MT-CYB, both strands, with MT-TE"),
        (4263, 4400, "MT-TI and MT-TQ, both strands"),
        (1, 16569, "MT-ND1 to MT-CYB, 13 protein-coding genes, with 24 others"),
        (5730, 5760, "Between MT-TN and MT-TC"),
    ],
)
def test_chromosome_m(chrm_fasta: Path, first: int, last: int, wanted: str) -> None:
    assert chrm(chrm_fasta).titles(np.array([[first - 1, last]])) == [wanted]


# tracks


def test_a_kind_comes_in_front_only_above_its_share_of_the_volume() -> None:
    genes = table((1000, 2000, "+", "OR4F5", CODING), (90_000, 95_000, "+", "SAMD11", CODING))

    def first(covered: int, elsewhere: int) -> str:
        tracks = pd.DataFrame(
            {
                "volume": "chr1",
                "start": [10_000, 50_000],
                "end": [10_000 + covered, 50_000 + elsewhere],
                "kind": "LINE",
            }
        )
        made = GroundedTitles(genes, "chr1", 100_000, tracks).titles(np.array([[10_000, 20_000]]))
        return made[0]

    rich, plainly = "LINE-rich, between OR4F5 and SAMD11", "Between OR4F5 and SAMD11"
    assert first(4000, 16_000) == rich  # 40 % of the unit, 20 % of the volume
    assert first(4000, 16_001) == plainly
    assert first(1000, 100) == rich
    assert first(999, 100) == plainly  # less than a tenth of the unit


def test_overlapping_intervals_count_once_and_gaps_do_not_count() -> None:
    tracks = pd.DataFrame(
        {"volume": "chr1", "start": [0, 100, 100, 5000], "end": [600, 300, 700, 5010], "kind": "Alu"}
    )
    spans = np.array([[0, 6900], [0, 1000]])
    whole = GroundedTitles(table(), "chr1", 100_000, tracks)
    assert whole.titles(spans) == ["Alu-rich, no gene known here"] * 2
    longer = np.array([[0, 7200], [700, 1000]])
    assert whole.titles(longer) == [NO_GENE, NO_GENE]
    gaps = np.array([[1000, 2000]])
    known = GroundedTitles(table(), "chr1", 100_000, tracks, gaps)
    assert known.titles(longer) == ["Alu-rich, no gene known here", NO_GENE]
    assert known.titles(np.array([[1000, 2000], [1200, 1300]])) == [GAP, GAP]


def test_tracks_of_another_volume_or_without_a_column() -> None:
    tracks = pd.DataFrame({"volume": ["chr2"], "start": [0], "end": [90_000], "kind": ["LINE"]})
    assert GroundedTitles(table(A), "chr1", 100_000, tracks).titles(np.array([[0, 500]])) == [
        "Before AAA, the first gene"
    ]
    with pytest.raises(AnnotationError, match="no column kind"):
        GroundedTitles(table(A), "chr1", 100_000, tracks.drop(columns="kind"))


# text of other people's files


def test_names_are_plain_text() -> None:
    assert plain("a\nb\t c") == "a b c"
    assert plain("\u202eevil\u2066\x1b[31m\x00") == "evil[31m"
    assert plain("x" * 500) == "x" * 29 + "…"
    row: Row = (0, 90_000, "+", "<script>\r\nalert(1)\u202e</script>", CODING)
    assert title(table(row), 10, 900) == "Inside <script> alert(1)</script>, plus strand"


@st.composite
def layouts(draw: st.DrawFn) -> tuple[Genes, NDArray[np.int64]]:
    n = draw(st.integers(0, 12))
    places = st.tuples(st.integers(0, 9990), st.integers(1, 4000))
    biotypes = st.sampled_from([CODING, "", "lncRNA", "TEC", "unprocessed_pseudogene"])
    rows = [
        (a, min(a + b, 10_000), draw(st.sampled_from("+-.")), draw(st.text(max_size=60)), draw(biotypes))
        for a, b in draw(st.lists(places, min_size=n, max_size=n))
    ]
    edges = sorted({0, 10_000, *draw(st.lists(st.integers(1, 9999), max_size=12))})
    return table(*rows, clipped=draw(st.booleans())), np.stack([edges[:-1], edges[1:]], axis=1)


@settings(max_examples=300)
@given(layouts())
def test_every_title_is_one_bounded_line_and_says_whether_genes_are_there(
    layout: tuple[Genes, NDArray[np.int64]],
) -> None:
    genes, spans = layout
    made = GroundedTitles(genes, "chr1", 10_000)
    found = made.titles(spans)
    assert found == [made.titles(span[None])[0] for span in spans]
    for (start, end), text in zip(spans.tolist(), numbered(found), strict=True):
        assert 0 < len(text) <= MAX_TITLE_LETTERS
        assert text == " ".join(text.split())
        assert not any(unicodedata.category(letter).startswith("C") for letter in text)
        beside = text.startswith(("Between ", "Before ", "After ", NO_GENE))
        if not len(genes):
            assert text.startswith(NO_GENE)
        elif len(genes.overlapping("chr1", start, end)) == 0:
            assert beside
