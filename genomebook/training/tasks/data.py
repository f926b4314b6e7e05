"""What a rule is fitted to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from genomebook.files.digests import canonical
from genomebook.tasks.metrics import measure
from genomebook.tasks.rules.base import Rule
from genomebook.tasks.task import Examples, Task


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
    """

    task: str
    labels: tuple[str, ...]
    metric: str
    train: Examples
    dev: Examples

    @classmethod
    def of(cls, task: Task, examples: Examples) -> FittingData:
        """What may be seen of the examples of a task."""
        return cls(task.name, task.labels, task.metric, examples.of("train"), examples.of("dev"))

    def on_dev(self, rule: Rule) -> float:
        """The metric on the dev split."""
        said = rule.logits(self.dev.sequences).argmax(1)
        return measure(self.metric, self.dev.labels, said, len(self.labels))

    @cached_property
    def digest(self) -> str:
        """Digest of the examples."""
        body = [[part.sequences, part.labels.tolist()] for part in (self.train, self.dev)]
        return hashlib.sha256(canonical(body)).hexdigest()
