"""The programs that search is measured beside: BLASTN, minimap2 and MMseqs2, as Debian packages them."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.search.queries import Place, Source
from genomebook.book import Book

PACKAGES = {"blastn": "ncbi-blast+", "minimap2": "minimap2", "mmseqs": "mmseqs2"}
TOP = 10
"""Hits asked for."""

LARGEST = 10.0
"""E-value up to which a hit is reported, of BLASTN as of us."""

COLUMNS = "6 qseqid sseqid sstart send sstrand bitscore evalue"


def missing() -> list[str]:
    """Debian packages to install first."""
    return [package for program, package in PACKAGES.items() if shutil.which(program) is None]


def versions() -> dict[str, str]:
    """Version of each program, in its own words."""
    say = {"blastn": ["-version"], "minimap2": ["--version"], "mmseqs": ["version"]}
    found = {}
    for program, how in say.items():
        said = subprocess.run([program, *how], capture_output=True, text=True, check=True).stdout
        found[program] = re.sub(r"^blastn: ", "", said.splitlines()[0])
    return found


def write_book(book: Book, path: Path) -> Path:
    """Write the letters of a book as FASTA, one line a volume."""
    with path.open("wb") as file:
        for volume in book:
            file.write(b">" + volume.name.encode() + b"\n" + volume.sequence().upper() + b"\n")
    return path


def write_queries(sources: Iterable[Source], path: Path) -> Path:
    """Write queries as FASTA."""
    path.write_bytes(b"".join(b">%s\n%s\n" % (one.name.encode(), one.letters) for one in sources))
    return path


def blast_places(text: str) -> dict[str, list[Place]]:
    """Read BLASTN's table of `COLUMNS`: best bit score first (BLASTN groups hits by volume)."""
    found: dict[str, list[Place]] = {}
    for line in text.splitlines():
        query, volume, start, end, strand, score, evalue = line.split("\t")
        low, high = sorted((int(start), int(end)))
        sign = "+" if strand == "plus" else "-"
        found.setdefault(query, []).append(Place(volume, low - 1, high, sign, float(score), float(evalue)))
    return _best(found)


def paf_places(text: str) -> dict[str, list[Place]]:
    """Read minimap2's PAF: best alignment score (AS) first, the primary one before its equals."""
    found: dict[str, list[Place]] = {}
    for line in text.splitlines():
        cells = line.split("\t")
        score = next(float(cell[5:]) for cell in cells[12:] if cell.startswith("AS:i:"))
        place = Place(cells[5], int(cells[7]), int(cells[8]), cells[4], score)
        found.setdefault(cells[0], []).append(place)
    return _best(found)


def mmseqs_places(text: str) -> dict[str, list[Place]]:
    """Read MMseqs2's table (query,target,qstart,qend,tstart,tend,bits,evalue): a strand runs backwards."""
    found: dict[str, list[Place]] = {}
    for line in text.splitlines():
        query, volume, *rest = line.split("\t")
        query_start, query_end, start, end = (int(cell) for cell in rest[:4])
        low, high = sorted((start, end))
        strand = "+" if (query_start <= query_end) == (start <= end) else "-"
        found.setdefault(query, []).append(
            Place(volume, low - 1, high, strand, float(rest[4]), float(rest[5]))
        )
    return _best(found)


def _best(found: dict[str, list[Place]]) -> dict[str, list[Place]]:
    return {name: sorted(places, key=lambda one: -one.score) for name, places in found.items()}


