"""The steps from nothing to a finished book: what each does, needs and follows from."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genomebook.book.read import Book
from genomebook.files.atomic import aside
from genomebook.files.progress import Message, Stage
from genomebook.genome.names import contig_names
from genomebook.models.registry import load_reader
from genomebook.pipeline.annotate import TrackInput, annotate
from genomebook.pipeline.atlas.book import atlas_of_book
from genomebook.pipeline.book.build import Options, build
from genomebook.pipeline.evidence.book import measure_book
from genomebook.pipeline.lexicon.ground import ground
from genomebook.pipeline.lexicon.senses_book import senses_of_book
from genomebook.pipeline.make.beds import track_beds
from genomebook.pipeline.make.cut import can_be_cut, cut
from genomebook.pipeline.make.options import MakeOptions, Wanted
from genomebook.pipeline.make.state import CUT, MakeState
from genomebook.pipeline.overview import overview
from genomebook.pipeline.search.index import search_index

READER = "bilingual-mini"
"""Reader of the senses and the atlas, unless another reads the book."""


@dataclass(frozen=True)
class Making:
    """What the steps work with.

    Attributes
    ----------
    options : MakeOptions
        What to make.
    files : Wanted
        Files on the web.
    state : MakeState
        What has been done.
    annotation : tuple of str
        Names of the genes and tracks that have been downloaded.
    note : callable
        Called with a line for people.
    """

    options: MakeOptions
    files: Wanted
    state: MakeState
    annotation: tuple[str, ...]
    note: Message

    @property
    def book(self) -> Path:
        """Folder of the book."""
        return self.options.book

    @property
    def threads(self) -> int:
        """Threads to use."""
        return self.options.workers or os.cpu_count() or 1

    @property
    def reader(self) -> str:
        """Reader of senses and atlas."""
        return self.options.reader or READER

    def of(self, name: str) -> Path:
        """Downloaded file of a track."""
        return self.state.place(self.files.annotation[name].name)

    def sequence(self) -> Path:
        """One FASTA file of all downloaded sequences: packed files one after the other are a packed file."""
        parts = [self.state.place(file.name) for file in self.files.sequence]
        if len(parts) == 1:
            return parts[0]
        names = "_".join(part.name.split(".")[0] for part in parts)
        joined = self.state.folder / f"{names[:100]}{''.join(parts[0].suffixes[-2:])}"
        newest = max(part.stat().st_mtime_ns for part in parts)
        size = sum(part.stat().st_size for part in parts)
        if not joined.is_file() or joined.stat().st_size != size or joined.stat().st_mtime_ns < newest:
            with aside(joined) as path, path.open("wb") as out:
                for part in parts:
                    with part.open("rb") as content:
                        shutil.copyfileobj(content, out, 1 << 20)
        return joined

    def text(self, name: str, stage: Stage) -> Path:
        """File of a track; of a text file of the whole genome the rows of the chromosomes of the book."""
        source = self.of(name)
        if not self.files.chromosomes or not can_be_cut(source):
            return source
        target = self.state.folder / CUT / source.name
        if not target.is_file() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            names = [n for c in self.files.chromosomes for n in contig_names(c, None, self.files.assembly)]
            cut(source, target, names, stage(f"rows of {name}", source.stat().st_size))
        return target

    def beds(self) -> list[Path]:
        """BED files of the tracks, for the steps that compare words or boundaries with them."""
        return track_beds(
            Book.open(self.book),
            [t.label for n, t in self.files.tracks.items() if n in self.annotation],
            self.state,
        )


@dataclass(frozen=True)
class Step:
    """A step.

    Attributes
    ----------
    name : str
        Name on the command line.
    what : str
        What it does, in a few words.
    run : callable
        Does it.
    annex : str
        Folder that it adds to the book; ``""`` for the book itself.
    after : tuple of str
        Steps whose result it reads.
    files : callable
        Names of the files of annotation that it reads.
    inputs : callable
        Options that it follows from.
    """

    name: str
    what: str
    run: Callable[[Making, Stage], None]
    annex: str
    after: tuple[str, ...] = ()
    files: Callable[[Making], tuple[str, ...]] = lambda making: ()
    inputs: Callable[[MakeOptions], Mapping[str, Any]] = lambda options: {}


def _genes(making: Making) -> tuple[str, ...]:
    return tuple(name for name in making.files.genes if name in making.annotation)


def _tracks(making: Making) -> tuple[str, ...]:
    return making.annotation


def _build(making: Making, stage: Stage) -> None:
    options, files = making.options, making.files
    genes = next((making.text(name, stage) for name in _genes(making)), None)
    title = " ".join([files.assembly, ", ".join(files.chromosomes)]).strip()
    build(
        Options(
            making.sequence(), making.book, words=options.words, reader=options.reader or "ngram",
            genes=genes, title=title, assembly=files.assembly, workers=options.workers, replace=True,
            restart=not making.state.resumes,
        ),
        stage,
    )  # fmt: skip


def _annotate(making: Making, stage: Stage) -> None:
    for name in making.annotation:  # one by one, so that a bad file does not keep out the others
        annotate(
            making.book,
            [TrackInput(making.text(name, stage), making.files.annotation[name].label)],
            progress=stage,
            note=making.note,
        )
    making.beds()


def _overview(making: Making, stage: Stage) -> None:
    overview(making.book, threads=making.threads, progress=stage)


def _index(making: Making, stage: Stage) -> None:
    search_index(making.book, workers=making.options.workers, progress=stage)


def _ground(making: Making, stage: Stage) -> None:
    ground(making.book, making.beds(), threads=making.threads, progress=stage)


def _senses(making: Making, stage: Stage) -> None:
    senses_of_book(
        making.book, load_reader(making.reader, threads=making.threads), random=False, progress=stage
    )


def _evidence(making: Making, stage: Stage) -> None:
    done = stage("letters and words", 1)

    def report(what: str) -> None:
        nonlocal done
        done(1)
        done = stage(what, 1)

    reader = making.options.reader
    measure_book(making.book, making.beds(), reader=reader, threads=making.threads, report=report)
    done(1)


def _atlas(making: Making, stage: Stage) -> None:
    atlas_of_book(
        making.book, load_reader(making.reader, threads=making.threads), making.beds(), progress=stage
    )


def _reader(options: MakeOptions) -> Mapping[str, Any]:
    return {"reader": options.reader or READER}


BUILD = Step(
    "build", "divide the sequence into words, sentences and chapters; the lexicon", _build, "",
    files=_genes, inputs=lambda options: {"words": options.words, "reader": options.reader},
)  # fmt: skip
ADDED = (
    Step("annotate", "genes, repeats and other tracks", _annotate, "tracks", files=_tracks),
    Step("overview", "zoom levels", _overview, "overview", after=("annotate",)),
    Step("index", "index for search", _index, "search"),
    Step("ground", "what each word occurs in", _ground, "ground", after=("annotate",)),
    Step("senses", "senses of the words", _senses, "senses", inputs=_reader),
    Step("evidence", "boundaries beside their controls", _evidence, "evidence", after=("annotate",)),
    Step("atlas", "maps of words and passages", _atlas, "atlas", after=("annotate",), inputs=_reader),
)
STEPS = {step.name: step for step in (BUILD, *ADDED)}
"""All steps after the download, in order."""
