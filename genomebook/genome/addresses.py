"""Addresses of genomes and their annotation: one table (``data/addresses.toml``), or another of its form."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from genomebook.errors import OptionError
from genomebook.files.manifest import Count
from genomebook.genome.assemblies import ASSEMBLIES, assembly_of, facts
from genomebook.options import check_choice

_Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s]+\Z", max_length=1000)]
_Md5 = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{32})?\Z")]
_Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.+-]{1,60}\Z")]
_MAX_BYTES = 1 << 20
"""Of a table."""


class WebFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file on the web.

    Attributes
    ----------
    url : str
        Its address.
    checksums : str
        Address of the list of checksums that is published with it; ``""`` if there is none.
    md5, bytes
        What is known of it here; ``""`` and 0 if nothing.
    note : str
        What it is, for people.
    """

    url: _Url
    checksums: _Url | Literal[""] = ""
    md5: _Md5 = ""
    bytes: Count = 0
    note: str = ""

    @property
    def name(self) -> str:
        """Name of the file in its address."""
        return urlsplit(self.url).path.rpartition("/")[2]


class WebTrack(WebFile, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file of annotation on the web: genes, or another track, and what the book calls it."""

    kind: Literal["genes", "track"]
    label: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9 ]{1,60}\Z")]


class WebSequence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sequence of an assembly at one source: whole, and chromosome by chromosome."""

    whole: WebFile
    chromosome: WebFile | None = None
    chromosomes: dict[_Name, WebFile] = {}


class WebAssembly(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What there is of an assembly."""

    sequence: dict[_Name, WebSequence]
    tracks: dict[_Name, WebTrack] = {}


class WebAddresses:
    """A table of addresses.

    Parameters
    ----------
    path : Path or None
        A table; None for the one that is shipped.

    Raises
    ------
    OptionError
        When it cannot be read or is not such a table.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        shipped = resources.files("genomebook") / "data" / "addresses.toml"
        name = str(path or "addresses.toml")
        try:
            content = shipped.read_bytes() if path is None else _bounded(path)
            self._table = msgspec.convert(tomllib.loads(content.decode()), dict[_Name, WebAssembly])
        except OSError as error:
            raise OptionError(f"{name}: {error.strerror}; check the path given with --addresses") from None
        except (ValueError, RecursionError) as error:
            what = " ".join(str(error).split())
            raise OptionError(f"{name}: not a table of addresses ({what}); see docs/make.md") from None

    @property
    def assemblies(self) -> tuple[str, ...]:
        """Names of its assemblies."""
        return tuple(self._table)

    def assembly(self, name: str) -> str:
        """Name in the table of an assembly (``hg38`` is ``GRCh38``).

        Raises
        ------
        OptionError
            When the table has none of this name.
        """
        same = name if name in self._table else assembly_of(name) or name
        return check_choice("assembly", same, self.assemblies)

    def sequence(self, assembly: str, source: str, chromosomes: Sequence[str] = ()) -> list[WebFile]:
        """Files of the sequence of an assembly.

        Parameters
        ----------
        assembly, source : str
            Names in the table.
        chromosomes : sequence of str
            Names of chromosomes (`chromosome_names`); the whole assembly if empty.

        Raises
        ------
        OptionError
            When there is no such source, or it has no file for each chromosome.
        """
        sources = self._table[assembly].sequence
        there = sources[check_choice("--source", source, tuple(sources))]
        if not chromosomes:
            return [there.whole]
        files = []
        for name in chromosomes:
            file = there.chromosomes.get(name) or there.chromosome
            if file is None:
                raise OptionError(
                    f"--source {source}: has no files of single chromosomes; leave out --chromosomes"
                )
            plain = {"chrM": "MT"}.get(name, name.removeprefix("chr"))
            url = file.url.replace("{name}", name).replace("{plain}", plain)
            files.append(WebFile(url, file.checksums, file.md5, file.bytes, file.note))
        return files

    def tracks(self, assembly: str) -> dict[str, WebTrack]:
        """Files of annotation by name."""
        return self._table[assembly].tracks


def _bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ValueError(f"more than {_MAX_BYTES:,} bytes")
    return content


def chromosome_names(assembly: str, names: Sequence[str]) -> tuple[str, ...]:
    """UCSC names of chromosomes given under any name, each once.

    Raises
    ------
    OptionError
        When a known assembly has none of a name.
    """
    if assembly not in ASSEMBLIES:
        for name in names:
            if not name.replace("_", "").isalnum():
                raise OptionError(f"--chromosomes {name[:40]!r}: give names as chr21,chr22")
        return tuple(dict.fromkeys(names))
    known = facts(assembly)
    for name in names:
        if name not in known.called:
            raise OptionError(
                f"--chromosomes {name[:40]!r}: {assembly} has no such sequence; give names as chr21,chr22"
            )
    return tuple(dict.fromkeys(known.called[name] for name in names))


def letters_of(assembly: str, names: Sequence[str]) -> int:
    """Letters of some or all (if empty) sequences of an assembly; 0 if not known."""
    if assembly not in ASSEMBLIES:
        return 0
    lengths = facts(assembly).lengths
    return sum(lengths[name] for name in names or lengths)
