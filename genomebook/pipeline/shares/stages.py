"""The stages that are made in shares, by name, and how a worker opens them from a plan."""

from __future__ import annotations

from collections.abc import Callable

from genomebook.errors import SharesError
from genomebook.pipeline.search.vector_shares import open_vectors
from genomebook.pipeline.shares.plan import Planned, SharesPlan
from genomebook.pipeline.shares.scores import open_scores
from genomebook.pipeline.shares.work import ShareWork

STAGES: dict[str, Callable[[SharesPlan, bool], ShareWork]] = {"score": open_scores, "vectors": open_vectors}
"""Opens the work of a plan; the second argument allows a model of the hub to run its own code."""


def open_work(planned: Planned, trust_remote_code: bool = False) -> ShareWork:
    """Open what a plan is made from, and check that it still is that.

    Raises
    ------
    SharesError
        When an input is another than that of the plan.
    """
    stage = planned.plan.stage
    if stage not in STAGES:
        raise SharesError(f"{planned.folder}: {stage} is not made in shares; plan it anew with --restart")
    work = STAGES[stage](planned.plan, trust_remote_code)
    planned.check(work)
    return work
