"""Natural homologues: copies of a repeat find copies of their family, and chimpanzee or mouse finds human."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.book.build import build_apart
from benchmarks.common.data import write_fasta
from benchmarks.search.peers import Peer, blast, write_book
from benchmarks.search.queries import Place, Source, rank
from benchmarks.search.tools import MEANING, WORDING, Ours, index_apart, index_of, threads_here
from genomebook.book import Book
from genomebook.language.alphabet import CODE, NOT_BASE, reverse_complement
from genomebook.models.sentences import load_sentence_encoder

REPEATS = "data/annotation/GRCh38_lifted_segments_repeats_ensembl.bed.gz"
PAIRS = "data/sequences/homologous_pairs.tsv.gz"
SHORTEST = 50
"""Letters of a repeat copy that is searched."""

APART = 10_000
"""Letters between two copies above which a stretch counts as not annotated."""

MANY = 20
"""Copies of the smallest stretch that is taken."""

Copies = list[tuple[int, int, str, str]]
"""Start and end, strand, family of each."""

COPIES = 300
"""Repeat copies that are searched, drawn at random."""

HARDEST = 200
"""Pairs that are searched: those of the lowest identity."""

ASKED = 30
"""Hits asked for; what is the query itself is taken out, and ten are looked at."""

FAMILIES = ("SINE/Alu", "LINE/L1", "other")


def natural(folder: Path, ours: Sequence[Ours], peer: Peer, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure both.

    Returns
    -------
    dict
        ``repeats``: ``letters`` of the annotated stretches, ``copies`` searched, ``chance`` (share of the
        letters that a family covers, weighted as the queries are); of each program, by family, ``hits`` of
        ten and ``right``: share of them in a copy of the family. ``pairs``: their number, lowest, median and
        highest identity, and of each program the recall at 1 and at 10.
    """
    say("natural homologues")
    return {"repeats": _repeats(folder, ours[0].book), "pairs": _pairs(ours, peer)}


def _shared(name: str) -> Path:
    return Path(os.environ["GENOMEBOOK_SHARED"]) / name


def _annotated(book: Book) -> dict[str, Copies]:
    """Repeat copies by volume: local start and end, strand, family; volumes without any are left out."""
    found: dict[str, Copies] = {}
    with gzip.open(_shared(REPEATS), "rt") as file:
        for contig, start, end, _, _, strand, family, *_ in csv.reader(file, delimiter="\t"):
            if "/" not in family:  # dust, trf, scRNA
                continue
            for volume in book:
                first, last = int(start) - volume.origin, int(end) - volume.origin
                if contig == volume.contig and first >= 0 and last <= volume.length:
                    found.setdefault(volume.name, []).append((first, last, strand, family))
                    break
    return found


def _stretches(book: Book) -> tuple[dict[str, bytes], dict[str, Copies]]:
    """Letters of the stretches that are annotated throughout, and their copies in local coordinates."""
    letters: dict[str, bytes] = {}
    copies: dict[str, Copies] = {}
    for volume, rows in _annotated(book).items():
        rows.sort()
        begin, reach = 0, rows[0][1]
        for number in range(1, len(rows) + 1):
            if number < len(rows) and rows[number][0] <= reach + APART:
                reach = max(reach, rows[number][1])
                continue
            these, start = rows[begin:number], rows[begin][0]
            if len(these) >= MANY:
                name = f"stretch{len(letters) + 1}"
                letters[name] = book[volume].sequence(start, reach)
                copies[name] = [(a - start, b - start, strand, family) for a, b, strand, family in these]
            if number < len(rows):
                begin, reach = number, rows[number][1]
    return letters, copies


def _repeats(folder: Path, whole: Book) -> dict[str, Any]:
    """Search copies in a book of the annotated stretches alone, so that every hit has an answer."""
    letters, copies = _stretches(whole)
    path = folder / "repeats.book"
    if not path.exists():
        volumes = {name: iter([np.frombuffer(one, np.uint8)]) for name, one in letters.items()}
        build_apart(write_fasta(folder / "repeats.fa", volumes), path)
    index = index_of(folder / "repeats", load_sentence_encoder().digest)
    index.parent.mkdir(exist_ok=True)
    index_apart(path, index, workers=1)
    book = Book.open(path)
    peer = blast("BLASTN", "-task", "blastn", most=ASKED)
    peer.build(write_book(book, folder / "repeats-all.fa"), folder / "repeats-blast")
    queries, families = _copies(book, copies)
    searched = {
        name: Ours(name, path, index).search(queries, threads_here(), ASKED) for name in (WORDING, MEANING)
    }
    searched[peer.name] = peer.search(queries, threads_here())
    covered = {
        family: sum(end - start for rows in copies.values() for start, end, _, name in rows if name == family)
        for family in set(families.values())
    }
    size = sum(book[name].length for name in copies)
    wanted = [_group(family) for family in families.values()]
    chance = {
        group: float(np.mean([covered[one] / size for one in families.values() if _group(one) == group]))
        for group in FAMILIES
    }
    return {
        "letters": size,
        "copies": {group: wanted.count(group) for group in FAMILIES},
        "chance": chance,
        "found": {name: _by_family(queries, families, copies, hits) for name, hits in searched.items()},
    }


