"""The Atlas page by AppTest: what the address asks for, what is missing with its remedy, bad files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from genomebook.book import Book
from genomebook.book.lexicon import write_word_table
from genomebook.lexicon import atlas
from tests.support import altered
from tests.support.apptest import APP, drawn, only_error
from tests.support.figures import EVIL
from tests.support.made_atlas import READER, SENTENCES, WORDS, mapped


@pytest.fixture(scope="module")
def book(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Book:
    return mapped(chrm_book, tmp_path_factory.mktemp("atlas"))


@pytest.fixture
def open_atlas(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Open the page on a book as if nothing had been shipped with genomebook."""
    monkeypatch.setattr(atlas, "shipped_atlas", lambda _: {})
    monkeypatch.setattr(atlas, "shipped_atlas_figures", lambda _: {})

    def run(book: Path, chosen: dict[str, object] | None = None, **query: str) -> AppTest:
        monkeypatch.setenv("GENOMEBOOK_BOOK", str(book))
        at = AppTest.from_file(str(APP), default_timeout=120).run()
        at.switch_page("pages/atlas.py")
        for name, value in query.items():
            at.query_params[name] = value
        if chosen:
            at.session_state["chosen"] = chosen
        return at.run()

    return run


def said(at: AppTest) -> str:
    elements = [*at.markdown, *at.caption, *at.info, *at.header, *at.subheader]
    return "\n".join(element.value for element in elements).replace("\\", "").replace("\u2060", "")


def address(at: AppTest) -> dict[str, str]:
    found = dict(at.query_params)
    return {name: value[0] if isinstance(value, list) else value for name, value in found.items()}


def maps(at: AppTest) -> list[dict]:
    """Figures of the maps as the browser gets them; the plots of figures are no WebGL."""
    specs = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    return [spec for spec in specs if spec["data"][0]["type"] == "scattergl"]


def test_opens_with_the_words_and_says_how_far_to_trust_them(book: Book, open_atlas) -> None:
    at = open_atlas(book.path)
    assert not at.exception
    assert not at.error
    (drawing,) = maps(at)
    assert "Count in this book" in json.dumps(drawing)
    alt = [chart.proto.alt for chart in at.get("plotly_chart")]
    assert WORDS in alt[0]
    text = said(at)
    for part in ("4.5 are among the 15 nearest", "Trained: words, input. All 400 words", "Drag over points"):
        assert part in text
    page = drawn(at)
    assert "60 % (58 % to 63 %)" in page
    assert "random weights" in page
    assert address(at) == {}


def test_the_address_decides_and_random_weights_are_a_click_away(book: Book, open_atlas) -> None:
    at = open_atlas(book.path, map=SENTENCES, colour="group", weights="both")
    assert not at.exception
    assert len(maps(at)) == 2
    assert "Random weights: sentences" in said(at)
    assert "Class of annotation" in json.dumps(maps(at))
    at.selectbox(key="map").set_value(WORDS).run()
    assert not at.exception
    assert "Count in this book" in json.dumps(maps(at))
    assert address(at) == {"weights": "both"}
    at.selectbox(key="colour").set_value("gc").run()
    at.toggle(key="english").set_value(True).run()
    at.text_input(key="find").set_value("heart").run()
    assert not at.exception
    assert address(at) == {"weights": "both", "colour": "gc", "english": "on", "find": "heart"}
    assert all("found in English (1)" in json.dumps(one) for one in maps(at))
    at.get("button_group")[0].set_value("random").run()
    assert "Trained:" not in said(at)
    assert len(maps(at)) == 1


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({"map": "nowhere"}, "map='nowhere' in the address is not offered"),
        ({"colour": EVIL}, "colour="),
        ({"weights": "x" * 500}, "choose one of trained, random, both"),
    ],
)
def test_a_bad_address_is_one_line_and_the_map_is_drawn(book: Book, open_atlas, query, line: str) -> None:
    at = open_atlas(book.path, **query)
    assert line in only_error(at)
    assert len(maps(at)) == 1
    assert "<script" not in drawn(at)


