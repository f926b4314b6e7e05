"""Splice sites: donor, acceptor or none, made from RefSeq's exons; and those of GUE."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from genomebook.errors import TaskError
from genomebook.tasks.catalogue.gue import gue_files, gue_sheet
from genomebook.tasks.data import file_lines
from genomebook.tasks.examples import ExampleRows, split_files
from genomebook.tasks.known_sequence import FILES, KnownSequence, draw, open_sequence, split_of
from genomebook.tasks.task import DEV, TEST, TRAIN, DataFile, DataSheet, Examples, Task

LABELS = ("acceptor", "donor", "none")
COLUMNS = ("chrom", "start0", "end", "strand", "gene")
HALF = 200
"""Letters on each side of a splice site."""

EXONS = DataFile(
    "annotation/hg38_refseq_curated_exons.bed.gz",
    "b0d7b0c1f4673dc6f3e6ca26868172883750814d1dac154a16a628b01ccbe432",
    "https://raw.githubusercontent.com/lokapal/hg38exons/244649339e2a5a94770a0755956aeb3d22368765/hg38.exons.bed.gz",
    "fetch the exons of RefSeq Curated for hg38 as a table without header: chromosome, start, end, strand, "
    "gene, Ensembl identifier",
)
_FIELDS = 5
_SEARCHED = 2_000
_DINUCLEOTIDE = {"donor": "GT", "acceptor": "AG"}
_REVERSED = {"donor": "AC", "acceptor": "CT"}


_COUNTS: dict[str, dict[str, tuple[int, ...]]] = {
    "splice": {TRAIN: (3_238, 3_294, 6_340), DEV: (540, 548, 980), TEST: (1_189, 1_188, 2_256)},
    "splice-gue": {TRAIN: (890, 852, 2_324), DEV: (98, 117, 250), TEST: (956, 1_025, 2_581)},
}  # fmt: skip
"""Examples of each label by task and split, as loaded."""


class Exon(NamedTuple):
    """An exon in GRCh38, 0-based half-open."""

    chrom: str
    start: int
    end: int
    strand: str
    gene: str


class Site(NamedTuple):
    """A splice site: the boundary between exon and intron at `position`, between two letters."""

    chrom: str
    position: int
    strand: str
    kind: str


def refseq_exons(folder: Path) -> Iterator[Exon]:
    """Read the exons.

    Raises
    ------
    TaskError
        A line has too few fields or no position.
    """
    for where, line in file_lines(EXONS, folder):
        fields = line.split("\t")
        if len(fields) < _FIELDS or not (fields[1].isdecimal() and fields[2].isdecimal()):
            raise TaskError(f"{where}: not an exon; {EXONS.fetch}")
        yield Exon(fields[0], int(fields[1]), int(fields[2]), fields[3], fields[4])


def _sites(exons: list[Exon]) -> dict[Site, str]:
    """Splice sites and their genes: ends of exons but for the outermost of a gene."""
    bounds: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for exon in exons:
        bounds[exon.chrom, exon.strand, exon.gene] += [exon.start, exon.end]
    sites: dict[Site, str] = {}
    for exon in exons:
        ends = bounds[exon.chrom, exon.strand, exon.gene]
        left, right = ("acceptor", "donor") if exon.strand == "+" else ("donor", "acceptor")
        if exon.start != min(ends):
            sites.setdefault(Site(exon.chrom, exon.start, exon.strand, left), exon.gene)
        if exon.end != max(ends):
            sites.setdefault(Site(exon.chrom, exon.end, exon.strand, right), exon.gene)
    return sites


def _window(known: KnownSequence, site: Site) -> str | None:
    """The letters around a site on its strand, if they have GT or AG where a site of its kind has it."""
    letters = known.cut(site.chrom, site.position - HALF, site.position + HALF, site.strand)
    if letters is None:
        return None
    at = HALF if site.kind == "donor" else HALF - 2
    return letters if letters[at : at + 2] == _DINUCLEOTIDE[site.kind] else None


def _decoy(known: KnownSequence, site: Site, gene: tuple[int, int], sites: dict[Site, str]) -> Site | None:
    """A place in the same gene with the same two letters that is no site: drawn by a digest of the site."""
    first, last = gene
    start = first + draw(":".join(map(str, site)), last - first)
    letters = known.cut(site.chrom, start, min(start + _SEARCHED, last), "+") or ""
    forward = site.strand == "+"
    pair = _DINUCLEOTIDE[site.kind] if forward else _REVERSED[site.kind]
    shift = 0 if (site.kind == "donor") == forward else 2  # of the boundary from the first of the two letters
    at = letters.find(pair)
    while at >= 0:
        decoy = Site(site.chrom, start + at + shift, site.strand, site.kind)
        if decoy not in sites and _window(known, decoy) is not None:
            return decoy
        at = letters.find(pair, at + 1)
    return None


def _load(folder: Path) -> Examples:
    known = open_sequence(folder)
    chroms = {chrom for chrom, _ in known.segments}
    exons = [exon for exon in refseq_exons(folder) if exon.chrom in chroms]
    bounds: dict[tuple[str, str], tuple[int, int]] = {}
    for exon in exons:
        first, last = bounds.get((exon.chrom, exon.gene), (exon.start, exon.end))
        bounds[exon.chrom, exon.gene] = min(first, exon.start), max(last, exon.end)
    sites = _sites(exons)
    rows = ExampleRows(LABELS, COLUMNS)

    def add(site: Site, gene: str, label: str) -> None:
        letters = _window(known, site)
        assert letters is not None
        start, end = site.position - HALF, site.position + HALF
        where = f"{site.chrom}:{start + 1}-{end}"
        kept = (site.chrom, str(start), str(end), site.strand, gene)
        rows.add(where, letters, LABELS.index(label), split_of(site.chrom, start, end), kept)

    used: set[Site] = set()
    for site, gene in sorted(sites.items()):
        if _window(known, site) is None:
            continue
        add(site, gene, site.kind)
        decoy = _decoy(known, site, bounds[site.chrom, gene], sites)
        if decoy is not None and decoy not in used:
            used.add(decoy)
            add(decoy, gene, "none")
    return rows.examples()


_GUE = gue_files(
    "splice/reconstructed",
    {
        TRAIN: "",
        DEV: "77eead8ac4ca6c671edb71b268e011384fcfc6a08f7c7c3df9d9e6a97ec49292",
        TEST: "6889243418d7330a27e31a24bc47d773cd64d93732c2248c2e155e930b0fbbe7",
    },
)

_ABOUT = (
    "Genes are written in pieces (exons) with other text (introns) between them, which is cut out of the "
    "RNA. A donor is where an intron begins, nearly always at GT; an acceptor where it ends, nearly always "
    "at AG. Most GT and AG are no splice sites."
)

TASKS = (
    Task(
        "splice",
        "Splice site",
        "Splice sites",
        (
            "is there a splice site in the middle?",
            "is this a splice donor or acceptor?",
            "is this a splice site?",
            "is this an exon-intron boundary?",
            "is there a splice junction here?",
            "does splicing happen here?",
            "where does the intron begin?",
            "does an intron start or end here?",
            "is this an exon boundary?",
            "spliced or not?",
        ),
        LABELS,
        "MCC",
        (2 * HALF, 2 * HALF),
        2 * HALF,
        DataSheet(
            "Ends of exons of RefSeq Curated (hg38) in the pieces of GRCh38 at hand, but the outermost of a "
            "gene; for each, a GT or AG of the same gene that is no such end. Split by blocks of 250 kb",
            "RefSeq and GRCh38 are free to use; the table of exons is Apache-2.0",
            True,
            (EXONS, *FILES),
            "The negatives have the same two letters as the sites, so these give nothing away. Exons are "
            "richer in G and C than introns. Related genes may stand in both train and test.",
            _COUNTS["splice"],
        ),
        _load,
        _ABOUT,
    ),
    Task(
        "splice-gue",
        "Splice site (GUE)",
        "Splice sites",
        (
            "is this a splice site by the data of GUE?",
            "is this a splice site, by GUE?",
        ),
        LABELS,
        "MCC",
        (2 * HALF, 2 * HALF),
        2 * HALF,
        gue_sheet(
            _GUE,
            "All sequences have 400 letters. More than one in ten of test has a near duplicate in train. Its "
            "file of train is not at hand, so nine tenths of dev are used for training.",
            _COUNTS["splice-gue"],
        ),
        partial(split_files, _GUE, LABELS),
        _ABOUT,
    ),
)
