"""What is known of one word, as HTML: each figure with what it means beside it. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

import pandas as pd

from genomebook.book.schema import AMBIGUITY, GLOSSES, TAGS
from genomebook.render.numbers import per_cent, plural
from genomebook.render.words.word_list import missing, word_link

CONTROL_OF_CLASSES = (
    "Expected is the share when the same marks are moved along the sequence by a random distance, ends "
    "joined (circular shifts): they keep their lengths and their neighbours and lose their place. Times is "
    "share over expected, so 1 is chance; q is the share of false finds among all that are as sure, over all "
    "words and classes of this book (Benjamini and Hochberg). Rows with q above 0.05 are pale."
)
SURE = 0.05
"""Largest q of a class that is set in full ink."""


class Fact(NamedTuple):
    """A figure of a word: its name, its value (HTML), what it means (plain text)."""

    name: str
    value: str
    means: str


def times(value: float, low: float, high: float) -> str:
    """Write a ratio with its 95 % interval: ``1.6 times (1.5 to 1.7)``; a dash where there is none."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return f"never expected (above {_short(low)} times)"
    if math.isnan(low) or math.isnan(high):
        return f"{_short(value)} times"
    return f"{_short(value)} times ({_short(low)} to {_short(high)})"


def _short(value: float) -> str:
    """Write a ratio in a few digits: ``0.96``, ``12.5``, ``340``, ``0.004``."""
    if math.isinf(value):
        return "any"
    if value != 1 and abs(value - 1) < 0.005:
        return f"{value:.4f}"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 0.1 else f"{value:.{1 + (value < 10)}f}"


def listed(facts: Sequence[Fact]) -> str:
    """Return facts as a list: name, value, meaning."""
    rows = "".join(
        f"<div><dt>{escape(fact.name)}</dt><dd>{fact.value}</dd>"
        f'<dd class="means">{escape(fact.means)}</dd></div>'
        for fact in facts
    )
    return f'<dl class="explained">{rows}</dl>'


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def head(row: Mapping[str, Any], kept: Mapping[str, str]) -> str:
    """Title of the page: the word, its gloss, what annotation says, its partner on the other strand.

    Parameters
    ----------
    row : mapping of str to object
        A row of `genomebook.lexicon.listing.listing`.
    kept : mapping of str to str
        What links to other words keep in the address.
    """
    gloss, partner = _text(row["gloss"]), _text(row["partner"])
    phrase = _text(row["phrase"]) if _text(row["tag"]) else ""
    lines = [f'<h1 class="entry" lang="zxx">{escape(row["word"])}</h1>']
    if gloss:
        lines.append(f'<p class="gloss">“{escape(gloss)}”</p>')
    if phrase:
        lines.append(f'<p class="phrase">{escape(phrase)}</p>')
    if partner == row["word"]:
        other = "It is its own reverse complement: the other strand reads the same."
    elif partner:
        other = f"On the other strand its letters read {word_link(partner, kept)}."
    else:
        other = "Its reverse complement is no word of this book."
    lines.append(f'<p class="partner">{other}</p>')
    return f'<div class="gb lx">{"".join(lines)}</div>'


def figures(
    row: Mapping[str, Any], words: int, rank: int, parts: Sequence[str], kept: Mapping[str, str]
) -> str:
    """Count and composition of a word, each with its meaning.

    Parameters
    ----------
    row : mapping of str to object
        A row of `genomebook.lexicon.listing.listing`.
    words : int
        Words of the book, all occurrences.
    rank : int
        Place of the word among all by count, from 1.
    parts : sequence of str
        The two words it was merged from; empty for a single letter.
    kept : mapping of str to str
        What links to other words keep in the address.
    """
    count = int(row["count"])
    often = (
        f"{1000 * count / words:.3g} in 1,000 words; number {rank:,} by frequency"
        if count
        else "not in this book"
    )
    facts = [Fact("Count", f"{count:,}", f"How often it stands in this book: {often}.")]
    if not math.isnan(row["expected"]):
        facts += [
            Fact(
                "Expected",
                f"{row['expected']:,.4g}",
                "Its mean count when the book is shuffled so that every pair of neighbouring letters stays "
                "as frequent as it was: what composition alone makes of it.",
            ),
            Fact("Against the shuffle", times(row["times"], row["low"], row["high"]), _verdict(row)),
        ]
    bits = f"{row['entropy']:.2f} bits"
    facts += [
        Fact("Letters", f"{int(row['length'])}", "Length."),
        Fact("GC", f"{row['gc']:.0f} %", "Share of G and C among its letters."),
        Fact("CpG", f"{int(row['cpg'])}", "C followed by G: rare in vertebrates but for CpG islands."),
        Fact(
            "Entropy", bits, "Bits a letter of its composition: 0 for one letter only, 2 for all four alike."
        ),
    ]
    if parts:
        made = " + ".join(word_link(part, kept) for part in parts)
        facts.append(Fact("Made of", made, "The two words that byte-pair encoding joined to make it."))
    return f'<div class="gb lx">{listed(facts)}</div>'


def _verdict(row: Mapping[str, Any]) -> str:
    interval = "Count over expected, with the 95 % interval; 1 is what composition explains."
    if row["low"] > 1:
        return f"{interval} It stands here more often than composition explains."
    if row["high"] < 1:
        return f"{interval} It stands here more seldom than composition explains."
    return f"{interval} The interval holds 1: composition explains how often it stands here."


