"""Ask: a question finds its task and options, the answer says who answers and how far to trust it."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.book import Book
from genomebook.errors import GenomebookError, OptionError, QuestionError, SequenceError, TaskError
from genomebook.genome.regions import Region
from genomebook.tasks.answers import ask, ask_many
from genomebook.tasks.answers import understood as understood_task
from genomebook.tasks.exact_answers import EXACT
from genomebook.tasks.genes import GENE_TASKS
from genomebook.tasks.inputs import AskedSequence, read_sequences
from genomebook.tasks.options import AskOptions, read_options
from genomebook.tasks.questions import (
    MAX_QUESTION,
    intent,
)
from genomebook.tasks.registry import task, tasks
from genomebook.tasks.task import DataSheet, Examples, Task
from genomebook.training.tasks.fit import fit_tasks
from tests.support import books, searching
from tests.support.dna import random_dna

LETTERS = "ATGGCGTACGTTAGCTAGCTAACGGGATGA"


@pytest.mark.parametrize("name", sorted(tasks()))
def test_a_question_form_finds_its_task(name: str) -> None:
    for form in task(name).questions:
        assert name in intent(form).tasks, form


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("IS THIS A PROMOTER?!", "promoter-proximal-all"),
        ("  what is the\nGC content of this? ", "gc-content"),
        ("translate frame 2", "protein"),
        ("Translate with table 4, frame -1", "protein"),
        ("reverse complement", "reverse-complement"),
        ("which gene is like this?", "gene-description"),
    ],
)
def test_questions_as_people_write_them(question: str, name: str) -> None:
    assert name in intent(question).tasks


@pytest.mark.parametrize(
    "question",
    ["", " \t", "???", "hello", "is it raining?", "quelle est la teneur en GC ?", "ist das ein Promotor?",
     "这是启动子吗", "<script>alert(1)</script>", "\x1b[31m", "x" * 100_000, "SELECT * FROM tasks"],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_what_is_not_understood_lists_what_can_be_asked(question: str) -> None:
    with pytest.raises(QuestionError) as caught:
        intent(question)
    line = str(caught.value)
    assert any(one.questions[0] in line for one in tasks().values())
    assert len(line) < 500
    assert "\n" not in line
    assert "\x1b" not in line


@given(st.text(max_size=2 * MAX_QUESTION))
def test_any_text_is_a_task_or_one_line(text: str) -> None:
    try:
        meant = intent(text).tasks
    except GenomebookError as error:
        meant = ()
        line = str(error)
    assert set(meant) <= set(tasks())
    assert meant or "\n" not in line


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("translate", AskOptions()),
        ("translate frame 2", AskOptions(frame=2)),
        ("translate in the third frame", AskOptions(frame=3)),
        ("translate frame -3", AskOptions(frame=-3)),
        ("translate frame 2 of the reverse strand", AskOptions(frame=-2)),
        ("translate with table 4", AskOptions(table=4)),
        ("translate, genetic code 11, frame 3", AskOptions(frame=3, table=11)),
        ("translate with the vertebrate mitochondrial code", AskOptions(table=2)),
        ("translate with the yeast mitochondrial code", AskOptions(table=3)),
        ("translate this bacterial gene", AskOptions(table=11)),
        ("find ORFs of at least 300 letters", AskOptions(shortest=300, length=300)),
        ("find ORFs longer than 100 codons", AskOptions(shortest=300)),
        ("continue by 200 letters with temperature 0.5 and seed 7",
         AskOptions(length=200, temperature=0.5, seed=7)),
    ],
)  # fmt: skip
def test_options(question: str, options: AskOptions) -> None:
    assert read_options(question) == options


@pytest.mark.parametrize("question", ["translate frame 4", "translate frame 0", "translate with table 99"])
def test_options_that_there_are_not(question: str) -> None:
    with pytest.raises(OptionError, match="choose one of"):
        ask(question, LETTERS)


def test_exact_answers() -> None:
    answer = ask("what is the GC content?", LETTERS)
    assert (answer.label, answer.exact, answer.probability) == ("0.5000", True, None)
    assert ask("translate frame 2", LETTERS).sequence == "WRTLAS*RD"
    assert ask("reverse complement", LETTERS).sequence == "TCATCCCGTTAGCTAGCTAACGTACGCCAT"
    assert ask("complement", LETTERS).sequence == "TACCGCATGCAATCGATCGATTGCCCTACT"
    assert ask("reverse", LETTERS).sequence == LETTERS[::-1]
    assert "frame +1: 1-18 on the + strand" in ask("find ORFs of at least 9 letters", LETTERS).text
    assert ask("find open reading frames", "ACACACACAC").label == "0"
    assert ask("anything", "ACGU", task="reverse").notes == ("This is RNA: U is read as T.",)


@pytest.mark.parametrize(
    ("with_weights", "length", "name"),
    [
        (("promoter-nontata", "promoter-proximal-notata"), 300, "promoter-proximal-notata"),
        (("promoter-nontata", "promoter-proximal-notata"), 251, "promoter-nontata"),
        (("promoter-nontata",), 300, "promoter-nontata"),
        ((), 300, "promoter-proximal-notata"),
    ],
)
def test_of_tasks_with_one_question_one_with_weights_for_this_length_answers(
    with_weights: tuple[str, ...], length: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genomebook.tasks.answers.is_answered", lambda one: one.name in with_weights)
    assert understood_task("is this a promoter without a TATA box?", length)[0].name == name


def test_without_weights_one_line_says_how_to_get_them() -> None:
    with pytest.raises(TaskError, match=r"no weights ship .*licence of its data: .*train-tasks --task"):
        ask("does NANOG bind here?", LETTERS)
    with pytest.raises(TaskError, match="no task of this name; did you mean"):
        ask("x", LETTERS, task="gc-contend")


def with_motif(seed: int) -> Examples:
    """Random letters; those of label 1 have a motif in the middle."""
    rng = np.random.default_rng(seed)
    sequences, labels = [], []
    for number in range(360):
        letters = random_dna(60, 1000 * seed + number).decode()
        label = int(rng.integers(2))
        sequences.append(letters[:24] + "TATAAATAGCCG" + letters[36:] if label else letters)
        labels.append(label)
    split = np.array(["train"] * 240 + ["dev"] * 60 + ["test"] * 60)
    return Examples(sequences, np.array(labels, np.int8), split, {})


@pytest.fixture(scope="module")
def motif(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A task that was made up, in the registry, and its rule, fitted for own use."""
    sheet = DataSheet("made up", "none stated", False, (), "nothing")
    made = Task(
        "made-motif", "Made motif", "Made", ("does it have the made motif?",), ("no", "yes"), "MCC",
        (60, 60), 60, sheet, lambda folder: with_motif(3), "A motif.",
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("weights")
    assert len(list(fit_tasks([made], folder, folder, ["k-mers"], own_use=True))) == 1
    tasks()[made.name] = made
    yield made.name, folder
    del tasks()[made.name]


def test_a_learnt_answer(motif: tuple[str, Path]) -> None:
    name, weights = motif
    test = with_motif(4)
    sequences = [AskedSequence(str(i), letters) for i, letters in enumerate(test.sequences)]
    answers = list(ask_many(name, sequences, weights=weights))
    assert [one.name for one in answers] == [str(i) for i in range(360)]
    right = np.mean(
        [one.label == ("no", "yes")[label] for one, label in zip(answers, test.labels, strict=True)]
    )
    assert right > 0.9
    one = ask("x", test.sequences[0], task=name, weights=weights)
    assert one.probability == pytest.approx(answers[0].probability, abs=1e-5)
    assert one.probability is not None
    assert 0.5 <= one.probability <= 1
    assert not one.exact
    assert one.rule == "k-mers"
    assert "test sequences it reaches MCC" in one.trust
    assert "rule to beat" in one.trust


def test_out_of_range_is_said_and_not_sure(motif: tuple[str, Path]) -> None:
    name, weights = motif
    strange = ask("x", "A" * 30, task=name, weights=weights)
    assert strange.warning is not None
    assert "the rule was trained on sequences of 60" in strange.warning
    assert strange.text.startswith("No sure answer")
    assert "probability" not in strange.text
    long = ask("x", with_motif(3).sequences[0] * 3, task=name, weights=weights)
    assert long.warning is not None
    assert "Only the middle 60 of its 180 letters were scored." in long.warning


def test_a_batch_stops_when_it_is_cancelled() -> None:
    sequences = read_sequences("".join(f">{i}\nACGT\n" for i in range(900)))
    cancel, done = Event(), []
    for answer in ask_many("reverse", sequences, done.append, cancel):
        assert answer.sequence == "TGCA"
        if len(done) == 300:
            cancel.set()
    assert len(done) == 300


@pytest.fixture(scope="module")
def indexed_book(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("asked") / "chrM.book"
    shutil.copytree(chrm_book, path)
    (path / "search").mkdir()
    searching.indexed(Book.open(path), path / "search")
    return path


@pytest.mark.parametrize("name", GENE_TASKS)
def test_genes_of_a_place_are_cited(chrm_book: Path, name: str) -> None:
    answer = ask("what is this?", "", book=Book.open(chrm_book), place=Region("chrM", 3306, 3500), task=name)
    assert answer.label == "MT-ND1"
    assert "NADH dehydrogenase" in answer.text
    assert {fact.source for fact in answer.facts} == {"annotation of this book"}
    texts = " ".join(fact.text for fact in answer.facts)
    for part in ("chrM:3,307-4,262 on the + strand", "MT-TL1", "MT-TI", "protein coding"):
        assert part in texts


def test_a_question_about_the_neighbours(chrm_book: Path) -> None:
    book = Book.open(chrm_book)
    answer = ask("which genes are near here?", "", book=book, place=Region("chrM", 3306, 3500))
    assert answer.task == "reading-comprehension"
    assert answer.text.startswith("The nearest gene before it is MT-TL1")


def test_a_place_without_a_gene(chrm_book: Path) -> None:
    answer = ask("describe this gene", "", book=Book.open(chrm_book), place=Region("chrM", 100, 200))
    assert answer.label == "no gene"
    assert answer.text.startswith("No gene of this book lies at chrM:101-200")


def test_a_gene_is_found_by_search(indexed_book: Path) -> None:
    book = Book.open(indexed_book)
    letters = searching.mutated(book["chrM"].sequence(3400, 3700), 0.05, 1).decode()
    answer = ask("which gene is like this?", letters, book=book)
    assert answer.label == "MT-ND1"
    assert answer.facts[0].source == "sequence search in this book"
    assert "% identity" in answer.facts[0].text
    for seed in range(3):
        nothing = ask("which gene is like this?", random_dna(200, seed).decode(), book=book)
        assert nothing.label == "no gene of this book is like it"
        assert nothing.facts == ()


def test_a_sequence_too_short_to_find_is_told_for_that_record_only(indexed_book: Path) -> None:
    book = Book.open(indexed_book)
    letters = book["chrM"].sequence(3400, 3700).decode()
    records = [AskedSequence("short", "ACGTACGT"), AskedSequence("gene", letters)]
    short, gene = ask_many("gene-description", records, book=book)
    assert short.text == "Not answered: short: 8 letters are too few to find; give at least 20."
    assert (short.label, gene.label) == (None, "MT-ND1")


def test_what_genes_cannot_be_asked_about(chrm_book: Path) -> None:
    with pytest.raises(SequenceError, match="the answer comes from a book"):
        ask("which gene is like this?", LETTERS)
    with pytest.raises(GenomebookError, match="genomebook index"):
        ask("which gene is like this?", LETTERS, book=Book.open(chrm_book))


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], chrm_book: Path) -> None:
    fasta = tmp_path / "x.fa"
    fasta.write_text(">a\nACGG\n>p\nMKLEF\n>=b\nTTTA\n")
    said = books.program(capsys, "ask", "what is the GC content?", "ACGGT")
    assert (said.code, said.out.splitlines()[0]) == (0, "60.0 % of the letters are G or C.")
    assert books.program(capsys, "ask", "reverse", "ACCC" * 100).out.splitlines()[1] == "CCCA" * 100
    said = books.program(capsys, "ask", "gc-content", fasta)
    rows = list(csv.DictReader(said.out.splitlines(), delimiter="\t"))
    assert [(row["name"], row["answer"]) for row in rows] == [("a", "0.7500"), ("'=b", "0.0000")]
    assert "warning: left out" in said.err
    assert "'p'" in said.err
    said = books.program(capsys, "ask", "reverse complement", fasta, "-o", tmp_path / "out.json")
    assert [one["sequence"] for one in json.loads((tmp_path / "out.json").read_text())] == ["CCGT", "TAAA"]
    said = books.program(capsys, "ask", "what is the GC content?", "--book", chrm_book, "--place", "MT-ND1")
    assert said.out.startswith("47.7 %")
    said = books.program(capsys, "ask")
    assert all(name in said.out for name in tasks())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("is it raining?", "ACGT"), "is not understood; you can ask:"),
        (("what is the GC content?",), "no sequence is given"),
        (("what is the GC content?", "none.fa"), "no such file"),
        (("what is the GC content?", "A"), "too short"),
        (("what is the GC content?", "--place", "chrM:1-9"), "name the book as well"),
        (("translate frame 9", "ACGT"), "frame 9: there is none"),
        (("which gene is like this?", "ACGT"), "the answer comes from a book"),
        (("gc-content", "ACGT", "--format", "xml"), "--format"),
    ],
)
def test_wrong_commands_are_one_line(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answered = books.program(capsys, "ask", *arguments)
    assert answered.code == 2
    assert said in answered.error
    assert answered.out == ""


def test_exact_tasks_are_in_the_catalogue() -> None:
    assert {*EXACT, *GENE_TASKS} <= {name for name, one in tasks().items() if one.load is None}
