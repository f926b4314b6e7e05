"""Write the annex ``transcripts``: the transcripts of a book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from genomebook.book.annex import adding
from genomebook.book.transcript import Transcript, preference
from genomebook.book.transcripts import (
    ANNEX,
    CODING,
    EXCEPTIONS,
    EXONS,
    NAME_ENDS,
    NAMES,
    ORDERS,
    PARTS,
    PLACES,
    ROWS,
    SORTED,
    SOURCES,
    STRANDS,
    TEXTS,
)
from genomebook.genome.stretches import prefix_sums


def add_transcripts(book: Path, transcripts: Iterable[Transcript], lengths: Mapping[str, int]) -> int:
    """Give a book its transcripts, in the place of those that it had.

    Parameters
    ----------
    book : Path
        Its folder.
    transcripts : iterable of Transcript
        As of `genomebook.annotation.transcript_files.read_transcripts`.
    lengths : mapping of str to int
        Length of each volume, in book order.

    Returns
    -------
    int
        How many.

    Raises
    ------
    BookError
        There is no book, or another command is writing to it.
    """
    with adding(book, ANNEX) as draft:
        about = write_transcripts(draft.folder, transcripts, lengths)
        draft.about = dict(about)
    return about["transcripts"]


def write_transcripts(
    folder: Path, transcripts: Iterable[Transcript], lengths: Mapping[str, int]
) -> dict[str, int]:
    """Write the files of the annex ``transcripts``.

    Parameters
    ----------
    folder : Path
        Of the annex.
    transcripts : iterable of Transcript
        In any order; each on a volume.
    lengths : mapping of str to int
        Length of each volume, in book order.

    Returns
    -------
    dict of str to int
        For ``about`` in the manifest (`TranscriptCounts`).
    """
    number = {name: at for at, name in enumerate(lengths)}
    origins = dict(zip(lengths, prefix_sums(list(lengths.values())).tolist(), strict=False))
    rows = sorted(transcripts, key=lambda t: (number[t.volume], t.start, t.end, preference(t)))
    texts = [_texts(transcript) for transcript in rows]
    sources = [row.source for row in rows if row.source]
    names = {
        name: at for at, name in enumerate(sorted({*chain.from_iterable(texts), *sources}, key=str.encode))
    }
    places = np.array([(origins[t.volume] + t.start, origins[t.volume] + t.end) for t in rows], "<i8")
    places = places.reshape(-1, 2)
    furthest = np.maximum.accumulate(places[:, 1]) if rows else places[:, 1]
    _put(folder / PLACES, "<i8", [places[:, 0], places[:, 1], furthest])
    first = {part: prefix_sums([len(getattr(t, part)) for t in rows]).tolist() for part in PARTS}
    table = [
        (
            number[t.volume], STRANDS.index(t.strand), *(names[text] for text in texts[at]),
            t.phase, t.table, t.clipped, t.first_residue, t.first_exon,
            *chain.from_iterable((first[part][at], len(getattr(t, part))) for part in PARTS),
        )
        for at, t in enumerate(rows)
    ]  # fmt: skip
    _put(folder / ROWS, "<i4", table)
    _put(folder / EXONS, "<i8", [exon for t in rows for exon in t.exons])
    _put(folder / CODING, "<i8", [span for t in rows for span in t.coding])
    _put(folder / EXCEPTIONS, "<i8", [(s, e, ord(amino)) for t in rows for s, e, amino in t.exceptions])
    if len(sources) == len(rows) > 0:
        _put(folder / SOURCES, "<i4", [names[source] for source in sources])
    encoded = [name.encode() for name in names]
    (folder / NAMES).write_bytes(b"".join(encoded))
    _put(folder / NAME_ENDS, "<i8", prefix_sums([len(name) for name in encoded])[1:])
    ranks = [preference(transcript) for transcript in rows]
    orders = []
    for column in SORTED:
        keys = [
            (names[getattr(transcript, column)], rank) for transcript, rank in zip(rows, ranks, strict=True)
        ]
        orders.append(sorted(range(len(rows)), key=keys.__getitem__))
    _put(folder / ORDERS, "<i4", orders)
    sizes = {part: first[part][-1] for part in PARTS}
    known = {"sources": len(rows)} if len(sources) == len(rows) > 0 else {}
    return {"transcripts": len(rows), **sizes, "names": len(names), "bytes": sum(map(len, encoded)), **known}


def _texts(transcript: Transcript) -> tuple[str, ...]:
    return (*(getattr(transcript, name) for name in TEXTS[:-1]), ",".join(transcript.tags))


def _put(path: Path, dtype: str, values: Any) -> None:
    path.write_bytes(np.ascontiguousarray(values, dtype).tobytes())
