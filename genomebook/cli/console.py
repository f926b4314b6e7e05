"""Standard output and error of the commands, and their progress bars."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from genomebook.files.progress import Advance, ByteProgress, Stage

# Controls (C0, DEL, C1), line separators, marks of writing direction, bytes of a file name that are not text.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str, keep: str = "") -> str:
    r"""Escape control characters and marks of writing direction, such as ``\x1b``.

    Parameters
    ----------
    text : str
        From a file of unknown origin: the name of a contig, a title, a query.
    keep : str
        Control characters to keep; ``"\n\t"`` for text of several lines.
    """

    def visible(match: re.Match[str]) -> str:
        code = ord(match[0])
        if match[0] in keep:
            return match[0]
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

    return _UNPRINTABLE.sub(visible, text)


class _Console(Console):
    """A console that escapes control characters: parts of the text come from files."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*map(_safe, objects), **options)

    def out(self, *objects: Any, **options: Any) -> None:
        super().out(*map(_safe, objects), **options)


def _safe(shown: object) -> object:
    return printable(shown, keep="\n\t") if isinstance(shown, str) else shown


out = _Console(highlight=False, soft_wrap=True, emoji=False)
err = _Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def one_line(text: str) -> str:
    """Text of a book as part of one line: no markup, line end or control in it."""
    return escape(printable(text))


def error_line(line: str) -> None:
    """Print an error as one line."""
    err.print(f"error: {escape(' '.join(line.split()))}")


def print_message(message: str) -> None:
    """Print what a command is doing."""
    err.print(f"{escape(message)} ...")


def print_figures(figures: dict[str, Any]) -> None:
    """Print the figures of one measurement, a line each."""
    pairs = (
        f"{key} {value:.3f}" if isinstance(value, float) else f"{key} {value}"
        for key, value in figures.items()
    )
    err.print(escape("  ".join(pairs)))


class _Rate(TextColumn):
    """Speed of a stage: units per second, in millions where it is fast."""

    def __init__(self) -> None:
        super().__init__("{task.speed}")

    def render(self, task):  # type: ignore[no-untyped-def]
        from rich.text import Text

        speed = task.finished_speed or task.speed or 0
        return Text(f"{speed / 1e6:7.2f} M/s" if speed >= 1e4 or not speed else f"{speed:7,.0f} /s")


@contextmanager
def progress() -> Iterator[Stage]:
    """Progress bars with rates and time left; in a pipe, one line per stage."""
    if not err.is_terminal:

        def announce(name: str, total: int) -> Advance:
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

        def stage(name: str, total: int) -> Advance:
            task = bars.add_task(name, total=max(total, 1))
            return lambda amount: bars.update(task, advance=amount)

        yield stage


def byte_progress(stage: Stage, name: str) -> ByteProgress:
    """A stage for a transfer whose total size is known at its first report."""
    advance: Advance | None = None
    seen = 0

    def report(done: int, total: int) -> None:
        nonlocal advance, seen
        advance = advance or stage(name, total)
        advance(done - seen)
        seen = done

    return report


@contextmanager
def training_progress() -> Iterator[Callable[[dict[str, Any]], None]]:
    """A bar of steps with losses, tokens per second and time left; in a pipe, a line for each test."""
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
                description = f"{bits}  {line['tokens_per_s']:,} tokens/s"
                bars.update(task, completed=line["step"], total=line["steps"], description=description)

        yield report
