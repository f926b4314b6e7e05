"""The benchmarks work, on little data: each proves its outputs equal before it says how fast they came."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.book import encode, read
from benchmarks.common.data import mutated, repeated, write_fasta
from benchmarks.common.report import DOCS, RESULTS, docs_of, markdown
from benchmarks.lexicon import words as lexicon
from genomebook.genome.fasta import Genome, unpack

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("encode", "build", "pages", "readers", "lexicon", "tracks")
OWN_PAGE = {"boundaries", "transfer"}
"""Results that pages of the docs show in another way."""
SHOWN = sorted({path.stem for path in RESULTS.glob("*.json")} - OWN_PAGE)


@pytest.mark.parametrize("name", NAMES)
def test_quick(name: str, tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    docs = DOCS.read_bytes()
    command = [sys.executable, "-m", "benchmarks", name, "--quick", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / f"{name}.json").read_text())
    assert markdown(name, tmp_path) in done.stdout
    assert DOCS.read_bytes() == docs
    if name == "encode":
        assert set(result["words"]) == set(encode.WORDS)
        assert all(one["words"] > 0 for threads in result["words"].values() for one in threads.values())
    elif name == "build":
        lengths = [one["letters"] for one in result["lengths"]]
        assert lengths == [times * result["segments"]["letters"] for times in (1, 4, 16)]
        assert len({one["digest"] for one in result["lengths"]}) == 3
    elif name == "readers":
        assert result["difference"]["ONNX Runtime, float32"]["largest"] < 1e-3
        assert result["difference"]["ONNX Runtime, int8"]["correlation"] > 0.99
        assert {len(seconds) for seconds in result["seconds_a_word"].values()} == {2}
    elif name == "tracks":
        assert (result["sorted"]["rows"], result["unsorted"]["rows"]) == (6_011, 10_014)
        assert {len(seconds) for seconds in result["seconds"].values()} == {10}
        assert {len(seconds) for seconds in result["values"].values()} == {10}
    elif name == "lexicon":
        kinds = {"frequent", "middling", "rare"}
        assert set(result["seconds"]) == kinds == set(result["counts"])
        assert all(set(ways) == set(lexicon.WAYS) for ways in result["seconds"].values())
        assert result["bytes"]["occurrences.u16"] == 2 * result["ids"] * -(-result["words"] // 32_768)
    else:
        assert result["small"]["letters"] == 16_569
        assert result["large"]["volumes"] == read.VOLUMES
        assert all(
            len(result[book]["seconds"][step]) == 5 for book in ("small", "large") for step in read.STEPS
        )


def test_checks_and_syncs_are_counted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "checks", "--quick", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "checks.json").read_text())
    assert {len(seconds) for step in result["reading"].values() for seconds in step.values()} == {5}
    assert result["syncs"] > 40  # a file, and its folder, for each of twenty names


def test_two_tasks_are_audited(shared: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "tasks", "--quick", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert markdown("tasks", tmp_path) in done.stdout
    result = json.loads((tmp_path / "tasks.json").read_text())
    reached = {row["feature"]: row["test"][0] for row in result["audits"][1]["rows"]}
    assert result["audits"][1]["task"] == "promoter-nontata"
    assert reached["nearest copy"] > 0.85 > reached["GC"]


def test_quick_does_not_replace_results() -> None:
    command = [sys.executable, "-m", "benchmarks", "build", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--results" in done.stderr


@pytest.mark.parametrize("name", SHOWN)
def test_docs_show_the_results(name: str) -> None:
    assert markdown(name, RESULTS) in docs_of(name).read_text()


def test_other_ids_are_noticed(tmp_path: Path) -> None:
    class Liar:
        def do(self, order: str, ids: str, text: str) -> None:
            np.array([16, 17], np.uint16).tofile(ids)
            Path(text).write_text("AC")

    class Ours:
        ids = (np.array([16, 18], np.uint16),)
        back = letters = (np.frombuffer(b"AG", np.uint8),)

    with pytest.raises(RuntimeError, match="ids of the tokenizers library"):
        encode.prove_equal(Liar(), Ours(), tmp_path)  # type: ignore[arg-type]


def test_mutated() -> None:
    letters = np.frombuffer(b"ACGTacgtNnRy" * 5_000, np.uint8)
    other = mutated(letters, 0.01, 3)
    changed = letters != other
    is_base = np.isin(letters | 32, np.frombuffer(b"acgt", np.uint8))
    assert not changed[~is_base].any()
    assert 0.007 < changed[is_base].mean() < 0.013
    assert ((letters & 32) == (other & 32)).all()
    assert np.isin(other[is_base] | 32, np.frombuffer(b"acgt", np.uint8)).all()
    assert (mutated(letters, 0.01, 3) == other).all()
    assert not (mutated(letters, 0.01, 4) == other).all()


def test_repeated_fasta(tmp_path: Path) -> None:
    letters = np.frombuffer(b"ACGTN" * 41, np.uint8)
    blocks = list(repeated(letters, 500, seed=1, share=0.1))
    assert sum(map(len, blocks)) == 500
    assert (blocks[0] == letters).all()
    assert (blocks[1] != letters).any()
    fasta = write_fasta(tmp_path / "x.fa", {"a": iter(blocks), "b": iter([letters])})
    assert max(map(len, fasta.read_bytes().split(b"\n"))) == 60
    unpack(fasta, tmp_path / "genome")
    with Genome(tmp_path / "genome") as genome:
        assert (genome.letters("a") == np.concatenate(blocks)).all()
        assert (genome.letters("b") == letters).all()
