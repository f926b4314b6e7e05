"""English text into paragraphs, sentences and hidden text; readers that learn where they end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from genomebook.errors import OptionError, ReaderError
from genomebook.models.checkpoint import open_checkpoint
from genomebook.models.registry import load_reader
from genomebook.training.boundaries.baselines import NextWord, fixed_scores, punctuation_scores
from genomebook.training.boundaries.heads import BoundaryTuning, Heads, LabelledWindows, head_scores
from genomebook.training.boundaries.train import boundaries
from genomebook.training.corpora.english_text import paragraphs, sentences
from genomebook.training.corpora.labelled_text import (
    TokenizedDocument,
    hidden_text,
    lower,
    open_text,
    tokenize,
)
from genomebook.training.shipping.folder import load_model, record_of
from tests.support.checkpoints import dna, scripts, tiny
from tests.support.english import made_up

pytestmark = pytest.mark.usefixtures("one_torch_thread")

BOOK = """Produced by Somebody

*** START OF THIS EBOOK ***

CHAPTER I.

It was late when Mr. Darcy came home to J. Smith of the U.S. army.
"What!" Alice cried, "is it you?" They went on to p. 7
of the _old_ book[3]--and then they slept.

   O wild west wind,
   Thou breath of autumn,
   Thou unseen presence.

He said “no.” The rain fell (at 5 p.m.). It was I. Nobody knew;
nobody asked.

  * An item.

Darwin, Charles, 12.

*** END OF THIS EBOOK ***

