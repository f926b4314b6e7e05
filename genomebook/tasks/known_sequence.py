"""Pieces of GRCh38 at hand, by chromosome and position; and the splits of tasks that are made from them."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from genomebook.errors import TaskError
from genomebook.language.alphabet import reverse_complement
from genomebook.tasks.data import fasta_records
from genomebook.tasks.examples import digest_of, in_hold_out
from genomebook.tasks.task import DEV, TEST, TRAIN, DataFile

_SEGMENTS = {
    "all_segments": "09e61a1464e8695fa4fe690843875cd040c8f5e706ff160d3fe6b01a7382e85a",
    "new_segments_1": "9b0750b76883ae24ffb0fb5987acd7d248c76c89b97b692e004888a016ae6fba",
    "new_segments_2": "eec0469b732e3199a9f5942c38cdb1df1b0fa7fe98c5cdc0311a44b7c0e203ea",
    "new_segments_3": "6ef1059a49d84dcc663cd82e3c3a5ddd450085976dcbf413bea3a02adf23c8b4",
    "new_segments_4": "37ea0c3323ff34ed1043967dde9922f7d0271f56625d715976c9847d5903bf3c",
}
FILES = tuple(
    DataFile(
        f"genome/GRCh38_coords_{name}.fa.gz",
        digest,
        None,
        "provide pieces of GRCh38 as FASTA, records named chr1:1-1000000 (1-based inclusive)",
    )
    for name, digest in _SEGMENTS.items()
)
"""FASTA files with the pieces of GRCh38 that tasks are made from."""

BLOCK = 250_000
"""Letters of a block; all examples whose middle lies in one are in the same split."""

_NAME = re.compile(r"(\S+):(\d+)-(\d+)")


class KnownSequence:
    """Pieces of a genome, upper case, by chromosome and position.

    Parameters
    ----------
    segments : dict of (str, int) to str
        Letters by chromosome and start, 0-based.
    """

    def __init__(self, segments: dict[tuple[str, int], str]) -> None:
        self.segments = dict(sorted(segments.items()))
        self._by_chrom: dict[str, list[tuple[int, str]]] = {}
        for (chrom, start), letters in self.segments.items():
            self._by_chrom.setdefault(chrom, []).append((start, letters))

    def around(self, chrom: str, start: int, end: int) -> list[tuple[int, str]]:
        """Starts and letters of the pieces that hold all of an interval (0-based half-open)."""
        pieces = self._by_chrom.get(chrom, ())
        return [(first, text) for first, text in pieces if first <= start and end <= first + len(text)]

    def cut(self, chrom: str, start: int, end: int, strand: str = "+") -> str | None:
        """The letters of an interval (0-based half-open) on a strand; None where unknown or with N."""
        for first, letters in self.around(chrom, start, end):
            piece = letters[start - first : end - first]
            if "N" in piece:
                return None
            return piece if strand == "+" else reverse_complement(piece.encode()).decode()
        return None


def open_sequence(folder: Path) -> KnownSequence:
    """The known pieces of GRCh38 in the data folder, read once.

    Raises
    ------
    TaskError
        A file is missing, or a record is not named ``chrom:start-end`` or has another length.
    """
    return _open(folder.resolve())


@lru_cache(maxsize=1)
def _open(folder: Path) -> KnownSequence:
    segments: dict[tuple[str, int], str] = {}
    for file in FILES:
        for where, header, letters in fasta_records(file, folder):
            match = _NAME.match(header)
            if match is None or int(match[3]) - int(match[2]) + 1 != len(letters):
                raise TaskError(
                    f"{where}: the name must give the place of its {len(letters):,} letters, as "
                    "chr1:1-1000000; correct the name"
                )
            segments[match[1], int(match[2]) - 1] = letters.upper()
    return KnownSequence(segments)


def split_of(chrom: str, start: int, end: int) -> str:
    """The split of an example made from a place in GRCh38 (0-based half-open).

    By blocks of 250 kb: seven tenths are train, a tenth dev, two tenths test. The hold-outs and chr2, on
    which nothing is tuned, are test.
    """
    if chrom == "chr2" or in_hold_out(chrom, start, end):
        return TEST
    share = digest_of(f"{chrom}:{(start + end) // 2 // BLOCK}") % 10
    return TEST if share < 2 else DEV if share == 2 else TRAIN


def draw(key: str, choices: int) -> int:
    """A number below `choices` that depends on the key only."""
    return digest_of(key) % choices
