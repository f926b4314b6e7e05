"""The benchmark of search: mutations at their rates, tables of other programs, what counts as found."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.report import RESULTS, docs_of, markdown
from benchmarks.search.copies import lengths_up_to, write_copies
from benchmarks.search.peers import blast_places, missing, mmseqs_places, paf_places
from benchmarks.search.queries import INDELS, KINDS, Place, Source, draw, mutate, mutated, rank, recall
from benchmarks.search.side_by_side import shuffled
from benchmarks.search.size import opened_text
from benchmarks.search.tools import WORDING, Ours, index_apart
from genomebook.book import Book
from genomebook.language.alphabet import reverse_complement
from genomebook.search.alignment.align import align
from genomebook.search.schema import SHAPES, SeedsMeta
from genomebook.search.text import pack, unpack
from tests.support.dna import random_dna

ROOT = Path(__file__).resolve().parents[2]


def letters(n: int, seed: int = 1) -> np.ndarray:
    return np.frombuffer(random_dna(n, seed), np.uint8)


def generator(seed: int = 1) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.3])
def test_substitutions_come_at_their_rate_and_always_change_the_letter(rate: float) -> None:
    before = letters(200_000)
    after = mutate(before, rate, False, generator())
    assert len(after) == len(before)
    changed = before != after
    assert changed.mean() == pytest.approx(rate, abs=0.004)
    others = np.bincount((after[changed] == ord("A")) & (before[changed] == ord("C")))
    assert others[1] / np.count_nonzero(before[changed] == ord("C")) == pytest.approx(1 / 3, abs=0.03)


def test_no_rate_no_change() -> None:
    assert (mutate(letters(5000), 0.0, True, generator()) == letters(5000)).all()


@pytest.mark.parametrize("rate", [0.02, 0.05])
def test_a_quarter_of_the_events_are_short_indels(rate: float) -> None:
    gap_letters = substituted = size = runs = 0
    for seed in range(30):
        before = letters(1000, seed)
        after = mutate(before, rate, True, generator(seed))
        made = align(after.tobytes(), before.tobytes())
        query, _, text = made.rows
        gaps = [a == "-" or b == "-" for a, b in zip(query, text, strict=True)]
        gap_letters += sum(gaps)
        runs += sum(b and not a for a, b in zip([False, *gaps], gaps, strict=False))
        substituted += made.columns - made.matches - sum(gaps)
        size += made.text_end - made.text_start
    assert size > 29_000
    # an aligner merges events that are near to each other: a little less is seen than was done
    assert substituted / size == pytest.approx(rate * (1 - INDELS), rel=0.15)
    assert runs / size == pytest.approx(rate * INDELS, rel=0.15)
    assert 1.3 < gap_letters / runs < 1.8  # 1.55 is the mean of the lengths


def test_lengths_stay_on_average() -> None:
    sizes = [len(mutate(letters(1000), 0.3, True, generator(seed))) for seed in range(200)]
    assert np.mean(sizes) == pytest.approx(1000, rel=0.02)
    assert len(set(sizes)) > 20


def test_half_are_read_from_the_other_strand_and_the_seed_decides() -> None:
    sources = [Source(f"q{n}", random_dna(100, n), "v", 0, 100) for n in range(10)]
    found = mutated(sources, 0.0, KINDS[0], 1)
    assert [one.strand for one in found] == ["+", "-"] * 5
    assert found[0].letters == sources[0].letters
    assert found[1].letters == reverse_complement(sources[1].letters)
    assert mutated(sources, 0.1, KINDS[1], 1) == mutated(sources, 0.1, KINDS[1], 1)
    assert mutated(sources, 0.1, KINDS[1], 1) != mutated(sources, 0.1, KINDS[1], 2)


SOURCE = Source("q", b"A" * 100, "v", 1000, 1100, "-")


@pytest.mark.parametrize(
    ("place", "found"),
    [
        (Place("v", 1000, 1100, "-"), True),
        (Place("v", 1050, 2000, "-"), True),
        (Place("v", 1051, 2000, "-"), False),
        (Place("v", 0, 1049, "-"), False),
        (Place("v", 1000, 1100, "+"), False),
        (Place("w", 1000, 1100, "-"), False),
        (Place("v", 1000, 1100, ""), True),  # vectors do not know the strand
        (Place("v", 2000, 2100, "-"), False),
    ],
)
def test_right_is_half_of_the_sentence_on_its_strand(place: Place, found: bool) -> None:
    assert rank(SOURCE, [Place("x", 0, 9, "+"), place]) == (2 if found else None)


def test_recall_counts_by_length_and_the_shortest_apart() -> None:
    long, short = replace(SOURCE, name="long"), replace(SOURCE, name="short", end=1030)
    places = {
        "long": [Place("v", 0, 10, "-"), Place("v", 1000, 1040, "-"), Place("v", 990, 1090, "-")],
        "short": [Place("v", 1000, 1030, "-")],
    }
    found = recall([long, short, replace(SOURCE, name="lost")], places)
    assert found["all"] == {"n": 2, "at1": 0.0, "at10": 0.5, "touch10": 0.5}
    assert found["100-199"] == found["all"]
    assert found["20-49"] == {"n": 1, "at1": 1.0, "at10": 1.0, "touch10": 1.0}
    eleventh = {"long": [Place("w", 0, 1, "+")] * 10 + [Place("v", 1000, 1100, "-")]}
    assert recall([long], eleventh)["all"]["at10"] == 0


def test_tables_of_programs_are_read() -> None:
    blast = "q1\tchr1:1-9\t11\t60\tplus\t40.1\t0.01\nq1\tchr2\t60\t11\tminus\t92.0\t1e-18\n"
    assert blast_places(blast) == {
        "q1": [Place("chr2", 10, 60, "-", 92.0, 1e-18), Place("chr1:1-9", 10, 60, "+", 40.1, 0.01)]
    }
    head = "q1\t50\t0\t50\t-\tchr1\t900\t100\t150\t45\t50\t60"
    paf = f"{head}\tNM:i:5\tAS:i:60\n{head.replace('chr1', 'chr2')}\tNM:i:2\tAS:i:80\n"
    assert paf_places(paf) == {"q1": [Place("chr2", 100, 150, "-", 80.0), Place("chr1", 100, 150, "-", 60.0)]}
    mmseqs = "q1\tchr1\t50\t1\t101\t150\t70\t1e-9\nq2\tchr1\t1\t50\t101\t150\t80\t1e-12\n"
    assert mmseqs_places(mmseqs) == {
        "q1": [Place("chr1", 100, 150, "-", 70.0, 1e-9)],
        "q2": [Place("chr1", 100, 150, "+", 80.0, 1e-12)],
    }
    assert blast_places("") == paf_places("") == mmseqs_places("") == {}


def test_drawn_sentences_are_found_where_they_are_and_shuffled_ones_are_not(
    chrm_book: Path, tmp_path: Path
) -> None:
    book = Book.open(chrm_book)
    sources = draw(book, 20, 50, None, 1)
    assert len({(one.start, one.end) for one in sources}) == len(sources) == 20
    assert all(book["chrM"].sequence(one.start, one.end).upper() == one.letters for one in sources)
    assert all(20 <= len(one.letters) < 50 for one in draw(book, 5, 20, 50, 1))
    index_apart(chrm_book, tmp_path / "search", "none", 1)
    ours = Ours(WORDING, chrm_book, tmp_path / "search")
    queries = mutated(sources, 0.05, KINDS[1], 1)
    assert recall(queries, ours.search(queries, 1))["all"]["at1"] == 1
    chance = ours.search(shuffled(sources), 1)
    assert sum(hit.evalue <= 0.01 for hits in chance.values() for hit in hits) <= 2
    assert all(
        sorted(a.letters) == sorted(b.letters) for a, b in zip(sources, shuffled(sources), strict=True)
    )


@pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}")
@pytest.mark.parametrize("name", ["search", "search-scale"])
def test_quick(name: str, tmp_path: Path) -> None:
    docs = docs_of(name).read_bytes()
    command = [sys.executable, "-m", "benchmarks", name, "--quick", "--results", str(tmp_path / "results")]
    done = subprocess.run(
        [*command, "--folder", str(tmp_path / "kept")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "results" / f"{name}.json").read_text())
    assert markdown(name, tmp_path / "results") in done.stdout
    assert docs_of(name).read_bytes() == docs
    recalls = result["recall"]
    best = recalls[WORDING] if name == "search-scale" else recalls[WORDING][KINDS[0]]["0.05"]
    assert best["all"]["at10"] >= 0.8


def test_programs_that_are_missing_are_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "search", "--quick", "--results", str(tmp_path)]
    python = Path(sys.executable)
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={"PATH": str(python.parent)}
    )
    if any(shutil.which(program, path=str(python.parent)) for program in ("blastn", "mmseqs")):
        pytest.skip("programs lie beside Python")
    assert done.returncode != 0
    assert "apt-get install ncbi-blast+ minimap2 mmseqs2" in done.stderr


def test_a_text_of_copies_begins_with_the_sequence_and_changes_its_share(tmp_path: Path) -> None:
    codes = np.random.default_rng(3).integers(0, 4, 6_400).astype(np.uint8)
    source = np.frombuffer(pack(np.append(codes, np.zeros(32, np.uint8))), "<u8")
    assert write_copies(tmp_path, source, 6_390, [10_000, 9_000, 3], [0.1, 0.4]) == 19_003
    text = opened_text(tmp_path, 19_003, SeedsMeta(SHAPES[8], 8, 1, 0), 3)
    made = unpack(text.packed, 0, 19_003)
    assert (made[:6_390] == codes[:6_390]).all()
    assert np.mean(made[6_390:12_780] != codes[:6_390]) == pytest.approx(0.4, abs=0.02)
    assert np.mean(made[12_780:19_003] != codes[:6_223]) == pytest.approx(0.1, abs=0.02)
    assert text.run_at(10_000) == (10_000, 19_000)
    assert sum(lengths_up_to(3_088_286_401)) == 3_088_286_401
    assert lengths_up_to(250_000_000)[1:] == [250_000_000 - 248_956_422]


@pytest.mark.parametrize("name", ["search", "search-scale", "index-size"])
def test_docs_show_the_results(name: str) -> None:
    assert markdown(name, RESULTS) in docs_of(name).read_text()
