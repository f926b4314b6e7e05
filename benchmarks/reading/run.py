"""Reading in the browser, and igv.js and JBrowse 2 beside it on the same FASTA and GFF3."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.common.data import kept_folder
from benchmarks.common.table import table
from benchmarks.reading.books import EXON, books, letters_of, shared_files
from benchmarks.reading.browser import SIZES, WEB, Wanted, app, chromium, first_place, first_screen, turns
from benchmarks.reading.server import serving
from genomebook.annotation.coding import residues
from genomebook.book import Book
from genomebook.book.page import LIMIT
from genomebook.book.places import first_letter, page_from, random_position
from genomebook.genome.regions import Region
from genomebook.render.page.make import PageMaker

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PEERS = {"igv": "igv@3.8.10", "jbrowse": "@jbrowse/react-linear-genome-view2@4.1.13"}
NAMES = {"genomebook": "genomebook", "igv": "igv.js", "jbrowse": "JBrowse 2"}
PLACES, TURNS, VISITS, PAGES = 1, 8, 3, 100
SHOWN = 70
"""Letters that the peers are asked to show: more, and they draw boxes instead of letters."""


def run(quick: bool = False, folder: Path | None = None) -> dict[str, Any]:
    """Measure the books, then all three browsers at one place; needs Chromium and npm.

    Parameters
    ----------
    quick : bool
        The book of 16 kb alone, without the peers.
    folder : Path, optional
        Keeps books and packages, and uses those that are there.

    Returns
    -------
    dict
        ``source``; ``books``: of each ``letters``, ``screens`` by size, ``turns`` and ``server`` seconds;
        ``browsers``: of each, its visits.
    """
    with kept_folder(folder) as kept:
        paths = books(kept, quick)
        with chromium() as browser:
            measured = {name: _book(browser, path, quick) for name, path in paths.items()}
            browsers = {} if quick else _browsers(browser, kept)
    return {
        "source": "real sequence and changed copies of it; the browsers on chr21:24985581-26000306",
        "books": measured,
        "browsers": browsers,
    }


def _places(book: Book, count: int) -> list[Region]:
    """Places of 20 letters, drawn at random where there are letters."""
    random = np.random.default_rng(3)
    places = [random_position(book, random) for _ in range(count)]
    starts = [(name, min(at, book[name].length - 20)) for name, at in places]
    return [Region(name, start, start + 20) for name, start in starts]


def _book(browser: Browser, path: Path, quick: bool) -> dict[str, Any]:
    book = Book.open(path)
    places = [book.addresses.format(place, commas=False) for place in _places(book, 1 if quick else PLACES)]
    first = next(iter(book))
    # As Read begins: with the first letter, not with the gap that lies before it on chromosomes.
    begins = page_from(book, first.name, first_letter(first), LIMIT)
    start = book.addresses.format(begins, commas=False)
    with app(path) as address:
        first_screen(browser, address, start, SIZES["1280 x 900"])  # the first visitor waits for the server
        screens = {
            name: {
                "places": [first_screen(browser, address, place, size) for place in places],
                "start": first_screen(browser, address, start, size),
            }
            for name, size in SIZES.items()
        }
        turned = turns(browser, address, start, 2 if quick else TURNS)
    return {
        "letters": book.meta.counts.letters,
        "screens": screens,
        "turns": turned,
        "server": _server(book, 5 if quick else PAGES),
    }


def _server(book: Book, count: int) -> dict[str, list[float]]:
    """Seconds in which pages at random places are made, by the clock and by the processor."""
    maker = PageMaker(book)
    regions = [page_from(book, place.volume, place.start, maker.limit) for place in _places(book, count + 1)]
    wall, busy = [], []
    for region in regions:
        began, used = time.perf_counter(), time.thread_time()
        maker.page(region)
        wall.append(time.perf_counter() - began)
        busy.append(time.thread_time() - used)
    return {"wall": wall[1:], "processor": busy[1:]}


def _pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(4, len(text) - size, size + 3)]


def _wanted(path: Path, start: int, end: int) -> Wanted:
    """Pieces of the letters of a place, and of the amino acids under them."""
    book = Book.open(path)
    volume = next(iter(book))
    transcript = next(one for one in book.transcripts.overlapping(volume.name, *EXON) if one.gene == "JAM2")
    under = residues(transcript, volume.sequence, start, end)
    protein = "".join(residue.amino for residue in under)
    return {"letters": _pieces(letters_of(path, start, end), 12), "residues": _pieces(protein, 5)}


def _browsers(browser: Browser, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Go to a place in a coding exon, then to the next one, in each browser by turns."""
    path = shared_files(folder)
    for name, package in PEERS.items():
        _fetch(folder / name, package)
        shutil.copy(WEB / f"{name}.html", folder)
    start = EXON[0] + 5
    spans = ((start, start + SHOWN), (start + SHOWN, start + 2 * SHOWN))
    here, there = (f"chr21:{low + 1}-{high}" for low, high in spans)
    wanted, then = (_wanted(path, *span) for span in spans)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in NAMES}
    with app(path) as ours, serving(folder) as files:
        first_place(browser, f"{ours}read?loc={here}", wanted, None)  # the first visitor waits for the server
        for _ in range(VISITS):
            found["genomebook"].append(first_place(browser, f"{ours}read?loc={here}", wanted, None))
            for name in PEERS:
                address = f"{files}{name}.html?loc={here}"
                found[name].append(first_place(browser, address, wanted, (there, then)))
        found["genomebook"].append({"turns": turns(browser, ours, here, TURNS)})
    return found


