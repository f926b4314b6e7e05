"""Pairs of DNA and English that describe the same thing: a file of them, and documents to train on.

A file is ``.jsonl``, plain or ``.gz``, a `Pair` a line. In a corpus each pair stands twice, sequence then
text and text then sequence, with ``<sep>`` between and ``<end>`` after. Genes are held out whole, by a
digest of their name, with all pairs whose text also belongs to a held-out gene.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.errors import CorpusError
from genomebook.genome.names import canonical
from genomebook.language.bilingual import Bilingual
from genomebook.training.corpora.sequence import canonical_names
from genomebook.training.output import open_text

HELD_OUT_GENES = 10
"""Every 10th gene, by the digest of its name, is held out."""
LONGEST = 1 << 20
"""Characters of a line at most."""


class Pair(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stretch of DNA and what is said of it.

    Attributes
    ----------
    gene, contig : str
        What both belong to, held out together; the contig it lies on, under any of its names.
    sequence, text : str
        Letters of DNA; English.
    name, biotype, summary : str
        Descriptions of the gene by themselves, where known.
    """

    gene: str
    contig: str
    sequence: str
    text: str
    name: str = ""
    biotype: str = ""
    summary: str = ""


def read_pairs(path: Path) -> Iterator[Pair]:
    """Read a file of pairs.

    Raises
    ------
    CorpusError
        When it is missing or unreadable, or a line is not such an object.
    """
    number = 0
    try:
        with open_text(path) as lines:
            while line := lines.readline(LONGEST):
                number += 1
                pair = msgspec.json.decode(line, type=Pair)
                if not pair.sequence.isascii() or not pair.sequence.isalpha():
                    raise ValueError("its sequence is not letters of DNA")
                yield pair
    except (OSError, EOFError, ValueError, msgspec.MsgspecError) as error:
        place = f"{path}, line {number}" if number else str(path)
        raise CorpusError(
            f"{place}: not a pair of sequence and text ({error}); make the file with `genomebook pairs`"
        ) from None


def gene_is_held_out(gene: str) -> bool:
    """Whether the pairs of a gene are only for testing."""
    digest = hashlib.sha256(gene.encode()).digest()
    return int.from_bytes(digest[:8], "little") % HELD_OUT_GENES == 0


def split_pairs(
    pairs: Iterable[Pair], skip: Iterable[str] = (), hold_out: Iterable[str] = ()
) -> dict[str, list[Pair]]:
    """Split pairs into "train" and "test".

    Parameters
    ----------
    pairs : iterable of Pair
        In any order.
    skip, hold_out : iterable of str
        Contigs to leave out; contigs whose genes are all for testing.

    Returns
    -------
    dict
        The pairs of each part, in the given order. No text of "test" is in "train".
    """
    left_out, held = canonical_names(skip), canonical_names(hold_out)
    parts: dict[str, list[Pair]] = {"train": [], "test": []}
    for pair in pairs:
        contig = canonical(pair.contig)
        if contig not in left_out:
            parts["test" if contig in held or gene_is_held_out(pair.gene) else "train"].append(pair)
    said = {text for pair in parts["test"] for text in (pair.text, pair.summary) if text}
    parts["train"] = [pair for pair in parts["train"] if not {pair.text, pair.summary} & said]
    return parts


def pair_documents(scripts: Bilingual, pair: Pair) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Tokens of a pair, sequence first and text first, each with ``<sep>`` between and ``<end>`` after."""
    separator, end = ([scripts.mark(name)] for name in ("<sep>", "<end>"))
    dna, text = scripts.dna(pair.sequence.upper().encode()), scripts.text(pair.text)
    first, second = (np.concatenate([a, separator, b, end]) for a, b in ((dna, text), (text, dna)))
    return first.astype(np.uint16), second.astype(np.uint16)


def token_scripts(scripts: Bilingual, ids: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Whether each token is DNA; a mark belongs to the token before it, a leading one to the one after.

    Parameters
    ----------
    scripts : Bilingual
        Of two scripts.
    ids : int[n]
        Tokens of a row.

    Returns
    -------
    bool[n]
    """
    marks = (ids >= scripts.first_mark) & (ids < scripts.first_english)
    words = np.flatnonzero(~marks)
    if not len(words):
        return np.ones(len(ids), bool)
    last = np.maximum(np.searchsorted(words, np.arange(len(ids)), "right") - 1, 0)
    is_dna: NDArray[np.bool_] = ids[words[last]] < scripts.first_mark
    return is_dna
