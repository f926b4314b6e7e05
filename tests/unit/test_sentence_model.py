"""The shipped encoder of sentences: one vector for both strands, the same bits in any company."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.errors import OptionError, ReaderError
from genomebook.language.alphabet import reverse_complement
from genomebook.models.sentences import META, WEIGHTS, SentenceEncoder, load_sentence_encoder, open_encoder

SHIPPED = Path(__file__).resolve().parents[2] / "genomebook" / "data" / "sentences-mini"


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return load_sentence_encoder()


def some_sentences(count: int, seed: int = 0) -> list[bytes]:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 400, count)
    return [np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, n)].tobytes() for n in lengths]


@given(st.lists(st.text("ACGTNRYacgtn", max_size=120).map(str.encode), max_size=6))
def test_both_strands_have_the_same_bits(encoder: SentenceEncoder, letters: list[bytes]) -> None:
    vectors = encoder.embed(letters)
    assert vectors.shape == (len(letters), encoder.width)
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, encoder.embed([reverse_complement(x) for x in letters]))


def test_any_batch_order_and_threads_give_the_same_bits(encoder: SentenceEncoder) -> None:
    letters = some_sentences(60)
    together = encoder.embed(letters)
    order = np.random.default_rng(1).permutation(len(letters))
    np.testing.assert_array_equal(encoder.embed([letters[i] for i in order]), together[order])
    for one, vector in zip(letters, together, strict=True):
        np.testing.assert_array_equal(encoder.embed([one])[0], vector)
    for threads in (2, 3, 70):
        np.testing.assert_array_equal(load_sentence_encoder(threads=threads).embed(letters), together)
    np.testing.assert_allclose(np.linalg.norm(together[[len(x) > 3 for x in letters]], axis=1), 1, atol=1e-6)


def test_case_does_not_matter_and_other_letters_match_nothing(encoder: SentenceEncoder) -> None:
    letters = some_sentences(1)[0]
    upper, lower, other = encoder.embed([letters, letters.lower(), letters[:40] + b"N" + letters[41:]])
    np.testing.assert_array_equal(upper, lower)
    assert 0.5 < upper @ other < 1
    assert not encoder.embed([b"", b"NNNNNNNN", b"ACG"]).any()
    assert encoder.embed([]).shape == (0, encoder.width)


def test_a_mutated_copy_is_nearer_than_any_other_sentence(encoder: SentenceEncoder) -> None:
    letters = [x for x in some_sentences(400) if len(x) > 120]
    rng = np.random.default_rng(2)
    copies = []
    for sentence in letters:
        copy = np.frombuffer(sentence, np.uint8).copy()
        hit = rng.random(len(copy)) < 0.08
        copy[hit] = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, hit.sum())]
        copies.append(reverse_complement(copy.tobytes()))
    nearest = (encoder.embed(copies) @ encoder.embed(letters).T).argmax(1)
    assert (nearest == np.arange(len(letters))).mean() > 0.98


def test_a_long_passage_is_read_in_blocks_of_scores(
    encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    passage = b"".join(some_sentences(700, 3))
    assert len(passage) > 1 << 16
    halves = encoder.embed([passage[: len(passage) // 2], passage[len(passage) // 2 :]])
    assert encoder.embed([passage])[0] @ halves.mean(0) > 0.9


def test_torch_and_onnx_are_not_needed() -> None:
    code = (
        "import sys; from genomebook.models.sentences import load_sentence_encoder as load\n"
        "import benchmarks.search.kmer_vectors\n"
        "load().embed([b'ACGTACGTTGAC']); assert not {'torch', 'onnxruntime'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def test_what_is_shipped_is_small_and_says_what_it_is() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 4_500_000
    meta = json.loads((SHIPPED / META).read_text())
    assert meta["training"]["schedule"]["steps"] == meta["training"]["log"][-1]["step"]
    assert meta["weights"] in (SHIPPED / "card.md").read_text()


@pytest.mark.parametrize(
    ("name", "damage", "said"),
    [
        (WEIGHTS, lambda data: data[:-10], "not readable weights"),
        (WEIGHTS, lambda data: data[:-1] + bytes([data[-1] ^ 1]), "digest"),
        (WEIGHTS, lambda data: b"", "not readable weights"),
        (META, lambda data: data[:40], "not readable"),
        (META, lambda data: b"[]", "not a JSON object"),
        (META, lambda data: b"[" * 100_000, "not readable"),
        (
            META,
            lambda data: data.replace(b"genomebook-sentences-1", b"genomebook-sentences-9"),
            "not of format",
        ),
        (META, lambda data: data.replace(b'"motifs"', b'"motives"'), "`motifs`"),
        (META, lambda data: data.replace(b'"width": 128', b'"width": 64'), "tensors"),
        (META, lambda data: data.replace(b'"unit": 0', b'"unit": 3'), r"\$\.unit"),
        (META, None, "not readable"),
        (WEIGHTS, None, "not readable weights"),
    ],
)
def test_a_damaged_encoder_is_refused_in_one_line(tmp_path: Path, name, damage, said) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(SHIPPED, folder)
    if damage is None:
        (folder / name).unlink()
    else:
        before = (folder / name).read_bytes()
        (folder / name).write_bytes(damage(before))
        assert (folder / name).read_bytes() != before
    with pytest.raises(ReaderError, match=said) as caught:
        open_encoder(folder)
    assert str(caught.value).startswith(str(folder))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_such_encoder_and_no_threads(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="no such encoder folder"):
        load_sentence_encoder(str(tmp_path / "nowhere"))
    with pytest.raises(OptionError, match="give 1 or more"):
        load_sentence_encoder(threads=0)
