"""Scores of one book by every engine on the same shares, and by workers that are killed at random."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import psutil  # type: ignore[import-untyped]

from benchmarks.common.data import records, write_fasta
from benchmarks.common.table import table
from genomebook.files.digests import file_digest
from genomebook.pipeline.book.build import Options, build
from genomebook.pipeline.shares.plan import Planned
from genomebook.pipeline.shares.readers import ReaderOf
from genomebook.pipeline.shares.run import finalise
from genomebook.pipeline.shares.scores import plan_scores

ROOT = Path(__file__).resolve().parents[2]
READER = "bilingual-mini"
LETTERS, LARGER, SHARES, WORKERS, KILLS = 400_000, 840_000, 12, 2, 20
KILLED_LETTERS, KILLED_SHARES = 30_000, 20
SEED = 16
PROGRAM = (sys.executable, "-m", "genomebook")
ENGINES = ("one process", "two shells", "Snakemake", "Ray")


def run(quick: bool = False) -> dict[str, Any]:
    """Score a book by each engine, then kill workers.

    Returns
    -------
    dict
        ``source``, ``letters``, ``words``, ``shares``; ``engines``: seconds that passed and of the processor
        from the plan to the scores, and the digest; ``kills``: shares that were whole when the worker was
        killed, those of them that were made again or changed, and whether the scores are the same, of each.
    """
    what, letters = records(quick)
    size = 20_000 if quick else LETTERS
    first = letters[0][letters[0] != ord("N")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = {"whole": size, "larger": 2 * size if quick else LARGER, "part": min(size, KILLED_LETTERS)}
        words = {}
        for label, count in sizes.items():
            fasta = write_fasta(folder / f"{label}.fa", {"a": iter([first[:count]])})
            words[label] = build(Options(fasta, folder / label)).meta.counts.words
        shares = 3 if quick else SHARES
        engines = {engine: _timed(engine, folder, shares) for engine in ENGINES}
        larger = {engine: _timed(engine, folder, shares, "larger") for engine in (ENGINES[-1], ENGINES[0])}
        kills = _kills(folder, 2 if quick else KILLS)
    return {
        "source": what,
        "letters": size,
        "words": words["whole"],
        "shares": shares,
        "engines": engines,
        "larger": {"letters": min(sizes["larger"], len(first)), "words": words["larger"], "engines": larger},
        "kills": kills,
    }


def _digest(scores: Path) -> str:
    return file_digest(scores / "scores.json")


def _timed(engine: str, folder: Path, shares: int, book: str = "whole") -> dict[str, Any]:
    """Seconds of one engine, from the plan to the scores."""
    output = folder / f"{book}-{engine.replace(' ', '-')}"
    share = [*PROGRAM, "score", "share", str(output)]
    began, used = time.perf_counter(), 0.0
    if engine == "Snakemake":
        command = [
            sys.executable, "-m", "snakemake", "-s", str(ROOT / "precompute" / "Snakefile"), "--cores",
            str(WORKERS), "--quiet", "all", "--config", f"book={folder / book}", f"output={output}",
            f"shares={shares}", f"genomebook={' '.join(PROGRAM)}",
        ]  # fmt: skip
        used += _processor([_start(command, folder)])
    else:
        init = ["score", "init", str(folder / book), "-o", str(output), "--shares", str(shares)]
        used += _processor([_start([*PROGRAM, *init], folder)])
        if engine == "one process":
            used += _processor([_start([*share, "--workers", str(WORKERS)], folder)])
        elif engine == "Ray":
            used += _processor([_start([*share, "--ray", "local", "--actors", str(WORKERS)], folder)])
        else:
            used += _processor([_start([*share, "--workers", "1"], folder) for _ in range(WORKERS)])
        used += _processor([_start([*PROGRAM, "score", "finalise", str(output)], folder)])
    return {"seconds": time.perf_counter() - began, "processor": used, "digest": _digest(output)}


def _start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=quiet, stderr=quiet)


def _processor(running: list[subprocess.Popen[bytes]]) -> float:
    """Wait for processes; seconds of the processor of all that they started, looked at again and again."""
    seconds: dict[int, float] = {}
    tops = [psutil.Process(process.pid) for process in running]
    while None in [process.poll() for process in running]:
        for top in tops:
            try:
                for process in (top, *top.children(recursive=True)):
                    times = process.cpu_times()
                    seconds[process.pid] = times.user + times.system
            except psutil.Error:
                continue
        time.sleep(0.05)
    if any(process.returncode for process in running):
        raise RuntimeError(f"{running[0].args!r}: exit code {[process.returncode for process in running]}")
    return sum(seconds.values())


def _kills(folder: Path, times: int) -> list[dict[str, Any]]:
    """Kill a worker while it makes shares, at a time drawn at random, and have the rest made."""
    draw, results = random.Random(SEED), []
    expected = _plan(folder, "expected")
    finalise(expected, redo=True, workers=1)
    for number in range(times):
        planned = _plan(folder, f"killed-{number}")
        worker = _start([*PROGRAM, "score", "share", str(planned.output), "--workers", "1"], folder)
        stop_at = draw.randint(0, len(planned) - 1)
        while worker.poll() is None and not (stop_at == 0 or planned.is_there(stop_at)):
            time.sleep(0.001)
        time.sleep(draw.random() * 0.3)
        worker.kill()
        worker.wait()
        numbers = range(1, len(planned) + 1)
        whole = {n: planned.file(n).stat().st_mtime_ns for n in numbers if planned.is_whole(n)}
        files = sum(planned.is_there(n) for n in numbers)
        again = _start([*PROGRAM, "score", "share", str(planned.output), "--workers", "1"], folder)
        again.wait()
        redone = sum(planned.file(n).stat().st_mtime_ns != since for n, since in whole.items())
        finalise(planned, workers=1)
        same = _digest(planned.output) == _digest(expected.output)
        results.append({"whole": len(whole), "not_whole": files - len(whole), "redone": redone, "same": same})
    return results


def _plan(folder: Path, name: str) -> Planned:
    return plan_scores(folder / "part", ReaderOf(name=READER), folder / name, shares=KILLED_SHARES)


def lines(result: dict[str, Any]) -> list[str]:
    """Tables for the docs."""
    engines, kills = result["engines"], result["kills"]
    base = engines[ENGINES[0]]
    rows = [
        [
            name,
            f"{one['processor']:.1f}",
            f"{one['processor'] / base['processor'] - 1:+.0%}",
            f"{(one['processor'] - base['processor']) / result['shares']:.2f}",
            f"{one['seconds']:.0f}",
            "yes" if one["digest"] == base["digest"] else "**no**",
        ]
        for name, one in engines.items()
    ]
    whole = median(kill["whole"] for kill in kills)
    lost = sum(bool(one["redone"] or one["not_whole"] or not one["same"]) for one in kills)
    head = [
        "engine",
        "processor, s",
        "more than one process",
        "more a share, s",
        "by the clock, s",
        "same bytes",
    ]
    larger = result["larger"]
    ray, alone = (larger["engines"][name]["processor"] for name in (ENGINES[-1], ENGINES[0]))
    return [
        f"{result['letters']:,} letters ({result['source']}), {result['words']:,} words, "
        f"{result['shares']} shares, the reader {READER}, two workers, from `init` to `finalise`. Seconds "
        "of the processor are of all processes; those by the clock are of a machine that did other work too.",
        "",
        *table(head, rows),
        "",
        f"With {larger['words']:,} words Ray takes {ray:.1f} s of the processor and one process "
        f"{alone:.1f} s ({ray / alone - 1:+.0%}): {ray - alone:.1f} s more, beside "
        f"{engines[ENGINES[-1]]['processor'] - base['processor']:.1f} s with {result['words']:,} words. Most "
        "of what Ray costs is its start.",
        "",
        f"{len(kills)} workers were killed with SIGKILL at random times, {whole:.0f} whole shares on the "
        f"disk at the median. {lost} of {len(kills)} lost something: a whole share made again, half a share "
        "under its name, or scores with other bytes.",
    ]
