"""The box: what a suggestion costs in a book of 60,000 genes."""

from __future__ import annotations

import os
import tempfile
import time
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.table import table
from genomebook.book import Book
from genomebook.genome.human_names import VARIABLE, HumanNames, read_human_names
from genomebook.pipeline.book.build import Options, build
from genomebook.search.box import understand
from genomebook.search.suggestions import suggest

GENES = 60_000
TYPED = 400
WORDS = 2_000


def run(quick: bool = False) -> dict[str, Any]:
    """Type names letter by letter into the box of a book with the symbols of human genes at made-up places.

    Returns
    -------
    dict
        ``source``, ``genes``, ``first`` (seconds of the first suggestion of a process, in which the names are
        read and sorted) and processor ``seconds`` by kind of text: of each suggestion, and ``understanding``.
    """
    random = np.random.default_rng(5)
    vocabulary = ["".join(chr(97 + letter) for letter in random.integers(0, 26, 7)) for _ in range(WORDS)]
    with tempfile.TemporaryDirectory() as name:
        source, names = _names(Path(name), random)
        symbols = list(names.bands)[: 2_000 if quick else GENES]
        others = [name for symbol in symbols for name in names.others.get(symbol, ())]
        described = [" ".join(vocabulary[at] for at in random.integers(0, WORDS, 5)) for _ in symbols]
        ids = [f"ENSG{number:011d}.{number % 20}" for number in range(len(symbols))]
        book = _book(Path(name), symbols, ids, described)
        began = time.perf_counter()
        suggest(book, "a")
        first = time.perf_counter() - began
        count = 20 if quick else TYPED
        texts = {
            "symbol": _sample(random, symbols, count),
            "other name": _sample(random, others, count),
            "identifier": _sample(random, ids, count),
            "description": _sample(random, described, count),
            "misspelled": [_misspelled(random, text) for text in _sample(random, symbols, count)],
        }
        suggest(book, "zzzzqqqq")  # the names that are compared when nothing begins so
        seconds = {kind: _typing(book, given) for kind, given in texts.items()}
        asked = {kind: _asking(book, given) for kind, given in texts.items()}
    return {
        "source": source,
        "genes": len(symbols),
        "first": first,
        "seconds": seconds,
        "understanding": asked,
    }


def _names(folder: Path, random: np.random.Generator) -> tuple[str, HumanNames]:
    """Names of human genes, also for the box; without the real data names of random letters."""
    shared, path = os.environ.get("GENOMEBOOK_SHARED"), folder / "gene_info.tsv"
    source = "random names at made-up places"
    if shared:
        source = "the symbols and other names of human genes, at made-up places"
        path = Path(shared) / "data" / "annotation" / "human_gene_info_ncbi_2019.tsv.gz"
    else:
        drawn = random.integers(65, 91, (GENES, 2, 6)).astype(np.uint8)
        rows = (f"{row[0].tobytes().decode()}\t{row[1].tobytes().decode()}\t-\n" for row in drawn)
        path.write_text("Symbol\tSynonyms\tmap_location\n" + "".join(rows))
    os.environ[VARIABLE] = str(path)
    return source, read_human_names(path)


def _book(folder: Path, symbols: list[str], ids: list[str], described: list[str]) -> Book:
    """The mitochondrial chromosome with too many genes."""
    with resources.as_file(resources.files("genomebook") / "data" / "NC_012920.1.fa") as fasta:
        rows = (
            f"chrM\t{1 + number % 16_000}\t{100 + number % 16_000}\t+\t{symbol}\t{gene_id}\tlncRNA\t{text}\n"
            for number, (symbol, gene_id, text) in enumerate(zip(symbols, ids, described, strict=True))
        )
        head = "volume\tstart\tend\tstrand\tname\tgene_id\tbiotype\tdescription\n"
        (folder / "genes.tsv").write_text(head + "".join(rows))
        options = Options(fasta, folder / "a.book", genes=folder / "genes.tsv", assembly="GRCh38", workers=2)
        return build(options)


def _sample(random: np.random.Generator, texts: list[str], count: int) -> list[str]:
    return [texts[at] for at in random.integers(0, len(texts), count)]


def _misspelled(random: np.random.Generator, text: str) -> str:
    at = int(random.integers(0, len(text)))
    return text[:at] + "QXZ"[at % 3] + text[at + 1 :]


def _typing(book: Book, texts: list[str]) -> list[float]:
    seconds = []
    for text in texts:
        for end in range(1, min(len(text), 20) + 1):
            began = time.thread_time()
            suggest(book, text[:end])
            seconds.append(time.thread_time() - began)
    return seconds


def _asking(book: Book, texts: list[str]) -> list[float]:
    seconds = []
    for text in texts:
        began = time.thread_time()
        understand(book, text)
        seconds.append(time.thread_time() - began)
    return seconds


def lines(result: dict[str, Any]) -> list[str]:
    """Table of the result."""
    rows = []
    for kind, seconds in result["seconds"].items():
        asked = result["understanding"][kind]
        cells = [f"{1000 * float(np.quantile(seconds, share)):.2f}" for share in (0.5, 0.99, 1)]
        rows.append([kind, f"{len(seconds):,}", *cells, f"{1000 * float(np.median(asked)):.2f}"])
    return [
        f"Milliseconds of processor time, {result['genes']:,} genes; each text is typed letter by "
        f"letter. The names are read and sorted once for an open book: {result['first']:.1f} s.",
        "",
        *table(
            ["what is typed", "suggestions", "median", "99 %", "longest", "understanding, median"], rows
        ),
    ]  # fmt: skip
