"""Glosses beside the published way: how many are distinct, hubs, what another draw or training seed keeps.

The reader is the shipped one. Readers of other training seeds are named by GENOMEBOOK_SEED_READERS (folders,
parted as PATH is); without it, what seeds keep is told by the shipped ``glosses.json`` only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from benchmarks.common.table import table
from benchmarks.lexicon.gloss_peer import NEAREST, between, measure, read_peer
from genomebook.book.lexicon import read_word_table
from genomebook.book.schema import GLOSSES
from genomebook.models.checkpoint import open_checkpoint
from genomebook.pipeline.lexicon.gloss_words import dictionary_words, offensive
from genomebook.pipeline.lexicon.glosses import FIGURES

SIZES = ((4_100, 8_000), (4_096, 12_000))
"""Words of two made-up languages to assign."""
PUBLISHED = {"words": 19_409, "distinct": 618}
"""What arXiv 2501.16982 reports of its own reader."""


def run(quick: bool = False) -> dict[str, Any]:
    """Measure the glosses of the shipped reader, the published way, and the assignment; small when quick."""
    with resources.as_file(resources.files("genomebook") / "data") as data:
        folder = data / "bilingual-mini"
        glosses = read_word_table(folder / GLOSSES)
        figures = json.loads((folder / FIGURES).read_text())
        peer = read_peer(open_checkpoint(folder))
    dictionary, declined = dictionary_words(), offensive()
    ours = {
        "words": int(glosses["gloss"].notna().sum()),
        "distinct": int(glosses["gloss"].nunique()),
        "fragments": float((~glosses["gloss"].isin(dictionary)).mean()),
        "offensive": float(glosses["gloss"].isin(declined).mean()),
        "hubs": figures["spaces"][figures["chosen"]]["hubs"],
        **{key: figures[key] for key in ("readers", "chosen", "spaces", "words_of_odd_id")},
    }
    seeds = [Path(name) for name in os.environ.get("GENOMEBOOK_SEED_READERS", "").split(os.pathsep) if name]
    return {
        "source": "the words of bilingual-mini; the assignment on made-up embeddings with hubs",
        "ours": ours,
        "peer": measure(peer, dictionary, declined),
        "peer_seeds": {one.name: between(peer, read_peer(open_checkpoint(one))) for one in seeds},
        "assignment": [_assigned(*size) for size in (((300, 400),) if quick else SIZES)],
    }


def _assigned(n: int, m: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.lexicon.assignment_child", str(n), str(m)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def lines(result: dict[str, Any]) -> list[str]:
    """Put the result into tables."""
    ours, peer = result["ours"], result["peer"]
    rows = [
        ["DNA words with a gloss", f"{ours['words']:,}", f"{peer['words']:,}"],
        [
            "different glosses, before any is numbered",
            f"**{ours['distinct']:,}** ({ours['distinct'] / ours['words']:.1%})",
            f"{peer['distinct']:,.0f} ({peer['distinct'] / peer['words']:.1%}); the nearest alone: "
            f"{peer['distinct_nearest']:,} ({peer['distinct_nearest'] / peer['words']:.1%})",
        ],
        [
            "hubness (skewness of N10)",
            f"{ours['hubs']['csls']['skewness']:.1f} ({ours['hubs']['cosine']['skewness']:.1f} uncorrected)",
            f"{peer['hubness']:.1f}",
        ],
        ["same gloss when made again", "100 %", f"{peer['same_draw']:.1%}"],
        [
            "same gloss by another training seed",
            "; ".join(
                f"{one['same_word']:.2%} (chance {one['same_word_by_chance']:.2%})"
                for one in ours["words_of_odd_id"]["seeds"]
            )
            or "not measured",
            "; ".join(f"{one['same']:.2%}" for one in result["peer_seeds"].values()) or "not measured",
        ],
        ["glosses that are not a whole word", f"{ours['fragments']:.1%}", f"{peer['fragments']:.1%}"],
        [
            "offensive glosses",
            f"{ours['offensive']:.1%}",
            f"{peer['offensive']:.2%} of words; {peer['offensive_tokens']} tokens can be drawn",
        ],
    ]
    made = [_row(one) for one in result["assignment"]]
    head = ["words", "CSLS and assignment", "memory", "hubness, cosine to CSLS"]
    return [
        f"Both on the same reader. The published way draws one of the {NEAREST} nearest tokens by raw "
        f"embeddings; on its own reader it reports {PUBLISHED['distinct']} different tokens for "
        f"{PUBLISHED['words']:,} words ({PUBLISHED['distinct'] / PUBLISHED['words']:.1%}).",
        "",
        *table(["", "genomebook", "published way"], rows),
        "",
        *_spaces(ours),
        "",
        *_chosen(ours),
        "",
        "One-to-one assignment, one thread, made-up embeddings of 256 numbers with hubs:",
        "",
        *table(head, made),
    ]


def _row(one: dict[str, Any]) -> list[str]:
    return [
        f"{one['left']:,} × {one['right']:,}",
        f"{one['seconds']:.0f} s",
        f"{one['peak_rss'] / 2**30:.2f} GiB",
        f"{one['hubness']:.1f} to {one['hubness_csls']:.1f}",
    ]


def _around(one: dict[str, float], form: str = ".4f") -> str:
    return f"{one['value']:{form}} ({one['low']:{form}} to {one['high']:{form}})"


def _span(values: list[float]) -> str:
    return f"{min(values):+.1%} to {max(values):+.1%} ({len(values)} draws)"


def _spaces(ours: dict[str, Any]) -> list[str]:
    """Every space that was tried; the chosen one in bold."""
    kinds = ("shuffled", "turned", "random weights")
    rows = [
        [
            f"**{name}**" if name == ours["chosen"] else name,
            _around(one["score"]),
            *(f"{one['controls'][kind]['mean']:.4f}" for kind in kinds),
            f"{one['hubs']['cosine']['skewness']:.1f}, {one['hubs']['centred']['skewness']:.1f}, "
            f"{one['hubs']['csls']['skewness']:.1f}",
            _around(one["beyond_chance"], ".1%") if one["beyond_chance"] else "not measured",
        ]
        for name, one in ours["spaces"].items()
    ]
    head = ["space", "mean score (95 %)", *kinds, "hubness: cosine, centred, CSLS", "agreement beyond chance"]
    return [
        "Mean CSLS of the glosses in each space, of the controls in the same space (one draw each), and by "
        "how much other training seeds agree beyond chance, on words of even id:",
        "",
        *table(head, rows),
    ]


def _chosen(ours: dict[str, Any]) -> list[str]:
    """The chosen space, on words of odd id."""
    odd = ours["words_of_odd_id"]
    steps = {one["name"]: one["steps"] for one in ours["readers"]}
    controls = [
        [kind, f"{one['mean']:.4f}", _around(one["difference"]), f"{one['real_higher']:.1%}"]
        for kind, one in odd["controls"].items()
    ]
    near = [one["cosine_of_glosses"] for one in odd["seeds"]]
    seeds = [
        [
            f"{one['reader']}, {steps.get(one['reader'])} steps",
            f"{one['same_word']:.2%} ({one['same_word_by_chance']:.2%})",
            _around(one["agreement"], ".1%"),
            f"{one['exchanged']['value']:.1%}",
            _around(one["beyond_chance"], ".1%"),
            f"{cosine['real']['value']:.3f}, {cosine['exchanged']['value']:.3f}",
            _span([value for some in one["beyond_chance_of_controls"].values() for value in some]),
            _around(one["beyond_known_properties"], ".1%"),
        ]
        for one, cosine in zip(odd["seeds"], near, strict=True)
    ]
    related = [
        [kind, *(", ".join(f"{value:+.2f}" for value in values) for values in one.values())]
        for kind, one in odd["structure"].items()
    ]
    return [
        f"In the chosen space ({ours['chosen']}), on the {odd['words']:,} words of odd id: mean score "
        f"{_around(odd['score'])}.",
        "",
        *table(["control", "its mean score", "real less control (95 %)", "a real score is higher"], controls),
        "",
        *table(
            [
                "other training seed",
                "same gloss (chance)",
                "agreement (95 %)",
                "exchanged glosses",
                "beyond chance (95 %)",
                "cosine of the two glosses, exchanged",
                "beyond chance, glosses of all controls",
                "beyond chance, without known properties",
            ],
            seeds,
        ),
        "",
        "Spearman correlation between DNA words and their glosses, for each draw of a control or each seed:",
        "",
        *table(["", "frequency, frequency", "length, length", "GC content, frequency"], related),
    ]
