"""Commands that the stages made in shares have in common: share and finalise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from genomebook.cli.console import out, progress
from genomebook.cli.options import Workers

PlannedOutput = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="Folder that was planned with init --output.")
]
Shares = Annotated[int, typer.Option(min=1, max=100_000, help="About how many shares.")]
Restart = Annotated[bool, typer.Option("--restart", help="Discard a plan that is there, with its shares.")]
TrustRemoteCode = Annotated[
    bool,
    typer.Option("--trust-remote-code", help="Let a model of the hub run its code; needs --revision."),
]


class WholeOrShares(TyperGroup):
    """A group one of whose commands, of the same name, needs not be named: ``score BOOK`` is it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of that command before arguments that name none."""
        if args and args[0] not in self.commands:
            args = [str(self.name), *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Leave the name of that command out of its usage."""
        name, command, rest = super().resolve_command(ctx, args)
        return "" if name == self.name else name, command, rest


def add_share_commands(app: typer.Typer, stage: str) -> None:
    """Add the commands share and finalise of a stage to its group."""

    @app.command()
    def share(
        output: PlannedOutput,
        number: Annotated[
            list[int] | None, typer.Argument(metavar="NUMBER", help="From 1; none: all that are left.")
        ] = None,
        ray: Annotated[
            str,
            typer.Option(
                metavar="ADDRESS", help="Let actors of Ray make them: local, or a cluster's address."
            ),
        ] = "",
        actors: Annotated[int, typer.Option(min=1, help="Actors of Ray, each with --workers threads.")] = 2,
        gpus: Annotated[float, typer.Option(min=0, help="GPUs of an actor of Ray.")] = 0.0,
        trust_remote_code: TrustRemoteCode = False,
        workers: Workers = 0,
    ) -> None:
        """Make shares that init has planned; one that is there and whole is skipped."""
        from genomebook.pipeline.shares.plan import Planned
        from genomebook.pipeline.shares.ray_actors import share_by_ray
        from genomebook.pipeline.shares.run import make_shares

        planned = Planned(output, stage)
        shares = dict.fromkeys(number or range(1, len(planned) + 1))
        with progress() as bars:
            tell = bars("shares", sum(b - a for a, b in map(planned.units, shares)))
            if ray:
                made = share_by_ray(
                    planned, number or (), actors=actors, address=ray, workers=workers or 1, gpus=gpus,
                    trust_remote_code=trust_remote_code, advance=tell,
                )  # fmt: skip
            else:
                made = make_shares(
                    planned, number or (), workers=workers, trust_remote_code=trust_remote_code, advance=tell
                )
        out.print(f"{escape(str(output))}: made {len(made):,} of {len(planned):,} shares")

    @app.command()
    def finalise(
        output: PlannedOutput,
        redo: Annotated[bool, typer.Option("--redo", help="Make missing and damaged shares here.")] = False,
        trust_remote_code: TrustRemoteCode = False,
        workers: Workers = 0,
    ) -> None:
        """Check the digest of every share, join them, and put the folder in its place."""
        from genomebook.pipeline.shares.plan import Planned
        from genomebook.pipeline.shares.run import finalise as run

        planned = Planned(output, stage)
        with progress() as bars:
            run(planned, redo=redo, workers=workers, trust_remote_code=trust_remote_code, progress=bars)
        out.print(f"{escape(str(output))}: {len(planned):,} shares joined")
