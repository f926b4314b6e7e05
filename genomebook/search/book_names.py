"""Names of the genes and transcripts of a book: looked up whole, by their beginning, or nearly spelled."""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genomebook.annotation.attributes import for_people
from genomebook.annotation.genes import COLUMNS, Genes
from genomebook.book.read import Book
from genomebook.book.schema import GENES
from genomebook.book.transcript import Transcript, by_gene
from genomebook.errors import GenomebookError
from genomebook.genome.human_names import HumanNames, hgnc_number, is_human, names_or_fault
from genomebook.genome.names import rank
from genomebook.genome.near import NearNames
from genomebook.genome.regions import Region

MIN_WORD = 3
"""Fewest letters of a word of a description that is looked for."""

_KEY = 32
_RANGE = 5_000
_WORD = re.compile(r"[^\W_]+")
_VERSION = re.compile(r"\.[0-9]+$")


class NamedGene(NamedTuple):
    """A gene of a book: its place is local and 0-based half-open, clipped to the volume."""

    symbol: str
    gene_id: str
    region: Region
    strand: str
    biotype: str
    description: str


class SortedNames:
    """Names with the row that each belongs to; looked up whole or by their beginning, ignoring case.

    Parameters
    ----------
    names : sequence of str
        Their first 32 bytes count; empty ones are left out.
    rows : int32[n]
        The row of each.
    """

    def __init__(self, names: Sequence[str], rows: NDArray[np.int32]) -> None:
        keys = np.array([name.upper().encode()[:_KEY] for name in names], f"S{_KEY}")
        order = np.argsort(keys, kind="stable")
        order = order[keys[order] != b""]
        self._keys, self._rows = keys[order], rows[order]
        self._lengths = np.char.str_len(self._keys).astype(np.int16)

    def _range(self, low: bytes, high: bytes) -> slice:
        ends = np.searchsorted(self._keys, np.array([low, high], self._keys.dtype))
        return slice(int(ends[0]), int(ends[1]))

    def whole(self, name: str) -> list[int]:
        """Rows that are called so."""
        key = name.upper().encode()[:_KEY]
        here = self._range(key, key + b"\x01") if len(key) < _KEY else self._range(key, key[:-1] + b"\xff")
        return list(dict.fromkeys(self._rows[here].tolist()))

    def beginning(self, text: str) -> list[tuple[int, str]]:
        """Rows with a name that begins so, and that name in upper case; the shortest names first."""
        key = text.upper().encode()
        if not key or len(key) >= _KEY:
            return []
        here = self._range(key, key + b"\xff")
        here = slice(here.start, min(here.stop, here.start + _RANGE))
        order = here.start + np.argsort(self._lengths[here], kind="stable")
        return [(int(self._rows[i]), self._keys[i].decode("utf-8", "replace")) for i in order[:_SHOWN]]


_SHOWN = 64
"""Names of one beginning that are compared with each other."""


class _DescriptionWords:
    """Words of descriptions with the rows that have each."""

    def __init__(self, descriptions: Iterable[str]) -> None:
        pairs = [
            (word.encode()[:_KEY], row)
            for row, text in enumerate(descriptions)
            for word in set(_WORD.findall(text.upper()))
            if len(word) >= MIN_WORD
        ]
        words = np.array([word for word, _ in pairs], f"S{_KEY}")
        rows = np.fromiter((row for _, row in pairs), np.int32, len(pairs))
        order = np.argsort(words, kind="stable")
        self._words, self._rows = words[order], rows[order]

    def rows(self, words: Sequence[str]) -> NDArray[np.int32]:
        """Rows that have all the words, the last of which may be a beginning: int32[k], ascending."""
        kept: NDArray[np.int32] | None = None
        for number, word in enumerate(words):
            key = word.upper().encode()[: _KEY - 1]
            end = key + (b"\xff" if number == len(words) - 1 else b"\x01")
            low, high = np.searchsorted(self._words, np.array([key, end], self._words.dtype))
            rows = np.unique(self._rows[low:high])
            kept = rows if kept is None else np.intersect1d(kept, rows, assume_unique=True)
        return np.empty(0, np.int32) if kept is None else kept


