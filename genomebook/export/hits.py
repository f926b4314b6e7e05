"""Hits of a search as TSV, BED, FASTA, SAM, a table for a terminal, and alignments.

Coordinates are those of the contig, 1-based inclusive; in BED 0-based half-open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal
from urllib.parse import quote

from genomebook import __version__
from genomebook.book.read import Book, Volume
from genomebook.errors import OptionError
from genomebook.export import plain
from genomebook.export.plain import fits_bed
from genomebook.genome.assemblies import known_length
from genomebook.genome.regions import Region
from genomebook.language.alphabet import reverse_complement
from genomebook.render.hits.text import NOT_KNOWN, alignment_blocks, evalue, found_by, inside_of, percent
from genomebook.search.hits import Hit, overlaps_by_half
from genomebook.search.query import Query

Results = Iterable[tuple[Query, Sequence[Hit]]]

COLUMNS = (
    "query", "query_length", "query_start", "query_end", "contig", "start", "end", "strand", "identity",
    "coverage", "bits", "evalue", "score", "matches", "columns", "gaps", "cigar", "volume", "sentence",
    "sentence_start", "sentence_end", "paragraph", "wording_rank", "meaning_rank", "cosine", "annotation",
)  # fmt: skip
"""Columns of the TSV. Sentences and paragraphs are numbered from 0, as in the tables of the book."""

BED_COLUMNS = ("#chrom", "chromStart", "chromEnd", "name", "score", "strand")
"""Columns of the BED; score = identity in thousandths. Programs read further ones as blocks and colours."""

_SAM_NAME = "!\"#$&'()*+,-./:;<=>?[\\]^_`{|}~"  # what SAM allows in a name beside letters and digits
_MAX_SAM_NAME = 254


def place(book: Book, hit: Hit) -> str:
    """Place of a hit: ``chr21:25,000,001-25,000,100``."""
    return book.addresses.format(Region(hit.volume, hit.start, hit.end))


def hits_tsv(results: Results, book: Book) -> Iterator[str]:
    """Lines of a table with a header and one row a hit (`COLUMNS`); no name is read as a formula."""
    yield plain.tsv_line(COLUMNS)
    for query, hits in results:
        for hit in hits:
            volume = book.volumes[hit.volume]
            origin = volume.origin
            yield plain.tsv_line(
                (
                    plain.name_cell(query.name), hit.query_length, hit.query_start + 1, hit.query_end,
                    plain.name_cell(volume.contig), origin + hit.start + 1, origin + hit.end, hit.strand,
                    f"{hit.identity:.4f}",
                    f"{hit.coverage:.4f}", f"{hit.bits:.1f}", f"{hit.evalue:.3g}", hit.score, hit.matches,
                    hit.columns, hit.gaps, hit.cigar, plain.name_cell(hit.volume), hit.sentence,
                    origin + hit.sentence_start + 1, origin + hit.sentence_end, hit.paragraph,
                    hit.sequence_rank, hit.embedding_rank,
                    None if hit.cosine is None else f"{hit.cosine:.4f}",
                    plain.name_cell(_inside(book, hit)),
                )
            )  # fmt: skip


def _inside(book: Book, hit: Hit) -> str:
    """``Alu:0.98,exon:0.12``, as `inside_of`; `NOT_KNOWN` on a volume without annotation."""
    inside = inside_of(book, hit)
    if inside is None:
        return NOT_KNOWN if book.annotation else ""
    return ",".join(f"{name}:{share:.2f}" for name, share in inside.items())


def hits_bed(results: Results, book: Book) -> Iterator[str]:
    """Lines of BED6 with a header that begins with ``#`` (`BED_COLUMNS`).

    Raises
    ------
    OptionError
        A hit lies on a contig whose lines would be skipped.
    """
    yield plain.tsv_line(BED_COLUMNS)
    for query, hits in results:
        for hit in hits:
            volume = book.volumes[hit.volume]
            if not fits_bed(volume.contig):
                raise OptionError(
                    f"format bed: a hit is on the sequence {volume.contig!r}, and programs that read BED "
                    "skip lines that begin with #, track or browser; choose --format tsv"
                )
            yield plain.tsv_line(
                (
                    volume.contig, volume.origin + hit.start, volume.origin + hit.end,
                    "_".join(query.name.split()), round(1000 * hit.identity), hit.strand,
                )
            )  # fmt: skip


def hits_fasta(results: Results, book: Book) -> Iterator[str]:
    """Bases of the hits, on the strand that matches the query; the header has the place."""
    for query, hits in results:
        for hit in hits:
            where = book.addresses.format(Region(hit.volume, hit.start, hit.end), commas=False)
            name = (
                f"{where}({hit.strand}) query={query.name} identity={hit.identity:.4f} bits={hit.bits:.1f} "
                f"evalue={hit.evalue:.3g}"
            )
            yield plain.fasta(name, hit.rows[2].replace("-", "").encode())


def _contig_length(volumes: Sequence[Volume], assembly: str) -> tuple[int, bool]:
    """Length of the contig of some volumes, and whether it is known; else how far the book reaches."""
    reach = max(volume.origin + volume.length for volume in volumes)
    known = known_length(volumes[0].contig, assembly) or 0
    if any(volume.contig == volume.name for volume in volumes):
        return reach, True
    return max(reach, known), known >= reach


def _sam_header(book: Book) -> Iterator[str]:
    contigs: dict[str, list[Volume]] = {}
    for volume in book:
        contigs.setdefault(volume.contig, []).append(volume)
    notes = []
    yield "@HD\tVN:1.6\tSO:unsorted\tGO:query\n"
    for contig, volumes in contigs.items():
        length, known = _contig_length(volumes, book.assembly)
        md5 = [f"M5:{volume.md5}" for volume in volumes if volume.name == contig]
        yield "\t".join(["@SQ", f"SN:{contig}", f"LN:{length}", *md5]) + "\n"
        if not known:
            notes.append(f"@CO\tthe length of {contig} is not known: LN is how far the book reaches\n")
    yield f"@PG\tID:genomebook\tPN:genomebook\tVN:{__version__}\n"
    yield from notes


def hits_sam(results: Results, book: Book) -> Iterator[str]:
    """Lines of SAM; the first hit of a query is its primary alignment, a query without hits is unmapped.

    Hits of further parts of the query are supplementary, and name each other in SA; all others are secondary.
    Mapping quality is 255 (not available). Tags: AS score, NM edit distance, ZB bits, ZE E-value.
    """
    yield from _sam_header(book)
    for query, hits in results:
        name = quote(query.name, safe=_SAM_NAME)[:_MAX_SAM_NAME]
        if not hits:
            yield f"{name}\t4\t*\t0\t0\t*\t*\t0\t0\t{query.letters.decode()}\t*\n"
        parts = _parts(hits)
        for rank, hit in enumerate(hits):
            others = [other for other in parts if other is not hit] if hit in parts else []
            yield _sam_line(name, query, hit, rank, others, book)


def _parts(hits: Sequence[Hit]) -> list[Hit]:
    """The best hits of parts of a query that share less than half of the shorter."""
    parts: list[Hit] = []
    for hit in hits:
        spans = ((part.query_start, part.query_end) for part in parts)
        if not any(overlaps_by_half(span, (hit.query_start, hit.query_end)) for span in spans):
            parts.append(hit)
    return parts


def _sam_line(name: str, query: Query, hit: Hit, rank: int, others: Sequence[Hit], book: Book) -> str:
    """A line of SAM; ``others`` are the hits of other parts of the query if this is the best of its part."""
    backward = hit.strand == "-"
    letters = reverse_complement(query.letters) if backward else query.letters
    is_further = rank > 0 and bool(others)
    before, after = _ends(hit)
    clipped = _clipped(hit, "H" if is_further else "S")
    if is_further:
        letters = letters[before : len(letters) - after]
    flag = (16 if backward else 0) + (2048 if is_further else 256 if rank else 0)
    volume = book.volumes[hit.volume]
    tags = [
        f"AS:i:{hit.score}", f"NM:i:{hit.columns - hit.matches}", f"ZB:f:{hit.bits:.1f}",
        f"ZE:f:{hit.evalue:.3g}",
    ]  # fmt: skip
    if others:
        tags.append("SA:Z:" + "".join(_other_part(other, book) for other in others))
    return plain.tsv_line(
        (
            name, flag, volume.contig, volume.origin + hit.start + 1, 255, clipped, "*", 0, 0,
            "*" if flag & 256 else letters.decode(), "*", *tags,
        )
    )  # fmt: skip


def _ends(hit: Hit) -> tuple[int, int]:
    """Unaligned bases of the query before and after a hit, along the + strand of the text."""
    before, after = hit.query_start, hit.query_length - hit.query_end
    return (after, before) if hit.strand == "-" else (before, after)


def _clipped(hit: Hit, op: str) -> str:
    """CIGAR of a hit with the unaligned ends of the query clipped."""
    before, after = (f"{size}{op}" if size else "" for size in _ends(hit))
    return f"{before}{hit.cigar}{after}"


def _other_part(hit: Hit, book: Book) -> str:
    """A hit in the tag SA: contig, position, strand, CIGAR, mapping quality, edit distance."""
    volume = book.volumes[hit.volume]
    start, distance = volume.origin + hit.start + 1, hit.columns - hit.matches
    return f"{volume.contig},{start},{hit.strand},{_clipped(hit, 'S')},255,{distance};"


def hits_table(results: Results, book: Book) -> Iterator[str]:
    """Lines for a terminal: a block for each query with a line for each hit."""
    for query, hits in results:
        yield f"{query.name}  {len(query.letters):,} bases\n"
        rows = [
            (
                place(book, hit), hit.strand, f"{percent(hit.identity)}%", f"{percent(hit.coverage)}%",
                f"{hit.bits:.1f}", evalue(hit.evalue), f"{hit.query_start + 1}-{hit.query_end}",
                ", ".join(found_by(hit)),
            )
            for hit in hits
        ]  # fmt: skip
        head = ("place", "strand", "identity", "coverage", "bits", "E", "of query", "found by")
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        for row in (head, *rows) if rows else ():
            cells = [
                cell.rjust(width) if 2 <= column <= 5 else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            yield "  " + "  ".join(cells).rstrip() + "\n"
        yield "\n" if rows else "  no hits\n\n"


def hits_alignments(results: Results, book: Book) -> Iterator[str]:
    """Lines for reading: each hit with its figures and its alignment."""
    for query, hits in results:
        yield f"{query.name}  {len(query.letters):,} bases\n\n"
        if not hits:
            yield "  no hits\n\n"
        for rank, hit in enumerate(hits, 1):
            volume = book.volumes[hit.volume]
            channels = ", ".join(found_by(hit))
            yield (
                f"{rank}. {place(book, hit)} ({hit.strand})  {channels}".rstrip() + "\n"
                f"   {hit.bits:.1f} bits, E {evalue(hit.evalue)}, identity {hit.matches}/{hit.columns} "
                f"({percent(hit.identity)}%), coverage {percent(hit.coverage)}%, gaps {hit.gaps}\n\n"
            )
            for block in alignment_blocks(hit, volume, volume.contig):
                yield f"{block.query}\n{block.bars.rstrip()}\n{block.text}\n\n"


HitFormat = Literal["table", "tsv", "bed", "fasta", "sam", "alignments"]

FORMATS: dict[HitFormat, Callable[[Results, Book], Iterator[str]]] = {
    "table": hits_table,
    "tsv": hits_tsv,
    "bed": hits_bed,
    "fasta": hits_fasta,
    "sam": hits_sam,
    "alignments": hits_alignments,
}
"""Writers by format; each yields lines as results come, a query at a time."""
