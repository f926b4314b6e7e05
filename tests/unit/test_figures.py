"""Figures for print: fonts embedded, labels as text, names escaped, several sheets, the same bytes."""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest
from fontTools.ttLib import TTFont

from genomebook.annotation.genes import COLUMNS, Genes
from genomebook.book import Book
from genomebook.book.schema import GENES
from genomebook.errors import BookError, RegionError
from genomebook.export import figure
from genomebook.export.figure import Drawing, Label, Sheet, fitted, pdf, printable, svg, text_width
from genomebook.export.figure_overview import overview_figure
from genomebook.export.figure_page import page_figure
from genomebook.genome.regions import Region
from tests.support import books, pdf_text

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "<script>alert(1)</script>&amp;é☃"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("figures")
    records = {"chr21": books.letters(4000, 2) + b"N" * 500 + books.letters(1000, 3).lower(), "dot": b"C"}
    (folder / "x.fa").write_bytes(books.fasta(records))
    (folder / "g.gff3").write_text(
        "##gff-version 3\n"
        "chr21\t.\tgene\t101\t2500\t.\t-\t.\tName=%3Cscript%3Ealert(1)%3C/script%3E%26amp%3B\n"
        "chr21\t.\tgene\t2601\t2900\t.\t+\t.\tName=TWO\n"
    )
    title = "A <b>title</b> & more"
    return books.make(folder / "x.fa", folder / "x.book", genes=folder / "g.gff3", title=title)


@pytest.fixture(scope="module")
def genes(book: Book) -> Genes:
    return Genes.open(book.folder.checked(GENES))


def texts(document: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(document).iter(f"{SVG}text")]


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_page_as_pdf_embeds_its_fonts_and_keeps_its_text(book: Book, genes: Genes, paper: str) -> None:
    region = Region("chr21", 0, 5500)
    made = pdf(page_figure(book, genes, region, paper))
    fonts = pdf_text.embedded_fonts(made)
    assert len(fonts) == 2
    assert all(len(TTFont(io.BytesIO(data)).getGlyphOrder()) > 5 for data in fonts.values())
    pages = pdf_text.pages_text(made)
    assert len(pages) > 1
    assert all("A <b>title</b> & more" in page for page in pages)
    drawn = "\n".join(pages)
    letters = "".join(re.findall(r"^[ACGTacgt]+$", drawn, re.M))
    assert letters.encode() == book["chr21"].sequence(0, 5500).replace(b"N", b"")
    assert "500 letters not known" in drawn
    assert "TWO ▸" in drawn
    width, height = figure.PAPERS[paper]
    assert f"/MediaBox [0 0 {width:.2f} {height:.2f}]".encode() in made


def test_a_page_as_svg_parses_and_keeps_its_text(book: Book, genes: Genes) -> None:
    made = svg(page_figure(book, genes, Region("chr21", 0, 4000)))
    drawn = texts(made)
    letters = "".join(text for text in drawn if re.fullmatch("[ACGT]+", text))
    assert letters.encode() == book["chr21"].sequence(0, 4000)
    assert any("<script>alert(1)</script>&amp;" in text for text in drawn)
    assert "<script" not in made
    fonts = re.findall(r"font/woff;base64,([A-Za-z0-9+/=]+)", made)
    assert len(fonts) == 2
    for data in fonts:
        assert ord("A") in TTFont(io.BytesIO(base64.b64decode(data))).getBestCmap()
    assert len(made) < 200_000


def test_the_same_figure_is_the_same_bytes(book: Book, genes: Genes) -> None:
    drawing = page_figure(book, genes, Region("chr21", 0, 1000))
    assert pdf(drawing) == pdf(drawing)
    assert svg(drawing) == svg(drawing)
    assert type(svg(drawing)) is str


@pytest.mark.parametrize(
    "region", [Region("chr21", 0, 5500), Region("chr21", 4100, 4300), Region("dot", 0, 1)]
)
def test_an_overview_of_any_place(book: Book, genes: Genes, region: Region) -> None:
    drawing = overview_figure(book, genes, region)
    drawn = texts(svg(drawing))
    assert {"GC", "Sentence ends", "Gaps"} <= set(drawn)
    assert pdf_text.pages_text(pdf(drawing))[0].splitlines()[0] == drawn[0]
    sheet = drawing.sheets[0]
    for item in sheet.items:
        if isinstance(item, figure.Box):
            assert -0.1 <= item.x <= item.x + item.width <= sheet.width + 1.1
            assert -3 <= item.y <= item.y + item.height <= sheet.height


def test_genes_of_an_overview_stand_in_lanes(book: Book, genes: Genes) -> None:
    drawn = texts(svg(overview_figure(book, genes, Region("chr21", 0, 5500))))
    assert [text for text in drawn if "▸" in text or "◂" in text] == [
        "◂ <script>alert(1)</script>&amp;",
        "TWO ▸",
    ]


def test_too_much_text_is_refused(book: Book, genes: Genes) -> None:
    with pytest.raises(RegionError, match="--overview"):
        page_figure(book, genes, Region("chr21", 0, 100_001))


def test_a_wide_overview_needs_zoom_levels(tmp_path: Path) -> None:
    (tmp_path / "x.fa").write_bytes(books.fasta({"a": b"ACGTTGCA" * 600_000}))
    wide = books.make(tmp_path / "x.fa", tmp_path / "x.book")
    none = Genes(pd.DataFrame(columns=COLUMNS))
    with pytest.raises(BookError, match="genomebook overview"):
        overview_figure(wide, none, Region("a", 0, 4_800_000))


def test_text_is_measured_and_cut() -> None:
    assert text_width("AAAA", 10, figure.MONO) == pytest.approx(4 * 6.02, abs=0.01)
    assert printable(EVIL) == "<script>alert(1)</script>&amp;é?"
    cut = fitted("A" * 500, 8, 100)
    assert cut.endswith("…")
    assert text_width(cut, 8) <= 100


def test_markup_in_a_label_is_text() -> None:
    sheet = Sheet(100, 20, [Label(0, 10, EVIL)])
    made = svg(Drawing(EVIL, [sheet]))
    assert texts(made) == [EVIL]
    assert "<script" not in made


@pytest.mark.parametrize("name", ["page.svg", "page.pdf"])
def test_the_command_writes_a_figure(
    book: Book, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    for more in ((), ("--overview",)):
        said = books.program(capsys, "figure", book.path, "chr21:1-300", "-o", tmp_path / name, *more)
        assert said.code == 0, said.err
        assert (tmp_path / name).read_bytes().startswith((b"<svg", b"%PDF"))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("chr21:1-300", "-o", "x.png"), ".svg"),
        (("nowhere", "-o", "x.svg"), "nowhere"),
        (("chr21:1-300", "-o", "x.svg", "--paper", "A0"), "A4"),
        (("chr21:9999999", "-o", "x.svg"), "chr21"),
    ],
)
def test_bad_figures_are_refused_in_one_line(
    book: Book,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    error: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = books.program(capsys, "figure", book.path, *arguments)
    assert error in said.error
    assert not list(tmp_path.glob("x.*"))
