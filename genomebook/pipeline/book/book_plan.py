"""Plan of a build: everything that a book follows from."""

from __future__ import annotations

from dataclasses import dataclass

from genomebook import __version__


@dataclass(frozen=True)
class BookPlan:
    """Everything a book follows from.

    Attributes
    ----------
    source : str
        The FASTA's file name.
    source_bytes, source_mtime_ns : int
        Its size and time, so that a changed file is noticed.
    title, assembly : str
        Shown to the reader.
    words : str
        Name of the vocabulary; ``words_digest`` says which.
    reader : str
        ``ngram`` or ``ngram-book``; ``reader_digest`` says which counts the former has.
    letters_digest, calibration_digest : str
        Counts of letters; constants of the signals.
    neural, neural_digest : str
        Neural reader, or ``""``.
    signal : str
        What cuts the book.
    generated_titles : bool
        Whether the neural reader writes titles too.
    genes, genes_digest : str
        File name and SHA-256 of the gene file, or ``""``.
    program : str
        Version of genomebook: stages of two versions do not mix.
    """

    source: str
    source_bytes: int
    source_mtime_ns: int
    title: str
    assembly: str
    words: str
    words_digest: str
    reader: str
    reader_digest: str
    letters_digest: str
    calibration_digest: str
    neural: str
    neural_digest: str
    signal: str
    generated_titles: bool
    genes: str
    genes_digest: str
    program: str = __version__
