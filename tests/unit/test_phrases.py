"""What a tag and a phrase say of a word: the strongest class, in few plain words, and only what was found."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.lexicon.phrases import MAX_TAG, describe, kind_of, tags_table


def row(name: str, share: float, times: float, low: float | None = None) -> dict[str, object]:
    return {"class": name, "share": share, "enrichment": times, "low": low or 0.9 * times}


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("AAAAA", "poly-A"),
        ("TTTTTTTTTT", "poly-T"),
        ("GGGGG", "poly-G"),
        ("AAAA", ""),
        ("CACAC", "CA-repeat"),
        ("TGTGTGTG", "TG-repeat"),
        ("CACA", ""),
        ("CACAG", ""),
        ("CGCG", "CpG-rich"),
        ("CGCGCG", "CG-repeat"),
        ("GCGGCCG", "CpG-rich"),
        ("ACGT", ""),
        ("AAAAAG", ""),
        ("R", ""),
    ],
)
def test_kinds(word: str, kind: str) -> None:
    assert kind_of(word) == kind


@pytest.mark.parametrize(
    ("word", "rows", "tag", "phrase"),
    [
        (
            "AAAAAAA",
            [row("Alu", 0.62, 5.1)],
            "Alu 62 %",
            "a poly-A tail word: 62 % inside Alu, 5.1 times chance",
        ),
        (
            "AAAAAAA",
            [row("intron", 0.62, 1.3)],
            "intron 62 %",
            "a poly-A word: 62 % inside introns, 1.3 times chance",
        ),
        (
            "ACACAC",
            [row("Alu", 0.21, 2.0), row("L1", 0.02, 2.0)],
            "Alu 2×",
            "an AC-repeat word: 21 % inside Alu, 2.0 times chance",
        ),
        (
            "TTTTTT",
            [row("L1", 0.26, 2.4)],
            "L1 26 %",
            "a poly-T word: 26 % inside L1, 2.4 times chance",
        ),
        (
            "CGCGG",
            [row("CpG island", 0.09, 9.2)],
            "CpG island 9×",
            "a CpG-rich word: 9 % inside CpG islands, 9 times chance",
        ),
        ("GCC", [row("CpG island", 0.2, 12.3)], "CpG island 12×", "20 % inside CpG islands, 12 times chance"),
        ("GTAG", [row("CDS", 0.004, 3.4)], "CDS 3×", "0.4 % inside coding sequence, 3.4 times chance"),
        ("GTAG", [row("MIR", 0.1, 1.44)], "MIR 1.4×", "10 % inside MIR, 1.4 times chance"),
        (
            "GTAG",
            [row("lincRNA gene", 0.6, 1.5)],
            "lincRNA 60 %",
            "60 % inside lincRNA genes, 1.5 times chance",
        ),
        (
            "GTAG",
            [row("soft-masked repeat", 1.0, 2.8)],
            "repeat 100 %",
            "100 % inside soft-masked repeats, 2.8 times chance",
        ),
    ],
)
def test_what_is_said(word: str, rows: list[dict[str, object]], tag: str, phrase: str) -> None:
    assert describe(word, 500, rows, True) == (tag, phrase)


def test_the_strongest_class_is_the_one_that_says_most() -> None:
    alu, island = row("Alu", 0.62, 5.1), row("CpG island", 0.02, 3.0)
    repeat, intron = row("repeat", 0.8, 1.6), row("intron", 0.7, 1.1)
    assert describe("GTAG", 9, [intron, repeat, island, alu], True).tag == "Alu 62 %"
    assert describe("GTAG", 9, [intron, island], True).tag == "CpG island 3×"
    assert describe("GTAG", 9, [row("low complexity", 1.0, 30.0), alu], True).tag == "Alu 62 %"
    assert describe("GTAG", 9, [intron, repeat], True).tag == "repeat 80 %"


def test_nothing_is_said_of_a_word_of_which_nothing_was_found() -> None:
    said = describe("GTAG", 1204, [], True)
    assert said == (None, "no class more often than by chance, 1,204 occurrences looked at")
    assert describe("GTAG", 3, [], False) == (None, "too rare to say: 3 occurrences")
    assert describe("GTAG", 1, [], False) == (None, "too rare to say: 1 occurrence")
    assert describe("GTAG", 0, [], False) == (None, "does not occur in this book")


@given(
    st.text("abcdefgh ", min_size=1, max_size=40).map(str.strip).filter(bool),
    st.floats(0.0001, 1),
    st.floats(1.01, 5000),
)
def test_tags_are_short(name: str, share: float, times: float) -> None:
    tag, phrase = describe("ACGT", 10, [row(name, share, times, 1.005)], True)
    assert tag is not None
    assert len(tag) <= MAX_TAG
    assert "\n" not in phrase


def test_only_what_is_sure_has_a_tag() -> None:
    rows = [
        (16, "Alu", 0.6, 5.0, 3.0, 0.001),
        (17, "Alu", 0.6, 5.0, 3.0, 0.06),  # q too large
        (18, "Alu", 0.6, 5.0, 0.9, 0.001),  # interval holds 1
        (19, "Alu", 0.01, 0.1, 0.05, 0.001),  # less often than by chance
    ]
    table = pd.DataFrame(rows, columns=["id", "class", "share", "enrichment", "low", "q"])
    ids = [1, 16, 17, 18, 19, 20]
    words = ["R", "GAGGC", "TTAA", "GGA", "CAT", "TAGC"]
    lexicon = pd.DataFrame({"id": ids, "word": words, "count": [0, 40, 50, 60, 70, 2]})
    tags = tags_table(table, lexicon)
    assert tags["id"].tolist() == ids
    assert tags["tag"].fillna("").tolist() == ["", "Alu 60 %", "", "", "", ""]
    assert tags["phrase"].tolist() == [
        "does not occur in this book",
        "60 % inside Alu, 5.0 times chance",
        "no class more often than by chance, 50 occurrences looked at",
        "no class more often than by chance, 60 occurrences looked at",
        "no class more often than by chance, 70 occurrences looked at",
        "too rare to say: 2 occurrences",
    ]
