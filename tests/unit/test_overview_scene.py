"""What the overview is given: bounded, right at every level, and unmoved by what a browser may ask."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from genomebook.annotation.genes import COLUMNS, Genes
from genomebook.book import Book
from genomebook.book.profile import profile
from genomebook.book.schema import GENES
from genomebook.genome.regions import Region
from genomebook.pipeline.overview import overview
from genomebook.render.overview import scene as scenes
from tests.support import books

NO_GENES = Genes(pd.DataFrame(columns=COLUMNS))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    folder = tmp_path_factory.mktemp("scene")
    records = {"chr21:1001-301000": books.letters(300_000, 1), "dot": b"A", "gap": b"N" * 700}
    records |= {f"c{number}": books.letters(50 + number, number) for number in range(60)}
    (folder / "x.fa").write_bytes(books.fasta(records))
    (folder / "genes.gff3").write_text(
        "##gff-version 3\nchr21\t.\tgene\t2001\t9000\t.\t-\t.\tName=<b>&A</b>\n"
        "chr21\t.\tgene\t200001\t200100\t.\t+\t.\tName=B\n"
    )
    path = folder / "x.book"
    books.make(folder / "x.fa", path, genes=folder / "genes.gff3", assembly="GRCh38")
    overview(path)
    return Book.open(path)


@pytest.fixture(scope="module")
def genes(book: Book) -> Genes:
    return Genes.open(book.folder.checked(GENES))


def unpacked(values: scenes.Values) -> np.ndarray:
    data = np.frombuffer(values.data, np.uint8).astype(np.float64)
    return np.where(data == 255, np.nan, values.low + (values.high - values.low) * data / 254)


def test_a_scene_is_small_and_draws_the_longest_volumes(book: Book, genes: Genes) -> None:
    made = scenes.scene(book, genes, Region("dot", 0, 1))
    assert len(made.volumes) == scenes.MAX_VOLUMES + 1
    assert made.omitted == len(book) - len(made.volumes)
    assert {"dot", "gap", "c59"} <= {volume.name for volume in made.volumes}
    assert "c0" not in {volume.name for volume in made.volumes}
    assert made.longest == 300_000
    assert len(msgspec.json.encode(made)) < 20_000
    place = made.place
    assert place is not None
    assert next(volume for volume in made.volumes if volume.number == place.number).name == "dot"


def test_bands_are_those_of_the_slice(book: Book, genes: Genes) -> None:
    bands = scenes.scene(book, genes).bands
    assert list(bands) == ["0"]
    assert [(band.start, band.end, band.name) for band in bands["0"]] == [(0, 300_000, "p13")]
    assert scenes.bands(book, book["dot"]) == []


@pytest.mark.parametrize("level", [2, 4, 5, 6])
def test_tiles_are_profiles(book: Book, genes: Genes, level: int) -> None:
    made = scenes.scene(book, genes, tiles=[f"0/{level}/0"]).tiles[f"0/{level}/0"]
    end = min(256 * 4**level, 300_000)
    bins = -(-end // 4**level)
    assert len(made.values["gc"].data) == bins
    whole = end // 4**level
    wanted = profile(book, "chr21:1001-301000", 0, whole * 4**level, whole)["gc"]
    assert np.allclose(unpacked(made.values["gc"])[:whole], wanted, atol=2e-3, equal_nan=True)
    assert made.genes is not None
    assert [gene.name for gene in made.genes] == ["<b>&A</b>", "B"][: 1 + (end > 199_000)]


def test_letters_of_the_nearest_tile(book: Book, genes: Genes) -> None:
    made = scenes.scene(book, genes, tiles=["0/0/1171"]).tiles["0/0/1171"]
    assert made.letters.encode() == book["chr21:1001-301000"].sequence(1171 * 256, 300_000)
    assert made.words[0] <= 1171 * 256 < made.words[1]
    assert made.ends[-1] == 300_000


@pytest.mark.parametrize(
    "key",
    ["", "0/0", "0/0/99999999", "999999/0/0", "0/17/0", "-1/0/0", "0/0/0/0", "a/b/c", "0/99/0", "0/0/1e3"],
)
def test_keys_that_mean_nothing_are_left_out(book: Book, genes: Genes, key: str) -> None:
    assert scenes.scene(book, genes, tiles=[key]).tiles == {}


def test_requests_and_marks_are_bounded(book: Book, genes: Genes) -> None:
    many = [(Region("dot", 0, 1), "x" * 500)] * (scenes.MAX_MARKS + 7)
    made = scenes.scene(book, genes, marks=many, tiles=[f"0/2/{n}" for n in range(100)])
    assert len(made.marks) == scenes.MAX_MARKS
    assert made.marks_omitted == 7
    assert len(made.marks[0].label) == scenes.MAX_NAME
    assert len(made.tiles) == scenes.MAX_TILES


def test_a_book_without_zoom_levels_says_so(chrm_book: Path, tmp_path: Path) -> None:
    plain = Book.open(chrm_book)
    made = scenes.scene(plain, NO_GENES, tiles=["0/2/0", "0/3/0"])
    assert "genomebook overview" in made.note
    assert len(made.tiles["0/3/0"].values["gc"].data) == 256
    assert made.heat == {}


def test_packing_keeps_values_and_what_is_not_known() -> None:
    values = np.array([0.25, np.nan, 0.75, 0.5], np.float32)
    assert np.allclose(unpacked(scenes.packed(values)), values, atol=0.002, equal_nan=True)
    assert np.isnan(unpacked(scenes.packed(np.full(3, np.nan, np.float32)))).all()
    assert unpacked(scenes.packed(np.full(2, 7, np.float32))).tolist() == [7, 7]


def test_the_room_that_is_kept_is_what_is_drawn() -> None:
    draw = Path(scenes.__file__).with_name("draw.js").read_text(encoding="utf-8")
    assert f"export const GENOME_ROW = {scenes.GENOME_ROW};" in draw
