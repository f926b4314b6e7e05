from __future__ import annotations

import bz2
import errno
import gzip
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pyfaidx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomebook.errors import FastaError
from genomebook.genome import fasta
from genomebook.genome.digests import refget
from genomebook.genome.fasta import Genome, Record, stale_index, unpack
from tests.support.books import bgzip
from tests.support.simple_fasta import parse_simply

CODES = b"ACGTUNRYSWKMBDHV"


@st.composite
def fasta_text(draw: st.DrawFn) -> bytes:
    """Text of a FASTA file in every legal shape."""
    names = draw(
        st.lists(st.from_regex(r"[!-=?-~][!-~]{0,8}", fullmatch=True), min_size=1, max_size=4, unique=True)
    )
    end = st.sampled_from([b"\n", b"\r\n", b"\n\n", b" \n", b"\t\r\n", b"\r\n\n"])
    letters = st.text(alphabet=(CODES[:6] * 2 + CODES + CODES.lower()).decode(), min_size=1, max_size=120)
    text = draw(st.sampled_from([b"", b"\n", b"\r\n \n"]))
    for name in names:
        description = draw(st.sampled_from([b"", b" dna:chromosome  x", b"\tAC:1 > LN:2", " é".encode()]))
        text += b">" + name.encode() + description + draw(st.sampled_from([b"\n", b"\r\n"]))
        sequence = draw(letters.filter(lambda s: 2 * sum(c in "ACGTUNacgtun" for c in s) >= len(s)))
        sequence += "N" * draw(st.sampled_from([0, 0, 1, 200]))
        width = draw(st.integers(1, 330))
        for start in range(0, len(sequence), width):
            text += sequence[start : start + width].encode() + draw(end)
    return text if draw(st.booleans()) else text.rstrip()


@settings(max_examples=150)
@given(fasta_text(), st.sampled_from(["plain", "gzip", "members", "bgzip", "bzip2"]), st.integers(1, 80))
def test_any_fasta_comes_back_letter_for_letter(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, packing: str, block: int
) -> None:
    folder = tmp_path_factory.mktemp("fasta")
    source = folder / "any.name"
    half = len(text) // 2
    source.write_bytes(
        {
            "plain": text,
            "gzip": gzip.compress(text),
            "members": gzip.compress(text[:half]) + gzip.compress(text[half:]),
            "bgzip": bgzip(text, block),
            "bzip2": bz2.compress(text[:half]) + bz2.compress(text[half:]),
        }[packing]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fasta, "_BYTES_PER_READ", block)  # so that blocks end everywhere
        records = unpack(source, folder / "out")
    expected = parse_simply(text)
    assert [(r.name, r.description) for r in records] == [(name, about) for name, about, _ in expected]
    with Genome(folder / "out") as genome:
        assert genome.records == records
        for record, (name, _, letters) in zip(records, expected, strict=True):
            assert genome.letters(name).tobytes() == letters
            assert record.length == len(letters)
            assert record.gap_letters == letters.upper().count(b"N")
            assert record.refget == refget(letters)
            assert record.md5 == hashlib.md5(letters.upper()).hexdigest()
            assert (record.contig, record.origin) == (name, 0)


