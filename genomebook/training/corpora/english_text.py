"""Plain English text into paragraphs, paragraphs into sentences.

Made for Project Gutenberg files: blank lines separate paragraphs, lines are wrapped by hand, licences stand
around the text, and headings, verse, tables and contents stand between the prose. Only prose is kept.

A block is prose when it ends a sentence and is none of: a heading (all capitals, or a word such as "Chapter"
with its number), a line of an index, a list (a line begins with a bullet), verse or a table (three lines or
more, the lines but the last shorter than 45 characters in the median), a producer's or transcriber's note,
markup.

A sentence ends at ``.``, ``!`` or ``?`` (with the quotes and brackets that close on it) before a word that
begins with a capital or a digit, but not after a title (Mr.), an initial (J. Smith) or a dotted abbreviation
(U.S.) unless a common first word follows (The, He), after a reference word before a number (p. 7), nor inside
of a quotation that goes on with its speaker ("What!" Alice cried).
"""

from __future__ import annotations

import re
from statistics import median

VERSE_WIDTH = 45
"""Median line width, in characters, under which a block of three lines or more is verse or a table."""

ENDED = re.compile(r"[.!?][\"')\]]*$")
"""What the last characters of a paragraph look like when it ends a sentence."""

_BLANK = re.compile(r"\n[ \t\r]*\n\s*")
_HEADER = re.compile(r"\*\*\* ?START OF.*?\*\*\*", re.DOTALL)
_FOOTER = re.compile(r"\*\*\* ?END OF|^End of (?:the |this )?Project Gutenberg", re.MULTILINE | re.IGNORECASE)
_PLAIN = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " ", "\ufeff": "", "\r": "\n"}
)
_ASIDE = re.compile(r"\[(?:\d+|[A-Z]|\*|Illustration[^\]]*|Footnote[^\]]*)\]")
_EMPHASIS = re.compile(r"(?<![A-Za-z0-9])([_=+])(?=\S)(.+?)(?<=\S)\1(?![A-Za-z0-9])")
_HEADING = re.compile(
    r"(?:chapter|book|part|section|letter|act|scene|volume|canto|lecture|fig|figure|table)\b\.?\s+"
    r"(?:[ivxlcdm]+|\d+|the|one|two|three|four|five|six|seven|eight|nine|ten)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"[ivxlcdm]+\.|\d+\.", re.IGNORECASE)
_INDEX = re.compile(r",\s*\d+(?:-\d+)?\.+$")
_BULLET = re.compile(r"^\s*[*•|]", re.MULTILINE)
_NOTE = re.compile(
    r"produced by|transcriber|project gutenberg|e-?text|\[|<|class=|end of\b|copyright", re.IGNORECASE
)

_STOP = re.compile(r"(?:[.!?]|\. ?\. ?\.)+[\"')\]]*(?=\s+[\"'(\[]*[A-Z0-9])")


def words_of(text: str) -> frozenset[str]:
    """Make a set of the words of a list in plain writing."""
    return frozenset(text.split())


_TITLE = words_of(
    "mr mrs ms messrs mme mlle dr prof rev hon st gen col capt lieut lt maj sergt sgt gov sen rep pres ven "
    "br bros supt cf viz vs"
)
_BEFORE_NUMBER = words_of(
    "p pp c ca ch l ll v no nos vol vols chap art sec ed eds fig figs op cap lib jan feb mar apr jun jul aug "
    "sept sep oct nov dec"
)
_SHORT = words_of("etc jr sr co inc ltd esq &c")
_STARTERS = words_of(
    "a an and as at but by for from he her his how i if in it its my no now of on one our she so some such "
    "that the their then there these they this those to we what when where which while who why with yes you "
    "your"
)
_SPEECH = re.compile(
    r"\s+(?:I|[A-Z][a-z]+(?: [A-Z][a-z]+)?) (?:said|cried|asked|replied|exclaimed|answered|shouted|whispered|"
    r"murmured|thought|began|continued|returned|repeated|added|remarked|observed|inquired|demanded|called)\b"
)


def paragraphs(text: str) -> list[str]:
    """Cut a text into its paragraphs of prose.

    Parameters
    ----------
    text : str
        A whole plain text; empty lines separate paragraphs.

    Returns
    -------
    list of str
        Each on one line, with straight quotes, without emphasis marks, footnote marks and illustrations.
    """
    text = text.replace("\r\n", "\n").translate(_PLAIN)
    if (header := _HEADER.search(text)) is not None:
        text = text[header.end() :]
    if (footer := _FOOTER.search(text)) is not None and footer.start() > len(text) // 2:
        text = text[: footer.start()]
    return [" ".join(_clean(block).split()) for block in _BLANK.split(text) if _is_prose(block)]


def _clean(block: str) -> str:
    return _EMPHASIS.sub(r"\2", _ASIDE.sub("", block))


def _is_prose(block: str) -> bool:
    lines = [line.strip() for line in _clean(block).splitlines() if line.strip()]
    if not lines or not ENDED.search(lines[-1]) or _NOTE.match(lines[0]) or _BULLET.search(block):
        return False
    if len(lines) >= 3 and median(len(line) for line in lines[:-1]) < VERSE_WIDTH:
        return False
    text = " ".join(lines)
    if len(text.split()) <= 12 and (_HEADING.match(text) or _NUMBERED.match(text) or _INDEX.search(text)):
        return False
    return any(c.islower() for c in text)


def sentences(paragraph: str) -> list[tuple[int, int]]:
    """Cut a paragraph into sentences by the rules at the head of this module.

    Returns
    -------
    list of (int, int)
        Half-open character ranges in ``paragraph``, in order, without the blanks between them.
    """
    ends = [stop.end() for stop in _STOP.finditer(paragraph) if _ends_here(paragraph, stop)]
    spans, start = [], 0
    for end in [*ends, len(paragraph)]:
        piece = paragraph[start:end]
        if piece.strip():
            spans.append((start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())))
        start = end
    return spans


def _ends_here(text: str, stop: re.Match[str]) -> bool:
    """Say whether the stop ends a sentence, given that a capital or a digit follows."""
    mark = stop[0].rstrip("\"')]")
    if stop[0] != mark and _SPEECH.match(text, stop.end()):
        return False
    if mark != ".":
        return True
    before = text[: stop.start()].rsplit(None, 1)
    word = before[-1].lstrip("\"'([").rsplit("--", 1)[-1] if before else ""
    following = re.match(r"\s+[\"'(\[]*(\w+)", text[stop.end() :])
    after = following[1] if following else ""
    if word.lower() in _TITLE:
        return False
    if word.lower() in _BEFORE_NUMBER and after[:1].isdigit():
        return False
    if len(word) == 1 and word.isupper():
        return (word == "I" and _is_plain(before)) or after.lower() in _STARTERS - {"a", "i"}
    if re.fullmatch(r"(?:\w\.)+\w", word) or word.lower() in _SHORT:
        return after.lower() in _STARTERS
    return not (word.isdigit() and len(before) < 2)


def _is_plain(before: list[str]) -> bool:
    """Say whether the word before "I." is in lower case, so that "I" is the pronoun."""
    return len(before) == 2 and before[0].rsplit(None, 1)[-1].islower()
