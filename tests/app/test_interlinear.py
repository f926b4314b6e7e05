"""Lines under the words: aligned, escaped, switched by the address, and nothing of them when they are off."""

from __future__ import annotations

import dataclasses
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from streamlit.testing.v1 import AppTest

from genomebook.book import Book
from genomebook.book.page import open_page
from genomebook.book.places import contents
from genomebook.book.schema import TAGS
from genomebook.genome.regions import Region
from genomebook.language.alphabet import FIRST_WORD
from genomebook.render.page import html, interlinear
from genomebook.render.page.interlinear import WordLines
from pages._address import READ
from tests.support import altered, books, glossed, reader
from tests.support.word_tables import EVIL

APP = Path(__file__).resolve().parents[2] / "app.py"
NO_GENES = pd.DataFrame(columns=["name", "strand", "start", "end"])
BOTH = ("gloss", "tag")


@pytest.fixture(scope="module")
def path(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return glossed.put_all(chrm_book, tmp_path_factory.mktemp("glossed") / "a.book")


@pytest.fixture(scope="module")
def book(path: Path) -> Book:
    return Book.open(path)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A book without glosses, with ambiguous letters and lower case; not grounded."""
    folder = tmp_path_factory.mktemp("bare")
    dna = books.letters(900, 1)
    fasta = folder / "a.fa"
    fasta.write_bytes(books.fasta({"chr1": dna[:400] + b"RYNNNK" + dna[400:].lower()}))
    books.make(fasta, folder / "made.book")
    return Book.open(glossed.put(folder / "made.book", folder / "a.book", {}, None))


def draw(book: Book, asked: tuple[str, ...], start: int = 0, end: int = 900, **view: object) -> str:
    volume = next(iter(book))
    page = open_page(book, Region(volume.name, start, end))
    units = [unit for unit in contents(volume, start) if unit.is_open]
    shown = html.View(book.signal, lines=WordLines.of(book.lexicon, asked), **view)  # type: ignore[arg-type]
    return html.book_page(book.addresses, page, NO_GENES, units, view=shown)


def printed(book: Book, start: int = 0, end: int = 900) -> list[tuple[str, int]]:
    """Spelling and id of each word on a page, gaps apart."""
    volume = next(iter(book))
    page = open_page(book, Region(volume.name, start, end))
    words = volume.words(page.start, page.end)
    return [(text, i) for text, i in zip(words.texts(), words.ids.tolist(), strict=True) if text]


@pytest.mark.parametrize("asked", [BOTH, ("gloss",), ("tag",)])
def test_each_word_stands_over_its_own_gloss_and_tag(book: Book, asked: tuple[str, ...]) -> None:
    columns = glossed.Columns(draw(book, asked)).found
    words = printed(book)
    assert len(columns) == len(words) > 100
    for column, (text, word) in zip(columns, words, strict=True):
        assert column["w"] == text
        assert [name for name in column if name in "wgt"] == ["w", *(line[0] for line in asked)]
        for line, known in (("g", glossed.gloss(word)), ("t", glossed.tag(word))):
            assert column.get(line, "").strip() == known * (line in column)
        assert column["href"] == f"lexicon?word={text}"
        assert column["tabindex"] == "-1"
        empty = not any(column[line[0]] for line in asked)
        assert (column["aria-label"] == f"no {' or '.join(asked)}") == empty
    assert any(not column["g"] for column in columns if "g" in column) == ("gloss" in asked)


def test_a_tooltip_says_the_gloss_with_its_score_and_the_phrase(book: Book) -> None:
    columns = glossed.Columns(draw(book, ("gloss",))).found
    for column, (_, word) in zip(columns, printed(book), strict=True):
        gloss, tag = glossed.gloss(word), glossed.tag(word)
        said = f"; gloss “{gloss}” (everywhere)" if gloss else ""
        said += f"; {tag} of it" if tag else ""
        assert re.fullmatch(rf"chrM:[\d,-]+, word {word}" + re.escape(said), column["title"])


def test_without_lines_the_page_is_as_before(book: Book, chrm_book: Path) -> None:
    page = draw(book, ())
    assert page == draw(Book.open(chrm_book), ())
    assert not glossed.Columns(page).found
    assert "lexicon" not in page
    spelled = re.findall(r'<span class="w[a-z -]*" title="chrM:[\d,-]+, word \d+">([ACGT]+)</span>', page)
    assert spelled == [text for text, _ in printed(book)]


def test_ambiguous_letters_are_no_words_and_links_are_upper_case(bare: Book, tmp_path: Path) -> None:
    ids = range(1, len(bare.vocabulary.words))
    known = [i for i in ids if bare.vocabulary.words[i]]
    path = glossed.put(
        bare.path, tmp_path / "a.book", dict.fromkeys(known, "same"), dict.fromkeys(known, "A")
    )
    book = Book.open(path)
    columns = glossed.Columns(draw(book, BOTH)).found
    words = printed(book)
    assert {text for text, i in words if i < FIRST_WORD} == {"R", "Y", "K"}
    for column, (text, word) in zip(columns, words, strict=True):
        is_word = word >= FIRST_WORD
        assert ("href" in column) == is_word
        assert (column["g"].strip(), column["t"].strip()) == (("same", "A") if is_word else ("", ""))
        assert not is_word or column["href"] == f"lexicon?word={text.upper()}"
        assert "same" not in column["title"] or is_word
    assert any(text.islower() for text, _ in words)


def test_nothing_of_a_gloss_or_tag_becomes_a_tag(chrm_book: Path, tmp_path: Path) -> None:
    evil = f'"{EVIL}\n\x1b[2J\u202e'
    ids = Book.open(chrm_book).lexicon.table["id"].tolist()
    path = glossed.put(chrm_book, tmp_path / "a.book", dict.fromkeys(ids, evil), dict.fromkeys(ids, evil))
    book = Book.open(path)
    glosses = interlinear.gloss_of_words(book.lexicon)
    page = draw(book, BOTH, glosses=glosses) + interlinear.key(book, BOTH)
    columns = glossed.Columns(page)
    assert columns.open == []
    assert not columns.tags & {"script", "img"}
    assert {column["g"].strip() for column in columns.found} == {interlinear.clean(evil)}
    assert {column["t"].strip() for column in columns.found} == {interlinear.clean(evil)}
    assert not re.search("[\x1b\u202e]", page)


@given(st.text())
def test_cleaned_text_is_one_printable_line(text: str) -> None:
    once = interlinear.clean(text)
    assert once.isprintable()
    assert once == interlinear.clean(once) == once.strip()
    assert "".join(once.split()) == "".join(c for c in text if c.isprintable() and not c.isspace())


@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from([*BOTH, " tag", "x", ""])).map(",".join)))
def test_an_address_asks_for_lines_that_exist(text: str) -> None:
    asked = READ.read(values={"lines": text}).lines
    assert list(asked) == [line for line in BOTH if line in asked]
    assert set(asked) <= {part.strip() for part in text.split(",")}


def test_what_is_missing_is_said_and_not_drawn(bare: Book, book: Book) -> None:
    assert not glossed.Columns(draw(bare, BOTH)).found
    said = interlinear.key(bare, BOTH)
    assert "no glosses for this vocabulary (words-600)" in said
    assert "genomebook ground BOOK --track repeats.bed.gz" in said
    assert interlinear.missing(bare, "gloss") in re.sub("<[^>]+>", "", said)
    said = interlinear.key(book, BOTH)
    assert "what it means is what was measured, not a translation" in said
    assert 'href="lexicon"' in said
    words = [i for i in book.lexicon.table["id"].tolist() if i >= FIRST_WORD]
    for known in (glossed.gloss, glossed.tag):
        assert f"{sum(bool(known(i)) for i in words):,} of {len(words):,} words have one" in said
    assert "genomebook" not in said
    assert "Grounded" not in interlinear.key(book, ("gloss",))


def test_a_word_that_annotation_says_nothing_of_has_its_phrase_only(chrm_book: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.book"
    shutil.copytree(chrm_book, path)
    bare = Book.open(path)
    ids = bare.lexicon.table["id"].tolist()
    phrases = ["no class more often than by chance" if i % 2 else None for i in ids]
    altered.put(path, "ground", {TAGS: {"id": ids, "tag": [None] * len(ids), "phrase": phrases}})
    book = Book.open(path)
    columns = glossed.Columns(draw(book, ("tag",))).found
    assert {column["t"] for column in columns} == {""}
    for column, (_, word) in zip(columns, printed(book), strict=True):
        assert column["title"].endswith("by chance") == bool(word % 2)
        assert not re.search(r"\b(None|nan)\b", column["title"])
    assert "0 of 4,100 words have one" in interlinear.key(book, ("tag",))


def test_titles_in_dna_words_are_glossed_where_they_are_shown(book: Book) -> None:
    known = {"TTTAAA": "river", "GC": "stone\n"}
    assert interlinear.glossed("… TTTAAA … gc AAC", known) == "… TTTAAA (river) … gc (stone) AAC"
    assert interlinear.glossed("", known) == ""
    assert interlinear.glossed("TTTAAA…", known) == "TTTAAA…"
    volume = next(iter(book))
    unit = contents(volume, 0)[0]
    glosses = interlinear.gloss_of_words(book.lexicon)
    words = [word for word in unit.extract.split() if word in glosses]
    said = html.other_titles(unit, glosses)
    assert words
    assert all(f"{word} ({glosses[word]})" in said for word in words)
    assert escape(said) in draw(book, (), glosses=glosses)
    # the title shown, when it is in DNA words itself, and a book without glosses, as before
    own = dataclasses.replace(unit, title=unit.extract)
    assert "in its own words" in html.other_titles(own, glosses)
    assert html.other_titles(own, {}) == ""


def app(monkeypatch: pytest.MonkeyPatch, book: Path, lines: str) -> AppTest:
    monkeypatch.setenv("GENOMEBOOK_BOOK", str(book))
    at = AppTest.from_file(str(APP), default_timeout=120).run()
    at.switch_page("pages/read.py")
    at.query_params["loc"] = "chrM:3307-4262"
    if lines:
        at.query_params["lines"] = lines
    return at.run()


def test_switches_and_the_address_say_the_same(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    at = app(monkeypatch, path, "")
    assert reader.answer(at)["page"]["words"]["lines"] == {}
    for serial, lines in enumerate((["gloss"], ["tag", "gloss"], ["tag"], []), start=1):
        at = reader.view(at, "chrM:3307-4262", lines=lines, serial=serial)
        kept = [line for line in BOTH if line in lines]
        sent = reader.answer(at)
        assert at.query_params["loc"] == "chrM:3307-4262"
        assert at.query_params.get("lines", "") == ",".join(kept)
        assert sent["view"]["lines"] == list(sent["page"]["words"]["lines"]) == kept
        ids = sent["page"]["words"]["id"]
        for line in kept:
            known = {"gloss": glossed.gloss, "tag": glossed.tag}[line]
            assert sent["page"]["words"]["lines"][line] == [known(word) for word in ids]
    assert "lines" not in at.query_params


def test_lines_of_the_address_are_checked_and_english_is_offered(
    monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    at = app(monkeypatch, path, "tag,<script>alert(1)</script>," + "x" * 5000)
    assert not at.exception
    assert reader.answer(at)["view"]["lines"] == ["tag"]
    assert list(reader.answer(at)["page"]["words"]["lines"]) == ["tag"]
    assert "<script" not in str(reader.answer(at))
    shown = reader.answer(reader.ask(at, "file", {"kind": "english", "serial": 1}))["file"]["text"]
    assert shown.startswith("English version of chrM:3,307-4,262, whole sentences")
    assert Book.open(path).digest in shown
