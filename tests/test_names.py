from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.genome.names import LENGTHS, aliases, canonical, karyotype_key, resolve, split_slice

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


def test_resolve_reads_any_iterable_once() -> None:
    assert resolve("1", (f"chr{n}" for n in range(1, 4))) == "chr1"


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


@pytest.mark.data
def test_lengths_are_those_of_the_cytoband_table(shared: Path) -> None:
    ends: dict[str, int] = {}
    with gzip.open(shared / "data/annotation/hg38_cytoBandIdeo.txt.gz", "rt") as lines:
        for line in lines:
            chrom, _, end, *_ = line.split("\t")
            ends[chrom] = max(int(end), ends.get(chrom, 0))
    assert {name: ends.get(name, LENGTHS["chrM"]) for name in LENGTHS} == LENGTHS
    assert list(LENGTHS) == sorted(LENGTHS, key=karyotype_key)
    assert len(LENGTHS) == 25
