"""Stage: what each signal finds in English whose ends are hidden, where the truth is known.

``python -m benchmarks.segmentation.english_evidence READER BOOKS.jsonl.gz... -o ROWS.json`` writes the
rows by signal.

The reader is left as it is. Everything that is tuned is tuned on training documents: linear layers on the
reader's hidden states on those it learnt from; how signals are weighed, and how strengths are scaled against
the length priors, on those of `labelled_text.is_validation`. The documents held out are measured once.

Each signal is decoded like DNA, by `genomebook.segmentation.decode`: sentences in words, then paragraphs in
sentences, with the shipped English priors or those measured on the training text (the better on validation).
Beside each stands the tuned rule of the next word (`genomebook.training.boundaries.baselines`).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file
from torch.nn.functional import binary_cross_entropy_with_logits

from genomebook import stats
from genomebook.annotation.evidence import EvidenceRow, make_row
from genomebook.errors import ReaderError
from genomebook.files.atomic import aside
from genomebook.genome.stretches import equal_runs, prefix_sums
from genomebook.models.checkpoint import BOUNDARIES, Checkpoint, open_checkpoint
from genomebook.models.windows import WindowPlan
from genomebook.segmentation import signals
from genomebook.segmentation.decode import segment
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE, UNITS_PER_NAT
from genomebook.training.boundaries.baselines import NextWord, fixed_scores, random_scores, rates
from genomebook.training.boundaries.train import CASES
from genomebook.training.corpora.corpus import documents, is_held_out
from genomebook.training.corpora.labelled_text import (
    ENDS,
    LabelledText,
    lower,
    split_for_test,
    texts_of,
    tokenize,
)
from genomebook.training.measures import best_threshold, precision_recall
from genomebook.training.shipping.folder import load_model

Floats = NDArray[np.floating[Any]]
Called = NDArray[np.bool_]
Prior = NDArray[np.int32]
Report = Callable[[dict[str, Any]], None]

AROUND = (-1, 0, 1, 2)
"""Words whose hidden states a wide head sees, counted from the one that may end something."""

SCALES = (0.5, 0.7, 1.0, 1.4)
OFFSETS = np.arange(-1.5, 6, 0.25)
WORDS_PER_BLOCK = 1000
"""Of the bootstrap."""


class Seen(NamedTuple):
    """Outputs of a reader for each word of some concatenated texts.

    Attributes
    ----------
    odds : float32[n, 2]
        Log-odds of its heads that a sentence, a paragraph ends after the word.
    hidden : float16[n, width]
        Hidden states at the last token of the word.
    surprise : float32[n, 2]
        Nats: surprisal of the word that follows, entropy of the first token after this one.
    document : int64[n]
        Number of its text.
    ends : bool[n, 2]
        The truth.
    """

    odds: NDArray[np.float32]
    hidden: NDArray[np.float16]
    surprise: NDArray[np.float32]
    document: NDArray[np.int64]
    ends: NDArray[np.bool_]


class _HeadedReader:
    """A reader with heads, on the CPU."""

    def __init__(self, folder: Path) -> None:
        self.checkpoint: Checkpoint = open_checkpoint(folder)
        if self.checkpoint.kind != "causal" or "boundary" not in self.checkpoint.gives:
            raise ReaderError(f"{folder}: has no heads for boundaries; give a reader that was taught English")
        self.model: Any = load_model(folder, "causal").train(False)
        self.heads = load_file(folder / BOUNDARIES)

    def see(self, texts: Sequence[LabelledText], surprise: bool) -> Seen:
        """Read texts, one after another; without ``surprise`` that column is 0."""
        odds, hidden, nats = (
            np.concatenate(part) for part in zip(*(self._see(text, surprise) for text in texts), strict=True)
        )
        document = np.repeat(np.arange(len(texts)), [len(text.words) for text in texts])
        return Seen(odds, hidden, nats, document, np.concatenate([text.ends for text in texts]))

    @torch.inference_mode()
    def _see(self, text: LabelledText, surprise: bool) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        scripts, ahead = self.checkpoint.scripts, self.checkpoint.lookahead
        tokenized = tokenize(scripts, text)
        ids = np.concatenate([tokenized.ids, np.full(max(1, ahead), scripts.mark("<end>"))])
        first = scripts.first_english
        table = self.model.get_output_embeddings().weight[first:]
        plan, states = WindowPlan(len(ids), self.checkpoint.window), []
        nats = np.zeros((len(ids), 2), np.float32)  # of the token after each; entropy there
        for number in range(len(plan)):
            at = plan[number]
            seen = torch.from_numpy(ids[None, at.start : at.end])
            hidden = self.model.transformer(seen, use_cache=False).last_hidden_state[0]
            hidden = hidden[at.first - at.start : at.last - at.start]
            states.append(hidden.numpy())
            if surprise:
                logs = torch.log_softmax(hidden @ table.T, -1)
                after = torch.from_numpy(np.append(ids, first)[at.first + 1 : at.last + 1] - first)
                told = logs.gather(1, after.clamp(min=0)[:, None])[:, 0]
                nats[at.first : at.last, 0] = torch.where(after >= 0, -told, 0).numpy()
                nats[at.first : at.last, 1] = -(logs.exp() * logs).sum(-1).numpy()
        hidden = np.concatenate(states)
        odds = hidden @ self.heads["weight"].astype(np.float32).T + self.heads["bias"].astype(np.float32)
        total = prefix_sums(nats[:, 0], np.float64)
        until = np.append(tokenized.last[1:], tokenized.last[-1:])
        both = np.stack([total[until] - total[tokenized.last], nats[tokenized.last, 1]], axis=1)
        return (
            odds[tokenized.last + ahead],
            hidden[tokenized.last].astype(np.float16),
            both.astype(np.float32),
        )


def wide(seen: Seen) -> NDArray[np.float32]:
    """Hidden states of the words `AROUND` each, 0 outside of its text: float32[n, width * 4]."""
    n = len(seen.hidden)
    parts = []
    for step in AROUND:
        at = np.clip(np.arange(n) + step, 0, n - 1)
        parts.append(seen.hidden[at] * (seen.document[at] == seen.document)[:, None])
    return np.concatenate(parts, axis=1).astype(np.float32)


def changes(seen: Seen) -> tuple[Floats, Floats]:
    """The signals *surprise* and *shift* of DNA, here of English, text by text.

    Returns
    -------
    float[n, 3], float[n, 2]
        Surprisal of the word that follows, entropy, change of mean surprisal; change of mean hidden state.
    """
    bits, states = [], []
    for start, end in equal_runs(seen.document).tolist():
        at = slice(start, end)
        inside = np.zeros(end - start, np.bool_)
        states.append(signals.shift(seen.hidden[at].astype(np.float32), inside))
        own = np.concatenate([[0], seen.surprise[at, 0][:-1]]).astype(np.float64)  # of each word itself
        bits.append(signals.window_change(own[:, None], inside, signals.FAR))
    return np.concatenate([seen.surprise, np.concatenate(bits)[:, None]], axis=1), np.concatenate(states)


class LogisticRegression:
    """Logistic regression on standardised columns, one for each kind of end; weights decay a little."""

    def __init__(self, columns: Floats, ends: Called, decay: float) -> None:
        self.mean, self.spread = columns.mean(axis=0), columns.std(axis=0) + 1e-4
        x = torch.from_numpy(((columns - self.mean) / self.spread).astype(np.float32))
        y = torch.from_numpy(ends.astype(np.float32))
        weight = torch.zeros(x.shape[1] + 1, y.shape[1], requires_grad=True)
        steps = torch.optim.LBFGS([weight], max_iter=80, line_search_fn="strong_wolfe")

        def loss() -> torch.Tensor:
            steps.zero_grad()
            value = binary_cross_entropy_with_logits(x @ weight[1:] + weight[0], y)
            value = value + decay * weight[1:].square().sum()
            torch.autograd.backward(value)
            return value

        steps.step(loss)  # type: ignore[no-untyped-call]
        self.weight = weight.detach().numpy()

    def odds(self, columns: Floats) -> Floats:
        """Log-odds float[n, 2]."""
        scaled = ((columns - self.mean) / self.spread).astype(np.float32)
        return np.asarray(scaled @ self.weight[1:] + self.weight[0])


def _measured(lengths: NDArray[np.int64], longest: int) -> Prior:
    """Log share of each length in 1/16 nat, one added to each count."""
    counts = np.bincount(lengths[lengths <= longest], minlength=longest + 1)[1:] + 1.0
    return np.concatenate([[0], np.round(np.log(counts / counts.sum()) * UNITS_PER_NAT)]).astype(np.int32)


def priors(texts: Sequence[LabelledText]) -> tuple[list[Prior], list[Prior]]:
    """Length priors to choose from, of sentences and of paragraphs: shipped, and measured on the texts."""
    words: list[NDArray[np.int64]] = []
    sentences: list[NDArray[np.int64]] = []
    for text in texts:
        ends = np.flatnonzero(text.ends[:, 0])
        words.append(np.diff(ends, prepend=-1))
        closes = np.searchsorted(ends, np.flatnonzero(text.ends[:, 1]))
        sentences.append(np.diff(closes, prepend=-1))
    return (
        [SENTENCE.units(), _measured(np.concatenate(words), 150)],
        [PARAGRAPH.units(), _measured(np.concatenate(sentences), 80)],
    )


class _Choice(NamedTuple):
    prior: Prior
    scale: float
    offset: float

    def decode(self, odds: Floats, document: NDArray[np.int64]) -> Called:
        """Which units end a segment; every text ends one."""
        if not len(odds):
            return np.zeros(0, np.bool_)
        strength = np.round(UNITS_PER_NAT * (self.scale * odds + self.offset)).astype(np.int32)
        breaks = np.append(document[1:] != document[:-1], True).astype(np.uint8)
        called = np.zeros(len(odds), np.bool_)
        called[segment(strength, breaks, self.prior) - 1] = True
        return called


def _chosen(odds: Floats, ends: Called, document: NDArray[np.int64], choices: Sequence[Prior]) -> _Choice:
    """The scale, offset and prior of the best F1; the ends of texts, which are given, do not count."""
    grid = [_Choice(p, s, float(o)) for p in choices for s in SCALES for o in OFFSETS]
    kept = np.append(document[1:] == document[:-1], False)
    truth = ends[kept].astype(np.int64)
    return max(grid, key=lambda one: precision_recall(one.decode(odds, document)[kept], truth)["f1"])


def _decoded(
    tuned: Floats, seen: Seen, odds: Floats, test: Seen, of: tuple[list[Prior], list[Prior]]
) -> Called:
    """Ends called in test texts by log-odds decoded as chosen on validation: bool[n, 2]."""
    first = _chosen(tuned[:, 0], seen.ends[:, 0], seen.document, of[0])
    inner = first.decode(tuned[:, 0], seen.document)
    second = _chosen(tuned[inner, 1], seen.ends[inner, 1], seen.document[inner], of[1])
    called = np.zeros((len(odds), 2), np.bool_)
    called[:, 0] = first.decode(odds[:, 0], test.document)
    at = np.flatnonzero(called[:, 0])
    called[at, 1] = second.decode(odds[at, 1], test.document[at])
    return called


def f1(called: Called, truth: Called, rng: np.random.Generator) -> stats.Estimate:
    """F1 with its interval: a bootstrap over blocks of `WORDS_PER_BLOCK` words."""
    block = np.arange(len(called)) // WORDS_PER_BLOCK
    hits, ends, true = (np.bincount(block, at).astype(np.float64) for at in (called & truth, called, truth))
    return stats.ratio(2 * hits, ends + true, rng) or stats.Estimate(0.0, 0.0, 0.0)


def english(
    folder: Path, train: Sequence[str], test: Sequence[str], *, fit_words: int = 200_000,
    tune_words: int = 100_000, test_words: int = 100_000, seed: int = 1, report: Report,
) -> dict[str, list[EvidenceRow]]:  # fmt: skip
    """Measure the signals of a reader on English that was held out.

    Parameters
    ----------
    folder : Path
        Checkpoint of a causal reader with heads, such as the shipped ``bilingual-mini``.
    train, test : sequence of str
        Raw documents, parted by `genomebook.training.corpora.corpus.is_held_out`.
    fit_words, tune_words, test_words : int
        Words at most, evenly from all documents, to fit wide heads on, to tune on, to test on.
    seed : int
        Seed of the bootstrap and the random rule.
    report : callable
        Told each figure.

    Returns
    -------
    dict of str to list of EvidenceRow
        By signal (``transfer``, ``surprise``, ``shift``, ``combined``), control "english".

    Raises
    ------
    ReaderError
        When the checkpoint is damaged or has no heads, or there are no documents of a kind.
    """
    learnt, validation = split_for_test(train, test)
    model = _HeadedReader(folder)
    whole = texts_of(learnt, 4_000_000)
    kinds = {"fit": texts_of(learnt, fit_words), "tune": texts_of(validation, tune_words),
             "test": texts_of(test, test_words)}  # fmt: skip
    rows: dict[str, list[EvidenceRow]] = {}
    for case in CASES:
        texts = {
            name: some if case == CASES[0] else [lower(text) for text in some] for name, some in kinds.items()
        }
        rule = NextWord(whole if case == CASES[0] else [lower(text) for text in whole])
        seen = {}
        for name, some in texts.items():
            report({"reading": f"{name}, {case}", "words": sum(len(text.words) for text in some)})
            seen[name] = model.see(some, surprise=name != "fit")
        calls = _finders(seen, texts, rule, priors(whole))
        every = 1 / np.maximum(rates(whole), 1e-9)
        plain = {
            "fixed length": np.concatenate([fixed_scores(text, every) for text in texts["test"]]) >= 0.5,
            "random": np.concatenate([random_scores(text, seed) for text in texts["test"]]) < 1 / every,
        }
        _rows(rows, calls, plain, seen["test"], case, seed, report)
    return rows


def _finders(
    seen: dict[str, Seen],
    texts: dict[str, list[LabelledText]],
    rule: NextWord,
    of: tuple[list[Prior], list[Prior]],
) -> dict[tuple[str, str], Called]:
    """Ends called in the test texts, by signal and variant; the rule under ("", "")."""
    layer = LogisticRegression(wide(seen["fit"]), seen["fit"].ends, 1e-5)
    columns: dict[str, dict[str, Floats]] = {}
    for name in ("tune", "test"):
        shares = np.clip(np.concatenate([rule.scores(text) for text in texts[name]]), 1e-5, 1 - 1e-5)
        one = seen[name]
        surprise, change = changes(one)
        columns[name] = {
            "transfer": one.odds, "wide": layer.odds(wide(one)), "surprise": surprise,
            "shift": change, "rule": np.log(shares / (1 - shares)),
        }  # fmt: skip
    tune, test, calls = seen["tune"], seen["test"], {}
    for signal, kind, parts in (
        ("transfer", "", ["transfer"]),
        ("transfer", ", wide head", ["wide"]),
        ("surprise", "", ["surprise"]),
        ("shift", "", ["shift"]),
        ("combined", "", ["transfer", "surprise", "shift"]),
        ("combined", ", wide head", ["transfer", "wide", "surprise", "shift"]),
        ("combined", ", wide head and rule", ["transfer", "wide", "surprise", "shift", "rule"]),
    ):
        tuned, odds = (np.concatenate([columns[name][p] for p in parts], axis=1) for name in ("tune", "test"))
        if len(parts) > 1 or parts[0] in ("surprise", "shift"):
            weights = LogisticRegression(tuned, tune.ends, 1e-5)
            tuned, odds = weights.odds(tuned), weights.odds(odds)
        calls[signal, kind] = _decoded(tuned, tune, odds, test, of)
    truth = tune.ends.astype(np.int64)
    cuts = [best_threshold(columns["tune"]["rule"][:, i], truth[:, i]) for i in range(len(ENDS))]
    calls["", ""] = columns["test"]["rule"] >= cuts
    return calls


def _rows(
    rows: dict[str, list[EvidenceRow]], calls: dict[tuple[str, str], Called], plain: dict[str, Called],
    test: Seen, case: str, seed: int, report: Report,
) -> None:  # fmt: skip
    """Add the rows of one case; the last word of a text, whose end is given to decoding, does not count."""
    rng = np.random.default_rng(seed)
    kept = np.append(test.document[1:] == test.document[:-1], False)
    for i, level in enumerate(ENDS):
        truth = test.ends[kept, i]
        beside = f1(calls["", ""][kept, i], truth, rng)
        for (signal, kind), called in calls.items():
            figure = f1(called[kept, i], truth, rng)
            report({"signal": (signal or "next word") + kind, "text": case, "end": level, "f1": figure.value})
            if signal:
                label = f"{case}{kind}"
                rows.setdefault(signal, []).append(
                    make_row("english", level, label, "F1", figure, beside, "next-word rule, tuned",
                             int(truth.sum()))
                )  # fmt: skip
        for name, called in plain.items():
            report({"signal": name, "text": case, "end": level, "f1": f1(called[kept, i], truth, rng).value})


def main() -> None:
    """Read the command line, write the rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("reader", type=Path)
    parser.add_argument("books", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    texts = [text for path in options.books for text in documents(path)]
    train, test = ([text for text in texts if is_held_out(text) == held] for held in (False, True))
    rows = english(options.reader, train, test, report=lambda line: print(line, flush=True))
    body = {signal: [row.record() for row in some] for signal, some in rows.items()}
    with aside(options.output) as path:
        path.write_text(json.dumps(body, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
