"""An answer: what is said, how sure it is, who says it, and how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CitedFact:
    """A fact and where it is from.

    Attributes
    ----------
    text : str
        A sentence.
    source : str
        For people: ``annotation of this book``, ``sequence search in this book``.
    """

    text: str
    source: str


@dataclass(frozen=True)
class TaskAnswer:
    """An answer to a question about a sequence.

    Attributes
    ----------
    question : str
        As understood: one line, without control characters, cut where it is long.
    task : str
        Name of the task.
    title : str
        Its title.
    text : str
        The answer, a plain sentence.
    label : str or None
        The label, where the task has labels; for exact tasks the value (``0.444``).
    probability : float or None
        Calibrated probability of the label; None where the answer is exact or cited.
    rule : str
        Name of the rule that answered: ``exact``, ``6-mers``, ``annotation of the book``, ...
    trust : str
        How far to trust it: the measured figure beside its floor, a sentence.
    exact : bool
        Whether it is computed, not learnt.
    warning : str or None
        A sentence where the sequence is out of the range of what the task was made for.
    facts : tuple of CitedFact
        Facts that the answer cites.
    sequence : str
        The sequence that is the answer (a protein, a reverse complement, a continuation), if it is one.
    details : mapping of str to str
        Further values, by their names for people.
    name : str
        Name of the sequence that was asked about.
    notes : tuple of str
        What was done to that sequence before, a sentence each.
    """

    question: str
    task: str
    title: str
    text: str
    label: str | None = None
    probability: float | None = None
    rule: str = "exact"
    trust: str = "Computed, not estimated."
    exact: bool = True
    warning: str | None = None
    facts: tuple[CitedFact, ...] = ()
    sequence: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    notes: tuple[str, ...] = ()
