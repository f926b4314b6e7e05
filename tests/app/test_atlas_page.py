"""The Atlas page by AppTest: what the address asks for, what is missing with its remedy, bad files."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from genomebook.book import Book
from genomebook.book.lexicon import write_word_table
from genomebook.lexicon import atlas
from genomebook.lexicon.atlas import CONTROL
from tests.support import altered, books, reader
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

    def run(book: Path, **query: str) -> AppTest:
        monkeypatch.setenv("GENOMEBOOK_BOOK", str(book))
        at = AppTest.from_file(str(APP), default_timeout=120).run()
        at.switch_page("pages/atlas.py")
        for name, value in query.items():
            at.query_params[name] = value
        return at.run()

    return run


def said(at: AppTest) -> str:
    elements = [*at.markdown, *at.caption, *at.info, *at.header, *at.subheader]
    return "\n".join(element.value for element in elements).replace("\\", "").replace("\u2060", "")


def address(at: AppTest) -> dict[str, str]:
    found = dict(at.query_params)
    return {name: value[0] if isinstance(value, list) else value for name, value in found.items()}


def sent(at: AppTest) -> tuple[dict, dict[str, pd.DataFrame]]:
    """What the browser draws of the maps: the scene, and the tables (those of points come by themselves)."""
    scene: dict = {"panels": []}
    tables: dict[str, pd.DataFrame] = {}
    for proto in (component.proto for component in at.get("bidi_component")):
        mixed = proto.mixed
        body = json.loads(mixed.json) if "-points " in proto.id or proto.id.endswith("-maps") else {}
        own = body.pop("name", None)
        scene = body.pop("scene", scene)
        for name, value in body.items():
            data = mixed.arrow_blobs[next(iter(value.values()))].data
            tables[own or name] = pa.ipc.open_stream(data).read_pandas()
    for place, panel in enumerate(scene["panels"]):
        tables[f"points{place}"] = tables.pop(panel["points"])
    return scene, tables


def maps(at: AppTest) -> list[dict]:
    """What is said of each map."""
    return sent(at)[0]["panels"]


def test_opens_with_the_words_and_says_how_far_to_trust_them(book: Book, open_atlas) -> None:
    at = open_atlas(book.path)
    assert not at.exception
    assert not at.error
    (drawing,) = maps(at)
    assert drawing["legend"]["title"] == "Field of the English gloss"
    assert WORDS in drawing["spoken"]
    assert (drawing["title"], drawing["caption"]) == ("Trained: words, input", "All 400 words")
    assert drawing["warning"] == ""
    _, tables = sent(at)
    assert len(tables["points0"]) == 400
    assert len(tables["found"]) == len(tables["chosen"]) == 0
    text = said(at)
    for part in ("4.5 are among the 15 nearest", "Click a point"):
        assert part in text
    page = drawn(at)
    assert "Each point is a word of DNA" in re.sub("<[^>]*>", "", page)
    assert "60 % (58 % to 63 %)" in page
    assert "random weights" in page
    assert address(at) == {}


def test_the_address_decides_and_random_weights_are_a_click_away(book: Book, open_atlas) -> None:
    at = open_atlas(book.path, map=SENTENCES, colour="group", weights="both")
    assert not at.exception
    assert len(maps(at)) == 2
    assert [each["title"] for each in maps(at)] == ["Trained: sentences", "Random weights: sentences"]
    assert "Class of annotation" in json.dumps(maps(at))
    at.selectbox(key="map").set_value(WORDS).run()
    assert not at.exception
    assert "Field of the English gloss" in json.dumps(maps(at))
    assert address(at) == {"weights": "both"}
    at.selectbox(key="colour").set_value("gc").run()
    at.toggle(key="english").set_value(True).run()
    at.text_input(key="find").set_value("heart").run()
    assert not at.exception
    assert address(at) == {"weights": "both", "colour": "gc", "english": "on", "find": "heart"}
    _, tables = sent(at)
    assert tables["found"]["key"].tolist() == [-1]
    for name in ("points0", "points1"):
        assert tables[name].set_index("key").loc[-1, "title"] == "heart"
    at.get("button_group")[0].set_value("random").run()
    assert [each["title"] for each in maps(at)] == ["Random weights: words, input"]


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({"map": "nowhere"}, "map='nowhere' in the address is not offered"),
        ({"colour": EVIL}, "colour="),
        ({"weights": "x" * 500}, "choose one of trained, random, both"),
        ({"at": "1,2"}, "is not a view"),
        ({"at": "nan,inf,1"}, "is not a view"),
        ({"sel": "12.x"}, "is no list of points"),
        ({"sel": "1." * 5000 + "1"}, "is no list of points"),
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
    assert row["id"] in sent(at)[1]["found"]["key"].tolist()
    nothing = open_atlas(book.path, find="<b>zzz")
    assert not nothing.exception
    assert "no word on this map" in said(nothing)
    assert "found</caption>" not in drawn(nothing)


def test_what_was_selected_is_listed_and_outlives_another_colour(book: Book, open_atlas) -> None:
    ids = book.lexicon.table.sort_values("count", ascending=False)["id"].iloc[[3, 8]].tolist()
    at = open_atlas(book.path, english="on")
    reader.ask(at, "selected", {"keys": [*ids, -1]}, key="maps")
    assert not at.exception
    assert address(at) == {"english": "on", "sel": f"{ids[0]}.{ids[1]}.e0"}
    assert "2 words selected" in drawn(at)
    assert "1 English word: heart" in said(at)
    assert sent(at)[1]["chosen"]["key"].tolist() == [*ids, -1]
    at.selectbox(key="colour").set_value("gc").run()
    assert "2 words selected" in drawn(at)
    at.button(key="clear").click().run()
    assert "words selected" not in drawn(at)
    assert "sel" not in address(at)
    passages = open_atlas(book.path, sel="1", map=SENTENCES)
    assert 'href="read?loc=chrM%3A' in drawn(passages)
    passages.selectbox(key="map").set_value(WORDS).run()
    assert "selected</caption>" not in drawn(passages)


def test_a_sentence_of_a_later_sequence_is_the_one_that_was_clicked(open_atlas, tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_bytes(
        books.fasta({"one": books.letters(6000, 3), "two": books.letters(6000, 4)})
    )
    plain = books.make(tmp_path / "a.fa", tmp_path / "a.book", words="words-4096")
    book = mapped(plain.path, tmp_path)
    at = open_atlas(book.path, map=SENTENCES, weights="both")
    tables = [sent(at)[1][name].set_index("key") for name in ("points0", "points1")]
    assert all(table.index.is_unique for table in tables)
    titles = [table["title"].sort_index() for table in tables]
    assert titles[0].equals(titles[1])
    key = titles[0].index[titles[0].str.startswith("two:")][1]
    reader.ask(at, "selected", {"keys": [int(key)]}, key="maps")
    assert "1 sentence selected" in drawn(at)
    assert titles[0][key] in drawn(at)


def test_a_selection_too_large_for_an_address_lasts_for_the_visit(book: Book, open_atlas) -> None:
    at = open_atlas(book.path)
    keys = sent(at)[1]["points0"]["key"].tolist()
    assert len(".".join(map(str, keys))) > 1500
    reader.ask(at, "selected", {"keys": keys}, key="maps")
    assert f"{len(keys)} words selected" in drawn(at)
    assert address(at) == {}
    at.selectbox(key="colour").set_value("gc").run()
    assert f"{len(keys)} words selected" in drawn(at)
    at.button(key="clear").click().run()
    assert "words selected" not in drawn(at)


@pytest.mark.parametrize("said_", [{"keys": "x"}, {"keys": [1.5, None]}, {"keys": [2**40]}, {}, 3])
def test_what_a_browser_may_not_say_selects_nothing(book: Book, open_atlas, said_: object) -> None:
    at = open_atlas(book.path)
    reader.ask(at, "selected", said_, key="maps")
    assert not at.exception
    assert "selected</caption>" not in drawn(at)


def test_a_map_no_better_than_random_weights_says_so_on_the_map(
    book: Book, open_atlas, tmp_path: Path
) -> None:
    worse = tmp_path / "worse.book"
    shutil.copytree(book.path, worse)
    body = json.loads((worse / "atlas" / "atlas.json").read_text())
    maps_ = body["maps"]
    maps_[SENTENCES], maps_[SENTENCES + CONTROL] = maps_[SENTENCES + CONTROL], maps_[SENTENCES]
    (worse / "atlas" / "atlas.json").write_text(json.dumps(body))
    altered.resigned(worse)
    at = open_atlas(worse, map=SENTENCES, weights="both")
    trained, random = (each["warning"] for each in maps(at))
    assert "this map keeps 0.8, a map of random weights 4.5" in trained
    assert random == ""
    assert [each["warning"] for each in maps(open_atlas(worse, map=SENTENCES, weights="random"))] == [""]
    assert [each["warning"] for each in maps(open_atlas(worse))] == [""]


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
    for query in (
        {"english": "on", "sel": "16.17.e0.e1"},
        {"map": SENTENCES, "colour": "group", "sel": "0.1"},
    ):
        at = open_atlas(evil, **query)
        assert not at.exception
        assert "<script" not in drawn(at)
        assert "<img" not in drawn(at)
        assert all(len(text) < 200 for each in maps(at) for _, text, _ in each["legend"]["entries"])
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
