"""The Ask page by AppTest: what is asked and answered, links that reopen it, input that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from genomebook.book import Book
from genomebook.language.alphabet import reverse_complement
from genomebook.search.request import MAX_IN_ADDRESS
from genomebook.tasks.shipped import results
from pages._address import ASK
from tests.support.apptest import APP, drawn, only_error

Open = Callable[..., AppTest]

ND1 = "chrM:3307-3366"


@pytest.fixture
def open_ask(chrm_book: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    def run(**query: str) -> AppTest:
        monkeypatch.setenv("GENOMEBOOK_BOOK", str(chrm_book))
        at = AppTest.from_file(str(APP), default_timeout=120).run()
        at.switch_page("pages/ask.py")
        return visit(at, **query)

    return run


@pytest.fixture(scope="module")
def letters(chrm_book: Path) -> str:
    return Book.open(chrm_book)["chrM"].sequence().decode().upper()


def visit(at: AppTest, **query: str) -> AppTest:
    at.query_params.clear()
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def address(at: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[0] for name, value in at.query_params.items()}


def send(at: AppTest, question: str, field: str) -> AppTest:
    at.text_input(key="question").set_value(question)
    at.text_area(key="field").set_value(field)
    return next(button for button in at.button if button.label == "Ask").click().run()


def said(at: AppTest) -> str:
    """The page of an answer."""
    assert not at.exception
    assert not at.error
    page = drawn(at)
    assert '<p class="said"' in page
    return page


def test_without_a_question_it_lists_what_can_be_asked(open_ask: Open) -> None:
    at = open_ask()
    page = drawn(at)
    assert not at.error
    assert '<p class="said"' not in page
    for text in ("what is the GC content?", "Exact", "is this a core promoter?"):
        assert text in page
    assert 'href="ask?q=what+is+the+GC+content%3F&amp;task=gc-content"' in page


def test_an_exact_answer_and_the_link_that_reopens_it(open_ask: Open, letters: str) -> None:
    at = send(open_ask(), "What is the GC content?", "GGCCAATT")
    assert "50.0 %" in said(at)
    asked = address(at)
    assert asked == {"q": "What is the GC content?", "seq": "GGCCAATT"}
    assert ASK.write(ASK.read(values=asked)) == asked
    page = said(at)
    assert said(open_ask(**asked)) == page
    send(at, "reverse complement", ND1)
    assert address(at) == {"q": "reverse complement", "loc": ND1}
    assert reverse_complement(letters[3306:3366].encode()).decode() in said(at)


def test_a_gene_is_read_on_its_strand_and_translated(open_ask: Open) -> None:
    page = said(open_ask(q="translate with the mitochondrial code", loc="MT-ND6"))
    assert "MMYALFLLSVGLVMGFVGFSSKPSPIYGGLVLIVSGVVGCVIILNFGG" in page.replace("\n", "")
    assert "other strand" in page


def test_fasta_rna_and_long_sequences(open_ask: Open, letters: str) -> None:
    at = send(open_ask(), "reverse", ">mine some text\nACGUU\nACG\n")
    page = said(at)
    assert "· mine" in page
    assert "U is read as T" in page
    assert "GCATTGCA" in page
    long = letters[: MAX_IN_ADDRESS + 1]
    send(at, "what is the GC content?", long)
    assert address(at) == {"q": "what is the GC content?"}
    assert "too long for the address bar" in " ".join(caption.value for caption in at.caption)
    assert at.text_area(key="field").value == long
    assert f"{100 * sum(map(long.count, 'GC')) / len(long):.1f} %" in said(at)


def test_a_place_of_the_book_is_answered_from_its_annotation(open_ask: Open) -> None:
    page = said(open_ask(q="which gene is like this?", loc="MT-ND1"))
    assert "MT-ND1" in page
    assert "annotation of this book" in page


@pytest.mark.parametrize("task", ["promoter-core-tata", "tf-4"])
def test_a_learnt_answer_with_what_decided_it_and_how_far_to_trust_it(open_ask: Open, task: str) -> None:
    """Asked about letters of the mitochondrion, which is no promoter."""
    at = open_ask(q="is it?", task=task, loc="chrM:6001-6070" if "core" in task else "chrM:6001-6101")
    page = said(at)
    assert "Probability of this answer" in page
    assert "the same letters, shuffled" in page
    figures = results()[task]
    assert figures.chosen is not None
    rule = figures.rules[figures.chosen]
    assert f"{rule.test.value:.3f}" in page
    assert "Everything measured on this task" in page
    assert "DNABERT-2" in page
    assert "Apache-2.0" in page
    assert "Mean distance from it" in page


def test_an_example_asks_about_a_passage_of_the_book(open_ask: Open, letters: str) -> None:
    at = open_ask()
    at.button_group(key="examples").set_value("reverse complement").run()
    asked = address(at)
    assert asked["q"] == "reverse complement"
    assert asked["seq"] in letters
    assert reverse_complement(asked["seq"].encode()).decode() in said(at).replace("\n", "")


@pytest.mark.parametrize(
    ("question", "field", "line"),
    [
        ("what is the GC content?", "MKVLLTFPEQWMKVLLTFPEQW", "this looks like protein"),
        ("what is the GC content?", "A", "length 1 is too short"),
        ("what is the GC content?", "NNNNNNNNNNNNNNNNNNNNNNNNNNNN", "no letter of it is A, C, G or T"),
        ("what is the GC content?", "ACGT" * 2_500_000, "give at most 1,000,000"),
        ("what is the GC content?", ">a\nACGTACGT\n>b\nACGTACGT", "batch"),
        ("what is the GC content?", "chrM:99999999", "is outside chrM"),
        ("does NANOG bind here?", "ACGTACGTACGTACGTACGTACGT", "no weights ship"),
        ("what is the GC content?", "NOT-A-GENE:5", "'NOT-A-GENE:5' is not understood"),
        ("ist das ein Promotor?", "ACGTACGTACGT", "not understood"),
        ("who is the king of France?", "ACGTACGTACGT", "you can ask"),
        ("translate frame 9", "ACGTACGTACGT", "frame 9: there is none"),
    ],
    ids=lambda text: text[:30],
)
def test_what_cannot_be_answered_is_said_in_a_line(
    open_ask: Open, question: str, field: str, line: str
) -> None:
    at = send(open_ask(), question, field)
    assert line in only_error(at)
    assert "What can be asked" in [expander.label for expander in at.expander]


def test_a_question_alone_asks_for_a_sequence(open_ask: Open) -> None:
    at = open_ask(q="is this a promoter?")
    assert not at.error
    assert "Give a sequence" in at.info[0].value


def test_markup_in_the_question_is_text(open_ask: Open) -> None:
    evil = "<img src=x onerror=alert(1)>"
    at = open_ask(q=f"reverse {evil}", seq=f">{evil}\nACGTAACC", task="reverse")
    page = said(at)
    assert "<img" not in page
    assert "&lt;img" in page
    unknown = open_ask(q="gc", seq="ACGT", task=evil)
    assert "<img" in only_error(unknown)
    assert "<img" not in unknown.error[0].value.replace("\\<", "")


def test_a_place_where_a_link_should_have_letters_is_read_as_a_place(open_ask: Open) -> None:
    at = open_ask(q="what is the GC content?", seq="chrM:1-100")
    assert not at.error
    with_place = said(open_ask(q="what is the GC content?", loc="chrM:1-100"))
    assert said(at).split('href="ask?')[0] == with_place.split('href="ask?')[0]


def test_ambiguous_letters_are_kept_and_said(open_ask: Open) -> None:
    page = said(open_ask(q="reverse complement", seq="ACGTRYACGT"))
    assert "ACGTRYACGT" in page
    assert "2 of 10 letters are ambiguous" in page


def test_many_sequences(open_ask: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from pages import _ask_batch

    at = open_ask(view="batch", task="gc-content")
    assert not at.exception
    records = "".join(f">r{number}\nACGT{'G' * number}\n" for number in range(600)) + ">bad\nMKVLLTFPEQW\n"
    at.file_uploader(key="batch file").set_value(("many.fa", records.encode(), "text/plain")).run()
    assert not at.exception
    assert "bad" in only_error(at)
    table = at.dataframe[0].value
    assert table["name"].tolist()[:2] == ["r0", "r1"]
    assert table["answer"].astype(float).round(3).tolist()[:2] == [0.5, 0.6]
    assert len(table) == 600
    at.query_params["task"] = "reverse-complement"
    with monkeypatch.context() as patch:
        patch.setattr(_ask_batch, "read_batch", None)  # the file has been read
        assert "bad" in only_error(at.run())
    assert at.dataframe[0].value["answer"].tolist()[1] == "CACGT"
    monkeypatch.setattr(_ask_batch, "MAX_RECORDS", 10)
    at.file_uploader(key="batch file").set_value(("again.fa", records.encode(), "text/plain")).run()
    assert only_error(at).startswith("again.fa: more than 10 records")


def test_what_was_typed_for_one_sequence_is_asked_of_many(open_ask: Open) -> None:
    at = open_ask(view="batch", q="reverse complement")
    at.file_uploader(key="batch file").set_value(("one.fa", b">r\nAACG\n", "text/plain")).run()
    assert at.dataframe[0].value["answer"].tolist() == ["CGTT"]


def test_a_file_that_is_too_large_is_not_cut(open_ask: Open) -> None:
    at = open_ask(q="reverse complement")
    content = b">long\n" + b"ACGT" * 500_001
    at.file_uploader(key="ask file").set_value(("long.fa", content, "text/plain")).run()
    assert only_error(at).startswith("long.fa: larger than 2 MB; give a part of it")


def test_a_scan_says_what_is_missing(open_ask: Open) -> None:
    at = open_ask(view="scan")
    assert not at.exception
    assert not at.error
    assert "Name a place" in " ".join(caption.value for caption in at.caption)
    at = open_ask(view="scan", loc="nowhere")
    assert "nowhere" in only_error(at)


def test_a_question_for_the_places_of_promoters_opens_the_scan(open_ask: Open) -> None:
    at = open_ask(q="where are the promoters?", loc="chrM:3001-3400")
    assert not at.exception
    assert not at.error
    assert address(at) == {"view": "scan", "loc": "chrM:3001-3400"}


def test_a_scan_of_a_place_beside_its_shuffle(open_ask: Open) -> None:
    at = open_ask(view="scan", loc="chrM:3001-3400", step="48", p="0.8")
    assert not at.exception
    assert not at.error
    page = drawn(at)
    assert "in the same stretch shuffled, where there is nothing to find" in page
    assert "clip-path:polygon(" in page
    assert "MT-ND1" in page
    assert "What leaks" in page  # the data sheet of the rule
    at.selectbox(key="step").set_value(24).run()
    assert address(at) == {"view": "scan", "loc": "chrM:3001-3400", "p": "0.8"}
    assert drawn(at) != page
