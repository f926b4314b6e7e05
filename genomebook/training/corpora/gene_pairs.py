"""Stage: pair the sequence of genes with what is written about them.

Genes whose body lies within a record of the sequence are read from it: their exons joined where exons are
given, else the body, on the strand of the gene. Transcripts given as FASTA are paired through a table by the
accession in their headers. A gene is cut into a few pieces, and its texts take turns: its name, biotype and
RefSeq summary; the rest of the summary; the biological processes it takes part in.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from genomebook.errors import CorpusError
from genomebook.files.atomic import aside
from genomebook.genome.fasta import Genome, Record
from genomebook.genome.names import canonical
from genomebook.genome.stretches import merged
from genomebook.language.alphabet import reverse_complement
from genomebook.options import check_new_path
from genomebook.training.corpora.english_text import sentences
from genomebook.training.corpora.pairs import LONGEST, Pair
from genomebook.training.corpora.sequence import open_records
from genomebook.training.output import open_text

PIECE = 480
"""Letters of a piece: about 100 words, so that it fits into a window with its text."""
PIECES = 6
"""Pieces of a gene at most, spread evenly over it."""
TEXT = 380
"""Characters of a text at most, in whole sentences."""
SHORTEST = 60
"""Letters of the shortest gene."""
TERMS = 4
_TERM = re.compile(r" \(GO:\d+\)$")
_ACCESSION = re.compile(r"[NX][MR]_\d+")


class Gene(msgspec.Struct, frozen=True):
    """A line of a table of genes, ``.jsonl``; ``start1`` is 1-based, ``end`` inclusive."""

    symbol: str
    chrom: str
    start1: int
    end: int
    strand: str
    ensg: str = ""
    biotype: str = ""
    name: str = ""
    refseq_summary: str = ""
    go_bp: list[str] = []


@dataclass(frozen=True)
class PairSources:
    """Files to make pairs from.

    Parameters
    ----------
    genes, dna : tuple of Path
        Tables of genes (`Gene`); FASTA.
    exons : Path or None
        BED with the Ensembl gene in its sixth column.
    transcripts, summaries : Path or None
        FASTA of mRNAs with an accession in each header; table with columns refseq and symbol.
    """

    genes: tuple[Path, ...]
    dna: tuple[Path, ...]
    exons: Path | None = None
    transcripts: Path | None = None
    summaries: Path | None = None


def make_gene_pairs(sources: PairSources, output: Path) -> tuple[int, int]:
    """Write the pairs of all genes that the sequence holds.

    Parameters
    ----------
    sources : PairSources
        What to read.
    output : Path
        ``.jsonl`` file to make.

    Returns
    -------
    tuple of int
        Genes and pairs.

    Raises
    ------
    CorpusError
        When a table is unreadable, or no gene lies in the sequence.
    """
    check_new_path(output, "pairs")
    genes = [gene for path in sources.genes for gene in read_genes(path) if gene.name]
    pairs = list(_in_genome(genes, sources))
    if sources.transcripts and sources.summaries:
        pairs += _in_transcripts(genes, sources.transcripts, sources.summaries)
    if not pairs:
        raise CorpusError(f"{sources.dna[0]}: no gene of {sources.genes[0]} lies in it; give their sequence")
    with aside(output) as temporary:
        temporary.write_bytes(b"".join(msgspec.json.encode(pair) + b"\n" for pair in pairs))
    return len({pair.gene for pair in pairs}), len(pairs)


def read_genes(path: Path) -> Iterator[Gene]:
    """Read a table of genes, or raise CorpusError with the line."""
    number = 0
    try:
        with open_text(path) as lines:
            while line := lines.readline(LONGEST):
                number += 1
                yield msgspec.json.decode(line, type=Gene)
    except (OSError, EOFError, ValueError, msgspec.MsgspecError) as error:
        raise CorpusError(
            f"{path}, line {number}: not a gene ({error}); give symbol, chrom, start1, end, strand"
        ) from None


def _in_genome(genes: list[Gene], sources: PairSources) -> Iterator[Pair]:
    exons = _exons(sources.exons) if sources.exons else {}
    with open_records(sources.dna) as records:
        places = defaultdict(list)
        for genome, record in records:
            places[canonical(record.contig)].append((genome, record))
        for gene in genes:
            for genome, record in places[canonical(gene.chrom)]:
                if record.origin < gene.start1 and gene.end <= record.origin + record.length:
                    yield from _pairs(gene, _gene_letters(gene, genome, record, exons.get(gene.ensg)))
                    break


def _exons(path: Path) -> dict[str, list[tuple[int, int]]]:
    """Exons by Ensembl gene, 0-based half-open."""
    exons = defaultdict(list)
    with open_text(path) as lines:
        for number, row in enumerate(csv.reader(lines, delimiter="\t"), 1):
            try:
                exons[row[5]].append((int(row[1]), int(row[2])))
            except (IndexError, ValueError):
                raise CorpusError(
                    f"{path}, line {number}: not an exon with its gene; give BED with six columns"
                ) from None
    return exons


def _gene_letters(gene: Gene, genome: Genome, record: Record, exons: list[tuple[int, int]] | None) -> bytes:
    """Spliced exons, or the body, on the strand of the gene."""
    spans = [(gene.start1 - 1, gene.end)]
    if exons:
        inside = [(a, b) for a, b in exons if gene.start1 - 1 <= a < b <= gene.end]
        spans = merged(np.array(inside or spans, np.int64)).tolist()
    letters = genome.letters(record.name)
    joined = b"".join(letters[a - record.origin : b - record.origin].tobytes() for a, b in spans).upper()
    return reverse_complement(joined) if gene.strand in ("-", "-1") else joined


def _in_transcripts(genes: list[Gene], transcripts: Path, summaries: Path) -> Iterator[Pair]:
    by_symbol = {gene.symbol: gene for gene in genes}
    try:
        with open_text(summaries) as lines:
            symbol_of = {row["refseq"]: row["symbol"] for row in csv.DictReader(lines, delimiter="\t")}
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise CorpusError(
            f"{summaries}: not readable ({error}); give a table with columns refseq and symbol"
        ) from None
    with open_records([transcripts]) as records:
        for genome, record in records:
            accession = _ACCESSION.search(record.name)
            gene = by_symbol.get(symbol_of.get(accession[0], "")) if accession else None
            if gene is not None:
                yield from _pairs(gene, genome.letters(record.name).tobytes().upper())


def _pairs(gene: Gene, letters: bytes) -> Iterator[Pair]:
    """Pieces of a gene, each with one of its texts in turn."""
    if len(letters) < SHORTEST:
        return
    count = max(1, min(PIECES, len(letters) // PIECE))
    said = texts_of(gene)
    for number, start in enumerate(np.linspace(0, max(0, len(letters) - PIECE), count).astype(int).tolist()):
        piece = letters[start : start + PIECE].decode()
        if piece.count("N") * 10 < len(piece):
            text = said[number % len(said)]
            yield Pair(gene.symbol, gene.chrom, piece, text, gene.name, gene.biotype, gene.refseq_summary)


def texts_of(gene: Gene) -> list[str]:
    """Texts about a gene, each of `TEXT` characters at most or of a single sentence."""
    head = f"{gene.name}. {gene.biotype.replace('_', ' ').capitalize()}." if gene.biotype else f"{gene.name}."
    summary = [gene.refseq_summary[a:b] for a, b in sentences(gene.refseq_summary)]
    first, rest = _fitting(head, summary)
    said = [first]
    if rest:
        said.append(_fitting(f"{gene.name}.", rest)[0])
    if gene.go_bp:
        terms = ", ".join(_TERM.sub("", term) for term in gene.go_bp[:TERMS])
        said.append(f"{gene.name}. Takes part in {terms}.")
    return said


def _fitting(head: str, sentences: Iterable[str]) -> tuple[str, list[str]]:
    """The head with the first sentences that fit, and those left."""
    text, left = head, list(sentences)
    while left and (len(text) + len(left[0]) < TEXT or text == head):
        text = f"{text} {left.pop(0)}"
    return text, left
