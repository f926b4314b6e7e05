"""Stage: count words, where they occur, and how often in shuffled sequence; write the lexicon."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.book.lexicon import write_word_table
from genomebook.book.occurrences import count_blocks
from genomebook.book.schema import LEXICON, OCCURRENCE_BLOCK, WORD_SCHEMAS
from genomebook.files.atomic import aside
from genomebook.files.progress import Advance
from genomebook.genome.fasta import Record
from genomebook.language.encode import Encoder
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.language.vocabulary import Vocabulary
from genomebook.lexicon.shipped import shipped_glosses
from genomebook.lexicon.statistics import word_statistics
from genomebook.pipeline.book.words import in_order

SHUFFLE_BLOCK = 1_000_000
"""Letters shuffled together."""

LETTERS_TO_SHUFFLE = 10_000_000
"""Letters to shuffle in all, for a small book."""

MAX_COPIES = 50

BYTES_PER_WRITE = 1 << 25
"""Bytes of the index of occurrences that are written at once."""


def copies_for(letters: int) -> int:
    """Number of shuffled copies for a book of this many letters outside gaps; 1 for a large one."""
    return int(np.clip(-(-LETTERS_TO_SHUFFLE // max(letters, 1)), 1, MAX_COPIES))


def count_words(words: Path, n_ids: int, path: Path, advance: Advance) -> NDArray[np.int64]:
    """Write the index of occurrences.

    Parameters
    ----------
    words : Path
        Ids of all words of the book.
    n_ids : int
        Number of ids of the vocabulary.
    path : Path
        Where to: uint16[n_ids, n_blocks], renamed when it is whole.
    advance : callable
        Called with the words done.

    Returns
    -------
    int64[n_ids]
        Count of each id.
    """
    n_blocks = -(-(words.stat().st_size // 2) // OCCURRENCE_BLOCK)

    def chunks() -> Iterator[NDArray[np.uint16]]:
        with words.open("rb") as file:
            while len(ids := np.fromfile(file, "<u2", 1 << 20)):
                yield ids
                advance(len(ids))

    total = np.zeros(n_ids, np.int64)
    first = 0
    with aside(path) as temporary, temporary.open("wb") as file:
        for counts in count_blocks(chunks(), n_ids, max(1, BYTES_PER_WRITE // (2 * n_ids))):
            for row, of_id in enumerate(np.ascontiguousarray(counts.astype("<u2", copy=False))):
                file.seek(2 * (row * n_blocks + first))
                file.write(of_id)
            total += counts.sum(axis=1, dtype=np.int64)
            first += counts.shape[1]
    return total


def count_shuffled(
    open_letters: Callable[[str], NDArray[np.uint8]],
    records: Iterable[Record],
    copies: int,
    encoder: Encoder,
    pool: ThreadPoolExecutor,
    ahead: int,
    advance: Advance,
) -> NDArray[np.int64]:
    """Count words in shuffled copies of all volumes.

    Blocks of `SHUFFLE_BLOCK` letters are shuffled so that dinucleotide counts stay (the random state follows
    from copy, volume and place) and tokenized with the same cuts and merges.

    Parameters
    ----------
    open_letters : callable
        Maps the letters of a volume (uint8[n], ASCII), by name.
    records : iterable of Record
        The volumes.
    copies : int
        Copies of each block.
    encoder : Encoder
        Encoder of the vocabulary.
    pool, ahead, advance
        As in `genomebook.pipeline.book.words.tokenize_volumes`; ``advance`` counts letters of all copies.

    Returns
    -------
    int64[n_ids]
        Sum over the copies.
    """
    n_ids = len(encoder.vocabulary)

    def count(block: tuple[str, int, int]) -> tuple[int, NDArray[np.int64]]:
        name, start, copy = block
        letters = open_letters(name)[start : start + SHUFFLE_BLOCK].tobytes()
        mixed = np.frombuffer(dinucleotide_shuffle(letters, copy, name, start), np.uint8)
        return len(letters), np.bincount(encoder.encode(mixed), minlength=n_ids)

    blocks = (
        (record.name, start, copy)
        for record in records
        for start in range(0, record.length, SHUFFLE_BLOCK)
        for copy in range(copies)
    )
    total = np.zeros(n_ids, np.int64)
    for letters, counts in in_order(pool, count, blocks, ahead):
        total += counts
        advance(letters)
    return total


def write_lexicon(
    path: Path, vocabulary: Vocabulary, counts: NDArray[np.int64], expected: NDArray[np.float64]
) -> None:
    """Write the table of words.

    Parameters
    ----------
    path : Path
        Where to, renamed when it is whole.
    vocabulary : Vocabulary
        The words.
    counts : int64[n_ids]
        In the book.
    expected : float64[n_ids]
        Mean count in shuffled copies.
    """
    table = word_statistics(vocabulary)
    table["count"] = counts[table["id"]]
    table["expected"] = expected[table["id"]]
    glosses = shipped_glosses(vocabulary)
    if glosses is None:
        missing = [name for name in WORD_SCHEMAS[LEXICON].names if name not in table]
        table[missing] = None
    else:
        table = table.merge(glosses, on="id", how="left", validate="one_to_one")
    with aside(path) as temporary:
        write_word_table(temporary, table, LEXICON)
