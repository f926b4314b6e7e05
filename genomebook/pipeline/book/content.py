"""Content of ``book.json``. Nothing in it depends on time, place or machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from genomebook.language.cuts import SCHEME
from genomebook.lexicon.shipped import glosses_made_by
from genomebook.pipeline.book.book_plan import BookPlan
from genomebook.pipeline.book.lexicon import SHUFFLE_BLOCK
from genomebook.segmentation.hierarchy import LETTERS_PER_PART, PARAGRAPHS_PER_SECTION, SECTIONS_PER_CHAPTER
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE
from genomebook.segmentation.scorer import HALO, WORDS_PER_BLOCK, BoundaryScorer


def parameters(copies: int) -> dict[str, Any]:
    """Parameters of boundaries and expected counts."""
    return {
        "cuts": SCHEME,
        "sentence_prior": asdict(SENTENCE),
        "paragraph_prior": asdict(PARAGRAPH),
        "block_words": WORDS_PER_BLOCK,
        "halo_words": HALO,
        "paragraphs_per_section": PARAGRAPHS_PER_SECTION,
        "sections_per_chapter": SECTIONS_PER_CHAPTER,
        "part_letters": LETTERS_PER_PART,
        "shuffle": {"copies": copies, "block_letters": SHUFFLE_BLOCK},
    }


def content(
    plan: BookPlan, scorer: BoundaryScorer, volumes: int, counts: Mapping[str, int], copies: int
) -> dict[str, Any]:
    """Compose ``book.json``, but for the list of files.

    Parameters
    ----------
    plan, scorer
        What the book was made from and with.
    volumes : int
        How many.
    counts : mapping
        How much of everything the book has.
    copies : int
        Shuffled copies that the expected counts are the mean of.

    Returns
    -------
    dict
        For `genomebook.book.write.finish`.
    """
    return {
        "title": plan.title,
        "assembly": plan.assembly,
        "source": {"name": plan.source, "genes": plan.genes},
        "vocabulary": {
            "name": scorer.vocabulary.name,
            "digest": scorer.vocabulary.digest,
            "ids": len(scorer.vocabulary),
        },
        "glosses": glosses_made_by(scorer.vocabulary),
        "reader": {"name": scorer.ngram.name, "kind": plan.reader, "digest": scorer.ngram.digest},
        "signals": {
            "used": plan.signal,
            "names": list(scorer.signals),
            "readers": scorer.readers(),
            "calibration": scorer.constants(),
        },
        "parameters": parameters(copies),
        "volumes": volumes,
        "counts": dict(counts),
    }
