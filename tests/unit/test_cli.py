"""The command line: what each command prints and does, and that serving ends with its command."""

from __future__ import annotations

import hashlib
import re
import signal
import subprocess
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from genomebook import __version__
from genomebook.annotation.evidence import evidence_path, read_evidence
from genomebook.book import Book
from genomebook.book.page import Gap, open_page
from genomebook.language.vocabulary import Vocabulary
from genomebook.pipeline.demo import demo_evidence, demo_tracks
from tests.support import books
from tests.support.browser import START_LIMIT_S, free_port, is_healthy

M5 = "c68f52674c9fb33aef52dcf399755519"
Capture = pytest.CaptureFixture[str]


def test_read_prints_the_words_of_a_gene(chrm_book: Path, capsys: Capture) -> None:
    said = books.program(capsys, "read", chrm_book, "MT-ND1")
    assert (said.code, said.err) == (0, "")
    book = Book.open(chrm_book)
    region = book.addresses.parse("MT-ND1")
    page = open_page(book, region)
    heads = re.findall(r"^(chrM:[0-9,-]+)  paragraph ([0-9,]+)$", said.out, re.MULTILINE)
    blocks = [block for block in page.blocks if not isinstance(block, Gap)]
    assert [(book.addresses.parse(place).start, int(n)) for place, n in heads] == [
        (max(block.start, region.start), block.number + 1) for block in blocks
    ]
    lines = [line for line in said.out.splitlines() if not line.startswith("chrM:")]
    upper = [line for line in lines if re.match("[A-Z…]", line)]
    under = [line for line in lines if re.match("[0-9]", line)]
    words = " ".join(upper).split()
    assert re.sub("[.…]", "", "".join(words)) == book["chrM"].sequence(3306, 4262).decode()
    sentences = [sentence for block in blocks for sentence in block.sentences]
    ends = [sentence.end for sentence in sentences if region.start < sentence.end <= region.end]
    assert sum(word.endswith(".") for word in words) == len(ends)
    inside = [
        word
        for sentence in sentences
        for word in sentence.words
        if region.start < word.end and word.start < region.end
    ]
    bits = [f"{word.surprisal:.0f}" for word in inside]
    assert [word.startswith("…") for word in words] == [word.start < region.start for word in inside]
    assert [word.endswith("…") for word in words] == [word.end > region.end for word in inside]
    assert " ".join(under).split() == bits
    for above, below in zip(upper, under, strict=True):
        assert [m.start() for m in re.finditer(r"\S+", above)] == [
            m.start() for m in re.finditer(r"\S+", below)
        ]
        assert max(len(above), len(below)) <= 100


def test_read_marks_gaps_and_keeps_to_its_limit(tmp_path: Path, capsys: Capture) -> None:
    sequence = b"N" * 1200 + books.letters(9000, 1).lower()
    (tmp_path / "a.fa").write_bytes(books.fasta({"[red]": sequence}))
    books.make(tmp_path / "a.fa", tmp_path / "a.book", signal="surprise")  # short paragraphs
    said = books.program(capsys, "read", tmp_path / "a.book", "[red]", "--limit", "500")
    assert said.out.startswith("[red]:1-1,200  [gap: 1,200 letters of N]\n")
    assert re.sub(r"[ .…]", "", "".join(re.findall(r"^[acgt].*$", said.out, re.MULTILINE))) == (
        sequence[1200:1700].decode()
    )
    assert said.out.endswith("[red]:1,701-10,200  not printed: 8,500 letters; --limit says how many\n")
    for region, limit in (("1350-1360", 20), ("1350-1360", 4000), ("1195-1201", 1), ("10200", 1)):
        said = books.program(capsys, "read", tmp_path / "a.book", f"[red]:{region}", "--limit", str(limit))
        first, _, last = region.partition("-")
        start, end = int(first) - 1, int(last or first)
        letters = "".join(re.findall(r"^[acgt…].*$", said.out, re.MULTILINE))
        assert re.sub(r"[ .…]", "", letters) == sequence[max(start, 1200) : end].decode()
        assert "not printed" not in said.out
        assert f"[red]:{first}" in said.out.replace(",", "")


def test_info_prints_every_digest_in_full(chrm_book: Path, capsys: Capture) -> None:
    book = Book.open(chrm_book)
    said = books.program(capsys, "info", chrm_book)
    assert (said.code, said.err) == (0, "")
    for digest in (
        book.digest,
        M5,
        book["chrM"].refget,
        book.vocabulary.digest,
        book.meta.reader.digest,
    ):
        assert digest in said.out
    assert "16,569 letters" in said.out
    assert "NC_012920.1.genes.tsv" in said.out


