"""The sentence encoder on torch, for training; see `genomebook.models.sentences` for what it computes.

Mean scores of motifs and their gradients are computed base by base in one pass, so that nothing of size
bases x motifs is ever stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save
from torch.nn import functional

from genomebook.compiled import kernel
from genomebook.files.digests import file_digest
from genomebook.files.jobs import fresh_folder
from genomebook.language.alphabet import CODE, NOT_BASE
from genomebook.models.sentences import (
    FORMAT,
    LETTERS,
    MAX_SCORE,
    META,
    NO_WORD,
    PARTS,
    WEIGHTS,
    WORD,
    score,
    words_of,
)
from genomebook.options import check_new_path
from genomebook.training.corpora.batches import rng_of
from genomebook.training.output import write_json
from genomebook.training.sentences.pairs import Pack


class EncoderSize(NamedTuple):
    """Motifs; dimensions of a vector."""

    motifs: int = 512
    width: int = 128


@kernel(nogil=True)
def _forward(codes, starts, ends, backward, tables, bias, means):  # type: ignore[no-untyped-def]
    """Mean scores float32[n, f] over sequences codes[starts[i]:ends[i]]."""
    f = bias.shape[0]
    scores = np.empty(f, np.float32)
    for i in range(starts.shape[0]):
        n, mean = ends[i] - starts[i], means[i]
        words = np.empty(n + LETTERS, np.int16)
        words_of(codes[starts[i] : ends[i]], backward, words)
        mean[:] = 0
        for t in range(n):
            score(words, t, tables, bias, scores)
            for k in range(f):
                mean[k] += max(scores[k], np.float32(0))
        share = np.float32(1 / n)
        for k in range(f):
            mean[k] *= share


@kernel(nogil=True, inline="always")
def _spread(words, t, slope, to):  # type: ignore[no-untyped-def]
    """Add slope float32[f] to the rows that `score` reads."""
    a, b, c = to[0, words[t]], to[1, words[t + WORD]], to[2, words[t + 2 * WORD]]
    d, e, f = to[3, words[t + 3 * WORD]], to[4, words[t + 4 * WORD]], to[5, words[t + 5 * WORD]]
    for k in range(slope.shape[0]):
        a[k] += slope[k]
        b[k] += slope[k]
        c[k] += slope[k]
        d[k] += slope[k]
        e[k] += slope[k]
        f[k] += slope[k]


@kernel(nogil=True)
def _backward(codes, starts, ends, backward, tables, bias, slopes, to, to_bias):  # type: ignore[no-untyped-def]
    """Add the gradients of tables and bias, given those of the mean scores: slopes float32[n, f]."""
    f = bias.shape[0]
    scores, slope = np.empty(f, np.float32), np.empty(f, np.float32)
    for i in range(starts.shape[0]):
        n = ends[i] - starts[i]
        words = np.empty(n + LETTERS, np.int16)
        words_of(codes[starts[i] : ends[i]], backward, words)
        share = np.float32(1 / n)
        for k in range(f):
            slope[k] = slopes[i, k] * share
        for t in range(n):
            score(words, t, tables, bias, scores)
            for k in range(f):
                scores[k] = slope[k] if scores[k] > 0 else np.float32(0)
                to_bias[k] += scores[k]
            _spread(words, t, scores, to)


class _MeanScores(torch.autograd.Function):
    """Mean scores of the motifs over one strand of sequences; shares of the sequences on threads."""

    @staticmethod
    def forward(
        ctx: Any, tables: torch.Tensor, bias: torch.Tensor, pack: Pack, backward: bool
    ) -> torch.Tensor:
        weights = tables.detach().numpy(), bias.detach().numpy()
        means = np.empty((len(pack.lengths), bias.shape[0]), np.float32)
        _shares(pack, lambda s, a, b: _forward(pack.codes, a, b, backward, *weights, means[s]))
        ctx.save_for_backward(tables, bias)
        ctx.given = pack, backward
        return torch.from_numpy(means)

    @staticmethod
    def backward(ctx: Any, *slopes: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        tables, bias = (tensor.detach().numpy() for tensor in ctx.saved_tensors)
        pack, backward = ctx.given
        given = slopes[0].contiguous().numpy()

        def some(s: slice, starts: Any, ends: Any) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            out = np.zeros_like(tables), np.zeros_like(bias)
            _backward(pack.codes, starts, ends, backward, tables, bias, given[s], *out)
            return out

        parts = _shares(pack, some)
        to, to_bias = (np.sum([part[i] for part in parts], axis=0) for i in (0, 1))
        to[:, NO_WORD] = 0
        return torch.from_numpy(to), torch.from_numpy(to_bias), None, None


SHARES = 2
"""Shares of a batch that are computed side by side: a fixed number, so that gradients have fixed bits."""

_POOL = ThreadPoolExecutor(SHARES)


def _shares(pack: Pack, work: Any) -> list[Any]:
    ends = np.cumsum(pack.lengths)
    edges = [len(ends) * i // SHARES for i in range(SHARES + 1)]
    slices = [slice(a, b) for a, b in pairwise(edges)]
    return list(_POOL.map(lambda s: work(s, (ends - pack.lengths)[s], ends[s]), slices))


class MotifModel(torch.nn.Module):
    """Counts of soft motifs; see `genomebook.models.sentences`.

    Parameters
    ----------
    size : EncoderSize
        Size of the model.
    seed : int
        Decides the weights: motifs start as sums of random scores of single bases.
    """

    def __init__(self, size: EncoderSize, seed: int) -> None:
        super().__init__()
        self.size, rng = size, rng_of(seed, "sentence model")
        letters = rng.standard_normal((PARTS, WORD, 4, size.motifs)) * (2 / LETTERS) ** 0.5
        digits = np.arange(NO_WORD)[:, None] // 4 ** np.arange(WORD - 1, -1, -1) % 4
        tables = np.zeros((PARTS, NO_WORD + 1, size.motifs), np.float32)
        tables[:, :NO_WORD] = sum(letters[:, i, digits[:, i]] for i in range(WORD))
        self.tables = torch.nn.Parameter(torch.from_numpy(tables))
        self.bias = torch.nn.Parameter(torch.full((size.motifs,), -1.0))
        self.norm = torch.nn.LayerNorm(size.motifs)
        self.out = torch.nn.Linear(size.motifs, size.width)
        matrix = rng.standard_normal((size.width, size.motifs)) / size.motifs**0.5
        self.out.weight.data.copy_(torch.from_numpy(matrix))
        self.out.bias.data.zero_()
        self.heat = torch.nn.Parameter(torch.tensor(3.0))

    def forward(self, pack: Pack) -> torch.Tensor:
        """Vectors float32[n, width] of unit length, of both strands together."""
        mean_scores: Any = _MeanScores.apply
        strands = []
        for backward in (False, True):
            means = mean_scores(self.tables, self.bias, pack, backward)
            strands.append(functional.normalize(self.out(self.norm(means)), dim=1))
        return functional.normalize(strands[0] + strands[1], dim=1)


def pack_of(letters: Sequence[bytes]) -> Pack:
    """Concatenate sentences."""
    codes = np.minimum(CODE[np.frombuffer(b"".join(letters), np.uint8)], NOT_BASE)
    return Pack(codes, np.array([len(sentence) for sentence in letters], np.int64))


def write_encoder(model: MotifModel, folder: Path, name: str, training: dict[str, Any]) -> None:
    """Round tables to integers and write the folder of an encoder.

    Parameters
    ----------
    model, folder, name
        Trained model; folder to make; name of the encoder.
    training : dict
        How it was trained; free keys.

    Raises
    ------
    OptionError
        When ``folder`` exists already, or its folder does not.
    """
    check_new_path(folder, "an encoder")
    tables, bias = model.tables.detach().numpy()[:, :NO_WORD], model.bias.detach().numpy()
    highest = np.abs(tables).max(axis=1).sum(axis=0) + np.abs(bias)
    unit = float(highest.max()) / (MAX_SCORE - PARTS - 1)
    tensors = {
        "tables": np.rint(tables / unit).astype(np.int16),
        "bias": np.rint(bias / unit).astype(np.int16),
        **{f"{part}.{key}": value.detach().numpy() for part in ("norm", "out")
           for key, value in getattr(model, part).named_parameters()},
    }  # fmt: skip
    with fresh_folder(folder) as fresh:
        (fresh / WEIGHTS).write_bytes(save({k: np.ascontiguousarray(v) for k, v in tensors.items()}))
        digest = file_digest(fresh / WEIGHTS)
        meta = {"format": FORMAT, "name": name, "weights": digest, "unit": unit, **model.size._asdict()}
        write_json(fresh / META, {**meta, "training": training})
