from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from genomebook.errors import OptionError
from genomebook.language.alphabet import BASES
from genomebook.language.encode import Encoder
from genomebook.language.train import train_words
from genomebook.language.vocabulary import Vocabulary, load_vocabulary
from genomebook.training.vocabularies import kmer_places as places
from genomebook.training.vocabularies import kmer_rules as rules
from genomebook.training.vocabularies.settings import Settings
from tests.support.dna import as_array, random_dna


def codes(letters: str | bytes) -> np.ndarray:
    text = letters if isinstance(letters, str) else letters.decode()
    return np.array([BASES.index(letter) for letter in text], np.uint8)


def as_text(row: np.ndarray) -> str:
    return "".join(BASES[code] for code in row)


def motif_dna(n: int, seed: int) -> bytes:
    """Random letters with copies of a few words, so that there is something to predict."""
    rng = np.random.default_rng(seed)
    motifs = [random_dna(12, 100 + i) for i in range(6)]
    found = bytearray()
    while len(found) < n:
        found += motifs[rng.integers(6)] if rng.random() < 0.7 else random_dna(7, int(rng.integers(1 << 30)))
    return bytes(found[:n])


# --- windows and places


def test_windows_hold_bases_only_and_every_one_is_there() -> None:
    letters = b"NNacgtACGTRTTTTGGNGATTACA"
    runs = places.find_runs([as_array(letters), as_array(b"CCCCC")], 5)
    found = places.windows_at(runs, np.arange(runs.windows))
    expected = [
        run[i : i + 5] for run in ("ACGTACGT", "TTTTGG", "GATTACA", "CCCCC") for i in range(len(run) - 4)
    ]
    assert [as_text(row) for row in found] == expected
    assert places.find_runs([as_array(b"ACGTN")], 5).windows == 0


def test_drawn_windows_come_from_both_strands_and_spread_ones_evenly_from_one() -> None:
    letters = random_dna(400, 1)
    runs = places.find_runs([as_array(letters)], 20)
    text, other = letters.decode(), letters.decode()[::-1].translate(str.maketrans("ACGT", "TGCA"))
    drawn = [as_text(row) for row in places.draw_windows(runs, 200, np.random.default_rng(1))]
    forward = sum(row in text for row in drawn)
    assert all(row in text or row in other for row in drawn)
    assert 60 < forward < 140
    spread = [text.index(as_text(row)) for row in places.spread_windows(runs, 30)]
    assert len(spread) == 30
    assert set(np.diff(spread)) <= {12, 13}
    assert len(places.spread_windows(runs, 10_000)) == runs.windows == 381


@pytest.mark.parametrize("merges", [0, 60, 600])
def test_a_window_is_spelled_as_by_itself(merges: int) -> None:
    encoder = Encoder(Vocabulary("w", load_vocabulary("words-600").merges[:merges]))
    contexts = places.draw_windows(
        places.find_runs([as_array(motif_dna(3000, 5))], 48), 40, np.random.default_rng(2)
    )
    tokenized = places.tokenize(encoder, contexts)
    for row, ids, ends, count in zip(contexts, tokenized.ids, tokenized.ends, tokenized.counts, strict=True):
        alone = encoder.encode(as_array(as_text(row).encode()))
        assert ids[:count].tolist() == alone.tolist()
        assert not ids[count:].any()
        assert ends[:count].tolist() == np.cumsum(encoder.vocabulary.lengths[alone], dtype=int).tolist()
        assert ends[count - 1] == 48


def test_places_are_what_they_are_called() -> None:
    vocabulary = load_vocabulary("words-600")
    runs = places.find_runs([as_array(random_dna(20_000, 3))], 70)
    windows = places.spread_windows(runs, 3000)
    contexts = windows[:, :64]
    chosen = {}
    for merges in (30, 600):
        tokenized = places.tokenize(Encoder(Vocabulary("w", vocabulary.merges[:merges])), contexts)
        found = places.choose_places(tokenized, contexts, 6, np.random.default_rng(4))
        ends = {
            kind: np.where(column >= 0, tokenized.ends[np.arange(3000), column], -1)
            for kind, column in found.items()
        }
        assert (ends["alone"] == 64).all()
        for kind in ("words", "pieces"):
            inside = ends[kind][ends[kind] >= 0]
            assert inside.min() >= 32
            assert inside.max() <= 58
        assert len(set(ends["words"].tolist())) > 20
        chosen[merges] = ends
    assert (chosen[30]["pieces"] == chosen[600]["pieces"]).all()
    assert (chosen[30]["words"] != chosen[600]["words"]).any()
    share = (chosen[600]["pieces"] >= 0).mean()
    assert 0.2 < share < 0.6
    cut = places.cut_table()
    for row, end in zip(contexts, chosen[600]["pieces"], strict=True):
        if end >= 0:
            assert cut[int(row[end - 4 : end + 4] @ 4 ** np.arange(7, -1, -1))]


def test_what_follows_is_read_from_the_window() -> None:
    windows = np.stack([codes("ACGTTGCA"), codes("TTTTACGG")])
    found = places.next_kmers(windows, np.array([0, 1, 1]), np.array([4, 4, 5]), 3)
    assert found.tolist() == [4**2 * 3 + 4 * 2 + 1, 4 * 1 + 2, 4**2 * 1 + 4 * 2 + 2]


# --- trivial rules


