"""What reaches the terminal: text of files as text, without controls or markup; bars of progress."""

from __future__ import annotations

import io
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from genomebook.cli import console
from genomebook.cli.console import printable
from tests.support.books import fasta, letters, program

ESCAPES = "a\x1b]0;t\x07[31m\x9b2J\x7f\u202eb\u2066c\u2028d\ne [bold]f[/bold] :smile:"
SHOWN = "a\\x1b]0;t\\x07[31m\\x9b2J\\x7f\\u202eb\\u2066c\\u2028d\\x0ae [bold]f[/bold] :smile:"
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069]")


@given(st.text(st.characters(exclude_categories=())))
def test_printable_text_holds_no_control_and_can_be_written(text: str) -> None:
    shown = printable(text)
    assert not HARMFUL.search(shown)
    assert not {"\t", "\n"} & set(shown)
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in shown)
    shown.encode()
    assert printable(shown) == shown


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))))
def test_other_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_no_console_lets_a_control_through(capsys: pytest.CaptureFixture[str]) -> None:
    console.out.print(f"x\ty\nz {ESCAPES}", markup=False)
    console.out.out(ESCAPES, end="", highlight=False)
    console.err.print(ESCAPES, markup=False)
    said = capsys.readouterr()
    assert not HARMFUL.search(said.out + said.err)
    assert said.out.count("\\x1b]0;t\\x07") == 2
    assert said.out.startswith("x       y\nz a\\x1b")


def test_a_title_and_a_file_name_are_shown_as_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "x\x1b[31m.fa"
    source.write_bytes(fasta({"chr1": letters(300, 1)}))
    book = tmp_path / "x\x1b[31m.book"
    built = program(capsys, "build", str(source), "-o", str(book), "--title", ESCAPES)
    assert (built.code, built.err.count("\x1b")) == (0, 0)
    assert "x\\x1b[31m.book: " in built.out
    told = program(capsys, "info", str(book))
    assert told.out.splitlines()[0].strip() == SHOWN
    missing = program(capsys, "verify", str(tmp_path / "no\x1b[2J.book"))
    assert missing.code == 2
    assert "no\\x1b[2J.book" in missing.err
    assert not HARMFUL.search(built.out + told.out + missing.err)


def shown(monkeypatch: pytest.MonkeyPatch, terminal: bool, steps: int) -> str:
    out = io.StringIO()
    monkeypatch.setattr(console, "err", Console(file=out, force_terminal=terminal, width=120))
    with console.progress() as stage:
        advance = stage("map of sentences, random weights", 500)
        for _ in range(steps):
            advance(1)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.getvalue())


def test_a_slow_stage_has_a_rate_and_a_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, True, 250)
    last = text.splitlines()[-1]
    assert "map of sentences, random weights" in last
    assert "50%" in last
    assert re.search(r"[\d.,]+ (M/s|/s)", last)
    assert re.search(r"\d:\d\d:\d\d|-:--:--", last)


def test_a_pipe_gets_a_line_a_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, False, 250) == "map of sentences, random weights ...\n"


@pytest.mark.parametrize(
    ("speed", "said"), [(None, "0.00 M/s"), (3.4, "3 /s"), (9_999, "9,999 /s"), (2.5e6, "2.50 M/s")]
)
def test_a_rate_is_said_in_a_unit_that_shows_it(speed: float | None, said: str) -> None:
    class Task:
        finished_speed = None

    Task.speed = speed
    assert str(console._Rate().render(Task())).strip() == said
