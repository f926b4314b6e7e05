"""What kind of passage words stand in, told from the words alone: a hidden Markov model over words.

A state is a kind of sequence (Alu on the plus strand, CpG island, intron, ...). States, transitions and the
words that each state shows are counted in annotated sequence; reading needs the words only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from genomebook.compiled import kernel
from genomebook.errors import DamagedBookError

RECENT = 16
"""Words looked back for the same word: in tandem repeats it comes back."""
SMOOTHING = 20.0
"""Words, spread as in all sequence, that are added to those counted in a state."""


@dataclass(frozen=True)
class PassageModel:
    """Hidden Markov model of words.

    Attributes
    ----------
    states : tuple of str
        Name of each state: a class, with `` +`` or `` -`` behind it where the strand is told apart.
    emissions : float32[states, ids]
        Natural logarithm of the chance of each word id in a state.
    transitions : float32[states, states]
        Chance of the next word's state.
    prior : float32[states]
        Share of words in each state.
    recurrence : float32[states]
        Chance that a word is one of the `RECENT` words before it.
    """

    states: tuple[str, ...]
    emissions: NDArray[np.float32]
    transitions: NDArray[np.float32]
    prior: NDArray[np.float32]
    recurrence: NDArray[np.float32]

    def posterior(self, ids: NDArray[np.uint16]) -> NDArray[np.float32]:
        """Chance of each state at each word of a passage.

        Parameters
        ----------
        ids : uint16[n]
            Words of one passage, gaps left out.

        Returns
        -------
        float32[n, states]
            Rows sum to 1 (forward-backward algorithm, Rabiner 1989).
        """
        again = np.log(np.stack([1 - self.recurrence, self.recurrence]))
        chance: NDArray[np.float32] = _posterior(
            ids, recurs(ids), self.emissions, again.astype(np.float32), self.transitions.astype(np.float64),
            self.prior.astype(np.float64),
        )  # fmt: skip
        return chance

    def shares(self, ids: NDArray[np.uint16]) -> NDArray[np.float32]:
        """How far each word's chance of each state is raised above the state's share in the genome.

        Parameters
        ----------
        ids : uint16[n]
            Words of one passage.

        Returns
        -------
        float32[n, states]
            Chance over prior, scaled so that rows sum to 1.
        """
        raised = self.posterior(ids) / self.prior
        return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)

    def write(self, path: Path) -> None:
        """Write as safetensors; the names of the states are its metadata."""
        tensors: dict[str, NDArray[Any]] = {
            "emissions": np.round(self.emissions, 2).astype(np.float16),
            "transitions": self.transitions,
            "prior": self.prior,
            "recurrence": self.recurrence,
        }
        save_file(tensors, path, {"states": "\n".join(self.states)})

    @classmethod
    def open(cls, path: Path) -> PassageModel:
        """Read what `write` wrote.

        Raises
        ------
        DamagedBookError
            When it is not such a file.
        """
        try:
            with safe_open(path, "numpy") as file:
                states = tuple((file.metadata() or {})["states"].split("\n"))
                emissions, transitions, prior, recurrence = (
                    file.get_tensor(name).astype(np.float32)
                    for name in ("emissions", "transitions", "prior", "recurrence")
                )
        except (OSError, KeyError, SafetensorError) as error:
            reason = " ".join(str(error).split())
            raise DamagedBookError(f"{path}: no model of passages ({reason}); make it anew") from None
        n = len(states)
        if (
            emissions.ndim != 2
            or transitions.shape != (n, n)
            or not len(emissions) == len(prior) == len(recurrence) == n
        ):
            raise DamagedBookError(f"{path}: tables of other sizes than {n} states; make it anew")
        return cls(states, emissions, transitions, prior, recurrence)


def fit(
    runs: Sequence[tuple[NDArray[np.uint16], NDArray[np.int8], bool]], states: Sequence[str], ids: int
) -> PassageModel:
    """Count a model.

    Parameters
    ----------
    runs : sequence of (uint16[n], int8[n], bool)
        Words of a volume and the state of each (-1: not known); whether all states are known there, so that
        transitions and shares may be counted.
    states : sequence of str
        Names.
    ids : int
        Word ids.
    """
    shown = np.zeros((len(states), ids))
    moves = np.full((len(states), len(states)), 1e-3)
    again = np.full((2, len(states)), 1.0)
    for words, labels, complete in runs:
        known = labels >= 0
        np.add.at(shown, (labels[known], words[known]), 1)
        np.add.at(again, (recurs(words)[known].astype(np.int64), labels[known]), 1)
        if complete:
            pair = known[:-1] & known[1:]
            np.add.at(moves, (labels[:-1][pair], labels[1:][pair]), 1)
    total = shown.sum(axis=0) + 0.5
    smoothed = shown + SMOOTHING * total / total.sum()
    emissions = np.log(smoothed / smoothed.sum(axis=1, keepdims=True))
    prior = moves.sum(axis=1) / moves.sum()
    transitions = moves / moves.sum(axis=1, keepdims=True)
    return PassageModel(
        tuple(states),
        emissions.astype(np.float32),
        transitions.astype(np.float32),
        np.maximum(prior, 1e-6).astype(np.float32),
        (again[1] / again.sum(axis=0)).astype(np.float32),
    )


@kernel(nogil=True)
def recurs(ids: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Whether each word is one of the `RECENT` words before it: bool[n]."""
    again = np.zeros(len(ids), np.bool_)
    for at in range(len(ids)):
        for before in range(max(0, at - RECENT), at):
            if ids[before] == ids[at]:
                again[at] = True
    return again


@kernel(nogil=True)
def _posterior(ids, again, emissions, recurrence, transitions, prior):  # type: ignore[no-untyped-def]
    """Forward-backward with scaling: float32[n, states]."""
    n, states = len(ids), len(prior)
    chance = np.empty((n, states), np.float64)
    shown = np.empty((n, states), np.float64)
    for at in range(n):
        best = -1e30
        for state in range(states):
            shown[at, state] = emissions[state, ids[at]] + recurrence[np.int64(again[at]), state]
            best = max(best, shown[at, state])
        total = 0.0
        for state in range(states):
            shown[at, state] = np.exp(shown[at, state] - best)
            ahead = prior[state]
            if at:
                ahead = 0.0
                for before in range(states):
                    ahead += chance[at - 1, before] * transitions[before, state]
            chance[at, state] = ahead * shown[at, state]
            total += chance[at, state]
        for state in range(states):
            chance[at, state] /= total
    result = np.empty((n, states), np.float32)
    back = np.ones(states)
    step = np.empty(states)
    for at in range(n - 1, -1, -1):
        total = 0.0
        for state in range(states):
            total += chance[at, state] * back[state]
        for state in range(states):
            result[at, state] = chance[at, state] * back[state] / total
        highest = 0.0
        for state in range(states):
            value = 0.0
            for after in range(states):
                value += transitions[state, after] * shown[at, after] * back[after]
            step[state] = value
            highest = max(highest, value)
        for state in range(states):
            back[state] = step[state] / highest
    return result