def gloss(row: Mapping[str, Any], book: str, any_gloss: bool) -> str:
    """Figures of the English gloss, each in plain words; or why there is none.

    Parameters
    ----------
    row : mapping of str to object
        A row of `genomebook.lexicon.listing.listing`.
    book : str
        Name of the book's folder.
    any_gloss : bool
        Whether other words of this book have one.
    """
    name = _text(row["gloss"])
    if not name:
        why = '<p class="missing">No English word is assigned to this one: there were none left near it.</p>'
        return f'<div class="gb lx">{why if any_gloss else missing(GLOSSES, book)}</div>'
    rank = float(row["gloss_rank"])
    above = "stands out from" if rank >= 0.95 else "does not stand out from"
    facts = [
        Fact(
            "English gloss",
            f"<i>{escape(name)}</i>",
            "A name to know the word by, not a translation; no two words share one.",
        ),
        Fact(
            "Rank against chance",
            f"{math.floor(100 * rank)} %" if rank == rank else "–",
            "Share of the control glosses, made the same way from shuffled and from random embeddings, with "
            f"a lower score: 50 % is chance. This one {above} them. Most glosses rank below "
            "chance: a score is no evidence for a gloss.",
        ),
        Fact(
            "Score",
            f"{row['gloss_score']:.3f}",
            "How near the two embeddings are, corrected for words that are near to everything (CSLS). Only "
            "comparisons with other scores mean something.",
        ),
        Fact(
            "Margin",
            f"{row['gloss_margin']:+.3f}".replace("-", "−"),
            "Score minus that of the best other English word; below 0, a nearer one went to another word.",
        ),
        Fact(
            "Stability",
            per_cent(float(row["gloss_stability"])),
            "Share of all English words that readers trained from other random seeds put farther from this "
            "word than its gloss: 50 % is chance, at 100 % they would choose it too. It speaks for the "
            "neighbourhood of the gloss; the very same word is hardly ever chosen twice.",
        ),
    ]
    return f'<div class="gb lx">{listed(_known(facts))}</div>'


def _known(facts: Sequence[Fact]) -> list[Fact]:
    """Leave out what was not measured."""
    return [fact for fact in facts if fact.value not in ("–", "nan", "+nan")]


COLUMNS = ("What stands there", "Occurrences", "Share", "Expected", "Times (95 % interval)", "q")


def grounded(rows: pd.DataFrame, phrase: str, book: str, has: bool) -> str:
    """What annotation says of the places of a word, as a table with its control.

    Parameters
    ----------
    rows : DataFrame
        Rows of ``Lexicon.grounded`` of this word.
    phrase : str
        Sentence fragment made from the strongest; empty for none.
    book : str
        Name of the book's folder.
    has : bool
        Whether the book was grounded.
    """
    if not has:
        return f'<div class="gb lx">{missing(TAGS, book)}</div>'
    if rows.empty:
        return (
            '<div class="gb lx"><p class="missing">It stands too seldom for a figure on annotation.</p></div>'
        )
    ordered = rows.assign(sure=rows["q"] <= SURE).sort_values(["sure", "share"], ascending=False)
    body = []
    for row in ordered.to_dict("records"):
        cells = (
            f"{int(row['count']):,}",
            per_cent(row["share"]),
            per_cent(row["expected"]),
            times(row["enrichment"], row["low"], row["high"]),
            f"{row['q']:.2g}",
        )
        cut = "".join(f"<td>{cell}</td>" for cell in cells)
        pale = "" if row["sure"] else ' class="pale"'
        body.append(f'<tr{pale}><th scope="row">{escape(str(row["class"]))}</th>{cut}</tr>')
    columns = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    lead = f'<p class="phrase">{escape(phrase)}</p>' if phrase else ""
    return (
        f'<div class="gb lx">{lead}<div class="wide" tabindex="0" role="region" '
        f'aria-label="What annotation says"><table class="figures"><thead><tr>{columns}</tr></thead>'
        f'<tbody>{"".join(body)}</tbody></table></div><p class="control">{CONTROL_OF_CLASSES}</p></div>'
    )


def contexts(row: pd.DataFrame, book: str, has: bool) -> str:
    """How much the contexts of a word differ, beside chance and random weights; or why this is not known.

    Parameters
    ----------
    row : DataFrame
        Row of ``Lexicon.ambiguity`` of this word; none when it was not measured.
    book : str
        Name of the book's folder.
    has : bool
        Whether contexts were measured in this book.
    """
    if not has:
        return f'<div class="gb lx">{missing(AMBIGUITY, book)}</div>'
    if row.empty or math.isnan(row["similarity"].iloc[0]):
        return '<div class="gb lx"><p class="missing">It stands too seldom to compare its contexts.</p></div>'
    known = row.iloc[0]
    senses = int(known["senses"])
    facts = [
        Fact(
            "Self-similarity",
            f"{known['similarity']:.2f}",
            f"Mean cosine between the embeddings of {plural(int(known['sampled']), 'occurrence')} in their "
            "contexts: 1 means that the context changes nothing, low that the word is used in many ways.",
        ),
        Fact(
            "Of different words",
            f"{known['chance']:.2f}",
            "The same between occurrences of other words: the floor.",
        ),
        Fact(
            "With random weights", f"{known['random']:.2f}", "The same in a reader that has learnt nothing."
        ),
        Fact(
            "Senses",
            f"{senses}",
            "Groups of occurrences whose contexts are alike, kept because a cloud without groups, drawn with "
            "the same spread, divides less well in 95 of 100 draws."
            if senses > 1
            else "Its occurrences do not fall into groups more than a cloud without groups does.",
        ),
    ]
    return f'<div class="gb lx">{listed(_known(facts))}</div>'