def words_of(text: str) -> list[str]:
    """Words of a text that can be looked for in descriptions."""
    return [word for word in _WORD.findall(text) if len(word) >= MIN_WORD]


class BookNames:
    """Names of the genes of a book.

    Parameters
    ----------
    genes : DataFrame
        Of `genomebook.annotation.genes.Genes`.
    human : HumanNames, optional
        Other names, where the book is of a human.
    numbers : mapping of str to str
        HGNC numbers by gene id, where the gene files have them.
    fault : str
        One line that says why the other names cannot be read; empty if they can, or need not be.
    """

    def __init__(
        self,
        genes: pd.DataFrame,
        human: HumanNames | None = None,
        numbers: Mapping[str, str] = {},
        fault: str = "",
    ) -> None:
        genes = genes.reset_index(drop=True)
        sizes = (genes["end"] - genes["start"]).to_numpy(np.int64)
        other = (genes["biotype"] != "protein_coding").to_numpy()
        ranks = genes["volume"].map({name: rank(str(name)) for name in genes["volume"].unique()})
        order = np.lexsort((-sizes, other, ranks.to_numpy(np.int64)))
        self._genes = genes.iloc[order].reset_index(drop=True)  # of several with one name, the first is meant
        self._human, self._numbers, self.fault = human, numbers, fault

    def __len__(self) -> int:
        """Number of genes."""
        return len(self._genes)

    def gene(self, row: int) -> NamedGene:
        """The gene of a row."""
        at = self._genes.iloc[row]
        region = Region(str(at["volume"]), int(at["start"]), int(at["end"]))
        symbol, gene_id = str(at["name"]), str(at["gene_id"])
        return NamedGene(
            symbol or gene_id, gene_id, region, str(at["strand"]), str(at["biotype"]), self._described[row]
        )

    @cached_property
    def symbols(self) -> SortedNames:
        """Symbols."""
        return SortedNames(self._genes["name"].tolist(), self._all_rows)

    @cached_property
    def identifiers(self) -> SortedNames:
        """Gene identifiers without their version, and HGNC numbers."""
        ids = self._genes["gene_id"].tolist()
        named = self._genes["name"].str.upper().tolist()
        kept = [self._numbers.get(name, "") for name in ids]
        described = [hgnc_number(text) for text in self._genes["description"]]
        known = [self._human.numbers.get(name, "") if self._human else "" for name in named]
        names = [*(_VERSION.sub("", name) for name in ids), *kept, *described, *known]
        return SortedNames(names, np.tile(self._all_rows, 4))

    def _other_names(self, symbol: str) -> tuple[str, ...]:
        """Other names of a gene; where the book has a former symbol, the present one among them."""
        if self._human is None:
            return ()
        if symbol.upper() in self._human.bands:
            return self._human.others.get(symbol, ())
        present = self._human.symbols.get(symbol.upper(), ())
        return (present[0], *self._human.others.get(present[0], ())) if len(present) == 1 else ()

    @cached_property
    def others(self) -> SortedNames:
        """Other, former and present names of human genes that the book has under another symbol."""
        symbols = self._genes["name"].tolist()
        pairs = [(name, row) for row, symbol in enumerate(symbols) for name in self._other_names(symbol)]
        return SortedNames([name for name, _ in pairs], np.array([row for _, row in pairs], np.int32))

    @cached_property
    def descriptions(self) -> _DescriptionWords:
        """Words of the descriptions."""
        return _DescriptionWords(self._described)

    @cached_property
    def _described(self) -> list[str]:
        return [for_people(text) for text in self._genes["description"]]

    @cached_property
    def _near(self) -> tuple[NearNames, dict[str, str]]:
        symbols = {name: name for name in self._genes["name"] if name}
        others = {other: symbol for symbol in symbols for other in self._other_names(symbol)}
        known = others | symbols
        return NearNames(known), known

    @property
    def _all_rows(self) -> NDArray[np.int32]:
        return np.arange(len(self._genes), dtype=np.int32)

    def near(self, text: str, n: int = 3) -> list[tuple[str, str]]:
        """Names spelled nearly like a text, and the symbol of the gene that has each."""
        names, known = self._near
        return [(name, known[name]) for name in names.find(text, n)]

    def find(self, name: str) -> NamedGene | None:
        """Gene by symbol or identifier, with or without version, ignoring case."""
        rows = self.symbols.whole(name) or self.identifiers.whole(_VERSION.sub("", name))
        if not rows:
            return None
        named = [row for row in rows if self._genes["name"].iloc[row] == name]
        return self.gene((named or rows)[0])

    def by_other_name(self, name: str) -> list[NamedGene]:
        """Genes that have another or former name, ignoring case."""
        genes = [self.gene(row) for row in self.others.whole(name)]
        return list({gene.symbol: gene for gene in reversed(genes)}.values())[::-1]

    def band_elsewhere(self, name: str) -> tuple[str, str] | None:
        """Symbol and band of a human gene that the book does not have, by symbol or other name."""
        if self._human is None:
            return None
        symbols = [name.upper()] if name.upper() in self._human.bands else []
        symbols = symbols or list(self._human.symbols.get(name.upper(), ()))
        return (symbols[0], self._human.bands.get(symbols[0].upper(), "")) if len(symbols) == 1 else None


