"""The English version: the right words in the right place, over any number of pages, and what it is."""

from __future__ import annotations

import gzip
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from genomebook.book import Book
from genomebook.book.page import MAX_BASES
from genomebook.errors import BookError
from genomebook.genome.regions import Region
from genomebook.render.page import english as module
from genomebook.render.page.english import english, letters_of, opened_text
from tests.support import books, glossed

GAP = slice(400, 437)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Two volumes; the first has a gap, ambiguous letters and lower case."""
    folder = tmp_path_factory.mktemp("english")
    dna = books.letters(9000, 3)
    first = dna[: GAP.start] + b"N" * (GAP.stop - GAP.start) + dna[400:700] + b"RY" + dna[700:].lower()
    fasta = folder / "a.fa"
    fasta.write_bytes(books.fasta({"chr1": first, "chr2:1001-1500": dna[:500]}))
    books.make(fasta, folder / "bare.book")
    return Book.open(glossed.put_all(folder / "bare.book", folder / "a.book"))


def paragraphs(text: str) -> list[tuple[str, str]]:
    """Coordinates and sentences of each paragraph; a gap has no sentences."""
    blocks = text.rstrip("\n").split("\n\n")[1:]
    return [(head, body) for head, _, body in (block.partition("\n") for block in blocks)]


def check(book: Book, region: Region, text: str) -> None:
    """Hold each paragraph to the letters at its own coordinates, and all together to the region."""
    volume = book[region.volume]
    reached: list[tuple[int, int]] = []
    for head, body in paragraphs(text):
        place = book.addresses.parse(re.split(" gap| ·", head)[0])
        reached.append((place.start, place.end))
        letters = volume.sequence(place.start, place.end).decode()
        assert "".join(letters_of(book, ["", head, body])) == letters
        sentences = volume.sentences(place.start, place.end)
        assert len(re.findall(r"\.(?= |$)", body)) == (len(sentences) if body else 0)
        assert all(s.lstrip("[]0123456789 ")[:1].isupper() for s in re.split(r"(?<=\.) ", body) if s)
    assert [end for _, end in reached[:-1]] == [start for start, _ in reached[1:]]
    assert reached[0][0] <= region.start
    assert reached[-1][1] >= region.end
    for edge, (start, end) in ((region.start, reached[0]), (region.end - 1, reached[-1])):
        assert start <= edge < end


@settings(max_examples=20)
@given(st.integers(0, 9038), st.integers(1, 4000), st.sampled_from([1, 300, 100_000]))
def test_english_goes_back_to_the_words_of_the_region(
    book: Book, start: int, size: int, at_once: int
) -> None:
    volume = next(iter(book))
    region = Region(volume.name, start, min(start + size, volume.length))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LETTERS_AT_ONCE", at_once)
        text = "".join(english(book, region))
    check(book, region, text)
    assert text == "".join(english(book, region))


def test_first_and_last_sentences_are_whole_and_no_more(book: Book) -> None:
    volume = next(iter(book))
    rows = volume.sentences()
    row = rows.iloc[len(rows) // 2]
    inside = Region(volume.name, int(row.start) + 1, int(row.end) - 1)
    ((head, body),) = paragraphs("".join(english(book, inside)))
    assert book.addresses.parse(head.split(" ·")[0]) == Region(volume.name, int(row.start), int(row.end))
    assert body.count(".") == 1


def test_a_gap_is_said(book: Book) -> None:
    found = dict(paragraphs("".join(english(book, Region("chr1", 0, 9039)))))
    assert found["chr1:401-437 gap: 37 letters of N"] == ""


def test_slices_are_in_genome_coordinates(book: Book) -> None:
    name = list(book.volumes)[1]
    head, _ = paragraphs("".join(english(book, Region(name, 0, 500))))[0]
    assert head.startswith("chr2:1,001-")


def test_it_says_what_it_is(book: Book) -> None:
    heading = "".join(english(book, Region("chr1", 0, 100))).split("\n\n")[0]
    assert heading.startswith("English version of chr1:1-100, whole sentences\n")
    assert f"book {book.digest}\n" in heading
    assert "vocabulary words-600" in heading
    assert "This is not a translation." in heading
    words = [i for i, word in enumerate(book.vocabulary.words) if re.fullmatch("[ACGT]+", word or "")]
    named = sum(bool(glossed.gloss(i)) for i in words)
    assert f"{named:,} of {len(words):,} words have one" in heading


def test_how_the_glosses_were_made_is_said(chrm_book: Path) -> None:
    heading = "".join(english(Book.open(chrm_book), Region("chrM", 0, 100))).split("\n\n")[0]
    assert "vocabulary words-4096, by meaning; 4,100 of 4,100 words have one" in heading


def test_the_shipped_english_goes_back_to_the_letters(
    chrm_book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the program: the mitochondrial chromosome, with every word in English, and all its letters again."""
    text = tmp_path / "english.txt"
    text.write_text(books.program(capsys, "read", chrm_book, "chrM", "--english").out, encoding="utf-8")
    said = books.program(capsys, "read", chrm_book, text, "--english", "--back")
    whole = Book.open(chrm_book)["chrM"].sequence(0, 16_569).decode()
    assert said.out.replace("\n", "") == whole
    assert not re.search(r"\b[ACGT]{2,}\b", text.read_text(encoding="utf-8").split("\n\n", 1)[1])


