"""Bars of progress: what a terminal shows of a stage, and what a pipe gets."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from genomebook import console


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
