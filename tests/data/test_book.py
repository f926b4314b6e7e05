"""Book on real data."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

from genomebook.book.verify import problems
from tests.support import books
from tests.support.book_tables import check_tables


@pytest.mark.data
def test_real_regions_come_back_letter_for_letter(shared: Path, tmp_path: Path) -> None:
    book = books.make(
        shared / "data/genome/GRCh38_regions.fa.gz", tmp_path / "a.book", words="words-4096", shard=100_000
    )
    with (shared / "data/genome/regions.tsv").open() as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["assembly"] == "GRCh38"]
    by_digest = {volume.md5: volume for volume in book}
    named = [row for row in rows if row["md5_upper"] in by_digest]
    assert len(named) == len(book)
    for row in named:
        volume = by_digest[row["md5_upper"]]
        sequence = volume.sequence()
        assert hashlib.md5(sequence.upper()).hexdigest() == row["md5_upper"]
        assert len(sequence) == int(row["length"])
        assert sequence.upper().count(b"N") == volume.counts["gap_letters"] == int(row["N"])
        lower = sum(map(sequence.count, (b"a", b"c", b"g", b"t", b"n")))
        assert lower == volume.counts["lower_case_letters"] == int(row["lowercase"])
        check_tables(volume)
    assert problems(book) == []
