"""Batches of calls: windows of one padded length run together, as many as a budget of positions allows.

The shape in which a call runs follows from the call alone, never from its neighbours: only the number of rows
varies with the budget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

import numpy as np
import torch

from genomebook.models.scoring import Call

MULTIPLE = 32
"""Lengths are padded to a multiple of this."""

T = TypeVar("T")


class RowShape(NamedTuple):
    """Positions of a row, surprisals of a row, and whether its positions are all of the window."""

    length: int
    asked: int
    whole: bool


class CallRows(NamedTuple):
    """Calls of one shape that run together, as tensors in the memory of the processor.

    Attributes
    ----------
    numbers : tuple of int
        Which calls.
    ids : int64[b, length]
        What the model sees, padded.
    seen : int64[b, length]
        1, and 0 for padding.
    asked, answers : int64[b, asked]
        Rows whose surprisal is computed, counted from the start of the window, and the ids expected there.
    whole : bool
        Whether there is no padding.
    """

    numbers: tuple[int, ...]
    ids: torch.Tensor
    seen: torch.Tensor
    asked: torch.Tensor
    answers: torch.Tensor
    whole: bool

    def halves(self) -> tuple[CallRows, CallRows]:
        """Divide it into two of the same shape."""
        middle = len(self.numbers) // 2
        first, second = slice(0, middle), slice(middle, None)
        return self._cut(first), self._cut(second)

    def _cut(self, at: slice) -> CallRows:
        return CallRows(
            self.numbers[at], self.ids[at], self.seen[at], self.asked[at], self.answers[at], self.whole
        )

    def pinned(self) -> CallRows:
        """Copy it to pinned memory, from where a GPU fetches it while it computes."""
        ids, seen = self.ids.pin_memory(), self.seen.pin_memory()
        return CallRows(
            self.numbers, ids, seen, self.asked.pin_memory(), self.answers.pin_memory(), self.whole
        )


def shape_of(call: Call, window: int) -> RowShape:
    """RowShape in which a call runs; it is never longer than the window, for which a model has positions."""
    length = min(_padded(len(call.ids)), window)
    return RowShape(length, _padded(len(call.asked)), length == len(call.ids))


def _padded(count: int) -> int:
    return -(-count // MULTIPLE) * MULTIPLE


def pack(shapes: Sequence[RowShape], budget: int) -> list[list[int]]:
    """Group calls of one shape.

    Parameters
    ----------
    shapes : sequence of RowShape
        Of each call.
    budget : int
        Positions of a batch, padding among them; a batch has at least one row.

    Returns
    -------
    list of list of int
        Numbers of the calls in each batch: long ones first, so that memory that does not suffice is noticed
        at once.
    """
    alike: dict[RowShape, list[int]] = {}
    for number, shape in enumerate(shapes):
        alike.setdefault(shape, []).append(number)
    batches = []
    for shape in sorted(alike, reverse=True):
        rows, numbers = max(1, budget // shape.length), alike[shape]
        batches += [numbers[at : at + rows] for at in range(0, len(numbers), rows)]
    return batches


def fill(calls: Sequence[Call], numbers: Sequence[int], shape: RowShape, pad: int) -> CallRows:
    """Lay calls of one shape side by side; ``pad`` is the id that fills them up."""
    ids = np.full((len(numbers), shape.length), pad, np.int64)
    seen = np.zeros_like(ids)
    asked, answers = np.zeros((2, len(numbers), shape.asked), np.int64)
    for row, number in enumerate(numbers):
        call = calls[number]
        ids[row, : len(call.ids)], seen[row, : len(call.ids)] = call.ids, 1
        asked[row, : len(call.asked)], answers[row, : len(call.asked)] = call.asked + call.first, call.answers
    tensor = torch.from_numpy
    return CallRows(tuple(numbers), tensor(ids), tensor(seen), tensor(asked), tensor(answers), shape.whole)


def prepared(make: Callable[[Sequence[int]], T], batches: Iterable[Sequence[int]]) -> Iterator[T]:
    """Make each batch on a thread while the one before it runs."""
    with ThreadPoolExecutor(1) as pool:
        waiting = None
        for numbers in batches:
            following = pool.submit(make, numbers)
            if waiting is not None:
                yield waiting.result()
            waiting = following
        if waiting is not None:
            yield waiting.result()
