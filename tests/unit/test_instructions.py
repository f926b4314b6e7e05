"""Questions and answers as documents of a bilingual reader."""

from __future__ import annotations

from importlib import resources
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from genomebook.models.checkpoint import open_checkpoint
from genomebook.tasks.registry import task
from genomebook.tasks.task import Examples
from genomebook.training.tasks.ask_reader import AskReader, AskSchedule, measured
from genomebook.training.tasks.data import training_rows
from genomebook.training.tasks.instructions import LETTER_TASKS, Instructions, stream

READER = Path(str(resources.files("genomebook") / "data" / "bilingual-mini"))
BY_NAME = {letter_task.name: letter_task for letter_task in LETTER_TASKS}


@pytest.fixture(scope="module")
def instructions() -> Instructions:
    checkpoint = open_checkpoint(READER)
    return Instructions(checkpoint.scripts, checkpoint.window)


def test_a_class_is_asked_in_words(instructions: Instructions) -> None:
    scripts = instructions.scripts
    document = instructions.of_class("ACGTACGTAC" * 7, "is this a promoter?", "promoter")
    at = document.prompt.index(scripts.mark("<sep>"))
    assert document.prompt[:at] == scripts.dna(b"ACGTACGTAC" * 7).tolist()
    assert document.prompt[at + 1 :] == scripts.text("is this a promoter?").tolist()
    assert document.answer == [*scripts.text(" promoter").tolist(), scripts.mark("<end>")]
    long = instructions.of_class("ACGGTTAC" * 500, "is this a promoter?", "promoter")
    assert len(long.prompt) + len(long.answer) == instructions.window


@pytest.mark.parametrize(
    ("name", "answer"), [("complement", "TTGGC"), ("reverse", "GCCAA"), ("reverse-complement", "CGGTT")]
)
def test_letters_are_answered_by_letters(instructions: Instructions, name: str, answer: str) -> None:
    document = instructions.of_letters("AACCG", BY_NAME[name])
    assert document.prompt[:5] == instructions.spelt("AACCG")
    assert document.answer == [*instructions.spelt(answer), instructions.scripts.mark("<end>")]


def test_proteins_and_shares_are_english(instructions: Instructions) -> None:
    scripts = instructions.scripts
    for name, said in (("protein", "MA*"), ("gc-content", "0.44")):
        document = instructions.of_letters("ATGGCATAA" if name == "protein" else "ATGGCATAG", BY_NAME[name])
        assert document.answer[:-1] == [int(i) for character in said for i in scripts.text(character)]


def test_documents_are_drawn_from_all_tasks(instructions: Instructions) -> None:
    asked = task("promoter-core-tata")
    rows = Examples(["ACGT" * 17 + "AC"] * 2, np.array([0, 1], np.int8), np.array(["train"] * 2), {})
    documents = stream(instructions, [(asked, rows)], np.random.default_rng(0), 0.5)
    separators = [
        document.prompt.count(instructions.scripts.mark("<sep>")) for document in islice(documents, 60)
    ]
    assert 15 < separators.count(1) < 45  # a question of letters has two
    assert separators.count(2) == 60 - separators.count(1)


def test_what_any_task_is_measured_on_trains_none() -> None:
    first = Examples(
        ["AAAC", "CCCA", "GGGA"], np.array([0, 1, 1], np.int8), np.array(["train", "train", "test"]), {}
    )
    second = Examples(
        ["CCCA", "TCCC", "CCCT"], np.array([0, 1, 0], np.int8), np.array(["train", "train", "dev"]), {}
    )
    kept = training_rows([first, second])
    assert [rows.sequences for rows in kept] == [["AAAC", "CCCA"], ["CCCA"]]
    assert [rows.labels.tolist() for rows in kept] == [[0, 1], [0]]


def test_training_resumes_and_is_measured(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    asked = task("promoter-core-tata")
    rows = Examples(["ACGT" * 5, "GGCC" * 5], np.array([0, 1], np.int8), np.array(["train"] * 2), {})
    schedule = AskSchedule(steps=2, rows=4, letters_share=0.3)
    reader = AskReader(READER)
    reader.train([(asked, rows)], schedule, tmp_path / "state")
    again = AskReader(READER)
    again.train([(asked, rows)], schedule, tmp_path / "state")  # nothing is left to do
    assert again.trained == reader.trained > 0
    for one, other in zip(reader.model.parameters(), again.model.parameters(), strict=True):
        torch.testing.assert_close(one, other)
    figures = {name: value for name, value, _ in measured(again, [(asked, rows)], 2, 1, (10,))}
    assert len(figures) == 1 + len(LETTER_TASKS)
    assert all(-1 <= value <= 1 for value in figures.values())
    again.write(tmp_path / "reader")
    assert open_checkpoint(tmp_path / "reader").shape == again.checkpoint.shape
