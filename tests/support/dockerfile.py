"""Run the steps of the Dockerfile without Docker: ``python -m tests.support.dockerfile FOLDER BOOK``.

FOLDER gets what the image would hold of this checkout, and a clean virtual environment in which every RUN
step of Python and of genomebook runs; the one that makes a user of the image does not. Then CMD serves BOOK.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

from tests.support.browser import START_LIMIT_S, free_port

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "Dockerfile"


class Step(NamedTuple):
    """An instruction of the Dockerfile, and what follows it."""

    name: str
    rest: str

    @property
    def words(self) -> list[str]:
        """Words of a step in JSON form, or of a line of shell."""
        return list(json.loads(self.rest)) if self.rest.startswith("[") else shlex.split(self.rest)


def steps(text: str | None = None) -> list[Step]:
    """Instructions of the Dockerfile in their order, with lines that go on joined."""
    lines = (FILE.read_text() if text is None else text).replace("\\\n", " ").splitlines()
    parts = (line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#"))
    return [Step(name, re.sub(r"\s+", " ", rest)) for name, rest in parts]


def copied() -> list[str]:
    """Top of what ``COPY . .`` takes: the entries that .dockerignore lets through."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[0] == "*"
    return [line.removeprefix("!") for line in lines[1:] if line.startswith("!")]


def run(folder: Path, book: Path) -> None:
    """Run the steps in a folder that does not exist yet, and serve a book as CMD does."""
    source, home = folder / "src", folder / "venv"
    source.mkdir(parents=True)
    for name in copied():
        place = ROOT / name
        (shutil.copytree if place.is_dir() else shutil.copy)(place, source / name)
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    clean |= {"PATH": f"{home / 'bin'}:{clean['PATH']}", "NUMBA_CACHE_DIR": str(folder / "numba")}
    for step in steps():
        if step.name == "RUN" and step.words[0] in ("python", "genomebook"):
            print("RUN", step.rest, flush=True)
            subprocess.run(step.rest, shell=True, check=True, cwd=source, env=clean)  # noqa: S602
    (entry,) = (step.words for step in steps() if step.name == "ENTRYPOINT")
    (command,) = (step.words for step in steps() if step.name == "CMD")
    port = free_port()
    served = [*entry, *(str(book) if word == "/book" else word for word in command), "--port", str(port)]
    process = subprocess.Popen(served, cwd=folder, env=clean)
    try:
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
                    print("GET /health", answer.status, answer.read().decode(), flush=True)
                    return
            except OSError:
                time.sleep(0.5)
        raise SystemExit("the app did not start")
    finally:
        process.terminate()
        print("ended with", process.wait(30))


if __name__ == "__main__":
    run(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
