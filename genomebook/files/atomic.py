"""Atomic files and folders: written aside, synced to the disk, then renamed."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

_HERE, _EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of renameat2(2)."""


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Yield a temporary file beside ``path``; renamed to it when the block ends well, removed when not.

    The temporary file is new, never one that lay there or that a symbolic link leads to. Before the rename
    its content is on the disk, and after it the name is. An OSError that does not say where (a full disk) is
    made to name ``path``.
    """
    temporary = path.with_name(path.name + ".tmp")
    with ExitStack() as stack:
        stack.callback(temporary.unlink, missing_ok=True)
        try:
            temporary.unlink(missing_ok=True)
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666))
            yield temporary
            sync(temporary)
        except OSError as error:
            error.filename = error.filename or str(path)
            raise
        os.replace(temporary, path)
    sync(path.parent)


def made_once(path: Path, make: Callable[[Path], object]) -> Path:
    """Return ``path``; unless it exists, ``make`` writes it first, under a temporary name."""
    if not path.exists():
        with aside(path) as temporary:
            make(temporary)
    return path


def sync(path: Path) -> None:
    """Wait until the content of a file, or the names in a folder, are on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def sync_tree(folder: Path) -> None:
    """Wait until all files and folders below a folder, and itself, are on the disk."""
    for place, _, names in os.walk(folder):
        for name in names:
            sync(Path(place) / name)
        sync(Path(place))


def rename(old: Path, new: Path) -> None:
    """Rename a file or folder; the new name is on the disk when this returns."""
    os.rename(old, new)
    sync(new.parent)
    if old.parent != new.parent:
        sync(old.parent)


def exchange(first: Path, second: Path) -> bool:
    """Swap the names of two folders in one step; returns False where the system cannot."""
    try:
        rename_at = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    if rename_at(_HERE, os.fsencode(first), _HERE, os.fsencode(second), _EXCHANGE):
        return False
    sync(first.parent)
    sync(second.parent)
    return True


def put_folder(fresh: Path, place: Path, old: Path) -> None:
    """Move a finished folder to its place, and remove the folder that it replaces.

    Where the system can, the two swap names in one step. Otherwise there is no folder at ``place`` for the
    moment between two renames: `restore_folder` puts the old one back after a crash in that moment.

    Parameters
    ----------
    fresh, place : Path
        Where it was made; where it belongs.
    old : Path
        Where the replaced folder lies for that moment.
    """
    sync_tree(fresh)
    if place.exists():
        if exchange(fresh, place):
            shutil.rmtree(fresh)
            return
        rename(place, old)
    try:
        rename(fresh, place)
    finally:
        restore_folder(place, old)
    shutil.rmtree(old, ignore_errors=True)


def restore_folder(place: Path, old: Path) -> None:
    """Move a replaced folder back when its replacement did not arrive."""
    if old.exists() and not place.exists():
        rename(old, place)


@contextmanager
def folder_aside(place: Path, fresh: Path, old: Path) -> Iterator[None]:
    """Make ``fresh`` an empty folder; it moves to ``place`` when the block ends well, is removed when not.

    ``old`` is as in `put_folder`.
    """
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    try:
        yield
        put_folder(fresh, place, old)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def existing_parent(path: Path) -> Path:
    """The nearest folder above a path that exists."""
    return next(parent for parent in path.absolute().parents if parent.is_dir())
