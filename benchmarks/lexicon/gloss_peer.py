"""Glosses the published way (arXiv 2501.16982): one of the 100 nearest English tokens, drawn at random."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.language.alphabet import FIRST_WORD
from genomebook.lexicon.csls import Ids, cosines, hubness, occurrences, unit
from genomebook.models.checkpoint import Checkpoint

NEAREST = 100
"""Tokens that one is drawn from."""
DRAWS = 20


@dataclass(frozen=True)
class Peer:
    """Nearest tokens by raw input embeddings.

    Attributes
    ----------
    nearest : int64[n, 100]
        Number of each token in ``tokens``, the nearest first, for each DNA word.
    tokens : list of str
        Text of the English tokens, a blank in front included.
    hubs : int64[m]
        How many DNA words have each token among their 10 nearest.
    """

    nearest: Ids
    tokens: list[str]
    hubs: Ids

    def draw(self, seed: int) -> Ids:
        """One token a word: int64[n]."""
        at = np.random.default_rng(seed).integers(0, self.nearest.shape[1], len(self.nearest))
        return self.nearest[np.arange(len(at)), at]


def read_peer(checkpoint: Checkpoint) -> Peer:
    """Find the nearest tokens of all DNA words in the input table of a reader, not centred, not corrected."""
    scripts = checkpoint.scripts
    table = checkpoint.tensors()["transformer.wte.weight"]
    ids = range(scripts.first_english, scripts.size)
    texts = {i: scripts.decode(np.array([i], np.uint16)) for i in ids}
    used = [i for i in ids if texts[i]]
    dna = unit(table[FIRST_WORD : len(scripts.words)], centre=False)
    pair = cosines(dna, unit(table[used], centre=False))
    return Peer(pair.nearest(NEAREST)[0], [texts[i] for i in used], occurrences(pair))


def measure(peer: Peer, dictionary: frozenset[str], declined: frozenset[str]) -> dict[str, Any]:
    """Count what a reader of such glosses meets; shares are means over `DRAWS` draws.

    Parameters
    ----------
    peer : Peer
        Nearest tokens.
    dictionary, declined : frozenset of str
        Words in lower case; offensive ones.

    Returns
    -------
    dict
        ``words``; ``tokens``; ``distinct_nearest`` (tokens that are the nearest of a word); ``distinct``
        (tokens drawn, before they are numbered); ``hubness``, ``largest_hub``; ``same_draw`` (words that keep
        their token in another draw); ``fragments`` (words whose token is no whole word of the dictionary);
        ``offensive`` (words, and tokens among all that can be drawn).
    """
    draws = np.stack([peer.draw(seed) for seed in range(DRAWS)])
    whole = np.array([_is_word(token, dictionary) for token in peer.tokens])
    bad = np.array([token.strip().lower() in declined for token in peer.tokens])
    distinct = [len(np.unique(draw)) for draw in draws]
    within = np.unique(peer.nearest)
    return {
        "words": len(peer.nearest),
        "tokens": len(peer.tokens),
        "distinct_nearest": len(np.unique(peer.nearest[:, 0])),
        "distinct": float(np.mean(distinct)),
        "can_be_drawn": len(within),
        "hubness": hubness(peer.hubs),
        "largest_hub": int(peer.hubs.max()),
        "same_draw": float(np.mean(draws[1:] == draws[:-1])),
        "fragments": float(np.mean(~whole[draws])),
        "offensive": float(np.mean(bad[draws])),
        "offensive_tokens": int(bad[within].sum()),
    }


def _is_word(token: str, dictionary: frozenset[str]) -> bool:
    """Whether a token begins with a blank and is otherwise a word, in either case."""
    return bool(re.fullmatch(r" [A-Za-z]+", token)) and token.strip().lower() in dictionary


def between(one: Peer, other: Peer) -> dict[str, float]:
    """Agreement of two training seeds.

    Returns
    -------
    dict
        ``same`` (words that get the same token with the same draw), ``shared`` (mean share of the 100 tokens
        of a word that are among its 100 in the other reader) and ``shared_by_chance`` (of another word).
    """

    def shared(rows: NDArray[np.intp]) -> float:
        found = np.zeros((2, len(one.nearest), len(one.tokens)), np.bool_)
        np.put_along_axis(found[0], one.nearest, True, axis=1)
        np.put_along_axis(found[1], other.nearest[rows], True, axis=1)
        return float((found[0] & found[1]).sum(axis=1).mean() / one.nearest.shape[1])

    n = len(one.nearest)
    same = [np.mean(one.draw(seed) == other.draw(seed)) for seed in range(DRAWS)]
    mixed = np.random.default_rng(0).permutation(n)
    return {
        "same": float(np.mean(same)),
        "shared": shared(np.arange(n)),
        "shared_by_chance": shared(mixed),
    }