def test_build_verify_and_demo(tmp_path: Path, chrm_fasta: Path, capsys: Capture) -> None:
    demo = ["demo", "--no-serve", "--folder", tmp_path / "books"]
    said = books.program(capsys, *demo)
    assert said.code == 0
    assert re.search(r"chrM\.book: 16,569 letters, [0-9,]+ words, verified\n", said.out)
    assert said.err.splitlines()[0] == "unpack ..."
    first = books.snapshot(tmp_path / "books")
    assert books.program(capsys, *demo).code == 0
    assert books.snapshot(tmp_path / "books") == first
    genes = chrm_fasta.with_name("NC_012920.1.genes.tsv")
    options = ["--title", "The human mitochondrial chromosome", "--assembly", "GRCh38", "--genes", genes]
    options += ["--reader", "bilingual-mini", "--signal", "surprise", "--generated-titles"]
    assert books.program(capsys, "build", chrm_fasta, "-o", tmp_path / "a.book", *options).code == 0
    demo_tracks(tmp_path / "a.book", genes)
    demo_evidence(tmp_path / "a.book")
    assert books.program(capsys, "overview", tmp_path / "a.book").code == 0
    assert books.program(capsys, "ground", tmp_path / "a.book").code == 0
    assert books.program(capsys, "senses", tmp_path / "a.book", "--no-random").code == 0
    assert books.program(capsys, "index", tmp_path / "a.book").code == 0
    assert books.snapshot(tmp_path / "a.book") == books.snapshot(tmp_path / "books" / "chrM.book")
    path, is_own = evidence_path(Book.open(tmp_path / "a.book"))
    evidence = read_evidence(path)
    assert (is_own, evidence.what, evidence.letters) == (True, "chrM", 16_569)
    assert {"tRNA", "rRNA", "CDS", "D-loop"} <= {track.name for track in evidence.tracks}
    assert {"punctuation", "english", "density"} <= {row.control for row in evidence.all_rows()}
    said = books.program(capsys, "verify", tmp_path / "a.book")
    assert (said.code, said.out.endswith("1 sequence read back as the reference, letter for letter\n")) == (
        0,
        True,
    )


def test_words_of_ones_own(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "a.fa").write_bytes(books.fasta({"a": books.letters(6000, 1), "b": books.letters(6000, 2)}))
    arguments = ["train-words", tmp_path / "a.fa", "--merges", "40", "--skip", "b", "-o"]
    for name in ("one", "two"):
        assert books.program(capsys, *arguments, tmp_path / f"{name}.json").code == 0
    vocabulary = Vocabulary.open(tmp_path / "one.json")
    assert len(vocabulary.merges) == 40
    assert vocabulary.training["records"] == ["a"]
    assert vocabulary.digest == Vocabulary.open(tmp_path / "two.json").digest
    build = ["build", tmp_path / "a.fa", "-o", tmp_path / "a.book", "--words", tmp_path / "one.json"]
    assert books.program(capsys, *build).code == 0
    assert Book.open(tmp_path / "a.book").vocabulary.digest == vocabulary.digest


class Silent(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_download_keeps_what_has_the_right_checksum(tmp_path: Path, capsys: Capture) -> None:
    content = books.fasta({"chr1": books.letters(5000, 3)})
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "a.fa").write_bytes(content)
    handler = partial(Silent, directory=tmp_path / "site")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/a.fa"
        target = tmp_path / "got.fa"
        wrong = books.program(capsys, "download", url, "-o", target, "--sha256", "0" * 64)
        assert wrong.error.startswith(f"{url}: the sha256 is ")
        assert not target.exists()
        right = hashlib.sha256(content).hexdigest()
        assert books.program(capsys, "download", url, "-o", target, "--sha256", right).code == 0
        missing = books.program(capsys, "download", f"{url}.gz", "-o", tmp_path / "no.fa")
        assert "404" in missing.error
        server.shutdown()
    assert target.read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["got.fa", "site"]


def test_version_and_unknown_commands(capsys: Capture) -> None:
    assert books.program(capsys, "--version") == books.Said(0, f"genomebook {__version__}\n", "")
    assert books.program(capsys, "lead").code == 2
    assert books.program(capsys, "build").code == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serving_ends_with_its_command(chrm_book: Path, tmp_path: Path, number: int) -> None:
    port = free_port()
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            books.command("serve", chrm_book, "--port", port), stdout=log, stderr=log, start_new_session=True
        )
        deadline = time.monotonic() + START_LIMIT_S
        while not is_healthy(f"http://127.0.0.1:{port}"):
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        listening = [
            connection.laddr
            for member in family
            for connection in member.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert listening == [("127.0.0.1", port)]
        process.send_signal(number)  # to this process alone, unlike a terminal's Ctrl-C
        code = process.wait(60)
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive
    assert code == 0
    assert "Traceback" not in (tmp_path / "log").read_text()
    assert f"is open at http://127.0.0.1:{port}" in (tmp_path / "log").read_text()