def test_what_is_found_is_listed_with_links(book: Book, open_atlas) -> None:
    row = book.lexicon.table.sort_values("count", ascending=False).iloc[0]
    at = open_atlas(book.path, find=row["word"])
    assert f'href="lexicon?word={row["word"]}"' in drawn(at)
    assert "found</caption>" in drawn(at)
    nothing = open_atlas(book.path, find="<b>zzz")
    assert not nothing.exception
    assert "no word on this map" in said(nothing)
    assert "found</caption>" not in drawn(nothing)


def test_what_was_selected_is_listed_and_outlives_another_colour(book: Book, open_atlas) -> None:
    ids = book.lexicon.table.sort_values("count", ascending=False)["id"].to_numpy()[[3, 8]]
    chosen = {"what": "words", "look": (), "ids": ids, "english": np.array([0])}
    at = open_atlas(book.path, chosen)
    assert "2 words selected" in drawn(at)
    assert "1 English word: heart" in said(at)
    at.selectbox(key="colour").set_value("gc").run()
    assert "2 words selected" in drawn(at)
    marked = [len(trace["selectedpoints"]) for trace in maps(at)[0]["data"] if "selectedpoints" in trace]
    assert sum(marked) == 2
    at.button(key="clear").click().run()
    assert "words selected" not in drawn(at)
    passages = open_atlas(book.path, {**chosen, "what": "sentences", "ids": np.array([1])}, map=SENTENCES)
    assert 'href="read?loc=chrM%3A' in drawn(passages)


def test_without_a_map_the_remedy_is_said(chrm_book: Path, open_atlas) -> None:
    at = open_atlas(chrm_book)
    assert not at.exception
    assert not maps(at)
    assert f"genomebook atlas {chrm_book.name} --reader" in said(at)


def test_what_a_map_lacks_is_said_with_its_remedy(book: Book, open_atlas, tmp_path: Path) -> None:
    bare = tmp_path / "bare.book"
    shutil.copytree(book.path, bare)
    table = book.lexicon.atlas
    write_word_table(bare / "atlas" / "atlas.parquet", table[table["map"] == WORDS])
    shutil.rmtree(bare / "ground")
    write_word_table(bare / "lexicon.parquet", book.lexicon.table.assign(gloss=None))
    altered.resigned(bare)
    at = open_atlas(bare)
    assert not at.exception
    text = said(at)
    for remedy in (
        f"genomebook atlas bare.book --reader {READER}",
        "genomebook ground bare.book",
        "--words words-4096",
    ):
        assert remedy in text
    assert "Weights" not in [group.proto.label for group in at.get("button_group")]


def test_what_a_file_says_is_never_html_or_markdown(book: Book, open_atlas, tmp_path: Path) -> None:
    evil = tmp_path / "evil.book"
    shutil.copytree(book.path, evil)
    table = book.lexicon.atlas
    write_word_table(evil / "atlas" / "atlas.parquet", table.assign(label=EVIL, group=EVIL))
    write_word_table(evil / "lexicon.parquet", book.lexicon.table.assign(gloss=EVIL))
    body = json.loads((evil / "atlas" / "atlas.json").read_text())
    (evil / "atlas" / "atlas.json").write_text(json.dumps({**body, "reader": {"name": EVIL}}))
    altered.resigned(evil)
    chosen = {
        "what": "words",
        "look": (),
        "ids": book.lexicon.table["id"].to_numpy(),
        "english": np.arange(2),
    }
    for query in ({"english": "on"}, {"map": SENTENCES, "colour": "group"}):
        at = open_atlas(evil, chosen, **query)
        assert not at.exception
        assert "<script" not in drawn(at)
        assert "<img" not in drawn(at)
        assert all("<script" not in json.dumps(one) for one in maps(at))
        for element in [*at.markdown, *at.caption, *at.header, *at.subheader]:
            assert "<script" not in element.value.replace("\\<script", "")


@pytest.mark.parametrize(
    ("name", "content"),
    [("atlas.json", b"{"), ("atlas.json", b'{"maps": {"words, input": 3}}'), ("atlas.parquet", b"x")],
)
def test_a_damaged_file_is_one_line_that_names_it(
    book: Book, open_atlas, tmp_path: Path, name: str, content: bytes
) -> None:
    damaged = tmp_path / "damaged.book"
    shutil.copytree(book.path, damaged)
    (damaged / "atlas" / name).write_bytes(content)
    altered.resigned(damaged)
    assert name in only_error(open_atlas(damaged))
