"""Data of tasks: checked, split and fetched, with one line for each thing that is wrong."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from genomebook.errors import DownloadError, TaskError
from genomebook.tasks.data import check_files, data_folder, fetch, has_data, load
from genomebook.tasks.examples import HOLD_OUTS, ExampleRows, digest_of, split_files
from genomebook.tasks.known_sequence import KnownSequence, split_of
from genomebook.tasks.registry import task, tasks
from genomebook.tasks.task import DEV, TEST, TRAIN, DataFile, Task
from tests.support import books

REAL = (
    *("tf-2", "promoter-core-tata", "promoter-proximal-all", "splice-gue", "splice-donor-hs3d", "nanog"),
    *("open-chromatin", "regulatory", "enhancer-cohn", "orf-frame", "coding-or-intergenic", "biotype"),
    *("ctcf", "promoter-scan"),
)
"""Tasks whose real data are read here: one of each loader, and not the largest."""

ROWS = {
    TRAIN: "sequence,label\nACGTACGT,0\nGGGGCCCC,1\nTTTTAAAA,1\nCCCCCCCC,0\n",
    DEV: "sequence,label\nTTTTAAAA,1\n",
    TEST: "sequence,label\nGGGGCCCC,1\nAAAAAAAA,0\n",
}


def made(folder: Path, rows: dict[str, str], **changes: str | None) -> Task:
    """The task tf-0 with files of these rows in a folder."""
    files = {}
    for split, text in rows.items():
        (folder / f"{split}.csv.gz").write_bytes(gzip.compress(text.encode()))
        digest = hashlib.sha256(text.encode()).hexdigest()
        files[split] = replace(DataFile(f"{split}.csv.gz", digest, None, "fetch it anew"), **changes)
    model = task("tf-0")
    sheet = replace(model.sheet, files=tuple(files.values()))
    return replace(model, sheet=sheet, load=partial(split_files, files, model.labels))


def test_each_sequence_is_in_one_split(tmp_path: Path) -> None:
    examples = load(made(tmp_path, ROWS), tmp_path)
    assert examples.of(TRAIN).sequences == ["ACGTACGT", "CCCCCCCC"]
    assert examples.of(DEV).sequences == ["TTTTAAAA"]
    assert examples.of(TEST).labels.tolist() == [1, 0]
    assert dict(examples.dropped) == {"also in test": 1, "also in dev": 1}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            "sequence,label\nACGT,0\nACXT,1\n",
            r"train.csv.gz: line 3: not a sequence of DNA \('X' at letter 3\)",
        ),
        ("sequence,label\n,0\n", r"train.csv.gz: line 2: not a sequence of DNA \(0 letters"),
        ("sequence,label\nACGT,2\n", r"train.csv.gz: line 2: unknown label '2'; the labels are 0, 1"),
        ("sequence,label\nACGT,yes\n", "train.csv.gz: line 2: unknown label 'yes'"),
        (
            "dna,label\nACGT,0\n",
            "train.csv.gz: no column 'sequence' in its first line; expected sequence, label",
        ),
        ("", "train.csv.gz: no column 'sequence'"),
        ("sequence,label\nACGT,0,5\n", "train.csv.gz: line 2: 3 columns, expected 2"),
        ("sequence,label\n\x1b[31m,0\n", r"not a sequence of DNA \('.x1b'"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(TaskError, match=said) as refused:
        load(made(tmp_path, ROWS | {TRAIN: rows}), tmp_path)
    assert "fetch" in str(refused.value) or "labels are" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_text_or_cut_short_is_named(tmp_path: Path) -> None:
    wanted = made(tmp_path, ROWS)
    path = tmp_path / "train.csv.gz"
    path.write_bytes(gzip.compress(b"sequence,label\n\xff\xfe,0\n"))
    with pytest.raises(TaskError, match=r"train.csv.gz: not a text file in UTF-8"):
        load(wanted, tmp_path)
    path.write_bytes(gzip.compress(ROWS[TRAIN].encode())[:-9])
    with pytest.raises(TaskError, match=r"train.csv.gz"):
        load(wanted, tmp_path)


def test_files_are_checked_by_their_unpacked_content(tmp_path: Path) -> None:
    wanted = made(tmp_path, ROWS)
    check_files(wanted, tmp_path)
    path = tmp_path / "dev.csv.gz"
    text = gzip.decompress(path.read_bytes())
    path.unlink()
    (tmp_path / "dev.csv").write_bytes(text)
    check_files(wanted, tmp_path)
    assert len(load(wanted, tmp_path).of(DEV)) == 1
    (tmp_path / "dev.csv").write_bytes(text.replace(b"TTTT", b"TTTA"))
    with pytest.raises(TaskError, match=r"dev.csv: its unpacked content has the SHA-256 .*; fetch it anew"):
        check_files(wanted, tmp_path)
    (tmp_path / "dev.csv").unlink()
    assert not has_data(wanted, tmp_path)
    with pytest.raises(TaskError, match=r"dev.csv.gz: no such file; fetch it anew"):
        load(wanted, tmp_path)


def test_without_its_train_file_dev_is_divided(tmp_path: Path) -> None:
    letters = [
        "".join("ACGT"[int(digit)] for digit in np.base_repr(7919 * number, 4)) for number in range(99)
    ]
    rows = ROWS | {DEV: "sequence,label\n" + "".join(f"{one},{len(one) % 2}\n" for one in letters)}
    wanted = made(tmp_path, rows)
    files = dict(zip(rows, wanted.sheet.files, strict=True))
    files[TRAIN] = replace(files[TRAIN], needed=False)
    (tmp_path / "train.csv.gz").unlink()
    divided = split_files(files, wanted.labels, tmp_path)
    expected = [one for one in letters if digest_of(one) % 10 == 0]
    assert divided.of(DEV).sequences == expected
    assert len(divided.of(TRAIN)) == len(letters) - len(expected) > 80
    assert divided.note == (
        "the training file is missing, so nine tenths of the dev rows are used for training; fetch it anew"
    )


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Address of a local server of the folder "public"."""
    (tmp_path / "public").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "public")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_public_files_are_fetched_and_checked(tmp_path: Path, address: str) -> None:
    wanted = made(tmp_path / "public", ROWS)
    files = dict(zip(ROWS, wanted.sheet.files, strict=True))
    (tmp_path / "public" / "dev.csv").write_text(ROWS[DEV])
    files = {
        split: replace(file, url=f"{address}/{split}.csv" + (".gz" if split != DEV else ""))
        for split, file in files.items()
    }
    whole = replace(
        wanted,
        sheet=replace(wanted.sheet, files=tuple(files.values())),
        load=partial(split_files, files, wanted.labels),
    )
    paths = fetch(whole, tmp_path / "own")
    assert [path.name for path in paths] == ["train.csv.gz", "dev.csv", "test.csv.gz"]
    assert len(load(whole, tmp_path / "own")) == 5
    (tmp_path / "own" / "dev.csv").write_text("sequence,label\n")
    with pytest.raises(DownloadError, match=r"dev.csv: its unpacked content has the SHA-256"):
        fetch(whole, tmp_path / "own")
    (tmp_path / "own" / "dev.csv").unlink()
    (tmp_path / "public" / "dev.csv").unlink()
    with pytest.raises(DownloadError, match="404"):
        fetch(whole, tmp_path / "own")


