"""What a finished book says of itself. Nothing in it depends on time, place or machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from genomebook.book.schema import LEVELS
from genomebook.book.tables import SortedTable
from genomebook.genome.fasta import Record
from genomebook.language.cuts import SCHEME
from genomebook.lexicon.shipped import glosses_made_by
from genomebook.segmentation.hierarchy import PARAGRAPHS_PER_SECTION, PART, SECTIONS_PER_CHAPTER
from genomebook.segmentation.marks import BLOCK, HALO, Marker
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE
from precompute.lexicon import SHUFFLE_BLOCK
from precompute.plan import Plan, Workdir, folder_name


def parameters(copies: int) -> dict[str, Any]:
    """Everything that boundaries and expected counts follow from, beside words and reader."""
    return {
        "cuts": SCHEME,
        "sentence_prior": asdict(SENTENCE),
        "paragraph_prior": asdict(PARAGRAPH),
        "block_words": BLOCK,
        "halo_words": HALO,
        "paragraphs_per_section": PARAGRAPHS_PER_SECTION,
        "sections_per_chapter": SECTIONS_PER_CHAPTER,
        "part_letters": PART,
        "shuffle": {"copies": copies, "block_letters": SHUFFLE_BLOCK},
    }


def content(plan: Plan, marker: Marker, volumes: Sequence[Mapping[str, Any]], copies: int) -> dict[str, Any]:
    """Compose what ``book.json`` says beside the files.

    Parameters
    ----------
    plan, marker
        What the book was made from and with.
    volumes : sequence of mapping
        `volume_meta` of each, in book order.
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
            "name": marker.vocabulary.name,
            "digest": marker.vocabulary.digest,
            "ids": len(marker.vocabulary),
        },
        "glosses": glosses_made_by(marker.vocabulary),
        "reader": {"name": marker.ngram.name, "kind": plan.reader, "digest": marker.ngram.digest},
        "signals": {
            "used": plan.signal,
            "names": list(marker.signals),
            "readers": marker.readers(),
            "calibration": marker.constants(),
        },
        "parameters": parameters(copies),
        "volumes": list(volumes),
        "counts": {key: sum(v["counts"][key] for v in volumes) for key in volumes[0]["counts"]},
    }


def volume_meta(work: Workdir, number: int, record: Record) -> dict[str, Any]:
    """Say what is in a volume, from its finished files."""
    files = work.volume(number)
    lower = np.fromfile(files.case, "<i8").reshape(2, -1)
    counts = {
        "letters": record.length,
        "words": files.words.stat().st_size // 2,
        "gaps": files.gaps.stat().st_size // 16,
        "gap_letters": record.gap_letters,
        "lower_case_runs": lower.shape[1],
        "lower_case_letters": int((lower[1] - lower[0]).sum()),
        **{level: len(SortedTable(files.table(level))) for level in LEVELS},
    }
    return {
        "name": record.name,
        "description": record.description,
        "length": record.length,
        "contig": record.contig,
        "origin": record.origin,
        "refget": record.refget,
        "md5": record.md5,
        "folder": folder_name(number),
        "counts": counts,
    }
