"""A page of a book as HTML and CSS, without script or SVG, so that a sanitizer leaves it whole.

What is drawn in the margins cannot be selected: copying from a page gives words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import pandas as pd
from markupsafe import Markup

from genomebook.annotation.attributes import for_people
from genomebook.book import Volume
from genomebook.book.page import Gap, Page, Paragraph, Sentence
from genomebook.book.places import Unit
from genomebook.genome.regions import Addresses, Region
from genomebook.render.numbers import signed
from genomebook.render.page import interlinear
from genomebook.render.signals import look
from genomebook.render.templating import FilledRow, render
from genomebook.search.query import MIN_LETTERS

STRANDS = {"+": ("plus", "→", "plus strand"), "-": ("minus", "←", "minus strand")}
"""CSS class, arrow and name of each strand."""
_NO_STRAND = ("none", "·", "strand not known")
SIMILAR = "Find sentences like this"
MAX_LANES = 4
"""Lanes for genes that overlap; further genes share the last lane, and all are named in the notes."""
MAX_NAMES = 12
"""Genes named in the summary of a page."""


class DrawnSentence(NamedTuple):
    """Words, what ends them (CSS class and text), and the link to similar sentences, if there is one."""

    words: list[FilledRow]
    stop: str
    end: str
    similar: str


class GeneBar(NamedTuple):
    """A gene along a block: CSS class, lane, top and height in per cent of the block, name, strand."""

    kind: str
    lane: int
    top: float
    height: float
    name: str
    arrow: str
    strand: str


class GeneNote(NamedTuple):
    """A note on a gene: link, name, strand, coordinates, product, where the gene goes on."""

    to: str
    name: str
    arrow: str
    strand: str
    where: str
    what: str
    state: str


class DrawnBlock(NamedTuple):
    """A paragraph, with sentences, or a gap, with its length in bases; the genes beside it."""

    label: str
    sign: str
    where: str
    sentences: list[DrawnSentence]
    gap: int
    bars: list[GeneBar]
    notes: list[GeneNote]


def coordinates(volume: Volume, start: int, end: int) -> str:
    """Write a range as people read it: on the contig, 1-based inclusive, without the contig's name.

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
    """Relative address of the Read page at a region, with other query parameters."""
    more = f"&{urlencode(kept)}" if kept else ""
    # Percent-encoded as browsers do it: a bare colon would be rewritten, one more step for "back" to undo.
    return f"{page}?loc={quote(addresses.format(region, commas=False), safe='-')}{more}"


def facts(rows: Mapping[str, str]) -> Markup:
    """Names and values as a list in which long digests wrap and can be copied."""
    return render("facts.j2", rows=rows)


def lanes(genes: pd.DataFrame, max_lanes: int = MAX_LANES) -> list[int]:
    """Lane of each gene, so that genes that overlap lie side by side.

    Parameters
    ----------
    genes : DataFrame
        Rows sorted by start; int columns start and end, 0-based half-open.
    max_lanes : int
        Number of lanes; genes that fit in none go to the last.
    """
    ends: list[int] = []
    assigned: list[int] = []
    for start, end in zip(genes["start"], genes["end"], strict=True):
        lane = next((i for i, lane_end in enumerate(ends) if lane_end <= start), len(ends))
        lane = min(lane, max_lanes - 1)
        ends[lane : lane + 1] = [max([end, *ends[lane : lane + 1]])]
        assigned.append(lane)
    return assigned


def odds_in_words(value: float) -> str:
    """Write log-odds (nats) for students: ``+1.3 nats, about 4 to 1 for``."""
    ratio = math.exp(abs(value))
    side = "for" if value > 0 else "against"
    return f"{signed(value)} nats, " + ("about even" if ratio < 1.5 else f"about {ratio:,.0f} to 1 {side}")


