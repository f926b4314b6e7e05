"""Glosses by meaning: the fields that come with genomebook, the model of passages, the stage, bad input."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.common.report import RESULTS
from genomebook.annotation.class_names import EXON, INTRON
from genomebook.annotation.classes import AnnotationClasses
from genomebook.book import Book
from genomebook.book.annex import adding
from genomebook.book.lexicon import shipped_meaning
from genomebook.book.schema import MEANING, PASSAGES
from genomebook.errors import DamagedBookError, OptionError
from genomebook.genome.regions import Region
from genomebook.language.alphabet import FIRST_WORD, reverse_complement
from genomebook.language.vocabulary import load_vocabulary
from genomebook.lexicon.fields import CLASSES, EVERYWHERE, load_fields, shipped_languages
from genomebook.lexicon.in_context import glossary_of
from genomebook.lexicon.passages import PassageModel, fit
from genomebook.pipeline.lexicon.meaning import (
    AFTER,
    BEFORE,
    LAST,
    PLAIN,
    SPLICE,
    STRANDED,
    _with_splice_sites,
    labelled,
)
from genomebook.render.evidence.glosses import SHIPPED, gloss_evidence
from genomebook.render.page.english import english, letters_of
from tests.support import books

RNG = np.random.default_rng(5)
ALU, L1 = (bytes(RNG.choice(list(b"ACGT"), 300).tolist()) for _ in range(2))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A book in which one stretch comes back as an Alu and another as an L1, and the track that says so."""
    folder = tmp_path_factory.mktemp("meaning")
    parts, rows, at = [], [], 0
    for number in range(160):
        filler = books.letters(int(RNG.integers(200, 500)), number)
        repeat, name = ((ALU, "SINE/Alu"), (L1, "LINE/L1"))[number % 2]
        parts += [filler, repeat]
        at += len(filler)
        rows.append(f"chr1\t{at}\t{at + len(repeat)}\tx\t0\t+\t{name}\tx\n")
        at += len(repeat)
    (folder / "a.fa").write_bytes(books.fasta({"chr1": b"".join(parts)}))
    (folder / "repeats.bed").write_text("".join(rows))
    books.make(folder / "a.fa", folder / "a.book")
    return folder / "a.book", folder / "repeats.bed"


def test_the_fields_of_english_are_large_and_everyday() -> None:
    fields = load_fields("english")
    assert set(shipped_languages()) == {"english", "german"}
    for name in CLASSES:
        words = [word for family in fields.fields[name].families for word in family]
        assert len(words) >= 200
        assert all(re.fullmatch("[a-z]{1,14}", word) for word in words)
    assert fields.class_of_word["echo"] == "Alu"
    assert fields.class_of_word["the"] == EVERYWHERE
    assert fields.heading("Alu -") == "An echo, told backwards"


