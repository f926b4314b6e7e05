"""What is shipped of the tasks: measured figures of every rule, and the weights that may be.

``data/tasks/TASK/`` has ``task.json`` and ``task.safetensors`` (what is like the training set), and for each
rule that was measured its figures, ``KIND.json``, and where weights may ship ``KIND.safetensors``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from genomebook.errors import GenomebookError
from genomebook.files.manifest import Count, Share, read_json, validated
from genomebook.stats import Estimate
from genomebook.tasks.calibration import ReliabilityBin, capped, probabilities
from genomebook.tasks.reach import InRange, RangeLimits
from genomebook.tasks.rules.base import PackableRule, PackedRule, Rule, logits_along, windows_along
from genomebook.tasks.rules.combined import CombinedRule
from genomebook.tasks.rules.registry import unpack

TASK = "task"
"""Name, without ending, of the files of a task that belong to no rule."""

CONTROLS = frozenset({"random-encoder", "random-network"})
"""Kinds of rules that are measured only: they answer nobody."""

SILENT = CONTROLS | {"composition"}
"""Kinds that never answer. Length tells the classes of some benchmarks apart, but says nothing about a
sequence that a person cut out as they liked.
"""

CONFIDENT = 0.9
"""Probability above which an answer is confident."""

_ANEW = "restore the file, or make it again with train-tasks"


class WeightsError(GenomebookError):
    """Weights or figures of a task that are missing or damaged."""


class RuleResult(msgspec.Struct, frozen=True):
    """What a rule reaches on a task.

    Attributes
    ----------
    rule : str
        Its name for people.
    settings : dict
        What was chosen on the dev split.
    dev, test : Estimate
        The metric of the task, with a 95 % interval by bootstrap over the examples.
    temperature : float
        Fitted to the dev split.
    ece : float
        Expected calibration error on the test split.
    reliability : list of ReliabilityBin
        Of the test split.
    confident : float
        Share of test sequences with a probability above 0.9.
    confident_shuffled : float
        The same of their dinucleotide shuffles.
    confident_shuffled_plain : float
        The same with temperature scaling only, see `genomebook.tasks.reach`.
    confident_shuffled_in_range : float
        As ``confident_shuffled``, counting only shuffles that are not called out of range.
    microseconds : float
        Processor time of an answer, range check included, to one sequence at a time.
    weights : int
        Numbers that were fitted.
    data : str
        Digest of the training and dev examples.
    limits : RangeLimits
        With which it was measured.
    capped_below : float or None
        Log-odds of being real below which no answer is above `CONFIDENT`; None: not measured.
    confident_uncapped : float or None
        As ``confident``, but without that cap.
    confident_shuffled_capped : float or None
        As ``confident_shuffled``, with it.
    ece_chance : float or None
        Calibration error of as many answers without a fault.
    """

    rule: str
    settings: dict[str, Any]
    dev: Estimate
    test: Estimate
    temperature: float
    ece: Share
    reliability: list[ReliabilityBin]
    confident: Share
    confident_shuffled: Share
    confident_shuffled_plain: Share
    confident_shuffled_in_range: Share
    microseconds: float
    weights: Count
    data: str
    limits: RangeLimits
    capped_below: float | None = None
    confident_uncapped: Share | None = None
    confident_shuffled_capped: Share | None = None
    ece_chance: Share | None = None


class TaskResults(msgspec.Struct, frozen=True):
    """What the rules reach on a task.

    Attributes
    ----------
    task, metric : str
        Name of the task; "MCC", "accuracy" or "F1".
    labels : list of str
        In the order of the columns of the logits.
    examples : dict
        Sequences of each split.
    limits : RangeLimits
        What counts as like the training set.
    ships : bool
        Whether weights may ship.
    out_of_range_test, out_of_range_shuffled : float
        Share of test sequences, and of their dinucleotide shuffles, that are called out of range.
    real_auc : float
        How well k-mers tell test sequences from their shuffles: area under the curve.
    data : str
        Digest of the training and dev examples.
    rules : dict
        Figures by kind of rule.
    """

    task: str
    metric: str
    labels: list[str]
    examples: dict[str, Count]
    limits: RangeLimits
    ships: bool
    out_of_range_test: Share
    out_of_range_shuffled: Share
    real_auc: Share
    data: str
    rules: dict[str, RuleResult] = {}

    @property
    def chosen(self) -> str | None:
        """Kind of the rule that answers: the best on the dev split; None where none that may was measured."""
        answering = sorted(set(self.rules) - SILENT)
        return max(answering, key=lambda kind: self.rules[kind].dev.value, default=None)

    def answering(self, own: bool) -> str | None:
        """Kind of the rule that answers; None where it may not ship, unless the weights are one's `own`."""
        return self.chosen if self.ships or own else None

    @property
    def better_control(self) -> str | None:
        """Kind of the best control above the interval of the rule that answers, on the test split."""
        if self.chosen is None:
            return None
        reached = self.rules[self.chosen].test.high
        better = [kind for kind in sorted(SILENT & set(self.rules)) if self.rules[kind].test.value > reached]
        return max(better, key=lambda kind: self.rules[kind].test.value, default=None)

    @property
    def floor(self) -> RuleResult | None:
        """Figures of logistic regression on k-mers, which an answer must reach."""
        return self.rules.get("k-mers")


