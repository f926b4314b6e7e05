"""Names, meanings, shapes and colours of boundary signals, the same wherever one is shown.

Files, addresses and options keep the code names of `genomebook.segmentation.signals`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class SignalLook(NamedTuple):
    """How people meet a signal.

    Attributes
    ----------
    label : str
        What it is, in two or three words.
    means : str
        What it responds to, to follow the label and a colon.
    shape : str
        Mark in plots, by plotly's name.
    colour : str
        With a contrast of at least 3 to the light and the dark ground of the app.
    """

    label: str
    means: str
    shape: str
    colour: str


SIGNALS = {
    "switch": SignalLook(
        "repeat edges",
        "the source of the text changes: new sequence, known from elsewhere, or copied from nearby",
        "circle",
        "#0072b2",
    ),
    "surprise": SignalLook(
        "unexpected words",
        "the next word is hard to guess, and many words could follow",
        "square",
        "#d55e00",
    ),
    "shift": SignalLook(
        "change of context",
        "a model represents the words before and the words after differently",
        "diamond",
        "#a9609a",
    ),
    "transfer": SignalLook(
        "English punctuation",
        "the published idea: a model trained on English says how likely a full stop or the end of a "
        "paragraph is to come next",
        "triangle-up",
        "#8f6d14",
    ),
    "combined": SignalLook("all together", "the other signals, weighted", "cross", "#767676"),
}
"""By code name."""

SHAPES = tuple(shown.shape for shown in SIGNALS.values())
COLOURS = tuple(shown.colour for shown in SIGNALS.values())


def look(name: str, among: Sequence[str] = ()) -> SignalLook:
    """How a signal is shown; one that is not of genomebook has its own name, and a look by its place.

    Parameters
    ----------
    name : str
        Code name.
    among : sequence of str
        All names of the measurement.
    """
    if name in SIGNALS:
        return SIGNALS[name]
    looks = list(SIGNALS.values())
    place = list(among).index(name) if name in among else 0
    return looks[place % len(looks)]._replace(label=name, means="")


def named(name: str) -> str:
    """Label with the code name: ``repeat edges (switch)``."""
    label = look(name).label
    return label if label == name else f"{label} ({name})"


def explained(name: str) -> str:
    """Label, code name and what it responds to."""
    means = look(name).means
    return f"{named(name)}: {means}" if means else named(name)
