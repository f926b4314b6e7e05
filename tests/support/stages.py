"""A progress that keeps what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stages:
    """Steps that were announced, and done, by the name of the stage."""

    def __init__(self) -> None:
        self.total: dict[str, int] = {}
        self.done: dict[str, int] = {}

    def __call__(self, name: str, total: int) -> Callable[[int], None]:
        """Begin a stage."""
        assert name not in self.total, f"{name} begins twice"
        self.total[name], self.done[name] = total, 0

        def advance(amount: int) -> None:
            self.done[name] += amount

        return advance

    @contextmanager
    def progress(self) -> Iterator[Stages]:
        """Stand in for `genomebook.cli.console.progress`."""
        yield self
