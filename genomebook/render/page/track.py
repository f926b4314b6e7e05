"""The log-odds track over the text: every gap between words, no threshold, in HTML and CSS to scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from genomebook.book.page import Page, Paragraph
from genomebook.book.read import Words
from genomebook.book.schema import STRENGTH_UNIT
from genomebook.genome.stretches import equal_runs
from genomebook.language.alphabet import GAP
from genomebook.render.numbers import plural, signed
from genomebook.render.templating import FilledRow, render

BASES_PER_LINE = 500
"""Bases in one line of the track; wide screens put two lines side by side."""
MAX_GAP = 25
"""Bases up to which a run of N is drawn to scale."""


@dataclass(frozen=True)
class StrengthTrack:
    """Words of a page with the log-odds of the gaps after them.

    Attributes
    ----------
    signal : str
        Name of the signal shown.
    used : str
        Name of the signal that placed the boundaries of the book.
    starts, ends : int64[m]
        Of consecutive words, 0-based half-open in the volume.
    is_gap : bool[m]
        Which of them are runs of N.
    odds : float[m, 2]
        Log-odds, nats, that a sentence (column 0) or paragraph (column 1) ends after each word.
    sentence_ends, paragraph_ends : int64[...]
        Bases before each end in the book.
    contig : str
        Name for people.
    origin : int
        Added to positions for people.
    """

    signal: str
    used: str
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    is_gap: NDArray[np.bool_]
    odds: NDArray[np.float64]
    sentence_ends: NDArray[np.int64]
    paragraph_ends: NDArray[np.int64]
    contig: str
    origin: int = 0


def page_track(page: Page, words: Words, signal: str, used: str) -> StrengthTrack:
    """Gather what `strength_track` draws of a page.

    Parameters
    ----------
    page : Page
        The page.
    words : Words
        All words of it, as ``page.volume.words(page.start, page.end)`` gives them.
    signal, used : str
        The signal to show, and the one that placed the boundaries.
    """
    paragraphs = [block for block in page.blocks if isinstance(block, Paragraph)]
    ends = [sentence.end for block in paragraphs for sentence in block.sentences]
    return StrengthTrack(
        signal=signal,
        used=used,
        starts=words.starts,
        ends=words.ends,
        is_gap=words.ids == GAP,
        odds=words.signals[signal].astype(np.float64) * STRENGTH_UNIT,
        sentence_ends=np.array(ends, np.int64),
        paragraph_ends=np.array([block.end for block in paragraphs], np.int64),
        contig=page.volume.contig,
        origin=page.volume.origin,
    )


def paragraph_odds(track: StrengthTrack) -> dict[int, float]:
    """Log-odds of a paragraph's end at each of those of a track, by the bases before it."""
    at = np.flatnonzero(np.isin(track.ends, track.paragraph_ends))
    return dict(zip(track.ends[at].tolist(), track.odds[at, 1].tolist(), strict=True))


def strength_track(track: StrengthTrack) -> Markup:
    """Draw the track of a page.

    A bar for each gap between words, up or down from 0, says how much speaks for the end of a sentence there;
    a dash says the same of a paragraph. Gaps where the book ends a sentence or paragraph are marked.

    Parameters
    ----------
    track : StrengthTrack
        Words of the page; without any there is nothing to draw.

    Returns
    -------
    Markup
        One element for each word, in lines of about `BASES_PER_LINE` bases.
    """
    if not len(track.starts):
        return Markup("")
    between = np.flatnonzero(~track.is_gap & ~np.append(track.is_gap[1:], False))
    scale = OddsScale.of(track.odds[between])
    size = track.ends - track.starts
    widths = np.where(track.is_gap, np.minimum(size, MAX_GAP), size)
    is_paragraph = np.isin(track.ends, track.paragraph_ends)
    is_sentence = np.isin(track.ends, track.sentence_ends)
    columns = (track.starts, track.ends, track.is_gap, track.odds, widths, is_sentence, is_paragraph)
    slots = [_slot(track, scale, *row) for row in zip(*(column.tolist() for column in columns), strict=True)]
    line = (np.cumsum(widths) - 1) // BASES_PER_LINE
    drawn = []
    for begin, end in equal_runs(line).tolist():
        rest = BASES_PER_LINE - int(widths[begin:end].sum())
        filler: list[FilledRow] = [("rest", (f"--n:{rest}",))] if rest > 0 else []
        drawn.append((track.origin + int(track.starts[begin]) + 1, slots[begin:end] + filler))
    ticks = [(scale.high, signed(scale.high)), (0.0, "0"), (scale.low, signed(scale.low))]
    return render(
        "track.j2",
        zero=scale.height(0),
        label=_label(track, between),
        lines=drawn,
        ticks=[(scale.height(value), text) for value, text in ticks],
        signal=track.signal,
        used=track.used,
    )


@dataclass(frozen=True)
class OddsScale:
    """Log-odds at the bottom and the top of a line."""

    low: float
    high: float

    @classmethod
    def of(cls, odds: NDArray[np.float64]) -> OddsScale:
        """Scale that holds 0, a nat to both sides, and all that is drawn."""
        return cls(float(odds.min(initial=-1.0)), float(odds.max(initial=1.0)))

    def height(self, value: float) -> float:
        """Distance from the top, in per cent."""
        return 100 * (self.high - value) / (self.high - self.low)


def _slot(
    track: StrengthTrack,
    scale: OddsScale,
    start: int,
    end: int,
    is_gap: bool,
    odds: tuple[float, float],
    width: int,
    is_sentence: bool,
    is_paragraph: bool,
) -> FilledRow:
    """Row of ``track.j2`` for a word as wide as its letters; bar and dash are those of the gap after it."""
    if is_gap:
        return "n", (f"--n:{width}", f"gap: {plural(end - start, 'letter')} of N")
    sentence, paragraph = odds
    kind, what = "d" if sentence < 0 else "u", ""
    if is_paragraph:
        kind, what = "p", ": the paragraph ends here"
    elif is_sentence:
        kind, what = "e", ": a sentence ends here"
    top, bottom = scale.height(max(sentence, 0.0)), scale.height(min(sentence, 0.0))
    title = (
        f"after {track.contig}:{track.origin + end:,}{what}; "
        f"sentence {signed(sentence)}, paragraph {signed(paragraph)}"
    )
    style = f"--n:{width};--t:{top:.1f}%;--h:{bottom - top:.1f}%;--p:{scale.height(paragraph):.1f}%"
    return kind, (style, title)


def _label(track: StrengthTrack, between: NDArray[np.intp]) -> str:
    """What the track shows, for screen readers: number of gaps, their range, where it is highest."""
    label = f"Log-odds of the signal {track.signal} at {plural(len(between), 'gap')} between words"
    if not len(between):
        return label
    odds = track.odds[between, 0]
    best = between[np.argsort(-odds, kind="stable")[:3]]
    places = ", ".join(
        f"{track.contig}:{track.origin + int(track.ends[i]):,} ({signed(float(track.odds[i, 0]))})"
        for i in best
    )
    ends = (
        f"{plural(len(track.sentence_ends), 'sentence')} and {plural(len(track.paragraph_ends), 'paragraph')}"
    )
    return (
        f"{label}, from {signed(float(odds.min()))} to {signed(float(odds.max()))} nats for the end of a "
        f"sentence; highest after {places}; {ends} end here"
    )
