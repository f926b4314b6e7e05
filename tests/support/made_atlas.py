"""An atlas for tests of what shows it: places are drawn at random, so none of it lies in the package."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genomebook.book import Book
from genomebook.book.annex import adding
from genomebook.book.lexicon import write_word_table
from genomebook.book.schema import ATLAS, ATLAS_FIGURES, GROUNDED, LEXICON, NEIGHBOURS, TAGS
from genomebook.lexicon.atlas import CONTROL
from tests.support import altered
from tests.support.word_tables import put_meaning

READER = "made-up"
WORDS, SENTENCES = "words, input", "sentences"
ENGLISH = ("heart", "tata", "of")
CLASSES = ("Alu", "L1", "MIR", "CDS", "exon", "intron", "CpG island")
MAX_WORDS = 400
NEAR = 10


def figures(points: int, of: int, height: float) -> dict[str, Any]:
    """Of one map; `height` decides every number, so that maps can be told apart."""
    three = [height, height - 0.02, height + 0.03]
    alone = {"alone": three, "unique": [0.01, 0.0, 0.02]}
    part = {"points": points, "together": three, "log frequency": alone, "GC": alone, "length": alone}
    preservation = {"overall": height / 2, "chance": 15 / points}
    return {
        "points": points,
        "of": of,
        "preservation": preservation,
        "variance": {"map": part, "embedding": part},
    }


def _words(book: Book, random: np.random.Generator) -> pd.DataFrame:
    table = book.lexicon.table.sort_values("count", ascending=False, kind="stable").head(MAX_WORDS)
    dna = pd.DataFrame(
        {"script": "DNA", "id": table["id"].astype(int), "label": table["word"], "gc": table["gc"]}
    ).assign(length=table["length"].astype(int))
    english = pd.DataFrame({"script": "English", "id": range(len(ENGLISH)), "label": ENGLISH})
    english["length"] = english["label"].str.len()
    both = pd.concat([dna, english], ignore_index=True)
    return both.assign(volume=None, start=None, end=None, surprisal=np.nan, group="")


def _sentences(book: Book, random: np.random.Generator) -> pd.DataFrame:
    table = pd.concat([volume.sentences().assign(volume=volume.name) for volume in book])
    return pd.DataFrame(
        {
            "script": "DNA", "id": table.index, "label": "", "volume": table["volume"],
            "start": table["start"], "end": table["end"], "gc": random.random(len(table)),
            "length": table["end"] - table["start"], "surprisal": 12 * random.random(len(table)),
            "group": random.choice(["", *CLASSES], len(table)),
        }
    )  # fmt: skip


def _neighbours(rows: int) -> pd.DataFrame:
    """Of each sentence the `NEAR` that follow it, the last followed by the first."""
    near = (np.arange(rows)[:, None] + np.arange(1, NEAR + 1)) % rows
    cosines = np.linspace(0.9, 0.6, NEAR)
    return pd.DataFrame(
        {"id": np.arange(rows), "map": SENTENCES, "neighbours": list(near), "cosines": [cosines] * rows}
    )


def put_atlas(book: Path, sampled_from: int = 0) -> Book:
    """Give a book maps of some words and of its sentences, glosses and grounding, and figures."""
    opened, random = Book.open(book), np.random.default_rng(5)
    frames, body, near = [], {}, pd.DataFrame()
    for name, rows in ((WORDS, _words(opened, random)), (SENTENCES, _sentences(opened, random))):
        for ending, height in (("", 0.6), (CONTROL, 0.1)):
            x, y, kept = random.random((3, len(rows)))
            frames.append(rows.assign(map=name + ending, x=x, y=y, preservation=kept))
            body[name + ending] = figures(len(rows), sampled_from or len(rows), height)
        if name == SENTENCES:
            near = _neighbours(len(rows))
    with adding(book, "atlas") as draft:
        write_word_table(draft.folder / ATLAS, pd.concat(frames, ignore_index=True))
        write_word_table(draft.folder / NEIGHBOURS, near)
        (draft.folder / ATLAS_FIGURES).write_text(json.dumps({"reader": {"name": READER}, "maps": body}))
    lexicon = opened.lexicon.table.copy()
    lexicon["gloss"] = [f"gloss{row}" if row % 2 else None for row in range(len(lexicon))]
    for column in ("gloss_score", "gloss_margin", "gloss_stability", "gloss_rank"):
        lexicon[column] = np.where(lexicon["gloss"].isna(), np.nan, random.random(len(lexicon)))
    write_word_table(book / LEXICON, lexicon)
    ids = lexicon.loc[lexicon["count"] > 0, "id"].to_numpy()
    of = random.choice(CLASSES, len(ids))
    grounded = pd.DataFrame({"id": ids, "class": of, "count": 5, "share": random.random(len(ids))})
    grounded = grounded.assign(expected=0.1, enrichment=2, low=1.5, high=3, p=0.01, q=0.02)
    phrases = [f"40 % inside {name}, 3.1 times chance" for name in of]
    tags = pd.DataFrame({"id": ids, "tag": [f"{n} 40 %" for n in of], "phrase": phrases})
    altered.put(book, "ground", {GROUNDED: grounded, TAGS: tags})
    altered.resigned(book)
    named = lexicon["gloss"].notna()
    put_meaning(book, lexicon.loc[named, "id"], lexicon.loc[named, "gloss"])
    return Book.open(book)


def mapped(book: Path, folder: Path) -> Book:
    """A copy of a book in a folder, with an atlas."""
    shutil.copytree(book, folder / "mapped.book")
    return put_atlas(folder / "mapped.book")
