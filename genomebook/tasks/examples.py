"""Rows of files become examples: letters, labels and splits checked, hold-outs and duplicates left out."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from genomebook.errors import TaskError
from genomebook.tasks.data import is_there, place_of, unpacked
from genomebook.tasks.task import DEV, TEST, TRAIN, DataFile, Examples

HOLD_OUTS = (("chr1", 0, 1_000_000), ("chr21", 24_985_580, 26_000_306))
"""Regions of GRCh38 that nothing is trained on, 0-based half-open."""

LONGEST = 1_000_000
_NOT_DNA = re.compile(r"[^ACGTNRYSWKMBDHVU]")
_PLAIN = str.maketrans("RYSWKMBDHVU", "NNNNNNNNNNT")
_SHOWN = 20
_DEV_SHARE = 10


def digest_of(sequence: str) -> int:
    """A number of 64 bits that depends on the letters only."""
    return int.from_bytes(hashlib.blake2b(sequence.encode(), digest_size=8).digest(), "little")


def in_hold_out(chrom: str, start: int, end: int) -> bool:
    """Whether an interval of GRCh38 (0-based half-open) overlaps a region that nothing is trained on."""
    return any(chrom == name and start < last and end > first for name, first, last in HOLD_OUTS)


class ExampleRows:
    """Rows of the files of a task while they are read.

    Parameters
    ----------
    labels : sequence of str
        The answers of the task.
    columns : sequence of str
        Further columns that are kept.
    """

    def __init__(self, labels: Sequence[str], columns: Sequence[str] = ()) -> None:
        self.labels, self.columns = tuple(labels), tuple(columns)
        self._rows: list[tuple[str, int, str, tuple[str, ...]]] = []
        self._dropped: Counter[str] = Counter()

    def add(
        self,
        where: str,
        sequence: str,
        label: int,
        split: str,
        kept: Sequence[str] = (),
        place: tuple[str, int, int] | None = None,
    ) -> None:
        """Check a row and keep it.

        Parameters
        ----------
        where : str
            File and record, for messages.
        sequence : str
            Letters in either case; ambiguous ones become N, U becomes T.
        label : int
            Number of the answer.
        split : str
            "train", "dev" or "test".
        kept : sequence of str
            Values of the further columns.
        place : tuple of str, int and int, optional
            Chromosome, start and end in GRCh38, 0-based half-open.

        Raises
        ------
        TaskError
            The letters are not DNA, or the label or the split is unknown.
        """
        letters = sequence.upper()
        wrong = _NOT_DNA.search(letters)
        if wrong or not 0 < len(letters) <= LONGEST:
            what = (
                f"{sequence[wrong.start()]!r} at letter {wrong.start() + 1}"
                if wrong
                else f"{len(letters)} letters"
            )
            raise TaskError(
                f"{where}: not a sequence of DNA ({what}); correct the row or fetch the file again"
            )
        if not 0 <= label < len(self.labels):
            raise TaskError(f"{where}: unknown label {label}; the labels are 0 to {len(self.labels) - 1}")
        if split not in (TRAIN, DEV, TEST):
            raise TaskError(f"{where}: unknown split {split[:_SHOWN]!r}; the splits are train, dev and test")
        if split != TEST and place is not None and in_hold_out(*place):
            self.drop("in a hold-out")
            return
        self._rows.append((letters.translate(_PLAIN), label, split, tuple(kept)))

    def drop(self, reason: str) -> None:
        """Count a row that is left out."""
        self._dropped[reason] += 1

    def examples(self, make_dev: bool = False, note: str = "") -> Examples:
        """The examples: each sequence in one split only, test before dev before train.

        Parameters
        ----------
        make_dev : bool
            Put a tenth of train, chosen by a digest of the sequence, into dev.
        note : str
            What differs from the data sheet.
        """
        splits = [self._split_of(row, make_dev) for row in self._rows]
        by_split = {
            name: {row[0] for row, split in zip(self._rows, splits, strict=True) if split == name}
            for name in (TEST, DEV)
        }
        kept: list[int] = []
        for number, (row, split) in enumerate(zip(self._rows, splits, strict=True)):
            if split != TEST and row[0] in by_split[TEST]:
                self.drop("also in test")
            elif split == TRAIN and row[0] in by_split[DEV]:
                self.drop("also in dev")
            else:
                kept.append(number)
        rows = [self._rows[number] for number in kept]
        return Examples(
            [row[0] for row in rows],
            np.array([row[1] for row in rows], np.int8),
            np.array([splits[number] for number in kept], np.str_),
            {name: [row[3][at] for row in rows] for at, name in enumerate(self.columns)},
            dict(self._dropped),
            note,
        )

    @staticmethod
    def _split_of(row: tuple[str, int, str, tuple[str, ...]], make_dev: bool) -> str:
        moved = make_dev and row[2] == TRAIN and digest_of(row[0]) % _DEV_SHARE == 0
        return DEV if moved else row[2]


def table_rows(
    path: Path, columns: Sequence[str], delimiter: str = "\t"
) -> Iterator[tuple[str, dict[str, str]]]:
    """Rows of a table with a header line.

    Parameters
    ----------
    path : Path
        Plain or packed text.
    columns : sequence of str
        Columns that must be there, in any order.
    delimiter : str
        Between columns.

    Yields
    ------
    str, dict of str to str
        File and record for messages; the row by column.

    Raises
    ------
    TaskError
        The file cannot be read, a column is missing, or a row has another number of columns.
    """
    with unpacked(path) as content:
        try:
            reader = csv.reader(io.TextIOWrapper(content, "utf-8", newline=""), delimiter=delimiter)
            header = next(reader, [])
            missing = [name for name in columns if name not in header]
            if missing:
                raise TaskError(
                    f"{path}: no column {missing[0]!r} in its first line; expected {', '.join(columns)}: "
                    "fetch the file again"
                )
            for number, row in enumerate(reader, 2):
                where = f"{path}: line {number}"
                if len(row) != len(header):
                    raise TaskError(
                        f"{where}: {len(row)} columns, expected {len(header)}; fetch the file again"
                    )
                yield where, dict(zip(header, row, strict=True))
        except UnicodeDecodeError:
            raise TaskError(f"{path}: not a text file in UTF-8; fetch it again") from None
        except csv.Error as error:
            raise TaskError(f"{path}: not a table ({error}); fetch it again") from None


def label_number(where: str, text: str, names: Sequence[str]) -> int:
    """Number of a label as a file names it.

    Raises
    ------
    TaskError
        It is not one of `names`.
    """
    if text not in names:
        raise TaskError(f"{where}: unknown label {text[:_SHOWN]!r}; the labels are {', '.join(names)}")
    return list(names).index(text)


def split_files(files: dict[str, DataFile], labels: Sequence[str], folder: Path) -> Examples:
    """Examples of files with the columns ``sequence,label``, one file a split (the form of GUE).

    Where the file of train is not needed and not there, nine tenths of dev become train.

    Parameters
    ----------
    files : dict of str to DataFile
        By split.
    labels : sequence of str
        The answers; the files give their numbers.
    folder : Path
        The data folder.
    """
    rows = ExampleRows(labels)
    numbers = [str(number) for number in range(len(labels))]
    whole = files[TRAIN].needed or is_there(files[TRAIN], folder)
    for split, file in files.items():
        if split == TRAIN and not whole:
            continue
        for where, row in table_rows(place_of(file, folder), ("sequence", "label"), ","):
            to = split if whole or split == TEST else TRAIN
            rows.add(where, row["sequence"], label_number(where, row["label"], numbers), to)
    if whole:
        return rows.examples()
    return rows.examples(
        True,
        "the training file is missing, so nine tenths of the dev rows are used for training; "
        f"{files[TRAIN].fetch}",
    )
