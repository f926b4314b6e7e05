"""The token table of GROVER and its embeddings beside ours; words over binding motifs."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.stats import spearmanr

from benchmarks.claims.common import COMMAND, figure, segments, share, written
from benchmarks.claims.edges import cuts_of
from benchmarks.common.data import shared_data
from genomebook.language.alphabet import CODE, FIRST_WORD, NOT_BASE
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from genomebook.models.registry import shipped_folder
from genomebook.stats import Estimate, Reals, expanded, generator, resample
from genomebook.tasks.claims import ClaimFigure, MeasuredClaim

TABLES = {
    "bilingual-mini": "transformer.wte.weight",
    "encoder-mini": "bert.embeddings.word_embeddings.weight",
}
PERMUTATIONS = 200
MOTIF = 8
"""Letters of the core of a motif."""
MOVED = 50
"""Letters by which the control lies apart."""
CONTIGS = ("chr20", "chr22")


def token_table() -> MeasuredClaim:
    """Lengths and letters of words-600; axes of the embeddings of words-4096."""
    figures = [*_table("words-600"), *_table("words-4096")]
    for reader, name in TABLES.items():
        figures += _axes(reader, name)
    return MeasuredClaim(
        name="token-table",
        claim="The embeddings of 601 tokens learnt from the genome encode frequency, GC and AG.",
        source="GROVER (Sanabria et al., Nature Machine Intelligence 2024)",
        published="601 tokens of 4.07 letters on average, 213 of five and 224 of six letters, none with "
        "CG, 97 % begin with A or T; Spearman correlation of principal components 1 to 3 with "
        "frequency 0.88, GC -0.96, AG 0.94",
        control="Another vocabulary of the same size; embeddings dealt out to the words anew.",
        ours=written(figures),
        means="A vocabulary depends on how its merges are chosen: ours, by plain counts, has longer "
        "words, some with CG. The first component of the embeddings of small readers is "
        "frequency too, without more; GC is weak and AG hardly there, so those two axes are no "
        "matter of course.",
        command=COMMAND,
        data=f"the shipped vocabularies and readers; frequencies on {' and '.join(CONTIGS)}",
        figures=figures,
    )


def _table(name: str) -> list[ClaimFigure]:
    words = [word for word in load_vocabulary(name).words[FIRST_WORD:] if word]
    lengths = np.array([len(word) for word in words])
    return [
        figure(f"{name}: words", float(len(words))),
        figure(f"{name}: mean letters", float(lengths.mean()), len(words)),
        figure(f"{name}: of five letters", float((lengths == 5).sum()), len(words)),
        figure(f"{name}: of six letters", float((lengths == 6).sum()), len(words)),
        share(f"{name}: share with CG", sum("CG" in word for word in words), len(words)),
        share(f"{name}: share that begin with A or T", sum(word[0] in "AT" for word in words), len(words)),
    ]


def counts_of(words: str) -> NDArray[np.int64]:
    """How often each word stands in the sequence."""
    vocabulary = load_vocabulary(words)
    encoder, counts = Encoder(vocabulary), np.zeros(len(vocabulary), np.int64)
    for _, _, letters in segments(CONTIGS):
        counts += np.bincount(encoder.encode(letters), minlength=len(counts))
    return counts


def _axes(reader: str, name: str) -> list[ClaimFigure]:
    """Strongest Spearman correlation of principal components 1 to 3 with frequency, GC and AG."""
    with shipped_folder(reader) as folder:
        table = load_file(Path(folder) / "model.safetensors")[name].astype(np.float64)
    words, counts = load_vocabulary("words-4096").words, counts_of("words-4096")
    kept = np.array([i for i, word in enumerate(words) if i >= FIRST_WORD and word and counts[i]])
    table = table[kept] - table[kept].mean(0)
    left, sizes, _ = np.linalg.svd(table, full_matrices=False)
    axes = left[:, :3] * sizes[:3]
    said = {
        "frequency": np.log(counts[kept]),
        "GC": np.array([sum(c in "GC" for c in words[i]) / len(words[i]) for i in kept]),
        "AG": np.array([sum(c in "AG" for c in words[i]) / len(words[i]) for i in kept]),
    }
    figures = []
    for what, values in said.items():
        strengths = [abs(spearmanr(axes[:, axis], values).statistic) for axis in range(3)]
        axis = int(np.argmax(strengths))
        value = _correlation(axes[:, axis], values, f"{reader} {what}")
        figures.append(figure(f"{reader}: component {axis + 1} and {what}", value, len(kept)))
    rng = generator(1, reader)
    by_chance = [
        max(abs(spearmanr(axes[rng.permutation(len(kept)), axis], said["GC"]).statistic) for axis in range(3))
        for _ in range(PERMUTATIONS)
    ]
    figures.append(
        figure(f"{reader}: dealt out anew, 97.5th percentile", float(np.percentile(by_chance, 97.5)))
    )
    return figures


def _correlation(a: Reals, b: Reals, name: str) -> Estimate:
    """Size of a Spearman correlation and its interval by Fisher's transformation."""
    value = abs(float(spearmanr(a, b).statistic))
    margin = 1.96 * 1.03 / np.sqrt(len(a) - 3)
    low, high = np.tanh(np.arctanh(min(value, 1 - 1e-9)) + np.array([-margin, margin]))
    return Estimate(value, float(low), float(high))


