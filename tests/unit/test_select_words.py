from __future__ import annotations

import json
import math
import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from genomebook.errors import FastaError, GenomebookError, OptionError, VocabularyError
from genomebook.training.figures import draw_selection
from genomebook.training.vocabularies import kmer_rules as rules
from genomebook.training.vocabularies.select_words import Selection, select_words
from genomebook.training.vocabularies.selection_table import best_merges, run_rows, summary_rows
from genomebook.training.vocabularies.settings import Settings
from tests.support.dna import random_dna

SMALL = Settings(ks=(2, 3), steps=6, batch=8, context=48, places=2, width=32, layers=1, tests=200)


def write_fasta(path: Path, **contigs: bytes) -> Path:
    path.write_bytes(b"".join(b">%s\n%s\n" % (name.encode(), letters) for name, letters in contigs.items()))
    return path


@pytest.fixture(scope="module")
def fasta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fasta")
    contigs = {f"chr{i}": random_dna(6000, i) for i in (1, 2, 3)}
    return write_fasta(folder / "small.fa", **contigs, chr4=b"A" * 5000)


def select(fasta: Path, output: Path, **changes: Any) -> Selection:
    options: dict[str, Any] = {
        "merges": [8, 20],
        "hold_out": ["chr3"],
        "skip": ["4"],
        "seeds": [1, 2],
        "settings": SMALL,
        **changes,
    }
    return select_words([fasta], output, options.pop("merges"), **options)


# --- a selection


@pytest.fixture(scope="module")
def made(fasta: Path, tmp_path_factory: pytest.TempPathFactory) -> Selection:
    return select(fasta, tmp_path_factory.mktemp("one") / "out")


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_selection_holds_tables_and_figure(made: Selection) -> None:
    assert sorted(everything(made.folder)) == [
        "curve.png",
        "curve.svg",
        "runs.tsv",
        "summary.tsv",
        "table.json",
    ]
    table = json.loads((made.folder / "table.json").read_text())
    assert table["letters_seen"] == 6 * 8 * 48
    assert [name for name, _ in table["records"]["train"]] == ["chr1", "chr2"]
    assert [name for name, _ in table["records"]["test"]] == ["chr3"]
    keys = {(r["positions"], r["merges"], r["k"], r["seed"]) for r in table["runs"]}
    assert len(keys) == len(table["runs"]) == 3 * 2 * 3 * 2
    header, *lines = (made.folder / "runs.tsv").read_text().splitlines()
    assert len(lines) == len(table["runs"])
    assert {len(line.split("\t")) for line in lines} == {len(header.split("\t"))}
    for row in table["runs"]:
        for name in ("accuracy", "random", *rules.RULES):
            assert 0 <= row[name] <= 1
    alone = {(r["merges"], r["k"]): r for r in made.summary if r["positions"] == "alone"}
    assert alone[8, 2]["commonest"] == alone[20, 2]["commonest"]
    assert alone[8, 2]["markov"] == alone[20, 2]["markov"]
    assert alone[8, 2]["n"] == 200
    assert alone[8, 2]["letters_per_word"] < alone[20, 2]["letters_per_word"]
    assert made.best in made.level
    svg = (made.folder / "curve.svg").read_text()
    assert "random weights, trained heads" in svg
    assert (made.folder / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_workers_and_an_interruption_change_nothing(made: Selection, fasta: Path, tmp_path: Path) -> None:
    """Stopped, taken up again with more vocabularies and two workers: the same bytes, nothing repeated."""
    output = tmp_path / "out"

    class _Enough(Exception):
        pass

    def stop(name: str, total: int) -> Any:
        told = 0

        def advance(amount: int) -> None:
            nonlocal told
            told += amount
            if name == "steps" and told >= 12:
                raise _Enough

        return advance

    with pytest.raises(_Enough):
        select(fasta, output, merges=[8], progress=stop)
    assert not output.exists()

    def kill(name: str, total: int) -> Any:
        def advance(amount: int) -> None:
            if name == "steps":
                for worker in multiprocessing.active_children():
                    worker.kill()

        return advance

    with pytest.raises(VocabularyError, match=r"out.part: a worker process ended .*; the same command"):
        select(fasta, output, merges=[8, 20], progress=kill)
    left = {path.name: path for path in (tmp_path / "out.part" / "scratch").glob("merges-*.json")}
    assert {"merges-00008-rules.json", "merges-00008-seed-1.json"} <= set(left)
    with pytest.raises(OptionError, match=r"out.part: begun with another rate, steps; give the same"):
        select(fasta, output, settings=Settings(**{**vars(SMALL), "steps": 7, "rate": 1.0}))
    told: dict[str, list[int]] = {}
    kept = left["merges-00008-seed-1.json"].stat().st_mtime_ns

    def hear(name: str, total: int) -> Any:
        told[name] = [total]
        if name == "steps":
            assert left["merges-00008-seed-1.json"].stat().st_mtime_ns == kept
        return told[name].append

    again = select(fasta, output, workers=2, progress=hear)
    assert everything(again.folder) == everything(made.folder)
    assert told["steps"][0] == sum(told["steps"][1:]) == 2 * 2 * 6
    assert told["steps"][1] >= 6
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


# --- what cannot be done


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"merges": [8, 20_000]}, VocabularyError, "give more sequence or ask for fewer"),
        ({"merges": []}, OptionError, "nothing to compare"),
        ({"merges": [0]}, OptionError, "--merges 0 to 0"),
        ({"merges": [70_000]}, OptionError, "numbers from 1 to"),
        ({"seeds": [-1]}, OptionError, "a seed is 0 or more"),
        ({"workers": 0}, OptionError, "at least one process"),
        ({"hold_out": []}, OptionError, "name a contig of the FASTA with --hold-out"),
        (
            {"hold_out": ["chr9"]},
            FastaError,
            "no contig 'chr9' for --hold-out; it has chr1, chr2, chr3, chr4",
        ),
        ({"skip": ["chrX"]}, FastaError, "no contig 'chrX' for --skip"),
        ({"skip": ["3"]}, FastaError, "chr3 is both held out and skipped"),
        ({"skip": ["1", "2", "4"]}, FastaError, "to train on; hold out or skip fewer"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    changes: dict[str, Any], error: type[GenomebookError], message: str, fasta: Path, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message) as refused:
        select(fasta, tmp_path / "out", **changes)
    assert "\n" not in str(refused.value)
    left = ["out.part"] if changes.get("merges") == [8, 20_000] else []  # fewer merges go on from there
    assert [path.name for path in tmp_path.iterdir()] == left


