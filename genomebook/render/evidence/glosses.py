"""Table of what can be read from glosses by meaning, zero-shot: for the page Evidence."""

from __future__ import annotations

from pathlib import Path

import msgspec
from markupsafe import Markup

from genomebook.errors import DamagedBookError
from genomebook.render.numbers import plural, with_commas
from genomebook.render.templating import render

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "meaning" / "evidence.json"
WAYS = {
    "ours": "by meaning, in context",
    "first": "first sense alone",
    "names": "names by embedding",
    "random": "fields at random",
    "published": "published way",
    "model": "model of DNA words",
}


class Area(msgspec.Struct):
    """Area under the curve with its 95 % interval."""

    value: float
    low: float
    high: float


class FieldEvidence(msgspec.Struct):
    """How well each way tells the passages of a class."""

    passages: int
    goal: float | None = None
    ours: Area | None = None
    first: Area | None = None
    names: Area | None = None
    random: Area | None = None
    published: Area | None = None
    model: Area | None = None


class _Vocabulary(msgspec.Struct):
    classes: dict[str, FieldEvidence]


class _Measured(msgspec.Struct):
    source: str
    passage: int
    vocabularies: dict[str, _Vocabulary]


def gloss_evidence(vocabulary: str, path: Path = SHIPPED) -> Markup | None:
    """Table of the measured glosses by meaning of a vocabulary; None where there are none.

    Parameters
    ----------
    vocabulary : str
        Its name.
    path : Path
        Result of ``python -m benchmarks gloss-meaning``.

    Raises
    ------
    DamagedBookError
        When the file is not such a result.
    """
    if not path.is_file():
        return None
    try:
        measured = msgspec.json.decode(path.read_bytes(), type=_Measured)
    except (OSError, msgspec.DecodeError) as error:
        raise DamagedBookError(f"{path}: not readable ({error}); restore the file") from None
    if (chosen := measured.vocabularies.get(vocabulary)) is None:
        return None
    rows = [(name, _count(one), *_row(one)) for name, one in chosen.classes.items()]
    return render(
        "gloss_evidence.j2",
        ways=list(WAYS.values()),
        rows=rows,
        source=with_commas(measured.source),
        size=measured.passage,
    )


def _count(one: FieldEvidence) -> str:
    return plural(one.passages, "passage")


def _row(one: FieldEvidence) -> tuple[list[tuple[str, str]], str]:
    """The areas of a class, and whether its goal is met."""
    areas = [getattr(one, way) for way in WAYS]
    said = [(f"{a.value:.2f}", f"{a.low:.2f} to {a.high:.2f}") if a else ("not measured", "") for a in areas]
    if one.goal is None or one.ours is None:
        return said, ""
    return said, f"{one.goal:.2f}, {'met' if one.ours.value >= one.goal else 'not met'}"
