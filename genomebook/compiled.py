"""Compiled functions: numba's `njit` with its cache, which a read-only installation does not break.

numba keeps compiled code beside the source, in NUMBA_CACHE_DIR or under the home folder, and raises at
import where it may write to none of them, as in a container or on a cluster. Here such code goes to a folder
of the user's own among the temporary files, or, where that cannot be either, is compiled in each run.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba


def kernel(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function when it is first called, and keep the code for later runs.

    Parameters
    ----------
    options
        What `numba.njit` takes but for `cache`: `nogil`, `parallel`, `inline`, `fastmath`.
    """

    def compiled(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError:  # there is no folder that numba may write to
            kept = _temporary_cache() is not None
            return numba.njit(cache=kept, **options)(function)

    return compiled


@cache
def _temporary_cache() -> Path | None:
    """Point numba, here and in child processes, to a temporary folder; say so once."""
    folder = _private_folder()
    where = f"is kept in {folder}" if folder else "cannot be kept, so each run starts slowly"
    print(
        f"note: compiled code {where}: neither the installation nor the home folder can be written to; "
        "NUMBA_CACHE_DIR may name another folder",
        file=sys.stderr,
    )
    if folder is None:
        return None
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    numba.config.reload_config()  # type: ignore[no-untyped-call]
    return folder


def _private_folder() -> Path | None:
    """Make or find a temporary folder that nobody else may write to: what lies in it is run as code."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    try:
        folder = Path(tempfile.gettempdir()) / f"genomebook-compiled-{user}"
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == user and not found.st_mode & 0o022
    return folder if private else None
