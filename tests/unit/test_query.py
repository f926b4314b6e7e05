"""Queries: any shape of FASTA or pasted text is read alike; what is not usable is refused in one line."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from genomebook.errors import SearchError
from genomebook.search.query import (
    MAX_LETTERS,
    MAX_NAME,
    MAX_RECORDS,
    MAX_TOTAL,
    MIN_LETTERS,
    Query,
    _apart,
    read_queries,
    read_query_file,
    read_query_stream,
)
from tests.support import dna

GOOD = "ACGTACGTAACCGGTTACGTA"


def refused(text: str | bytes, **limits: int) -> str:
    """The one line with which a text is refused."""
    with pytest.raises(SearchError) as error:
        read_queries(text, "q.fa", **limits)
    line = str(error.value)
    assert "\n" not in line
    assert line.startswith("q.fa: ")
    return line.removeprefix("q.fa: ")


@st.composite
def written(draw: st.DrawFn) -> tuple[list[Query], bytes]:
    """Queries, and FASTA of them in any shape."""
    queries, out = [], [draw(st.sampled_from([b"", b"\xef\xbb\xbf", b"\n\n", b"  "]))]
    end = draw(st.sampled_from([b"\n", b"\r\n", b"\r", b"\n\n"]))
    for number in range(draw(st.integers(1, 4))):
        letters = dna.random_dna(draw(st.integers(MIN_LETTERS, 300)), draw(st.integers(0, 99)))
        letters += dna.random_dna(draw(st.integers(0, MIN_LETTERS)), 1, dna.IUPAC).replace(b"U", b"T")
        queries.append(Query(f"r{number}", letters))
        shown = draw(
            st.sampled_from([letters, letters.lower(), letters.replace(b"T", b"U"), letters.swapcase()])
        )
        out.append(
            f">r{number}".encode() + draw(st.sampled_from([b"", b" words, 12 of them", b"\tmore"])) + end
        )
        width = draw(st.sampled_from([1, 7, 60, 10**6]))
        for at in range(0, len(shown), width):
            out.append(draw(st.sampled_from([b"", b"  61 ", b"\xc2\xa0"])))
            out.append(b" ".join([shown[at : at + width]]) + draw(st.sampled_from([b"", b" ", b"\t"])) + end)
    text = b"".join(out)
    return queries, draw(st.sampled_from([text, text.rstrip()]))


@given(written())
def test_queries_are_read_whatever_the_shape(case: tuple[list[Query], bytes]) -> None:
    queries, text = case
    assert read_queries(text) == queries
    assert read_queries(text.decode()) == queries
    assert read_query_stream(io.BytesIO(gzip.compress(text)), "x") == queries


@given(st.one_of(st.text(max_size=300), st.binary(max_size=300)))
@example("\ud800" * 30)
@example("ş" + GOOD)
def test_any_text_is_read_or_refused_in_one_line(text: str | bytes) -> None:
    for start in ("", ">x\n" + GOOD):
        content = start + text if isinstance(text, str) else start.encode() + text
        try:
            found = read_queries(content)
        except SearchError as error:
            line = str(error)
            assert len(line.splitlines()) == 1
            assert line.isprintable()
            continue
        assert len({query.name for query in found}) == len(found)
        for query in found:
            assert set(query.letters) <= set(b"ACGTNRYSWKMBDHV")
            assert len(query.letters) >= MIN_LETTERS
            assert 1 <= len(query.name) <= MAX_NAME
            assert query.name.isprintable()


def test_bare_letters_and_entries() -> None:
    assert read_queries(GOOD) == [Query("query 1", GOOD.encode())]
    entry = (
        "LOCUS  X 30 bp\nDEFINITION  words.\nORIGIN      \n        1 gatcacaggt ctatcaccct attaaccact\n//\n"
    )
    assert read_queries(entry) == [Query("query 1", b"GATCACAGGTCTATCACCCTATTAACCACT")]
    assert read_queries("  1 gatcacaggt\n 11 ctatcaccct\n//")[0].letters == b"GATCACAGGTCTATCACCCT"


def test_letters_before_a_first_header_are_a_query_of_their_own() -> None:
    assert [query.name for query in read_queries(f"{GOOD}\n>x\n{GOOD}")] == ["query 1", "x"]


def test_names_are_told_apart_cut_and_cleaned() -> None:
    text = "".join(f">{name}\n{GOOD}\n" for name in ("x", "x rest", "", "x.2", "a\x07b\x1b[31m c", "é" * 300))
    names = [query.name for query in read_queries(text)]
    assert names == ["x", "x.2", "query 3", "x.2.2", "a", "é" * MAX_NAME]
    twice = read_queries(f">{'n' * 300}\n{GOOD}\n>{'n' * 300}\n{GOOD}")
    assert [len(query.name) for query in twice] == [MAX_NAME] * 2
    assert twice[0].name != twice[1].name


def test_many_records_of_one_name_are_told_apart_in_a_few_looks_each() -> None:
    class Counted(dict[str, int]):
        looks = 0

        def __contains__(self, name: object) -> bool:
            Counted.looks += 1
            return super().__contains__(name)

    taken = Counted()
    names = [_apart(name, taken) for name in ("x", "é" * MAX_NAME) for _ in range(2_000)]
    assert len(set(names)) == 4_000
    assert names[1_999] == "x.2000"
    assert Counted.looks < 20_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing to look for; give DNA or RNA letters, or FASTA"),
        (" \r\n\t ", "nothing to look for; give DNA or RNA letters, or FASTA"),
        (">x\n>y\n" + GOOD, "record 'x': has no letters; give DNA or RNA letters"),
        (">x\nACGT", "record 'x': length 4 is too short; give at least 20"),
        (">x\nA", "record 'x': length 1 is too short; give at least 20"),
        (">x\n" + "n" * 40, "record 'x': no letter of it is A, C, G or T; give known letters"),
        (">x\nACGT" + "n" * 40, "record 'x': only 4 of its letters are A, C, G or T; give at least 20"),
        (
            f">x\n{GOOD[:16]}E{GOOD}",
            "record 'x': position 17 is 'E', which is not a nucleotide: this looks like protein; "
            "give DNA or RNA letters",
        ),
        (
            ">p\nMKVSTAGKRHDNWYMKVSTAGKRHDNWY",
            "record 'p': fewer than half of its letters are A, C, G, T, U or N: this looks like protein; "
            "give DNA or RNA letters",
        ),
        (
            f">a\n{GOOD}\n>x\n{GOOD[:10]}-{GOOD}",
            "record 'x': position 11 is '-', which is not a nucleotide; give letters without gaps, "
            "or N where they are unknown",
        ),
        (f"{GOOD} >x\n{GOOD}", "record 'query 1': position 22 is '>', which is not a nucleotide; begin"),
        (
            f"{GOOD}é",
            "record 'query 1': position 22 is 'é', which is not a nucleotide; give DNA or RNA letters",
        ),
        (f"@r\n{GOOD}\n+\nIIII", "this looks like FASTQ; convert it to FASTA (seqtk seq -A)"),
        (gzip.compress(b"A" * 99, mtime=0), "this is not text; give plain FASTA, or the name of a .gz file"),
        (GOOD.encode("utf-16"), "this is not text; give plain FASTA, or the name of a .gz file"),
        (f">x\n{'A' * (MAX_LETTERS + 1)}", "record 'x': 1,000,001 letters; give at most 1,000,000"),
        (f">x\n{GOOD}\n" * (MAX_RECORDS + 1), "more than 1,000 records; give fewer at a time"),
        (f">x\n{'A' * MAX_LETTERS}\n" * 6, "too long to search at once; give at most 5,000,000 letters"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str | bytes, said: str) -> None:
    assert refused(text).startswith(said)


def test_most_of_everything_is_read() -> None:
    found = read_queries(f">x\n{'A' * (MAX_TOTAL // MAX_RECORDS)}\n" * MAX_RECORDS)
    assert len(found) == MAX_RECORDS
    assert sum(len(query) for query in found) == MAX_TOTAL


def test_smaller_limits() -> None:
    assert "more than 2 records" in refused(f">x\n{GOOD}\n" * 3, max_records=2)
    assert "at most 30 letters" in refused(f">x\n{GOOD}\n" * 2, max_letters=30)


@pytest.mark.parametrize("line", ["A", ">x\nA\n", b"\n"])
def test_a_huge_paste_is_refused_without_a_copy(line: str | bytes) -> None:
    paste = line * (100_000_000 // len(line))
    tracemalloc.start()
    try:
        assert "too long to search at once" in refused(paste)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_files(tmp_path: Path) -> None:
    file = tmp_path / "q.fa"
    file.write_text(f">x\n{GOOD}\n")
    packed = tmp_path / "q.fa.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert read_query_file(file) == read_query_file(packed) == [Query("x", GOOD.encode())]


def test_files_that_are_refused(tmp_path: Path) -> None:
    big = tmp_path / "big.fa"
    with big.open("wb") as file:
        file.truncate(200_000_000)
    bomb = tmp_path / "bomb.fa.gz"
    bomb.write_bytes(gzip.compress(b"A" * 100_000_000))
    cut = tmp_path / "cut.fa.gz"
    cut.write_bytes(gzip.compress(dna.random_dna(5000, 1))[:-300])
    for path, said in (
        (big, "too long to search at once"),
        (bomb, "too long to search at once"),
        (cut, "the gzip data is cut short or damaged"),
        (tmp_path / "none.fa", "no such file; check the path"),
        (tmp_path, "is a folder; name a FASTA file"),
    ):
        with pytest.raises(SearchError) as error:
            read_query_file(path)
        assert str(error.value).startswith(f"{path}: {said}")
