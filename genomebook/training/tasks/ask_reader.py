"""Fine-tune a bilingual reader on all tasks at once, and measure what it says."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from genomebook.models.checkpoint import open_checkpoint
from genomebook.tasks.metrics import measure
from genomebook.tasks.task import Examples, Task
from genomebook.training.optimise import learning_rate, take_steps, update
from genomebook.training.shipping.folder import Description, load_model, record_of, write_checkpoint
from genomebook.training.state import load_state, save_state
from genomebook.training.tasks.instructions import (
    LETTER_TASKS,
    InstructionDocument,
    Instructions,
    random_letters,
    stream,
)

SAVE_EVERY = 100
LENGTHS = (10, 30, 100)
"""Letters of the sequences by which answers letter by letter are measured."""


class AskSchedule(NamedTuple):
    """How the reader is fine-tuned.

    Attributes
    ----------
    steps, rows : int
        Updates; documents in each.
    rate : float
        Highest learning rate.
    letters_share : float
        Share of documents whose answer is letter by letter.
    seed : int
        Of the order of the documents.
    """

    steps: int = 1000
    rows: int = 32
    rate: float = 1e-3
    letters_share: float = 0.4
    seed: int = 0


class AskReader:
    """A causal reader with its instructions.

    Parameters
    ----------
    start : Path
        Checkpoint folder.
    """

    def __init__(self, start: Path) -> None:
        self.checkpoint = open_checkpoint(start)
        self.instructions = Instructions(self.checkpoint.scripts, self.checkpoint.window)
        self.model: Any = load_model(start, "causal")
        self.trained = 0

    def train(self, classes: Sequence[tuple[Task, Examples]], schedule: AskSchedule, state: Path) -> None:
        """Fine-tune; a run that was interrupted resumes from its last save.

        Parameters
        ----------
        classes : sequence of Task and Examples
            Tasks of classes with their training rows.
        schedule : AskSchedule
            How.
        state : Path
            Folder of the saves.
        """
        optimizer = torch.optim.AdamW(self.model.parameters(), schedule.rate, weight_decay=0.01)
        run = {"schedule": schedule._asdict(), "tasks": [task.name for task, _ in classes]}
        first = 0
        if state.exists():
            body = load_state(state, self.model, optimizer, run)
            first, self.trained = body["step"], body["tokens"]
        generator = np.random.default_rng([schedule.seed, first])
        documents = stream(self.instructions, classes, generator, schedule.letters_share)
        began = time.monotonic()
        self.model.train()
        loss = torch.zeros(())

        def take(step: int) -> None:
            nonlocal loss
            loss, tokens = self._loss(list(islice(documents, schedule.rows)))
            rate = learning_rate(step, schedule.steps, schedule.rate, schedule.steps // 20)
            update(optimizer, loss, self.model.parameters(), rate)
            self.trained += tokens

        def save(done: int) -> None:
            save_state(state, self.model, optimizer, {"run": run, "step": done, "tokens": self.trained})
            seconds = time.monotonic() - began
            print(f"step {done}: loss {float(loss.detach()):.3f}, {seconds:.0f} s", flush=True)

        take_steps(first, schedule.steps, take, (SAVE_EVERY, save))

    def answers(self, task: Task, sequences: Sequence[str]) -> NDArray[np.int64]:
        """The label of each sequence whose text is the most likely: int64[n]."""
        question = task.questions[0]
        with torch.inference_mode():
            scores = [
                [-self._surprise(self.instructions.of_class(s, question, label)) for label in task.labels]
                for s in sequences
            ]
        best: NDArray[np.int64] = np.array(scores).argmax(axis=1)
        return best

    def spelt(self, document: InstructionDocument) -> list[int]:
        """The most likely ids after a prompt, as many as its answer has."""
        prompt = torch.tensor([document.prompt])
        with torch.inference_mode():
            said = self.model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                max_new_tokens=len(document.answer),
                do_sample=False,
                pad_token_id=self.checkpoint.scripts.mark("<pad>"),
                eos_token_id=document.answer[-1],
            )
        ids: list[int] = said[0, prompt.shape[1] :].tolist()
        return ids

    def write(self, output: Path) -> None:
        """Write a checkpoint folder."""
        before = record_of(self.checkpoint.folder)["training"]
        training = {**before, "instruction_tokens": self.trained}
        description = Description(output.name, "causal", self.checkpoint.window, training)
        write_checkpoint(output, self.model, self.checkpoint.scripts, description)

    def _hidden(self, documents: Sequence[InstructionDocument]) -> tuple[torch.Tensor, torch.Tensor]:
        """Hidden states before each id of the answers, [ids, width], and the ids."""
        rows = [[*document.prompt, *document.answer] for document in documents]
        ids = torch.full((len(rows), max(map(len, rows))), self.checkpoint.scripts.mark("<pad>"))
        said = torch.zeros_like(ids, dtype=torch.bool)
        for number, (row, document) in enumerate(zip(rows, documents, strict=True)):
            ids[number, : len(row)] = torch.tensor(row)
            said[number, len(document.prompt) : len(row)] = True
        with torch.autocast("cpu", torch.bfloat16, enabled=self.model.training):
            states = self.model.transformer(ids[:, :-1]).last_hidden_state
        return states[said[:, 1:]].float(), ids[said]

    def _loss(self, documents: Sequence[InstructionDocument]) -> tuple[torch.Tensor, int]:
        """Mean surprise of the ids of the answers in nats, and how many ids were read."""
        states, ids = self._hidden(documents)
        loss = torch.nn.functional.cross_entropy(self.model.lm_head(states), ids)
        return loss, sum(len(document.prompt) + len(document.answer) for document in documents)

    def _surprise(self, document: InstructionDocument) -> float:
        states, ids = self._hidden([document])
        return float(torch.nn.functional.cross_entropy(self.model.lm_head(states), ids, reduction="sum"))


def measured(
    reader: AskReader,
    classes: Sequence[tuple[Task, Examples]],
    rows: int,
    answers: int,
    lengths: Sequence[int] = LENGTHS,
) -> Iterator[tuple[str, float, int]]:
    """Measure the tasks of classes on test rows, then answers letter by letter.

    Parameters
    ----------
    reader : AskReader
        Fine-tuned.
    classes : sequence of Task and Examples
        With their test rows.
    rows : int
        Test rows of a task at most, the first ones.
    answers : int
        Sequences of each length and letter task.
    lengths : sequence of int
        Letters of those.

    Yields
    ------
    str, float, int
        Task (with its length where it is letter by letter), its metric or the share of exact answers, and of
        how many.
    """
    reader.model.eval()
    for task, examples in classes:
        some = examples.take(np.linspace(0, len(examples) - 1, min(rows, len(examples))).astype(np.int64))
        said = reader.answers(task, some.sequences)
        yield task.name, measure(task.metric, some.labels, said, len(task.labels)), len(some)
    generator = np.random.default_rng(1)
    for letter_task in LETTER_TASKS:
        for length in lengths:
            made = [
                reader.instructions.of_letters(random_letters(length, generator), letter_task)
                for _ in range(answers)
            ]
            exact = [reader.spelt(document) == document.answer for document in made]
            yield f"{letter_task.name}, {length} letters", float(np.mean(exact)), answers
