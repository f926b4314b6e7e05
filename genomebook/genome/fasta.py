"""Unpack FASTA in one streaming pass into one-line records with an index, and read them by memory map."""

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
    """Unpack `source` into one-line records, an index and a list of records.

    Parameters
    ----------
    source : Path
        FASTA, plain, gzip, bgzip or bzip2 (detected by its first bytes), a file or a pipe. Any line length,
        LF, CRLF or CR, empty lines, trailing white space, either case.
    folder : Path
        Receives ``genome.fa`` (per record the name and one line of sequence, case kept), ``genome.fa.fai``
        (samtools index, five columns) and ``records.json``. Created if missing.
    progress : callable, optional
        Called with (bytes read, total bytes, 0 for a pipe) after each block.

    Returns
    -------
    list of Record
        In file order.

    Raises
    ------
    FastaError
        The file is missing, empty, damaged or not nucleotide FASTA, or a record is invalid.
    OSError
        Writing failed (full disk, no permission); no temporary file is left.

    Notes
    -----
    ``records.json`` is written last and marks completion: a second call returns it without reading `source`.
    Memory use is a few blocks, whatever the record length.
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
        (folder / "records.json").unlink(missing_ok=True)  # of an earlier, incomplete pass
        for name, part in parts.items():
            sync(part)
            rename(part, folder / name)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return records


def _read_records(folder: Path) -> list[Record] | None:
    """Read the records of a completed pass; None if incomplete or inconsistent with genome.fa."""
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
    """Yield the decompressed content of `source` in blocks of about `_BYTES_PER_READ` bytes."""
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
    """An unpacked genome (see `unpack`), memory-mapped.

    Parameters
    ----------
    folder : Path
        Contains ``genome.fa``, its index (read by pyfaidx, never rebuilt) and ``records.json``.

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
        """Sequence of a record: read-only, memory-mapped uint8[length] of ASCII with case.

        Each call makes a new map, so its pages are released with the array.

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
        """Close the index; arrays returned before stay valid."""
        self._faidx.close()
        self._is_open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def stale_index(source: Path) -> str | None:
    """Note about a ``.fai`` beside `source` that is outdated or unreadable; None otherwise.

    For information only: `unpack` builds its own index and never uses this one.
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
