"""The donor and acceptor models of MMSplice (Cheng et al. 2019, Genome Biol. 20: 48; MIT), run by NumPy.

Layers and windows are those of the models that MMSplice 1.0 ships: a donor is seen with 5 letters of exon and
13 of intron, an acceptor with 50 of intron and 3 of exon.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.special import expit

from benchmarks.tasks.hdf5 import arrays

Floats = NDArray[np.float32]

_EPSILON = 1e-3
"""That of batch normalisation in Keras."""

_LETTERS = b"ACGT"


class Window(NamedTuple):
    """Letters around the border between exon and intron that a model sees."""

    before: int
    after: int


WINDOWS = {"donor": Window(5, 13), "acceptor": Window(50, 3)}


class SpliceSiteModel:
    """A model of MMSplice.

    Parameters
    ----------
    folder : Path
        Folder with ``MMSplice_Donor.h5`` and ``MMSplice_Acceptor.h5``.
    kind : str
        "donor" or "acceptor".
    """

    def __init__(self, folder: Path, kind: str) -> None:
        self.kind, self.window = kind, WINDOWS[kind]
        stored = arrays(folder / f"MMSplice_{kind.capitalize()}.h5")
        self._arrays = {
            (name.split("/")[2], name.split("/")[-1].removesuffix(":0")): values
            for name, values in stored.items()
            if name.startswith("/model_weights/")
        }

    def probabilities(self, sequences: Sequence[str], border: int) -> Floats:
        """Probabilities that a splice site lies at a border: float32[n].

        Parameters
        ----------
        sequences : sequence of str
            Letters on the strand of the gene.
        border : int
            Letters before the border between exon and intron, the same in all.
        """
        seen = [s[border - self.window.before : border + self.window.after] for s in sequences]
        bases = np.frombuffer("".join(seen).encode(), np.uint8).reshape(len(seen), -1, 1)
        letters = (bases == np.frombuffer(_LETTERS, np.uint8)).astype(np.float32)
        scores = self._donor(letters) if self.kind == "donor" else self._acceptor(letters)
        return np.asarray(expit(scores[:, 0]), np.float32)

    def _donor(self, values: Floats) -> Floats:
        values = values.reshape(len(values), -1)
        for number in (1, 2):
            values = np.maximum(self._normed(self._dense(values, f"dense{number}"), number), 0)
        return self._dense(values, "dense_1")

    def _acceptor(self, values: Floats) -> Floats:
        kernel, bias = self._weights("convSpliceSite")
        padded = np.pad(values, ((0, 0), (len(kernel) // 2, len(kernel) // 2), (0, 0)))
        seen = sliding_window_view(padded, len(kernel), axis=1)  # [n, places, letters, width]
        values = np.maximum(np.einsum("nplw,wlf->npf", seen, kernel, optimize=True) + bias, 0)
        values = np.maximum(self._dense(self._normed(values, 1), "conv1by1"), 0)
        return self._dense(self._normed(values, 2).reshape(len(values), -1), "denseSS")

    def _weights(self, layer: str) -> tuple[Floats, Floats]:
        return self._arrays[layer, "kernel"], self._arrays[layer, "bias"]

    def _dense(self, values: Floats, layer: str) -> Floats:
        kernel, bias = self._weights(layer)
        return np.asarray(values @ kernel.reshape(-1, kernel.shape[-1]) + bias, np.float32)

    def _normed(self, values: Floats, number: int) -> Floats:
        gamma, beta, mean, variance = (
            self._arrays[f"batch_normalization_{number}", name]
            for name in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        return np.asarray((values - mean) / np.sqrt(variance + _EPSILON) * gamma + beta, np.float32)
