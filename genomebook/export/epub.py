"""The English version of a book as an EPUB, a file a chapter, and its letters back again."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from genomebook.annotation.contents_titles import ContentsTitles
from genomebook.book import Book
from genomebook.book.places import open_units
from genomebook.errors import BookError, OptionError
from genomebook.files.atomic import aside
from genomebook.files.progress import Stage, no_stages
from genomebook.genome.regions import Region
from genomebook.render.page.english import about_english, english_blocks
from genomebook.render.page.interlinear import clean, missing
from genomebook.render.page.make import PageMaker
from genomebook.render.templating import render

CSS = """body { font-family: serif; line-height: 1.4; }
h1 { font-size: 1.5em; }
h2 { font-size: 1em; font-style: italic; margin: 1.2em 0 0; }
p { margin: 0.2em 0 0; text-align: justify; }
"""
MADE = (1980, 1, 1, 0, 0, 0)
"""Time of all files of an EPUB, so that the same book gives the same bytes."""

MAX_LETTERS = 50_000_000
"""Letters in one EPUB at most: about 150 million characters."""

MAX_CHAPTER = 256 << 20
"""Bytes of a chapter that is read back, at most."""

_CHAPTER = re.compile(r"EPUB/chapter-[0-9]+\.xhtml")


class EpubChapter(NamedTuple):
    """A chapter of an EPUB: its file, its title, its place in the book."""

    file: str
    title: str
    region: Region

    @property
    def id(self) -> str:
        """Name in the list of files."""
        return self.file.partition(".")[0]


def write_epub(book: Book, regions: Sequence[Region], path: Path, progress: Stage = no_stages) -> int:
    """Write the whole sentences that overlap some regions in English, as EPUB 3.

    Parameters
    ----------
    book : Book
        With glosses.
    regions : sequence of Region
        Local, 0-based half-open.
    path : Path
        File to write; the same book and regions give the same bytes.
    progress : callable
        Progress over the chapters.

    Returns
    -------
    int
        Chapters.

    Raises
    ------
    BookError
        The book has no glosses, or the regions have more than `MAX_LETTERS` letters.
    """
    if refused := missing(book, "gloss"):
        raise BookError(refused)
    if (letters := sum(region.end - region.start for region in regions)) > MAX_LETTERS:
        raise BookError(
            f"{book.path}: {letters:,} letters are more than the {MAX_LETTERS:,} of one EPUB; name a region"
        )
    chapters = _chapters(book, regions, PageMaker(book).titles)
    title = f"{clean(book.title)}, in English"
    places = " ".join(book.addresses.format(region, commas=False) for region in regions)
    identifier = hashlib.sha256(f"{book.digest} {places}".encode()).hexdigest()
    modified = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*MADE)
    step = progress("chapters", len(chapters))
    with aside(path) as temporary, ZipFile(temporary, "w") as archive:
        _add(archive, "mimetype", "application/epub+zip", ZIP_STORED)  # first, and not compressed
        _add(archive, "META-INF/container.xml", render("epub_container.j2"))
        package = render(
            "epub_package.j2", identifier=identifier, title=title, modified=modified, chapters=chapters
        )
        _add(archive, "EPUB/package.opf", package)
        _add(archive, "EPUB/style.css", CSS)
        _add(archive, "EPUB/nav.xhtml", _page("Contents", chapters=chapters))
        _add(archive, "EPUB/about.xhtml", _page(title, about_english(book).splitlines()))
        for chapter in chapters:
            _add(archive, f"EPUB/{chapter.file}", _page(chapter.title, blocks=_blocks(book, chapter.region)))
            step(1)
    return len(chapters)


def _add(archive: ZipFile, name: str, text: str, how: int = ZIP_DEFLATED) -> None:
    info = ZipInfo(name, MADE)
    info.compress_type, info.external_attr = how, 0o644 << 16
    archive.writestr(info, str(text))


def _page(title: str, lines: Sequence[str] = (), **more: object) -> str:
    return str(render("epub_page.j2", **{"title": title, "lines": lines, "blocks": (), **more}))


def _chapters(book: Book, regions: Sequence[Region], titles: ContentsTitles) -> list[EpubChapter]:
    """Chapters of the book that overlap the regions, each as far as it does."""
    made: list[EpubChapter] = []
    for region in regions:
        volume = book[region.volume]
        for start, end, number in volume.table("chapters").spans(region.start, region.end):
            units = titles.titled(volume, open_units(volume, start))
            named = next((unit.title for unit in units if unit.level == "chapter"), "")
            title = f"{volume.contig}, chapter {number + 1:,}{f': {clean(named)}' if named else ''}"
            inside = Region(region.volume, max(start, region.start), min(end, region.end))
            made.append(EpubChapter(f"chapter-{len(made) + 1:05}.xhtml", title, inside))
    return made


def _blocks(book: Book, region: Region) -> Iterator[tuple[str, str]]:
    """Heading and text of each paragraph; of a gap the heading alone."""
    for block in english_blocks(book, region):
        place, _, text = block.strip().partition("\n")
        yield place, text


def epub_lines(path: Path) -> Iterator[str]:
    """Lines of the English in an EPUB that `write_epub` wrote, as `genomebook.render.page.english` has them.

    Raises
    ------
    OptionError
        It is no such file, or a chapter is too long.
    """
    try:
        with ZipFile(path) as archive:
            names = sorted(filter(_CHAPTER.fullmatch, archive.namelist()))
            if not names:
                raise OptionError(f"{path}: has no chapters; give an EPUB that genomebook epub wrote")
            for name in names:
                if archive.getinfo(name).file_size > MAX_CHAPTER:
                    raise OptionError(f"{path}: {name} is longer than {MAX_CHAPTER:,} bytes")
                reader = ChapterText()
                reader.feed(archive.read(name).decode("utf-8"))
                yield from reader.lines
    except (
        BadZipFile, UnicodeDecodeError, NotImplementedError, RuntimeError, EOFError, zlib.error
    ) as error:  # fmt: skip
        raise OptionError(f"{path}: no readable EPUB ({error}); write it anew with genomebook epub") from None
    except OSError as error:
        raise OptionError(f"{path}: not readable ({error.strerror}); give an EPUB") from None


class ChapterText(HTMLParser):
    """Collects the headings and texts of a chapter: each heading after an empty line."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A heading or a text begins."""
        self._is_inside = tag in ("h2", "p")
        if self._is_inside:
            self.lines += ["", ""] if tag == "h2" else [""]

    def handle_endtag(self, tag: str) -> None:
        """One ends."""
        self._is_inside = False

    def handle_data(self, data: str) -> None:
        """Add to the one that is open."""
        if self._is_inside:
            self.lines[-1] += data
