"""What tests of books share: random genomes, FASTA of any shape, builds, digests of folders, the program."""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from genomebook.book import Book
from genomebook.cli import main
from genomebook.pipeline.book.build import Options, build

Records = Mapping[str, bytes]


def letters(size: int, seed: int, alphabet: str = "ACGT") -> bytes:
    """Random letters."""
    return "".join(random.Random(seed).choices(alphabet, k=size)).encode()


def fasta(records: Records, width: int = 60, end: bytes = b"\n") -> bytes:
    """Records as FASTA text."""
    out = []
    for name, sequence in records.items():
        out.append(b">" + name.encode() + end)
        out += [sequence[at : at + width] + end for at in range(0, len(sequence), width)]
    return b"".join(out)


@st.composite
def records(draw: st.DrawFn) -> dict[str, bytes]:
    """A genome of few volumes: sequence, repeats, gaps in both cases, IUPAC letters, one letter, all N."""
    kinds = ["dna", "dna", "lower", "repeat", "gap", "gap", "iupac"]
    found = {}
    for number in range(draw(st.integers(1, 3))):
        parts = [b"ACGT"[number : number + 1]]
        if draw(st.integers(0, 5)) == 0:
            parts = [b"N" * draw(st.integers(1, 50))]
        else:
            for kind in draw(st.lists(st.sampled_from(kinds), max_size=7)):
                size, seed = draw(st.integers(1, 1500)), draw(st.integers(0, 999))
                dna = letters(size, seed)
                parts.append(
                    {
                        "dna": dna,
                        "lower": dna.lower(),
                        "repeat": dna[:7] * (size // 7),
                        "gap": letters(size, seed, draw(st.sampled_from(["N", "n", "NNNNn", "Nn"]))),
                        "iupac": dna + letters(size // 9, seed, "RYSWKMBDHVUryswkmbdhvu") + dna[:20],
                    }[kind]
                )
            random.Random(draw(st.integers(0, 99))).shuffle(parts)
        found[draw(st.sampled_from(["chr", "scaffold|", "9."])) + str(number)] = b"".join(parts)
    return found


@st.composite
def files(draw: st.DrawFn, content: Records) -> bytes:
    """FASTA text of the records in any shape: line length, line end, empty lines, packed or not."""
    end = draw(st.sampled_from([b"\n", b"\r\n", b"\n\n", b"\r\n\r\n"]))
    text = fasta(content, draw(st.sampled_from([1, 60, 70, 10**9])), end)
    return draw(st.sampled_from([text, text.rstrip(), b"\n" + text, gzip.compress(text)]))


def make(fasta_file: Path, book: Path, **options: object) -> Book:
    """Build a book with the smaller shipped vocabulary, on two threads."""
    settings: dict[str, object] = {"words": "words-600", "workers": 2, **options}
    return build(Options(fasta_file, book, **settings))  # type: ignore[arg-type]


def snapshot(folder: Path) -> dict[str, str]:
    """SHA-256 of every file under a folder, by path; folders themselves too."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
    }


def command(*arguments: str | Path) -> list[str]:
    """Command line of the program."""
    return [sys.executable, "-m", "genomebook", *map(str, arguments)]


def run(
    arguments: Sequence[str | Path], cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        env={**os.environ, "COLUMNS": "80", **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )


class Said(NamedTuple):
    """What a command said and its exit code."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line of an error: the last, and the only one beside notes and names of stages."""
        *before, last = self.err.splitlines()
        assert self.code == 2, self
        assert last.startswith("error: ")
        assert self.err.endswith("\n")
        assert all(re.fullmatch(r"[a-z]+ \.\.\.|note: .*", line) for line in before), self.err
        assert self.out == ""
        return last.removeprefix("error: ")


def program(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Said:
    """Run the program in this process, as its console script does."""
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["genomebook", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
    said = capsys.readouterr()
    return Said(int(stop.value.code or 0), said.out, said.err)


BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def bgzip(content: bytes, block: int) -> bytes:
    """BGZF by its definition (SAM specification, section 4.1): gzip members that hold their own size."""
    out = []
    for start in range(0, len(content), block):
        piece = content[start : start + block]
        packer = zlib.compressobj(wbits=-15)
        body = packer.compress(piece) + packer.flush()
        extra = struct.pack("<BBHH", 66, 67, 2, len(body) + 25)
        out.append(b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0" + extra + body)
        out.append(struct.pack("<II", zlib.crc32(piece), len(piece)))
    return b"".join(out) + BGZF_END
