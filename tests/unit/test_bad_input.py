"""Bad input: one line that names the place and the remedy, and nothing is lost."""

from __future__ import annotations

import gzip
import os
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from genomebook.book import Book
from genomebook.pipeline.overview import overview
from tests.support import books

DNA = books.fasta({"chr1": books.letters(3000, 1)})
PROTEIN = b">sp|P69905|HBA_HUMAN\nMVLSPADKTNVKAAWGKVGAHAGEYGAEALERMFLSFPTTKTYFPHF\n"

BAD_FASTA = {
    "protein.fa": (
        PROTEIN,
        r"record 'sp\|P69905\|HBA_HUMAN', letter \d+: .* looks like protein; give DNA or RNA",
    ),
    "empty.fa": (b"", r"is empty; give a FASTA file"),
    "twice.fa": (DNA + DNA, r"'chr1' is there twice; rename or remove one"),
    "cut.fa.gz": (
        gzip.compress(DNA, mtime=0)[:-20],
        r"the gzip data is cut short .* again",
    ),
    "flipped.fa.gz": (
        gzip.compress(DNA, mtime=0)[:200] + b"!" + gzip.compress(DNA, mtime=0)[201:],
        r"cut short or damaged.* again",
    ),
    "text.fa": (b"dear reader\n", r"not FASTA: .*before the first '>'"),
    "nameless.fa": (b"> \nACGT\n", r"record 1 has no name; write one"),
    "nothing.fa": (b">a\n>b\nACGT\n", r"record 'a': has no letters; remove its header"),
    "gap.fa": (b">a\nACGT-ACGT\n", r"record 'a', letter 5: '-' is not a nucleotide code; .* remove it"),
}


