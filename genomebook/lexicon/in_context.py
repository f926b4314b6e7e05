"""Glosses in context: which of its English words a DNA word takes in a passage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.book.lexicon import Lexicon
from genomebook.book.schema import PASSAGES
from genomebook.compiled import kernel
from genomebook.errors import DamagedBookError
from genomebook.lexicon.fields import CLASSES, kind_of, load_fields
from genomebook.lexicon.meaning import MAX_SENSES
from genomebook.lexicon.passages import PassageModel

CREDIT = 0.5
"""What a class has to have saved before a word leaves its first sense for it."""


@dataclass(frozen=True)
class Glossary:
    """English words of the DNA words of a book, by passage.

    A class saves its share at each word of a passage (`PassageModel.shares`), and pays 1 for a word that
    speaks of it: a passage holds words of each field in proportion to what its DNA words say for the class.

    Attributes
    ----------
    model : PassageModel
        Tells passages apart.
    kinds : tuple of str
        Classes of its states, each once.
    glosses : object[ids, MAX_SENSES]
        English words; empty for none.
    senses : int64[ids, MAX_SENSES]
        Number of the class of each sense among ``kinds``, -1 for none, -2 for a class that is no state.
    headings : dict of str to str
        Heading of a passage by its state, in the language of the glosses; empty where not known.
    """

    model: PassageModel
    kinds: tuple[str, ...]
    glosses: NDArray[np.object_]
    senses: NDArray[np.int64]
    headings: dict[str, str]

    def read(self, ids: NDArray[np.uint16]) -> tuple[list[str], str]:
        """English words of the words of a passage, and the state that its words say most for.

        Parameters
        ----------
        ids : uint16[n]
            Words of one passage, gaps left out.
        """
        if not len(ids):
            return [], self.model.states[0]
        shares = self.model.shares(ids)
        chosen = _chosen(ids.astype(np.int64), self.by_kind(shares), self.senses)
        state = self.model.states[int(np.argmax(shares.sum(axis=0)))]
        return self.glosses[ids, chosen].tolist(), state

    def by_kind(self, shares: NDArray[np.float32]) -> NDArray[np.float64]:
        """Shares of states, float32[n, states], added up by class: float64[n, kinds]."""
        total = np.zeros((len(shares), len(self.kinds)))
        for column, state in enumerate(self.model.states):
            total[:, self.kinds.index(kind_of(state))] += shares[:, column]
        return total


@lru_cache(maxsize=4)
def glossary_of(lexicon: Lexicon) -> Glossary | None:
    """Glossary of a book; None where it has no glosses by meaning."""
    table = lexicon.meaning
    if not len(table):
        return None
    with lexicon.meaning_file(PASSAGES) as path:
        if path is None:
            return None
        model = PassageModel.open(path)
    kinds = tuple(dict.fromkeys(map(kind_of, model.states)))
    number = {kind: at for at, kind in enumerate(kinds)}
    shape = (model.emissions.shape[1], MAX_SENSES)
    size = lexicon.table["id"].max() + 1
    fits = size == shape[0] and table["id"].max() < size and table["sense"].max() < MAX_SENSES
    if not fits or not set(kinds) <= set(CLASSES):
        raise DamagedBookError(
            "meaning: its glosses and its model of passages do not fit this book; run genomebook gloss again"
        )
    glosses, senses = np.full(shape, "", object), np.full(shape, -1)
    at = table["id"].to_numpy(), table["sense"].to_numpy()
    glosses[at] = table["gloss"].to_numpy()
    senses[at] = [number.get(kind, -2) for kind in table["field"]]
    return Glossary(model, kinds, glosses, senses, _headings(lexicon.meaning_about, model.states))


def _headings(about: Mapping[str, Any], states: Sequence[str]) -> dict[str, str]:
    """Heading of each state: those of the book, or the English ones for English glosses without."""
    if "headings" not in about:
        fields = load_fields()
        is_english = about.get("language") == fields.language
        return {state: fields.heading(state) for state in states} if is_english else {}
    try:
        return msgspec.convert(about["headings"], dict[str, str])
    except msgspec.ValidationError as error:
        raise DamagedBookError(
            f"meaning: its headings are damaged ({error}); run genomebook gloss again"
        ) from None


@kernel(nogil=True)
def _chosen(ids, shares, senses):  # type: ignore[no-untyped-def]
    """Sense of each word: int64[n]."""
    saved = np.zeros(shares.shape[1])
    chosen = np.zeros(len(ids), np.int64)
    for at in range(len(ids)):
        saved += shares[at]
        own = senses[ids[at]]
        best = 0 if own[0] >= 0 else -1
        for sense in range(own.shape[0]):
            kind = own[sense]
            if kind < 0:
                continue
            if best < 0:
                if saved[kind] > CREDIT:
                    best = sense
            elif saved[kind] > saved[own[best]]:
                best = sense
        chosen[at] = max(best, 0)
        if best >= 0:
            saved[own[best]] -= 1
    return chosen
