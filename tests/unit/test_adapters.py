"""Foreign families: against the models' own forward pass and tokenizers, and without seams."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from transformers import dynamic_module_utils

from genomebook.errors import ReaderError
from genomebook.language.alphabet import reverse_complement
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from genomebook.models.adapters.reader import ForeignReader
from genomebook.models.adapters.tokens import Tokens, load_bpe
from genomebook.models.hub import load_hub
from genomebook.models.project import Overlap
from genomebook.models.windows import WindowPlan
from tests.support import foreign
from tests.support.dna import random_dna

WORDS = load_vocabulary("words-600")
ENCODER = Encoder(WORDS)
CAUSAL = ("gpt2", "hyenadna")
FAMILIES = tuple(foreign.MAKERS)


def words(letters: bytes) -> NDArray[np.uint16]:
    return np.asarray(ENCODER.encode(np.frombuffer(letters, np.uint8)), np.uint16)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """One tiny checkpoint of each family; the code they bring stays out of the user's cache."""
    top = tmp_path_factory.mktemp("foreign")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(top / "modules"))
        patch.syspath_prepend(str(top / "modules"))
        yield {name: make(top / name) for name, make in foreign.MAKERS.items()}


@pytest.fixture(scope="module")
def readers(folders: dict[str, Path]) -> dict[str, ForeignReader]:
    return {name: load_hub(path, trust_remote_code=True, words=WORDS) for name, path in folders.items()}


def tokens_of(reader: ForeignReader, letters: bytes) -> Tokens:
    return reader._tokenize(np.frombuffer(letters, np.uint8))


def whole_pass(folder: Path, reader: ForeignReader, ids: list[int], mask: int | None) -> NDArray[np.float64]:
    """Surprisal of each token by the model's own forward, the whole stretch at once."""
    config = json.loads((folder / "config.json").read_text())
    if "auto_map" in config:
        get = dynamic_module_utils.get_class_from_dynamic_module
        settings_class, model_class = (get(name, str(folder)) for name in config["auto_map"].values())
        plain = type("Plain", (model_class,), {"tie_weights": foreign.tie})
        model = plain(settings_class.from_pretrained(folder))
        model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
    else:
        kind = {"gpt2": "GPT2LMHeadModel", "bert": "BertForMaskedLM", "esm": "EsmForMaskedLM"}
        model = getattr(transformers, kind[config["model_type"]]).from_pretrained(folder)
    model.eval()
    marks = reader._marks
    front, back = ([] if mark is None else [mark] for mark in (marks.front, marks.back))
    shift, n = len(front), len(ids)
    out = np.zeros(n)
    with torch.inference_mode():
        if mask is None:
            logits = model(input_ids=torch.tensor([front + ids])).logits[0]
            first = 1 - shift
            scores = torch.log_softmax(logits.double(), -1)
            out[first:] = [-float(scores[i + shift - 1, ids[i]]) for i in range(first, n)]
            return out / math.log(2)
        for turn in range(8):
            hidden = [mask if i % 8 == turn else token for i, token in enumerate(ids)]
            logits = model(input_ids=torch.tensor([front + hidden + back])).logits[0]
            scores = torch.log_softmax(logits.double(), -1)
            for i in range(turn, n, 8):
                out[i] = -float(scores[i + shift, ids[i]])
    return out / math.log(2)


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_are_those_of_the_model_itself(
    family: str, folders: dict[str, Path], readers: dict[str, ForeignReader]
) -> None:
    reader = readers[family]
    letters = random_dna(150 if family == "nucleotide-transformer" else 59, 7)
    run = words(letters)
    tokens = tokens_of(reader, letters)
    assert tokens.ids.size <= reader.window, "the stretch has to fit one window for this comparison"
    mask = None if family in CAUSAL else reader._marks.mask
    plain = whole_pass(folders[family], reader, tokens.ids.tolist(), mask)
    if family == "hyenadna":
        plain[0] = 2
    scores = reader.score(run)
    assert scores.surprisal is not None
    ends = np.cumsum(WORDS.lengths[run], dtype=np.int64)
    expected = Overlap(tokens.ends, ends).surprisal(plain)
    np.testing.assert_allclose(scores.surprisal, expected, rtol=2e-4, atol=2e-4)
    assert scores.surprisal.sum() == pytest.approx(plain.sum(), rel=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_score_depends_on_share_or_threads(family: str, readers: dict[str, ForeignReader]) -> None:
    reader = readers[family]
    run = words(random_dna(700, 11))
    whole = reader.score(run, hidden=True)
    assert whole.hidden is not None
    assert whole.hidden.shape == (len(run), reader.width)
    cuts = [0, 1, 2, 60, 61, 120, len(run) - 1, len(run)]
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        parts = [reader.score(run, a, b, hidden=True) for a, b in pairwise(cuts)]
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)
    for name, column in whole._asdict().items():
        joined = [getattr(part, name) for part in parts]
        if column is None:
            assert joined == [None] * len(parts)
        else:
            assert np.concatenate(joined).tobytes() == column.tobytes(), name


