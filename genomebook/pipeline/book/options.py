"""Options of a build, checked before anything is written, and the models they name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from genomebook.book.schema import BOOK_JSON
from genomebook.errors import OptionError
from genomebook.files.digests import file_digest
from genomebook.genome.packed import is_pipe, name_of
from genomebook.language.encode import SHARD
from genomebook.language.vocabulary import Vocabulary, load_vocabulary
from genomebook.models.letters import Letters, shipped_letters
from genomebook.models.ngram import NgramReader, counted_reader
from genomebook.models.reader import Reader
from genomebook.models.registry import load_reader
from genomebook.models.scoring import WindowReader
from genomebook.options import check_choice, check_parent
from genomebook.pipeline.book.book_plan import BookPlan
from genomebook.segmentation.signals import DEFAULT, NEURAL, SIGNALS, Signal, shipped_calibration


@dataclass(frozen=True)
class Options:
    """How to make a book.

    Attributes
    ----------
    fasta : Path
        The sequence.
    book : Path
        Folder to make.
    words : str
        Shipped vocabulary or path of one.
    reader : str
        ``ngram``: the table shipped with the vocabulary; ``ngram-book``: words of this book are counted; or a
        neural reader (`genomebook.models.registry.load_reader`), which works beside the shipped table.
    signal : Signal
        What cuts the book, of `genomebook.segmentation.signals.SIGNALS`.
    generated_titles : bool
        Let a neural reader write titles too, about 0.1 s each.
    genes : Path or None
        GFF3, GTF, BED or TSV.
    title, assembly : str
        Shown to the reader.
    workers : int
        Threads; 0 for one per core.
    shard : int
        Letters in a share of work. Neither changes a byte of the book.
    restart, replace : bool
        Begin anew; put the new book in the place of an old one.
    """

    fasta: Path
    book: Path
    words: str = "words-4096"
    reader: str = "ngram"
    signal: Signal = DEFAULT
    generated_titles: bool = False
    genes: Path | None = None
    title: str = ""
    assembly: str = ""
    workers: int = 0
    shard: int = SHARD
    restart: bool = False
    replace: bool = False


class Readers(NamedTuple):
    """What a book is made with; ``counted`` is None when the words of the book itself are counted."""

    vocabulary: Vocabulary
    counted: NgramReader | None
    letters: Letters
    neural: Reader | None


def open_readers(options: Options) -> Readers:
    """Open all that the book is made with.

    Raises
    ------
    GenomebookError
        When something is missing or damaged, or does not fit the words.
    """
    vocabulary = load_vocabulary(options.words)
    own = options.reader == "ngram-book"
    counted = None if own else counted_reader(options.words, vocabulary)
    neural = (
        None if options.reader in ("ngram", "ngram-book") else load_reader(options.reader, words=vocabulary)
    )
    if options.generated_titles and not isinstance(neural, WindowReader):
        raise OptionError("--generated-titles: needs a bilingual model; give --reader bilingual-mini too")
    return Readers(vocabulary, counted, shipped_letters(), neural)


def check_place(options: Options) -> None:
    """Refuse a place where something is that would be lost."""
    book = options.book
    if book.exists() and not options.replace:
        raise OptionError(f"{book}: exists already; choose another -o, or give --replace")
    if book.exists() and not (book / BOOK_JSON).is_file():
        raise OptionError(f"{book}: is not a book, so it is not replaced; move it away or choose another -o")
    if book.exists() and Path.cwd().is_relative_to(book.resolve()):
        raise OptionError(f"{book}: is the folder that you are in, so it is not replaced; change to another")
    check_parent(book, "the book")


def plan_of(options: Options, readers: Readers) -> BookPlan:
    """Say everything that the book will follow from.

    Raises
    ------
    OptionError
        When a file is missing, or the readers do not give the signal.
    """
    check_choice("--signal", options.signal, SIGNALS)
    if options.signal in NEURAL and readers.neural is None:
        raise OptionError(
            f"--signal {options.signal}: needs a neural model; give --reader bilingual-mini too"
        )
    if options.genes is not None and (is_pipe(options.genes) or str(options.genes) == "-"):
        raise OptionError(
            f"{options.genes}: is a pipe, and the name of a file tells the format of genes; save it as a file"
        )
    if options.genes is not None and not options.genes.is_file():
        raise OptionError(f"{options.genes}: no such gene file; check the path given with --genes")
    try:
        stat = options.fasta.stat()
    except OSError as error:
        raise OptionError(f"{options.fasta}: {error.strerror}; check the path of the FASTA") from None
    name = name_of(options.fasta)
    return BookPlan(
        source=name,
        source_bytes=stat.st_size,
        source_mtime_ns=stat.st_mtime_ns,
        title=options.title or name.split(".")[0],
        assembly=options.assembly,
        words=readers.vocabulary.name,
        words_digest=readers.vocabulary.digest,
        reader="ngram" if readers.counted else "ngram-book",
        reader_digest=readers.counted.digest if readers.counted else "",
        letters_digest=readers.letters.digest,
        calibration_digest=shipped_calibration().digest,
        neural=readers.neural.name if readers.neural else "",
        neural_digest=readers.neural.digest if readers.neural else "",
        signal=options.signal,
        generated_titles=options.generated_titles,
        genes=options.genes.name if options.genes else "",
        genes_digest=file_digest(options.genes) if options.genes else "",
    )
