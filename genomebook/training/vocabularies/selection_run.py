"""One run of a vocabulary selection, in a worker process of one thread."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from genomebook.errors import GenomebookError
from genomebook.files.atomic import aside
from genomebook.files.digests import canonical
from genomebook.genome.fasta import Genome
from genomebook.language.encode import Encoder
from genomebook.language.train import train_words
from genomebook.language.vocabulary import Vocabulary
from genomebook.training.vocabularies.kmer_places import Runs, find_runs, spread_windows, tokenize
from genomebook.training.vocabularies.kmer_rules import rule_rows
from genomebook.training.vocabularies.settings import Settings

Place = tuple[Path, str]
"""An unpacked genome and the name of a record in it."""

_stopped: Event | None = None
_steps: Synchronized[int] | None = None


class Stopped(GenomebookError):
    """Ends a share of work when the selection has ended."""


@dataclass(frozen=True)
class SelectionRun:
    """One vocabulary to measure with one network, or with the trivial rules.

    Attributes
    ----------
    words : Path
        Vocabulary with the most merges; one with fewer is its beginning.
    train, test : tuple of Place
        Records.
    settings : Settings
        Settings of the networks.
    merges : int
        Merges of the vocabulary.
    seed : int or None
        Seed of the network; None for the trivial rules.
    file : Path
        JSON to write.
    """

    words: Path
    train: tuple[Place, ...]
    test: tuple[Place, ...]
    settings: Settings
    merges: int
    seed: int | None
    file: Path


def begin_worker(stopped: Event, steps: Synchronized[int]) -> None:
    """Keep this process to one thread, and share its step counter and stop event."""
    global _stopped, _steps
    _stopped, _steps = stopped, steps
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the selection, and that ends its workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ |= {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    numba.set_num_threads(1)


def _end_with_parent() -> None:
    """Wait for the process that started this one to end, and end too."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _advance(amount: int) -> None:
    if _stopped is not None and _stopped.is_set():
        raise Stopped("the selection was stopped; the same command goes on from where it was")
    if _steps is not None:
        with _steps.get_lock():
            _steps.value += amount


def _letters(places: tuple[Place, ...]) -> Iterator[NDArray[np.uint8]]:
    with ExitStack() as stack:
        opened = {folder: stack.enter_context(Genome(folder)) for folder in {path for path, _ in places}}
        for folder, name in places:
            yield opened[folder].letters(name)


def find_windows(places: tuple[Place, ...], span: int) -> Runs:
    """Runs of bases of some records that hold a window of ``span`` letters."""
    return find_runs(_letters(places), span)


def learn_words(file: Path, train: tuple[Place, ...], merges: int) -> None:
    """Learn the vocabulary with the most merges, and write it.

    Raises
    ------
    VocabularyError
        When the sequence is too short for that many.
    """
    vocabulary = train_words((letters.tobytes() for letters in _letters(train)), merges, file.stem)
    vocabulary.write(file)


def measure_words(run: SelectionRun) -> None:
    """Measure a vocabulary and write ``run.file``.

    Raises
    ------
    GenomebookError
        When the selection has ended meanwhile.
    """
    vocabulary = Vocabulary(f"words-{run.merges}", Vocabulary.open(run.words).merges[: run.merges])
    encoder, settings = Encoder(vocabulary), run.settings
    train = find_windows(run.train, settings.span)
    tests = spread_windows(find_windows(run.test, settings.span), settings.tests)
    content: dict[str, Any] = {"merges": run.merges, "seed": run.seed}
    if run.seed is None:
        counts = tokenize(encoder, tests[:, : settings.context]).counts
        content["letters_per_word"] = settings.context * len(tests) / int(counts.sum())
        content["rows"] = rule_rows(encoder, train, tests, settings.ks, 0)
    else:
        content["rows"] = _network_rows(encoder, train, tests, settings, run.seed)
    with aside(run.file) as path:
        path.write_bytes(canonical(content))


def _network_rows(
    encoder: Encoder, train: Runs, tests: NDArray[np.uint8], settings: Settings, seed: int
) -> list[dict[str, Any]]:
    import torch

    from genomebook.training.vocabularies import next_kmer

    torch.set_num_threads(1)
    trained, random = next_kmer.train(encoder, train, settings, seed, _advance)
    scores, control = (next_kmer.measure(net, encoder, tests, settings, 0) for net in (trained, random))
    return [
        {
            "positions": kind,
            "k": k,
            "n": n,
            "accuracy": accuracy,
            "bits": bits,
            "random": control[kind, k][1],
            "random_bits": control[kind, k][2],
        }
        for (kind, k), (n, accuracy, bits) in scores.items()
    ]
