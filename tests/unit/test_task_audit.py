"""The catalogue takes a task as one file, and the audit finds the leaks that were put into it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from genomebook.errors import TaskError
from genomebook.language.alphabet import reverse_complement
from genomebook.tasks import catalogue, registry
from genomebook.tasks.audit import Audit, audit
from genomebook.tasks.duplicates import nearest
from genomebook.tasks.registry import task, tasks, tasks_of
from genomebook.tasks.sheets import sheet_lines
from genomebook.tasks.tree import answers, grow
from tests.support import books

ADDED = '''
"""A task of my own."""

from functools import partial
from pathlib import Path

from genomebook.tasks.data import place_of
from genomebook.tasks.examples import ExampleRows, label_number, table_rows
from genomebook.tasks.task import DataFile, DataSheet, Examples, Task

FILE = DataFile("added.tsv", "", None, "copy added.tsv there")


def _load(folder: Path) -> Examples:
    rows = ExampleRows(("no", "yes"), ("strand", "chrom", "start0", "end"))
    for where, row in table_rows(place_of(FILE, folder), ("split", "label", "strand", "place", "sequence")):
        label = label_number(where, row["label"], rows.labels)
        place = row["place"]
        rows.add(where, row["sequence"], label, row["split"], (row["strand"], "chr3", place, place))
    return rows.examples(make_dev=True)


TASKS = (
    Task("added", "Added", "Own", ("is it added?",), ("no", "yes"), "MCC", (1, 100), 100,
         DataSheet("made up", "none needed", True, (FILE,), "on purpose"), _load, "A task of my own."),
)
'''


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with one more module of the catalogue and its data: strand and length give the label."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "added_task.py").write_text(ADDED)
    rng = np.random.default_rng(3)
    lines = ["split\tlabel\tstrand\tplace\tsequence"]
    for number in range(600):
        yes = number % 2
        size = int(rng.integers(40, 60)) + 20 * yes - 5 * (number % 3 == 0)
        letters = "".join(rng.choice(list("ACGT"), size))
        split = "test" if number % 5 == 0 else "train"
        strand = "" if yes else "+-"[number % 3 == 0]
        lines.append(f"{split}\t{('no', 'yes')[yes]}\t{strand}\t{int(rng.integers(1 << 30))}\t{letters}")
    (tmp_path / "added.tsv").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(catalogue, "__path__", [*catalogue.__path__, str(tmp_path / "modules")])
    tasks.cache_clear()
    yield tmp_path
    tasks.cache_clear()
    sys.modules.pop(f"{catalogue.__name__}.added_task", None)


def reached(report: Audit) -> dict[str, float]:
    return {row.feature: row.test.value for row in report.rows}


def test_a_new_task_is_one_file(added: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert task("added").title == "Added"
    said = books.program(capsys, "tasks")
    assert said.code == 0
    assert ["added", "Added", "Own"] in [line.split() for line in said.out.splitlines()]
    said = books.program(capsys, "audit-task", "added", "--data", added, "-o", added / "audit.tsv")
    assert said.code == 0, said.err
    head, *rows = [line.split("\t") for line in (added / "audit.tsv").read_text().splitlines()]
    assert {row[0] for row in rows} == {"added"}
    assert {len(row) for row in (head, *rows)} == {15}
    figures = {row[2]: float(row[3]) for row in rows}
    assert figures["strand"] == figures["columns"] == 1
    assert 0.8 < figures["length"] < 1
    assert abs(figures["GC"]) < 0.35
    assert abs(figures["place"]) < 0.35
    assert figures["most frequent label"] == 0
    assert "near duplicates" in said.out


def test_a_task_without_examples_for_testing_is_not_audited(added: Path) -> None:
    table = added / "added.tsv"
    table.write_text(table.read_text().replace("test\t", "train\t"))
    with pytest.raises(
        TaskError, match="added: no examples in test; the audit needs some in train, dev and test"
    ):
        audit(task("added"), added)


def test_a_name_that_is_taken_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "two_tasks"
    package.mkdir()
    for name in ("__init__", "first", "second"):
        (package / f"{name}.py").write_text(ADDED if name != "__init__" else "")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(TaskError, match="second: a task named 'added' exists already"):
        tasks_of([str(package)], "two_tasks")


def test_tasks_have_names_questions_and_sheets() -> None:
    titles: set[str] = set()
    for name, one in tasks().items():
        assert name == one.name
        assert one.title not in titles
        titles.add(one.title)
        assert one.questions
        assert one.about.endswith(".")
        assert all(figure.source and figure.why for figure in one.published)
        assert (one.load is None) == (not one.labels)
        assert any(line.startswith("  licence: ") for line in sheet_lines(one))
        for file in one.sheet.files:
            assert not file.needed or file.sha256 or one.name == "human-or-worm"
    asked = [(question, one.lengths) for one in tasks().values() for question in one.questions]
    assert len(asked) == len(set(asked))  # of tasks with one question, the length of the sequence decides


def test_an_unknown_task_is_answered_with_names_like_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(TaskError, match=r"'tf-9': no task of this name; did you mean tf-"):
        task("tf-9")
    with pytest.raises(TaskError, match=r"'gc': no task of this name; did you mean gc-content\?"):
        task("gc")
    with pytest.raises(TaskError, match="choose one of"):
        task("\x1b" * 99)
    assert "needs no data" in books.program(capsys, "fetch-task", "reverse", "--data", ".").out
    said = books.program(capsys, "audit-task", "gc-content", "--data", ".")
    assert said.code == 2
    assert "no examples to audit" in " ".join(said.err.split())
    assert registry.task("tf-0") is task("tf-0")


def test_the_tree_finds_the_best_questions() -> None:
    grid = np.array([(x, y) for x in range(40) for y in range(40)], float)
    labels = ((grid[:, 0] > 9.5) & (grid[:, 1] <= 19.5)).astype(np.int64) + (grid[:, 0] > 29.5)
    tree = grow(grid, labels, 4, 3)
    assert (answers(tree, grid) == labels).all()
    assert (answers(grow(grid, labels, 0, 3), grid) == np.bincount(labels).argmax()).all()
    flat = grow(np.zeros((50, 1)), np.arange(50) % 2, 5, 2)
    assert flat.feature < 0


def test_near_duplicates_are_found_on_both_strands() -> None:
    rng = np.random.default_rng(7)
    train = ["".join(rng.choice(list("ACGT"), 120)) for _ in range(50)]
    changed = train[3][:50] + ("A" if train[3][50] != "A" else "C") + train[3][51:100]
    turned = reverse_complement(train[8].encode()).decode()
    other = "".join(rng.choice(list("ACGT"), 120))
    half = train[20][:50] + "".join(rng.choice(list("ACGT"), 70))
    found = nearest([changed, turned, other, half, "ACGT"], train)
    assert found.row.tolist() == [3, 8, -1, 20, -1]
    assert found.near.tolist() == [True, True, False, False, False]
    assert found.turned == 1
    assert nearest(["ACGTACGTACGTACGTACGT"], []).row.tolist() == [-1]


@pytest.mark.parametrize(
    ("name", "feature", "low"), [("open-chromatin", "strand", 0.999), ("regulatory", "length", 0.8)]
)
def test_the_known_leaks_come_out(shared: Path, name: str, feature: str, low: float) -> None:
    figures = reached(audit(task(name), shared / "data"))
    assert figures[feature] > low
    assert figures["GC"] < 0.5
