"""Tag and phrase of a word: its strongest annotation in a few words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from genomebook.annotation.class_names import (
    CODING,
    EXON,
    INTERGENIC,
    INTRON,
    PROMOTER,
    REPEAT,
    SOFT_MASK,
    STRANDS,
    is_broad,
)
from genomebook.lexicon.grounded import enriched

MAX_TAG = 14
"""Maximum length of a tag, in characters."""

SHARE = 0.25
"""Shares from here on are given as such; lower ones as a multiple of chance."""

MOSTLY = 0.5
"""Share in one family of mobile elements above which a single-letter word counts as its tail."""

BROAD = 0.5
"""Weight of a class that is broad (`genomebook.annotation.class_names.is_broad`)."""

LETTERS = 0.1
"""Weight of a class that follows from composition alone, which the word itself already shows."""

_BY_LETTERS = ("low complexity", "simple repeat")

_SHORT = {
    SOFT_MASK: "repeat",
    "CpG island": "CpG isl.",
    "TSS peak": "TSS",
    "DNA transposon": "DNA transp.",
    "simple repeat": "simple",
    "low complexity": "low cplx",
    "segmental duplication": "seg. dup.",
    "open chromatin": "open chr.",
    "protein-coding gene": "coding gene",
    STRANDS["+"]: "gene +",
    STRANDS["-"]: "gene −",
    INTERGENIC: "intergenic",
}

_INSIDE = {
    REPEAT: "repeats",
    SOFT_MASK: "soft-masked repeats",
    INTERGENIC: "the parts between genes",
    INTRON: "introns",
    EXON: "exons",
    CODING: "coding sequence",
    PROMOTER: "promoters",
    STRANDS["+"]: "genes on the + strand",
    STRANDS["-"]: "genes on the − strand",
    "open chromatin": "open chromatin",
    "low complexity": "low-complexity sequence",
    "ERVL-MaLR": "ERVL-MaLR",
    "blacklist": "blacklisted regions",
}

_TAILED = ("Alu", "L1", "SVA")
_FAMILY = re.compile(r"[A-Z0-9]+|Alu|Helitron|ERVL-MaLR")


class TagPhrase(NamedTuple):
    """Tag (None without) and phrase of a word."""

    tag: str | None
    phrase: str


def kind_of(word: str) -> str:
    """Composition of a word with a name: ``poly-A``, ``CA-repeat``, ``CpG-rich``; ``""`` for none of these.

    One letter only, five of them or more; two letters in turn, five letters or more; two CpGs or more.
    """
    if len(word) >= 5 and len(set(word)) == 1:
        return f"poly-{word[0]}"
    if len(word) >= 5 and len(set(word)) == 2 and re.fullmatch(r"(..)\1+.?", word) and word[-1] == word[-3]:
        return f"{word[:2]}-repeat"
    return "CpG-rich" if word.count("CG") >= 2 else ""


def describe(word: str, count: int, rows: Sequence[Mapping[str, object]], tested: bool) -> TagPhrase:
    """Describe the annotation of a word.

    Parameters
    ----------
    word : str
        Its letters.
    count : int
        Occurrences in the book.
    rows : sequence of mapping
        Its enriched rows of the grounded table (`genomebook.lexicon.grounded.enriched`).
    tested : bool
        Whether it has any row there.

    Returns
    -------
    TagPhrase
        About the class with the largest share times log2 of the lower bound of the enrichment: both how many
        of the occurrences and how far beyond chance count. Times `BROAD` for broad classes, and `LETTERS` for
        low complexity and simple repeats.
    """
    if not count:
        return TagPhrase(None, "does not occur in this book")
    times = "occurrence" if count == 1 else "occurrences"
    if not tested:
        return TagPhrase(None, f"too rare to say: {count:,} {times}")
    if not rows:
        return TagPhrase(None, f"no class more often than by chance, {count:,} {times} looked at")
    best = max(rows, key=_weight)
    name, share, by = str(best["class"]), float(best["share"]), float(best["enrichment"])  # type: ignore[arg-type]
    return TagPhrase(_tag(name, share, by), _phrase(word, name, share, by))


def _weight(row: Mapping[str, object]) -> float:
    weight = float(row["share"]) * math.log2(float(row["low"]))  # type: ignore[arg-type]
    name = str(row["class"])
    return weight * (BROAD if is_broad(name) else LETTERS if name in _BY_LETTERS else 1.0)


def _tag(name: str, share: float, times: float) -> str:
    figure = f" {100 * share:.0f} %" if share >= SHARE else f" {times:.{int(times < 1.95)}f}×"
    room = MAX_TAG - len(figure)
    if name == SOFT_MASK or len(name) > room:
        name = _SHORT.get(name, name.removesuffix(" gene"))
    return (name if len(name) <= room else name[: room - 1].rstrip() + "…") + figure


def _phrase(word: str, name: str, share: float, times: float) -> str:
    where = _INSIDE.get(name) or (name if _FAMILY.fullmatch(name) else f"{name}s")
    figures = f"{_percent(share)} inside {where}, {_times(times)} times chance"
    kind = kind_of(word)
    if kind in ("poly-A", "poly-T") and name in _TAILED and share >= MOSTLY:
        kind += " tail"
    article = "an" if kind.startswith("A") else "a"
    return f"{article} {kind} word: {figures}" if kind else figures


def _times(times: float) -> str:
    return f"{times:.0f}" if times >= 5.95 else f"{times:.1f}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.0095 else f"{100 * share:.1f} %"


def tags_table(table: pd.DataFrame, lexicon: pd.DataFrame) -> pd.DataFrame:
    """Tag and phrase of every word of a book.

    Parameters
    ----------
    table : DataFrame
        `genomebook.lexicon.grounded.grounded_table`.
    lexicon : DataFrame
        At least ``id``, ``word``, ``count``.

    Returns
    -------
    DataFrame
        Schema ``tags.parquet``: id, tag (missing for none), phrase; a row a word, in the order of
        ``lexicon``. A word without a row in ``table`` is too rare: chance gives it fewer than
        `genomebook.lexicon.grounded.MIN_EXPECTED` occurrences in every class.
    """
    enriched_rows = enriched(table)[["id", "class", "share", "enrichment", "low"]]
    rows: dict[int, list[Mapping[str, object]]] = {}
    for row in enriched_rows.to_dict("records"):
        rows.setdefault(int(row["id"]), []).append({str(key): value for key, value in row.items()})
    tested = set(table["id"].tolist())
    said = [
        describe(str(word), int(count), rows.get(int(number), ()), int(number) in tested)
        for number, word, count in zip(lexicon["id"], lexicon["word"], lexicon["count"], strict=True)
    ]
    return pd.DataFrame(
        {
            "id": lexicon["id"].to_numpy(),
            "tag": [entry.tag for entry in said],
            "phrase": [entry.phrase for entry in said],
        }
    )
