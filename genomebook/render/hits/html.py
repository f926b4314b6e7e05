"""What a search found, as HTML: table, alignments, where the hits lie. Pure functions, every text escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from importlib import resources
from urllib.parse import urlencode

from genomebook.genome.regions import Addresses
from genomebook.render.hits.text import BY_CHANCE, Row, evalue, found_by, grouped, percent
from genomebook.render.numbers import plural
from genomebook.render.page.html import STRANDS, coordinates, link
from genomebook.search.hits import Hit
from genomebook.search.query import LEAST, Query

COLUMNS = 60
"""Columns of an alignment in one block."""

MOST_COLUMNS = 1_200
"""Columns that are drawn of the first `FIRST` alignments; of those after it a quarter."""

FIRST = 10
MOST_VOLUMES = 40
"""Volumes drawn: those with the best hits."""

_LABEL = 16


def stylesheet() -> str:
    """Return the stylesheet of what is made here; it goes after the book's own."""
    css = (resources.files("genomebook") / "render" / "templates" / "search.css").read_text(encoding="utf-8")
    return f"<style>{css}</style>"


def section(inner: str) -> str:
    """Put what is made here where its stylesheet holds."""
    return f'<div class="gb sr">{inner}</div>'


def said(text: str, kind: str = "note") -> str:
    """One paragraph of text, escaped; `kind` is ``note``, ``found`` or ``what``."""
    return section(f'<p class="{kind}">{escape(text)}</p>')


def search_link(place: str, kept: Mapping[str, str], label: str) -> str:
    """Link to the search for the letters of a place, with the options kept."""
    return f'<a href="search?{escape(urlencode({"loc": place, **kept}))}">{escape(label)}</a>'


def table(addresses: Addresses, rows: Sequence[Row], group: str, kept: Mapping[str, str]) -> str:
    """One row a hit: place, strand, figures, how it was found, what is there, links.

    Parameters
    ----------
    addresses : Addresses
        Writes the links.
    rows : sequence of Row
        The hits; at least one.
    group : str
        Key of `genomebook.search.request.GROUPS`.
    kept : mapping of str to str
        Options that a search for a hit keeps.
    """
    heads = [
        *(("", "num"), ("place in the book", ""), ("E", "num"), ("equal", "num"), ("of the query", "num")),
        *(("strand", ""), ("columns", "num"), ("bits", "num")),
    ]
    more = {
        "found by": any(row.hit.meaning for row in rows),
        "genes": any(row.genes for row in rows),
        "inside": any(row.inside is not None for row in rows),
        "in repeats": any(row.repeat is not None for row in rows),
    }
    heads += [(name, "") for name, is_shown in more.items() if is_shown] + [("search on", "")]
    head = "".join(f'<th scope="col" class="{kind}">{name}</th>' for name, kind in heads)
    bodies = []
    for name, members in grouped(rows, group):
        top = f'<tr class="group"><th scope="rowgroup" colspan="{len(heads)}">'
        top += f"{escape(name)}: {plural(len(members), 'hit')}</th></tr>"
        lines = "".join(_line(addresses, row, kept, more) for row in members)
        bodies.append(f"<tbody>{top if group else ''}{lines}</tbody>")
    luck = f" In italics: E above {BY_CHANCE:g}." if any(_is_luck(row) for row in rows) else ""
    return section(
        '<p class="note">Hits, the best first. A place opens the text there, a number the alignment below.'
        f'{luck}</p><div class="wide" tabindex="0" role="region" aria-label="Table of hits">'
        f'<table class="hits"><thead><tr>{head}</tr></thead>{"".join(bodies)}</table></div>'
    )


def _is_luck(row: Row) -> bool:
    return row.hit.evalue > BY_CHANCE


