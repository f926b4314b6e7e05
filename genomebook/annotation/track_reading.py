"""Rows of a track file on the volumes of a book: names resolved, assembly checked, clipped to slices."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from genomebook.annotation.attributes import for_people
from genomebook.annotation.formats.registry import TrackFile, track_file
from genomebook.annotation.formats.source import Source
from genomebook.annotation.places import contig_length, fit, resolver, stated_assembly
from genomebook.book.read import Book
from genomebook.errors import AnnotationError
from genomebook.genome.regions import Contig
from genomebook.genome.stretches import prefix_sums

MISMATCHES = 0.1
"""Share of the variants whose REF may differ from the book before the file is one of another assembly."""

WINDOW = 1 << 20
"""Letters of the book read at once to compare them with REF."""

_NAMED, _SHOWN = 3, 12
"""Rows named in a message, and letters of an allele in it."""

Letters = Callable[[str, int, int], bytes]
"""Letters of a volume from start to end, local."""


@dataclass
class Counted:
    """Rows of a file that are not in the track, and the first of each kind.

    Attributes
    ----------
    total : int
        Rows read.
    number : dict of str to int
        By reason: ``elsewhere`` (sequences that the book does not have), ``outside`` (beside the slices of
        the book), ``impossible`` (end before start, or start below 1), ``beyond`` (the end of the sequence),
        ``mismatch`` (REF is not what the book has).
    first : dict of str to list of str
        The first of each.
    """

    total: int = 0
    number: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[str]] = field(default_factory=dict)

    def add(self, why: str, count: int, named: Sequence[str] = ()) -> None:
        """Count rows."""
        if count:
            self.number[why] = self.number.get(why, 0) + count
            self.first[why] = [*self.first.get(why, []), *named][:_NAMED]


class TrackReading:
    """Reads a track for a book.

    Parameters
    ----------
    source : Source
        The file.
    contigs : sequence of Contig
        The volumes of the book, in order.
    assembly : str
        Of the book, if known.
    letters : callable
        See `Letters`.

    Attributes
    ----------
    file : TrackFile
        Its format and kind.
    counted : Counted
        What is left out.
    known : set of int
        Volumes that the file is about.
    """

    def __init__(self, source: Source, contigs: Sequence[Contig], assembly: str, letters: Letters) -> None:
        self.file: TrackFile = track_file(source)
        self._contigs, self._assembly, self._letters = contigs, assembly, letters
        self._target = resolver(source, contigs, assembly)
        self._at = prefix_sums([contig.length for contig in contigs])
        self._numbers: dict[str, list[int]] = {}
        for number, contig in enumerate(contigs):
            for name in {contig.name, contig.contig}:
                self._numbers.setdefault(name, []).append(number)
        self._seen: dict[str, int] = {}
        self._checked = False
        self.counted = Counted()
        self.known: set[int] = set()

    def chunks(self) -> Iterator[pd.DataFrame]:
        """Yield the rows of the file that lie in the book.

        Yields
        ------
        DataFrame
            ``start``, ``end`` (int64, on the line on which the volumes stand end to end), ``strand``,
            ``name``, ``group``, ``note`` (str, cleaned), ``score`` (float64); in the order of the file.

        Raises
        ------
        AnnotationError
            The file cannot be read, has nothing in this book, or is for another assembly: it says so, its
            sequences have other lengths, rows lie beyond their end, or REF letters differ from the book.
        """
        for rows in self.file.rows():
            if not self._checked:
                self._check_head()
            placed = self._placed(rows)
            if len(placed):
                yield placed
        self._check_all()

    def _check_head(self) -> None:
        """Refuse another assembly by what the file says of itself."""
        self._checked = True
        declared = self.file.declared
        stated_assembly(self.file.source, declared.comments, self._assembly)
        other = []
        for name, length in declared.lengths.items():
            for number in self._numbers.get(self._target(name) or "", ())[:1]:
                own = contig_length(self._contigs[number], self._assembly)
                if own is not None and (length > own or (declared.exact and length != own)):
                    other.append(f"{name} has {length:,} letters, {self._contigs[number].contig} {own:,}")
        if other:
            raise AnnotationError(
                f"{self.file.source}: made for another assembly: {len(other)} of its "
                f"{len(declared.lengths):,} sequences have other lengths than in the book "
                f"({'; '.join(other[:_NAMED])}); give the track of this assembly, or lift it over"
            )

    def _placed(self, rows: pd.DataFrame) -> pd.DataFrame:
        counts = rows["contig"].value_counts(sort=False)
        here = []
        for name, count in counts.items():
            self._seen[str(name)] = self._seen.get(str(name), 0) + int(count)
            target = self._target(str(name))
            if target is not None:
                here.append(name)
                self.known.update(self._numbers[target])
        self.counted.total += len(rows)
        inside = rows[rows["contig"].isin(here)]
        self.counted.add("elsewhere", len(rows) - len(inside))
        placed = self._possible(inside.rename_axis("line").reset_index())
        if not len(placed):
            return placed
        if "ref" in placed:
            placed = self._matching(placed)
        number = placed["volume"].cat.codes.to_numpy()
        places = {name: placed[name] + self._at[number] for name in ("start", "end")}
        notes = {text: for_people(text) for text in placed["note"].unique()}
        return placed.assign(**places, note=placed["note"].map(notes))

    def _possible(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows in the volumes of the book, without those that cannot be."""
        wrong = (rows["start"] < 0) | (rows["start"] > rows["end"])
        self.counted.add("impossible", int(wrong.sum()), _named(rows[wrong]))
        rows = rows[~wrong]
        if not len(rows):
            return rows
        contig = rows["contig"]
        rows = rows.assign(on=contig, first=rows["start"], last=rows["end"])
        placed = fit(rows, self._contigs, self._target, self._assembly, self.file.declared.circular)
        self.counted.add("outside", len(set(rows["line"])) - placed["line"].nunique())
        length = np.array([c.length for c in self._contigs])[placed["volume"].cat.codes.to_numpy()]
        beyond = (placed["end"] > length) | (placed["start"] < 0)
        far = placed[beyond].assign(contig=placed["on"], start=placed["first"], end=placed["last"])
        self.counted.add("beyond", int(beyond.sum()), _named(far))
        kept = placed[~beyond]
        empty = kept["start"] == kept["end"]
        self.counted.add("no letters", int(empty.sum()), [f"line {line}" for line in kept["line"][empty][:3]])
        return kept

    def _matching(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Variants whose REF stands in the book; a part of a REF that a slice cuts is not compared."""
        right = np.ones(len(rows), bool)
        volume, start = rows["volume"].astype(str).to_numpy(), rows["start"].to_numpy()
        refs, whole = rows["ref"].tolist(), ~rows["clipped"].to_numpy()
        order = np.lexsort((start, volume))
        held, low, text = "", 0, b""
        for at in order.tolist():
            size = len(refs[at])
            if not whole[at]:
                continue
            if volume[at] != held or start[at] + size > low + len(text):
                held, low = volume[at], int(start[at])
                text = self._letters(held, low, low + max(WINDOW, size)).upper()
            own = text[start[at] - low : start[at] - low + size]
            right[at] = own == refs[at].upper().encode()
        wrong = rows[~right]
        first = wrong.head(_NAMED)
        places = zip(first["on"], first["first"].tolist(), first["ref"], strict=True)
        named = [f"{contig}:{start + 1} {ref[:_SHOWN]}" for contig, start, ref in places]
        self.counted.add("mismatch", len(wrong), named)
        self.counted.add("compared", int(whole.sum()))
        return rows[right]

    def _check_all(self) -> None:
        """Refuse the file for what its rows are, all of them read."""
        count, first, source = self.counted.number, self.counted.first, self.file.source
        if not self.known:
            raise AnnotationError(self._elsewhere())
        if "beyond" in count:
            raise AnnotationError(
                f"{source}: {count['beyond']:,} of {self.counted.total:,} rows lie beyond the end of their "
                f"sequence in the book, first {'; '.join(first['beyond'])}; it seems to be of another "
                f"assembly than the book ({self._assembly or 'unknown assembly'}): lift it over, or give "
                "the track of this assembly"
            )
        compared, other = count.pop("compared", 0), count.get("mismatch", 0)
        if other > MISMATCHES * compared:
            raise AnnotationError(
                f"{source}: REF of {other:,} of {compared:,} variants is not what the book has there, first "
                f"{'; '.join(first['mismatch'])}; it seems to be of another assembly: lift it over, or give "
                "the VCF of this assembly"
            )
        if self.counted.total and count.get("impossible", 0) == self.counted.total:
            raise AnnotationError(f"{source}: no row ends after it starts, first {first['impossible'][0]}")

    def _elsewhere(self) -> str:
        source = self.file.source
        if not self._seen:
            return f"{source}: holds no intervals; give a file with some"
        about = ", ".join(list(self._seen)[:_NAMED]) + (", ..." if len(self._seen) > _NAMED else "")
        book = ", ".join(c.name for c in self._contigs[:_NAMED])
        more = ", ..." if len(self._contigs) > _NAMED else ""
        return (
            f"{source}: is for other sequences than this book; it has {about}, the book has {book}{more}; "
            "give the track of the same sequences"
        )


def left_out_notes(source: Source, counted: Counted) -> list[str]:
    """One line for each kind of row that is not in the track, or that a person should look at."""
    said = {
        "elsewhere": "are on sequences that the book does not have",
        "impossible": "end before they start or start below 1 and are left out",
        "mismatch": "have a REF that is not what the book has there and are left out",
        "no letters": "have no letters (start = end), as insertions have; a file that counts from 1 in "
        "place of 0 has such rows too, and its places are then one letter off",
    }
    notes = []
    for why, text in said.items():
        if why in counted.number:
            first = counted.first.get(why)
            named = f", first {first[0]}" if first else ""
            notes.append(f"{source}: {counted.number[why]:,} of {counted.total:,} rows {text}{named}")
    return notes


def _named(rows: pd.DataFrame) -> list[str]:
    """Places of the first rows, 1-based inclusive, with their lines."""
    few = rows.head(_NAMED)
    columns = [few[name].tolist() for name in ("line", "contig", "start", "end")]
    return [f"line {line}, {contig}:{a + 1}-{b}" for line, contig, a, b in zip(*columns, strict=True)]


def letters_of(book: Book) -> Letters:
    """Read letters of the volumes of a book."""

    def letters(volume: str, start: int, end: int) -> bytes:
        return book[volume].sequence(start, min(end, book[volume].length))

    return letters


def source_digest(source: Source) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