def _group(family: str) -> str:
    return family if family in FAMILIES else "other"


def _copies(book: Book, copies: dict[str, Copies]) -> tuple[list[Source], dict[str, str]]:
    rows = [
        (volume, *row) for volume, these in copies.items() for row in these if row[1] - row[0] >= SHORTEST
    ]
    chosen = np.random.Generator(np.random.PCG64(5)).permutation(len(rows))[:COPIES]
    queries: list[Source] = []
    families: dict[str, str] = {}
    for number in sorted(chosen.tolist()):
        volume, start, end, strand, family = rows[number]
        letters = book[volume].sequence(start, end).upper()
        letters = letters if strand == "+" else reverse_complement(letters)
        queries.append(Source(f"r{number}", letters, volume, start, end, strand))
        families[f"r{number}"] = family
    return queries, families


def _by_family(
    queries: Sequence[Source],
    families: dict[str, str],
    copies: dict[str, Copies],
    found: dict[str, list[Place]],
) -> dict[str, dict[str, float]]:
    hits: dict[str, list[int]] = {group: [] for group in FAMILIES}
    right: dict[str, int] = dict.fromkeys(FAMILIES, 0)
    for query in queries:
        family = families[query.name]
        others = [one for one in found.get(query.name, []) if not _shares(one, query)][:10]
        hits[_group(family)].append(len(others))
        right[_group(family)] += sum(_is_copy(one, copies, family) for one in others)
    return {
        group: {"hits": float(np.mean(counts)), "right": right[group] / max(1, sum(counts))}
        for group, counts in hits.items()
    }


def _shares(one: Place, query: Source) -> bool:
    """Say whether a hit overlaps the query's own place."""
    return one.volume == query.volume and one.start < query.end and query.start < one.end


def _is_copy(one: Place, copies: dict[str, Copies], family: str) -> bool:
    """Say whether at least half of a hit lies in one copy of the family."""
    return any(
        name == family and 2 * (min(one.end, end) - max(one.start, start)) >= one.end - one.start
        for start, end, _, name in copies.get(one.volume, [])
    )


def _homologues() -> Iterator[tuple[float, bytes, bytes]]:
    """Identity, human letters, letters of the other species."""
    with gzip.open(_shared(PAIRS), "rt") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["label"] == "1":
                yield float(row["identity"]), row["seq_a"].upper().encode(), row["seq_b"].upper().encode()


def _pairs(ours: Sequence[Ours], peer: Peer) -> dict[str, Any]:
    """Search with the other species; right is where the human sequence of the pair lies."""
    text = {volume.name: volume.sequence().upper() for volume in ours[0].book}
    queries: list[Source] = []
    identities: list[float] = []
    for identity, human, other in sorted(_homologues()):
        codes = CODE[np.frombuffer(other, np.uint8)]
        place = _find(text, human) if codes.max() < NOT_BASE else None
        if place is not None and len(queries) < HARDEST:
            queries.append(Source(f"h{len(queries)}", other, *place))
            identities.append(identity)
    tools: list[Ours | Peer] = [*ours, peer]
    searched = {one.name: one.search(queries, threads_here()) for one in tools}
    found = {}
    for name, hits in searched.items():
        ranks = [rank(query, hits.get(query.name, [])[:10]) for query in queries]
        found[name] = {
            "at1": float(np.mean([one == 1 for one in ranks])),
            "at10": float(np.mean([one is not None for one in ranks])),
        }
    return {
        "pairs": len(queries),
        "lowest": identities[0],
        "median": float(np.median(identities)),
        "highest": identities[-1],
        "found": found,
    }


def _find(text: dict[str, bytes], letters: bytes) -> tuple[str, int, int, str] | None:
    """Where letters lie in the book, either strand."""
    for strand, these in (("+", letters), ("-", reverse_complement(letters))):
        for volume, sequence in text.items():
            at = sequence.find(these)
            if at >= 0:
                return volume, at, at + len(these), strand
    return None
