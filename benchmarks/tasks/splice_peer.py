"""Splice sites beside MMSplice: rows of EnsembleSplice and HS3D, for measuring only.

Their negatives have a GT or AG in the middle too, but no splice site.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from benchmarks.common.data import shared_data
from benchmarks.common.table import table
from benchmarks.tasks.mmsplice import SpliceSiteModel
from genomebook.language.alphabet import reverse_complement
from genomebook.tasks.data import load
from genomebook.tasks.metrics import measure
from genomebook.tasks.registry import task
from genomebook.tasks.rules.base import Rule
from genomebook.tasks.shipped import opened, results
from genomebook.tasks.task import Examples
from genomebook.training.measures import auc

Scores = NDArray[np.float64]

QUICK = 100
"""Rows of each split when only the workings are tried."""

RULES = ("gapped", "network", "combined")


class SiteSet(NamedTuple):
    """Rows of one kind of splice site.

    Attributes
    ----------
    task : str
        Name of the task.
    kind : str
        "donor" or "acceptor".
    border : int
        Letters before the border between exon and intron.
    """

    task: str
    kind: str
    border: int


SETS = (
    SiteSet("splice-donor-ens602", "donor", 300),
    SiteSet("splice-acceptor-ens602", "acceptor", 302),
    SiteSet("splice-donor-hs3d", "donor", 70),
    SiteSet("splice-acceptor-hs3d", "acceptor", 70),
)


def run(quick: bool = False) -> dict[str, Any]:
    """Measure MMSplice, and the shipped rules of the task ``splice``, on the same rows.

    Returns
    -------
    dict
        ``source``; ``sets`` by task: ``rows`` of dev and test, ``overlap`` (test rows left out because their
        middle is among the training sequences of the shipped rules), and by system ``auc``, ``mcc`` (cut
        chosen on dev), ``microseconds`` a sequence in batches.
    """
    folder = shared_data()
    ours = load(task("splice"), folder)
    middles = _middles(ours.of("train").sequences + ours.of("dev").sequences)
    sets = {}
    for site in SETS:
        examples = load(task(site.task), folder)
        dev, test = (examples.of(split) for split in ("dev", "test"))
        new = [n for n, s in enumerate(test.sequences) if _middle(s, site.border) not in middles]
        overlap = len(test) - len(new)
        test = test.take(np.array(new))
        if quick:
            dev, test = (part.take(np.arange(min(QUICK, len(part)))) for part in (dev, test))
        sets[site.task] = {
            "rows": {"dev": len(dev), "test": len(test)},
            "overlap": overlap,
            "systems": {
                name: _measured(scores, dev, test) for name, scores in _systems(site, folder).items()
            },
        }
    return {"source": "EnsembleSplice's 602 letters and HS3D's 140, test rows", "sets": sets}


def _systems(site: SiteSet, folder: Path) -> dict[str, Callable[[list[str]], Scores]]:
    model = SpliceSiteModel(folder / "models", site.kind)
    systems: dict[str, Callable[[list[str]], Scores]] = {
        "MMSplice": lambda sequences: np.asarray(model.probabilities(sequences, site.border), np.float64)
    }
    column = task("splice").labels.index(site.kind)
    for kind in (kind for kind in RULES if kind in results()["splice"].rules):
        systems[f"{kind}, shipped"] = partial(_against_the_rest, opened("splice", kind), site, column)
    return systems


def _against_the_rest(rule: Rule, site: SiteSet, column: int, sequences: list[str]) -> Scores:
    """Log-odds of one kind of site, read in the middle of 400 letters or fewer."""
    half = min(200, site.border, min(map(len, sequences)) - site.border)
    logits = rule.logits([s[site.border - half : site.border + half] for s in sequences]).astype(np.float64)
    rest = np.delete(logits, column, axis=1)
    return np.asarray(logits[:, column] - logsumexp(rest, axis=1), np.float64)


def _measured(scores: Callable[[list[str]], Scores], dev: Examples, test: Examples) -> dict[str, float]:
    on_dev = scores(dev.sequences)
    cuts = np.quantile(on_dev, np.linspace(0.02, 0.98, 97))
    cut = max(cuts, key=lambda cut: measure("MCC", dev.labels, (on_dev > cut).astype(np.int8), 2))
    began = time.process_time()
    on_test = scores(test.sequences)
    seconds = time.process_time() - began
    return {
        "auc": auc(on_test, test.labels),
        "mcc": measure("MCC", test.labels, (on_test > cut).astype(np.int8), 2),
        "microseconds": 1e6 * seconds / len(test),
    }


MIDDLE = 40
"""Letters around a site by which the same site is known again."""


def _middle(sequence: str, border: int) -> str:
    return sequence[border - MIDDLE // 2 : border + MIDDLE // 2]


def _middles(sequences: list[str]) -> set[str]:
    ours = {_middle(sequence, len(sequence) // 2) for sequence in sequences}
    return ours | {reverse_complement(middle.encode()).decode() for middle in ours}


def lines(result: dict[str, Any]) -> list[str]:
    """Table for the docs."""
    rows = []
    for name, one in result["sets"].items():
        for system, figures in one["systems"].items():
            rows.append(
                [
                    name, f"{one['rows']['test']:,}", system, f"{figures['auc']:.4f}",
                    f"{100 * figures['mcc']:.1f}", f"{figures['microseconds']:.0f}",
                ]
            )  # fmt: skip
    left = ", ".join(f"{one['overlap']:,} of {name}" for name, one in result["sets"].items())
    return [
        "Real splice sites against other GT and AG. *MCC* x 100 at the cut that is best on dev. MMSplice was "
        "trained on sites of the whole genome, these rows among them; the shipped rules on RefSeq exons of "
        "genes in 50 Mb of it, and test rows with the same "
        f"{MIDDLE} letters around the site are left out ({left}).",
        "",
        *table(["rows", "test", "system", "AUC", "MCC", "µs a sequence"], rows),
    ]
