"""Embedding search: sentences whose vectors are nearest to that of the query, each aligned with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import BookError
from genomebook.language.alphabet import reverse_complement
from genomebook.models.sentences import SentenceEncoder, load_sentence_encoder
from genomebook.search.alignment.align import align, align_near, best_diagonal, scores
from genomebook.search.alignment.search import MAX_ON_DIAGONALS, RawHit, SequenceSearch, flank, overlap
from genomebook.search.embedding.vectors import UnitVectors, rows_file
from genomebook.search.schema import REMEDY, VectorsMeta
from genomebook.search.text import damaged

MIN_PARAGRAPH_QUERY = 600
"""Letters above which a query is compared with paragraphs instead of sentences."""


class EmbeddingSearch:
    """Search by the vectors of a book.

    Parameters
    ----------
    folder : Path
        Folder of the index.
    about : VectorsMeta
        What ``index.json`` says under ``vectors``.
    sequence_search : SequenceSearch
        Sequence search of the same index; scores the alignments.
    encoder : SentenceEncoder, optional
        The one that made the vectors; loaded by its name otherwise.

    Raises
    ------
    BookError
        When another encoder made the vectors.
    DamagedBookError
        When a file is missing or cut.
    ReaderError
        When there is no encoder of that name.
    """

    def __init__(
        self,
        folder: Path,
        about: VectorsMeta,
        sequence_search: SequenceSearch,
        encoder: SentenceEncoder | None = None,
    ) -> None:
        self.encoder = encoder or load_sentence_encoder(about.encoder)
        if self.encoder.digest != about.digest:
            raise BookError(
                f"{folder}: vectors made by another encoder than this {self.encoder.name} "
                f"(digest {about.digest[:12]}, not {self.encoder.digest[:12]}); {REMEDY}"
            )
        self._sequence_search, self._text = sequence_search, sequence_search.text
        self._sentences = UnitVectors.open(folder, "sentences", about)
        self._paragraphs = UnitVectors.open(folder, "paragraphs", about)

    def search(self, letters: bytes, limit: int) -> list[tuple[RawHit, float]]:
        """Find sentences similar to a query, or paragraphs for one above `MIN_PARAGRAPH_QUERY` letters.

        Parameters
        ----------
        letters : bytes
            Upper case; 20 to 10,000 of them.
        limit : int
            Hits wanted.

        Returns
        -------
        list of (RawHit, float)
            The best alignment with each, on either strand, and the cosine of the vectors; nearest first;
            none overlaps a nearer one by half.
        """
        name, units, starts = "sentences", self._sentences, self._text.sentences
        if len(letters) > MIN_PARAGRAPH_QUERY and self._paragraphs is not None:
            name, units, starts = "paragraphs", self._paragraphs, self._text.paragraphs
        if units is None:
            return []
        numbers, cosines = units.search(self.encoder.embed([letters]), 2 * limit)
        if numbers.max(initial=-1) >= len(starts):
            raise damaged(self._text.folder / rows_file(name), f"a number beyond the {len(starts):,} {name}")
        strands = {"+": letters, "-": reverse_complement(letters)}
        hits: list[tuple[RawHit, float]] = []
        for number, cosine in zip(numbers[0].tolist(), cosines[0].tolist(), strict=True):
            if number < 0 or len(hits) == limit:
                break
            hit = self._aligned(strands, starts, number)
            if hit is not None and not any(overlap(hit, other) for other, _ in hits):
                hits.append((hit, cosine))
        return hits

    def _aligned(
        self, strands: Mapping[str, bytes], starts: NDArray[np.uint32], number: int
    ) -> RawHit | None:
        """Align both strands of a query with a unit and its surroundings; the better alignment."""
        letters = strands["+"]
        start, end = self._text.span(starts, number)
        around = flank(len(letters)) + max(0, len(letters) - (end - start))
        floor, ceiling = self._text.run_at(start)
        low, high = max(floor, start - around), min(ceiling, end + around)
        text = self._text.read(low, high)
        if len(letters) > MAX_ON_DIAGONALS:
            better = max(strands, key=lambda strand: int(scores(strands[strand], [text])[0]))
            return self._sequence_search.scored(align(strands[better], text), better, 0, low, letters)
        diagonals = {strand: best_diagonal(query, text) for strand, query in strands.items()}
        better = max(diagonals, key=lambda strand: diagonals[strand][0])
        middle, around = diagonals[better][1], flank(len(letters))
        first, last = max(middle - around, -len(letters)), min(middle + around, len(text))
        return self._sequence_search.scored(
            align_near(strands[better], text, first, last), better, 0, low, letters
        )
