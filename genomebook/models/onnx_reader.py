"""A reader on ONNX Runtime: one call is one window on one core, so the number of cores changes no bit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as state

from genomebook.errors import ReaderError
from genomebook.models.checkpoint import Checkpoint
from genomebook.models.scoring import Call, CallScores, WindowReader

_REFUSALS = (
    state.Fail,
    state.InvalidArgument,
    state.InvalidGraph,
    state.InvalidProtobuf,
    state.NoModel,
    state.NoSuchFile,
    state.NotImplemented,
    state.RuntimeException,
)


class OnnxReader(WindowReader):
    """Runs ``model.onnx`` of a checkpoint on the CPU.

    Parameters
    ----------
    checkpoint : Checkpoint
        Opened and checked.
    threads : int
        Windows at once.
    graph : bytes, optional
        A graph to run instead of ``model.onnx``: of other weights in the same architecture.

    Raises
    ------
    ReaderError
        When the checkpoint has no graph, or ONNX Runtime does not take it.
    """

    def __init__(self, checkpoint: Checkpoint, threads: int = 1, graph: bytes | None = None) -> None:
        path = checkpoint.onnx
        if path is None and graph is None:
            raise ReaderError(f"{checkpoint.folder}: has no model.onnx; export it, or give runtime torch")
        super().__init__(checkpoint, checkpoint.meta.onnx or "")
        self.threads = threads
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(graph or path, options, providers=["CPUExecutionProvider"])
        except _REFUSALS as error:
            what = " ".join(str(error).split())[:200]
            raise ReaderError(f"{path}: ONNX Runtime does not take it ({what}); export it anew") from None
        names = {output.name for output in self._session.get_outputs()}
        if not self.gives <= names:
            raise ReaderError(f"{path}: gives {', '.join(sorted(names))} only; export it anew")

    def run(self, calls: Sequence[Call], want: frozenset[str]) -> Iterator[tuple[int, CallScores]]:
        """Run each call by itself, on as many threads as were asked for."""
        if self.threads == 1 or len(calls) < 2:
            for number, call in enumerate(calls):
                yield number, self._call(call, want)
            return
        with ThreadPoolExecutor(self.threads) as pool:
            yield from enumerate(pool.map(lambda call: self._call(call, want), calls))

    def _call(self, call: Call, want: frozenset[str]) -> CallScores:
        names = sorted(want)
        feed = {
            "ids": call.ids,
            "first": np.array([call.first]),
            "asked": call.asked,
            "answers": call.answers,
        }
        outputs = dict(zip(names, self._session.run(names, feed), strict=True))
        return CallScores(outputs.get("hidden"), outputs.get("boundary"), outputs.get("surprisal"))
