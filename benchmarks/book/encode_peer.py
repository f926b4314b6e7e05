"""The `tokenizers` library in a process of its own, so that its threads can be set; it obeys lines of JSON.

``python -m benchmarks.book.encode_peer`` reads one order a line and answers with one line: ``load`` (a
vocabulary and a file of pieces, one a line), ``encode`` and ``decode`` (seconds), ``write`` (what they gave
last).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from benchmarks.common.library_tokenizer import library_tokenizer
from genomebook.language.vocabulary import load_vocabulary


class Library:
    """The library's side: the pieces, set in lines of some size, and the last answers."""

    def load(self, words: str, pieces: str) -> None:
        """Make the tokenizer of a vocabulary and read the pieces."""
        self.tokenizer = library_tokenizer(load_vocabulary(words))
        self.pieces = Path(pieces).read_text().split("\n")
        self.shaped: tuple[int, list[str]] = (0, [])
        self.encodings: list[Any] = []
        self.ids: list[list[int]] = []
        self.text: list[str] = []

    def lines(self, size: int) -> list[str]:
        """Pieces joined by spaces to lines of about ``size`` letters."""
        if self.shaped[0] != size:
            lines, line, count = [], [], 0
            for piece in self.pieces:
                line.append(piece)
                count += len(piece)
                if count >= size:
                    lines.append(" ".join(line))
                    line, count = [], 0
            self.shaped = (size, [*lines, " ".join(line)] if line else lines)
        return self.shaped[1]

    def encode(self, method: str, size: int) -> float:
        """Seconds of the one call that encodes all lines; what it gave is kept."""
        lines, call = self.lines(size), getattr(self.tokenizer, method)
        self.encodings = []
        began = time.perf_counter()
        self.encodings = call(lines, add_special_tokens=False)
        return time.perf_counter() - began

    def decode(self) -> float:
        """Seconds of the one call that decodes what was encoded last."""
        self.ids = [encoding.ids for encoding in self.encodings]
        began = time.perf_counter()
        self.text = self.tokenizer.decode_batch(self.ids, skip_special_tokens=False)
        return time.perf_counter() - began

    def write(self, ids: str, text: str) -> None:
        """Write the ids (uint16) and the letters to two files."""
        np.concatenate([np.array(line, np.uint16) for line in self.ids]).tofile(ids)
        Path(text).write_text("".join(self.text).replace(" ", ""))


class Peer:
    """The caller's side of one such process.

    Parameters
    ----------
    threads : int
        For the library; 1 also tells it not to be parallel.
    """

    def __init__(self, threads: int) -> None:
        env = {
            **os.environ,
            "RAYON_NUM_THREADS": str(threads),
            "TOKENIZERS_PARALLELISM": "true" if threads > 1 else "false",
        }
        command = [sys.executable, "-m", "benchmarks.book.encode_peer"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env)

    def do(self, order: str, **arguments: Any) -> Any:
        """Send an order and wait for its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([order, arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the tokenizers process ended at {order}; its message is above")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


def main() -> None:
    library = Library()
    for line in sys.stdin:
        order, arguments = json.loads(line)
        print(json.dumps(getattr(library, order)(**arguments)), flush=True)


if __name__ == "__main__":
    main()
