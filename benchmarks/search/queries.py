"""Queries of the search benchmarks: sentences of a book, mutated; where a hit must lie to be right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.book import Volume
from genomebook.language.alphabet import BASES, CODE, NOT_BASE, reverse_complement

RATES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)
BINS = ((20, 50), (50, 100), (100, 200), (200, None))
"""Letters of a sentence: at least, fewer than. Those of the first are searched apart."""

KINDS = ("substitutions", "with indels")
INDELS = 0.25
"""Share of events that are an insertion or a deletion, where there are any: three substitutions to one."""

LENGTHS = (0.6, 0.25, 0.15)
"""Chances that an insertion or a deletion has 1, 2, 3 letters."""

HALF = 0.5
"""Of the sentence, which a hit has to overlap to be right."""

LETTERS = np.frombuffer(BASES.encode(), np.uint8)


class Place(NamedTuple):
    """A hit: local to the volume, 0-based half-open; strand of the text relative to the query, or ""."""

    volume: str
    start: int
    end: int
    strand: str
    score: float = 0.0
    evalue: float = 0.0


@dataclass(frozen=True)
class Source:
    """A query and the sentence that it was made from: local to the volume, 0-based half-open."""

    name: str
    letters: bytes
    volume: str
    start: int
    end: int
    strand: str = "+"

    @property
    def bin(self) -> str:
        """Letters of the sentence, in words."""
        length = self.end - self.start
        return next(named(one) for one in BINS if one[0] <= length and (one[1] is None or length < one[1]))


def named(one: tuple[int, int | None]) -> str:
    """Bin of lengths in words."""
    return f"{one[0]}+" if one[1] is None else f"{one[0]}-{one[1] - 1}"


def draw(volumes: Iterable[Volume], number: int, least: int, most: int | None, seed: int) -> list[Source]:
    """Draw sentences of bases alone, of ``least`` letters or more and fewer than ``most``, each once."""
    rows: list[tuple[str, int, int]] = []
    by_name = {volume.name: volume for volume in volumes}
    for volume in by_name.values():
        table = volume.sentences()
        length = (table["end"] - table["start"]).to_numpy()
        keep = (length >= least) & (length < (most or np.inf))
        chosen = table[keep]
        rows += [
            (volume.name, start, end)
            for start, end in zip(chosen["start"].tolist(), chosen["end"].tolist(), strict=True)
        ]
    order = np.random.Generator(np.random.PCG64(seed)).permutation(len(rows))
    found: list[Source] = []
    for row in order.tolist():
        if len(found) == number:
            break
        name, start, end = rows[row]
        letters = by_name[name].sequence(start, end).upper()
        if CODE[np.frombuffer(letters, np.uint8)].max() < NOT_BASE:
            found.append(Source(f"q{least}_{len(found)}", letters, name, start, end))
    return found


def mutate(
    letters: NDArray[np.uint8], rate: float, indels: bool, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Mutate a sequence.

    Parameters
    ----------
    letters : uint8[n]
        Upper-case A, C, G, T.
    rate : float
        Chance of an event at every letter, independently.
    indels : bool
        Every event is a substitution by one of the three other bases, or (`INDELS` of them, when True) with
        equal chances an insertion of random bases before the letter, or a deletion that begins with it, of
        1 to 3 letters (`LENGTHS`). Events inside a deletion are lost with it.
    random : Generator
        Where the chances come from.
    """
    event = random.random(len(letters)) < rate
    is_indel = event & (random.random(len(letters)) < (INDELS if indels else 0.0))
    out = letters.copy()
    at = np.flatnonzero(event & ~is_indel)
    out[at] = LETTERS[(CODE[letters[at]] + random.integers(1, 4, len(at))) % 4]
    pieces: list[NDArray[np.uint8]] = []
    done = 0
    for place in np.flatnonzero(is_indel).tolist():
        size = int(random.choice(3, p=LENGTHS)) + 1
        if place < done:
            continue
        pieces.append(out[done:place])
        done = place
        if random.random() < HALF:
            pieces.append(LETTERS[random.integers(0, 4, size)])
        else:
            done = place + size
    return np.concatenate([*pieces, out[done:]])


def mutated(sources: Sequence[Source], rate: float, kind: str, seed: int) -> list[Source]:
    """Mutate each; every second one is read from the other strand."""
    random = np.random.Generator(np.random.PCG64([seed, round(1000 * rate), KINDS.index(kind)]))
    found = []
    for number, source in enumerate(sources):
        new = mutate(np.frombuffer(source.letters, np.uint8), rate, kind == KINDS[1], random).tobytes()
        if number % 2:
            found.append(replace(source, letters=reverse_complement(new), strand="-"))
        else:
            found.append(replace(source, letters=new))
    return found


def right(source: Source, place: Place, share: float = HALF) -> bool:
    """Say whether a hit overlaps a share of the sentence, on its strand (or does not know its strand)."""
    overlap = min(source.end, place.end) - max(source.start, place.start)
    return (
        place.volume == source.volume
        and place.strand in ("", source.strand)
        and overlap >= share * (source.end - source.start)
    )


def rank(source: Source, places: Sequence[Place], share: float = HALF) -> int | None:
    """Rank, from 1, of the first hit that is right; None without one."""
    return next((n for n, place in enumerate(places, 1) if right(source, place, share)), None)


def recall(sources: Sequence[Source], places: dict[str, list[Place]]) -> dict[str, dict[str, float]]:
    """Recall by bin of lengths, and (``"all"``) of all bins but the first.

    Returns
    -------
    dict
        Of each bin ``n``, ``at1``, ``at10`` and ``touch10``: any overlap will do, not half the sentence.
    """
    found: dict[str, list[tuple[bool, bool, bool]]] = {}
    for source in sources:
        hits = places.get(source.name, [])
        half, touch = rank(source, hits[:10]), rank(source, hits[:10], 1e-9)
        row = (half == 1, half is not None, touch is not None)
        for key in (source.bin,) if source.bin == named(BINS[0]) else ("all", source.bin):
            found.setdefault(key, []).append(row)
    return {
        key: {
            "n": len(rows),
            **dict(zip(("at1", "at10", "touch10"), np.mean(rows, axis=0).tolist(), strict=True)),
        }
        for key, rows in found.items()
    }
