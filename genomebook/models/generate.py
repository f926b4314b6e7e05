"""Titles the published way: a bilingual reader sees DNA, then "TL;DR:", and continues in English.

The prompt is that of Radford et al. (2019); the reader may answer with English words only, the most likely
each time, and never repeats three words in a row. It has never seen a summary of DNA.
`benchmarks.segmentation.title_control` measures how much of a title depends on the DNA, and ``python -m
benchmarks titles`` prints it for ``bilingual-mini``: a little, through composition. They are ornament.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import ReaderError
from genomebook.language.alphabet import GAP
from genomebook.models.checkpoint import Checkpoint
from genomebook.models.registry import load_reader
from genomebook.models.scoring import WindowReader

PROMPT = "TL;DR:"
MAX_TOKENS = 12


def _byte_letters() -> dict[str, int]:
    """Characters of byte-level BPE by byte: printable ones as they are, the others from 256 on."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in shown]
    letters = {chr(byte): byte for byte in shown}
    return letters | {chr(256 + number): byte for number, byte in enumerate(hidden)}


class English:
    """The English words of a checkpoint, tokenized and decoded without the `tokenizers` library.

    Parameters
    ----------
    checkpoint : Checkpoint
        With two scripts.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        model = checkpoint.scripts.bpe
        self.first = checkpoint.scripts.first_english
        self._ids = model.vocab
        self._ranks = {pair: rank for rank, pair in enumerate(model.merges)}

    def __len__(self) -> int:
        """Count words."""
        return len(self._ids)

    def encode(self, text: str) -> list[int]:
        """Tokenize a text of plain ASCII without spaces, such as `PROMPT`."""
        ids = []
        for piece in re.findall(r"[A-Za-z]+|[0-9]+|[^A-Za-z0-9]+", text):
            parts = list(piece)
            while len(parts) > 1:
                ranks = [self._ranks.get(pair, len(self._ranks)) for pair in pairwise(parts)]
                at = ranks.index(min(ranks))
                if ranks[at] == len(self._ranks):
                    break
                parts[at : at + 2] = [parts[at] + parts[at + 1]]
            ids += [self.first + self._ids[part] for part in parts]
        return ids

    @cached_property
    def _bytes(self) -> dict[int, bytes]:
        letters = _byte_letters()
        return {self.first + i: bytes(letters[letter] for letter in word) for word, i in self._ids.items()}

    def decode(self, ids: Sequence[int]) -> str:
        """Decode ids to one line, without control characters and broken UTF-8."""
        text = b"".join(self._bytes[i] for i in ids).decode("utf-8", "ignore")
        text = "".join(" " if letter.isspace() else letter for letter in text)
        return " ".join("".join(c for c in text if not unicodedata.category(c).startswith("C")).split())


class Titler:
    """Makes titles with a bilingual causal reader, on any runtime.

    Parameters
    ----------
    reader : WindowReader
        Reader of a causal checkpoint of two scripts.

    Raises
    ------
    ReaderError
        When it is another kind of reader.
    """

    def __init__(self, reader: WindowReader) -> None:
        checkpoint = reader.checkpoint
        if checkpoint.kind != "causal" or checkpoint.scripts.kind != "two-script":
            what = f"{checkpoint.folder}: is {checkpoint.kind}, its words are {checkpoint.scripts.kind}"
            raise ReaderError(f"{what}; for titles give a causal model of DNA and English, as bilingual-mini")
        self.words, self.digest, self._reader = reader.words, reader.digest, reader
        self.scripts, self.english = checkpoint.scripts, English(checkpoint)
        first = self.english.first
        table = checkpoint.tensors()["transformer.wte.weight"]
        self._table = np.ascontiguousarray(table[first : first + len(self.english)])
        self._end = checkpoint.scripts.mark("<end>")
        self._prompt = self.english.encode(PROMPT)
        self.max_words = reader.window // 2
        if 1 + self.max_words + len(self._prompt) + MAX_TOKENS > reader.window:
            what = f"a window of {reader.window} words is too short for titles"
            raise ReaderError(f"{checkpoint.folder}: {what}; give a model with a longer one")

    def title(self, ids: NDArray[np.uint16]) -> str:
        """Title a unit in one line of English.

        Parameters
        ----------
        ids : uint16[m]
            Its words, at least the first `max_words` of them; gaps are skipped. Without words the title is
            "".
        """
        words = ids[ids != GAP][: self.max_words].tolist()
        if not words:
            return ""
        return self._said([self._end, *words, *self._prompt])

    def prompt_alone(self) -> str:
        """What is said after the prompt without any DNA: the baseline of every title."""
        return self._said([self._end, *self._prompt])

    def _said(self, seen: list[int]) -> str:
        said: list[int] = []
        while len(said) < MAX_TOKENS:
            said.append(self._next([*seen, *said], said))
        return self.english.decode(said)

    def _next(self, seen: list[int], said: list[int]) -> int:
        """Most likely English word after ``seen`` that repeats no three words of ``said``."""
        logits = self._table @ self._reader.last_state(np.array(seen, np.int64))
        for a, b, c in zip(said, said[1:], said[2:], strict=False):
            if [a, b] == said[-2:]:
                logits[c - self.english.first] = -np.inf
        return int(np.argmax(logits)) + self.english.first


def load_titler(name: str = "bilingual-mini") -> Titler:
    """Load a reader for titles by its name or folder (see `genomebook.models.registry.load_reader`).

    Raises
    ------
    ReaderError
        When there is no such reader, or it cannot make titles.
    """
    reader = load_reader(name)
    if not isinstance(reader, WindowReader):
        raise ReaderError(f"{name}: titles need a bilingual model, such as bilingual-mini")
    return Titler(reader)
