"""Building a book: letters a second by stage, and memory, which must not grow with the length of a volume."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from resource import RLIMIT_NOFILE, setrlimit
from typing import Any

import numpy as np

from benchmarks.common.data import records, repeated, write_fasta
from genomebook.book import Book

TIMES = (1, 4, 16)
STEP = 0.05
"""Seconds between two looks at the memory of a process."""


def run(quick: bool = False) -> dict[str, Any]:
    """Build books of 1, 4 and 16 times the length as one volume, each in a process of its own.

    Returns
    -------
    dict
        ``source``; ``segments``: the real records as they are; ``lengths``: a list, one volume each. Of every
        build seconds by stage, letters, words, digest, peak memory in bytes: ``peak_rss`` (all pages, also
        those of mapped files) and ``peak_anonymous`` (pages of no file).
    """
    what, letters = records(quick)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = write_fasta(folder / "small.fa", {"small": iter([letters[0][-3000:]])})
        build_apart(small, folder / "warm.book")  # compiles what is not compiled yet
        bare = build_apart(small, folder / "bare.book")
        volumes = {f"segment{number}": iter([record]) for number, record in enumerate(letters, 1)}
        segments = build_apart(write_fasta(folder / "segments.fa", volumes), folder / "segments.book")
        one = np.concatenate(letters)
        lengths = []
        for times in TIMES:
            fasta = write_fasta(folder / "long.fa", {"chr1": repeated(one, times * len(one), seed=times)})
            lengths.append({"times": times, **build_apart(fasta, folder / f"{times}.book")})
    return {"source": what, "bare": bare, "segments": segments, "lengths": lengths}


def build_apart(fasta: Path, book: Path, genes: Path | None = None, open_files: int = 0) -> dict[str, Any]:
    """Build in a new process and watch its memory; the book is opened afterwards to see that it is one.

    ``open_files`` is how many files the process may have open, 0 for the usual limit.
    """
    command = [
        sys.executable,
        "-m",
        "benchmarks.common.child",
        str(fasta),
        str(book),
        *([str(genes)] if genes else []),
    ]
    limit = partial(setrlimit, RLIMIT_NOFILE, (open_files, open_files)) if open_files else None
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=limit)
    peak = 0
    while process.poll() is None:
        peak = max(peak, anonymous(process.pid))
        time.sleep(STEP)
    assert process.stdout is not None
    said = process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[2:])}: exit code {process.returncode}")
    result: dict[str, Any] = json.loads(said)
    result["peak_anonymous"] = peak
    result["files"] = sum(path.is_file() for path in book.rglob("*"))
    if Book.open(book).digest != result["digest"]:
        raise RuntimeError("the book that was built is not the book that is there")
    return result


def anonymous(pid: int) -> int:
    """Bytes of memory of a process that belong to no file; 0 where the system does not say."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    lines = [line.split() for line in status.splitlines() if line.startswith("RssAnon:")]
    return int(lines[0][1]) * 1024 if lines else 0
