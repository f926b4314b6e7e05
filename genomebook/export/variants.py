"""Alleles of a VCF as a table: consequence, HGVS and the words that change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from genomebook.annotation.variants.alleles import VariantAllele, short
from genomebook.annotation.variants.consequences import ConsequenceCaller, TranscriptConsequence
from genomebook.annotation.variants.letters import LetterCache
from genomebook.annotation.variants.neighbours import JointVariant, joint_spans, joint_variants, with_near
from genomebook.annotation.variants.reading import VariantReader, VariantTally
from genomebook.annotation.variants.wording import WordingChange, WordingReader
from genomebook.book.read import Book
from genomebook.errors import OptionError
from genomebook.export.plain import name_cell, tsv_line
from genomebook.files.atomic import aside
from genomebook.files.progress import Stage, no_stages
from genomebook.options import check_parent

COLUMNS = (
    "contig", "position", "id", "ref", "alt", "gene", "transcript", "biotype", "strand", "consequence",
    "hgvs_c", "hgvs_p", "residues", "codons", "old_words", "new_words", "surprisal_before",
    "surprisal_after", "not_assessed", "neighbours", "same_copy", "together",
)  # fmt: skip
"""Columns of the table, explained in docs/variants.md."""

_SHOWN = 60
"""Letters of an allele, codons or residues that a cell shows."""


def write_variants(
    book: Book, source: Path, output: Path, all_transcripts: bool = False, stage: Stage = no_stages
) -> VariantTally:
    """Write a row for each allele of a VCF or BCF file and each transcript shown.

    Parameters
    ----------
    book : Book
        Opened.
    source : Path
        VCF, plain, gzip or bgzip, or BCF.
    output : Path
        Table to write (tab-separated), aside and renamed at the end; an older one is replaced.
    all_transcripts : bool
        A row for every transcript that an allele touches; by default only for the one to show first.
    stage : callable
        Progress, in bytes read.

    Returns
    -------
    VariantTally
        What became of the records.

    Raises
    ------
    AnnotationError
        The file cannot be read, or is of another assembly; then nothing is written.
    OptionError
        There is no folder for the table, or the table is the file itself.
    """
    check_parent(output, "the table")
    if source.exists() and output.exists() and source.samefile(output):
        raise OptionError(f"{output}: is the file to be read; choose another name for the table")
    tally = VariantTally(source.name)
    with aside(output) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write(tsv_line(COLUMNS))
        size = source.stat().st_size if source.is_file() else 0
        advance = stage("variants", size)
        letters = LetterCache(book)
        caller, wording = ConsequenceCaller(book, letters), WordingReader(book, letters)
        alleles = VariantReader(book, letters).read(source, tally, advance=advance)
        for allele, near in with_near(alleles, lambda one: joint_spans(caller.touched(one), one)):
            file.writelines(_rows(allele, near, caller, wording, all_transcripts))
    return tally


def _rows(
    allele: VariantAllele,
    near: Sequence[VariantAllele],
    caller: ConsequenceCaller,
    wording: WordingReader,
    all_transcripts: bool,
) -> Iterator[str]:
    head = (
        name_cell(allele.contig), allele.position, name_cell(allele.identifier),
        short(allele.file_ref, _SHOWN), name_cell(short(allele.file_alt, _SHOWN)),
    )  # fmt: skip
    if allele.reason:
        empty = [None] * (len(COLUMNS) - len(head) - 4)
        yield tsv_line((*head, *empty, allele.reason, None, None, None))
        return
    words = _word_cells(wording.of(allele))
    calls = caller.of(allele)
    for call in calls if all_transcripts else calls[:1]:
        spliced = caller.spliced(call.transcript) if near and call.transcript else None
        beside = _neighbour_cells(list(joint_variants(allele, near, spliced)) if spliced else [])
        yield tsv_line((*head, *_call_cells(call), *words, None, *beside))


def _neighbour_cells(neighbours: Sequence[JointVariant]) -> tuple[object, ...]:
    """Variants to be read with this one, whether on the same copy, and what they do together."""
    if not neighbours:
        return (None,) * 3
    together = (_together(each.together) if each.together else "apart" for each in neighbours)
    return (
        name_cell("; ".join(each.allele.shown for each in neighbours)),
        "; ".join(each.copy for each in neighbours),
        name_cell("; ".join(dict.fromkeys(together))),
    )


def _together(call: TranscriptConsequence) -> str:
    """Codons, where they are few, and the protein."""
    codons = call.codons[1] if len(call.codons[1]) <= _SHOWN else ""
    return f"{codons} {call.hgvs_p or call.worst.value}".strip()


def _call_cells(call: TranscriptConsequence) -> tuple[object, ...]:
    of = call.transcript
    terms = "&".join(term.value for term in call.terms)
    names = ("",) * 4 if of is None else (of.gene or of.gene_id, of.transcript_id, of.biotype, of.strand)
    gene, transcript, biotype, strand = names
    prefix = f"{transcript}:" if transcript and call.hgvs_c else ""
    protein = f"{of.protein_id}:" if of is not None and of.protein_id and call.hgvs_p else ""
    return (
        name_cell(gene), name_cell(transcript), name_cell(biotype), strand, terms,
        name_cell(prefix + call.hgvs_c), name_cell(protein + call.hgvs_p),
        _change(call.aminos), _change(call.codons),
    )  # fmt: skip


def _change(pair: tuple[str, str]) -> str:
    """Residues or codons before and after: ``E/V``; a dash for none."""
    old, new = (short(side, _SHOWN) or "-" for side in pair)
    return "" if old == new == "-" else name_cell(f"{old}/{new}")


def _word_cells(change: WordingChange | None) -> tuple[object, ...]:
    if change is None:
        return (None,) * 4
    return (
        name_cell(" ".join(change.old)), name_cell(" ".join(change.new)),
        f"{change.before:.3f}", f"{change.after:.3f}",
    )  # fmt: skip
