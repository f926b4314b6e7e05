"""Data sheets of tasks as text, for a terminal and for the docs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from genomebook.tasks.task import Task


def sheet_lines(task: Task) -> Iterator[str]:
    """The data sheet of a task, a fact a line."""
    yield f"{task.name}: {task.title} ({task.group})"
    for name, text in _facts(task):
        yield f"  {name}: {text}"


def docs_lines(tasks: Iterable[Task]) -> Iterator[str]:
    """The data sheets of tasks as a section of the docs, in Markdown, by group."""
    group = None
    for task in sorted(tasks, key=lambda task: task.group):
        if task.group != group:
            group = task.group
            yield f"## {group}"
            yield ""
        yield f"**{task.title}** (`{task.name}`). {task.about}"
        yield ""
        yield from (f"- {name}: {text}" for name, text in _facts(task) if name != "what it means")
        yield ""


def _facts(task: Task) -> Iterator[tuple[str, str]]:
    yield "what it means", task.about
    yield "ask", "; ".join(f'"{question}"' for question in task.questions[:3])
    if task.labels:
        yield "answers", ", ".join(task.labels)
    low, high = task.lengths
    yield "letters", f"{low:,}" if low == high else f"{low:,} to {high:,}"
    yield "measured by", task.metric
    sheet = task.sheet
    yield "data", sheet.source
    for split, counts in sheet.counts.items():
        yield (
            f"examples of {split}",
            ", ".join(f"{count:,} {label}" for count, label in zip(counts, task.labels, strict=True)),
        )
    yield "licence", sheet.licence + ("" if sheet.ships else "; no weights ship")
    yield "leaks", sheet.leaks
    by_fetch: dict[str, list[str]] = {}
    for file in sheet.files:
        by_fetch.setdefault(file.fetch, []).append(file.path + ("" if file.needed else " (can do without)"))
    for fetch, paths in by_fetch.items():
        yield "files" if len(paths) > 1 else "file", f"{', '.join(paths)}: {fetch}"
    for figure in task.published:
        kind = "comparable" if figure.comparable else "not comparable"
        yield (
            "published",
            (f"{figure.system}, {figure.metric} {figure.value:g} ({figure.source}); {kind}: {figure.why}"),
        )
