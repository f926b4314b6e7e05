"""Pretraining: it learns, it goes on exactly where it stopped, and transformers loads what it writes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from genomebook.errors import OptionError, ReaderError
from genomebook.training.corpora.batches import MASKED_SHARE, Batches, BatchPlan
from genomebook.training.corpora.corpus import Corpus, CorpusSources, make_corpus
from genomebook.training.figures import draw_losses, read_log
from genomebook.training.pretraining.losses import WordLosses
from genomebook.training.pretraining.pretrain import ModelSetup, PretrainingSchedule, pretrain
from genomebook.training.pretraining.sizes import ReaderSize, new_model, read_size
from tests.support.dna import random_dna

SIZE = ReaderSize(layers=1, width=32, heads=2, window=32)
SCHEDULE = PretrainingSchedule(
    steps=60, rows=4, dna_share=0.5, rate=3e-3, warmup=10, save_every=20, test_every=20
)
ROOT = Path(__file__).resolve().parents[2]


class Stopped(Exception):
    """What a test interrupts a run with."""


def quiet(line: dict) -> None:
    """No report."""


def stop_at(step: int):  # type: ignore[no-untyped-def]
    """A report that interrupts the run at a step."""

    def report(line: dict) -> None:
        if line["step"] == step:
            raise Stopped

    return report


pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("pretrain")
    unit = random_dna(400, 1)
    fasta = folder / "genome.fa"
    fasta.write_bytes(b">chr4\n" + unit * 60 + b"\n>chr22\n" + unit * 10 + b"\n")
    books = folder / "books.jsonl"
    line = "The quick brown fox number {} jumps over the lazy dog, and sleeps. "
    books.write_text("".join(json.dumps({"text": line.format(i) * 20}) + "\n" for i in range(80)))
    sources = CorpusSources((fasta,), (books,), hold_out=("chr22",))
    return make_corpus(
        sources, folder / "corpus", words="words-600", kind="two-script", english_size=300, one_script=False,
        stage=lambda name, n: lambda k: None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pretrain(
        corpus, tmp_path_factory.mktemp("run") / "tiny", ModelSetup("causal", SIZE), SCHEDULE, quiet
    )


def test_it_learns_both_scripts(trained: Path) -> None:
    lines = read_log(trained / "log.jsonl")
    for script in ("dna", "english"):
        tests = [line[f"test_{script}_bits"] for line in lines if f"test_{script}_bits" in line]
        assert len(tests) == 3
        assert tests[-1] < tests[0] - 1
    draw_losses(trained / "log.jsonl", trained.parent / "log.svg")
    assert "held out" in (trained.parent / "log.svg").read_text()


def test_transformers_loads_what_was_written(trained: Path, corpus: Corpus) -> None:
    from transformers import GPT2LMHeadModel

    model = GPT2LMHeadModel.from_pretrained(trained)
    assert model.config.vocab_size == corpus.scripts.size
    about = json.loads((trained / "reader.json").read_text())
    assert about["words"] == corpus.scripts.words.digest
    assert about["training"]["tokens"] == 60 * 4 * 32
    assert not (trained / "state").exists()


@pytest.mark.parametrize("kind", ["causal", "masked"])
def test_an_interrupted_run_ends_with_the_same_weights(corpus: Corpus, tmp_path: Path, kind: str) -> None:
    shape = ModelSetup(kind, SIZE)  # type: ignore[arg-type]
    whole = pretrain(corpus, tmp_path / "whole", shape, SCHEDULE, quiet)
    with pytest.raises(Stopped):
        pretrain(corpus, tmp_path / "cut", shape, SCHEDULE, stop_at(60))
    assert json.loads((tmp_path / "cut" / "state" / "state.json").read_text())["step"] == 40
    pretrain(corpus, tmp_path / "cut", shape, SCHEDULE, quiet)
    one, other = (load_file(folder / "model.safetensors") for folder in (whole, tmp_path / "cut"))
    assert all(np.array_equal(one[name], other[name]) for name in one)
    steps = [line["step"] for line in read_log(tmp_path / "cut" / "log.jsonl")]
    assert steps == [20, 20, 40, 40, 60, 60]


def test_two_processes_train_as_one(corpus: Corpus, trained: Path, tmp_path: Path) -> None:
    script = tmp_path / "run.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nimport torch\ntorch.set_num_threads(1)\n"
        "from genomebook.training.corpora.corpus import Corpus\n"
        "from genomebook.training.pretraining.pretrain import ModelSetup, PretrainingSchedule, pretrain\n"
        "from genomebook.training.pretraining.sizes import ReaderSize\n"
        f"shape, schedule = ModelSetup('causal', {SIZE!r}), {SCHEDULE!r}\n"
        "pretrain(Corpus(Path(sys.argv[1])), Path(sys.argv[2]), shape, schedule, print)\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", script]
    environment = {
        **os.environ,
        "ACCELERATE_USE_CPU": "true",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    subprocess.run([*command, corpus.folder, tmp_path / "two"], check=True, env=environment, timeout=300)
    logs = [read_log(folder / "log.jsonl") for folder in (trained, tmp_path / "two")]
    for alone, together in zip(*logs, strict=True):
        for key in alone.keys() & together.keys() - {"tokens_per_s"}:
            assert together[key] == pytest.approx(alone[key], abs=0.15), (key, alone["step"])
    assert json.loads((tmp_path / "two" / "reader.json").read_text())["training"]["processes"] == 2


def test_words_compete_within_their_script(corpus: Corpus) -> None:
    losses = WordLosses(new_model("causal", SIZE, corpus.scripts.size, 0), corpus.scripts)
    ids = torch.from_numpy(corpus.tokens("dna", "train")[:64].astype(np.int64)).reshape(2, 32)
    everywhere = torch.ones_like(ids, dtype=torch.bool)
    found = losses(ids, ids, everywhere, everywhere)
    assert list(found) == [True]
    logits = losses.model(ids).logits[..., : corpus.scripts.first_english]
    wanted = torch.nn.functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]), ids.reshape(-1), reduction="none"
    )
    assert torch.allclose(found[True], wanted, atol=1e-5)


def test_masks_follow_the_rule(corpus: Corpus) -> None:
    batches = Batches(corpus, BatchPlan(64, 1.0), 32, 0)
    ids, _ = batches.step(0)
    seen, asked = batches.masked(ids, 0)
    assert abs(asked.mean() - MASKED_SHARE) < 0.03
    assert (seen[~asked] == ids[~asked]).all()
    hidden = (seen == corpus.scripts.mark("<mask>"))[asked].mean()
    assert abs(hidden - 0.8) < 0.06
    assert not (asked & (ids == corpus.scripts.mark("<end>"))).any()
    assert (batches.masked(ids, 1)[1] != asked).any()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rate": 1e-3}, "belongs to a run with other data or settings"),
        ({"seed": 1}, "belongs to a run with other data"),
    ],
)
def test_a_state_of_another_run_is_refused(corpus: Corpus, tmp_path: Path, change: dict, says: str) -> None:
    with pytest.raises(Stopped):
        pretrain(corpus, tmp_path / "cut", ModelSetup("causal", SIZE), SCHEDULE, stop_at(40))
    with pytest.raises(OptionError, match=says):
        pretrain(corpus, tmp_path / "cut", ModelSetup("causal", SIZE), replace(SCHEDULE, **change), quiet)


def test_what_does_not_fit_is_one_line(corpus: Corpus, trained: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="holds a finished model"):
        pretrain(corpus, trained, ModelSetup("causal", SIZE), SCHEDULE, quiet)
    with pytest.raises(OptionError, match="no such folder"):
        pretrain(corpus, tmp_path / "no" / "where", ModelSetup("causal", SIZE), SCHEDULE, quiet)
    with pytest.raises(ReaderError, match=r"model\.safetensors"):
        pretrain(corpus, tmp_path / "x", ModelSetup("causal", SIZE, tmp_path), SCHEDULE, quiet)
    other = tmp_path / "other"
    new_model("causal", SIZE, 96, 0).save_pretrained(other)
    with pytest.raises(ReaderError, match="96 ids are not the"):
        pretrain(corpus, tmp_path / "x", ModelSetup("causal", SIZE, other), SCHEDULE, quiet)
    assert not (tmp_path / "x").exists()


def test_training_goes_on_from_a_checkpoint(corpus: Corpus, trained: Path, tmp_path: Path) -> None:
    schedule = replace(SCHEDULE, steps=20, rate=1e-4)
    further = pretrain(corpus, tmp_path / "further", ModelSetup("causal", SIZE, trained), schedule, quiet)
    first = next(line for line in read_log(further / "log.jsonl") if "dna_bits" in line)
    last = [line for line in read_log(trained / "log.jsonl") if "dna_bits" in line][-1]
    assert first["dna_bits"] < last["dna_bits"] + 0.3


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("[a]\nlayers=1\nwidth=32\nheads=3\nwindow=8\n", "", "heads divide width"),
        ("[a]\nlayers=1\n", "", "needs whole numbers"),
        ("[a]\nlayers=1\nwidth=32\nheads=2\nwindow=8\n[b]\n", ":c", "holds no size 'c'; it has a, b"),
        ("nonsense", "", "not a readable file of sizes"),
    ],
)
def test_sizes_that_make_no_model_are_refused(tmp_path: Path, text: str, name: str, says: str) -> None:
    path = tmp_path / "sizes.toml"
    path.write_text(text)
    with pytest.raises(OptionError if name else ReaderError, match=says):
        read_size(f"{path}{name}")


def test_shipped_sizes_are_read() -> None:
    assert read_size("mini") == ReaderSize(4, 256, 4, 256)
    assert read_size("small") == ReaderSize(12, 768, 12, 1024)
    with pytest.raises(OptionError, match="it has micro, mini"):
        read_size("huge")
