"""Stage: title the units of a volume, or of a stretch of whole units such as a part.

A title depends only on the words of the unit and the annotation of the volume, not on shards or threads. But
neighbours that share a title are numbered within a stretch, so every build must use the same stretches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.annotation.grounded_titles import GAP, NO_GENE, GroundedTitles, numbered
from genomebook.errors import ReaderError
from genomebook.language.vocabulary import Vocabulary
from genomebook.models.generate import Titler
from genomebook.segmentation.titles import extract_texts, extracts, sentence_profiles

COLUMNS = ("title", "extract", "generated")


class Units(NamedTuple):
    """The units of one level in a stretch, in order.

    Attributes
    ----------
    spans : int64[k, 2]
        Start and end, local, 0-based half-open.
    sentences : int64[k, 2]
        Sentences [first, end), numbered in the stretch; first = end for a unit that is all gap.
    """

    spans: NDArray[np.int64]
    sentences: NDArray[np.int64]


@dataclass(frozen=True)
class ExtractContext:
    """Vocabulary and weights for extractive titles.

    Attributes
    ----------
    vocabulary : Vocabulary
        Vocabulary of the book.
    weight : int32[n_ids]
        `genomebook.pipeline.book.chapters.word_weights`.
    signs : int8[n_ids, d]
        `genomebook.segmentation.hierarchy.projection`.
    """

    vocabulary: Vocabulary
    weight: NDArray[np.int32]
    signs: NDArray[np.int8]


def titles(
    ids: NDArray[np.uint16],
    sentences: NDArray[np.int64],
    levels: Mapping[str, Units],
    context: ExtractContext,
    grounded: GroundedTitles | None = None,
    titler: Titler | None = None,
    profile: NDArray[np.int32] | None = None,
) -> dict[str, dict[str, list[str]]]:
    """Title units.

    Parameters
    ----------
    ids : uint16[m]
        Words of the stretch.
    sentences : int64[s, 2]
        Words [first, end) of each sentence, counted in ``ids``; gaps lie in none.
    levels : mapping
        Units by level: sections, chapters, parts.
    context : ExtractContext
        For extractive titles.
    grounded : GroundedTitles, optional
        Grounded titles of the volume, if it has genes.
    titler : Titler, optional
        For generated titles, about 0.1 s each.
    profile : int32[s, DIMENSIONS], optional
        From `genomebook.segmentation.titles.sentence_profiles` for these words, if already computed.

    Returns
    -------
    dict
        By level and column (`COLUMNS`), a list with an item per unit: ``title``, the one to show (grounded if
        genes or tracks are known there, else extractive, `GAP` without words; numbered among neighbours),
        ``extract`` (extractive, "" without words) and ``generated`` ("" without a titler).

    Raises
    ------
    ReaderError
        The titler has another vocabulary.
    """
    if titler is not None and titler.words != context.vocabulary.digest:
        raise ReaderError(
            f"the title model has another vocabulary than {context.vocabulary.name}; "
            "build with its vocabulary, or without generated titles"
        )
    if profile is None:
        profile = sentence_profiles(ids, sentences, context.weight, context.signs)
    return {
        level: _level(ids, sentences, profile, units, context, grounded, titler)
        for level, units in levels.items()
    }


def _level(
    ids: NDArray[np.uint16],
    sentences: NDArray[np.int64],
    profile: NDArray[np.int32],
    units: Units,
    context: ExtractContext,
    grounded: GroundedTitles | None,
    titler: Titler | None,
) -> dict[str, list[str]]:
    vocabulary = context.vocabulary
    chosen = extracts(ids, sentences, profile, units.sentences, context.weight, vocabulary.lengths)
    extract = extract_texts(chosen, ids, sentences, vocabulary.words)
    shown = [text or GAP for text in extract]
    if grounded is not None:
        known = grounded.titles(units.spans)
        shown = [b if a == NO_GENE else a for a, b in zip(known, shown, strict=True)]
    generated = [""] * len(extract)
    if titler is not None:
        generated = [
            titler.title(ids[sentences[a, 0] : sentences[b - 1, 1]]) if a < b else ""
            for a, b in units.sentences.tolist()
        ]
    return {"title": numbered(shown), "extract": extract, "generated": generated}
