"""Stage: scores to sentences and paragraphs, each by one optimisation over the volume (streamed, exact)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.book.schema import STRENGTH_UNIT, VolumeFiles
from genomebook.book.tables import TableWriter
from genomebook.book.write import aside
from genomebook.language.alphabet import GAP
from genomebook.language.vocabulary import Vocabulary
from genomebook.segmentation.decode import Decoder
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE
from precompute.words import Advance

CHUNK = 1 << 20

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
"""Paragraphs before they have sections: span, sentences first to last (exclusive), first word, strength."""


class Stretch(NamedTuple):
    """Consecutive sentences: ends in words, spans in letters, log-odds of both levels, what closes them."""

    first_word: NDArray[np.int64]
    end_word: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    strength: NDArray[np.int32]
    paragraph: NDArray[np.int32]
    before_gap: NDArray[np.bool_]


def _sentence_ends(files: VolumeFiles, signal: str) -> Iterator[NDArray[np.int64]]:
    """Ends of sentences and of gaps (a gap is a unit of its own), in words, as they become certain."""
    decoder = Decoder(SENTENCE.units())
    with files.words.open("rb") as words, files.signal(signal).open("rb") as odds:
        ids = np.fromfile(words, "<u2", CHUNK)
        while len(ids):
            strength = np.fromfile(odds, "i1", 2 * len(ids))[::2].astype(np.int32)
            following = np.fromfile(words, "<u2", CHUNK)
            is_gap = np.append(ids, following[:1] if len(following) else GAP) == GAP
            yield decoder.push(strength, (is_gap[:-1] | is_gap[1:]).astype(np.uint8))
            ids = following
    yield decoder.finish()


def stretches(files: VolumeFiles, signal: str, vocabulary: Vocabulary) -> Iterator[Stretch]:
    """Sentences of a volume in order, some thousands at a time, gaps left out."""
    gaps = np.fromfile(files.gaps, "<i8").reshape(2, -1)
    sizes = vocabulary.lengths.astype(np.int64)
    word, position, gap = 0, 0, 0
    for ends in _sentence_ends(files, signal):
        if not len(ends):
            continue
        last = int(ends[-1])
        here = np.fromfile(files.words, "<u2", last + 1 - word, offset=2 * word)
        odds = np.fromfile(files.signal(signal), "i1", 2 * (last - word), offset=2 * word).reshape(-1, 2)
        is_gap = np.append(here == GAP, True)  # the end of the volume counts as one
        here = here[: last - word]
        size = sizes[here]
        n_gaps = int(np.count_nonzero(here == GAP))
        size[here == GAP] = (gaps[1] - gaps[0])[gap : gap + n_gaps]
        at = np.concatenate([[position], position + np.cumsum(size)])
        starts = np.concatenate([[word], ends[:-1]])
        keep = ~is_gap[starts - word]
        follows_gap = is_gap[ends - word]
        yield Stretch(
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
    """Joins sentences to paragraphs and writes the rows of both as they become certain."""

    def __init__(self, sentences: TableWriter, paragraphs: BinaryIO) -> None:
        self._decoder = Decoder(PARAGRAPH.units())
        self._sentences = sentences
        self._file = paragraphs
        self._waiting: list[Stretch] = []
        self.n_sentences = 0
        self.n_paragraphs = 0

    def push(self, stretch: Stretch) -> None:
        self._waiting.append(stretch)
        self._write(self._decoder.push(stretch.paragraph, stretch.before_gap.astype(np.uint8)))

    def finish(self) -> None:
        self._write(self._decoder.finish())

    def _write(self, ends: NDArray[np.int64]) -> None:
        if not len(ends):
            return
        waiting = Stretch._make(np.concatenate(column) for column in zip(*self._waiting, strict=True))
        count = int(ends[-1]) - self.n_sentences
        done = Stretch._make(column[:count] for column in waiting)
        self._waiting = [Stretch._make(column[count:] for column in waiting)]
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
        self._sentences.write(
            {
                "start": done.start,
                "end": done.end,
                "first_word": done.first_word,
                "end_word": done.end_word,
                "strength": strength.astype(np.float32),
                "paragraph": number.astype(np.int32),
            }
        )
        self.n_sentences += count
        self.n_paragraphs += len(ends)


def divide_volume(
    files: VolumeFiles, scratch: VolumeFiles, signal: str, vocabulary: Vocabulary, advance: Advance
) -> None:
    """Write ``sentences.parquet``, and the paragraphs as flat rows (`PARAGRAPH_ROW`) into the scratch folder.

    Parameters
    ----------
    files, scratch : VolumeFiles
        Words and scores; where the paragraphs go. The sentences are renamed last.
    signal : str
        What places the ends.
    vocabulary : Vocabulary
        Gives the lengths of words.
    advance : callable
        Told the words done.
    """
    scratch.folder.mkdir(parents=True, exist_ok=True)
    n_words = files.words.stat().st_size // 2
    with (
        aside(files.table("sentences")) as sentences_path,
        aside(scratch.table("paragraphs")) as rows_path,
        rows_path.open("wb") as rows,
        TableWriter(sentences_path, "sentences") as sentences,
    ):
        paragraphs = _Paragraphs(sentences, rows)
        done = 0
        for stretch in stretches(files, signal, vocabulary):
            if len(stretch.end_word):
                paragraphs.push(stretch)
                advance(int(stretch.end_word[-1]) - done)
                done = int(stretch.end_word[-1])
        paragraphs.finish()
        advance(n_words - done)
