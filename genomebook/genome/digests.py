"""Sequence digests: GA4GH refget (version 2) and the MD5 of SAM's ``M5`` tag."""

from __future__ import annotations

import base64
import hashlib
from concurrent.futures import Executor, Future

import numpy as np
import numpy.typing as npt

Letters = bytes | bytearray | memoryview | npt.NDArray[np.uint8]

_HAND_OVER = 1 << 16  # bytes; below this, handing a block to another thread costs more than hashing it


class SequenceDigest:
    """Both digests of a sequence, updated block by block.

    Letters are upper-cased, so soft masking does not change a digest. Line ends are not removed.

    Parameters
    ----------
    pool : Executor, optional
        Hashes large blocks in the background, MD5 and SHA-512 in parallel, one block at a time.

    Notes
    -----
    Source: GA4GH refget 2.0 (``SQ.`` + base64url of the first 24 bytes of SHA-512); SAM specification,
    section 1.3.2 (``M5``).
    """

    def __init__(self, pool: Executor | None = None) -> None:
        self._sha512 = hashlib.sha512()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._pool = pool
        self._under_way: list[Future[None]] = []

    def update(self, letters: Letters) -> None:
        """Add ASCII letters in either case; they are copied."""
        upper = bytes(letters).upper()
        self._wait()
        if self._pool is None or len(upper) < _HAND_OVER:
            self._sha512.update(upper)
            self._md5.update(upper)
        else:
            self._under_way = [self._pool.submit(h.update, upper) for h in (self._sha512, self._md5)]

    def _wait(self) -> None:
        for future in self._under_way:
            future.result()
        self._under_way = []

    @property
    def refget(self) -> str:
        """Refget identifier of the letters so far, with its ``SQ.`` prefix."""
        self._wait()
        return "SQ." + base64.urlsafe_b64encode(self._sha512.digest()[:24]).decode("ascii")

    @property
    def md5(self) -> str:
        """MD5 of the letters so far, 32 lower-case hexadecimal digits."""
        self._wait()
        return self._md5.hexdigest()


def refget(letters: Letters) -> str:
    """Refget identifier (``SQ.`` + 32 characters) of a whole sequence in either case."""
    digest = SequenceDigest()
    digest.update(letters)
    return digest.refget
