"""What decided an answer: the word that a rule looks for stands out, and in a shuffle nothing does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from genomebook.render.ask.decided import Occluded, decided_html
from genomebook.tasks.occlusion import log_odds, occlusion, shuffled_sequence, words_of_sequence
from tests.support import books

MOTIF = "TATAAAAGGC"


class MotifCounter:
    """A rule that counts one motif."""

    name = "a motif"

    def logits(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        """Twice the count for the second label."""
        return np.array([[0, 4 * sequence.count(MOTIF)] for sequence in sequences], np.float32)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(load_vocabulary("words-600"))


def test_words_are_those_of_a_book_and_leave_other_letters_out(encoder: Encoder) -> None:
    text = books.letters(400, 7).decode()
    letters = f"{text}NNNNR{text}"
    spans = words_of_sequence(encoder, letters)
    assert [letters[start:end] for start, end in spans].count("") == 0
    assert "".join(letters[start:end] for start, end in spans) == text + text
    ids = encoder.encode(np.frombuffer(text.encode(), np.uint8))
    alone = encoder.vocabulary.lengths[ids].tolist()
    assert [end - start for start, end in words_of_sequence(encoder, text)] == alone
    assert words_of_sequence(encoder, "NNN") == []


def test_the_words_of_the_motif_decide(encoder: Encoder) -> None:
    before, after = books.letters(60, 1).decode(), books.letters(60, 2).decode()
    sequence = before + MOTIF + after
    spans = words_of_sequence(encoder, sequence)
    drops = occlusion(MotifCounter(), sequence, 1, spans)
    assert [(drop.start, drop.end) for drop in drops] == spans
    for drop in drops:
        touches = drop.end > len(before) and drop.start < len(before) + len(MOTIF)
        assert (drop.drop > 1) == touches
    assert drops == occlusion(MotifCounter(), sequence, 1, spans)
    against = occlusion(MotifCounter(), sequence, 0, spans)
    assert [-drop.drop for drop in against] == pytest.approx([drop.drop for drop in drops])
    mixed = shuffled_sequence(sequence)
    assert sorted(mixed) == sorted(sequence)
    control = occlusion(MotifCounter(), mixed, 1, words_of_sequence(encoder, mixed))
    assert max(abs(drop.drop) for drop in control) == 0
    drawn = decided_html("a <motif>", Occluded(sequence, 0.9, drops), Occluded(mixed, 0.1, control))
    assert "a &lt;motif&gt;" in drawn
    assert drawn.count('class="for"') == sum(drop.drop > 1 for drop in drops)
    assert 'class="against"' not in drawn


def test_log_odds_are_of_a_label_against_all_others() -> None:
    shares = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    for label in range(3):
        share = shares[:, label]
        assert log_odds(np.log(shares), label) == pytest.approx(np.log(share / (1 - share)))
