"""Checks of options and arguments, for the command line and Python alike."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from genomebook.errors import MissingExtraError, OptionError

T = TypeVar("T", bound=str)

_SHOWN = 40
"""Characters of a refused value that the message repeats."""


def check_choice(option: str, value: str, choices: Iterable[T]) -> T:
    """Return `value` when it is one of `choices`.

    Raises
    ------
    OptionError
        When it is not; the message lists the choices.
    """
    known = tuple(choices)
    for choice in known:
        if choice == value:
            return choice
    raise OptionError(f"{option} {value[:_SHOWN]!r}: choose one of {', '.join(filter(None, known))}")


def check_new_path(path: Path, made: str) -> None:
    """Refuse to make something (`made`: "a reader") where it would replace or lack a folder.

    Raises
    ------
    OptionError
        When the path exists or its parent does not.
    """
    if path.exists():
        raise OptionError(f"{path}: exists already; choose another path or move it away")
    check_parent(path, made)


def check_parent(path: Path, made: str) -> None:
    """Refuse to write (`made`: "results") into a folder that does not exist.

    Raises
    ------
    OptionError
        When the parent of the path is not a folder.
    """
    if not path.absolute().parent.is_dir():
        raise OptionError(f"{path.parent}: no such folder to put {made} in; make it first")


def require_extra(purpose: str, extra: str, *packages: str) -> None:
    """Check that the packages of an extra which `purpose` needs are installed.

    Raises
    ------
    MissingExtraError
        When some are not.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise MissingExtraError(purpose, missing, extra)
