"""English sentence pairs: does the second say what the first says? From PAWS and MRPC, and made from books.

Made pairs follow the recipe of PAWS (Zhang, Baldridge, He 2019): both classes have nearly the same words, so
that order decides. One sentence gives a positive and a negative with the same bag of words:

- both are reworded alike (`REWORDINGS`: contractions, that/which, synonyms), zero to two times;
- in the negative two words of one class are exchanged, which changes the meaning;
- in the positive a clause or an adverb is moved, or the sides of an "and" are exchanged. A sentence with none
of
  these keeps its order, has at least one rewording, and is used in `STILL` of the cases.

The edits are in `genomebook.training.pairs.edits`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from genomebook.errors import GenomebookError
from genomebook.training.corpora.batches import rng_of
from genomebook.training.corpora.english_text import sentences
from genomebook.training.corpora.english_words import REWORDINGS
from genomebook.training.output import open_text
from genomebook.training.pairs.edits import bag, exchanges, moved, reworded

STILL = 0.2
"""Share of the sentences with nothing to move that are used, so that moved order alone does not tell."""


_HEADS = (
    ("sentence1", "sentence2", "label"),
    ("sentence1", "sentence2", "label_de", "label_zh"),
    ("#1 string", "#2 string", "quality"),
)


class TextPair(NamedTuple):
    """Two texts and whether they say the same (1) or not (0)."""

    a: str
    b: str
    label: int


def read_pairs(path: Path) -> list[TextPair]:
    """Read PAWS, PAWS-X or MRPC: tab-separated with a header, packed when the name ends in ``.gz``.

    Of a file that has only labels of translations (``label_de`` and ``label_zh``) the rows on which both
    agree are kept. Blanks before punctuation are removed.

    Raises
    ------
    GenomebookError
        When the file is unreadable, has no label column of its own language, or a label is not 0 or 1.
    """
    number = 1
    try:
        with open_text(path, "utf-8-sig") as lines:
            rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            head = [name.strip().lower() for name in next(rows)]
            columns = _columns(head)
            pairs = []
            for number, row in enumerate(rows, 2):  # noqa: B007
                a, b, *labels = (row[i].strip() for i in columns)
                classes = [("0", "1").index(label) for label in labels]
                if min(classes) == max(classes):
                    pairs.append(TextPair(_joined(a), _joined(b), classes[0]))
    except (OSError, EOFError, StopIteration, ValueError, IndexError, csv.Error) as error:
        raise GenomebookError(
            f"{path}, line {number}: no pair with label 0 or 1 ({error}); give PAWS, PAWS-X or MRPC"
        ) from None
    return pairs


def _columns(head: list[str]) -> list[int]:
    """Columns of the two texts and the labels."""
    for names in _HEADS:
        if set(names) <= set(head):
            return [head.index(name) for name in names]
    raise ValueError(f"columns {', '.join(head)}")


def _joined(text: str) -> str:
    """Undo tokenization: no blank before punctuation, inside brackets and quotes, before 's and n't."""
    text = text.replace("``", '"').replace("''", '"')
    text = re.sub(r" (?=[,.;:!?)%])| (?='(?:s|re|ve|d|ll|m)?(?: |$))| (?=n't\b)", "", text)
    text = re.sub(r'" ([^"]*?) "', r'"\1"', text)
    return re.sub(r"(?<=\() ", "", text).strip()


def made_pairs(paragraphs: Iterable[str], seed: int, most: int) -> list[TextPair]:
    """Make pairs from prose, at most one positive and one negative of a sentence.

    Parameters
    ----------
    paragraphs : iterable of str
        From `genomebook.training.corpora.english_text.paragraphs`.
    seed : int
        The pairs of a sentence depend on the seed and its letters alone.
    most : int
        Maximum number of pairs; both classes have as many.

    Returns
    -------
    list of TextPair
        Each positive is followed by its negative, which has the same bag of words (lower case).
    """
    pairs: list[TextPair] = []
    seen: set[str] = set()
    for text in _usable(paragraphs):
        if len(pairs) + 2 > most:
            break
        if text not in seen and (both := _both(text, rng_of(seed, "pair", text))):
            pairs.extend(both)
            seen.add(text)
    return pairs


def unrelated_pairs(pairs: list[TextPair], seed: int) -> list[TextPair]:
    """Make easy negatives: each first text with the second of another positive drawn at random.

    They are not part of PAWS; beside as many positives they teach similarity instead of order.
    """
    positives = [pair for pair in pairs if pair.label == 1]
    order = rng_of(seed, "unrelated").permutation(len(positives))
    other = np.roll(order, 1)
    return [TextPair(positives[i].a, positives[j].b, 0) for i, j in zip(order, other, strict=True) if i != j]


def _usable(paragraphs: Iterable[str]) -> Iterator[str]:
    """Sentences of 8 to 30 words: ASCII, without quotations and brackets."""
    for paragraph in paragraphs:
        if not paragraph.isascii():
            continue
        for start, end in sentences(paragraph):
            text = paragraph[start:end]
            if 8 <= text.count(" ") < 30 and text[0].isupper() and not re.search(r'["()\[\]{}<>;]|--', text):
                yield text


def _both(text: str, rng: np.random.Generator) -> list[TextPair]:
    """A positive and a negative of a sentence with one bag of words, or nothing."""
    swaps = exchanges(text)
    if not swaps:
        return []
    moves = moved(text)
    kept = moves[rng.integers(len(moves))] if moves else text
    changed = swaps[rng.integers(len(swaps))]
    count = int(rng.integers(0 if moves else 1, 3))
    if not moves and rng.random() >= STILL:
        return []
    lower = text.lower()
    rules = [rule for pair in REWORDINGS for rule in (pair, pair[::-1]) if rule[0].lower() in lower]
    for i in rng.permutation(len(rules)):
        if count == 0:
            break
        both = tuple(reworded(side, *rules[i]) for side in (kept, changed))
        if both[0] != kept and both[1] != changed and bag(both[0]) == bag(both[1]):
            kept, changed, count = *both, count - 1
    if text in (kept, changed) or bag(kept) != bag(changed):
        return []
    first = bool(rng.integers(2))
    return [
        TextPair(text, side, label) if first else TextPair(side, text, label)
        for side, label in ((kept, 1), (changed, 0))
    ]
