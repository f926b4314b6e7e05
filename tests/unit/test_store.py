"""Stores of vectors: the same tests for FAISS and LanceDB, below and above the size where lists begin."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from genomebook.errors import BookError, DamagedBookError, MissingExtraError
from genomebook.files.manifest import validated
from genomebook.search.embedding.vectors import UnitVectors, rows_file
from genomebook.search.schema import StoreMeta, VectorsMeta
from genomebook.search.stores import base, recall
from genomebook.search.stores import lance as store_lance
from genomebook.search.stores.base import VectorStore, list_count
from genomebook.search.stores.registry import build_store, open_store
from tests.support import books

WIDTH = 48
ROWS = 3_000


def clustered(rows: int, seed: int, width: int = WIDTH) -> NDArray[np.float32]:
    """Unit vectors around some centres; the last 60 are copies of the first 20, thrice."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(1, rows // 30), width))
    found = centres[rng.integers(0, len(centres), rows)] + 0.5 * rng.standard_normal((rows, width))
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    if rows > 200:
        found[-60:] = np.tile(found[:20], (3, 1))
    return found.astype(np.float16).astype(np.float32)


def changed(vectors: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Some of the vectors, a little changed."""
    rng = np.random.default_rng(count)
    found = vectors[rng.choice(len(vectors), count)] + 0.03 * rng.standard_normal((count, vectors.shape[1]))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


class Made(NamedTuple):
    """A store, what it was made from, and where."""

    kind: str
    folder: Path
    about: StoreMeta
    vectors: NDArray[np.float32]
    large: bool

    def open(self, folder: Path | None = None) -> VectorStore:
        return open_store(self.kind, folder or self.folder, "sentences", self.about)


def smaller(patch: pytest.MonkeyPatch) -> None:
    """Lists from 2,000 rows on, blocks and samples as small: the same code."""
    patch.setattr(base, "MIN_IVF_ROWS", 2_000)
    patch.setattr(base, "ROWS_PER_BLOCK", 1_000)
    patch.setattr(recall, "SAMPLE_ROWS", 100)


@pytest.fixture
def lists_from_2000(monkeypatch: pytest.MonkeyPatch) -> None:
    smaller(monkeypatch)


@pytest.fixture(scope="module", params=["faiss flat", "faiss lists", "lance flat", "lance lists"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    kind, size = request.param.split()
    vectors = clustered(ROWS if size == "lists" else 700, 1)
    folder = tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        smaller(patch)
        about = build_store(kind, folder, "sentences", vectors, 2)
    return Made(kind, folder, about, vectors, size == "lists")


def exact(vectors: NDArray[np.float32], asked: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Nearest rows by definition: best first, of equal ones the lower first."""
    cosines = (vectors * asked).sum(axis=1, dtype=np.float32)
    return np.lexsort((np.arange(len(vectors)), -cosines))[:k]


def test_it_finds_what_comparing_with_every_row_finds(made: Made) -> None:
    asked = changed(made.vectors, 100)
    rows, cosines = made.open().search(asked, 10)
    wanted = np.stack([exact(made.vectors, one, 10) for one in asked])
    if made.large:
        assert np.mean([len(set(a) & set(b)) / 10 for a, b in zip(rows, wanted, strict=True)]) > 0.9
    else:
        assert np.array_equal(np.sort(rows), np.sort(wanted))
    assert np.allclose(cosines, (made.vectors[rows] * asked[:, None]).sum(axis=2), atol=1e-5)
    assert (np.diff(cosines, axis=1) <= 0).all()


def test_copies_come_in_the_order_of_their_rows(made: Made) -> None:
    last = len(made.vectors)
    rows, cosines = made.open().search(made.vectors[:20], 4)
    for one in range(20):
        assert rows[one].tolist() == [one, last - 60 + one, last - 40 + one, last - 20 + one]
        assert cosines[one] == pytest.approx(1, abs=1e-3)


def test_the_record_says_what_was_made(made: Made) -> None:
    about = made.about
    assert (about.rows, about.width) == made.vectors.shape
    if not made.large:
        assert (about.factory, about.nprobe, about.rerank, about.recall) == ("Flat", None, False, None)
        return
    assert about.factory == "IVF256,SQ8"
    assert about.nprobe in recall.PROBES
    measured = about.recall
    assert measured is not None
    assert measured.sample == 100
    assert 0.9 < measured.value <= 1
    assert measured.low <= measured.value <= measured.high


def test_an_answer_does_not_depend_on_what_else_is_asked(made: Made) -> None:
    opened = made.open()
    asked = clustered(64, 3)
    together = opened.search(asked, 7)
    with ThreadPoolExecutor(8) as pool:
        alone = list(pool.map(lambda one: opened.search(asked[one : one + 1], 7), range(64)))
    assert np.array_equal(together[0], np.concatenate([rows for rows, _ in alone]))
    assert np.array_equal(together[1], np.concatenate([cosines for _, cosines in alone]))


def test_more_than_there_is_and_nothing(made: Made, tmp_path: Path) -> None:
    few = made.vectors[:3]
    opened = open_store(made.kind, tmp_path, "x", build_store(made.kind, tmp_path, "x", few))
    rows, cosines = opened.search(few[:2], 5)
    assert sorted(rows[0, :3].tolist()) == [0, 1, 2]
    assert rows[0, 0] == 0
    assert (rows[:, 3:] == -1).all()
    assert (cosines[:, 3:] == -1).all()
    assert opened.search(few[:0], 5)[0].shape == (0, 5)


def test_a_memory_map_gives_the_same(made: Made, tmp_path: Path, lists_from_2000: None) -> None:
    path = tmp_path / "vectors.f16"
    made.vectors.astype("<f2").tofile(path)
    mapped = np.memmap(path, "<f2", "r", shape=made.vectors.shape)
    about = build_store(made.kind, tmp_path, "sentences", mapped)
    opened = open_store(made.kind, tmp_path, "sentences", about)
    asked = clustered(20, 4)
    for ours, theirs in zip(opened.search(asked, 5), made.open().search(asked, 5), strict=True):
        if made.kind == "faiss" or not made.large:  # LanceDB draws its sample at random
            assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("rows", [300, 3_000, 9_500])
def test_faiss_files_are_the_same_for_any_number_of_threads(
    rows: int, tmp_path: Path, lists_from_2000: None
) -> None:
    vectors = clustered(rows, 5, 16)
    found = []
    for threads in (1, 2, 3):
        folder = tmp_path / str(threads)
        folder.mkdir()
        found.append((build_store("faiss", folder, "s", vectors, threads), books.snapshot(folder)))
    assert found[0] == found[1] == found[2]


def damaged(made: Made, folder: Path) -> str:
    """The one line with which a store is refused, when opened or at the first search."""
    with pytest.raises(DamagedBookError) as error:
        made.open(folder).search(made.vectors[:1], 3)
    line = str(error.value)
    assert "\n" not in line
    assert str(folder) in line
    assert "genomebook index" in line
    return line


def test_damage_is_named(made: Made, tmp_path: Path) -> None:
    files = [
        path.relative_to(made.folder) for path in sorted(made.folder.rglob("sentences*")) if path.is_file()
    ]
    files += [
        path.relative_to(made.folder) for path in sorted(made.folder.rglob("*.lance")) if path.is_file()
    ]
    assert files
    for number, file in enumerate(files):
        for harm in ("missing", "cut", "empty"):
            folder = tmp_path / f"{number}{harm}"
            shutil.copytree(made.folder, folder)
            if harm == "missing":
                (folder / file).unlink()
            else:
                content = (folder / file).read_bytes()
                (folder / file).write_bytes(content[: len(content) // 2] if harm == "cut" else b"")
            assert damaged(made, folder)


def test_another_index_is_refused(made: Made, tmp_path: Path) -> None:
    other = made._replace(about=replace(made.about, rows=made.about.rows + 1))
    shutil.copytree(made.folder, tmp_path / "x")
    assert damaged(other, tmp_path / "x")
    lacking = made._replace(about=replace(made.about, bytes={}))
    assert "does not describe" in damaged(lacking, tmp_path / "x")
    if made.kind == "faiss" and made.large:
        assert "how many lists" in damaged(
            made._replace(about=replace(made.about, nprobe=None)), tmp_path / "x"
        )
    with pytest.raises(DamagedBookError, match=r"index\.json: .*`width`.*; make it anew"):
        validated(Path("index.json"), {"factory": "Flat", "rows": 5}, StoreMeta, "make it anew")
    with pytest.raises(BookError, match="unknown kind of vector store"):
        open_store("redis", tmp_path, "sentences", made.about)


def test_text_in_place_of_an_index_is_refused(tmp_path: Path) -> None:
    about = build_store("faiss", tmp_path, "sentences", clustered(300, 1))
    size = (tmp_path / "sentences.faiss").stat().st_size
    (tmp_path / "sentences.faiss").write_bytes(b"x" * size)
    assert "not an index of FAISS" in damaged(
        Made("faiss", tmp_path, about, clustered(1, 1), False), tmp_path
    )


def test_without_lancedb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_lance, "lancedb", None)
    with pytest.raises(MissingExtraError, match=r"needs lancedb: pip install 'genomebook\[lance\]'"):
        build_store("lance", tmp_path, "sentences", clustered(10, 1))


def test_list_count_sizes() -> None:
    assert [list_count(rows) for rows in (100_000, 10**6, 5 * 10**6, 3 * 10**7)] == [1024, 4096, 8192, 16384]


def test_rows_are_units(tmp_path: Path) -> None:
    vectors = clustered(50, 1)
    made = build_store("faiss", tmp_path, "sentences", vectors)
    about = VectorsMeta(
        encoder="e", digest="", width=made.width, least=20, store="faiss", sentences=made, paragraphs=None
    )
    (3 * np.arange(50)).astype("<u4").tofile(tmp_path / rows_file("sentences"))
    assert UnitVectors.open(tmp_path, "paragraphs", about) is None
    units = UnitVectors.open(tmp_path, "sentences", about)
    assert units is not None
    numbers, _ = units.search(vectors[7:8], 60)
    assert numbers[0, 0] == 21
    assert sorted(numbers[0, :50].tolist()) == list(range(0, 150, 3))
    assert (numbers[0, 50:] == -1).all()
    (tmp_path / rows_file("sentences")).unlink()
    with pytest.raises(DamagedBookError, match=r"sentences\.rows\.u32"):
        UnitVectors.open(tmp_path, "sentences", about)