class CalibratedRule:
    """A rule with its temperature, and what input it was made for.

    Attributes
    ----------
    name : str
        Of the rule, for people.
    labels : tuple of str
        Of the columns.
    result : RuleResult
        How good it is.
    in_range : InRange
        Says why a sequence is unlike the training set.
    """

    def __init__(self, rule: Rule, result: RuleResult, labels: Sequence[str], in_range: InRange) -> None:
        self.rule, self.result, self.labels, self.in_range = rule, result, tuple(labels), in_range
        self.name = rule.name

    def logits(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Calibrated logits, the nearer to even odds the less a sequence looks real: float32[n, labels]."""
        return self._calibrated(self.rule.logits(sequences), self.in_range.log_odds(sequences))

    def _calibrated(self, logits: NDArray[np.float32], real: NDArray[np.float32]) -> NDArray[np.float32]:
        return (logits * self.in_range.modesty(real) / self.result.temperature).astype(np.float32)

    def probabilities(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Calibrated probabilities, capped where a sequence looks shuffled: float32[n, labels]."""
        real = self.in_range.log_odds(sequences)
        given = probabilities(self._calibrated(self.rule.logits(sequences), real))
        least = self.result.capped_below
        return given if least is None else capped(given, real < least, CONFIDENT)

    def along(self, sequence: str, window: int, step: int) -> NDArray[np.float32]:
        """Calibrated probabilities of the windows at 0, ``step``, ...; no cap: float32[windows, labels]."""
        logits = logits_along(self.rule, sequence, window, step)
        real = self.in_range.log_odds(windows_along(sequence, window, step))
        return probabilities(self._calibrated(logits, real))


def shipped_folder() -> Path:
    """Folder of the figures and weights in the installed package."""
    return Path(str(resources.files("genomebook") / "data" / "tasks"))


@cache
def results(folder: Path | None = None) -> dict[str, TaskResults]:
    """Measured figures by name of the task; empty where none were measured.

    Raises
    ------
    WeightsError
        When a file is damaged.
    """
    paths = sorted((folder or shipped_folder()).glob(f"*/{TASK}.json"))
    return {path.parent.name: task_results(path.parent) for path in paths}


def task_results(folder: Path) -> TaskResults:
    """Measured figures in the folder of a task.

    Raises
    ------
    FileNotFoundError
        When nothing was measured.
    WeightsError
        When a file is damaged.
    """
    task = _figures(folder / f"{TASK}.json", TaskResults)
    others = (path for path in sorted(folder.glob("*.json")) if path.stem != TASK)
    return msgspec.structs.replace(task, rules={path.stem: rule_result(folder, path.stem) for path in others})


def rule_result(folder: Path, kind: str) -> RuleResult:
    """Measured figures of one kind of rule in the folder of a task; raises as `task_results`."""
    return _figures(folder / f"{kind}.json", RuleResult)


T = TypeVar("T", TaskResults, RuleResult)


def _figures(path: Path, kind: type[T]) -> T:
    return validated(path, read_json(path, _ANEW, WeightsError), kind, _ANEW, WeightsError)


@cache
def chosen(task: str, folder: Path | None = None) -> CalibratedRule | None:
    """Open the rule that answers a task, or None where no weights ship.

    Raises
    ------
    WeightsError
        When a file is missing or damaged.
    """
    figures = results(folder).get(task)
    kind = figures.answering(own=False) if figures else None
    return opened(task, kind, folder) if kind else None


@cache
def opened(task: str, kind: str, folder: Path | None = None) -> CalibratedRule:
    """Open a shipped rule of a task by its kind.

    Raises
    ------
    WeightsError
        When there is none or its file is damaged.
    """
    place = (folder or shipped_folder()) / task
    figures = results(folder).get(task)
    if figures is None or kind not in figures.rules:
        raise WeightsError(f"{place}: no figures of a rule {kind!r}; {_ANEW}")
    rule = read_rule(place, kind)
    in_range = read_range(place, figures.limits)
    return CalibratedRule(rule, figures.rules[kind], figures.labels, in_range)


def read_rule(folder: Path, kind: str) -> PackableRule:
    """Read a rule from the folder of its task.

    Raises
    ------
    WeightsError
        When its file is missing or damaged.
    """
    path = folder / f"{kind}.safetensors"
    packed = _read(path)
    try:
        if kind == CombinedRule.name:
            return CombinedRule.of(packed, partial(read_rule, folder))
        return unpack(kind, packed)
    except (KeyError, ValueError, msgspec.ValidationError) as error:
        raise WeightsError(f"{path}: not the weights of a rule {kind!r} ({error}); {_ANEW}") from None


def read_range(folder: Path, limits: RangeLimits) -> InRange:
    """Read what is like the training set.

    Raises
    ------
    WeightsError
        When its file is missing or damaged.
    """
    path = folder / f"{TASK}.safetensors"
    try:
        return InRange(limits, _read(path).tensors)
    except (KeyError, ValueError) as error:
        raise WeightsError(f"{path}: not the words of a training set ({error}); {_ANEW}") from None


def _read(path: Path) -> PackedRule:
    """Settings and arrays of a file."""
    try:
        with safe_open(path, "numpy") as file:
            settings = json.loads((file.metadata() or {}).get("settings", "{}"))
            return PackedRule(settings, {key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118
    except (OSError, ValueError, SafetensorError) as error:
        what = " ".join(str(error).split())[:200]
        raise WeightsError(f"{path}: not readable weights of a task ({what}); {_ANEW}") from None