def _fetch(folder: Path, package: str) -> None:
    """Unpack a package of npm."""
    if folder.exists():
        return
    folder.mkdir()
    subprocess.run(["npm", "pack", "--silent", package], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    archive = next(folder.glob("*.tgz"))
    subprocess.run(["tar", "xzf", archive.name], cwd=folder, check=True)
    archive.unlink()


def lines(result: dict[str, Any]) -> list[str]:
    """Tables of the result."""
    rows = []
    for name, one in result["books"].items():
        for size, screen in one["screens"].items():
            places = screen["places"]
            rows.append(
                [
                    name,
                    size,
                    f"{median(place['letters'] for place in places):,.0f}",
                    f"{screen['start']['top']:.0f}",
                    ", ".join(f"{place['landing']:.0f}" for place in places if place["landing"] is not None),
                    f"{max(place['shifts'] for place in (*places, screen['start'])):.3f}",
                    f"{median(place['bytes'] for place in places) / 1e6:.2f}",
                ]
            )
    turned = []
    for name, one in result["books"].items():
        seconds, server = one["turns"]["seconds"], one["server"]
        turned.append(
            [
                name,
                f"{one['letters']:,}",
                f"{1000 * median(seconds):.0f} ({1000 * min(seconds):.0f}-{1000 * max(seconds):.0f})",
                f"{median(one['turns']['bytes']) / 1e3:.0f}",
                f"{1000 * median(server['wall']):.1f}",
                f"{1000 * median(server['processor']):.1f}",
            ]
        )
    text = [
        "Fresh visitors of the app; the server has had one before. Landing is where on the screen the place "
        "lies that was asked for, in pixels from the top of the window.",
        "",
        *table(
            ["book", "window", "letters on the first screen", "first letter, px", "landing, px",
             "layout shift, most", "MB until quiet"], rows,
        ),
        "",
        "A page turn is from the key to the painted page, median (and range); a second and a half lies "
        "between two, in which the pages around are fetched. Server time is that of making the data of a "
        "page at a random place.",
        "",
        *table(
            ["book", "letters", "page turn, ms", "kB a turn", "server, ms", "server, processor ms"], turned
        ),
    ]  # fmt: skip
    return [*text, *_beside(result["browsers"])] if result["browsers"] else text


def _beside(browsers: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Table of the browsers."""
    rows = []
    for name, visits in browsers.items():
        loads = [visit for visit in visits if "first" in visit]
        letters, under = (median(visit["first"][what] for visit in loads) for what in ("letters", "residues"))
        if name == "genomebook":
            turn = next(visit["turns"]["seconds"] for visit in visits if "turns" in visit)
            after = [f"{1000 * median(turn):.0f}"] * 2
        else:
            after = [
                f"{1000 * median(visit['then'][what] for visit in loads):.0f}"
                for what in ("letters", "residues")
            ]
        size = median(visit["bytes"] for visit in loads) / 1e6
        rows.append([NAMES[name], f"{letters:.2f}", f"{under:.2f}", *after, f"{size:.2f}"])
    return [
        "",
        f"The same FASTA and GFF3 (1 Mb of chromosome 21) in {', '.join(PEERS.values())} with their rows of "
        f"amino acids on, {SHOWN} letters of a coding exon of JAM2 in a window of 1,280 x 900; median of "
        f"{VISITS} fresh visitors. The other browsers then go to the next {SHOWN} letters by their own "
        "function; genomebook turns a page of thousands of letters by a key.",
        "",
        *table(
            ["browser", "letters, s", "amino acids, s", "next: letters, ms", "amino acids, ms", "MB"],
            rows,
        ),
    ]  # fmt: skip
