"""Edits of an English sentence: reword it, move its parts, exchange two of its words.

Rewording and moving keep the meaning; exchanging changes it. There is no tagger: word classes are a
heuristic. A *name* is a capitalised word inside the sentence; a *number* is digits or a number word; a *head*
is the last and a *quality* the first of at most two lower-case words between a determiner and the next
closed-class word or punctuation (a word in -ed, -ing, -ly ends that run); a *manner* is a word in -ly.
Singular and plural heads are two classes. Words separated only by "and", "or" or a comma are not exchanged.
"""

from __future__ import annotations

import re

from genomebook.training.corpora.english_words import CLOSED, DETERMINERS, NUMBERS, SUBJECTS

_VERBAL = re.compile(r".{2,}(?:ed|ing|ly)$")
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*|\d[\d,.]*\d|\d")
_FRONT = re.compile(
    r"((?:When|While|After|Before|If|As|Although|Though|Because|Since|Unless|Until|Whenever|In|At|On|"
    r"During|By|From|With|Under|Over|Through|Upon|For)\b[^,;:.!?]{3,90}), ([^,;:.!?]{12,})([.!])"
)
_ADVERB = re.compile(r"([A-Z][a-z]+ly|However|Perhaps|Indeed|Moreover|Meanwhile), ([^;:.!?]{12,})([.!])")
_BACK = re.compile(
    r"([A-Z][a-z]*\b[^,;:.!?]{8,}?),? ((?:when|while|because|although|though|unless|until|"
    r"before|after|whenever|in spite of|on account of) [^,;:.!?]{8,})([.!])"
)
_INSIDE = re.compile(
    r"([A-Z][a-z]*\b[^,;:.!?]*), (however|therefore|indeed|moreover|perhaps), ([^;:.!?]{8,}?)([.!])"
)
_THING = r"(?:(?:the|his|her|their|its|my|our|a|an) )?[a-z]{3,}"
_SIDES = re.compile(
    rf"\b(?:of|with|for|between|in|by|from|was|were|is|are|be|so|very|more|both) ({_THING}) and ({_THING})"
    r"(?= (?:of|in|on|at|by|for|with|from|to|were|are|had|have|that|which|who|as|when)\b|[,.;:!])"
)
_NAMES = re.compile(r"(?<=[a-z,] )([A-Z][a-z]+) and ([A-Z][a-z]+)(?= [a-z]|[,;:!]|\.$)")


def bag(text: str) -> tuple[str, ...]:
    """Words of a text in lower case, sorted."""
    return tuple(sorted(_WORD.findall(text.lower())))


def reworded(text: str, old: str, new: str) -> str:
    """Replace the first occurrence of one form by another, keeping a capital, if the rules allow it."""
    match = re.search(
        rf"(?<!\ba )(?<!\ban )(?<!\bas )(?<!\beven )\b{re.escape(old)}\b(?!')", text, re.IGNORECASE
    )
    if match is None or (old[0] == "I") != match[0].startswith("I "[: len(old)]):
        return text
    before = text[: match.start()].rsplit(None, 1)[-1:] or [""]
    if re.match("that |which ", old) and not _is_relative(before[0]):
        return text
    put = new[0].upper() + new[1:] if match[0][0].isupper() else new
    return text[: match.start()] + put + text[match.end() :]


def _is_relative(word: str) -> bool:
    """Whether "that" or "which" after this word starts a relative clause of a lower-case noun."""
    return word.isalpha() and word.islower() and word not in CLOSED and not _VERBAL.match(word)


def moved(text: str) -> list[str]:
    """The same sentence in other orders that keep its meaning and its words."""
    rewordings = []
    for pattern in (_FRONT, _ADVERB):
        if match := pattern.fullmatch(text):
            front, main, stop = match.groups()
            if main.split()[0] not in SUBJECTS and not main[0].isupper():
                continue
            comma = "," if pattern is _ADVERB else ""
            rewordings.append(f"{main[0].upper()}{main[1:]}{comma} {front[0].lower()}{front[1:]}{stop}")
    if (match := _BACK.fullmatch(text)) and (main := _lowered(match[1])) and main.split()[-1] not in CLOSED:
        rewordings.append(f"{match[2][0].upper()}{match[2][1:]}, {main}{match[3]}")
    if (match := _INSIDE.fullmatch(text)) and (main := _lowered(match[1])):
        rewordings.append(f"{match[2].capitalize()}, {main} {match[3]}{match[4]}")
    for pattern in (_SIDES, _NAMES):
        for m in pattern.finditer(text):
            if m[1] != m[2] and not {m[1], m[2]} & CLOSED:
                rewordings.append(f"{text[: m.start(1)]}{m[2]} and {m[1]}{text[m.end() :]}")
    return rewordings


def _lowered(text: str) -> str:
    """Start with a small letter; "" when the first word may be a name."""
    first = text.split()[0]
    if first == "I" or first.startswith("I'"):
        return text
    return text[0].lower() + text[1:] if first.lower() in CLOSED else ""


def classes(text: str) -> list[tuple[int, int, str]]:
    """Find the words that may be exchanged: (start, end, class)."""
    words = [(m.start(), m.end(), m[0]) for m in _WORD.finditer(text)]
    spans: list[tuple[int, int, str]] = []
    run: list[tuple[int, int, str]] = []
    open_run = False
    for i, (start, end, word) in enumerate(words):
        plain = word.isalpha() and word.islower()
        touches = i > 0 and text[words[i - 1][1] : start] == " "
        if open_run and plain and touches and word not in CLOSED and not _VERBAL.match(word) and len(run) < 3:
            run.append((start, end, word))
            continue
        spans += _named(run) if len(run) < 3 else []
        run, open_run = [], word.lower() in DETERMINERS
        after = text[end : end + 1]
        if (word[0].isdigit() and not after.isalpha()) or word in NUMBERS:
            spans.append((start, end, "number"))
        elif (
            i
            and touches
            and word[0].isupper()
            and word[1:].islower()
            and text[words[i - 1][1] - 1] not in "."
        ):
            spans.append((start, end, "name"))
        elif plain and word.endswith("ly") and len(word) > 4 and word not in CLOSED:
            spans.append((start, end, "manner"))
    return sorted(spans + (_named(run) if len(run) < 3 else []))


def _named(run: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Classes of the words after a determiner."""
    if not run:
        return []
    start, end, word = run[-1]
    heads = [(start, end, "heads" if word.endswith("s") else "head")]
    return [*((s, e, "quality") for s, e, _ in run[:-1]), *heads]


def exchanges(text: str) -> list[str]:
    """The sentence with two words of one class exchanged, for each possible pair."""
    swapped, places = [], classes(text)
    for i, (s, e, kind) in enumerate(places):
        for t, f, other in places[i + 1 :]:
            first, second = text[s:e], text[t:f]
            between = set(_WORD.findall(text[e:t].lower())) - DETERMINERS
            if kind != other or first.lower() == second.lower() or between <= {"and", "or"}:
                continue
            if (
                _article(text, s) != _article(text, t)
                or (first[0] in "aeiou") == (second[0] in "aeiou")
                or kind == "name"
            ):
                swapped.append(text[:s] + second + text[e:t] + first + text[f:])
    return swapped


def _article(text: str, start: int) -> bool:
    return re.search(r"\ban? $", text[:start]) is not None
