"""What ships of the tasks: every figure and weight opens, and what is damaged is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from genomebook.errors import OptionError
from genomebook.tasks.answers import ask
from genomebook.tasks.registry import tasks
from genomebook.tasks.shipped import (
    CONTROLS,
    SILENT,
    WeightsError,
    chosen,
    opened,
    results,
    shipped_folder,
    task_results,
)
from genomebook.training.tasks.fit import fit_tasks
from genomebook.training.tasks.page import rules_page
from tests.support.dna import random_dna

ROOT = Path(__file__).resolve().parents[2]
BYTES = 8_000_000
"""Of everything that ships for the tasks."""

MEASURED = sorted(results())


def test_there_are_figures() -> None:
    assert MEASURED
    assert set(MEASURED) <= set(tasks())
    paths = [path for path in shipped_folder().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in paths) <= BYTES


@pytest.mark.parametrize("name", MEASURED)
def test_weights_open_and_answer(name: str) -> None:
    task, figures = tasks()[name], results()[name]
    assert figures.labels == list(task.labels)
    assert figures.ships == task.sheet.ships
    weights = {path.stem for path in (shipped_folder() / name).glob("*.safetensors")} - {"task"}
    assert weights == (set(figures.rules) - CONTROLS if figures.ships else set())
    assert all(rule.data == figures.data and rule.limits == figures.limits for rule in figures.rules.values())
    assert all(0 < rule.ece < 0.5 and rule.microseconds < 10_000 for rule in figures.rules.values())
    length = figures.limits.length[0]
    sequences = ["ACGTTGCATG" * (length // 10 + 1), "G" * length, "N" * length]
    for kind in sorted(weights):
        rule = opened(name, kind)
        answers = rule.probabilities([sequence[:length] for sequence in sequences])
        assert answers.shape == (3, len(task.labels))
        np.testing.assert_allclose(answers.sum(1), 1, rtol=1e-5)
    best = chosen(name)
    assert (best is not None) == figures.ships
    assert figures.chosen not in SILENT


def test_the_page_shows_these_figures() -> None:
    page = (ROOT / "docs" / "ask-rules.md").read_text(encoding="utf-8")
    assert page == rules_page(results(), tasks()), "run precompute/tasks_page.py"


def copied(folder: Path, name: str) -> Path:
    source = shipped_folder() / name
    (folder / name).mkdir(parents=True)
    for path in source.iterdir():
        (folder / name / path.name).write_bytes(path.read_bytes())
    return folder / name


def test_a_control_that_does_better_than_the_answer_is_named() -> None:
    trust = ask("which regulatory element is this?", random_dna(300, 1).decode()).trust
    assert "only the length and the GC content of a sequence does better (0.7" in trust
    assert "does better" not in ask("is this a splice site?", random_dna(400, 1).decode()).trust


def test_damaged_files_are_named(tmp_path: Path) -> None:
    name = next(name for name in MEASURED if results()[name].ships)
    kind = results()[name].chosen
    assert kind is not None
    place = copied(tmp_path, name)
    assert opened(name, kind, tmp_path).labels == tasks()[name].labels
    path = place / f"{kind}.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    opened.cache_clear()
    with pytest.raises(WeightsError, match=rf"{kind}\.safetensors: not readable"):
        opened(name, kind, tmp_path)
    path.unlink()
    with pytest.raises(WeightsError, match=rf"{kind}\.safetensors"):
        opened(name, kind, tmp_path)
    with pytest.raises(WeightsError, match="no figures of a rule 'other'"):
        opened(name, "other", tmp_path)
    figures = place / f"{kind}.json"
    body = json.loads(figures.read_text())
    body["ece"] = 2
    figures.write_text(json.dumps(body))
    with pytest.raises(WeightsError, match=rf"{kind}\.json.*ece"):
        task_results(place)
    figures.write_text("[]")
    with pytest.raises(WeightsError, match=rf"{kind}\.json"):
        task_results(place)


def test_what_cannot_be_fitted_is_refused(tmp_path: Path) -> None:
    exact = next(task for task in tasks().values() if task.load is None)
    with pytest.raises(OptionError, match=exact.name):
        list(fit_tasks([exact], tmp_path, tmp_path))
    with pytest.raises(OptionError, match="'other'"):
        list(fit_tasks([], tmp_path, tmp_path, ["other"]))
