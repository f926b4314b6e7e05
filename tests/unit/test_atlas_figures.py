"""How far to trust a map of the atlas: figures beside random weights, and the warning on the map."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from genomebook.errors import DamagedBookError
from genomebook.lexicon.atlas import CONTROL, Atlas, atlases
from genomebook.render.atlas import text as atlas_text
from tests.support.made_atlas import READER, WORDS, mapped


@pytest.fixture(scope="module")
def made(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    return atlases(mapped(chrm_book, tmp_path_factory.mktemp("figures")))[READER]


def test_a_map_no_better_than_random_weights_is_warned_of(made: Atlas) -> None:
    assert atlas_text.warning(made, WORDS) == ""
    own, other = made.figures[WORDS], made.figures[WORDS + CONTROL]
    for swapped in ({WORDS: other, WORDS + CONTROL: own}, {WORDS: own, WORDS + CONTROL: own}):
        said = atlas_text.warning(dataclasses.replace(made, figures=swapped), WORDS)
        assert said.startswith("No better than random weights: of 15 nearest neighbours this map keeps ")
    assert "keeps 4.5, a map of random weights 4.5." in said
    assert atlas_text.warning(dataclasses.replace(made, figures={WORDS: other}), WORDS) == ""


def test_figures_stand_beside_random_weights(made: Atlas) -> None:
    rows = atlas_text.variance(made, WORDS)
    assert {row.signal for row in rows} == {atlas_text.MAP, atlas_text.WHOLE}
    assert len(rows) == 2 * 4
    assert {(row.value, row.low, row.high) for row in rows} == {(0.6, 0.58, 0.63)}
    assert {row.control_value for row in rows} == {0.1}
    (kept,) = atlas_text.kept(made, WORDS)
    assert "4.5 are among the 15 nearest" in atlas_text.kept_sentence(kept)
    assert "random weights, 0.8 of 15" in atlas_text.kept_sentence(kept)
    assert json.loads(atlas_text.as_json(made, WORDS))["maps"].keys() == {WORDS, WORDS + CONTROL}
    alone = dataclasses.replace(made, figures={WORDS: made.figures[WORDS]})
    assert {row.control_value for row in atlas_text.variance(alone, WORDS)} == {None}
    assert "random weights" not in atlas_text.kept_sentence(atlas_text.kept(alone, WORDS)[0])
    assert atlas_text.variance(dataclasses.replace(made, figures={}), WORDS) == []


@pytest.mark.parametrize("broken", [{}, {"preservation": 3, "variance": []}, {"points": "x"}, []])
def test_figures_that_are_none_are_refused(made: Atlas, broken: object) -> None:
    bad = dataclasses.replace(made, figures={WORDS: broken})
    for read in (atlas_text.kept, atlas_text.variance):
        with pytest.raises(DamagedBookError, match=READER):
            read(bad, WORDS)
