"""Stage: the vectors of the sentences of a book, in shares; ``genomebook index --vectors`` takes them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.book.read import Book
from genomebook.errors import SharesError
from genomebook.files.digests import canonical, file_digest
from genomebook.files.manifest import Count, Positive, Sha256, read_json, validated
from genomebook.files.progress import Advance
from genomebook.models.sentences import SHIPPED_ENCODER, SentenceEncoder, load_sentence_encoder
from genomebook.pipeline.book.words import in_order
from genomebook.pipeline.shares.plan import Planned, SharesPlan, plan_parameters, write_plan
from genomebook.pipeline.shares.work import About, ShareRows, evenly
from genomebook.search.query import MIN_LETTERS
from genomebook.search.schema import FOLDER, read_index, text_digest
from genomebook.search.text import PackedText

FORMAT: Final = "genomebook-vectors-1"
META, VECTORS = "vectors.json", "vectors.f16"

SENTENCES_PER_BATCH = 1_024
"""Sentences that an encoder is given at a time."""

UNITS_PER_READ = 1_000_000
"""Units that are looked through at a time."""

ROWS_PER_WRITE = 65_536

_REMEDY = "make the vectors anew: genomebook vectors init BOOK -o FOLDER"


class VectorsOf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``vectors.json``: the text and the encoder that vectors are of, and their file."""

    format: Literal["genomebook-vectors-1"]
    text: Sha256
    encoder: Sha256
    rows: Count
    width: Positive
    sha256: Sha256


def sentence_ends(text: PackedText, numbers: NDArray[Any]) -> NDArray[np.int64]:
    """Where sentences of some numbers end in the text."""
    following = text.sentences[np.minimum(numbers + 1, len(text.sentences) - 1)].astype(np.int64)
    return np.where(numbers + 1 < len(text.sentences), following, text.letters)


def long_sentences(text: PackedText) -> Iterator[NDArray[np.uint32]]:
    """Numbers of the sentences of `MIN_LETTERS` letters or more in one run of bases, in blocks."""
    for first in range(0, len(text.sentences), UNITS_PER_READ):
        numbers = np.arange(first, min(first + UNITS_PER_READ, len(text.sentences)))
        starts, ends = text.sentences[numbers].astype(np.int64), sentence_ends(text, numbers)
        runs = np.searchsorted(text.bounds, starts, "right")
        whole = np.searchsorted(text.bounds, ends - 1, "right") == runs
        yield numbers[whole & (ends - starts >= MIN_LETTERS)].astype("<u4")


def _letters(text: PackedText, numbers: NDArray[np.int64]) -> list[bytes]:
    """Letters of sentences of ascending numbers; what lies between the first and the last is read at once."""
    starts, ends = text.sentences[numbers].astype(np.int64), sentence_ends(text, numbers)
    first = int(starts[0])
    letters = text.read(first, int(ends[-1]))
    return [letters[a - first : b - first] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]


class VectorJoin:
    """Rows of vectors to files; the encoder that made them is not needed.

    Parameters
    ----------
    width : int
        Numbers of a vector.
    about : About
        What they are made from.
    """

    def __init__(self, width: int, about: About) -> None:
        self._width, self.about = width, about

    @property
    def row(self) -> np.dtype[Any]:
        """The vector of a sentence, of unit length."""
        return np.dtype([("vector", "<f2", (self._width,))])

    def join(self, rows: ShareRows, result: Path, advance: Advance) -> None:
        """Write ``vectors.f16``, float16[n, width], and ``vectors.json``."""
        write_rows(rows, result / VECTORS, advance)
        digests = self.about.digests
        about = VectorsOf(
            format=FORMAT, text=digests["text"], encoder=digests["encoder"], rows=len(rows),
            width=self._width, sha256=file_digest(result / VECTORS),
        )  # fmt: skip
        (result / META).write_bytes(canonical(msgspec.to_builtins(about)))


