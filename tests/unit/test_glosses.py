"""Glosses: the clean list, what is read, the command on tiny readers, the shipped files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("english_words")
pytest.importorskip("glin_profanity")

from benchmarks.lexicon import glosses
from genomebook.book.lexicon import read_word_table
from genomebook.book.schema import GLOSSES, PARTNERLESS
from genomebook.language.alphabet import FIRST_WORD
from genomebook.language.vocabulary import load_vocabulary
from genomebook.lexicon.shipped import shipped_glosses, shipped_partnerless
from genomebook.pipeline.lexicon.gloss_controls import agreement, gloss, shuffled, turned, without
from genomebook.pipeline.lexicon.gloss_embeddings import MAX_OCCURRENCES, TokenPlaces, sample
from genomebook.pipeline.lexicon.gloss_words import (
    LONGEST,
    SHORTEST,
    clean_words,
    dictionary_words,
    offensive,
    read_text,
)
from genomebook.pipeline.lexicon.glosses import FIGURES
from genomebook.training.corpora.corpus import is_held_out
from tests.support.checkpoints import edit, scripts, tiny
from tests.support.dna import random_dna

SHIPPED = Path(__file__).resolve().parents[2] / "genomebook" / "data" / "bilingual-mini"
NO_WORDS = "Alice qwerty don't ass naïve"


def english() -> list[str]:
    """Words that the list must keep, more than tiny readers have DNA words."""
    allowed = sorted(word for word in dictionary_words() - offensive() if len(word) == 4)
    return allowed[:: len(allowed) // 700][:700]


def texts() -> list[str]:
    """Six documents to learn from, each with every word five times; others would be held out."""
    rng, found, number = np.random.default_rng(0), [], 0
    while len(found) < 6:
        number += 1
        words = " ".join(rng.permutation(english() * 5).tolist())
        text = f"Number {number} of these {words} {' '.join([NO_WORDS] * 6)} now."
        if not is_held_out(text):
            found.append(text)
    return found


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    (folder / "books.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts()))
    (folder / "dna.fa").write_bytes(
        b">chr4\n" + random_dna(60_000, 1) + b"\n>chr21\n" + random_dna(500, 2) + b"\n"
    )
    for seed in range(2):
        tiny(folder / f"reader{seed}", seed=seed, boundaries=False)
    return folder


def run(
    sources: Path, output: Path, *more: str, reader: str = "reader0", english: str = "books.jsonl"
) -> subprocess.CompletedProcess[str]:
    given = ["--dna", "dna.fa", "--english", english, "--skip", "21", "-o", str(output)]
    command = [sys.executable, "-m", "genomebook", "gloss", reader, *given, *more]
    return subprocess.run(command, cwd=sources, capture_output=True, text=True, check=False)


def test_the_list_is_whole_clean_words(sources: Path) -> None:
    text = read_text(scripts(), [sources / "books.jsonl"])
    counts = dict(zip(text.words, np.bincount(text.number).tolist(), strict=True))
    assert counts["Alice"] == counts["qwerty"] == counts["ass"] == 36
    assert "don" not in counts
    assert not {"na", "nai"} & counts.keys()
    assert len(text.tokens) == int(text.last[-1]) + 3  # the stop and <end>
    words = clean_words(text)
    assert words["word"].tolist() == sorted(english())
    assert (words["count"] == 30).all()
    for row in words.head(20).itertuples():
        at = np.flatnonzero(text.number == row.number)
        assert {scripts().decode(text.tokens[text.first[i] : text.last[i] + 1]) for i in at} == {
            f" {row.word}"
        }


def test_offensive_words_are_whole_words() -> None:
    declined = offensive()
    assert {"ass", "shit", "nigger", "rape", "raped", "whore", "slave"} <= declined
    harmless = {"assess", "class", "cockpit", "grape", "analysis", "title", "document", "scrape", "sextant"}
    assert harmless - {"cockpit", "sextant"} <= dictionary_words()
    assert not harmless & declined


def test_every_word_is_read_often_enough_and_late_enough() -> None:
    rng = np.random.default_rng(0)
    tokens = np.minimum(rng.geometric(0.05, 30_000), 99).astype(np.uint16)
    places = TokenPlaces(tokens, np.arange(30_000), tokens.astype(np.int64), 100)
    chosen = sample(places, 64, 6)
    assert (chosen.column >= 16).all()
    assert (chosen.ids[chosen.row, chosen.column] == chosen.word).all()
    assert len(set(zip(chosen.row.tolist(), chosen.column.tolist(), strict=True))) == len(chosen.word)
    usable = np.bincount(tokens[: 30_000 // 64 * 64].reshape(-1, 64)[:, 16:].ravel(), minlength=100)
    assert (chosen.counts >= np.minimum(usable, 6)).all()
    assert chosen.counts.max() == MAX_OCCURRENCES
    assert len(chosen.ids) < 30_000 // 64


def test_controls_destroy_what_ties_the_scripts() -> None:
    rng = np.random.default_rng(0)
    english = rng.normal(size=(300, 20)).astype(np.float32)
    dna = english[:200] + rng.normal(size=(200, 20)).astype(np.float32) * 0.3
    real = gloss(dna, english)
    assert (real.partner == np.arange(200)).mean() > 0.95
    assert (real.margin()[real.partner == np.arange(200)] > 0).mean() > 0.95
    own, chance = agreement(real, gloss(dna + rng.normal(size=(200, 20)) * 0.1, english))
    assert own.mean() > 0.99
    assert chance.mean() == pytest.approx(0.5, abs=0.05)
    mixed, round_about = shuffled(dna, 1), turned(dna, 1)
    assert np.allclose(np.sort(mixed, axis=0), np.sort(dna, axis=0))
    away = dna - dna.mean(axis=0)
    assert np.allclose(round_about @ round_about.T, away @ away.T, atol=1e-3)
    for control in (mixed, round_about):
        assert gloss(control, english).score.mean() < real.score.mean() - 0.2


def test_what_follows_from_properties_is_taken_away() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 100))
    rest = rng.normal(size=(100, 4))
    left = without((rest + np.outer(one**3, np.arange(4)) + other[:, None]).astype(np.float32), [one, other])
    again = without(rest.astype(np.float32), [one, other])
    assert np.allclose(left, again, atol=1e-4)
    assert np.abs(left.T @ one).max() < 1e-3
    assert np.allclose(left.mean(axis=0), 0, atol=1e-5)


def test_the_published_way_stands_beside() -> None:
    found = glosses.run(quick=True)
    ours, peer = found["ours"], found["peer"]
    assert ours["distinct"] == ours["words"] == peer["words"]
    assert ours["fragments"] == ours["offensive"] == 0
    assert peer["distinct_nearest"] < peer["words"] / 2
    assert 0.005 < peer["same_draw"] < 0.02  # one in a hundred
    assert peer["fragments"] > 0.5
    assert found["assignment"][0]["left"] == 300
    assert "published way" in "\n".join(glosses.lines(found))


def test_the_command_gives_every_word_its_own_and_the_same_again(sources: Path, tmp_path: Path) -> None:
    first = run(sources, tmp_path / "a", "--seed-reader", "reader1")
    assert first.returncode == 0, first.stderr
    assert run(sources, tmp_path / "b", "--seed-reader", "reader1").returncode == 0
    for name in (GLOSSES, PARTNERLESS, FIGURES):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert {path.name for path in (tmp_path / "a").iterdir()} == {GLOSSES, PARTNERLESS, FIGURES}
    table = read_word_table(tmp_path / "a" / GLOSSES)
    assert table["id"].tolist() == list(range(FIRST_WORD, len(scripts().words)))
    assert table["gloss"].is_unique
    assert table["gloss_stability"].between(0, 1).all()
    assert table["gloss_rank"].between(0, 1).all()
    figures = json.loads((tmp_path / "a" / FIGURES).read_text())
    assert list(figures["spaces"]) == ["input", "layer 1", "layer 2"]
    assert figures["readers"][1]["name"] == "tiny-causal"
    assert figures["words_of_odd_id"]["seeds"][0]["agreement"]["value"] == pytest.approx(
        table["gloss_stability"][table["id"] % 2 == 1].mean(), abs=1e-4
    )
    alone = read_word_table(tmp_path / "a" / PARTNERLESS)
    assert set(alone["word"]) | set(table["gloss"]) == set(english())
    assert not set(alone["word"]) & set(table["gloss"])
    assert (alone.groupby("word")["score"].diff().dropna() <= 0).all()


def test_what_is_unusable_is_one_line_and_leaves_nothing(sources: Path, tmp_path: Path) -> None:
    tiny(tmp_path / "damaged", boundaries=False)
    edit(tmp_path / "damaged", weights="0" * 64)
    (tmp_path / "short.txt").write_text("Too short to hold any word often enough.")
    cases: dict[str, dict[str, str]] = {
        "no such checkpoint folder": {"reader": "nowhere"},
        "its SHA-256 is not": {"reader": str(tmp_path / "damaged")},
        "no word of the English files": {"english": str(tmp_path / "short.txt")},
    }
    for says, case in cases.items():
        done = run(sources, tmp_path / "out", **case)
        assert done.returncode == 2, says
        assert says in done.stderr
        assert done.stderr.count("error:") == 1
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "out").exists()


def test_shipped_glosses_are_distinct_clean_words_of_every_dna_word() -> None:
    vocabulary = load_vocabulary("words-4096")
    table = shipped_glosses(vocabulary)
    assert table is not None
    assert table["id"].tolist() == list(range(FIRST_WORD, len(vocabulary)))
    assert table["gloss"].is_unique
    good = dictionary_words() - offensive()
    assert set(table["gloss"]) <= good
    assert table["gloss"].str.len().between(SHORTEST, LONGEST).all()
    assert table["gloss_rank"].between(0, 1).all()
    assert table["gloss_stability"].between(0, 1).all()
    alone = shipped_partnerless(vocabulary)
    assert alone is not None
    assert set(alone["word"]) <= good - set(table["gloss"])
    assert set(alone["id"]) <= set(table["id"])
    assert alone["word"].is_monotonic_increasing
    sizes = [(SHIPPED / name).stat().st_size for name in (GLOSSES, PARTNERLESS, FIGURES)]
    assert max(sizes) < 400_000
    figures = json.loads((SHIPPED / FIGURES).read_text())
    assert figures["words"]["dna"] == len(table)
    assert figures["words"]["english"] == len(table) + alone["word"].nunique()
    assert shipped_glosses(load_vocabulary("words-600")) is None
