"""The command about variants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genomebook.cli.console import err, one_line, out, progress
from genomebook.cli.options import BookPath

app = typer.Typer()


@app.command()
def variants(
    book: BookPath,
    vcf: Annotated[Path, typer.Argument(metavar="FILE", help="VCF, plain, gzip or bgzip, or BCF.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="TABLE.tsv", help="Table to write.")],
    all_transcripts: Annotated[
        bool, typer.Option("--all-transcripts", help="A row for every transcript, not only the first.")
    ] = False,
) -> None:
    """Say what each variant of a file does to genes and to the words of the book.

    A row for each allele and the transcript it changes most. Columns: contig, position, id, ref, alt (as in
    the file), gene, transcript, biotype, strand, consequence (Sequence Ontology, the worst first), hgvs_c,
    hgvs_p, residues and codons (before/after), old_words and new_words, surprisal_before and surprisal_after
    (bits, of those words and the next), not_assessed (why), neighbours (variants in the same codon),
    same_copy (whether they are on one copy of the chromosome), together (the codon and the protein then).
    REF is compared with the book: a file of another assembly is refused.
    """
    from genomebook.book import Book
    from genomebook.export.variants import write_variants

    opened = Book.open(book)
    with progress() as stage:
        tally = write_variants(opened, vcf, output, all_transcripts, stage)
    for line in tally.lines():
        err.print(f"note: {one_line(line)}")
    out.print(
        f"{one_line(str(output))}: {tally.assessed:,} of {tally.alleles:,} alleles assessed, from "
        f"{tally.records:,} records"
    )
