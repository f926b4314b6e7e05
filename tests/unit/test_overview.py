"""Zoom levels: exact at level 0, exact averages above it, any range, damage and bad input named."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from genomebook.book import Book, Volume
from genomebook.book.levels import BASE, FIELDS, STEP, bins_of, measure, widths
from genomebook.book.profile import DIRECT, MAX_BINS, profile
from genomebook.book.verify import problems
from genomebook.errors import BookError, RegionError
from genomebook.pipeline import overview as stage
from genomebook.pipeline.annotate import TrackInput, annotate
from genomebook.pipeline.overview import WINDOW, overview
from tests.support import books

GENES = "name\tgene_id\tvolume\tstart\tend\tstrand\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three volumes: one of several windows with a gap and lower case, one of one letter, one all N."""
    folder = tmp_path_factory.mktemp("overview")
    dna = books.letters(WINDOW + 5 * BASE + 17, 3)
    big = dna[:700_000] + b"N" * 5000 + dna[700_000:900_000].lower() + dna[900_000:]
    (folder / "x.fa").write_bytes(books.fasta({"big": big, "dot": b"G", "none": b"N" * 2000}))
    (folder / "genes.gff3").write_text(
        "##gff-version 3\n"
        "big\t.\tgene\t1001\t3000\t.\t+\t.\tName=one\n"
        "big\t.\tgene\t2000001\t2005000\t.\t-\t.\tName=two\n"
    )
    book = books.make(folder / "x.fa", folder / "x.book", genes=folder / "genes.gff3")
    overview(book.path)
    return book.path


def naive(volume: Volume, start: int, end: int) -> dict[str, float]:
    """The same quantities of one bin, written the slow way."""
    letters = volume.sequence(start, end)
    bases = sum(letters.upper().count(base) for base in b"ACGT")
    gap = sum(letters.upper().count(base) for base in b"N")
    words = volume.words(start, end)
    kept = (words.ids != 0) & (words.starts >= start)

    def ends(table: str) -> int:
        units = getattr(volume, table)(start, end)["end"]
        return int(((units > start) & (units <= end)).sum())

    text = len(letters) - gap
    none = float("nan")
    return {
        "gc": sum(letters.upper().count(base) for base in b"GC") / bases if bases else none,
        "gap": gap / len(letters),
        "lower": sum(letters.count(base) for base in b"acgt") / text
        if text and volume.counts["lower_case_runs"]
        else none,
        "strength": float(words.strength[kept].mean()) / 16 if kept.any() else none,
        "surprisal": float(words.surprisal[kept].mean()) / 8 if kept.any() else none,
        "sentences": 1000 * ends("sentences") / text if text else none,
        "paragraphs": 1000 * ends("paragraphs") / text if text else none,
    }


@pytest.mark.parametrize("bin_number", [0, 341, 343, 350, 2048, 2052])
def test_each_bin_is_what_is_in_the_book(made: Path, bin_number: int) -> None:
    book = Book.open(made)
    volume, levels = book["big"], book.levels
    assert levels is not None
    start = bin_number * BASE
    for name, value in naive(volume, start, min(start + BASE, volume.length)).items():
        stored = levels.bins(name, "big", 0, bin_number, bin_number + 1)[0]
        np.testing.assert_allclose(stored, value, rtol=1e-3, atol=1e-3, err_msg=name)


def test_levels_are_averages_of_the_letters(made: Path) -> None:
    book = Book.open(made)
    volume, levels = book["big"], book.levels
    assert levels is not None
    assert widths(volume.length) == [BASE * STEP**level for level in range(len(widths(volume.length)))]
    top = len(widths(volume.length)) - 1
    width = widths(volume.length)[top]
    for number in range(0, bins_of(volume.length)[top], 40):
        wanted = naive(volume, number * width, min((number + 1) * width, volume.length))
        for name, value in wanted.items():
            stored = levels.bins(name, "big", top, number, number + 1)[0]
            np.testing.assert_allclose(stored, value, rtol=1e-3, atol=1e-3, err_msg=name)


@pytest.mark.parametrize(
    ("start", "end", "bins"),
    [(0, WINDOW, 1), (0, 4_000_000, 7), (123, 3_456_789, 50), (650_000, 760_001, 11), (5, 6, 1), (10, 13, 9)],
)
def test_profiles_of_any_range_agree_with_the_letters(made: Path, start: int, end: int, bins: int) -> None:
    """Wide ranges come from the levels, so their edges are as sharp as a bin of the level."""
    volume = Book.open(made)["big"]
    made_profile = profile(Book.open(made), "big", start, end, bins)
    assert {len(values) for values in made_profile.values()} == {bins}
    edges = start + np.arange(bins + 1) * (end - start) // bins
    width = (end - start) / bins
    source = max(BASE, *(of for of in widths(volume.length) if of <= max(width / 4, BASE)), 0)
    for number in range(bins):
        low, high = int(edges[number]), int(edges[number + 1])
        if low == high:
            assert np.isnan(made_profile["gc"][number])
            continue
        blurred = source / width if end - start > DIRECT else 0
        for name in ("gc", "gap", "lower"):
            wanted = naive(volume, low, high)[name]
            np.testing.assert_allclose(made_profile[name][number], wanted, atol=2e-3 + blurred)
    whole = naive(volume, start, end)["gc"]
    mean = np.nanmean(made_profile["gc"]) if end - start > DIRECT else whole
    np.testing.assert_allclose(mean, whole, atol=5e-3)


