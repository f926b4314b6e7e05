"""The log-odds track over the text: every gap between words, no threshold, in HTML and CSS to scale."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from genomebook.book.page import Page, Paragraph
from genomebook.book.read import Words
from genomebook.book.schema import STRENGTH_UNIT
from genomebook.language.alphabet import GAP
from genomebook.render.numbers import plural, signed

LETTERS_A_LINE = 500
"""Letters in one line of the track; wide screens put two lines side by side."""
MOST_GAP = 25
"""A run of N is drawn no longer than so many letters."""


@dataclass(frozen=True)
class Track:
    """What is drawn.

    Attributes
    ----------
    signal : str
        Name of the signal shown.
    used : str
        Name of the signal that cut the book.
    starts, ends : int64[m]
        Of consecutive words, 0-based half-open in the volume.
    is_gap : bool[m]
        Which of them are runs of N.
    odds : float[m, 2]
        Log-odds, nats, that a sentence (column 0) or paragraph (column 1) ends after each word.
    sentence_ends, paragraph_ends : int64[...]
        Letters before each end of the book.
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


def page_track(page: Page, words: Words, signal: str, used: str) -> Track:
    """Gather what `strength_track` draws of a page.

    Parameters
    ----------
    page : Page
        The page.
    words : Words
        All words of it, as ``page.volume.words(page.start, page.end)`` gives them.
    signal, used : str
        The signal to show, and the one that cut the book.
    """
    paragraphs = [block for block in page.blocks if isinstance(block, Paragraph)]
    ends = [sentence.end for block in paragraphs for sentence in block.sentences]
    return Track(
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


def paragraph_odds(track: Track) -> dict[int, float]:
    """Log-odds of a paragraph's end at each of those of a track, by the letters before it."""
    at = np.flatnonzero(np.isin(track.ends, track.paragraph_ends))
    return dict(zip(track.ends[at].tolist(), track.odds[at, 1].tolist(), strict=True))


def strength_track(track: Track) -> str:
    """Draw the track of a page.

    A bar for each gap between words, up or down from 0, says how much speaks for the end of a sentence there;
    a dash says the same of a paragraph. Gaps where the book ends a sentence or paragraph are marked.

    Parameters
    ----------
    track : Track
        Words of the page; without any there is nothing to draw.

    Returns
    -------
    str
        HTML: one element for each word, in lines of about `LETTERS_A_LINE` letters.
    """
    if not len(track.starts):
        return ""
    scale = _Scale.of(track.odds[_between(track)])
    size = track.ends - track.starts
    wide = np.where(track.is_gap, np.minimum(size, MOST_GAP), size)
    place = (np.cumsum(wide) - 1) // LETTERS_A_LINE
    is_sentence = np.isin(track.ends, track.sentence_ends).tolist()
    is_paragraph = np.isin(track.ends, track.paragraph_ends).tolist()
    lines = []
    for number in np.unique(place):
        here = np.flatnonzero(place == number)
        slots = "".join(
            _slot(track, i, int(wide[i]), scale, is_sentence[i], is_paragraph[i]) for i in here.tolist()
        )
        rest = LETTERS_A_LINE - int(wide[here].sum())
        slots += f'<i style="--n:{rest}"></i>' if rest > 0 else ""
        lines.append(_line(track, int(track.starts[here[0]]), slots, scale))
    said = escape(_spoken(track))
    return (
        f'<figure class="odds" style="--z:{scale.height(0):.1f}%">'
        f'<div class="lines" role="img" aria-label="{said}">{"".join(lines)}</div>'
        f"<figcaption>{_caption(track)}</figcaption></figure>"
    )


def _between(track: Track) -> NDArray[np.bool_]:
    """Words with another word after them, as far as the track knows."""
    following = np.append(track.is_gap[1:], False)
    found: NDArray[np.bool_] = ~track.is_gap & ~following
    return found


@dataclass(frozen=True)
class _Scale:
    """Log-odds at the bottom and the top of a line."""

    low: float
    high: float

    @classmethod
    def of(cls, odds: NDArray[np.float64]) -> _Scale:
        """Scale that holds 0, a nat to both sides, and all that is drawn."""
        return cls(float(odds.min(initial=-1.0)), float(odds.max(initial=1.0)))

    def height(self, value: float) -> float:
        """Way down from the top, in per cent."""
        return 100 * (self.high - value) / (self.high - self.low)


def _slot(track: Track, i: int, wide: int, scale: _Scale, is_sentence: bool, is_paragraph: bool) -> str:
    """One word as wide as its letters, with the bar and the dash of the gap after it at its right edge."""
    start, end = int(track.starts[i]), int(track.ends[i])
    if track.is_gap[i]:
        return f'<i class="n" style="--n:{wide}" title="gap: {plural(end - start, "letter")} of N"></i>'
    sentence, paragraph = track.odds[i].tolist()
    top, bottom = scale.height(max(sentence, 0.0)), scale.height(min(sentence, 0.0))
    kind, mark, said = ' class="d"' if sentence < 0 else "", "", ""
    if is_paragraph:
        kind, mark, said = ' class="p"', "<b>¶</b>", ": the paragraph ends here"
    elif is_sentence:
        kind, mark, said = ' class="e"', "<b>•</b>", ": a sentence ends here"
    title = (
        f"after {escape(track.contig)}:{track.origin + end:,}{said}; "
        f"sentence {signed(sentence)}, paragraph {signed(paragraph)}"
    )
    drawn = f"--n:{wide};--t:{top:.1f}%;--h:{bottom - top:.1f}%;--p:{scale.height(paragraph):.1f}%"
    return f'<i{kind} style="{drawn}" title="{title}">{mark}</i>'


def _line(track: Track, start: int, slots: str, scale: _Scale) -> str:
    """A line with its scale to the left and the position of its first letter below."""
    ticks = "".join(
        f'<span style="top:{scale.height(value):.1f}%">{text}</span>'
        for value, text in ((scale.high, signed(scale.high)), (0.0, "0"), (scale.low, signed(scale.low)))
    )
    return (
        f'<div class="line"><div class="scale">{ticks}</div><div class="slots">{slots}</div>'
        f'<div class="from">{track.origin + start + 1:,}</div></div>'
    )


def _caption(track: Track) -> str:
    """The key: what bar, dash and marks are."""
    cut = "this signal" if track.used == track.signal else f"the signal {escape(track.used)}"
    return (
        f"Log-odds of the signal <b>{escape(track.signal)}</b>, in nats, at every gap between words: a bar "
        "for the end of a sentence, a dash for the end of a paragraph; above 0 speaks for it, below against. "
        f"• a sentence and ¶ a paragraph of this book ends, as {cut} and the lengths of English ones decided."
    )


def _spoken(track: Track) -> str:
    """Say what the track shows: how many gaps, their range, where it is strongest."""
    between = np.flatnonzero(_between(track))
    said = f"Log-odds of the signal {track.signal} at {plural(len(between), 'gap')} between words"
    if not len(between):
        return said
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
        f"{said}, from {signed(float(odds.min()))} to {signed(float(odds.max()))} nats for the end of a "
        f"sentence; highest after {places}; {ends} end here"
    )
