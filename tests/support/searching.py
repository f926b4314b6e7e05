"""What tests of search share: an index, mutated letters, a hit checked against its alignment."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import msgspec

from genomebook.book import Book
from genomebook.book.annex import finish_annex
from genomebook.language.alphabet import reverse_complement
from genomebook.pipeline.search.seeds import seed_index
from genomebook.search.alignment.align import EXTEND, MATCH, MISMATCH, OPEN
from genomebook.search.alignment.chain import cigar_of
from genomebook.search.hits import Hit
from genomebook.search.query import Query
from genomebook.search.schema import FOLDER, FORMAT, INDEX, VERSION, text_digest


def indexed(book: Book, folder: Path) -> Path:
    about = seed_index(book, folder)
    content = {"format": FORMAT, "version": VERSION, "text": text_digest(book), "vectors": None}
    (folder / INDEX).write_text(json.dumps(content | msgspec.to_builtins(about)))
    finish_annex(folder, FOLDER, book.digest, {})
    return folder


def mutated(letters: bytes, rate: float, seed: int) -> bytes:
    """Substitute, leave out and put in letters, 4:1:1."""
    drawn = random.Random(seed)
    out = bytearray()
    for letter in letters.upper():
        if drawn.random() >= rate:
            out.append(letter)
            continue
        kind = drawn.randrange(6)
        if kind < 4:
            out.append(drawn.choice([other for other in b"ACGT" if other != letter]))
        elif kind == 4:
            out += bytes([letter, drawn.choice(b"ACGT")])
    return bytes(out)


def agrees(hit: Hit, query: Query, book: Book) -> None:
    """Check every figure of a hit against its rows, the query and the book."""
    above, bars, below = hit.rows
    text = book[hit.volume].sequence(hit.start, hit.end).upper()
    pairs = text if hit.strand == "+" else reverse_complement(text)
    assert above.replace("-", "").encode() == query.letters[hit.query_start : hit.query_end]
    assert below.replace("-", "").encode() == pairs
    assert len(above) == len(bars) == len(below) == hit.columns
    assert bars.count("|") == hit.matches
    assert (above + below).count("-") == hit.gaps
    rows = hit.rows if hit.strand == "+" else (above[::-1], bars[::-1], below[::-1])
    assert hit.cigar == cigar_of(rows)
    opened = sum(len(re.findall("-+", row)) for row in (above, below))
    plain = MATCH * hit.matches + MISMATCH * (hit.columns - hit.matches - hit.gaps)
    assert hit.score == plain - OPEN * opened - EXTEND * hit.gaps
