"""Controls, asked of dividers whose answers are known."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from genomebook.annotation.controls import (
    MARGIN,
    MovedStart,
    SeededLocus,
    density,
    offset,
    strand,
    substitute,
    substitution,
    window,
    word_windows,
)
from genomebook.annotation.evidence import EvidenceRow
from genomebook.annotation.positions import is_near
from genomebook.segmentation.boundaries import Boundaries

Places = NDArray[np.int64]
N = 200_000
LOCUS = SeededLocus("chr7", 1000, seed=3)
STARTS = (
    MovedStart("shift by 1 word", 4),
    MovedStart("shift by 100 words", 503),
    MovedStart("shift by 777 letters", 777),
)


class Rule:
    """Divides by functions from letters to places."""

    signals = ("planted",)

    def __init__(self, sentences: Callable[[bytes], Places], paragraphs: Callable[[bytes], Places]) -> None:
        self.rules = sentences, paragraphs

    def divide(self, letters: NDArray[np.uint8]) -> dict[str, Boundaries]:
        text = letters.tobytes().upper()
        sentences, paragraphs = (np.unique(rule(text)).astype(np.int64) for rule in self.rules)
        return {"planted": Boundaries(sentences, paragraphs)}


def at_motif(motif: bytes, into: int) -> Callable[[bytes], Places]:
    def find(text: bytes) -> Places:
        return np.array([hit.start() + into for hit in re.finditer(b"(?=%s)" % motif, text)], np.int64)

    return find


def at_random(every: int) -> Callable[[bytes], Places]:
    def find(text: bytes) -> Places:
        rng = np.random.default_rng(zlib.crc32(text) + every)
        return 1 + np.flatnonzero(rng.random(len(text) - 1) < 1 / every) if len(text) > 1 else np.empty(0)

    return find


def in_windows(quota: int, size: int = 1280) -> Callable[[bytes], Places]:
    """The published kind of rule: the best so many places of every window."""

    def find(text: bytes) -> Places:
        codes = np.frombuffer(text, np.uint8).astype(np.uint64)
        score = np.zeros(len(codes), np.uint64)
        for i in range(8):
            score += np.roll(codes, -i) * np.uint64(0x9E3779B97F4A7C15 * (2 * i + 1) % 2**64)
        score ^= score >> np.uint64(29)
        score *= np.uint64(0xBF58476D1CE4E5B9)
        found = [
            start + 1 + np.argsort(score[start : start + size], kind="stable")[-quota:]
            for start in range(0, len(codes) - size + 1, size)
            if b"N" not in text[start : start + size + 8]
        ]
        return np.concatenate([*found, np.empty(0)])

    return find


PALINDROME = Rule(at_motif(b"GATC", 2), at_motif(b"GGATCC", 3))
ONE_WAY = Rule(at_motif(b"GAA", 3), at_motif(b"GGAA", 4))
RANDOM = Rule(at_random(60), at_random(300))
WINDOWED = Rule(in_windows(12), in_windows(3))


def dna(n: int = N, seed: int = 0) -> NDArray[np.uint8]:
    return np.frombuffer(b"ACGTacgt", np.uint8)[np.random.default_rng(seed).integers(0, 8, n)].copy()


def asked(rows: dict[str, list[EvidenceRow]], level: str, label: str = "") -> EvidenceRow:
    (row,) = [one for one in rows["planted"] if one.level == level and one.label.startswith(label)]
    return row


def numbers(row: EvidenceRow) -> tuple[float, float]:
    assert row.value is not None
    assert row.control_value is not None
    assert row.low is not None
    assert row.high is not None
    assert row.low <= row.value <= row.high
    return row.value, row.control_value


def test_a_palindrome_is_found_on_both_strands():
    letters = dna()
    row = asked(strand(PALINDROME, letters, PALINDROME.divide(letters), LOCUS), "sentence")
    value, chance = numbers(row)
    assert value == 1.0
    expected = 1 - (1 - row.n / N) ** 11  # a boundary in the 11 places around, all alike
    assert chance == pytest.approx(expected, rel=0.1)


def test_boundaries_of_one_strand_agree_by_chance_alone():
    letters = dna()
    row = asked(strand(RANDOM, letters, RANDOM.divide(letters), LOCUS), "sentence")
    _, chance = numbers(row)
    assert row.low < chance < row.high
    row = asked(strand(ONE_WAY, letters, ONE_WAY.divide(letters), LOCUS), "sentence")
    value, chance = numbers(row)
    assert value < chance  # where GAA is no TTC can be


def test_density_is_counted_without_gaps_beside_shuffles():
    letters = dna()
    gap = np.full(50_000, ord("N"), np.uint8)
    letters = np.concatenate([gap, letters, gap])
    rows = density(PALINDROME, letters, PALINDROME.divide(letters), LOCUS)
    value, shuffled = numbers(asked(rows, "sentence"))
    assert value == pytest.approx(asked(rows, "sentence").n / 200)
    assert shuffled == pytest.approx(1000 / 256, rel=0.1)
    planted = np.frombuffer(b"ACGTGATC" * 4000, np.uint8)  # shuffled, few of the motifs stay
    row = asked(density(PALINDROME, planted, PALINDROME.divide(planted), LOCUS), "sentence")
    value, shuffled = numbers(row)
    assert value == pytest.approx(125, rel=1e-3)
    assert shuffled < 100


def test_what_the_content_decides_stays_when_the_start_moves():
    letters = dna()
    rows = offset(PALINDROME, letters, PALINDROME.divide(letters), LOCUS, STARTS)
    for start in STARTS:
        value, chance = numbers(asked(rows, "sentence", start.label))
        assert value == 1.0
        assert chance < 0.02
    margin = asked(rows, "sentence", "letters until all agree")
    assert margin.value is not None
    assert margin.value < 10
    assert margin.unit == "letters"


def test_the_margin_is_measured_to_the_letter():
    def find(text: bytes) -> Places:
        found = at_motif(b"GATC", 2)(text)
        return np.concatenate([found, np.arange(50, 1000, 50) if len(text) < N else np.empty(0)])

    rule = Rule(find, at_motif(b"GGATCC", 3))
    letters = dna()
    rows = offset(rule, letters, rule.divide(letters), LOCUS, STARTS)
    assert numbers(asked(rows, "sentence", "shift by 777"))[0] == 1.0
    margin = asked(rows, "sentence", "letters until all agree")
    assert (margin.value, margin.n) == (950, 3)


def test_one_boundary_more_counts_like_one_less():
    def find(text: bytes) -> Places:
        more = np.arange(10_000, len(text), 1000) if len(text) < N else np.empty(0)
        return np.concatenate([np.arange(len(text) - 1, 0, -100), more])

    rule = Rule(find, at_motif(b"GGATCC", 3))
    letters = dna()
    rows = offset(rule, letters, rule.divide(letters), LOCUS, STARTS)
    assert numbers(asked(rows, "sentence", "shift by 777"))[0] == pytest.approx(10 / 11, abs=0.01)
    margin = asked(rows, "sentence", "letters until all agree")
    assert margin.value is None
    assert "to the end" in str(margin.why)


@pytest.mark.parametrize("rule", [RANDOM, WINDOWED])
def test_other_dividers_fail_stability(rule: Rule):
    letters = dna()
    rows = offset(rule, letters, rule.divide(letters), LOCUS, STARTS)
    value, chance = numbers(asked(rows, "sentence", "shift by 777"))
    assert value < (0.02 if rule is RANDOM else 0.9)
    assert asked(rows, "sentence", "letters until all agree").value is None
    if rule is RANDOM:
        assert value == pytest.approx(chance, abs=0.01)


def test_substitutions_take_away_what_they_hit():
    letters = dna()
    rows = substitution(PALINDROME, letters, PALINDROME.divide(letters), LOCUS)
    for rate, label in ((0.001, "0.1%"), (0.01, "1%"), (0.05, "5%")):
        value, chance = numbers(asked(rows, "sentence", label))
        assert value == pytest.approx((1 - rate) ** 4 + (1 - (1 - rate) ** 4) * chance, abs=0.03)
        assert chance == pytest.approx(1 - (1 - 1 / 256) ** 11, rel=0.15)
    rows = substitution(RANDOM, letters, RANDOM.divide(letters), LOCUS, rates=(0.01,))
    value, chance = numbers(asked(rows, "sentence", "1%"))
    assert value == pytest.approx(chance, abs=0.02)


def test_substituted_letters_are_other_bases_in_the_same_case():
    letters = np.concatenate([dna(), np.frombuffer(b"NNNRRR" * 100, np.uint8)])
    changed = substitute(letters, 0.05, LOCUS)
    assert (changed[N:] == letters[N:]).all()
    assert ((changed & 0x20) == (letters & 0x20)).all()
    assert (changed != letters).sum() == pytest.approx(0.05 * N, rel=0.05)
    assert set(np.unique(changed)) == set(np.unique(letters))
    assert (substitute(letters, 0.05, LOCUS) == changed).all()
    assert (substitute(letters, 0.05, LOCUS._replace(start=0)) != changed).any()


def test_a_quota_in_every_window_is_seen():
    letters, edges = dna(), np.arange(0, N, 1280)
    quota = asked(window(letters, WINDOWED.divide(letters), LOCUS, edges), "sentence")
    assert numbers(quota)[0] > 0.95
    for rule in (PALINDROME, RANDOM):
        row = asked(window(letters, rule.divide(letters), LOCUS, edges), "sentence")
        value, chance = numbers(row)
        assert abs(value) < 0.35
        assert abs(chance) < 0.05
    halves = np.concatenate([np.arange(40, N // 2, 40), np.arange(N // 2, N, 160)])
    uneven = Rule(lambda text: halves, lambda text: halves[::5])
    assert numbers(asked(window(letters, uneven.divide(letters), LOCUS, edges), "sentence"))[0] < -1


def test_windows_of_words():
    assert word_windows(np.arange(5, 5001, 5), 256).tolist() == [0, 1280, 2560, 3840]
    assert word_windows(np.array([4, 9]), 256).tolist() == [0]


@pytest.mark.parametrize(
    ("letters", "why"),
    [
        (np.empty(0, np.uint8), ""),
        (np.frombuffer(b"ACGTA", np.uint8), ""),
        (np.frombuffer(b"N" * 9000, np.uint8), "gap"),
        (np.frombuffer(b"N" * 500 + b"GATTACA" + b"n" * 500, np.uint8), ""),
    ],
)
@pytest.mark.parametrize("rule", [PALINDROME, WINDOWED])
def test_there_is_a_reason_where_there_is_no_figure(rule: Rule, letters: NDArray[np.uint8], why: str):
    real, starts = rule.divide(letters), (*STARTS, MovedStart("shift by 1000 words", len(letters)))
    edges = word_windows(np.arange(5, len(letters), 5))
    every = [
        density(rule, letters, real, LOCUS),
        strand(rule, letters, real, LOCUS),
        substitution(rule, letters, real, LOCUS),
        offset(rule, letters, real, LOCUS, starts),
        window(letters, real, LOCUS, edges),
    ]
    for rows in every:
        assert {row.level for row in rows["planted"]} == {"sentence", "paragraph"}
        for row in rows["planted"]:
            assert (row.value is None) == bool(row.why)
            if row.control != "density":
                assert row.value is None
    assert why in str(asked(every[0], "sentence").why)


def test_the_same_again_gives_the_same():
    letters = dna(30_000)
    real = RANDOM.divide(letters)
    one, other = (
        (strand(RANDOM, letters, real, locus), density(RANDOM, letters, real, locus))
        for locus in (LOCUS, SeededLocus("chr7", 1000, seed=3))
    )
    assert one == other
    assert strand(RANDOM, letters, real, LOCUS._replace(seed=4)) != one[0]


def test_near_counts_both_sides():
    others = np.array([10, 100])
    assert is_near(np.array([4, 5, 15, 16, 94, 95, 105, 106]), others, 5).tolist() == [
        False, True, True, False, False, True, True, False,
    ]  # fmt: skip
    assert not is_near(np.array([4]), others[:0], 5).any()


def test_the_margin_is_bounded_by_the_volume():
    letters = dna(2 * MARGIN)
    row = asked(
        offset(PALINDROME, letters, PALINDROME.divide(letters), LOCUS, STARTS[:1]),
        "sentence",
        "shift by 1 word",
    )
    found = PALINDROME.divide(letters)["planted"].sentences
    assert row.n == (found > MARGIN // 2 + STARTS[0].letters).sum()
