"""Looking words up: by DNA, by gloss, by phrase; what cannot be looked for is one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.book.annex import finish_annex, open_annex
from genomebook.book.lexicon import Lexicon, write_word_table
from genomebook.book.schema import LEXICON, TAGS
from genomebook.errors import OptionError, SearchError
from genomebook.files.checks import CheckedFolder
from genomebook.language.alphabet import LETTERS, reverse_complement
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from genomebook.lexicon.find import (
    BY_DNA,
    HOWS,
    MAX_LETTERS,
    as_dna,
    find,
    near_glosses,
    nearest_words,
    row_of,
    tokenize_alone,
)
from genomebook.lexicon.listing import WordFilter, as_parquet, as_tsv, choose, listing

WORDS = {
    "A": ("", 900),
    "R": ("", 0),
    "Y": ("", 2),
    "TATA": ("river", 40),
    "TATAA": ("rivers", 90),
    "ATATA": ("stone", 10),
    "TTATA": ("upriver", 0),
    "GGTCA": ("storm", 7),
    "AGTCA": ("", 8),
    "TGACC": ("light", 6),
}
GAPPED = st.text("ACGTN", min_size=1, max_size=40)


@pytest.fixture(scope="module")
def lexicon(tmp_path_factory: pytest.TempPathFactory) -> Lexicon:
    folder = tmp_path_factory.mktemp("lexicon")
    words = list(WORDS)
    counts = np.array([count for _, count in WORDS.values()])
    known = np.array([gloss != "" for gloss, _ in WORDS.values()])
    columns = {
        "id": np.arange(len(words)) + 16,
        "word": words,
        "length": [len(word) for word in words],
        "count": counts,
        "gc": [sum(map(word.count, "GC")) / len(word) for word in words],
        "cpg": [0] * len(words),
        "entropy": [1.0] * len(words),
        "partner": [0, 0, 0, 19, 22, 0, 20, 25, 0, 23],
        "expected": [900, 0, 2, 10, 90, 40, 0, 7, 0, 6],
        "gloss": [gloss or None for gloss, _ in WORDS.values()],
        **{name: np.where(known, 0.5, np.nan) for name in ("gloss_score", "gloss_margin", "gloss_stability")},
        "gloss_rank": np.where(known, np.linspace(0, 1, len(words)), np.nan),
    }
    write_word_table(folder / LEXICON, columns)
    tags = {"id": [19, 23], "tag": ["Alu 62 %", "CpG island 9×"], "phrase": ["62 % inside Alu", "of islands"]}
    (folder / "ground").mkdir()
    write_word_table(folder / "ground" / TAGS, tags)
    finish_annex(folder / "ground", "ground", "0" * 64, {})
    return Lexicon(CheckedFolder(folder, None), lambda name: open_annex(folder / name, name), 10)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(load_vocabulary("words-600"))


@pytest.mark.parametrize(
    ("text", "how", "found"),
    [
        ("TATA", "exact", ["TATA"]),
        ("tata", "exact", ["TATA"]),
        ("uauA", "exact", ["TATA"]),
        (" TA\tTA\n", "exact", ["TATA"]),
        ("TATA", "prefix", ["TATA", "TATAA"]),
        ("TATA", "contains", ["TATA", "TATAA", "ATATA", "TTATA"]),
        ("TTATA", "reverse complement", ["TATAA"]),
        ("GGGG", "reverse complement", []),
        ("TATAA", "reverse complement", ["TTATA"]),
        ("RGTCA", "exact", ["GGTCA", "AGTCA"]),
        ("TGACY", "reverse complement", ["GGTCA", "AGTCA"]),
        ("R", "exact", ["A", "R"]),
        ("N", "exact", ["A", "R", "Y"]),
        ("NNNNN", "exact", ["TATAA", "ATATA", "TTATA", "GGTCA", "AGTCA", "TGACC"]),
        ("CCCC", "contains", []),
        ("river", "English", ["TATA", "TATAA"]),
        ("RIVERS ", "English", ["TATAA"]),
        ("r", "English", ["TATA", "TATAA"]),
        ("ver", "English", []),
        ("alu", "phrase", ["TATA"]),
        ("island", "phrase", ["GGTCA"]),
        ("inside al", "phrase", ["TATA"]),
        ("CpG island", "phrase", ["GGTCA"]),
        ("Alu island", "phrase", []),
    ],
)
def test_what_is_found(lexicon: Lexicon, text: str, how: str, found: list[str]) -> None:
    assert lexicon.table["word"].to_numpy()[find(lexicon, text, how)].tolist() == found


@pytest.mark.parametrize(
    ("text", "how", "said"),
    [
        ("hello", "exact", "'hello' is not DNA: 'e' is not one of its letters"),
        ("TA-TA", "contains", "'-' is not one of its letters"),
        ("ß", "exact", "is not DNA"),
        ("ﬁ", "prefix", "is not DNA"),
        ("<script>", "exact", "is not DNA"),
        ("", "exact", "nothing to look for"),
        ("  ", "English", "nothing to look for"),
        ("A" * (MAX_LETTERS + 1), "exact", "longer than 1,000 characters"),
        ("a" * (MAX_LETTERS + 1), "English", "longer than 1,000 characters"),
        ("!?", "phrase", "holds no word"),
        ("A", "sideways", "how 'sideways': choose one of contains, exact"),
    ],
)
def test_what_cannot_be_looked_for_is_one_line(lexicon: Lexicon, text: str, how: str, said: str) -> None:
    with pytest.raises(SearchError if how in HOWS else OptionError) as error:
        find(lexicon, text, how)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 250


@given(text=st.text(max_size=40), how=st.sampled_from(HOWS))
def test_any_text_is_looked_up_or_refused(lexicon: Lexicon, text: str, how: str) -> None:
    line, rows = "", np.empty(0, np.int64)
    try:
        rows = find(lexicon, text, how)
    except SearchError as error:
        line = str(error)
    assert line.isprintable()
    assert len(set(rows.tolist())) == len(rows)
    assert ((rows >= 0) & (rows < len(WORDS))).all()


@given(text=st.text("ACGT", min_size=1, max_size=5))
def test_plain_dna_is_found_as_python_finds_it(lexicon: Lexicon, text: str) -> None:
    words = [word for word in WORDS if set(word) <= set("ACGT")]
    tests = {"exact": str.__eq__, "prefix": str.startswith, "contains": str.__contains__}
    for how, holds in tests.items():
        rows = find(lexicon, text, how)
        assert lexicon.table["word"].to_numpy()[rows].tolist() == [w for w in words if holds(w, text)]
    other = reverse_complement(text.encode()).decode()
    assert find(lexicon, text, "exact").tolist() == find(lexicon, other, "reverse complement").tolist()


@given(text=st.text(LETTERS + LETTERS.lower(), min_size=1, max_size=50))
def test_spelt_alone_loses_no_letter(encoder: Encoder, text: str) -> None:
    words = tokenize_alone(encoder, text)
    assert "".join(words) == as_dna(text).replace("N", "")
    assert all(word in encoder.vocabulary.words for word in words)


def test_a_word_by_its_spelling(lexicon: Lexicon) -> None:
    assert row_of(lexicon, "uata") == 3
    assert row_of(lexicon, "CCC") is None
    with pytest.raises(SearchError, match="is not DNA"):
        row_of(lexicon, "zebra")


def test_words_nearest_to_one_without_a_partner(lexicon: Lexicon) -> None:
    rows = [("harbour", 19, 0.2), ("harbour", 16, 0.1), ("harbour", 999, 0.0), ("oar", 20, 0.3)]
    known = pd.DataFrame(rows, columns=["word", "id", "score"])
    assert nearest_words(lexicon, known, " Harbour") == [("TATA", "river"), ("A", "")]
    assert nearest_words(lexicon, known, "sail") == []


def test_near_glosses_come_with_their_words(lexicon: Lexicon) -> None:
    assert near_glosses(lexicon, "Stoney")[0] == ("ATATA", "stone")
    assert near_glosses(lexicon, "xylophone") == []


@pytest.mark.parametrize(
    ("choice", "first"),
    [
        (WordFilter(), ["A", "TATAA", "TATA"]),
        (WordFilter("TATA"), ["TATA", "TATAA", "ATATA"]),
        (WordFilter("river", "English"), ["TATA", "TATAA"]),
        (WordFilter("TATA", sort="word"), ["ATATA", "TATA", "TATAA"]),
        (WordFilter("tata", "prefix", "longest"), ["TATAA", "TATA"]),
        (WordFilter(length=(4, 4)), ["TATA"]),
        (WordFilter(gc=(60, 100)), ["GGTCA", "TGACC"]),
        (WordFilter(least=50), ["A", "TATAA"]),
        (WordFilter(shuffle="more"), ["TATA", "AGTCA"]),
        (WordFilter(shuffle="fewer"), ["ATATA"]),
        (WordFilter(shuffle="even", least=80), ["A", "TATAA"]),
        (WordFilter(only=("partner",), sort="gloss"), ["TGACC", "TATA", "TATAA"]),
        (WordFilter(only=("tag",)), ["TATA", "GGTCA"]),
        (WordFilter(sort="rank"), ["TGACC", "GGTCA", "TTATA"]),
        (WordFilter("R", "exact"), ["A"]),
    ],
)
def test_what_is_shown_and_in_which_order(lexicon: Lexicon, choice: WordFilter, first: list[str]) -> None:
    words = listing(lexicon)
    shown = words["word"].to_numpy()[choose(lexicon, words, choice)].tolist()
    assert shown[:3] == first
    assert "R" not in shown


def test_what_is_looked_for_is_no_filter() -> None:
    assert not WordFilter("TATA", sort="word").is_filtered
    assert WordFilter(least=1).is_filtered


def test_what_is_taken_away_is_what_is_known(lexicon: Lexicon, tmp_path: Path) -> None:
    words = listing(lexicon)
    (tmp_path / "words.parquet").write_bytes(as_parquet(words))
    back = pd.read_parquet(tmp_path / "words.parquet")
    assert back["word"].tolist() == list(WORDS)
    assert back["partner"].tolist()[3] == "TATA"
    lines = as_tsv(words).splitlines()
    assert len(lines) == 1 + len(WORDS)
    head = lines[0].split("\t")
    row = dict(zip(head, lines[4].split("\t"), strict=True))
    assert (row["word"], row["gloss"], row["tag"], row["count"]) == ("TATA", "river", "Alu 62 %", "40")
    assert float(row["times"]) == 4
    assert 1 < float(row["low"]) < 4 < float(row["high"])


def test_every_way_of_looking_is_tried() -> None:
    assert set(BY_DNA) < set(HOWS)
