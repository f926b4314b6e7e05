"""What is known of a word, as HTML: each figure with its meaning."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from genomebook.book.schema import AMBIGUITY, GLOSSES, TAGS
from genomebook.lexicon.fields import COMPOSED, EVERYWHERE
from genomebook.lexicon.meaning import FULL
from genomebook.render.numbers import per_cent, plural
from genomebook.render.templating import render
from genomebook.render.words.word_list import WordLink, missing, note, word_link

MAX_Q = 0.05
"""Largest false discovery rate of a class that is set in full ink."""


class Fact(NamedTuple):
    """A figure of a word: name, value, meaning; the value may be a gloss, or words with their links."""

    name: str
    value: str
    means: str
    is_gloss: bool = False
    links: Sequence[WordLink] = ()


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


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def head(row: Mapping[str, Any], kept: Mapping[str, str]) -> Markup:
    """Title of the page: the word, its gloss, what annotation says, its partner on the other strand.

    Parameters
    ----------
    row : mapping of str to object
        A row of `genomebook.lexicon.listing.listing`.
    kept : mapping of str to str
        What links to other words keep in the address.
    """
    partner = _text(row["partner"])
    return render(
        "word_head.j2",
        word=row["word"],
        gloss=_text(row["gloss"]),
        phrase=_text(row["phrase"]) if _text(row["tag"]) else "",
        partner=word_link(partner, kept) if partner else None,
    )


def figures(
    row: Mapping[str, Any], words: int, rank: int, parts: Sequence[str], kept: Mapping[str, str]
) -> Markup:
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
    facts = [Fact("Count", f"{count:,}", f"How often it occurs in this book: {often}.")]
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
        links = [word_link(part, kept) for part in parts]
        facts.append(
            Fact("Made of", "", "The two words that byte-pair encoding joined to make it.", links=links)
        )
    return render("word_facts.j2", facts=facts)


def _verdict(row: Mapping[str, Any]) -> str:
    interval = "Count over expected, with the 95 % interval; 1 is what composition explains."
    if row["low"] > 1:
        return f"{interval} It occurs more often than composition explains."
    if row["high"] < 1:
        return f"{interval} It occurs less often than composition explains."
    return f"{interval} The interval holds 1: composition explains how often it occurs."


def by_meaning(senses: pd.DataFrame) -> Markup:
    """English words by meaning: of each the class that its field stands for, and how well that fits.

    Parameters
    ----------
    senses : DataFrame
        Rows of `genomebook.book.lexicon.Lexicon.meaning` of one word.
    """
    facts = [
        Fact(
            "First sense" if not sense else f"In passages of {kind}",
            gloss,
            _fit(kind, fit) if kind == EVERYWHERE else f"From the field of {kind}: {_fit(kind, fit)}",
            is_gloss=True,
        )
        for sense, kind, gloss, fit in senses[["sense", "field", "gloss", "fit"]].itertuples(index=False)
    ]
    return render("word_facts.j2", facts=facts)


def _fit(kind: str, fit: float) -> str:
    """Why a word has a gloss of a class."""
    if kind == EVERYWHERE:
        return "A small word, for a frequent DNA word that is in no class much more often than by chance."
    if kind in COMPOSED:
        return "its letters say so." if fit > 0 else "no word of a class that fits better was left."
    if fit > 0:
        return f"in it at least {2 ** (fit * FULL):.1f} times as often as where annotation is shifted."
    return (
        "not tested above chance; passages of the class show it more often than others do, or none was left."
    )


def gloss(row: Mapping[str, Any], book: str, any_gloss: bool) -> Markup:
    """Figures of the English name by embedding, each in plain words; or why there is none.

    Parameters
    ----------
    row : mapping of str to object
        A row of `genomebook.lexicon.listing.listing`.
    book : str
        Name of the book's folder.
    any_gloss : bool
        Whether other words of this book have one.
    """
    name = _text(row["name"])
    if not name:
        if any_gloss:
            return note("No English word is assigned to this one: there were none left near it.")
        return missing(GLOSSES, book)
    rank = float(row["gloss_rank"])
    above = "stands out from" if rank >= 0.95 else "does not stand out from"
    facts = [
        Fact(
            "English gloss" if name == row["gloss"] else "Name by embedding",
            name,
            "A name to know the word by, not a translation; no two words share one.",
            is_gloss=True,
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
    return render("word_facts.j2", facts=_known(facts))


def _known(facts: Sequence[Fact]) -> list[Fact]:
    """Leave out what was not measured."""
    return [fact for fact in facts if fact.value not in ("–", "nan", "+nan")]


def grounded(rows: pd.DataFrame, phrase: str, book: str, has: bool) -> Markup:
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
        return missing(TAGS, book)
    if rows.empty:
        return note("It occurs too seldom for a figure on annotation.")
    ordered = rows.assign(significant=rows["q"] <= MAX_Q).sort_values(
        ["significant", "share"], ascending=False
    )
    body = [
        (
            str(row["class"]),
            row["significant"],
            (
                f"{int(row['count']):,}",
                per_cent(row["share"]),
                per_cent(row["expected"]),
                times(row["enrichment"], row["low"], row["high"]),
                f"{row['q']:.2g}",
            ),
        )
        for row in ordered.to_dict("records")
    ]
    return render("word_annotation.j2", phrase=phrase, rows=body, max_q=MAX_Q)


def contexts(row: pd.DataFrame, book: str, has: bool) -> Markup:
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
        return missing(AMBIGUITY, book)
    if row.empty or math.isnan(row["similarity"].iloc[0]):
        return note("It occurs too seldom to compare its contexts.")
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
        Fact("With random weights", f"{known['random']:.2f}", "The same in a model that has learnt nothing."),
        Fact(
            "Senses",
            f"{senses}",
            "Groups of occurrences whose contexts are alike, kept because a cloud without groups, drawn with "
            "the same spread, divides less well in 95 of 100 draws."
            if senses > 1
            else "Its occurrences do not fall into groups more than a cloud without groups does.",
        ),
    ]
    return render("word_facts.j2", facts=_known(facts))
