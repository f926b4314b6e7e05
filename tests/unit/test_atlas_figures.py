"""How far to trust a map of the atlas: figures beside random weights, and the warning on the map."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pandas as pd
import pytest

from genomebook.errors import DamagedBookError
from genomebook.lexicon.atlas import CONTROL, Atlas, atlases
from genomebook.render.atlas import text as atlas_text
from tests.support.made_atlas import READER, SENTENCES, WORDS, mapped


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


def pure(share: float, kmers: float = 0.3) -> dict[str, float]:
    return {"map": share, "whole": share + 0.01, "chance": 0.02, "points": 900, "classes": 4, "k-mers": kmers}


def by_class(made: Atlas, own: float, other: float) -> Atlas:
    """Maps of the sentences by class profile, with purities, and by the encoder."""
    rows = made.table[made.table["map"].str.startswith(SENTENCES)]
    named = [
        rows.assign(map=rows["map"].str.replace(SENTENCES, f"{SENTENCES}, {way}"))
        for way in ("class profile", "sentence encoder")
    ]
    figures = {
        f"{SENTENCES}, {way}{ending}": {**made.figures[SENTENCES + ending], "purity": pure(share)}
        for way in ("class profile", "sentence encoder")
        for ending, share in (("", own), (CONTROL, other))
    }
    return dataclasses.replace(made, table=pd.concat(named), figures=figures)


def test_a_map_whose_neighbours_are_of_other_classes_is_warned_of(made: Atlas) -> None:
    name = f"{SENTENCES}, class profile"
    assert atlas_text.warning(by_class(made, 0.18, 0.09), name) == ""
    said = atlas_text.warning(by_class(made, 0.06, 0.061), name)
    assert "15 nearest on this map 6.0 % are of the same class" in said
    assert "random weights 6.1 %" in said


def test_ways_to_map_passages_stand_side_by_side(made: Atlas) -> None:
    several = by_class(made, 0.18, 0.09)
    table = str(atlas_text.ways(several, f"{SENTENCES}, class profile"))
    for part in ("4.5", "0.8", "18.0 %", "9.0 %", "19.0 %", "2.0 %", "30.0 %", "sentences, k-mers"):
        assert part in table
    assert 'href="atlas?map=sentences%2C%20sentence%20encoder"' in table
    assert "class%20profile" not in table
    assert atlas_text.ways(made, SENTENCES) is None
    assert atlas_text.ways(several, WORDS) is None
    broken = dataclasses.replace(several, figures={f"{SENTENCES}, class profile": {"purity": {"map": "x"}}})
    with pytest.raises(DamagedBookError, match=READER):
        atlas_text.warning(broken, f"{SENTENCES}, class profile")


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
