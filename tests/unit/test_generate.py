from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.segmentation.title_control import control_titles
from genomebook.annotation.genes import read_genes
from genomebook.errors import ReaderError
from genomebook.genome.regions import Contig
from genomebook.models.checkpoint import open_checkpoint
from genomebook.models.generate import (
    MAX_TOKENS,
    PROMPT,
    English,
    Titler,
    load_titler,
)
from genomebook.models.registry import load_reader
from genomebook.models.torch_reader import TorchReader
from genomebook.training.shipping.export import add_graph
from tests.support.checkpoints import dna, edit, tiny


@pytest.fixture(scope="module")
def titler() -> Titler:
    """The shipped reader on ONNX Runtime."""
    return load_titler()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A causal checkpoint of random weights with a graph; read only."""
    folder = tiny(tmp_path_factory.mktemp("titles") / "causal")
    add_graph(folder)
    return folder


def letters_of(fasta: Path) -> bytes:
    return "".join(fasta.read_text().splitlines()[1:]).encode()


def sections(letters: bytes, size: int = 1500) -> list[bytes]:
    return [letters[i : i + size] for i in range(0, len(letters) - size, size)]


# English without the library


@pytest.mark.parametrize("text", [PROMPT, "the", "Summary", "biology2020", "e.g.", "in", "QQQ"])
def test_english_is_tokenized_as_by_the_library(titler: Titler, text: str) -> None:
    assert titler.english.encode(text) == titler.scripts.text(text).tolist()


def test_english_is_read_as_by_the_library(titler: Titler) -> None:
    text = "It was the best of times: naïve, “quoted”, 37 °C, and 中文."
    ids = titler.scripts.text(text).tolist()
    assert titler.english.decode(ids) == titler.scripts.decode(np.array(ids, np.uint16)) == text
    everything = titler.english.decode(
        range(titler.english.first, titler.english.first + len(titler.english))
    )
    assert "\ufffd" not in everything
    assert everything == " ".join(everything.split())
    assert (
        titler.english.decode(titler.scripts.text("two\nlines\x07, a\x00 tab\t.").tolist())
        == "two lines, a tab ."
    )
    half = titler.scripts.text("中").tolist()[:1]  # a byte of a letter
    assert titler.english.decode(half) in ("", "中")


# generation


def greedy(folder: Path, words: NDArray[np.uint16]) -> str:
    """The same by transformers' own logits over all words, by definition."""
    import torch

    checkpoint = open_checkpoint(folder)
    model, scripts, english = TorchReader(checkpoint).model, checkpoint.scripts, English(checkpoint)
    seen = [scripts.mark("<end>"), *words[: checkpoint.window // 2].tolist(), *scripts.text(PROMPT).tolist()]
    said: list[int] = []
    while len(said) < MAX_TOKENS:
        with torch.inference_mode():
            logits = model(torch.tensor([seen + said])).logits[0, -1]
        for i in torch.argsort(logits, descending=True).tolist():
            longer = [*said, i]
            triples = list(zip(longer, longer[1:], longer[2:], strict=False))
            if english.first <= i < english.first + len(english) and len(set(triples)) == len(triples):
                said.append(i)
                break
    return english.decode(said)


def test_it_says_the_likeliest_english_and_no_three_words_twice(folder: Path) -> None:
    readers = {
        "onnx": load_reader(folder, runtime="onnx"),
        "torch": load_reader(folder, runtime="torch"),
        "torch in batches": TorchReader(open_checkpoint(folder), budget=192),
    }
    found = set()
    for seed in range(6):
        words = dna(50, seed)
        wanted = greedy(folder, words)
        for name, reader in readers.items():
            assert Titler(reader).title(words) == wanted, name  # type: ignore[arg-type]
        found.add(wanted)
    assert len(found) > 1


def test_titles_of_chromosome_m(titler: Titler, chrm_fasta: Path) -> None:
    genes = read_genes(chrm_fasta.with_name("NC_012920.1.genes.tsv"), [Contig("chrM", 16569, "chrM", 0)])
    letters = letters_of(chrm_fasta)
    for gene in genes[genes["biotype"] == "protein_coding"].head(4).itertuples():
        ids = titler.scripts.dna(letters[gene.start : gene.end])
        title = titler.title(ids)
        assert title == titler.title(ids.copy())
        assert 1 <= len(title) <= 200
        assert title.isprintable()
        # English only: no DNA word and no mark can be said
        assert "<" not in title
        said = [i for i in titler.scripts.text(" " + title).tolist() if i >= titler.english.first]
        assert 1 <= len(said) <= 2 * MAX_TOKENS
        # only the first words matter, and gaps are passed over
        assert titler.title(ids[: titler.max_words]) == title
        assert titler.title(np.insert(ids, 5, 0)) == title


def test_no_words_no_title(titler: Titler) -> None:
    assert titler.title(np.empty(0, np.uint16)) == ""
    assert titler.title(np.zeros(3, np.uint16)) == ""


def test_readers_that_cannot_make_titles_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"encoder-mini: is masked.*give a causal model"):
        load_titler("encoder-mini")
    short = tiny(tmp_path / "short")
    edit(short, window=32)
    with pytest.raises(ReaderError, match="window of 32 words is too short"):
        load_titler(str(short))


def test_no_torch_and_no_tokenizers_are_needed(
    titler: Titler, chrm_fasta: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The base install makes titles."""
    wanted = titler.title(titler.scripts.dna(letters_of(chrm_fasta)))
    for name in ("torch", "transformers", "tokenizers"):
        monkeypatch.setitem(sys.modules, name, None)
    fresh = load_titler()
    assert fresh.title(fresh.scripts.dna(letters_of(chrm_fasta))) == wanted


# the control


def test_control_of_what_a_shuffle_cannot_change(titler: Titler) -> None:
    """A run of one letter is its own shuffle."""
    found = control_titles(titler, [b"A" * 200] * 3)
    assert found.titles == found.shuffled
    assert (found.n, found.same, found.chance, found.distinct, found.distinct_shuffled) == (3, 1, 1, 1, 1)
    assert found.low == pytest.approx(0.4385, abs=1e-4)  # Wilson: 3 of 3
    assert found.high == 1


def test_control_counts_by_definition(titler: Titler, chrm_fasta: Path) -> None:
    units = [*sections(letters_of(chrm_fasta))[:5], b"AC" * 80, b"AC" * 80, b"T" * 100]
    found = control_titles(titler, units)
    assert found == control_titles(titler, units)
    n = len(units)
    assert found.same == sum(a == b for a, b in zip(found.titles, found.shuffled, strict=True)) / n
    others = [found.titles[i] == found.shuffled[j] for i in range(n) for j in range(n) if i != j]
    assert found.chance == pytest.approx(sum(others) / len(others))
    assert found.distinct == len(set(found.titles))
    assert found.distinct_shuffled == len(set(found.shuffled))
    assert 0 <= found.low <= found.same <= found.high <= 1


def test_control_of_no_units(titler: Titler) -> None:
    found = control_titles(titler, [])
    assert (found.n, found.titles) == (0, ())
    assert math.isnan(found.same)
