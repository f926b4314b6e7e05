"""One writer at a time: a lock file in the working folder beside what is written."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from genomebook.errors import BookError, BusyError

LOCK = "lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a working folder.

    Parameters
    ----------
    folder : Path
        Working folder (``BOOK.part``). It is made if missing, and removed at the end when nothing but the
        lock is in it.

    Raises
    ------
    BusyError
        When another process holds the lock.
    BookError
        When the folder or something in it is a symbolic link: what is written or removed there could lie
        elsewhere.
    """
    number = _take(folder)
    try:
        _refuse_links(folder)
        yield
    finally:
        try:
            with suppress(OSError):  # another writer has made its lock there meanwhile
                if [path.name for path in folder.iterdir()] == [LOCK]:
                    (folder / LOCK).unlink()
                    folder.rmdir()
        finally:
            os.close(number)


def hold(folder: Path) -> int:
    """Hold the lock of a folder until this process ends; the descriptor of the lock.

    Raises
    ------
    BookError
        As `locked`.
    """
    number = _take(folder)
    try:
        _refuse_links(folder)
    except (BookError, OSError):
        os.close(number)
        raise
    return number


@contextmanager
def file_locked(file: Path, shared: bool = False) -> Iterator[None]:
    """Hold the lock of a file, which is made if missing and stays; ``shared`` with others that share it.

    Raises
    ------
    BusyError
        When another process holds it.
    """
    while (number := _flocked(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, file)) is None:
        pass
    try:
        yield
    finally:
        os.close(number)


def is_locked(folder: Path) -> bool:
    """Whether another process holds the lock of a working folder; nothing is made or changed."""
    try:
        number = os.open(folder / LOCK, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(number, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(number)
    return False


def _refuse_links(folder: Path) -> None:
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            _refuse_link(Path(place) / name)


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise BookError(f"{path}: is a symbolic link, so nothing is written there; remove it")


def _take(folder: Path) -> int:
    """Lock the file, and make sure that it still is the file of that name."""
    while True:
        _refuse_link(folder)
        _refuse_link(folder / LOCK)
        if not folder.is_dir():
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                if folder.is_file():
                    raise
                continue  # another writer has just made it, and may be taking it away
        try:
            number = _flocked(folder / LOCK, fcntl.LOCK_EX, folder)
        except FileNotFoundError:  # the folder went with another writer
            continue
        if number is not None:
            return number


def _flocked(file: Path, kind: int, what: Path) -> int | None:
    """Open and lock a file; None when it no longer is the file of that name."""
    number = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    try:
        fcntl.flock(number, kind | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(number), os.stat(file)):
            return number
    except FileNotFoundError:  # another writer ended and took its lock away
        pass
    except BlockingIOError:
        os.close(number)
        raise BusyError(f"{what}: another command is writing here; wait for it or stop it") from None
    os.close(number)
    return None
