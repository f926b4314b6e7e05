"""Glosses by meaning: each DNA word gets an English word of the field of the class it is enriched in.

An optimal assignment weighs the field, the likeness of DNA words (like words stand near each other in a
field) and the frequency (frequent words are short). A word and its reverse complement get words of one
family: pairs are assigned families first, then all other words are assigned what is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.optimize import linear_sum_assignment

from genomebook.errors import OptionError
from genomebook.language.alphabet import FIRST_WORD
from genomebook.lexicon.fields import CLASSES, EVERYWHERE, MEASURED, Fields, kind_of
from genomebook.lexicon.grounded import FALSE_DISCOVERY_RATE
from genomebook.lexicon.passages import PassageModel

Reals = NDArray[np.float64]
Ids = NDArray[np.int64]
_Row = tuple[int, int, str, str, float]
"""DNA word, sense, class, English word, how well the class fits."""

MAX_SENSES = 3
"""Senses of a word, the first included."""
FULL = 3.0
"""Enrichment, as a logarithm to the base 2, from which on a field fits entirely."""
LIKENESS, LENGTH = 0.25, 0.1
"""Weights of likeness and of length beside that of the field, 1."""
SPAN = 3
"""Letters of the pieces that DNA words are compared by."""


def profile(grounded: pd.DataFrame, words: Sequence[str]) -> Reals:
    """How well each class fits each word, from 0 (not above chance) to 1.

    Parameters
    ----------
    grounded : DataFrame
        Schema ``grounded.parquet``: enrichment beside circular shifts.
    words : sequence of str
        DNA words by id.

    Returns
    -------
    float64[ids, classes]
        In the order of `CLASSES`. Of what annotation tells: the lower bound of the enrichment, as a
        logarithm, where its q is small. Of what letters tell: from their share.
    """
    fits = np.zeros((len(words), len(CLASSES)))
    sure = grounded[(grounded["q"] < FALSE_DISCOVERY_RATE) & (grounded["low"] > 1)]
    for column, names in enumerate(MEASURED.values()):
        rows = sure[sure["class"].isin(names)]
        value = np.clip(np.log2(rows["low"].to_numpy(np.float64)) / FULL, 0, 1)
        np.maximum.at(fits[:, column], rows["id"].to_numpy(np.int64), value)
    for number, word in enumerate(words[FIRST_WORD:], FIRST_WORD):
        n = len(word)
        strong = sum(map(word.count, "CG")) / n
        run = max(word.count("A"), word.count("T")) / n
        letters = [
            1.0 if n > 3 and run > 0.8 else 0.0,
            0.6 * max(strong - 0.7, 0),
            0.6 * max(0.3 - strong, 0),
        ]
        fits[number, len(MEASURED) : len(MEASURED) + len(letters)] = letters
    return fits


def seriation(words: Sequence[str]) -> Reals:
    """Place of each word in a row in which like words are neighbours, from 0 to 1.

    The leaves of an average-linkage tree over the words' pieces of 1 to `SPAN` letters (cosine).
    """
    pieces = ["".join(letters) for n in range(1, SPAN + 1) for letters in product("ACGT", repeat=n)]
    counts = np.array([[word.count(piece) for piece in pieces] for word in words], np.float64)
    counts /= np.linalg.norm(counts, axis=1, keepdims=True)
    place = np.empty(len(words))
    place[leaves_list(linkage(counts, "average"))] = np.linspace(0, 1, len(words))
    return place


@dataclass(frozen=True)
class _Slots:
    """English words, or families of two, to choose from: class, place in the field, rank of the length."""

    words: list[tuple[str, ...]]
    kind: Ids
    place: Reals
    length: Reals

    @classmethod
    def of(cls, families: Mapping[str, list[tuple[str, ...]]]) -> _Slots:
        words, kind, place = [], [], []
        for name, listed in families.items():
            words += listed
            kind += [CLASSES.index(name)] * len(listed)
            place += np.linspace(0, 1, len(listed)).tolist()
        length = _ranks(np.array([len(word[0]) for word in words], np.float64))
        return cls(words, np.array(kind, np.int64), np.array(place), length)


def _ranks(values: Reals) -> Reals:
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return order / max(len(values) - 1, 1)


@dataclass(frozen=True)
class GlossedWords:
    """What glosses are made from.

    Attributes
    ----------
    words : list of str
        DNA words by id.
    counts : float64[ids]
        How often each occurs.
    partner : int64[ids]
        Its reverse complement, or itself.
    fits : float64[ids, classes]
        `profile`.
    model : PassageModel
        Of the passages of the same book.
    """

    words: Sequence[str]
    counts: Reals
    partner: Ids
    fits: Reals
    model: PassageModel


def gloss_by_meaning(task: GlossedWords, fields: Fields) -> pd.DataFrame:
    """Give each DNA word one to `MAX_SENSES` English words.

    Returns
    -------
    DataFrame
        Schema ``meaning.parquet``, by id and sense.

    Raises
    ------
    OptionError
        When the fields have fewer words than there are DNA words.
    """
    free = {kind: [list(family) for family in field.families] for kind, field in fields.fields.items()}
    n = len(task.words) - FIRST_WORD
    if (given := sum(len(family) for listed in free.values() for family in listed)) < n:
        raise OptionError(f"{given:,} words in the fields for {n:,} DNA words; give more")
    rows = _small_words(task, free.pop(EVERYWHERE))
    left = np.setdiff1d(np.arange(FIRST_WORD, len(task.words)), [row[0] for row in rows])
    place = np.zeros(len(task.words))
    place[FIRST_WORD:] = seriation(task.words[FIRST_WORD:])
    pairs = np.array([(i, task.partner[i]) for i in left if i < task.partner[i] and task.partner[i] in left])
    pairs = pairs.reshape(-1, 2)
    rows += _assigned(task, pairs, place, free, sense=0)
    rows += _assigned(task, np.setdiff1d(left, pairs)[:, None], place, free, sense=0)
    rows += _more_senses(task, rows, pairs, free)
    table = pd.DataFrame(rows, columns=["id", "sense", "field", "gloss", "fit"])
    return table.sort_values(["id", "sense"], ignore_index=True)


def _small_words(task: GlossedWords, families: Sequence[Sequence[str]]) -> list[_Row]:
    """The small words, in the order of their field, to frequent DNA words that are in no class or hardly."""
    fit = task.fits[:, : len(MEASURED)].max(axis=1)
    value = np.log(task.counts + 1) * (1 - fit) ** 2
    value[:FIRST_WORD] = -1
    couples = [family for family in families if len(family) == 2]
    single = [word for family in families if len(family) != 2 for word in family]
    rows: list[_Row] = []
    given: set[int] = set()
    for word in np.argsort(-value, kind="stable").tolist():
        mate = int(task.partner[word])
        listed = couples if mate != word else single
        if (not couples and not single) or word < FIRST_WORD:
            break
        if word in given or not listed:
            continue
        words = listed.pop(0)
        for unit, gloss in zip((word, mate), words if mate != word else [words], strict=False):
            rows.append((unit, 0, EVERYWHERE, str(gloss), float(fit[unit])))
            given.add(unit)
    return rows


def _assigned(
    task: GlossedWords, units: Ids, place: Reals, free: dict[str, list[list[str]]], sense: int
) -> list[_Row]:
    """Assign units, int64[n, size], words of one family each, one optimal assignment; they are taken away."""
    size = units.shape[1]
    if not len(units):
        return []
    sets = {
        kind: [tuple(part) for family in listed for part in _parts(family, size)]
        for kind, listed in free.items()
    }
    slots = _Slots.of(sets)
    if len(slots.words) < len(units):
        raise OptionError(
            f"{len(slots.words):,} families of {size} in the fields for {len(units):,} DNA words; give more"
        )
    often = 1 - _ranks(task.counts[units].mean(axis=1))
    value = task.fits[units].mean(axis=1)[:, slots.kind]
    value -= LIKENESS * np.abs(place[units].mean(axis=1)[:, None] - slots.place[None])
    value -= LENGTH * np.abs(often[:, None] - slots.length[None])
    rows, columns = linear_sum_assignment(value, maximize=True)
    given = []
    for row, column in zip(rows, columns, strict=True):
        kind = CLASSES[slots.kind[column]]
        _take(free[kind], slots.words[column])
        for word, gloss in zip(units[row], slots.words[column], strict=True):
            given.append((int(word), sense, kind, gloss, float(task.fits[word, slots.kind[column]])))
    return given


def _parts(family: Sequence[str], size: int) -> list[Sequence[str]]:
    """Whole groups of ``size`` words of a family."""
    return [family[at : at + size] for at in range(0, len(family) - size + 1, size)]


def _take(listed: list[list[str]], words: Sequence[str]) -> None:
    for family in listed:
        if words[0] in family:
            for word in words:
                family.remove(word)
            return


def _more_senses(
    task: GlossedWords, rows: Sequence[_Row], pairs: Ids, free: dict[str, list[list[str]]]
) -> list[_Row]:
    """Give the words left over as further senses: in each class to the words that say most for it.

    What a word says for a class is its share there times the logarithm of that share over its share at large.
    """
    senses: dict[int, set[str]] = {}
    for word, _, kind, _, _ in rows:
        senses.setdefault(word, set()).add(kind)
    mate = {int(a): int(b) for a, b in pairs}
    chance = np.exp(task.model.emissions.astype(np.float64))
    at_large = task.model.prior.astype(np.float64) @ chance
    more = []
    states = [kind_of(state) for state in task.model.states]
    for kind in (name for name in free if name in states):
        own = [number for number, state in enumerate(states) if state == kind]
        weight = task.model.prior[own].astype(np.float64)
        there = weight @ chance[own] / weight.sum()
        says = there * np.log(np.maximum(there, 1e-12) / np.maximum(at_large, 1e-12))
        for word in np.argsort(-says, kind="stable").tolist():
            held = senses.get(word, set())
            if says[word] <= 0:
                break
            if word < FIRST_WORD or kind in held or EVERYWHERE in held or len(held) >= MAX_SENSES:
                continue
            unit = [word, mate[word]] if word in mate and len(senses[mate[word]]) < MAX_SENSES else [word]
            if kind in senses[unit[-1]]:
                unit = [word]
            group = next((part for family in free[kind] for part in _parts(family, len(unit))), None)
            if group is None:
                if len(unit) == 1:
                    break
                continue
            group = tuple(group)
            _take(free[kind], group)
            for one, gloss in zip(unit, group, strict=True):
                more.append((one, len(senses[one]), kind, gloss, float(task.fits[one, CLASSES.index(kind)])))
                senses[one].add(kind)
    return more
