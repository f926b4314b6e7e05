from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from genomebook.errors import ReaderError
from genomebook.language.alphabet import BASES, GAP, reverse_complement
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import Vocabulary, load_vocabulary
from genomebook.models.letters import (
    CONTEXT,
    LONG,
    MIDDLE,
    NO_COPY,
    OFTEN,
    REACH,
    SHORT,
    TRUST,
    UNIT,
    WEIGHT,
    Letters,
    shipped_letters,
)
from tests.support.dna import IUPAC, as_array, random_dna, sequences, tandem
from tests.support.sources import ELEMENT, counted, tensors_of, text

ONE_BY_ONE = Encoder(Vocabulary("bases", ()))
"""Every letter is a word, so what is said of words is said of letters."""


def explain(letters: Letters, sequence: bytes) -> NDArray[np.int32]:
    """Cost of each letter (a run of N is one)."""
    return letters.explain(ONE_BY_ONE.encode(as_array(sequence)), ONE_BY_ONE.vocabulary)


# --- counting


def kmers(sequence: bytes, size: int) -> list[str]:
    whole = sequence.upper().decode()
    found = [whole[i : i + size] for i in range(len(whole) - size + 1)]
    return [kmer for kmer in found if set(kmer) <= set(BASES)]


def plain_counts(streams: Sequence[bytes], size: int) -> Counter[str]:
    found = [kmer for stream in streams for kmer in kmers(stream, size)]
    return Counter([*found, *(reverse_complement(kmer.encode()).decode() for kmer in found)])


def number(kmer: str) -> int:
    return sum(BASES.index(letter) * 4**place for place, letter in enumerate(reversed(kmer)))


