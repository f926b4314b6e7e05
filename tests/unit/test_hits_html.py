"""What a search found, drawn: coordinates of both strands, marks, groups, bounds, nothing of a name a tag."""

from __future__ import annotations

import copy
import re
import shutil
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from genomebook.annotation.genes import Genes
from genomebook.book import Book
from genomebook.export.hits import hits_tsv
from genomebook.genome.regions import Addresses, Contig, Region
from genomebook.language.alphabet import reverse_complement
from genomebook.pipeline.lexicon.ground import ground
from genomebook.render.hits import html as hits_html
from genomebook.render.hits import text as hits_text
from genomebook.render.hits.text import HitRow
from genomebook.render.templating import stylesheet
from genomebook.search.hits import Hit
from genomebook.search.query import Query
from genomebook.search.schema import Recall, StoreMeta, VectorsMeta
from tests.support.word_tables import EVIL


@pytest.fixture(scope="module")
def book(chrm_book: Path) -> Book:
    return Book.open(chrm_book)


@pytest.fixture(scope="module")
def genes(book: Book) -> Genes:
    return Genes.open(book.path / "genes.parquet")


def made(book: Book, start: int, end: int, strand: str = "+", evalue: float = 1e-30, rank: int = 1) -> Hit:
    """A hit at letters of chrM; of the query one letter is another, one is missing, three are before it."""
    text = book["chrM"].sequence(start, end).upper()
    text = (text if strand == "+" else reverse_complement(text)).decode()
    other = "A" if text[10] != "A" else "C"
    query = f"{text[:10]}{other}{text[11:20]}-{text[21:]}"
    bars = "".join("|" if a == b else " " for a, b in zip(query, text, strict=True))
    length = end - start
    sentence = book["chrM"].sentences(start, start + 1)
    return Hit(
        query="mine",
        query_length=length + 9,
        query_start=3,
        query_end=length + 2,
        volume="chrM",
        start=start,
        end=end,
        strand=strand,
        score=2 * length,
        bits=1.9 * length,
        evalue=evalue,
        matches=length - 2,
        columns=length,
        gaps=1,
        cigar="",
        rows=(query, bars, text),
        sentence=int(sentence.index[0]),
        paragraph=0,
        sentence_start=int(sentence["start"].iloc[0]),
        sentence_end=int(sentence["end"].iloc[0]),
        sequence_rank=rank,
    )