@pytest.mark.parametrize("family", FAMILIES)
def test_every_token_is_scored_in_one_window_with_its_context(
    family: str, readers: dict[str, ForeignReader]
) -> None:
    reader = readers[family]
    letters = random_dna(700, 5)
    tokens = tokens_of(reader, letters)
    low, found = reader._read(tokens, 0, tokens.ids.size, hidden=False, surprisal=True)
    assert low == 0
    assert found.bits.shape == tokens.ids.shape
    assert (found.bits > 0).all()
    seen = np.zeros(tokens.ids.size, int)
    causal = reader.family.kind == "causal"
    lead = int(causal and reader._marks.front is not None)
    plan = WindowPlan(tokens.ids.size + lead, reader.window, 0 if causal else reader.window // 4)
    windows = [plan[i] for i in range(len(plan))]
    jobs = (
        reader._causal_jobs(tokens, windows, lead, 0, True)
        if causal
        else reader._masked_jobs(tokens, windows, 0, False, True)
    )
    for job in jobs:
        seen[job.out] += 1
        assert job.ids.size <= reader.window + 2
        far = (job.at >= reader.window // 2 - 1) | (job.out - job.at <= 1)
        assert far.all(), "less than half a window of left context"
    assert (seen[1 - lead if causal else 0 :] == 1).all()


@pytest.mark.parametrize("family", ["gpt2", "caduceus"])
def test_batches_of_another_device_give_the_same(
    family: str, folders: dict[str, Path], readers: dict[str, ForeignReader]
) -> None:
    """The way of every device but "cpu", here with the CPU under its other name."""
    batched = load_hub(folders[family], trust_remote_code=True, device="cpu:0", words=WORDS)
    run = words(random_dna(300, 6))
    for one, two in zip(
        batched.score(run, hidden=True), readers[family].score(run, hidden=True), strict=True
    ):
        assert (one is None) == (two is None)
        if one is not None:
            np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-3)


def test_digest_tells_weights_words_and_tokenizer(folders: dict[str, Path], tmp_path: Path) -> None:
    source = folders["grover"]
    first = load_hub(source, words=WORDS)
    assert load_hub(source, words=WORDS).digest == first.digest
    assert load_hub(source, words=load_vocabulary("words-4096")).digest != first.digest
    assert first.words == WORDS.digest
    for name in ("tokenizer.json", "config.json"):
        other = tmp_path / name.partition(".")[0]
        shutil.copytree(source, other)
        (other / name).write_text((other / name).read_text() + "\n")
        assert load_hub(other, words=WORDS).digest != first.digest


def test_gpt2_reads_either_form_of_its_tokenizer(folders: dict[str, Path], tmp_path: Path) -> None:
    plain = foreign.gpt2(tmp_path / "plain", plain=True)
    assert not (plain / "tokenizer.json").exists()
    text = random_dna(300, 1).decode() + " It was. the"
    one, two = (load_bpe(folder, byte_level=True)[0] for folder in (folders["gpt2"], plain))
    one.no_truncation()
    assert one.encode(text).ids == two.encode(text).ids
    theirs = transformers.GPT2Tokenizer(str(plain / "vocab.json"), str(plain / "merges.txt"))
    assert two.encode(text).ids == theirs.encode(text)


def test_gpt2_gives_boundaries_only_with_both_marks(
    folders: dict[str, Path], readers: dict[str, ForeignReader], tmp_path: Path
) -> None:
    reader = readers["gpt2"]
    assert reader.gives == {"surprisal", "boundary", "hidden"}
    without = load_hub(foreign.gpt2(tmp_path / "x", marks=("<|endoftext|>",)), words=WORDS)
    run = words(random_dna(60, 3))
    assert without.gives == {"surprisal", "hidden"}
    assert without.score(run).boundary is None

    letters = random_dna(60, 3)
    tokens = tokens_of(reader, letters)
    model = transformers.GPT2LMHeadModel.from_pretrained(folders["gpt2"]).eval()
    vocabulary = json.loads((folders["gpt2"] / "tokenizer.json").read_text())["model"]["vocab"]
    with torch.inference_mode():
        ids = torch.tensor([[vocabulary["<|endoftext|>"], *tokens.ids.tolist()]])
        chance = torch.softmax(model(ids).logits[0, 1:].double(), -1)
    ends = np.cumsum(WORDS.lengths[run], dtype=np.int64)
    holder = np.searchsorted(tokens.ends, ends)
    boundary = reader.score(run).boundary
    assert boundary is not None
    for column, mark in enumerate((".", "<p_end>")):
        p = chance[:, vocabulary[mark]].numpy()[holder]
        np.testing.assert_allclose(boundary[:, column], np.log(p / (1 - p)), rtol=1e-3, atol=1e-3)


def test_letters_without_a_token_get_no_surprisal(readers: dict[str, ForeignReader]) -> None:
    plain, odd = random_dna(40, 1), b"R"
    run = words(plain + odd + plain)
    place = int(np.flatnonzero(run < 12)[0])
    for family in ("hyenadna", "caduceus", "nucleotide-transformer", "grover", "dnabert2"):
        surprisal = readers[family].score(run).surprisal
        assert surprisal is not None
        assert surprisal[place] == 0, family
        assert (np.delete(surprisal, place) > 0).all(), family


def test_uracil_is_read_as_thymine(readers: dict[str, ForeignReader]) -> None:
    letters = random_dna(60, 4)
    run = words(letters.replace(b"T", b"U", 1))
    tokens, _ = readers["hyenadna"]._cut(run)
    assert tokens.ids.tolist() == [foreign.LETTER_IDS[letter] for letter in letters.decode()]


def test_states_of_both_strands_are_folded(readers: dict[str, ForeignReader]) -> None:
    reader = readers["caduceus"]
    letters = random_dna(60, 8)
    assert reader.width == 16
    one = tokens_of(reader, letters)
    states = []
    for text in (letters, reverse_complement(letters)):
        _, found = reader._read(tokens_of(reader, text), 0, len(text), hidden=True, surprisal=False)
        assert found.hidden is not None
        states.append(reader._folded(found.hidden))
    assert one.ids.size == 60
    np.testing.assert_allclose(states[0], states[1][::-1], atol=1e-5)


def test_bad_runs(readers: dict[str, ForeignReader]) -> None:
    reader = readers["hyenadna"]
    run = words(random_dna(60, 4))
    empty = reader.score(run, 3, 3, hidden=True)
    assert empty.surprisal is not None
    assert empty.surprisal.shape == (0,)
    assert reader.score(run[:0]).surprisal is not None
    for bad, reason in (
        (lambda: reader.score(run, 5, 3), "not inside"),
        (lambda: reader.score(run, 0, len(run) + 1), "not inside"),
        (lambda: reader.score(np.zeros(3, np.uint16)), "gap"),
        (lambda: reader.score(np.full(3, 5000, np.uint16)), "5000"),
    ):
        with pytest.raises(ReaderError, match=reason) as caught:
            bad()
        assert "\n" not in str(caught.value)


def _edit(name: str, **changes: Any) -> Any:
    def change(folder: Path) -> None:
        body = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps({**body, **changes}))

    return change


