"""What is on a page as FASTA, BED and plain text: pure functions over letters and rows."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from genomebook.language import alphabet


def fasta(name: str, letters: bytes, width: int = 60, reverse_complement: bool = False) -> str:
    """One FASTA record, case and IUPAC codes kept, lines of `width` letters.

    Parameters
    ----------
    name : str
        The record name, usually an address; line breaks in it become spaces.
    letters : bytes
        ASCII nucleotide letters of the + strand.
    width : int
        Letters in a line, at least 1.
    reverse_complement : bool
        Write the - strand, 5' to 3'; the header then says ``strand=-``.
    """
    head = " ".join(name.split()) + (" strand=-" if reverse_complement else "")
    sequence = (alphabet.reverse_complement(letters) if reverse_complement else letters).decode("ascii")
    lines = (sequence[at : at + width] for at in range(0, len(sequence), width))
    return "\n".join([f">{head}", *lines]) + "\n"


def bed(
    contig: str,
    origin: int,
    starts: ArrayLike,
    ends: ArrayLike,
    names: Sequence[str],
    scores: ArrayLike | None = None,
    strands: Sequence[str] | None = None,
) -> str:
    """BED6 lines (chrom, start, end, name, score, strand), 0-based half-open on the contig; no header.

    Parameters
    ----------
    contig : str
        Name for the first column.
    origin : int
        0-based position on the contig of the volume's first letter, added to every position.
    starts, ends : array_like of int, shape (n,)
        Local to the volume, 0-based half-open.
    names : sequence of str, length n
        White space in a name becomes one space; an empty name becomes ``.``.
    scores : array_like, shape (n,), optional
        0 where not given.
    strands : sequence of str, length n, optional
        ``.`` where not given.
    """
    count = len(names)
    rows = pd.DataFrame(
        {
            "chrom": contig,
            "start": np.asarray(starts, np.int64) + origin,
            "end": np.asarray(ends, np.int64) + origin,
            "name": pd.Series([" ".join(name.split()) or "." for name in names], dtype="str"),
            "score": np.zeros(count, np.int64) if scores is None else np.asarray(scores),
            "strand": ["."] * count if strands is None else list(strands),
        }
    )
    return rows.to_csv(sep="\t", header=False, index=False, lineterminator="\n", quoting=csv.QUOTE_NONE)


def text(heading: str, paragraphs: Iterable[tuple[str, list[list[str]]]]) -> str:
    """A page as text: words set apart by spaces, sentences ended by '.', coordinates above each paragraph.

    Parameters
    ----------
    heading : str
        First line.
    paragraphs : iterable of (coordinates, sentences)
        The sentences of a paragraph, each a list of words.
    """
    blocks = [heading]
    for coordinates, sentences in paragraphs:
        body = " ".join(" ".join(words) + "." for words in sentences if words)
        blocks.append(f"{coordinates}\n{body}" if body else coordinates)
    return "\n\n".join(blocks) + "\n"
