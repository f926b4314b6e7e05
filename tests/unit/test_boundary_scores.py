from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from genomebook.book import Book
from genomebook.language.alphabet import GAP
from genomebook.pipeline.book.scores import SURPRISAL, score_volumes
from genomebook.segmentation import scorer as module
from genomebook.segmentation.boundaries import decode, word_ends
from genomebook.segmentation.priors import PARAGRAPH, SENTENCE
from genomebook.segmentation.signals import NEURAL, SIGNALS
from tests.support import books
from tests.support.dna import as_array, random_dna
from tests.support.moved_starts import moved, shifted, starts
from tests.support.sources import encoded, mixed, neural, plain, runs

PLAIN = ("surprise", "switch", "combined")
FIRST, LAST = 1, 1000
"""Words left out at the start."""


# --- blocks


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("genomebook.segmentation.scorer.WORDS_PER_BLOCK", 512)
    monkeypatch.setattr("genomebook.pipeline.book.scores.WORDS_PER_BLOCK", 512)
    return 512


@pytest.mark.parametrize("which", ["plain", "neural"])
def test_blocks_joined_are_the_marks_of_the_volume(small_blocks: int, which: str) -> None:
    scorer = plain() if which == "plain" else neural()
    ids = encoded(mixed(15_000, 1))
    gaps = np.flatnonzero(ids == GAP)
    whole = scorer.score(ids)
    assert tuple(whole) == scorer.signals
    firsts = list(range(0, len(ids), small_blocks))
    assert len(firsts) > 4
    shuffled = random.Random(2).sample(firsts, len(firsts))
    with ThreadPoolExecutor(2) as pool:
        found = dict(
            zip(shuffled, pool.map(lambda first: scorer.score_block(ids, gaps, first), shuffled), strict=True)
        )
    for name in scorer.signals:
        assert whole[name].dtype == np.int8
        assert whole[name].shape == (len(ids), 2)
        assert (
            np.concatenate([found[first].signals[name] for first in firsts]).tobytes()
            == whole[name].tobytes()
        )
        assert len(np.unique(whole[name])) > 20
    surprisal = np.concatenate([found[first].surprisal for first in firsts])
    assert surprisal.tolist() == plain().ngram.score(ids)[0].tolist()


def marked(folder: Path, volumes: list[NDArray[np.uint16]], workers: int, ahead: int) -> dict[str, bytes]:
    """What is appended for some volumes, by file."""
    folder.mkdir()
    told: list[int] = []
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(workers))
        names = (SURPRISAL, *PLAIN)
        out = {name: stack.enter_context((folder / name).open("wb")) for name in names}
        score_volumes(volumes, out, plain(), pool, ahead, told.append)
    assert sum(told) == sum(len(ids) for ids in volumes)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_files_of_volumes_do_not_depend_on_the_pool(small_blocks: int, tmp_path: Path) -> None:
    volumes = [encoded(mixed(40_000, 3)), encoded(b""), encoded(b"N" * 9), encoded(mixed(9_000, 4))]
    expected = {name: b"".join(plain().score(ids)[name].tobytes() for ids in volumes) for name in PLAIN}
    expected[SURPRISAL] = b"".join(plain().ngram.score(ids)[0].tobytes() for ids in volumes)
    for workers, ahead in ((1, 1), (2, 3), (2, 9)):
        assert marked(tmp_path / f"{workers}-{ahead}", volumes, workers, ahead) == expected


def test_nothing_is_written_for_a_volume_without_words(tmp_path: Path) -> None:
    found = marked(tmp_path / "none", [np.empty(0, np.uint16)], 1, 2)
    assert found == dict.fromkeys((SURPRISAL, *PLAIN), b"")


def test_the_edges_of_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    letters = as_array(mixed(400_000, 5).replace(b"N", b"A").replace(b"n", b"a"))
    whole = plain().divide(letters)
    monkeypatch.setattr(module, "WORDS_PER_BLOCK", 4096)
    for name, found in plain().divide(letters).items():
        assert len(whole[name].sentences) > 2000
        assert moved(whole[name].sentences, found.sentences) <= 0.001
        assert moved(whole[name].paragraphs, found.paragraphs) <= 0.001


# --- gaps


def test_nothing_is_said_beside_gaps_and_after_the_last_word() -> None:
    ids = encoded(b"NN" + mixed(9000, 8) + b"N" + random_dna(300, 1) + b"N")
    is_gap = ids == GAP
    beside = is_gap | np.append(is_gap[1:], True)
    for units in plain().score(ids).values():
        assert not units[beside].any()
        assert (units[~beside] != 0).any(axis=1).mean() > 0.9


@settings(max_examples=10)
@given(st.integers(0, 999), st.integers(1, 5))
def test_what_lies_beyond_a_gap_does_not_matter(seed: int, gap: int) -> None:
    one, two = mixed(1500, seed), mixed(1500, seed + 1)
    apart = [plain().divide(as_array(part)) for part in (one, two)]
    joined = plain().divide(as_array(one + b"N" * gap + two))
    for name in PLAIN:
        for level in (0, 1):
            wanted = [apart[0][name][level], apart[1][name][level] + len(one) + gap]
            assert joined[name][level].tolist() == np.concatenate(wanted).tolist()


