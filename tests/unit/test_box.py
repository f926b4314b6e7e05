"""The box: what each kind of text means, on a book with two slices and genes on both strands."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from genomebook.book import Book
from genomebook.errors import RegionError
from genomebook.genome.human_names import VARIABLE
from genomebook.genome.regions import Region
from genomebook.pipeline.annotate import TrackInput, annotate
from genomebook.search.answers import DnaAnswer, MotifAnswer, NotUnderstood, PlaceAnswer, WordAnswer
from genomebook.search.book_names import names_of
from genomebook.search.box import MAX_PASTED, find_place, understand
from genomebook.search.suggestions import suggest
from tests.support import books

SLICE = "chr21:25500001-25512000"
GENES = """volume\tstart\tend\tstrand\tname\tgene_id\tbiotype\tdescription
chr21\t25501000\t25503000\t-\tAPP\tENSG00000142192.21\tprotein_coding\tamyloid beta precursor protein
chr21\t25505000\t25505900\t+\tCAT\tENSG00000121691.6\tprotein_coding\tcatalase [Source:HGNC;Acc:HGNC:1516]
chr21\t25506000\t25507000\t+\tNKX2-1\tENSG00000136352.20\tprotein_coding\tNK2 homeobox 1
chr21\t25508000\t25509000\t+\tATP5J\tENSG00000154723.8\tprotein_coding\tATP synthase
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("box")
    genome = {SLICE: books.letters(12_000, 3), "chrM": books.letters(3_000, 4)}
    (folder / "a.fa").write_bytes(books.fasta(genome))
    (folder / "genes.tsv").write_text(GENES)
    return books.make(
        folder / "a.fa", folder / "a.book", genes=folder / "genes.tsv", assembly="GRCh38", words="words-4096"
    )


INFO = """#tax_id\tGeneID\tSymbol\tSynonyms\tmap_location\ttype_of_gene
9606\t351\tAPP\tAAA|ABETA|ABPP|PN2\t21q21.3\tprotein-coding
9606\t522\tATP5PF\tATP5|ATP5J\t21q21.3\tprotein-coding
9606\t7157\tTP53\tBCC7|LFS1|P53\t17p13.1\tprotein-coding
9606\t999\tREGION1\t-\t1p1\tbiological-region
"""


