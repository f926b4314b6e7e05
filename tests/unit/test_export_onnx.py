"""Export of checkpoints: graphs in three precisions, folders for shipping, nothing half written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import load_file, save_file

from genomebook.errors import GenomebookError, OptionError, ReaderError
from genomebook.models.checkpoint import open_checkpoint
from genomebook.models.registry import load_reader
from genomebook.training.shipping import export
from genomebook.training.shipping.export import add_graph, ship
from genomebook.training.shipping.graph import Precision
from tests.support.books import snapshot
from tests.support.checkpoints import dna, edit, sha256, tiny


@pytest.fixture(scope="module", params=["causal", "masked"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint without a graph; read only."""
    return tiny(tmp_path_factory.mktemp("export") / "tiny", request.param)


def most_apart(one: Path, other: Path, *runtimes: str) -> list[float]:
    """Largest difference of each kind of score between two folders."""
    run = dna(200)
    first, second = (
        load_reader(path, runtime=runtime).score(run, hidden=True)  # type: ignore[arg-type]
        for path, runtime in zip((one, other), runtimes, strict=True)
    )
    pairs = zip(first, second, strict=True)
    return [float(np.abs(a - b).max()) for a, b in pairs if a is not None and b is not None]


def test_float32_graph_is_the_torch_model(folder: Path, tmp_path: Path) -> None:
    shipped = ship(folder, tmp_path / "a", graph="float32", half=False)
    assert max(most_apart(shipped, folder, "onnx", "torch")) < 1e-4


def test_halved_weights_and_their_graph_agree(folder: Path, tmp_path: Path) -> None:
    """Float16 is storage alone: both runtimes widen the same numbers."""
    shipped = ship(folder, tmp_path / "a", graph="float16", name="half")
    assert max(most_apart(shipped, shipped, "onnx", "torch")) < 1e-4
    assert 0 < max(most_apart(shipped, folder, "onnx", "torch")) < 0.2
    assert load_reader(shipped).name == "half"
    body = load_file(shipped / "model.safetensors")
    assert {str(tensor.dtype) for tensor in body.values()} == {"float16"}
    for name in ("model.safetensors", "model.onnx"):
        graph = ship(folder, tmp_path / f"wide-{name}", graph="float32", half=False)
        assert (shipped / name).stat().st_size < 0.7 * (graph / name).stat().st_size


def test_int8_graph_is_near_and_small(folder: Path, tmp_path: Path) -> None:
    wide = ship(folder, tmp_path / "wide", graph="float32", half=False)
    small = ship(folder, tmp_path / "small", graph="int8", half=False)
    run = dna(400)
    exact, near = (load_reader(path).score(run, hidden=True) for path in (wide, small))
    for one, other in zip(exact, near, strict=True):
        if one is not None and other is not None:
            assert 0 < np.abs(one - other).mean() < 0.1 * one.std()
    types = {tensor.data_type for tensor in onnx.load(small / "model.onnx").graph.initializer}
    assert onnx.TensorProto.INT8 in types
    assert (small / "model.onnx").stat().st_size < 0.5 * (wide / "model.onnx").stat().st_size
    assert load_reader(small).digest != load_reader(wide).digest


def test_int8_scores_do_not_depend_on_shares(folder: Path, tmp_path: Path) -> None:
    """Activations are scaled by window, and a window is always the same."""
    reader = load_reader(ship(folder, tmp_path / "a", graph="int8"))
    run = dna(300)
    whole = reader.score(run, hidden=True)
    some = reader.score(run, 111, 222, hidden=True)
    for one, other in zip(whole, some, strict=True):
        if one is not None and other is not None:
            assert np.array_equal(one[111:222], other)


def test_words_table_is_kept_once(folder: Path, tmp_path: Path) -> None:
    ids = open_checkpoint(folder).shape.ids
    for precision in ("float32", "float16", "int8"):
        shipped = ship(folder, tmp_path / precision, graph=precision)
        tables = [
            t
            for t in onnx.load(shipped / "model.onnx").graph.initializer
            if ids in t.dims and len(t.dims) > 1
        ]
        assert sum(32 in t.dims for t in tables) == 1


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_same_weights_same_bytes(folder: Path, tmp_path: Path, precision: Precision) -> None:
    first, second = (ship(folder, tmp_path / name, graph=precision) for name in "ab")
    assert snapshot(first) == snapshot(second)


def test_graph_in_place(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "a")
    before = snapshot(folder)
    path = add_graph(folder, "int8")
    meta = json.loads((folder / "reader.json").read_text())
    assert path == folder / "model.onnx"
    assert meta["onnx"] == sha256(path)
    assert meta["training"] == {"steps": 0}
    after = snapshot(folder)
    assert {name for name in after if after[name] != before.get(name)} == {"model.onnx", "reader.json"}
    add_graph(folder, "float32")
    assert most_apart(folder, folder, "onnx", "torch")[0] < 1e-3


def test_interrupted_export_leaves_a_sound_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stop at each rename in turn: the folder opens, with the old graph, without one, or with the new."""
    import os

    folder = add_graph(tiny(tmp_path / "a"), "int8").parent
    replace, seen = os.replace, set()
    for stop in range(1, 4):
        count = 0

        def interrupted(source: Path, target: Path) -> None:
            nonlocal count
            count += 1
            if count == stop:  # noqa: B023
                raise KeyboardInterrupt
            replace(source, target)

        monkeypatch.setattr(os, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            add_graph(folder, "float32")
        monkeypatch.undo()
        seen.add(open_checkpoint(folder).onnx is None)
        assert not [path for path in folder.iterdir() if path.suffix == ".tmp"]
    assert seen == {True, False}


def test_full_disk_leaves_no_folder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "add_graph", full)
    with pytest.raises(OSError, match="No space"):
        ship(folder, tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_bad_input(folder: Path, tmp_path: Path) -> None:
    def refused(words: str, output: Path) -> None:
        with pytest.raises(GenomebookError, match=words) as caught:
            ship(copy, output)
        assert "\n" not in str(caught.value)

    copy = ship(folder, tmp_path / "copy", graph=None, half=False)
    refused("exists already", copy)
    refused("no such folder", tmp_path / "no" / "a")
    with pytest.raises(OptionError):
        ship(copy, tmp_path / "no" / "a")
    tensors = load_file(copy / "model.safetensors")
    name = sorted(tensors)[0]
    save_file({**tensors, name: tensors[name] * 0 + 1e6}, copy / "model.safetensors")
    refused("altered", tmp_path / "a")
    edit(copy, weights=sha256(copy / "model.safetensors"))
    refused("too large for float16", tmp_path / "a")
    (copy / "model.safetensors").write_bytes(b"")
    with pytest.raises(ReaderError, match="cut short"):
        add_graph(copy)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy"]
