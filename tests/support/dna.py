"""What tests of words share: random and repetitive sequence, and byte-pair encoding done the plainest way."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.common.library_tokenizer import library_tokenizer
from genomebook.language.alphabet import AMBIGUOUS, BASES, FIRST_WORD, GAP
from genomebook.language.cuts import MAX_PIECE, K, cut_table
from genomebook.language.train import pieces
from genomebook.language.vocabulary import Vocabulary

IUPAC = "ACGTUNRYSWKMBDHV"


def random_dna(n: int, seed: int, letters: str = BASES) -> bytes:
    """n random letters."""
    return "".join(random.Random(seed).choices(letters, k=n)).encode()


def tandem(unit: int, copies: int, seed: int) -> bytes:
    """A random unit, repeated."""
    return random_dna(unit, seed) * copies


@st.composite
def sequences(draw: st.DrawFn, most: int = 3000, gaps: bool = True) -> bytes:
    """Random sequence, repeats, poly-A and CA runs, gaps and single IUPAC letters in turn, either case."""
    parts: list[bytes] = []
    kinds = ["dna", "dna", "repeat", "simple", *(["gap", "letters"] if gaps else [])]
    for _ in range(draw(st.integers(0, 6))):
        kind, seed = draw(st.sampled_from(kinds)), draw(st.integers(0, 2**32))
        size = draw(st.integers(1, most // 6))
        if kind == "dna":
            part = random_dna(size, seed)
        elif kind == "repeat":
            unit = draw(st.integers(1, 40))
            part = tandem(unit, 1 + size // unit, seed)[:size]
        elif kind == "simple":
            part = draw(st.sampled_from([b"A", b"T", b"CA", b"GT", b"AT", b"TTAGGG"])) * (size // 2)
        elif kind == "gap":
            part = b"N" * size
        else:
            part = random_dna(min(size, 20), seed, IUPAC)
        parts.append(part.lower() if gaps and draw(st.booleans()) else part)
    return b"".join(parts)


def as_array(letters: bytes) -> NDArray[np.uint8]:
    """Letters as the encoder takes them."""
    return np.frombuffer(letters, np.uint8)


def plain_cuts(letters: bytes) -> list[int]:
    """Hash cuts by their definition: positions whose four letters on each side are in the table."""
    table, text = cut_table(), letters.upper().decode()
    found = []
    for p in range(K // 2, len(text) - K // 2 + 1):
        around = text[p - K // 2 : p + K // 2]
        if set(around) <= set(BASES):
            code = 0
            for letter in around:
                code = 4 * code + BASES.index(letter)
            if table[code]:
                found.append(p)
    return found


def plain_pieces(run: bytes) -> list[str]:
    """Pieces of a run of bases by their definition."""
    bounds = [0, *plain_cuts(run), len(run)]
    text = run.upper().decode()
    return [text[i : min(i + MAX_PIECE, b)] for a, b in pairwise(bounds) for i in range(a, b, MAX_PIECE)]


def plain_bpe(merges: Sequence[tuple[str, str]], text: str) -> list[str]:
    """Byte-pair encoding by its definition: merge after merge, each from left to right."""
    words = list(text)
    for left, right in merges:
        i = 0
        while i < len(words) - 1:
            if words[i] == left and words[i + 1] == right:
                words[i : i + 2] = [left + right]
            i += 1
    return words


def _runs(letters: bytes) -> Iterator[str]:
    for match in re.finditer(r"[ACGT]+|N+|[^ACGTN]", letters.upper().decode()):
        yield match.group()


def library_ids(vocabulary: Vocabulary, letters: bytes, tokenizer: Any = None) -> list[int]:
    """Ids with the `tokenizers` library spelling the pieces."""
    tokenizer = tokenizer or library_tokenizer(vocabulary)
    ids: list[int] = []
    lines: list[str] = []

    def spell() -> None:
        for encoding in tokenizer.encode_batch(lines):
            ids.extend(encoding.ids)
        lines.clear()

    for run in _runs(letters):
        if run[0] in BASES:
            found = pieces(run.encode())
            lines += [" ".join(found[i : i + 20]) for i in range(0, len(found), 20)]
        else:
            spell()
            ids.append(GAP if run[0] == "N" else 1 + AMBIGUOUS.index(run))
    spell()
    return ids


def plain_ids(vocabulary: Vocabulary, letters: bytes) -> list[int]:
    """Ids by definition alone: nothing of the program but the table of cuts."""
    number = {word: i for i, word in enumerate(vocabulary.words) if i >= FIRST_WORD}
    ids: list[int] = []
    for run in _runs(letters):
        if run[0] in BASES:
            for piece in plain_pieces(run.encode()):
                ids += [number[word] for word in plain_bpe(vocabulary.merges, piece)]
        else:
            ids.append(GAP if run[0] == "N" else 1 + AMBIGUOUS.index(run))
    return ids


def gap_lengths(letters: bytes) -> NDArray[np.int64]:
    """Length of each run of N."""
    return np.array([len(run) for run in re.findall(b"[Nn]+", letters)], np.int64)


def random_vocabulary(seed: int, merges: int) -> Vocabulary:
    """Merges of any two words known so far: unlike learnt ones, some words can never be spelled."""
    rng = random.Random(seed)
    words = list(BASES)
    found: list[tuple[str, str]] = []
    while len(found) < merges:
        left, right = rng.choice(words), rng.choice(words)
        if left + right not in words and len(left + right) <= 40:
            words.append(left + right)
            found.append((left, right))
    return Vocabulary(f"random-{seed}", tuple(found))
