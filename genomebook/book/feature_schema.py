"""Files and metadata of the annex ``tracks`` (see docs/book-format.md)."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec
import xxhash

from genomebook.files.manifest import Count, Sha256

TRACKS = "tracks"
"""Name of the annex."""

Kind = Literal["repeat", "cpg", "regulatory", "gene", "peak", "variant", "cytoband", "signal", "other"]
"""What the intervals of a track are."""

KINDS: tuple[Kind, ...] = get_args(Kind)

ROWS_PER_BLOCK = 256
"""Rows of a block of the index."""

FINEST, COARSER, LEVELS = 64, 16, 6
"""Letters of a bin of the finest zoom level, factor from one level to the next, number of levels."""

PLACES = {"starts.i64": "<i8", "ends.i64": "<i8"}
BLOCKS, BLOCK_TYPE = "blocks.i64", "<i8"
SCORES, SCORE_TYPE = "scores.f32", "<f4"
LABELS = {"strands.i8": "<i1", "names.u32": "<u4", "groups.u32": "<u4", "notes.u32": "<u4"}
"""Columns that a signal does not have."""

OFFSETS, OFFSET_TYPE = "texts.i64", "<i8"
TEXTS = "texts.utf8"
KEYS, KEY_TYPE = "keys.u64", "<u8"
NAMED, NAMED_TYPE = "named.u32", "<u4"
SUMS, SUM_TYPE = "sums.f64", "<f8"


LOOKED_UP: tuple[Kind, ...] = ("regulatory", "gene", "peak", "variant", "other")
"""Kinds whose intervals can be looked up by name: those of a repeat or a band say too little."""


def name_key(name: str) -> int:
    """Key of a name in the lookup: XXH3 (64 bits) of its case-folded UTF-8."""
    return xxhash.xxh3_64_intdigest(name.casefold().encode("utf-8", "replace"))


class TrackEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A track in the manifest.

    Attributes
    ----------
    name, kind, label, source : str
        As in `genomebook.book.features.FeatureTrack`.
    digest : str
        SHA-256 of the file that it was read from.
    rows, texts, bytes : int
        Number of intervals and of texts, and bytes of these.
    named : int
        Intervals that can be looked up by name.
    known : list of int
        Volumes, from 0, that the file is about.
    left_out : dict of str to int
        Rows of the file that are not in the track, by reason.
    transcripts : int
        Transcripts of the book that the file gave.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    kind: Kind
    label: Annotated[str, msgspec.Meta(max_length=200)]
    source: Annotated[str, msgspec.Meta(max_length=1000)]
    digest: Sha256
    rows: Count
    texts: Count
    bytes: Count
    known: list[Count]
    left_out: dict[str, Count]
    transcripts: Count = 0
    named: Count = 0

    @property
    def blocks(self) -> int:
        """Blocks of the index."""
        return -(-self.rows // ROWS_PER_BLOCK)

    @property
    def labelled(self) -> int:
        """Rows with strand, name, group and note."""
        return 0 if self.kind == "signal" else self.rows

    def zooms(self, letters: int) -> dict[int, int]:
        """Letters of a bin and number of bin edges of each zoom level.

        Levels are kept that have fewer edges than the track has rows, and more than one bin.

        Parameters
        ----------
        letters : int
            Of all volumes.
        """
        sizes = [FINEST * COARSER**level for level in range(LEVELS)]
        edges = {size: -(-letters // size) + 1 for size in sizes}
        return {size: count for size, count in edges.items() if 2 < count < self.rows}

    def sums(self, letters: int) -> int:
        """Items of ``sums.f64``."""
        return sum(self.zooms(letters).values()) * (2 if self.kind == "signal" else 1)


class TracksAbout(msgspec.Struct, forbid_unknown_fields=True):
    """What the manifest of the annex says of the tracks."""

    tracks: list[TrackEntry]
