"""Options that a question names: reading frame, genetic code, shortest length, temperature, seed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from genomebook.language.genetic_codes import STANDARD, genetic_code
from genomebook.tasks.exact import MIN_ORF, check_frame


@dataclass(frozen=True)
class AskOptions:
    """Options of a question.

    Attributes
    ----------
    frame : int or None
        Reading frame, 1 to 3 or -1 to -3; None if none is named.
    table : int
        Genetic code, by its number of NCBI.
    shortest : int
        Shortest open reading frame, in letters.
    length : int
        Letters of a continuation.
    temperature : float
        Of the draw of a continuation: 0 takes the likeliest word each time.
    seed : int
        Of that draw.
    """

    frame: int | None = None
    table: int = STANDARD
    shortest: int = MIN_ORF
    length: int = 100
    temperature: float = 1.0
    seed: int = 1

    @property
    def is_table_default(self) -> bool:
        """Whether the genetic code is the standard one."""
        return self.table == STANDARD


_ORDINALS = {"first": 1, "second": 2, "third": 3, "one": 1, "two": 2, "three": 3}
_SIGNED = r"([+-]?\s?\d+)"
_FRAMES = (
    re.compile(rf"\bframe\s*(?:number|no\.?|is|=|:)?\s*{_SIGNED}", re.I),
    re.compile(rf"(?<![\w.]){_SIGNED}(?:st|nd|rd|th)?\s+(?:reading\s+)?frame\b", re.I),
    re.compile(r"\bframe\s+(one|two|three)\b", re.I),
    re.compile(r"\b(first|second|third)\s+(?:reading\s+)?frame\b", re.I),
)
_OTHER_STRAND = re.compile(r"\b(?:reverse|minus|negative|opposite|other|antisense)\s+strand\b", re.I)
_TABLES = (
    re.compile(r"\b(?:table|code)\s*(?:number|no\.?|is|=|:)?\s*(\d+)", re.I),
    re.compile(r"\btransl_table\s*=\s*(\d+)", re.I),
)
_NAMED_TABLES = (
    (re.compile(r"\byeast\s+mitochondria", re.I), 3),
    (re.compile(r"\b(?:invertebrate|insect|fly|worm)\s+mitochondria", re.I), 5),
    (re.compile(r"\bmitochondria|\bmito\b|\bchrM\b|\bmtDNA\b", re.I), 2),
    (re.compile(r"\bbacteria|\barchaea|\bplastid|\bchloroplast", re.I), 11),
    (re.compile(r"\b(?:mycoplasma|spiroplasma)", re.I), 4),
)
_SHORTEST = re.compile(
    r"\b(?:at\s+least|min(?:imum)?(?:\s+(?:length|size))?(?:\s+of)?|longer\s+than|over|above|"
    r"more\s+than|from)\s*(?:is|=|:)?\s*([\d,]+)\s*(codons?|amino|aa|residues?)?",
    re.I,
)
_LENGTH = re.compile(r"\b([\d,]+)\s*(?:more\s+)?(?:letters?|bases?|bp|nt|nucleotides?)\b", re.I)
_TEMPERATURE = re.compile(r"\btemperature\s*(?:of|is|=|:)?\s*(\d+(?:\.\d+)?)", re.I)
_SEED = re.compile(r"\bseed\s*(?:of|is|=|:)?\s*(\d{1,9})\b", re.I)

NUMBERED = (*_FRAMES, *_TABLES)
"""Patterns of options whose words say what is asked (frame, code), but not their numbers."""

APART = (_SHORTEST, _LENGTH, _TEMPERATURE, _SEED)
"""Patterns of options that say nothing of what is asked."""


def read_options(question: str) -> AskOptions:
    """Options that a question names.

    Raises
    ------
    OptionError
        There is no such frame or genetic code.
    """
    options = AskOptions(frame=_frame(question), table=_table(question))
    values: dict[str, int | float] = {}
    if shortest := _SHORTEST.search(question):
        values["shortest"] = _whole(shortest[1]) * (3 if shortest[2] else 1)
    if length := _LENGTH.search(question):
        values["length"] = _whole(length[1])
    if temperature := _TEMPERATURE.search(question):
        values["temperature"] = float(temperature[1])
    if seed := _SEED.search(question):
        values["seed"] = int(seed[1])
    return check_options(AskOptions(**{**vars(options), **values}))


def check_options(options: AskOptions) -> AskOptions:
    """Return options; OptionError if there is no such frame or genetic code."""
    if options.frame is not None:
        check_frame(options.frame)
    genetic_code(options.table)
    return options


def _frame(question: str) -> int | None:
    for pattern in _FRAMES:
        if match := pattern.search(question):
            word = match[1].replace(" ", "").lower()
            number = _ORDINALS.get(word) or int(word)
            is_plain = word[0] not in "+-"
            return -number if is_plain and number and _OTHER_STRAND.search(question) else number
    return -1 if _OTHER_STRAND.search(question) else None


def _table(question: str) -> int:
    for pattern in _TABLES:
        if match := pattern.search(question):
            return int(match[1])
    return next((number for pattern, number in _NAMED_TABLES if pattern.search(question)), STANDARD)


def _whole(text: str) -> int:
    return int(text.replace(",", "") or 0)