def test_the_commonest_after_a_key() -> None:
    seen = np.array([1, 1, 1, 2, 2, 5])
    then = np.array([7, 3, 7, 4, 2, 7])
    answers = rules.commonest_after(seen, then, np.array([1, 2, 5, 9, 0]), 2)
    assert answers.tolist() == [7, 2, 7, 7, 7]


def test_a_markov_model_is_fitted_on_both_strands_and_not_across_gaps() -> None:
    runs = places.find_runs([as_array(b"AAAAAAAANCCCCCCCC")], 4)
    tables = rules.markov(runs, 2)
    assert [table.shape for table in tables] == [(1, 4), (4, 4), (16, 4)]
    assert all(np.allclose(table.sum(axis=1), 1) for table in tables)
    assert np.allclose(tables[0][0], tables[0][0][::-1])
    a, c = 0, 1
    assert tables[1][a, a] == tables[1][3, 3] == pytest.approx((6 + 4 * 0.25) / (6 + 4))
    assert tables[1][a, c] < tables[0][0, c]
    assert np.allclose(tables[2][4 * a + c], tables[1][c])  # AC was never seen


def test_markov_answers_are_the_most_likely_of_all() -> None:
    rng = np.random.default_rng(8)
    table = rng.dirichlet([1] * 4, size=16)
    before = rng.integers(4**8, size=5)
    after = {k: rng.integers(4**k, size=5) for k in (1, 3)}
    answers = rules.markov_answers(table, rules.KmerContexts(before, before, after))
    for k, (best, bits) in answers.items():
        for i in range(5):
            shares = []
            for kmer in range(4**k):
                state, share = int(before[i]) % 16, 1.0
                for digit in np.base_repr(kmer, 4).zfill(k):
                    share *= table[state, int(digit)]
                    state = (4 * state + int(digit)) % 16
                shares.append(share)
            assert best[i] == int(np.argmax(shares))
            assert bits[i] == pytest.approx(-math.log2(shares[int(after[k][i])]))


def test_rules_know_a_repeat_by_heart_and_nothing_of_chance() -> None:
    encoder = Encoder(load_vocabulary("words-600"))
    repeat, chance = random_dna(61, 5) * 40, random_dna(4000, 6)
    rows = {}
    for name, letters in (("repeat", repeat), ("chance", chance)):
        runs = places.find_runs([as_array(letters)], 50)
        unseen = places.find_runs([as_array(letters if name == "repeat" else random_dna(4000, 7))], 50)
        tests = places.spread_windows(unseen, 500)
        rows[name] = {(r["positions"], r["k"]): r for r in rules.rule_rows(encoder, runs, tests, (2,), 1)}
    assert rows["repeat"]["alone", 2]["markov-8"] > 0.95
    assert rows["chance"]["alone", 2]["markov-8"] < 0.15
    assert rows["chance"]["alone", 2]["commonest"] < 0.15
    # Letters drawn at random cannot be predicted, but a cut gives away half of the letters it depends on.
    assert rows["chance"]["pieces", 2]["same-letters"] > 2 * rows["chance"]["alone", 2]["same-letters"]


# --- networks


def test_a_network_learns_what_follows_and_random_weights_less() -> None:
    import torch

    from genomebook.training.vocabularies.next_kmer import measure, train

    torch.set_num_threads(1)
    settings = Settings(ks=(2,), steps=100, batch=32, width=32, layers=1, tests=200, rate=5e-3)
    letters = random_dna(61, 5) * 40
    encoder = Encoder(train_words([letters], 30, "w"))
    runs = places.find_runs([as_array(letters)], settings.span)
    tests = places.spread_windows(runs, 200)
    told: list[int] = []
    trained, random = train(encoder, runs, settings, 1, told.append)
    assert sum(told) == 100
    found, control = (measure(net, encoder, tests, settings, 0) for net in (trained, random))
    n, accuracy, bits = found["alone", 2]
    assert n == 200
    assert accuracy > 0.6
    assert accuracy > control["alone", 2][1] + 0.2
    assert bits < control["alone", 2][2] < 2


def test_an_answer_does_not_depend_on_what_follows_its_place() -> None:
    import torch

    from genomebook.training.vocabularies.next_kmer import NextKmer

    torch.manual_seed(1)
    encoder = Encoder(load_vocabulary("words-600"))
    net = NextKmer(len(encoder.vocabulary), Settings(ks=(2, 3), context=48, width=32, layers=1)).eval()
    contexts = codes(random_dna(48, 1))[None].repeat(2, axis=0)
    tokenized = places.tokenize(encoder, contexts)
    tokenized.ids[1, 8] = 40
    rows = np.repeat([0, 1], 9)
    columns = np.tile(np.arange(9), 2)
    with torch.inference_mode():
        logits = net(tokenized, rows, columns)[2].numpy()
    assert (logits[:8] == logits[9:17]).all()
    assert (logits[8] != logits[17]).any()


def test_the_beginning_of_a_vocabulary_is_the_smaller_vocabulary() -> None:
    letters = [motif_dna(8000, 1)]
    assert train_words(letters, 60, "w").merges[:25] == train_words(letters, 25, "w").merges


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ks": ()}, "--k"),
        ({"ks": (0, 2)}, "--k"),
        ({"ks": (2, 9)}, "--k"),
        ({"ks": (3, 3)}, "--k 3 3: give different numbers"),
        ({"steps": 0}, "--steps"),
        ({"context": 20}, "--context"),
        ({"width": 33}, "--width"),
        ({"places": 1}, "--places"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        Settings(**changes)
