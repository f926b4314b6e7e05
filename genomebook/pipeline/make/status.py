"""How far a book is: its steps, what is done, running and left, how fast, and what each still needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genomebook.book.annex import open_annex
from genomebook.book.meta import read_meta
from genomebook.errors import BookError, GenomebookError
from genomebook.files.locks import is_locked
from genomebook.pipeline.make.costs import BYTES_PER_SECOND, COSTS, DOWNLOAD
from genomebook.pipeline.make.keys import is_done, known_annotation
from genomebook.pipeline.make.options import MakeOptions, Wanted, options_of, wanted
from genomebook.pipeline.make.state import MakeState
from genomebook.pipeline.make.steps import STEPS, Making, Step

DONE, RUNNING, LEFT, FAILED, LEFT_OUT = "done", "running", "left", "failed", "left out"


def status(book: Path) -> dict[str, Any]:
    """How far a book is.

    Parameters
    ----------
    book : Path
        Folder of a book, finished or in the making.

    Returns
    -------
    dict
        ``book``, ``running`` (whether `genomebook make` works on it now), ``letters``, ``left`` (seconds
        expected of all that is left) and ``steps``: for each ``step``, ``what``, ``state``, ``share`` (done,
        0 to 1), ``seconds`` (taken; None if it has not ended), ``letters_per_second`` (None without them),
        ``estimate`` (seconds expected; None if it is done) and ``needs`` (files, steps, what was wrong).

    Raises
    ------
    BookError
        When there is neither a book nor one in the making, or the state is damaged.
    """
    state = MakeState(book)
    if state.record.options is None:
        return _without_state(book)
    options = options_of(state.record.options, book)
    try:
        files = wanted(options)
    except GenomebookError as error:
        raise BookError(f"{state.folder}: what it was made with is no longer there ({error})") from None
    making = Making(options, files, state, known_annotation(files, state), lambda line: None)
    running = is_locked(state.folder)
    now = state.now() if running else {}
    rows = [_download(files, state, now)]
    rows += [_row(step, making, options, now) for step in STEPS.values()]
    left = now.get("left") if running else sum(row["estimate"] or 0 for row in rows)
    return {
        "book": str(book), "running": running, "letters": state.record.letters, "left": left, "steps": rows,
    }  # fmt: skip


def _row(step: Step, making: Making, options: MakeOptions, now: dict[str, Any]) -> dict[str, Any]:
    record = making.state.record.steps.get(step.name)
    letters = making.state.record.letters
    if now.get("step") == step.name:
        how, share = RUNNING, float(now.get("share") or 0)
    elif is_done(step, making):
        how, share = DONE, 1.0
    elif step.name in options.skip:
        how, share = LEFT_OUT, 0.0
    elif record is not None and record.state in (FAILED, LEFT_OUT):
        how, share = record.state, 0.0
    else:
        how, share = LEFT, 0.0
    seconds = record.seconds if record is not None and how == DONE else None
    rest = COSTS[step.name].seconds(letters) * (1 - share)
    return {
        "step": step.name, "what": step.what, "state": how, "share": round(share, 3), "seconds": seconds,
        "letters_per_second": round(letters / seconds) if seconds and letters else None,
        "estimate": None if how in (DONE, LEFT_OUT) else round(rest, 1),
        "needs": [] if how in (DONE, RUNNING) else _needs(step, making, options),
    }  # fmt: skip


def _needs(step: Step, making: Making, options: MakeOptions) -> list[str]:
    """What a step that is not done waits for, or what was wrong with it."""
    if step.name in options.skip:
        return ["left out by --skip"]
    record = making.state.record.steps.get(step.name)
    wrong = [record.error] if record is not None and record.error else []
    before = [name for name in step.after if not is_done(STEPS[name], making)]
    if step.name != "build" and not is_done(STEPS["build"], making):
        before.insert(0, "build")
    elif step.name == "build":
        files = making.files.sequence
        before = [file.name for file in files if making.state.known(file.name, file.url) is None]
    return [*wrong, *before]


def _download(files: Wanted, state: MakeState, now: dict[str, Any]) -> dict[str, Any]:
    everything = [*files.sequence, *files.annotation.values()]
    missing = [file for file in everything if state.known(file.name, file.url) is None]
    running = now.get("step") == DOWNLOAD
    share = float(now.get("share") or 0) if running else 1 - len(missing) / len(everything)
    size = sum(file.bytes for file in missing)
    return {
        "step": DOWNLOAD, "what": "get the sequence and its annotation",
        "state": RUNNING if running else LEFT if missing else DONE, "share": round(share, 3), "seconds": None,
        "letters_per_second": None, "estimate": round(size / BYTES_PER_SECOND, 1) if missing else None,
        "needs": [file.url for file in missing],
    }  # fmt: skip


def _without_state(book: Path) -> dict[str, Any]:
    """Status of a book that was not made by `genomebook make`: what it has."""
    meta = read_meta(book)
    letters = meta.counts.letters
    rows: list[dict[str, Any]] = []
    for step in STEPS.values():
        has = not step.annex or _has(book, step.annex, meta.digest)
        rows.append(
            {
                "step": step.name,
                "what": step.what,
                "state": DONE if has else LEFT,
                "share": float(has),
                "seconds": None,
                "letters_per_second": None,
                "estimate": None if has else round(COSTS[step.name].seconds(letters), 1),
                "needs": [] if has else [f"genomebook {step.name} {book}"],
            }
        )
    left = sum(row["estimate"] or 0 for row in rows)
    return {"book": str(book), "running": False, "letters": letters, "left": left, "steps": rows}


def _has(book: Path, annex: str, digest: str) -> bool:
    try:
        return open_annex(book / annex, annex, digest) is not None
    except GenomebookError:
        return False
