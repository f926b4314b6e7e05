"""Shares: the same bytes for any number, each one checked by its digest, one writer, one version."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import genomebook
from genomebook.book import Book
from genomebook.errors import BusyError, GenomebookError, OptionError, ReaderError, SharesError
from genomebook.files.locks import file_locked, locked
from genomebook.language.alphabet import CODE, GAP
from genomebook.language.cuts import cut_table, next_cut
from genomebook.models.registry import load_reader
from genomebook.pipeline.scores import ScoreWork, Scoring, score
from genomebook.pipeline.shares.plan import Planned
from genomebook.pipeline.shares.readers import ReaderOf
from genomebook.pipeline.shares.run import finalise, make_shares
from genomebook.pipeline.shares.scores import plan_scores
from genomebook.pipeline.shares.stages import open_work
from tests.support.books import fasta, letters, make, program, snapshot

SHIPPED = Path(genomebook.__file__).parent / "data"
RECORDS = {
    "chr1": letters(6000, 1) + b"N" * 70 + letters(900, 2).lower() + b"nn" + letters(3, 3) + b"N",
    "chr2": b"N" * 30,
    "chr10": b"R" + letters(1700, 4),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a book, a reader, and its scores made at once; read only."""
    folder = tmp_path_factory.mktemp("shares")
    (folder / "genome.fa").write_bytes(fasta(RECORDS))
    make(folder / "genome.fa", folder / "book", words="words-4096")
    shutil.copytree(SHIPPED / "bilingual-mini", folder / "reader")
    score(folder / "book", load_reader(folder / "reader"), folder / "whole", 1, hidden=True)
    return folder


def planned(desk: Path, output: Path, shares: int = 5, restart: bool = False) -> Planned:
    source = ReaderOf(name=str(desk / "reader"))
    return plan_scores(desk / "book", source, output, True, shares=shares, restart=restart)


