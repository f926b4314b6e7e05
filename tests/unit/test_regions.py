"""Addresses: what is read, what is refused and with which words, and that what is written is read back."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.errors import RegionError
from genomebook.genome import names
from genomebook.genome.near import near_names
from genomebook.genome.regions import MAX_NAME, MAX_TEXT, Addresses, Contig, Region

SLICE = "chr21:24985581-26000306"
SECOND = "chr21:43758155-43800613"
ONLY = "chr22:101-200"
HLA = "HLA-A*01:01:01:01"
CONTIGS = [
    Contig("chr1", 1000000, "chr1", 0),
    Contig(SLICE, 1014726, "chr21", 24985580),
    Contig(SECOND, 42459, "chr21", 43758154),
    Contig(ONLY, 100, "chr22", 100),
    Contig("chrM", 16569, "chrM", 0),
    Contig("HLA-A*01:01", 50, "HLA-A*01:01", 0),
    Contig(HLA, 3503, HLA, 0),
    Contig("odd-name:x", 500, "odd-name:x", 0),
]
GENES = {"MT-ND1": Region("chrM", 3306, 4262), "MT-ND2": Region("chrM", 4469, 5511)}


def book() -> Addresses:
    return Addresses(CONTIGS, lambda name: GENES.get(name.upper()), lambda: GENES, "GRCh38")


ACCEPTED = [
    ("chrM:3307-4262", ("chrM", 3306, 4262)),
    ("chrM:3,307-4,262", ("chrM", 3306, 4262)),
    ("  chrM : 3307 - 4262 ", ("chrM", 3306, 4262)),
    ("chrM 3307-4262", ("chrM", 3306, 4262)),
    ("chrM\u00a03307\u20134262", ("chrM", 3306, 4262)),  # no-break space, en dash
    ("chrM:3307\u22124262", ("chrM", 3306, 4262)),  # minus
    ("chrM:3307\u20144262", ("chrM", 3306, 4262)),  # em dash
    ("\u200bchrM:3307-4262\r\n", ("chrM", 3306, 4262)),  # zero-width space, as pasted from a page
    ("chrM", ("chrM", 0, 16569)),
    ("chrM:3307", ("chrM", 3306, 3307)),
    ("chrM 3307", ("chrM", 3306, 3307)),
    ("chrM:1", ("chrM", 0, 1)),
    ("chrM:16569", ("chrM", 16568, 16569)),
    ("chrM:1-16569", ("chrM", 0, 16569)),
    ("chrM:3307+956", ("chrM", 3306, 4262)),
    ("chrM:3,307 + 956", ("chrM", 3306, 4262)),
    ("chrM 3306 4262", ("chrM", 3306, 4262)),
    ("chrM\t3306\t4262", ("chrM", 3306, 4262)),
    ("chrM 0 16569", ("chrM", 0, 16569)),
    ("MT:3307-4262", ("chrM", 3306, 4262)),
    ("M", ("chrM", 0, 16569)),
    ("CHRM:3307-4262", ("chrM", 3306, 4262)),
    ("NC_012920.1:3307-4262", ("chrM", 3306, 4262)),
    ("1:10-20", ("chr1", 9, 20)),
    ("1 9 20", ("chr1", 9, 20)),
    ("NC_000001.11", ("chr1", 0, 1000000)),
    ("MT-ND1", ("chrM", 3306, 4262)),
    (" mt-nd1 ", ("chrM", 3306, 4262)),
    ("MT\u2010ND1", ("chrM", 3306, 4262)),
    ("HLA-A*01:01", ("HLA-A*01:01", 0, 50)),
    ("HLA-A*01:01:10-20", ("HLA-A*01:01", 9, 20)),
    (HLA, (HLA, 0, 3503)),
    (HLA + ":10-20", (HLA, 9, 20)),
    ("odd-name:x:5-6", ("odd-name:x", 4, 6)),
    (SLICE, (SLICE, 0, 1014726)),
    (SLICE + ":1-500", (SLICE, 0, 500)),
    (SLICE + " 0 500", (SLICE, 0, 500)),
    ("chr21:25,000,000-25,001,000", (SLICE, 14419, 15420)),
    ("21:25000000", (SLICE, 14419, 14420)),
    ("NC_000021.9:24985581-26000306", (SLICE, 0, 1014726)),
    ("chr21 24985580 24985581", (SLICE, 0, 1)),
    ("chr21:43,758,155-43,758,155", (SECOND, 0, 1)),
    ("chr22", (ONLY, 0, 100)),
    ("22:101-200", (ONLY, 0, 100)),
]

REFUSED = [
    ("", "the address is empty"),
    (" \t\n", "the address is empty"),
    ("x" * (MAX_TEXT + 1), "longer than 1,200 characters; shorten it"),
    ("chrQ", "no sequence or gene 'chrQ'"),
    ("chrMM:1-10", "did you mean chrM"),
    ("MT-ND9", "did you mean MT-ND1 or MT-ND2?"),
    ("zzzzzz", "it has chr1, " + SLICE + ", " + SECOND + ", ...; choose one"),
    ("chrM:16570", "chrM:16,570-16,570 is outside chrM: choose within its positions 1-16,569"),
    ("chrM:16000-17000", "positions 1-16,569"),
    ("chrM:" + "9" * 100, "positions 1-16,569"),
    ("chrM:4262-3307", "does not end after its start; swap them: chrM:3307-4262"),
    ("chrM:2-1", "swap them: chrM:1-2"),
    ("chrM 4262 3306", "write chrM 3306 4262"),
    ("chrM 5 5", "write chrM 5 6"),
    ("chrM:5+0", "write chrM:5+100"),
    ("chrM:0-10", "positions count from 1"),
    ("chrM:0", "positions count from 1"),
    ("chrM:-5-10", "positions count from 1"),
    ("chrM -5 10", "positions count from 1"),
    ("chrM:", "'' after chrM is not a position"),
    ("chrM:abc", "'abc' after chrM is not a position; write chrM:1-100"),
    ("chrM:10kb", "'10kb' after chrM is not a position"),
    ("chrM:10-", "'10-' after chrM is not a position"),
    ("chrM:10 20", "'10 20' after chrM is not a position"),
    ("chrM:1٣-20", "is not a position"),  # a digit, but not one of 0-9
    ("chr21", "this book has 2 slices of chr21; choose one of chr21:24,985,581-26,000,306, chr21:43,758,155"),
    (
        "chr21:1-100",
        "not within one slice of this book; choose within chr21:24,985,581-26,000,306, chr21:43,",
    ),
    ("chr21:26,000,000-26,001,000", "choose within chr21:24,985,581-26,000,306"),
    (
        "chr21:43,700,000",
        "choose within chr21:43,758,155-43,800,613, chr21:24,985,581",
    ),  # the nearer one first
    ("chr22:1-5", "not within one slice of this book; choose within chr22:101-200"),
    (ONLY + ":1-500", "choose within its positions 1-100 counted from the first letter of this slice"),
]


@pytest.mark.parametrize(("text", "expected"), ACCEPTED)
def test_accepted(text: str, expected: tuple[str, int, int]) -> None:
    assert book().parse(text) == Region(*expected)


@pytest.mark.parametrize(("text", "fragment"), REFUSED)
def test_refused(text: str, fragment: str) -> None:
    with pytest.raises(RegionError) as error:
        book().parse(text)
    assert fragment in str(error.value)


@pytest.mark.parametrize(
    ("region", "people", "link"),
    [
        (Region("chrM", 3306, 4262), "chrM:3,307-4,262", "chrM:3307-4262"),
        (Region(SLICE, 14419, 15420), "chr21:25,000,000-25,001,000", "chr21:25000000-25001000"),
        (Region(SLICE, 0, 1014726), "chr21:24,985,581-26,000,306", SLICE),
        (Region(HLA, 0, 1), HLA + ":1-1", HLA + ":1-1"),
    ],
)
def test_format(region: Region, people: str, link: str) -> None:
    assert book().format(region) == people
    assert book().format(region, commas=False) == link


def test_format_where_volumes_share_a_stretch() -> None:
    first, second = Contig("chr22:1-100", 100, "chr22", 0), Contig("chr22:51-150", 100, "chr22", 50)
    shared = Addresses([first, second])
    assert shared.format(Region(second.name, 0, 10)) == "chr22:51-150:1-10"
    assert shared.format(Region(second.name, 0, 60)) == "chr22:51-110"
    whole = Addresses([Contig("chr22", 100, "chr22", 0), first])
    assert whole.format(Region("chr22", 0, 100)) == "chr22 0 100"
    assert whole.parse("chr22:1-100") == Region("chr22:1-100", 0, 100)


@pytest.mark.parametrize(
    ("region", "fragment"),
    [
        (Region("chrQ", 0, 1), "no sequence or gene 'chrQ'"),
        (Region("chrM", 5, 5), "not within chrM"),
        (Region("chrM", -1, 5), "not within chrM"),
        (Region("chrM", 0, 16570), "16,569 bases"),
    ],
)
def test_format_refuses(region: Region, fragment: str) -> None:
    with pytest.raises(RegionError, match=fragment):
        book().format(region)


def test_names_of_a_book_go_by_its_lengths_and_assembly() -> None:
    for length, assembly, other in ((16571, "", "MT:1-9"), (16571, "hg19", "NC_012920.1:1-9")):
        addresses = Addresses([Contig("chrM", length, "chrM", 0)], assembly=assembly)
        assert addresses.parse("NC_001807.4:1-9") == Region("chrM", 0, 9)
        with pytest.raises(RegionError, match="no sequence or gene"):
            addresses.parse(other)


def test_what_is_spelled_just_so_goes_first() -> None:
    genes = {"Y": Region("chr1", 0, 9), "CHR2": Region("chr1", 5, 9)}
    addresses = Addresses(
        [Contig("chr1", 99, "chr1", 0), Contig("chrY", 99, "chrY", 0), Contig("s", 9, "s", 0)],
        lambda name: genes.get(name.upper()),
    )
    assert addresses.parse("Y") == Region("chrY", 0, 99)  # another name of a volume
    assert addresses.parse("y") == Region("chr1", 0, 9)  # a gene, in any case
    assert addresses.parse("y:5") == Region("chrY", 4, 5)
    assert addresses.parse("S") == Region("s", 0, 9)  # a volume in another case


def test_long_names_and_names_that_look_alike_are_read_back() -> None:
    long = "TRINITY_DN1000_path=" + "0:0-99," * 140
    assert len(long) == MAX_NAME
    contigs = [Contig(name, 50, name, 0) for name in (long, "a-b", "a\u2013b", "a\u2014b")]
    addresses = Addresses(contigs)
    for contig in contigs:
        for text in (f"{contig.name}:1-10", f"{contig.name} 0 10", f" {contig.name}:1+10"):
            assert addresses.parse(text) == Region(contig.name, 0, 10)
        assert addresses.parse(contig.name) == Region(contig.name, 0, 50)
    assert addresses.volume("A-B") == "a-b"
    assert addresses.volume("c") is None


def test_a_volume_goes_by_any_of_its_names() -> None:
    addresses = book()
    assert [addresses.volume(name) for name in ("chrM", "MT", "nc_012920.1", "chr22", SLICE)] == [
        *("chrM", "chrM", "chrM", ONLY, SLICE)
    ]
    assert addresses.volume("chr21") is addresses.volume("chr9") is None  # two slices, none


def test_many_names_are_made_ready_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    names_of = names.contig_names
    monkeypatch.setattr(names, "contig_names", lambda *given: asked.append(given) or names_of(*given))
    addresses = Addresses([Contig(f"s{n}", 50, f"s{n}", 0) for n in range(500)])
    for n in range(500):
        assert addresses.parse(f"S{n}:1-9").volume == addresses.volume(f"S{n}") == f"s{n}"
    assert len(asked) == 500


def test_near_names_of_many_names() -> None:
    many = [f"G{n}" for n in range(50_000)]
    assert near_names("g49999x", many)[0] == "G49999"
    assert near_names("g49999", many)[0] == "G49999"
    assert near_names("qqqq", many) == []


def test_near_names_prefers_a_common_beginning() -> None:
    assert near_names("brac2", ["RAC2", "UBAC2", "PRAC2", "BRCA2", "TP53"], n=2)[0] == "BRCA2"
    assert near_names("brac2", ["RAC2", "UBAC2", "PRAC2", "BRCA2", "TP53"], n=2)[1:] != []
    assert near_names("qqqq", ["RAC2"]) == []


@st.composite
def books(draw: st.DrawFn) -> list[Contig]:
    """Books whose names are as misleading as can be: names that look like ranges, slices that overlap."""
    named = st.one_of(
        st.text("a1:-+,*\u2013", min_size=1, max_size=5), st.sampled_from(["chr1", "1", "chrM", "MT"])
    )
    contigs: dict[str, Contig] = {}
    for name in draw(st.lists(named, min_size=1, max_size=5)):
        length, origin = draw(st.integers(1, 3000)), draw(st.one_of(st.none(), st.integers(0, 3000)))
        record = name if origin is None else f"{name}:{origin + 1}-{origin + length}"
        contigs[record] = Contig(record, length, name, origin or 0)
    return list(contigs.values())


@given(books(), st.data(), st.booleans())
def test_what_is_written_is_read_back(contigs: list[Contig], data: st.DataObject, commas: bool) -> None:
    addresses = Addresses(contigs)
    volume = data.draw(st.sampled_from(contigs))
    start = data.draw(st.integers(0, volume.length - 1))
    region = Region(volume.name, start, data.draw(st.integers(start + 1, volume.length)))
    assert addresses.parse(addresses.format(region, commas)) == region


@given(
    st.one_of(
        st.text(max_size=MAX_TEXT + 20),
        st.text("chrM1:-+, 0\t<>\u2013", max_size=40),
        st.tuples(st.sampled_from([c.name for c in CONTIGS]), st.text("0123456789:-+, x\x00\u202e")).map(
            "".join
        ),
    )
)
def test_any_text_gives_a_region_or_one_clean_line(text: str) -> None:
    try:
        region = book().parse(text)
    except RegionError as error:
        message = str(error)
        assert all(unicodedata.category(letter)[0] != "C" for letter in message)
        assert len(message) < 700
    else:
        length = {contig.name: contig.length for contig in CONTIGS}[region.volume]
        assert 0 <= region.start < region.end <= length