@dataclass
class Peer:
    """A program with its settings on one database.

    Attributes
    ----------
    name : str
        As the tables call it.
    index : list of list of str
        Commands that make its index; ``{fasta}`` and ``{db}`` are filled in.
    find : list of str
        Command of a search; also ``{query}``, ``{threads}``, ``{folder}`` and ``{out}``.
    read : callable
        Parser of what it wrote.
    """

    name: str
    index: list[list[str]]
    find: list[str]
    read: Callable[[str], dict[str, list[Place]]]
    folder: Path = Path()
    build_seconds: float = 0.0

    def build(self, fasta: Path, folder: Path) -> None:
        """Make the index in a folder of its own (one that is there is used again)."""
        self.folder = folder
        if (folder / "done").exists():
            self.build_seconds = float((folder / "done").read_text())
            return
        folder.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        for command in self.index:
            _run(_filled(command, fasta=fasta, db=folder / "db", folder=folder))
        self.build_seconds = time.perf_counter() - began
        (folder / "done").write_text(str(self.build_seconds))

    @property
    def short(self) -> str:
        """Name of its folder."""
        return re.sub(r"\W+", "-", self.name).strip("-")

    @property
    def bytes(self) -> int:
        """Bytes of the index."""
        return sum(file.stat().st_size for file in self.folder.glob("db*"))

    def search(
        self, sources: Sequence[Source], threads: int, more: Sequence[str] = ()
    ) -> dict[str, list[Place]]:
        """Search all queries with one call of the program."""
        query = write_queries(sources, self.folder / "query.fa")
        self.run(query, threads, more)
        return self.read((self.folder / "out").read_text())

    def run(self, query: Path, threads: int, more: Sequence[str] = ()) -> float:
        """Call the program; its seconds."""
        out = self.folder / "out"
        command = _filled(
            self.find, query=query, db=self.folder / "db", threads=threads, folder=self.folder, out=out
        )
        began = time.perf_counter()
        _run([*command, *more])
        return time.perf_counter() - began


def _filled(command: list[str], **values: object) -> list[str]:
    return [part.format(**values) for part in command]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}: {' / '.join(last)}")


def blast(name: str, *settings: str, most: int | None = TOP) -> Peer:
    """BLASTN; the E-value is ours, the hits of a volume are at most ``most`` (its best), low words masked."""
    return Peer(
        name,
        [["makeblastdb", "-in", "{fasta}", "-dbtype", "nucl", "-out", "{db}"]],
        [
            *("blastn", "-db", "{db}", "-query", "{query}", "-num_threads", "{threads}", "-out", "{out}"),
            *("-outfmt", COLUMNS, "-evalue", str(LARGEST)),
            *(("-max_hsps", str(most)) if most else ()),
            *settings,
        ],
        blast_places,
    )


def minimap(name: str, both: Sequence[str], *searching: str) -> Peer:
    """minimap2 with alignment of letters and up to ten secondary hits; some settings are also the index's."""
    where = ["-t", "{threads}", "-o", "{out}", "{db}", "{query}"]
    return Peer(
        name,
        [["minimap2", *both, "-d", "{db}", "{fasta}"]],
        ["minimap2", *both, *searching, "-c", "-N", str(TOP), *where],
        paf_places,
    )


def mmseqs(name: str) -> Peer:
    """MMseqs2, nucleotides against nucleotides; its table of 12-mers is made anew by every search.

    With its own default, 15-mers, it finds no more and needs 8.5 GB.
    """
    columns = "query,target,qstart,qend,tstart,tend,bits,evalue"
    return Peer(
        name,
        [["mmseqs", "createdb", "{fasta}", "{db}"]],
        [
            *("mmseqs", "easy-search", "{query}", "{db}", "{out}", "{folder}/tmp", "--search-type", "3"),
            *("-k", "12", "--threads", "{threads}", "-e", str(LARGEST), "--format-output", columns),
        ],
        mmseqs_places,
    )


def peers() -> list[Peer]:
    """All programs in the settings that are measured."""
    return [
        blast("BLASTN", "-task", "blastn"),
        blast("BLASTN, words of 7", "-task", "blastn", "-word_size", "7"),
        blast("megablast", "-task", "megablast"),
        minimap("minimap2 -x map-ont", ("-x", "map-ont")),
        minimap("minimap2 -x sr", ("-x", "sr")),
        minimap("minimap2 -k 11 -w 3", ("-k", "11", "-w", "3"), "-n", "2", "-m", "15", "-s", "30"),
        mmseqs("MMseqs2"),
    ]
