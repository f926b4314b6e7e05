"""The readers inside the package: whole, small, described, and the same on both runtimes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from genomebook.book import Book
from genomebook.language.vocabulary import load_vocabulary
from genomebook.models.checkpoint import open_checkpoint
from genomebook.models.registry import load_reader, shipped_readers
from genomebook.pipeline.scores import score
from genomebook.training.shipping.export import add_graph

DATA = Path(__file__).resolve().parents[2] / "genomebook" / "data"
MAX_BYTES = 48_000_000
NAMES = ("bilingual-mini", "encoder-mini")


@pytest.fixture(scope="module")
def words(chrm_book: Path) -> np.ndarray:
    """Words of the mitochondrion before its gap; no reader was trained on it."""
    return np.array(Book.open(chrm_book)["chrM"].ids[:690])


def test_what_is_shipped_is_known_and_small() -> None:
    assert tuple(shipped_readers()) == NAMES
    weights = [path for path in DATA.rglob("*") if path.suffix in {".safetensors", ".onnx"}]
    assert sum(path.stat().st_size for path in weights) <= MAX_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_the_card_says_what_it_is(name: str) -> None:
    meta = open_checkpoint(DATA / name).meta
    card = (DATA / name / "card.md").read_text()
    for said in (
        meta.weights,
        str(meta.onnx),
        f"{meta.training.tokens:,} words",
        "## Data",
        "## Limits",
    ):
        assert said in card
    assert "word frequencies" in card
    assert (DATA / name / "log.svg").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_it_reads_the_default_words_of_a_book(name: str, words: np.ndarray) -> None:
    reader = load_reader(name)
    assert reader.words == load_vocabulary("words-4096").digest
    scores = reader.score(words)
    assert scores.surprisal is not None
    assert np.isfinite(scores.surprisal).all()
    assert (scores.boundary is not None) == (name == "bilingual-mini")


def test_it_knows_real_sequence_from_words_in_another_order(words: np.ndarray) -> None:
    reader = load_reader("bilingual-mini")
    mixed = np.random.default_rng(0).permutation(words)
    assert reader.score(words).surprisal.mean() < reader.score(mixed).surprisal.mean() - 0.1  # type: ignore[union-attr]


@pytest.mark.parametrize("name", NAMES)
def test_both_runtimes_say_the_same(name: str, words: np.ndarray, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(DATA / name, folder)
    small = load_reader(folder, runtime="onnx").score(words, 0, 300, hidden=True)
    add_graph(folder, "float32")
    whole = load_reader(folder, runtime="onnx").score(words, 0, 300, hidden=True)
    torch = load_reader(folder, runtime="torch").score(words, 0, 300, hidden=True)
    for a, b, c in zip(small, whole, torch, strict=True):
        if b is not None:
            np.testing.assert_allclose(b, c, atol=1e-3)
            assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.995
    assert abs(small.surprisal.mean() / whole.surprisal.mean() - 1) < 0.01  # type: ignore[union-attr]


def test_a_book_is_scored_by_the_base_install(chrm_book: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'tokenizers', 'onnx', 'accelerate', 'huggingface_hub'):\n"
        "    sys.modules[name] = None\n"
        "from genomebook.cli import main\n"
        f"sys.argv = ['genomebook', 'score', {str(chrm_book)!r}, '-o', {str(tmp_path / 'scores')!r}]\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    table = pq.read_table(tmp_path / "scores" / "00001.parquet")
    assert table.num_rows == Book.open(chrm_book).meta.counts.words
    about = json.loads((tmp_path / "scores" / "scores.json").read_text())
    assert "bilingual-mini" in json.dumps(about)
    again = score(chrm_book, load_reader("bilingual-mini"), tmp_path / "again", workers=3, share=500)
    assert (again / "00001.parquet").read_bytes() == (tmp_path / "scores" / "00001.parquet").read_bytes()
