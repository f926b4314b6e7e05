"""Which task a question asks for: learnt, measured on held-out questions, decided as in learning."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.ask.run import THRESHOLD, by_intent, by_keywords, read_questions, understood
from genomebook.tasks.question_words import features_of, words_of
from genomebook.tasks.questions import (
    NONE,
    QuestionClassifier,
    SharedForms,
    classifier,
    decided,
    intent,
    question_forms,
    read_weights,
)
from genomebook.tasks.registry import tasks
from genomebook.training.tasks.questions import (
    ACCEPTED,
    KnownQuestion,
    fit_questions,
    held_out,
    lowest_threshold,
    threshold_table,
    write_weights,
)


@pytest.mark.parametrize("split", ["test", "test 2"])
def test_held_out_questions_are_understood_and_others_refused(split: str) -> None:
    questions = read_questions(split)
    ours, baseline = understood(questions, by_intent), understood(questions, by_keywords)
    assert ours["asked"] >= 120
    assert ours["out of scope"] >= 60
    assert frozenset().union(*(question.tasks for question in questions)) <= set(tasks())
    assert ours["right"] >= 0.89 * ours["asked"]
    assert ours["right"] > 1.2 * baseline["right"]
    assert ours["wrong"] <= 0.03 * ours["asked"]
    assert ours["accepted"] <= 0.025 * ours["out of scope"]
    taken = json.loads(THRESHOLD.read_text())["taken"]
    assert taken["accepted"] <= ACCEPTED
    assert classifier().weights.threshold == taken["threshold"]
    assert ours["accepted"] < baseline["accepted"] / 3
    others = [
        one.text for part in {"train", "dev", "test", "test 2"} - {split} for one in read_questions(part)
    ]
    plain = {_plain(text) for text in others} | {
        _plain(form) for one in tasks().values() for form in one.questions
    }
    assert not [one.text for one in questions if _plain(one.text) in plain]


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip() or text


@pytest.mark.parametrize(
    ("question", "name"),
    [("what is the GC contnet", "gc-content"), ("revrese complement", "reverse-complement"),
     ("is this an enhnacer", "enhancer"), ("trnaslate this", "protein")],
)  # fmt: skip
def test_a_misspelt_question_is_understood(question: str, name: str) -> None:
    assert name in intent(question).tasks


def test_a_task_that_was_not_learnt_is_found_by_its_question_forms() -> None:
    forms = {**question_forms(), "zinc": ["does a zinc finger bind here?", "zinc finger"]}
    new = QuestionClassifier(classifier().weights, forms)
    for question in ("Zinc finger?", "can a zinc finger bind here?"):
        given = new.probabilities(question)
        assert max(given, key=lambda name: given[name]) == "zinc"
    given = new.probabilities("what is the GC content of this sequence")
    assert max(given, key=lambda name: given[name]) == "gc-content"


def test_tasks_of_one_form_are_decided_together_in_learning_as_in_asking() -> None:
    shared = SharedForms({"a": ["is it red?"], "b": ["Is it red"], "c": ["is it blue?"]})
    assert decided({"a": 0.4, "b": 0.3, "c": 0.2, NONE: 0.1}, shared) == (("a", "b"), pytest.approx(0.7))
    assert decided({"a": 0.01, "b": 0.3, "c": 0.5, NONE: 0.1}, shared) == (("c",), 0.5)
    rows = [(KnownQuestion("x", ("b",)), {"a": 0.4, "b": 0.3, "c": 0.2, NONE: 0.1})] * 2
    rows += [(KnownQuestion("y", (NONE,)), {"a": 0.1, "b": 0.1, "c": 0.5, NONE: 0.3})]
    table = {round(row.threshold, 2): row[1:] for row in threshold_table(rows, shared)}
    assert (table[0.45], table[0.55], table[0.75]) == ((1, 0, 1), (1, 0, 0), (0, 0, 0))


def test_small_words_that_end_in_s_count_little() -> None:
    assert words_of("does this thing guess promoters") == ["does", "this", "thing", "guess", "promoter"]
    features = features_of(words_of("this"))
    assert features["this"] < 1
    assert not any(name.startswith("#") for name in features)


def test_learning_questions(tmp_path: Path) -> None:
    words = "now", "here", "today", "again", "soon", "there", "later", "first"
    asked = [
        KnownQuestion(f"is this {kind} {word}", (name,))
        for word in words
        for name, kind in (("a", "red"), ("b", "blue"))
    ]
    asked += [
        KnownQuestion(text, (NONE,))
        for text in (
            "where is the cat",
            "who has the dog",
            "a green car",
            "the old house",
            "nobody knows",
            "a good day",
            "one more tree",
            "the last bird",
        )
    ]
    labels = ["a", "b", NONE]
    write_weights(fit_questions(asked, labels), tmp_path / "questions.safetensors")
    learnt = QuestionClassifier(read_weights(tmp_path / "questions.safetensors"), {})
    for question, name in (("is this red later", "a"), ("blue here", "b"), ("where is a dog", NONE)):
        given = learnt.probabilities(question)
        assert max(given, key=lambda label: given[label]) == name
        assert sum(given.values()) == pytest.approx(1, abs=1e-5)
    rows = list(threshold_table(held_out(asked, labels), SharedForms({})))
    assert [row.threshold for row in rows] == pytest.approx([0.2 + 0.01 * at for at in range(76)])
    assert lowest_threshold(rows).accepted <= ACCEPTED
    assert all(0 <= share <= 1 for row in rows for share in row[1:])