def test_genes_are_counted_at_their_five_prime_ends(made: Path) -> None:
    levels = Book.open(made).levels
    assert levels is not None
    genes: NDArray[np.float32] = levels.bins("genes", "big", 0, 0, bins_of(Book.open(made)["big"].length)[0])
    assert np.flatnonzero(genes).tolist() == [1000 // BASE, 2_004_999 // BASE]
    np.testing.assert_allclose(genes[1000 // BASE], 1e6 / BASE, rtol=1e-3)


def test_what_is_not_known_is_not_a_number(made: Path) -> None:
    book = Book.open(made)
    dot, none = profile(book, "dot", 0, 1, 3), profile(book, "none", 0, 2000, 2)
    assert np.isnan(dot["lower"]).all()
    assert dot["gc"].tolist()[-1] == 1
    assert none["gap"].tolist() == [1, 1]
    assert np.isnan([none[name] for name in FIELDS if name not in ("gap", "genes")]).all()


def test_threads_do_not_change_the_levels_and_the_book_stays(made: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.book"
    shutil.copytree(made, again)
    before = books.snapshot(again)
    assert overview(again, threads=1) == sum(f.stat().st_size for f in again.glob("overview/*.f16"))
    assert books.snapshot(again) == before
    assert Book.open(again).digest == Book.open(made).digest


def test_a_contig_of_one_window_is_handed_to_no_thread(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[object] = []

    class Counted(ThreadPoolExecutor):
        def submit(self, *arguments: Any, **options: Any) -> Any:
            handed.append(arguments)
            return super().submit(*arguments, **options)

    monkeypatch.setattr(stage, "ThreadPoolExecutor", Counted)
    overview(Path(shutil.copytree(made, tmp_path / "x.book")))
    assert len(handed) == 2  # windows of the long volume; the others have one each


def test_many_small_contigs_cost_a_bin_each(tmp_path: Path) -> None:
    records = {f"c{number}": books.letters(1 + number % 90, number) for number in range(200)}
    (tmp_path / "c.fa").write_bytes(books.fasta(records))
    book = books.make(tmp_path / "c.fa", tmp_path / "c.book")
    assert overview(book.path) == 2 * len(FIELDS) * len(records)
    gc = profile(Book.open(book.path), "c77", 0, 78, 1)["gc"]
    bases = records["c77"]
    np.testing.assert_allclose(gc[0], (bases.count(b"G") + bases.count(b"C")) / len(bases), rtol=1e-3)


@pytest.mark.parametrize("span", [(0, 0, 1), (5, 4, 1), (-1, 4, 1), (0, 10**9, 1), (0, 9, 0), (0, 9, 10**9)])
def test_ranges_outside_are_refused(made: Path, span: tuple[int, int, int]) -> None:
    with pytest.raises(RegionError, match="choose a range inside"):
        profile(Book.open(made), "big", *span)
    assert MAX_BINS < 10**9


def test_wide_ranges_of_a_book_without_levels_are_refused(made: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.book"
    shutil.copytree(made, bare, ignore=shutil.ignore_patterns("overview"))
    book = Book.open(bare)
    with pytest.raises(BookError, match=r"genomebook overview bare\.book"):
        profile(book, "big", 0, book["big"].length, 10)
    np.testing.assert_allclose(
        profile(book, "big", 0, 1000, 10)["gc"], profile(Book.open(made), "big", 0, 1000, 10)["gc"]
    )


def test_measured_bins_may_be_of_any_size(made: Path) -> None:
    volume = Book.open(made)["big"]
    edges = np.array([10, 10, 11, 5000, 5001], np.int64)
    gc = measure(volume, edges).values()["gc"]
    assert np.isnan(gc[0])
    assert gc[1] in (0, 1)


def test_a_damaged_level_is_named(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "bad.book"
    shutil.copytree(made, bad)
    file = bad / "overview" / "gc.f16"
    file.write_bytes(b"\xff" + file.read_bytes()[1:])
    said = books.program(capsys, "verify", bad)
    assert said.code == 2
    assert "overview/gc.f16: altered" in said.err
    assert "genomebook overview BOOK" in said.err


def test_tracks_are_measured_beside_what_is_kept(made: Path, tmp_path: Path) -> None:
    book = tmp_path / "tracked.book"
    shutil.copytree(made, book)
    (tmp_path / "x.bed").write_text("big\t0\t4096\tA\nbig\t4100096\t4100196\tB\n")
    annotate(book, [TrackInput(tmp_path / "x.bed", "gc")])
    before = {path.name: path.read_bytes() for path in book.glob("overview/*.f16")}
    overview(book, keep=True)
    after = {path.name: path.read_bytes() for path in book.glob("overview/*.f16")}
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"track0.f16"}
    opened = Book.open(book)
    levels = opened.levels
    assert levels is not None
    assert levels.tracks == ("gc",)
    bins = levels.bins("track:gc", "big", 0, 0, bins_of(opened["big"].length)[0])
    assert bins[:3].tolist() == [1, 1, 0]
    np.testing.assert_allclose(bins[4_100_096 // BASE], 100 / BASE, rtol=1e-3)
    near, far = profile(opened, "big", 0, 8192, 4), profile(opened, "big", 0, 4_000_000, 100)
    assert near["track:gc"].tolist() == [1, 1, 0, 0]
    np.testing.assert_allclose(far["track:gc"][0], 4096 / 40_000, atol=0.05)
    assert problems(opened) == []
