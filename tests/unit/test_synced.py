"""What has a name is on the disk: files and folders are synced before a rename, their folder after."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.search.kmer_vectors import KmerVectors
from genomebook.files import atomic
from genomebook.pipeline.lexicon.ground import ground
from genomebook.pipeline.search.index import search_index
from tests.support import books


class Disk:
    """What was synced since it was last written, and every rename with what was missing at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.synced: dict[tuple[int, int], int] = {}
        self.renames = 0
        self.late: list[str] = []
        self.waiting: list[Path] = []

    def is_synced(self, path: Path) -> bool:
        """Whether a file, or a folder, was synced with the content that it has."""
        found = path.stat()
        return self.synced.get((found.st_dev, found.st_ino)) == found.st_mtime_ns

    def fsync(self, number: int) -> None:
        """Note what is synced: by its number on the disk, with the time of its last change."""
        found = os.fstat(number)
        self.synced[found.st_dev, found.st_ino] = found.st_mtime_ns
        self.waiting = [folder for folder in self.waiting if not os.path.samestat(folder.stat(), found)]

    def renaming(self, do: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a rename: all of what is renamed is synced before; its folders have to be after."""

        def rename(old: Path, new: Path) -> Any:
            old, new = Path(old), Path(new)
            if not new.is_relative_to(self.folder):
                return do(old, new)
            if self.waiting:
                self.late.append(f"{self.waiting} before {new}")
            everything = [old, *old.rglob("*")] if old.is_dir() else [old]
            self.late += [f"{path} to {new}" for path in everything if not self.is_synced(path)]
            self.renames += 1
            done = do(old, new)
            self.waiting = list({old.parent, new.parent})
            return done

        return rename


@contextmanager
def watched(folder: Path) -> Iterator[Disk]:
    disk = Disk(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", disk.fsync)
        patch.setattr(os, "replace", disk.renaming(os.replace))
        patch.setattr(os, "rename", disk.renaming(os.rename))
        patch.setattr(atomic, "exchange", exchanging(disk, atomic.exchange))
        yield disk


def exchanging(disk: Disk, do: Callable[[Path, Path], bool]) -> Callable[[Path, Path], bool]:
    """Wrap an exchange: what it brings to its place is synced before; it syncs folders itself."""

    def exchange(one: Path, other: Path) -> bool:
        everything = [one, *one.rglob("*")]
        disk.late += [f"{path} to {other}" for path in everything if not disk.is_synced(path)]
        disk.renames += 1
        disk.waiting = [one.parent, other.parent]
        return do(one, other)

    return exchange


def test_every_rename_of_a_build_and_of_stages_is_between_syncs(tmp_path: Path) -> None:
    text = books.letters(900, 1) + b"NNN" + books.letters(300, 2).lower()
    (tmp_path / "a.fa").write_bytes(books.fasta({"x": text, "y": books.letters(200, 3)}))
    book = tmp_path / "a.book"
    counts = []
    for command in (
        lambda: books.make(tmp_path / "a.fa", book, workers=1, reader="ngram-book"),
        lambda: books.make(tmp_path / "a.fa", book, workers=1, title="new", replace=True),
        lambda: ground(book, shifts=3),
        lambda: ground(book, shifts=3),
        lambda: search_index(book, encoder=KmerVectors(8), workers=1),
        lambda: search_index(book, encoder=None, workers=1),
    ):
        with watched(tmp_path) as disk:
            command()
        assert disk.late == []
        assert disk.waiting == []
        counts.append(disk.renames)
    assert counts[0] > 20
    assert counts[2:4] == [3, 3]


def test_the_test_sees_what_is_not_synced(tmp_path: Path) -> None:
    """A file and a folder that are renamed as they are, and a folder that is not synced after."""
    with watched(tmp_path) as disk:
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "file").write_text("x")
        os.rename(tmp_path / "a", tmp_path / "b")
        atomic.put_folder(tmp_path / "b", tmp_path / "c", tmp_path / "d")
    assert [line.split(" to ")[0] for line in disk.late[:2]] == [
        str(tmp_path / "a"),
        str(tmp_path / "a/file"),
    ]
    assert len(disk.late) == 3
    shutil.rmtree(tmp_path / "c")
