"""Hand-outs of the tour for print: a page to read, a worksheet, and its answers, as one PDF."""

from __future__ import annotations

from collections.abc import Sequence

from genomebook.errors import BookError
from genomebook.export.figure import (
    INK,
    MARGIN,
    MONO,
    PAPERS,
    RULE,
    SOFT,
    Drawing,
    Label,
    Sheet,
    Stroke,
    pdf,
    printable,
    text_width,
)
from genomebook.teaching.glossary import with_terms
from genomebook.teaching.passages import ClassPassage, LetterPiece
from genomebook.teaching.stops import TourStop

TEXT, SMALL, HEAD, TITLE = 9.5, 8.0, 11.0, 17.0
"""Sizes of type in points."""

LINE = 1.4
"""Height of a line over its size."""

RULED = 2
"""Ruled lines for an answer."""

RULED_HEIGHT = 18.0


def handout(stops: Sequence[TourStop], title: str, digest: str, paper: str = "A4") -> bytes:
    """Make the hand-outs of a tour.

    Parameters
    ----------
    stops : sequence of TourStop
        From `genomebook.teaching.tour.Tour.stops`; those that the book lacks are left out.
    title : str
        Of the book.
    digest : str
        Of the book: what was asked of it can be asked of the same book again.
    paper : str
        Key of `genomebook.export.figure.PAPERS`.

    Returns
    -------
    bytes
        PDF: the page to read on one sheet, the worksheet and the answers on sheets of their own. The same
        book gives the same bytes.

    Raises
    ------
    BookError
        The book can show none of the stops.
    """
    shown = [stop for stop in stops if not stop.missing]
    if not shown:
        raise BookError(f"{title}: has nothing that a stop of the tour shows; take a longer book")
    sheets = []
    for heading, part in (("A tour in DNA", _to_read), ("Worksheet", _to_do), ("Answers", _solved)):
        flow = HandoutFlow(heading, f"{title} · book {digest[:12]}", paper)
        part(flow, shown)
        sheets += flow.sheets
    return pdf(Drawing(f"A tour in DNA: {title}", sheets))


class HandoutFlow:
    """Text and letters set from the top of a sheet down; further sheets follow where one is full.

    Parameters
    ----------
    heading : str
        Stands on each sheet.
    foot : str
        Stands at the foot of each.
    paper : str
        Key of `PAPERS`.
    """

    def __init__(self, heading: str, foot: str, paper: str) -> None:
        self.sheets: list[Sheet] = []
        self._heading, self._foot, self._size = printable(heading), printable(foot), PAPERS[paper]
        self._width = self._size[0] - 2 * MARGIN
        self._new()

    def _new(self) -> None:
        width, height = self._size
        self._sheet = Sheet(width, height)
        self._sheet.items.append(Label(MARGIN, MARGIN + TITLE, self._heading, TITLE))
        self._sheet.items.append(Label(MARGIN, height - MARGIN / 2, self._foot, SMALL, colour=SOFT))
        self.sheets.append(self._sheet)
        self._y = MARGIN + TITLE * LINE

    def room(self, height: float) -> None:
        """Go on to a new sheet if less than this height is left."""
        if self._y + height > self._size[1] - MARGIN:
            self._new()

    def text(self, text: str, size: float = TEXT, colour: str = INK) -> None:
        """Set a paragraph, its words wrapped."""
        for line in wrapped(printable(text), size, self._width):
            self.room(size * LINE)
            self._y += size * LINE
            self._sheet.items.append(Label(MARGIN, self._y, line, size, colour=colour))

    def space(self, height: float) -> None:
        """Leave some height free."""
        self._y += height

    def ruled(self, lines: int) -> None:
        """Lines to write on."""
        for _ in range(lines):
            self.room(RULED_HEIGHT)
            self._y += RULED_HEIGHT
            ends = ((MARGIN, self._y), (MARGIN + self._width, self._y))
            self._sheet.items.append(Stroke(ends, RULE))

    def passage(self, passage: ClassPassage) -> None:
        """Set the letters of a passage; marked pieces are bracketed, names stand in a line below."""
        self.text(f"{passage.title} {passage.place}".strip(), SMALL, SOFT)
        for letters, under in columns(passage.pieces, int(self._width / text_width("A", TEXT, MONO))):
            self.room(2 * TEXT * LINE)
            for line, colour in ((letters, INK), (under, SOFT)):
                if line:
                    self._y += TEXT * LINE
                    self._sheet.items.append(Label(MARGIN, self._y, line, TEXT, MONO, colour))
        self.space(3)


