"""Training the encoder of sentences: pairs, gradients, resuming, and what is written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from genomebook.cli import app
from genomebook.errors import FastaError, OptionError
from genomebook.language.alphabet import reverse_complement
from genomebook.models.sentences import META, open_encoder

torch = pytest.importorskip("torch")

from benchmarks.search.sentence_recall import (  # noqa: E402
    Copies,
    _apart,
    _words,
    family_neighbours,
    mutation_recall,
    recall,
)
from genomebook.training.sentences import train as stage  # noqa: E402
from genomebook.training.sentences.model import EncoderSize, MotifModel, pack_of, write_encoder  # noqa: E402
from genomebook.training.sentences.pairs import BaseRuns, Changes, draw_pairs, mutate, read_text  # noqa: E402
from genomebook.training.sentences.train import SentenceSchedule, train  # noqa: E402

BASES = np.frombuffer(b"ACGT", np.uint8)
SMALL = EncoderSize(16, 8)


def random_letters(n: int, seed: int = 0) -> np.ndarray:
    return BASES[np.random.default_rng(seed).integers(0, 4, n)]


@pytest.fixture(scope="module")
def text() -> BaseRuns:
    return BaseRuns([random_letters(30_000)], 400)


def quiet(pairs: int) -> None:
    pass


def test_pairs_overlap_and_follow_from_seed_and_step(text: BaseRuns) -> None:
    still = Changes(substitutions=0, indels=0)
    one, two = draw_pairs(text, 200, still, 0, 0)
    again = draw_pairs(text, 200, still, 0, 0)
    assert all((a.codes == b.codes).all() for a, b in zip((one, two), again, strict=True))
    assert (draw_pairs(text, 200, still, 0, 1)[0].lengths != one.lengths).any()
    assert one.lengths.min() >= still.shortest
    assert one.lengths.max() <= still.longest
    assert 0.4 < (one.lengths < still.middle).mean() < 0.6
    ends = [np.cumsum(pack.lengths) for pack in (one, two)]
    turned = 0
    for k in range(200):
        a, b = (
            BASES[pack.codes[end[k] - pack.lengths[k] : end[k]]].tobytes()
            for pack, end in zip((one, two), ends, strict=True)
        )
        middle = b[len(b) // 2 - 3 : len(b) // 2 + 3]
        turned += middle not in a
        assert middle in a or middle in reverse_complement(a)
    assert 60 < turned < 140


def test_pairs_never_leave_a_run() -> None:
    runs = [np.full(450, base, np.uint8) for base in BASES]
    one, two = draw_pairs(BaseRuns(runs, 400), 100, Changes(substitutions=0, indels=0), 0, 0)
    for pack in (one, two):
        for part in np.split(pack.codes, np.cumsum(pack.lengths)[:-1]):
            assert len(set(part.tolist())) == 1


def test_mutation_keeps_to_its_rates() -> None:
    letters = random_letters(20_000, 5).tobytes()
    rng = np.random.default_rng(0)
    changed = mutate(letters, 0.1, 0.0, rng)
    differ = np.frombuffer(changed, np.uint8) != np.frombuffer(letters, np.uint8)
    assert differ.mean() == pytest.approx(0.1, abs=0.01)
    assert mutate(letters, 0, 0, rng) == letters
    assert len(mutate(letters, 0, 0.1, rng)) != len(letters)
    assert mutate(b"ACNRT", 0, 0, rng) == b"ACNNT"
    assert len(mutate(b"A", 0, 1.0, rng)) >= 1


def test_gradients_are_those_of_finite_differences(text: BaseRuns) -> None:
    model = MotifModel(SMALL, 0)
    one, two = draw_pairs(text, 6, Changes(), 0, 0)

    def loss() -> torch.Tensor:
        return stage.contrast(model(one), model(two), model.heat)

    torch.autograd.backward(loss())
    for parameter in (model.tables, model.bias):
        direction = parameter.grad / parameter.grad.norm()
        slope = float(parameter.grad.norm())
        with torch.no_grad():
            parameter += 1e-3 * direction
            above = float(loss())
            parameter -= 2e-3 * direction
            below = float(loss())
            parameter += 1e-3 * direction
        assert (above - below) / 2e-3 == pytest.approx(slope, rel=0.05)
    assert not model.tables.grad[:, -1].any()


def test_training_learns_and_what_is_written_computes_the_same(tmp_path: Path, text: BaseRuns) -> None:
    losses = []
    folder = tmp_path / "small"
    schedule = SentenceSchedule(40, 48, 5e-3, warmup=5, test_every=20, changes=Changes(substitutions=0.1))
    train(text, folder, SMALL, schedule, losses.append, held_out=text)
    training = json.loads((folder / META).read_text())["training"]
    first, last = training["log"]
    assert last["loss"] < 0.92 * first["loss"]
    assert last["recall"] > 0.02
    assert sum(losses) == 40 * 48
    assert not (tmp_path / "small.state").exists()
    model = MotifModel(SMALL, 0)
    letters = [random_letters(n, n).tobytes() for n in (5, 20, 90, 400)]
    write_encoder(model, tmp_path / "plain", "plain", {})
    with torch.inference_mode():
        floats = model(pack_of(letters)).numpy()
    np.testing.assert_allclose(open_encoder(tmp_path / "plain").embed(letters), floats, atol=0.01)
    with pytest.raises(OptionError, match="exists already"):
        train(text, folder, SMALL, schedule, quiet)


def test_an_interrupted_run_goes_on_to_the_same_weights(
    tmp_path: Path, text: BaseRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = SentenceSchedule(9, 16, save_every=3, test_every=5)
    train(text, tmp_path / "whole", SMALL, schedule, quiet)
    step = stage._step

    def cut(*given: object) -> float:
        if given[-1] == 7:
            raise KeyboardInterrupt
        return step(*given)

    monkeypatch.setattr(stage, "_step", cut)
    with pytest.raises(KeyboardInterrupt):
        train(text, tmp_path / "cut", SMALL, schedule, quiet)
    monkeypatch.undo()
    assert not (tmp_path / "cut").exists()
    seen: list[int] = []
    with pytest.raises(OptionError, match="belongs to a run with other"):
        train(text, tmp_path / "cut", SMALL, SentenceSchedule(10, 16), quiet)
    train(text, tmp_path / "cut", SMALL, schedule, seen.append)
    assert seen[0] == 6 * 16
    weights, logs = zip(
        *((meta["weights"], meta["training"]["log"]) for name in ("whole", "cut")
          if (meta := json.loads((tmp_path / name / META).read_text()))), strict=True
    )  # fmt: skip
    assert weights[0] == weights[1]
    assert logs[0] == logs[1]


def test_the_command_trains_and_leaves_contigs_out(tmp_path: Path) -> None:
    fasta = tmp_path / "genome.fa"
    records = ((f"chr{k}", random_letters(3_000, k).tobytes().decode()) for k in range(1, 4))
    fasta.write_text("".join(f">{name}\n{letters}\n" for name, letters in records))
    given = ["train-sentences", str(fasta), "-o", str(tmp_path / "made"), "--steps", "2", "--rows", "8"]
    given += ["--motifs", "16", "--width", "8", "--skip", "1", "--hold-out", "chr2"]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.output
    assert "3,000 letters" in result.output
    assert open_encoder(tmp_path / "made").width == 8
    training = json.loads((tmp_path / "made" / META).read_text())["training"]
    assert training["schedule"]["steps"] == 2
    assert "recall" in training["log"][-1]
    assert len(read_text(fasta, 400, only=["chr3"]).codes) == 3_000
    with pytest.raises(FastaError, match="skip fewer"):
        read_text(fasta, 400, skip=["chr1", "chr2", "chr3"])


def test_recall_counts_ranks() -> None:
    rows = np.eye(12, dtype=np.float32)
    queries = rows[:3].copy()
    queries[1] = rows[1] * 0.6 + rows[7] * 0.8
    queries[2] = 0.5
    queries[2, 2] = 0
    assert recall(rows, queries, np.arange(3)) == (pytest.approx(1 / 3), pytest.approx(2 / 3))


def test_mutated_sentences_are_found_by_an_encoder_that_reads_them() -> None:
    letters = [random_letters(80, k).tobytes() for k in range(30)]

    def counts(some: list[bytes]) -> np.ndarray:
        both = [x + b"N" + reverse_complement(x) for x in some]
        table = np.array([[x.count(a + b + c) for a in _ONES for b in _ONES for c in _ONES] for x in both])
        return (table / np.linalg.norm(table, axis=1, keepdims=True)).astype(np.float32)

    found = mutation_recall({"threes": counts}, letters, own=20, count=10)
    assert found["threes"]["0.00"] == [1.0, 1.0]
    assert found["threes"]["0.05"][0] > 0.5


_ONES = (b"A", b"C", b"G", b"T")


def test_families_without_a_common_word() -> None:
    codes = [np.random.default_rng(k).integers(0, 4, 60).astype(np.uint8) for k in range(14)]
    turned = (3 - codes[0])[::-1].copy()
    apart = _apart([_words(x) for x in [*codes, turned]])
    assert not apart[0, 14]
    assert apart[0, 1:14].all()
    assert not apart.diagonal().any()
    families = np.array([0] * 7 + [1] * 7)
    copies = Copies([bytes([65 + f]) for f in families], families, apart[:14, :14])

    def perfect(some: list[bytes]) -> np.ndarray:
        return np.eye(2, dtype=np.float32)[[x[0] - 65 for x in some]]

    found = family_neighbours({"perfect": perfect}, copies)
    assert found["perfect"] == {"nearest": 1.0, "of ten": 0.6}
    assert found["chance"]["nearest"] == pytest.approx(6 / 13, abs=1e-3)
    assert found["copies"]["asked"] == 14
