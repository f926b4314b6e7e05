"""What the steps of a book cost: seconds and bytes for its letters, and how far all of them are."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from genomebook.files.progress import Advance


@dataclass(frozen=True)
class Cost:
    """Seconds of a step: some for every book, more for each million letters up to a bound; and its stages.

    Attributes
    ----------
    fixed, per_mb : float
        Seconds of a processor, measured on 1.01 Mb of chromosome 21.
    up_to : float
        Million letters beyond which a sample is read, so that it costs no more.
    stages : mapping of str to float
        Share of the time by stage; what is missing of 1 has no progress of its own.
    bytes_per_letter : float
        What it leaves on the disk.
    """

    fixed: float
    per_mb: float
    up_to: float = 1e6
    stages: Mapping[str, float] = field(default_factory=dict)
    bytes_per_letter: float = 0.0

    def seconds(self, letters: int) -> float:
        """Seconds for a book of so many letters."""
        return self.fixed + self.per_mb * min(letters / 1e6, self.up_to)


DOWNLOAD = "download"
"""Name of the first step."""

BYTES_PER_SECOND = 8e6
"""Of a download, until one has been measured."""

SCRATCH = 2.0
"""Bytes a letter that a build needs beside the book until it ends."""

COSTS: dict[str, Cost] = {
    "build": Cost(
        3, 0.2, bytes_per_letter=2.0,
        stages={
            "unpack": 0.04, "genes": 0.06, "words": 0.15, "scores": 0.2, "sentences": 0.1, "chapters": 0.15,
            "tables": 0.02, "shuffle": 0.15, "lexicon": 0.05, "digests": 0.02, "verify": 0.06,
        },
    ),
    "annotate": Cost(1.5, 0.1, stages={"tracks": 1.0}, bytes_per_letter=0.2),
    "overview": Cost(0.1, 0.03, stages={"overview": 1.0}, bytes_per_letter=0.02),
    "index": Cost(0.3, 0.5, stages={"seeds": 0.2, "sentences": 0.5, "paragraphs": 0.2}, bytes_per_letter=7.5),
    "ground": Cost(0.3, 0.3, stages={"annotation": 0.2, "shifts": 0.8}),
    "senses": Cost(3, 22, up_to=2.4, stages={"contexts": 0.4, "senses": 0.6}),
    "evidence": Cost(1, 6),
    "atlas": Cost(
        5, 80, up_to=1.0,
        stages={
            "words, in context": 0.17, "map of words, in context": 0.14,
            "words, in context, random weights": 0.15, "map of words, in context, random weights": 0.08,
            "map of sentences, class profile": 0.08, "map of sentences, class profile, random weights": 0.08,
            "map of sentences, sentence encoder": 0.09,
            "map of sentences, sentence encoder, random weights": 0.09,
            "map of paragraphs, class profile": 0.03,
            "map of paragraphs, class profile, random weights": 0.03,
            "map of paragraphs, sentence encoder": 0.03,
            "map of paragraphs, sentence encoder, random weights": 0.03,
        },
    ),
}  # fmt: skip
"""What each step costs."""


class StepsCourse:
    """How far all steps of a run are, and how long the rest will take.

    Seconds expected of each step are turned into seconds of this machine by what the steps so far took.

    Parameters
    ----------
    expected : mapping of str to float
        Seconds expected of each step that is to run.
    told : callable
        Called with the step, its share that is done, and the seconds left of all.
    """

    def __init__(
        self, expected: Mapping[str, float], told: Callable[[str, float, float | None], None]
    ) -> None:
        self._expected, self._told = dict(expected), told
        self._done = 0.0
        self._step, self._share = "", 0.0
        self._began = time.monotonic()

    def expect(self, expected: Mapping[str, float]) -> None:
        """Expect other seconds of steps that are still to run."""
        self._expected |= {step: value for step, value in expected.items() if step in self._expected}

    def begin(self, step: str) -> None:
        """Begin a step."""
        self._step, self._share = step, 0.0
        self._tell()

    def end(self) -> None:
        """End the step."""
        self._done += self._expected.pop(self._step, 0.0)
        self._step = ""

    def stage(self, share: float, total: int, advance: Advance) -> Advance:
        """Make the progress of a stage, which is a share of its step, move all."""

        def moved(amount: int) -> None:
            advance(amount)
            self._share = min(1.0, self._share + share * amount / max(total, 1))
            self._tell()

        return moved

    @property
    def left(self) -> float | None:
        """Seconds left of all steps; None before anything is done."""
        done = self._done + self._share * self._expected.get(self._step, 0.0)
        rest = sum(self._expected.values()) - self._share * self._expected.get(self._step, 0.0)
        elapsed = time.monotonic() - self._began
        if done <= 0 or elapsed < 1:
            return rest
        # What was expected counts as much as what was measured until a tenth of all is done.
        trust = min(1.0, 10 * done / (done + rest)) if rest else 1.0
        return rest * (trust * elapsed / done + 1 - trust)

    @property
    def share(self) -> float:
        """Share of all that is done."""
        done = self._done + self._share * self._expected.get(self._step, 0.0)
        whole = self._done + sum(self._expected.values())
        return done / whole if whole else 1.0

    def _tell(self) -> None:
        self._told(self._step, self._share, self.left)


def bytes_needed(steps: Sequence[str], letters: int) -> int:
    """Bytes that steps leave on the disk, and what a build needs meanwhile."""
    per_letter = sum(COSTS[step].bytes_per_letter for step in steps if step in COSTS)
    return int(letters * (per_letter + (SCRATCH if "build" in steps else 0.0)))
