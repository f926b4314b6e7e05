from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.genome.assemblies import ASSEMBLIES, assembly_of, facts, known_length
from genomebook.genome.names import (
    LENGTHS,
    Names,
    aliases,
    canonical,
    contig_names,
    karyotype_key,
    rank,
    split_slice,
)

# As in the assembly report of GRCh38.p14.
REFSEQ_GENBANK = """
1 NC_000001.11 CM000663.2
2 NC_000002.12 CM000664.2
3 NC_000003.12 CM000665.2
4 NC_000004.12 CM000666.2
5 NC_000005.10 CM000667.2
6 NC_000006.12 CM000668.2
7 NC_000007.14 CM000669.2
8 NC_000008.11 CM000670.2
9 NC_000009.12 CM000671.2
10 NC_000010.11 CM000672.2
11 NC_000011.10 CM000673.2
12 NC_000012.12 CM000674.2
13 NC_000013.11 CM000675.2
14 NC_000014.9 CM000676.2
15 NC_000015.10 CM000677.2
16 NC_000016.10 CM000678.2
17 NC_000017.11 CM000679.2
18 NC_000018.10 CM000680.2
19 NC_000019.10 CM000681.2
20 NC_000020.11 CM000682.2
21 NC_000021.9 CM000683.2
22 NC_000022.11 CM000684.2
X NC_000023.11 CM000685.2
Y NC_000024.10 CM000686.2
MT NC_012920.1 J01415.2
"""
PRIMARY = [line.split() for line in REFSEQ_GENBANK.split("\n") if line]

SCAFFOLDS = [
    ("chr1_KI270706v1_random", "KI270706.1"),
    ("chrUn_KI270302v1", "KI270302.1"),
    ("chr6_GL000250v2_alt", "GL000250.2"),
    ("chr1_KN196472v1_fix", "KN196472.1"),
    ("chrY_KI270740v1_random", "KI270740.1"),
    ("chr19_KV575246v1_alt", "KV575246.1"),
]


def resolve(name: str, known: Iterable[str]) -> str | None:
    """Among sequences of which nothing but the names is known."""
    return Names(dict.fromkeys(known)).find(name)


@pytest.mark.parametrize(("plain", "refseq", "genbank"), PRIMARY)
def test_a_primary_sequence_is_known_by_all_its_names(plain: str, refseq: str, genbank: str) -> None:
    ucsc = "chrM" if plain == "MT" else f"chr{plain}"
    names = {ucsc, plain, refseq, genbank}
    assert names <= set(aliases(ucsc))
    for name in names:
        assert canonical(name) == ucsc
        assert aliases(name) == aliases(ucsc)
        for volume in names:
            assert resolve(name, ["chr99", volume, "other"]) == volume


@pytest.mark.parametrize(("ucsc", "accession"), SCAFFOLDS)
def test_a_scaffold_and_its_accession_find_each_other(ucsc: str, accession: str) -> None:
    assert aliases(ucsc) == (ucsc, accession)
    assert canonical(ucsc) == ucsc
    assert resolve(ucsc, ["chr1", accession]) == accession
    assert resolve(accession, ["chr1", ucsc]) == ucsc


@pytest.mark.parametrize(
    "name", ["chr23", "NC_000001.10", "CM000663.1", "scaffold_7", "chr1_random", "", "chr1_KI270706v1_x", "0"]
)
def test_an_unknown_name_is_itself_alone(name: str) -> None:
    assert aliases(name) == (name,)
    assert canonical(name) == name
    assert resolve(name, ["chr1", "chr2"]) is None


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("1", ["chr1", "1"], "1"),
        ("NC_000001.11", ["1", "chr1"], "chr1"),
        ("CHR1", ["chr1", "chr2"], "chr1"),
        ("chrx", ["X"], "X"),
        ("mt", ["chrM"], "chrM"),
        ("nc_012920.1", ["MT"], "MT"),
        ("Contig", ["contig", "CONTIG"], None),
        ("contig", ["contig", "CONTIG"], "contig"),
        ("chrm", ["CHRM", "MT"], "CHRM"),
        ("21", ["chr21:11-20"], None),
        ("1", [], None),
    ],
)
def test_resolve_prefers_exact_then_alias_then_case(
    name: str, known: list[str], expected: str | None
) -> None:
    assert resolve(name, known) == expected