def cores() -> list[str]:
    """The most informative `MOTIF` letters of each JASPAR matrix, each core once."""
    made = set()
    with gzip.open(shared_data() / "interop" / "JASPAR2022_vertebrates.pfm.gz", "rt") as lines:
        for block in lines.read().split(">")[1:]:
            counts = np.array([row.split() for row in block.splitlines()[1:] if row.strip()], float)
            shares = (counts + 0.25) / (counts + 0.25).sum(1, keepdims=True)
            bits = 2 + (shares * np.log2(shares)).sum(1)
            if len(bits) >= MOTIF:
                at = int(np.convolve(bits, np.ones(MOTIF), "valid").argmax())
                made.add("".join("ACGT"[base] for base in shares[at : at + MOTIF].argmax(1)))
    return sorted(made)


def _eight_mers(letters: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Number of the `MOTIF` letters at each position, -1 where one of them is no base."""
    codes = CODE[letters].astype(np.int64)
    numbers = np.zeros(len(codes) - MOTIF + 1, np.int64)
    whole = np.ones(len(numbers), bool)
    for place in range(MOTIF):
        here = codes[place : place + len(numbers)]
        numbers, whole = numbers * 4 + here, whole & (here < NOT_BASE)
    return np.where(whole, numbers, -1)


def motifs() -> MeasuredClaim:
    """Words over the core of a motif in the genome, beside the same stretch moved."""
    found = cores()
    figures = [_over(name, found) for name in ("words-600", "words-4096", "6-mers")]
    flat = [one for pair in figures for one in pair]
    return MeasuredClaim(
        name="motif-tokens",
        claim="A tokenizer that keeps binding motifs whole, in few tokens, has found units of meaning.",
        source="DNAChunker (2025), tokens per JASPAR motif: DNAChunker 1.22, 6-mers 2.32, GROVER 2.47",
        published="1.22 tokens a motif (6-mers 2.32, GROVER 2.47)",
        control="The same number of letters at another place: long tokens cover anything with few.",
        ours=written(flat),
        means="Fewer tokens a motif mostly say that tokens are longer: a stretch moved by 50 letters "
        "takes about as many. Our words fit motifs a little worse than what lies beside them.",
        command=COMMAND,
        data=f"the most informative {MOTIF} letters of JASPAR 2022 matrices ({len(found):,} "
        f"different), at their exact matches on {' and '.join(CONTIGS)}",
        figures=flat,
    )


def _over(name: str, cores: list[str]) -> list[ClaimFigure]:
    """Mean words over a core and over a stretch `MOVED` letters on; intervals by resampling the motifs."""
    wanted = np.sort(_eight_mers(np.frombuffer("N".join(cores).encode(), np.uint8))[:: MOTIF + 1])
    sums = np.zeros((len(wanted), 3))
    for _, _, letters in segments(CONTIGS):
        cuts = np.arange(6, len(letters), 6) if name == "6-mers" else cuts_of(name, letters)
        here = _eight_mers(letters)
        starts = np.flatnonzero(np.isin(here[:-MOVED], wanted) & (here[MOVED:] >= 0))
        core = np.searchsorted(wanted, here[starts])
        for column, at in enumerate((starts, starts + MOVED)):
            over = 1 + np.searchsorted(cuts, at + MOTIF) - np.searchsorted(cuts, at, "right")
            sums[:, column] += np.bincount(core, over, len(wanted))
        sums[:, 2] += np.bincount(core, minlength=len(wanted))
    table = sums[sums[:, 2] > 0]
    means = table[:, :2] / table[:, 2:]
    drawn = resample(len(means), generator(1, name)) @ means / len(means)
    low, high = expanded(drawn, len(means))
    return [
        figure(
            f"{name}, {what}", Estimate(float(means[:, i].mean()), float(low[i]), float(high[i])), len(means)
        )
        for i, what in enumerate(("over motifs", f"moved by {MOVED} letters"))
    ]
