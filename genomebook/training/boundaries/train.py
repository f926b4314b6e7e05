"""Stage: teach a reader where English sentences and paragraphs end, and measure it on unseen documents.

This is the positive control of every boundary in DNA: text stripped of everything that marks an end, with
known truth. It is compared with the published way and with rules without a model. Thresholds and the
lookahead are chosen on validation documents among those for training (best F1; best mean average precision).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

from genomebook.errors import ReaderError
from genomebook.files.atomic import aside
from genomebook.files.digests import file_digest
from genomebook.language.bilingual import Bilingual
from genomebook.models.checkpoint import BOUNDARIES, open_checkpoint
from genomebook.options import check_parent
from genomebook.training.boundaries.baselines import (
    NextWord,
    fixed_scores,
    punctuation_scores,
    random_scores,
    rates,
)
from genomebook.training.boundaries.heads import (
    LOOKAHEADS,
    BoundaryTuning,
    Heads,
    LabelledWindows,
    end_token_scores,
    head_scores,
    train_end_tokens,
    train_heads,
)
from genomebook.training.corpora.labelled_text import (
    ENDS,
    LabelledText,
    TokenizedDocument,
    lower,
    open_text,
    split_for_test,
    texts_of,
    tokenize,
)
from genomebook.training.measures import (
    average_precision,
    best_threshold,
    precision_recall,
    table,
    write_result,
)
from genomebook.training.pretraining.pretrain import Report
from genomebook.training.shipping.folder import (
    Description,
    check_unfinished,
    load_model,
    record_of,
    update_record,
    write_checkpoint,
)

CASES = ("capitals", "small letters")
"""Hidden text as it is, and in small letters."""

UNTUNED = ("fixed length", "random at the same rate")
"""Finders whose rate is that of training, not what gives the best F1 (which is to call every word an end)."""

Scorer = Callable[[LabelledText], NDArray[Any]]


def boundaries(
    start: Path, train: Sequence[str], test: Sequence[str], dna: NDArray[np.uint16] | None, *, output: Path,
    result: Path, tuning: BoundaryTuning, seed: int, report: Report, test_words: int = 200_000,
    published: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Fine-tune a causal reader with heads for boundaries, measure it, write both.

    Parameters
    ----------
    start : Path
        Checkpoint folder of a causal reader.
    train, test : sequence of str
        Raw documents; those of ``train`` in `labelled_text.is_validation` only choose thresholds and
        lookahead.
    dna : uint16[n], optional
        Tokens of DNA to keep in training (`Corpus.tokens("dna", "train")`), without chr1, chr2, chr21 and
        chrM.
    output, result : Path
        Checkpoint folder to make, complete once it has ``reader.json``; figures, ``.json``, with a table
        ``.md``.
    tuning, seed
        Budget; decides what is drawn.
    report : callable
        Receives losses, and each row measured.
    test_words : int
        Maximum number of words to test on, evenly from all documents; as many for validation.
    published : bool
        Whether to train the published way too, at the same budget.

    Returns
    -------
    dict
        Content of ``result``.

    Raises
    ------
    OptionError
        When the output is a reader already, or a folder is missing.
    ReaderError
        When the checkpoint is damaged or not causal, or the documents are too few.
    """
    check_unfinished(output)
    check_parent(result, "results")
    checkpoint = open_checkpoint(start)
    if checkpoint.kind != "causal":
        raise ReaderError(f"{start}: a masked model cannot look for ends; give a causal one")
    work = _Work(checkpoint.scripts, checkpoint.window, train, test, tuning, test_words)
    model = load_model(start, "causal")
    rivals = _published(copy.deepcopy(model), work, tuning, seed, report) if published else []
    rows = None if dna is None else _dna_rows(dna, work.window)
    heads = train_heads(model, work.scripts, work.hidden_rows(), rows, tuning, seed, report)
    ahead, chosen = _lookahead(model, heads, work)
    end = work.scripts.mark("<end>")
    column = heads.lookaheads.index(ahead)

    def ours(text: LabelledText) -> NDArray[Any]:
        return head_scores(model, heads, tokenize(work.scripts, text), work.window, end)[:, column]

    scorers = {"heads on hidden text": ours, **dict(rivals), **_rules(work, seed)}
    figures = []
    for name, scorer in scorers.items():
        figures += work.measure(name, scorer)
        report({"measured": name})
    body = {"lookahead": ahead, "lookaheads": chosen, "seed": seed, "tuning": asdict(tuning), **work.counts(),
            "rows": figures}  # fmt: skip
    training = {
        **record_of(start).get("training", {}),
        "boundaries": {k: v for k, v in body.items() if k != "rows"},
    }
    write_checkpoint(
        output, model.cpu(), work.scripts, Description(output.name, "causal", work.window, training)
    )
    write_heads(output, heads, ahead)
    write_result(result, body, _table(body))
    return body


