"""The architecture of a reader with random weights: the control of what training gave it."""

from __future__ import annotations

from genomebook.models.checkpoint import Checkpoint
from genomebook.models.torch_reader import TorchReader
from genomebook.training.pretraining.sizes import ReaderSize, new_model


def untrained_reader(checkpoint: Checkpoint, seed: int = 0) -> TorchReader:
    """Make a reader of the same architecture and words with random weights.

    Parameters
    ----------
    checkpoint : Checkpoint
        Of the trained reader.
    seed : int
        Decides the weights.
    """
    shape = checkpoint.shape
    reader = TorchReader(checkpoint)
    size = ReaderSize(shape.layers, shape.width, shape.heads, shape.positions)
    reader.model = new_model(checkpoint.kind, size, shape.ids, seed)
    reader.model.eval()
    return reader
