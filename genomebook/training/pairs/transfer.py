"""Measure whether skill with English sentences carries over to DNA, with no DNA label ever seen.

Each reader is fine-tuned on English pairs alone, then tested on unseen English pairs and on DNA pairs.
Controls are the same architecture from random weights, similarity by shared k-mers, and the majority class of
training. The threshold of a reader is log-odds 0, that of the k-mers the best on the English training pairs;
AUC needs no threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from genomebook.models.checkpoint import open_checkpoint
from genomebook.training.measures import best_accuracy, classified, spread, table, write_result
from genomebook.training.pairs.english import TextPair
from genomebook.training.pairs.model import Tuning, encode, fine_tune, predict
from genomebook.training.pairs.sets import PairSet
from genomebook.training.shipping.folder import load_model

MEASURES = ("accuracy", "balanced", "auc")
KMERS = (3, 6)
"""Lengths of the k-mers, in characters of English and letters of DNA alike."""


def transfer(
    readers: Mapping[str, Path], train: list[TextPair], tests: Sequence[PairSet], output: Path, *,
    tuning: Tuning, seeds: Sequence[int] = (0, 1, 2), report: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:  # fmt: skip
    """Run the experiment and write ``output`` (JSON) and its table (``.md``).

    Parameters
    ----------
    readers : mapping of str to Path
        Checkpoint folders by name. Each also gives a row "NAME, random weights", which readers of the same
        shape and id space share.
    train, tests
        English pairs; English and DNA test sets.
    output : Path
        Result, ``.json``.
    tuning, seeds
        Budget of each fine-tuning; one fine-tuning of each reader for each seed.
    report : callable
        Receives each row and seed when it is measured.

    Returns
    -------
    dict
        What was written: ``rows`` is a list of {"reader", "set", "script", "accuracy", "balanced", "auc"},
        the figures with mean, sd (between seeds) and each.
    """
    figures: dict[str, dict[str, list[dict[str, float]]]] = {}
    for name, test_figures in _baselines(train, tests).items():
        figures[name] = {test: [measures] for test, measures in test_figures.items()}
    shapes: dict[str, str] = {}
    for name, folder in readers.items():
        checkpoint = open_checkpoint(folder)
        scripts, model = checkpoint.scripts, load_model(folder, checkpoint.kind)
        sizes = [(part, tuple(weights.shape)) for part, weights in model.named_parameters()]
        shape = f"{sizes} {scripts.digest}"
        starts = [name] if shape in shapes else [name, f"{name}, random weights"]
        shapes.setdefault(shape, name)
        window = int(model.config.max_position_embeddings)
        learnt = encode(scripts, train, "english", window)
        encoded = {test.name: encode(scripts, test.pairs, test.script, window) for test in tests}
        for start in starts:
            for seed in seeds:
                fresh = model if start == name else _random_like(model, seed)
                tuned = fine_tune(fresh, learnt, _labels(train), tuning, seed)
                for test in tests:
                    measures = classified(predict(tuned, encoded[test.name]), _labels(test.pairs), 0.0)
                    figures.setdefault(start, {}).setdefault(test.name, []).append(measures)
                    report({"reader": start, "seed": seed, "set": test.name, **measures})
    body = _body(figures, train, tests, tuning, seeds)
    write_result(output, body, _table(body, tests))
    return body


def _random_like(model: Any, seed: int) -> Any:
    """The same architecture from random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return type(model)(model.config)


def _labels(pairs: Sequence[TextPair]) -> NDArray[np.int64]:
    return np.array([pair.label for pair in pairs], np.int64)


def jaccard(pair: TextPair, k: int) -> float:
    """Share of the k-mers of both texts (characters, lower case) that occur in both: 0 to 1."""
    a, b = ({text[i : i + k] for i in range(len(text) - k + 1)} for text in (pair.a.lower(), pair.b.lower()))
    return len(a & b) / max(1, len(a | b))


def _baselines(train: list[TextPair], tests: Sequence[PairSet]) -> dict[str, dict[str, dict[str, float]]]:
    truth = _labels(train)
    rows: dict[str, Callable[[TextPair], float]] = {f"{k}-mer Jaccard": partial(jaccard, k=k) for k in KMERS}
    rows["majority class"] = lambda pair: float(truth.mean() >= 0.5)
    tuned = {}
    for name, score in rows.items():
        threshold = 0.5
        if name != "majority class":
            threshold = best_accuracy(np.array([score(p) for p in train]), truth)
        tuned[name] = {
            test.name: classified(np.array([score(p) for p in test.pairs]), _labels(test.pairs), threshold)
            for test in tests
        }
    return tuned


def _body(
    figures: dict[str, dict[str, list[dict[str, float]]]], train: list[TextPair], tests: Sequence[PairSet],
    tuning: Tuning, seeds: Sequence[int],
) -> dict[str, Any]:  # fmt: skip
    script = {test.name: test.script for test in tests}
    rows = [
        {
            "reader": name,
            "set": test,
            "script": script[test],
            **{m: spread([o[m] for o in each]) for m in MEASURES},
        }
        for name, by_test in figures.items()
        for test, each in by_test.items()
    ]
    counts = {
        test.name: {"pairs": len(test.pairs), "alike": int(_labels(test.pairs).sum())} for test in tests
    }
    return {
        "tuning": asdict(tuning),
        "seeds": list(seeds),
        "train": {"pairs": len(train), "alike": int(_labels(train).sum()), "script": "english"},
        "tests": counts,
        "rows": rows,
    }


def _table(body: dict[str, Any], tests: Sequence[PairSet]) -> str:
    """Accuracy and AUC, mean and standard deviation between seeds."""
    readers = list(dict.fromkeys(row["reader"] for row in body["rows"]))
    cells = {
        (row["reader"], row["set"]): f"{_cell(row['accuracy'])} (AUC {_cell(row['auc'])})"
        for row in body["rows"]
    }
    head = ["accuracy (AUC)", *(f"{test.name}, {test.script}, n = {len(test.pairs)}" for test in tests)]
    return table(head, [[name, *(cells[name, test.name] for test in tests)] for name in readers])


def _cell(figure: dict[str, Any]) -> str:
    return (
        f"{figure['mean']:.3f} ± {figure['sd']:.3f}" if len(figure["each"]) > 1 else f"{figure['mean']:.3f}"
    )
