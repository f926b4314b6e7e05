"""Files of a search index, and the digest that ties an index to its book."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from genomebook.book.annex import MANIFEST, open_annex
from genomebook.book.read import Book
from genomebook.book.schema import VOLUMES
from genomebook.errors import BookError
from genomebook.files.checks import CheckedFolder
from genomebook.files.digests import canonical
from genomebook.files.manifest import Count, Positive, Sha256, Share, json_object, validated

FOLDER = "search"
"""Default folder in a book; an index may also be elsewhere."""

INDEX = "index.json"
FORMAT: Final = "genomebook-search"
VERSION = 3

TEXT = "text.u64"
"""Sequence without gaps: 32 bases per uint64, the first in the lowest bits, plus one uint64 of padding.

U is stored as T, and an ambiguous letter as one of its bases (see `AMBIGUOUS`).
"""

AMBIGUOUS = "ambiguous.u32"
"""uint32[a]: text positions of ambiguous letters, ascending; absent if there are none."""

AMBIGUOUS_LETTERS = "ambiguous.u8"
"""uint8[a]: these letters, upper-case ASCII."""

RUNS = "runs.i64"
"""int64[4, k]: volume (from 0), start in the volume, start in the text and length of each run."""

SEEDS = "seeds.u32"
"""uint32[4**weight + 1]: first item of each seed in `PLACES`; an item has three bytes."""

PLACES = "places.u24"
"""uint8[3 * n]: text positions by seed, as distances in three bytes or six; see `search.alignment.seeds`."""

SENTENCES = "sentences.u32"
PARAGRAPHS = "paragraphs.u32"
"""uint32[n]: starts of the sentences (paragraphs) in the text, in book order."""

REMEDY = "make it anew: genomebook index BOOK"

SHAPES = {
    8: "110100110111",
    9: "11011001010111",
    10: "11101001000111011",
    11: "111010010100110111",
}
"""Spaced seeds by weight. Weight 11 is PatternHunter's (Ma, Tromp, Li 2002); the others are the best of 250
random shapes by sensitivity at 64 bases and 70 % identity."""

PLACES_PER_SEED = 75
"""Expected positions per seed in random text: the heaviest seed with at least this many is used."""

LONGEST_WHOLE = 4**12 * PLACES_PER_SEED
"""Letters, 1.26 billion, up to which all positions of a text are listed.

Of a longer one every second is, and by a seed of 10 letters: for the same bytes it is found in more of what
has changed than a seed of 12 of which all are listed, though more of its hits are chance.
"""


Width = Annotated[int, msgspec.Meta(ge=1, le=65_536)]


class Recall(msgspec.Struct, frozen=True):
    """Recall of an IVF index, with its confidence interval."""

    of: Count
    sample: Count
    value: Share
    low: Share
    high: Share


class StoreMeta(msgspec.Struct, frozen=True, kw_only=True):
    """Record of the vectors of sentences, or of paragraphs.

    ``factory`` is the name of the index in FAISS; ``nprobe`` and ``recall`` are None for a flat index, and
    ``bytes`` has the size of each file.
    """

    factory: str
    rows: Positive
    width: Width
    nprobe: Annotated[int, msgspec.Meta(ge=1, le=1 << 24)] | None
    rerank: bool
    recall: Recall | None
    bytes: dict[str, Count]


class VectorsMeta(msgspec.Struct, frozen=True, kw_only=True):
    """Record of the vectors; sentences of at least ``least`` letters have one."""

    encoder: str
    digest: str
    width: Width
    least: Count
    store: str
    sentences: StoreMeta | None
    paragraphs: StoreMeta | None

    def of(self, name: str) -> StoreMeta | None:
        """The store of ``sentences`` or ``paragraphs``; None when the book has none that is long enough."""
        return self.sentences if name == "sentences" else self.paragraphs


class SeedsMeta(msgspec.Struct, frozen=True):
    """Seed index: every ``step``-th position of the text by its seed, in ``items`` of three bytes."""

    shape: str
    weight: Count
    step: Annotated[int, msgspec.Meta(ge=1, le=64)]
    items: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]


class TextMeta(msgspec.Struct, frozen=True, kw_only=True):
    """Record of the text and its seeds."""

    letters: Positive
    ambiguous: Count
    gc: Share
    runs: Positive
    volumes: Positive
    sentences: Positive
    paragraphs: Positive
    seeds: SeedsMeta


class IndexMeta(TextMeta, frozen=True, kw_only=True):
    """``index.json``."""

    format: Literal["genomebook-search"]
    version: int
    text: Sha256
    vectors: VectorsMeta | None


class Sampling(NamedTuple):
    """Which seeds an index has: their shape, and that of every ``step``-th position of the text."""

    shape: str
    step: int


def sampling_for(letters: int) -> Sampling:
    """Choose the seeds for a text length."""
    if letters > LONGEST_WHOLE:
        return Sampling(SHAPES[10], 2)
    weight = next((weight for weight in (11, 10, 9) if PLACES_PER_SEED * 4**weight <= letters), 8)
    return Sampling(SHAPES[weight], 1)


def index_files(folder: Path) -> CheckedFolder:
    """Files of an index, unchecked while it is being built and has no manifest."""
    made = open_annex(folder, FOLDER) if (folder / MANIFEST).exists() else None
    return made or CheckedFolder(folder, None, remedy=REMEDY)


def text_digest(book: Book) -> str:
    """SHA-256 of the input of an index: sequence, sentences and paragraphs.

    Annexes added to a book later do not change it.
    """
    files = book.meta.files
    made_from = [files[name].sha256 for name in (VOLUMES, "sentences.parquet", "paragraphs.parquet")]
    return hashlib.sha256(canonical(made_from)).hexdigest()


def read_index(book: Book, folder: Path) -> IndexMeta:
    """Read ``index.json``.

    Raises
    ------
    BookError
        If there is no index, or it belongs to another book.
    DamagedBookError
        If a file of it is missing or truncated.
    """
    file = folder / INDEX
    files = open_annex(folder, FOLDER) if (folder / MANIFEST).exists() or file.exists() else None
    if files is None and book.meta.counts.letters == book.meta.counts.gap_letters:
        raise BookError(f"{book.path}: has no letter but N; there is nothing to search")
    if files is None:
        raise BookError(f"{folder}: no index to search; make one: genomebook index BOOK")
    body = json_object(file, files.content(INDEX), REMEDY)
    known = (body.get("format"), body.get("version"))
    if known != (FORMAT, VERSION):
        of = " ".join(str(part)[:40] for part in known)
        raise BookError(f"{file}: format {of}, this program reads {VERSION}; {REMEDY}")
    about = validated(file, body, IndexMeta, REMEDY)
    if about.text != text_digest(book):
        raise BookError(f"{folder}: the index of another book, or of an older build; {REMEDY}")
    return about
