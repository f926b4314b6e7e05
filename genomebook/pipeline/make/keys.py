"""Which steps are done: a step follows from files, options and other steps, whose digest is its key."""

from __future__ import annotations

import hashlib

from genomebook.book.annex import open_annex
from genomebook.book.meta import read_meta
from genomebook.errors import GenomebookError
from genomebook.files.digests import canonical
from genomebook.pipeline.make.options import Wanted
from genomebook.pipeline.make.state import MakeState
from genomebook.pipeline.make.steps import STEPS, Making, Step


def known_annotation(files: Wanted, state: MakeState) -> tuple[str, ...]:
    """Names of the genes and tracks that have been downloaded."""
    return tuple(
        name for name, file in files.annotation.items() if state.known(file.name, file.url) is not None
    )


def key_of(step: Step, making: Making) -> str:
    """Digest of everything that the result of a step follows from."""
    state, files = making.state, making.files
    inputs = {
        name: state.known(files.annotation[name].name, files.annotation[name].url)
        for name in step.files(making)
    }
    if step.name == "build":
        inputs |= {file.name: state.known(file.name, file.url) for file in files.sequence}
    body = {
        "step": step.name,
        "files": inputs,
        "options": dict(step.inputs(making.options)),
        "after": [key_of(STEPS[name], making) for name in step.after],
        "build": "" if step.name == "build" else key_of(STEPS["build"], making),
    }
    return hashlib.sha256(canonical(body)).hexdigest()


def is_done(step: Step, making: Making) -> bool:
    """Whether a step ended well from the same inputs, and what it made is there."""
    record, build = making.state.record.steps.get(step.name), making.state.record.steps.get("build")
    if record is None or build is None or record.state != "done" or record.key != key_of(step, making):
        return False
    try:
        digest = read_meta(making.book).digest
        if digest != build.made:
            return False
        return not step.annex or open_annex(making.book / step.annex, step.annex, digest) is not None
    except GenomebookError:
        return False