def test_a_file_without_an_address_is_named_with_what_to_fetch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = books.program(capsys, "fetch-task", "human-or-worm", "--data", tmp_path)
    assert said.code == 2
    assert said.err.startswith("error: ")
    assert "demo_human_or_worm" in " ".join(said.err.split())
    assert "no such file; fetch demo_human_or_worm of GenomicBenchmarks" in " ".join(said.err.split())


def test_rows_in_the_hold_outs_are_left_out_of_train_but_not_of_test() -> None:
    rows = ExampleRows(("no", "yes"))
    for number, (chrom, start, end) in enumerate((*HOLD_OUTS, ("chr3", 0, 99))):
        for split in (TRAIN, DEV, TEST):
            letters = "ACGT"[number] * 9 + {TRAIN: "A", DEV: "C", TEST: "G"}[split]
            rows.add("here", letters, 1, split, place=(chrom, end - 1, end + 50 * (start > 0)))
    examples = rows.examples()
    assert [len(examples.of(split)) for split in (TRAIN, DEV, TEST)] == [1, 1, 3]
    assert dict(examples.dropped) == {"in a hold-out": 4}


def test_pieces_of_the_genome_are_cut_on_both_strands() -> None:
    known = KnownSequence({("chr9", 100): "AACCGN", ("chr9", 103): "CGNTT"})
    assert known.cut("chr9", 101, 105) == "ACCG"
    assert known.cut("chr9", 101, 105, "-") == "CGGT"
    assert known.cut("chr9", 104, 106) is None
    assert known.cut("chr9", 99, 102) is None
    assert known.cut("chr8", 101, 105) is None
    assert split_of("chr2", 5, 9) == TEST == split_of("chr21", 25_000_000, 25_000_009)
    shares = [split_of("chr5", at, at + 2) for at in range(0, 250_000_000, 250_000)]
    assert [round(shares.count(split), -2) for split in (TRAIN, DEV, TEST)] == [700, 100, 200]


