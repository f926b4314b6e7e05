"""The data of tasks on disk: where they are, whether they are what they should be, and how to get them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from genomebook.errors import DownloadError, TaskError
from genomebook.files.progress import ByteProgress
from genomebook.genome import download
from genomebook.genome.packed import PackedError, Unpacked
from genomebook.tasks.task import DataFile, Examples, Task

FOLDER = "GENOMEBOOK_TASK_DATA"
SHARED = "GENOMEBOOK_SHARED"
_BLOCK, _SHOWN = 1 << 20, 40


def data_folder(option: Path | None = None) -> Path:
    """The folder with the data of tasks: `option`, else $GENOMEBOOK_TASK_DATA, else $GENOMEBOOK_SHARED/data.

    Raises
    ------
    TaskError
        None of them is given, or the folder does not exist.
    """
    folder = option
    if folder is None and os.environ.get(FOLDER):
        folder = Path(os.environ[FOLDER])
    if folder is None and os.environ.get(SHARED):
        folder = Path(os.environ[SHARED]) / "data"
    if folder is None:
        raise TaskError(f"no folder with the data of tasks; name one with --data or in {FOLDER}")
    if not folder.is_dir():
        raise TaskError(
            f"{folder}: no such folder with the data of tasks; name one with --data or in {FOLDER}"
        )
    return folder


def place_of(file: DataFile, folder: Path) -> Path:
    """Where a file of a task lies in the data folder, packed or not.

    Raises
    ------
    TaskError
        It is not there; the message says what to fetch.
    """
    packed = folder / file.path
    plain = folder / file.path.removesuffix(".gz")
    for path in (packed, plain):
        if path.is_file():
            return path
    raise TaskError(f"{packed}: no such file; {file.fetch}")


def is_there(file: DataFile, folder: Path) -> bool:
    """Whether a file of a task lies in the data folder (its content is not checked)."""
    return any((folder / path).is_file() for path in (file.path, file.path.removesuffix(".gz")))


def has_data(task: Task, folder: Path) -> bool:
    """Whether all files that a task needs are in the data folder (their content is not checked)."""
    files = [file for file in task.sheet.files if file.needed]
    return task.load is not None and all(is_there(file, folder) for file in files)


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """Open a file, plain or packed.

    Raises
    ------
    TaskError
        It cannot be read or is cut short.
    """
    try:
        with path.open("rb") as packed:
            yield cast(BinaryIO, Unpacked(packed, str(path)))
    except PackedError as error:
        raise TaskError(f"{path}: {error}") from None
    except OSError as error:
        raise TaskError(f"{path}: cannot be read ({error.strerror}); check the path") from None


def file_lines(file: DataFile, folder: Path) -> Iterator[tuple[str, str]]:
    """Lines of a text file of a task, plain or packed.

    Yields
    ------
    str, str
        File and line for messages; the line without its end.

    Raises
    ------
    TaskError
        The file is missing or cannot be read.
    """
    path = place_of(file, folder)
    with unpacked(path) as content:
        for number, line in enumerate(content, 1):
            yield f"{path}: line {number}", line.decode("utf-8", "replace").rstrip("\r\n")


def fasta_records(file: DataFile, folder: Path) -> Iterator[tuple[str, str, str]]:
    """Records of a FASTA file of a task, plain or packed.

    Yields
    ------
    str, str, str
        File and record for messages; header without ``>``; letters.

    Raises
    ------
    TaskError
        The file is missing, cannot be read or is not FASTA.
    """
    path = place_of(file, folder)
    with unpacked(path) as content:
        text = content.read().decode("ascii", "replace")
    if not text.startswith(">"):
        raise TaskError(f"{path}: record 1: not FASTA (no '>' at its start); {file.fetch}")
    for record in text[1:].split("\n>"):
        header, _, letters = record.partition("\n")
        yield f"{path}: record {header[:_SHOWN]!r}", header, "".join(letters.split())


def check_files(task: Task, folder: Path) -> None:
    """Check that the files a task needs are there and all have the content that its data sheet describes.

    Raises
    ------
    TaskError
        One is missing, cannot be read or has another SHA-256.
    """
    for file in task.sheet.files:
        if not (file.needed or is_there(file, folder)):
            continue
        path = place_of(file, folder)
        sha = hashlib.sha256()
        with unpacked(path) as content:
            while block := content.read(_BLOCK):
                sha.update(block)
        if file.sha256 and sha.hexdigest() != file.sha256:
            raise TaskError(
                f"{path}: its unpacked content has the SHA-256 {sha.hexdigest()[:12]}..., expected "
                f"{file.sha256[:12]}...; {file.fetch}"
            )


def load(task: Task, folder: Path | None = None) -> Examples:
    """Read the examples of a task.

    Raises
    ------
    TaskError
        The task has no examples, or a file is missing or not what the loader expects.
    """
    if task.load is None:
        raise TaskError(f"{task.name}: answered exactly or from the annotation; it has no examples to load")
    return task.load(data_folder(folder))


def fetch(task: Task, folder: Path, progress: ByteProgress | None = None) -> list[Path]:
    """Download the files of a task that have an address and are not in the folder yet.

    Returns
    -------
    list of Path
        The files of the task.

    Raises
    ------
    TaskError
        A file that is needed has no address; the message says what to fetch.
    DownloadError
        A download failed or is not the file that is expected.
    """
    paths = []
    for file in task.sheet.files:
        if file.url is None and not file.needed:
            continue
        if file.url is None or is_there(file, folder):
            paths.append(place_of(file, folder))
            continue
        target = folder / file.path
        if not file.url.endswith(".gz"):
            target = target.with_name(target.name.removesuffix(".gz"))
        paths.append(download.fetch(file.url, target, progress=progress))
    try:
        check_files(task, folder)
    except TaskError as error:
        raise DownloadError(str(error)) from None
    return paths
