"""Alignments: as a plain table gives them, and rows that say what the score says."""

from __future__ import annotations

import random
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomebook.search.alignment.align import (
    EXTEND,
    MATCH,
    MISMATCH,
    NO_ALIGNMENT,
    OPEN,
    Alignment,
    align,
    align_near,
    best_diagonal,
    scores,
)
from tests.support.dna import random_dna

NEVER = -(10**9)
few = st.text("AC", min_size=1, max_size=24).map(str.encode)
some = st.text("ACGT", min_size=1, max_size=40).map(str.encode)
odd = st.text("ACGTNRY", min_size=1, max_size=24).map(str.encode)
pairs = st.one_of(st.tuples(few, few), st.tuples(some, some), st.tuples(odd, odd))


def plain(query: bytes, text: bytes) -> tuple[int, int, int]:
    """Score and ends (first in the text, then in the query) by the textbook's three tables."""
    best = [[0] * (len(text) + 1) for _ in range(len(query) + 1)]
    insert = [[NEVER] * (len(text) + 1) for _ in range(len(query) + 1)]
    delete = [[NEVER] * (len(text) + 1) for _ in range(len(query) + 1)]
    for i, a in enumerate(query, 1):
        for j, b in enumerate(text, 1):
            insert[i][j] = max(best[i - 1][j] - OPEN, insert[i - 1][j]) - EXTEND
            delete[i][j] = max(best[i][j - 1] - OPEN, delete[i][j - 1]) - EXTEND
            pair = best[i - 1][j - 1] + (MATCH if a == b and a in b"ACGT" else MISMATCH)
            best[i][j] = max(0, pair, insert[i][j], delete[i][j])
    score, text_end, query_end = max(
        (best[i][j], -j, -i) for i in range(len(query) + 1) for j in range(len(text) + 1)
    )
    return score, -query_end, -text_end


def check(query: bytes, text: bytes, found: Alignment) -> None:
    """All that an alignment says of itself must agree."""
    above, bars, below = found.rows
    assert len(above) == len(bars) == len(below) == found.columns
    assert above.replace("-", "").encode() == query[found.query_start : found.query_end]
    assert below.replace("-", "").encode() == text[found.text_start : found.text_end]
    equal = [a == b and a in "ACGT" for a, b in zip(above, below, strict=True)]
    assert bars == "".join("|" if same else " " for same in equal)
    assert found.matches == sum(equal)
    assert found.gaps == above.count("-") + below.count("-")
    mismatches = found.columns - found.matches - found.gaps
    runs = [run for row in (above, below) for run in re.findall("-+", row)]
    costs = OPEN * len(runs) + EXTEND * found.gaps
    assert found.score == MATCH * found.matches + MISMATCH * mismatches - costs
    spelled = "".join(
        "I" if b == "-" else "D" if a == "-" else "=" if same else "X"
        for a, b, same in zip(above, below, equal, strict=True)
    )
    assert re.findall(r"(\d+)([=XID])", found.cigar) == [
        (str(len(run.group())), run.group()[0]) for run in re.finditer(r"(.)\1*", spelled)
    ]
    assert spelled[0] == spelled[-1] == "="


@settings(max_examples=400, deadline=None)
@given(pairs)
def test_as_the_plain_table(pair: tuple[bytes, bytes]) -> None:
    query, text = pair
    score, query_end, text_end = plain(query, text)
    found = align(query, text)
    assert scores(query, [text, b"", text]).tolist() == [score, 0, score]
    assert found == align(query, text)
    if score == 0:
        assert found == NO_ALIGNMENT
        return
    assert (found.score, found.query_end, found.text_end) == (score, query_end, text_end)
    back = plain(query[:query_end][::-1], text[:text_end][::-1])
    assert back == (score, query_end - found.query_start, text_end - found.text_start)
    check(query, text, found)


def mutated(letters: bytes, seed: int, share: float) -> bytes:
    """Change a share of the letters: 3 substitutions to 1 letter put in or taken out."""
    rng = random.Random(seed)
    made = bytearray()
    for letter in letters:
        kind = rng.random() / share
        if kind < 0.75:
            made.append(rng.choice(b"ACGT"))
        elif kind < 0.875:
            made += bytes([letter, rng.choice(b"ACGT")])
        elif kind >= 1:
            made.append(letter)
    return bytes(made)


def test_long_and_drifting() -> None:
    """A kilobase with a gap of 400 letters: outside of the first band; and the score of the whole table."""
    one, two, between = random_dna(1500, 1), random_dna(1500, 2), random_dna(400, 3)
    query = one + two
    text = b"N" * 7 + mutated(one, 4, 0.1) + between + mutated(two, 5, 0.1)
    found = align(query, text)
    check(query, text, found)
    assert max(int(run) for run in re.findall(r"(\d+)D", found.cigar)) > 300
    assert found.score == scores(query, [text])[0]
    back = align(text, query)
    check(text, query, back)
    assert back.score == found.score


def test_a_score_that_does_not_fit_16_bits() -> None:
    letters = random_dna(20_000, 6)
    found = align(letters, letters)
    assert (found.score, found.cigar) == (40_000, "20000=")
    assert scores(letters, [letters, letters[:100]]).tolist() == [40_000, 200]
    assert scores(letters[:10_000], [letters]).tolist() == [20_000]


def test_what_is_not_a_base_matches_nothing() -> None:
    assert align(b"NNNNNNNN", b"NNNNNNNN") == NO_ALIGNMENT
    assert align(b"RYKM", b"RYKM") == NO_ALIGNMENT
    assert align(b"", b"ACGT") == align(b"ACGT", b"") == NO_ALIGNMENT
    found = align(b"ACGTACGTNACGTACGT", b"ACGTACGTNACGTACGT")
    assert (found.score, found.cigar, found.rows[1]) == (29, "8=1X8=", "|||||||| ||||||||")
    assert scores(b"ACGT", []).tolist() == []


@given(pairs)
@settings(max_examples=300, deadline=None)
def test_on_all_diagonals_it_is_the_best_alignment(pair: tuple[bytes, bytes]) -> None:
    query, text = pair
    every = -len(query), len(text)
    assert align_near(query, text, *every) == align(query, text)
    score, diagonal = best_diagonal(query, text)
    assert score <= align(query, text).score
    assert align_near(query, text, diagonal, diagonal).score == score


@given(pairs, st.integers(-20, 20), st.integers(0, 12))
@settings(max_examples=300, deadline=None)
def test_on_some_diagonals_it_is_an_alignment(pair: tuple[bytes, bytes], low: int, more: int) -> None:
    query, text = pair
    low = min(max(low, -len(query)), len(text))
    high = min(low + more, len(text))
    found = align_near(query, text, low, high)
    assert found.score <= align(query, text).score
    if found != NO_ALIGNMENT:
        check(query, text, found)


@pytest.mark.parametrize("time", ["first", "second"])
def test_both_ways_work_when_compiled_code_comes_from_a_file(time: str) -> None:
    code = (
        "from genomebook.search.alignment.align import *; q = b'ACGTTGCAAC' * 8; "
        "assert align_near(q, q, -5, 5) == align(q, q)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{time} time: {done.stderr}"
