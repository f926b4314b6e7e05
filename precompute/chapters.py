"""Stage: paragraphs to sections, chapters and parts, one part at a time."""

from __future__ import annotations

from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from genomebook.book.schema import VolumeFiles
from genomebook.book.tables import TableWriter
from genomebook.book.write import aside
from genomebook.models.ngram import NgramReader
from genomebook.segmentation.hierarchy import (
    PARAGRAPHS_PER_SECTION,
    SECTIONS_PER_CHAPTER,
    clusters,
    part_ends,
    profiles,
)
from precompute.sentences import PARAGRAPH_ROW


def _merge(
    profile: NDArray[np.float64], weight: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Profile and weight of each cluster."""
    starts = np.concatenate([[0], ends[:-1]])
    total = np.add.reduceat(weight, starts)
    sums = np.add.reduceat(profile * weight[:, None], starts, axis=0)
    return sums / np.maximum(total, 1)[:, None], total


def _spans(edges: NDArray[np.int64], ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Spans of clusters: each ends where the next begins (``edges``: starts of units, then the end)."""
    starts = np.concatenate([[0], ends[:-1]])
    return edges[starts], edges[ends]


def word_weights(reader: NgramReader) -> NDArray[np.int32]:
    """int32[n_ids]: rarer words weigh more in a profile, 16 log2(total / count) by the reader's counts."""
    counts = reader.counts.sum(axis=0, dtype=np.float64) + 1
    weights: NDArray[np.int32] = np.round(16 * np.log2(counts.sum() / counts)).astype(np.int32)
    return weights


def bind_volume(
    files: VolumeFiles,
    scratch: VolumeFiles,
    length: int,
    weight: NDArray[np.int32],
    signs: NDArray[np.int8],
) -> None:
    """Write paragraphs, sections, chapters and parts of one volume; the parts are renamed last.

    Parameters
    ----------
    files, scratch : VolumeFiles
        Words; the paragraphs as `precompute.sentences.divide_volume` left them.
    length : int
        Letters of the volume.
    weight : int32[n_ids]
        Weight of each word in a profile.
    signs : int8[n_ids, d]
        Directions of words (`genomebook.segmentation.hierarchy.projection`).
    """
    rows_file = scratch.table("paragraphs")
    size = rows_file.stat().st_size // PARAGRAPH_ROW.itemsize
    rows = np.memmap(rows_file, PARAGRAPH_ROW, "r") if size else np.empty(0, PARAGRAPH_ROW)
    with ExitStack() as stack:
        path = {
            level: stack.enter_context(aside(files.table(level)))
            for level in ("parts", "chapters", "sections", "paragraphs")
        }
        out = {level: stack.enter_context(TableWriter(path[level], level)) for level in path}
        n_sections = n_chapters = first = 0
        ends = part_ends(length, rows["start"], rows["strength"])
        for part, last in enumerate(ends):
            here = rows[first:last]
            begin = 0 if part == 0 else int(rows["start"][first])
            end = length if part == len(ends) - 1 else int(rows["start"][last])
            n_words = files.words.stat().st_size // 2 if last == size else int(rows["word"][last])
            profile, words = _profile(files, here, n_words, weight, signs)
            edges = np.append(here["start"], end)
            edges[0] = begin
            section_ends = clusters(profile, words, PARAGRAPHS_PER_SECTION) if len(here) else np.array([0])
            chapter_ends = np.array([1])
            if len(here):
                chapter_ends = clusters(*_merge(profile, words, section_ends), SECTIONS_PER_CHAPTER)
            _write_part(
                out,
                here,
                int(first),
                begin,
                end,
                edges,
                section_ends,
                chapter_ends,
                part,
                n_sections,
                n_chapters,
            )
            n_sections += len(section_ends)
            n_chapters += len(chapter_ends)
            first = last


def _profile(
    files: VolumeFiles,
    rows: NDArray[np.void],
    n_words: int,
    weight: NDArray[np.int32],
    signs: NDArray[np.int8],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Profiles of a part's paragraphs, and how many words each has."""
    if not len(rows):
        return np.zeros((0, signs.shape[1])), np.empty(0, np.int64)
    first = int(rows["word"][0])
    ids = np.fromfile(files.words, "<u2", n_words - first, offset=2 * first)
    ends = (np.append(rows["word"][1:], n_words) - first).astype(np.int64)
    return profiles(ids, ends, weight, signs), np.diff(ends, prepend=0)


def _write_part(
    out: dict[str, TableWriter],
    rows: NDArray[np.void],
    first_paragraph: int,
    begin: int,
    end: int,
    edges: NDArray[np.int64],
    section_ends: NDArray[np.int64],
    chapter_ends: NDArray[np.int64],
    part: int,
    first_section: int,
    first_chapter: int,
) -> None:
    """Append the rows of one part."""
    n_sections, n_chapters = len(section_ends), len(chapter_ends)
    section_starts = np.concatenate([[0], section_ends[:-1]])
    chapter_starts = np.concatenate([[0], chapter_ends[:-1]])
    if len(rows):
        start, stop = _spans(edges, section_ends)
        chapter_start, chapter_stop = start[chapter_starts], stop[chapter_ends - 1]
    else:
        start, stop = np.array([begin]), np.array([end])
        chapter_start, chapter_stop = start, stop
    out["paragraphs"].write(
        {
            "start": rows["start"],
            "end": rows["end"],
            "first_sentence": rows["first"],
            "end_sentence": rows["last"],
            "strength": rows["strength"],
            "section": np.repeat(np.arange(n_sections), section_ends - section_starts) + first_section,
        }
    )
    out["sections"].write(
        {
            "start": start,
            "end": stop,
            "first_paragraph": section_starts + first_paragraph,
            "end_paragraph": section_ends + first_paragraph,
            "chapter": np.repeat(np.arange(n_chapters), chapter_ends - chapter_starts) + first_chapter,
            "title": [""] * n_sections,
        }
    )
    out["chapters"].write(
        {
            "start": chapter_start,
            "end": chapter_stop,
            "first_section": chapter_starts + first_section,
            "end_section": chapter_ends + first_section,
            "part": np.full(n_chapters, part),
            "title": [""] * n_chapters,
        }
    )
    out["parts"].write(
        {
            "start": [begin],
            "end": [end],
            "first_chapter": [first_chapter],
            "end_chapter": [first_chapter + n_chapters],
            "title": [""],
        }
    )