def wrapped(text: str, size: float, width: float) -> list[str]:
    """Lines of a text that are at most so many points wide; a longer word is broken."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size) <= width:
            lines[-1] = longer
            continue
        most = max(1, int(width / text_width("W", size)))
        parts = [word[at : at + most] for at in range(0, len(word), most)]
        if text_width(word, size) <= width:
            parts = [word]
        lines += parts if lines[-1] else [parts[0], *parts[1:]]
    return [line for line in lines if line] or [""]


def columns(pieces: Sequence[LetterPiece], width: int) -> list[tuple[str, str]]:
    """Lines of letters and what stands under them, at most so many characters wide.

    Pieces with a name are set apart by spaces, as words are; what the stop is about stands in brackets.
    """
    lines = [("", "")]
    for text, under in map(_cell, pieces):
        while text or under:
            letters, names = lines[-1]
            left = width - len(letters)
            if (len(text) > left or len(under) > left) and (under or left < 8) and letters:
                lines.append(("", ""))
                continue
            now = text[:left]
            size = max(len(now), min(len(under), left))
            lines[-1] = letters + now.ljust(size), names.ljust(len(letters)) + under[:size].ljust(size)
            text, under = text[left:], ""
    return [(letters.rstrip(), under.rstrip()) for letters, under in lines if letters.strip()]


def _cell(piece: LetterPiece) -> tuple[str, str]:
    letters = f"[{piece.letters}]" if piece.mark in ("same", "start", "stop") else piece.letters
    if piece.under:
        size = max(len(letters), len(piece.under)) + 1
        return letters.ljust(size), printable(piece.under, MONO).ljust(size)
    return f"{letters} " if piece.mark in ("odd", "even") else letters, ""


def _to_read(flow: HandoutFlow, stops: Sequence[TourStop]) -> None:
    """The texts of the stops on one page, with the terms that they use."""
    seen: set[str] = set()
    used = [piece.term for stop in stops for piece in with_terms(stop.text, seen) if piece.term]
    for stop in stops:
        flow.text(f"{stop.number}. {stop.title}", HEAD)
        flow.text(" ".join(stop.text.splitlines()), TEXT - 0.5)
        flow.space(2)
    flow.space(4)
    flow.text("Words to know", HEAD)
    for term in sorted(used):
        flow.text(f"{term.name}: {term.meaning}", SMALL - 0.5, SOFT)


def _to_do(flow: HandoutFlow, stops: Sequence[TourStop]) -> None:
    """The question of each stop, its letters and lines to write on."""
    flow.text("Name: ____________________    Class: ____________________", TEXT)
    for stop in stops:
        flow.space(8)
        flow.room(120)
        flow.text(f"{stop.number}. {stop.question}", HEAD - 1)
        for passage in stop.before:
            flow.passage(passage)
        flow.ruled(RULED)


def _solved(flow: HandoutFlow, stops: Sequence[TourStop]) -> None:
    """The answer of each stop with its figures."""
    for stop in stops:
        flow.space(6)
        flow.room(80)
        flow.text(f"{stop.number}. {stop.title}", HEAD)
        flow.text(stop.answer)
        for passage in stop.after:
            flow.passage(passage)
        for fact in stop.facts:
            flow.text(fact, SMALL, SOFT)
