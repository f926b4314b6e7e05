"""The documents say what the program does: its options, and every command that they show is run."""

from __future__ import annotations

import contextlib
import gzip
import importlib.util
import json
import os
import pkgutil
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import genomebook
from genomebook.book import Book
from tests.support import books, cli_page, task_sheets

ROOT = Path(__file__).resolve().parents[2]
PARAGRAPH = (
    "It was a bright cold day in April, and the clocks were striking {}. The hall smelt of boiled cabbage."
)
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
TEXTS = [*DOCUMENTS, ROOT / "CHANGELOG.md", ROOT / "precompute" / "README.md", *ROOT.glob("docs/api/*.md")]
NOT_RUN = {
    "make demo": "installs the package; its program is run as genomebook demo",
    "make test": "runs this test",
    "genomebook serve my.book": "serves until it is stopped; see test_cli.py and test_journey.py",
    "genomebook make GRCh38 -o GRCh38.book": "1 GB from the internet; see test_make.py",
    "genomebook transfer reader --result transfer.json --pairs pawsx_en_dev.tsv.gz --english books.jsonl "
    "--dna GRCh38_regions.fa.gz --contig chr21": "needs the shared data and minutes; see test_transfer.py",
    "genomebook select-words GRCh38_coords_all_segments.fa.gz -o curve --hold-out chr22 --skip chr1 "
    "--skip chr2 --skip chr21": "needs the shared data and minutes; see test_select_words.py",
    "genomebook fetch-task tf-0 --data task-data": "needs the internet; see test_task_data.py",
    "genomebook audit-task all -o audit.tsv": "needs the shared data and minutes; see test_task_audit.py",
}


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), re.DOTALL | re.MULTILINE)


def commands(document: Path) -> list[str]:
    """Lines that a document shows after a prompt."""
    lines = [line for block in blocks(document, "console") for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def test_the_pages_made_from_the_program_are_up_to_date() -> None:
    assert (ROOT / "docs" / "cli.md").read_text() == cli_page.page(), cli_page.__doc__
    assert (ROOT / "docs" / "task-sheets.md").read_text() == task_sheets.page(), task_sheets.__doc__


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
        expected = {command.split()[0] for command in cli_page.commands()}
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
    (tmp_path / "islands.bed").write_text("chrM\t100\t300\tan island\n")
    (tmp_path / "calls.vcf").write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=chrM,length=16569>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        f"chrM\t3310\t.\t{letters[3309]}\t{'ACGT'[letters[3309] == 'A']}\t.\tPASS\t.\n"
    )
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


def anchors(document: Path) -> set[str]:
    """Anchors of the headings of a document, as GitHub and mkdocs write them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", document.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path = (document.parent / target) if target else document
        assert path.exists(), f"{document.name}: {target}"
        assert not anchor or anchor in anchors(path), f"{document.name}: {target}#{anchor}"


@pytest.mark.parametrize("document", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_files_and_commands_that_a_document_names_exist(document: Path) -> None:
    text = document.read_text()
    if document.name == "CHANGELOG.md":  # older versions had other modules
        text = text[: text.find("\n## ", text.find("\n## ") + 1)]
    for module in re.findall(r"python -m ([\w.]+)", text):
        assert importlib.util.find_spec(module), f"{document.name}: python -m {module}"
    for name in re.findall(r"\b(genomebook(?:\.\w+)+)", text):
        assert is_importable(name), f"{document.name}: {name}"
    for path in re.findall(r"`((?:genomebook|precompute|pages|tests|benchmarks|docs)/[\w./-]*)`", text):
        there = (ROOT / path).exists() or (ROOT / f"{path}.py").is_file()
        assert there, f"{document.name}: {path}"
    for command in re.findall(r"(?:^\$ |`)genomebook ([a-z][a-z-]*)", text, re.MULTILINE):
        known = {name.split()[0] for name in cli_page.commands()}
        assert command in known, f"{document.name}: genomebook {command}"


def is_importable(name: str) -> bool:
    """Say whether a dotted name is a module or something in one."""
    with contextlib.suppress(ImportError, AttributeError):
        pkgutil.resolve_name(name)
        return True
    return False


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    ran = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", tmp_path / "site"],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    for path in pages:
        fetched = re.findall(r"<(?:script|img|link)\b[^>]*?(?:src|href)=\"(https?:[^\"]+)", path.read_text())
        assert not fetched, f"{path.name} loads {fetched}"
    assert "genomebook.build" in (tmp_path / "site" / "api" / "index.html").read_text()
    assert (tmp_path / "site" / "cards" / "bilingual-mini" / "card.html").is_file()


def test_the_table_of_vocabularies_is_the_measured_one() -> None:
    table = pd.read_csv(ROOT / "benchmarks" / "results" / "select-words.tsv", sep="\t")
    rows = table[(table["k"] == "mean") & (table["positions"] == "alone")]
    text = (ROOT / "docs" / "readers.md").read_text()
    assert len(rows) == 8
    for row in rows.itertuples():
        assert f"| {row.merges:,} | {row.letters_per_word:.2f} | {100 * row.accuracy:.2f} | " in text


CFF_KEYS = {
    "abstract", "authors", "cff-version", "commit", "contact", "date-released", "doi", "identifiers",
    "keywords", "license", "license-url", "message", "preferred-citation", "references", "repository",
    "repository-artifact", "repository-code", "title", "type", "url", "version",
}  # fmt: skip
"""What the schema of CFF 1.2.0 allows at the top of a file."""

CFF_PERSON = {
    "affiliation",
    "alias",
    "email",
    "family-names",
    "given-names",
    "name-particle",
    "name-suffix",
    "orcid",
}


def test_the_citation_is_of_this_version_and_has_what_the_format_asks() -> None:
    yaml = pytest.importorskip("yaml")
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert cited["cff-version"] == "1.2.0"
    assert cited["version"] == genomebook.__version__ == project["version"]
    assert cited["authors"] == project["authors"]
    assert cited["license"] == project["license"]
    assert cited["message"]
    assert cited["type"] in ("software", "dataset")
    assert {"cff-version", "message", "title", "authors"} <= set(cited) <= CFF_KEYS
    assert any("2501.16982" in reference.get("url", "") for reference in cited["references"])
    for reference in (cited, *cited["references"]):
        assert reference["title"]
        assert reference["type"] in ("software", "article")
        for author in reference["authors"]:
            assert set(author) == {"name"} or {"family-names"} <= set(author) <= CFF_PERSON, author


@pytest.mark.parametrize("name", ["test", "docs"])
def test_workflows_call_targets_that_make_has(name: str) -> None:
    yaml = pytest.importorskip("yaml")
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text())
    steps = workflow["jobs"][name]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [f"make {name}"]
    assert re.search(rf"^{name}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert all(re.search(r"@v\d+$", step["uses"]) for step in steps if "uses" in step)
