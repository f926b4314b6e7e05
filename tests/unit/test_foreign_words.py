"""Foreign tokens: cut as the models' own tokenizers cut, and their scores carried over to words."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from genomebook.models.adapters.tokens import BASES_PER_BLOCK, bpe_tokenizer, kmer_tokenizer, load_bpe
from genomebook.models.project import Overlap
from tests.support import foreign
from tests.support.dna import random_dna


@pytest.fixture(scope="module")
def grover(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return foreign.grover(tmp_path_factory.mktemp("foreign") / "grover")


@given(st.text("ACGTN", max_size=80), st.text("ACGTNR", max_size=30))
@settings(max_examples=60)
def test_kmers_are_cut_as_esm_tokenizers_do(one: str, two: str) -> None:
    vocabulary = {"<unk>": 0, "<pad>": 1, "<mask>": 2, "<cls>": 3}
    for kmer in ("".join(letters) for letters in product("ATCG", repeat=3)):
        vocabulary[kmer] = len(vocabulary)
    for letter in "ATCGN":
        vocabulary[letter] = len(vocabulary)
    spell = kmer_tokenizer(vocabulary, 3, 0)
    theirs = _esm(tuple(vocabulary))
    found = spell(np.frombuffer(one.encode(), np.uint8))
    assert found.ids.tolist() == theirs.encode(one, add_special_tokens=False)
    mixed = spell(np.frombuffer(two.encode(), np.uint8))
    assert mixed.ends.tolist() == sorted(set(mixed.ends.tolist()))
    assert (mixed.ends[-1] if two else 0) == len(two)
    starts = np.append(0, mixed.ends[:-1]) if two else []
    spelled = [two[a:b] for a, b in zip(starts, mixed.ends, strict=True)]
    assert [vocabulary.get(token, 0) for token in spelled] == mixed.ids.tolist()
    assert [token != "R" for token in spelled] == mixed.known.tolist()


@lru_cache(maxsize=1)
def _esm(vocabulary: tuple[str, ...]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocab.txt"
        path.write_text("\n".join(vocabulary))
        return transformers.EsmTokenizer(str(path), eos_token=None)


def test_blocks_of_bpe_join(grover: Path) -> None:
    tokenizer, source = load_bpe(grover, byte_level=False)
    spell = bpe_tokenizer(tokenizer, source, 10_000, 0)
    letters = random_dna(BASES_PER_BLOCK + 1000, 2)
    tokens = spell(np.frombuffer(letters, np.uint8))
    assert BASES_PER_BLOCK in tokens.ends
    assert tokens.ends[-1] == len(letters)
    plain = tokenizers.Tokenizer.from_file(str(grover / "tokenizer.json"))
    named = [plain.id_to_token(int(i)) for i in tokens.ids]
    assert "".join(named).encode() == letters


def test_a_vocabulary_without_merges_is_merged_in_its_order(grover: Path, tmp_path: Path) -> None:
    whole = tokenizers.Tokenizer.from_file(str(grover / "tokenizer.json"))
    order = sorted(whole.get_vocab().items(), key=lambda row: row[1])
    (tmp_path / "vocab.txt").write_text("\n".join(token for token, _ in order))
    tokenizer, _ = load_bpe(tmp_path, byte_level=False)
    text = random_dna(500, 9).decode()
    assert tokenizer.encode(text).ids == whole.encode(text, add_special_tokens=False).ids


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=30),
    st.lists(st.integers(1, 9), min_size=1, max_size=30),
    st.integers(0, 2**32 - 1),
)
def test_projection_keeps_totals(tokens: list[int], lengths: list[int], seed: int) -> None:
    total = max(sum(tokens), sum(lengths))
    token_ends = np.cumsum([*tokens, *([total - sum(tokens)] if total > sum(tokens) else [])])
    word_ends = np.cumsum([*lengths, *([total - sum(lengths)] if total > sum(lengths) else [])])
    random = np.random.default_rng(seed)
    bits = random.exponential(9, token_ends.size)
    states = random.normal(size=(token_ends.size, 3)).astype(np.float32)
    odds = random.normal(size=(token_ends.size, 2)).astype(np.float32)
    overlap = Overlap(token_ends, word_ends)
    spread = overlap.surprisal(bits)
    assert spread.sum() == pytest.approx(bits.sum(), rel=1e-12)

    holder = np.repeat(np.arange(token_ends.size), np.diff(token_ends, prepend=0))  # token of each letter
    share = (bits / np.diff(token_ends, prepend=0))[holder]
    starts = np.append(0, word_ends[:-1])
    np.testing.assert_allclose(spread, np.add.reduceat(share, starts), rtol=1e-9)
    assert (overlap.boundary(odds) == odds[holder[word_ends - 1]]).all()
    means = [states[holder[a:b]].mean(0) for a, b in zip(starts, word_ends, strict=True)]
    np.testing.assert_allclose(overlap.hidden(states), means, rtol=1e-5, atol=1e-6)

    first, last = sorted(random.integers(0, word_ends.size + 1, 2))
    if first < last:  # a share of the words is projected to the same bits
        start = int(starts[first])
        a = np.searchsorted(token_ends, start, "right")
        b = np.searchsorted(token_ends, word_ends[last - 1]) + 1
        before = int(token_ends[a - 1]) if a else 0
        share_of = Overlap(token_ends[a:b], word_ends[first:last], token_start=before, word_start=start)
        assert share_of.surprisal(bits[a:b]).tobytes() == spread[first:last].tobytes()
        assert share_of.hidden(states[a:b]).tobytes() == overlap.hidden(states)[first:last].tobytes()


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_projection_changes_nothing_when_tokens_are_words(lengths: list[int], seed: int) -> None:
    ends = np.cumsum(lengths)
    random = np.random.default_rng(seed)
    bits, states = random.exponential(9, ends.size), random.normal(size=(ends.size, 3)).astype(np.float32)
    overlap = Overlap(ends, ends)
    assert overlap.surprisal(bits).tolist() == bits.tolist()
    assert overlap.hidden(states).tobytes() == states.tobytes()
    assert (overlap.boundary(states[:, :2]) == states[:, :2]).all()


def test_projection_needs_tokens_for_all_words() -> None:
    with pytest.raises(ValueError, match="cover"):
        Overlap(np.array([3]), np.array([2, 5]))