def test_outputs_that_are_not_a_selection_are_left_alone(fasta: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "precious").write_text("mine")
    with pytest.raises(OptionError, match="exists already; choose another -o, or give --replace"):
        select(fasta, output)
    with pytest.raises(OptionError, match="is not a selection, so it is not replaced"):
        select(fasta, output, replace=True)
    with pytest.raises(OptionError, match="no such folder to put the selection in"):
        select(fasta, tmp_path / "none" / "out")
    with pytest.raises(FastaError, match=r"none.fa: No such file or directory; check the path"):
        select(tmp_path / "none.fa", tmp_path / "other")
    assert everything(tmp_path) == {"out/precious": b"mine"}


# --- tables and figure


def result(merges: int, seed: int, accuracy: float) -> dict[str, Any]:
    row = {"positions": "alone", "n": 10, "bits": 1.9, "random": 0.1, "random_bits": 2.0}
    rows = [{**row, "k": k, "accuracy": accuracy / k} for k in (2, 4)]
    return {"merges": merges, "seed": seed, "rows": rows}


def test_the_summary_is_over_seeds_and_the_best_is_told_from_the_rest() -> None:
    trivial = dict.fromkeys(rules.RULES, 0.05) | {"markov-6": 0.2}
    beside = [{"positions": "alone", "k": k, "n": 10, "bits": 1.8, **trivial} for k in (2, 4)]
    rule = [{"merges": m, "seed": None, "letters_per_word": 2.5, "rows": beside} for m in (10, 20, 30)]
    given = {10: (0.4, 0.6), 20: (0.7, 0.9), 30: (0.72, 0.76)}
    runs = [result(m, seed, a) for m, values in given.items() for seed, a in enumerate(values)]
    summary = summary_rows(run_rows(rule, runs))
    mean = next(row for row in summary if row["merges"] == 20 and row["k"] == "mean")
    assert mean["accuracy"] == pytest.approx(0.8 * (1 / 2 + 1 / 4) / 2)
    assert mean["sd"] == pytest.approx(math.sqrt(2) * 0.1 * (1 / 2 + 1 / 4) / 2)
    assert (mean["low"], mean["high"]) == pytest.approx((0.7 * 0.375, 0.9 * 0.375))
    assert mean["markov"] == 0.2
    assert best_merges(summary) == (20, [20, 30])


def test_the_same_rows_are_drawn_to_the_same_bytes(made: Selection, tmp_path: Path) -> None:
    rows = [row for row in made.summary if row["k"] == "mean"]
    draw_selection(rows, (2, 3), tmp_path)
    for name in ("curve.svg", "curve.png"):
        assert (tmp_path / name).read_bytes() == (made.folder / name).read_bytes()