@dataclass(frozen=True)
class View:
    """How a page is shown.

    Attributes
    ----------
    signal : str
        The signal that placed the boundaries; empty when it is not known.
    paragraphs : mapping of int to float
        Log-odds, nats, of each paragraph's end, by the bases before it; shown on the end marks.
    kept : mapping of str to str
        Query parameters that links to other pages of the book keep.
    lines : WordLines
        Lines under each word.
    glosses : mapping of str to str
        Gloss by word, inserted where a title in DNA words is shown on hover.
    is_searchable : bool
        Whether sentences that are long enough link to a search for similar ones.
    """

    signal: str = ""
    paragraphs: Mapping[int, float] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    lines: interlinear.WordLines = field(default_factory=interlinear.WordLines)
    glosses: Mapping[str, str] = field(default_factory=dict)
    is_searchable: bool = False


def book_page(
    addresses: Addresses,
    page: Page,
    genes: pd.DataFrame,
    units: Sequence[Unit],
    strip: str = "",
    track: str = "",
    view: View | None = None,
) -> Markup:
    """One page, set like a printed book: running head, coordinates, text, genes beside it.

    Parameters
    ----------
    addresses : Addresses
        Writes the links.
    page : Page
        From `genomebook.book.page.open_page`.
    genes : DataFrame
        Genes that overlap the page, from `genomebook.annotation.genes.Genes.overlapping`.
    units : sequence of Unit
        Part, chapter and section at the top of the page.
    strip : Markup
        The strip under the running head (`genomebook.render.page.picture.strip`).
    track : Markup
        The log-odds track over the text (`genomebook.render.page.track.strength_track`).
    view : View, optional
        Lines under the words, tooltips and links.
    """
    view = view or View()
    assigned = lanes(genes)
    drawn_genes = list(zip(genes.itertuples(), assigned, strict=True))
    blocks = [
        _block(addresses, block, page, drawn_genes, view, is_first=i == 0)
        for i, block in enumerate(page.blocks)
    ]
    return render(
        "page.j2",
        contig=page.volume.contig,
        where=coordinates(page.volume, page.start, page.end),
        units=[(unit, other_titles(unit, view.glosses)) for unit in units],
        lanes=max(assigned, default=-1) + 1,
        strip=strip,
        summary=_summary(page, genes),
        track=track,
        lines=list(view.lines.texts),
        blocks=blocks,
        similar=SIMILAR,
    )


def other_titles(unit: Unit, glosses: Mapping[str, str]) -> str:
    """Titles of a unit other than the one shown; empty when there are none.

    The title in its own words comes with the gloss of each (`genomebook.render.page.interlinear.glossed`),
    and then also where it is the one shown.
    """
    others = {
        "in its own words": interlinear.glossed(unit.extract, glosses),
        "as the model wrote": unit.generated,
    }
    return "; ".join(f"{how}: {title}" for how, title in others.items() if title and title != unit.title)


def _summary(page: Page, genes: pd.DataFrame) -> str:
    """One line: length of the page, the region requested, genes."""
    text = f"{page.end - page.start:,} letters"
    region = page.region
    if (region.start, region.end) != (page.start, page.end):
        text += f", asked for {coordinates(page.volume, region.start, region.end)}"
        text += "; it goes on after this page" if page.more else ""
    names = [f"{name} ({strand})" for name, strand in zip(genes["name"], genes["strand"], strict=True)]
    if names:
        text += f"; genes: {', '.join(names[:MAX_NAMES])}"
        text += f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return text


def _block(
    addresses: Addresses,
    block: Paragraph | Gap,
    page: Page,
    genes: Sequence[tuple[Any, int]],
    view: View,
    is_first: bool,
) -> DrawnBlock:
    """A paragraph or gap; a note stands where a gene begins, ends or comes into sight."""
    volume = page.volume
    near = [(gene, lane) for gene, lane in genes if gene.start < block.end and gene.end > block.start]
    sentences: list[DrawnSentence] = []
    if isinstance(block, Paragraph):
        label, sign = f"Paragraph {block.number + 1:,}", f"¶ {block.number + 1:,}"
        sentences = [_sentence(addresses, sentence, page, block.end, view) for sentence in block.sentences]
    else:
        label = sign = "gap"
    return DrawnBlock(
        label,
        sign,
        coordinates(volume, block.start, block.end),
        sentences,
        block.end - block.start,
        [_bar(gene, lane, block) for gene, lane in near],
        [
            _note(addresses, volume, gene, block, view)
            for gene, _ in near
            if is_first or gene.start >= block.start or gene.end <= block.end
        ],
    )


