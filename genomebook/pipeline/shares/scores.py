"""Scores in shares: planned, and opened by a worker."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import msgspec

from genomebook.book.meta import Made
from genomebook.book.read import Book
from genomebook.models.registry import Runtime, shipped_readers
from genomebook.models.scoring import Precision
from genomebook.options import check_choice
from genomebook.pipeline.scores import ScoreJoin, ScoreWork, Scoring, width_of
from genomebook.pipeline.shares.plan import Planned, SharesPlan, plan_parameters, write_plan
from genomebook.pipeline.shares.readers import ReaderOf
from genomebook.pipeline.shares.work import About


def plan_scores(
    path: Path,
    source: ReaderOf,
    output: Path,
    hidden: bool = False,
    *,
    shares: int,
    restart: bool = False,
    trust_remote_code: bool = False,
) -> Planned:
    """Plan the scores of a book in shares.

    Parameters
    ----------
    path : Path
        Folder of a book.
    source : ReaderOf
        Reader; a folder is noted with its absolute path, unless a shipped reader has its name.
    output : Path
        Folder to make; the plan is in ``OUTPUT.part``.
    hidden : bool
        Whether hidden states are written too.
    shares : int
        About how many.
    trust_remote_code : bool
        Whether a model of the hub may run its own code; every worker is asked again.
    restart : bool
        Whether another plan that is there is discarded.

    Raises
    ------
    ReaderError, BookError, OptionError, SharesError
        As `score` and `genomebook.pipeline.shares.plan.write_plan` do.
    """
    if source.name not in shipped_readers() and Path(source.name).is_dir():
        source = msgspec.structs.replace(source, name=str(Path(source.name).absolute()))
    book = Book.open(path)
    work = ScoreWork(Scoring(book, source.load(book, trust_remote_code), hidden), source)
    return write_plan(work, output, shares, restart)


def open_scores(plan: SharesPlan, trust_remote_code: bool = False) -> ScoreWork:
    """Open the work of a plan of scores; a model of the hub runs its own code only if the caller says so."""
    known = plan_parameters(
        plan, name=str, revision=(str, type(None)), device=str, runtime=str, precision=str, hidden=bool
    )
    hidden = known.pop("hidden")
    for name, choices in (("runtime", get_args(Runtime)), ("precision", get_args(Precision))):
        known[name] = check_choice(name, known[name], choices)
    book, source = Book.open(plan.inputs.get("book", "")), ReaderOf(**known)
    return ScoreWork(Scoring(book, source.load(book, trust_remote_code), hidden), source)


def join_scores(plan: SharesPlan) -> ScoreJoin:
    """Open what joins the scores of a plan; its reader, whose digest the shares have, is not loaded."""
    name, book = plan_parameters(plan, made=str)["made"], Book.open(plan.inputs.get("book", ""))
    digests = {"book": book.digest, "reader": plan.digests.get("reader", "")}
    about = About(plan.stage, plan.unit, plan.inputs, digests, plan.parameters)
    return ScoreJoin(book, Made(name, digests["reader"]), width_of(plan.row), about)
