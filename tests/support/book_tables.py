"""Checks of the tables of a book."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from genomebook.book import Volume

TITLES = ["title", "extract", "generated"]


COLUMNS = {
    "sentences": ["start", "end", "first_word", "end_word", "strength", "paragraph"],
    "paragraphs": ["start", "end", "first_sentence", "end_sentence", "strength", "section"],
    "sections": ["start", "end", "first_paragraph", "end_paragraph", "chapter", *TITLES],
    "chapters": ["start", "end", "first_section", "end_section", "part", *TITLES],
    "parts": ["start", "end", "first_chapter", "end_chapter", *TITLES],
}


def check_tables(volume: Volume) -> None:
    """Every level holds the next one in order; sections and above tile, the others all that is not a gap."""
    tables = {level: getattr(volume, level)() for level in COLUMNS}
    for level, table in tables.items():
        assert list(table.columns) == COLUMNS[level]
        assert len(table) == volume.counts[level]
        assert table.index.tolist() == list(range(len(table)))
    for level in ("sections", "chapters", "parts"):
        edges = [0, *tables[level]["end"]]
        assert edges[-1] == volume.length
        assert edges[:-1] == tables[level]["start"].tolist()
    gaps = [tuple(gap) for gap in volume.gaps().tolist()]
    for level in ("sentences", "paragraphs"):
        rows = list(zip(tables[level]["start"], tables[level]["end"], strict=True))
        together = sorted(rows + gaps)
        assert [0, *(end for _, end in together)] == [*(start for start, _ in together), volume.length]
    words = volume.words()
    assert tables["sentences"]["start"].tolist() == words.starts[tables["sentences"]["first_word"]].tolist()
    assert tables["sentences"]["end"].tolist() == words.ends[tables["sentences"]["end_word"] - 1].tolist()
    order = ["sentences", "paragraphs", "sections", "chapters", "parts"]
    for low, high in pairwise(order):
        first, end = f"first_{low[:-1]}", f"end_{low[:-1]}"
        assert [0, *tables[high][end]] == [*tables[high][first], len(tables[low])]
        unit, held = tables[high], tables[low]
        number = np.repeat(unit.index, unit[end] - unit[first])
        assert held[high[:-1]].tolist() == number.tolist()
        assert (held["start"].to_numpy() >= unit["start"].to_numpy()[number]).all()
        assert (held["end"].to_numpy() <= unit["end"].to_numpy()[number]).all()
