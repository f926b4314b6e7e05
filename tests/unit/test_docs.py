"""The documents say what the program does: its options, and every command that they show is run."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from genomebook.book import Book
from tests.support import books, cli_page

ROOT = Path(__file__).resolve().parents[2]
PARAGRAPH = (
    "It was a bright cold day in April, and the clocks were striking {}. The hall smelt of boiled cabbage."
)
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
NOT_RUN = {
    "make demo": "installs the package; its program is run as genomebook demo",
    "make test": "runs this test",
    "genomebook serve my.book": "serves until it is stopped; see test_cli.py and test_journey.py",
    "genomebook download GRCh38 -o hg38.fa.gz": "1 GB from the internet; see test_download.py",
    "genomebook transfer reader --result transfer.json --pairs pawsx_en_dev.tsv.gz --english books.jsonl "
    "--dna GRCh38_regions.fa.gz --contig chr21": "needs the shared data and minutes; see test_transfer.py",
    "genomebook select-words GRCh38_coords_all_segments.fa.gz -o curve --hold-out chr22 --skip chr1 "
    "--skip chr2 --skip chr21": "needs the shared data and minutes; see test_select_words.py",
    "genomebook build hg38.fa.gz -o GRCh38.book --assembly GRCh38": "needs the download",
}


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), re.DOTALL | re.MULTILINE)


def commands(document: Path) -> list[str]:
    """Lines that a document shows after a prompt."""
    lines = [line for block in blocks(document, "console") for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def test_the_page_of_the_command_line_is_up_to_date() -> None:
    assert (ROOT / "docs" / "cli.md").read_text() == cli_page.page(), cli_page.__doc__


@pytest.mark.parametrize("name", ["", *cli_page.commands()])
def test_every_command_explains_itself(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    said = books.program(capsys, *name.split(), "--help")
    assert said.code == 0
    shown = re.sub(r"\x1b\[[0-9;]*m", "", said.out)
    if name:
        known = list(cli_page.parameters(cli_page.commands()[name]))
        expected = {word for parameter in known for word in (*parameter.names, parameter.help)}
    else:
        expected = set(cli_page.commands())
    assert {word for word in expected if word not in shown} == set()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chrm_fasta: Path) -> Path:
    """An empty folder to work in, with the sequence and the genes that the documents speak of."""
    (tmp_path / "sequence.fa.gz").write_bytes(gzip.compress(chrm_fasta.read_bytes()))
    genes = pd.read_csv(chrm_fasta.with_name("NC_012920.1.genes.tsv"), sep="\t")
    lines = [
        f"NC_012920.1\t.\tgene\t{gene.start}\t{gene.end}\t.\t{gene.strand}\t.\tName={gene.name}"
        for gene in genes.itertuples(index=False)
    ]
    (tmp_path / "text.txt").write_text("\n\n".join(PARAGRAPH.format(n) for n in range(100)))
    books_text = ("\n\n".join(PARAGRAPH.format(f"{n} {m}") for m in range(12)) for n in range(60))
    (tmp_path / "books.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in books_text))
    (tmp_path / "sizes.toml").write_text("[own]\nlayers = 1\nwidth = 32\nheads = 2\nwindow = 32\n")
    letters = "".join(chrm_fasta.read_text().splitlines()[1:])
    (tmp_path / "query.fa").write_text(f">a gene\n{letters[3306:3606]}\n>short\n{letters[8000:8060]}\n")
    (tmp_path / "genes.gff3").write_text("\n".join(["##gff-version 3", *lines, ""]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_shown_is_run(document: Path, desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in commands(document):
        if line in NOT_RUN:
            continue
        program, *arguments = shlex.split(line, comments=True)
        assert program == "genomebook", f"{document.name}: {line}: run it here or give a reason in NOT_RUN"
        said = books.program(capsys, *arguments)
        assert said.code == 0, f"{document.name}: {line}\n{said.err}"
    for code in blocks(document, "python"):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=desk, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{document.name}:\n{done.stderr}"
    for book in desk.glob("*.book"):
        assert Book.open(book)["MT"].md5 == "c68f52674c9fb33aef52dcf399755519"


def test_what_is_not_run_is_still_shown() -> None:
    assert set(NOT_RUN) <= {line for document in DOCUMENTS for line in commands(document)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", document.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_table_of_vocabularies_is_the_measured_one() -> None:
    table = pd.read_csv(ROOT / "benchmarks" / "results" / "select-words.tsv", sep="\t")
    rows = table[(table["k"] == "mean") & (table["positions"] == "alone")]
    text = (ROOT / "docs" / "readers.md").read_text()
    assert len(rows) == 8
    for row in rows.itertuples():
        assert f"| {row.merges:,} | {row.letters_per_word:.2f} | {100 * row.accuracy:.2f} | " in text