def write_heads(folder: Path, heads: Heads, ahead: int) -> None:
    """Write ``boundaries.safetensors`` of one lookahead into a checkpoint folder, and its digest."""
    column = heads.lookaheads.index(ahead)
    tensors = {
        name: np.ascontiguousarray(tensor[column].detach().cpu().numpy(), np.float32)
        for name, tensor in (("weight", heads.weight), ("bias", heads.bias))
    }
    path = folder / BOUNDARIES
    with aside(path) as temporary:
        save_file(tensors, temporary)
    update_record(folder, lookahead=ahead, boundaries=file_digest(path))


class _Work:
    """Documents as hidden text, and the measurement of a scorer on them."""

    def __init__(
        self, scripts: Bilingual, window: int, train: Sequence[str], test: Sequence[str],
        tuning: BoundaryTuning, test_words: int,
    ) -> None:  # fmt: skip
        learnt, validation = split_for_test(train, test)
        self.scripts, self.window = scripts, window
        self.train = texts_of(learnt, tuning.words)
        self.validation, self.test = texts_of(validation, test_words), texts_of(test, test_words)
        self.open_test = texts_of(test, test_words, make=open_text)

    def cases(self, texts: list[LabelledText]) -> dict[str, list[LabelledText]]:
        return {CASES[0]: texts, CASES[1]: [lower(text) for text in texts]}

    def hidden_rows(self) -> tuple[LabelledWindows, LabelledWindows]:
        """Training windows with capitals and in small letters."""
        first, second = (
            LabelledWindows([tokenize(self.scripts, text) for text in texts], self.window)
            for texts in self.cases(self.train).values()
        )
        return first, second

    def marked_rows(self) -> tuple[LabelledWindows, ...]:
        """Training windows with end tokens of paragraphs, and of sentences, in both cases."""
        marks = {1: self.scripts.mark("<p_end>"), 0: int(self.scripts.text(".")[0])}
        return tuple(
            LabelledWindows(
                [tokenize(self.scripts, text, {column: np.array([mark])}) for text in texts], self.window
            )
            for texts in self.cases(self.train).values()
            for column, mark in marks.items()
        )

    def counts(self) -> dict[str, Any]:
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {
            "documents": {name: len(texts) for name, texts in parts.items()},
            "words": {name: sum(len(t.words) for t in texts) for name, texts in parts.items()},
            "rates": {name: rates(texts).tolist() for name, texts in parts.items()},
        }

    def measure(self, name: str, scorer: Scorer) -> list[dict[str, Any]]:
        """Figures of one scorer on the test documents, for each kind of end and case."""
        if name == "punctuation":
            scores, truth = _scored(scorer, self.open_test)
            return [{"finder": name, "text": "open", "end": ENDS[0], "threshold": 0.5,
                     **_figures(scores[:, 0], truth[:, 0], 0.5)}]  # fmt: skip
        rows = []
        for case, texts in self.cases(self.test).items():
            tuned, answers = _scored(scorer, self.cases(self.validation)[case])
            scores, truth = _scored(scorer, texts)
            for i, end in enumerate(ENDS):
                threshold = best_threshold(tuned[:, i], answers[:, i])
                if name in UNTUNED:
                    threshold = 0.5 if name == "fixed length" else 1 - float(answers[:, i].mean())
                figures = _figures(scores[:, i], truth[:, i], threshold)
                rows.append({"finder": name, "text": case, "end": end, "threshold": threshold, **figures})
        return rows


