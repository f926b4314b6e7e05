"""The glossary: two plain sentences a term, and every text of the class uses only terms that it explains."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from genomebook.render.teaching.html import glossary_html, terms_script
from genomebook.render.templating import render
from genomebook.teaching.glossary import GlossaryTerm, glossary, term_of, with_terms
from genomebook.teaching.texts import class_texts

MAX_WORDS = 24
"""Words of a sentence: about what a reader of 14 takes in at once."""

TECHNICAL = re.compile(
    r"(?i)\b(?:\w*(?:RNA|DNA|codon|genom|chromosom|mitochondri|nucle|enzym|protein|amino|strand|shuffl|variant|"
    r"gloss|alu|cpg)\w*)\b"
)
"""Stems of technical words that a text of the class may use."""


def texts(value: object) -> Iterator[str]:
    """All texts of the file, names of stops apart."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            if name != "name":
                yield from texts(each)


def test_terms_and_forms_are_unique() -> None:
    names = [term.name for term in glossary()]
    forms = [form.lower() for term in glossary() for form in term.forms]
    assert len(names) > 60
    assert len(set(names)) == len(names)
    assert len({term.anchor for term in glossary()}) == len(names)
    assert sorted(forms) == sorted(set(forms))


@pytest.mark.parametrize("term", glossary(), ids=lambda term: term.anchor)
def test_a_term_has_two_short_sentences(term: GlossaryTerm) -> None:
    sentences = re.split(r"(?<=[.!?]) (?=[A-Z0-9¶])", term.meaning)
    assert len(sentences) == 2
    assert all(sentence.endswith(".") for sentence in sentences)
    assert all(len(sentence.split()) <= MAX_WORDS for sentence in sentences)


def test_sentences_of_the_class_are_short() -> None:
    for text in texts(class_texts()):
        for sentence in re.split(r"(?<=[.!?:]) |\n", text):
            assert len(sentence.split()) <= MAX_WORDS + 4, sentence


def test_every_technical_word_of_the_class_is_explained() -> None:
    used = {
        word
        for text in texts(class_texts())
        for word in TECHNICAL.findall(re.sub(r"\{\w+\}|genomebook", "", text))
    }
    known = {form.lower() for term in glossary() for form in term.forms}
    known |= {part for form in known for part in form.split()}
    assert len(used) > 15
    assert {word for word in used if word.lower().removesuffix("'s") not in known} == set()


def test_what_is_marked_joins_to_the_text_and_comes_once() -> None:
    text = "Genes are made of DNA; a gene of DNA has codons. A start codon is a codon."
    pieces = with_terms(text)
    assert "".join(piece.text for piece in pieces) == text
    marked = [piece.text for piece in pieces if piece.term]
    assert marked == ["Genes", "DNA", "codons", "start codon"]
    assert with_terms("DNA", {"DNA"}) == [("DNA", None)]


@pytest.mark.parametrize("text", ["", "generous mygene gene-like DNAx", "CGCG"])
def test_parts_of_words_are_no_terms(text: str) -> None:
    assert not [piece for piece in with_terms(text) if piece.term]


def test_terms_are_known_by_all_their_forms() -> None:
    assert term_of("Codons") == term_of("codon")
    assert term_of("nonsense") is None


def test_an_unknown_term_is_said() -> None:
    assert "There is no term" in glossary_html("nonsense")
    assert "There is no term" not in glossary_html("codon")
    assert glossary_html("codon").index("<dt>codon</dt>") < glossary_html("codon").index("<dt>Alu</dt>")


def test_the_first_lines_of_pages_explain_their_terms() -> None:
    lede = render("lede.j2", text="A gene <b> & a gene")
    assert lede.count('class="term"') == 1
    assert "&lt;b&gt; &amp; a gene" in lede
    assert "A passage of DNA that a cell copies" in lede


def test_the_script_of_the_pages_has_every_term_and_ends_no_element() -> None:
    script = terms_script()
    assert "</" not in script
    rows, _ = json.JSONDecoder().raw_decode(script.removeprefix("const TERMS = "))
    assert [row["anchor"] for row in rows] == [term.anchor for term in glossary()]
    marked = {form for row in rows for form in row["forms"]}
    assert {"cytoband", "by chance", "95 % interval", "reference genome", "codon"} <= marked


def test_words_of_everyday_english_are_marked_only_where_a_text_is_about_terms() -> None:
    everyday = {form for term in glossary() for form in term.everyday}
    rows, _ = json.JSONDecoder().raw_decode(terms_script().removeprefix("const TERMS = "))
    assert {"part", "position", "field", "sense", "seed", "reference", "bands"} <= everyday
    assert everyday.isdisjoint(form for row in rows for form in row["forms"])
    for term in glossary():
        assert set(term.everyday) <= set(term.forms)
    assert [piece.text for piece in with_terms("try a part of it") if piece.term] == ["part"]
