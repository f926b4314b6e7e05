"""Attributes of annotation files, cleaned for people: descriptions without database plumbing."""

from __future__ import annotations

import html
import re

MAX_TEXT = 500
"""Characters of a cleaned text; what is longer ends in an ellipsis."""

_PASSES = 8  # an escape may hide an escape
_CODED = re.compile(r"%(09|0[aAdD]|20|22|25|26|27|2[cC]|3[bBdD])")
_ORIGINS = (
    re.compile(r"\[\s*(?:Source|Acc|provided by)\b[^\]]*(?:\]|$)", re.I),
    re.compile(r"\{(?:ECO|PubMed|UniProtKB)[^}]*(?:\}|$)"),
)
_HOLLOW = re.compile(r"(?:[-.?\s]*|none|null|nan?|n/a|unknown|not available)", re.I)


def for_people(text: str) -> str:
    """Clean a description or note of an annotation file; names and identifiers stay as they are in the file.

    Removed are the origin that Ensembl adds (``[Source:HGNC Symbol;Acc:HGNC:620]``, also cut at the
    semicolon), evidence codes (``{ECO:0000305}``), leftovers of percent and HTML escapes, characters
    that do not print, quotes around the whole and values that mean nothing (``.``, ``NULL``, ``n/a``).

    Parameters
    ----------
    text : str
        Text of an attribute; escapes of its file format may be left in it. Neither it nor the result is
        trusted: escape the result where it is shown.

    Returns
    -------
    str
        One line of at most `MAX_TEXT` characters, ``""`` if nothing is left.
    """
    text = text[: 4 * MAX_TEXT]
    for _ in range(_PASSES):
        cleaned = _clean(text)
        if cleaned == text:
            break
        text = cleaned
    return text


def _clean(text: str) -> str:
    text = html.unescape(_CODED.sub(lambda code: chr(int(code[1], 16)), text))
    text = "".join(c if c.isprintable() else " " for c in text)
    for origin in _ORIGINS:
        text = origin.sub(" ", text)
    text = " ".join(text.split()).strip(" ;,").replace(" ,", ",").replace(" ;", ";")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - 1].rstrip() + "…"
    return "" if _HOLLOW.fullmatch(text) else text