def test_the_english_of_real_sequence_goes_back_to_the_letters(shared: Path, tmp_path: Path) -> None:
    """All of the slice of chromosome 21, and the soft-masked end of chromosome 2 with its gap."""
    with gzip.open(shared / "data/genome/GRCh38_regions.fa.gz", "rt") as lines:
        records = dict(record.split("\n", 1) for record in lines.read().split(">")[1:])
    letters = {name.split()[0]: text.replace("\n", "") for name, text in records.items()}
    taken = {"chr21": letters["chr21:24985581-26000306"], "chr2": letters["chr2:1-2333275"][:60_000]}
    (tmp_path / "a.fa").write_bytes(books.fasta({name: text.encode() for name, text in taken.items()}))
    book = books.make(tmp_path / "a.fa", tmp_path / "a.book", words="words-4096")
    for name, text in taken.items():
        at = ""
        for start in range(0, len(text), MAX_BASES):
            end = min(start + MAX_BASES, len(text))
            written = "".join(english(book, Region(name, start, end))).splitlines()
            place = book.addresses.parse(re.split(" gap| ·", written[written.index("") + 1])[0])
            at = at[: place.start] + "".join(letters_of(book, written))
        assert at == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nchr1:1-9\nZebra qqq.\n", "line 3: 'Zebra' is no word of this book's English version"),
        ("\nchr1:1-9\n<b>.\n", "line 3: '<b>' is no word of this book's English version"),
        ("\nchr1:1-9 gap: , of N\n", "line 2: no gap of this book"),
        ("\nchr1:1-9 gap: 999,999,999,999 letters of N\n", "line 2: no gap of this book"),
    ],
)
def test_text_that_is_no_english_version_is_one_line(
    book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    file = tmp_path / "a.txt"
    file.write_text(text, encoding="utf-8")
    assert said in books.program(capsys, "read", book.path, file, "--english", "--back").error
    assert "not readable" in books.program(capsys, "read", book.path, tmp_path, "--english", "--back").error


def test_bytes_that_are_no_utf_8_are_one_line(
    book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "latin.txt"
    file.write_bytes(b"\nchr1:1-9\nCaf\xe9.\n")
    for name, said in ((str(file), str(file)), ("-", "standard input")):
        with file.open(encoding="utf-8") as stdin:
            monkeypatch.setattr("sys.stdin", stdin)
            error = books.program(capsys, "read", book.path, name, "--english", "--back").error
        assert f"{said}: no text in UTF-8; give a file of an English version" in error
        assert "Traceback" not in error


def test_an_error_of_who_reads_the_text_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a\n")
    with pytest.raises(BrokenPipeError), opened_text(str(tmp_path / "a.txt")):
        raise BrokenPipeError


def test_refused_before_anything_is_written(book: Book, tmp_path: Path) -> None:
    with pytest.raises(BookError, match=r"1,000,001 letters, more than the 1,000,000 .* ask for a shorter"):
        english(book, Region("chr1", 0, MAX_BASES + 1))
    bare = Book.open(glossed.put(book.path, tmp_path / "a.book", {}, None))
    with pytest.raises(BookError, match="no glosses for this vocabulary"):
        english(bare, Region("chr1", 0, 100))


def test_control_characters_of_a_gloss_do_not_reach_a_terminal(
    book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = book.lexicon.table["id"].tolist()
    evil = dict.fromkeys(ids, "a\x1b[2J\nb\u202e[red]")
    path = glossed.put(book.path, tmp_path / "a.book", evil, evil)
    for option in (["--english"], ["--lines", "gloss,tag"]):
        said = books.program(capsys, "read", path, "chr1:1-300", *option)
        assert said.code == 0
        assert "a [2J b [red]" in said.out
        assert not re.search("[\x1b\u202e]", said.out)


def test_the_program_prints_english(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    said = books.program(capsys, "read", book.path, "chr1:1-9039", "--english", "--limit", "1")
    assert said.out == "".join(english(book, Region("chr1", 0, 9039)))
    assert (said.code, said.err) == (0, "")


def test_the_program_sets_lines_under_words(book: Book, capsys: pytest.CaptureFixture[str]) -> None:
    said = books.program(capsys, "read", book.path, "chr1:500-1500", "--lines", "gloss,tag,surprisal").out
    columns: list[list[str]] = []
    for block in re.findall(r"paragraph [\d,]+\n(.+?)\n\n", said, flags=re.DOTALL):
        lines = block.split("\n")
        assert len(lines) % 4 == 0
        for i in range(0, len(lines), 4):
            words, *under = lines[i : i + 4]
            assert cell_len(words.rstrip()) <= 100
            edges = [*(match.start() for match in re.finditer(r"\S+", words)), None]
            for a, b in pairwise(edges):
                columns.append([row[a:b].strip() for row in (words, *under)])
    ids = {word: i for i, word in enumerate(book.vocabulary.words) if word}
    assert len(columns) > 100
    for word, gloss, tag, surprisal in columns:
        text = word.rstrip(".").upper()
        assert surprisal.isdigit()
        if "…" in text:  # a word that the region cuts: which one is not seen
            continue
        known = ids[text] if text not in {"R", "Y"} else 0
        assert (gloss, tag) == ((glossed.gloss(known), glossed.tag(known)) if known else ("", ""))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("gloss,colour", "--lines 'colour': choose one of surprisal, gloss, name, tag"),
        (
            "tag",
            "no annotation of its words; add it: genomebook ground BOOK --track repeats.bed.gz",
        ),
        ("gloss", "no glosses for this vocabulary (words-600)"),
    ],
)
def test_a_line_that_is_not_there_is_one_line(
    book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: str, said: str
) -> None:
    bare = book.path.with_name("bare.book")
    if lines == "gloss":
        bare = glossed.put(book.path, tmp_path / "a.book", {}, None)
    assert said in books.program(capsys, "read", bare, "chr1:1-100", "--lines", lines).error
