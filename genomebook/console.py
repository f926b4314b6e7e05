"""What the commands print to, and their progress bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class _Rate(TextColumn):
    """Speed of a stage: what it counts a second, in millions where it is fast."""

    def __init__(self) -> None:
        super().__init__("{task.speed}")

    def render(self, task):  # type: ignore[no-untyped-def]
        from rich.text import Text

        speed = task.finished_speed or task.speed or 0
        return Text(f"{speed / 1e6:7.2f} M/s" if speed >= 1e4 or not speed else f"{speed:7,.0f} /s")


@contextmanager
def progress() -> Iterator[Callable[[str, int], Callable[[int], None]]]:
    """Bars with rates and time left; in a pipe, one line per stage."""
    if not err.is_terminal:

        def announce(name: str, total: int) -> Callable[[int], None]:
            err.print(f"{name} ...")
            return lambda amount: None

        yield announce
        return
    columns = (
        TextColumn("{task.description:>10}"),
        BarColumn(),
        TaskProgressColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err) as bars:

        def stage(name: str, total: int) -> Callable[[int], None]:
            task = bars.add_task(name, total=max(total, 1))
            return lambda amount: bars.update(task, advance=amount)

        yield stage


@contextmanager
def training_progress() -> Iterator[Callable[[dict[str, Any]], None]]:
    """A bar of steps with losses, tokens a second and time left; in a pipe, a line for each test."""
    columns = (
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TextColumn("{task.description}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as bars:
        task = bars.add_task("", total=None)

        def report(line: dict[str, Any]) -> None:
            shown = line.get("test", line)
            bits = "  ".join(f"{k.replace('_', ' ')} {v:.3f}" for k, v in shown.items() if "bits" in k)
            if "test" in line:
                bars.console.print(f"step {line['step']}: held out: {bits}")
            else:
                said = f"{bits}  {line['tokens_per_s']:,} tokens/s"
                bars.update(task, completed=line["step"], total=line["steps"], description=said)

        yield report
