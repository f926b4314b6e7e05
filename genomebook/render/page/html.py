"""A page of a book as HTML: pure functions, every text escaped, one stylesheet.

Only HTML and CSS, no SVG and no script, so that a sanitizer leaves it whole. What is drawn in the margins
cannot be selected: copying from a page gives words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib import resources
from typing import Any
from urllib.parse import quote, urlencode

import pandas as pd

from genomebook.book import Volume
from genomebook.book.page import Gap, Page, Paragraph, Sentence
from genomebook.book.places import Unit
from genomebook.genome.regions import Addresses, Region
from genomebook.render.numbers import plural, signed
from genomebook.render.page import interlinear
from genomebook.search.query import MIN_LETTERS

STRANDS = {"+": ("plus", "→", "plus strand"), "-": ("minus", "←", "minus strand")}
_NO_STRAND = ("none", "·", "strand not known")
LIKE = "Find sentences like this"
MOST_LANES = 4
"""Genes drawn side by side; further ones share the last lane, and all are named in the notes."""


def stylesheet() -> str:
    """Return the stylesheet of everything made here, inside a ``<style>`` element."""
    css = (resources.files("genomebook") / "render" / "templates" / "book.css").read_text(encoding="utf-8")
    return f"<style>{css}</style>"


def coordinates(volume: Volume, start: int, end: int) -> str:
    """Positions as people read them: on the contig, 1-based inclusive, without the contig's name.

    Parameters
    ----------
    volume : Volume
        The volume.
    start, end : int
        Local, 0-based half-open.
    """
    first, last = volume.origin + start + 1, volume.origin + end
    return f"{first:,}" if first == last else f"{first:,}-{last:,}"


def link(addresses: Addresses, region: Region, page: str = "", kept: Mapping[str, str] | None = None) -> str:
    """Relative address of the Read page at a region, with other parameters, escaped for an attribute."""
    more = f"&{urlencode(kept)}" if kept else ""
    # As the browser writes it: a colon left as it is would be written anew, one more step for "back" to undo.
    return escape(f"{page}?loc={quote(addresses.format(region, commas=False), safe='-')}{more}")


def facts(rows: Mapping[str, str]) -> str:
    """Return names and their values as a list in which long digests wrap and can be copied."""
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
    return f'<div class="gb"><dl class="facts">{items}</dl></div>'


def lanes(genes: pd.DataFrame, most: int = MOST_LANES) -> list[int]:
    """Lane of each gene, so that genes that overlap lie side by side.

    Parameters
    ----------
    genes : DataFrame
        Rows sorted by start; int columns start and end, 0-based half-open.
    most : int
        Number of lanes at most; what fits nowhere goes to the last.
    """
    free: list[int] = []
    found: list[int] = []
    for start, end in zip(genes["start"], genes["end"], strict=True):
        lane = next((i for i, until in enumerate(free) if until <= start), len(free))
        lane = min(lane, most - 1)
        free[lane : lane + 1] = [max([end, *free[lane : lane + 1]])]
        found.append(lane)
    return found


def odds_in_words(value: float) -> str:
    """Write log-odds (nats) as a student reads them: ``+1.3 nats, about 4 to 1 for``."""
    ratio = math.exp(abs(value))
    side = "for" if value > 0 else "against"
    return f"{signed(value)} nats, " + ("about even" if ratio < 1.5 else f"about {ratio:,.0f} to 1 {side}")


@dataclass(frozen=True)
class View:
    """How a page is looked at.

    Attributes
    ----------
    signal : str
        The signal that cut the book; empty when it is not known.
    paragraphs : mapping of int to float
        Log-odds, nats, of each paragraph's end, by the letters before it: the end marks say them.
    kept : mapping of str to str
        Query parameters that links to other pages of the book keep.
    lines : Lines
        What stands under each word.
    glosses : mapping of str to str
        Gloss by word: where a title in DNA words is shown on hover, they are put into it.
    like : bool
        Whether the book can be searched: each sentence long enough for it links to what is like it.
    """

    signal: str = ""
    paragraphs: Mapping[int, float] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    lines: interlinear.Lines = field(default_factory=interlinear.Lines)
    glosses: Mapping[str, str] = field(default_factory=dict)
    like: bool = False


def book_page(
    addresses: Addresses,
    page: Page,
    genes: pd.DataFrame,
    units: Sequence[Unit],
    strip: str = "",
    track: str = "",
    view: View | None = None,
) -> str:
    """One page, set like a printed book: running head, coordinates, text, genes beside it.

    Parameters
    ----------
    addresses : Addresses
        Writes the links.
    page : Page
        What `genomebook.book.page.open_page` returned.
    genes : DataFrame
        Genes that overlap the page, as `genomebook.annotation.genes.Genes.overlapping` gives them.
    units : sequence of Unit
        Part, chapter and section at the top of the page.
    strip : str
        HTML of the strip under the running head (`genomebook.render.page.picture.strip`).
    track : str
        HTML of the log-odds track over the text (`genomebook.render.page.track.strength_track`).
    view : View, optional
        What stands under the words, what the end marks and titles say on hover, and what links keep.
    """
    view = view or View()
    genes = genes.assign(lane=lanes(genes))
    width = int(genes["lane"].max()) + 1 if len(genes) else 0
    drawn: list[Any] = list(genes.itertuples())
    rows = []
    for i, block in enumerate(page.blocks):
        near = [gene for gene in drawn if gene.start < block.end and gene.end > block.start]
        rows.append(_row(addresses, block, page, near, view, first=i == 0))
    return (
        f'<div class="gb"><article class="sheet" lang="en" style="--lanes:{width}">'
        f"{running_head(page, units, view.glosses)}{strip}<p class='under'>{_summary(page, genes)}</p>"
        f"{track}{''.join(rows)}</article></div>"
    )


def running_head(page: Page, units: Sequence[Unit], glosses: Mapping[str, str] | None = None) -> str:
    """Volume, part, chapter, section and the coordinates of the page; other titles, glossed, on hover."""
    steps = [f'<li class="volume">{escape(page.volume.contig)}</li>']
    for unit in units:
        said = escape(other_titles(unit, glosses or {}))
        more = f' tabindex="0" title="{said}"' if said else ""
        title = f' <span class="name"{more}>{escape(unit.title)}</span>' if unit.title else ""
        steps.append(f"<li>{escape(unit.level.capitalize())} {unit.number + 1:,}{title}</li>")
    where = coordinates(page.volume, page.start, page.end)
    return (
        f'<header class="head"><ol aria-label="Where you are">{"".join(steps)}</ol>'
        f'<span class="where">{where}</span></header>'
    )


def other_titles(unit: Unit, glosses: Mapping[str, str]) -> str:
    """Say a unit's titles other than the one shown; empty when there are none.

    The title in its own words comes with the gloss of each (`genomebook.render.page.interlinear.glossed`),
    and then also where it is the one shown.
    """
    others = {
        "in its own words": interlinear.glossed(unit.extract, glosses),
        "as the reader wrote": unit.generated,
    }
    return "; ".join(f"{how}: {title}" for how, title in others.items() if title and title != unit.title)


def _summary(page: Page, genes: pd.DataFrame) -> str:
    """One line: how many letters, which region was asked for, in which genes."""
    text = f"{page.end - page.start:,} letters"
    asked = page.region
    if (asked.start, asked.end) != (page.start, page.end):
        text += f", asked for {coordinates(page.volume, asked.start, asked.end)}"
        text += "; it goes on after this page" if page.more else ""
    names = [f"{name} ({strand})" for name, strand in zip(genes["name"], genes["strand"], strict=True)]
    if names:
        text += f"; genes: {', '.join(names[:12])}" + (
            f" and {len(names) - 12} more" if len(names) > 12 else ""
        )
    return escape(text)


def _row(
    addresses: Addresses,
    block: Paragraph | Gap,
    page: Page,
    genes: Sequence[Any],
    view: View,
    first: bool,
) -> str:
    """A paragraph or gap: coordinates, text with the gene bars along it, notes on genes.

    A note stands where a gene begins, ends or comes into sight.
    """
    volume = page.volume
    where = coordinates(volume, block.start, block.end)
    if isinstance(block, Paragraph):
        label, sign = f"Paragraph {block.number + 1:,}", f"¶ {block.number + 1:,}"
        sentences = " ".join(
            _sentence(addresses, sentence, page, block.end, view) for sentence in block.sentences
        )
        kind = "dna lines" if view.lines.texts else "dna"
        text = f'<p class="{kind}" lang="zxx">{sentences}</p>'
    else:
        label = sign = "gap"
        text = f'<p class="gap"><span>gap: {plural(block.end - block.start, "letter")} of N</span></p>'
    bars = "".join(_bar(gene, block) for gene in genes)
    notes = "".join(
        _note(addresses, volume, gene, block, view)
        for gene in genes
        if first or gene.start >= block.start or gene.end <= block.end
    )
    return (
        f'<section class="row" aria-label="{label}, {escape(volume.contig)}:{where}">'
        f'<div class="margin place"><b>{sign}</b>{where.replace("-", "-<wbr>")}</div>'
        f'<div class="body">{text}<div class="track" aria-hidden="true">{bars}</div></div>'
        f'<ul class="margin notes">{notes}</ul></section>'
    )


def _sentence(addresses: Addresses, sentence: Sentence, page: Page, paragraph_end: int, view: View) -> str:
    """The words of a sentence, the mark of its end, which says how strong it is, and the way to its like.

    What is no word the stylesheet draws, so that copying gives words; the keyboard reaches it too.
    """
    last = sentence.end == paragraph_end
    said = escape(_end(sentence, page, last, view))
    kind = "stop last" if last else "stop"
    mark = f'<span class="{kind}" role="img" tabindex="0" aria-label="{said}" title="{said}"></span>'
    if view.like and sentence.end - sentence.start >= MIN_LETTERS:
        to = link(addresses, Region(page.volume.name, sentence.start, sentence.end), "search")
        mark += f'<a class="like" href="{to}" aria-label="{LIKE}" title="{LIKE}"></a>'
    return f'<span class="sentence">{" ".join(_words(sentence, page, view.lines))}{mark}</span>'


def _end(sentence: Sentence, page: Page, last: bool, view: View) -> str:
    """Say why a sentence, and with the last one the paragraph, ends here."""
    volume = page.volume
    what = "sentence and paragraph end here" if last else "sentence ends here"
    if sentence.end == volume.length:
        return f"{what}, with the volume"
    if last and len(volume.gaps(sentence.end, sentence.end + 1)):
        return f"{what}, before a gap"
    odds = odds_in_words(sentence.strength)
    if last and sentence.end in view.paragraphs:
        odds = f"sentence {odds}; paragraph {odds_in_words(view.paragraphs[sentence.end])}"
    return f"{what}, log-odds {odds}" + (f" ({view.signal})" if view.signal else "")


def _words(sentence: Sentence, page: Page, lines: interlinear.Lines) -> Iterable[str]:
    """Each word, its place as a tooltip, the lines under it; ends of the region asked for are marked."""
    asked = page.region
    head, tail = page.volume.origin + 1, page.volume.origin
    contig = escape(page.volume.contig)
    for word in sentence.words:
        kind = "w" if word.kind == "word" else "w l"
        if word.start <= asked.start < word.end and asked.start > page.start:
            kind += " asked-first"
        if word.start < asked.end <= word.end and asked.end < page.end:
            kind += " asked-last"
        what = f"word {word.id}" if word.kind == "word" else "a letter that is not A, C, G or T"
        title = f"{contig}:{word.start + head:,}-{word.end + tail:,}, {what}"
        if lines.texts:
            yield interlinear.cell(word, kind, title, lines)
        else:
            yield f'<span class="{kind}" title="{title}">{escape(word.text)}</span>'


def _name(gene: Any) -> str:
    return escape(gene.name or gene.gene_id or "unnamed gene")


def _bar(gene: Any, block: Paragraph | Gap) -> str:
    """The part of a gene that lies along a block, to scale; an end of the gene is a thick edge."""
    side, arrow, spoken = STRANDS.get(gene.strand, _NO_STRAND)
    length = block.end - block.start
    top = 100 * (max(gene.start, block.start) - block.start) / length
    height = 100 * (min(gene.end, block.end) - block.start) / length - top
    kind = f"bar {side}{' first' * (gene.start >= block.start)}{' last' * (gene.end <= block.end)}"
    return (
        f'<div class="{kind}" style="--lane:{gene.lane};top:{top:.2f}%;height:{height:.2f}%" '
        f'title="{_name(gene)}, {spoken}">{arrow} {_name(gene)} {arrow}</div>'
    )


def _note(addresses: Addresses, volume: Volume, gene: Any, block: Paragraph | Gap, view: View) -> str:
    """One line on a gene: name, strand, extent, what it makes, and whether it begins or ends here."""
    _, arrow, spoken = STRANDS.get(gene.strand, _NO_STRAND)
    what = gene.description or gene.biotype
    ends = {(True, True): "", (True, False): ", begins here", (False, True): ", ends here"}
    state = ends.get((gene.start >= block.start, gene.end <= block.end), ", goes on")
    cut = ", cut by the edge of this volume" if gene.clipped else ""
    said = f" <i>{escape(what)}</i>" if what else ""
    to = link(addresses, Region(volume.name, gene.start, gene.end), kept=view.kept)
    return (
        f'<li><a href="{to}">{_name(gene)}</a> '
        f'<span class="dir" role="img" aria-label="{spoken}">{arrow}</span> '
        f"{coordinates(volume, gene.start, gene.end)}{said}{state}{cut}</li>"
    )
