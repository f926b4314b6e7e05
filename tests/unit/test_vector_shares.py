"""Vectors of sentences in shares: the index made of them has the bytes of one made at once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import genomebook
from genomebook.errors import BookError, OptionError, SharesError
from genomebook.pipeline.search.index import search_index
from genomebook.pipeline.search.vector_shares import plan_vectors
from genomebook.pipeline.shares.plan import Planned
from genomebook.pipeline.shares.run import finalise, make_shares
from tests.support.books import fasta, letters, make, program, snapshot

NAME = "sentences-mini"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with an index for sequence search; read only."""
    folder = tmp_path_factory.mktemp("vectors")
    records = {"a": letters(9000, 1) + b"NN" + letters(500, 2), "b": letters(3000, 3)}
    (folder / "genome.fa").write_bytes(fasta(records))
    path = make(folder / "genome.fa", folder / "book").path
    search_index(path, encoder=None, workers=1)
    return path


def test_an_index_of_vectors_made_in_shares(
    book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search_index(book, tmp_path / "whole", encoder=NAME, workers=1)
    for shares in (1, 7):
        vectors = tmp_path / f"vectors-{shares}"
        plan = plan_vectors(book, NAME, vectors, shares=shares)
        assert make_shares(plan, [len(plan)], workers=2) == [len(plan)]
        said = program(capsys, "vectors", "share", str(vectors))
        assert said.code == 0, said.err
        finalise(Planned(vectors, "vectors"))
        index = tmp_path / f"index-{shares}"
        said = program(capsys, "index", str(book), "-o", str(index), "--vectors", str(vectors))
        assert said.code == 0, said.err
        assert snapshot(index) == snapshot(tmp_path / "whole")
    assert snapshot(tmp_path / "vectors-1") == snapshot(tmp_path / "vectors-7")


def test_bad_input(book: Path, tmp_path: Path) -> None:
    def refused(words: str, vectors: Path) -> None:
        with pytest.raises(SharesError, match=words) as caught:
            search_index(book, tmp_path / "index", encoder=NAME, vectors=vectors, workers=1)
        assert "\n" not in str(caught.value)
        assert work.exists()  # what an interrupted run has left is still there

    work = tmp_path / "index.part" / "scratch" / "seeds.json"
    work.parent.mkdir(parents=True)
    work.touch()
    with pytest.raises(OptionError, match="vectors need their encoder"):
        search_index(book, tmp_path / "index", encoder=None, vectors=tmp_path / "none", workers=1)
    refused("no vectors here", tmp_path / "none")
    vectors = tmp_path / "vectors"
    finalise(plan_vectors(book, NAME, vectors, shares=2), redo=True)
    other = tmp_path / "other"
    shutil.copytree(vectors, other)
    (other / "vectors.json").write_text((other / "vectors.json").read_text().replace('"rows":', '"rows":1'))
    refused(r"vectors\.f16: damaged, or not the one of vectors\.json", other)
    about = json.loads((vectors / "vectors.json").read_text())
    (other / "vectors.json").write_text(json.dumps({**about, "text": "0" * 64}))
    refused("vectors of another book or encoder", other)
    with (vectors / "vectors.f16").open("r+b") as file:
        file.write(b"\x01")
    refused("vectors.f16: damaged", vectors)
    make(book.with_name("genome.fa"), tmp_path / "bare")
    with pytest.raises(BookError, match="genomebook index"):
        plan_vectors(tmp_path / "bare", NAME, tmp_path / "b", shares=2)


def test_a_shipped_encoder_goes_before_a_folder_of_its_name(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(NAME).mkdir()
    assert plan_vectors(book, NAME, tmp_path / "vectors", shares=2).plan.inputs["encoder"] == NAME


def test_joining_needs_no_encoder(book: Path, tmp_path: Path) -> None:
    shutil.copytree(Path(genomebook.__file__).parent / "data" / NAME, tmp_path / "encoder")
    plan = plan_vectors(book, str(tmp_path / "encoder"), tmp_path / "vectors", shares=3)
    make_shares(plan)
    shutil.rmtree(tmp_path / "encoder")
    finalise(plan)
    finalise(plan_vectors(book, NAME, tmp_path / "whole", shares=1), redo=True)
    assert snapshot(tmp_path / "vectors") == snapshot(tmp_path / "whole")
