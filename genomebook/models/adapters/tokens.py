"""Tokenizers of foreign models, and where each token ends.

A stretch is tokenized as a whole from its first letter, whatever range is requested, so that a token never
depends on the range. Byte-pair tokens are found in blocks of `BASES_PER_BLOCK` letters to bound the memory; a
token ends at the end of a block.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import MissingExtraError, ReaderError

BASES_PER_BLOCK = 1 << 16
_BLOCKS_AT_ONCE = 64
UNKNOWN = ("[UNK]", "<unk>")


class Tokens(NamedTuple):
    """Tokens of one stretch.

    Attributes
    ----------
    ids : int32[n]
        Ids of the foreign vocabulary.
    ends : int64[n]
        End of each, in letters from the start of the stretch; the first starts at 0.
    known : bool[n]
        False where the model has no token for what stands there (an ambiguous letter): it gets no surprisal.
    """

    ids: NDArray[np.int32]
    ends: NDArray[np.int64]
    known: NDArray[np.bool_]


Tokenizer = Callable[[NDArray[np.uint8]], Tokens]
"""Upper-case ASCII letters uint8[n] to tokens."""


def base_tokenizer(ids: Mapping[str, int], other: int) -> Tokenizer:
    """Make a tokenizer of single letters; `other` is the id of letters without one."""
    table = np.full(256, other, np.int32)
    known = np.zeros(256, np.bool_)
    for letter, i in ids.items():
        table[ord(letter)], known[ord(letter)] = i, True

    def tokenize(letters: NDArray[np.uint8]) -> Tokens:
        return Tokens(table[letters], np.arange(1, letters.size + 1, dtype=np.int64), known[letters])

    return tokenize


def kmer_tokenizer(vocabulary: Mapping[str, int], k: int, other: int) -> Tokenizer:
    """Make a tokenizer of k-mers, counted from the start of each run of ACGT.

    The rest at the end of a run is tokenized letter by letter, as is every letter other than ACGT (such as
    N), which ends the run. `other` is the id of letters without one.
    """
    codes = np.full(256, 4, np.int64)
    for code, letter in enumerate("ACGT"):
        codes[ord(letter)] = code
    table = np.array([vocabulary["".join(kmer)] for kmer in itertools.product("ACGT", repeat=k)], np.int32)
    single = base_tokenizer({letter: i for letter, i in vocabulary.items() if len(letter) == 1}, other)

    def tokenize(letters: NDArray[np.uint8]) -> Tokens:
        code = codes[letters]
        base = code < 4
        at = np.arange(letters.size)
        run = np.maximum.accumulate(np.where(base, -1, at))  # the last letter before that is no base
        after = np.append(np.minimum.accumulate(np.where(base, letters.size, at)[::-1])[::-1], letters.size)
        offset, length = at - run - 1, after[:-1] - run - 1
        whole = base & (offset < length // k * k)
        start = np.flatnonzero(~whole | (offset % k == 0))
        alone = single(letters[start])
        kmer = np.zeros(start.size, np.int64)
        for i in range(k):
            kmer = kmer * 4 + code[np.minimum(start + i, letters.size - 1)]
        inside = whole[start]
        ids = np.where(inside, table[np.where(inside, kmer, 0)], alone.ids)
        return Tokens(ids, start + np.where(inside, k, 1), alone.known | inside)

    return tokenize


def bpe_tokenizer(tokenizer: Any, source: str, size: int, unknown: int | None) -> Tokenizer:
    """Wrap a tokenizer of the `tokenizers` library.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        Its padding and truncation are switched off; no special tokens are added.
    source : str
        Its file, for messages.
    size : int
        Ids for which the model has rows.
    unknown : int, optional
        Id of what has no token.
    """
    tokenizer.no_padding()
    tokenizer.no_truncation()

    def tokenize(letters: NDArray[np.uint8]) -> Tokens:
        ids: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
        ends: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
        starts = range(0, letters.size, BASES_PER_BLOCK)
        for several in _groups(starts):
            texts = [letters[start : start + BASES_PER_BLOCK].tobytes().decode("ascii") for start in several]
            for start, encoding in zip(
                several, tokenizer.encode_batch(texts, add_special_tokens=False), strict=True
            ):
                offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2)
                length = min(BASES_PER_BLOCK, letters.size - start)
                if not _covers(offsets, length):
                    raise ReaderError(
                        f"{source}: its tokens do not cover DNA letter by letter; use another model"
                    )
                ids.append(np.array(encoding.ids, np.int32))
                ends.append(offsets[:, 1] + start)
        flat = np.concatenate(ids)
        known = flat < size if unknown is None else (flat < size) & (flat != unknown)
        if not known.all() and (unknown is None or unknown >= size):
            raise ReaderError(
                f"{source}: makes ids that the model has no row for; use the model's own tokenizer"
            )
        return Tokens(np.where(known, flat, unknown or 0).astype(np.int32), np.concatenate(ends), known)

    return tokenize


def _groups(starts: range) -> list[range]:
    return [starts[i : i + _BLOCKS_AT_ONCE] for i in range(0, len(starts), _BLOCKS_AT_ONCE)]


def _covers(offsets: NDArray[np.int64], length: int) -> bool:
    if not offsets.size:
        return length == 0
    joined = (offsets[1:, 0] == offsets[:-1, 1]).all() and (offsets[:, 0] < offsets[:, 1]).all()
    return bool(joined and offsets[0, 0] == 0 and offsets[-1, 1] == length)


def load_bpe(folder: Path, *, byte_level: bool) -> tuple[Any, str]:
    """Open the byte-pair tokenizer of a checkpoint folder; return it with its path.

    It is read from ``tokenizer.json``; else from ``vocab.json`` or ``vocab.txt`` (one token a line) with
    ``merges.txt``; else from the vocabulary alone, whose order is then taken as that of the merges. With
    `byte_level`, words without ``tokenizer.json`` are those of GPT-2.

    Raises
    ------
    MissingExtraError, ReaderError
        When the library or the tokenizer is missing, or it cannot be read.
    """
    try:
        import tokenizers
    except ImportError:
        raise MissingExtraError(str(folder), ["tokenizers"], "train") from None
    path = folder / "tokenizer.json"
    if path.is_file():
        return tokenizers.Tokenizer.from_str(_sound(path)), str(path)
    vocabulary = read_vocabulary(folder)
    merges = _merges(folder / "merges.txt") or _merges_by_order(vocabulary)
    _check_merges(folder, vocabulary, merges)
    unknown = next((mark for mark in UNKNOWN if mark in vocabulary), None)
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, merges, unk_token=unknown))
    if byte_level:
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer, str(folder)


def _sound(path: Path) -> str:
    """Read a tokenizer.json, refusing what makes the library fail."""
    try:
        text = path.read_text(encoding="utf-8")
        model = json.loads(text)["model"]
        vocabulary = dict(model["vocab"])
        pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in model.get("merges", [])]
        merges = [(str(left), str(right)) for left, right in pairs]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReaderError(f"{path}: not a readable tokenizer ({error}); download it anew") from None
    _check_merges(path, vocabulary, merges)
    return text


def _check_merges(path: Path, vocabulary: Mapping[str, int], merges: list[tuple[str, str]]) -> None:
    for left, right in merges:
        for token in (left, right, left + right):
            if token not in vocabulary:
                raise ReaderError(f"{path}: a merge names {token!r}, which is not a token; download it anew")


def _merges(path: Path) -> list[tuple[str, str]]:
    """Read a merges.txt, if there is one."""
    if not path.is_file():
        return []
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:8] != "#version"]
        return [(left, right) for left, right in (line.split(" ") for line in lines if line.strip())]
    except (OSError, ValueError) as error:
        raise ReaderError(f"{path}: not a readable list of merges ({error}); download it anew") from None


def _merges_by_order(vocabulary: Mapping[str, int]) -> list[tuple[str, str]]:
    """Give every way to join two tokens into a third, in the order of the third."""
    ordered = sorted(vocabulary, key=vocabulary.__getitem__)
    splits = ((token[:i], token[i:]) for token in ordered for i in range(1, len(token)))
    return [(left, right) for left, right in splits if left in vocabulary and right in vocabulary]


def read_vocabulary(folder: Path) -> dict[str, int]:
    """Read ``vocab.json`` (token to id) or ``vocab.txt`` (one token a line, ids from 0)."""
    for name in ("vocab.json", "vocab.txt"):
        path = folder / name
        if not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
            if name == "vocab.json":
                return {str(token): int(i) for token, i in json.loads(text).items()}
            return {token.strip(): i for i, token in enumerate(text.splitlines())}
        except (OSError, ValueError, AttributeError, TypeError) as error:
            raise ReaderError(f"{path}: not a readable vocabulary ({error}); download it anew") from None
    raise ReaderError(
        f"{folder}: has no vocabulary (tokenizer.json, vocab.json or vocab.txt); download it anew"
    )
