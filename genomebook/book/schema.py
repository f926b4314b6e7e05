"""File names, schemas and version of the book format (see docs/book-format.md)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import pyarrow as pa

FORMAT = "genomebook-book"
VERSION = 4

BOOK_JSON = "book.json"
VOLUMES = "volumes.parquet"
VOCABULARY = "vocabulary.json"
READER = "reader.safetensors"
LEXICON = "lexicon.parquet"
OCCURRENCES = "occurrences.u16"
GLOSSES = "glosses.parquet"
PARTNERLESS = "english.parquet"
GROUNDED = "grounded.parquet"
TAGS = "tags.parquet"
AMBIGUITY = "ambiguity.parquet"
SENSES = "senses.parquet"
ATLAS = "atlas.parquet"
ATLAS_FIGURES = "atlas.json"
NEIGHBOURS = "neighbours.parquet"
EVIDENCE = "evidence.json"
GENES = "genes.parquet"
ANNOTATION = "annotation.i64"
MEANING = "meaning.parquet"
MEANING_FIGURES = "meaning.json"
PASSAGES = "passages.safetensors"

ANNEX_FILES = {
    "ground": (GROUNDED, TAGS, ANNOTATION),
    "senses": (AMBIGUITY, SENSES),
    "atlas": (ATLAS, ATLAS_FIGURES, NEIGHBOURS),
    "evidence": (EVIDENCE,),
    "meaning": (MEANING, PASSAGES),
}
"""Files added after the build, by annex; the search index has its own (`genomebook.search.schema.FOLDER`)."""

STRIDE = 1024
"""Words per entry of the sparse index."""

ROWS = 4096
"""Rows per row group."""

OCCURRENCE_BLOCK = 32_768
"""Words per block of the occurrence index; counts fit 16 bits."""

STRENGTH_UNIT = 1 / 16
"""Nats per unit of a signal."""

SURPRISAL_UNIT = 1 / 8
"""Bits per unit of ``surprisal.u8``."""

Level = Literal["parts", "chapters", "sections", "paragraphs", "sentences"]

LEVELS: tuple[Level, ...] = get_args(Level)

_SPAN = [("start", pa.int64()), ("end", pa.int64())]
_TITLES = [("title", pa.string()), ("extract", pa.string()), ("generated", pa.string())]

SCHEMAS: dict[str, pa.Schema] = {
    "sentences": pa.schema(
        [
            *_SPAN,
            ("first_word", pa.int64()),
            ("end_word", pa.int64()),
            ("strength", pa.float32()),
            ("paragraph", pa.int32()),
        ]
    ),
    "paragraphs": pa.schema(
        [
            *_SPAN,
            ("first_sentence", pa.int32()),
            ("end_sentence", pa.int32()),
            ("strength", pa.float32()),
            ("section", pa.int32()),
        ]
    ),
    "sections": pa.schema(
        [
            *_SPAN,
            ("first_paragraph", pa.int32()),
            ("end_paragraph", pa.int32()),
            ("chapter", pa.int32()),
            *_TITLES,
        ]
    ),
    "chapters": pa.schema(
        [
            *_SPAN,
            ("first_section", pa.int32()),
            ("end_section", pa.int32()),
            ("part", pa.int32()),
            *_TITLES,
        ]
    ),
    "parts": pa.schema([*_SPAN, ("first_chapter", pa.int32()), ("end_chapter", pa.int32()), *_TITLES]),
}
"""Columns of the unit tables; positions are 0-based half-open in the volume."""

_GLOSS = [
    ("gloss", pa.string()),
    ("gloss_score", pa.float32()),
    ("gloss_margin", pa.float32()),
    ("gloss_stability", pa.float32()),
    ("gloss_rank", pa.float32()),
]

WORD_SCHEMAS: dict[str, pa.Schema] = {
    LEXICON: pa.schema(
        [
            ("id", pa.uint16()),
            ("word", pa.string()),
            ("length", pa.uint8()),
            ("count", pa.int64()),
            ("gc", pa.float32()),
            ("cpg", pa.uint8()),
            ("entropy", pa.float32()),
            ("partner", pa.uint16()),
            ("expected", pa.float64()),
            *_GLOSS,
        ]
    ),
    GLOSSES: pa.schema([("id", pa.uint16()), *_GLOSS]),
    PARTNERLESS: pa.schema([("word", pa.string()), ("id", pa.uint16()), ("score", pa.float32())]),
    GROUNDED: pa.schema(
        [
            ("id", pa.uint16()),
            ("class", pa.string()),
            ("count", pa.int64()),
            ("share", pa.float32()),
            ("expected", pa.float32()),
            ("enrichment", pa.float32()),
            ("low", pa.float32()),
            ("high", pa.float32()),
            ("p", pa.float64()),
            ("q", pa.float64()),
        ]
    ),
    TAGS: pa.schema([("id", pa.uint16()), ("tag", pa.string()), ("phrase", pa.string())]),
    AMBIGUITY: pa.schema(
        [
            ("id", pa.uint16()),
            ("sampled", pa.int32()),
            ("similarity", pa.float32()),
            ("chance", pa.float32()),
            ("random", pa.float32()),
            ("senses", pa.uint8()),
        ]
    ),
    SENSES: pa.schema(
        [
            ("id", pa.uint16()),
            ("sense", pa.uint8()),
            ("share", pa.float32()),
            ("examples", pa.list_(pa.int64())),
        ]
    ),
    ATLAS: pa.schema(
        [
            ("map", pa.string()),
            ("script", pa.string()),
            ("id", pa.int64()),
            ("label", pa.string()),
            ("volume", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("x", pa.float32()),
            ("y", pa.float32()),
            ("preservation", pa.float32()),
            ("gc", pa.float32()),
            ("length", pa.int32()),
            ("surprisal", pa.float32()),
            ("group", pa.string()),
        ]
    ),
    MEANING: pa.schema(
        [
            ("id", pa.uint16()),
            ("sense", pa.uint8()),
            ("field", pa.string()),
            ("gloss", pa.string()),
            ("fit", pa.float32()),
        ]
    ),
    NEIGHBOURS: pa.schema(
        [
            ("id", pa.uint16()),
            ("map", pa.string()),
            ("neighbours", pa.list_(pa.uint16())),
            ("cosines", pa.list_(pa.float32())),
        ]
    ),
}
"""Columns of the tables about words and maps, by file name (docs/book-format.md says what they hold)."""


COUNTS = (
    "words",
    "gaps",
    "gap_letters",
    "lower_case_runs",
    "lower_case_letters",
    "parts",
    "chapters",
    "sections",
    "paragraphs",
    "sentences",
)
"""Counts of each volume, besides its length."""

VOLUMES_SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("description", pa.string()),
        ("length", pa.int64()),
        ("contig", pa.string()),
        ("origin", pa.int64()),
        ("refget", pa.string()),
        ("md5", pa.string()),
        *((name, pa.int64()) for name in COUNTS),
    ]
)
"""Columns of the table of volumes, in book order."""


@dataclass(frozen=True)
class BookFiles:
    """Paths of the files shared by all volumes; each volume has a slice of each."""

    folder: Path

    @property
    def volumes(self) -> Path:
        """Table of the volumes (`VOLUMES_SCHEMA`)."""
        return self.folder / VOLUMES

    @property
    def words(self) -> Path:
        """uint16 word ids, little-endian."""
        return self.folder / "words.u16"

    @property
    def index(self) -> Path:
        """int64 position in the volume of every `STRIDE`-th word of each volume."""
        return self.folder / "index.i64"

    @property
    def gaps(self) -> Path:
        """int64[2, gaps] starts of the gaps in their volumes, then their ends."""
        return self.folder / "gaps.i64"

    @property
    def case(self) -> Path:
        """int64[2, runs] starts of the lower-case runs in their volumes, then their ends."""
        return self.folder / "lower.i64"

    def signal(self, name: str) -> Path:
        """int8[words, 2] log-odds of a sentence end, a paragraph end after each word, by one signal."""
        return self.folder / f"{name}.i8"

    @property
    def surprisal(self) -> Path:
        """uint8 surprisal of each word."""
        return self.folder / "surprisal.u8"

    def table(self, level: Level) -> Path:
        """Parquet table of a level of `LEVELS`."""
        return self.folder / f"{level}.parquet"
