"""Sequences to take away as FASTA: of a place, and CDS, mRNA and protein of transcripts.

The header of a record has its name, then gene, place, strand and kind as ``key=value``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from genomebook.annotation.coding import coding_sequence, mrna, protein
from genomebook.annotation.transcript_records import code_of_contig
from genomebook.book import Book
from genomebook.book.page import MAX_BASES
from genomebook.book.transcript import Transcript, shown
from genomebook.errors import RegionError
from genomebook.export import plain
from genomebook.export.page import too_long
from genomebook.genome.regions import Region
from genomebook.language.alphabet import reverse_complement
from genomebook.language.genetic_codes import genetic_code

Kind = Literal["dna", "reverse", "cds", "mrna", "protein"]
KINDS: tuple[Kind, ...] = get_args(Kind)

FRAMES = (1, 2, 3, -1, -2, -3)
"""Reading frames: 1 begins with the first letter of the region, -1 with the last, on the other strand."""

OF_TRANSCRIPTS: tuple[Kind, ...] = ("cds", "mrna", "protein")
"""Kinds that only transcripts have."""

_SPLICED: dict[str, Callable[..., bytes]] = {
    "cds": coding_sequence,
    "mrna": mrna,
    "protein": lambda transcript, sequence: protein(transcript, sequence).encode(),
}


def translated(letters: bytes, frame: int, table: int = 1) -> str:
    """Translate letters of the + strand in one of six frames.

    Parameters
    ----------
    letters : bytes
        DNA in either case.
    frame : int
        One of `FRAMES`.
    table : int
        Genetic code.

    Returns
    -------
    str
        Amino acids of the whole codons: ``*`` for a stop, X for a codon with an ambiguous letter.

    Raises
    ------
    RegionError
        There is no such frame.
    """
    if frame not in FRAMES:
        raise RegionError(f"frame {frame}: not one of {', '.join(map(str, FRAMES))}")
    strand = letters if frame > 0 else reverse_complement(letters)
    return genetic_code(table).translate(strand[abs(frame) - 1 :].upper().replace(b"U", b"T"))


def with_flanks(book: Book, region: Region, flank: int) -> Region:
    """A region with as many letters on either side, as far as the volume goes."""
    length = book[region.volume].length
    return Region(region.volume, max(0, region.start - flank), min(length, region.end + flank))


def region_fasta(book: Book, region: Region, kind: str = "dna", frame: int = 1, flank: int = 0) -> str:
    """A region as FASTA: its DNA, the reverse complement, or its translation in a frame.

    Parameters
    ----------
    book : Book
        The open book.
    region : Region
        Local, 0-based half-open.
    kind : str
        ``dna``, ``reverse`` or ``protein``.
    frame : int
        One of `FRAMES`, for a protein.
    flank : int
        Letters to add on either side.

    Raises
    ------
    RegionError
        The region is longer than a page gives, or there is no such frame.
    """
    region = with_flanks(book, region, flank)
    if region.end - region.start > MAX_BASES:
        raise RegionError(too_long(region))
    volume = book[region.volume]
    letters = volume.sequence(region.start, region.end)
    name = book.addresses.format(region, commas=False)
    if kind == "protein":
        table = code_of_contig(volume.contig)
        return plain.fasta(
            f"{name} frame={frame:+d} genetic_code={table}", translated(letters, frame, table).encode()
        )
    return plain.fasta(name, letters, reverse_complement=kind == "reverse")


def transcript_fasta(book: Book, transcript: Transcript, kind: str) -> str:
    """CDS, mRNA or protein of a transcript as FASTA, 5' to 3' of the transcript.

    Raises
    ------
    RegionError
        The transcript is not coding.
    """
    name = transcript.transcript_id or transcript.name or transcript.gene or "transcript"
    if kind != "mrna" and not transcript.coding:
        raise RegionError(f"{name} has no coding sequence; choose mrna, or another transcript")
    letters = _SPLICED[kind](transcript, book[transcript.volume].sequence)
    spans = transcript.exons if kind == "mrna" else transcript.coding
    place = book.addresses.format(Region(transcript.volume, spans[0][0], spans[-1][1]), commas=False)
    if kind == "protein" and transcript.protein_id:
        name = transcript.protein_id
    notes = {
        "gene": transcript.gene, "transcript": transcript.transcript_id, "place": place,
        "strand": transcript.strand, "kind": kind, "genetic_code": transcript.table if kind != "mrna" else "",
        "phase": transcript.phase if kind == "cds" and transcript.phase else "",
        "note": "cut at the edge of the sequence" if transcript.clipped else "",
    }  # fmt: skip
    head = " ".join(f"{key}={value}" for key, value in notes.items() if value not in ("", "."))
    return plain.fasta(f"{'_'.join(name.split())} {head}", letters)


def transcripts_at(book: Book, place: str) -> list[Transcript]:
    """The transcripts that a text means.

    Parameters
    ----------
    book : Book
        The open book.
    place : str
        Id of a transcript; a gene, of which the one to show is meant; or a region, of which those are meant
        that overlap it, one for each gene.

    Raises
    ------
    RegionError
        The book has no such place, or no transcript there.
    """
    named = book.transcripts.by_id(place.strip())
    if named is not None:
        return [named]
    of_gene = book.transcripts.of_gene(place.strip())
    if of_gene:
        return of_gene[:1]
    region = book.addresses.parse(place)
    here = shown(book.transcripts.overlapping(region.volume, region.start, region.end))
    if not here:
        if len(book.transcripts):
            raise RegionError(f"no transcript lies at {place}; choose another place, or dna")
        raise RegionError(
            "this book has no transcripts; add some: genomebook annotate BOOK --track FILE.gff3"
        )
    return here
