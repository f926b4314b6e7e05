"""The channel meaning: sentences whose vectors are near that of the query, each aligned with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import BookError
from genomebook.language.alphabet import reverse_complement
from genomebook.models.sentences import SentenceEncoder, load_sentence_encoder
from genomebook.search.alignment.align import align, align_near, best_diagonal, scores
from genomebook.search.alignment.search import SHORT, Found, Wording, overlap, pad
from genomebook.search.embedding.vectors import UnitVectors, rows_file
from genomebook.search.schema import REMEDY
from genomebook.search.text import damaged

LONG = 600
"""Letters of a query above which it is compared with paragraphs: sentences are shorter."""


class Meaning:
    """Searches the vectors of a book.

    Parameters
    ----------
    folder : Path
        Of the index.
    about : mapping
        What ``index.json`` says under ``vectors``.
    wording : Wording
        Of the same index; aligns.
    encoder : SentenceEncoder, optional
        That the vectors were made with; loaded by its name otherwise.

    Raises
    ------
    BookError
        When the vectors are another encoder's.
    DamagedBookError
        When a file is missing or cut.
    ReaderError
        When there is no encoder of the name.
    """

    def __init__(
        self,
        folder: Path,
        about: Mapping[str, Any],
        wording: Wording,
        encoder: SentenceEncoder | None = None,
    ) -> None:
        self.encoder = encoder or load_sentence_encoder(about["encoder"])
        if self.encoder.digest != about["digest"]:
            raise BookError(
                f"{folder}: vectors of another encoder than this {self.encoder.name} "
                f"(digest {about['digest'][:12]}, not {self.encoder.digest[:12]}); {REMEDY}"
            )
        self._wording, self._text = wording, wording.text
        self._sentences = UnitVectors.open(folder, "sentences", about)
        self._paragraphs = UnitVectors.open(folder, "paragraphs", about)

    def search(self, letters: bytes, limit: int) -> list[tuple[Found, float]]:
        """Find sentences (for a query above `LONG` letters, paragraphs) like a query.

        Parameters
        ----------
        letters : bytes
            Upper case; 20 to 10,000 of them.
        limit : int
            Hits wanted.

        Returns
        -------
        list of (Found, float)
            The best alignment with each, on either strand, and the cosine of the vectors; nearest first,
            none overlaps a nearer one by half.
        """
        name, units, starts = "sentences", self._sentences, self._text.sentences
        if len(letters) > LONG and self._paragraphs is not None:
            name, units, starts = "paragraphs", self._paragraphs, self._text.paragraphs
        if units is None:
            return []
        numbers, cosines = units.search(self.encoder.embed([letters]), 2 * limit)
        if numbers.max(initial=-1) >= len(starts):
            raise damaged(self._text.folder / rows_file(name), f"a number beyond the {len(starts):,} {name}")
        strands = {"+": letters, "-": reverse_complement(letters)}
        found: list[tuple[Found, float]] = []
        for number, cosine in zip(numbers[0].tolist(), cosines[0].tolist(), strict=True):
            if number < 0 or len(found) == limit:
                break
            one = self._aligned(strands, starts, number)
            if one is not None and not any(overlap(one, other) for other, _ in found):
                found.append((one, cosine))
        return found

    def _aligned(self, strands: Mapping[str, bytes], starts: NDArray[np.uint32], number: int) -> Found | None:
        """Align both strands of a query with a unit and what lies around it; the better one."""
        letters = strands["+"]
        start, end = self._text.span(starts, number)
        around = pad(len(letters)) + max(0, len(letters) - (end - start))
        floor, ceiling = self._text.run_at(start)
        low, high = max(floor, start - around), min(ceiling, end + around)
        text = self._text.read(low, high)
        if len(letters) > SHORT:
            better = max(strands, key=lambda strand: int(scores(strands[strand], [text])[0]))
            return self._wording.judged(align(strands[better], text), better, 0, low, letters)
        found = {strand: best_diagonal(query, text) for strand, query in strands.items()}
        better = max(found, key=lambda strand: found[strand][0])
        middle, around = found[better][1], pad(len(letters))
        first, last = max(middle - around, -len(letters)), min(middle + around, len(text))
        return self._wording.judged(align_near(strands[better], text, first, last), better, 0, low, letters)
