"""The human genome as a book: lossless DNA words, sentences, paragraphs and chapters.

Examples
--------
Open a book and read a stretch of it; an address is what UCSC and IGV take, or the name of a gene:

>>> import genomebook as gb
>>> book = gb.open("books/chrM.book")
>>> book.region("MT-ND1")
Region(volume='chrM', start=3306, end=4262)
>>> book.read("chrM:3307-3318")
'ATACCCATGGCC'

Words and sentences come as data frames, positions 0-based half-open:

>>> words = book.words("MT-ND1")
>>> "".join(words["word"])[:12]
'ATACCCATGGCC'
>>> sentences = book.sentences("MT-ND1")
>>> int(sentences["end"].iloc[-1]) >= book.region("MT-ND1").end
True

Search a book that has an index (``genomebook index BOOK``):

>>> searcher = gb.Searcher.open(book)
>>> hit = searcher.search(book.read("chrM:8001-8060"))[0]
>>> (hit.volume, hit.start, hit.end, hit.strand)
('chrM', 8000, 8060, '+')
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genomebook.book.read import Book
    from genomebook.errors import GenomebookError
    from genomebook.files.progress import Stage
    from genomebook.genome.regions import Region
    from genomebook.search.searcher import Searcher
    from genomebook.segmentation.signals import Signal

__version__ = "0.1.0"
__all__ = ["Book", "GenomebookError", "Region", "Searcher", "build", "open"]

_HOMES = {
    "Book": "genomebook.book.read",
    "GenomebookError": "genomebook.errors",
    "Region": "genomebook.genome.regions",
    "Searcher": "genomebook.search.searcher",
}
"""Modules of the classes above, imported on first use: ``import genomebook`` itself loads nothing."""


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'genomebook' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def open(path: Path | str) -> Book:
    """Open a book.

    Parameters
    ----------
    path : Path or str
        Folder of the book.

    Returns
    -------
    Book
        Its files are memory-mapped, so opening costs the same for 16 kb and for 3.1 Gb.

    Raises
    ------
    GenomebookError
        There is no book, its format version is another one, or ``book.json`` is damaged.

    Examples
    --------
    >>> import genomebook as gb
    >>> book = gb.open("books/chrM.book")
    >>> len(book), book["MT"].name, book["chrM"].length
    (1, 'chrM', 16569)
    """
    from genomebook.book.read import Book

    return Book.open(path)


def build(
    fasta: Path | str,
    output: Path | str,
    *,
    words: str = "words-4096",
    genes: Path | str | None = None,
    reader: str = "ngram",
    signal: Signal = "switch",
    generated_titles: bool = False,
    title: str = "",
    assembly: str = "",
    workers: int = 0,
    restart: bool = False,
    replace: bool = False,
    progress: Stage | None = None,
) -> Book:
    """Build a book from a FASTA file and verify it.

    The same input and options give the same bytes with any number of threads. An interrupted build leaves
    ``OUTPUT.part``, and the same call resumes it.

    Parameters
    ----------
    fasta : Path or str
        Plain, gzip, bgzip or bzip2.
    output : Path or str
        Folder to make.
    words : str
        Vocabulary: ``words-600``, ``words-4096``, or the path of one.
    genes : Path or str, optional
        Genes as GFF3, GTF, BED or TSV.
    reader : str
        ``ngram`` for the shipped counts, ``ngram-book`` to count the words of this book, or a neural reader
        such as ``bilingual-mini``.
    signal : Signal
        Signal that places the boundaries: ``switch``, ``surprise`` or ``combined``; with a neural reader also
        ``transfer`` or ``shift``.
    generated_titles : bool
        Let the neural reader write titles too (slow).
    title, assembly : str
        Title of the book and name of the assembly.
    workers : int
        Threads; 0 for one per core.
    restart : bool
        Discard an interrupted build.
    replace : bool
        Replace a book that exists.
    progress : callable, optional
        Called with the name and the size of each stage; returns a function that is called with the work done.

    Returns
    -------
    Book
        The finished book, opened.

    Raises
    ------
    GenomebookError
        The input or an option is not usable. Nothing at `output` is touched.
    OSError
        Writing failed. The same call resumes.

    Examples
    --------
    >>> import genomebook as gb
    >>> book = gb.build("sequence.fa.gz", "small.book", words="words-600", title="A small book")
    >>> book.title, [volume.name for volume in book]
    ('A small book', ['chrM'])
    """
    from genomebook.pipeline.book.build import Options
    from genomebook.pipeline.book.build import build as run

    options = Options(
        Path(fasta), Path(output), words=words, genes=None if genes is None else Path(genes), reader=reader,
        signal=signal, generated_titles=generated_titles, title=title, assembly=assembly, workers=workers,
        restart=restart, replace=replace,
    )  # fmt: skip
    return run(options) if progress is None else run(options, progress)
