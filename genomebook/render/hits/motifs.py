"""Places of a motif as HTML."""

from __future__ import annotations

from markupsafe import Markup

from genomebook.annotation.genes import Genes
from genomebook.book.read import Book
from genomebook.genome.regions import Region
from genomebook.render.page.html import link
from genomebook.render.templating import render
from genomebook.search.motif_report import MotifReport

STRANDS = {"+": "forward strand", "-": "reverse strand", ".": "both strands"}


def motif_table(book: Book, report: MotifReport, genes: Genes) -> Markup:
    """Draw the first places of a motif: each leads to the text.

    Parameters
    ----------
    book : Book
        The open book.
    report : MotifReport
        Counts and places.
    genes : Genes
        Those of the book.
    """
    size = len(report.motif)
    rows = []
    for place in report.places:
        region = Region(place.volume, place.local, place.local + size)
        rows.append((place, link(book.addresses, region, "read"), _genes_at(genes, region)))
    return render("motif_places.j2", rows=rows, report=report, strands=STRANDS, has_genes=len(genes) > 0)


def _genes_at(genes: Genes, region: Region) -> str:
    names = genes.overlapping(region.volume, region.start, region.end)["name"]
    return ", ".join(dict.fromkeys(filter(None, map(str, names))))
