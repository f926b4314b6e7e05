"""The same bytes on every machine: a run as on a plain processor with one thread, and a digest written down.

The run switches off what numpy chose for this processor, has numba compile for any processor of its kind (so
that nothing is fused or reordered otherwise), and gives every library one thread.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from genomebook.book import Book
from genomebook.pipeline.search.index import search_index

# Of the book of the mitochondrial chromosome with its index, vectors included. To be written anew when the
# format, what is shipped or the version of pyarrow in constraints.txt changes, and at no other time.
DIGEST = "1298874a4f84f6c47c0b20afea0e4e561467b36bc3f082630fef29ad511c3cb2"

RUN = """
import sys
from pathlib import Path
from genomebook.book import Book
from genomebook.pipeline.book.build import Options, build
from genomebook.pipeline.search.index import search_index

fasta, book = map(Path, sys.argv[1:])
genes = fasta.with_name("NC_012920.1.genes.tsv")
title = "The human mitochondrial chromosome"
build(Options(fasta, book, genes=genes, title=title, assembly="GRCh38", workers=1))
print(Book.open(book).digest)
search_index(book, workers=1)
"""


def plain_processor(cache: Path) -> dict[str, str]:
    """Environment of a process that uses nothing which this processor has and another may lack."""
    found: list[str] = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    return {
        **os.environ,
        "NPY_DISABLE_CPU_FEATURES": " ".join(found),
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CACHE_DIR": str(cache),  # code compiled for this processor would be taken from the usual one
        **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")},
    }


def index_digest(book: Path) -> str:
    """Digest of the index of a book, which covers that of the book."""
    annex = Book.open(book).annex("search")
    assert annex is not None
    return annex.digest


@pytest.mark.timeout(1800)
def test_a_plain_processor_gives_the_same_bytes(chrm_book: Path, chrm_fasta: Path, tmp_path: Path) -> None:
    here = shutil.copytree(chrm_book, tmp_path / "here.book")
    search_index(here)
    there = tmp_path / "there.book"
    command = [sys.executable, "-c", RUN, str(chrm_fasta), str(there)]
    ran = subprocess.run(
        command, env=plain_processor(tmp_path / "cache"), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert any((tmp_path / "cache").iterdir())  # it did compile, apart
    assert ran.stdout.split() == [Book.open(chrm_book).digest]
    assert index_digest(there) == index_digest(here) == DIGEST
