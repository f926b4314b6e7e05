"""Stage: group paragraphs into sections, chapters and parts, and title them, one part at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.annotation.grounded_titles import GroundedTitles
from genomebook.book.schema import Level
from genomebook.book.tables import TableWriter
from genomebook.files.atomic import aside
from genomebook.files.progress import Advance
from genomebook.genome.stretches import starts_of
from genomebook.models.generate import Titler
from genomebook.models.ngram import NgramReader
from genomebook.pipeline.book.shelves import ShelfFiles
from genomebook.pipeline.book.titles import ExtractContext, Units, titles
from genomebook.segmentation.hierarchy import (
    PARAGRAPHS_PER_SECTION,
    SECTIONS_PER_CHAPTER,
    clusters,
    part_ends,
)
from genomebook.segmentation.titles import sentence_profiles

GROUPED_LEVELS: tuple[Level, ...] = ("sections", "chapters", "parts")
"""Levels whose tables this stage writes."""


def _merge(
    profile: NDArray[np.float64], weight: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Profile and weight of each cluster."""
    starts = starts_of(ends)
    total = np.add.reduceat(weight, starts)
    sums = np.add.reduceat(profile * weight[:, None], starts, axis=0)
    return sums / np.maximum(total, 1)[:, None], total


def _spans(edges: NDArray[np.int64], ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and ends of clusters, from ``edges``: the starts of units, then the end of the last."""
    starts = starts_of(ends)
    return edges[starts], edges[ends]


def word_weights(reader: NgramReader) -> NDArray[np.int32]:
    """int32[n_ids]: weights of words in a profile, 16 log2(total / count) by the reader's counts."""
    counts = reader.counts.sum(axis=0, dtype=np.float64) + 1
    weights: NDArray[np.int32] = np.round(16 * np.log2(counts.sum() / counts)).astype(np.int32)
    return weights


class _Part(NamedTuple):
    """Paragraphs, words and sentences of a part.

    Attributes
    ----------
    rows : PARAGRAPH_ROW[p]
        Paragraphs.
    begin, end : int
        Span in bases.
    ids : uint16[m]
        Words from the first paragraph to the end of the part.
    sentences : int64[s, 2]
        Words [first, end) of each sentence, counted in ``ids``.
    words : int64[p]
        Words of each paragraph, including gaps after it.
    """

    rows: NDArray[np.void]
    begin: int
    end: int
    ids: NDArray[np.uint16]
    sentences: NDArray[np.int64]
    words: NDArray[np.int64]


class _Tree(NamedTuple):
    """Sections and chapters of a part: ends in paragraphs and in sections; spans in bases."""

    section_ends: NDArray[np.int64]
    chapter_ends: NDArray[np.int64]
    sections: NDArray[np.int64]
    chapters: NDArray[np.int64]


class TitleSources(NamedTuple):
    """Inputs for the titles of a volume."""

    context: ExtractContext
    grounded: GroundedTitles | None
    titler: Titler | None


class VolumeDivisions(NamedTuple):
    """A volume with its sentences and paragraphs (`SENTENCE_ROW`, `PARAGRAPH_ROW`)."""

    length: int
    ids: NDArray[np.uint16]
    sentences: NDArray[np.void]
    paragraphs: NDArray[np.void]
    titles: TitleSources


def group_volumes(volumes: Iterable[VolumeDivisions], scratch: ShelfFiles, advance: Advance) -> None:
    """Group the paragraphs of a shelf into sections, chapters and parts, with titles.

    Parameters
    ----------
    volumes : iterable of VolumeDivisions
        In order; the word weights of their titles are also used for clustering.
    scratch : ShelfFiles
        Gets the tables of all, numbered within each volume, the section of each paragraph (int32), and how
        many parts, chapters and sections each volume has; the latter is renamed last.
    advance : callable
        Called with the number of bases done.
    """
    counts = []
    with ExitStack() as stack:
        counted, sections = (
            stack.enter_context(aside(path)) for path in (scratch.counts("parts"), scratch.rows("sections"))
        )
        out: dict[str, TableWriter] = {}
        for level in GROUPED_LEVELS:
            out[level] = stack.enter_context(
                TableWriter(stack.enter_context(aside(scratch.table(level))), level)
            )
        section_of = stack.enter_context(sections.open("wb"))
        for volume in volumes:
            counts.append(_group(volume, out, section_of))
            advance(volume.length)
        counted.write_bytes(np.array(counts, "<i8").tobytes())


def _group(
    volume: VolumeDivisions, out: dict[str, TableWriter], section_of: BinaryIO
) -> tuple[int, int, int]:
    """Write the units of a volume; return its numbers of parts, chapters and sections."""
    rows, sources = volume.paragraphs, volume.titles
    context = sources.context
    n_sections = n_chapters = first = 0
    ends = part_ends(volume.length, rows["start"], rows["strength"]).tolist()
    for number, last in enumerate(ends):
        begin = 0 if number == 0 else int(rows["start"][first])
        end = volume.length if number == len(ends) - 1 else int(rows["start"][last])
        part = _part(volume, first, last, begin, end)
        profile = sentence_profiles(part.ids, part.sentences, context.weight, context.signs)
        tree = _tree(part, profile)
        named = titles(
            part.ids, part.sentences, _units(part, tree), context, sources.grounded, sources.titler, profile
        )
        section_of.write(_section_of(tree, n_sections).astype("<i4").tobytes())
        _write_part(out, part, tree, named, number, first, n_sections, n_chapters)
        n_sections += len(tree.section_ends)
        n_chapters += len(tree.chapter_ends)
        first = last
    return len(ends), n_chapters, n_sections


def _part(volume: VolumeDivisions, first: int, last: int, begin: int, end: int) -> _Part:
    """Part of paragraphs [first, last)."""
    paragraphs = volume.paragraphs
    here = paragraphs[first:last]
    if not len(here):
        return _Part(
            here, begin, end, np.empty(0, np.uint16), np.empty((0, 2), np.int64), np.empty(0, np.int64)
        )
    n_words = len(volume.ids) if last == len(paragraphs) else int(paragraphs["word"][last])
    word = int(here["word"][0])
    rows = volume.sentences[int(here["first"][0]) : int(here["last"][-1])]
    sentences = np.stack([rows["first_word"], rows["end_word"]], axis=1).astype(np.int64) - word
    ends = (np.append(here["word"][1:], n_words) - word).astype(np.int64)
    return _Part(here, begin, end, np.array(volume.ids[word:n_words]), sentences, np.diff(ends, prepend=0))


def _tree(part: _Part, profile: NDArray[np.int32]) -> _Tree:
    """Cluster the paragraphs of a part."""
    if not len(part.rows):
        span = np.array([[part.begin, part.end]])
        return _Tree(np.array([0]), np.array([1]), span, span)
    starts = (part.rows["first"] - part.rows["first"][0]).astype(np.int64)
    sums = np.add.reduceat(profile, starts, axis=0, dtype=np.int64)
    means = sums / np.maximum(part.words, 1)[:, None]
    section_ends = clusters(means, part.words, PARAGRAPHS_PER_SECTION)
    chapter_ends = clusters(*_merge(means, part.words, section_ends), SECTIONS_PER_CHAPTER)
    edges = np.append(part.rows["start"], part.end).astype(np.int64)
    edges[0] = part.begin
    sections = np.stack(_spans(edges, section_ends), axis=1)
    chapters = np.stack([sections[starts_of(chapter_ends), 0], sections[chapter_ends - 1, 1]], axis=1)
    return _Tree(section_ends, chapter_ends, sections, chapters)


def _section_of(tree: _Tree, first_section: int) -> NDArray[np.int64]:
    """Section of each paragraph of a part, numbered in the volume."""
    sizes = np.diff(tree.section_ends, prepend=0)
    return np.repeat(np.arange(len(sizes)), sizes) + first_section


def _units(part: _Part, tree: _Tree) -> dict[str, Units]:
    """Units of a part, by level."""
    bounds = np.append(part.rows["first"], part.rows["last"][-1:]).astype(np.int64)
    bounds = bounds - bounds[0] if len(part.rows) else np.zeros(1, np.int64)
    sections = np.stack([bounds[starts_of(tree.section_ends)], bounds[tree.section_ends]], axis=1)
    chapters = np.stack(
        [sections[starts_of(tree.chapter_ends), 0], sections[tree.chapter_ends - 1, 1]], axis=1
    )
    return {
        "sections": Units(tree.sections, sections),
        "chapters": Units(tree.chapters, chapters),
        "parts": Units(np.array([[part.begin, part.end]]), np.array([[0, bounds[-1]]])),
    }


def _write_part(
    out: dict[str, TableWriter],
    part: _Part,
    tree: _Tree,
    named: Mapping[str, Mapping[str, list[str]]],
    number: int,
    first_paragraph: int,
    first_section: int,
    first_chapter: int,
) -> None:
    """Append the rows of one part."""
    n_chapters = len(tree.chapter_ends)
    in_chapter = np.diff(tree.chapter_ends, prepend=0)
    out["sections"].write(
        {
            "start": tree.sections[:, 0],
            "end": tree.sections[:, 1],
            "first_paragraph": starts_of(tree.section_ends) + first_paragraph,
            "end_paragraph": tree.section_ends + first_paragraph,
            "chapter": np.repeat(np.arange(n_chapters), in_chapter) + first_chapter,
            **named["sections"],
        }
    )
    out["chapters"].write(
        {
            "start": tree.chapters[:, 0],
            "end": tree.chapters[:, 1],
            "first_section": starts_of(tree.chapter_ends) + first_section,
            "end_section": tree.chapter_ends + first_section,
            "part": np.full(n_chapters, number),
            **named["chapters"],
        }
    )
    out["parts"].write(
        {
            "start": [part.begin],
            "end": [part.end],
            "first_chapter": [first_chapter],
            "end_chapter": [first_chapter + n_chapters],
            **named["parts"],
        }
    )