_made: weakref.WeakKeyDictionary[Book, BookNames] = weakref.WeakKeyDictionary()
_making = threading.Lock()


def names_of(book: Book) -> BookNames:
    """Names of the genes of a book; made once for each book that is open."""
    with _making:
        if book not in _made:
            human, fault = names_or_fault() if is_human(book.assembly) else (None, "")
            numbers = book.transcripts.tags_of_genes("HGNC:")
            _made[book] = BookNames(gene_table(book), human, numbers, fault)
        return _made[book]


def fault_of_names(book: Book) -> str:
    """One line on why other names of its genes cannot be used; empty while nothing is known. Never waits."""
    names = _made.get(book)
    return names.fault if names else ""


def prepare_names(book: Book) -> threading.Thread:
    """Make the names of a book ready aside, so that the first text in the box need not wait for them."""

    def prepare() -> None:
        try:
            names = names_of(book)
            names.symbols, names.identifiers, names.others, names.descriptions, names.near("")
        except GenomebookError:
            return  # whoever needs the names is told

    thread = threading.Thread(target=prepare, name="names of genes", daemon=True)
    thread.start()
    return thread


def gene_table(book: Book) -> pd.DataFrame:
    """The genes that a book was built with, and those that only its transcripts have."""
    known = Genes.open(book.folder.checked(GENES)).table if book.has_genes else None
    if known is not None and len(book.transcripts.sources) < 2:
        return known
    named = set() if known is None else _keys(known)
    rows = [row for gene in by_gene(book.transcripts.all()) for row in _gene_rows(gene, named)]
    more = pd.DataFrame(rows, columns=COLUMNS)
    return more if known is None else pd.concat([known, more], ignore_index=True) if rows else known


def _keys(genes: pd.DataFrame) -> set[tuple[str, str]]:
    """Volume with symbol and volume with identifier of each gene."""
    names = (genes[column].astype(str) for column in ("name", "gene_id"))
    return {
        (volume, name.upper())
        for column in names
        for volume, name in zip(genes["volume"], column, strict=True)
    }


def _gene_rows(gene: list[Transcript], named: set[tuple[str, str]]) -> Iterator[tuple[object, ...]]:
    """Rows of a gene, one for each name that files give it and that ``named`` does not have."""
    start, end = min(row.start for row in gene), max(row.end for row in gene)
    seen = set(named)
    for of in {(row.gene, row.gene_id): row for row in reversed(gene)}.values():
        keys = {(of.volume, name.upper()) for name in (of.gene, of.gene_id) if name}
        if keys - seen or not keys:
            seen |= keys
            yield (
                of.volume, start, end, of.strand, of.gene, of.gene_id, of.biotype, of.description, of.clipped,
            )  # fmt: skip