def _sentence(
    addresses: Addresses, sentence: Sentence, page: Page, paragraph_end: int, view: View
) -> DrawnSentence:
    is_last = sentence.end == paragraph_end
    similar = ""
    if view.is_searchable and sentence.end - sentence.start >= MIN_LETTERS:
        similar = link(addresses, Region(page.volume.name, sentence.start, sentence.end), "search")
    words = list(_words(sentence, page, view.lines))
    stop = "stop last" if is_last else "stop"
    return DrawnSentence(
        words, stop, why_it_ends(sentence, page, is_last, view.signal, view.paragraphs), similar
    )


def why_it_ends(
    sentence: Sentence, page: Page, is_last: bool, signal: str, paragraphs: Mapping[int, float]
) -> str:
    """Say why a sentence, and with the last one the paragraph, ends where it does.

    Parameters
    ----------
    sentence : Sentence
        Of the page.
    page : Page
        The page.
    is_last : bool
        Whether the paragraph ends with it.
    signal : str
        The signal that placed the boundaries; empty when it is not known.
    paragraphs : mapping of int to float
        Log-odds, nats, of each paragraph's end, by the bases before it.
    """
    volume = page.volume
    what = "sentence and paragraph end here" if is_last else "sentence ends here"
    if sentence.end == volume.length:
        return f"{what}, with the sequence"
    if is_last and len(volume.gaps(sentence.end, sentence.end + 1)):
        return f"{what}, before a gap"
    odds = odds_in_words(sentence.strength)
    if is_last and sentence.end in paragraphs:
        odds = f"sentence {odds}; paragraph {odds_in_words(paragraphs[sentence.end])}"
    return f"{what}, log-odds {odds}" + (f" ({look(signal).label})" if signal else "")


def _words(sentence: Sentence, page: Page, lines: interlinear.WordLines) -> Iterator[FilledRow]:
    """Each word with its place as a tooltip; the words at the ends of the region requested are marked."""
    region = page.region
    head, tail = page.volume.origin + 1, page.volume.origin
    contig = page.volume.contig
    for word in sentence.words:
        kind = "w" if word.kind == "word" else "w l"
        if word.start <= region.start < word.end and region.start > page.start:
            kind += " asked-first"
        if word.start < region.end <= word.end and region.end < page.end:
            kind += " asked-last"
        what = f"word {word.id}" if word.kind == "word" else "a letter that is not A, C, G or T"
        title = f"{contig}:{word.start + head:,}-{word.end + tail:,}, {what}"
        yield lines.row(word, kind, title)


def _name(gene: Any) -> str:
    return str(gene.name or gene.gene_id or "unnamed gene")


def _bar(gene: Any, lane: int, block: Paragraph | Gap) -> GeneBar:
    """The part of a gene that lies along a block, to scale; an end of the gene is a thick edge."""
    side, arrow, strand = STRANDS.get(gene.strand, _NO_STRAND)
    length = block.end - block.start
    top = 100 * (max(gene.start, block.start) - block.start) / length
    height = 100 * (min(gene.end, block.end) - block.start) / length - top
    kind = f"bar {side}{' first' * (gene.start >= block.start)}{' last' * (gene.end <= block.end)}"
    return GeneBar(kind, lane, top, height, _name(gene), arrow, strand)


def _note(addresses: Addresses, volume: Volume, gene: Any, block: Paragraph | Gap, view: View) -> GeneNote:
    _, arrow, strand = STRANDS.get(gene.strand, _NO_STRAND)
    ends = {(True, True): "", (True, False): ", begins here", (False, True): ", ends here"}
    state = ends.get((gene.start >= block.start, gene.end <= block.end), ", goes on")
    state += ", cut by the edge of this sequence" if gene.clipped else ""
    to = link(addresses, Region(volume.name, gene.start, gene.end), kept=view.kept)
    where = coordinates(volume, gene.start, gene.end)
    what = for_people(gene.description) or gene.biotype
    return GeneNote(to, _name(gene), arrow, strand, where, what, state)
