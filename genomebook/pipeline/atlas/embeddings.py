"""Embeddings of words and passages: input table, contextual, and from random weights.

The sample is deterministic: blocks spread evenly over a text, every k-th occurrence of a word. It does not
depend on the number of shares or threads.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import FastaError, ReaderError
from genomebook.files.progress import Advance, no_progress
from genomebook.genome.fasta import Genome, unpack
from genomebook.genome.names import canonical
from genomebook.genome.stretches import equal_runs, true_runs
from genomebook.language.alphabet import FIRST_WORD, GAP
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import Vocabulary
from genomebook.models.checkpoint import Checkpoint
from genomebook.models.onnx_reader import OnnxReader
from genomebook.models.reader import Reader
from genomebook.models.scoring import WindowReader
from genomebook.models.threads import one_thread
from genomebook.pipeline.scores import Scoring

if TYPE_CHECKING:
    from genomebook.models.torch_reader import TorchReader

MAX_OCCURRENCES = 64
"""Occurrences kept of each word."""

MAX_WORDS_READ = 500_000
"""Words read of a text."""

WORDS_PER_BLOCK = 2_048
"""Blocks are read whole or not at all."""

_TABLES = {"causal": "transformer.wte.weight", "masked": "bert.embeddings.word_embeddings.weight"}


class WordRun(NamedTuple):
    """Words between two gaps: the number of the first in the whole text, gaps counted; uint16 ids."""

    first: int
    ids: NDArray[np.uint16]


@dataclass(frozen=True)
class Contexts:
    """Contextual embeddings of the words of a text.

    Attributes
    ----------
    ids : uint16[m]
        Words of the sample, sorted; at most `MAX_OCCURRENCES` of a kind.
    ordinals : int64[m]
        Where each stands in the text, gaps counted; increasing within a word.
    vectors : float32[m, width]
        Hidden state of each, of unit length.
    counts : int64[n_ids]
        Occurrences read of each word.
    means : float64[n_ids, width]
        Mean of the unit vectors of all of them; zeros for words that were not read.
    surprisal : float64[n_ids]
        Mean bits; NaN for words that were not read, or when it was not asked for.
    words, read : int
        Words of the text; words of it that were read.
    """

    ids: NDArray[np.uint16]
    ordinals: NDArray[np.int64]
    vectors: NDArray[np.float32]
    counts: NDArray[np.int64]
    means: NDArray[np.float64]
    surprisal: NDArray[np.float64]
    words: int
    read: int

    def groups(self) -> Iterator[tuple[int, slice]]:
        """Words of the sample, and where each lies in it."""
        for start, end in equal_runs(self.ids).tolist():
            yield int(self.ids[start]), slice(start, end)


def book_runs(job: Scoring) -> list[WordRun]:
    """Runs of all volumes of a book, in order; ordinals count the gaps."""
    found, origin = [], 0
    for number, volume in enumerate(job.volumes, 1):
        words = job.words(number)
        count = volume.counts["words"]
        found += [WordRun(origin + start, words.ids[start:end]) for start, end in words.runs(0, count)]
        origin += count
    return found


def fasta_runs(fasta: Path, vocabulary: Vocabulary, skip: Sequence[str] = ()) -> list[WordRun]:
    """Tokenize a FASTA into runs of words.

    Parameters
    ----------
    fasta : Path
        Plain or packed.
    vocabulary : Vocabulary
        Vocabulary to tokenize with.
    skip : sequence of str
        Contigs to leave out, by any of their names.

    Raises
    ------
    FastaError
        When it is unusable, or nothing is left of it.
    """
    left_out, encoder = {canonical(name) for name in skip}, Encoder(vocabulary)
    found: list[WordRun] = []
    origin = 0
    with tempfile.TemporaryDirectory() as name:
        unpack(fasta, Path(name))
        with Genome(Path(name)) as genome:
            for record in genome.records:
                if canonical(record.contig) in left_out:
                    continue
                ids = np.asarray(encoder.encode(genome.letters(record.name)), np.uint16)
                runs = true_runs(ids != GAP).tolist()
                found += [WordRun(origin + start, ids[start:end]) for start, end in runs]
                origin += len(ids)
    if not found:
        raise FastaError(f"{fasta}: no sequence is left to read; skip fewer contigs")
    return found


def word_counts(runs: Sequence[WordRun], n_ids: int) -> NDArray[np.int64]:
    """Occurrences of each id in the whole text: int64[n_ids]."""
    counts = np.zeros(n_ids, np.int64)
    for run in runs:
        counts += np.bincount(run.ids, minlength=n_ids)[:n_ids]
    return counts


def blocks(runs: Sequence[WordRun], most: int = MAX_WORDS_READ) -> list[tuple[int, int, int]]:
    """Blocks to read, as (run, first, last): all of them, or a sample spread evenly over the text."""
    cut = [
        (number, first, min(first + WORDS_PER_BLOCK, len(run.ids)))
        for number, run in enumerate(runs)
        for first in range(0, len(run.ids), WORDS_PER_BLOCK)
    ]
    words = sum(last - first for _, first, last in cut)
    if words <= most:
        return cut
    kept = max(1, most * len(cut) // words)
    return [block for i, block in enumerate(cut) if (i + 1) * kept // len(cut) > i * kept // len(cut)]


def words_read(runs: Sequence[WordRun], most: int = MAX_WORDS_READ) -> int:
    """Words that `contexts` reads of a text."""
    return sum(last - first for _, first, last in blocks(runs, most))


@one_thread()
def contexts(
    reader: Reader,
    runs: Sequence[WordRun],
    n_ids: int,
    *,
    each: int = MAX_OCCURRENCES,
    most: int = MAX_WORDS_READ,
    surprisal: bool = False,
    advance: Advance = no_progress,
) -> Contexts:
    """Embed the words of a text in context.

    Parameters
    ----------
    reader : Reader
        Reader of these words.
    runs : sequence of WordRun
        The text.
    n_ids : int
        Size of the vocabulary.
    each, most : int
        Occurrences kept of a word: every k-th of those read; words read.
    surprisal : bool
        Whether bits are asked for too.
    advance : callable
        Told the words done.

    Returns
    -------
    Contexts
        Words with letters other than A, C, G, T are left out.
    """
    chosen = blocks(runs, most)
    parts = [runs[run].ids[first:last] for run, first, last in chosen]
    collector = Collector(np.concatenate([*parts, np.empty(0, np.uint16)]), n_ids, reader.width, each)
    for run, first, last in chosen:
        text = runs[run]
        scores = reader.score(text.ids, first, last, hidden=True, surprisal=surprisal)
        assert scores.hidden is not None
        collector.add(text.first + first, scores.hidden, scores.surprisal)
        advance(last - first)
    return collector.end(sum(len(run.ids) for run in runs))


class Collector:
    """Accumulates embeddings of a text block by block.

    Parameters
    ----------
    ids : uint16[m]
        All words that will be read, in order.
    n_ids, width, each : int
        Size of the id space; of a hidden state; occurrences kept of a word.
    """

    def __init__(self, ids: NDArray[np.uint16], n_ids: int, width: int, each: int = MAX_OCCURRENCES) -> None:
        self._ids, self._kept = ids, _every_kth(ids, each)
        self._by_place = np.argsort(self._kept, kind="stable")
        self._vectors = np.zeros((len(self._kept), width), np.float32)
        self._ordinals = np.zeros(len(self._kept), np.int64)
        self._counts = np.bincount(ids, minlength=n_ids)[:n_ids].astype(np.int64)
        self._sums, self._bits = np.zeros((n_ids, width)), np.full(n_ids, np.nan)
        self._done = 0

    def add(self, ordinal: int, hidden: NDArray[np.float32], bits: NDArray[np.float32] | None = None) -> None:
        """Add the hidden states, and surprisals, of the next words; the first has this ordinal."""
        start, end = self._done, self._done + len(hidden)
        ids, unit = self._ids[start:end], units(hidden)
        np.add.at(self._sums, ids, unit)
        if bits is not None:
            self._bits[np.unique(ids)] = np.nan_to_num(self._bits[np.unique(ids)])
            np.add.at(self._bits, ids, bits)
        places = self._kept[self._by_place]
        rows = self._by_place[slice(*np.searchsorted(places, [start, end]))]
        self._vectors[rows] = unit[self._kept[rows] - start]
        self._ordinals[rows] = ordinal + self._kept[rows] - start
        self._done = end

    def end(self, words: int) -> Contexts:
        """Finish a text of this many words."""
        seen = np.maximum(self._counts, 1)
        return Contexts(
            self._ids[self._kept], self._ordinals, self._vectors, self._counts,
            self._sums / seen[:, None], self._bits / seen, words, self._done,
        )  # fmt: skip


def _every_kth(ids: NDArray[np.uint16], each: int) -> NDArray[np.int64]:
    """Places of at most ``each`` occurrences of every word, spread evenly; sorted by word, then place."""
    order = np.argsort(ids, kind="stable")
    words, starts, counts = np.unique(ids[order], return_index=True, return_counts=True)
    found = [
        order[start + (2 * np.arange(n := min(count, each)) + 1) * count // (2 * n)]
        for word, start, count in zip(words.tolist(), starts.tolist(), counts.tolist(), strict=True)
        if word >= FIRST_WORD
    ]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def units(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Vectors of unit length, float32; zeros stay."""
    size = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    return (vectors / np.where(size > 0, size, 1)[:, None]).astype(np.float32)


