"""The page of the command line, made from the program: ``python tests/support/cli_page.py > docs/cli.md``."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from typer import Typer
from typer.models import ArgumentInfo

from genomebook import cli

HEAD = """# Command line

Made from the program itself by `python tests/support/cli_page.py > docs/cli.md`. Exit codes: 0 when all went
well, 2 for input that is not usable (one line on standard error says where, and what to do), 130 after
Ctrl-C.
"""
KINDS = {int: "INTEGER", float: "NUMBER", str: "TEXT", Path: "PATH", bool: ""}


class Parameter(NamedTuple):
    """An argument or option: what it is called, what it takes, its help, its default."""

    names: list[str]
    kind: str
    help: str
    default: Any
    is_argument: bool


def commands() -> dict[str, Callable[..., None]]:
    """Functions of the program by the name of their command."""
    return dict(_commands(cli.app))


def _commands(app: Typer, group: str = "") -> Iterator[tuple[str, Callable[..., None]]]:
    """Names and functions of an app: its own, then those of its groups; a group may be a command itself."""
    for info in app.registered_commands:
        if info.callback:
            name = info.name or info.callback.__name__
            yield (name if name == group else f"{group} {name}".lstrip()), info.callback
    for nested in app.registered_groups:
        if nested.typer_instance:
            yield from _commands(nested.typer_instance, nested.name if isinstance(nested.name, str) else "")


def parameters(command: Callable[..., None]) -> Iterator[Parameter]:
    """Parameters of a command, in order."""
    hints = get_type_hints(command, include_extras=True)
    for name, parameter in inspect.signature(command).parameters.items():
        kind, info = get_args(hints[name])
        if isinstance(kind, types.UnionType):
            kind = get_args(kind)[0]
        if get_origin(kind) is Literal:
            kind = "|".join(get_args(kind))
        else:
            kind = KINDS[get_args(kind)[0] if get_origin(kind) else kind]
        is_argument = isinstance(info, ArgumentInfo)
        names = [name for name in (info.default, *(info.param_decls or ())) if isinstance(name, str)]
        if is_argument:
            names = [info.metavar]
        elif not names:
            option = name.replace("_", "-")
            names = [f"--{option}"] if kind else [f"--{option}", f"--no-{option}"]
        yield Parameter(names, info.metavar or kind, info.help, parameter.default, is_argument)


def _row(parameter: Parameter) -> str:
    names = ", ".join(f"`{name}`" for name in parameter.names)
    kind = "" if parameter.is_argument or not parameter.kind else f" {parameter.kind}"
    default = parameter.default
    if default is inspect.Parameter.empty:
        note = "" if parameter.is_argument else " Required."
    else:
        note = f" Default: {default}." if default not in (None, "") and not isinstance(default, bool) else ""
    return f"- {names}{kind}: {parameter.help}{note}"


def page() -> str:
    """Markdown of every command with its arguments and options, by the panels of the help."""
    groups = cli.PANELS.items()
    panels = {command: panel for panel, group in groups for _, command in _commands(group)}
    parts, last = [HEAD], ""
    for name, command in commands().items():
        if panels.get(command, last) != last:
            last = panels[command]
            parts.append(f"## {last}\n")
        known = list(parameters(command))
        arguments = [parameter.names[0] for parameter in known if parameter.is_argument]
        usage = " ".join(["genomebook", name, *arguments, "[OPTIONS]"])
        rows = "\n".join(map(_row, known))
        parts.append(f"### {name}\n\n    {usage}\n\n{inspect.getdoc(command)}\n\n{rows}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")