Licence terms are here.
"""


def test_only_prose_is_kept():
    found = paragraphs(BOOK)
    assert [text.split()[0] for text in found] == ["It", "He"]
    assert found[0].endswith("of the old book--and then they slept.")
    assert found[1].startswith('He said "no."')


def test_sentences_end_by_the_rules():
    first, second = paragraphs(BOOK)
    cut = [[text[a:b] for a, b in sentences(text)] for text in (first, second)]
    assert [s.split()[0] for s in cut[0]] == ["It", '"What!"', "They"]
    assert [s.split()[0] for s in cut[1]] == ["He", "The", "It", "Nobody"]
    for text, found in ((first, cut[0]), (second, cut[1])):
        assert " ".join(found) == text  # nothing is lost, nothing is there twice


def test_hidden_text_has_no_mark_of_an_end():
    text = hidden_text(BOOK)
    joined = " ".join(text.words)
    assert not set(joined) & set('!?"()[]-_*“”')
    assert not [word for word in text.words if word.endswith(".")]
    assert joined.startswith("It was late when Mr Darcy")
    assert "late" in joined
    assert int(text.ends[:, 0].sum()) == 7
    assert [text.words[i] for i in np.flatnonzero(text.ends[:, 1])] == ["slept", "asked"]
    assert len(open_text(BOOK).words) == len(text.words)
    assert (open_text(BOOK).ends == text.ends).all()
    assert lower(text).words == [word.lower() for word in text.words]


def test_words_are_spelt_with_their_ends_and_marks():
    text = hidden_text(BOOK)
    tokenized = tokenize(scripts(), text)
    assert tokenized.ids[0] == scripts().mark("<end>")
    assert scripts().decode(tokenized.ids[1:].astype(np.uint16)) == " " + " ".join(text.words)
    word = scripts().decode(tokenized.ids[tokenized.last[2] + 1 : tokenized.last[3] + 1].astype(np.uint16))
    assert word == f" {text.words[3]}"
    mark = scripts().mark("<p_end>")
    marked = tokenize(scripts(), text, {1: np.array([mark])})
    assert (np.flatnonzero(marked.ids == mark) - 1).tolist() == marked.last[text.ends[:, 1]].tolist()


def test_rules_find_what_they_can():
    text = hidden_text(BOOK)
    assert fixed_scores(text, np.array([4.0, 9.0]))[:9].argmax(axis=0).tolist() == [3, 8]
    rule = NextWord([text]).scores(text)
    before = text.words.index("They") - 1
    assert rule[before, 0] > 0.5 > rule[before, 1]
    open_words = open_text(BOOK)
    called = punctuation_scores(open_words)[:, 0] == 1
    assert called[text.ends[:, 0]].mean() > 0.8
    assert not called[text.words.index("Mr")]


TUNING = BoundaryTuning(steps=40, rows=8, rate=3e-3, words=4000)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    folder = tmp_path_factory.mktemp("boundaries")
    start = tiny(folder / "start", boundaries=False)
    train, test = [made_up(i) for i in range(6)], [made_up(i) for i in (10, 11)]
    body = boundaries(
        start, train, test, dna(3000), output=folder / "out", result=folder / "out.json",
        tuning=TUNING, seed=0, report=lambda line: None,
    )  # fmt: skip
    return folder, body


def row(body: dict, finder: str, text: str, end: str) -> dict:
    return next(r for r in body["rows"] if (r["finder"], r["text"], r["end"]) == (finder, text, end))


def test_heads_learn_where_the_truth_can_be_known(learnt):
    _, body = learnt
    for case in ("capitals", "small letters"):
        ours = row(body, "heads on hidden text", case, "sentence")
        assert ours["f1"] > 0.8
        for rival in ("fixed length", "random at the same rate"):
            assert row(body, rival, case, "sentence")["f1"] < 0.6
            assert row(body, rival, case, "sentence")["recall"] < 0.6  # the rate of training, not every word
        paragraph = row(body, "heads on hidden text", case, "paragraph")
        rival = row(body, "random at the same rate", case, "paragraph")
        assert paragraph["average_precision"] > rival["average_precision"] + 0.2


def test_results_are_written_beside_a_checkpoint_that_opens(learnt):
    folder, body = learnt
    assert json.loads((folder / "out.json").read_text())["rows"] == body["rows"]
    table = (folder / "out.md").read_text()
    assert table.count("\n| ") == len(body["rows"]) + 1
    checkpoint = open_checkpoint(folder / "out")
    assert checkpoint.lookahead == body["lookahead"]
    assert "boundary" in checkpoint.gives
    assert record_of(checkpoint.folder)["training"]["boundaries"]["tuning"]["steps"] == TUNING.steps


def test_a_reader_gives_the_same_log_odds(learnt):
    folder, body = learnt
    reader = load_reader(str(folder / "out"), runtime="torch")
    run = dna(50)
    ids = np.append(scripts().mark("<end>"), run).astype(np.int64)
    tokenized = TokenizedDocument(ids, np.arange(1, 51), np.zeros((50, 2), np.bool_))
    given = reader.score(run).boundary
    tensors = open_checkpoint(folder / "out").tensors("boundaries.safetensors")
    heads = Heads(32, (body["lookahead"],), np.array([0.1, 0.1]))
    state = {key: np.ascontiguousarray(value)[None] for key, value in tensors.items()}
    heads.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    model = load_model(folder / "out", "causal").eval()
    here = head_scores(model, heads, tokenized, 64, scripts().mark("<end>"))[:, 0]
    np.testing.assert_allclose(given, here, atol=1e-3)


def test_the_same_seed_gives_the_same_weights(learnt, tmp_path):
    folder, _ = learnt
    train, test = [made_up(i) for i in range(6)], [made_up(10)]
    tuning = BoundaryTuning(steps=3, rows=4, words=1000)
    for name in ("a", "b"):
        boundaries(
            folder / "start", train, test, None, output=tmp_path / name, result=tmp_path / f"{name}.json",
            tuning=tuning, seed=5, report=lambda line: None, published=False,
        )  # fmt: skip
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("a", "b")]
    assert weights[0] == weights[1]
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()


def test_bad_input_is_one_line_and_nothing_written(learnt, tmp_path):
    folder, _ = learnt
    masked = tiny(tmp_path / "masked", kind="masked")
    common = {"tuning": TUNING, "seed": 0, "report": lambda line: None, "result": tmp_path / "r.json"}
    with pytest.raises(OptionError, match="finished model"):
        boundaries(folder / "start", ["a"], ["b"], None, output=folder / "out", **common)
    with pytest.raises(ReaderError, match="causal"):
        boundaries(masked, ["a"], ["b"], None, output=tmp_path / "o", **common)
    with pytest.raises(ReaderError, match="too few"):
        boundaries(folder / "start", [made_up(0)], ["b"], None, output=tmp_path / "o", **common)
    with pytest.raises(ReaderError, match="fewer than a window"):
        LabelledWindows([tokenize(scripts(), hidden_text("It was late."))], 64)
    assert not (tmp_path / "o").exists()
    assert not (tmp_path / "r.json").exists()
