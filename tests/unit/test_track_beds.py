"""Tracks of a book as BED files: groups whose names give one file name do not overwrite each other."""

from __future__ import annotations

from pathlib import Path

from genomebook.pipeline.make.beds import _free


def test_groups_of_like_names_get_files_of_their_own(tmp_path: Path) -> None:
    names = []
    for text in ("first", "second", "third"):
        path = _free(tmp_path, "x_a_b")
        path.write_text(text)
        names.append(path.name)
    assert names == ["x_a_b.bed", "x_a_b_2.bed", "x_a_b_3.bed"]
    assert (tmp_path / "x_a_b.bed").read_text() == "first"