@pytest.mark.parametrize("name", BAD_FASTA)
def test_sequence_that_is_not_usable(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    content, says = BAD_FASTA[name]
    (tmp_path / name).write_bytes(content)
    before = books.snapshot(tmp_path)
    error = books.program(capsys, "build", tmp_path / name, "-o", tmp_path / "a.book").error
    assert error.startswith(f"{tmp_path / name}: ")
    assert _matches(says, error)
    assert books.snapshot(tmp_path) == before


def _matches(pattern: str, text: str) -> bool:
    with pytest.raises(ValueError, match=pattern):
        raise ValueError(text)
    return True


BAD_OPTIONS: dict[str, tuple[list[str], str]] = {
    "missing": (
        ["build", "none.fa", "-o", "a.book"],
        r"^none\.fa: No such file or directory; check the path",
    ),
    "folder": (["build", ".", "-o", "a.book"], r"^\.: is a directory; name one FASTA file"),
    "no place": (
        ["build", "a.fa", "-o", "no/a.book"],
        r"^no: no such folder to put the book in; make it first",
    ),
    "vocabulary": (
        ["build", "a.fa", "-o", "a.book", "--words", "words-99"],
        r"words-99: .*words-4096, words-600",
    ),
    "damaged words": (
        ["build", "a.fa", "-o", "a.book", "--words", "words.json"],
        r"^words\.json: .*(restore|train|anew)",
    ),
    "other words": (
        ["build", "a.fa", "-o", "a.book", "--words", "a.fa"],
        r"^a\.fa: not a readable vocabulary",
    ),
    "reader": (
        ["build", "a.fa", "-o", "a.book", "--reader", "oracle"],
        r"oracle: no such model; give .* shipped one: bilingual-mini",
    ),
    "no genes": (
        ["build", "a.fa", "-o", "a.book", "--genes", "no.gff3"],
        r"^no\.gff3: no such gene file; check",
    ),
    "bad genes": (
        ["build", "a.fa", "-o", "a.book", "--genes", "bad.gff3"],
        r"^bad\.gff3: line 2 .*; correct the",
    ),
    "far genes": (
        ["build", "a.fa", "-o", "a.book", "--genes", "far.bed"],
        r"^far\.bed: .*chr1 has 3000 bases",
    ),
    "their genes": (
        ["build", "a.fa", "-o", "a.book", "--genes", "chr9.bed"],
        r"^chr9\.bed: none .*; give the anno",
    ),
    "what genes": (
        ["build", "a.fa", "-o", "a.book", "--genes", "genes.xml"],
        r"^genes\.xml: not a known format",
    ),
    "no book": (
        ["verify", "none.book"],
        r"^none\.book: no book here; make one with genomebook build FASTA -o",
    ),
    "not a book": (["info", "a.fa"], r"^a\.fa: no book here; make one with"),
    "read nothing": (["read", "none.book", "chr1"], r"^none\.book: no book here"),
    "serve nothing": (["serve", "none.book"], r"^none\.book: no book here"),
    "ftp": (["download", "ftp://example.org/a.fa", "-o", "a"], r"only http and https addresses"),
    "short": (
        ["train-words", "a.fa", "-o", "w.json", "--merges", "4000"],
        r"hold only \d+ merges, not 4000; .*fewer",
    ),
    "nowhere": (
        ["train-words", "a.fa", "-o", "no/w.json"],
        r"^no: no such folder to put the vocabulary in; make",
    ),
    "all left out": (
        ["train-words", "a.fa", "-o", "w.json", "--skip", "1"],
        r"^a\.fa: every record is left out",
    ),
}


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_options_that_do_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    arguments, says = BAD_OPTIONS[case]
    monkeypatch.chdir(tmp_path)
    Path("a.fa").write_bytes(DNA)
    Path("bad.gff3").write_text("##gff-version 3\nchr1\there\tgene\tmany\t9\t.\t+\t.\tName=A\n")
    Path("far.bed").write_text("chr1\t10\t90000\tFAR\n")
    Path("chr9.bed").write_text("chr9\t10\t90\tNINE\n")
    Path("genes.xml").write_text("<genes/>")
    books.make(Path("a.fa"), Path("b.book"))
    words = Path("b.book/vocabulary.json").read_text()
    Path("words.json").write_text(words.replace("A A", "A T", 1))
    before = books.snapshot(tmp_path)
    assert _matches(says, books.program(capsys, *arguments).error)
    assert books.snapshot(tmp_path) == before


BAD_REGIONS = {
    "chrM:16000-17000": "chrM:16,000-17,000 is outside chrM: choose within its positions 1-16,569",
    "chrM:0": "positions count from 1",
    "chrM:9-3": "swap them: chrM:3-9",
    "MT-ND7": "this book has no sequence or gene 'MT-ND7'; did you mean MT-ND",
    "BRCA1": "no sequence or gene 'BRCA1'",
    "chr5:1-9": "no sequence or gene 'chr5:1-9'",
    "": "the address is empty",
    "<script>alert(1)</script>": "no sequence or gene '<script>alert(1)</script>'",
    "[bold]x": "no sequence or gene '[bold]x'",
}


@pytest.mark.parametrize("region", BAD_REGIONS)
def test_places_that_the_book_does_not_have(
    chrm_book: Path, capsys: pytest.CaptureFixture[str], region: str
) -> None:
    assert BAD_REGIONS[region] in books.program(capsys, "read", chrm_book, region).error


@pytest.mark.parametrize("kind", ["older", "not one"])
def test_a_stale_index_beside_the_sequence_is_noted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    (tmp_path / "a.fa").write_bytes(DNA)
    index = tmp_path / "a.fa.fai"
    index.write_text("chr1\t9\t9\t9\t9\n" if kind == "older" else "nonsense")
    os.utime(index, (1, 1))
    said = books.program(
        capsys, "build", tmp_path / "a.fa", "-o", tmp_path / "a.book", "--words", "words-600"
    )
    assert said.code == 0
    assert said.err.startswith(f"note: {index}: ")
    assert said.err.splitlines()[0].endswith("and is not used; to remake it: samtools faidx a.fa")
    assert Book.open(tmp_path / "a.book")["chr1"].length == 3000


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a small file system in memory, or mount it again with other options; needs the rights to."""
    place = tmp_path / "disk"
    place.mkdir()
    again = ""

    def mount(options: str) -> Path:
        nonlocal again
        command = ["mount", "-t", "tmpfs", "-o", again + options, "tmpfs", str(place)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            pytest.skip("there is no mount here")
        if done.returncode:
            pytest.skip(f"mount is not permitted here: {done.stderr.strip()}")
        again = "remount,"
        return place

    yield mount
    if again:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_and_the_same_command_after_it(
    tmp_path: Path, mounted: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    content = {
        "chr1": books.letters(60_000, 1) + b"N" * 99 + books.letters(9000, 2).lower(),
        "b": b"ACGT" * 99,
    }
    (tmp_path / "a.fa").write_bytes(books.fasta(content))
    (tmp_path / "genes.bed").write_text("chr1\t10\t9000\tALPHA\n")
    whole = books.make(tmp_path / "a.fa", tmp_path / "whole.book", genes=tmp_path / "genes.bed")
    failures = set()
    for size in range(8, 1000, 12):
        place = mounted(f"size={size}k")
        arguments = ["build", tmp_path / "a.fa", "-o", place / "a.book", "--genes", tmp_path / "genes.bed"]
        said = books.program(capsys, *arguments, "--words", "words-600", "--workers", "2")
        if said.code == 0:
            break
        assert _matches(
            r"disk/.*No space left on device; free some space; the same command goes on", said.error
        )
        assert not (place / "a.book").exists()
        failures.add(said.err.splitlines()[-2])
    assert len(failures) > 3  # it was full in that many stages
    overview(whole.path)
    assert books.snapshot(place / "a.book") == books.snapshot(whole.path)
    assert [path.name for path in place.iterdir()] == ["a.book"]


def test_a_folder_that_may_not_be_written_to(
    tmp_path: Path, mounted: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.fa").write_bytes(DNA)
    if os.geteuid() == 0:  # whom permissions do not stop
        place = mounted("ro")
    else:
        place = tmp_path / "closed"
        place.mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    for arguments in (
        ["build", tmp_path / "a.fa", "-o", place / "a.book"],
        ["train-words", tmp_path / "a.fa", "-o", place / "w.json", "--merges", "9"],
        ["demo", "--no-serve", "--folder", place / "books"],
    ):
        said = books.program(capsys, *arguments)
        assert said.error.startswith(str(place))
        assert said.error.endswith("; choose a place that you may write to")
        assert not list(place.iterdir())


def test_a_port_that_is_taken(chrm_book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        error = books.program(capsys, "serve", chrm_book, "--port", port).error
    assert error == f"127.0.0.1:{port}: address already in use; choose another --port or --host"
