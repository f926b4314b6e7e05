"""FASTA in: one streaming pass from any FASTA to one-line records, an index and digests, then memory maps."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
import pyfaidx

from genomebook.errors import FastaError
from genomebook.files.atomic import rename, sync
from genomebook.files.progress import ByteProgress
from genomebook.genome.packed import PackedError, Unpacked
from genomebook.genome.parse import FastaPass, Record

__all__ = ["Genome", "Record", "stale_index", "unpack"]


_BYTES_PER_READ = 1 << 20  # bytes read at a time


def unpack(source: Path, folder: Path, progress: ByteProgress | None = None) -> list[Record]:
    """Write `source` as one-line records with an index and a list of records, in one streaming pass.

    Parameters
    ----------
    source : Path
        FASTA, plain, gzip, bgzip or bzip2 (told by its first bytes), a file or a pipe. Any line lengths, LF,
        CRLF or CR line ends, empty lines, white space at line ends, either case.
    folder : Path
        Gets ``genome.fa`` (each record: header line with the name alone, all letters on one line, case
        kept), ``genome.fa.fai`` (samtools index, five columns) and ``records.json``. It is made if missing.
    progress : callable, optional
        Called with (bytes of `source` read, bytes of `source`) after each block; 0 bytes of a pipe.

    Returns
    -------
    list of Record
        In the order of the file.

    Raises
    ------
    FastaError
        The file is missing, empty, damaged or not FASTA of nucleotides, or a record is not usable.
    OSError
        Writing failed (full disk, no permission); no temporary file is left.

    Notes
    -----
    ``records.json`` is written last: with it the pass is complete, and a second call returns at once, without
    a look at `source`. Memory is bounded by a few blocks, however long a record is.
    """
    done = _read_records(folder)
    if done is not None:
        return done
    folder.mkdir(parents=True, exist_ok=True)
    parts = {name: folder / (name + ".tmp") for name in ("genome.fa", "genome.fa.fai", "records.json")}
    try:
        with parts["genome.fa"].open("wb") as out, ThreadPoolExecutor(max_workers=2) as pool:
            reading = FastaPass(source, out, pool)
            try:
                for block in _blocks(source, progress):
                    reading.feed(block)
            except PackedError as error:
                reading.fail(str(error), reading.length + 1)
            records = reading.finish()
        parts["genome.fa.fai"].write_text(_index(records), encoding="utf-8")
        parts["records.json"].write_text(json.dumps([asdict(r) for r in records], indent=1), encoding="utf-8")
        (folder / "records.json").unlink(missing_ok=True)  # of another, incomplete pass
        for name, part in parts.items():
            sync(part)
            rename(part, folder / name)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return records


def _read_records(folder: Path) -> list[Record] | None:
    """Read the records of a completed pass; None when there is none or it does not fit its genome.fa."""
    try:
        rows = json.loads((folder / "records.json").read_text(encoding="utf-8"))
        records = [Record(**row) for row in rows]
        complete = (folder / "genome.fa").stat().st_size == _size(records)
        indexed = (folder / "genome.fa.fai").read_text(encoding="utf-8") == _index(records)
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return None
    return records if complete and indexed else None


def _index(records: list[Record]) -> str:
    lines, offset = [], 0
    for r in records:
        offset += len(r.name.encode()) + 2
        lines.append(f"{r.name}\t{r.length}\t{offset}\t{r.length}\t{r.length + 1}\n")
        offset += r.length + 1
    return "".join(lines)


def _size(records: list[Record]) -> int:
    return sum(len(r.name.encode()) + r.length + 3 for r in records)


def _blocks(source: Path, progress: ByteProgress | None) -> Iterator[bytes]:
    """Yield the unpacked content of `source` in blocks of about `_BYTES_PER_READ` bytes."""
    with ExitStack() as stack:
        try:
            raw = stack.enter_context(source.open("rb"))
        except FileNotFoundError:
            raise FastaError(f"{source}: no such file; check the path") from None
        except IsADirectoryError:
            raise FastaError(f"{source}: is a directory; name one FASTA file") from None
        except PermissionError:
            raise FastaError(f"{source}: may not be read; change its permissions (chmod +r)") from None
        total = os.fstat(raw.fileno()).st_size
        stream = Unpacked(raw, str(source))
        while block := stream.read(_BYTES_PER_READ):
            yield block
            if progress is not None:
                progress(stream.consumed, total)


class Genome:
    """An unpacked genome (see `unpack`): its records, and their letters by memory map.

    Parameters
    ----------
    folder : Path
        Holds ``genome.fa``, its index and ``records.json``. The index is read with pyfaidx, never remade.

    Raises
    ------
    FastaError
        The folder holds no complete pass.
    """

    def __init__(self, folder: Path) -> None:
        records = _read_records(folder)
        if records is None:
            raise FastaError(f"{folder}: holds no completely unpacked genome; build it again from its FASTA")
        self.records: list[Record] = records
        self.path = folder / "genome.fa"
        self._faidx = pyfaidx.Faidx(self.path, build_index=False, rebuild=False)
        self._is_open = True

    def letters(self, name: str) -> npt.NDArray[np.uint8]:
        """Letters of a record: uint8 ASCII with case, shape (length,), read-only, mapped, not copied.

        Each call maps them anew, so that the pages that were read are let go with the array.

        Raises
        ------
        FastaError
            No record has this exact name, or the genome is closed.
        """
        if not self._is_open:
            raise FastaError(f"{self.path}: is closed; open it again")
        entry = self._faidx.index.get(name)
        if entry is None:
            raise FastaError(f"{self.path}: no record {name!r}; its first is {self.records[0].name!r}")
        mapped = np.memmap(self.path, np.uint8, "r", offset=entry.offset, shape=(entry.rlen,))
        return mapped.view(np.ndarray)

    def close(self) -> None:
        """Give the index back; arrays handed out before stay valid."""
        self._faidx.close()
        self._is_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def stale_index(source: Path) -> str | None:
    """One line about a ``.fai`` beside `source` that is older than it or unreadable; None otherwise.

    For information only: a user's index is never read for its content, since `unpack` makes its own in the
    same pass, so a missing, stale or damaged one can do no harm.
    """
    index = Path(f"{source}.fai")
    try:
        with index.open(encoding="utf-8") as lines:
            for line in lines:
                _, *numbers = line.rstrip("\n").split("\t")
                length, offset, bases, width = map(int, numbers)
                if min(length, offset, bases, width) < 0:
                    raise ValueError("negative")
        if index.stat().st_mtime >= source.stat().st_mtime:
            return None
        trouble = "is older than its FASTA"
    except ValueError:
        trouble = "is not a samtools index"
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        trouble = f"cannot be read ({error.strerror})"
    return f"{index}: {trouble} and is not used; to remake it: samtools faidx {source.name}"
