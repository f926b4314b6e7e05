"""An answer as HTML: the sentence, its probability as a bar, who says it, how far to trust it, its facts."""

from __future__ import annotations

from markupsafe import Markup

from genomebook.render.templating import render
from genomebook.tasks.answer import TaskAnswer

LINE = 60
"""Letters of a line of a sequence."""

MAX_SHOWN = 6_000
"""Letters of a sequence that are shown; the rest is in the file."""


def answer_html(answer: TaskAnswer) -> Markup:
    """Draw an answer.

    Parameters
    ----------
    answer : TaskAnswer
        What was answered.
    """
    shown = answer.sequence[:MAX_SHOWN]
    lines = [shown[at : at + LINE] for at in range(0, len(shown), LINE)]
    chance = None if answer.probability is None else per_cent_of(answer.probability)
    return render(
        "ask_answer.j2", answer=answer, chance=chance, share=100 * (answer.probability or 0), lines=lines,
        omitted=len(answer.sequence) - len(shown),
    )  # fmt: skip


def per_cent_of(probability: float) -> str:
    """Write a probability as people read it, never as certain: ``97 %``, ``above 99 %``, ``below 1 %``."""
    if probability > 0.99:
        return "above 99 %"
    return "below 1 %" if probability < 0.01 else f"{100 * probability:.0f} %"
