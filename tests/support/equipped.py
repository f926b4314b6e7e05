"""A small book with everything that can be added to one, and all that the app and the command line ask it."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.search.kmer_vectors import KmerVectors
from genomebook.annotation.evidence import evidence_path, read_evidence, write_evidence
from genomebook.annotation.genes import Genes
from genomebook.book import Book
from genomebook.book.annex import adding
from genomebook.book.lexicon import shipped_meaning
from genomebook.book.page import open_page
from genomebook.book.schema import EVIDENCE, GENES, MEANING, PASSAGES
from genomebook.book.transcript import Transcript
from genomebook.book.transcript_writer import add_transcripts
from genomebook.book.volume import Volume
from genomebook.genome.regions import Region
from genomebook.lexicon import atlas
from genomebook.lexicon.listing import listing
from genomebook.lexicon.occurrences import Occurrences
from genomebook.models.registry import load_reader
from genomebook.pipeline.annotate import TrackInput, annotate
from genomebook.pipeline.lexicon.ground import ground
from genomebook.pipeline.lexicon.senses_book import senses_of_book
from genomebook.pipeline.overview import overview
from genomebook.pipeline.search.index import search_index
from genomebook.render.atlas import text as atlas_text
from genomebook.render.page.english import english
from genomebook.search.query import Query
from genomebook.search.searcher import Searcher
from genomebook.search.stores import base as stores
from genomebook.segmentation.scorer import scorer_of
from tests.support import books, figures, made_atlas

ENCODER = KmerVectors(32)
PROMOTED = books.letters(3000, 1)
LETTERS = PROMOTED + b"N" * 50 + books.letters(900, 2).lower() + b"ARYA" + PROMOTED[900:1500]
OTHER = books.letters(700, 3) + b"n"
TRANSCRIPT = Transcript(
    "chr1", "-", "ALPHA", "G1", "T1.2", "P1.2", "ALPHA-1", "protein_coding", "made up",
    ((10, 60), (100, 400)), ((20, 60), (100, 150)), 1, ("basic",), 1, ((120, 123, "U"),), True, 5,
)  # fmt: skip


def equip(folder: Path) -> Path:
    """Make it: two volumes, genes, its own counts, and every folder; vectors of sentences in lists."""
    (folder / "a.fa").write_bytes(books.fasta({"chr1": LETTERS, "chr2": OTHER}))
    genes = folder / "genes.bed"
    genes.write_text("chr1\t10\t2000\tALPHA\nchr2\t1\t600\tBETA\n")
    book = folder / "equipped.book"
    options = {"genes": genes, "reader": "ngram-book", "words": "words-4096", "workers": 1}
    books.make(folder / "a.fa", book, **options)
    made_atlas.put_atlas(book)
    ground(book, shifts=5)
    senses_of_book(book, load_reader("bilingual-mini"), random=False)
    put_transcripts(book)
    put_tracks(book)
    put_meaning(book)
    overview(book)
    with adding(book, "evidence") as draft:
        write_evidence(figures.made_up(), draft.folder / EVIDENCE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stores, "MIN_IVF_ROWS", 10)
        about = search_index(book, encoder=ENCODER, workers=1)
    assert about.vectors is not None
    assert about.vectors.sentences is not None
    assert about.vectors.sentences.rerank
    assert about.vectors.paragraphs is not None
    assert about.vectors.paragraphs.rerank is False
    return book


def put_transcripts(book: Path) -> None:
    """Give a book two made-up transcripts of a gene on its first volume."""
    lengths = {volume.name: volume.length for volume in Book.open(book)}
    first = next(iter(lengths))
    long = dataclasses.replace(TRANSCRIPT, volume=first)
    add_transcripts(
        book, [long, dataclasses.replace(long, transcript_id="T3.1", coding=((20, 60),))], lengths
    )


def put_tracks(book: Path) -> None:
    """Give a book a made-up track of intervals and a signal on its first volume."""
    name = next(iter(Book.open(book))).name
    intervals = "".join(f"{name}\t{n}\t{n + 30}\tone{n}\t{n}\t+\n" for n in range(10, 310, 10))
    values = "".join(f"{name}\t{n}\t{n + 2}\t{n % 7}\n" for n in range(0, 400, 2))
    with tempfile.TemporaryDirectory() as folder:
        bed, graph = Path(folder, "islands.bed"), Path(folder, "signal.bedGraph")
        bed.write_text(intervals)
        graph.write_text(values)
        annotate(book, [TrackInput(bed), TrackInput(graph)])


def put_meaning(book: Path) -> None:
    """Give it the glosses by meaning that are shipped for its vocabulary as its own."""
    with shipped_meaning(Book.open(book).vocabulary.digest) as folder, adding(book, "meaning") as draft:
        assert folder is not None
        for name in (MEANING, PASSAGES):
            shutil.copy(folder / name, draft.folder / name)
        draft.about = {"language": "English"}


def _tracks(book: Book) -> Any:
    known = book.features
    values = [known.values(track.name, "chr1", 0, 640, 8).tobytes().hex() for track in known.tracks]
    return known.tracks, known.overlapping("chr1", 0, 600), values, known.step("islands", "chr1", 50)


def _transcripts(book: Book) -> Any:
    known = book.transcripts
    return list(known.all()), known.of_gene("ALPHA"), known.by_id("T1"), known.overlapping("chr1", 0, 99)


def _genes(book: Book) -> Any:
    genes = Genes.open(book.folder.checked(GENES))
    return book.addresses.parse("ALPHA"), genes.overlapping("chr1", 0, 3000)


def _pages(book: Book) -> Any:
    found: list[Any] = [book.title, book.contigs, book.digest]
    for volume in book:
        for start in (0, 2_990, volume.length - 1):
            at = min(start, volume.length - 1)
            found += [open_page(book, Region(volume.name, at, volume.length)), volume.locate(at)]
        found += [volume.sequence(), volume.gaps(), volume.lower_case(), volume.counts, volume.refget]
        found += [signal[:] for signal in volume.signals.values()]
        found += [volume.parts(), volume.chapters(), volume.sections()]
    return found


def _lexicon(book: Book) -> Any:
    known, places = book.lexicon, Occurrences.open(book)
    of_words = [(places.ordinals(word, 0, 5), places.along(word, 3)) for word in (0, 16, 100, 619)]
    return listing(known), known.grounded, known.senses, known.glosses, known.short_tags, of_words


def _english(book: Book) -> Any:
    return list(english(book, Region("chr1", 0, 4000)))


def _annotation(book: Book) -> Any:
    assert book.annotation
    spans = [book.annotation.shares("chr1", start, start + 300) for start in range(0, 3900, 300)]
    return book.annotation.known("chr1"), book.annotation.known("chr2"), spans


def _maps(book: Book) -> Any:
    with pytest.MonkeyPatch.context() as patch:  # those that are shipped are no part of the book
        patch.setattr(atlas, "shipped_atlas", lambda words: {})
        own = atlas.atlases(book)[made_atlas.READER]
    names = (made_atlas.WORDS, made_atlas.SENTENCES)
    return own, [(atlas_text.kept(own, name), atlas_text.variance(own, name)) for name in names]


def _marks(book: Book) -> Any:
    scorer = scorer_of(book)
    return scorer.readers(), scorer.score(book["chr2"].ids[:])


def _sequence_search(book: Book) -> Any:
    searcher = Searcher.open(book, encoder=ENCODER)
    asked = (LETTERS[100:400], OTHER[50:300], LETTERS[3300:3700].upper(), PROMOTED[950:1010])
    return [searcher.search(Query("q", letters), limit=5) for letters in asked]


def _evidence(book: Book) -> Any:
    return read_evidence(evidence_path(book)[0])


def _embedding_search(book: Book) -> Any:
    searcher = Searcher.open(book, encoder=ENCODER)
    asked = (LETTERS[100:180], OTHER[50:130], PROMOTED[200:900])
    return [searcher.search(Query("q", letters), ("sequence", "embedding"), limit=5) for letters in asked]


ASKED: tuple[Callable[[Book], Any], ...] = (
    _genes, _pages, _lexicon, _english, _annotation, _maps, _marks, _sequence_search,
    _embedding_search, _evidence, _transcripts, _tracks,
)  # fmt: skip


def text(answer: Any) -> str:
    """All of an answer as text, so that answers can be compared."""
    if isinstance(answer, pd.DataFrame):
        return str(answer.to_csv())
    if isinstance(answer, np.ndarray):
        return answer.tobytes().hex()
    if dataclasses.is_dataclass(answer):
        return text(vars(answer) if hasattr(answer, "__dict__") else repr(answer))
    if isinstance(answer, Mapping):
        return ", ".join(f"{key}: {text(value)}" for key, value in answer.items())
    if isinstance(answer, list | tuple):
        return f"[{', '.join(map(text, answer))}]"
    if isinstance(answer, Volume):
        return answer.name
    return repr(answer)
