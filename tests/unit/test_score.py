"""Scores of a book: rows are words, bytes do not depend on shares or workers, an interrupted run goes on."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from genomebook.book import Book
from genomebook.errors import (
    BookError,
    DamagedBookError,
    GenomebookError,
    OptionError,
    ReaderError,
    SharesError,
)
from genomebook.files.digests import canonical, file_digest
from genomebook.files.manifest import validated
from genomebook.models.reader import Reader
from genomebook.models.registry import load_reader
from genomebook.pipeline.scores import ScoresMeta, score
from genomebook.training.shipping.export import add_graph
from tests.support.books import fasta, letters, make, snapshot
from tests.support.checkpoints import WIDTH, tiny

RECORDS = {
    "chr1": letters(4000, 1) + b"N" * 70 + letters(900, 2).lower() + b"nn" + letters(3, 3) + b"N",
    "chr2": b"N" * 30,
    "chr10": b"R" + letters(700, 4),
}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with gaps at every kind of place; read only."""
    folder = tmp_path_factory.mktemp("score")
    (folder / "genome.fa").write_bytes(fasta(RECORDS))
    return make(folder / "genome.fa", folder / "book").path


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader of the book's words."""
    return load_reader(add_graph(tiny(tmp_path_factory.mktemp("reader") / "tiny")).parent)


@pytest.mark.parametrize("hidden", [False, True])
def test_rows_are_the_words_of_the_book(book: Path, reader: Reader, tmp_path: Path, hidden: bool) -> None:
    output = score(book, reader, tmp_path / "scores", workers=2, hidden=hidden)
    file = output / "scores.json"
    body = json.loads(file.read_text())
    meta = validated(file, body, ScoresMeta, "score the book again")
    assert file.read_bytes() == canonical(body) == canonical(msgspec.to_builtins(meta))
    opened = Book.open(book)
    assert body["reader"] == {"name": reader.name, "digest": reader.digest}
    assert meta.book == opened.digest
    assert [scored.name for scored in meta.volumes] == ["chr1", "chr2", "chr10"]
    for scored in meta.volumes:
        assert scored.sha256 == file_digest(output / scored.file)
        table = pq.read_table(output / scored.file).to_pandas()
        words = opened[scored.name].words()
        np.testing.assert_array_equal(table["start"], words.starts)
        np.testing.assert_array_equal(table["end"], words.ends)
        gaps = words.ids == 0
        edges = np.flatnonzero(np.diff(gaps, prepend=True, append=True)).reshape(-1, 2)
        expected = [reader.score(words.ids[a:b], hidden=True) for a, b in edges]
        for number, name in enumerate(("sentence", "paragraph")):
            assert table[name].dtype == np.float32
            assert (table[name].isna() == gaps).all()
            joined = [found.boundary[:, number] for found in expected if found.boundary is not None]
            assert np.array_equal(table[name][~gaps], np.concatenate([np.empty(0, np.float32), *joined]))
        bits = [found.surprisal for found in expected if found.surprisal is not None]
        assert np.array_equal(table["surprisal"][~gaps], np.concatenate([np.empty(0, np.float32), *bits]))
        assert ("hidden" in table) == hidden
        if hidden and len(expected):
            states = np.stack(table["hidden"][~gaps].to_list())
            assert states.dtype == np.float16
            assert np.array_equal(
                states,
                np.concatenate([f.hidden for f in expected if f.hidden is not None]).astype(np.float16),
            )


def test_bytes_do_not_depend_on_shares_or_workers(
    book: Path, reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genomebook.pipeline.scores.ROWS_PER_GROUP", 100)  # several row groups
    results = {
        (share, workers): snapshot(score(book, reader, tmp_path / f"{share}-{workers}", workers, share=share))
        for share, workers in ((10_000, 1), (150, 3), (37, 2))
    }
    assert len({json.dumps(result) for result in results.values()}) == 1
    assert pq.ParquetFile(tmp_path / "37-2" / "00001.parquet").num_row_groups > 3


class Stops:
    """A reader that is interrupted after a few shares."""

    def __init__(self, reader: Reader, calls: int) -> None:
        self._reader, self.calls, self.words = reader, calls, reader.words

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)

    def score(self, *arguments: object, **options: object) -> object:
        if not self.calls:
            raise KeyboardInterrupt
        self.calls -= 1
        return self._reader.score(*arguments, **options)  # type: ignore[arg-type]


