"""Published figures of classifiers on the frozen embeddings of DNA models."""

from __future__ import annotations

from genomebook.tasks.task import Published

_SOURCE = "Benchmarking DNA foundation models for genomic and genetic tasks, Nat. Commun. 2025, table 1"
_WHY = (
    "area under the curve of a classifier on frozen embeddings, with rows of its own; ours is on other rows"
)
_MODELS = ("DNABERT-2", "HyenaDNA", "GROVER")

_AUC = {
    "enhancer-cohn": (0.8223, 0.7754, 0.8161),
    "enhancer": (0.9369, 0.9356, 0.9382),
    "open-chromatin": (0.7253, 0.7191, 0.7455),
    "promoter-nontata": (0.9297, 0.928, 0.9395),
    "promoter-proximal-all": (0.9426, 0.9394, 0.9402),
    "promoter-proximal-notata": (0.9765, 0.9662, 0.9728),
    "promoter-proximal-tata": (0.7646, 0.8077, 0.78),
    "promoter-core-all": (0.8311, 0.832, 0.8506),
    "promoter-core-notata": (0.8531, 0.8516, 0.8704),
    "promoter-core-tata": (0.7781, 0.7827, 0.796),
}
"""By task, in the order of the models."""


def frozen_embeddings(task: str) -> tuple[Published, ...]:
    """Figures of DNABERT-2, HyenaDNA and GROVER on a task, none where the paper has none.

    The paper measures the Nucleotide Transformer and Caduceus as well; nothing here is compared with them.
    """
    values = zip(_MODELS, _AUC.get(task, ()), strict=False)
    return tuple(Published(model, "AUC", value, _SOURCE, False, _WHY) for model, value in values)
