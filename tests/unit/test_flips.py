"""One bit flipped in any file: whoever reads it says so and names the file, or nothing was changed by it."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from genomebook.book import Book
from genomebook.errors import GenomebookError
from tests.support import books
from tests.support.equipped import ASKED, text

FLIPS = 120


def ask(path: Path) -> dict[str, str]:
    """Every answer of a book; the errors of the library's own kind in the place of those that it refuses."""
    found = {}
    for question in ASKED:
        try:
            found[question.__name__] = text(question(Book.open(path)))
        except GenomebookError as error:
            found[question.__name__] = f"error: {error}"
    return found


def flip(file: Path, at: int, bit: int) -> bytes:
    content = file.read_bytes()
    file.write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
    return content


def test_120_flips_are_refused_by_the_name_of_the_file_or_harmless(
    equipped_book: Path, tmp_path: Path
) -> None:
    book = tmp_path / "a.book"
    shutil.copytree(equipped_book, book)
    whole = ask(book)
    assert not [answer for answer in whole.values() if answer.startswith("error")]
    files = [book / name for name, kind in books.snapshot(book).items() if kind != "folder"]
    assert len(files) >= 45
    draw = random.Random(12)
    sizes = [file.stat().st_size for file in files]
    chosen = [*files, *draw.choices(files, sizes, k=max(0, FLIPS - len(files)))]
    refused, harmless = 0, []
    for file in chosen[:FLIPS]:
        at, bit = draw.randrange(file.stat().st_size), draw.randrange(8)
        content = flip(file, at, bit)
        answers = ask(book)
        said = {answers[name] for name in whole if answers[name] != whole[name]}
        for line in said:
            assert line.startswith("error: "), (file, at, bit)
            assert str(file) in line, (file, at, bit, line)
            assert "\n" not in line
        refused += bool(said)
        if not said:
            harmless.append(file.name)
        file.write_bytes(content)
    assert ask(book) == whole
    print(f"{refused} refused, {len(harmless)} harmless: {harmless}")
    assert refused + len(harmless) == FLIPS
    assert refused > 80
