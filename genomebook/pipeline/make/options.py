"""What to make: an assembly, where from, with which annotation; checked before anything is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from genomebook.errors import OptionError
from genomebook.genome.addresses import WebAddresses, WebFile, WebTrack, chromosome_names
from genomebook.options import check_choice, check_parent

TRACKS = ("repeats", "cpg", "ccres")
"""Tracks that are added unless others are named."""

SKIPPABLE = ("annotate", "overview", "index", "ground", "senses", "evidence", "atlas")
"""Steps that a book can do without."""


@dataclass(frozen=True)
class MakeOptions:
    """What to make.

    Attributes
    ----------
    assembly : str
        Name in the table of addresses.
    book : Path
        Folder to make.
    chromosomes : tuple of str
        Their names, under any alias; the whole assembly if empty.
    source : str
        Where the sequence is from: ``ucsc``, ``ncbi``, ``ensembl``.
    genes : str
        Name of a file of genes in the table; ``""`` for none.
    tracks : tuple of str
        Names of tracks in the table.
    reader : str
        Neural reader that also reads the book; ``""``: none.
    words : str
        Vocabulary.
    skip : tuple of str
        Steps of `SKIPPABLE` to leave out.
    addresses : Path or None
        Another table of addresses.
    workers : int
        Threads; 0: one per core.
    replace : bool
        Put the new book in the place of one made otherwise.
    """

    assembly: str
    book: Path
    chromosomes: tuple[str, ...] = ()
    source: str = "ucsc"
    genes: str = "gencode"
    tracks: tuple[str, ...] = TRACKS
    reader: str = ""
    words: str = "words-4096"
    skip: tuple[str, ...] = ()
    addresses: Path | None = None
    workers: int = 0
    replace: bool = False


@dataclass(frozen=True)
class Wanted:
    """The files of a book to make, and the names of its assembly and chromosomes.

    Attributes
    ----------
    assembly : str
        As the table calls it.
    chromosomes : tuple of str
        UCSC names; empty for all.
    sequence : list of WebFile
        One file for each chromosome, or the whole.
    genes : dict of str to WebTrack
        One or none, by name.
    tracks : dict of str to WebTrack
        By name.
    """

    assembly: str
    chromosomes: tuple[str, ...]
    sequence: list[WebFile]
    genes: dict[str, WebTrack]
    tracks: dict[str, WebTrack]

    @property
    def annotation(self) -> dict[str, WebTrack]:
        """Genes and tracks."""
        return {**self.genes, **self.tracks}


def wanted(options: MakeOptions) -> Wanted:
    """Look up everything that is asked for.

    Raises
    ------
    OptionError
        When the table does not have it, or the book has no folder to lie in.
    """
    check_parent(options.book, "the book")
    table = WebAddresses(options.addresses)
    assembly = table.assembly(options.assembly)
    chromosomes = chromosome_names(assembly, options.chromosomes)
    sequence = table.sequence(assembly, options.source, chromosomes)
    known = table.tracks(assembly)
    for step in options.skip:
        check_choice("--skip", step, SKIPPABLE)
    genes, tracks = {}, {}
    if options.genes:
        name = check_choice("--genes", options.genes, [n for n, t in known.items() if t.kind == "genes"])
        genes[name] = known[name]
    for one in options.tracks:
        name = check_choice("--tracks", one, [n for n, t in known.items() if t.kind == "track"])
        tracks[name] = known[name]
    names = [file.name for file in (*sequence, *genes.values(), *tracks.values())]
    twice = {name for name in names if names.count(name) > 1 or not name or name.startswith(".")}
    if twice:
        raise OptionError(f"{table.path or 'addresses'}: two files are called {twice.pop()!r}; rename one")
    return Wanted(assembly, chromosomes, sequence, genes, tracks)


class RecordedOptions(msgspec.Struct):
    """Options as they are kept in the state of a book: `MakeOptions` without the book and the machine."""

    assembly: str
    chromosomes: tuple[str, ...]
    source: str
    genes: str
    tracks: tuple[str, ...]
    reader: str
    words: str
    skip: tuple[str, ...]
    addresses: str


def recorded(options: MakeOptions) -> RecordedOptions:
    """Options to keep in the state of a book."""
    return RecordedOptions(
        options.assembly, options.chromosomes, options.source, options.genes, options.tracks, options.reader,
        options.words, options.skip, str(options.addresses.absolute()) if options.addresses else "",
    )  # fmt: skip


def options_of(kept: RecordedOptions, book: Path) -> MakeOptions:
    """Options of a book from those that were `recorded`."""
    return MakeOptions(
        kept.assembly, book, kept.chromosomes, kept.source, kept.genes, kept.tracks, kept.reader, kept.words,
        kept.skip, Path(kept.addresses) if kept.addresses else None,
    )  # fmt: skip
