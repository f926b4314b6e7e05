"""HTML from the templates in ``templates/``: one Jinja2 environment that escapes every value.

Templates are indented as their elements are nested. A line break and the white space around it mean one space
between two words and nothing beside a tag or a delimiter; write ``{{ " " }}`` where a space is needed there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup, escape

from genomebook.render.numbers import per_cent, plural, signed
from genomebook.teaching.glossary import with_terms

TEMPLATES = Path(__file__).with_name("templates")

_HEAD = re.compile(r"\s*<(?P<title>title)>.*?</(?P=title)>(?P<rest>.*?)</(?P<end>head)>", re.DOTALL)
_CUT = re.compile(r"(.*)(</(?:head)>.*?<(?:body)>)(.*)", re.DOTALL)
_START = re.compile(r"<(?P<tag>script) [^>]*type=\"module\"[^>]* src=\"(?P<src>[^\"]+)\"[^>]*></(?P=tag)>")
_NO_SCRIPT = re.compile(r"<(?P<tag>noscript)>.*?</(?P=tag)>", re.DOTALL)
_DELIMITED = re.compile(r"(?s:(?P<kept>\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}))|(?P<fold>[^\S\n]*\n\s*)")


class _Fold(Extension):
    """Folds line breaks of a template, keeping the line numbers of its errors."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        def fold(match: re.Match[str]) -> str:
            if match["kept"]:
                return match["kept"]
            before, after = source[: match.start()][-1:], source[match.end() :][:1]
            is_beside = before in "}>" or after in "{<"  # also at the start and the end of the template
            return f"{' ' * (not is_beside)}{{#{match['fold']}#}}"

        return _DELIMITED.sub(fold, source)


FilledRow = tuple[str, tuple[str, ...]]
"""A row of `fill`: the name of its pattern, and the texts that stand in it."""

_SEPARATOR = "\x00"


def fill(rows: Sequence[FilledRow], patterns: Mapping[str, str], between: str = "") -> Markup:
    """Fill patterns of ``%s`` with escaped texts: for thousands of rows faster than a template's loop.

    Parameters
    ----------
    rows : sequence of FilledRow
        Name of a pattern and its texts.
    patterns : mapping of str to Markup
        HTML with a ``%s`` for each text, from ``{% set %}`` blocks.
    between : str
        White space between the rows.
    """
    texts = list(chain.from_iterable(row for _, row in rows))
    escaped = _plain(escape(_SEPARATOR.join(texts))).split(_SEPARATOR)  # one call is cheaper than thousands
    if len(escaped) != len(texts):  # a text holds the separator
        escaped = [_plain(escape(text)) for text in texts]
    plain = {name: _plain(pattern) for name, pattern in patterns.items()}
    return Markup(between.join([plain[name] for name, _ in rows]) % tuple(escaped))


def _plain(text: str) -> str:
    """Return a string whose methods do not escape."""
    return str.__str__(text)  # `str` would call the method of Markup, which returns Markup


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        extensions=[_Fold],
    )
    environment.filters |= {
        "count": "{:,}".format,
        "fill": fill,
        "fixed": lambda value, digits: f"{value:.{digits}f}",
        "per_cent": per_cent,
        "plural": plural,
        "signed": signed,
        "terms": lambda text: with_terms(str(text)),
    }
    return environment


ENVIRONMENT = _environment()


def render(template: str, **values: Any) -> Markup:
    """Fill a template in.

    Parameters
    ----------
    template : str
        File name in ``templates/``, such as ``"track.j2"``.
    **values
        What the template names. Everything is escaped but `Markup`, which is what this function returns.

    Raises
    ------
    jinja2.UndefinedError
        The template names a value that is not given.
    """
    return Markup(ENVIRONMENT.get_template(template).render(values))


def as_data(encoded: bytes) -> Markup:
    """Write JSON so that it can stand in a script element: no character of it ends or opens a tag."""
    text = encoded.decode()
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


class Frame(NamedTuple):
    """An HTML page cut where each page of the app puts its own: end of the head, start of the body."""

    start: str
    middle: str
    end: str

    def with_parts(self, head: str, body: str, is_held: bool = False) -> str:
        """The whole page with markup in its head and at the start of its body.

        If `is_held`, the script that starts the app is left out: what is in the body starts `script`.
        """
        start = _START.sub("", self.start, count=1) if is_held else self.start
        return "".join((start, head, self.middle, body, self.end))

    @property
    def script(self) -> str:
        """Address of the script that starts the app; empty if the page has none of that form."""
        match = _START.search(self.start)
        return match["src"] if match else ""


def framed(index: str, pages: Sequence[str], more_styles: str = "", deferred: str = "") -> Frame:
    """Put the title, all stylesheets and the scripts of the frame into the head of an HTML page.

    Parameters
    ----------
    index : str
        The page, with a title; what it says to browsers without a script is left out.
    pages : sequence of str
        Last part of the address of each page of the app.
    more_styles : str
        CSS beside the stylesheets of the templates.
    deferred : str
        Address of a script that runs when the page is there.
    """
    sheets = [stylesheet(name) for name in ("book", "app", "lexicon", "search", "ask", "atlas", "class")]
    sheets.append(render("stylesheet.j2", css=Markup(more_styles)))
    scripts = Markup("\n").join(
        Markup((TEMPLATES / name).read_text(encoding="utf-8")) for name in ("theme.js", "links.js")
    )

    def head(match: re.Match[str]) -> str:
        rest = Markup(match["rest"])
        return render(
            "head.j2", rest=rest, sheets=sheets, script=scripts, pages=list(pages), deferred=deferred
        )

    match = _CUT.fullmatch(_NO_SCRIPT.sub("", _HEAD.sub(head, index)))
    if match is None:
        raise ValueError("the page has no head and body")
    return Frame(*match.groups())


@lru_cache
def stylesheet(name: str = "book") -> Markup:
    """Return a stylesheet of ``templates/`` in a ``<style>`` element; ``book`` goes before the others."""
    css = (TEMPLATES / f"{name}.css").read_text(encoding="utf-8")
    return render("stylesheet.j2", css=Markup(css))
