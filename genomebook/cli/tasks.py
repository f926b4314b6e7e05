"""Commands about the tasks of Ask: what they are, their data and what leaks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from genomebook.cli.console import byte_progress, err, one_line, out, progress
from genomebook.options import check_parent

if TYPE_CHECKING:
    from genomebook.tasks.audit import Audit

app = typer.Typer()

Data = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Folder with the data of tasks (default: GENOMEBOOK_TASK_DATA)."),
]


@app.command()
def tasks(
    name: Annotated[str, typer.Argument(metavar="[TASK]", help="A task, for its data sheet.")] = "",
) -> None:
    """List the tasks that Ask can answer, or show the data sheet of one."""
    from genomebook.tasks.registry import task
    from genomebook.tasks.registry import tasks as all_tasks
    from genomebook.tasks.sheets import sheet_lines

    if name:
        for line in sheet_lines(task(name)):
            out.print(escape(line))
        return
    for one in all_tasks().values():
        out.print(escape(f"{one.name}\t{one.title}\t{one.group}"))


@app.command(name="fetch-task")
def fetch_task(
    name: Annotated[str, typer.Argument(metavar="TASK", help="Name of a task, as tf-0.")],
    data: Annotated[Path, typer.Option("--data", metavar="FOLDER", help="Folder to put the files in.")],
) -> None:
    """Download the data of a task that have a public address, and check them."""
    from genomebook.tasks.data import fetch
    from genomebook.tasks.registry import task

    chosen = task(name)
    if not chosen.sheet.files:
        out.print(escape(f"{name}: needs no data; its answer is computed"))
        return
    check_parent(data, "the data of tasks")
    with progress() as stage:
        paths = fetch(chosen, data, byte_progress(stage, "download"))
    for path in paths:
        out.print(escape(str(path)))


@app.command(name="audit-task")
def audit_task(
    name: Annotated[
        str, typer.Argument(metavar="TASK", help="Name of a task, as tf-0; all: every one with data.")
    ],
    data: Data = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE.tsv", help="Write the table there too.")
    ] = None,
) -> None:
    """Measure what gives the answers of a task away without its DNA being read.

    Length, GC content, strand, filled columns and place are each given to a decision tree fitted on train;
    the nearest copy is the sequence of train that shares most seeds, on either strand, read by its label.
    """
    from genomebook.cli.search import write_lines
    from genomebook.tasks.audit import audit, table_lines
    from genomebook.tasks.data import data_folder, has_data
    from genomebook.tasks.registry import task
    from genomebook.tasks.registry import tasks as all_tasks

    if output is not None:
        check_parent(output, "the table")
    chosen = list(all_tasks().values()) if name == "all" else [task(name)]
    folder = data_folder(data)
    reports = []
    for one in chosen:
        if name == "all" and not has_data(one, folder):
            missing = "" if one.load is None else f"; {one.sheet.files[0].fetch}"
            err.print(one_line(f"{one.name}: no examples to audit{missing}"))
            continue
        reports.append(audit(one, folder))
        _tell(reports[-1])
    if output is not None:
        write_lines((f"{line}\n" for line in table_lines(reports)), output)


def _tell(report: Audit) -> None:
    rows = " / ".join(f"{count:,}" for count in report.counts.values())
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in report.dropped.items()) or "none"
    out.print(escape(f"{report.task}: {rows} examples of train / dev / test; left out: {left_out}"))
    if report.note:
        out.print(escape(f"  note: {report.note}"))
    for row in report.rows:
        value, low, high = row.test
        out.print(
            escape(f"  {row.feature:<20} {report.metric} {value:.3f} ({low:.3f} to {high:.3f}); {row.how}")
        )
    if report.floor is not None:
        value, low, high = report.floor
        figure = f"{report.metric} {value:.3f} ({low:.3f} to {high:.3f})"
        out.print(escape(f"  {'floor':<20} {figure}; k-mers, which read the DNA"))
    out.print(
        escape(
            f"  test sequences that are near duplicates of a training sequence: {report.near:,}; that are "
            f"the other strand of one: {report.turned:,} ({report.compared:,} training sequences compared)"
        )
    )
