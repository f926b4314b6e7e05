"""Questions and answers in the ids of a bilingual reader: the tasks of Ask in instruction form.

The spelling is hybrid, as in GenomicLLM: DNA words where a class is asked for, single letters where the
answer is letter by letter, English for questions and for all other answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from genomebook.language.alphabet import complement, reverse_complement
from genomebook.language.bilingual import Bilingual
from genomebook.tasks.exact import gc_content, translate
from genomebook.tasks.task import Examples, Task

LETTERS = (5, 100)
"""Shortest and longest sequence whose answer is letter by letter."""


class InstructionDocument(NamedTuple):
    """A question with its answer.

    Attributes
    ----------
    prompt, answer : list of int
        Ids of the sequence and the question, and of the answer with ``<end>``.
    """

    prompt: list[int]
    answer: list[int]


class LetterTask(NamedTuple):
    """A task whose answer is made from the letters.

    Attributes
    ----------
    name, question : str
        Of the task.
    answer : callable
        Gives the letters of the answer.
    is_dna : bool
        Whether they are letters of DNA.
    """

    name: str
    question: str
    answer: Callable[[str], str]
    is_dna: bool = True


LETTER_TASKS = (
    LetterTask("complement", "complement", lambda s: complement(s.encode()).decode()),
    LetterTask("reverse", "reverse", lambda s: s[::-1]),
    LetterTask("reverse-complement", "reverse complement", lambda s: reverse_complement(s.encode()).decode()),
    LetterTask("protein", "translate", lambda s: translate(s.encode()), False),
    LetterTask("gc-content", "what is the GC content?", lambda s: f"{gc_content(s.encode()):.2f}", False),
)


class Instructions:
    """Makes documents in the ids of a reader.

    Parameters
    ----------
    scripts : Bilingual
        Its id space.
    window : int
        Ids that it reads at most.
    """

    def __init__(self, scripts: Bilingual, window: int) -> None:
        self.scripts, self.window = scripts, window
        self._separator, self._end = scripts.mark("<sep>"), scripts.mark("<end>")
        self._letters = {letter: int(scripts.dna(letter.encode())[0]) for letter in "ACGTN"}

    def of_class(self, sequence: str, question: str, answer: str) -> InstructionDocument:
        """A question about a class: DNA words, in the middle where they are too many, and English."""
        asked = [self._separator, *self.scripts.text(question).tolist()]
        said = [*self.scripts.text(f" {answer}").tolist(), self._end]
        words = self.scripts.dna(sequence.encode()).tolist()
        room = self.window - len(asked) - len(said)
        first = max(0, (len(words) - room) // 2)
        return InstructionDocument([*words[first : first + room], *asked], said)

    def of_letters(self, sequence: str, task: LetterTask) -> InstructionDocument:
        """A question whose answer is letter by letter."""
        asked = [self._separator, *self.scripts.text(task.question).tolist(), self._separator]
        answer = task.answer(sequence)
        spelt = self.spelt(answer) if task.is_dna else self._each(answer)
        return InstructionDocument([*self.spelt(sequence), *asked], [*spelt, self._end])

    def spelt(self, letters: str) -> list[int]:
        """Ids of single letters of DNA."""
        return [self._letters[letter] for letter in letters]

    def _each(self, text: str) -> list[int]:
        """Ids of single characters of English."""
        return [int(number) for character in text for number in self.scripts.text(character)]


def random_letters(length: int, generator: np.random.Generator) -> str:
    """A random sequence."""
    return "".join(generator.choice(list("ACGT"), length))


def stream(
    instructions: Instructions,
    classes: Sequence[tuple[Task, Examples]],
    generator: np.random.Generator,
    letters_share: float,
) -> Iterator[InstructionDocument]:
    """Documents without end: every task as often, letter tasks by their share.

    Parameters
    ----------
    instructions : Instructions
        Makes them.
    classes : sequence of Task and Examples
        Tasks of classes, with the examples to draw from.
    generator : numpy.random.Generator
        Draws.
    letters_share : float
        Share of documents whose answer is letter by letter.
    """
    while True:
        if generator.random() < letters_share:
            length = int(generator.integers(LETTERS[0], LETTERS[1] + 1))
            letter_task = LETTER_TASKS[int(generator.integers(len(LETTER_TASKS)))]
            yield instructions.of_letters(random_letters(length, generator), letter_task)
            continue
        task, examples = classes[int(generator.integers(len(classes)))]
        row = int(generator.integers(len(examples)))
        question = task.questions[int(generator.integers(len(task.questions)))]
        yield instructions.of_class(examples.sequences[row], question, task.labels[int(examples.labels[row])])
