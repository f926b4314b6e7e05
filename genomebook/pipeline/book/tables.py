"""Stage: join the tables of all shelves, and write the table of volumes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from genomebook.book.schema import SCHEMAS, VOLUMES_SCHEMA, Level
from genomebook.book.tables import TableWriter
from genomebook.files.atomic import aside
from genomebook.genome.fasta import Record
from genomebook.pipeline.book.sentences import PARAGRAPH_ROW, SENTENCE_ROW
from genomebook.pipeline.book.shelves import ShelfFiles
from genomebook.pipeline.book.words import WORD_COUNTS

ROWS_PER_BATCH = 1 << 18


def write_table(path: Path, level: Level, shelves: Sequence[ShelfFiles]) -> None:
    """Write the table of a level for all volumes, unless it exists.

    Parameters
    ----------
    path : Path
        Output; renamed when complete.
    level : str
        One of `LEVELS`.
    shelves : sequence of ShelfFiles
        In order.
    """
    if path.exists():
        return
    copy = {"sentences": _copy_sentences, "paragraphs": _copy_paragraphs}.get(level)
    with aside(path) as temporary, TableWriter(temporary, level) as out:
        for shelf in shelves:
            if copy is not None:
                copy(out, shelf)
            else:
                with pq.ParquetFile(shelf.table(level).open("rb")) as file:
                    for batch in file.iter_batches(ROWS_PER_BATCH):
                        out.append(pa.Table.from_batches([batch], SCHEMAS[level]))


def _copy_sentences(out: TableWriter, shelf: ShelfFiles) -> None:
    rows = np.fromfile(shelf.rows("sentences"), SENTENCE_ROW)
    for first in range(0, len(rows), ROWS_PER_BATCH):
        here = rows[first : first + ROWS_PER_BATCH]
        out.write({name: np.ascontiguousarray(here[name]) for name in SCHEMAS["sentences"].names})


def _copy_paragraphs(out: TableWriter, shelf: ShelfFiles) -> None:
    rows = np.fromfile(shelf.rows("paragraphs"), PARAGRAPH_ROW)
    section = np.fromfile(shelf.rows("sections"), "<i4")
    named = {"first_sentence": "first", "end_sentence": "last", "start": "start", "end": "end"}
    columns = {name: np.ascontiguousarray(rows[of]) for name, of in named.items()}
    if len(rows):
        out.write({**columns, "strength": np.ascontiguousarray(rows["strength"]), "section": section})


def volume_counts(words: NDArray[np.int64], shelves: Sequence[ShelfFiles]) -> dict[str, NDArray[np.int64]]:
    """Counts of each volume: int64[volumes] by name.

    Parameters
    ----------
    words : int64[volumes, 4]
        `WORD_COUNTS` of each volume.
    shelves : sequence of ShelfFiles
        In order.
    """
    divided = np.concatenate([np.fromfile(s.counts("sentences"), "<i8") for s in shelves]).reshape(-1, 2)
    bound = np.concatenate([np.fromfile(s.counts("parts"), "<i8") for s in shelves]).reshape(-1, 3)
    return {
        **dict(zip(WORD_COUNTS, words.T, strict=True)),
        **dict(zip(("sentences", "paragraphs"), divided.T, strict=True)),
        **dict(zip(("parts", "chapters", "sections"), bound.T, strict=True)),
    }


def write_volumes(path: Path, records: Sequence[Record], counts: dict[str, NDArray[np.int64]]) -> None:
    """Write the table of volumes."""
    columns = {
        name: counts[name] if name in counts else [getattr(record, name) for record in records]
        for name in VOLUMES_SCHEMA.names
    }
    arrays = [pa.array(columns[field.name], field.type) for field in VOLUMES_SCHEMA]
    with aside(path) as temporary, temporary.open("wb") as file:
        table = pa.table(arrays, schema=VOLUMES_SCHEMA)
        pq.write_table(table, file, compression="zstd", write_page_checksum=True)