@settings(max_examples=40)
@given(fasta_text())
def test_the_index_is_the_one_pyfaidx_makes(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    folder = tmp_path_factory.mktemp("index")
    (folder / "a.fa").write_bytes(text)
    unpack(folder / "a.fa", folder / "out")
    made = (folder / "out/genome.fa.fai").read_text()
    (folder / "copy.fa").write_bytes((folder / "out/genome.fa").read_bytes())
    pyfaidx.Faidx(folder / "copy.fa").close()
    assert made == (folder / "copy.fa.fai").read_text()


def test_letters_are_a_read_only_map_that_outlives_the_genome(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_text(">x\nACgt\n>y\nNN\n")
    unpack(tmp_path / "a.fa", tmp_path / "out")
    with Genome(tmp_path / "out") as genome:
        letters = genome.letters("y")
        assert letters.dtype == np.uint8
        assert letters.shape == (2,)
        assert not letters.flags.owndata
        with pytest.raises(ValueError, match="read-only"):
            letters[0] = 65
        with pytest.raises(FastaError, match="no record 'z'"):
            genome.letters("z")
    assert letters.tobytes() == b"NN"
    with pytest.raises(FastaError, match="closed"):
        genome.letters("y")


@pytest.mark.parametrize(
    ("name", "letters", "contig", "origin"),
    [
        ("chr21:11-20", 10, "chr21", 10),
        ("chr21:11-20", 11, "chr21:11-20", 0),
        ("chr21:1,011-1,020", 10, "chr21:1,011-1,020", 0),
        ("HLA:A:1-10", 10, "HLA:A", 0),
        ("chr21", 10, "chr21", 0),
    ],
)
def test_a_name_with_a_range_is_a_slice_only_when_its_length_fits(
    tmp_path: Path, name: str, letters: int, contig: str, origin: int
) -> None:
    (tmp_path / "a.fa").write_text(f">{name} about it\n{'A' * letters}\n")
    (record,) = unpack(tmp_path / "a.fa", tmp_path / "out")
    assert (record.name, record.contig, record.origin) == (name, contig, origin)


def gz_cut(text: bytes) -> bytes:
    return gzip.compress(text)[:-30]


def gz_flipped(text: bytes) -> bytes:
    packed = bytearray(gzip.compress(text))
    packed[-6] ^= 0xFF
    return bytes(packed)


RANDOM_DNA = bytes(np.random.default_rng(1).choice(list(b"ACGT"), 5000).tolist())
PROTEIN = b">sp|P03886|NU1M_HUMAN NADH\nMPMANLLLLIVPILIAMAFLMLTERKILGYMQLRKGPNVVGPYGLLQPFADAMKLFTKEP\n"

BAD = {
    "empty": (b"", "is empty.*at least one record"),
    "blank": (b"\n \r\n", "is empty"),
    "empty gzip": (gzip.compress(b""), "is empty"),
    "text first": (b"ACGT\n>x\nACGT\n", "not FASTA: text 'ACGT' before the first '>'; write a '>name' line"),
    "fastq": (b"@r1\nACGT\n+\nIIII\n", "not FASTA.*looks like FASTQ"),
    "binary": (bytes(range(1, 200)), "not FASTA"),
    "zip": (b"PK\x03\x04 > \n>x\nACGT", "is a zip archive; unpack it first: unzip"),
    "xz": (b"\xfd7zXZ\x00\x00\x04", "is packed by xz; unpack it first: xz -d"),
    "tar": (b"a.fa" + bytes(253) + b"ustar  >x\nACGT", "not FASTA.*unpack an archive first"),
    "byte-order mark": (b"\xef\xbb\xbf>x\nACGT\n", "byte-order mark"),
    "no name": (b">x\nAC\n>\nACGT\n", "record 2 has no name"),
    "blank name": (b"> x\nACGT\n", "record 1 has no name"),
    "long name": (
        b">ok\nAC\n>" + b"n" * 1001 + b" a description\nAC\n",
        f"record 2, '{'n' * 40}…': a name has 1,000 characters at most; shorten it",
    ),
    "twice": (b">x\nAC\n>y\nAC\n>x 2\nGT\n", "record 3: the name 'x' is there twice; rename"),
    "no letters": (b">x\nAC\n>y\n\n>z\nAC\n", "record 'y': has no letters"),
    "no letters at the end": (b">x\nAC\n>y", "record 'y': has no letters"),
    "control": (b">chr\x1b[31m1\nACGT\n", r"record 1, 'chr\\x1b\[31m1': .*control characters"),
    "wrong letter": (b">x\nAC\nGT-A\n", "record 'x', letter 5: '-' is not a nucleotide code.*remove it"),
    "X": (b">x\nACGTX", "record 'x', letter 5: 'X' is not"),
    "star": (b">x\nACGT*\n", "letter 5: '\\*' is not"),
    "mid-line >": (b">x\nACGT>y\nACGT\n", "record 'x', letter 5: '>' inside a line"),
    "high byte": (b">x\nAC\xe9T\n", "record 'x', letter 3: 'é' is not"),
    "protein": (PROTEIN, r"record 'sp\|P03886\|NU1M_HUMAN', letter 2: 'P'.*looks like protein; give DNA"),
    "protein of legal letters": (
        b">x\n" + b"MKVSWRYDHK" * 3,
        "record 'x': fewer than half.*looks like protein",
    ),
    "cut gzip": (gz_cut(b">x\n" + RANDOM_DNA), "the gzip data is cut short"),
    "wrong gzip sum": (gz_flipped(b">x\n" + RANDOM_DNA), "the gzip data is cut short or damaged"),
    "gzip then garbage then gzip": (
        gzip.compress(b">x\nAC\n") + b"garbage" + gzip.compress(b">y\nAC\n"),
        "the gzip data is cut short or damaged",
    ),
    "cut bzip2": (bz2.compress(b">x\n" + RANDOM_DNA)[:-30], "the bzip2 data is cut short"),
    "bgzip without end": (bgzip(b">x\n" + RANDOM_DNA, 999)[:-28], "no end-of-file block.*copy"),
    "endless header": (b">x" + b"a" * (1 << 20), "header line at the start is longer than 1 MiB"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("block", [7, 1 << 20])
def test_bad_input_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, block: int
) -> None:
    content, message = BAD[case]
    if case == "endless header":
        block = max(block, 1 << 16)
    monkeypatch.setattr(fasta, "_BYTES_PER_READ", block)
    source = tmp_path / "bad.fa"
    source.write_bytes(content)
    with pytest.raises(FastaError, match=message) as caught:
        unpack(source, tmp_path / "out")
    assert str(caught.value).startswith(f"{source}: ")
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_cut_gzip_names_the_place_that_was_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fasta, "_BYTES_PER_READ", 100)
    (tmp_path / "cut.gz").write_bytes(gz_cut(b">x\nACGT\n>y\n" + RANDOM_DNA))
    with pytest.raises(FastaError, match=r"record 'y', letter [1-9][0-9]{3}: the gzip data is cut short"):
        unpack(tmp_path / "cut.gz", tmp_path / "out")


@pytest.mark.parametrize(("name", "message"), [("none.fa", "no such file"), (".", "is a directory")])
def test_a_path_that_is_not_a_file(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(FastaError, match=message):
        unpack(tmp_path / name, tmp_path / "out")


def test_short_records_of_rare_codes_and_u_are_nucleotides(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_text(">x\nRYSWKMBDHV\n>y\nACGUacgu\n")
    assert [r.length for r in unpack(tmp_path / "a.fa", tmp_path / "out")] == [10, 8]


def test_control_characters_of_a_description_do_not_reach_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_bytes(b">x a\x1b[2Jb\x00\nACGT\n")
    assert unpack(tmp_path / "a.fa", tmp_path / "out")[0].description == "a [2Jb"


def test_a_finished_pass_is_not_repeated_and_a_damaged_one_is(tmp_path: Path) -> None:
    source, out = tmp_path / "a.fa", tmp_path / "out"
    source.write_text(">x\nACGT\n")
    records = unpack(source, out)
    source.rename(tmp_path / "gone.fa")
    assert unpack(source, out) == records
    for name in ("genome.fa", "genome.fa.fai", "records.json"):
        whole = (out / name).read_bytes()
        for damaged in (whole[:-1], None):
            (out / name).unlink() if damaged is None else (out / name).write_bytes(damaged)
            with pytest.raises(FastaError, match="build it again"):
                Genome(out)
            with pytest.raises(FastaError, match="no such file"):
                unpack(source, out)
            assert unpack(tmp_path / "gone.fa", out) == records
            assert (out / name).read_bytes() == whole


def test_records_json_holds_the_records(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_text(">x d\nACGTn\n")
    records = unpack(tmp_path / "a.fa", tmp_path / "out")
    rows = json.loads((tmp_path / "out/records.json").read_text())
    assert [Record(**row) for row in rows] == records
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "genome.fa",
        "genome.fa.fai",
        "records.json",
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is a Linux device that is always full")
def test_a_full_disk_is_an_oserror_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.fa").write_bytes(b">x\n" + RANDOM_DNA * 10)
    out = tmp_path / "out"
    out.mkdir()
    opened = Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, *of: opened(Path("/dev/full") if "genome.fa" in path.name else path, *of)
    )
    with pytest.raises(OSError, match="space") as caught:
        unpack(tmp_path / "a.fa", out)
    assert caught.value.errno == errno.ENOSPC
    assert list(out.iterdir()) == []


def test_an_interrupted_pass_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fasta, "_BYTES_PER_READ", 1000)
    source, out = tmp_path / "a.fa", tmp_path / "out"
    source.write_bytes(b">x\n" + RANDOM_DNA)

    def stop(read: int, total: int) -> None:
        if read > 2000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(source, out, stop)
    assert list(out.iterdir()) == []
    assert unpack(source, out)[0].length == len(RANDOM_DNA)


@pytest.mark.parametrize("packed", [False, True])
def test_progress_rises_to_the_size_of_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr(fasta, "_BYTES_PER_READ", 1000)
    text = b">x\n" + RANDOM_DNA
    source = tmp_path / "a"
    source.write_bytes(gzip.compress(text) if packed else text)
    seen: list[tuple[int, int]] = []
    unpack(source, tmp_path / "out", lambda read, total: seen.append((read, total)))
    size = source.stat().st_size
    assert {total for _, total in seen} == {size}
    assert [read for read, _ in seen] == sorted(read for read, _ in seen)
    assert seen[-1][0] == size
    assert len(seen) == 6


def test_a_stale_or_strange_index_is_noted_and_does_no_harm(tmp_path: Path) -> None:
    source = tmp_path / "a.fa"
    source.write_text(">x\nACGT\nAC\n")
    index = tmp_path / "a.fa.fai"
    assert stale_index(source) is None
    index.write_text("x\t6\t3\t4\t5\n")
    os.utime(index, (source.stat().st_mtime + 5,) * 2)
    assert stale_index(source) is None
    os.utime(index, (source.stat().st_mtime - 5,) * 2)
    note = stale_index(source)
    assert note == f"{index}: is older than its FASTA and is not used; to remake it: samtools faidx a.fa"
    for content in (b"x\t6\n", b"\xff\xfe", b"x\t6\t-3\t4\t5\n", b"x\ta\tb\tc\td\n"):
        index.write_bytes(content)
        assert "is not a samtools index" in (stale_index(source) or "")
    before = index.read_bytes()
    assert unpack(source, tmp_path / "out")[0].length == 6
    assert index.read_bytes() == before


def test_the_shipped_mitochondrion(tmp_path: Path, chrm_fasta: Path) -> None:
    (record,) = unpack(chrm_fasta, tmp_path)
    assert record.length == 16569
    assert record.md5 == "c68f52674c9fb33aef52dcf399755519"
    assert record.gap_letters == 1
    ((_, _, letters),) = parse_simply(chrm_fasta.read_bytes())
    with Genome(tmp_path) as genome:
        assert genome.letters(record.name).tobytes() == letters
