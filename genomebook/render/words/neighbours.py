"""Neighbours of a word in the embeddings of a reader, as HTML. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from genomebook.render.numbers import per_cent
from genomebook.render.words.word_list import word_link

EMBEDDINGS = {
    "words, input": "As the reader takes words in",
    "words, in context": "As words stand in their contexts",
}
"""Embeddings by the name of their map, and what a person reads."""

_ALIKE = (
    ("length", "of the same length"),
    ("gc", "with like GC (within 10 points)"),
    ("reverse complement", "words whose reverse complement is among the ten"),
)


def neighbours(
    near: Mapping[str, Sequence[tuple[str, str, float]]],
    figures: Mapping[str, Mapping[str, float]],
    reader: str,
    kept: Mapping[str, str],
) -> str:
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
    blocks = []
    for name, words in near.items():
        items = "".join(
            f'<li>{word_link(word, kept, said=gloss)} <span class="n">{cosine:.2f}</span></li>'
            for word, gloss, cosine in words
        )
        blocks.append(f"<h3>{escape(EMBEDDINGS.get(name, name))}</h3><ol class='words'>{items}</ol>")
    body = "".join(_alike(figures, name) for name in near)
    if not near:
        blocks = ['<p class="missing">It stood too seldom in what the reader read.</p>']
    elif body:
        columns = ("Neighbours", f"{reader}", "Random weights", "Any two words")
        head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
        blocks.append(
            '<div class="wide" tabindex="0" role="region" aria-label="What neighbours share">'
            '<table class="figures"><caption>What the neighbours of all words share</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )
    note = (
        f"The nearest ten by cosine in {escape(reader)}, corrected for words that are near to everything "
        "(CSLS). Random weights have learnt nothing: what is shared as much with them is not learnt."
    )
    return f'<div class="gb lx">{"".join(blocks)}<p class="control">{note}</p></div>'


def _alike(figures: Mapping[str, Mapping[str, float]], name: str) -> str:
    """Rows of what neighbours share in one embedding; none when it was not measured."""
    ours, control = figures.get(name, {}), figures.get(f"{name}, random weights", {})
    rows = []
    for key, label in _ALIKE:
        any_two = ours.get(f"{key}, any two", ours.get(f"{key}, any ten"))
        shares = [ours.get(key), control.get(key), any_two]
        cells = "".join(f"<td>{'–' if share is None else per_cent(share)}</td>" for share in shares)
        rows.append(f'<tr><th scope="row">{escape(EMBEDDINGS.get(name, name))}, {label}</th>{cells}</tr>')
    return "".join(rows) if ours else ""