def _code(text: str) -> Any:
    return lambda folder: (folder / "modeling_tiny.py").write_text(text)


def _lose_a_weight(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights.pop("bert.embeddings.word_embeddings.weight")
    save_file(weights, folder / "model.safetensors")


def _cut_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def _break_a_merge(folder: Path) -> None:
    body = json.loads((folder / "tokenizer.json").read_text())
    body["model"]["merges"].append(["GG", "Q"])
    (folder / "tokenizer.json").write_text(json.dumps(body))


@pytest.mark.parametrize(
    ("family", "damage", "reason"),
    [
        ("grover", _cut_weights, "cut short or damaged"),
        ("grover", _lose_a_weight, "weights lack"),
        ("grover", _break_a_merge, "which is not a token"),
        ("grover", lambda folder: (folder / "config.json").write_text("{"), "not readable"),
        ("grover", lambda folder: (folder / "config.json").write_text("[]"), "not a JSON object"),
        ("grover", lambda folder: (folder / "tokenizer.json").unlink(), "no vocabulary"),
        ("grover", lambda folder: (folder / "tokenizer.json").write_text("{}"), "not a readable tokenizer"),
        ("grover", lambda folder: (folder / "model.safetensors").unlink(), "has no weights"),
        ("grover", _edit("config.json", hidden_size=32), "not \\("),
        ("grover", _edit("config.json", hidden_size="x"), "does not run with transformers"),
        ("grover", _edit("config.json", model_type="llama"), "no adapter"),
        ("grover", _edit("config.json", max_position_embeddings=6), "positions"),
        ("hyenadna", lambda folder: (folder / "modeling_tiny.py").unlink(), "modeling_tiny"),
        ("hyenadna", _code("import mamba_ssm"), "mamba_ssm"),
        ("hyenadna", _code("def"), "does not run"),
        ("hyenadna", _edit("config.json", auto_map={"AutoConfig": "a.B"}), "AutoModelForCausalLM"),
        ("hyenadna", _edit("config.json", auto_map=None), "names no code"),
        ("grover", _edit("config.json", auto_map=["x"]), "auto_map"),
        ("caduceus", _edit("config.json", complement_map=[1]), "complement_map|does not run"),
        ("nucleotide-transformer", lambda folder: (folder / "vocab.txt").write_text("A\nC"), "k-mers"),
    ],
)
def test_damage_is_told_in_one_line(
    family: str, damage: Any, reason: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(folders[family], folder)
    damage(folder)
    with pytest.raises(ReaderError, match=reason) as caught:
        load_hub(folder, trust_remote_code=True, words=WORDS)
    assert "\n" not in str(caught.value)
    assert "damaged" in str(caught.value), "names the folder"


def test_no_such_device(folders: dict[str, Path]) -> None:
    for device in ("cuda:99", "nonsense"):
        with pytest.raises(ReaderError, match="device="):
            load_hub(folders["grover"], device=device, words=WORDS)
