"""Maps: neighbourhoods against brute force, R-squared against numpy, groups of passages, shipped files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.report import RESULTS, docs_of, markdown
from genomebook.annotation.classes import AnnotationClasses
from genomebook.book import Book
from genomebook.book.schema import ATLAS, ATLAS_FIGURES, NEIGHBOURS, WORD_SCHEMAS
from genomebook.book.verify import problems
from genomebook.cli import lexicon as cli_lexicon
from genomebook.errors import MissingExtraError, OptionError
from genomebook.language.alphabet import FIRST_WORD
from genomebook.language.vocabulary import Vocabulary, load_vocabulary
from genomebook.lexicon.shipped import shipped_atlas, shipped_atlas_figures, shipped_neighbours_of_words
from genomebook.models.checkpoint import open_checkpoint
from genomebook.pipeline.atlas.book import SENTENCES, rarest_last, telling
from genomebook.pipeline.atlas.maps import (
    MIN_POINTS,
    centred,
    layout,
    nearest,
    on_map,
    preservation,
    trustworthiness,
)
from genomebook.pipeline.atlas.passages import BY_CLASS, BY_ENCODER, BY_KMERS
from genomebook.pipeline.atlas.variance import r_squared, variance_explained
from genomebook.pipeline.atlas.words import CONTEXT, INPUT, RANDOM, words_of_reader
from genomebook.pipeline.lexicon.neighbours import COUNT, neighbour_figures, neighbour_rows
from tests.support import books
from tests.support.stages import Stages

DATA = Path(__file__).resolve().parents[2] / "genomebook" / "data"
NAMES = ("bilingual-mini", "encoder-mini")


def random(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def unit(rows: int, width: int = 12, seed: int = 0) -> np.ndarray:
    return centred(random(seed).standard_normal((rows, width)))


def ranks(distances: np.ndarray) -> np.ndarray:
    """Others of each row, nearest first."""
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1, kind="stable")[:, :-1]


def test_neighbours_are_those_of_brute_force() -> None:
    vectors, points = unit(80), random(1).standard_normal((80, 2))
    full = ranks(-(vectors @ vectors.T))
    found, cosines = nearest(vectors, 15)
    assert (found == full[:, :15]).all()
    np.testing.assert_allclose(cosines, np.take_along_axis(vectors @ vectors.T, found, 1), atol=1e-6)
    mapped = ranks(np.linalg.norm(points[:, None] - points[None], axis=2))
    assert (on_map(points, 15) == mapped[:, :15]).all()
    kept = [len(set(a) & set(b)) / 15 for a, b in zip(full[:, :15], mapped[:, :15], strict=True)]
    np.testing.assert_allclose(preservation(found, on_map(points, 15)), kept, atol=1e-6)


def test_of_equally_near_the_one_with_the_smaller_number_is_nearer() -> None:
    """Which of equals a partition takes is up to the processor; copies of a repeat are equals."""
    vectors = np.repeat(unit(5), 30, axis=0)
    found, cosines = nearest(vectors, 15)
    for row, near in enumerate(found):
        copies = np.setdiff1d(np.arange(30 * (row // 30), 30 * (row // 30) + 30), [row])
        assert near.tolist() == copies[:15].tolist()
    np.testing.assert_allclose(cosines, 1, atol=1e-6)


MAP_CODE = """
import hashlib, numpy as np
from genomebook.pipeline.atlas.maps import centred, layout, nearest
from genomebook.pipeline.lexicon.neighbours import neighbour_rows
vectors = centred(np.random.Generator(np.random.PCG64(0)).standard_normal((300, 128)))
found = layout(vectors)
rows = neighbour_rows("map", np.arange(300), vectors)
said = [*nearest(vectors), found.points, found.preservation, np.vstack(rows["cosines"])]
print(found.trustworthiness, hashlib.sha256(b"".join(one.tobytes() for one in said)).hexdigest())
"""
OTHERS = {
    "two threads": dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "2"),
    "an older processor": {
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR", "OPENBLAS_CORETYPE": "Nehalem",
        "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "PYTHONWARNINGS": "ignore",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-FMA,-FMA4",
    },
}  # fmt: skip


def test_a_map_does_not_depend_on_threads_or_processor() -> None:
    pytest.importorskip("umap")
    one = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    said = {}
    for name, more in {"one thread": {}, **OTHERS}.items():
        said[name] = subprocess.run(
            [sys.executable, "-c", MAP_CODE], capture_output=True, text=True, check=True, env=one | more
        ).stdout
    assert len(set(said.values())) == 1, said


def test_points_in_one_place_are_not_their_own_neighbours() -> None:
    points = np.zeros((40, 2))
    mapped = on_map(points, 15)
    assert mapped.shape == (40, 15)
    assert not (mapped == np.arange(40)[:, None]).any()


def test_trustworthiness_is_the_published_one() -> None:
    manifold = pytest.importorskip("sklearn.manifold")
    vectors, points = unit(90), random(2).standard_normal((90, 2))
    expected = manifold.trustworthiness(vectors, points, n_neighbors=15, metric="cosine")
    assert trustworthiness(vectors, on_map(points, 15)) == pytest.approx(expected, abs=1e-6)


def test_a_script_is_centred_by_itself() -> None:
    rows, scripts = random().standard_normal((50, 6)) + 5, np.arange(50) % 2
    found = centred(rows, scripts)
    np.testing.assert_allclose(found[scripts == 1], centred(rows[scripts == 1]), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def lstsq(x: np.ndarray, y: np.ndarray) -> float:
    design = np.column_stack([np.ones(len(x)), x])
    left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return float(1 - (left**2).sum() / ((y - y.mean(0)) ** 2).sum())


def test_variance_explained_is_that_of_least_squares() -> None:
    rng = random(3)
    names = ("log frequency", "GC", "length")
    x = rng.standard_normal((120, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0.2], [0, 0, 1]]) * [1, 0.1, 30] + [
        4,
        0.5,
        90,
    ]
    y = x @ rng.standard_normal((3, 7)) + 3 * rng.standard_normal((120, 7))
    found = variance_explained(dict(zip(names, x.T, strict=True)), y, bootstraps=200)
    assert r_squared(x, y) == pytest.approx(lstsq(x, y))
    together, low, high = found["together"]
    assert together == pytest.approx(lstsq(x, y), abs=1e-5)
    assert low < together < high
    for number, name in enumerate(names):
        assert found[name]["alone"][0] == pytest.approx(lstsq(x[:, [number]], y), abs=1e-5)
        others = lstsq(np.delete(x, number, 1), y)
        assert found[name]["unique"][0] == pytest.approx(lstsq(x, y) - others, abs=1e-5)
    assert found["points"] == 120


def test_what_does_not_vary_explains_nothing() -> None:
    y = random().standard_normal((50, 3))
    found = variance_explained({"GC": np.full(50, 0.5), "length": y[:, 0]}, y, bootstraps=20)
    assert found["GC"]["alone"][0] == found["GC"]["unique"][0] == 0
    assert r_squared(np.arange(50.0)[:, None], np.ones((50, 2))) == 0


def test_neighbours_of_words_and_what_they_share() -> None:
    vocabulary = load_vocabulary("words-600")
    ids = np.arange(FIRST_WORD, FIRST_WORD + 200)
    lengths = vocabulary.lengths[ids].astype(float)
    vectors = np.column_stack([np.eye(20)[lengths.astype(int)], 0.01 * random().standard_normal((200, 4))])
    rows = neighbour_rows(INPUT, ids, vectors)
    assert all(
        len(set(near)) == COUNT and own not in near
        for own, near in zip(rows["id"], rows["neighbours"], strict=True)
    )
    found = neighbour_figures(rows, vocabulary)
    same = [
        np.mean(vocabulary.lengths[near] == vocabulary.lengths[own])
        for own, near in zip(ids, rows["neighbours"], strict=True)
    ]
    assert found["length"] == pytest.approx(np.mean(same), abs=1e-5)
    assert found["length"] > 0.8 > 2 * found["length, any two"]
    assert found["words"] == 200
    chance = neighbour_figures(neighbour_rows(INPUT, ids, random().standard_normal((200, 9))), vocabulary)
    assert abs(chance["length"] - chance["length, any two"]) < 0.08


def test_the_most_telling_class_is_the_rarest_that_holds_half() -> None:
    def spans(*pairs: tuple[int, int]) -> np.ndarray:
        return np.array(pairs, np.int64).reshape(-1, 2)

    names = ("repeat", "Alu", "gene, + strand")
    inside = {
        "one": [spans((0, 100), (150, 200)), spans((40, 100)), spans((0, 30))],
        "two": [spans(), spans(), spans()],
    }
    classes = AnnotationClasses(names, inside, np.ones((3, 2), bool), ())
    start, end = np.array([0, 60, 100, 110, 140]), np.array([40, 100, 140, 150, 160])
    order = rarest_last(classes)
    assert [names[number] for number in order] == ["repeat", "Alu"]
    assert telling(classes, order, "one", start, end) == ["repeat", "Alu", "", "", "repeat"]
    assert telling(classes, order, "two", start, end) == [""] * 5
    assert telling(None, rarest_last(None), "one", start, end) == [""] * 5


@pytest.fixture(scope="module")
def mapped(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book to draw maps of."""
    pytest.importorskip("umap")
    pytest.importorskip("torch")
    return Path(shutil.copytree(chrm_book, tmp_path_factory.mktemp("mapped") / "chrM.book"))


