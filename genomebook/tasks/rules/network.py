"""Small convolutional networks, run by NumPy: a first layer that acts as motifs, then one that combines them.

The first layer reads one-hot letters, as in DeepBind (Alipanahi et al. 2015, Nat. Biotechnol. 33: 831-838).
Where a task has no direction, a sequence and its reverse complement pass through the same weights and their
scores are averaged. Several networks of a task, trained from different seeds, are averaged too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

import msgspec
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from genomebook.language.alphabet import NOT_BASE
from genomebook.tasks.rules.base import JoinedSequences, PackedRule, joined_sequences, linear, windows_along

BATCH = 256
"""Sequences that pass through together: what one core's cache holds."""

PIECE = 32_768
"""Letters of a scanned sequence that pass through together."""

Floats = NDArray[np.float32]

_ONE_HOT = np.vstack([np.eye(4, dtype=np.float32), np.zeros((1, 4), np.float32)])


class ConvolutionShape(msgspec.Struct, frozen=True):
    """Layers of a network.

    Attributes
    ----------
    window : int
        Letters that it reads; a longer sequence is read in its middle, a shorter one gets N on both sides.
    both_strands : bool
        Whether the scores of both strands are averaged.
    widths, filters, pools : tuple of int
        Of each convolution: letters or places it sees, outputs, places of which the largest is kept.
    hidden : int
        Units between the last convolution and the scores.
    outputs : int
        Scores: one for two labels, else one a label.
    """

    window: int
    both_strands: bool
    widths: tuple[int, ...] = (15, 7)
    filters: tuple[int, ...] = (128, 64)
    pools: tuple[int, ...] = (4, 4)
    hidden: int = 64
    outputs: int = 1

    @property
    def stride(self) -> int:
        """Letters between two places of the last convolution."""
        return int(np.prod(self.pools[:-1]))

    @property
    def places(self) -> int:
        """Places of the last convolution that remain when the largest are kept.

        Raises
        ------
        ValueError
            When the window is too short for the layers.
        """
        size = self.window
        for width, pool in zip(self.widths, self.pools, strict=True):
            size = (size - width + 1) // pool
        if size < 1:
            raise ValueError(f"a window of {self.window} letters is too short for these layers")
        return size


class LayerWeights(NamedTuple):
    """Weights of a layer.

    Attributes
    ----------
    weights : float32[inputs, outputs]
        The inputs of a convolution are those of each place it sees, one place after another.
    bias : float32[outputs]
    """

    weights: Floats
    bias: Floats


def windows_of(letters: JoinedSequences, window: int) -> NDArray[np.uint8]:
    """The middle of each sequence, with N on both sides of shorter ones: uint8[n, window]."""
    codes = np.full((len(letters.starts), window), NOT_BASE, np.uint8)
    for row, start, end in zip(codes, letters.starts.tolist(), letters.ends.tolist(), strict=True):
        size = end - start
        inner = (size - window) // 2 if size > window else 0
        outer = (window - size) // 2 if size < window else 0
        kept = min(size, window)
        row[outer : outer + kept] = letters.codes[start + inner : start + inner + kept]
    return codes