@contextmanager
def refused(words: str, kind: type[GenomebookError] = SharesError) -> Iterator[None]:
    with pytest.raises(kind, match=words) as caught:
        yield
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shares", [1, 4, 30])
def test_bytes_are_the_same_for_any_number_of_shares(desk: Path, tmp_path: Path, shares: int) -> None:
    plan = planned(desk, tmp_path / "scores", shares)
    assert shares / 2 < len(plan) <= shares
    numbers = list(reversed(range(1, len(plan) + 1)))
    for some in (numbers[::2], numbers[1::2]):
        if some:
            assert make_shares(Planned(tmp_path / "scores", "score"), some, workers=2) == some
    assert make_shares(plan) == []
    finalise(plan)
    assert snapshot(tmp_path / "scores") == snapshot(desk / "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["scores"]


def test_shares_start_at_content_cuts(desk: Path) -> None:
    book = Book.open(desk / "book")
    bounds = ScoreWork(Scoring(book, load_reader(desk / "reader"))).bounds(30)
    firsts = book.first_words.tolist()
    volume, cuts = book["chr1"], 0
    for bound in bounds[1:]:
        if bound >= firsts[1] or volume.ids[bound : bound + 1][0] == GAP:
            continue
        start = int(volume.numbered(bound, bound + 1).starts[0])
        text = np.frombuffer(volume.sequence(), np.uint8)
        cuts += next_cut(text, start, CODE, cut_table()) == start
    assert cuts >= 15
    assert bounds[-1] == firsts[-1]


def test_a_share_cut_short_is_named_and_made_again(desk: Path, tmp_path: Path) -> None:
    plan = planned(desk, tmp_path / "scores")
    make_shares(plan, [1, 2, 4])
    content = plan.file(2).read_bytes()
    plan.file(2).write_bytes(content[:-40])
    plan.file(4).write_bytes(b"\x01" + plan.file(4).read_bytes()[1:])
    with refused(r"4 of 5 shares left \(damaged: 2, 4, missing: 3, 5\)"):
        finalise(plan)
    assert make_shares(plan, [2]) == [2]
    assert plan.file(2).read_bytes() == content
    finalise(plan, redo=True)
    assert snapshot(tmp_path / "scores") == snapshot(desk / "whole")


def test_a_reader_of_half_the_bits(desk: Path, tmp_path: Path) -> None:
    source = ReaderOf(name=str(desk / "reader"), runtime="torch", precision="bfloat16")
    plan = plan_scores(desk / "book", source, tmp_path / "scores", shares=20)
    open_work(plan)  # the digest of a reader of 32 bits would be refused
    file = plan.folder / "plan.json"
    file.write_text(file.read_text().replace("bfloat16", "int1"))
    with refused("precision", OptionError):
        make_shares(Planned(tmp_path / "scores", "score"))


def test_a_shipped_reader_goes_before_a_folder_of_its_name(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bilingual-mini").mkdir()
    plan = plan_scores(desk / "book", ReaderOf(name="bilingual-mini"), tmp_path / "scores", shares=2)
    assert plan.plan.inputs["reader"] == "bilingual-mini"


def test_the_last_rename_fails(desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(desk, tmp_path / "scores")
    make_shares(plan)

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("genomebook.files.jobs.put_folder", full)
        with pytest.raises(OSError, match="No space"):
            finalise(plan)
    assert (plan.folder / "done.json").exists()
    plan = planned(desk, tmp_path / "scores")
    assert make_shares(plan) == []  # planning again has kept them all
    finalise(plan)
    assert snapshot(tmp_path / "scores") == snapshot(desk / "whole")


def test_a_worker_with_an_older_plan(desk: Path, tmp_path: Path) -> None:
    old = planned(desk, tmp_path / "scores", 4)
    make_shares(old, [1])
    share = old.file(1).read_bytes()
    new = planned(desk, tmp_path / "scores", 5, restart=True)
    for run in (make_shares, finalise):
        with refused("was joined or planned anew meanwhile; start again"):
            run(old)
    new.file(1).write_bytes(share)
    assert old.is_whole(1)
    assert not new.is_whole(1)
    finalise(new, redo=True)
    with refused("was joined or planned anew meanwhile"):
        make_shares(new)
    assert not new.folder.exists()


def test_a_lock_that_another_takes_while_this_one_works(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), file_locked(tmp_path / "lock"):
        raise BlockingIOError
    with file_locked(tmp_path / "lock"), pytest.raises(BusyError), file_locked(tmp_path / "lock"):
        pass


def test_one_process_keeps_a_plan_with_its_shares(desk: Path, tmp_path: Path) -> None:
    plan = planned(desk, tmp_path / "scores")
    make_shares(plan, [2])
    with refused(r"planned already with another bounds.*remove .*scores\.part to begin anew"):
        score(desk / "book", load_reader(desk / "reader"), tmp_path / "scores", 1, hidden=True, share=99)
    assert plan.is_whole(2)


def test_two_runs_on_one_folder(desk: Path, tmp_path: Path) -> None:
    plan = planned(desk, tmp_path / "scores")
    with locked(plan.folder):
        for run in (
            lambda: planned(desk, tmp_path / "scores"),
            lambda: make_shares(plan),
            lambda: finalise(plan),
        ):
            with refused("another command is writing here", BusyError):
                run()
    with file_locked(plan.file(3).with_suffix(".lock")):
        with refused("00003.lock: another command is writing here", BusyError):
            make_shares(plan, [3])
        assert make_shares(plan) == [1, 2, 4, 5]  # the third is somebody else's
    with plan.sharing(), refused("another command is writing here", BusyError):
        finalise(plan)


def test_a_worker_of_another_version_or_input_is_refused(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(desk, tmp_path / "scores")
    with monkeypatch.context() as patch:
        patch.setattr("genomebook.pipeline.shares.plan.__version__", "9.9")
        with refused(r"was planned by genomebook 0\S+, this is 9\.9"):
            Planned(tmp_path / "scores", "score")
    with refused("planned already with another bounds"):
        planned(desk, tmp_path / "scores", shares=9)
    assert len(planned(desk, tmp_path / "scores", shares=9, restart=True)) > len(plan)
    shutil.copytree(desk / "reader", tmp_path / "reader")
    source = ReaderOf(name=str(tmp_path / "reader"))
    other = plan_scores(desk / "book", source, tmp_path / "other", shares=2)
    shutil.rmtree(tmp_path / "reader")
    with refused("no such model", ReaderError):
        make_shares(other)
    shutil.copytree(SHIPPED / "encoder-mini", tmp_path / "reader")
    with refused("is not the reader that .*plan.json was made for"):
        make_shares(other)


def test_a_disk_that_will_not_hold_the_plan(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")(10**6, 10**6 - 5000, 5000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with refused(r"5 shares and their output need 0\.\d+ GB, the disk has 0\.000 GB free"):
        planned(desk, tmp_path / "scores")
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_needs_no_room(desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book.open(desk / "book")
    work = ScoreWork(Scoring(book, load_reader(desk / "reader"), True))
    plan = planned(desk, tmp_path / "scores")
    make_shares(plan)
    free = work.output_bytes
    usage = namedtuple("usage", "total used free")(10**9, 10**9 - free, free)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    planned(desk, tmp_path / "scores")
    plan.file(1).unlink()
    with refused("the disk has 0"):
        planned(desk, tmp_path / "scores")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[:-9], "not readable"),
        (lambda text: "[]", "not a JSON object"),
        (lambda text: "{}", "not a plan of shares"),
        (lambda text: text.replace('"bounds":[0,', '"bounds":[9,'), "not in order"),
        (lambda text: text.replace('"row":', '"raw":'), "raw"),
        (lambda text: text.replace('"stage":"score"', '"stage":"vectors"'), "was planned by vectors"),
        (lambda text: text.replace('"hidden":true', '"hidden":"x"'), "no hidden"),
    ],
)
def test_a_damaged_plan(desk: Path, tmp_path: Path, damage: object, words: str) -> None:
    file = planned(desk, tmp_path / "scores").folder / "plan.json"
    file.write_text(damage(file.read_text()))  # type: ignore[operator]
    with refused(words):
        make_shares(Planned(tmp_path / "scores", "score"))


def test_commands(desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, reader = str(tmp_path / "scores"), str(desk / "reader")
    told = program(capsys, "score", "share", output)
    assert (told.code, "nothing is planned here" in told.err) == (2, True)
    made = program(
        capsys,
        "score",
        "init",
        str(desk / "book"),
        "-o",
        output,
        "--reader",
        reader,
        "--hidden",
        "--shares",
        "3",
    )
    assert made.code == 0, made.err
    assert "3 shares planned" in made.out
    assert "no share 4" in program(capsys, "score", "share", output, "4").err
    assert "made 1 of 3" in program(capsys, "score", "share", output, "2").out
    assert "genomebook score share" in program(capsys, "score", "finalise", output).err
    assert "made 2 of 3" in program(capsys, "score", "share", output).out
    assert "3 shares joined" in program(capsys, "score", "finalise", output).out
    assert snapshot(tmp_path / "scores") == snapshot(desk / "whole")
    with refused("exists already", OptionError):
        planned(desk, tmp_path / "scores")


def test_a_killed_worker_loses_nothing(desk: Path, tmp_path: Path) -> None:
    plan = planned(desk, tmp_path / "scores", shares=40)
    worker = subprocess.Popen(
        [sys.executable, "-m", "genomebook", "score", "share", str(tmp_path / "scores")]
    )
    while worker.poll() is None and not plan.is_there(5):
        time.sleep(0.005)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    numbers = range(1, len(plan) + 1)
    whole = {number: plan.file(number).stat().st_mtime_ns for number in numbers if plan.is_whole(number)}
    assert len(whole) >= 5
    assert set(make_shares(plan)).isdisjoint(whole)
    assert {number: plan.file(number).stat().st_mtime_ns for number in whole} == whole
    finalise(plan)
    assert snapshot(tmp_path / "scores") == snapshot(desk / "whole")


def test_joining_needs_no_model(desk: Path, tmp_path: Path) -> None:
    shutil.copytree(desk / "reader", tmp_path / "reader")
    source = ReaderOf(name=str(tmp_path / "reader"))
    plan = plan_scores(desk / "book", source, tmp_path / "scores", True, shares=5)
    make_shares(plan)
    shutil.rmtree(tmp_path / "reader")
    content = plan.file(2).read_bytes()
    plan.file(2).write_bytes(content[:-1])
    with refused("no such model", ReaderError):
        finalise(plan, redo=True)
    plan.file(2).write_bytes(content)
    finalise(plan)
    whole = snapshot(desk / "whole")
    assert snapshot(tmp_path / "scores") == whole


def test_joining_shares_of_another_book(desk: Path, tmp_path: Path) -> None:
    (tmp_path / "genome.fa").write_bytes(fasta({"a": letters(3000, 1)}))
    make(tmp_path / "genome.fa", tmp_path / "book", words="words-4096")
    source = ReaderOf(name=str(desk / "reader"))
    plan = plan_scores(tmp_path / "book", source, tmp_path / "scores", shares=2)
    make_shares(plan)
    shutil.rmtree(tmp_path / "book")
    shutil.copytree(desk / "book", tmp_path / "book")
    with refused("is not the book that .*plan.json was made for"):
        finalise(plan)


STOPPED_AT_A_RENAME = """
import os, signal, sys
from pathlib import Path
from genomebook.files import atomic
from genomebook.pipeline.shares.plan import Planned
from genomebook.pipeline.shares.run import finalise

left, after, number = int(sys.argv[2]), sys.argv[3] == "after", int(sys.argv[4])
def stopping(act):
    def renamed(*names):
        global left
        left -= 1
        if left == 0 and not after:
            os.kill(os.getpid(), number)
        act(*names)
        if left == 0 and after:
            os.kill(os.getpid(), number)
    return renamed
os.rename, os.replace = stopping(os.rename), stopping(os.replace)
finalise(Planned(Path(sys.argv[1]), "score"), redo=True, workers=1)
"""


@pytest.mark.parametrize(
    ("renames", "moment", "number"),
    [
        (1, "before", signal.SIGKILL),
        (2, "after", signal.SIGKILL),
        (3, "before", signal.SIGKILL),
        (4, "before", signal.SIGKILL),
        (4, "after", signal.SIGKILL),
        (1, "after", signal.SIGINT),
    ],
)
def test_finalise_that_is_stopped_at_a_rename(
    desk: Path, tmp_path: Path, renames: int, moment: str, number: signal.Signals
) -> None:
    """Two shares are redone: their renames are the first, then those of the note and of the result."""
    output = tmp_path / "scores"
    plan = planned(desk, output, 4)
    make_shares(plan, [1, 3])
    kept = {number: plan.file(number).read_bytes() for number in (1, 3)}
    script = [sys.executable, "-c", STOPPED_AT_A_RENAME, output, str(renames), moment, str(int(number))]
    said = subprocess.run(script, capture_output=True, text=True)
    assert said.returncode == -number, said.stderr
    if (renames, moment) == (4, "after"):
        assert snapshot(output) == snapshot(desk / "whole")
        return
    assert not output.exists()
    assert {number: plan.file(number).read_bytes() for number in kept} == kept
    finalise(planned(desk, output, 4), redo=True)
    assert snapshot(output) == snapshot(desk / "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["scores"]
