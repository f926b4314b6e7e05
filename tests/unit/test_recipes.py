"""The recipes of precompute/: each one runs, on the shipped chromosome or on a few lines of text."""

from __future__ import annotations

import gzip
import json
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import genomebook as gb
from genomebook.language.vocabulary import load_vocabulary
from genomebook.models.checkpoint import open_checkpoint
from genomebook.models.registry import load_reader
from tests.support import books, figures

FOLDER = Path(__file__).resolve().parents[2] / "precompute"
RECIPES = sorted(FOLDER.glob("*.py"))
LETTERS = books.letters(4000, 7)


def main_of(name: str) -> Callable[[list[str]], None]:
    """Entry point of a recipe, loaded from its file: recipes are no modules."""
    return runpy.run_path(str(FOLDER / f"{name}.py"))["main"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_loads_and_explains_itself(path: Path) -> None:
    ran = subprocess.run([sys.executable, str(path), "--help"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    first = path.read_text().splitlines()[0].removeprefix('"""')
    assert first in " ".join(ran.stdout.split())
    assert f"python precompute/{path.name} " in path.read_text()


def test_every_recipe_is_listed() -> None:
    listed = (FOLDER / "README.md").read_text()
    files = [path.name for path in FOLDER.iterdir() if path.suffix in (".py", ".sh")]
    assert len(files) >= 7
    assert all(f"`{name}`" in listed for name in files)


def test_one_machine_makes_a_book_with_everything_and_keeps_what_is_done(
    tmp_path: Path, chrm_fasta: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "chrM.book"
    genes = str(chrm_fasta.with_name("NC_012920.1.genes.tsv"))
    arguments = [str(chrm_fasta), str(book), "--genes", genes, "--track", genes, "--assembly", "GRCh38"]
    arguments += ["--workers", "2"]
    main_of("one_machine")([*arguments, "--skip", "atlas"])
    made = gb.open(book)
    assert [made.annex(name) is not None for name in ("ground", "senses", "search", "atlas", "evidence")] == [
        True, True, True, False, True,
    ]  # fmt: skip
    assert gb.Searcher.open(made).search(made.read("chrM:8001-8060"))[0].start == 8000
    before = books.snapshot(book)
    capsys.readouterr()
    main_of("one_machine")(arguments)
    assert capsys.readouterr().out.splitlines() == [f"{book}: atlas ...", f"{book}: {made.digest}"]
    after = books.snapshot(book)
    assert {name: after[name] for name in before} == before
    assert gb.open(book).annex("atlas") is not None


def test_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_bytes(books.fasta({"a": LETTERS, "b": LETTERS[::-1]}))
    main_of("vocabulary")(
        [str(tmp_path / "own.json"), str(tmp_path / "a.fa"), "--merges", "30", "--skip", "b"]
    )
    assert len(load_vocabulary(str(tmp_path / "own.json")).merges) == 30
    assert (tmp_path / "ngram-own.safetensors").is_file()


def test_english_lengths(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "One two three. Four five six.\n\nSeven eight nine ten.\n\nNo end"
    with gzip.open(tmp_path / "books.jsonl.gz", "wt") as file:
        file.write(json.dumps({"text": text}) + "\n")
    main_of("english_lengths")([str(tmp_path / "books.jsonl.gz")])
    sentences, paragraphs, longer = capsys.readouterr().out.splitlines()
    assert "sentences, in words {'n': np.float64(3.0), 'mean': 3.33" in sentences
    assert "'n': np.float64(2.0), 'mean': 1.5" in paragraphs
    assert "'n': np.float64(1.0), 'mean': 2.0" in longer


def test_evidence_page(tmp_path: Path) -> None:
    from genomebook.annotation.evidence import read_evidence, write_evidence

    write_evidence(figures.made_up(), tmp_path / "evidence.json")
    (tmp_path / "notes.txt").write_text("A note.\n")
    ship, page = tmp_path / "shipped.json", tmp_path / "page.md"
    main_of("evidence_page")(
        [str(tmp_path / "evidence.json"), "--notes", str(tmp_path / "notes.txt"), "--ship", str(ship),
         "-o", str(page)]
    )  # fmt: skip
    assert read_evidence(ship).notes == ("A note.",)
    assert "- A note." in page.read_text()


def test_train_reader(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "a.fa").write_bytes(books.fasta({"a": LETTERS * 3, "b": LETTERS[::-1]}))
    sentences = (
        "It was a bright cold day in April, and the clocks were striking {} {}. The hall smelt of cabbage."
    )
    texts = ("\n\n".join(sentences.format(n, m) for m in range(12)) for n in range(60))
    (tmp_path / "books.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (tmp_path / "sizes.toml").write_text("[own]\nlayers = 1\nwidth = 32\nheads = 2\nwindow = 32\n")
    main_of("train_reader")(
        [str(tmp_path / "work"), "--dna", str(tmp_path / "a.fa"), "--english", str(tmp_path / "books.jsonl"),
         "--hold-out", "b", "--words", "words-600", "--size", f"{tmp_path / 'sizes.toml'}:own",
         "--steps", "4", "--rows", "4", "--english-size", "300", "--boundary-steps", "3"]
    )  # fmt: skip
    reader = load_reader(str(tmp_path / "work" / "reader"), words=load_vocabulary("words-600"))
    assert "boundary" in reader.gives
    pair = {"gene": "G", "contig": "a", "sequence": LETTERS[:60].decode(), "text": "It is cold in April."}
    (tmp_path / "pairs.jsonl").write_text(f"{json.dumps(pair)}\n" * 20)
    main_of("train_reader")(
        [str(tmp_path / "more"), "--dna", str(tmp_path / "a.fa"), "--english", str(tmp_path / "books.jsonl"),
         "--hold-out", "b", "--size", f"{tmp_path / 'sizes.toml'}:own", "--steps", "4", "--rows", "4",
         "--boundary-steps", "3", "--start", str(tmp_path / "work" / "pretrained"),
         "--pairs", str(tmp_path / "pairs.jsonl"), "--pairs-share", "0.25"]
    )  # fmt: skip
    before, after = (open_checkpoint(tmp_path / name / "reader") for name in ("work", "more"))
    assert before.scripts.digest == after.scripts.digest
    assert before.meta.weights != after.meta.weights
