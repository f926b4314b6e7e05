"""Fitting and measuring rules, from made-up examples to files that answer."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from genomebook.cli import app
from genomebook.tasks.registry import task as registered
from genomebook.tasks.rules.probe import ProbeRule, ProbeSettings, mean_states
from genomebook.tasks.shipped import CalibratedRule, opened, results, task_results
from genomebook.tasks.task import DataSheet, Examples, Task
from genomebook.training.tasks.fit import fit_tasks
from genomebook.training.tasks.page import rules_page
from tests.support import books

SITE = "TGACTCA"
KINDS = ("composition", "k-mers", "gapped")


def examples(folder: Path) -> Examples:
    """Positives hold a site; no other difference."""
    rng = np.random.default_rng(3)
    labels = np.arange(900) % 2
    sequences = []
    for label in labels:
        letters = rng.choice(list("ACGT"), 60)
        if label:
            at = rng.integers(0, 60 - len(SITE))
            letters[at : at + len(SITE)] = list(SITE)
        sequences.append("".join(letters))
    split = np.array(["train"] * 500 + ["dev"] * 200 + ["test"] * 200)
    return Examples(sequences, labels.astype(np.int8), split, {})


def made_up(ships: bool) -> Task:
    sheet = DataSheet("made up", "none", ships, (), "nothing")
    return Task(
        "made-up", "Made up", "Tests", ("is it there?",), ("absent", "present"), "MCC", (60, 60), 60, sheet,
        examples, "A site.",
    )  # fmt: skip


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fitted")
    assert [step.kind for step in fit_tasks([made_up(True)], folder, folder, KINDS)] == list(KINDS)
    return folder


def test_the_site_is_learnt_and_composition_is_not(fitted: Path) -> None:
    figures = task_results(fitted / "made-up")
    assert figures.examples == {"train": 500, "dev": 200, "test": 200}
    assert figures.chosen in ("k-mers", "gapped")
    best = figures.rules[figures.chosen]
    assert best.test.low > 0.3
    assert best.test.low <= best.test.value <= best.test.high
    assert figures.rules["composition"].test.low < 0.1
    assert best.confident_shuffled <= best.confident_shuffled_plain
    assert best.confident_shuffled_capped is not None
    assert best.confident_uncapped is not None
    assert best.confident_shuffled_capped <= min(best.confident_shuffled, 0.1)
    assert best.confident <= best.confident_uncapped
    assert sum(each.answers for each in best.reliability) == 200
    rule = opened("made-up", figures.chosen, fitted)
    assert isinstance(rule, CalibratedRule)
    test = examples(fitted).of("test")
    right = rule.probabilities(test.sequences).argmax(1) == test.labels
    agreement = np.corrcoef(rule.probabilities(test.sequences).argmax(1), test.labels)[0, 1]
    assert agreement == pytest.approx(best.test.value, abs=1e-3)
    assert right.mean() > 0.6


def test_what_was_measured_is_kept_and_a_second_fit_is_the_same(fitted: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in (fitted / "made-up").iterdir()}
    steps = list(fit_tasks([made_up(True)], fitted, fitted, KINDS))
    assert all(step.kept for step in steps)
    assert {path.name: path.read_bytes() for path in (fitted / "made-up").iterdir()} == before
    list(fit_tasks([made_up(True)], tmp_path, tmp_path, KINDS, restart=True))
    for path in (tmp_path / "made-up").iterdir():
        if path.suffix == ".safetensors":
            assert path.read_bytes() == before[path.name], path.name
        else:
            mine, theirs = json.loads(path.read_bytes()), json.loads(before[path.name])
            assert mine.pop("microseconds", 0) >= 0
            theirs.pop("microseconds", 0)
            assert mine == theirs


def test_weights_of_data_that_may_not_ship_are_not_written(tmp_path: Path) -> None:
    list(fit_tasks([made_up(False)], tmp_path, tmp_path, ["composition"]))
    assert {path.name for path in (tmp_path / "made-up").iterdir()} == {"task.json", "composition.json"}


def test_weights_for_own_use_are_written_after_a_run_without_them(tmp_path: Path) -> None:
    list(fit_tasks([made_up(False)], tmp_path, tmp_path, ["k-mers"]))
    (step,) = fit_tasks([made_up(False)], tmp_path, tmp_path, ["k-mers"], own_use=True)
    assert not step.kept
    assert opened("made-up", "k-mers", tmp_path).probabilities(["ACGT" * 15]).shape == (1, 2)
    (step,) = fit_tasks([made_up(False)], tmp_path, tmp_path, ["k-mers"], own_use=True)
    assert step.kept


def test_a_rule_is_measured_again_where_its_figures_are_of_another_range(fitted: Path) -> None:
    path = fitted / "made-up" / "gapped.json"
    whole = path.read_bytes()
    body = json.loads(whole)
    body["limits"]["odds"] = 1
    path.write_text(json.dumps(body))
    (step,) = fit_tasks([made_up(True)], fitted, fitted, ["gapped"])
    assert not step.kept
    again, before = json.loads(path.read_bytes()), json.loads(whole)
    assert again.pop("microseconds") >= 0
    before.pop("microseconds")
    assert again == before


def test_the_page_names_what_is_not_reached(fitted: Path) -> None:
    page = rules_page(results(fitted), {"made-up": made_up(True)})
    figures = task_results(fitted / "made-up")
    assert figures.chosen is not None
    assert f"**{figures.rules[figures.chosen].test.value:.3f}**" in page
    assert "## What is not reached" in page
    assert "no floor measured" not in page
    del figures.rules["k-mers"]
    assert "- `made-up`: no floor measured" in rules_page({"made-up": figures}, {"made-up": made_up(True)})


def test_torch_is_asked_for_only_by_rules_that_need_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = find_spec
    monkeypatch.setattr("genomebook.options.find_spec", lambda name: None if name == "torch" else real(name))
    wanted = ("train-tasks", "-o", tmp_path / "out", "--data", tmp_path, "--rule")
    said = books.program(capsys, *wanted, "network")
    assert (said.code, "genomebook[train]" in said.error) == (2, True)
    assert books.program(capsys, *wanted, "k-mers").code == 0


def test_the_frozen_model_is_read_by_its_mean_state() -> None:
    states = mean_states("encoder-mini")
    vectors = states.of(["ACGTTGCATGCCATTG" * 5, "N" * 50, "ACGTN" * 12])
    assert vectors.shape == (3, states.width)
    assert np.abs(vectors[0]).sum() > 0
    assert not vectors[1].any()
    table = np.random.default_rng(0).normal(size=(states.width, 3))
    rule = ProbeRule(ProbeSettings("encoder-mini"), states, table, np.ones(3))
    np.testing.assert_allclose(
        ProbeRule.unpack(rule.pack()).logits(["ACGTTGCATGCCATTG" * 5]), vectors[:1] @ table + 1, rtol=1e-4
    )


@pytest.mark.data
def test_a_real_task_is_fitted_by_the_command(shared: Path, tmp_path: Path) -> None:
    arguments = [
        "train-tasks",
        "-o",
        str(tmp_path),
        "--data",
        str(shared / "data"),
        "--task",
        "promoter-core-tata",
    ]
    ran = CliRunner().invoke(app, [*arguments, "--rule", "composition"])
    assert ran.exit_code == 0, ran.output
    assert "promoter-core-tata, composition: dev" in ran.output
    figures = task_results(tmp_path / "promoter-core-tata")
    assert figures.labels == list(registered("promoter-core-tata").labels)
    assert figures.rules["composition"].test.value < 0.5
