"""Building at real size: an assembly like GRCh38 as UCSC gives it, and drafts of up to 100,000 contigs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.book.build import build_apart
from benchmarks.common.data import mutated, records, write_fasta
from genomebook.genome.assemblies import facts

RECORDS = 455
"""Of hg38.fa.gz: 24 chromosomes, the mitochondrion, 430 unlocalized, unplaced and alternate sequences."""

ALTERNATE = 420_000
"""Letters of a made-up alternate sequence."""

CASE = 300
"""Letters of a lower-case run, and between two, on average."""

DRAFTS = (1_000, 10_000, 100_000)
CONTIG, GENES = 1_000, 3
"""Letters of a contig of a draft; genes on each."""

OPEN_FILES = {"assembly": 1024, "draft": 100}
"""What a process may have open."""


def run(quick: bool = False) -> dict[str, Any]:
    """Build both, each in a process of its own that may open few files.

    Returns
    -------
    dict
        ``source``; ``assembly`` and ``drafts``: what `build_apart` says of each, with ``records``, ``genes``
        and ``open_files`` (the limit).
    """
    what, letters = records(quick)
    one = np.concatenate(letters)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = write_fasta(folder / "small.fa", {"small": iter([one[-3000:]])})
        build_apart(small, folder / "warm.book")  # compiles what is not compiled yet
        fasta = write_fasta(folder / "assembly.fa", assembly(one, 1_000 if quick else 1))
        limit = OPEN_FILES["assembly"]
        built = build_apart(fasta, folder / "assembly.book", open_files=limit)
        found = {"records": RECORDS, "genes": 0, "open_files": limit, **built}
        fasta.unlink()
        drafts = [draft(folder, one, count // (100 if quick else 1)) for count in DRAFTS]
    return {"source": what, "assembly": found, "drafts": drafts}


def assembly(letters: NDArray[np.uint8], smaller: int) -> dict[str, Iterator[NDArray[np.uint8]]]:
    """Volumes of GRCh38's lengths, divided by ``smaller``, and made-up alternate ones up to `RECORDS`."""
    lengths = {name: length // smaller + 100 for name, length in facts("GRCh38").lengths.items()}
    for number in range(RECORDS - len(lengths)):
        lengths[f"chr{number % 22 + 1}_MADE{number:05d}v1_alt"] = ALTERNATE // smaller + 100
    return {name: volume(letters, length, seed) for seed, (name, length) in enumerate(lengths.items())}


def volume(
    letters: NDArray[np.uint8], length: int, seed: int, shares: Sequence[float] = (0.01,)
) -> Iterator[NDArray[np.uint8]]:
    """Real letters again and again, with each of ``shares`` substituted in turn, soft-masked in runs.

    Of long volumes the ends and a middle are N.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    gaps = [(0, 10_000), (length // 2, length // 2 + length // 50), (length - 10_000, length)]
    for copy, start in enumerate(range(0, length, len(letters))):
        share = shares[(seed + copy) % len(shares)]
        block = mutated(letters, share, seed + start)[: length - start] & 0xDF
        edges = np.cumsum(random.geometric(1 / CASE, 2 * len(block) // CASE + 100))
        lower = np.zeros(len(block) + 1, np.int8)
        np.add.at(lower, edges[edges <= len(block)], 1)
        block |= (np.cumsum(lower[:-1]) % 2 * 32).astype(np.uint8)
        for low, high in gaps if length > 1_000_000 else []:
            block[max(low - start, 0) : max(high - start, 0)] = ord("N")
        yield block.astype(np.uint8)


def draft(folder: Path, letters: NDArray[np.uint8], contigs: int) -> dict[str, Any]:
    """Build an assembly of short contigs with genes on each."""
    random = np.random.Generator(np.random.PCG64(contigs))
    starts = random.integers(0, len(letters) - CONTIG, contigs)
    volumes = {
        f"ctg{n:06d}": iter([(letters[at : at + CONTIG] & 0xDF).astype(np.uint8)])
        for n, at in enumerate(starts)
    }
    genes = folder / "genes.bed"
    with genes.open("w") as file:
        for name in volumes:
            for gene in range(GENES):
                file.write(f"{name}\t{gene * 300 + 10}\t{gene * 300 + 250}\t{name}-g{gene}\n")
    fasta, limit = write_fasta(folder / "draft.fa", volumes), OPEN_FILES["draft"]
    built = build_apart(fasta, folder / f"{contigs}.book", genes, open_files=limit)
    return {"records": contigs, "genes": GENES * contigs, "open_files": limit, **built}
