"""Where classes of annotation are: shares of a place against letters counted one by one; bad files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.book.annex import finish_annex, open_annex
from genomebook.book.annotation import Annotation, write_annotation
from genomebook.errors import DamagedBookError

LENGTHS = {"one": 40, "two": 25}
NAMES = ("Alu", "exon")


def spans_of(letters: list[bool]) -> np.ndarray:
    edges = np.flatnonzero(np.diff(np.array([False, *letters, False], np.int8)))
    return edges.reshape(-1, 2).astype(np.int64)


def written(path: Path, masks: dict[str, list[list[bool]]]) -> Annotation:
    """`masks`: for each class, of each volume, which letters are in it."""
    classes = [[spans_of(mask) for mask in masks[name]] for name in NAMES]
    return opened(path, classes, {"classes": list(NAMES), "heard": [[0, 1], [1]]})


def opened(path: Path, classes: list[list[np.ndarray]], about: dict[str, object]) -> Annotation:
    """An annex of grounding that has nothing but places."""
    intervals = write_annotation(path / "annotation.i64", classes, list(LENGTHS.values()))
    finish_annex(path, "ground", "0" * 64, {"intervals": intervals, **about})
    annex = open_annex(path, "ground")
    assert annex is not None
    return Annotation(annex, LENGTHS)


MASKS = st.fixed_dictionaries(
    {
        name: st.tuples(*(st.lists(st.booleans(), min_size=n, max_size=n) for n in LENGTHS.values())).map(
            list
        )
        for name in NAMES
    }
)


@given(masks=MASKS, start=st.integers(0, 24), size=st.integers(1, 25))
def test_shares_are_those_of_the_letters(
    tmp_path_factory: pytest.TempPathFactory, masks: dict[str, list[list[bool]]], start: int, size: int
) -> None:
    annotation = written(tmp_path_factory.mktemp("a"), masks)
    assert list(annotation.problems()) == []
    for number, volume in enumerate(LENGTHS):
        end = min(start + size, LENGTHS[volume])
        wanted = {name: float(np.mean(masks[name][number][start:end])) for name in NAMES}
        found = annotation.shares(volume, start, end)
        assert found == pytest.approx({name: share for name, share in wanted.items() if share})
        assert list(found.values()) == sorted(found.values(), reverse=True)


def test_what_no_source_speaks_of_is_unknown(tmp_path: Path) -> None:
    annotation = written(tmp_path, {name: [[True] * 40, [False] * 25] for name in NAMES})
    assert annotation.known("one") == ("Alu",)
    assert annotation.known("two") == NAMES


def test_wrong_places_and_cut_files_are_named(tmp_path: Path) -> None:
    right = [[np.array([[2, 9]]), np.array([[0, 4]])]]
    about = {"classes": ["Alu"], "heard": [[0, 1]]}
    for wrong in ([[2, 9], [8, 10]], [[3, 3]], [[30, 41]], [[-1, 4]]):
        spans = [[np.array(wrong), right[0][1]]]
        found = list(opened(tmp_path, spans, about).problems())
        assert len(found) == 1, wrong
        assert "annotation.i64: the places of Alu overlap or lie outside the book" in found[0]
    assert not list(opened(tmp_path, right, about).problems())
    with pytest.raises(DamagedBookError, match=r"32 bytes, 48 expected; .* genomebook ground"):
        list(opened(tmp_path, right, about | {"intervals": [3]}).problems())
    with pytest.raises(
        DamagedBookError, match=r"manifest\.json: classes that do not fit; .* genomebook ground"
    ):
        opened(tmp_path, right, about | {"heard": []})
