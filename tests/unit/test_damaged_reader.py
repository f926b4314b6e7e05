"""Damaged checkpoints: one line that names the file and the remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from genomebook.errors import ReaderError
from genomebook.models.registry import load_reader
from genomebook.training.shipping.export import add_graph
from tests.support.checkpoints import edit, scripts, sha256, tiny


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A causal checkpoint with a graph; read only."""
    return add_graph(tiny(tmp_path_factory.mktemp("sound") / "tiny")).parent


def refused(folder: Path, *words: str) -> str:
    with pytest.raises(ReaderError) as caught:
        load_reader(folder)
    text = str(caught.value)
    assert "\n" not in text
    assert ";" in text, "no remedy"
    assert str(folder) in text
    for word in words:
        assert word in text
    return text


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(bytes(body))


DIGESTED = ["words.json", "english.json", "model.safetensors", "boundaries.safetensors", "model.onnx"]
FILES = ["reader.json", "config.json", "scripts.json", *DIGESTED]


@pytest.mark.parametrize(
    ("damage", "name"),
    [(Path.unlink, name) for name in FILES]
    + [(cut, name) for name in FILES]
    + [(flip, name) for name in DIGESTED],
)
def test_damaged_files_are_named(
    sound: Path, tmp_path: Path, damage: Callable[[Path], None], name: str
) -> None:
    folder = shutil.copytree(sound, tmp_path / "damaged")
    damage(folder / name)
    found = refused(folder)
    assert name in found or "scripts.json" in found


def test_truncated_weights_are_refused_even_with_their_digest(sound: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(sound, tmp_path / "cut")
    cut(folder / "model.safetensors")
    edit(folder, weights=sha256(folder / "model.safetensors"))
    refused(folder, "model.safetensors", "cut short")


def test_vocabulary_that_does_not_fit(sound: Path, tmp_path: Path) -> None:
    from genomebook.language.bilingual import Bilingual
    from genomebook.language.vocabulary import load_vocabulary

    folder = shutil.copytree(sound, tmp_path / "a")
    other = Bilingual("two-script", load_vocabulary("words-4096"), scripts().english)
    other.write(folder)
    refused(folder, "scripts.json", "not the vocabulary")
    edit(folder, scripts=other.digest, words=other.words.digest)
    refused(folder, "config.json", f"{scripts().size} ids in the model, {other.size} in its vocabulary")


def test_tensors_that_do_not_fit(sound: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(sound, tmp_path / "a")
    path = folder / "model.safetensors"
    tensors = load_file(path)
    for name, change in (
        ("transformer.h.1.mlp.c_fc.bias", lambda value: value[:-1]),
        ("transformer.wte.weight", lambda value: value[:-8]),
        ("transformer.ln_f.weight", lambda value: value.astype(np.float64)),
    ):
        save_file({**tensors, name: np.ascontiguousarray(change(tensors[name]))}, path)
        edit(folder, weights=sha256(path))
        refused(folder, "model.safetensors", "F64" if "ln_f" in name else name)
    save_file({**tensors, "lm_head.weight": tensors["transformer.wte.weight"].copy()}, path)
    edit(folder, weights=sha256(path))
    refused(folder, "lm_head.weight")
    del tensors["transformer.ln_f.bias"]
    save_file(tensors, path)
    edit(folder, weights=sha256(path))
    refused(folder, "transformer.ln_f.bias is missing")


def test_graph_that_is_none(sound: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(sound, tmp_path / "a")
    (folder / "model.onnx").write_bytes(b"not a graph")
    edit(folder, onnx=sha256(folder / "model.onnx"))
    refused(folder, "model.onnx", "export it anew")


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"kind": "diffusion"},
        {"kind": "masked"},
        {"window": 60},
        {"window": 128},
        {"window": "64"},
        {"lookahead": 32},
        {"weights": None},
        {"boundaries": 3},
    ],
)
def test_entries_of_reader_json(sound: Path, tmp_path: Path, change: dict[str, object]) -> None:
    folder = shutil.copytree(sound, tmp_path / "a")
    edit(folder, **change)
    refused(folder)


@pytest.mark.parametrize("change", [{"window": "64"}, {"weights": None}, {"boundaries": 3}, {"words": "x"}])
def test_a_refusal_names_the_entry(sound: Path, tmp_path: Path, change: dict[str, object]) -> None:
    folder = shutil.copytree(sound, tmp_path / "a")
    edit(folder, **change)
    refused(folder, "reader.json", *(f"$.{name}" for name in change))


def test_a_refusal_names_an_entry_inside_the_training_record(sound: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(sound, tmp_path / "a")
    edit(folder, training={"schedule": {"steps": -1, "rows": 4, "dna_share": 1.0, "seed": 0}})
    refused(folder, "reader.json", "$.training.schedule.steps")