def test_an_interrupted_run_goes_on(book: Path, reader: Reader, tmp_path: Path) -> None:
    expected = snapshot(score(book, reader, tmp_path / "whole", workers=1))
    output = tmp_path / "scores"
    with pytest.raises(KeyboardInterrupt):
        score(book, Stops(reader, 5), output, workers=1, share=100)  # type: ignore[arg-type]
    assert not output.exists()
    kept = sorted(path.name for path in (tmp_path / "scores.part" / "scratch").iterdir())
    assert len(kept) >= 3
    assert all(name.endswith(".share") for name in kept)
    counting = Stops(reader, 10**6)
    score(book, counting, output, workers=1, share=100)  # type: ignore[arg-type]
    fresh = Stops(reader, 10**6)
    score(book, fresh, tmp_path / "fresh", workers=1, share=100)  # type: ignore[arg-type]
    assert counting.calls > fresh.calls  # shares that were done are not done again
    assert snapshot(output) == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fresh", "scores", "whole"]


def test_shares_of_another_reader_are_neither_mixed_in_nor_lost(
    book: Path, reader: Reader, tmp_path: Path
) -> None:
    other = load_reader(add_graph(tiny(tmp_path / "other", seed=5)).parent)
    output = tmp_path / "scores"
    with pytest.raises(KeyboardInterrupt):
        score(book, Stops(other, 5), output, workers=1, share=100)  # type: ignore[arg-type]
    kept = snapshot(tmp_path / "scores.part")
    with pytest.raises(SharesError, match=r"planned already with another digests.*remove .*scores\.part"):
        score(book, reader, output, workers=1, share=100)
    assert snapshot(tmp_path / "scores.part") == kept


def test_shares_outlive_a_device_that_runs_out_of_memory(book: Path, reader: Reader, tmp_path: Path) -> None:
    class Full(Stops):
        def score(self, *arguments: object, **options: object) -> object:
            if not self.calls:
                raise ReaderError("its memory does not hold a window")
            return super().score(*arguments, **options)

    for calls, is_kept in ((0, False), (5, True)):
        with pytest.raises(ReaderError, match="its memory"):
            score(book, Full(reader, calls), tmp_path / "scores", workers=1, share=100)  # type: ignore[arg-type]
        assert any(tmp_path.glob("scores.part/scratch/*.share")) == is_kept


def test_progress_counts_every_word(book: Path, reader: Reader, tmp_path: Path) -> None:
    told: list[int] = []
    score(book, reader, tmp_path / "scores", workers=2, share=100, advance=told.append)
    assert sum(told) == sum(volume.counts["words"] for volume in Book.open(book))


def test_masked_reader_leaves_boundaries_empty(book: Path, tmp_path: Path) -> None:
    reader = load_reader(add_graph(tiny(tmp_path / "masked", "masked")).parent)
    output = score(book, reader, tmp_path / "scores", workers=1, hidden=True)
    table = pq.read_table(output / "00003.parquet")
    assert table["sentence"].null_count == table["paragraph"].null_count == len(table)
    assert table["surprisal"].null_count == 0
    assert table.schema.field("hidden").type.list_size == WIDTH


def test_bad_input(book: Path, reader: Reader, tmp_path: Path) -> None:
    def refused(words: str, source: Path, output: Path, kind: type[GenomebookError] = OptionError) -> None:
        with pytest.raises(kind, match=words) as caught:
            score(source, reader, output, workers=1)
        assert "\n" not in str(caught.value)

    refused("no book here", tmp_path, tmp_path / "a", BookError)
    refused("no such folder", book, tmp_path / "no" / "a")
    (tmp_path / "taken").mkdir()
    refused("exists already", book, tmp_path / "taken")
    (tmp_path / "genome.fa").write_bytes(fasta({"a": letters(500, 1)}))
    damaged = make(tmp_path / "genome.fa", tmp_path / "damaged").path
    words = next(damaged.rglob("words.u16"))
    words.write_bytes(words.read_bytes()[:-2])
    refused(r"words\.u16: \d+ bytes, \d+ expected; restore", damaged, tmp_path / "a", DamagedBookError)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged", "genome.fa", "taken"]


def test_reader_of_other_words(book: Path, reader: Reader, tmp_path: Path) -> None:
    other = Stops(reader, 0)
    other.words = "another"
    with pytest.raises(ReaderError, match="does not read words-600; build the book with the model's words"):
        score(book, other, tmp_path / "a", workers=1)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
