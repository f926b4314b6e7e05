"""A scan finds planted starts on both strands, says what they are worth, and is drawn to scale."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from genomebook.annotation.genes import Genes
from genomebook.book import Book
from genomebook.book.schema import GENES
from genomebook.errors import SequenceError, TaskError
from genomebook.export.peaks import peaks_tsv
from genomebook.genome.regions import Region
from genomebook.language.alphabet import reverse_complement
from genomebook.render.ask import scan as draw
from genomebook.render.overview.scene import EXON_LEVEL, overview_genes
from genomebook.tasks import scan as scanning
from genomebook.tasks.registry import task
from tests.support import books, equipped

MOTIF = "GATTACAGATTACA"
WINDOW, BEFORE = 70, 34


def score(sequence: str, window: int, step: int) -> NDArray[np.float32]:
    """High where the motif stands at the place of the start."""
    starts = range(0, len(sequence) - window + 1, step)
    is_there = [sequence.startswith(MOTIF, start + BEFORE) for start in starts]
    return np.where(is_there, 0.97, 0.02).astype(np.float32)


def flat(sequence: str, window: int, step: int) -> NDArray[np.float32]:
    """The same everywhere."""
    return np.full(len(range(0, len(sequence) - window + 1, step)), 0.95, np.float32)


def rising(sequence: str, window: int, step: int) -> NDArray[np.float32]:
    """From 0 to 1 along the sequence."""
    return np.linspace(0, 1, len(flat(sequence, window, step)), dtype=np.float32)


@pytest.fixture(scope="module")
def stretch() -> bytes:
    """3,000 letters with a start on plus at 500, one on minus at 1,500, and a run of N from 2,000."""
    letters = bytearray(books.letters(3_000, 5))
    letters[500 : 500 + len(MOTIF)] = MOTIF.encode()
    letters[1_500 - len(MOTIF) + 1 : 1_501] = reverse_complement(MOTIF.encode())
    letters[2_000:2_100] = b"N" * 100
    return bytes(letters)


def test_planted_starts_are_the_only_peaks(stretch: bytes) -> None:
    scanned = scanning.scan(score, stretch.lower(), WINDOW, BEFORE, 1)
    assert scanned.probabilities.shape == (2, 3_000 - WINDOW + 1)
    touched = (scanned.starts + WINDOW > 2_000) & (scanned.starts < 2_100)
    assert (np.isnan(scanned.probabilities) == touched).all()
    assert scanned.letters == 2 * int((~touched).sum())
    found = scanning.peaks(scanned, 0.9)
    assert [(peak.position, peak.strand) for peak in found] == [(500, "+"), (1_500, "-")]
    assert scanning.peaks(scanned, 0.99) == []


@pytest.mark.parametrize("step", [3, 7, 50])
def test_strands_are_scored_at_the_same_places(stretch: bytes, step: int) -> None:
    """Windows of minus are the reverse complements of those of plus, whatever the step leaves over."""
    letters = stretch[:1_000]
    ones = scanning.scan(first_letter, letters, WINDOW, BEFORE, step)
    for start, plus, minus in zip(ones.starts, *ones.probabilities, strict=True):
        window = letters[start : start + WINDOW]
        assert (plus, minus) == (window[0] == ord("A"), window[-1] == ord("T"))


def first_letter(sequence: str, window: int, step: int) -> NDArray[np.float32]:
    """1 where a window begins with A."""
    return np.array([sequence[at] == "A" for at in range(0, len(sequence) - window + 1, step)], np.float32)


def test_peaks_keep_a_window_apart(stretch: bytes) -> None:
    scanned = scanning.scan(flat, stretch, WINDOW, BEFORE, 10)
    for strand in "+-":
        at = [peak.position for peak in scanning.peaks(scanned, 0.9) if peak.strand == strand]
        assert len(at) > 30
        assert np.diff(sorted(at)).min() >= WINDOW


def test_what_peaks_reach_stands_beside_chance_and_the_shuffle(stretch: bytes) -> None:
    scanned = scanning.scan(score, stretch, WINDOW, BEFORE, 1)
    mixed = scanning.shuffled_stretch(stretch)
    assert mixed[2_000:2_100] == b"N" * 100
    shuffled = scanning.scan(score, mixed, WINDOW, BEFORE, 1)
    starts = [
        scanning.TranscriptStart(450, "+", "A", "A.1"),
        scanning.TranscriptStart(1_500, "+", "B", "B.1"),
        scanning.TranscriptStart(1_590, "-", "C", "C.1"),
    ]
    found, false = scanning.peaks(scanned, 0.9), scanning.peaks(shuffled, 0.9)
    reached = scanning.reach(scanned, shuffled, starts, found, false)
    assert (reached.starts, reached.reached, reached.peaks, reached.false_per_kb) == (3, 2, 2, 0)
    assert reached.by_chance == pytest.approx(3 * 201 / 3_000)
    assert reached.per_kb == pytest.approx(2_000 / scanned.letters)
    said = draw.reach_text(reached, 0.9)
    assert "2 of 3 annotated transcript starts" in said
    assert "by chance 0.2 would" in said
    none = draw.reach_text(scanning.reach(scanned, shuffled, [], found, false), 0.9)
    assert "No annotated transcript starts here" in none


def test_what_cannot_be_scanned_is_said(stretch: bytes) -> None:
    for letters in (stretch[: WINDOW - 1], b"A" * (scanning.MAX_SCAN + 1)):
        with pytest.raises(TaskError, match="cannot be scanned"):
            scanning.scan(score, letters, WINDOW, BEFORE, 50)
    empty = scanning.scan(score, b"N" * 200, WINDOW, BEFORE, 50)
    assert np.isnan(empty.probabilities).all()
    assert scanning.peaks(empty, 0.5) == []
    assert scanning.reach(empty, empty, [], [], []).per_kb == 0


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("scan")
    (folder / "a.fa").write_bytes(books.fasta({"chr1": books.letters(3_000, 1)}))
    (folder / "genes.bed").write_text("chr1\t10\t2000\tALPHA\n")
    books.make(folder / "a.fa", folder / "a.book", genes=folder / "genes.bed", workers=1)
    equipped.put_transcripts(folder / "a.book")
    return Book.open(folder / "a.book")


def test_annotated_starts_and_the_drawing_of_a_place(book: Book) -> None:
    first = next(iter(book))
    region = Region(first.name, 100, 1_100)
    starts = scanning.transcript_starts(book, region)
    start = max(end for _, end in equipped.TRANSCRIPT.exons) - 1
    assert [(each.position, each.strand, each.gene) for each in starts] == [(start - 100, "-", "ALPHA")]
    letters = first.sequence(region.start, region.end)
    scanned = scanning.scan(rising, letters, 70, 34, 5)
    found = scanning.peaks(scanned, 0.8)
    genes = overview_genes(
        book, Genes.open(book.folder.checked(GENES)), region.volume, (region.start, region.end), EXON_LEVEL
    )
    made = draw.layout(book.addresses, first, region, scanned, found, starts, genes, 0.8)
    plus, minus = made.strands
    assert minus.starts[0].left == pytest.approx(100 * (start - 100) / 1_000)
    assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in plus.outline)
    assert {mark.text for strand in made.strands for mark in strand.peaks} == {
        str(number) for number in range(1, len(found) + 1)
    }
    drawn = draw.scan_html(made)
    for peak in found:
        assert f"read?loc=chr1%3A{region.start + peak.position + 1}" in drawn
    assert draw.scan_svg(made).startswith("<svg")
    table = peaks_tsv(book.addresses, region, found, starts).splitlines()
    assert len(table) == 1 + len(found)
    assert "ALPHA" in draw.peaks_html(book.addresses, first, region, found, starts)


@pytest.mark.parametrize(("strand", "first"), [("+", 500 - BEFORE), ("-", 900 + BEFORE - WINDOW)])
def test_the_window_of_a_gene_holds_its_start_where_the_task_has_it(
    book: Book, strand: str, first: int
) -> None:
    volume = next(iter(book))
    core = task("promoter-core-all")
    window, before = scanning.gene_window(book, Region(volume.name, 500, 900), strand, core)
    assert (window.start, window.end - window.start, before) == (first, WINDOW, BEFORE)
    gene = Region(volume.name, 500, 1_500)
    window, before = scanning.gene_window(book, gene, strand, task("biotype"))
    assert before == 0
    assert (window.start, window.end) == ((500, 1_000) if strand == "+" else (1_000, 1_500))
    with pytest.raises(SequenceError, match="name a place instead"):
        scanning.gene_window(book, Region(volume.name, 0, volume.length), strand, core)
