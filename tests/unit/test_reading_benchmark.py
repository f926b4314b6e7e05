"""What the benchmark of reading stands on: parts of files over HTTP, and genes moved to a slice."""

from __future__ import annotations

import gzip
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from benchmarks.reading.books import moved_genes
from benchmarks.reading.server import serving


def test_parts_of_files_are_served(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(range(100)))
    with serving(tmp_path) as address:

        def get(part: str) -> tuple[int, bytes]:
            request = urllib.request.Request(f"{address}a.bin", headers={"Range": part} if part else {})
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read()

        assert get("") == (200, bytes(range(100)))
        assert get("bytes=10-19") == (206, bytes(range(10, 20)))
        assert get("bytes=90-") == (206, bytes(range(90, 100)))
        assert get("bytes=95-400") == (206, bytes(range(95, 100)))
        with pytest.raises(urllib.error.HTTPError, match="416"):
            get("bytes=100-120")


def test_genes_are_moved_with_all_their_parts_or_not_at_all(tmp_path: Path) -> None:
    rows = [
        ("chromosome", 1, 900, "ID=chromosome:1"),
        ("gene", 110, 150, "ID=gene:A"),
        ("mRNA", 110, 150, "ID=transcript:A1;Parent=gene:A"),
        ("exon", 110, 120, "Parent=transcript:A1"),
        ("gene", 90, 130, "ID=gene:B"),
        ("exon", 120, 130, "Parent=transcript:B1"),
    ]
    text = "".join(f"21\t.\t{kind}\t{start}\t{end}\t.\t+\t.\t{more}\n" for kind, start, end, more in rows)
    with gzip.open(tmp_path / "a.gff3.gz", "wt") as file:
        file.write("##gff-version 3\n" + text)
    moved = [line.split("\t") for line in moved_genes(tmp_path / "a.gff3.gz", 100, 200)]
    assert [(row[0], row[2], int(row[3]), int(row[4])) for row in moved] == [
        ("chr21", "gene", 10, 50),
        ("chr21", "mRNA", 10, 50),
        ("chr21", "exon", 10, 20),
    ]
