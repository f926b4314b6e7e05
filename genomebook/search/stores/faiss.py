"""Vectors in FAISS: memory-mapped, searched by any number of threads, the same bytes every time."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from genomebook.files.atomic import aside
from genomebook.files.checks import Flat
from genomebook.files.progress import Advance, no_progress
from genomebook.search.schema import StoreMeta, index_files
from genomebook.search.stores.base import (
    Neighbours,
    Vectors,
    VectorStore,
    blocks,
    check_size,
    damaged,
    exact_cosines,
    list_count,
)
from genomebook.search.stores.recall import store_record

ROWS_PER_LIST = 64
"""Rows for each list from which the lists are learnt."""

_SEED = 7


class FaissStore(VectorStore):
    """Vectors in files of FAISS.

    Below `MIN_IVF_ROWS` rows ``NAME.faiss`` is a flat index of 32 bits a number, and every row is compared.
    Above, it is an IVF index of 8 bits a number, memory-mapped, and ``NAME.f16`` has the vectors themselves,
    by row, 16 bits a number, to compare the candidates with again.
    """

    def __init__(self, index: Any, exact: Flat | None, about: StoreMeta) -> None:
        self._index, self._exact, self.about = index, exact, about
        self.rows, self.width = int(index.ntotal), int(index.d)

    @classmethod
    def build(
        cls, folder: Path, name: str, vectors: Vectors, threads: int = 1, advance: Advance = no_progress
    ) -> StoreMeta:
        """Write the files; see `VectorStore.build`."""
        faiss.omp_set_num_threads(threads)
        rows, width = vectors.shape
        lists = list_count(rows)
        files = [folder / f"{name}.faiss"]
        index: Any = faiss.index_factory(
            width, f"IVF{lists},SQ8" if lists else "Flat", faiss.METRIC_INNER_PRODUCT
        )
        if lists:
            _learn(index, vectors, lists)
            files.append(folder / f"{name}.f16")
            with aside(files[1]) as path, path.open("wb") as file:
                for _, block in blocks(vectors):
                    file.write(block.astype("<f2").tobytes())
        for _, block in blocks(vectors):
            index.add(block)
            advance(len(block))
        with aside(files[0]) as path:
            _write(index, path)
        del index
        return store_record(cls, folder, name, vectors, {f.name: f.stat().st_size for f in files}, threads)

    @classmethod
    def open(cls, folder: Path, name: str, about: StoreMeta) -> Self:
        """Open the files; see `VectorStore.open`."""
        rows, width, large = about.rows, about.width, about.rerank
        files = index_files(folder)
        path = files.checked(f"{name}.faiss")
        expected = about.bytes[path.name]
        how = faiss.IO_FLAG_MMAP if large else faiss.IO_FLAG_MMAP_IFC
        try:
            check_size(path, path.stat().st_size, expected)
            with path.open("rb") as file:
                index: Any = faiss.read_index(_path(path, file), how | faiss.IO_FLAG_READ_ONLY)
        except OSError as error:
            raise damaged(path, str(error.strerror)) from None
        except (RuntimeError, MemoryError) as error:
            raise damaged(path, f"not an index of FAISS ({str(error).splitlines()[0][-80:]})") from None
        if (index.ntotal, index.d, hasattr(index, "nlist")) != (rows, width, large):
            raise damaged(path, "another index than index.json says")
        exact = None
        if large:
            if index.invlists.compute_ntotal() != rows:
                raise damaged(path, "its lists do not hold all rows")
            if about.nprobe is None:
                raise damaged(path, "index.json does not say how many lists are searched")
            index.nprobe = about.nprobe
            exact = files.flat(f"{name}.f16", f"V{2 * width}", rows)
        return cls(index, exact, about)

    def _nearest(self, vector: NDArray[np.float32], count: int) -> Neighbours:
        faiss.omp_set_num_threads(1)  # of this thread: others search too
        cosines, rows = (values[0] for values in self._index.search(vector[None], count))
        self._check(rows)
        if self._exact is not None:
            rows = rows[rows >= 0]
            exact = self._exact.take(rows).view("<f2").reshape(len(rows), self.width)
            cosines = exact_cosines(vector, exact)
        return rows, cosines


def _learn(index: Any, vectors: Vectors, lists: int) -> None:
    """Learn the lists and the range of each number from rows drawn evenly over the book."""
    count = min(len(vectors), ROWS_PER_LIST * lists)
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
