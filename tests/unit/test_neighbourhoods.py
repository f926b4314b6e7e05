"""Names of the neighbourhoods of a map, and the nearest words in all dimensions of a model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from genomebook.lexicon.neighbourhoods import LEVELS, neighbourhoods
from genomebook.lexicon.neighbours import Neighbours
from genomebook.render.atlas import scene as atlas_scene
from tests.support.made_atlas import READER, SENTENCES, WORDS


def test_neighbourhoods_are_named_where_a_class_stands_together_and_nowhere_else() -> None:
    random = np.random.default_rng(2)
    x, y = random.uniform(-1, 1, (2, 4000))
    shuffled = pd.Series(random.choice(["Alu", "L1", "none"], 4000, p=[0.1, 0.1, 0.8]))
    assert neighbourhoods(x, y, shuffled, ("none",)) == []
    clustered = shuffled.mask((x > 0.5) & (y < -0.5), "Alu")
    found = neighbourhoods(x, y, clustered, ("none",))
    assert {each.name for each in found} == {"Alu"}
    assert {each.level for each in found} <= set(LEVELS)
    first = found[0]
    assert first.x == pytest.approx(0.75, abs=0.1)
    assert first.y == pytest.approx(-0.75, abs=0.1)
    assert 0.9 < first.points / first.of <= 1
    assert neighbourhoods(x, y, clustered, ("none", "Alu")) == []
    assert neighbourhoods(x[:0], y[:0], clustered[:0]) == []


def test_neighbours_are_those_of_the_model_and_the_map() -> None:
    table = pd.DataFrame(
        {"id": [7, 9], "map": [WORDS, "other"], "neighbours": [[9, 3], [7]], "cosines": [[0.9, 0.5], [0.1]]}
    )
    known = [Neighbours("another", table, {}), Neighbours(READER, table, {})]
    near = atlas_scene.nearest_words(known, READER, WORDS)
    assert near.to_dict("list") == {
        "key": [7, 7],
        "near": [9, 3],
        "cosine": pytest.approx([0.9, 0.5]),
    }
    for reader, name in ((READER, SENTENCES), ("nobody", WORDS)):
        assert len(atlas_scene.nearest_words(known, reader, name)) == 0
