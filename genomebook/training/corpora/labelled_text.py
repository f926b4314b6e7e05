"""English whose ends are hidden: words without signs of where a sentence or paragraph ended, and the truth.

Hidden text keeps letters, digits and what stands inside a word; of the signs around words only , ; and :
stay, which never end a sentence. Dashes separate words. Quotes and brackets are removed, because they open
and close with sentences and paragraphs. Capital letters stay, or are all removed (`lower`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import ReaderError
from genomebook.language.bilingual import Bilingual
from genomebook.training.corpora.english_text import paragraphs, sentences

ENDS = ("sentence", "paragraph")
"""What is looked for; the columns of `LabelledText.ends` and of a head."""

_CORE = re.compile(r"[\W_]*(.*[^\W_])([\W_]*)")
_PARTS = re.compile(r"\s+|--+|—|–")


class LabelledText(NamedTuple):
    """Words of one document and what ends after each: ends bool[n, 2], by `ENDS`."""

    words: list[str]
    ends: NDArray[np.bool_]


def hidden_text(text: str, most: int | None = None) -> LabelledText:
    """Make hidden text of a document, with capital letters.

    Parameters
    ----------
    text : str
        As in a file; see `genomebook.training.corpora.english_text.paragraphs`.
    most : int, optional
        Maximum words, extended to the end of a paragraph, from a quarter of the document on (past front
        matter).
    """
    return _text(text, most, hide=True)


def open_text(text: str, most: int | None = None) -> LabelledText:
    """The same words with their punctuation, and the same truth."""
    return _text(text, most, hide=False)


def _text(text: str, most: int | None, hide: bool) -> LabelledText:
    words: list[str] = []
    ends: list[tuple[bool, bool]] = []
    whole = paragraphs(text)
    for paragraph in whole[len(whole) // 4 :] if most is not None else whole:
        for start, end in sentences(paragraph):
            raw = _PARTS.split(paragraph[start:end])
            pairs = [(word, bare) for word in raw if (bare := _bare(word))]
            words += [bare if hide else word for word, bare in pairs]
            if hide and pairs:
                words[-1] = words[-1].rstrip(",;:")
            ends += [(False, False)] * (len(pairs) - 1) + [(True, False)] * bool(pairs)
        if ends:
            ends[-1] = (True, True)
        if most is not None and len(words) >= most:
            break
    return LabelledText(words, np.array(ends, np.bool_).reshape(-1, 2))


def _bare(word: str) -> str:
    """A word without the signs around it, except for a , ; or : right after it."""
    core = _CORE.fullmatch(word)
    if core is None:
        return ""
    return core[1] + (core[2][0] if core[2][:1] in {",", ";", ":"} else "")


def lower(text: LabelledText) -> LabelledText:
    """The same text in small letters."""
    return LabelledText([word.lower() for word in text.words], text.ends)


class TokenizedDocument(NamedTuple):
    """A document in ids.

    Attributes
    ----------
    ids : int64[t]
        ``<end>``, then the words, each with a blank before it.
    last : int64[n]
        Place in ``ids`` of the last token of each word.
    ends : bool[n, 2]
        What ends after each word.
    """

    ids: NDArray[np.int64]
    last: NDArray[np.int64]
    ends: NDArray[np.bool_]


def tokenize(
    scripts: Bilingual, text: LabelledText, marks: dict[int, NDArray[np.int64]] | None = None
) -> TokenizedDocument:
    """Tokenize each word of a text by itself.

    Parameters
    ----------
    scripts, text
        Id space; words.
    marks : dict of int to int64[k], optional
        Ids to put after each word at which a column of ``ends`` is true, by column.
    """
    unique = sorted(set(text.words))
    ids_of = dict(zip(unique, scripts.texts([f" {word}" for word in unique]), strict=True))
    parts: list[NDArray[np.int64]] = [np.array([scripts.mark("<end>")], np.int64)]
    last, length = np.empty(len(text.words), np.int64), 1
    for i, word in enumerate(text.words):
        ids = ids_of[word].astype(np.int64)
        parts.append(ids)
        length += len(ids)
        last[i] = length - 1
        for column, mark in (marks or {}).items():
            if text.ends[i, column]:
                parts.append(mark)
                length += len(mark)
    return TokenizedDocument(np.concatenate(parts), last, text.ends)


def is_validation(text: str) -> bool:
    """Whether a training document only serves to choose thresholds and lookahead: one in ten."""
    return hashlib.sha256(b"validation" + text.encode()).digest()[0] < 26


def split(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """Separate training from validation documents; at least one, the last, is for validation."""
    parts: tuple[list[str], list[str]] = ([], [])
    for text in texts:
        parts[is_validation(text)].append(text)
    if not parts[1] and len(parts[0]) > 1:
        parts[1].append(parts[0].pop())
    return parts


def split_for_test(train: Iterable[str], test: Sequence[str]) -> tuple[list[str], list[str]]:
    """`split` the training documents.

    Raises
    ------
    ReaderError
        When there are too few for both, or none to test on.
    """
    learnt, validation = split(train)
    if not learnt or not validation or not test:
        given = f"{len(learnt) + len(validation)} documents to learn from and {len(test)} to test on"
        raise ReaderError(f"{given} are too few; give more")
    return learnt, validation


def texts_of(
    documents: Sequence[str], words: int, make: Callable[[str, int], LabelledText] = hidden_text
) -> list[LabelledText]:
    """Hidden text of all documents, up to ``words`` in equal shares; empty ones are left out."""
    each = max(1, words // len(documents))
    return [text for document in documents if len((text := make(document, each)).words)]


def beginnings(texts: Sequence[LabelledText]) -> dict[str, NDArray[np.float64]]:
    """Count how often each word starts a sentence, starts a paragraph, and occurs: float64[3] by word."""
    counted: dict[str, NDArray[np.float64]] = {}
    for text in texts:
        starts = np.concatenate([[[True, True]], text.ends[:-1]]) if text.words else text.ends
        for word, row in zip(text.words, starts.tolist(), strict=True):
            counts = counted.setdefault(word.rstrip(",;:"), np.zeros(3))
            counts += (row[0], row[1], 1.0)
    return counted
