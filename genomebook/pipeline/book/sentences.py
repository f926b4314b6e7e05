"""Stage: divide volumes into sentences and paragraphs by exact, streamed optimisation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.book.schema import STRENGTH_UNIT
from genomebook.files.atomic import aside
from genomebook.files.progress import Advance
from genomebook.genome.stretches import prefix_sums
from genomebook.language.alphabet import GAP
from genomebook.language.vocabulary import Vocabulary
from genomebook.pipeline.book.shelves import ShelfFiles
from genomebook.segmentation.decode import Decoder
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE

WORDS_PER_CHUNK = 1 << 20

SENTENCE_ROW = np.dtype(
    [
        ("start", "<i8"),
        ("end", "<i8"),
        ("first_word", "<i8"),
        ("end_word", "<i8"),
        ("strength", "<f4"),
        ("paragraph", "<i4"),
    ]
)
"""Columns of ``sentences.parquet``."""

PARAGRAPH_ROW = np.dtype(
    [
        ("start", "<i8"),
        ("end", "<i8"),
        ("first", "<i8"),
        ("last", "<i8"),
        ("word", "<i8"),
        ("strength", "<f4"),
    ]
)
"""Paragraphs without sections: span, sentences [first, last), first word, strength."""


class SentenceBatch(NamedTuple):
    """Consecutive sentences: words, spans in bases, log-odds on both levels, whether a gap follows."""

    first_word: NDArray[np.int64]
    end_word: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    strength: NDArray[np.int32]
    paragraph: NDArray[np.int32]
    before_gap: NDArray[np.bool_]


class VolumeWords(NamedTuple):
    """Words of a volume and the log-odds of its boundaries.

    Attributes
    ----------
    ids : uint16[n]
        Words; memory-mapped.
    odds : int8[n, 2]
        Log-odds of the signal.
    gaps : int64[g, 2]
        Start and end of each gap, in bases.
    """

    ids: NDArray[np.uint16]
    odds: NDArray[np.int8]
    gaps: NDArray[np.int64]


def _sentence_ends(volume: VolumeWords) -> Iterator[NDArray[np.int64]]:
    """Yield ends of sentences and gaps, in words, as they become certain."""
    decoder = Decoder(SENTENCE.units())
    for first in range(0, len(volume.ids), WORDS_PER_CHUNK):
        is_gap = volume.ids[first : first + WORDS_PER_CHUNK + 1] == GAP
        if first + WORDS_PER_CHUNK >= len(volume.ids):
            is_gap = np.append(is_gap, True)
        strength = volume.odds[first : first + WORDS_PER_CHUNK, 0].astype(np.int32)
        yield decoder.push(strength, (is_gap[:-1] | is_gap[1:]).astype(np.uint8))
    yield decoder.finish()


def sentence_batches(volume: VolumeWords, vocabulary: Vocabulary) -> Iterator[SentenceBatch]:
    """Yield the sentences of a volume in order, without gaps."""
    sizes = vocabulary.lengths.astype(np.int64)
    gap_sizes = volume.gaps[:, 1] - volume.gaps[:, 0]
    word, position, gap = 0, 0, 0
    for ends in _sentence_ends(volume):
        if not len(ends):
            continue
        last = int(ends[-1])
        odds = volume.odds[word:last]
        is_gap = np.append(volume.ids[word : last + 1] == GAP, True)  # the end of the volume counts as one
        here = volume.ids[word:last]
        size = sizes[here]
        n_gaps = int(np.count_nonzero(here == GAP))
        size[here == GAP] = gap_sizes[gap : gap + n_gaps]
        at = position + prefix_sums(size)
        starts = np.concatenate([[word], ends[:-1]])
        keep = ~is_gap[starts - word]
        follows_gap = is_gap[ends - word]
        yield SentenceBatch(
            starts[keep],
            ends[keep],
            at[starts - word][keep],
            at[ends - word][keep],
            odds[ends - 1 - word, 0].astype(np.int32)[keep],
            odds[ends - 1 - word, 1].astype(np.int32)[keep],
            follows_gap[keep],
        )
        word, position, gap = int(ends[-1]), int(at[-1]), gap + n_gaps


class _Paragraphs:
    """Joins sentences into paragraphs and writes both as they become certain."""

    def __init__(self, sentences: BinaryIO, paragraphs: BinaryIO) -> None:
        self._decoder = Decoder(PARAGRAPH.units())
        self._sentences = sentences
        self._file = paragraphs
        self._waiting: list[SentenceBatch] = []
        self.n_sentences = 0
        self.n_paragraphs = 0

    def push(self, batch: SentenceBatch) -> None:
        self._waiting.append(batch)
        self._write(self._decoder.push(batch.paragraph, batch.before_gap.astype(np.uint8)))

    def finish(self) -> None:
        self._write(self._decoder.finish())

    def _write(self, ends: NDArray[np.int64]) -> None:
        if not len(ends):
            return
        waiting = SentenceBatch._make(np.concatenate(column) for column in zip(*self._waiting, strict=True))
        count = int(ends[-1]) - self.n_sentences
        done = SentenceBatch._make(column[:count] for column in waiting)
        self._waiting = [SentenceBatch._make(column[count:] for column in waiting)]
        last = ends - self.n_sentences - 1
        first = np.concatenate([[0], last[:-1] + 1])
        rows = np.zeros(len(ends), PARAGRAPH_ROW)
        rows["start"], rows["end"] = done.start[first], done.end[last]
        rows["first"], rows["last"] = first + self.n_sentences, ends
        rows["word"] = done.first_word[first]
        rows["strength"] = np.where(done.before_gap[last], np.inf, done.paragraph[last] * STRENGTH_UNIT)
        self._file.write(rows.tobytes())
        number = np.repeat(np.arange(len(ends)), last - first + 1) + self.n_paragraphs
        strength = np.where(done.before_gap, np.inf, done.strength * STRENGTH_UNIT)
        written = np.zeros(count, SENTENCE_ROW)
        written["start"], written["end"] = done.start, done.end
        written["first_word"], written["end_word"] = done.first_word, done.end_word
        written["strength"], written["paragraph"] = strength, number
        self._sentences.write(written.tobytes())
        self.n_sentences += count
        self.n_paragraphs += len(ends)


def divide_volumes(
    volumes: Iterable[VolumeWords], scratch: ShelfFiles, vocabulary: Vocabulary, advance: Advance
) -> None:
    """Divide the volumes of a shelf into sentences and paragraphs.

    Parameters
    ----------
    volumes : iterable of VolumeWords
        In order.
    scratch : ShelfFiles
        Receives all rows (`SENTENCE_ROW`, `PARAGRAPH_ROW`), numbered within each volume, and their counts by
        volume; the counts are renamed last.
    vocabulary : Vocabulary
        Vocabulary of the book.
    advance : callable
        Called with the number of words done.
    """
    counts = []
    with (
        aside(scratch.counts("sentences")) as counted,
        aside(scratch.rows("sentences")) as sentences_path,
        aside(scratch.rows("paragraphs")) as paragraphs_path,
        sentences_path.open("wb") as sentences,
        paragraphs_path.open("wb") as rows,
    ):
        for volume in volumes:
            paragraphs = _Paragraphs(sentences, rows)
            done = 0
            for batch in sentence_batches(volume, vocabulary):
                if len(batch.end_word):
                    paragraphs.push(batch)
                    advance(int(batch.end_word[-1]) - done)
                    done = int(batch.end_word[-1])
            paragraphs.finish()
            counts.append((paragraphs.n_sentences, paragraphs.n_paragraphs))
            advance(len(volume.ids) - done)
        counted.write_bytes(np.array(counts, "<i8").tobytes())