class Tags(HTMLParser):
    """Tags and attributes of a page; what is left open at its end."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def lines(drawn: str) -> list[str]:
    """Lines of the alignments, without what marks letters."""
    blocks = re.findall(r"<pre[^>]*>(.*?)</pre>", drawn, flags=re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", line)) for block in blocks for line in block.split("\n")]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_coordinates_stand_at_both_ends_of_each_line(book: Book, genes: Genes, strand: str) -> None:
    rows = hits_text.rows_of(book, genes, [made(book, 5000, 5150, strand)])
    drawn = lines(hits_html.alignments(rows))
    query, bars, text = drawn[0::4], drawn[1::4], drawn[2::4]
    assert len(text) == 3
    letters = ""
    at = 5001 if strand == "+" else 5150
    for line in text:
        name, first, piece, last = line.split()
        assert name == "chrM"
        assert int(first.replace(",", "")) == at
        at += len(piece) - 1 if strand == "+" else 1 - len(piece)
        assert int(last.replace(",", "")) == at
        at += 1 if strand == "+" else -1
        letters += piece
    truth = book["chrM"].sequence(5000, 5150)
    assert letters.encode() == (truth if strand == "+" else reverse_complement(truth))
    assert [line.split()[1] for line in query] == ["4", "63", "123"]
    assert [line.split()[3] for line in query] == ["62", "122", "152"]
    for above, bar, below in zip(query, bars, text, strict=True):
        one, other = above.split()[2], below.split()[2]
        at = below.index(other)
        assert above.index(one) == at
        want = "".join("|" if a == b else " " for a, b in zip(one, other, strict=True))
        assert bar[at:].ljust(len(want)) == want


def test_what_differs_is_marked_without_colour(book: Book, genes: Genes) -> None:
    hit = made(book, 5000, 5050)
    drawn = hits_html.alignments(hits_text.rows_of(book, genes, [hit]))
    query, _, text = hit.rows
    block = drawn.split("<pre", 1)[1].split("</pre>")[0]
    assert re.findall("<b>(.)</b>", block) == [query[10], text[10]]
    assert re.findall("<i>(.)</i>", block) == ["-", text[20]]
    assert "text-decoration: underline" in stylesheet("search")


def test_a_long_alignment_is_cut_and_says_so(book: Book, genes: Genes) -> None:
    hits = [made(book, 1000, 9000, rank=rank) for rank in range(1, 12)]
    drawn = hits_html.alignments(hits_text.rows_of(book, genes, hits))
    assert drawn.count("first 1,200 columns") == 10
    assert drawn.count("first 300 columns") == 1
    assert len(lines(drawn)) == 10 * (20 * 4 - 1) + 5 * 4 - 1


def test_the_table_links_into_the_book_and_on(book: Book, genes: Genes) -> None:
    hits = [made(book, 5950, 6020), made(book, 3000, 3060, "-", 0.4, 2)]
    rows = hits_text.rows_of(book, genes, hits, Region("chrM", 5951, 6020))
    assert [row.is_query for row in rows] == [True, False]
    drawn = hits_html.table(book.addresses, rows, "", {"hits": "50"})
    assert 'href="read?loc=chrM%3A5951-6020"' in drawn
    assert 'href="search?loc=chrM%3A3001-3060&amp;hits=50"' in drawn
    assert "MT-CO1" in drawn
    assert "the query itself" in drawn
    assert drawn.count('<tr class="luck">') == 1
    assert "In italics: E above 0.01" in drawn
    assert 'aria-label="minus strand"' in drawn
    assert "in repeats" not in drawn


def test_groups(book: Book, genes: Genes) -> None:
    hits = [made(book, 5950, 6020), made(book, 100, 160), made(book, 6100, 6160)]
    rows = hits_text.rows_of(book, genes, hits)
    assert hits_text.groups_offered(rows) == ["", "volume", "gene"]
    names = [(name, len(members)) for name, members in hits_text.grouped(rows, "gene")]
    assert names == [("MT-CO1", 2), ("between genes", 1)]
    drawn = hits_html.table(book.addresses, rows, "gene", {})
    assert "MT-CO1: 2 hits" in drawn
    assert drawn.count("<tbody>") == 2
    masked = [replace(row, repeat=share) for row, share in zip(rows, (0.9, 0.1, 1.0), strict=True)]
    assert "repeat" in hits_text.groups_offered(masked)
    assert [len(members) for _, members in hits_text.grouped(masked, "repeat")] == [2, 1]
    assert "90 %" in hits_html.table(book.addresses, masked, "repeat", {})


def test_groups_by_family(book: Book, genes: Genes, tmp_path: Path) -> None:
    hits = [made(book, 5950, 6020), made(book, 100, 160), made(book, 6100, 6160)]
    assert {row.inside for row in hits_text.rows_of(book, genes, hits)} == {None}
    (tmp_path / "repeats.bed").write_text("chrM\t5940\t6000\tA\tSINE/Alu\nchrM\t6101\t6500\tB\tLINE/L1\n")
    (tmp_path / "promoters.bed").write_text("chrM\t5950\t6200\n")
    shutil.copytree(book.path, tmp_path / "g.book")
    ground(tmp_path / "g.book", [tmp_path / "repeats.bed", tmp_path / "promoters.bed"], shifts=20)
    grounded = Book.open(tmp_path / "g.book")
    rows = hits_text.rows_of(grounded, genes, hits)
    assert [row.inside for row in rows] == [
        {"promoter": 1.0, "Alu": pytest.approx(5 / 7)},
        {},
        {"promoter": 1.0, "L1": pytest.approx(59 / 60)},
    ]
    assert "family" in hits_text.groups_offered(rows)
    assert "family" not in hits_text.groups_offered(rows[1:2])
    names = [name for name, _ in hits_text.grouped(rows, "family")]
    assert names == ["Alu", hits_text.NO_FAMILY, "L1"]
    drawn = hits_html.table(grounded.addresses, rows, "family", {})
    assert "<td>promoter 100 %<br>Alu 71.4 %</td>" in drawn
    assert "<td>nothing</td>" in drawn
    assert "L1: 1 hit<" in drawn
    unknown = replace(rows[1], lacks_families=True)
    assert hits_text.group_of(unknown, "family") == hits_text.UNKNOWN_FAMILIES
    assert "<td>repeats not known</td>" in hits_html.table(grounded.addresses, [unknown], "", {})
    text = "".join(hits_tsv([(Query("mine", b"ACGT" * 20), hits)], grounded)).splitlines()
    assert [line.rsplit("\t", 1)[1] for line in text] == [
        "annotation",
        "promoter:1.00,Alu:0.71",
        "",
        "promoter:1.00,L1:0.98",
    ]


def test_records_and_the_control(book: Book, genes: Genes) -> None:
    rows = hits_text.rows_of(book, genes, [made(book, 5950, 6020)])
    found = [(Query("one", b"ACGT" * 20), rows), (Query("two", b"A" * 30), [])]
    drawn = hits_html.records(book.addresses, found, 1, 3)
    assert "2 records searched" in drawn
    assert "3 records not searched" in drawn
    assert "<td>none</td>" in drawn
    assert "▸ 2" in drawn
    control = hits_html.beside(rows, None, 1000.0)
    assert "nothing with E at most 1000" in control
    assert "1e-30" in control
    assert "elsewhere" not in control
    by_embedding = replace(rows[0].hit, sequence_rank=None, embedding_rank=3, cosine=0.871, evalue=50.0)
    assert "<td>embedding 3 (0.87)</td>" in hits_html.beside(rows, by_embedding, 1000.0)
    both = replace(by_embedding, sequence_rank=2)
    drawn = hits_html.table(book.addresses, hits_text.rows_of(book, genes, [both]), "", {})
    assert "<td>sequence 2<br>embedding 3 (0.87)</td>" in drawn
    short = replace(by_embedding, end=by_embedding.start + 12)
    drawn = hits_html.table(book.addresses, hits_text.rows_of(book, genes, [short]), "", {})
    assert 'href="search?loc=chrM%3A5951-5951"' in drawn
    own = hits_html.beside([replace(rows[0], is_query=True)], rows[0].hit, 1000.0)
    assert own.index("its own place") < own.index("elsewhere</th><td colspan") < own.index("shuffled")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "below 1e-300"),
        (3.2e-42, "3e-42"),
        (4e-5, "4e-5"),
        (0.0042, "0.004"),
        (0.3, "0.3"),
        (2.14, "2.1"),
    ],
)
def test_an_evalue_as_people_write_it(value: float, text: str) -> None:
    assert hits_text.evalue(value) == text


def test_the_summary_is_plain(book: Book, genes: Genes) -> None:
    said = hits_text.summary([], 40, 10.0, 25)
    assert said == "Nothing in this book is similar to the query (40 bases, both strands, E at most 10)."
    rows = hits_text.rows_of(book, genes, [made(book, 5950, 6020), made(book, 100, 160, evalue=2.0)])
    said = hits_text.summary(rows, 79, 10.0, 25)
    assert said.startswith("1 passage is similar to the query (79 bases, both strands, E at most 10). The")
    assert said.endswith("E 1e-30. 1 more may be due to chance (E above 0.01).")
    assert "except the region" in hits_text.summary([replace(rows[0], is_query=True)], 79, 10.0, 25)
    said = hits_text.summary(rows[1:], 79, 10.0, 1)
    assert said.startswith("Nothing in this book is clearly similar to the query (79")
    assert "1 hit may be due to chance: the lowest E is 2.0. Only the best 1 are shown" in said
    meant = replace(rows[1], hit=replace(rows[1].hit, evalue=50.0, sequence_rank=None, embedding_rank=1))
    assert "of embedding search alone are shown whatever" in hits_text.summary([meant], 79, 10.0, 25)
    assert hits_text.percent(0.9999) == "99.9"
    assert hits_text.percent(1.0) == "100"


def test_nothing_of_a_name_becomes_a_tag(book: Book, genes: Genes) -> None:
    volume = copy.copy(book["chrM"])
    volume.name = volume.contig = EVIL
    addresses = Addresses([Contig(EVIL, volume.length, EVIL, 0)])
    hit = replace(made(book, 5950, 6020), volume=EVIL, query=EVIL)
    rows = [HitRow(1, hit, volume, EVIL, 0.5, False)]
    drawn = (
        hits_html.table(addresses, rows, "gene", {"by": EVIL})
        + hits_html.alignments(rows)
        + hits_html.records(addresses, [(Query(EVIL, b"ACGT" * 5), rows)], 0, 0)
        + hits_html.paragraph(EVIL)
    )
    seen = Tags(drawn)
    assert not seen.open
    assert not seen.tags & {"script", "img"}
    assert not [name for name in seen.attributes if name.startswith("on")]


def test_what_compressed_vectors_miss_is_said() -> None:
    store = StoreMeta(
        factory="IVF8192,SQ8", rows=3_631_494, width=256, nprobe=64, rerank=True,
        recall=Recall(of=10, sample=500, value=0.962, low=0.9414, high=0.976), bytes={},
    )  # fmt: skip
    vectors = VectorsMeta(
        encoder="e", digest="", width=256, least=20, store="faiss", sentences=store, paragraphs=None
    )
    said = hits_text.how_whole(vectors)
    assert "3,631,494" in said
    assert "96.2 % (94.1 to 97.6 %)" in said
    assert "each of 3,631,494" in hits_text.how_whole(
        msgspec.structs.replace(vectors, sentences=msgspec.structs.replace(store, recall=None))
    )
    assert hits_text.how_whole(msgspec.structs.replace(vectors, sentences=None)) == ""
