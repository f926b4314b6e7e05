"""Choice of the embedding space of the glosses, and its evaluation beside controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.files.progress import Message
from genomebook.pipeline.lexicon.gloss_controls import (
    Glossed,
    Shares,
    above,
    agreement,
    gloss,
    hubs,
    mean,
    ranks,
    shuffled,
    structure,
    turned,
    without,
)
from genomebook.pipeline.lexicon.gloss_embeddings import Material, Spaces

DRAWS = 5
"""Draws of each control in the chosen space; one in the others."""

Figures = dict[str, Any]
Agreed = list[tuple[Shares, Shares]]


@dataclass(frozen=True)
class GlossTask:
    """Words of both scripts and the readers that are asked.

    Attributes
    ----------
    material : Material
        What is read.
    words : DataFrame
        English words (`genomebook.pipeline.lexicon.gloss_words.clean_words`).
    properties : dict
        Properties of DNA words and of English words, to be compared, by name.
    known : tuple of list
        All that is counted of the DNA words, and of the English words.
    readers : list of str
        Names: the reader, then those of other training seeds.
    """

    material: Material
    words: pd.DataFrame
    properties: dict[str, tuple[Shares, Shares]]
    known: tuple[list[Shares], list[Shares]]
    readers: list[str]


@dataclass(frozen=True)
class Chosen:
    """The glosses that are kept.

    Attributes
    ----------
    glossed : Glossed
        By the reader, in the chosen space.
    table : DataFrame
        A row a DNA word, columns of ``glosses.parquet``.
    figures : dict
        Every space, the chosen one, and what was measured of it.
    """

    glossed: Glossed
    table: pd.DataFrame
    figures: Figures


def choose(task: GlossTask, spaces: list[Spaces], untrained: Spaces, seed: int, tell: Message) -> Chosen:
    """Gloss in every space, choose one by the rule of `glosses.py`, measure it beside controls.

    Parameters
    ----------
    task : GlossTask
        Words.
    spaces : list of Spaces
        By the reader, then by those of other training seeds.
    untrained : Spaces
        By random weights.
    seed : int
        Seed of shuffles and turns.
    tell : callable
        Told what is being done.
    """
    even = task.material.ids % 2 == 0
    by_name: dict[str, tuple[list[Glossed], Agreed]] = {}
    tried: Figures = {}
    for number, name in enumerate(spaces[0].names):
        tell(f"glosses, {name}")
        glossed = [gloss(space.dna[number], space.english[number]) for space in spaces]
        agreed = [agreement(glossed[0], other) for other in glossed[1:]]
        by_name[name] = glossed, agreed
        controls = _controls(spaces[0], untrained, number, 1, seed)
        tried[name] = {
            "score": mean(glossed[0].score),
            "controls": {kind: above(glossed[0].score, some[0].score) for kind, some in controls.items()},
            "hubs": hubs(spaces[0].dna[number], spaces[0].english[number], glossed[0].pair),
            "beyond_chance": mean(_beyond(agreed)[even]) if agreed else None,
        }
    name = _best({name: figures["beyond_chance"] for name, figures in tried.items()})
    number = spaces[0].names.index(name)
    tell(f"controls, {name}")
    controls = _controls(spaces[0], untrained, number, DRAWS, seed)
    glossed, agreed = by_name[name]
    less = [gloss(*map(without, (space.dna[number], space.english[number]), task.known)) for space in spaces]
    figures = {
        "spaces": tried,
        "chosen": name,
        "words_of_odd_id": _measured(task, glossed, agreed, controls, less),
    }
    return Chosen(glossed[0], _table(task, glossed[0], agreed, controls), figures)


def _beyond(agreed: Agreed) -> Shares:
    """Agreement beyond that of exchanged glosses, the mean over readers: float64[n]."""
    return np.asarray(np.mean([own - chance for own, chance in agreed], axis=0), np.float64)


def _best(beyond: dict[str, dict[str, float] | None]) -> str:
    """Apply the rule."""
    known = {name: value for name, value in beyond.items() if value is not None}
    best = max(known, key=lambda name: known[name]["value"], default="input")
    return best if known and known[best]["low"] > 0 else "input"


def _controls(
    space: Spaces, untrained: Spaces, number: int, draws: int, seed: int
) -> dict[str, list[Glossed]]:
    dna, english = space.dna[number], space.english[number]
    seeds = range(seed, seed + draws)
    return {
        "shuffled": [gloss(shuffled(dna, draw), english) for draw in seeds],
        "turned": [gloss(turned(dna, draw), english) for draw in seeds],
        "random weights": [gloss(untrained.dna[number], untrained.english[number])],
    }


def _measured(
    task: GlossTask,
    glossed: list[Glossed],
    agreed: Agreed,
    controls: dict[str, list[Glossed]],
    less: list[Glossed],
) -> Figures:
    """Figures of the chosen space, on the words of odd id."""
    odd = task.material.ids % 2 == 1
    properties = {key: (dna[odd], english) for key, (dna, english) in task.properties.items()}

    def together(some: list[Glossed]) -> NDArray[np.float32]:
        return np.concatenate([glossed.score[odd] for glossed in some])

    def related(some: list[Glossed]) -> dict[str, list[float]]:
        measured = [structure(properties, glossed.partner[odd]) for glossed in some]
        return {key: [figures[key] for figures in measured] for key in properties}

    real = glossed[0]
    return {
        "words": int(odd.sum()),
        "distinct": len(np.unique(real.partner)) / len(real.partner),
        "score": mean(real.score[odd]),
        "controls": {kind: above(real.score[odd], together(some)) for kind, some in controls.items()},
        "seeds": [
            {
                "reader": name,
                "same_word": float((real.partner == other.partner)[odd].mean()),
                "same_word_by_chance": _same_by_chance(real, other),
                "agreement": mean(own[odd]),
                "exchanged": mean(chance[odd]),
                "beyond_chance": mean((own - chance)[odd]),
                "cosine_of_glosses": _near(real, other, odd),
                "score": mean(other.score[odd]),
                "beyond_chance_of_controls": {
                    kind: [float((a - b)[odd].mean()) for a, b in (agreement(mine, other) for mine in some)]
                    for kind, some in controls.items()
                },
                "beyond_known_properties": mean(np.subtract(*agreement(less[0], kept))[odd]),
            }
            for name, other, (own, chance), kept in zip(
                task.readers[1:], glossed[1:], agreed, less[1:], strict=True
            )
        ],
        "structure": {
            "reader": related(glossed[:1]), "seeds": related(glossed[1:]),
            **{kind: related(some) for kind, some in controls.items()},
        },
    }  # fmt: skip


def _same_by_chance(real_glosses: Glossed, other: Glossed) -> float:
    """Share of words with the same gloss when both are exchanged among the words at random."""
    m = len(real_glosses.pair.right)
    taken = np.bincount(real_glosses.partner, minlength=m) * np.bincount(other.partner, minlength=m)
    return float(taken.sum() / len(real_glosses.partner) ** 2)


def _near(real_glosses: Glossed, other: Glossed, at: NDArray[np.bool_]) -> Figures:
    """Mean cosine, in the other reader's English, of the two glosses of a word; the same after exchanging."""
    english = other.pair.right
    mixed = np.random.default_rng(0).permutation(np.flatnonzero(at))
    real = np.einsum("ij,ij->i", english[real_glosses.partner[at]], english[other.partner[at]])
    chance = np.einsum("ij,ij->i", english[real_glosses.partner[at]], english[other.partner[mixed]])
    return {"real": mean(real), "exchanged": mean(chance)}


def _table(
    task: GlossTask, glossed: Glossed, agreed: Agreed, controls: dict[str, list[Glossed]]
) -> pd.DataFrame:
    pools = [
        np.concatenate([glossed.score for glossed in controls[kind]])
        for kind in ("shuffled", "random weights")
    ]
    stability = np.mean([own for own, _ in agreed], axis=0) if agreed else np.full(len(glossed.score), np.nan)
    return pd.DataFrame(
        {
            "id": task.material.ids,
            "gloss": task.words["word"].to_numpy()[glossed.partner],
            "gloss_score": glossed.score,
            "gloss_margin": glossed.margin(),
            "gloss_stability": stability,
            "gloss_rank": ranks(glossed.score, pools),
        }
    )