def _line(addresses: Addresses, row: Row, kept: Mapping[str, str], more: Mapping[str, bool]) -> str:
    hit = row.hit
    _, arrow, spoken = STRANDS[hit.strand]
    sentence = f'<a href="{link(addresses, row.sentence, "read")}">sentence {hit.sentence + 1:,}</a>'
    whose = ", the query itself" if row.is_query else ""
    left, width = 100 * hit.query_start / hit.query_length, 100 * hit.coverage
    aligned = f"letters {hit.query_start + 1:,}-{hit.query_end:,} of the query's {hit.query_length:,}"
    said = {
        "found by": f"<td>{_found_by(hit)}</td>",
        "genes": f'<td class="genes">{escape(row.genes)}</td>',
        "inside": f"<td>{_inside(row)}</td>",
        "in repeats": f"<td>{percent(row.repeat or 0.0)} %</td>",
    }
    cells = [
        f'<th scope="row" class="num"><a href="#hit-{row.rank}">{row.rank}</a></th>',
        f'<td><a href="{link(addresses, row.region, "read")}">{escape(row.place)}</a>'
        f"<small>{sentence}{whose}</small></td>",
        f'<td class="num">{evalue(hit.evalue)}</td>',
        f'<td class="num">{percent(hit.identity)} %</td>',
        f'<td class="num" title="{aligned}">{percent(hit.coverage)} %'
        f'<span class="cover"><i style="left:{left:.1f}%;width:{width:.1f}%"></i></span></td>',
        f'<td><span role="img" aria-label="{spoken}" title="{spoken}">{arrow} {hit.strand}</span></td>',
        f'<td class="num">{hit.columns:,}<small>{plural(hit.gaps, "gap") if hit.gaps else ""}</small></td>',
        f'<td class="num">{hit.bits:,.1f}</td>',
        *(said[name] for name, is_shown in more.items() if is_shown),
        f"<td>{search_link(_like(addresses, row), kept, 'like this')}</td>",
    ]
    return f'<tr class="{"luck" if _is_luck(row) else "sure"}">{"".join(cells)}</tr>'


def _inside(row: Row) -> str:
    """Classes of annotation that a hit lies in, a line each, or that families are unknown there."""
    if row.inside is None:
        return "not known"
    said = [f"{escape(name)} {percent(share)} %" for name, share in row.inside.items()]
    return "<br>".join(said + ["repeats not known"] * row.lacks_families) or "nothing"


def _found_by(hit: Hit) -> str:
    return "<br>".join(map(escape, found_by(hit)))


def _like(addresses: Addresses, row: Row) -> str:
    """Address of what a search for the like of a hit looks for: a hit too short for it means its sentence."""
    region = row.region
    if region.end - region.start < LEAST:
        region = replace(region, end=region.start + 1)
    return addresses.format(region, commas=False)


def alignments(rows: Sequence[Row]) -> str:
    """Alignments of the hits, each in blocks of `COLUMNS` columns and three lines."""
    return section(f"<h2>Alignments</h2>{''.join(_pair(row) for row in rows)}")


def _pair(row: Row) -> str:
    hit = row.hit
    most = MOST_COLUMNS if row.rank <= FIRST else MOST_COLUMNS // 4
    _, arrow, spoken = STRANDS[hit.strand]
    figures = (
        f"{hit.matches:,} of {plural(hit.columns, 'column')} equal ({percent(hit.identity)} %), "
        f"{plural(hit.gaps, 'gap')}, {hit.bits:,.1f} bits, E {evalue(hit.evalue)}"
    )
    drawn = "\n\n".join(_blocks(row, min(most, len(hit.rows[0]))))
    rest = ""
    if len(hit.rows[0]) > most:
        rest = f"<p class='note'>The first {most:,} columns; the file of alignments has all.</p>"
    name = f"Alignment {row.rank} with {row.place}, {spoken}"
    return (
        f'<section class="pair" id="hit-{row.rank}" aria-label="{escape(name)}">'
        f"<h3><b>{row.rank}. {escape(row.place)}</b> "
        f'<span role="img" aria-label="{spoken}">{arrow} {hit.strand}</span> {figures}</h3>'
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(name)}">'
        f'<pre lang="zxx">{drawn}</pre></div>{rest}</section>'
    )


