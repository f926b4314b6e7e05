"""Results to JSON, and from JSON to the tables of docs/benchmarks.md: the figures there are never typed."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.ask import run as ask
from benchmarks.book import overview, tracks, transcripts
from benchmarks.claims import report as claims
from benchmarks.common.machine import load
from benchmarks.common.table import table
from benchmarks.lexicon import atlas, atlas_draw, gloss_meaning, glosses, grounding_report
from benchmarks.lexicon import words as lexicon
from benchmarks.models import counted, description_report, gpu
from benchmarks.reading import questions, remote, sessions
from benchmarks.reading import run as reading
from benchmarks.search import box, karlin, motifs
from benchmarks.search import report as search_report
from benchmarks.search import size as search_size
from benchmarks.segmentation import position, titles
from benchmarks.segmentation import report as segment_report
from benchmarks.shares import run as shares
from benchmarks.tasks import audit, promoter_scan, speed, splice_peer
from benchmarks.teaching import pupils
from benchmarks.variants import joint
from benchmarks.variants import side_by_side as variants
from genomebook.files.atomic import aside

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results"
DOCS = ROOT / "docs" / "benchmarks.md"
PAGES = {
    "tracks": "tracks",
    "overview": "overview",
    "transcripts": "genes",
    "grounding": "grounding",
    "atlas": "atlas",
    "atlas-draw": "atlas",
    "glosses": "glosses",
    "gloss-meaning": "glosses",
    "karlin": "search",
    "motifs": "search",
    "box": "box",
    "search": "search",
    "search-scale": "search",
    "index-size": "search",
    "variants": "variants",
    "joint-variants": "variants",
    "claims": "claims",
    "descriptions": "readers",
    "counted": "readers",
    "position": "readers",
    "tasks": "tasks",
    "ask": "ask",
    "promoter-scan": "ask",
    "class": "class",
    "remote": "serving",
    "sessions": "serving",
    "shares": "clusters",
}
"""Benchmarks whose tables are on another page: its name."""


def docs_of(name: str) -> Path:
    """Page that shows a result."""
    return DOCS.with_name(f"{PAGES[name]}.md") if name in PAGES else DOCS


def save(name: str, result: dict[str, Any], before: dict[str, Any], folder: Path) -> None:
    """Write one benchmark's result with the machine, and its load before and after."""
    folder.mkdir(parents=True, exist_ok=True)
    body = {"machine": before, "load_average_after": load(), **result}
    with aside(folder / f"{name}.json") as path:
        path.write_text(json.dumps(_rounded(body), indent=1) + "\n")


