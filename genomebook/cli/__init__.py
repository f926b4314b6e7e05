"""The command line: ``genomebook COMMAND``, one module for each group of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from genomebook import __version__
from genomebook.cli import (
    annotate,
    ask,
    build,
    errors,
    evidence,
    handout,
    lexicon,
    make,
    motifs,
    overview,
    read,
    scores,
    search,
    sequence,
    shipping,
    tasks,
    training,
    variants,
)
from genomebook.cli.console import out

app = typer.Typer(
    help="The human genome as a book: build it from FASTA, verify it, read it, search it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

PANELS = {
    "From nothing": make.app,
    "Make a book": build.app,
    "Annotate": annotate.app,
    "Read": read.app,
    "Take away": sequence.app,
    "See": overview.app,
    "Teach": handout.app,
    "Search": search.app,
    "Ask": ask.app,
    "Motifs": motifs.app,
    "Variants": variants.app,
    "Words": lexicon.app,
    "Tasks": tasks.app,
    "Evidence": evidence.app,
    "Score": scores.app,
    "Train models": training.app,
    "Measure and ship models": shipping.app,
}
"""Commands by the panel of the help, in its order."""

for panel, group in PANELS.items():
    for command in group.registered_commands:
        command.rich_help_panel = panel
    for nested in group.registered_groups:
        nested.rich_help_panel = panel
    app.add_typer(group)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        out.print(f"genomebook {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command that the arguments name."""
    errors.run(app)