def _blocks(row: Row, columns: int) -> list[str]:
    """Blocks of three lines, with the coordinates of the first and last letter at the ends of each.

    A letter is numbered by where it lies: on the query as given, and on the contig, where numbers run down
    when the other strand is shown.
    """
    hit = row.hit
    step = 1 if hit.strand == "+" else -1
    ats = [hit.query_start + 1, row.volume.origin + (hit.start + 1 if step > 0 else hit.end)]
    contig = row.volume.contig if len(row.volume.contig) <= _LABEL else f"{row.volume.contig[: _LABEL - 1]}…"
    wide = max(len("query"), len(contig))
    digits = max(len(f"{n:,}") for n in (hit.query_end, row.volume.origin + hit.end))
    found = []
    for first in range(0, columns, COLUMNS):
        query, bars, text = (line[first : min(first + COLUMNS, columns)] for line in hit.rows)
        lines = []
        for i, (name, letters, other, way) in enumerate(
            (("query", query, text, 1), (contig, text, query, step))
        ):
            count = len(letters) - letters.count("-")
            first_letter = ats[i] if count else ats[i] - way  # a line of gaps repeats the letter before it
            before = escape(f"{name:<{wide}} {first_letter:>{digits},} ")
            last = ats[i] + way * (count - 1)
            lines.append(f"<s>{before}</s>{_marked(letters, other)}<s> {last:,}</s>")
            ats[i] += way * count
        found.append(f"{lines[0]}\n{' ' * (wide + digits + 2)}{escape(bars)}\n{lines[1]}")
    return found


def _marked(letters: str, others: str) -> str:
    """Letters with what differs marked: other letters underlined, gaps and what faces them in colour."""
    parts: list[tuple[str, str]] = []
    for one, other in zip(letters, others, strict=True):
        kind = "i" if "-" in (one, other) else "" if one == other else "b"
        if parts and parts[-1][0] == kind:
            parts[-1] = (kind, parts[-1][1] + one)
        else:
            parts.append((kind, one))
    return "".join(f"<{kind}>{escape(run)}</{kind}>" if kind else escape(run) for kind, run in parts)


def ideogram(addresses: Addresses, rows: Sequence[Row]) -> str:
    """Draw the volumes that have hits, each from its first to its last letter, with a tick for each hit."""
    volumes: dict[str, list[Row]] = {}
    for row in rows:
        volumes.setdefault(row.volume.name, []).append(row)
    items = []
    for members in list(volumes.values())[:MOST_VOLUMES]:
        volume = members[0].volume
        ticks = "".join(_tick(addresses, row) for row in members)
        first, last = coordinates(volume, 0, 1), coordinates(volume, volume.length - 1, volume.length)
        items.append(
            f"<li><b>{escape(volume.contig)}</b> {plural(len(members), 'hit')}"
            f'<div class="strip">{ticks}</div>'
            f'<div class="ends"><span>{first}</span><span>{last}</span></div></li>'
        )
    left = len(volumes) - len(items)
    more = f" {plural(left, 'volume')} more with hits are left out." if left else ""
    return section(
        f'<figure class="map"><ol aria-label="Where the hits lie">{"".join(items)}</ol><figcaption>Each bar '
        "is a volume from its first to its last letter, each tick a hit: in the upper half on the plus "
        f"strand, in the lower on the minus strand.{more}</figcaption></figure>"
    )


def _tick(addresses: Addresses, row: Row) -> str:
    side, arrow, _ = STRANDS[row.hit.strand]
    at = 100 * (row.hit.start + row.hit.end) / 2 / row.volume.length
    label = f"{row.rank}. {row.place} {arrow}, {percent(row.hit.identity)} %, E {evalue(row.hit.evalue)}"
    return (
        f'<a class="{side}" href="{link(addresses, row.region, "read")}" style="left:{at:.3f}%" '
        f'title="{escape(label)}" aria-label="{escape(label)}"></a>'
    )