def test_the_folder_is_an_option_a_variable_or_the_shared_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GENOMEBOOK_TASK_DATA", raising=False)
    monkeypatch.delenv("GENOMEBOOK_SHARED", raising=False)
    with pytest.raises(TaskError, match="name one with --data or in GENOMEBOOK_TASK_DATA"):
        data_folder()
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("GENOMEBOOK_SHARED", str(tmp_path))
    assert data_folder() == tmp_path / "data"
    monkeypatch.setenv("GENOMEBOOK_TASK_DATA", str(tmp_path / "none"))
    with pytest.raises(TaskError, match="none: no such folder"):
        data_folder()
    assert data_folder(tmp_path) == tmp_path


@pytest.mark.parametrize("name", REAL)
def test_real_data_are_what_the_data_sheet_says(shared: Path, name: str) -> None:
    wanted, folder = task(name), shared / "data"
    check_files(wanted, folder)
    examples = load(wanted, folder)
    for split, counts in wanted.sheet.counts.items():
        assert np.bincount(examples.of(split).labels, minlength=len(wanted.labels)).tolist() == list(counts)
    assert set(wanted.sheet.counts) == {TRAIN, DEV, TEST}
    sizes = {len(letters) for letters in examples.sequences}
    assert wanted.lengths[0] <= min(sizes)
    assert max(sizes) <= wanted.lengths[1]
    splits = [set(examples.of(split).sequences) for split in (TRAIN, DEV, TEST)]
    assert len(set.union(*splits)) == sum(map(len, splits))
    assert len(examples) == sum(map(sum, wanted.sheet.counts.values()))


def test_checksums_are_those_of_the_list_of_real_data(shared: Path) -> None:
    lines = (shared / "data" / "SHA256SUMS").read_text().splitlines()
    listed = {path.removeprefix("./"): digest for digest, path in map(str.split, lines)}
    files = {file.path: file for one in tasks().values() for file in one.sheet.files if file.sha256}
    assert len(files) > 40
    for path in ("benchmarks/GUE/tf/0/dev.csv.gz", "tasks/splice_hs3d140_donor.tsv.gz"):
        packed = (shared / "data" / path).read_bytes()
        assert hashlib.sha256(packed).hexdigest() == listed[path]
        assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == files[path].sha256
    assert set(files) <= set(listed)
