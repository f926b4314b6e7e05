"""The loop of a training run, one step of an optimiser, and the learning rate of a step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch


def take_steps(
    first: int, steps: int, take: Callable[[int], None], *hooks: tuple[int, Callable[[int], None]]
) -> None:
    """Take the steps from number ``first`` on, and call hooks on the way.

    Parameters
    ----------
    first, steps : int
        Number of the first step to take, from 0; steps of the whole run.
    take : callable
        Takes the step of this number.
    hooks : tuple of int and callable
        A period and a function. It is called with the number of steps done where that is a multiple of the
        period, and after the last step.
    """
    for number in range(first, steps):
        take(number)
        for period, call in hooks:
            if (number + 1) % period == 0 or number + 1 == steps:
                call(number + 1)


def learning_rate(step: int, steps: int, peak: float, warmup: int, floor: float = 0.1) -> float:
    """Learning rate: linear to ``peak`` over ``warmup`` steps, then a cosine to ``floor * peak``."""
    if step < warmup:
        return peak * (step + 1) / warmup
    done = min(1.0, (step - warmup) / max(1, steps - warmup))
    return peak * (floor + (1 - floor) / 2 * (1 + math.cos(math.pi * done)))


def update(
    optimizer: torch.optim.Optimizer,
    loss: torch.Tensor,
    parameters: Iterable[torch.nn.Parameter],
    rate: float,
) -> None:
    """Take one step at a learning rate, with gradients clipped to norm 1.

    A parameter group with a ``times`` entry learns that many times as fast.
    """
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("times", 1.0)
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