def test_maps_of_a_book(
    mapped: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = Stages()
    monkeypatch.setattr(cli_lexicon, "progress", stages.progress)
    said = books.program(capsys, "atlas", mapped)
    assert said.code == 0, said.err
    best = f"{SENTENCES}, {BY_CLASS}"
    assert {CONTEXT, BY_CLASS, f"map of {CONTEXT}", f"map of {best}{RANDOM}"} <= set(stages.total)
    assert stages.done == stages.total
    book = Book.open(mapped)
    assert problems(book) == []
    table, figures = book.lexicon.atlas, json.loads((mapped / "atlas" / ATLAS_FIGURES).read_text())
    assert list(figures["maps"]) == list(table["map"].unique())
    assert list(figures["maps"])[:2] == [CONTEXT, CONTEXT + RANDOM]
    ways = {f"{SENTENCES}, {way}{ending}" for way in (BY_CLASS, BY_ENCODER) for ending in ("", RANDOM)}
    assert ways <= set(table["map"])
    assert all(BY_KMERS in said["purity"] for name, said in figures["maps"].items() if said.get("purity"))
    worth = [
        said.get("purity", {}).get("map", said["preservation"]["overall"])
        for name, said in figures["maps"].items()
        if name.startswith(f"{SENTENCES}, ") and not name.endswith(RANDOM)
    ]
    assert worth == sorted(worth, reverse=True)
    volume = book["chrM"]
    rows = table[table["map"] == best].set_index("id")
    sentences = volume.sentences()
    assert (rows[["start", "end"]] == sentences.loc[rows.index, ["start", "end"]]).all(axis=None)
    first = rows.iloc[0]
    letters = volume.sequence(int(first["start"]), int(first["end"])).upper()
    assert first["gc"] == pytest.approx((letters.count(b"G") + letters.count(b"C")) / len(letters), abs=1e-4)
    assert (rows["length"] == rows["end"] - rows["start"]).all()
    assert rows["group"].str.len().max() > 0
    one = figures["maps"][best]
    assert one["points"] == one["of"] == len(sentences) == len(rows)
    assert one["preservation"]["overall"] == pytest.approx(rows["preservation"].mean(), abs=1e-4)
    assert one["preservation"]["overall"] > 2 * one["preservation"]["chance"]
    near = book.lexicon.atlas_neighbours.to_pandas()
    assert set(near["map"]) == {name for name in table["map"].unique() if RANDOM not in name} - {CONTEXT}
    own = near[near["map"] == best]
    assert own["id"].tolist() == list(range(len(rows)))
    assert all(len(each) == COUNT and row not in each for row, each in enumerate(own["neighbours"]))
    words = table[table["map"] == CONTEXT]
    assert (words["label"] == [book.vocabulary.words[i] for i in words["id"]]).all()
    assert words["volume"].isna().all()
    assert words["surprisal"].notna().all()


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_atlas_is_that_of_its_reader(name: str) -> None:
    checkpoint = open_checkpoint(DATA / name)
    vocabulary = checkpoint.scripts.words
    table, figures = shipped_atlas(vocabulary)[name], shipped_atlas_figures(vocabulary)[name]
    assert figures["reader"]["weights"] == checkpoint.meta.weights
    assert figures["reader"]["words"] == vocabulary.digest
    assert list(table.columns) == WORD_SCHEMAS[ATLAS].names
    assert sum((DATA / name / file).stat().st_size for file in (ATLAS, ATLAS_FIGURES)) < 1_000_000
    assert (DATA / name / NEIGHBOURS).stat().st_size < 1_000_000
    assert (
        list(figures["maps"])
        == list(table["map"].unique())
        == [INPUT, INPUT + RANDOM, CONTEXT, CONTEXT + RANDOM]
    )
    for one, rows in table.groupby("map", sort=False):
        said = figures["maps"][one]
        dna = rows[rows["script"] == "DNA"]
        assert said["points"] == len(rows)
        assert said["preservation"]["overall"] == pytest.approx(rows["preservation"].mean(), abs=2e-4)
        assert (dna["label"] == [vocabulary.words[i] for i in dna["id"]]).all()
        assert (len(rows) > len(dna)) == (name == "bilingual-mini")
        measured = np.column_stack([dna["gc"], dna["length"]]).astype(float)
        points = dna[["x", "y"]].to_numpy(float)
        assert r_squared(measured[:, [0]], points) == pytest.approx(
            said["variance"]["map"]["GC"]["alone"][0], abs=2e-3
        )
        assert r_squared(measured[:, [1]], points) == pytest.approx(
            said["variance"]["map"]["length"]["alone"][0], abs=2e-3
        )


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_neighbours_are_the_ones_that_the_figures_are_of(name: str) -> None:
    vocabulary = load_vocabulary("words-4096")
    table = shipped_neighbours_of_words(vocabulary)[name]
    figures = shipped_atlas_figures(vocabulary)[name]["neighbours of words"]
    assert list(table["map"].unique()) == [INPUT, CONTEXT]
    for one, rows in table.groupby("map"):
        assert neighbour_figures(rows, vocabulary)["length"] == figures[one]["length"]
        near = np.vstack(rows["neighbours"])
        assert near.shape == (len(rows), COUNT)
        assert not (near == rows["id"].to_numpy()[:, None]).any()


def test_the_page_shows_what_was_measured() -> None:
    assert markdown("atlas", RESULTS) in docs_of("atlas").read_text()
    measured = json.loads((RESULTS / "atlas.json").read_text())["atlas"]
    shipped = shipped_atlas_figures(load_vocabulary("words-4096"))
    for name in NAMES:
        for one, found in shipped[name]["maps"].items():
            assert measured[name]["maps"][one]["variance"]["map"]["together"] == pytest.approx(
                found["variance"]["map"]["together"]
            )


def test_other_words_have_no_shipped_atlas() -> None:
    other = Vocabulary("other", (("A", "C"),))
    assert shipped_atlas(other) == shipped_atlas_figures(other) == shipped_neighbours_of_words(other) == {}


def test_bad_input_is_one_line(
    chrm_book: Path,
    chrm_fasta: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "give --dna FASTA" in books.program(capsys, "atlas", DATA / "bilingual-mini").error
    assert "no book here" in books.program(capsys, "atlas", tmp_path / "nothing").error
    with pytest.raises(OptionError, match=f"at least {MIN_POINTS} points, not 5"):
        layout(unit(5))
    monkeypatch.setitem(sys.modules, "umap", None)
    assert "pip install 'genomebook[lexicon]'" in books.program(capsys, "atlas", chrm_book).error
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "genomebook.training.pretraining.untrained", None)
    copy = shutil.copytree(DATA / "encoder-mini", tmp_path / "encoder")
    with pytest.raises(MissingExtraError, match="needs torch: pip install"):
        words_of_reader(copy, chrm_fasta)
