"""The stages that are made in shares, by name, and how a worker opens them from a plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from genomebook.errors import SharesError
from genomebook.pipeline.search.vector_shares import join_vectors, open_vectors
from genomebook.pipeline.shares.plan import Planned, SharesPlan
from genomebook.pipeline.shares.scores import join_scores, open_scores
from genomebook.pipeline.shares.work import ShareJoin, ShareWork


class StageOpeners(NamedTuple):
    """How a plan of a stage is opened.

    Attributes
    ----------
    share : callable
        Opens the work, with its model; the second argument allows one of the hub to run its own code.
    join : callable
        Opens what joins the shares, without the model.
    """

    share: Callable[[SharesPlan, bool], ShareWork]
    join: Callable[[SharesPlan], ShareJoin]


STAGES = {
    "score": StageOpeners(open_scores, join_scores),
    "vectors": StageOpeners(open_vectors, join_vectors),
}


def open_work(planned: Planned, trust_remote_code: bool = False) -> ShareWork:
    """Open what a plan is made from, and check that it still is that.

    Raises
    ------
    SharesError
        When an input is another than that of the plan.
    """
    work = _openers(planned).share(planned.plan, trust_remote_code)
    planned.check(work)
    return work


def open_join(planned: Planned) -> ShareJoin:
    """Open what joins the shares of a plan, without the model that makes them.

    Raises
    ------
    SharesError
        When the book is another than that of the plan.
    """
    work = _openers(planned).join(planned.plan)
    planned.check(work)
    return work


def _openers(planned: Planned) -> StageOpeners:
    stage = planned.plan.stage
    if stage not in STAGES:
        raise SharesError(f"{planned.folder}: {stage} is not made in shares; plan it anew with --restart")
    return STAGES[stage]
