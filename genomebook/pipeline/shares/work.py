"""What a stage must offer to be made in shares, and the rows that its shares leave on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from genomebook.files.progress import Advance

DIGEST_BYTES = 32
"""Bytes of the SHA-256 that ends a file of a share."""


class About(NamedTuple):
    """What the bytes of a stage follow from.

    Attributes
    ----------
    stage, unit : str
        Name of the stage; what it counts, in the plural.
    inputs : mapping of str to str
        Absolute paths and names that a worker opens.
    digests : mapping of str to str
        SHA-256 of each input.
    parameters : mapping of str to JSON value
        Options that decide the bytes.
    """

    stage: str
    unit: str
    inputs: Mapping[str, str]
    digests: Mapping[str, str]
    parameters: Mapping[str, Any]


class ShareJoin(Protocol):
    """How the rows of a stage become its output; what computed them is not needed.

    Attributes
    ----------
    about : About
        What it is made from.
    row : dtype
        Of the row of a unit, little-endian.
    """

    @property
    def about(self) -> About: ...  # noqa: D102
    @property
    def row(self) -> np.dtype[Any]: ...  # noqa: D102

    def join(self, rows: ShareRows, result: Path, advance: Advance) -> None:
        """Write the output from all rows into an empty folder; ``advance`` is called with units."""
        ...


class ShareWork(ShareJoin, Protocol):
    """A stage that gives one row of fixed size for each of its units, whoever computes it.

    Attributes
    ----------
    total : int
        Units in all.
    output_bytes : int
        Bytes of the output, at most.
    """

    @property
    def total(self) -> int: ...  # noqa: D102
    @property
    def output_bytes(self) -> int: ...  # noqa: D102

    def bounds(self, shares: int) -> list[int]:
        """First unit of each of about so many shares, ascending from 0, and at the end the total."""
        ...

    def rows(self, first: int, last: int, workers: int) -> Iterator[NDArray[Any]]:
        """Rows of the units [first, last), in order, a block at a time, on some threads."""
        ...


class ShareRows:
    """Rows of all shares, in order, mapped from their files when they are read.

    Parameters
    ----------
    files : sequence of Path
        File of each share: rows, then the SHA-256 of them.
    bounds : sequence of int
        First unit of each share, and the total.
    row : dtype
        Of a row.
    """

    def __init__(self, files: Sequence[Path], bounds: Sequence[int], row: np.dtype[Any]) -> None:
        self._files, self._bounds, self._row = files, np.asarray(bounds, np.int64), row

    def __len__(self) -> int:
        """Count rows."""
        return int(self._bounds[-1])

    def read(self, first: int, last: int) -> NDArray[Any]:
        """Rows of the units [first, last)."""
        parts = [np.empty(0, self._row)]
        share = int(np.searchsorted(self._bounds, first, "right")) - 1
        while first < last:
            start, end = int(self._bounds[share]), int(self._bounds[share + 1])
            until = min(last, end)
            if until > first:
                rows = np.memmap(self._files[share], self._row, "r", shape=(end - start,))
                parts.append(rows[first - start : until - start])
            first, share = until, share + 1
        return np.concatenate(parts) if len(parts) != 2 else np.asarray(parts[1])


def evenly(total: int, shares: int) -> list[int]:
    """Bounds of about so many shares of the same size, up to one unit.

    >>> evenly(10, 3)
    [0, 3, 6, 10]
    """
    shares = max(1, min(shares, total))
    return [number * total // shares for number in range(shares + 1)] if total else [0]


def threads(workers: int) -> int:
    """Threads asked for; 0: one for each processor that this process may use."""
    return workers or len(os.sched_getaffinity(0))
