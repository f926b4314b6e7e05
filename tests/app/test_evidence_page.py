"""The Evidence page by AppTest: whose figures it shows, in plain words, and what it says of a bad file."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from genomebook.annotation import evidence as evidence_file
from genomebook.annotation.evidence import CONTROLS, read_evidence, write_evidence
from genomebook.book import Book
from genomebook.render.evidence.text import CONTROLS as EXPLAINED
from genomebook.render.signals import named
from tests.support import altered
from tests.support.apptest import APP, drawn, only_error
from tests.support.figures import EVIL, NO_EDGES, made_up, put


@pytest.fixture
def own_book(chrm_book: Path, tmp_path: Path) -> Path:
    """A copy of the book, to put figures into."""
    book = tmp_path / "own.book"
    shutil.copytree(chrm_book, book)
    return book


@pytest.fixture
def open_evidence(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], AppTest]:
    def run(book: Path) -> AppTest:
        monkeypatch.setenv("GENOMEBOOK_BOOK", str(book))
        at = AppTest.from_file(str(APP), default_timeout=120).run()
        at.switch_page("pages/evidence.py")
        return at.run()

    return run


def plots(at: AppTest) -> int:
    return len(at.get("plotly_chart"))


def test_the_figures_of_the_book_beside_their_controls(own_book: Path, open_evidence) -> None:
    put(own_book, made_up())
    at = open_evidence(own_book)
    assert not at.exception
    assert not at.error
    page = drawn(at)
    for said in ("chr0:1-9,000 of GRCh00, 9,000 bases", "this book&#39;s own", "bilingual-mini", "repeats"):
        assert said in page
    assert f"<dd>{named(Book.open(own_book).signal)}: " in page
    assert page.split("The figures favour</dt>")[1].startswith(
        "<dd>change of context (shift): "
    )  # as its rows say, by the rule
    assert "between the strands its ends agree best" in page
    assert plots(at) == len(CONTROLS)
    # those of all at a glance, of what the English can tell, and of published claims
    assert page.count("<table") == len(CONTROLS) + 3
    assert "area under the curve" in page
    assert "Missing control" in page
    assert "Ends of sentences at a glance" in page
    said = "\n".join(markdown.value.replace("\\", "") for markdown in [*at.markdown, *at.caption])
    assert "Not met: four times." in said
    assert f"No figure: genes: {NO_EDGES}" in said
    for control in EXPLAINED.values():
        assert control.text in said


def test_without_its_own_the_shipped_figures_are_shown_and_said_to_be(
    chrm_book: Path, open_evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "shipped.json"
    write_evidence(made_up(), shipped)
    monkeypatch.setattr(evidence_file, "SHIPPED", shipped)
    bare = tmp_path / "bare.book"
    shutil.copytree(chrm_book, bare)
    shutil.rmtree(bare / "evidence", ignore_errors=True)
    page = drawn(open_evidence(bare))
    assert "come with genomebook" in page
    assert "own" not in page.split("The figures are")[1].split("Measured on")[0].replace("known", "")


def test_choosing_levels_and_signals(own_book: Path, open_evidence) -> None:
    put(own_book, made_up())
    at = open_evidence(own_book)
    both = drawn(at)
    assert '<th scope="row" role="rowheader">repeat edges (switch)</th>' in both
    at.get("button_group")[0].set_value("paragraph").run()
    at.get("button_group")[1].set_value(["shift"]).run()
    assert not at.exception
    page = drawn(at)
    assert '<th scope="row" role="rowheader">repeat edges (switch)</th>' not in page
    assert '<th scope="row" role="rowheader">change of context (shift)</th>' in page
    assert "paragraphs</caption>" in page
    assert "sentences</caption>" not in page
    at.get("button_group")[1].set_value([]).run()
    assert not at.exception
    assert plots(at) == 0
    assert "Choose a signal" in at.info[0].value


def test_what_a_file_says_is_never_html_or_markdown(own_book: Path, open_evidence) -> None:
    rows = tuple(
        dataclasses.replace(row, label=EVIL, control_label=EVIL, unit=EVIL)
        for row in made_up().signals["switch"]
    )
    hostile = dataclasses.replace(made_up(EVIL, EVIL), what=EVIL, assembly=EVIL, signals={EVIL: rows})
    put(own_book, hostile)
    at = open_evidence(own_book)
    assert not at.exception
    page = drawn(at)
    assert "<script" not in page
    assert "<img" not in page
    for element in [*at.markdown, *at.caption, *at.header, *at.subheader]:
        assert "<script" not in element.value.replace("\\<script", "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not readable"),
        ("", "not readable"),
        ("[1]", "format"),
        (json.dumps({"format": "someone-else-1"}), "someone-else-1"),
        (json.dumps({"format": "genomebook-evidence-1"}), "missing required field `what`"),
    ],
)
def test_a_bad_file_is_one_line_that_names_it(own_book: Path, open_evidence, content: str, said: str) -> None:
    path = put(own_book, made_up())
    path.write_text(content)
    altered.resigned(own_book)
    at = open_evidence(own_book)
    line = only_error(at)
    assert said in line
    assert f"own.book/evidence/{path.name}" in line
    assert plots(at) == 0


@pytest.mark.parametrize("lost", [False, True])
def test_a_file_the_book_was_not_made_with_is_refused(own_book: Path, open_evidence, lost: bool) -> None:
    path = put(own_book, made_up())
    if lost:
        path.unlink()
    else:
        write_evidence(made_up(default="shift"), path)
    assert f"own.book/evidence/{path.name}" in only_error(open_evidence(own_book))


def test_the_shipped_figures_are_readable() -> None:
    evidence = read_evidence(evidence_file.SHIPPED)
    assert evidence.default in evidence.signals
    assert evidence.notes
