"""What a rule is fitted to."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.files.digests import canonical
from genomebook.language.alphabet import reverse_complement
from genomebook.tasks.metrics import measure
from genomebook.tasks.rules.base import Rule
from genomebook.tasks.task import TRAIN, Examples, Task


@dataclass(frozen=True)
class FittingData:
    """The examples that a rule may see: training and dev split.

    Attributes
    ----------
    task : str
        Its name.
    labels : tuple of str
        Possible answers.
    metric : str
        What the dev split is judged by.
    train, dev : Examples
        To fit; to choose.
    folder : Path
        Data folder, for rules that read more than the examples.
    """

    task: str
    labels: tuple[str, ...]
    metric: str
    train: Examples
    dev: Examples
    folder: Path

    @classmethod
    def of(cls, task: Task, examples: Examples, folder: Path) -> FittingData:
        """What may be seen of the examples of a task."""
        return cls(task.name, task.labels, task.metric, examples.of("train"), examples.of("dev"), folder)

    def on_dev(self, rule: Rule) -> float:
        """The metric on the dev split."""
        return self.measured_on_dev(rule.logits(self.dev.sequences))

    def measured_on_dev(self, logits: NDArray[np.float32]) -> float:
        """The metric of logits float32[n, labels] of the dev split."""
        return measure(self.metric, self.dev.labels, logits.argmax(1), len(self.labels))

    def up_to(self, letters: int) -> FittingData:
        """The same with fewer training sequences, spread evenly, of at most so many letters together."""
        sequences = self.train.sequences
        mean = max(sum(map(len, sequences)) / max(len(sequences), 1), 1)
        return replace(self, train=self.train.take(spread(len(sequences), max(int(letters / mean), 2))))

    @cached_property
    def digest(self) -> str:
        """Digest of the examples."""
        body = [[part.sequences, part.labels.tolist()] for part in (self.train, self.dev)]
        return hashlib.sha256(canonical(body)).hexdigest()


def training_rows(tasks: Sequence[Examples]) -> list[Examples]:
    """Training rows of tasks that are learnt together, without what any of them is measured on.

    A sequence that stands in the dev or test split of one task, on either strand, is left out of the training
    rows of all.
    """
    held: set[str] = set()
    for examples in tasks:
        rows = zip(examples.sequences, examples.split, strict=True)
        held.update(_strands(sequence)[0] for sequence, split in rows if split != TRAIN)
    return [
        train.take(np.array([_strands(s)[0] not in held for s in train.sequences], bool).nonzero()[0])
        for train in (examples.of(TRAIN) for examples in tasks)
    ]


def _strands(sequence: str) -> list[str]:
    """Both strands of a sequence, in the order of the alphabet."""
    return sorted((sequence, reverse_complement(sequence.encode()).decode()))


def spread(total: int, wanted: int) -> NDArray[np.int64]:
    """Numbers of rows, at most as many as wanted, spread evenly over all."""
    return np.unique(np.linspace(0, total - 1, min(total, wanted)).astype(np.int64))
