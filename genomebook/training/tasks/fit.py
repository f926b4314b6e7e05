"""Fit and measure the rules of tasks: one folder a task, in the form that ships."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from genomebook.errors import OptionError
from genomebook.files.atomic import aside
from genomebook.files.digests import canonical, manifest_text
from genomebook.files.manifest import read_json
from genomebook.tasks.data import check_files, has_data, load
from genomebook.tasks.reach import ODDS, InRange, RangeLimits
from genomebook.tasks.registry import task, tasks
from genomebook.tasks.rules.base import PackableRule
from genomebook.tasks.rules.combined import CombinedRule
from genomebook.tasks.shipped import (
    CONTROLS,
    SILENT,
    TASK,
    RuleResult,
    TaskResults,
    WeightsError,
    read_range,
    read_rule,
    rule_result,
    task_results,
)
from genomebook.tasks.task import Task
from genomebook.training.tasks import combined
from genomebook.training.tasks.data import FittingData
from genomebook.training.tasks.measure import HeldOutSequences, measure_rule
from genomebook.training.tasks.reach import fit_range

METRICS = ("MCC", "accuracy", "F1")
"""Tasks of other metrics are answered exactly."""

MAKERS: dict[str, str] = {
    "composition": "composition",
    "k-mers": "kmers",
    "gapped": "gapped",
    "motifs": "motifs",
    "network": "network",
    "probe": "probe",
    "random-encoder": "random_encoder",
    "random-network": "random_network",
    "combined": "combined",
}
"""Module of this folder by kind of rule: its ``fit`` takes a `FittingData` and gives a rule."""


NEED_TORCH = frozenset({"network", "random-encoder", "random-network"})
"""Kinds of rules that are fitted with torch."""


class Progress(NamedTuple):
    """A rule of a task that was fitted and measured, or was there already."""

    task: str
    kind: str
    result: RuleResult
    kept: bool


def fitted_tasks(names: Sequence[str], folder: Path) -> list[Task]:
    """Tasks by name; without names all that a fitted rule answers and that have their data in the folder.

    Raises
    ------
    TaskError
        There is no task of a name.
    """
    if names:
        return [task(name) for name in names]
    fitted = (each for each in tasks().values() if each.load is not None and each.metric in METRICS)
    return [each for each in fitted if has_data(each, folder)]


def fit_tasks(
    chosen: Sequence[Task],
    folder: Path,
    output: Path,
    kinds: Sequence[str] = (),
    restart: bool = False,
    own_use: bool = False,
) -> Iterator[Progress]:
    """Fit rules and measure them; what is there for the same examples is kept.

    Parameters
    ----------
    chosen : sequence of Task
        With labels and examples.
    folder : Path
        Data folder.
    output : Path
        A folder a task is made in it.
    kinds : sequence of str
        Of rules; all by default.
    restart : bool
        Fit all anew.
    own_use : bool
        Store weights also where the data sheet does not let them ship.

    Yields
    ------
    Progress
        After each rule.

    Raises
    ------
    OptionError
        When a task has no examples or there is no such kind.
    TaskError
        When its data are missing or wrong.
    """
    unknown = [kind for kind in kinds if kind not in MAKERS]
    if unknown:
        raise OptionError(f"rule {unknown[0]!r}: one of {', '.join(MAKERS)}")
    for each in chosen:
        if each.load is None or each.metric not in METRICS:
            raise OptionError(f"task {each.name}: is not answered by a fitted rule; leave it out")
        stored = own_use or each.sheet.ships
        yield from _fit_task(each, folder, output / each.name, kinds or tuple(MAKERS), restart, stored)


def _fit_task(
    asked: Task, folder: Path, output: Path, kinds: Sequence[str], restart: bool, stored: bool
) -> Iterator[Progress]:
    check_files(asked, folder)
    examples = load(asked, folder)
    data = FittingData.of(asked, examples, folder)
    test = examples.of("test")
    in_range = (None if restart else _stored_range(output, data)) or fit_range(data)
    sequences = HeldOutSequences.of(test, in_range)
    output.mkdir(parents=True, exist_ok=True)
    shared = TaskResults(
        task=asked.name,
        metric=asked.metric,
        labels=list(asked.labels),
        examples={"train": len(data.train), "dev": len(data.dev), "test": len(test)},
        limits=in_range.limits,
        ships=asked.sheet.ships,
        out_of_range_test=round(sequences.share_outside, 4),
        out_of_range_shuffled=round(1 - float(sequences.shuffled_in_range.mean()), 4),
        real_auc=round(sequences.real_auc, 4),
        data=data.digest,
    )
    _write_figures(output / f"{TASK}.json", shared)
    if stored:
        _write_tensors(output / f"{TASK}.safetensors", in_range.tensors, {})
    for kind in kinds:
        if kind == CombinedRule.name and not stored:
            continue  # the rules that it adds up are not stored
        anew = restart or kind == CombinedRule.name
        is_whole = not stored or kind in CONTROLS or (output / f"{kind}.safetensors").is_file()
        was = _measured(output, kind, data, in_range.limits) if is_whole and not anew else None
        if was:
            yield Progress(asked.name, kind, was, True)
            continue
        rule = None if anew else _stored(output, kind, data)
        if rule is None:
            rule = _fitted(kind, data, output)
        result = measure_rule(rule, data, sequences)
        if stored and kind not in CONTROLS:
            packed = rule.pack()
            _write_tensors(output / f"{kind}.safetensors", packed.tensors, packed.settings)
        _write_figures(output / f"{kind}.json", result)
        yield Progress(asked.name, kind, result, False)


def _stored_range(output: Path, data: FittingData) -> InRange | None:
    """What is like the training set, where it was learnt before from the same examples."""
    try:
        before = task_results(output)
        limits = msgspec.structs.replace(before.limits, odds=ODDS)
        return read_range(output, limits) if before.data == data.digest else None
    except (FileNotFoundError, NotADirectoryError, WeightsError):
        return None


def _fitted(kind: str, data: FittingData, output: Path) -> PackableRule:
    """Fit a rule; one that adds up others gets those that are stored."""
    maker = import_module(f"genomebook.training.tasks.{MAKERS[kind]}")
    if kind != CombinedRule.name:
        fitted: PackableRule = maker.fit(data)
        return fitted
    stored = [part for part in combined.PARTS if (output / f"{part}.safetensors").is_file()]
    return combined.fit(data, {part: read_rule(output, part) for part in stored})


def _measured(output: Path, kind: str, data: FittingData, limits: RangeLimits) -> RuleResult | None:
    """Figures of a rule that was measured before on the same examples, with the same limits."""
    try:
        result = rule_result(output, kind)
    except (FileNotFoundError, NotADirectoryError, WeightsError):
        return None
    is_same = (result.data, result.limits) == (data.digest, limits)
    is_whole = result.capped_below is not None or kind in SILENT
    return result if is_same and is_whole else None


def _stored(output: Path, kind: str, data: FittingData) -> PackableRule | None:
    """A rule that was fitted before to the same examples, to be measured again."""
    try:
        digest = read_json(output / f"{kind}.json", "", WeightsError).get("data")
        return read_rule(output, kind) if digest == data.digest else None
    except (FileNotFoundError, NotADirectoryError, WeightsError):
        return None


def _write_figures(path: Path, figures: TaskResults | RuleResult) -> None:
    body = msgspec.to_builtins(figures)
    body.pop("rules", None)
    with aside(path) as temporary:
        temporary.write_text(manifest_text(body), encoding="utf-8")


def _write_tensors(path: Path, tensors: Mapping[str, NDArray[np.generic]], settings: object) -> None:
    arrays = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    with aside(path) as temporary:
        save_file(arrays, temporary, {"settings": canonical(settings).decode()})
