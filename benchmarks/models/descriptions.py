"""Which description belongs to the sequence of a gene: readers beside 6-mers, on genes held out.

Descriptions of 100 genes compete. A reader ranks them by the log-probability of the text after the sequence,
less its mean after the sequences of some training genes, so that a text is not preferred for being common.
Beside it stand 6-mers with no network: the description of the nearest training gene, and a ridge regression
from 6-mers to the words of descriptions, each ranked by the words shared.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.common.data import genome_files, shared_data
from genomebook.language.bilingual import Bilingual
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.models.checkpoint import open_checkpoint
from genomebook.models.registry import shipped_folder
from genomebook.stats import generator, wilson
from genomebook.training.corpora.gene_pairs import PairSources, make_gene_pairs
from genomebook.training.corpora.pairs import Pair, read_pairs, split_pairs
from genomebook.training.pretraining.sizes import ReaderSize, new_model
from genomebook.training.shipping.folder import load_model

SKIPPED = ("chr1", "chr2", "chr21", "chrM")
HELD_OUT = ("chr22",)
"""As the shipped readers: the first are never trained on, the last is for tests."""
CHOICES = 100
ASKED = 30
"""Genes of these whose sequence is asked about."""
SHORTEST = 300
"""Letters of the shortest sequence."""
TOKENS = 16
"""Tokens of a description that count."""
PRIOR = 4
"""Training genes whose sequences give the mean log-probability of a text."""
DIMENSIONS = 100
PENALTY = 1.0

Scores = NDArray[np.float64]


def run(quick: bool, folder: Path | None = None) -> dict[str, Any]:
    """Rank descriptions by 6-mers, by a reader in ``folder``, by the shipped one and by random weights."""
    train, genes = _genes()
    asked = genes[: 6 if quick else ASKED]
    if quick:
        train = train[:400]
    readers: dict[str, Any] = {}
    with shipped_folder("bilingual-mini") as shipped:
        checkpoint = open_checkpoint(shipped)
        shape, scripts = checkpoint.shape, checkpoint.scripts
        readers["bilingual-mini"] = load_model(shipped, "causal")
        size = ReaderSize(shape.layers, shape.width, shape.heads, checkpoint.window)
        readers["random weights"] = new_model("causal", size, shape.ids, 0)
    if folder is not None:
        readers = {f"{folder.name}, trained on pairs": load_model(folder, "causal"), **readers}
    rows = []
    words = _SixMers(train)
    texts = [pair.text for pair in genes]
    for name in ("6-mers: nearest gene", "6-mers: ridge regression", *readers):
        tables = {}
        for kind, sequences in _sequences(asked).items():
            if name in readers:
                prior = [pair.sequence for pair in train[:PRIOR]]
                tables[kind] = _reader_scores(readers[name].eval(), scripts, sequences, texts, prior)
            else:
                tables[kind] = words.scores(sequences, texts, nearest="nearest" in name)
        rows.append({"rule": name, **_figures(tables)})
        print(rows[-1], flush=True)
    return {
        "source": "GRCh38 segments, RefSeq summaries and names of genes (real data)",
        "asked": len(asked), "choices": len(genes), "train_pairs": len(train), "rows": rows,
    }  # fmt: skip


def _genes() -> tuple[list[Pair], list[Pair]]:
    """Training pairs in a fixed random order; `CHOICES` held-out genes, one pair each, no text twice."""
    data = shared_data()
    sources = PairSources(
        tuple(sorted((data / "text").glob("human_genes_text_*.jsonl.gz"))),
        tuple(genome_files()),
        data / "annotation" / "hg38_refseq_curated_exons.bed.gz",
        data / "tasks" / "CPAT_human_test_coding_mRNA.fa.gz",
        data / "text" / "CPAT_mRNA_to_refseq_summary.tsv.gz",
    )
    with tempfile.TemporaryDirectory() as name:
        make_gene_pairs(sources, Path(name) / "pairs.jsonl")
        pairs = list(read_pairs(Path(name) / "pairs.jsonl"))
    parts = split_pairs(pairs, SKIPPED, HELD_OUT)
    first: dict[str, Pair] = {}
    for pair in parts["test"]:
        if (
            pair.summary
            and len(pair.sequence) >= SHORTEST
            and pair.text not in {p.text for p in first.values()}
        ):
            first.setdefault(pair.gene, pair)
    held = [first[gene] for gene in sorted(first)]
    held = [held[i] for i in generator(0, "genes").permutation(len(held))]
    train = [parts["train"][i] for i in generator(0, "pairs").permutation(len(parts["train"]))]
    return train, held[:CHOICES]


def _sequences(asked: Sequence[Pair]) -> dict[str, list[str]]:
    """Sequences, and each shuffled with its dinucleotides kept."""
    right = [pair.sequence for pair in asked]
    return {"right": right, "shuffled": [dinucleotide_shuffle(s.encode(), 1, "gene").decode() for s in right]}


class _SixMers:
    """Two rules from 6-mers to words of descriptions, fitted to training pairs."""

    def __init__(self, train: Sequence[Pair]) -> None:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
        from sklearn.linear_model import Ridge
        from sklearn.preprocessing import Normalizer

        self.normal = Normalizer()
        self.letters = CountVectorizer(analyzer="char", ngram_range=(6, 6), lowercase=False, min_df=2)
        self.words = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english")
        self.sequences = self.normal.fit_transform(
            self.letters.fit_transform([pair.sequence for pair in train]).astype(np.float32)
        )
        self.texts = self.words.fit_transform([pair.text for pair in train])
        count = min(DIMENSIONS, self.texts.shape[1] - 1)
        self.reduce = TruncatedSVD(count, random_state=0).fit(self.texts)
        self.ridge = Ridge(alpha=PENALTY, solver="sparse_cg").fit(
            self.sequences, self.reduce.transform(self.texts)
        )

    def scores(self, sequences: Sequence[str], texts: Sequence[str], nearest: bool) -> Scores:
        """Words that each description (columns) shares with what the rule expects of each sequence."""
        seen = self.normal.transform(self.letters.transform(sequences).astype(np.float32))
        said = self.words.transform(texts)
        if nearest:
            best = np.asarray((seen @ self.sequences.T).argmax(axis=1)).ravel()
            return np.asarray((self.texts[best] @ said.T).todense(), np.float64)
        wanted, given = self.ridge.predict(seen), self.reduce.transform(said)
        wanted = wanted - self.ridge.intercept_
        given = given / np.maximum(np.linalg.norm(given, axis=1, keepdims=True), 1e-9)
        return np.asarray(wanted @ given.T, np.float64)


def _reader_scores(
    model: Any, scripts: Bilingual, sequences: Sequence[str], texts: Sequence[str], prior: Sequence[str]
) -> Scores:
    """Log-probability of each text (columns) after each sequence, less its mean after those of ``prior``."""
    said = [ids[:TOKENS].astype(np.int64) for ids in scripts.texts(texts)]
    usual = np.mean([_after(model, scripts, sequence, said) for sequence in prior], axis=0)
    scores = np.array([_after(model, scripts, sequence, said) for sequence in sequences], np.float64)
    return np.asarray(scores - usual, np.float64)


def _after(model: Any, scripts: Bilingual, sequence: str, said: Sequence[NDArray[np.int64]]) -> Scores:
    """Natural log-probability of each text after a sequence: float64[texts]."""
    marks = {name: np.array([scripts.mark(name)], np.int64) for name in ("<end>", "<sep>")}
    dna = scripts.dna(sequence.encode()).astype(np.int64)
    head = np.concatenate([marks["<end>"], dna, marks["<sep>"]])
    ids = np.full((len(said), TOKENS), scripts.mark("<pad>"), np.int64)
    for row, one in enumerate(said):
        ids[row, : len(one)] = one
    weight = model.get_output_embeddings().weight[scripts.first_mark :]
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        first = model.transformer(torch.from_numpy(head)[None], use_cache=True)
        cache = first.past_key_values
        cache.batch_repeat_interleave(len(said))
        rest = model.transformer(torch.from_numpy(ids[:, :-1]), past_key_values=cache, use_cache=True)
        states = torch.cat(
            [first.last_hidden_state[:, -1:].expand(len(said), -1, -1), rest.last_hidden_state], 1
        )
        logits = torch.nn.functional.linear(states, weight).float()
    answers = torch.from_numpy(ids) - scripts.first_mark
    losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), answers, reduction="none").numpy()
    counted = np.arange(TOKENS) < np.array([len(one) for one in said])[:, None]
    return np.asarray(-(losses * counted).sum(1), np.float64)


def _figures(tables: dict[str, Scores]) -> dict[str, Any]:
    """Share of genes whose description is first, and among the first ten, with controls."""
    figures = {}
    for kind, scores in tables.items():
        figures[kind] = _shares(ranks(scores, 0))
    figures["wrong gene"] = _shares(ranks(tables["right"], 1))
    return figures


def ranks(scores: Scores, shift: int) -> NDArray[np.float64]:
    """Rank, from 1, of the description of the gene, or of that ``shift`` places on; ties count half."""
    rows = np.arange(len(scores))
    right = scores[rows, (rows + shift) % scores.shape[1]][:, None]
    return np.asarray(1 + (scores > right).sum(1) + ((scores == right).sum(1) - 1) / 2, np.float64)


def _shares(places: NDArray[np.float64]) -> dict[str, Any]:
    found: dict[str, Any] = {"n": len(places), "mean_rank": float(places.mean())}
    for top in (1, 10):
        share = float((places <= top).mean())
        found[f"top{top}"] = [share, *wilson(share, len(places))]
    return found
