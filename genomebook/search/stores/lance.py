"""Vectors in LanceDB: for an index that outgrows one machine's disk, or lives on object storage.

Its files carry names drawn at random and times: an index made twice is as good, but not the same bytes, so it
is kept out of books.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genomebook.errors import MissingExtraError
from genomebook.files.progress import Advance, no_progress
from genomebook.search.stores.base import (
    LARGE,
    Found,
    Vectors,
    blocks,
    damaged,
    exact_cosines,
    lists_for,
    ranked,
    tuned,
    wanted,
)

try:
    import lancedb
    from lancedb.index import IvfSq
except ImportError:
    lancedb = None  # type: ignore[assignment]

_TABLE = "vectors"
_ROW, _VECTOR = "row", "vector"


class LanceStore:
    """Vectors in a folder ``NAME.lance`` of LanceDB, 16 bits a number.

    Below `LARGE` rows every row is compared; above, an index of lists (IVF) of 8 bits a number gives
    candidates that are compared again with the vectors themselves.
    """

    def __init__(self, table: Any, path: Path, about: Mapping[str, Any]) -> None:
        self._table, self._path, self.about = table, path, about
        self.rows, self.width = int(about["rows"]), int(about["width"])
        self._nprobe = about["nprobe"]

    @classmethod
    def build(
        cls, folder: Path, name: str, vectors: Vectors, threads: int = 1, advance: Advance = no_progress
    ) -> dict[str, Any]:
        """Write the folder; see `genomebook.search.stores.base.build_store`."""
        _need_lance()
        rows, width = vectors.shape
        large = rows >= LARGE
        path = folder / f"{name}.lance"
        shutil.rmtree(path, ignore_errors=True)
        schema = pa.schema([(_ROW, pa.int64()), (_VECTOR, pa.list_(pa.float16(), width))])
        table = lancedb.connect(path).create_table(_TABLE, _batches(vectors, schema, advance), schema=schema)
        lists = lists_for(rows)
        if large:
            table.create_index(_VECTOR, config=IvfSq(distance_type="dot", num_partitions=lists))
        factory = f"IVF{lists},SQ8" if large else "Flat"
        about: dict[str, Any] = {
            "factory": factory, "rows": rows, "width": width, "nprobe": None, "rerank": large, "recall": None,
            "bytes": {path.name: sum(one.stat().st_size for one in path.rglob("*") if one.is_file())},
        }  # fmt: skip
        if large:
            about["nprobe"], about["recall"] = tuned(
                lambda nprobe: cls.open(folder, name, {**about, "nprobe": nprobe}), vectors, lists, threads
            )
        return about

    @classmethod
    def open(cls, folder: Path, name: str, about: Mapping[str, Any]) -> Self:
        """Open the folder; see `genomebook.search.stores.base.open_store`."""
        _need_lance()
        path = folder / f"{name}.lance"
        if not path.is_dir():
            raise damaged(path, "no such folder")
        size = sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
        if size != int(about["bytes"][path.name]):
            raise damaged(path, f"{size} bytes, {about['bytes'][path.name]} expected")
        try:
            table = lancedb.connect(path).open_table(_TABLE)
            rows, kind = table.count_rows(), table.schema.field(_VECTOR).type
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise damaged(path, f"not a table of LanceDB ({_short(error)})") from None
        if (rows, kind) != (int(about["rows"]), pa.list_(pa.float16(), int(about["width"]))):
            raise damaged(path, "another table than index.json says")
        return cls(table, path, about)

    def search(self, vectors: NDArray[np.float32], k: int) -> Found:
        """Find the nearest rows; see `genomebook.search.stores.base.VectorStore`."""
        asked = np.ascontiguousarray(vectors, np.float32)
        count = min(wanted(k), self.rows)
        rows = np.full((len(asked), count), -1, np.int64)
        cosines = np.full((len(asked), count), -1, np.float32)
        for one, vector in enumerate(asked):
            found, near = self._nearest(vector, count)
            rows[one, : len(found)], cosines[one, : len(found)] = found, exact_cosines(vector, near)
        return ranked(rows, cosines, k)

    def _nearest(self, vector: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], Vectors]:
        """Rows near a vector, and their vectors."""
        query = self._table.search(vector.astype(np.float16), vector_column_name=_VECTOR)
        query = query.distance_type("dot").select([_ROW, _VECTOR, "_distance"]).limit(count)
        query = query.nprobes(self._nprobe) if self._nprobe else query.bypass_vector_index()
        try:
            found = query.to_arrow()
        except (OSError, RuntimeError, ValueError) as error:
            raise damaged(self._path, f"cannot be searched ({_short(error)})") from None
        near = found[_VECTOR].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return found[_ROW].to_numpy(), near.reshape(-1, self.width)


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
