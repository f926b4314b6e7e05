"""State of the pages in the address bar: typed, bounded, written and read in one way.

A page declares an `Address`: a frozen dataclass of its state and a `Parameter` for each field. Anyone can
write an address: a parameter that cannot be read takes its default and is reported in one line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import streamlit as st

from genomebook.annotation.evidence import LEVELS
from genomebook.genome.regions import MAX_TEXT
from genomebook.lexicon.find import HOWS
from genomebook.lexicon.listing import MAX_WORD_LETTERS, ONLY, SHUFFLE, SORTS, WordFilter
from genomebook.render.page.interlinear import LINES
from genomebook.search.channels import CHANNELS, FORMER_NAMES
from genomebook.search.motif_letters import MAX_MOTIF
from genomebook.search.motifs import MAX_MISMATCHES
from genomebook.search.request import EVALUES, GROUPS, HITS, MAX_IN_ADDRESS, SearchState
from genomebook.tasks.questions import MAX_QUESTION
from genomebook.tasks.scan import STEPS, THRESHOLDS
from genomebook.teaching.game import MAX_SEED, ROUNDS
from genomebook.teaching.texts import game_texts
from genomebook.teaching.tour import STOPS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    State = TypeVar("State", bound=DataclassInstance)
else:
    State = TypeVar("State")
Value = TypeVar("Value")

MAX_POINTS_TEXT = 1500
"""Characters of a list of points in an address; a longer one lasts for the visit only."""

_MAX_SHOWN = 40
_MAX_COUNT = 10**12


class _InvalidError(ValueError):
    """A value that a parameter cannot have; says why and what it can have."""


@dataclass(frozen=True)
class Parameter(Generic[Value]):
    """How a value is read from a query parameter (raises `_InvalidError`) and written to it."""

    read: Callable[[str], Value]
    write: Callable[[Value], str] = str
    name: str = ""
    """Name in the address; empty for that of the field."""


def text(max_length: int | None = None) -> Parameter[str]:
    """Any text, of at most `max_length` characters where that is given."""

    def read(value: str) -> str:
        if max_length is not None and len(value) > max_length:
            raise _InvalidError(f"is longer than {max_length:,} characters")
        return value

    return Parameter(read)


def flag(word: str = "on") -> Parameter[bool]:
    """A switch: any text means on, and `word` is what is written."""
    return Parameter(bool, lambda is_on: word if is_on else "")


def one_of(
    options: Iterable[Value], write: Callable[[Value], str] = str, former: Mapping[str, str] = {}
) -> Parameter[Value]:
    """One of some options; `former` has the new names of options that older links call otherwise."""
    known = {write(option): option for option in options}

    def read(value: str) -> Value:
        value = former.get(value, value)
        if value not in known:
            raise _InvalidError(f"is not known; choose one of {', '.join(filter(None, known))}")
        return known[value]

    return Parameter(read, write)


def some_of(options: Iterable[str], strict: bool = False) -> Parameter[tuple[str, ...]]:
    """Some of the options, in their order, with commas between; if strict, others are refused."""
    known = tuple(options)

    def read(value: str) -> tuple[str, ...]:
        names = {name.strip() for name in value.split(",")} - {""}
        if strict and not names <= set(known):
            raise _InvalidError(f"is not known; choose from {', '.join(known)}")
        return tuple(option for option in known if option in names)

    return Parameter(read, ",".join)


def whole(low: int, high: int, name: str = "") -> Parameter[int]:
    """A whole number from `low` to `high`, at least 0."""

    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,13}", value) or not low <= int(value) <= high:
            raise _InvalidError(f"is not a whole number from {low:,} to {high:,}")
        return int(value)

    return Parameter(read, name=name)


def span(low: int, high: int) -> Parameter[tuple[int, int]]:
    """A range such as ``3-8``, ``3-`` or ``-8``; what is open or outside ends at `low` and `high`."""

    def read(value: str) -> tuple[int, int]:
        ends = re.fullmatch(r"([0-9]{0,12})-([0-9]{0,12})", value)
        if not ends:
            raise _InvalidError("is not a range; write it like 3-8")
        first, last = int(ends[1] or low), int(ends[2] or high)
        if first > last:
            raise _InvalidError("ends before it begins; swap the two numbers")
        return min(max(first, low), high), max(min(last, high), low)

    return Parameter(read, "{0[0]}-{0[1]}".format)


def binary(max_length: int) -> Parameter[str]:
    """At most so many letters 0 or 1."""

    def read(value: str) -> str:
        if not re.fullmatch(rf"[01]{{0,{max_length}}}", value):
            raise _InvalidError(f"is not a text of at most {max_length} letters 0 or 1")
        return value

    return Parameter(read)


def views() -> Parameter[str]:
    """Views of maps: three numbers each, of at most two maps; the browser reads them (`view.js`)."""

    def read(value: str) -> str:
        number = r"-?[0-9]{1,6}(?:\.[0-9]{1,12})?(?:e-[0-9]{1,2})?"
        if not re.fullmatch(rf"(?:{number},){{2}}{number}(?:(?:,{number}){{3}})?", value):
            raise _InvalidError("is not a view; write it like 0.1,-0.2,3")
        return value

    return Parameter(read)


def points(max_length: int) -> Parameter[tuple[int, ...]]:
    """Keys of points of a map (`genomebook.render.atlas.scene.columns`), such as ``12.15.e3``."""

    def read(value: str) -> tuple[int, ...]:
        if len(value) > max_length or not re.fullmatch(r"e?[0-9]{1,9}(?:\.e?[0-9]{1,9})*", value):
            raise _InvalidError("is no list of points; write it like 12.15.e3")
        return tuple(-1 - int(key[1:]) if key[0] == "e" else int(key) for key in value.split("."))

    return Parameter(read, lambda keys: ".".join(str(key) if key >= 0 else f"e{-1 - key}" for key in keys))


def names() -> Parameter[tuple[str, ...]]:
    """Any names, with commas between."""
    return Parameter(lambda value: tuple(filter(None, value.split(","))), ",".join)


def query() -> dict[str, str]:
    """Parameters of the address bar; one that is repeated has commas between its values."""
    return {name: ",".join(st.query_params.get_all(name)) for name in st.query_params}


class Address(Generic[State]):
    """The part of the address bar that holds the state of a page.

    Parameters
    ----------
    plain : dataclass instance
        The state of an address without parameters; what equals it is not written.
    **parameters
        The parameter of each field.
    """

    def __init__(self, plain: State, **parameters: Parameter[Any]) -> None:
        self.plain = plain
        self._parameters = {field: (each.name or field, each) for field, each in parameters.items()}

    def read(
        self, report: Callable[[str], object] | None = None, values: Mapping[str, str] | None = None
    ) -> State:
        """Read the address bar, or `values`; report a line for each parameter that cannot be read."""
        values = query() if values is None else values
        state: dict[str, Any] = {}
        for field, (name, parameter) in self._parameters.items():
            try:
                if name in values:
                    state[field] = parameter.read(values[name])
            except _InvalidError as error:
                if report:
                    report(f"{name}={values[name][:_MAX_SHOWN]!r} in the address {error}")
        return replace(self.plain, **state)

    def write(self, state: State) -> dict[str, str]:
        """Return the parameters of a state."""
        return {
            name: parameter.write(getattr(state, field))
            for field, (name, parameter) in self._parameters.items()
            if getattr(state, field) != getattr(self.plain, field)
        }

    def parameters(self) -> list[tuple[str, Parameter[Any]]]:
        """Names in the address with how their values are read and written."""
        return list(self._parameters.values())

    def others(self) -> dict[str, str]:
        """Return the parameters of the address bar that belong to other states."""
        own = {name for name, _ in self._parameters.values()}
        return {name: value for name, value in query().items() if name not in own}

    def put(self, state: State) -> None:
        """Write a state into the address bar; parameters of other states stay."""
        st.query_params.from_dict({**self.others(), **self.write(state)})

    def change(self, **values: Any) -> None:
        """Write some fields of the state into the address bar."""
        self.put(replace(self.read(), **values))

    def keep(self, *fields: str) -> None:
        """Write what the widgets hold whose keys are these fields."""
        self.change(**{field: st.session_state[field] for field in fields})


@dataclass(frozen=True)
class ReadState:
    """Page Read: the region, the lines under the words, the signal of the log-odds track."""

    loc: str | None = None
    lines: tuple[str, ...] = ()
    track: str = ""


@dataclass(frozen=True)
class WordState:
    """Page of a word: the word, the first occurrence listed, from 1, and the lines under the words."""

    word: str | None = None
    first: int = 1
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class AtlasState:
    """Page Atlas: reader, map and colour (empty for the first), text looked for, weights, English words.

    ``sel`` has the keys of the points selected; ``at`` the views of the maps, which the browser writes.
    """

    reader: str = ""
    map: str = ""
    colour: str = ""
    find: str = ""
    weights: str = "trained"
    english: bool = False
    sel: tuple[int, ...] = ()
    at: str = ""


@dataclass(frozen=True)
class EvidenceState:
    """Page Evidence: level of the boundaries and the signals shown; None for all."""

    level: str = "sentence"
    signals: tuple[str, ...] | None = None


@dataclass(frozen=True)
class AskState:
    """Page Ask.

    Attributes
    ----------
    view : str
        Of `ASK_VIEWS`: one sequence, a scan of a place, many sequences.
    q : str
        The question.
    seq : str
        A short sequence, as typed; a longer one lasts for the visit only.
    loc : str
        A place of the book instead.
    task : str
        Name of the task, where it was chosen.
    step, p : int, float
        Letters between the windows of a scan, and the lowest probability of a peak.
    """

    view: str = "question"
    q: str = ""
    seq: str = ""
    loc: str = ""
    task: str = ""
    step: int = 24
    p: float = 0.5


@dataclass(frozen=True)
class ClassState:
    """Page Class.

    Attributes
    ----------
    view : str
        Of `CLASS_VIEWS`.
    tour : int
        Stop of the tour, from 1.
    game : str
        Key of `genomebook.teaching.texts.game_texts`.
    seed : int
        Of the rounds of a game; 0 before one was drawn.
    answers : str
        A letter a round, 0 or 1.
    term : str
        Anchor of a term of the glossary.
    large : bool
        Whether the type is that of a projector.
    """

    view: str = "tour"
    tour: int = 1
    game: str = "shuffle"
    seed: int = 0
    answers: str = ""
    term: str = ""
    large: bool = False


CLASS_VIEWS = {"tour": "Tour", "game": "Game", "glossary": "Glossary"}
ASK_VIEWS = {"question": "One sequence", "scan": "Scan a place", "batch": "Many sequences"}
"""Views of a page by name, with what they are called."""
READ = Address(ReadState(), loc=text(), lines=some_of(LINES), track=text(MAX_TEXT))
WORD = Address(WordState(), word=text(), first=whole(1, _MAX_COUNT, name="from"), lines=some_of(LINES))
WORD_LIST = Address(
    WordFilter(),
    q=text(),
    how=one_of(HOWS),
    sort=one_of(SORTS),
    length=span(1, MAX_WORD_LETTERS),
    gc=span(0, 100),
    least=whole(0, _MAX_COUNT),
    shuffle=one_of(SHUFFLE),
    only=some_of(ONLY, strict=True),
)
SEARCH = Address(
    SearchState(),
    q=text(MAX_IN_ADDRESS),
    loc=text(MAX_TEXT),
    by=one_of(CHANNELS, former=FORMER_NAMES),
    hits=one_of(HITS),
    e=one_of(EVALUES, "{:g}".format),
    shuffle=whole(0, 1_000_000),
    group=one_of(GROUPS),
    motif=text(2 * MAX_MOTIF),
    mismatches=whole(0, MAX_MISMATCHES),
)
ATLAS = Address(
    AtlasState(),
    reader=text(MAX_TEXT),
    map=text(MAX_TEXT),
    colour=text(MAX_TEXT),
    find=text(MAX_IN_ADDRESS),
    weights=one_of(("trained", "random", "both")),
    english=flag(),
    sel=points(MAX_POINTS_TEXT),
    at=views(),
)
EVIDENCE = Address(EvidenceState(), level=one_of(LEVELS), signals=names())
ASK = Address(
    AskState(),
    view=one_of(ASK_VIEWS),
    q=text(MAX_QUESTION),
    seq=text(MAX_IN_ADDRESS),
    loc=text(MAX_TEXT),
    task=text(MAX_TEXT),
    step=one_of(STEPS),
    p=one_of(THRESHOLDS, "{:g}".format),
)
CLASS = Address(
    ClassState(),
    view=one_of(CLASS_VIEWS),
    tour=whole(1, STOPS),
    game=one_of(game_texts()),
    seed=whole(0, MAX_SEED),
    answers=binary(ROUNDS),
    term=text(MAX_TEXT),
    large=flag(),
)
