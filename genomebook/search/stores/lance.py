"""Vectors in LanceDB: for an index that outgrows one machine's disk, or lives on object storage.

Its files carry names drawn at random and times: an index made twice is as good, but not the same bytes, so it
is kept out of books.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genomebook.errors import MissingExtraError
from genomebook.files.progress import Advance, no_progress
from genomebook.search.schema import StoreMeta
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

try:
    import lancedb
    from lancedb.index import IvfSq
except ImportError:
    lancedb = None  # type: ignore[assignment]

_TABLE = "vectors"
_ROW, _VECTOR = "row", "vector"


class LanceStore(VectorStore):
    """Vectors in a folder ``NAME.lance`` of LanceDB, 16 bits a number.

    Below `MIN_IVF_ROWS` rows every row is compared; above, an IVF index of 8 bits a number gives candidates
    that are compared again with the vectors themselves.
    """

    def __init__(self, table: Any, path: Path, about: StoreMeta) -> None:
        self._table, self._path, self.about = table, path, about
        self.rows, self.width = about.rows, about.width
        self._nprobe = about.nprobe

    @classmethod
    def build(
        cls, folder: Path, name: str, vectors: Vectors, threads: int = 1, advance: Advance = no_progress
    ) -> StoreMeta:
        """Write the folder; see `VectorStore.build`."""
        _need_lance()
        path = folder / f"{name}.lance"
        shutil.rmtree(path, ignore_errors=True)
        schema = pa.schema([(_ROW, pa.int64()), (_VECTOR, pa.list_(pa.float16(), vectors.shape[1]))])
        table = lancedb.connect(path).create_table(_TABLE, _batches(vectors, schema, advance), schema=schema)
        if lists := list_count(len(vectors)):
            table.create_index(_VECTOR, config=IvfSq(distance_type="dot", num_partitions=lists))
        return store_record(cls, folder, name, vectors, {path.name: _size(path)}, threads)

    @classmethod
    def open(cls, folder: Path, name: str, about: StoreMeta) -> Self:
        """Open the folder; see `VectorStore.open`."""
        _need_lance()
        path = folder / f"{name}.lance"
        if not path.is_dir():
            raise damaged(path, "no such folder")
        check_size(path, _size(path), about.bytes[path.name])
        try:
            table = lancedb.connect(path).open_table(_TABLE)
            rows, kind = table.count_rows(), table.schema.field(_VECTOR).type
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise damaged(path, f"not a table of LanceDB ({_short(error)})") from None
        if (rows, kind) != (about.rows, pa.list_(pa.float16(), about.width)):
            raise damaged(path, "another table than index.json says")
        return cls(table, path, about)

    def _nearest(self, vector: NDArray[np.float32], count: int) -> Neighbours:
        query = self._table.search(vector.astype(np.float16), vector_column_name=_VECTOR)
        query = query.distance_type("dot").select([_ROW, _VECTOR, "_distance"]).limit(count)
        query = query.nprobes(self._nprobe) if self._nprobe else query.bypass_vector_index()
        try:
            matches = query.to_arrow()
        except (OSError, RuntimeError, ValueError) as error:
            raise damaged(self._path, f"cannot be searched ({_short(error)})") from None
        self._check(matches[_ROW].to_numpy())
        near = matches[_VECTOR].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return matches[_ROW].to_numpy(), exact_cosines(vector, near.reshape(-1, self.width))


def _size(path: Path) -> int:
    """Bytes of all files of a folder."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _batches(vectors: Vectors, schema: pa.Schema, advance: Advance) -> Iterator[pa.RecordBatch]:
    """Rows for a table, a block at a time."""
    for first, block in blocks(vectors):
        values = pa.FixedSizeListArray.from_arrays(pa.array(block.astype(np.float16).ravel()), block.shape[1])
        yield pa.record_batch([pa.array(np.arange(first, first + len(block))), values], schema=schema)
        advance(len(block))


def _need_lance() -> None:
    if lancedb is None:
        raise MissingExtraError("a store of vectors in LanceDB", ["lancedb"], "lance")


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:120]
