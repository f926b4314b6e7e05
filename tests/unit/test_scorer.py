from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from genomebook.errors import ReaderError
from genomebook.language.vocabulary import Vocabulary, load_vocabulary
from genomebook.models.letters import shipped_letters
from genomebook.models.reader import Reader
from genomebook.models.registry import load_reader
from genomebook.segmentation.scorer import BoundaryScorer, open_scorer
from genomebook.segmentation.signals import NEURAL, SIGNALS, shipped_calibration
from tests.support.dna import random_dna
from tests.support.sources import encoded, plain

PLAIN = ("surprise", "switch", "combined")


@cache
def bilingual() -> Reader:
    return load_reader("bilingual-mini")


class Gives:
    """A reader that gives less."""

    def __init__(self, reader: Reader, *gives: str) -> None:
        self._reader, self.gives = reader, frozenset(gives)

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)


@pytest.mark.parametrize(
    ("gives", "signals"),
    [
        (("surprisal", "boundary", "hidden"), SIGNALS),
        (("surprisal", "hidden"), ("surprise", "shift", "switch", "combined")),
        (("boundary",), ("transfer", "surprise", "switch", "combined")),
        ((), PLAIN),
    ],
)
def test_signals_are_those_that_the_reader_allows(gives: tuple[str, ...], signals: tuple[str, ...]) -> None:
    reader = Gives(bilingual(), *gives)
    scorer = BoundaryScorer(plain().vocabulary, plain().ngram, shipped_letters(), reader)  # type: ignore[arg-type]
    assert set(scorer.signals) == set(signals)
    assert scorer.signals == tuple(name for name in SIGNALS if name in signals)
    combination = "combined+" if set(NEURAL) <= set(signals) else "combined"
    constants = scorer.constants()
    assert set(constants["scales"]) == set(signals)
    scale = shipped_calibration().scales[combination]
    assert constants["scales"]["combined"] == {"slope": scale.slope, "offset": scale.offset}
    assert constants["weights"] == shipped_calibration().weights[combination]
    assert set(scorer.score(encoded(random_dna(500, 1)))) == set(signals)
    assert scorer.readers() == {
        what: {"name": one.name, "digest": one.digest}
        for what, one in (("words", plain().ngram), ("letters", plain().letters), ("neural", bilingual()))
    }


def test_the_constants_are_used() -> None:
    shipped = shipped_calibration()
    scale = shipped.scales["switch"]
    higher = replace(scale, offset=(scale.offset[0] + 1, scale.offset[1]))
    calibration = replace(shipped, scales={**shipped.scales, "switch": higher})
    scorer = BoundaryScorer(plain().vocabulary, plain().ngram, plain().letters, calibration=calibration)
    ids = encoded(random_dna(600, 1))
    there, here = plain().score(ids)["switch"].astype(int), scorer.score(ids)["switch"].astype(int)
    inner = slice(0, -1)
    assert (here[inner, 0] - there[inner, 0]).tolist() == np.minimum(16, 127 - there[inner, 0]).tolist()
    assert here[:, 1].tolist() == there[:, 1].tolist()


def test_readers_of_other_words_and_words_without_counts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="bilingual-mini: does not read words-600; build the book with"):
        open_scorer("bilingual-mini", "words-600")
    with pytest.raises(ReaderError, match="does not read words-600"):
        BoundaryScorer(load_vocabulary("words-600"), plain().ngram, plain().letters, bilingual())
    Vocabulary("mine", (("A", "C"),)).write(tmp_path / "mine.json")
    with pytest.raises(
        ReaderError, match="no counts of words beside it; make them with genomebook train-words"
    ):
        open_scorer(words=str(tmp_path / "mine.json"))
    with pytest.raises(ReaderError) as error:
        open_scorer("nothing-of-the-kind")
    assert "\n" not in str(error.value)
    assert open_scorer(words="words-600").signals == PLAIN
