"""How far ``genomebook make`` is: a bar for everything, bars of the step that runs, lines when it ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn

from genomebook.cli.console import err, one_line
from genomebook.files.progress import Advance
from genomebook.pipeline.make.run import Watch


def duration(seconds: float) -> str:
    """A time in words: ``40 s``, ``3 min``, ``2 h 10 min``."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


class _Lines(Watch):
    """Lines, for a pipe or a file."""

    def __init__(self) -> None:
        self._left: float | None = None

    def begin(self, step: str, what: str, number: int, of: int) -> None:
        err.print(f"step {number} of {of}: {step}, {what} ...")

    def stage(self, name: str, total: int) -> Advance:
        err.print(f"  {one_line(name)} ...")
        return lambda amount: None

    def end(self, step: str, how: str, seconds: float) -> None:
        left = f"; about {duration(self._left)} left" if self._left else ""
        err.print(f"{step}: {how} after {duration(seconds)}{left}")

    def course(self, share: float, left: float | None) -> None:
        self._left = left

    def note(self, line: str) -> None:
        err.print(f"note: {one_line(line)}")


class _Bars(_Lines):
    """Bars: all steps, and the stages of the one that runs."""

    def __init__(self, bars: Progress) -> None:
        super().__init__()
        self._bars = bars
        self._all = bars.add_task("all steps", total=1.0, left="")
        self._stages: list[TaskID] = []

    def begin(self, step: str, what: str, number: int, of: int) -> None:
        for task in self._stages:
            self._bars.remove_task(task)
        self._stages.clear()
        self._bars.update(self._all, description=f"{step} ({number} of {of})")

    def stage(self, name: str, total: int) -> Advance:
        task = self._bars.add_task(one_line(name), total=max(total, 1), left="")
        self._stages.append(task)
        return lambda amount: self._bars.update(task, advance=amount)

    def course(self, share: float, left: float | None) -> None:
        super().course(share, left)
        text = "" if left is None else f"about {duration(left)} left"
        self._bars.update(self._all, completed=share, left=text)


@contextmanager
def steps_watch() -> Iterator[Watch]:
    """Show the progress of `genomebook.pipeline.make.run.make`: bars in a terminal, lines elsewhere."""
    if not err.is_terminal:
        yield _Lines()
        return
    columns = (
        TextColumn("{task.description:>24}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=err) as bars:
        yield _Bars(bars)
