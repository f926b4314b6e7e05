"""Learning DNA words: byte-pair merges from sequence, with the `tokenizers` library.

Both strands are cut into pieces as for tokenizing and passed to the trainer in lines of about a thousand
bases (on longer lines it is more than ten times slower).
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.errors import MissingExtraError, VocabularyError
from genomebook.genome.stretches import true_runs
from genomebook.language.alphabet import BASES, CODE, NOT_BASE, reverse_complement
from genomebook.language.cuts import MAX_PIECE, K, cut_table
from genomebook.language.vocabulary import MAX_LETTERS, Vocabulary

LINE = 1000


def pieces(letters: bytes) -> list[str]:
    """Cut a sequence into the pieces that are tokenized.

    Parameters
    ----------
    letters : bytes
        Either case, any IUPAC letters; what is not A, C, G, T divides and is dropped.

    Returns
    -------
    list of str
        Upper-case pieces in order; the plain-numpy twin of what the encoder does.
    """
    codes = CODE[np.frombuffer(letters, np.uint8)]
    table = cut_table()
    upper = letters.upper().decode("ascii")
    parts: list[str] = []
    for begin, end in true_runs(codes < NOT_BASE).tolist():
        run = codes[begin:end].astype(np.int64)
        cuts: NDArray[np.int64] = np.empty(0, np.int64)
        if len(run) >= K:
            windows = np.lib.stride_tricks.sliding_window_view(run, K)
            cuts = np.flatnonzero(table[windows @ (4 ** np.arange(K - 1, -1, -1))]) + K // 2
        bounds = [0, *cuts.tolist(), end - begin]
        for a, b in pairwise(bounds):
            parts += [upper[begin + i : begin + min(i + MAX_PIECE, b)] for i in range(a, b, MAX_PIECE)]
    return parts


def _lines(sequences: Iterable[bytes]) -> Iterator[str]:
    for sequence in sequences:
        for strand in (sequence, reverse_complement(sequence)):
            line: list[str] = []
            size = 0
            for piece in pieces(strand):
                line.append(piece)
                size += len(piece)
                if size >= LINE:
                    yield " ".join(line)
                    line, size = [], 0
            if line:
                yield " ".join(line)


def train_words(
    sequences: Iterable[bytes], merges: int, name: str, note: dict[str, Any] | None = None
) -> Vocabulary:
    """Learn a vocabulary.

    Parameters
    ----------
    sequences : iterable of bytes
        Letters of training sequences, either case.
    merges : int
        How many merges to learn; the words are these and the four bases.
    name : str
        Name of the vocabulary.
    note : dict
        What to record about the training data.

    Returns
    -------
    Vocabulary
        The same for the same sequences and version of the trainer.

    Raises
    ------
    MissingExtraError
        When the library is not installed.
    VocabularyError
        When the sequences are too short for that many merges.
    """
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    except ImportError:
        raise MissingExtraError("training words", ["tokenizers"], "train") from None
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=merges + len(BASES),
        initial_alphabet=list(BASES),
        max_token_length=MAX_LETTERS,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_lines(sequences), trainer)
    learnt = library_merges(tokenizer)
    if len(learnt) < merges:
        found = f"the sequences hold only {len(learnt)} merges, not {merges}"
        raise VocabularyError(f"{found}; give more sequence or ask for fewer")
    trainer_version = importlib.metadata.version("tokenizers")
    training = {**(note or {}), "merges": merges, "strands": "both", "tokenizers": trainer_version}
    return Vocabulary(name, tuple(learnt[:merges]), training)


def library_merges(tokenizer: Any) -> list[tuple[str, str]]:
    """Read the merge list out of a `tokenizers.Tokenizer` with a BPE model."""
    return read_bpe(tokenizer.to_str()).merges


class BpeModel(msgspec.Struct, frozen=True):
    """Ids and merges in the JSON of a `tokenizers.Tokenizer` with a BPE model."""

    vocab: dict[str, int]
    merges: list[tuple[str, str]]


class _TokenizerFile(msgspec.Struct, frozen=True):
    model: BpeModel


def read_bpe(text: str) -> BpeModel:
    """Read the BPE model out of the JSON of the `tokenizers` library.

    Raises
    ------
    msgspec.DecodeError
        When it holds none.
    """
    return msgspec.json.decode(text, type=_TokenizerFile).model
