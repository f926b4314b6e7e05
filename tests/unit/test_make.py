"""One command from nothing, against a local server of a small made-up genome."""

from __future__ import annotations

import gzip
import json
import signal
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from genomebook.book import Book
from genomebook.book.annex import NAMES as ANNEXES
from genomebook.errors import BookError, DownloadError, OptionError
from genomebook.files.locks import locked
from genomebook.files.progress import Advance
from genomebook.genome import download
from genomebook.pipeline.make.options import SKIPPABLE, MakeOptions
from genomebook.pipeline.make.run import Watch, make
from genomebook.pipeline.make.state import folder_of
from genomebook.pipeline.make.status import status
from tests.support import books, mirror
from tests.support.kills import stop_in
from tests.support.web import FileServer, serving

QUICK = ("senses", "evidence", "atlas")
"""Steps that take more than a second."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setattr(download.time, "sleep", lambda seconds: None)
    with serving() as running:
        yield running


@pytest.fixture
def options(server: FileServer, tmp_path: Path) -> MakeOptions:
    table = mirror.mirror(server, tmp_path)
    return MakeOptions(
        "hg38", tmp_path / "x.book", ("21", "chr22"), tracks=("repeats", "cpg"), words="words-600",
        skip=QUICK, addresses=table, workers=1,
    )  # fmt: skip


@pytest.fixture
def bare(options: MakeOptions) -> MakeOptions:
    """One chromosome, and the build alone."""
    return replace(options, chromosomes=("chr21",), genes="", tracks=(), skip=SKIPPABLE)


def states(book: Path) -> dict[str, str]:
    return {row["step"]: row["state"] for row in status(book)["steps"]}


def test_a_whole_book_is_made_and_the_same_call_has_nothing_to_do(
    server: FileServer, options: MakeOptions
) -> None:
    made = make(options)
    assert made.ran == ["download", "build", "annotate", "overview", "index", "ground"]
    assert made.failures == []
    book = Book.open(options.book)
    assert [volume.name for volume in book] == ["chr21", "chr22"]
    assert book["chr22"].sequence() == mirror.sequence("chr22")
    assert {track.name for track in book.features.tracks} == {"GENCODE genes", "repeats", "CpG islands"}
    assert {name for name in ANNEXES if (options.book / name).is_dir()} == {
        "tracks", "transcripts", "overview", "search", "ground",
    }  # fmt: skip
    server.paths.clear()
    assert make(options).ran == []
    assert server.paths == []
    assert Book.open(options.book).digest == book.digest


@pytest.mark.parametrize(("source", "name"), [("ucsc", "chr21"), ("ncbi", "CM000683.2"), ("ensembl", "21")])
def test_each_source_gives_the_same_letters_under_its_own_names(
    bare: MakeOptions, source: str, name: str
) -> None:
    tracks = ("repeats", "cpg")
    skip = tuple(step for step in SKIPPABLE if step != "annotate")
    assert make(replace(bare, source=source, tracks=tracks, skip=skip)).failures == []
    book = Book.open(bare.book)
    (volume,) = book
    assert volume.name == name
    assert volume.sequence() == mirror.sequence("chr21")
    for track in ("repeats", "CpG islands"):
        assert book.features.overlapping(name, 0, volume.length, [track]), track


def test_the_whole_assembly_is_one_file(bare: MakeOptions) -> None:
    make(replace(bare, chromosomes=()))
    assert [volume.name for volume in Book.open(bare.book)] == ["chr21", "chr22"]


def test_broken_connections_and_a_redirect_give_the_same_book(server: FileServer, bare: MakeOptions) -> None:
    make(bare)
    digest = Book.open(bare.book).digest
    elsewhere = replace(bare, book=bare.book.with_name("y.book"))
    server.drops = [1000, 10, 3000, 1]
    server.moved = {mirror.UCSC_FASTA: f"{server.root}/moved.fa.gz"}
    server.files["/moved.fa.gz"] = server.files[mirror.UCSC_FASTA]
    make(elsewhere)
    assert Book.open(elsewhere.book).digest == digest
    assert server.drops == []


def test_without_ranges_a_broken_download_begins_again(server: FileServer, bare: MakeOptions) -> None:
    server.ranges, server.drops = False, [10**6, 500]
    make(bare)
    assert Book.open(bare.book)["chr21"].sequence() == mirror.sequence("chr21")


def test_wrong_bytes_are_refused_and_the_same_call_goes_on(server: FileServer, bare: MakeOptions) -> None:
    right = server.files[mirror.UCSC_FASTA]
    server.files[mirror.UCSC_FASTA] = right[:-20] + b"x" + right[-19:]
    with pytest.raises(DownloadError, match=r"chr21\.fa\.gz: the md5 is .* \(as .*md5sum\.txt says\)"):
        make(bare)
    assert not bare.book.exists()
    assert states(bare.book)["download"] == "left"
    server.files[mirror.UCSC_FASTA] = right
    make(bare)
    assert Book.open(bare.book)["chr21"].sequence() == mirror.sequence("chr21")


def test_a_wrong_sum_of_ensembl_is_refused(server: FileServer, bare: MakeOptions) -> None:
    name = "/ensembl/dna/Homo_sapiens.GRCh38.dna_sm.chromosome.21.fa.gz"
    server.files[name] = server.files[name][::-1]
    with pytest.raises(DownloadError, match=r"the sum is \d{5} \d+, expected \d{5} \d+"):
        make(replace(bare, source="ensembl"))


def test_a_list_that_is_no_list_is_refused(server: FileServer, bare: MakeOptions) -> None:
    server.files["/goldenPath/hg38/chromosomes/md5sum.txt"] = b"<html>moved</html>"
    with pytest.raises(DownloadError, match=r"md5sum\.txt: not a list of checksums"):
        make(bare)


def test_genes_that_cannot_be_had_stop_before_the_build(server: FileServer, options: MakeOptions) -> None:
    del server.files[mirror.GENES]
    with pytest.raises(DownloadError, match=r"gencode.*404"):
        make(options)
    assert not options.book.exists()


def test_a_track_that_cannot_be_had_is_said_and_tried_again(
    server: FileServer, options: MakeOptions, capsys: pytest.CaptureFixture[str]
) -> None:
    table = server.files.pop(mirror.CPG)
    server.files[mirror.OUT] = gzip.compress(b"no rows of RepeatMasker\n" * 9)
    mirror.list_all(server.files)
    arguments = [
        "make", "GRCh38", "-o", options.book, "--chromosomes", "chr21", "--tracks", "cpg,repeats", "--words",
        "words-600", "--skip", "index,ground,senses,evidence,atlas", "--addresses", options.addresses,
    ]  # fmt: skip
    said = books.program(capsys, *arguments)
    assert said.code == 2
    errors = [line for line in said.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 3
    assert "cpgIslandExt.txt.gz: the server answered 404" in errors[0]
    assert "annotate: " in errors[1]
    assert "the same command tries that again" in errors[2]
    assert "Traceback" not in said.err
    digest = Book.open(options.book).digest
    assert states(options.book) == {
        "download": "left", "build": "done", "annotate": "failed", "overview": "done", "index": "left out",
        "ground": "left out", "senses": "left out", "evidence": "left out", "atlas": "left out",
    }  # fmt: skip
    server.files[mirror.CPG] = table
    (folder_of(options.book) / "downloads" / "hg38.fa.out.gz").unlink()
    server.files[mirror.OUT] = gzip.compress(mirror.repeats(["chr21"]))
    mirror.list_all(server.files)
    said = books.program(capsys, *arguments)
    assert said.code == 0, said.err
    assert "made (download, annotate, overview)" in said.out
    book = Book.open(options.book)
    assert book.digest == digest
    assert {track.name for track in book.features.tracks} == {"GENCODE genes", "CpG islands", "repeats"}


def test_downloads_may_be_removed_when_all_is_done(server: FileServer, bare: MakeOptions) -> None:
    make(bare)
    for path in (folder_of(bare.book) / "downloads").iterdir():
        path.unlink()
    server.paths.clear()
    assert make(bare).ran == []
    assert server.paths == []


def test_what_is_removed_or_damaged_is_made_again(options: MakeOptions) -> None:
    some = replace(options, chromosomes=("chr21",), genes="", tracks=(), skip=(*QUICK, "annotate", "ground"))
    make(some)
    (some.book / "overview" / "manifest.json").write_text("{}")
    assert make(some).ran == ["overview"]


def test_another_book_and_other_options_are_refused(
    bare: MakeOptions, tmp_path: Path, chrm_fasta: Path
) -> None:
    books.make(chrm_fasta, bare.book)
    with pytest.raises(OptionError, match="was not made by this command"):
        make(bare)
    make(replace(bare, replace=True))
    with pytest.raises(OptionError, match=r"was made with another --chromosomes, --source; .*--replace"):
        make(replace(bare, chromosomes=("chr22",), source="ncbi"))
    assert Book.open(bare.book)["chr21"].length == mirror.SIZE


def test_a_second_run_is_refused(bare: MakeOptions) -> None:
    with locked(folder_of(bare.book)), pytest.raises(BookError, match="another command is writing here"):
        make(bare)


def test_a_disk_that_will_not_hold_it_is_said_before_anything_is_fetched(
    server: FileServer, bare: MakeOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: usage(10**9, 0, 10**6))
    with pytest.raises(OptionError, match=r"needs about .*MB to download.* the disk has 1\.0 MB free"):
        make(bare)
    assert server.paths == []


class Interrupting(Watch):
    """Presses Ctrl-C when a stage begins."""

    def __init__(self, stage: str) -> None:
        self.at = stage

    def stage(self, name: str, total: int) -> Advance:
        if name == self.at:
            raise KeyboardInterrupt
        return super().stage(name, total)


@pytest.mark.parametrize("stage", ["chr21.fa.gz", "scores", "overview"])
def test_interrupted_anywhere_the_same_call_ends_with_the_same_book(
    server: FileServer, bare: MakeOptions, stage: str
) -> None:
    some = replace(bare, skip=tuple(step for step in SKIPPABLE if step != "overview"))
    with pytest.raises(KeyboardInterrupt):
        make(some, Interrupting(stage))
    ended = [step for step, state in states(some.book).items() if state == "done"]
    made = make(some)
    assert not set(made.ran) & set(ended)
    assert made.failures == []
    other = replace(some, book=some.book.with_name("y.book"))
    make(other)
    assert Book.open(some.book).digest == Book.open(other.book).digest


def test_control_c_of_the_command_line(options: MakeOptions, tmp_path: Path) -> None:
    arguments: list[str | Path] = [
        "make", "GRCh38", "-o", options.book, "--volumes", "chr21", "--genes", "none", "--tracks", "none",
        "--skip", ",".join(SKIPPABLE), "--words", "words-600", "--addresses", str(options.addresses),
    ]  # fmt: skip
    code, said = stop_in("  scores", arguments, tmp_path, signal.SIGINT, 0.0)
    assert code == 130, said
    assert "Traceback" not in said
    same = replace(
        options, chromosomes=("chr21",), genes="", tracks=(), words="words-600", skip=tuple(SKIPPABLE)
    )
    assert make(same).failures == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"assembly": "hg19"}, "assembly 'GRCh37': choose one of GRCh38"),
        ({"chromosomes": ("chr77",)}, "has no such sequence"),
        ({"source": "elsewhere"}, "--source 'elsewhere': choose one of ucsc, ncbi, ensembl"),
        ({"genes": "repeats"}, "--genes 'repeats': choose one of gencode"),
        ({"tracks": ("gencode",)}, "--tracks 'gencode': choose one of repeats, cpg"),
        ({"skip": ("build",)}, "--skip 'build': choose one of annotate"),
        ({"addresses": Path("nowhere.toml")}, r"nowhere\.toml: No such file"),
    ],
)
def test_wrong_options_are_one_line(
    bare: MakeOptions, change: dict[str, object], message: str, server: FileServer
) -> None:
    with pytest.raises(OptionError, match=message):
        make(replace(bare, **change))  # type: ignore[arg-type]
    assert server.paths == []


@pytest.mark.parametrize(
    "text", ["[", "GRCh38 = 1", '[GRCh38.sequence.x.whole]\nurl = "file:///etc/passwd"\n']
)
def test_a_table_that_is_none_is_refused(bare: MakeOptions, text: str, tmp_path: Path) -> None:
    table = tmp_path / "own.toml"
    table.write_text(text)
    with pytest.raises(OptionError, match=r"own\.toml: not a table of addresses"):
        make(replace(bare, addresses=table))


def test_status_of_a_book_in_the_making_and_of_any_book(
    bare: MakeOptions, capsys: pytest.CaptureFixture[str], chrm_fasta: Path, tmp_path: Path
) -> None:
    make(bare)
    said = books.program(capsys, "status", bare.book)
    assert said.code == 0
    assert [line.split()[:2] for line in said.out.splitlines()[1:3]] == [
        ["download", "done"],
        ["build", "done"],
    ]
    rows = json.loads(books.program(capsys, "status", bare.book, "--json").out)["steps"]
    assert rows[1]["letters_per_second"] > 0
    assert rows[2]["needs"] == ["left out by --skip"]
    other = tmp_path / "other.book"
    books.make(chrm_fasta, other)
    assert states(other)["build"] == "done"
    assert states(other)["index"] == "left"
    assert books.program(capsys, "status", tmp_path / "none.book").code == 2
    (folder_of(bare.book) / "make.json").write_text('{"version": 1, "steps": 7}')
    said = books.program(capsys, "status", bare.book)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "make.json" in said.err
