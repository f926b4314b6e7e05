"""Senses: two planted ones are found, a Gaussian has one, and what is measured is what the formula says."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from benchmarks.lexicon.atlas import gaussian_like
from genomebook.book import Book
from genomebook.book.schema import AMBIGUITY, SENSES
from genomebook.book.verify import problems
from genomebook.errors import ReaderError
from genomebook.lexicon.occurrences import Occurrences
from genomebook.models.registry import load_reader
from genomebook.pipeline.atlas.embeddings import Contexts
from genomebook.pipeline.lexicon.senses import (
    DRAWS,
    MIN_OCCURRENCES,
    divide,
    find_senses,
    principal,
    self_similarity,
    silhouette,
)
from genomebook.pipeline.lexicon.senses_book import senses_of_book
from tests.support import books
from tests.support.stages import Stages

WIDTH = 24


def random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def planted(senses: int, each: int, apart: float, seed: int = 0) -> np.ndarray:
    """MapPoints about as many centres, in an order that mixes them."""
    rng = random(seed)
    centres = apart * rng.standard_normal((senses, WIDTH))
    return (centres[np.arange(senses * each) % senses] + rng.standard_normal((senses * each, WIDTH))).astype(
        "f4"
    )


def sample(words: dict[int, np.ndarray]) -> Contexts:
    """Contexts of some words, one after the other in the text."""
    ids = np.concatenate([np.full(len(rows), word, np.uint16) for word, rows in words.items()])
    rows = np.concatenate(list(words.values()))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    counts = np.bincount(ids, minlength=64)
    none = np.full(64, np.nan)
    return Contexts(
        ids, np.arange(len(ids)) * 3, vectors, counts, np.zeros((64, WIDTH)), none, len(ids), len(ids)
    )


@pytest.mark.parametrize("senses", [2, 3, 4])
def test_planted_senses_are_found(senses: int) -> None:
    found = divide(planted(senses, 16, 3.0), (0, 7))
    assert found.labels.max() + 1 == senses
    assert found.p == pytest.approx(1 / (DRAWS + 1))
    groups = found.labels.reshape(-1, senses)
    assert (groups == groups[0]).all()
    assert sorted(groups[0]) == list(range(senses))


def test_a_gaussian_is_one_sense_as_often_as_the_level_says() -> None:
    spread = np.linspace(0.1, 4, WIDTH)
    many = [
        divide(random(seed).standard_normal((40, WIDTH)) * spread, (0, seed)).labels.max()
        for seed in range(60)
    ]
    assert np.count_nonzero(many) <= 9  # 3 expected; more than 9 has a probability below 0.002


def test_few_occurrences_are_not_divided() -> None:
    found = divide(planted(2, MIN_OCCURRENCES // 2, 9.0)[:-1], (0, 1))
    assert not found.labels.any()
    assert found.p == 1


def test_the_same_points_are_divided_alike_and_others_by_their_own_draws() -> None:
    rows = planted(2, 16, 0.45)
    assert divide(rows, (0, 3)).p == divide(rows, (0, 3)).p
    assert len({divide(rows, (0, word)).p for word in range(8)}) > 1


def test_silhouette_is_the_published_one() -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    rows, labels = planted(3, 12, 1.0), np.arange(36) % 3
    apart = np.linalg.norm(rows[:, None].astype("f8") - rows[None], axis=2)
    assert silhouette(apart, labels) == pytest.approx(
        sklearn.silhouette_score(apart, labels, metric="precomputed")
    )


def test_principal_directions_keep_distances_when_there_are_few() -> None:
    rows = random(1).standard_normal((30, 6))
    kept = principal(rows)
    assert kept.shape == (30, 10)
    np.testing.assert_allclose(
        np.linalg.norm(kept[:, None] - kept[None], axis=2),
        np.linalg.norm(rows[:, None] - rows[None], axis=2),
        atol=1e-6,
    )


def test_a_gaussian_like_them_has_their_mean_and_covariance() -> None:
    rows = planted(2, 2000, 1.0)[:, :4]
    drawn = gaussian_like(rows, (0,))
    np.testing.assert_allclose(drawn.mean(0), rows.mean(0), atol=0.15)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(rows.T), atol=0.25)


def test_self_similarity_is_the_mean_over_pairs() -> None:
    words = {20: planted(1, 5, 1.0, 1), 30: planted(1, 4, 1.0, 2), 40: planted(1, 1, 1.0, 3)}
    found = sample(words)
    table = self_similarity(found).set_index("id")
    unit = {word: found.vectors[part].astype("f8") for word, part in found.groups()}
    for word in (20, 30):
        pairs = [a @ b for a, b in itertools.combinations(unit[word], 2)]
        assert table.loc[word, "similarity"] == pytest.approx(np.mean(pairs), abs=6e-5)
    assert np.isnan(table.loc[40, "similarity"])
    others = [np.mean([a @ b for a in unit[20] for b in unit[word]]) for word in (30, 40)]
    assert table.loc[20, "chance"] == pytest.approx(np.mean(others), abs=6e-5)
    assert table["sampled"].tolist() == [5, 4, 1]


def test_examples_are_the_occurrences_nearest_to_the_centre_of_their_sense() -> None:
    found = sample({20: planted(2, 20, 3.0), 30: planted(1, 3, 1.0)})
    table = find_senses(found)
    assert table[["id", "sense"]].to_numpy().tolist() == [[20, 1], [20, 2], [30, 1]]
    assert table["share"].tolist() == [0.5, 0.5, 1.0]
    for sense, first in ((1, 0), (2, 1)):
        rows = found.vectors[first:40:2].astype("f8")
        away = np.linalg.norm(rows - rows.mean(0), axis=1)
        expected = 3 * (first + 2 * np.argsort(away)[:5])
        assert table[(table["id"] == 20) & (table["sense"] == sense)]["examples"].iloc[0] == expected.tolist()
    assert sorted(table["examples"].iloc[2]) == [120, 123, 126]


@pytest.fixture
def book(chrm_book: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(chrm_book, tmp_path / "chrM.book"))


def test_a_book_gets_both_tables_and_stays_whole(book: Path) -> None:
    before = Book.open(book).lexicon.table.set_index("id")["count"]
    stages = Stages()
    table = senses_of_book(book, load_reader("bilingual-mini"), random=False, progress=stages)
    assert list(stages.total) == ["contexts", "senses"]
    assert stages.done == stages.total
    assert stages.total["senses"] == len(table)
    opened = Book.open(book)
    assert problems(opened) == []
    assert opened.lexicon.has(AMBIGUITY)
    ambiguity, senses = opened.lexicon.ambiguity, opened.lexicon.senses
    assert ambiguity["id"].tolist() == table["id"].tolist()
    assert (ambiguity["sampled"] == np.minimum(before[ambiguity["id"]], 64).to_numpy()).all()
    assert ambiguity["random"].isna().all()
    known = ambiguity.dropna(subset="similarity")
    assert (known["similarity"] > known["chance"]).mean() > 0.95
    np.testing.assert_allclose(senses.groupby("id")["share"].sum(), 1, atol=3e-4)
    assert (senses.groupby("id")["sense"].max() == ambiguity.set_index("id")["senses"]).all()
    occurrences = Occurrences.open(opened)
    for word, examples in senses.head(50)[["id", "examples"]].itertuples(index=False):
        assert set(examples) <= set(occurrences.ordinals(word, 0, 10_000).tolist())


def test_threads_change_no_byte_and_neither_torch_nor_umap_is_needed(book: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'sklearn', 'umap', 'tokenizers'):\n"
        "    sys.modules[name] = None\n"
        "from genomebook.cli import main\n"
        f"sys.argv = ['genomebook', 'senses', {str(book)!r}]\n"
        "main()\n"
    )
    found = set()
    for threads in ("1", "3"):
        env = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), threads)
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env
        )
        assert done.returncode == 0, done.stderr
        assert "of more than one sense" in done.stdout
        found.add(tuple((book / "senses" / name).read_bytes() for name in (AMBIGUITY, SENSES)))
    assert len(found) == 1


@pytest.mark.parametrize("text", [">a\nNNNNNNNN\n>b\nNNN\n", ">a\nACG\n>b\nNNN\n"])
def test_a_book_of_next_to_nothing(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fasta, path, bed = (tmp_path / name for name in ("few.fa", "few.book", "few.bed"))
    fasta.write_text(text)
    bed.write_text("a\t0\t2\n")
    assert books.program(capsys, "build", fasta, "-o", path, "--words", "words-4096").code == 0
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        said = books.program(capsys, "senses", path, "--no-random")
        assert said.code == 0, said.err
        assert said.out.endswith("0 of more than one sense\n")
        for stage in (
            ["ground", "--track", bed],
            ["evidence", "--track", bed],
            ["evidence", "--volume", "b"],
        ):
            said = books.program(capsys, stage[0], path, *stage[1:])
            assert said.code == 0, said.err
    assert problems(Book.open(path)) == []


def test_bad_input_is_one_line(book: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no such model" in books.program(capsys, "senses", book, "--reader", "nobody").error
    assert "no book here" in books.program(capsys, "senses", tmp_path / "nothing").error
    small = books.make(tmp_fasta(tmp_path), tmp_path / "small.book")
    with pytest.raises(ReaderError, match="does not read words-600"):
        senses_of_book(small.path, load_reader("bilingual-mini"))


def tmp_fasta(folder: Path) -> Path:
    path = folder / "small.fa"
    path.write_bytes(books.fasta({"one": books.letters(2_000, 1)}))
    return path