@pytest.mark.parametrize("which", ["plain", "neural"])
@pytest.mark.parametrize(
    "letters",
    [
        b"",
        b"N",
        b"n" * 5000,
        b"A",
        b"R",
        b"NRN",
        b"ACGT",
        b"NNNACGTNNN",
        random_dna(90, 1),
        random_dna(400, 2),
    ],
    ids=["empty", "gap", "gaps", "letter", "other", "between", "word", "edges", "short", "window"],
)
def test_volumes_with_little_in_them(letters: bytes, which: str) -> None:
    scorer = plain() if which == "plain" else neural()
    ids = encoded(letters)
    assert {name: units.shape for name, units in scorer.score(ids).items()} == {
        name: (len(ids), 2) for name in scorer.signals
    }
    found = scorer.divide(as_array(letters))
    assert tuple(found) == scorer.signals
    for sentences, paragraphs in found.values():
        assert sentences.dtype == paragraphs.dtype == np.int64
        assert set(paragraphs.tolist()) <= set(sentences.tolist())
        assert all(0 < end < len(letters) for end in sentences.tolist())
        if len(letters) < 20 or not letters.strip(b"Nn"):
            assert not len(sentences)


def test_words_end_where_their_letters_do() -> None:
    letters = mixed(20_000, 4) + b"NNNN"
    vocabulary = plain().vocabulary
    ids = encoded(letters)
    ends = word_ends(ids, as_array(letters), vocabulary).tolist()
    assert ends[-1] == len(letters)
    for word, start, end in zip(ids.tolist(), [0, *ends[:-1]], ends, strict=True):
        here = letters[start:end].upper().decode()
        assert here == (vocabulary.words[word] if word != GAP else "N" * (end - start))


# --- decoding


def test_decoded_ends_are_sentences_and_paragraphs() -> None:
    rng = np.random.default_rng(6)
    signal = rng.integers(-127, 128, (4000, 2)).astype(np.int8)
    is_gap = rng.random(4000) < 0.01
    sentences, paragraphs = decode(signal, is_gap)
    assert set(paragraphs.tolist()) <= set(sentences.tolist())
    assert not is_gap[sentences - 1].any()
    for first, last in runs(is_gap):
        inside = sentences[(sentences > first) & (sentences <= last)]
        assert inside[-1] == last  # a sentence, and a paragraph, ends before each gap
        assert last in paragraphs
        assert np.diff([first, *inside]).max() <= SENTENCE.longest
    assert np.diff(np.searchsorted(sentences, paragraphs)).max() <= PARAGRAPH.longest
    strong = np.zeros((200, 2), np.int8)
    strong[[39, 79, 119], 0] = 127
    strong[79, 1] = 127
    sentences, paragraphs = decode(strong, np.zeros(200, bool))
    assert {40, 80, 120, 200} <= set(sentences.tolist())
    assert 80 in paragraphs


# --- the book says the same


def boundaries(book: Path, volume: str) -> tuple[list[int], list[int]]:
    """Ends in the tables of a book, but for those beside gaps and at the end."""
    tables = (Book.open(book)[volume].sentences(), Book.open(book)[volume].paragraphs())
    inner = [table.loc[np.isfinite(table["strength"]), "end"].tolist() for table in tables]
    return inner[0], inner[1]


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_book_is_divided_where_the_marker_says(tmp_path: Path, signal: str) -> None:
    records = {
        "chr1": b"N" * 40 + mixed(12_000, 31) + b"nN" + mixed(2000, 32) + b"N" * 9,
        "chr2": b"N" * 30,
        "chr3": mixed(3000, 33),
        "chr4": b"A",
    }
    (tmp_path / "a.fa").write_bytes(books.fasta(records))
    needs = signal in NEURAL
    book = books.make(
        tmp_path / "a.fa",
        tmp_path / "a.book",
        words="words-4096",
        reader="bilingual-mini" if needs else "ngram",
        signal=signal,
    )
    scorer = neural() if needs else plain()
    assert book.signals == scorer.signals
    assert book.signal == signal
    for name, letters in records.items():
        found = scorer.divide(as_array(letters))[signal]
        assert boundaries(book.path, name) == (found.sentences.tolist(), found.paragraphs.tolist())
        words = book[name].words()
        for one, units in scorer.score(words.ids).items():
            assert words.signals[one].tobytes() == units.tobytes()
    assert len(boundaries(book.path, "chr1")[0]) > 50


# --- where the text begins


def test_boundaries_of_the_mitochondrial_chromosome_stay_when_its_first_words_go(chrm_fasta: Path) -> None:
    """Both levels together: some signals cut it into five paragraphs."""
    letters = as_array(b"".join(chrm_fasta.read_bytes().splitlines()[1:]))
    whole = plain().divide(letters)
    counts = {name: np.zeros(2, np.int64) for name in PLAIN}
    for at in starts(letters, [FIRST, 7, 100, 333, LAST]):
        for name, found in plain().divide(letters[at:]).items():
            counts[name] += np.sum(shifted(whole[name], found, at, 2000), axis=0)
    for name, (different, of) in counts.items():
        assert of > 200, name
        assert different < 0.01 * of, name
