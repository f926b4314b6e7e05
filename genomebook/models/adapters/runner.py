"""Run a foreign network over windows of tokens.

On the CPU one window is one call on one thread, several at a time: results do not depend on the number of
threads or the windows requested. On another device windows of one length run together in batches that always
have the same number of rows.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby, islice

import numpy as np
import torch
from numpy.typing import NDArray

ROWS = 8
"""Rows of a batch on a device other than the CPU."""

AT_ONCE = 256
"""Windows that wait for a thread at any time."""

_ONE_AT_A_TIME = threading.Lock()

Network = Callable[[torch.Tensor], tuple[torch.Tensor, Callable[[torch.Tensor], torch.Tensor]]]
"""Ids int64[b, t] to final hidden states float32[b, t, width], and what turns states into logits."""


@dataclass(frozen=True)
class NetworkRow:
    """One row for the network, and what is wanted of it.

    Parameters
    ----------
    ids : int64[t]
        What the network reads.
    at, true, out : int64[m]
        Positions whose logits predict the ids ``true``; the tokens that get their surprisals.
    keep, keep_out : slice
        Positions whose states are wanted; the tokens that get them.
    """

    ids: NDArray[np.int64]
    at: NDArray[np.int64]
    true: NDArray[np.int64]
    out: NDArray[np.int64]
    keep: slice
    keep_out: slice


@dataclass
class TokenScores:
    """Scores of the requested tokens: surprisal in bits, boundary log-odds, hidden states."""

    bits: NDArray[np.float32]
    odds: NDArray[np.float32] | None
    hidden: NDArray[np.float32] | None


def run(
    network: Network,
    jobs: Iterable[NetworkRow],
    scores: TokenScores,
    ends: tuple[int, int] | None,
    device: str,
) -> None:
    """Run rows and write their scores.

    Parameters
    ----------
    network : Network
        The model.
    jobs : iterable of NetworkRow
        In any order.
    scores : TokenScores
        Arrays over tokens; those that are None are not computed.
    ends : (int, int), optional
        Ids that mean the end of a sentence and of a paragraph.
    device : str
        Device of the network.
    """

    def run_batch(rows: list[NetworkRow]) -> None:
        padded = rows + rows[-1:] * (0 if device == "cpu" else ROWS - len(rows))
        ids = torch.from_numpy(np.stack([job.ids for job in padded])).to(device)
        with torch.inference_mode():
            states, head = network(ids)
            for job, state in zip(rows, states, strict=False):
                _collect(job, state, head, scores, ends)

    if device != "cpu":
        for rows in _batches(jobs):
            run_batch(rows)
        return
    with _ONE_AT_A_TIME:
        threads = torch.get_num_threads()
        try:
            torch.set_num_threads(1)
            with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
                left = iter(jobs)
                while some := list(islice(left, AT_ONCE)):
                    list(pool.map(run_batch, ([job] for job in some)))
        finally:
            torch.set_num_threads(threads)


def _batches(jobs: Iterable[NetworkRow]) -> Iterator[list[NetworkRow]]:
    for _, same in groupby(jobs, key=lambda job: job.ids.size):
        rows: list[NetworkRow] = []
        for job in same:
            rows.append(job)
            if len(rows) == ROWS:
                yield rows
                rows = []
        if rows:
            yield rows


def _collect(
    job: NetworkRow,
    state: torch.Tensor,
    head: Callable[[torch.Tensor], torch.Tensor],
    scores: TokenScores,
    ends: tuple[int, int] | None,
) -> None:
    if job.at.size:
        logits = head(state[torch.from_numpy(job.at).to(state.device)]).float()
        wanted = torch.from_numpy(job.true).to(state.device)[:, None]
        nats = torch.logsumexp(logits, -1) - logits.gather(-1, wanted)[:, 0]
        scores.bits[job.out] = (nats / math.log(2)).cpu().numpy()
    kept = state[job.keep]
    if scores.odds is not None and ends is not None:
        scores.odds[job.keep_out] = _log_odds(head(kept).float(), ends).cpu().numpy()
    if scores.hidden is not None:
        scores.hidden[job.keep_out] = kept.float().cpu().numpy()


def _log_odds(logits: torch.Tensor, ids: tuple[int, int]) -> torch.Tensor:
    """Natural log of p / (1 - p) for each of two ids."""
    columns = []
    for i in ids:
        others = logits.clone()
        others[:, i] = -torch.inf
        columns.append(logits[:, i] - torch.logsumexp(others, -1))
    return torch.stack(columns, -1)
