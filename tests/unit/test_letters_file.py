from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from genomebook.errors import ReaderError
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import Vocabulary, load_vocabulary
from genomebook.models import letters as module
from genomebook.models.letters import LONG, OFTEN, Letters, shipped_letters
from genomebook.models.ngram import shipped_reader
from tests.support.dna import as_array, random_dna
from tests.support.sources import ELEMENT, counted, tensors_of, text


def explain(letters: Letters, sequence: bytes) -> NDArray[np.int32]:
    """Cost of each letter."""
    one_by_one = Encoder(Vocabulary("bases", ()))
    return letters.explain(one_by_one.encode(as_array(sequence)), one_by_one.vocabulary)


def test_a_written_table_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "letters.safetensors"
    counted().write(path)
    read = Letters.open(path)
    assert (read.name, read.digest) == ("by-hand", counted().digest)
    assert explain(read, ELEMENT).tolist() == explain(counted(), ELEMENT).tolist()
    first = path.read_bytes()
    read.write(path)
    assert path.read_bytes() == first
    assert [item.name for item in tmp_path.iterdir()] == ["letters.safetensors"]


def test_a_table_without_long_kmers_is_read_back(tmp_path: Path) -> None:
    letters = Letters.count("few", [as_array(random_dna(300, 1))])
    assert len(tensors_of(letters, tmp_path)["keys"]) == 0
    assert Letters.open(tmp_path / "letters").digest == letters.digest
    assert explain(letters, random_dna(100, 1)).any()


def test_the_digest_is_of_the_counts_and_the_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = as_array(text())
    assert Letters.count("another name", [stream]).digest == counted().digest
    assert Letters.count("by-hand", [stream[1:]]).digest != counted().digest
    for name in ("OFTEN", "WEIGHT", "NO_COPY", "TRUST", "REACH", "UNIT"):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, 1)
            assert Letters("x", *parts_of(counted())).digest != counted().digest


def parts_of(letters: Letters) -> tuple[NDArray[np.uint32], ...]:
    return letters._middle, letters._keys, letters._counts


def test_no_flipped_or_missing_byte_of_a_table_changes_the_counts(tmp_path: Path) -> None:
    path = tmp_path / "letters.safetensors"
    counted().write(path)
    whole = path.read_bytes()
    head = 8 + int.from_bytes(whole[:8], "little")
    draw = np.random.default_rng(4)
    places = [*range(head), *draw.integers(head, len(whole), 40).tolist()]
    damaged = [whole[:size] for size in (*range(0, head, 9), head, *draw.integers(head, len(whole), 20))]
    damaged += [
        whole[:place] + bytes([whole[place] ^ 1 << int(bit)]) + whole[place + 1 :]
        for place, bit in zip(places, draw.integers(0, 8, len(places)), strict=True)
    ]
    damaged.append(whole + b"\0")
    refused = []
    for content in damaged:
        path.write_bytes(content)
        try:
            assert Letters.open(path).digest == counted().digest
        except ReaderError as error:
            refused.append(str(error))
    assert len(refused) > 0.9 * len(damaged)
    for message in refused:
        assert "\n" not in message
        assert message.startswith(f"{path}: ")
        assert message.endswith(("count anew", "count it anew"))


def spoiled(folder: Path, **changes: NDArray[np.generic] | None) -> Path:
    """A file with its own metadata and other tensors."""
    path = folder / "letters"
    tensors: dict[str, NDArray[np.generic]] = {**tensors_of(counted(), folder)}
    with safe_open(path, "numpy") as file:
        meta = file.metadata()
    for name, tensor in changes.items():
        if tensor is None:
            del tensors[name]
        else:
            tensors[name] = tensor
    save_file(tensors, path, meta)
    return path


def test_tables_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    middle, keys, counts = parts_of(counted())
    out_of_order, too_large = keys.copy(), keys.copy()
    out_of_order[:2] = out_of_order[1::-1]
    too_large[-1] = 4**LONG
    wrong: list[dict[str, NDArray[np.generic] | None]] = [
        {"middle": None},
        {"counts": None},
        {"more": counts},
        {"middle": middle[:-1]},
        {"middle": middle.astype(np.float32)},
        {"counts": counts[:-1]},
        {"counts": counts.astype(np.uint16)},
        {"keys": keys[:-1]},
        {"keys": keys.reshape(-1, 1), "counts": counts.reshape(-1, 1)},
        {"keys": keys[:0].reshape(0, 3), "counts": counts[:0].reshape(0, 3)},
        {"keys": np.array(keys[0]), "counts": np.array(counts[0])},
        {"keys": out_of_order},
        {"keys": too_large},
    ]
    for changes in wrong:
        path = spoiled(tmp_path, **changes)
        with pytest.raises(
            ReaderError, match=r"letters: its tables do not fit together; restore it"
        ) as error:
            Letters.open(path)
        assert "\n" not in str(error.value)
    for name, tensor in (("middle", middle), ("counts", counts)):
        with pytest.raises(ReaderError, match="its counts do not match its digest; restore it or count anew"):
            Letters.open(spoiled(tmp_path, **{name: tensor + np.uint32(1)}))


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({}, "not a genomebook-letters-1 file; count it anew"),
        ({"genomebook": "[]"}, "not a genomebook-letters-1 file; count it anew"),
        ({"genomebook": "null"}, "not a genomebook-letters-1 file; count it anew"),
        ({"genomebook": "{"}, "not a readable table of letters"),
        ({"genomebook": "[" * 100_000}, "not a readable table of letters"),
        ({"genomebook": '{"format": "genomebook-letters-2"}'}, "not a genomebook-letters-1 file"),
        ({"genomebook": '{"format": "genomebook-letters-1"}'}, "do not match its digest"),
    ],
)
def test_files_of_another_kind_are_refused(metadata: dict[str, str], message: str, tmp_path: Path) -> None:
    path = tmp_path / "letters"
    save_file(tensors_of(counted(), tmp_path), path, metadata)
    with pytest.raises(ReaderError, match=message) as error:
        Letters.open(path)
    assert "\n" not in str(error.value)


def test_foreign_and_missing_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "text").write_text(">chr1\nACGT\n")
    reader = shipped_reader(load_vocabulary("words-600"))
    assert reader is not None
    reader.write(tmp_path / "words")
    # a table in a number format that numpy does not have
    header = json.dumps({"w": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "brain").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    for name in ("folder", "empty", "text", "words", "brain", "none"):
        path = tmp_path / name
        with pytest.raises(ReaderError, match=r"count (it )?anew$") as error:
            Letters.open(path)
        assert str(error.value).startswith(f"{path}: not a ")
        assert "\n" not in str(error.value)


def test_the_shipped_counts_are_whole() -> None:
    letters = shipped_letters()
    assert letters.name == "letters"
    assert len(letters._keys) > 10_000
    assert int(letters._counts.min()) >= OFTEN
    assert json.dumps(letters.digest) == f'"{letters.digest}"'