SEQUENCES = [  # name, length, assembly that the book names, one of its names, one that it has not
    ("chrM", 16569, "", "MT", "NC_001807.4"),
    ("chrM", 16571, "", "NC_001807.4", "MT"),
    ("chrM", 16571, "hg19", "M", "MT"),
    ("chrM", 16571, "GRCh38", "M", "NC_012920.1"),  # the letters count for more than the word
    ("chrM", 16569, "GRCh37.p13", "MT", "NC_001807.4"),
    ("MT", 16569, "GRCh37", "NC_012920.1", "NC_001807.4"),
    ("chrM", 16299, "", "NC_005089.1", "NC_012920.1"),
    ("chrM", 5000, "", "MT", "NC_012920.1"),
    ("chr1", 248956422, "", "NC_000001.11", "NC_000001.10"),
    ("chr1", 249250621, "", "NC_000001.10", "NC_000001.11"),
    ("1", 195154279, "", "NC_000067.7", "NC_000001.11"),
    ("chr1", 2000, "GRCh38", "NC_000001.11", "NC_000001.10"),  # a piece of it, as the book says
    ("chr1", 2000, "hg19", "NC_000001.10", "NC_000001.11"),
    ("chr1", 2000, "", "1", "NC_000001.11"),
    ("chr1", 2000, "CanFam3.1", "1", "NC_000001.11"),
    ("chr1", None, "", "NC_000001.11", "NC_000001.10"),  # a slice, of a book that does not say
    ("chr1", None, "mm39", "NC_000067.7", "NC_000001.11"),
    ("chr1_KI270706v1_random", 500, "", "NT_187361.1", "chr1"),
    ("KI270742.1", 500, "", "NT_187513.1", "1"),
    ("NC_000001.10", 249250621, "", "1", "NC_000001.11"),
]


@pytest.mark.parametrize(("name", "length", "assembly", "has", "lacks"), SEQUENCES)
def test_names_go_by_length_and_assembly(
    name: str, length: int | None, assembly: str, has: str, lacks: str
) -> None:
    names = contig_names(name, length, assembly)
    assert name in names
    assert has in names
    assert lacks not in names
    assert Names({name: length}, assembly).find(has) == name
    assert Names({name: length}, assembly).find(lacks) is None


def test_two_mitochondria_in_one_book() -> None:
    names = Names({"chrM": 16571, "chrMT": 16569}, "hg19")
    assert [names.find(name) for name in ("chrM", "MT", "NC_012920.1", "NC_001807.4")] == [
        *("chrM", "chrMT", "chrMT", "chrM")
    ]


def test_known_lengths() -> None:
    assert known_length("chr1", "GRCm39") == 195154279
    assert known_length("NC_000001.11", "GRCh38.p14") == known_length("1", "hg38") == LENGTHS["chr1"]
    assert known_length("chr1", "") is known_length("chr1", "CanFam3.1") is None
    assert known_length("scaffold_7", "hg38") is None
    assert assembly_of("T2T-CHM13v2.0") == "CHM13"
    for assembly in ASSEMBLIES:
        known = facts(assembly)
        assert {assembly_of(assembly), assembly_of(ASSEMBLIES[assembly])} == {assembly}
        assert known.called.keys() >= known.lengths.keys() == known.names.keys()
    assert {name: facts("GRCh38").lengths[name] for name in LENGTHS} == LENGTHS
    assert all(set(facts("GRCh38").names[name]) == set(aliases(name)) for name in LENGTHS)


def test_primary_sequences_go_first() -> None:
    ordered = ["chr6", "scaffold_3", "chrUn_KI270742v1", "chr6_GL000251v2_alt"]
    assert [rank(name) for name in ordered] == [0, 1, 2, 3]
    assert rank("NC_000006.12") == rank("MT") == 0
    assert rank("chr1_KI270706v1_random") == rank("GL000009.2") == 2
    for name in ("chr4_ctg9_hap1", "chr1_KN196472v1_fix", "CHR_HSCHR6_MHC_COX_CTG1", "hs37d5", "NT_113891.3"):
        assert rank(name) == 3


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("chr21:24985581-26000306", ("chr21", 24985580, 26000306)),
        ("HLA-A*01:01:1-5", ("HLA-A*01:01", 0, 5)),
        ("chr1:7-7", ("chr1", 6, 7)),
        ("chr1:7-6", None),
        ("chr1:0-6", None),
        ("chr1:01-6", None),
        ("chr1:1,000-2,000", None),
        ("chr1", None),
        (":1-2", None),
        ("chr1:1-2 ", None),
        ("chr1:1-" + "9" * 5000, None),
    ],
)
def test_split_slice(name: str, expected: tuple[str, int, int] | None) -> None:
    assert split_slice(name) == expected


def test_karyotype_order() -> None:
    ordered = [
        *(f"chr{n}" for n in range(1, 21)),
        "chr21",
        "chr21:900-1000",
        "21:1000-1010",
        "chr21:10000-10010",
        "22",
        "NC_000023.11",
        "chrY",
        "MT",
        "chr1_KI270706v1_random",
        "chr2_KI270715v1_random",
        "chr10_KI270825v1_alt",
        "chr23",
        "chrUn_KI270302v1",
        "contig2",
        "contig2:5-9",
        "contig2:11-12",
        "contig10",
    ]
    for shuffled in (ordered[::-1], ordered[1::2] + ordered[::2]):
        assert sorted(shuffled, key=karyotype_key) == ordered


@given(
    st.lists(st.text(max_size=12) | st.from_regex(r"[a-z]{0,3}[0-9]{0,3}:[0-9]{1,3}-[0-9]{1,3}"), max_size=8)
)
def test_any_names_can_be_ordered_and_different_names_differ(names: list[str]) -> None:
    for a, b in itertools.pairwise(sorted(set(names), key=karyotype_key)):
        assert karyotype_key(a) < karyotype_key(b)