def records(
    addresses: Addresses, found: Sequence[tuple[Query, Sequence[Row]]], chosen: int, waiting: int
) -> str:
    """List the records of a query, each with its best hit.

    Parameters
    ----------
    addresses : Addresses
        Writes the links.
    found : sequence of (Query, sequence of Row)
        Those searched so far.
    chosen : int
        Number from 0 of the one whose hits are shown.
    waiting : int
        How many were not searched.
    """
    heads = [("", "num"), ("record", ""), ("letters", "num"), ("hits", "num"), ("best hit", ""), ("E", "num")]
    head = "".join(f'<th scope="col" class="{kind}">{name}</th>' for name, kind in heads)
    lines = []
    for number, (query, rows) in enumerate(found):
        best = "<td>nothing</td><td></td>"
        if rows:
            to = link(addresses, rows[0].region, "read")
            best = f'<td><a href="{to}">{escape(rows[0].place)}</a> {rows[0].hit.strand} '
            best += f'{percent(rows[0].hit.identity)} %</td><td class="num">{evalue(rows[0].hit.evalue)}</td>'
        mark = "▸ " if number == chosen else ""
        lines.append(
            f'<tr><th scope="row" class="num">{mark}{number + 1}</th><td>{escape(_short(query.name))}</td>'
            f'<td class="num">{len(query):,}</td><td class="num">{len(rows):,}</td>{best}</tr>'
        )
    rest = f" {plural(waiting, 'record')} not searched." if waiting else ""
    return section(
        '<div class="wide" tabindex="0" role="region" aria-label="Records"><table class="hits">'
        f"<caption>{plural(len(found), 'record')} searched, each with its best hit.{rest}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:59]}…"


def beside(rows: Sequence[Row], control: Hit | None, limit: float) -> str:
    """Table of the best hits of a query and of its shuffle.

    Parameters
    ----------
    rows : sequence of Row
        What the query found.
    control : Hit or None
        Best hit of the shuffle.
    limit : float
        Largest E-value that was looked for with the shuffle.
    """
    own = next((row.hit for row in rows if row.is_query), None)
    real = next((row.hit for row in rows if not row.is_query), None)
    shown: list[tuple[str, Hit | None]] = [("the query, at its own place", own)] if own else []
    shown += [("the query, elsewhere" if own else "the query", real), ("the query, shuffled", control)]
    has_meaning = any(hit.meaning for _, hit in shown if hit)
    lines = []
    for name, hit in shown:
        nothing = f"nothing with E at most {limit:g}" if name.endswith("shuffled") else "nothing"
        cells = f'<td colspan="{4 + has_meaning}">{nothing}</td>'
        if hit is not None:
            shares = [f"{percent(share)} %" for share in (hit.identity, hit.coverage)]
            figures = [evalue(hit.evalue), *shares, f"{hit.bits:,.1f}"]
            cells = "".join(f'<td class="num">{figure}</td>' for figure in figures)
            cells += f"<td>{_found_by(hit)}</td>" if has_meaning else ""
        lines.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
    heads = "".join(
        f'<th scope="col" class="num">{name}</th>' for name in ("E", "equal", "of the query", "bits")
    )
    heads += '<th scope="col">found by</th>' if has_meaning else ""
    return section(
        '<p class="note">A shuffle has the same letters, and every pair of neighbours as often, in another '
        'order.</p><div class="wide" tabindex="0" role="region" aria-label="Query and shuffle">'
        '<table class="hits control">'
        f'<thead><tr><th scope="col">best hit of</th>{heads}</tr></thead><tbody>{"".join(lines)}</tbody>'
        "</table></div>"
    )