@pytest.fixture(scope="module", autouse=True)
def gene_info(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Names of genes, as NCBI publishes them."""
    path = tmp_path_factory.mktemp("names") / "Homo_sapiens.gene_info.gz"
    path.write_bytes(gzip.compress(INFO.encode()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(path))
        yield path


HERE = Region(SLICE, 1_000, 2_000)


def place(book: Book, text: str) -> PlaceAnswer:
    answer = understand(book, text, HERE)
    assert isinstance(answer, PlaceAnswer), answer
    return answer


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("chr21:25501001-25501100", 1000, 1100),
        ("25,501,001", 1000, 1001),
        ("25501001..25501100", 1000, 1100),
        ("25,501,001 - 25,501,100", 1000, 1100),
        ("chr21:25.501M", 999, 1000),
        ("chr21:25.501M-25.502M", 999, 2000),
        ("chr21:25.501-25.502M", 999, 2000),
        ("chr21 25501k to 25502kb", 999, 2000),
        ("21:25501001+100", 1000, 1100),
        ("+500", 1500, 2500),
        ("-1k", 0, 1000),
        (SLICE, 0, 12_000),
    ],
)
def test_positions(book: Book, text: str, start: int, end: int) -> None:
    assert place(book, text).region == Region(SLICE, start, end)


def test_genes_with_offsets_count_in_the_direction_of_the_gene(book: Book) -> None:
    app = place(book, "app")
    assert (app.gene, app.strand, app.kind, app.region) == ("APP", "-", "gene", Region(SLICE, 1000 - 1, 3000))
    assert place(book, "APP+1000").region == Region(SLICE, 1999, 2000)
    assert place(book, "APP - 500").region == Region(SLICE, 3499, 3500)
    assert place(book, "CAT+1k").region == Region(SLICE, 5999, 6000)
    assert place(book, "NKX2-1").gene == "NKX2-1"  # a symbol that looks like an offset
    assert place(book, "NKX2-1+1").region == Region(SLICE, 6000, 6001)


@pytest.mark.parametrize(
    "text", ["ENSG00000142192", "ensg00000142192.21", "ENSG00000142192.3", "ABPP", "gene:AAA"]
)
def test_identifiers_and_other_names(book: Book, text: str) -> None:
    assert place(book, text).gene == place(book, "gene:AAA").gene == "APP"


def test_present_symbols_of_former_ones(book: Book) -> None:
    answer = place(book, "ATP5PF")
    assert (answer.gene, answer.note) == ("ATP5J", "ATP5PF is another name of ATP5J.")


def test_bands(book: Book) -> None:
    answer = place(book, "21q21.3")
    assert (answer.region, answer.label, answer.kind) == (Region(SLICE, 0, 12_000), "21q21.3", "band")
    assert "part of 21q21.3" in answer.note
    assert place(book, "chr21q21").region == Region(SLICE, 0, 12_000)


def test_letters_are_dna_a_motif_or_a_word(book: Book) -> None:
    assert understand(book, "RGGTCANNNTGACCY") == MotifAnswer(text="RGGTCANNNTGACCY", motif="RGGTCANNNTGACCY")
    rna = understand(book, "acgu aauaaa")
    assert isinstance(rna, MotifAnswer)
    assert rna.motif == "ACGTAATAAA"
    dna = understand(book, "acgtacgtacgtacgtacgtn")
    assert isinstance(dna, DnaAnswer)
    assert dna.also == ("motif:ACGTACGTACGTACGTACGTN",)
    assert isinstance(understand(book, ">a\n" + 3 * "ACGTACGT" + "\n>b\n" + 3 * "ACGTACGG"), DnaAnswer)
    aaa = understand(book, "AAA")
    assert isinstance(aaa, MotifAnswer)  # and not APP, which is called so too
    assert "gene:APP" in aaa.also


def test_a_gene_is_meant_before_a_motif_and_a_prefix_forces(book: Book) -> None:
    cat = place(book, "CAT")
    assert (cat.gene, "motif:CAT" in cat.also) == ("CAT", True)
    assert isinstance(understand(book, "motif:CAT"), MotifAnswer)
    table = book.lexicon.table
    gloss = next(text for text in table["gloss"].dropna() if not set(text.upper()) <= set("ACGTRYSWKMBDHVNU"))
    word = understand(book, gloss)
    assert isinstance(word, WordAnswer)
    assert word.word == table.loc[table["gloss"] == gloss, "word"].iloc[0]
    assert isinstance(understand(book, "word:TATA"), WordAnswer)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing is typed"),
        (" \t ", "nothing is typed"),
        ("+12k", "write a number from -1,000 to +10,000"),
        ("-1001", "write a number from -1,000"),
        ("21q99", "chr21 has no band q99"),
        ("23q1", "no chromosome 23"),
        ("1p36.33", "1p36.33 is not in this book; it has chr21, chrM"),
        ("TP53", "TP53, which lies in 17p13.1"),
        ("P53", "P53 (TP53), which lies in 17p13.1"),
        ("chr22:1-100", "chr22 is not in this book"),
        ("chr21:1-100", "not within"),
        ("chr21:25.5012345678M", "not a whole number"),
        ("APP exon 3", "exons of APP are not known"),
        ("APP+1M", "APP+1,000,000 is outside chr21"),
        ("ATP5JJ", "did you mean ATP5J"),
        ("NNNN", "a motif of N alone"),
        ("motif:ACGX", "X is no letter"),
        ("motif:" + "A" * 65, "3 to 64 letters"),
        ("word:zzzz", "not a word of this book"),
        ("rs63750847", "no track of this book"),
        ("<script>alert(1)</script>", "the box takes a place"),
        ("\x00\x1b[31m\u202e", "the box takes a place"),
        ("x" * 790_000, "1 is 'X'"),
        ("A" * (MAX_PASTED + 1), "more than the box takes"),
        ("A" * 300_000, "200,000"),
    ],
)
def test_what_is_not_understood_is_one_line(book: Book, text: str, said: str) -> None:
    answer = understand(book, text, HERE)
    assert isinstance(answer, NotUnderstood), answer
    assert said in answer.line
    assert answer.line.isprintable()
    assert len(answer.line) < 400
    assert len(answer.text) <= 60


def test_a_step_or_a_position_needs_somewhere_to_count_from(book: Book) -> None:
    step, position = understand(book, "+500"), understand(book, "25,501,001")
    assert isinstance(step, NotUnderstood)
    assert "open a place first" in step.line
    assert isinstance(position, NotUnderstood)
    assert "of which chromosome?" in position.line


def test_find_place_takes_places_only(book: Book) -> None:
    assert find_place(book, "APP") == Region(SLICE, 999, 3000)
    assert find_place(book, "APP+1000") == Region(SLICE, 1999, 2000)
    assert find_place(book, "21q21.3") == Region(SLICE, 0, 12_000)
    for text in ("motif:ACGT", "TP53", "chr21:1-5"):
        with pytest.raises(RegionError):
            find_place(book, text)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("a", "APP"),
        ("atp", "ATP5J"),
        ("ENSG000001421", "APP"),
        ("ENSG00000142192.2", "APP"),
        ("PN2", "APP"),
        ("ATP5PF", "ATP5J"),
        ("catal", "CAT"),
        ("beta amyl", "APP"),
        ("21q21", "21q21.1"),
        ("chrm", "chrM"),
        ("NKX21", "NKX2-1"),
    ],
)
def test_suggestions(book: Book, typed: str, first: str) -> None:
    suggestions = suggest(book, typed)
    texts = [suggestion.text for suggestion in suggestions]
    assert texts[0] == first if typed != "21q21" else texts == ["21q21.3"]
    assert len(set(texts)) == len(texts) <= 8
    for suggestion in suggestions:
        assert isinstance(understand(book, suggestion.text, HERE), PlaceAnswer)


@pytest.mark.parametrize("typed", ["", " ", "x" * 61, "\x00", "<b>", "\ud800", "é" * 40])
def test_nothing_is_suggested_for_what_no_name_begins_with(book: Book, typed: str) -> None:
    assert suggest(book, typed) == []


def test_names_are_made_once(book: Book) -> None:
    assert names_of(book) is names_of(book)
    assert len(names_of(book)) == 4


def test_a_book_without_genes_takes_places_and_motifs(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_bytes(books.fasta({"c1": books.letters(2_000, 8)}))
    plain = books.make(tmp_path / "a.fa", tmp_path / "a.book")
    assert isinstance(understand(plain, "10..20"), PlaceAnswer)
    assert isinstance(understand(plain, "GATTACA"), MotifAnswer)
    assert isinstance(understand(plain, "TP53"), NotUnderstood)
    assert isinstance(understand(plain, "21q21.3"), NotUnderstood)
    assert suggest(plain, "c")[0].text == "c1"


GFF3 = """##gff-version 3
chr21\t.\tgene\t25501000\t25503000\t.\t-\t.\tID=gene:G1;Name=APP;gene_id=G1;biotype=protein_coding
chr21\t.\tmRNA\t25501000\t25503000\t.\t-\t.\tID=transcript:T1;Parent=gene:G1;transcript_id=ENST9;version=2
chr21\t.\texon\t25501000\t25501100\t.\t-\t.\tParent=transcript:T1
chr21\t.\texon\t25502901\t25503000\t.\t-\t.\tParent=transcript:T1
chr21\t.\tCDS\t25501010\t25501090\t.\t-\t0\tID=CDS:P1;Parent=transcript:T1;protein_id=ENSP7
chr21\t.\tgene\t25511000\t25513000\t.\t-\t.\tID=gene:G2;Name=OUT1;gene_id=G2;biotype=protein_coding
chr21\t.\tmRNA\t25511000\t25513000\t.\t-\t.\tID=transcript:T2;Parent=gene:G2;transcript_id=ENST8
chr21\t.\texon\t25511000\t25511100\t.\t-\t.\tParent=transcript:T2
chr21\t.\texon\t25512900\t25513000\t.\t-\t.\tParent=transcript:T2
"""


@pytest.fixture(scope="module")
def annotated(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("exons")
    (folder / "a.fa").write_bytes(books.fasta({SLICE: books.letters(12_000, 3)}))
    made = books.make(folder / "a.fa", folder / "a.book", assembly="GRCh38")
    (folder / "a.gff3").write_text(GFF3)
    annotate(made.path, [TrackInput(folder / "a.gff3", "")])
    return Book.open(made.path)


def test_exons_count_from_the_five_prime_end(annotated: Book) -> None:
    first = place(annotated, "APP exon 1")
    assert (first.region, first.label, first.exon) == (Region(SLICE, 2900, 3000), "APP exon 1", 1)
    assert first.transcript.startswith("ENST9")
    assert place(annotated, "exon 2 of app").region == Region(SLICE, 999, 1100)
    for text, said in [
        ("APP exon 0", "no exon 0"),
        ("APP ex 3", "has 1 to 2"),
        ("OUT1 exon 1", "no exon 1 in this book"),
    ]:
        answer = understand(annotated, text)
        assert isinstance(answer, NotUnderstood)
        assert said in answer.line


@pytest.mark.parametrize("text", ["ENST9", "enst9.2", "ENSP7", "ensp7.1"])
def test_transcripts_and_proteins_have_places(annotated: Book, text: str) -> None:
    answer = place(annotated, text)
    assert (answer.gene, answer.region) == ("APP", Region(SLICE, 999, 3000))


def test_transcripts_are_suggested(annotated: Book) -> None:
    assert [(s.text.partition(".")[0], s.detail) for s in suggest(annotated, "ENSP")] == [
        ("ENSP7", "protein of APP")
    ]
    assert [s.kind for s in suggest(annotated, "enst")] == ["transcript", "transcript"]


def test_an_rs_number_is_found_where_a_track_has_it(tmp_path: Path) -> None:
    letters = books.letters(2_000, 8)
    (tmp_path / "a.fa").write_bytes(books.fasta({"c1": letters}))
    made = books.make(tmp_path / "a.fa", tmp_path / "a.book")
    ref = letters[499:500].decode()
    alt = "A" if ref != "A" else "C"
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (tmp_path / "a.vcf").write_text(f"{head}c1\t500\trs77\t{ref}\t{alt}\t.\t.\t.\n")
    annotate(made.path, [TrackInput(tmp_path / "a.vcf", "")])
    opened = Book.open(made.path)
    answer = place(opened, "RS77")
    assert (answer.region, answer.label, answer.kind) == (Region("c1", 499, 500), "rs77", "variant")
    assert isinstance(understand(opened, "rs78"), NotUnderstood)
