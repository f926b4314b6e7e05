"""The glossary: every term of the interface in two sentences, from ``data/glossary.tsv``."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import NamedTuple

FILE = "glossary.tsv"
"""In ``genomebook/data``: term, other forms (with commas between), what it means, everyday forms."""


class GlossaryTerm(NamedTuple):
    """A term: its name, the forms in which it stands in a text, and two sentences about it.

    ``everyday`` are forms that mostly mean something else, so that only a text about them is marked.
    """

    name: str
    forms: tuple[str, ...]
    meaning: str
    everyday: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """Name of its place on a page."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


class TermPiece(NamedTuple):
    """A piece of a text, and the term that it is, if it is one."""

    text: str
    term: GlossaryTerm | None = None


@cache
def glossary() -> tuple[GlossaryTerm, ...]:
    """All terms, by name."""
    text = (resources.files("genomebook") / "data" / FILE).read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    terms = (
        GlossaryTerm(
            name,
            (name, *filter(None, forms.split(","))),
            what,
            tuple(filter(None, ",".join(everyday).split(","))),
        )
        for name, forms, what, *everyday in rows
    )
    return tuple(sorted(terms, key=lambda term: term.name.lower()))


@cache
def _by_form() -> dict[str, GlossaryTerm]:
    return {form: term for term in glossary() for form in term.forms}


@cache
def _forms() -> re.Pattern[str]:
    """All forms, longer ones first; the first letter of one may be a capital."""
    longest = sorted(_by_form(), key=len, reverse=True)
    written = (f"[{form[0].upper()}{form[0]}]{re.escape(form[1:])}" for form in longest)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(written)})(?![\w-])")


def term_of(form: str) -> GlossaryTerm | None:
    """The term that stands in a text in this form; its first letter may be a capital."""
    return _by_form().get(form) or _by_form().get(f"{form[:1].lower()}{form[1:]}")


def with_terms(text: str, seen: set[str] | None = None) -> list[TermPiece]:
    """Cut a text where a term stands for the first time.

    Parameters
    ----------
    text : str
        Plain text.
    seen : set of str, optional
        Names of terms that stood before, which are not marked again; those of this text are added.

    Returns
    -------
    list of TermPiece
        Joined, the text.
    """
    seen = set() if seen is None else seen
    pieces, at = [], 0
    for match in _forms().finditer(text):
        term = term_of(match[0])
        if term is None or term.name in seen:
            continue
        seen.add(term.name)
        pieces += [TermPiece(text[at : match.start()]), TermPiece(match[0], term)]
        at = match.end()
    return [piece for piece in [*pieces, TermPiece(text[at:])] if piece.text]
