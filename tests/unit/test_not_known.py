"""What was never annotated is said to be not known: neither absent nor 0 %."""

from __future__ import annotations

import re

import pytest

from genomebook.annotation.genes import Genes
from genomebook.book import Book
from genomebook.book.schema import GENES
from genomebook.export.hits import hits_tsv
from genomebook.pipeline.lexicon.ground import ground
from genomebook.pipeline.search.index import search_index
from genomebook.render.hits import html, text
from genomebook.render.page import picture
from genomebook.search.query import Query
from genomebook.search.searcher import Searcher
from tests.support import books

SAME = books.letters(600, 7)
MASKED = books.letters(900, 1).lower() + SAME + books.letters(900, 2)
BARE = books.letters(900, 3) + SAME + books.letters(900, 4)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """Two volumes with one passage in both; only the first has genes, repeats and a soft mask."""
    folder = tmp_path_factory.mktemp("half")
    (folder / "a.fa").write_bytes(books.fasta({"chr1": MASKED, "chr2": BARE}))
    (folder / "genes.bed").write_text("chr1\t2200\t2300\tALPHA\n")
    (folder / "repeats.bed").write_text("chr1\t850\t1000\tA\tSINE/Alu\nchr1\t2000\t2100\tB\tLINE/L1\n")
    made = books.make(folder / "a.fa", folder / "a.book", genes=folder / "genes.bed")
    ground(made.path, [folder / "repeats.bed"], shifts=5)
    search_index(made.path, encoder=None, workers=1)
    return Book.open(made.path)


@pytest.fixture(scope="module")
def genes(book: Book) -> Genes:
    return Genes.open(book.folder.checked(GENES))


def test_repeats_and_genes_are_known_by_volume(book: Book, genes: Genes) -> None:
    query = Query("same", SAME)
    hits = Searcher.open(book).search(query, limit=10)
    rows = {row.volume.name: row for row in text.rows_of(book, genes, hits) if row.hit.coverage > 0.9}
    masked, bare = rows["chr1"], rows["chr2"]
    assert (masked.repeat, masked.repeat_share, masked.genes) == (0.0, "0 %", "between genes")
    assert (bare.repeat, bare.repeat_share, bare.genes) == (None, "not known", "not known")
    assert masked.inside_lines == ["Alu 16.7 %"]
    assert bare.inside_lines == ["not known"]
    groups = [(name, len(members)) for name, members in text.grouped(list(rows.values()), "repeat")]
    assert sorted(groups) == [("mostly outside repeats", 1), ("repeats not known", 1)]
    drawn = html.table(book.addresses, [bare], "", {})
    assert "0 %" not in re.sub("100 %", "", drawn)
    whole = [row.hit for row in rows.values()]
    table = [line.rstrip("\n").split("\t") for line in hits_tsv([(query, whole)], book)]
    assert {row[4]: row[-1] for row in table[1:]} == {"chr1": "Alu:0.17", "chr2": "not known"}


def test_shares_of_lower_case_count_every_letter(book: Book) -> None:
    assert book["chr1"].lower_share(0, 900) == 1.0
    assert book["chr1"].lower_share(800, 1000) == 0.5
    assert book["chr2"].lower_share(0, 900) is None


def test_the_shelf_does_not_count_unknown_genes(book: Book, genes: Genes) -> None:
    strips = [picture.strip(volume, genes.overlapping(volume.name, 0, volume.length), 1.0) for volume in book]
    assert "1 gene" in strips[0]
    assert "genes not known" in strips[1]
