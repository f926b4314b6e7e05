"""A linear layer on a frozen model: the mean over the words of a sequence of their hidden states."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.errors import ReaderError
from genomebook.language.alphabet import GAP
from genomebook.language.encode import Encoder
from genomebook.models.reader import Reader
from genomebook.models.registry import load_reader
from genomebook.models.scoring import WindowReader
from genomebook.tasks.rules.base import PackedRule, linear


class ProbeSettings(msgspec.Struct, frozen=True):
    """Name of the shipped reader below the linear layer."""

    reader: str


class MeanStates:
    """Gives the mean hidden state of a sequence.

    Parameters
    ----------
    reader : Reader
        One of our own, with hidden states.
    """

    def __init__(self, reader: Reader) -> None:
        if not isinstance(reader, WindowReader):
            raise ReaderError(f"{reader.name}: has other words; give one of our own models")
        self.width = reader.width
        self._reader, self._encoder = reader, Encoder(reader.checkpoint.scripts.words)

    def of(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Mean hidden states: float32[n, width]; zeros for a sequence without words."""
        out = np.zeros((len(sequences), self.width), np.float32)
        for row, sequence in enumerate(sequences):
            words = self._encoder.encode(np.frombuffer(sequence.encode("ascii"), np.uint8))
            words = words[words != GAP]
            if len(words):
                hidden = self._reader.score(words, hidden=True, surprisal=False).hidden
                out[row] = 0 if hidden is None else hidden.mean(0)
        return out


@cache
def mean_states(name: str) -> MeanStates:
    """Open a shipped reader, once."""
    return MeanStates(load_reader(name))


class ProbeRule:
    """Linear layer on mean hidden states.

    Parameters
    ----------
    settings : ProbeSettings
        Which reader.
    states : MeanStates
        The reader itself.
    table : float[width, 1 or labels]
    bias : float[1 or labels]
    """

    name = "frozen model"

    def __init__(
        self, settings: ProbeSettings, states: MeanStates, table: NDArray[Any], bias: NDArray[Any]
    ) -> None:
        if len(table) != states.width:
            raise ValueError(f"{settings.reader} has {states.width} numbers a word")
        self._settings, self._states = settings, states
        self._table, self._bias = np.asarray(table, np.float32), np.asarray(bias, np.float32)

    def logits(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Log-odds of sequences: float32[n, labels]."""
        return self.head(self._states.of(sequences))

    def head(self, states: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-odds float32[n, labels] from mean hidden states float32[n, width]."""
        return linear(states @ self._table + self._bias)

    def pack(self) -> PackedRule:
        """Name of the reader, and the linear layer."""
        return PackedRule(msgspec.to_builtins(self._settings), {"table": self._table, "bias": self._bias})

    @classmethod
    def unpack(cls, packed: PackedRule) -> ProbeRule:
        """Make the rule of a file."""
        settings = msgspec.convert(packed.settings, ProbeSettings)
        return cls(settings, mean_states(settings.reader), packed.tensors["table"], packed.tensors["bias"])
