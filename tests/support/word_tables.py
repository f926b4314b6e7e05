"""Made-up tables about the words of a book: glosses, annotation, contexts, senses."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from genomebook.book import Book
from genomebook.book.annex import adding
from genomebook.book.lexicon import write_word_table
from genomebook.book.schema import AMBIGUITY, GROUNDED, LEXICON, MEANING, PASSAGES, SENSES, TAGS
from genomebook.lexicon.fields import EVERYWHERE
from genomebook.lexicon.occurrences import Occurrences
from genomebook.lexicon.passages import PassageModel
from tests.support import altered

ENGLISH = ("river", "rivers", "stone", "storm", "house", "horse", "bread", "light")
"""Glosses of the most frequent words, in that order; the words after them have none."""

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)> [a](http://example.org) 'q\" &amp;"


def frequent(book: Book, n: int = len(ENGLISH)) -> pd.DataFrame:
    """Rows of the most frequent words."""
    return book.lexicon.table.sort_values("count", ascending=False, kind="stable").head(n)


def enriched(source: Path, folder: Path, said: str = "") -> Path:
    """Copy a book and put tables into it; `said` is added to every text."""
    shutil.copytree(source, folder)
    book = Book.open(folder)
    words = frequent(book)
    ids = words["id"].to_numpy()
    put_glosses(book, dict(zip(words["word"], (name + said for name in ENGLISH), strict=True)))
    n = len(ids)
    classes = ["Alu" + said, "CpG island" + said]
    grounded = pd.DataFrame(
        {
            "id": np.repeat(ids, 2),
            "class": classes * n,
            "count": np.tile([62, 3], n),
            "share": np.tile([0.62, 0.03], n),
            "expected": np.tile([0.31, 0.031], n),
            "enrichment": np.tile([2.0, 0.97], n),
            "low": np.tile([1.8, 0.6], n),
            "high": np.tile([2.2, 1.4], n),
            "p": np.tile([1e-9, 0.8], n),
            "q": np.tile([1e-7, 0.9], n),
        }
    )
    tags = {"id": ids, "tag": ["Alu 62 %" + said] * n, "phrase": ["62 % inside Alu, twice chance" + said] * n}
    contexts = {
        "id": ids,
        "sampled": [50] * n,
        "similarity": [0.41] * n,
        "chance": [0.12] * n,
        "random": [0.77] * n,
        "senses": [2] * n,
    }
    index = Occurrences.open(book)
    examples = [index.ordinals(int(word), first, 3).tolist() for word in ids for first in (0, 5)]
    senses = {"id": np.repeat(ids, 2), "sense": [1, 2] * n, "share": [0.75, 0.25] * n, "examples": examples}
    altered.put(folder, "ground", {GROUNDED: grounded, TAGS: tags})
    altered.put(folder, "senses", {AMBIGUITY: contexts, SENSES: senses})
    return folder


def put_glosses(book: Book, glosses: dict[str, str]) -> None:
    """Give these words these glosses, and the others none."""
    table = book.lexicon.table
    gloss = table["word"].map(glosses)
    figures = {"gloss_score": 0.234, "gloss_margin": -0.011, "gloss_stability": 0.8, "gloss_rank": 0.957}
    columns = {name: np.where(gloss.notna(), value, np.nan) for name, value in figures.items()}
    write_word_table(book.path / LEXICON, table.assign(gloss=gloss, **columns))
    altered.resigned(book.path)
    put_meaning(book.path, table["id"][gloss.notna()], gloss[gloss.notna()])


def put_meaning(folder: Path, ids: pd.Series[int], glosses: pd.Series[str]) -> None:
    """Give a book these glosses by meaning, of no field, in place of those that come with genomebook."""
    n = len(Book.open(folder).vocabulary.words)
    one = np.ones(1, np.float32)
    model = PassageModel(
        ("intron",), np.zeros((1, n), np.float32), one[:, None], one, (one / 2).astype(np.float32)
    )
    with adding(folder, "meaning") as draft:
        rows = {"id": ids, "sense": [0] * len(ids), "field": [EVERYWHERE] * len(ids), "gloss": glosses}
        write_word_table(draft.folder / MEANING, rows | {"fit": [0.0] * len(ids)})
        model.write(draft.folder / PASSAGES)
