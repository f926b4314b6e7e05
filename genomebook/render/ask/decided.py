"""What decided an answer, in the text: words underlined by what the answer loses without them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from genomebook.render.ask.answer import per_cent_of
from genomebook.render.numbers import signed
from genomebook.render.templating import render
from genomebook.tasks.occlusion import WordDrop

STRONGEST = 3
"""Words whose number stands beside them; all have it in their hover text."""

MAX_LINE = 6
"""Width in pixels of the line under the word that weighs most."""


class DecidedPiece(NamedTuple):
    """Letters, width in pixels of the line under them, ``for``, ``against`` or ``none``, the change twice."""

    letters: str
    width: int
    kind: str
    change: str
    number: str


class DecidedText(NamedTuple):
    """A sequence in pieces, what it is for people, the probability of the answer, the largest change."""

    title: str
    chance: str
    pieces: list[DecidedPiece]
    strongest: float


def pieces(sequence: str, drops: Sequence[WordDrop], largest: float) -> list[DecidedPiece]:
    """Cut a sequence at its words.

    Parameters
    ----------
    sequence : str
        The letters.
    drops : sequence of WordDrop
        By position.
    largest : float
        Change (nats) that the widest line stands for.
    """
    ranked = sorted(drops, key=lambda drop: -abs(drop.drop))[:STRONGEST]
    made = []
    at = 0
    for drop in drops:
        if drop.start > at:
            made.append(DecidedPiece(sequence[at : drop.start], 0, "none", "", ""))
        width = round(MAX_LINE * min(abs(drop.drop) / largest, 1)) if largest > 0 else 0
        kind = "none" if width == 0 else "for" if drop.drop > 0 else "against"
        number = signed(drop.drop) if drop in ranked and width else ""
        made.append(DecidedPiece(sequence[drop.start : drop.end], width, kind, signed(drop.drop), number))
        at = drop.end
    if at < len(sequence):
        made.append(DecidedPiece(sequence[at:], 0, "none", "", ""))
    return made


class Occluded(NamedTuple):
    """A sequence, the probability of the answer for it, and what its words do to the answer."""

    sequence: str
    probability: float
    drops: Sequence[WordDrop]


def decided_html(label: str, asked: Occluded, control: Occluded) -> Markup:
    """Draw what decided an answer, above the same on a shuffle of the sequence, to the same scale.

    Parameters
    ----------
    label : str
        The answer.
    asked, control : Occluded
        What was asked about, and its shuffle.
    """
    drops = [abs(drop.drop) for each in (asked, control) for drop in each.drops]
    largest = max(drops, default=0.0)
    texts = [
        DecidedText(
            title, per_cent_of(each.probability), pieces(each.sequence, each.drops, largest),
            max((abs(drop.drop) for drop in each.drops), default=0.0),
        )
        for title, each in (("The sequence", asked), ("Control: the same letters, shuffled", control))
    ]  # fmt: skip
    return render("ask_decided.j2", label=label, texts=texts)
