"""How fast readers score words: ONNX Runtime, torch, and the published way with the same weights.

The published way (arXiv 2501.16982, its notebooks): text is cut into windows of 256 tokens, 64 of them shared
with the window before; each is decoded and tokenized again and goes through the model alone; probabilities of
all ids are computed and sorted; and all this happens twice, once for paragraphs and once for sentences.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.common.data import records
from benchmarks.common.machine import cores as count_cores
from genomebook.genome.stretches import true_runs
from genomebook.language.alphabet import GAP
from genomebook.models.checkpoint import Checkpoint, open_checkpoint
from genomebook.models.onnx_reader import OnnxReader
from genomebook.models.reader import Reader, Scores
from genomebook.models.registry import shipped_folder
from genomebook.models.torch_reader import TorchReader
from genomebook.training.shipping.export import add_graph

NAME = "bilingual-mini"
OVERLAP = 64
ALONE = "ONNX Runtime, int8, boundaries alone"
TOP = {"sentence": 15, "paragraph": 5}
"""Probabilities whose mean is the published threshold of a window."""


def run(quick: bool) -> dict[str, Any]:
    """Measure all runtimes in one run, by turns."""
    source, sequences = records(quick)
    with tempfile.TemporaryDirectory() as name, shipped_folder(NAME) as shipped:
        full = Path(name) / NAME
        shutil.copytree(shipped, full)
        add_graph(full, "float32")
        small, whole = open_checkpoint(shipped), open_checkpoint(full)
        ids = longest_run(small.scripts.dna(max(sequences, key=len)))[: 2_048 if quick else 24_576]
        cores = count_cores()
        readers: dict[str, Callable[[], Reader]] = {
            "ONNX Runtime, int8": lambda: OnnxReader(small, cores),
            "ONNX Runtime, int8, 1 thread": lambda: OnnxReader(small),
            "ONNX Runtime, float32": lambda: OnnxReader(whole, cores),
            "torch, float32, a window a call": lambda: TorchReader(whole),
            "torch, float32, 16 windows a call": lambda: TorchReader(whole, budget=16 * whole.window),
        }
        made = {name: make() for name, make in readers.items()}
        scores = {name: reader.score(ids, 0, 1024) for name, reader in made.items()}
        fast = made["ONNX Runtime, int8"]
        seconds: dict[str, list[float]] = {name: [] for name in [*made, ALONE, "published way"]}
        share = len(ids) // 8
        for _ in range(2 if quick else 5):
            for name, reader in made.items():
                words = len(ids) if "int8" in name and "1 thread" not in name else share
                seconds[name].append(_timed(partial(reader.score, ids, 0, words)) / words)
            seconds[ALONE].append(_timed(lambda: fast.score(ids, surprisal=False)) / len(ids))
            seconds["published way"].append(_timed(lambda: published(whole, made, ids[:share])) / share)
    return {
        "source": source,
        "words": len(ids),
        "window": small.window,
        "cores": cores,
        "seconds_a_word": seconds,
        "difference": _differences(scores),
        "work": _work(small),
    }


def longest_run(ids: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Longest stretch of words without a gap."""
    start, end = max(true_runs(ids != GAP).tolist(), key=lambda run: run[1] - run[0])
    return ids[start:end]


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def published(checkpoint: Checkpoint, made: dict[str, Reader], ids: NDArray[np.uint16]) -> list[int]:
    """Boundaries by the published way: window by window, once for each kind of end."""
    reader = made["torch, float32, a window a call"]
    assert isinstance(reader, TorchReader)
    marks = {
        "sentence": int(checkpoint.scripts.text(".")[0]),
        "paragraph": checkpoint.scripts.mark("<p_end>"),
    }
    found = []
    for end, mark in marks.items():
        for start in range(0, len(ids), checkpoint.window - OVERLAP):
            text = checkpoint.scripts.decode(ids[start : start + checkpoint.window])
            tokens = checkpoint.scripts.dna(text.encode()).astype(np.int64)[: checkpoint.window]
            with torch.no_grad():
                logits = reader.model(torch.from_numpy(tokens)[None], use_cache=False).logits
                ends = torch.softmax(logits, dim=-1)[0, :, mark]
            threshold = ends.sort(descending=True).values[: TOP[end]].mean().item()
            found += [start + i for i in range(len(tokens)) if ends[i] > threshold]
    return found


def _differences(scores: dict[str, Scores]) -> dict[str, dict[str, float]]:
    """Largest and mean differences from torch, and the correlation of boundaries."""
    wanted = scores["torch, float32, a window a call"]
    found = {}
    for name, one in scores.items():
        pairs = [(a, b) for a, b in zip(one, wanted, strict=True) if a is not None and b is not None]
        found[name] = {
            "largest": max(float(np.abs(a - b).max()) for a, b in pairs),
            "mean_bits": float(one.surprisal.mean() - wanted.surprisal.mean()),  # type: ignore[union-attr]
            "correlation": min(float(np.corrcoef(a.ravel(), b.ravel())[0, 1]) for a, b in pairs),
        }
    return found


def _work(checkpoint: Checkpoint) -> dict[str, float]:
    """Operations a word by the plan of windows, and what this machine multiplies at most."""
    shape, half = checkpoint.shape, checkpoint.window // 2
    d, t = shape.width, checkpoint.window
    layer = 2 * t * (4 * d * d + 2 * d * shape.inner) + 4 * t * t * d
    last = 2 * half * (2 * d * d + 2 * d * shape.inner) + 2 * t * 2 * d * d + 4 * half * t * d
    head = 2 * half * d * checkpoint.says
    a = np.random.default_rng(0).random((1024, 1024), np.float32)
    times = [_timed(lambda: a @ a) for _ in range(20)]
    return {
        "operations_a_word": (layer * (shape.layers - 1) + last + head) / half,
        "peak_gflops": 2 * 1024**3 / min(times) / 1e9,
        "positions_a_word": t / half,
    }