@pytest.mark.parametrize("name", ["words-4096", "words-600"])
def test_shipped_glosses_give_each_word_its_own(name: str, tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_bytes(books.fasta({"chr1": books.letters(3000, 1)}))
    book = books.make(tmp_path / "a.fa", tmp_path / "a.book", words=name)
    meaning, table = book.lexicon.meaning, book.lexicon.table
    assert meaning["gloss"].is_unique
    assert set(meaning["id"]) == set(table["id"][table["id"] >= FIRST_WORD])
    assert meaning.groupby("id").size().max() <= 3
    kind_of = load_fields().class_of_word
    assert [kind_of[word] for word in meaning["gloss"]] == meaning["field"].tolist()
    first = meaning[meaning["sense"] == 0].set_index("id")["field"]
    pairs = table[(table["partner"] > table["id"]) & (table["id"] >= FIRST_WORD)]
    same = [first[a] == first[b] for a, b in zip(pairs["id"], pairs["partner"], strict=True)]
    assert all(same)


def test_ends_of_genes_are_no_splice_sites(made: tuple[Path, Path]) -> None:
    book = Book.open(made[0])
    exons, introns = np.array([[100, 200], [500, 600], [900, 1000]]), np.array([[200, 500]])
    empty = np.empty((0, 2), np.int64)
    known = AnnotationClasses((EXON, INTRON), {"chr1": [exons, introns]}, np.ones((2, 1), bool), ())
    with_sites = _with_splice_sites(book, known)
    assert with_sites.names == (EXON, INTRON, SPLICE)
    assert with_sites.spans["chr1"][2].tolist() == [[200 - BEFORE, 200 + AFTER], [500 - AFTER, 500 + BEFORE]]
    no_introns = replace(known, names=(EXON,), spans={"chr1": [exons]}, heard=np.ones((1, 1), bool))
    assert _with_splice_sites(book, no_introns).names == (EXON,)
    none = replace(known, spans={"chr1": [exons, empty]})
    assert len(_with_splice_sites(book, none).spans["chr1"][2]) == 0


def test_a_repeat_of_unknown_strand_is_not_counted_as_no_repeat(made: tuple[Path, Path]) -> None:
    volume = Book.open(made[0])["chr1"]
    repeats = pd.DataFrame(
        {"start": [10, 50, 90], "end": [20, 60, 95], "strand": ["+", ".", "-"], "kind": ["Alu"] * 3}
    )
    states = [*PLAIN, LAST, *(f"{kind} {strand}" for kind in STRANDED for strand in "+-")]
    labels = labelled(volume, {}, repeats, states)
    assert labels[[0, 15, 55, 92]].tolist() == [0, states.index("Alu +"), -1, states.index("Alu -")]


def test_passages_are_told_apart_by_their_words(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat(rng.integers(0, 2, 200), 30).astype(np.int8)
    words = (FIRST_WORD + 10 * labels + rng.integers(0, 12, len(labels))).astype(np.uint16)
    fit([(words[:3000], labels[:3000], True)], ["intron", "Alu +"], 40).write(tmp_path / "a.safetensors")
    model = PassageModel.open(tmp_path / "a.safetensors")
    chance = model.posterior(words[3000:])
    assert np.allclose(chance.sum(axis=1), 1, atol=1e-5)
    assert (chance.argmax(axis=1) == labels[3000:]).mean() > 0.95
    (tmp_path / "b.safetensors").write_bytes(b"no")
    with pytest.raises(DamagedBookError, match="no model of passages"):
        PassageModel.open(tmp_path / "b.safetensors")


@pytest.mark.parametrize("language", ["english", "german"])
def test_a_book_with_tracks_is_glossed_by_the_program(
    made: tuple[Path, Path], capsys: pytest.CaptureFixture[str], language: str
) -> None:
    path, track = made
    said = books.program(capsys, "gloss", path, "--track", track, "--fields", language, "--shifts", "100")
    assert (said.code, "glossed by meaning" in said.out) == (0, True)
    book = Book.open(path)
    fields = load_fields(language)
    table = book.lexicon.meaning
    assert set(table["gloss"]) <= set(fields.class_of_word)
    glossary = glossary_of(book.lexicon)
    assert glossary is not None
    ids = book["chr1"].ids[:]
    words, _ = glossary.read(ids)
    word_of = dict(zip(table["gloss"], table["id"], strict=True))
    assert [word_of[word] for word in words] == ids.tolist()
    text = "".join(english(book, Region("chr1", 0, 5000))).splitlines()
    headings = {line.partition(" · ")[2] for line in text if " · " in line}
    assert headings
    assert headings <= {fields.heading(state) for state in glossary.model.states}
    assert book.read("chr1:1-5000") == "".join(letters_of(book, text))[:5000]
    again = book.path / "meaning" / MEANING
    before = again.read_bytes()
    books.program(capsys, "gloss", path, "--track", track, "--fields", language, "--shifts", "100")
    assert again.read_bytes() == before


def test_words_of_a_class_get_words_of_its_field(
    made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, track = made
    said = books.program(capsys, "gloss", path, "--track", track, "--shifts", "200", "-o", tmp_path / "out")
    assert said.code == 0
    table = pd.read_parquet(tmp_path / "out" / MEANING)
    book = Book.open(path)
    fitting = table[(table["fit"] > 0) & (table["sense"] == 0)]
    words = book.vocabulary.words
    for kind, stretch in (("Alu", ALU), ("L1", L1)):
        named = [words[number].encode() for number in fitting["id"][fitting["field"] == kind]]
        assert len(named) >= 20
        inside = [word in stretch or reverse_complement(word) in stretch for word in named]
        assert np.mean(inside) > 0.9


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("echo echoes", "echo echo"), "'echo' is in Alu and in Alu"),
        (("echo echoes", "echo the"), "'the' is in Alu and in everywhere"),
        (("echo echoes", "Echo"), "'Echo' in Alu: a word has small letters only"),
        (("echo echoes", "ec-ho"), "'ec-ho' in Alu: a word has small letters only"),
        (('class = "L1"', 'class = "L9"'), "each class needs one field, and no other has one: see L1, L9"),
        (("genomebook-fields-1", "x"), "not a file of fields"),
        (("[[field]]", "[[field"), "not a file of fields"),
    ],
)
def test_a_bad_file_of_fields_is_one_line(
    made: tuple[Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: tuple[str, str],
    said: str,
) -> None:
    source = Path(__file__).parents[2] / "genomebook" / "data" / "fields" / "english.toml"
    file = tmp_path / "fields.toml"
    file.write_text(source.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")
    assert said in books.program(capsys, "gloss", made[0], "--fields", file).error


def test_too_few_words_and_no_repeats_are_one_line(
    made: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, track = made
    lines = ['format = "genomebook-fields-1"', 'language = "x"', 'licence = ""', 'backwards = ""']
    for number, name in enumerate(CLASSES):
        word = "ab" * (number % 9 + 1) + "cd"[number // 9]
        lines.append(f'[[field]]\nclass = "{name}"\nname = "n"\nheading = "h"\nwords = "{word}"')
    (tmp_path / "few.toml").write_text("\n".join(lines))
    said = books.program(capsys, "gloss", path, "--track", track, "--fields", tmp_path / "few.toml")
    assert "17 words in the fields for" in said.error
    (tmp_path / "genes.bed").write_text("chr1\t10\t2000\tALPHA\n")
    said = books.program(capsys, "gloss", path, "--track", tmp_path / "genes.bed")
    assert "no repeats with families among the tracks" in said.error
    with pytest.raises(OptionError, match="no such file of fields"):
        load_fields("klingon")


def test_the_shipped_evidence_is_the_result_of_the_benchmark() -> None:
    assert SHIPPED.read_bytes() == (RESULTS / "gloss-meaning.json").read_bytes()


def test_the_shipped_evidence_is_drawn_and_a_damaged_one_named(tmp_path: Path) -> None:
    drawn = gloss_evidence("words-4096")
    assert drawn is not None
    assert "promoter" in drawn
    assert "0.80, met" in drawn
    assert "chr2:95,237,897-95,646,285" in drawn
    assert gloss_evidence("of-my-own") is None
    (tmp_path / "evidence.json").write_text('{"source": 3}')
    with pytest.raises(DamagedBookError, match="restore the file"):
        gloss_evidence("words-4096", tmp_path / "evidence.json")


def test_glosses_of_another_vocabulary_are_refused(made: tuple[Path, Path], tmp_path: Path) -> None:
    book = Path(shutil.copytree(made[0], tmp_path / "a.book"))
    other = {"words-600": "words-4096", "words-4096": "words-600"}[Book.open(book).vocabulary.name]
    with adding(book, "meaning") as draft, shipped_meaning(load_vocabulary(other).digest) as folder:
        assert folder is not None
        for name in (MEANING, PASSAGES):
            shutil.copy(folder / name, draft.folder / name)
        draft.about = {}
    with pytest.raises(DamagedBookError, match="do not fit this book"):
        glossary_of(Book.open(book).lexicon)