def reverse_complements(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reverse complements of rows of codes; N stays N."""
    return _COMPLEMENT[codes[:, ::-1]]


_COMPLEMENT = np.array([3, 2, 1, 0, NOT_BASE], np.uint8)


def _convolved(values: Floats, layer: LayerWeights) -> Floats:
    """A convolution and ReLU: float32[n, places, inputs] to [n, places - width + 1, outputs]."""
    n, places, inputs = values.shape
    width = len(layer.weights) // inputs
    seen = sliding_window_view(values, width, axis=1)  # [n, places, inputs, width]
    rows = seen.transpose(0, 1, 3, 2).reshape(-1, width * inputs)
    out = rows @ layer.weights
    out += layer.bias
    np.maximum(out, 0, out=out)
    return np.asarray(out.reshape(n, places - width + 1, -1), np.float32)


def _largest(values: Floats, pool: int) -> Floats:
    """The largest of each ``pool`` places; a rest at the end is left out."""
    n, places, outputs = values.shape
    kept = places // pool
    largest = values[:, : kept * pool].reshape(n, kept, pool, outputs).max(axis=2)
    return np.asarray(largest, np.float32)


class Network:
    """The weights of one network.

    Parameters
    ----------
    shape : ConvolutionShape
        Its layers.
    layers : sequence of LayerWeights
        The convolutions, the hidden layer, the scores.
    """

    def __init__(self, shape: ConvolutionShape, layers: Sequence[LayerWeights]) -> None:
        self.shape = shape
        self.convolutions, (self.hidden, self.scores) = tuple(layers[:-2]), layers[-2:]
        if len(self.convolutions) != len(shape.widths):
            raise ValueError(f"{len(self.convolutions)} convolutions, expected {len(shape.widths)}")
        if len(self.hidden.weights) != shape.places * shape.filters[-1]:
            raise ValueError(f"a hidden layer of {len(self.hidden.weights)} inputs does not fit the layers")

    @property
    def weights(self) -> int:
        """Numbers that were fitted."""
        layers = (*self.convolutions, self.hidden, self.scores)
        return sum(layer.weights.size + layer.bias.size for layer in layers)

    def hidden_units(self, codes: NDArray[np.uint8]) -> Floats:
        """What the hidden layer makes of windows uint8[n, window]: float32[n, units]."""
        return self._hidden(_largest(self._last_places(codes), self.shape.pools[-1]))

    def forward(self, codes: NDArray[np.uint8]) -> Floats:
        """Scores of windows uint8[n, window] on the strand they are on: float32[n, outputs]."""
        return self._scored(self.hidden_units(codes))

    def along(self, codes: NDArray[np.uint8], step: int) -> Floats:
        """Scores of a sequence uint8[letters], a window every ``step`` letters: float32[windows, outputs].

        The convolutions are run once for all windows: ``step`` is a multiple of the stride.
        """
        shape = self.shape
        values = self._last_places(codes[None])[0]
        n = (len(codes) - shape.window) // step + 1
        starts = np.arange(n)[:, None] * (step // shape.stride)
        largest = sliding_window_view(values, shape.pools[-1], axis=0).max(axis=-1)
        return self._scored(self._hidden(largest[starts + np.arange(shape.places) * shape.pools[-1]]))

    def _last_places(self, codes: NDArray[np.uint8]) -> Floats:
        values = _ONE_HOT[codes]
        for number, layer in enumerate(self.convolutions):
            values = _convolved(values, layer)
            if number + 1 < len(self.convolutions):
                values = _largest(values, self.shape.pools[number])
        return values

    def _hidden(self, places: Floats) -> Floats:
        hidden = places.reshape(len(places), -1) @ self.hidden.weights + self.hidden.bias
        return np.asarray(np.maximum(hidden, 0), np.float32)

    def _scored(self, hidden: Floats) -> Floats:
        return np.asarray(hidden @ self.scores.weights + self.scores.bias, np.float32)


class NetworkRule:
    """Networks of one task; their scores are averaged.

    Parameters
    ----------
    networks : sequence of Network
        Of the same shape.
    """

    name = "network"

    def __init__(self, networks: Sequence[Network]) -> None:
        if not networks:
            raise ValueError("no network")
        self.networks = tuple(networks)
        self.shape = networks[0].shape

    @property
    def weights(self) -> int:
        """Numbers that were fitted."""
        return sum(network.weights for network in self.networks)

    def logits(self, sequences: Sequence[str]) -> Floats:
        """Log-odds up to a constant: float32[n, labels]."""
        codes = windows_of(joined_sequences(sequences), self.shape.window)
        scores = [self._both(codes[at : at + BATCH]) for at in range(0, len(codes), BATCH)]
        return linear(np.concatenate([np.zeros((0, self.shape.outputs), np.float32), *scores]))

    def scan(self, sequence: str, window: int, step: int) -> Floats:
        """Logits of the windows at 0, ``step``, ``2 * step`` ...: float32[windows, labels].

        Where the step is a multiple of the stride of the layers, neighbouring windows share the convolutions.
        """
        seen, count = self.shape.window, (len(sequence) - window) // step + 1
        if step % self.shape.stride or window < seen or count < 1:
            return self.logits(windows_along(sequence, window, step))
        first = (window - seen) // 2  # the middle of each window is read
        codes = joined_sequences([sequence[first : first + (count - 1) * step + seen]]).codes
        scores = [self._along(piece, step) for piece in _pieces(codes, seen, step)]
        return linear(np.concatenate(scores))

    def pack(self) -> PackedRule:
        """Settings and float16 arrays."""
        tensors: dict[str, NDArray[Any]] = {}
        for number, network in enumerate(self.networks):
            for place, layer in enumerate((*network.convolutions, network.hidden, network.scores)):
                tensors[f"{number}.{place}.weights"] = layer.weights.astype(np.float16)
                tensors[f"{number}.{place}.bias"] = layer.bias.astype(np.float16)
        return PackedRule({**msgspec.to_builtins(self.shape), "networks": len(self.networks)}, tensors)

    @classmethod
    def unpack(cls, packed: PackedRule) -> Self:
        """Make the rule of a file.

        Raises
        ------
        KeyError, ValueError
            When settings or arrays are missing or do not fit each other.
        """
        shape = msgspec.convert(packed.settings, ConvolutionShape)
        return cls(
            [
                Network(
                    shape, [_layer(packed, f"{number}.{place}") for place in range(len(shape.widths) + 2)]
                )
                for number in range(int(packed.settings["networks"]))
            ]
        )

    def _both(self, codes: NDArray[np.uint8]) -> Floats:
        scores = [network.forward(codes) for network in self.networks]
        if self.shape.both_strands:
            turned = reverse_complements(codes)
            scores += [network.forward(turned) for network in self.networks]
        return np.asarray(np.mean(scores, axis=0), np.float32)

    def _along(self, codes: NDArray[np.uint8], step: int) -> Floats:
        scores = [network.along(codes, step) for network in self.networks]
        if self.shape.both_strands:
            turned = reverse_complements(codes[None])[0]
            scores += [network.along(turned, step)[::-1] for network in self.networks]
        return np.asarray(np.mean(scores, axis=0), np.float32)


def _layer(packed: PackedRule, name: str) -> LayerWeights:
    weights, bias = (packed.tensors[f"{name}.{part}"].astype(np.float32) for part in ("weights", "bias"))
    return LayerWeights(weights, bias)


def _pieces(codes: NDArray[np.uint8], window: int, step: int) -> Iterator[NDArray[np.uint8]]:
    """Pieces of a sequence that begin and end with a window."""
    windows = (len(codes) - window) // step + 1
    together = max(1, PIECE // step)
    for first in range(0, windows, together):
        last = min(windows, first + together) - 1
        yield codes[first * step : last * step + window]
