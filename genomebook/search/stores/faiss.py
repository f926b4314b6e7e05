"""Vectors in FAISS: memory-mapped, searched by any number of threads, the same bytes every time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from genomebook.errors import DamagedBookError
from genomebook.files.atomic import aside
from genomebook.files.checks import Flat
from genomebook.files.progress import Advance, no_progress
from genomebook.search.schema import REMEDY, index_files
from genomebook.search.stores.base import (
    LARGE,
    Found,
    Vectors,
    blocks,
    check_size,
    damaged,
    exact_cosines,
    lists_for,
    ranked,
    tuned,
    wanted,
)

EACH = 64
"""Rows for each list from which the lists are learnt."""

_SEED = 7


class FaissStore:
    """Vectors in files of FAISS.

    Below `LARGE` rows ``NAME.faiss`` is a flat index of 32 bits a number, and every row is compared. Above,
    it has lists (IVF) of 8 bits a number, memory-mapped, and ``NAME.f16`` the vectors themselves, by row, 16
    bits a number: the candidates that the lists give are compared again with these.
    """

    def __init__(self, index: Any, exact: Flat | None, about: Mapping[str, Any]) -> None:
        self._index, self._exact, self.about = index, exact, about
        self.rows, self.width = int(index.ntotal), int(index.d)

    @classmethod
    def build(
        cls, folder: Path, name: str, vectors: Vectors, threads: int = 1, advance: Advance = no_progress
    ) -> dict[str, Any]:
        """Write the files; see `genomebook.search.stores.base.build_store`."""
        faiss.omp_set_num_threads(threads)
        rows, width = vectors.shape
        large = rows >= LARGE
        factory = f"IVF{lists_for(rows)},SQ8" if large else "Flat"
        index: Any = faiss.index_factory(width, factory, faiss.METRIC_INNER_PRODUCT)
        if large:
            _learn(index, vectors)
            with aside(folder / f"{name}.f16") as path, path.open("wb") as file:
                for _, block in blocks(vectors):
                    file.write(block.astype("<f2").tobytes())
        for _, block in blocks(vectors):
            index.add(block)
            advance(len(block))
        with aside(folder / f"{name}.faiss") as path:
            _write(index, path)
        names = [f"{name}.faiss", *([f"{name}.f16"] if large else [])]
        about: dict[str, Any] = {
            "factory": factory, "rows": rows, "width": width, "nprobe": None, "rerank": large, "recall": None,
            "bytes": {one: (folder / one).stat().st_size for one in names},
        }  # fmt: skip
        if large:
            del index
            about["nprobe"], about["recall"] = tuned(
                lambda nprobe: cls.open(folder, name, {**about, "nprobe": nprobe}),
                vectors, lists_for(rows), threads,
            )  # fmt: skip
        return about

    @classmethod
    def open(cls, folder: Path, name: str, about: Mapping[str, Any]) -> Self:
        """Open the files; see `genomebook.search.stores.base.open_store`."""
        rows, width, large = int(about["rows"]), int(about["width"]), bool(about["rerank"])
        files = index_files(folder)
        path = files.checked(f"{name}.faiss")
        check_size(path, int(about["bytes"][path.name]))
        how = faiss.IO_FLAG_MMAP if large else faiss.IO_FLAG_MMAP_IFC
        try:
            with path.open("rb") as file:
                index: Any = faiss.read_index(_path(path, file), how | faiss.IO_FLAG_READ_ONLY)
        except (RuntimeError, MemoryError) as error:
            raise damaged(path, f"not an index of FAISS ({str(error).splitlines()[0][-80:]})") from None
        if (index.ntotal, index.d, hasattr(index, "nlist")) != (rows, width, large):
            raise damaged(path, "another index than index.json says")
        exact = None
        if large:
            if index.invlists.compute_ntotal() != rows:
                raise damaged(path, "its lists do not hold all rows")
            index.nprobe = int(about["nprobe"])
            exact = files.flat(f"{name}.f16", f"V{2 * width}", rows)
        return cls(index, exact, about)

    def search(self, vectors: NDArray[np.float32], k: int) -> Found:
        """Find the nearest rows; see `genomebook.search.stores.base.VectorStore`."""
        faiss.omp_set_num_threads(1)  # of this thread: others search too
        asked = np.ascontiguousarray(vectors, np.float32)
        count = min(wanted(k), self.rows)
        rows = np.full((len(asked), count), -1, np.int64)
        cosines = np.full((len(asked), count), -1, np.float32)
        for one in range(len(asked)):  # alone, so that no answer depends on what else is asked
            cosines[one], rows[one] = (found[0] for found in self._index.search(asked[one : one + 1], count))
        if rows.size and (int(rows.max()) >= self.rows or int(rows.min()) < -1):
            raise DamagedBookError(f"the index of vectors names rows that it does not have; {REMEDY}")
        if self._exact is not None:
            for one, vector in enumerate(asked):
                here = np.flatnonzero(rows[one] >= 0)
                cosines[one, here] = exact_cosines(vector, self._exact_rows(rows[one, here]))
        return ranked(rows, cosines, k)

    def _exact_rows(self, rows: NDArray[np.int64]) -> NDArray[np.float16]:
        """Vectors of some rows, checked: float16[n, width]."""
        assert self._exact is not None
        return self._exact.take(rows).view("<f2").reshape(len(rows), self.width)


def _learn(index: Any, vectors: Vectors) -> None:
    """Learn the lists and the range of each number from rows drawn evenly over the book."""
    lists = lists_for(len(vectors))
    count = min(len(vectors), EACH * lists)
    drawn = np.sort(np.random.default_rng(_SEED).choice(len(vectors), count, replace=False))
    index.train(np.ascontiguousarray(vectors[drawn], np.float32))


def _write(index: Any, path: Path) -> None:
    """Write an index; FAISS reports a full disk as a RuntimeError."""
    try:
        with path.open("wb") as file:
            faiss.write_index(index, _path(path, file))
    except RuntimeError as error:
        raise OSError(None, " ".join(str(error).split())[-120:], str(path)) from None


def _path(path: Path, file: IO[bytes]) -> str:
    """Path of an open file as FAISS takes it, which is UTF-8."""
    try:
        path.as_posix().encode()
    except UnicodeEncodeError:
        return f"/dev/fd/{file.fileno()}"
    return str(path)