@settings(max_examples=15)
@given(st.lists(sequences(900), min_size=1, max_size=4), st.integers(0, 3))
def test_kmers_of_both_strands_are_counted_within_runs_of_bases(
    tmp_path_factory: pytest.TempPathFactory, streams: list[bytes], copies: int
) -> None:
    streams = [*streams, ELEMENT[:40] * 3, *[ELEMENT] * (OFTEN // 2 * copies)]
    letters = Letters.count("x", [as_array(stream) for stream in streams])
    found = tensors_of(letters, tmp_path_factory.mktemp("letters"))
    middle = {number(kmer): count for kmer, count in plain_counts(streams, MIDDLE).items()}
    assert {int(i): int(found["middle"][i]) for i in np.flatnonzero(found["middle"])} == middle
    long = {number(kmer): n for kmer, n in plain_counts(streams, LONG).items() if n >= OFTEN}
    assert dict(zip(found["keys"].tolist(), found["counts"].tolist(), strict=True)) == long
    assert found["keys"].tolist() == sorted(long)


def test_streams_do_not_continue_each_other_and_their_order_does_not_matter() -> None:
    one, two = as_array(random_dna(500, 1)), as_array(random_dna(500, 2))
    apart = Letters.count("x", [one, two]).digest
    assert Letters.count("x", iter([two, one])).digest == apart
    assert Letters.count("x", [np.concatenate([one, two])]).digest != apart
    assert Letters.count("x", [np.concatenate([one, as_array(b"N"), two])]).digest == apart


@pytest.mark.parametrize("streams", [[], [b""], [b"N" * 50], [b"A" * (LONG - 1), b"C" * (LONG - 1)]])
def test_too_little_sequence_is_refused(streams: list[bytes]) -> None:
    with pytest.raises(ReaderError, match=r"^mine: no 11 bases stand side by side; give more sequence$"):
        Letters.count("mine", [as_array(stream) for stream in streams])
    assert Letters.count("mine", [as_array(b"A" * LONG)]).digest


# --- costs


def plain_probability(streams: Sequence[bytes]) -> tuple[Callable[[str], float], Callable[[str], float]]:
    """Probability of the last letter of a k-mer to *new* and *known*, from the definition."""
    middle = plain_counts(streams, MIDDLE)
    short: Counter[str] = Counter()
    for kmer, count in middle.items():
        short[kmer[:SHORT]] += count
    long = Counter({kmer: n for kmer, n in plain_counts(streams, LONG).items() if n >= OFTEN})

    def mixed(counts: Counter[str], kmer: str, below: float) -> float:
        total = sum(counts[kmer[:-1] + letter] for letter in BASES)
        return (counts[kmer] + WEIGHT * below) / (total + WEIGHT)

    def new(kmer: str) -> float:
        return mixed(short, kmer, 0.25)

    def known(kmer: str) -> float:
        return mixed(long, kmer, mixed(middle, kmer[-MIDDLE:], new(kmer[-SHORT:])))

    return new, known


def units(p: float) -> int:
    return round(-math.log(p) / UNIT)


def plain_look_up(sequence: str, p: Callable[[str], float], size: int) -> list[int]:
    """Cost of the letters read from left to right; nothing without a whole context."""
    costs = [0] * len(sequence)
    for i in range(size - 1, len(sequence)):
        kmer = sequence[i - size + 1 : i + 1]
        if set(kmer) <= set(BASES):
            costs[i] = units(p(kmer))
    return costs


def plain_copy(sequence: str) -> list[int]:
    """Cost of the letters to one who copies, read from left to right."""
    costs = [0] * len(sequence)
    last: dict[str, int] = {}
    source, right, begin = -1, 0, 0
    for t, letter in enumerate(sequence):
        if letter not in BASES:
            last, source, begin = {}, -1, t + 1
            continue
        if t - begin >= CONTEXT:
            context = sequence[t - CONTEXT : t]
            place = last.get(context, -REACH - 1)
            last[context] = t
            if source < 0 and t - place <= REACH:
                source, right = place, 0
        if source < 0:
            costs[t] = round(NO_COPY * math.log(2) / UNIT)
            continue
        trust = TRUST[min(right // 4, len(TRUST) - 1)]
        if sequence[source] == letter:
            costs[t] = units(trust)
            right += 1
        else:
            costs[t] = units((1 - trust) / 3)
            right = right // 2 - 4
        source = source + 1 if right >= 0 else -1
    return costs


def both_ways(sequence: bytes, read: Callable[[str], list[int]]) -> list[int]:
    ahead = read(sequence.decode())
    back = read(reverse_complement(sequence).decode())[::-1]
    return [a + b for a, b in zip(ahead, back, strict=True)]


def one_letter_gaps(sequence: bytes) -> bytes:
    """Runs of N as one letter, as words have them; upper case; no U, whose complement is a base."""
    whole = sequence.upper().replace(b"U", b"R")
    while b"NN" in whole:
        whole = whole.replace(b"NN", b"N")
    return whole


@cache
def probabilities() -> tuple[Callable[[str], float], Callable[[str], float]]:
    return plain_probability([text()])


@st.composite
def passages(draw: st.DrawFn) -> bytes:
    """What is new, what was counted and what repeats, with gaps."""
    parts = [draw(sequences(600))]
    for _ in range(draw(st.integers(0, 3))):
        first = draw(st.integers(0, 250))
        parts.append(ELEMENT[first : first + draw(st.integers(1, 120))])
        parts.append(draw(st.sampled_from([b"", b"N", b"R", random_dna(40, draw(st.integers(0, 99)))])))
    return one_letter_gaps(b"".join(parts))


@settings(max_examples=60)
@given(passages())
def test_costs_follow_from_their_definition(sequence: bytes) -> None:
    new, known = probabilities()
    found = explain(counted(), sequence)
    assert found.dtype == np.int32
    assert found.shape == (len(sequence), 3)
    assert found[:, 2].tolist() == both_ways(sequence, plain_copy)
    for column, p, size in ((0, new, SHORT), (1, known, LONG)):
        wanted = both_ways(sequence, lambda strand, p=p, size=size: plain_look_up(strand, p, size))  # type: ignore[misc]
        assert np.abs(found[:, column] - wanted).max(initial=0) <= 2  # ties of rounding, once each way
        assert np.count_nonzero(found[:, column] != wanted) <= len(wanted) / 100


def test_probabilities_of_the_letters_after_each_context_sum_to_one() -> None:
    for table, size in zip(shipped_letters().tables, (SHORT, LONG), strict=True):
        assert table.shape == (4**size,)
        assert table.min() >= 0
        total = np.exp(-UNIT * table.reshape(-1, 4).astype(np.float64)).sum(axis=1)
        assert np.abs(total - 1).max() < UNIT / 2


@settings(max_examples=60)
@given(passages())
def test_both_strands_cost_the_same(sequence: bytes) -> None:
    there, back = explain(counted(), sequence), explain(counted(), reverse_complement(sequence))
    assert there.tolist() == back[::-1].tolist()


def test_both_strands_of_the_mitochondrial_chromosome_cost_the_same_to_the_shipped_counts(
    chrm_fasta: Path,
) -> None:
    sequence = b"".join(chrm_fasta.read_bytes().splitlines()[1:])
    there = explain(shipped_letters(), sequence)
    assert there.tolist() == explain(shipped_letters(), reverse_complement(sequence))[::-1].tolist()
    assert (np.bincount(there.argmin(axis=1), minlength=3) > 0).all()


@settings(max_examples=40)
@given(st.lists(passages(), min_size=2, max_size=4), st.data())
def test_gaps_and_ambiguous_letters_cost_nothing_and_end_every_context(
    parts: list[bytes], data: st.DataObject
) -> None:
    ids = [ONE_BY_ONE.encode(as_array(part)) for part in parts]
    costs = [counted().explain(part, ONE_BY_ONE.vocabulary) for part in ids]
    joined, wanted = [ids[0]], [costs[0]]
    for part, cost in zip(ids[1:], costs[1:], strict=True):
        joined += [np.array([data.draw(st.integers(0, 11))], np.uint16), part]
        wanted += [np.zeros((1, 3), np.int32), cost]
    found = counted().explain(np.concatenate(joined), ONE_BY_ONE.vocabulary)
    assert found.tolist() == np.concatenate(wanted).tolist()


def test_a_copy_is_not_made_over_a_gap() -> None:
    unit = random_dna(60, 3)
    over, beside = explain(counted(), unit + b"N" + unit), explain(counted(), unit + unit)
    assert over[:60, 2].tolist() == over[61:, 2].tolist() == explain(counted(), unit)[:, 2].tolist()
    assert beside[:, 2].sum() < 0.7 * over[:, 2].sum()


def test_what_is_no_base_alone_costs_nothing() -> None:
    for sequence in (b"", b"N" * 9, IUPAC.replace("A", "").replace("C", "").encode()):
        kept = explain(counted(), sequence)
        assert kept.shape[1] == 3
        assert not kept[ONE_BY_ONE.encode(as_array(sequence)) == GAP].any()
    assert not explain(counted(), b"RYSWKMBDHVUN").any()


@pytest.mark.parametrize("name", ["words-600", "words-4096"])
def test_the_cost_of_a_word_is_that_of_its_letters(name: str) -> None:
    vocabulary = load_vocabulary(name)
    sequence = random_dna(3000, 1) + b"N" + ELEMENT + b"RY" + tandem(17, 30, 2)
    ids = Encoder(vocabulary).encode(as_array(sequence))
    sizes = np.where(ids == GAP, 1, vocabulary.lengths[ids]).astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    wanted = np.add.reduceat(explain(counted(), sequence), starts, axis=0)
    assert counted().explain(ids, vocabulary).tolist() == wanted.tolist()


# --- what the sources are for


def means(letters: Letters, sequence: bytes, first: int, last: int) -> list[float]:
    """Nats a letter (both directions) to new, known, copied."""
    means: list[float] = (explain(letters, sequence)[first:last].mean(axis=0) * UNIT).tolist()
    return means


@pytest.mark.parametrize("unit", [7, 24, 171])
def test_a_tandem_repeat_is_copied(unit: int) -> None:
    sequence = random_dna(400, 11) + tandem(unit, 1000 // unit, 12) + random_dna(400, 13)
    new, known, copied = means(counted(), sequence, 400 + 2 * unit, 1400 - 2 * unit)
    assert copied < 0.2
    assert min(new, known) > 2
    new, known, copied = means(counted(), sequence, 0, 400)
    assert copied > new


def test_a_repeat_too_far_away_is_not_copied() -> None:
    copied = {gap: means(counted(), tandem(gap, 4, 5), gap, 3 * gap)[2] for gap in (REACH - 5, REACH + 5)}
    assert copied[REACH - 5] < 0.2
    assert copied[REACH + 5] > 3


def test_what_was_counted_often_is_known_on_both_strands() -> None:
    for element in (ELEMENT, reverse_complement(ELEMENT)):
        sequence = random_dna(400, 21) + element + random_dna(400, 22)
        new, known, copied = means(counted(), sequence, 420, 680)
        assert known < 0.5 < min(new, copied) / 4
        new, known, copied = means(counted(), sequence, 0, 380)
        assert known > new