def _rounded(value: Any) -> Any:
    """Six significant digits are enough."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value


def update(name: str, folder: Path, docs: Path) -> None:
    """Put the table of a result between its markers in the docs."""
    text = docs.read_text()
    begin, end = f"<!-- {name}: made by python -m benchmarks {name} -->", f"<!-- end of {name} -->"
    head, _, rest = text.partition(begin)
    _, found, tail = rest.partition(end)
    if not found:
        raise RuntimeError(f"{docs}: no lines {begin!r} and {end!r}; put them where the table goes")
    with aside(docs) as path:
        path.write_text(f"{head}{begin}\n{markdown(name, folder)}\n{end}{tail}")


def markdown(name: str, folder: Path) -> str:
    """Tables of one result, and the machine under them."""
    result = json.loads((folder / f"{name}.json").read_text())
    made = {
        "encode": _encode,
        "build": _build,
        "genome": _genome,
        "checks": _checks,
        "pages": _read,
        "read": reading.lines,
        "read-server": questions.lines,
        "read-whole": questions.lines,
        "transcripts": transcripts.lines,
        "tracks": tracks.lines,
        "overview": overview.lines,
        "heldout": _heldout,
        "readers": _readers,
        "segment": segment_report.lines,
        "position": position.lines,
        "gpu": gpu.lines,
        "titles": titles.lines,
        "grounding": grounding_report.lines,
        "lexicon": lexicon.lines,
        "atlas": atlas.lines,
        "atlas-draw": atlas_draw.lines,
        "glosses": glosses.lines,
        "gloss-meaning": gloss_meaning.lines,
        "karlin": karlin.lines,
        "motifs": motifs.lines,
        "box": box.lines,
        "search": search_report.lines,
        "search-scale": search_report.scale_lines,
        "index-size": search_size.lines,
        "variants": variants.lines,
        "joint-variants": joint.lines,
        "claims": claims.lines,
        "descriptions": description_report.lines,
        "counted": counted.lines,
        "tasks": audit.lines,
        "ask": ask.lines,
        "task-speed": speed.lines,
        "splice-peer": splice_peer.lines,
        "promoter-scan": promoter_scan.lines,
        "class": pupils.lines,
        "remote": remote.lines,
        "sessions": sessions.lines,
        "shares": shares.lines,
    }
    rows = made[name](result)
    machine = result["machine"]
    libraries = ", ".join(f"{key} {value}" for key, value in machine["libraries"].items())
    where = (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}; Python {machine['python']}, {libraries}; "
        f"load average {machine['load_average']} before and {result['load_average_after']} after."
    )
    return "\n".join(["", *rows, "", f"*On {result['source']}. {where}*", ""])


def _encode(result: dict[str, Any]) -> list[str]:
    letters = result["letters"]

    def speed(seconds: list[float]) -> str:
        return f"{letters / min(seconds) / 1e6:.1f} / {letters / median(seconds) / 1e6:.1f}"

    rows, decode = [], []
    for words, by_threads in result["words"].items():
        for threads, one in by_threads.items():
            seconds, form = one["seconds"], one["form"]
            copy = median(seconds["ours"]) / median(result["copy"])
            given = f"`{form['method']}`, lines of {form['letters_in_a_line']:,}"
            ratio = f"**{one['ratio']:.1f}**"
            rows.append(
                [
                    words,
                    threads,
                    speed(seconds["ours"]),
                    speed(seconds["library"]),
                    given,
                    ratio,
                    f"{copy:.0f}",
                ]
            )
            times = median(seconds["library_decode"]) / median(seconds["ours_decode"])
            back = [speed(seconds["ours_decode"]), speed(seconds["library_decode"]), f"{times:.1f}"]
            decode.append([words, threads, *back])
    repeats = len(one["seconds"]["ours"])
    copied = letters / median(result["copy"]) / 1e9
    return [
        f"Millions of letters a second, best / median of {repeats}; {letters:,} letters. A copy of the same "
        f"bytes in memory runs at {copied:.1f} GB/s; the last column is our time divided by that of the "
        "copy.",
        "",
        *table(["words", "threads", "genomebook", "tokenizers", "its best form", "ratio", "copies"], rows),
        "",
        "Words to letters:",
        "",
        *table(["words", "threads", "genomebook", "tokenizers", "ratio"], decode),
    ]


def _build(result: dict[str, Any]) -> list[str]:
    builds = [("segments", result["segments"]), *((f"{one['times']}x", one) for one in result["lengths"])]
    stages = list(result["segments"]["stages"])
    rows = []
    for stage in stages:
        cells = [f"{build['letters'] / build['stages'][stage] / 1e6:.1f}" for _, build in builds]
        rows.append([stage, *cells, f"{result['lengths'][-1]['stages'][stage]:.1f} s"])
    total = [f"**{build['letters'] / build['seconds'] / 1e6:.1f}**" for _, build in builds]
    rows.append(["**all**", *total, f"**{result['lengths'][-1]['seconds']:.1f} s**"])
    names = [name for name, _ in builds]
    memory = [
        [name, f"{one['letters'] / 1e6:.1f}", *(f"{one[key] / 2**20:.0f}" for key in keys)]
        for keys in [("peak_anonymous", "peak_rss", "book_bytes")]
        for name, one in [("bare", result["bare"]), *builds]
    ]
    return [
        "Millions of letters a second by stage. *segments*: the records as they are; 1x, 4x, 16x: one volume "
        "of that many times their length, repeated with 1 % of the bases substituted.",
        "",
        *table(["stage", *names, f"{names[-1]} takes"], rows),
        "",
        "Peak memory in MiB: anonymous pages (sampled every 50 ms), and all resident pages, those of mapped "
        "files included. *bare*: 3,000 letters.",
        "",
        *table(["build", "Mb", "anonymous", "resident", "the book on disk"], memory),
    ]


STEPS = (
    ("opening a book and setting its first page", ("open", "first_page")),
    ("the same and its HTML, genes read from disk", ("open", "first_page", "first_html")),
    ("a page of an open book", ("page",)),
    ("the same and its HTML", ("page", "html")),
)


def _checks(result: dict[str, Any]) -> list[str]:
    def row(what: str, seconds: dict[str, list[float]], scale: float, digits: int) -> list[str]:
        checked, free = (float(np.median(seconds[how])) for how in ("with", "without"))
        return [
            what,
            f"{checked * scale:.{digits}f}",
            f"{free * scale:.{digits}f}",
            f"{100 * (checked / free - 1):+.1f} %",
        ]

    reading = [row(step, seconds, 1e3, 2) for step, seconds in result["reading"].items()]
    building = row(f"build, {result['syncs']} syncs", result["building"], 1, 2)
    return [
        f"Medians, measured in turn; a book of {result['letters'] / 1e6:.1f} Mb, pages and queries at random "
        "places.",
        "",
        *table(["ms of the processor", "checked", "not checked", "cost"], reading),
        "",
        *table(["seconds", "synced", "not synced", "cost"], [building]),
    ]


def _genome(result: dict[str, Any]) -> list[str]:
    rows = []
    for one in [result["assembly"], *result["drafts"]]:
        rows.append(
            [
                f"{one['records']:,}",
                f"{one['letters'] / 1e6:,.1f}",
                f"{one['genes']:,}",
                str(one["open_files"]),
                f"{one['seconds']:,.0f}",
                f"{one['processor_seconds']:,.0f}",
                f"{one['peak_anonymous'] / 2**30:.2f}",
                f"{one['peak_rss'] / 2**30:.2f}",
                f"{one['book_bytes'] / 1e9:.2f}",
                str(one["files"]),
            ]
        )
    heads = ["records", "Mb", "genes", "open files allowed", "seconds", "processor seconds"]
    heads += ["GiB anonymous", "GiB resident", "GB on disk", "files in the book"]
    return table(heads, rows)


def _read(result: dict[str, Any]) -> list[str]:
    rows = []
    for what, steps in STEPS:
        middle, worst = [], []
        for key in ("small", "large"):
            seconds = sum(np.array(result[key]["seconds"][step]) for step in steps)
            middle.append(float(np.median(seconds)) * 1e3)
            worst.append(float(np.percentile(seconds, 99)) * 1e3)
        cells = [f"{m:.1f} / {w:.1f}" for m, w in zip(middle, worst, strict=True)]
        rows.append([what, *cells, f"{middle[1] / middle[0]:.2f}", f"{worst[1] / worst[0]:.2f}"])
    books = [
        f"{book['letters']:,} letters, volumes: {book['volumes']}, genes: {book['genes']:,}"
        for book in (result["small"], result["large"])
    ]
    places = len(result["small"]["seconds"]["page"])
    head = [
        "milliseconds, median / 99th percentile",
        "small",
        "large",
        "ratio of medians",
        "of 99th percentiles",
    ]
    return [
        f"{places:,} random places in each book, in turn. Small: {books[0]}. Large: {books[1]}.",
        "",
        *table(head, rows),
    ]


def _heldout(result: dict[str, Any]) -> list[str]:
    models: dict[str, dict[str, dict[str, Any]]] = {}
    for row in result["rows"]:
        models.setdefault(row["model"], {})[row["sequence"]] = row
    rows = []
    for model, by in models.items():
        bits = [f"{by[kind]['bits_per_letter']:.3f}" for kind in ("real", "shuffled")]
        words = [f"{by[k]['bases_per_word']:.2f}" if "bases_per_word" in by[k] else "" for k in by]
        rows.append([model, *bits, *words])
    return [
        f"{result['letters']:,} letters. Bits per letter (2 for a uniform guess) and bases "
        "per word, on the sequence and on its shuffle with the same dinucleotides. Letter models are fitted "
        "to what they are measured on, which favours them.",
        "",
        *table(["model", "bits, real", "bits, shuffled", "bases per word, real", "shuffled"], rows),
        "",
        f"The longest stretch without a content cut has {result['longest_without_cut']:,} letters.",
    ]


def _readers(result: dict[str, Any]) -> list[str]:
    work, peer = result["work"], median(result["seconds_a_word"]["published way"])
    peak = work["peak_gflops"] * 1e9
    rows = []
    for name, seconds in result["seconds_a_word"].items():
        speed, differs = 1 / median(seconds), result["difference"].get(name)
        share = f"{speed * work['operations_a_word'] / peak:.0%}" if differs else ""
        cells = [f"{differs['largest']:.1e}", f"{differs['correlation']:.5f}"] if differs else ["", ""]
        rows.append([name, f"{speed:,.0f}", f"**{peer * speed:.1f}**", share, *cells])
    return [
        f"Words a second, median of {len(seconds)}, all scores (surprisal, boundaries); "
        f"{result['words']:,} words, windows of {result['window']}, {result['cores']} cores. *Ratio*: to the "
        "published way, which gives the boundaries alone. *Share of peak*: "
        f"{work['operations_a_word'] / 1e6:.1f} million operations a word, of "
        f"{work['peak_gflops']:.0f} billion a second in float32 matrix products here. *Largest "
        "difference* and *correlation* (the least of all scores): from torch.",
        "",
        *table(["reader", "words/s", "ratio", "share of peak", "largest difference", "correlation"], rows),
        "",
        f"No padding. {work['positions_a_word']:.0f} positions pass through the model for each word scored, "
        "the cost of half a window of left context for every word.",
    ]
