"""Neighbours of a word in the embeddings of a reader, as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from genomebook.render.numbers import per_cent
from genomebook.render.templating import render
from genomebook.render.words.word_list import word_link

EMBEDDINGS = {
    "words, input": "As the model takes words in",
    "words, in context": "As words stand in their contexts",
}
"""Embeddings by the name of their map, and what a person reads."""

_PROPERTIES = (
    ("length", "of the same length"),
    ("gc", "with like GC (within 10 points)"),
    ("reverse complement", "words whose reverse complement is among the ten"),
)


def neighbours(
    near: Mapping[str, Sequence[tuple[str, str, float]]],
    figures: Mapping[str, Mapping[str, float]],
    reader: str,
    kept: Mapping[str, str],
) -> Markup:
    """Words near a word in the embeddings of a reader, with what neighbours share in all, beside controls.

    Parameters
    ----------
    near : mapping of str to sequence of (str, str, float)
        By embedding: spelling, gloss and cosine, the nearest first.
    figures : mapping of str to mapping
        `genomebook.lexicon.neighbours.Neighbours.figures`.
    reader : str
        Whose embeddings.
    kept : mapping of str to str
        What the links keep in the address.
    """
    shared = [row for name in near for row in _shared(figures, name)]
    return render(
        "word_neighbours.j2",
        embeddings=[
            (
                EMBEDDINGS.get(name, name),
                [(word_link(word, kept, gloss), cosine) for word, gloss, cosine in words],
            )
            for name, words in near.items()
        ],
        shared=shared,
        reader=reader,
    )


def _shared(figures: Mapping[str, Mapping[str, float]], name: str) -> list[tuple[str, list[str]]]:
    """Rows of what neighbours share in one embedding; none when it was not measured."""
    ours, control = figures.get(name, {}), figures.get(f"{name}, random weights", {})
    rows = []
    for key, label in _PROPERTIES if ours else ():
        any_two = ours.get(f"{key}, any two", ours.get(f"{key}, any ten"))
        shares = [ours.get(key), control.get(key), any_two]
        cells = ["–" if share is None else per_cent(share) for share in shares]
        rows.append((f"{EMBEDDINGS.get(name, name)}, {label}", cells))
    return rows
