"""The id space of two scripts: nothing is lost, nothing is confused, damage is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.errors import VocabularyError
from genomebook.language.bilingual import MARKS, Bilingual, learn_english
from genomebook.language.encode import Encoder
from genomebook.language.train import pieces
from genomebook.language.vocabulary import load_vocabulary
from tests.support import checkpoints
from tests.support.dna import sequences

TEXT = ["the cat sat on the mat, and the CAT sat on the MAT. " * 3, "ACGT and CAT"]


@pytest.fixture(scope="module")
def unified() -> Bilingual:
    dna = pieces(b"CATCATGATTACACATGGCAT" * 40)
    return Bilingual("unified", load_vocabulary("words-600"), learn_english([*TEXT, *dna], 280))


@given(st.text())
def test_english_comes_back_letter_for_letter(text: str) -> None:
    scripts = checkpoints.scripts()
    text = text.encode(errors="replace").decode()
    assert scripts.decode(scripts.text(text)) == text


@given(sequences(gaps=False))
def test_dna_ids_are_those_of_the_book(letters: bytes) -> None:
    scripts = checkpoints.scripts()
    ids = scripts.dna(letters)
    assert ids.tolist() == Encoder(scripts.words).encode(np.frombuffer(letters, np.uint8)).tolist()
    assert scripts.decode(ids) == letters.decode()


def test_cat_and_cat_are_two_words_in_two_scripts_and_one_in_a_unified_one(unified: Bilingual) -> None:
    scripts = checkpoints.scripts()
    assert not set(scripts.dna(b"CATCATCAT").tolist()) & set(scripts.text("CATCATCAT").tolist())
    assert unified.dna(b"CAT").tolist() == unified.text("CAT").tolist()
    assert unified.decode(unified.dna(b"CATGATTACA")) == "CATGATTACA"


def test_marks_are_single_ids_that_no_text_gives() -> None:
    scripts = checkpoints.scripts()
    marks = [scripts.mark(name) for name in MARKS]
    assert marks == list(range(len(scripts.words), len(scripts.words) + len(MARKS)))
    assert scripts.size % 8 == 0
    assert not set(marks) & set(scripts.text("".join(MARKS)).tolist())
    assert scripts.decode(np.array([scripts.mark("<p_end>")], np.uint16)) == "<p_end>"


def test_written_and_opened_it_is_the_same(tmp_path: Path, unified: Bilingual) -> None:
    for scripts in (checkpoints.scripts(), unified):
        scripts.write(tmp_path)
        opened = Bilingual.open(tmp_path)
        assert opened == scripts
        assert opened.digest == scripts.digest


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("scripts.json", lambda text: text[:5], r"scripts\.json: not readable"),
        ("scripts.json", lambda text: text.replace("two-script", "three"), r"\$\.kind"),
        ("scripts.json", lambda text: text.replace("digest", "sum"), "`digest`"),
        ("scripts.json", lambda text: text.replace("scripts-1", "scripts-9"), "not in the format"),
        ("english.json", lambda text: text[: len(text) // 2], "not a readable vocabulary of two scripts"),
        ("english.json", lambda text: text.replace("vocab", "words"), "`vocab`"),
        ("english.json", lambda text: json.dumps({**json.loads(text), "version": "2"}), "altered"),
        ("words.json", None, "no such vocabulary"),
    ],
)
def test_damage_is_refused_by_name(tmp_path: Path, name: str, change, says: str) -> None:  # type: ignore[no-untyped-def]
    checkpoints.scripts().write(tmp_path)
    path = tmp_path / name
    if change is None:
        path.unlink()
    else:
        path.write_text(change(path.read_text()))
    with pytest.raises(VocabularyError, match=says) as caught:
        Bilingual.open(tmp_path)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_too_little_text_is_refused() -> None:
    with pytest.raises(VocabularyError, match="holds only"):
        learn_english(["short"], 5000)
