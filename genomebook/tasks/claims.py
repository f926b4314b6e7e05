"""Claims of the field, measured again: what was published, the control that it lacks, our figure."""

from __future__ import annotations

from pathlib import Path

import msgspec

from genomebook.errors import TaskError
from genomebook.files.manifest import read_json, validated

SHIPPED = Path(__file__).resolve().parents[1] / "data" / "claims.json"

_REMEDY = "restore it, or make it again"


class ClaimFigure(msgspec.Struct, frozen=True):
    """A figure, its 95 % interval where it has one, and on how many it was measured."""

    what: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None


class MeasuredClaim(msgspec.Struct, frozen=True):
    """A published claim beside what we measured.

    Attributes
    ----------
    name : str
        Short name, for links: ``boundary-recall``.
    claim : str
        What was claimed, a sentence.
    source : str
        Paper or repository, with its year.
    published : str
        The figure as published.
    control : str
        The control that is missing, a sentence.
    ours : str
        Our figure and that of the control, by the same protocol, with intervals where there are any.
    means : str
        What that says about the claim, a sentence.
    command : str
        The command that makes our figure.
    data : str
        What it was measured on.
    figures : list of ClaimFigure
        The numbers of ``ours``, one by one.
    """

    name: str
    claim: str
    source: str
    published: str
    control: str
    ours: str
    means: str
    command: str
    data: str = ""
    figures: list[ClaimFigure] = []


class ClaimsFile(msgspec.Struct, frozen=True):
    """What ``claims.json`` holds."""

    claims: list[MeasuredClaim]


def measured_claims(path: Path = SHIPPED) -> list[MeasuredClaim]:
    """Read the claims; none where there is no file.

    Raises
    ------
    TaskError
        The file is damaged.
    """
    try:
        body = read_json(path, _REMEDY, TaskError)
    except FileNotFoundError:
        return []
    return validated(path, body, ClaimsFile, _REMEDY, TaskError).claims
