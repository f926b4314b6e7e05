"""How many passages of the book are like the paragraphs of a page that no class names."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import msgspec

from genomebook.book import Book
from genomebook.errors import GenomebookError
from genomebook.genome.regions import Region
from genomebook.search.request import HITS, SearchState
from genomebook.search.searcher import LIKE_EVALUE
from pages._address import SEARCH
from pages._shared import searcher_of

LIMIT_S = 0.3
"""What is not counted within this time is not known."""

MAX_PARAGRAPHS = 200


class ReaderLike(msgspec.Struct):
    """Paragraphs of a page, [start, end) each; they come from the browser, so they are checked."""

    serial: int
    volume: str
    paragraphs: list[tuple[int, int]] = []


def like_answer(book: Book, said: ReaderLike) -> dict[str, Any]:
    """Counts of passages like paragraphs, with the address at which Search shows them; known ones alone."""
    counts: list[dict[str, Any]] = []
    length = book.volumes[said.volume].length if said.volume in book.volumes else 0
    ends = time.monotonic() + LIMIT_S
    try:
        searcher = searcher_of(book)
        for start, end in said.paragraphs[:MAX_PARAGRAPHS]:
            if not 0 <= start < end <= length or time.monotonic() > ends:
                continue
            region = Region(said.volume, start, end)
            if (like := searcher.count_like(region)) and like.others:
                counts.append(
                    {
                        "start": start,
                        "count": like.others,
                        "isLeast": not like.are_all,
                        "query": urlencode(_search(book, region, like.others)),
                    }
                )
    except GenomebookError:  # an index that is damaged: Search says so
        counts = []
    return {"serial": said.serial, "counts": counts}


def _search(book: Book, region: Region, others: int) -> dict[str, str]:
    """Address of Search that shows what was counted, as far as it shows as many hits."""
    hits = next((hits for hits in HITS if hits > others), HITS[-1])
    loc = book.addresses.format(region, commas=False)
    return SEARCH.write(SearchState(loc=loc, hits=hits, e=LIKE_EVALUE))
