"""Texts of the page Class, from ``data/class.toml``: the words of a stop and of a game."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

FILE = "class.toml"


class GameTexts(NamedTuple):
    """What a game says: its title, its two answers, its question, how its rounds are drawn."""

    title: str
    answers: tuple[str, str]
    question: str
    about: str


@cache
def class_texts() -> Mapping[str, Any]:
    """All texts, as the file has them."""
    return tomllib.loads((resources.files("genomebook") / "data" / FILE).read_text(encoding="utf-8"))


@cache
def stop_texts() -> Mapping[str, Mapping[str, Any]]:
    """Texts of the stops by name, in the order of the tour; ``number`` counts them from 1."""
    rows = class_texts()["stop"]
    return {row["name"]: {**row, "text": row["text"].strip(), "number": n} for n, row in enumerate(rows, 1)}


@cache
def game_texts() -> Mapping[str, GameTexts]:
    """Texts of the games by name."""
    return {
        row["name"]: GameTexts(row["title"], tuple(row["answers"]), row["question"], row["about"])
        for row in class_texts()["game"]
    }
