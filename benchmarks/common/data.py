"""What is measured on: real DNA where there is some, and long sequence made from it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.genome.fasta import Genome, unpack

REAL = "data/genome/GRCh38_coords_all_segments.fa.gz"
"""Below the folder that GENOMEBOOK_SHARED names: 19 segments of GRCh38, 13.6 Mb."""

LETTERS = 13_600_000
"""Of random DNA, where there is no real one."""

QUICK = 60_000
"""Letters in all when only the workings are tried."""


@contextmanager
def kept_folder(folder: Path | None) -> Iterator[Path]:
    """A folder that is kept, made if it is missing; without one, a temporary folder."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def source() -> Path | None:
    """FASTA of the real data, or None when GENOMEBOOK_SHARED does not name its folder."""
    shared = os.environ.get("GENOMEBOOK_SHARED")
    path = Path(shared) / REAL if shared else None
    return path if path is not None and path.is_file() else None


def shared_data() -> Path:
    """Folder of the real data; without it a benchmark that needs them ends in one line."""
    shared = os.environ.get("GENOMEBOOK_SHARED")
    if not shared:
        raise SystemExit("GENOMEBOOK_SHARED is not set: this benchmark needs the real data")
    return Path(shared) / "data"


def genome_files() -> list[Path]:
    """FASTA files of all segments of GRCh38 among the real data."""
    return sorted((shared_data() / "genome").glob("GRCh38_coords_*.fa.gz"))


def records(quick: bool) -> tuple[str, list[NDArray[np.uint8]]]:
    """Give the sequences to measure on.

    Parameters
    ----------
    quick : bool
        Only the first `QUICK` letters that are no gap.

    Returns
    -------
    what : str
        Where they come from.
    letters : list of uint8[n]
        ASCII letters of each.
    """
    path = source()
    if path is None:
        bases = np.frombuffer(b"ACGT", np.uint8)
        size = QUICK if quick else LETTERS
        return "random DNA (no real data: GENOMEBOOK_SHARED is not set)", [
            bases[_random(1).integers(0, 4, size)]
        ]
    with tempfile.TemporaryDirectory() as folder:
        unpack(path, Path(folder))
        with Genome(Path(folder)) as genome:
            found = [np.array(genome.letters(record.name)) for record in genome.records]
    if quick:
        first = int(np.flatnonzero(found[0] != ord("N"))[0])
        found = [found[0][first - 100 if first > 100 else 0 :][:QUICK]]
    return f"real DNA, {Path(REAL).name}", found


def _random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def mutated(letters: NDArray[np.uint8], share: float, seed: int) -> NDArray[np.uint8]:
    """Substitute a share of the bases, drawn at random, each by one of the three others; case and N stay."""
    out = letters.copy()
    random = _random(seed)
    others = {base: [other for other in b"ACGT" if other != base] for base in b"ACGT"}
    table = np.zeros((3, 256), np.uint8)
    for base, choices in others.items():
        table[:, base] = choices
        table[:, base | 32] = [other | 32 for other in choices]
    at = np.flatnonzero(random.random(len(out), np.float32) < share)
    new = table[random.integers(0, 3, len(at)), out[at]]
    out[at] = np.where(new > 0, new, out[at])
    return out


def repeated(
    letters: NDArray[np.uint8], size: int, seed: int, share: float = 0.01
) -> Iterator[NDArray[np.uint8]]:
    """Give a long sequence by blocks: the letters as they are, then again and again with substitutions."""
    left, copy = size, 0
    while left > 0:
        block = letters if copy == 0 else mutated(letters, share, seed + copy)
        yield block[:left]
        left -= len(block)
        copy += 1


def write_fasta(path: Path, volumes: dict[str, Iterator[NDArray[np.uint8]]]) -> Path:
    """Write volumes with lines of 60 letters."""
    with path.open("wb") as file:
        for name, blocks in volumes.items():
            file.write(f">{name}\n".encode())
            rest = np.empty(0, np.uint8)
            for block in blocks:
                letters = np.concatenate([rest, block])
                whole = len(letters) // 60 * 60
                lines = np.full((whole // 60, 61), ord("\n"), np.uint8)
                lines[:, :60] = letters[:whole].reshape(-1, 60)
                lines.tofile(file)
                rest = letters[whole:]
            file.write(rest.tobytes() + b"\n")
    return path
