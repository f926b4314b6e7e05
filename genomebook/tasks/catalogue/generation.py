"""Continuation: DNA that a language model writes after the sequence."""

from __future__ import annotations

from genomebook.tasks.task import DataSheet, Task

TASKS = (
    Task(
        "continuation",
        "Continuation",
        "Writing",
        (
            "continue this sequence", "how does it go on?", "what comes next?",
            "generate the next 100 letters",
            "write more DNA like this", "extend the sequence", "complete the sentence",
            "write the next letters", "generate more letters",
        ),
        (),
        "exact match",
        (2, 1_000_000),
        0,
        DataSheet("The shipped model", "MIT", True, (), "It may copy what it was trained on."),
        None,
        "A language model writes DNA word by word, each drawn by its probability after those before it. What "
        "it writes is made up: it is shown beside real and shuffled DNA.",
    ),
)  # fmt: skip
