"""The English version as an EPUB: well-formed, complete, the same bytes again, and the letters come back."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZIP_STORED, ZipFile

import pytest

from genomebook.book import Book
from genomebook.errors import BookError, OptionError
from genomebook.export import epub as export
from genomebook.export.epub import epub_lines, write_epub
from genomebook.genome.regions import Region
from genomebook.render.page.english import letters_of
from tests.support import books

OPF = "{http://www.idpf.org/2007/opf}"
XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Two sequences with small letters and a gap."""
    folder = tmp_path_factory.mktemp("epub")
    first = books.letters(9000, 3) + b"N" * 30 + books.letters(2000, 4).lower() + books.letters(3000, 5)
    (folder / "a.fa").write_bytes(books.fasta({"one": first, "two": books.letters(4000, 6)}))
    return books.make(folder / "a.fa", folder / "a.book", words="words-4096")


@pytest.fixture(scope="module")
def whole(book: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("out") / "whole.epub"
    write_epub(book, [Region(volume.name, 0, volume.length) for volume in book], path)
    return path


def test_the_letters_come_back(book: Book, whole: Path) -> None:
    letters = "".join(letters_of(book, epub_lines(whole)))
    assert letters == "".join(volume.sequence(0, volume.length).decode() for volume in book)


def test_it_is_an_epub(book: Book, whole: Path) -> None:
    with ZipFile(whole) as archive:
        names = archive.namelist()
        assert names[0] == "mimetype"
        assert archive.getinfo("mimetype").compress_type == ZIP_STORED
        assert archive.read("mimetype") == b"application/epub+zip"
        trees = {
            name: ElementTree.fromstring(archive.read(name)) for name in names if name[-3:] in ("tml", "opf")
        }
    package = trees["EPUB/package.opf"]
    items = {item.get("id"): item.get("href") for item in package.iter(f"{OPF}item")}
    spine = [items[item.get("idref")] for item in package.iter(f"{OPF}itemref")]
    assert {f"EPUB/{href}" for href in items.values()} == set(names) - {
        *("mimetype", "META-INF/container.xml", "EPUB/package.opf")
    }
    chapters = sum(len(volume.table("chapters").spans(0, volume.length)) for volume in book)
    links = [link.get("href") for link in trees["EPUB/nav.xhtml"].iter(f"{XHTML}a")]
    assert spine == ["about.xhtml", *links]
    assert len(links) == chapters
    headings = [h.text or "" for name in links for h in trees[f"EPUB/{name}"].iter(f"{XHTML}h2")]
    assert headings[0].startswith("one:1-")
    assert sum(" · " in heading for heading in headings) > len(headings) / 2
    assert any("gap: 30 letters of N" in heading for heading in headings)
    assert "not a translation" in "".join(trees["EPUB/about.xhtml"].itertext())


def test_the_same_bytes_again(book: Book, whole: Path, tmp_path: Path) -> None:
    write_epub(book, [Region(volume.name, 0, volume.length) for volume in book], tmp_path / "again.epub")
    assert (tmp_path / "again.epub").read_bytes() == whole.read_bytes()


def test_by_the_program(book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "part.epub"
    said = books.program(capsys, "epub", book.path, "--region", "one:3001-3400", "-o", path)
    assert (said.code, "1 chapter" in said.out) == (0, True)
    said = books.program(capsys, "read", book.path, path, "--english", "--back")
    assert (said.code, book.read("one:3001-3400") in said.out.replace("\n", "")) == (0, True)


def test_names_of_a_book_are_escaped(book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "title", "<script>&")
    write_epub(book, [Region("two", 0, 500)], tmp_path / "a.epub")
    with ZipFile(tmp_path / "a.epub") as archive:
        text = archive.read("EPUB/about.xhtml").decode()
    assert "&lt;script&gt;&amp;, in English" in text


def test_what_is_no_epub_is_one_line(book: Book, whole: Path, tmp_path: Path) -> None:
    (tmp_path / "text.epub").write_text("no")
    (tmp_path / "cut.epub").write_bytes(whole.read_bytes()[:-40])
    with ZipFile(whole) as archive:
        at = archive.getinfo("EPUB/chapter-00001.xhtml").header_offset + 100
    body = bytearray(whole.read_bytes())
    body[at : at + 100] = bytes(byte ^ 0xFF for byte in body[at : at + 100])
    (tmp_path / "flipped.epub").write_bytes(body)
    with ZipFile(tmp_path / "empty.epub", "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
    with ZipFile(tmp_path / "words.epub", "w") as archive:
        archive.writestr("EPUB/chapter-00001.xhtml", "<h2>a</h2><p>nonsenseword.</p>")
    for name, said in (
        *(("text", "no readable EPUB"), ("cut", "no readable EPUB"), ("none", "not readable")),
        ("flipped", "no readable EPUB"),
        *(("empty", "has no chapters"), ("words", "'nonsenseword' is no word")),
    ):
        with pytest.raises(OptionError, match=said) as caught:
            list(letters_of(book, epub_lines(tmp_path / f"{name}.epub")))
        assert "\n" not in str(caught.value)


def test_a_region_too_long_is_refused(book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MAX_LETTERS", 1000)
    with pytest.raises(BookError, match=re.escape("name a region")):
        write_epub(book, [Region("one", 0, 2000)], tmp_path / "a.epub")
    assert not list(tmp_path.iterdir())
