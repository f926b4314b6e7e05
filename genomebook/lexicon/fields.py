"""Semantic fields: for each class of what is measured about DNA, words that people associate with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from genomebook.errors import OptionError

EVERYWHERE = "everywhere"
"""The class of words that are in no class more often than by chance: its field are the small words."""
MEASURED = {
    "Alu": ("Alu",),
    "L1": ("L1",),
    "old repeat": ("L2", "MIR", "DNA transposon", "other SINE", "other LINE"),
    "LTR": ("ERVL", "ERVL-MaLR", "ERV1", "ERVK", "other LTR"),
    "simple repeat": ("simple repeat",),
    "low complexity": ("low complexity",),
    "satellite": ("satellite",),
    "CpG island": ("CpG island",),
    "promoter": ("promoter",),
    "exon": ("exon", "CDS"),
    "splice site": ("splice site",),
    "intron": ("intron",),
    "intergenic": ("intergenic",),
}
"""Classes of fields that annotation tells, each with the names it has there."""
COMPOSED = ("poly-A", "GC-rich", "AT-rich")
"""Classes of fields that the letters of a word tell."""
CLASSES = (*MEASURED, *COMPOSED, EVERYWHERE)
MAX_BYTES = 2_000_000

_WORD = re.compile(r"[^\W\d_A-Z]{1,24}")


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field of a file: class, name, heading of passages, families of words (a line each)."""

    kind: Annotated[str, msgspec.Meta(max_length=40)] = msgspec.field(name="class")
    name: Annotated[str, msgspec.Meta(max_length=80)]
    heading: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    words: str

    @property
    def families(self) -> list[tuple[str, ...]]:
        """Words of one stem, family by family."""
        return [tuple(line.split()) for line in self.words.splitlines() if line.strip()]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["genomebook-fields-1"]
    language: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    licence: Annotated[str, msgspec.Meta(max_length=400)]
    backwards: Annotated[str, msgspec.Meta(max_length=40)]
    field: list[Field]


@dataclass(frozen=True)
class Fields:
    """The fields of a language.

    Attributes
    ----------
    language : str
        Its name.
    backwards : str
        What a heading of the minus strand has behind it.
    fields : mapping of str to Field
        By class, all of `CLASSES`.
    """

    language: str
    backwards: str
    fields: Mapping[str, Field]

    def heading(self, state: str) -> str:
        """Heading of a passage in a state of `genomebook.lexicon.passages`: ``An echo, told backwards``."""
        kind, is_minus = kind_of(state), state.endswith(" -")
        return self.fields[kind].heading + (self.backwards if is_minus else "")

    @property
    def class_of_word(self) -> dict[str, str]:
        """Class of each word."""
        return {
            word: kind for kind, field in self.fields.items() for family in field.families for word in family
        }


def kind_of(state: str) -> str:
    """Class of a state of a passage: ``Alu -`` is Alu."""
    return state.removesuffix(" +").removesuffix(" -")


def shipped_languages() -> list[str]:
    """Names of the field files that come with genomebook."""
    folder = resources.files("genomebook") / "data" / "fields"
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


def load_fields(name: str = "english") -> Fields:
    """Read fields.

    Parameters
    ----------
    name : str
        A language that comes with genomebook, or the path of a file.

    Raises
    ------
    OptionError
        When there is no such file, or it is not one of fields: a class without field, a word that is there
        twice or has other letters than small ones. The message names the line.
    """
    if name in shipped_languages():
        with resources.as_file(resources.files("genomebook") / "data" / "fields" / f"{name}.toml") as path:
            return read_fields(path)
    path = Path(name)
    if not path.is_file():
        known = ", ".join(shipped_languages())
        raise OptionError(f"{name}: no such file of fields; give a path, or one of {known}")
    return read_fields(path)


def read_fields(path: Path) -> Fields:
    """Read a file of fields; errors as `load_fields`."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise OptionError(f"{path}: more than {MAX_BYTES:,} bytes; a file of fields is a list of words")
        text = path.read_text(encoding="utf-8")
        file = msgspec.convert(tomllib.loads(text), _File)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        reason = " ".join(str(error).split())
        raise OptionError(f"{path}: not a file of fields ({reason}); docs/glosses.md shows one") from None
    fields = {field.kind: field for field in file.field}
    if len(fields) < len(file.field) or set(fields) != set(CLASSES):
        wrong = sorted(set(CLASSES) ^ set(fields)) or sorted(field.kind for field in file.field)
        raise OptionError(f"{path}: each class needs one field, and no other has one: see {', '.join(wrong)}")
    _check_words(path, fields)
    return Fields(file.language, file.backwards, fields)


def _check_words(path: Path, fields: Mapping[str, Field]) -> None:
    """Each word stands once in the file and has small letters only: so text can be turned back."""
    where: dict[str, str] = {}
    for kind, field in fields.items():
        for family in field.families:
            for word in family:
                if not _WORD.fullmatch(word) or word != word.lower():
                    raise OptionError(f"{path}: {word!r} in {kind}: a word has small letters only")
                if word in where:
                    raise OptionError(f"{path}: {word!r} is in {where[word]} and in {kind}; leave one out")
                where[word] = kind
