"""VCF, plain or packed, and BCF: the variants as places, without the samples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

import pandas as pd
import pysam

from genomebook.annotation.formats.source import Declared, Source, binary_file, bounded, completed, text_lines
from genomebook.errors import AnnotationError

ROWS = 100_000
"""Rows of a chunk of BCF."""

SHOWN = 12
"""Letters of an allele in a name; of a longer one the length is given."""

SPELLED = 80
"""Letters of an allele in a note; of a longer one its first letters and its length stand there."""

_CONTIG = re.compile(r"##contig=<(?:.*,)?ID=([^,>]+).*?[,<]length=([0-9]{1,15})")
_END = re.compile(r"(?:^|;)END=([0-9]{1,15})(?:;|$)")
_LENGTH = re.compile(r"(?:^|;)SVLEN=-?([0-9]{1,15})")
_MEANING = re.compile(r"(?:^|;)CLNSIG=([^;]*)")
_DISEASE = re.compile(r"(?:^|;)CLNDN=([^;]*)")
_PLAIN = re.compile(r"[ACGTUNRYSWKMBDHV]+", re.I)
_NO_VARIANT = {".", "<NON_REF>", "<*>", "*"}


class _VcfLine(NamedTuple):
    """The first eight columns of VCF."""

    contig: str
    position: str
    name: str
    ref: str
    alt: str
    quality: str
    passed: str
    info: str


def read_vcf(source: Source, declared: Declared) -> Iterator[pd.DataFrame]:
    """Yield the variants of a VCF.

    Yields
    ------
    DataFrame
        See `genomebook.annotation.formats.source.completed`, and ``ref``, the letters that the file says
        stand there. A record without another allele than the reference is left out. group is SNV, MNV,
        insertion, deletion, indel or the symbol of a symbolic allele; start and end are those of REF, or up
        to END of a symbolic allele.

    Raises
    ------
    AnnotationError
        The file is no VCF, or a line has fewer than 8 columns or no position.
    """
    with text_lines(source, "VCF", declared) as lines:
        if not declared.comments or not declared.comments[0].startswith("##fileformat=VCF"):
            raise AnnotationError(f"{source}: does not begin with ##fileformat=VCF; name it by its format")
        for comment in declared.comments:
            if contig := _CONTIG.match(comment):
                declared.lengths[contig[1]] = int(contig[2])
        for number, piece in lines:
            numbers, records = [], []
            for at, line in enumerate(piece.split(b"\n"), number):
                if line.strip():
                    numbers.append(at)
                    records.append(line.rstrip(b"\r").decode("utf-8").split("\t", 8)[:8])
            short = next((at for at, r in zip(numbers, records, strict=True) if len(r) < 8), None)
            if short is not None:
                raise AnnotationError(f"{source}: line {short} has fewer than 8 columns; correct the line")
            yield _rows(source, numbers, [_VcfLine(*record) for record in records])


def read_bcf(source: Source, declared: Declared) -> Iterator[pd.DataFrame]:
    """Yield the variants of a BCF as `read_vcf` does; the index is the number of the record."""
    with binary_file(source) as binary, _reading_bcf(source), pysam.VariantFile(binary) as file:
        for name, contig in file.header.contigs.items():
            if contig.length:
                declared.lengths[str(name)] = int(contig.length)
        records, first = map(_bcf_record, bounded(file, source, lambda record: len(str(record)))), 1
        while chunk := list(islice(records, ROWS)):
            yield _rows(source, list(range(first, first + len(chunk))), chunk)
            first += len(chunk)


@contextmanager
def _reading_bcf(source: Source) -> Iterator[None]:
    level = pysam.set_verbosity(0)  # htslib prints to the terminal what is raised as well
    try:
        yield
    except (ValueError, OSError) as error:
        reason = " ".join(str(error).split())
        raise AnnotationError(f"{source}: cannot be read as BCF ({reason}); copy it again") from None
    finally:
        pysam.set_verbosity(level)


def _bcf_record(record: pysam.VariantRecord) -> _VcfLine:
    info = ";".join(str(record).rstrip("\n").split("\t", 8)[7:8])
    return _VcfLine(
        str(record.contig),
        str(record.pos),
        record.id or ".",
        record.ref or "N",
        ",".join(record.alts or ()) or ".",
        "." if record.qual is None else str(record.qual),
        ";".join(map(str, record.filter.keys())),
        info,
    )


def _rows(source: Source, numbers: list[int], records: list[_VcfLine]) -> pd.DataFrame:
    bad = next((at for at, r in zip(numbers, records, strict=True) if not r.position.isdecimal()), None)
    if bad is not None:
        raise AnnotationError(f"{source}: line {bad} has no number as its position; correct the line")
    kept = [
        (at, record) for at, record in zip(numbers, records, strict=True) if _variants(record.alt.split(","))
    ]
    starts = [int(record.position) - 1 for _, record in kept]
    rows = pd.DataFrame(
        {
            "contig": [record.contig for _, record in kept],
            "start": starts,
            "end": [_end(start, record) for start, (_, record) in zip(starts, kept, strict=True)],
            "name": [_name(record) for _, record in kept],
            "group": [_type(record.ref, _variants(record.alt.split(","))) for _, record in kept],
            "score": [record.quality for _, record in kept],
            "note": [_note(record) for _, record in kept],
            "ref": [record.ref for _, record in kept],
        },
        [at for at, _ in kept],
    )
    return completed(rows.astype({"start": "int64", "end": "int64"}))


def _variants(alts: Iterable[str]) -> list[str]:
    return [alt for alt in alts if alt not in _NO_VARIANT]


def _end(start: int, record: _VcfLine) -> int:
    if _PLAIN.fullmatch(record.alt.replace(",", "")):
        return start + len(record.ref)
    if end := _END.search(record.info):
        return max(int(end[1]), start + len(record.ref))
    if record.alt.startswith("<") and not record.alt.startswith("<INS"):
        length = _LENGTH.search(record.info)
        return start + len(record.ref) + (int(length[1]) if length else 0)
    return start + len(record.ref)


def _type(ref: str, alts: list[str]) -> str:
    kinds = {_type_of(ref, alt) for alt in alts}
    return kinds.pop() if len(kinds) == 1 else "mixed"


def _type_of(ref: str, alt: str) -> str:
    if alt.startswith("<"):
        return alt.strip("<>")[:40]
    if "[" in alt or "]" in alt:
        return "breakend"
    if len(ref) == len(alt):
        return "SNV" if len(ref) == 1 else "MNV"
    if alt.startswith(ref):
        return "insertion"
    return "deletion" if ref.startswith(alt) else "indel"


def _name(record: _VcfLine) -> str:
    return record.name if record.name != "." else _spelling(record, SHOWN)


def _spelling(record: _VcfLine, most: int) -> str:
    shown = ",".join(_short(alt, most) for alt in record.alt.split(",")[:4])
    return f"{_short(record.ref, most)}>{shown}"


def _short(allele: str, most: int) -> str:
    return allele if len(allele) <= most else f"{allele[: SHOWN - 4]}… ({len(allele)})"


def _note(record: _VcfLine) -> str:
    parts = [_spelling(record, SPELLED)]
    for pattern in (_MEANING, _DISEASE):
        if value := pattern.search(record.info):
            parts.append(value[1][:400].replace("_", " ").replace("|", ", "))
    if record.passed not in (".", "", "PASS"):
        parts.append(f"filter {record.passed[:60]}")
    return "; ".join(parts)
