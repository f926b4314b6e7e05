"""The Search page by AppTest: what is asked for and found, its control, what cannot be looked for."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

from genomebook.book import Book
from genomebook.language.alphabet import reverse_complement
from genomebook.pipeline.search.index import search_index
from genomebook.search.query import MIN_LETTERS, Query
from genomebook.search.request import MAX_IN_ADDRESS, example, question_at, shuffled
from genomebook.search.searcher import Searcher
from pages._address import SEARCH
from tests.support import books, reader
from tests.support.apptest import APP, drawn, only_error
from tests.support.word_tables import EVIL

Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def indexed(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mitochondrial book with an index without embeddings."""
    folder = tmp_path_factory.mktemp("indexed") / "chrM.book"
    shutil.copytree(chrm_book, folder)
    search_index(folder, encoder=None, workers=1)
    return folder


@pytest.fixture(scope="module")
def meant(indexed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with vectors of its sentences."""
    folder = tmp_path_factory.mktemp("meant") / "chrM.book"
    shutil.copytree(indexed, folder)
    search_index(folder, workers=1)
    return folder


@pytest.fixture(scope="module")
def letters(indexed: Path) -> str:
    return Book.open(indexed)["chrM"].sequence().decode().upper()


@pytest.fixture
def open_search(monkeypatch: pytest.MonkeyPatch) -> Open:
    def run(book: Path, **query: str) -> AppTest:
        monkeypatch.setenv("GENOMEBOOK_BOOK", str(book))
        at = AppTest.from_file(str(APP), default_timeout=120).run()
        at.switch_page("pages/search.py")
        return visit(at, **query)

    return run


def visit(at: AppTest, **query: str) -> AppTest:
    at.query_params.clear()
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def address(at: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[0] for name, value in at.query_params.items()}


def ask(at: AppTest, text: str) -> AppTest:
    at.text_area(key="box").set_value(text)
    return next(button for button in at.button if button.label == "Search").click().run()


def places(at: AppTest) -> list[str]:
    """Where the hits of the table lie, as people read it."""
    assert not at.exception
    assert not at.error
    return re.findall(r'<td><a href="read\?loc=[^"]*">([^<]+)</a><small>', drawn(at))


def test_the_page_waits_for_a_query_and_has_an_example(indexed: Path, open_search: Open) -> None:
    at = open_search(indexed)
    assert not places(at)
    assert not address(at)
    at.button(key="example").click().run()
    text = example(Book.open(indexed))
    assert address(at) == {"q": text}
    assert at.text_area(key="box").value == text
    start = Book.open(indexed)["chrM"].sequence().upper().find(text.encode())
    assert places(at)[0] == f"chrM:{start + 1:,}-{start + len(text):,}"


def test_either_strand_lower_case_rna(indexed: Path, open_search: Open, letters: str) -> None:
    at = open_search(indexed)
    piece = letters[6000:6120]
    ask(at, piece.lower().replace("t", "u"))
    assert places(at)[0] == "chrM:6,001-6,120"
    ask(at, reverse_complement(piece.encode()).decode())
    assert places(at)[0] == "chrM:6,001-6,120"
    page = drawn(at)
    assert "1 passage is similar to the query (120 bases, both strands, E at most 10)" in page
    assert "minus strand" in page
    assert "MT-CO1" in page
    assert 'href="search?loc=chrM%3A6001-6120"' in page


def test_a_place_a_gene_a_sentence(indexed: Path, open_search: Open) -> None:
    at = open_search(indexed, loc="chrM:6001-6120")
    assert places(at)[0] == "chrM:6,001-6,120"
    assert "the query itself" in drawn(at)
    ask(at, "mt-nd1")
    assert address(at) == {"loc": "mt-nd1"}
    assert places(at)[0] == "chrM:3,307-4,262"
    book = Book.open(indexed)
    sentences = book["chrM"].sentences()[["start", "end", "paragraph"]]
    length = sentences["end"] - sentences["start"]
    alone = sentences.groupby("paragraph")["start"].transform("size") == 1
    long, short = sentences[length >= MIN_LETTERS].iloc[0], sentences[(length < MIN_LETTERS) & ~alone].iloc[0]
    visit(at, loc=f"chrM:{long['start'] + 1}")
    assert places(at)[0] == f"chrM:{long['start'] + 1:,}-{long['end']:,}"
    visit(at, loc=f"chrM:{short['start'] + 1}")
    paragraph = book["chrM"].paragraphs(short["start"], short["end"])[["start", "end"]].iloc[0]
    assert places(at)[0] == f"chrM:{paragraph['start'] + 1:,}-{paragraph['end']:,}"
    assert any("its paragraph is searched for" in said.value for said in at.caption)


def test_options_stand_in_the_address(indexed: Path, open_search: Open) -> None:
    at = open_search(indexed, loc="chrM:6001-6120", hits="50", e="0.01", group="gene")
    assert at.selectbox(key="hits").value == 50
    assert at.selectbox(key="e").value == 0.01
    assert "MT-CO1: 1 hit" in drawn(at)
    assert "E at most 0.01" in drawn(at)
    at.selectbox(key="hits").set_value(10).run()
    assert address(at) == {"loc": "chrM:6001-6120", "hits": "10", "e": "0.01", "group": "gene"}
    at.selectbox(key="group").set_value("volume").run()
    assert "chrM: 1 hit" in drawn(at)
    asked = SEARCH.read(values=address(at))
    assert SEARCH.read(values=SEARCH.write(asked)) == asked


def test_by_embedding_and_by_both(meant: Path, open_search: Open) -> None:
    at = open_search(meant, loc="chrM:6001")
    own = places(at)[0]
    assert "found by" not in drawn(at)
    at.segmented_control(key="by").set_value("both").run()
    assert address(at) == {"loc": "chrM:6001", "by": "both"}
    assert places(at)[0] == own
    assert "<td>sequence 1<br>embedding 1 (1.00)</td>" in drawn(at)
    visit(at, loc="chrM:6001", by="meaning", shuffle="1")  # as older links say
    assert places(at)[0] == own
    assert len(places(at)) == 25
    page = drawn(at)
    assert "sequence 1" not in page
    assert "Hits of embedding search alone are shown whatever their E" in page
    assert re.search(r"the query, shuffled</th>.*<td>embedding 1 \(0", page)


def test_the_shuffle_stands_beside(indexed: Path, open_search: Open) -> None:
    at = open_search(indexed, loc="chrM:6001-6120")
    assert "is no accident" in drawn(at)
    at.toggle(key="shuffled").set_value(True).run()
    assert address(at)["shuffle"] == "1"
    rows = re.findall(r'<th scope="row">(the query[^<]*)</th><td[^>]*>([^<]+)</td>', drawn(at))
    assert [name for name, _ in rows] == [
        "the query, at its own place", "the query, elsewhere", "the query, shuffled"
    ]  # fmt: skip
    assert float(rows[0][1]) < 1e-40
    assert all(figure.startswith("nothing") or float(figure) > 1e-6 for _, figure in rows[1:])
    next(button for button in at.button if button.label == "Shuffle again").click().run()
    assert address(at)["shuffle"] == "2"
    query = question_at(Book.open(indexed), "chrM:6001-6120").queries[0]
    assert shuffled(query, 1) != shuffled(query, 2)
    assert sorted(shuffled(query, 1).letters) == sorted(query.letters)
    assert shuffled(Query("n", b"ACGTNNACGTACGGT"), 1).letters[4:6] == b"NN"


def test_several_records(indexed: Path, open_search: Open, letters: str) -> None:
    at = open_search(indexed)
    noise = shuffled(Query("x", letters[:60].encode()), 3).letters.decode()
    ask(at, f">one\n{letters[100:200]}\n>two\n{letters[9000:9090]}\n>none\n{noise}\n")
    assert places(at)[0] == "chrM:101-200"
    page = drawn(at)
    assert "3 records searched" in page
    assert page.count("▸") == 1
    at.selectbox(key="record").set_value(1).run()
    assert places(at)[0] == "chrM:9,001-9,090"
    assert address(at)["q"].startswith(">one")


def test_a_long_query_stays_out_of_the_address(indexed: Path, open_search: Open, letters: str) -> None:
    at = open_search(indexed)
    ask(at, letters[9000 : 9001 + MAX_IN_ADDRESS])
    assert places(at)[0] == "chrM:9,001-11,001"
    assert not address(at)
    assert any("too long for the address bar" in said.value for said in at.caption)
    at.selectbox(key="hits").set_value(10).run()
    assert places(at)[0] == "chrM:9,001-11,001"
    ask(at, "MT-ND1")
    assert places(at)[0] == "chrM:3,307-4,262"


def test_a_record_that_cannot_be_searched_is_named(indexed: Path, open_search: Open, letters: str) -> None:
    at = ask(open_search(indexed), f">short\nACGT\n>good\n{letters[700:790]}\n")
    assert "record \\'short\\': length 4 is too short" in only_error(at).replace("'", "\\'")
    assert "chrM:701-790" in drawn(at)


@pytest.mark.parametrize("size", [90, 12_000])
@pytest.mark.parametrize("records", [1, 2])
def test_a_visitor_who_stops_ends_the_search(
    indexed: Path, open_search: Open, letters: str, monkeypatch: pytest.MonkeyPatch, size: int, records: int
) -> None:
    """Streamlit stops a page when it next draws, so a search that draws nothing would go on to its end."""
    runners: list[LocalScriptRunner] = []
    told: list[bool] = []
    start, search = LocalScriptRunner.run, Searcher.search_many

    def run(self, *rest, **options):  # type: ignore[no-untyped-def]
        runners.append(self)
        return start(self, *rest, **options)

    def endless(self, *rest, stopped, **options):  # type: ignore[no-untyped-def]
        runners[-1].request_stop()
        told.append(stopped.wait(60))
        return iter(())

    at = open_search(indexed)
    monkeypatch.setattr(LocalScriptRunner, "run", run)
    monkeypatch.setattr(Searcher, "search_many", endless)
    text = "".join(f">{n}\n{letters[n : n + size]}\n" for n in range(records))
    at.text_area(key="box").set_value(text)
    next(button for button in at.button if button.label == "Search").click().run()
    assert told == [True]
    monkeypatch.setattr(Searcher, "search_many", search)
    assert f"chrM:1-{size:,}" in drawn(at.run())


def test_stop_and_go_on(
    indexed: Path, open_search: Open, letters: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = open_search(indexed)
    monkeypatch.setattr(Searcher, "search_many", lambda *rest, **options: iter(()))
    ask(at, letters[:12_000])
    assert any("Stopped: 1 of 1 record not searched" in said.value for said in at.caption)
    monkeypatch.undo()
    monkeypatch.setenv("GENOMEBOOK_BOOK", str(indexed))
    next(button for button in at.button if button.label == "Continue").click().run()
    assert places(at)[0] == "chrM:1-12,000"


def test_a_file(indexed: Path, open_search: Open, letters: str) -> None:
    at = open_search(indexed, q=letters[:100])
    at.file_uploader(key="file").upload("mine.fa", f">a\n{letters[700:790]}\n".encode(), "text/plain").run()
    assert places(at)[0] == "chrM:701-790"
    assert not address(at)
    at.file_uploader(key="file").upload("mine.fa", b">a\nMKVLWAALLVTFLAGCQAKVEQAVETEPEPELRQQ\n", "text/plain")
    at.run()
    assert "looks like protein" in only_error(at)


PROTEIN = "MKVLWAALLVTFLAGCQAKVEQAVETEPEPELRQQTEWQSGQRWELALGRFWDYLRWVQTLSEQVQEELL"
BAD = [
    ({"q": PROTEIN}, "looks like protein"),
    ({"q": "N" * 60}, "no letter of it is A, C, G or T"),
    ({"q": "ACGT"}, ""),  # a motif, as in the box
    ({"q": ">a\n>b\nACGTACGTACGTACGTACGTACGT"}, "has no letters"),
    ({"q": EVIL}, "is not a nucleotide"),
    ({"q": "A" * 2001}, "longer than 2,000 characters"),
    ({"q": "ACGT" * 9, "loc": "chrM:1-50"}, "leave one of them"),
    ({"loc": EVIL}, "no sequence or gene"),
    ({"loc": "chrM:1-10"}, "is too short; give at least 20"),
    ({"loc": "chrM:99999"}, "choose within its positions 1-16,569"),
    ({"loc": ""}, ""),
    ({"q": ""}, ""),
    ({"loc": "chrM:3107"}, "lies in a gap, whose bases are unknown"),
    ({"q": "ACGT" * 9, "by": EVIL}, "is not known; choose one of sequence, embedding, both"),
    ({"q": "ACGT" * 9, "by": "embedding"}, "has no embeddings"),
    ({"q": "ACGT" * 9, "hits": "1000000"}, "is not known; choose one of 10, 25"),
    ({"q": "ACGT" * 9, "e": "nan"}, "is not known"),
    ({"q": "ACGT" * 9, "shuffle": "-1"}, "is not a whole number from 0 to 1,000,000"),
    ({"q": "ACGT" * 9, "group": EVIL}, "is not known"),
]


def test_a_bad_address_is_one_line(indexed: Path, open_search: Open) -> None:
    at = open_search(indexed)
    for query, said in BAD:
        visit(at, **query)
        if said:
            assert said in only_error(at), query
        else:
            assert not at.error
        assert "<script" not in drawn(at)
        assert "<img" not in drawn(at)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("MT-ND9", "did you mean MT-ND"),
        ("hello", "no sequence or gene"),
        ("chr9:1-100", "no sequence or gene"),
        (PROTEIN, "looks like protein"),
        (">x\n" * 51 + "ACGT", "more than 50 records"),
        ("A" * 200_001, "at most 200,000 letters"),
        ("@r1\nACGT\n+\nIIII", "looks like FASTQ"),
        ("<b>" * 10, "is not a nucleotide"),
    ],
)
def test_bad_text_is_one_line(indexed: Path, open_search: Open, typed: str, said: str) -> None:
    at = ask(open_search(indexed), typed)
    assert said in only_error(at)
    assert at.text_area(key="box").value == typed


def test_a_name_in_fasta_is_only_text(indexed: Path, open_search: Open, letters: str) -> None:
    name = "<script>alert(1)</script><img/src=x>"
    at = ask(open_search(indexed), f">{name}\n{letters[:90]}\n>{name}2\n{letters[:80]}")
    assert places(at)
    assert "<script" not in drawn(at)
    assert "<img" not in drawn(at)


def test_without_an_index_the_command_is_named(chrm_book: Path, open_search: Open) -> None:
    assert "genomebook index BOOK" in only_error(open_search(chrm_book, q="ACGT" * 9))


def test_a_damaged_index_or_one_of_another_book_is_named(
    indexed: Path, tmp_path: Path, open_search: Open
) -> None:
    folder = tmp_path / "cut.book"
    shutil.copytree(indexed, folder)
    places_file = folder / "search" / "places.u24"
    places_file.write_bytes(places_file.read_bytes()[:-4])
    assert "places.u24" in only_error(open_search(folder, q="ACGT" * 9))
    other = tmp_path / "other.book"
    shutil.copytree(indexed, other)
    (tmp_path / "b.fa").write_bytes(books.fasta({"b": books.letters(3_000, 5)}))
    another = books.make(tmp_path / "b.fa", tmp_path / "b.book").path
    search_index(another, encoder=None, workers=1)
    shutil.rmtree(other / "search")
    shutil.copytree(another / "search", other / "search")
    assert "the index of another book" in only_error(open_search(other, q="ACGT" * 9))


def test_read_leads_here(indexed: Path, chrm_book: Path, open_search: Open) -> None:
    at = open_search(indexed)
    at.switch_page("pages/read.py")
    visit(at, loc="MT-CO1")
    volume = Book.open(indexed)["chrM"]
    sentences = reader.answer(at)["page"]["sentences"]
    assert any(sentence["is_searchable"] for sentence in sentences)
    for sentence in sentences:
        rows = volume.sentences(sentence["start"], sentence["end"])
        assert rows[["start", "end"]].to_numpy().tolist() == [[sentence["start"], sentence["end"]]]
        assert sentence["is_searchable"] == (sentence["end"] - sentence["start"] >= MIN_LETTERS)
    assert reader.answer(at)["settings"]["searchable"]
    at = open_search(chrm_book)
    at.switch_page("pages/read.py")
    visit(at, loc="MT-CO1")
    assert not any(sentence["is_searchable"] for sentence in reader.answer(at)["page"]["sentences"])
    assert not reader.answer(at)["settings"]["searchable"]


def test_a_motif_lists_its_places(indexed: Path, open_search: Open, letters: str) -> None:
    at = ask(open_search(indexed), "gau uac")
    assert address(at) == {"motif": "GATTAC"}
    starts = sorted(match.start() for word in ("GATTAC", "GTAATC") for match in re.finditer(word, letters))
    page = drawn(at)
    shown = re.findall(r'<td><a href="read\?loc=[^"]*">([^<]+)</a></td>', page)
    assert shown == [f"chrM:{start + 1:,}-{start + 6:,}" for start in starts]
    assert any(said.value.startswith(f"{len(starts)} places of GATTAC") for said in at.markdown)
    assert "MT-" in page
    at.number_input(key="mismatches").set_value(1).run()
    assert address(at) == {"motif": "GATTAC", "mismatches": "1"}
    assert len(re.findall("<code>", drawn(at))) == 100 > len(starts)
    assert "< is no letter of one" in only_error(visit(at, motif="AN<b>"))


def test_a_place_in_other_words_is_searched_for(indexed: Path, open_search: Open) -> None:
    at = ask(open_search(indexed), "MT-ND1+100")
    assert address(at) == {"loc": "chrM:3407-3407"}
    assert not at.error


def test_an_address_is_understood_as_the_box_is(indexed: Path, open_search: Open, letters: str) -> None:
    at = open_search(indexed, q="gau uac", mismatches="1")
    assert not at.error
    assert at.number_input(key="mismatches").value == 1
    assert len(re.findall("<code>", drawn(at))) == 100
    assert any("of TATAWAW" in said.value for said in visit(at, q="tatawaw").markdown)
    at = visit(at, q="MT-ND1+100", mismatches="0")
    assert not at.error
    assert "which contains chrM:3,407" in "".join(said.value for said in at.caption).replace("\\", "")
    assert "hit" in drawn(visit(at, q=f"dna:{letters[500:700]}"))
    assert "is not a nucleotide" in only_error(visit(at, q="GATTAQ"))
