"""Continue DNA: a causal bilingual reader draws one DNA word after another."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import ReaderError
from genomebook.language.alphabet import FIRST_WORD
from genomebook.models.registry import load_reader
from genomebook.models.scoring import WindowReader


class Continuer:
    """Continues DNA with a causal reader of two scripts, on any runtime.

    Parameters
    ----------
    reader : WindowReader
        Such as ``bilingual-mini``.

    Raises
    ------
    ReaderError
        When it is another kind of reader.
    """

    def __init__(self, reader: WindowReader) -> None:
        checkpoint = reader.checkpoint
        if checkpoint.kind != "causal" or checkpoint.scripts.kind != "two-script":
            what = f"{checkpoint.folder}: is {checkpoint.kind}, its words are {checkpoint.scripts.kind}"
            raise ReaderError(f"{what}; to continue DNA give a causal model of DNA and English")
        self.name, self._reader, self._scripts = reader.name, reader, checkpoint.scripts
        words = checkpoint.scripts.words.words[FIRST_WORD : checkpoint.scripts.first_mark]
        self._words = [word or "" for word in words]
        table = checkpoint.tensors()["transformer.wte.weight"]
        self._table = np.ascontiguousarray(table[FIRST_WORD : FIRST_WORD + len(self._words)])
        self._end = checkpoint.scripts.mark("<end>")

    def write(self, letters: bytes, length: int, temperature: float = 1.0, seed: int = 1) -> str:
        """Write the letters that follow a sequence.

        Parameters
        ----------
        letters : bytes
            DNA; the reader sees as many of its last words as fit half of its window, gaps left out.
        length : int
            Letters to write.
        temperature : float
            Divides the logits: below 1 likelier words are preferred, at 0 the likeliest is taken each time.
        seed : int
            Of the draw; the same seed gives the same letters.

        Returns
        -------
        str
            ``length`` letters of A, C, G and T.
        """
        rng = np.random.Generator(np.random.PCG64(seed))
        ids = self._scripts.dna(letters)
        seen = ids[ids >= FIRST_WORD][-(self._reader.window // 2) :].tolist()
        written = ""
        while len(written) < length:
            word = self._draw(self._logits(seen), temperature, rng)
            written += self._words[word]
            seen.append(FIRST_WORD + word)
        return written[:length]

    def _logits(self, seen: list[int]) -> NDArray[np.float64]:
        """Logits of all DNA words after the words seen, of which the last that fit the window count."""
        ids = np.array([self._end, *seen[-(self._reader.window - 1) :]], np.int64)
        return np.asarray(self._table @ self._reader.last_state(ids), np.float64)

    @staticmethod
    def _draw(logits: NDArray[np.float64], temperature: float, rng: np.random.Generator) -> int:
        if temperature == 0:
            return int(np.argmax(logits))
        weights = np.exp((logits - logits.max()) / temperature)
        return int(np.searchsorted(np.cumsum(weights), rng.random() * weights.sum(), "right"))


@cache
def shipped_continuer(name: str = "bilingual-mini") -> Continuer:
    """Load a reader that continues DNA, by its name or folder; once.

    Raises
    ------
    ReaderError
        When there is no such reader, or it cannot continue DNA.
    """
    reader = load_reader(name)
    if not isinstance(reader, WindowReader):
        raise ReaderError(f"{name}: cannot continue DNA; give a bilingual model, such as bilingual-mini")
    return Continuer(reader)
