"""Attempts that threads take in turn: who waits for one that fails gets its failure."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from genomebook.errors import GenomebookError


class Attempts:
    """Attempts at what may take long and fail, as a request: no thread waits for more than one failure."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._failed_at = -math.inf
        self._failure = GenomebookError()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the attempt in progress, then run the body.

        Raises
        ------
        GenomebookError
            An attempt has failed while this one waited; the body is not run.
        """
        asked = time.monotonic()
        with self._lock:
            if self._failed_at > asked:
                raise type(self._failure)(*self._failure.args)
            try:
                yield
            except GenomebookError as error:
                self._failed_at, self._failure = time.monotonic(), error.with_traceback(None)
                raise
