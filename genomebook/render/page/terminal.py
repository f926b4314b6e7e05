"""A page for the terminal: each word over its lines, wrapped together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.cells import cell_len
from rich.text import Text

from genomebook.book.page import LIMIT, Gap, Page, Paragraph, Word
from genomebook.book.read import Book
from genomebook.errors import BookError
from genomebook.genome.regions import Region
from genomebook.options import check_choice
from genomebook.render.numbers import plural
from genomebook.render.page.interlinear import LINES, WordLines, missing, words_of_paragraphs

SURPRISAL = "surprisal"
_STYLES = ("bold #56B4E9", "bold #E69F00")
"""Neighbouring words alternate between two colours of the Okabe-Ito palette; spaces part them as well."""


def read_lines(book: Book, text: str) -> tuple[str, ...]:
    """Take apart the names of lines to set under the words, such as ``gloss,tag``.

    Raises
    ------
    OptionError
        A name is none of surprisal, gloss and tag.
    BookError
        The book has no such line.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        check_choice("--lines", name, (SURPRISAL, *LINES))
    for name in LINES:
        if name in names and (absent := missing(book, name)):
            raise BookError(f"{book.path}: {absent}")
    return names


def blocks_of_region(page: Page, limit: int) -> list[Paragraph | Gap]:
    """Blocks of a page cut to its region, and to `limit` bases, gaps not counted.

    An ellipsis stands for the letters of a word that lie outside; a sentence keeps its end, so that it can be
    told whether it is whole.
    """
    blocks: list[Paragraph | Gap] = []
    for block in page.blocks:
        start, end = max(block.start, page.region.start), min(block.end, page.region.end)
        if isinstance(block, Paragraph):
            end = min(end, start + limit)
            limit -= end - start
        if start >= end:
            break
        if isinstance(block, Gap):
            blocks.append(Gap(start, end))
        else:
            sentences = [
                replace(
                    one,
                    words=[
                        _cut(word, start, end) for word in one.words if start < word.end and word.start < end
                    ],
                )
                for one in block.sentences
                if start < one.end and one.start < end
            ]
            blocks.append(Paragraph(block.number, start, end, sentences))
    return blocks


def _cut(word: Word, start: int, end: int) -> Word:
    """A word without the letters that lie before `start` and from `end` on."""
    before, after = max(start - word.start, 0), max(word.end - end, 0)
    if not before and not after:
        return word
    text = word.text[before : len(word.text) - after]
    text = ("…" if before else "") + text + ("…" if after else "")
    return replace(word, start=word.start + before, end=word.end - after, text=text)


def interlinear(
    book: Book, page: Page, width: int, lines: Sequence[str] = (SURPRISAL,), limit: int = LIMIT
) -> Iterator[Text]:
    """Set the region of a page in lines.

    Parameters
    ----------
    book : Book
        For addresses, glosses and tags.
    page : Page
        What to set.
    width : int
        Columns.
    lines : sequence of str
        What stands under each word, in this order, as `read_lines` gives it: surprisal (bits), gloss, tag.
    limit : int
        Letters to set, gaps apart; the page must have been opened with no smaller one.

    Yields
    ------
    Text
        Words on one line, their lines under it; a full stop ends a sentence; at the end, what of the
        region is not set.
    """
    known = WordLines()
    if set(lines) - {SURPRISAL}:
        known = WordLines.of(book.lexicon, lines, words_of_paragraphs(page))
    end = page.region.start
    for block in blocks_of_region(page, limit):
        end = block.end
        where = book.addresses.format(Region(page.volume.name, block.start, block.end))
        if isinstance(block, Gap):
            yield Text(f"{where}  [gap: {plural(block.end - block.start, 'letter')} of N]", "dim")
        else:
            yield Text(f"{where}  paragraph {block.number + 1:,}", "dim")
            yield from _paragraph(block, width, lines, known)
        yield Text()
    if end < page.region.end:
        where = book.addresses.format(Region(page.volume.name, end, page.region.end))
        yield Text(
            f"{where}  not printed: {plural(page.region.end - end, 'letter')}; --limit says how many", "dim"
        )


def _paragraph(paragraph: Paragraph, width: int, lines: Sequence[str], known: WordLines) -> Iterator[Text]:
    rows = [Text() for _ in range(len(lines) + 1)]
    for sentence in paragraph.sentences:
        for i, word in enumerate(sentence.words):
            texts = _cell(word, word.end == sentence.end, lines, known)
            if rows[0].cell_len + cell_len(texts[0]) > width and rows[0].cell_len:
                yield from rows
                rows = [Text() for _ in rows]
            for row, text, style in zip(rows, texts, (_STYLES[i % 2], *["dim"] * len(lines)), strict=True):
                row.append(text, style)
    yield from rows


def _cell(word: Word, last: bool, lines: Sequence[str], known: WordLines) -> list[str]:
    """A word and what stands under it, padded to one width."""
    under = {SURPRISAL: f"{word.surprisal:.0f}", **known.of_word(word)}
    texts = [word.text + ("." if last else ""), *(under[line] for line in lines)]
    size = max(map(cell_len, texts)) + 1
    return [text + " " * (size - cell_len(text)) for text in texts]