class VectorWork(VectorJoin):
    """Vectors of sentences, made in shares of sentences; each is its own, wherever a share begins.

    Parameters
    ----------
    text : PackedText
        Text of the index.
    numbers : uint32[n]
        `long_sentences` of it.
    encoder : SentenceEncoder
        May be called by several threads.
    about : About
        What they are made from.
    """

    def __init__(
        self, text: PackedText, numbers: NDArray[np.uint32], encoder: SentenceEncoder, about: About
    ) -> None:
        self._text, self._numbers, self._encoder = text, numbers, encoder
        super().__init__(encoder.width, about)

    @property
    def total(self) -> int:
        """Sentences that have a vector."""
        return len(self._numbers)

    @property
    def output_bytes(self) -> int:
        """The same rows, in one file."""
        return self.total * self.row.itemsize

    def bounds(self, shares: int) -> list[int]:
        """Sentences divided evenly."""
        return evenly(self.total, shares)

    def rows(self, first: int, last: int, workers: int) -> Iterator[NDArray[Any]]:
        """Embed the sentences [first, last)."""

        def embed(at: int) -> NDArray[Any]:
            numbers = self._numbers[at : min(at + SENTENCES_PER_BATCH, last)].astype(np.int64)
            rows = np.empty(len(numbers), self.row)
            rows["vector"] = self._encoder.embed(_letters(self._text, numbers))
            return rows

        with ThreadPoolExecutor(workers) as pool:
            try:
                yield from in_order(pool, embed, range(first, last, SENTENCES_PER_BATCH), 2 * workers)
            finally:
                pool.shutdown(cancel_futures=True)


def write_rows(rows: ShareRows, path: Path, advance: Advance) -> None:
    """Write the rows of all shares to one file."""
    with path.open("wb") as file:
        for first in range(0, len(rows), ROWS_PER_WRITE):
            block = rows.read(first, min(first + ROWS_PER_WRITE, len(rows)))
            file.write(block.tobytes())
            advance(len(block))


def _work(path: Path, encoder: str) -> VectorWork:
    """Vectors of a book that is indexed for sequence search."""
    book, model = Book.open(path), load_sentence_encoder(encoder)
    text = PackedText(path / FOLDER, read_index(book, path / FOLDER))
    numbers = np.concatenate([np.empty(0, np.uint32), *long_sentences(text)])
    digests = {"text": text_digest(book), "encoder": model.digest}
    inputs = {"text": str(path.absolute()), "encoder": encoder}
    return VectorWork(
        text, numbers, model, About("vectors", "sentences", inputs, digests, {"encoder": encoder})
    )


def plan_vectors(path: Path, encoder: str, output: Path, *, shares: int, restart: bool = False) -> Planned:
    """Plan the vectors of the sentences of a book in shares.

    Parameters
    ----------
    path : Path
        Folder of a book that has an index, with vectors or without.
    encoder : str
        Name or folder of an encoder.
    output : Path
        Folder to make: ``genomebook index --vectors`` takes it.
    shares, restart
        As in `genomebook.pipeline.shares.plan.write_plan`.

    Raises
    ------
    ReaderError, BookError, OptionError, SharesError
        When there is no encoder or index, or the plan is refused.
    """
    if encoder != SHIPPED_ENCODER and Path(encoder).is_dir():
        encoder = str(Path(encoder).absolute())
    return write_plan(_work(path, encoder), output, shares, restart)


def open_vectors(plan: SharesPlan, trust_remote_code: bool = False) -> VectorWork:
    """Open the work of a plan of vectors; encoders bring no code of their own."""
    return _work(Path(plan.inputs.get("text", "")), plan_parameters(plan, encoder=str)["encoder"])


def join_vectors(plan: SharesPlan) -> VectorJoin:
    """Open what joins the vectors of a plan; its encoder, whose digest the shares have, is not loaded."""
    text = text_digest(Book.open(plan.inputs.get("text", "")))
    digests = {"text": text, "encoder": plan.digests.get("encoder", "")}
    about = About(plan.stage, plan.unit, plan.inputs, digests, plan.parameters)
    return VectorJoin(plan.row // 2, about)


def made_vectors(folder: Path, text: str, encoder: SentenceEncoder) -> NDArray[np.float16]:
    """Vectors of a folder that ``genomebook vectors finalise`` made: float16[rows, width], mapped.

    Parameters
    ----------
    folder : Path
        The folder.
    text : str
        Digest of the text that they must be of.
    encoder : SentenceEncoder
        Encoder that they must be of.

    Raises
    ------
    SharesError
        When they are missing, damaged, or of another text or encoder.
    """
    file = folder / META
    try:
        about = validated(file, read_json(file, _REMEDY, SharesError), VectorsOf, _REMEDY, SharesError)
        if (about.text, about.encoder, about.width) != (text, encoder.digest, encoder.width):
            raise SharesError(f"{file}: vectors of another book or encoder; {_REMEDY}")
        size = (folder / VECTORS).stat().st_size
        if size != about.rows * about.width * 2 or file_digest(folder / VECTORS) != about.sha256:
            raise SharesError(f"{folder / VECTORS}: damaged, or not the one of {META}; {_REMEDY}")
    except (FileNotFoundError, NotADirectoryError):
        raise SharesError(f"{folder}: no vectors here; {_REMEDY}") from None
    shape = about.rows, about.width
    return np.memmap(folder / VECTORS, "<f2", "r", shape=shape) if size else np.empty(shape, "<f2")
