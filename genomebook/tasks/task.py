"""What a task is: its question, labels, data sheet and published figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Metric = Literal["MCC", "accuracy", "F1", "exact match", "error"]

TRAIN, DEV, TEST = "train", "dev", "test"


@dataclass(frozen=True)
class Published:
    """A figure of a paper.

    Parameters
    ----------
    system : str
        The model.
    metric : str
        As the paper names it.
    value : float
        As the paper gives it.
    source : str
        Paper or file, with its year.
    comparable : bool
        Whether it was measured on the same test rows as ours.
    why : str
        Why it is comparable or not.
    """

    system: str
    metric: str
    value: float
    source: str
    comparable: bool
    why: str


@dataclass(frozen=True)
class DataFile:
    """A file that a task reads.

    Parameters
    ----------
    path : str
        Place below the data folder; the file may also lie there unpacked, without ``.gz``.
    sha256 : str
        SHA-256 of the unpacked content, in hexadecimal; empty when no copy has been seen yet.
    url : str or None
        Address of the public file, packed or not.
    fetch : str
        What to fetch, in a line.
    needed : bool
        Whether the task cannot be loaded without it.
    """

    path: str
    sha256: str
    url: str | None
    fetch: str
    needed: bool = True


@dataclass(frozen=True)
class DataSheet:
    """Where the examples of a task come from and what to beware of.

    Parameters
    ----------
    source, licence : str
        Origin and terms, in plain English.
    ships : bool
        Whether weights trained on them may ship.
    files : tuple of DataFile
        The files of the task.
    leaks : str
        What gives the answer away, in plain English.
    counts : mapping of str to tuple of int
        Examples of each label by split, as loaded: ``{"train": (16_000, 16_000)}``.
    """

    source: str
    licence: str
    ships: bool
    files: tuple[DataFile, ...]
    leaks: str
    counts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Examples:
    """The examples of a task.

    Parameters
    ----------
    sequences : list of str
        Upper-case letters of DNA.
    labels : int8[n]
        Index in the labels of the task.
    split : str[n]
        "train", "dev" or "test".
    columns : dict of str to list of str
        Further columns of the files by name (strand, chrom, start0, end ...), as text.
    dropped : mapping of str to int
        Rows left out by the reason: "in a hold-out", "also in test".
    note : str
        What differs from the data sheet, as a split that was made from another; empty if nothing.
    """

    sequences: list[str]
    labels: NDArray[np.int8]
    split: NDArray[np.str_]
    columns: dict[str, list[str]]
    dropped: Mapping[str, int] = field(default_factory=dict)
    note: str = ""

    def __len__(self) -> int:
        """Number of examples."""
        return len(self.sequences)

    def of(self, split: str) -> Examples:
        """The examples of a split, in order."""
        return self.take(np.flatnonzero(self.split == split))

    def take(self, rows: NDArray[np.int64]) -> Examples:
        """The examples of these rows (int64[n])."""
        chosen = rows.tolist()
        columns = {name: [values[row] for row in chosen] for name, values in self.columns.items()}
        sequences = [self.sequences[row] for row in chosen]
        return Examples(sequences, self.labels[rows], self.split[rows], columns, self.dropped, self.note)


@dataclass(frozen=True)
class Task:
    """A question that can be asked of a DNA sequence.

    Parameters
    ----------
    name : str
        Short name: ``tf-0``.
    title : str
        Title on a page.
    group : str
        Heading under which it is listed.
    questions : tuple of str
        Ways to ask it in English.
    labels : tuple of str
        Possible answers in order of their number; empty where the answer is free.
    metric : str
        What it is measured by.
    lengths : tuple of int
        Shortest and longest sequence it was made for, in letters.
    window : int
        Letters that are scored at a time; 0 for all.
    sheet : DataSheet
        Its data.
    load : callable or None
        Reads the examples from the data folder; None where the answer is exact or from the annotation.
    about : str
        What it means, for a first-year student.
    published : tuple of Published
        Figures of papers.
    before : int or None
        Letters of the window before the start of a gene, where the task is about one.
    """

    name: str
    title: str
    group: str
    questions: tuple[str, ...]
    labels: tuple[str, ...]
    metric: Metric
    lengths: tuple[int, int]
    window: int
    sheet: DataSheet
    load: Callable[[Path], Examples] | None
    about: str
    published: tuple[Published, ...] = ()
    before: int | None = None
