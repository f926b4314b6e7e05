"""What a question consists of: words, pairs of words and pieces of words, each with its weight."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from genomebook.tasks.options import APART, NUMBERED

_WORD = re.compile(r"[^\W_]+")
_DNA = re.compile(r"\b[ACGTUN]{8,}\b", re.I)
_NUMBER = re.compile(r"[\d+-]+")
_PIECES = (3, 4, 5)
_STOP_WORDS = frozenset(
    (
        "a", "an", "the", "this", "that", "these", "those", "it", "its", "of", "in", "is", "are", "was",
        "be", "to", "for", "me", "my", "i", "you", "we", "can", "could", "would", "will", "should",
        "please", "give", "tell", "show", "what", "which", "here", "do", "does", "did", "sequence", "dna",
        "there", "have", "has", "with", "and", "or", "on", "at", "by", "from", "how", "many", "much",
        "any", "some", "about", "if", "so", "am", "look", "looking", "like", "likely", "likelihood", "let",
        "one", "whats", "s", "hi", "hey", "hello", "dear", "plz", "pls", "kindly", "thanks", "our", "us",
        "just", "maybe", "perhaps", "think", "guess", "believe", "suspect", "want", "need", "know", "say",
        "see", "check", "whether", "might", "may", "must", "shall", "got", "get", "m", "re", "ve", "d", "ll",
        "u", "im", "really", "actually", "now", "then", "also", "yes", "wonder", "wondering", "help", "find",
        "out", "following", "below", "above", "pasted", "attached", "quick", "quickly", "assume", "seem",
    )
)  # fmt: skip
_LIGHT, _PAIR, _PART = 0.3, 0.5, 0.35
"""Weights of a stop word, a pair of words and a piece of a word, beside 1 for a word."""

_FOREIGN = frozenset(
    (
        "der", "die", "das", "ist", "ein", "eine", "einen", "und", "nicht", "wie", "welche", "welches",
        "welcher", "welchem", "hier", "bitte", "wo", "sind", "dies", "diese", "zu", "mir", "ich", "hat", "le",
        "la", "les", "est", "ce", "que", "quel", "quelle", "une", "un", "des", "du", "où", "et", "cette",
        "combien", "dans", "pour", "el", "los", "las", "es", "una", "qué", "cuál", "dónde", "esta", "este",
        "esto", "de", "para", "por", "il", "lo", "gli", "di", "che", "quale", "dove", "questo", "questa",
        "sono", "è", "os", "um", "uma", "qual", "onde", "é", "não", "een", "het", "wat", "welk", "dit", "är",
        "det", "vad", "vilken", "er", "hva", "czy", "jest", "jaki", "jaka", "bu", "mü", "mi", "hangi", "je",
    )
)  # fmt: skip


def words_of(text: str) -> list[str]:
    """Words of a question in lower case and without plural s; options and pasted DNA are left out."""
    for pattern in APART:
        text = pattern.sub(" ", text)
    for pattern in NUMBERED:
        text = pattern.sub(lambda match: _NUMBER.sub(" ", match[0]), text)
    return [_stem(word) for word in _WORD.findall(_DNA.sub(" ", text.replace("%", " percent ")).lower())]


def is_foreign(words: Iterable[str]) -> bool:
    """Whether more of the small words are those of other languages than English ones."""
    kinds = set(words)
    return len(kinds & _FOREIGN) > len(kinds & _STOP_WORDS)


def features_of(words: list[str]) -> dict[str, float]:
    """Features of a question with their weights.

    A word stands for itself, ``gc content`` for a pair that may have stop words between, ``is_gc`` for one
    that has not, and ``#^gc$`` for a piece, in which ``^`` and ``$`` are the ends of the word.
    """
    content = [word for word in words if word not in _STOP_WORDS]
    features = dict.fromkeys(words, _LIGHT) | dict.fromkeys(content, 1.0)
    for word in content:
        features |= dict.fromkeys(_pieces(word), _PART)
    features |= {f"{left}_{right}": _PAIR for left, right in pairwise(["^", *words, "$"])}
    return features | {f"{left} {right}": _PAIR for left, right in pairwise(content)}


def _stem(word: str) -> str:
    if word in _STOP_WORDS or len(word) <= 3 or not word.endswith("s") or word.endswith("ss"):
        return word
    return word[:-1]


def _pieces(word: str) -> Iterator[str]:
    shown = f"^{word}$"
    for letters in _PIECES:
        for start in range(len(shown) - letters + 1):
            yield "#" + shown[start : start + letters]


class Spelling:
    """Corrects words in which one letter is wrong, missing, too many, or two letters changed places.

    Parameters
    ----------
    known : mapping of str to int
        Words, and in how many questions they were seen.
    """

    SHORTEST = 5
    """Letters of a word that is corrected, at least."""

    def __init__(self, known: Mapping[str, int]) -> None:
        self._known = Counter(known)
        self._without: dict[str, list[str]] = {}
        for word in known:
            if len(word) >= self.SHORTEST:
                for short in (word, *_one_less(word)):
                    self._without.setdefault(short, []).append(word)

    def corrected(self, word: str) -> str:
        """The word that was most likely meant: itself where it is known or like no other."""
        if word in self._known or len(word) < self.SHORTEST or not word.isalpha():
            return word
        near = {meant for short in (word, *_one_less(word)) for meant in self._without.get(short, ())}
        near = {meant for meant in near if meant[0] == word[0] and _is_near(word, meant)}
        return max(near, key=lambda meant: (self._known[meant], meant), default=word)


def _one_less(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _is_near(word: str, other: str) -> bool:
    """Whether one edit makes one word of the other, two letters that changed places being one."""
    if len(word) != len(other):
        return True  # they share a word that is one letter shorter than the longer one, or equal to the other
    wrong = [at for at, (left, right) in enumerate(zip(word, other, strict=True)) if left != right]
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
        return word[wrong[0]] == other[wrong[1]] and word[wrong[1]] == other[wrong[0]]
    return len(wrong) < 2
