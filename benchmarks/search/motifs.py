"""Motifs: the places that genomebook, SeqKit and Biopython find, in the same sequence and one run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.data import records, write_fasta
from benchmarks.common.table import table
from genomebook.compiled import kernel
from genomebook.language.alphabet import CODE, NOT_BASE, reverse_complement
from genomebook.pipeline.book.build import Options, build
from genomebook.pipeline.search.index import search_index
from genomebook.search.motif_kernel import scan
from genomebook.search.motifs import Motif
from genomebook.search.text import pack

MOTIFS = {
    "GATTACA": 0,
    "TATAWAW": 0,
    "RGGTCANNNTGACCY": 0,
    "CCASYAGRKGGCRSNN": 0,
    "AGGTCAAAGGTCA": 0,
    "AGGTCAAAGGTCT": 1,
    "AGGTCAAAGGTCC": 2,
}
"""Letters, and how many of them may differ."""

TEXT = 3_100_000_000
CHUNK = 8_000_000
REPEATS = 3
THREADS = (1, 2)


def run(quick: bool = False) -> dict[str, Any]:
    """Find each motif in real sequence by all programs, then scan packed text as long as the human genome.

    Returns
    -------
    dict
        ``source``; ``letters``; ``motifs``: of each, ``mismatches``, ``is_palindrome``, ``counts`` and
        ``seconds`` by program; ``text``: ``letters``, ``bytes``, ``sum`` (seconds of one reading of the same
        bytes by threads) and, by motif and threads, ``wall`` and ``processor`` seconds.
    """
    what, letters = records(quick)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        volumes = {f"segment{number}": iter([piece]) for number, piece in enumerate(letters, 1)}
        fasta = write_fasta(folder / "a.fa", volumes)
        book = build(Options(fasta, folder / "a.book", workers=2))
        search_index(book.path, encoder=None, workers=2)
        motifs = {
            motif: _beside(book.path, fasta, Motif.of(motif, mismatches))
            for motif, mismatches in (list(MOTIFS.items())[:3] if quick else MOTIFS.items())
        }
    codes = CODE[np.concatenate(letters)]
    return {
        "source": what,
        "letters": int(sum(map(len, letters))),
        "motifs": motifs,
        "text": _long(codes[codes < NOT_BASE], 20_000_000 if quick else TEXT, list(motifs)),
    }


def _timed(work: Callable[[], int]) -> tuple[int, float]:
    """Count, and seconds."""
    began = time.perf_counter()
    return work(), time.perf_counter() - began


def _beside(book: Path, fasta: Path, motif: Motif) -> dict[str, Any]:
    """Counts and seconds of each program, from its start to its end, reading its own file."""
    programs: dict[str, Callable[[], int]] = {"genomebook": lambda: _ours(book, motif)}
    if shutil.which("seqkit") and (not motif.mismatches or set(motif.letters) <= set("ACGT")):
        programs["SeqKit"] = lambda: _seqkit(fasta, motif)
    if not motif.mismatches:
        programs["Biopython"] = lambda: _biopython(fasta, motif)
    found = {name: _timed(work) for name, work in programs.items()}
    return {
        "mismatches": motif.mismatches,
        "is_palindrome": motif.is_palindrome,
        "counts": {name: count for name, (count, _) in found.items()},
        "seconds": {name: seconds for name, (_, seconds) in found.items()},
    }


def _ours(book: Path, motif: Motif) -> int:
    command = [sys.executable, "-m", "genomebook", "find", str(book), motif.letters, "--json"]
    command += ["--mismatches", str(motif.mismatches), "--limit", "0"]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    count: int = json.loads(said.stdout)["count"]
    return count


def _seqkit(fasta: Path, motif: Motif) -> int:
    how = ["-m", str(motif.mismatches)] if motif.mismatches else ["-d"]
    command = ["seqkit", "locate", "-i", "-j", "2", "--bed", *how, "-p", motif.letters, str(fasta)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        count = sum(1 for _ in process.stdout)
    if process.returncode:
        raise RuntimeError(f"seqkit ended with {process.returncode}")
    return count


def _biopython(fasta: Path, motif: Motif) -> int:
    from Bio import SeqIO
    from Bio.SeqUtils import nt_search

    patterns = [motif.letters]
    if not motif.is_palindrome:
        patterns.append(reverse_complement(motif.letters.encode()).decode())
    count = 0
    for record in SeqIO.parse(fasta, "fasta"):  # type: ignore[no-untyped-call]
        text = str(record.seq).upper()
        for pattern in patterns:
            count += len(nt_search(text, pattern)) - 1  # type: ignore[no-untyped-call]
    return count


@kernel(nogil=True)
def _sum(words):  # type: ignore[no-untyped-def]
    """Read all words once."""
    total = np.uint64(0)
    for word in words:
        total += word
    return total


def _long(codes: NDArray[np.uint8], letters: int, motifs: list[str]) -> dict[str, Any]:
    """Scan a text of many copies of real bases, packed in memory."""
    one = np.frombuffer(pack(codes[: len(codes) // 32 * 32]), np.uint64)
    packed = np.resize(one, letters // 32 + 1)
    starts = range(0, letters, CHUNK)
    pieces = np.array_split(packed, len(starts))

    def measure(threads: int, work: Callable[[Any], Any], items: Any) -> dict[str, list[float]]:
        wall, processor = [], []
        for _ in range(REPEATS + 1):
            begun, busy = time.perf_counter(), time.process_time()
            with ThreadPoolExecutor(threads) as pool:
                for _ in pool.map(work, items):
                    pass
            wall.append(time.perf_counter() - begun)
            processor.append(time.process_time() - busy)
        return {"wall": wall[1:], "processor": processor[1:]}  # the first compiles

    def scanned(motif: Motif) -> Callable[[int], Any]:
        none = np.empty(0, np.int64), np.empty(0, np.uint8), np.empty(0, np.uint8)

        def work(start: int) -> Any:
            end = min(start + CHUNK, letters - len(motif.letters) + 1)
            return scan(packed, np.array([start]), np.array([end]), motif.masks, motif.mismatches, *none)

        return work

    return {
        "letters": letters,
        "bytes": packed.nbytes,
        "sum": {str(threads): measure(threads, _sum, pieces) for threads in THREADS},
        "scan": {
            motif: {
                str(threads): measure(threads, scanned(Motif.of(motif, MOTIFS[motif])), starts)
                for threads in THREADS
            }
            for motif in motifs
        },
    }


def lines(result: dict[str, Any]) -> list[str]:
    """Tables of the result."""
    programs = ("genomebook", "SeqKit", "Biopython")
    rows = []
    for motif, one in result["motifs"].items():
        counts = [f"{one['counts'][name]:,}" if name in one["counts"] else "-" for name in programs]
        seconds = [f"{one['seconds'][name]:.2f}" if name in one["seconds"] else "-" for name in programs]
        mark = f"{motif} (a palindrome)" if one["is_palindrome"] else motif
        rows.append([mark, str(one["mismatches"]), *counts, *seconds])
    text = result["text"]
    fast = []
    for motif, by_threads in text["scan"].items():
        speeds = []
        for threads in map(str, THREADS):
            seconds = min(by_threads[threads]["wall"])
            share = min(text["sum"][threads]["wall"]) / seconds
            speeds += [f"{text['letters'] / seconds / 1e9:.2f}", f"{100 * share:.0f} %"]
        busy = min(by_threads["1"]["processor"])
        strands = "both" if not result["motifs"][motif]["is_palindrome"] else "one"
        fast.append([motif, str(MOTIFS[motif]), strands, *speeds, f"{text['letters'] / busy / 1e9:.2f}"])
    rate = {t: text["bytes"] / min(text["sum"][t]["wall"]) / 1e9 for t in map(str, THREADS)}
    return [
        f"Places in {result['letters']:,} letters of real sequence, and seconds from the start of the "
        "program to its end. SeqKit lists a "
        "palindrome on both strands, so that its count is twice ours; it has no mismatches with IUPAC "
        "letters, and Biopython has none.",
        "",
        *table(
            ["motif", "mismatches", *(f"{p}, places" for p in programs), *(f"{p}, s" for p in programs)],
            rows,
        ),
        "",
        f"Packed text of {text['letters'] / 1e9:.1f} Gb ({text['bytes'] / 1e6:,.0f} MB) in memory, billions "
        f"of letters a second, best of {REPEATS}. Beside it the share of the speed at which the same bytes "
        f"can be read and added up here: {rate['1']:.1f} GB/s by one thread, {rate['2']:.1f} by two. The "
        "last column divides by processor time instead of the clock: other programs do not change it.",
        "",
        *table(
            [
                "motif", "mismatches", "strands", "1 thread, Gb/s", "of reading", "2 threads, Gb/s",
                "of reading", "Gb a processor second",
            ],
            fast,
        ),
    ]  # fmt: skip
