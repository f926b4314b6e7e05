"""Read VCF and BCF files onto the volumes of a book, REF checked against its letters."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from genomebook.annotation.formats.source import Upload, binary_file
from genomebook.annotation.places import contig_length, resolver
from genomebook.annotation.variants.alleles import VariantAllele, short, trimmed
from genomebook.annotation.variants.letters import LetterCache, LetterReader
from genomebook.book.read import Book
from genomebook.errors import AnnotationError
from genomebook.files.progress import Advance, no_progress
from genomebook.genome.assemblies import assembly_of

MAX_ALLELE = 5_000
"""Letters of REF or ALT up to which an allele is assessed."""

UPLOAD_BYTES = 50_000_000
UPLOAD_RECORDS = 1_000_000

TOLERATED = 0.1
"""Share of REF that may disagree with the book; above it the file is of another assembly."""

FEW = 2
"""So many REF may disagree in any file."""

_NAMED = 3
_BASES = re.compile(r"[ACGT]+")
_STATED = re.compile(r"##(?:reference|assembly)=(.*)|##contig=<.*\bassembly=\"?([^,>\"]*)")


@dataclass
class VariantTally:
    """What became of the records of a file.

    Attributes
    ----------
    name : str
        Of the file.
    records, alleles, assessed : int
        Records read; their alternative alleles on the volumes of the book; those that were assessed.
    elsewhere : dict of str to int
        Records on contigs that the book lacks, by contig.
    outside : int
        Records on contigs of the book, outside its volumes.
    checked, disagree : int
        Records whose REF was compared with the book; those where it is another.
    disagreements : list of str
        The first three of those, for people.
    not_assessed : dict of str to (int, str)
        Number of alleles and the first of them, by reason.
    """

    name: str
    records: int = 0
    alleles: int = 0
    assessed: int = 0
    elsewhere: dict[str, int] = field(default_factory=dict)
    outside: int = 0
    checked: int = 0
    disagree: int = 0
    disagreements: list[str] = field(default_factory=list)
    not_assessed: dict[str, tuple[int, str]] = field(default_factory=dict)

    def count(self, allele: VariantAllele) -> None:
        """Count an allele by what becomes of it."""
        self.alleles += 1
        if not allele.reason:
            self.assessed += 1
            return
        number, first = self.not_assessed.get(allele.reason, (0, allele.shown))
        self.not_assessed[allele.reason] = number + 1, first

    def lines(self) -> list[str]:
        """Notes for people, a sentence each; none if every record was assessed."""
        notes = []
        if self.elsewhere:
            names = ", ".join(list(self.elsewhere)[:4])
            notes.append(
                f"{sum(self.elsewhere.values()):,} of {self.records:,} records are on sequences that the "
                f"book does not have: {names}{' ...' if len(self.elsewhere) > 4 else ''}"
            )
        if self.outside:
            notes.append(f"{self.outside:,} of {self.records:,} records are outside the sequence of the book")
        if self.disagree:
            notes.append(
                f"REF is not what the book has in {self.disagree:,} of {self.checked:,} records: "
                + "; ".join(self.disagreements)
            )
        for reason, (number, first) in self.not_assessed.items():
            notes.append(f"{number:,} alleles not assessed ({reason}); the first is {first}")
        return notes


def is_other_assembly(tally: VariantTally) -> bool:
    """Whether too many REF disagree: more than `FEW`, and more than `TOLERATED` of those compared."""
    return tally.disagree > max(FEW, TOLERATED * tally.checked)


class _Record(NamedTuple):
    """What is read of a record; ``pos`` is 1-based."""

    contig: str
    pos: int
    identifier: str
    ref: str
    alts: tuple[str, ...]
    genotype: tuple[int | None, ...] = ()
    is_phased: bool = False
    phase_set: int | None = None

    def copies(self, number: int) -> frozenset[int] | None:
        """Copies of the chromosome that have an allele, by its number from 1; None where not known."""
        if not self.genotype or None in self.genotype:
            return None
        carriers = frozenset(at for at, carried in enumerate(self.genotype) if carried == number)
        is_known = self.is_phased or len(carriers) in (0, len(self.genotype))
        return carriers if is_known else None


class VariantReader(LetterReader):
    """Reader of VCF and BCF for one book."""

    def __init__(self, book: Book, letters: LetterCache | None = None) -> None:
        super().__init__(book, letters)
        self._volumes: dict[str, list[tuple[int, int, str]]] = {}
        for contig in sorted(book.contigs, key=lambda contig: contig.origin):
            row = contig.origin, contig.length, contig.name
            self._volumes.setdefault(contig.contig, []).append(row)
            if contig.name != contig.contig:
                self._volumes.setdefault(contig.name, []).append((0, contig.length, contig.name))

    def read(
        self,
        source: Path | bytes,
        tally: VariantTally,
        advance: Advance = no_progress,
    ) -> Iterator[VariantAllele]:
        """Read the alleles of a file.

        Parameters
        ----------
        source : Path or bytes
            A file, or the content of one, of at most `UPLOAD_BYTES` and `UPLOAD_RECORDS`: VCF, plain, gzip
            or bgzip, or BCF.
        tally : VariantTally
            Made for the file; counts what is read.
        advance : callable
            Called with the bytes read, as far as htslib has taken them.

        Yields
        ------
        VariantAllele
            On the volumes of the book, in the order of the file, a record with several alternatives one after
            the other; what cannot be assessed has a reason.

        Raises
        ------
        AnnotationError
            The file is not VCF or BCF, is damaged, too long, or of another assembly: lengths of contigs or
            too many REF disagree (`is_other_assembly`). The check of REF ends with the file: do not use what
            came before it fails.
        """
        with _binary(source, tally.name) as binary, _opened(binary, tally.name) as file:
            done = 0
            try:
                header = str(file.header)
            except UnicodeDecodeError:
                raise AnnotationError(f"{tally.name}: its header is not text in UTF-8; correct it") from None
            self._check_header(header, file.header.contigs.values(), tally.name)
            target = resolver(Path(tally.name), self.book.contigs, self.book.assembly)
            for record in _records(file, tally):
                if isinstance(source, bytes) and tally.records > UPLOAD_RECORDS:
                    raise AnnotationError(
                        f"{tally.name}: more than {UPLOAD_RECORDS:,} records; cut a region out with bcftools"
                    )
                yield from self._alleles(record, target(record.contig), tally)
                if tally.records % 1_000 == 0:
                    self._check_ref(tally)
                    before, done = done, os.lseek(binary.fileno(), 0, os.SEEK_CUR)
                    advance(done - before)
        self._check_ref(tally)

    def _check_header(self, header: str, contigs: Iterable[Any], name: str) -> None:
        """Compare the assembly and the lengths that a header states with the book."""
        stated = assembly_of(" ".join(a or b or "" for a, b in _STATED.findall(header)))
        own = assembly_of(self.book.assembly)
        remedy = f"lift it over to the assembly of the book{f', {own}' if own else ''}"
        if stated and own and stated != own:
            raise AnnotationError(f"{name}: its header says {stated}, the book is {own}; {remedy}")
        target = resolver(Path(name), self.book.contigs, self.book.assembly)
        lengths = {c.contig: contig_length(c, self.book.assembly) for c in self.book.contigs}
        for contig in contigs:
            known = target(contig.name)
            expected = lengths.get(known) if known else None
            if contig.length and expected and contig.length != expected:
                raise AnnotationError(
                    f"{name}: {contig.name} has {contig.length:,} letters in its header, {known} of the book "
                    f"has {expected:,}: it is of another assembly; {remedy}"
                )

    def _check_ref(self, tally: VariantTally) -> None:
        if is_other_assembly(tally):
            raise AnnotationError(
                f"{tally.name}: REF is not what the book has in {tally.disagree:,} of {tally.checked:,} "
                f"records: {'; '.join(tally.disagreements)}: it is of another assembly; lift it over, or "
                "choose the book of its assembly"
            )

    def _alleles(self, record: _Record, contig: str | None, tally: VariantTally) -> Iterator[VariantAllele]:
        if contig is None:
            tally.elsewhere[record.contig] = tally.elsewhere.get(record.contig, 0) + 1
            return
        rows = self._volumes[contig]
        after = bisect_right(rows, record.pos - 1, key=lambda row: row[0])
        origin, length, volume = rows[max(after - 1, 0)]
        start, ref = record.pos - 1 - origin, record.ref.upper()
        if start < 0 or start + len(ref) > length:
            tally.outside += 1
            return
        own = self.letters.letters(volume, start, start + len(ref)).decode("ascii")
        wrong = self._wrong(record, ref, own, tally)
        for number, alt in enumerate(record.alts, 1):
            reason = wrong or allele_reason(ref, alt.upper(), own)
            at, old, new = trimmed(start, ref, alt.upper()) if not reason else (start, ref, "")
            allele = VariantAllele(
                volume, at, at + len(old), old, new, tally.records,
                record.identifier, record.contig, record.pos, record.ref, alt, reason,
                record.copies(number), record.phase_set,
            )  # fmt: skip
            tally.count(allele)
            yield allele

    def _wrong(self, record: _Record, ref: str, own: str, tally: VariantTally) -> str:
        """Compare REF with the letters of the book; a reason if it is another."""
        tally.checked += 1
        if not disagrees(ref, own):
            return ""
        tally.disagree += 1
        if len(tally.disagreements) < _NAMED:
            place = f"{record.contig} {record.pos:,}"
            tally.disagreements.append(f"{place} has {short(ref)}, the book {short(own)}")
        return "REF is not what the book has"


def disagrees(ref: str, own: str) -> bool:
    """Whether REF differs from the letters of the book, both upper case, in a letter that both know."""
    return len(ref) != len(own) or any(
        a != b and a in "ACGT" and b in "ACGT" for a, b in zip(ref, own, strict=True)
    )


def allele_reason(ref: str, alt: str, own: str) -> str:
    """Why an allele cannot be assessed; ``""`` if it can.

    Parameters
    ----------
    ref, alt : str
        As in the file, upper case.
    own : str
        Letters of the book at REF.
    """
    if alt == ".":
        return "no other allele"
    if alt == "*":
        return "deleted by another record"
    if "[" in alt or "]" in alt or alt.startswith(".") or alt.endswith("."):
        return "breakend"
    if alt.startswith("<"):
        return "symbolic allele"
    if max(len(ref), len(alt)) > MAX_ALLELE:
        return f"more than {MAX_ALLELE:,} letters"
    if not _BASES.fullmatch(own):
        return "in a gap or beside letters that are not known"
    if not _BASES.fullmatch(alt) or not _BASES.fullmatch(ref):
        return "letters other than A, C, G and T"
    return "same as REF" if ref == alt else ""


@contextmanager
def _opened(binary: BinaryIO, name: str) -> Iterator[Any]:
    """Open VCF or BCF with htslib, from the open file only: no name is taken for an address."""
    import pysam

    before = pysam.set_verbosity(0)
    try:
        try:
            file = pysam.VariantFile(binary)
            if len(file.header.samples) != 1:  # of one sample, the genotypes tell which alleles are together
                file.subset_samples([])
        except (ValueError, OSError):
            raise AnnotationError(
                f"{name}: not a VCF or BCF file; its first line should be ##fileformat=VCFv4.2"
            ) from None
        with file:
            yield file
    finally:
        pysam.set_verbosity(before)


@contextmanager
def _binary(source: Path | bytes, name: str) -> Iterator[BinaryIO]:
    """Open a file, or an upload of bounded size, for htslib."""
    if isinstance(source, bytes) and len(source) > UPLOAD_BYTES:
        raise AnnotationError(
            f"{name}: {len(source) / 1e6:,.0f} MB; at most {UPLOAD_BYTES / 1e6:.0f} MB can be read here, "
            "cut out a region with bcftools view"
        )
    with binary_file(source if isinstance(source, Path) else Upload(name, source)) as binary:
        yield binary


def _records(file: Any, tally: VariantTally) -> Iterator[_Record]:
    """Count and give the records; an unreadable one is named."""
    rows = iter(file)
    while True:
        try:
            row = next(rows, None)
            record = row and _record(row)
        except (OSError, ValueError) as error:
            why = " ".join(str(error).split())
            raise AnnotationError(
                f"{tally.name}: record {tally.records + 1:,} cannot be read ({why}); restore the file, or "
                "check it with bcftools view"
            ) from None
        if record is None:
            return
        tally.records += 1
        yield record


def _record(row: Any) -> _Record:
    """What is read of a record; the genotype where the file has one sample."""
    alts = row.alts or (".",)
    if len(row.samples) != 1:
        return _Record(row.contig, row.pos, row.id or "", row.ref, alts)
    sample = row.samples[0]
    genotype = sample.get("GT")
    phase_set = sample.get("PS")
    return _Record(
        row.contig, row.pos, row.id or "", row.ref, alts, genotype or (), bool(sample.phased),
        phase_set if isinstance(phase_set, int) else None,
    )  # fmt: skip
