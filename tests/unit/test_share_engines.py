"""Shares by Snakemake, Ray and a job array: workers are killed, and the bytes are those of one process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from genomebook.errors import BusyError, MissingExtraError, SharesError
from genomebook.files.locks import file_locked
from genomebook.models.registry import load_reader
from genomebook.pipeline.scores import score
from genomebook.pipeline.shares.plan import Planned
from genomebook.pipeline.shares.ray_actors import share_by_ray
from genomebook.pipeline.shares.readers import ReaderOf
from genomebook.pipeline.shares.run import finalise
from genomebook.pipeline.shares.scores import plan_scores
from tests.support.books import fasta, letters, make, snapshot

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = f"{sys.executable} -m genomebook"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a book and its scores made at once; read only."""
    folder = tmp_path_factory.mktemp("engines")
    (folder / "genome.fa").write_bytes(fasta({"a": letters(9000, 1), "b": letters(2000, 2) + b"NN"}))
    make(folder / "genome.fa", folder / "book", words="words-4096")
    score(folder / "book", load_reader("bilingual-mini"), folder / "whole", 1)
    return folder


def planned(desk: Path, output: Path, shares: int) -> Planned:
    return plan_scores(desk / "book", ReaderOf(name="bilingual-mini"), output, shares=shares)


def shares_of(process: subprocess.Popen[bytes]) -> list[int]:
    """Processes that make shares, among those which a process has started."""
    psutil = pytest.importorskip("psutil")
    jobs = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with suppress(psutil.Error):
            if child.cmdline()[1:5] == ["-m", "genomebook", "score", "share"]:
                jobs.append(child.pid)
    return jobs


def test_snakemake_with_a_job_killed(desk: Path, tmp_path: Path) -> None:
    pytest.importorskip("snakemake", reason="needs the extra cluster")
    command = [
        sys.executable, "-m", "snakemake", "-s", str(ROOT / "precompute" / "Snakefile"), "--cores", "4",
        "--quiet", "all", "--config", f"book={desk / 'book'}", "output=scores", "shares=4",
        f"genomebook={PROGRAM}",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.Popen(command, cwd=tmp_path, env=environment)
    while run.poll() is None and not (jobs := shares_of(run)):
        time.sleep(0.02)
    os.kill(jobs[0], signal.SIGKILL)
    assert run.wait() != 0
    assert not (tmp_path / "scores").exists()
    shares = tmp_path / "scores.part" / "scratch"
    kept = {path: path.stat().st_mtime_ns for path in shares.glob("*.share")}
    other = [option.replace("shares=4", "shares=3") for option in command]
    assert subprocess.run(other, cwd=tmp_path, env=environment, check=False).returncode != 0
    assert {path: path.stat().st_mtime_ns for path in shares.glob("*.share")} == kept
    assert (tmp_path / "scores.part" / "plan.json").exists()
    for _ in range(2):  # the second time there is nothing left to do
        assert subprocess.run(command, cwd=tmp_path, env=environment, check=False).returncode == 0
        assert snapshot(tmp_path / "scores") == snapshot(desk / "whole")
    assert not (tmp_path / "scores.part").exists()


def test_ray_with_a_node_killed(desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray", reason="needs the extra ray")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    plan = planned(desk, tmp_path / "scores", 12)
    quick = {
        "health_check_initial_delay_ms": 0,
        "health_check_period_ms": 500,
        "health_check_failure_threshold": 6,
    }
    node = {"object_store_memory": 100 << 20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "_system_config": quick, **node})
    nodes = [cluster.add_node(num_cpus=1, **node) for _ in range(2)]
    killed: list[int] = []

    def kill(units: int) -> None:
        if not killed:
            cluster.remove_node(nodes[0], allow_graceful=False)
        killed.append(units)

    try:
        made = share_by_ray(plan, actors=2, address=cluster.address, advance=kill)
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert sum(killed) == plan.plan.bounds[-1]
    assert len(made) >= len(plan) - 1
    finalise(plan)
    assert snapshot(tmp_path / "scores") == snapshot(desk / "whole")


def test_ray_with_a_share_that_another_makes(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray", reason="needs the extra ray")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    plan = planned(desk, tmp_path / "scores", 4)
    ray.init(num_cpus=1, include_dashboard=False, object_store_memory=100 << 20, log_to_driver=False)
    try:
        with pytest.raises(SharesError, match="needs 1 CPU and 99 GPU, the cluster has machines of at most"):
            share_by_ray(plan, actors=1, gpus=99)
        assert share_by_ray(plan, [2, 2], actors=1) == [2]
        with file_locked(plan.file(1).with_suffix(".lock")):
            assert share_by_ray(plan, actors=1) == [3, 4]
            with pytest.raises(BusyError, match=r"00001\.lock: another command is writing here"):
                share_by_ray(plan, [1], actors=1)
    finally:
        ray.shutdown()
    finalise(plan, redo=True)
    assert snapshot(tmp_path / "scores") == snapshot(desk / "whole")


def test_ray_that_is_not_there(desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(desk, tmp_path / "scores", 2)
    pytest.importorskip("ray", reason="needs the extra ray")
    with pytest.raises(SharesError, match=r"127\.0\.0\.1:1: no cluster of Ray there"):
        share_by_ray(plan, address="127.0.0.1:1")
    monkeypatch.setattr("genomebook.options.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"needs ray: pip install 'genomebook\[ray\]'"):
        share_by_ray(plan)


def test_a_job_array(desk: Path, tmp_path: Path) -> None:
    plan = planned(desk, tmp_path / "scores", 3)
    (tmp_path / "genomebook").write_text(f'#!/bin/sh\nexec {PROGRAM} "$@"\n')
    (tmp_path / "genomebook").chmod(0o755)
    for task in range(1, len(plan) + 1):
        environment = {
            **os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
            "OUTPUT": str(tmp_path / "scores"), "SLURM_ARRAY_TASK_ID": str(task), "SLURM_CPUS_PER_TASK": "1",
        }  # fmt: skip
        subprocess.run(["bash", ROOT / "precompute" / "slurm.sh"], env=environment, check=True)
    finalise(plan)
    assert snapshot(tmp_path / "scores") == snapshot(desk / "whole")
