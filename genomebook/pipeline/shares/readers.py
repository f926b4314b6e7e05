"""The reader of a plan: how every worker loads the same one."""

from __future__ import annotations

import msgspec

from genomebook.book.read import Book
from genomebook.models.reader import Reader
from genomebook.models.registry import Runtime, load_reader
from genomebook.models.scoring import Precision


class ReaderOf(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker loads the reader: the arguments of `load_reader` that decide its scores."""

    name: str
    revision: str | None = None
    device: str = "cpu"
    runtime: Runtime = "auto"
    precision: Precision = "float32"

    def load(self, book: Book, trust_remote_code: bool = False) -> Reader:
        """Load it for the words of a book; whether it may run its own code, each worker's user says."""
        return load_reader(
            self.name, revision=self.revision, trust_remote_code=trust_remote_code, device=self.device,
            runtime=self.runtime, words=book.vocabulary, precision=self.precision,
        )  # fmt: skip
