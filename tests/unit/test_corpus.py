"""Corpora: both strands, paragraphs, what is held out, and everything that is refused."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from genomebook.errors import (
    CorpusError,
    FastaError,
    GenomebookError,
    OptionError,
    VocabularyError,
)
from genomebook.language.alphabet import reverse_complement
from genomebook.training.corpora.batches import Batches, BatchPlan, ScriptWindows
from genomebook.training.corpora.corpus import Corpus, CorpusSources, documents, is_held_out
from tests.support.corpora import build, texts
from tests.support.dna import random_dna


@pytest.fixture(scope="module")
def corpus(sources: CorpusSources, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build(sources, tmp_path_factory.mktemp("corpus") / "c")


def runs(tokens: np.ndarray, end: int) -> list[np.ndarray]:
    edges = np.flatnonzero(tokens == end)
    assert edges[0] == 0
    assert edges[-1] == len(tokens) - 1
    return [tokens[a + 1 : b] for a, b in pairwise(edges)]


def test_dna_is_written_on_both_strands_without_gaps(corpus: Corpus) -> None:
    spelled = [
        corpus.scripts.decode(run)
        for run in runs(corpus.tokens("dna", "train"), corpus.scripts.mark("<end>"))
    ]
    left, right = random_dna(30_000, 1), random_dna(9_000, 2)
    wanted = [left, right, reverse_complement(right), reverse_complement(left)]
    assert spelled == [letters.decode() for letters in wanted]


def test_contigs_are_left_out_and_held_out_under_any_name(corpus: Corpus) -> None:
    test = [
        corpus.scripts.decode(run) for run in runs(corpus.tokens("dna", "test"), corpus.scripts.mark("<end>"))
    ]
    assert test[0] == random_dna(8_000, 4).decode()
    assert corpus.meta.dna == ["train:chr4", "test:chr22"]


def test_the_manifest_is_typed_without_loss_and_its_fields_are_named(corpus: Corpus, tmp_path: Path) -> None:
    written = json.loads((corpus.folder / "corpus.json").read_text())
    assert msgspec.to_builtins(corpus.meta) == written
    shutil.copytree(corpus.folder, tmp_path / "c")
    written["parts"]["dna"]["train"]["tokens"] = -1
    (tmp_path / "c" / "corpus.json").write_text(json.dumps(written))
    with pytest.raises(CorpusError, match=r"corpus\.json: .*\$\.parts\[\.\.\.\]\[\.\.\.\]\.tokens"):
        Corpus(tmp_path / "c")


def test_english_keeps_paragraphs_and_holds_documents_out(corpus: Corpus) -> None:
    end = corpus.scripts.mark("<end>")
    found = {
        part: [corpus.scripts.decode(run) for run in runs(corpus.tokens("english", part), end)]
        for part in ("train", "test")
    }
    wanted = {text.replace("\n\n", "\n"): is_held_out(text) for text in texts(60)}
    assert set(found["test"]) == {text for text, out in wanted.items() if out}
    assert set(found["train"]) == {text for text, out in wanted.items() if not out}
    assert found["test"]
    assert corpus.letters_per_token("english", "train") > 1


def test_the_same_sources_give_the_same_corpus(
    corpus: Corpus, sources: CorpusSources, tmp_path: Path
) -> None:
    again = build(sources, tmp_path / "again")
    for path in corpus.folder.iterdir():
        assert path.read_bytes() == (again.folder / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("change", "options", "error", "says"),
    [
        ({"dna": ()}, {}, OptionError, "no dna given"),
        ({"english": ()}, {}, OptionError, "no english given"),
        ({"skip": ("4", "21", "22")}, {}, FastaError, "no record is left"),
        ({}, {"english_size": 30_000}, VocabularyError, "holds only"),
        ({}, {"words": "words-77"}, VocabularyError, "no such vocabulary"),
    ],
)
def test_unusable_sources_are_one_line_and_nothing_is_written(
    sources: CorpusSources,
    tmp_path: Path,
    change: dict,
    options: dict,
    error: type[GenomebookError],
    says: str,
) -> None:
    from dataclasses import replace

    with pytest.raises(error, match=says) as caught:
        build(replace(sources, **change), tmp_path / "out", **options)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_one_script_alone_is_made_when_asked_and_refused_in_training(
    sources: CorpusSources, tmp_path: Path
) -> None:
    from dataclasses import replace

    alone = build(replace(sources, english=()), tmp_path / "dna", one_script=True)
    assert len(alone.tokens("english", "train")) == 1
    with pytest.raises(CorpusError, match="holds no english"):
        Batches(alone, BatchPlan(4, 0.5), 32, 0)
    Batches(alone, BatchPlan(4, 1.0), 32, 0)


def test_text_that_is_none_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "books.jsonl"
    path.write_text('{"text": "fine"}\n{"title": "no text"}\n')
    with pytest.raises(VocabularyError, match=r"books\.jsonl, line 2"):
        list(documents(path))
    plain = tmp_path / "plain.txt"
    plain.write_text("one\n\ntwo")
    assert list(documents(plain)) == ["one\n\ntwo"]


def test_a_cut_shard_is_refused(sources: CorpusSources, tmp_path: Path) -> None:
    made = build(sources, tmp_path / "cut")
    shard = made.folder / "dna-train-00000.u16"
    shard.write_bytes(shard.read_bytes()[:-2])
    with pytest.raises(CorpusError, match="cut short"):
        Corpus(made.folder).tokens("dna", "train")


def test_an_epoch_shows_every_window_once() -> None:
    tokens = np.arange(1000, dtype=np.uint16)
    stream = ScriptWindows(tokens, 50, 0, "dna")
    first = np.concatenate([stream.take(i) for i in range(stream.windows)])
    assert len(set(first.tolist())) == len(first) == stream.windows * 50
    second = np.concatenate([stream.take(i) for i in range(stream.windows, 2 * stream.windows)])
    assert first.tolist() != second.tolist()


def test_a_step_is_the_same_whoever_asks(corpus: Corpus) -> None:
    alone = Batches(corpus, BatchPlan(8, 0.3), 64, 5)
    rows = [alone.step(step) for step in range(6)]
    shares = [Batches(corpus, BatchPlan(8, 0.3), 64, 5).step(4, rank, 2) for rank in range(2)]
    together = np.empty_like(rows[4][0])
    for rank, (ids, _) in enumerate(shares):
        together[rank::2] = ids
    assert (together == rows[4][0]).all()
    assert sum(int(is_dna.all(axis=1).sum()) for _, is_dna in rows) == int(6 * 8 * 0.3)
    assert all(row.all() or not row.any() for _, is_dna in rows for row in is_dna)
