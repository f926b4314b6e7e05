"""The architecture of a reader with random weights: the control of what training gave it."""

from __future__ import annotations

from genomebook.models.checkpoint import BOUNDARIES, Checkpoint
from genomebook.models.onnx_reader import OnnxReader
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


def untrained_onnx(checkpoint: Checkpoint, seed: int = 0, threads: int = 1) -> OnnxReader:
    """Make the same reader for ONNX Runtime, its weights stored as int8 like those of the shipped readers.

    It reads about four times as many words a second as on torch.

    Parameters
    ----------
    checkpoint : Checkpoint
        Of the trained reader.
    seed : int
        Decides the weights.
    threads : int
        Windows at once.

    Raises
    ------
    ImportError
        When onnx is not installed.
    """
    from genomebook.training.shipping.graph import make_graph

    model = untrained_reader(checkpoint, seed).model
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    heads = checkpoint.tensors(BOUNDARIES) if checkpoint.meta.boundaries else None
    graph = make_graph(checkpoint.kind, checkpoint.shape, weights, heads, "int8", checkpoint.says)
    return OnnxReader(checkpoint, threads, graph)