def checkpoint_of(reader: Reader) -> Checkpoint:
    """Checkpoint of one of our own readers.

    Raises
    ------
    ReaderError
        When it is a model of the hub, which has no table of these words.
    """
    if not isinstance(reader, WindowReader):
        raise ReaderError(f"{reader.name}: has no embeddings of these words; give one of our own models")
    return reader.checkpoint


def input_embeddings(checkpoint: Checkpoint) -> NDArray[np.float32]:
    """Table of the words of a checkpoint: float32[ids, width], without torch."""
    return checkpoint.tensors()[_TABLES[checkpoint.kind]]


def untrained(checkpoint: Checkpoint, seed: int = 0) -> TorchReader | None:
    """Control model: the same architecture with random weights, or None without torch.

    Parameters
    ----------
    checkpoint : Checkpoint
        Checkpoint of the trained reader.
    seed : int
        Decides the weights.
    """
    try:
        from genomebook.training.pretraining.untrained import untrained_reader
    except ImportError:
        return None
    return untrained_reader(checkpoint, seed)


def control_of(reader: Reader, seed: int = 0) -> WindowReader | None:
    """Control of a reader, in the runtime of the reader: random weights; None without torch or a checkpoint.

    Parameters
    ----------
    reader : Reader
        The trained reader.
    seed : int
        Decides the weights.
    """
    if not isinstance(reader, WindowReader):
        return None
    if isinstance(reader, OnnxReader):
        try:
            from genomebook.training.pretraining.untrained import untrained_onnx

            return untrained_onnx(reader.checkpoint, seed, reader.threads)
        except ImportError:
            pass
    return untrained(reader.checkpoint, seed)


def untrained_inputs(reader: TorchReader) -> NDArray[np.float32]:
    """Table of the words of a reader on torch: float32[ids, width]."""
    table: NDArray[np.float32] = reader.model.get_input_embeddings().weight.detach().numpy()
    return table