def _scored(scorer: Scorer, texts: list[LabelledText]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    scores = np.concatenate([np.asarray(scorer(text), np.float64) for text in texts])
    return scores, np.concatenate([text.ends for text in texts]).astype(np.int64)


def _figures(scores: NDArray[np.float64], truth: NDArray[np.int64], threshold: float) -> dict[str, float]:
    return {
        **precision_recall(scores >= threshold, truth),
        "average_precision": average_precision(scores, truth),
    }


def _dna_rows(dna: NDArray[np.uint16], window: int) -> LabelledWindows:
    nothing = np.empty(0, np.int64)
    return LabelledWindows(
        [TokenizedDocument(np.asarray(dna).astype(np.int64), nothing, np.empty((0, 2), np.bool_))], window
    )


def _lookahead(model: Any, heads: Heads, work: _Work) -> tuple[int, dict[str, list[float]]]:
    """Lookahead with the best mean average precision on validation, and the precisions of all."""
    end = work.scripts.mark("<end>")

    def scorer(text: LabelledText) -> NDArray[Any]:
        return head_scores(model, heads, tokenize(work.scripts, text), work.window, end)

    kept: dict[str, list[float]] = {str(ahead): [] for ahead in LOOKAHEADS}
    for texts in work.cases(work.validation).values():
        odds, truth = _scored(scorer, texts)
        for column, precisions in enumerate(kept.values()):
            precisions += [average_precision(odds[:, column, k], truth[:, k]) for k in range(len(ENDS))]
    best = int(np.nanargmax([np.mean(precisions) for precisions in kept.values()]))
    return LOOKAHEADS[best], kept


def _published(
    model: Any, work: _Work, tuning: BoundaryTuning, seed: int, report: Report
) -> list[tuple[str, Scorer]]:
    """Train the published way and return its scorer."""
    train_end_tokens(model, work.scripts, work.marked_rows(), tuning, seed, report)
    marks = (int(work.scripts.text(".")[0]), work.scripts.mark("<p_end>"))

    def scorer(text: LabelledText) -> NDArray[Any]:
        return end_token_scores(model, work.scripts, tokenize(work.scripts, text), work.window, marks)

    return [("published: probability of the mark", scorer)]


def _rules(work: _Work, seed: int) -> dict[str, Scorer]:
    """Rules without a model, by name."""
    rule = {case: NextWord(texts) for case, texts in work.cases(work.train).items()}
    every = 1 / np.maximum(rates(work.train), 1e-9)

    def next_word(text: LabelledText) -> NDArray[Any]:
        small = all(word.islower() or not word.isalpha() for word in text.words)
        return rule[CASES[small]].scores(text)

    return {
        "next word": next_word,
        "fixed length": lambda text: fixed_scores(text, every),
        "random at the same rate": lambda text: random_scores(text, seed),
        "punctuation": punctuation_scores,
    }


def _table(body: dict[str, Any]) -> str:
    head = ["finder", "text", "end", "precision", "recall", "F1", "average precision"]
    rows = [
        [row["finder"], row["text"], row["end"]]
        + [f"{row[key]:.3f}" for key in ("precision", "recall", "f1", "average_precision")]
        for row in body["rows"]
    ]
    counts = f"{body['words']['test']:,} words of {body['documents']['test']} documents held out"
    return table(head, rows) + f"\nLookahead {body['lookahead']} tokens; {counts}.\n"
