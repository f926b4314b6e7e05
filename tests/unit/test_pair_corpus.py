"""Pairs of sequence and text: made from genes, split by gene, and trained on in both orders."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.errors import CorpusError, OptionError
from genomebook.language.alphabet import reverse_complement
from genomebook.training.corpora.batches import Batches, BatchPlan
from genomebook.training.corpora.corpus import PAIRS, Corpus, CorpusSources
from genomebook.training.corpora.gene_pairs import Gene, PairSources, make_gene_pairs, texts_of
from genomebook.training.corpora.pairs import (
    Pair,
    gene_is_held_out,
    pair_documents,
    read_pairs,
    split_pairs,
    token_scripts,
)
from tests.support.corpora import build
from tests.support.dna import random_dna

CHR4 = random_dna(6_000, 7)
GENES = [
    {"symbol": f"G{n}", "chrom": "4", "start1": 1 + 100 * n, "end": 100 * n + 900, "strand": "-+"[n % 2],
     "ensg": f"E{n}", "biotype": "protein_coding", "name": f"gene number {n}", "refseq_summary":
     f"This gene is number {n}. It is made up. " + "It has a long history of being invented. " * 12,
     "go_bp": ["being made up (GO:0000001)", "growth (GO:0000002)"]}
    for n in range(40)
]  # fmt: skip


def write_genes(folder: Path) -> PairSources:
    (folder / "genes.jsonl").write_text("".join(json.dumps(gene) + "\n" for gene in GENES))
    (folder / "chr4.fa").write_bytes(b">chr4:1001-7000\n" + CHR4 + b"\n")
    (folder / "exons.bed").write_text("chr4\t1600\t1700\t+\tG15\tE15\nchr4\t2200\t2300\t+\tG15\tE15\n")
    (folder / "mrna.fa").write_bytes(b">hg_NM_000001 strand=+\n" + CHR4[:700] + b"\n>other\nACGT\n")
    (folder / "said.tsv").write_text("refseq\tsymbol\nNM_000001\tG3\n")
    return PairSources(
        (folder / "genes.jsonl",), (folder / "chr4.fa",), folder / "exons.bed", folder / "mrna.fa",
        folder / "said.tsv",
    )  # fmt: skip


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pairs")
    make_gene_pairs(write_genes(folder), folder / "pairs.jsonl")
    return folder / "pairs.jsonl"


@pytest.fixture(scope="module")
def paired(sources: CorpusSources, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build(replace(sources, pairs=(pairs,)), tmp_path_factory.mktemp("paired") / "c")


def test_genes_are_read_on_their_strand_spliced_and_only_where_they_lie_in_the_sequence(pairs: Path) -> None:
    made = list(read_pairs(pairs))
    by_gene = {gene: [p for p in made if p.gene == gene] for gene in {p.gene for p in made}}
    assert set(by_gene) == {f"G{n}" for n in range(10, 40)} | {"G3"}
    assert by_gene["G12"][0].sequence == reverse_complement(CHR4[200:1100]).decode()[:480]
    assert by_gene["G15"][0].sequence == (CHR4[600:700] + CHR4[1200:1300]).decode()
    assert by_gene["G3"][0].sequence == CHR4[:480].decode()
    assert by_gene["G3"][0].summary == GENES[3]["refseq_summary"]


def test_texts_keep_whole_sentences_and_name_processes_without_their_numbers() -> None:
    gene = Gene(**{key: value for key, value in GENES[0].items() if key != "go_bp"}, go_bp=GENES[0]["go_bp"])
    first, second, third = texts_of(gene)
    assert first.startswith("gene number 0. Protein coding. This gene is number 0. It is made up.")
    assert all(text.endswith(".") and len(text) <= 400 for text in (first, second))
    assert third == "gene number 0. Takes part in being made up, growth."


def test_held_out_genes_contigs_and_their_texts_are_not_trained_on() -> None:
    held = next(f"H{n}" for n in range(100) if gene_is_held_out(f"H{n}"))
    kept = next(f"K{n}" for n in range(100) if not gene_is_held_out(f"K{n}"))
    made = [
        Pair(held, "chr4", "ACGT", "said of both"), Pair(kept, "chr4", "ACGT", "said of both"),
        Pair(kept, "4", "AAAA", "its own"), Pair(kept, "chr1", "CCCC", "left out"),
        Pair(kept, "22", "GGGG", "held out"),
    ]  # fmt: skip
    parts = split_pairs(made, skip=["1"], hold_out=["NC_000022.11"])
    assert [p.sequence for p in parts["train"]] == ["AAAA"]
    assert [p.sequence for p in parts["test"]] == ["ACGT", "GGGG"]


def test_a_pair_stands_in_both_orders_and_every_window_begins_with_one(paired: Corpus) -> None:
    scripts = paired.scripts
    pair = Pair("G", "chr4", "ACGTACGTTTGACA", "It binds.")
    first, second = (scripts.decode(ids) for ids in pair_documents(scripts, pair))
    assert (first, second) == ("ACGTACGTTTGACA<sep>It binds.<end>", "It binds.<sep>ACGTACGTTTGACA<end>")
    batches = Batches(paired, BatchPlan(8, 0.25, 0.5), 64, 0)
    ids, is_dna = batches.step(3)
    assert ids.shape == is_dna.shape == (8, 64)
    assert [row.all() for row in is_dna][:2] == [True, True]
    assert not is_dna[2:4].any()
    assert (ids[4:, 0] == scripts.mark("<end>")).all()
    words = ids < scripts.first_mark
    assert (is_dna[4:][words[4:]]).all()
    assert not is_dna[4:][ids[4:] >= scripts.first_english].any()


@given(st.integers(1, 40), st.integers(0, 20), st.integers(0, 20), st.integers(0, 400))
def test_a_plan_gives_each_stream_its_share_and_fills_every_step(
    rows: int, dna: int, pairs: int, step: int
) -> None:
    shares = {"dna": dna / 20, PAIRS: min(pairs, 20 - dna) / 20}
    shares["english"] = max(20 - dna - pairs, 0) / 20
    counts = BatchPlan(rows, shares["dna"], shares[PAIRS]).counts(step)
    assert all(before <= after for before, after in counts.values())
    assert sum(after - before for before, after in counts.values()) == rows
    for stream, (_, after) in counts.items():
        assert abs(after - (step + 1) * rows * shares[stream]) < 2
        assert shares[stream] or not after


def test_a_mark_belongs_to_what_stands_before_it(paired: Corpus) -> None:
    scripts = paired.scripts
    end, word, letter = scripts.mark("<end>"), 20, scripts.first_english
    row = np.array([end, word, end, letter, letter, end, word], np.int64)
    assert token_scripts(scripts, row).tolist() == [True, True, True, False, False, False, True]
    assert token_scripts(scripts, np.array([end, end])).all()


def test_vocabularies_of_another_corpus_are_kept(
    paired: Corpus, sources: CorpusSources, tmp_path: Path
) -> None:
    books = tmp_path / "other.txt"
    books.write_text("Other words altogether: zebra quagga okapi.")
    made = build(replace(sources, english=(books,), scripts=paired.folder), tmp_path / "c")
    assert made.scripts.digest == paired.scripts.digest


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"gene": "A"}', "line 2: not a pair.*contig"),
        ("not json", "line 2: not a pair"),
        ('{"gene": "A", "contig": "1", "sequence": "<b>", "text": ""}', "letters of DNA"),
    ],
)
def test_a_line_that_is_no_pair_is_named(pairs: Path, tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(pairs.read_text().splitlines()[0] + "\n" + line + "\n")
    with pytest.raises(CorpusError, match=says) as caught:
        list(read_pairs(path))
    assert "\n" not in str(caught.value)


def test_what_cannot_be_paired_is_refused(sources: CorpusSources, pairs: Path, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="pairs need two scripts"):
        build(replace(sources, pairs=(pairs,)), tmp_path / "unified", kind="unified")
    given = write_genes(tmp_path)
    (tmp_path / "chr4.fa").write_bytes(b">chr9\nACGT\n")
    with pytest.raises(CorpusError, match="no gene of"):
        make_gene_pairs(replace(given, transcripts=None), tmp_path / "none.jsonl")
    (tmp_path / "genes.jsonl").write_text('{"symbol": "A"}\n')
    with pytest.raises(CorpusError, match=r"genes\.jsonl, line 1: not a gene"):
        make_gene_pairs(given, tmp_path / "none.jsonl")
    with pytest.raises(OptionError, match="exceed 1"):
        BatchPlan(8, 0.6, 0.6)


def test_pairs_are_trained_on_only_where_there_are_some(
    paired: Corpus, sources: CorpusSources, tmp_path: Path
) -> None:
    assert set(paired.meta.parts) == {"dna", "english", PAIRS}
    plain = build(sources, tmp_path / "plain")
    with pytest.raises(CorpusError, match=r"holds no pairs.*--pairs-share 0"):
        Batches(plain, BatchPlan(4, 0.5, 0.25), 32, 0)


def test_a_reader_is_trained_on_pairs(paired: Corpus, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from genomebook.training.pretraining.pretrain import ModelSetup, PretrainingSchedule, pretrain
    from genomebook.training.pretraining.sizes import ReaderSize

    shape = ModelSetup("causal", ReaderSize(layers=1, width=32, heads=2, window=64))
    lines: list[dict] = []
    schedule = PretrainingSchedule(60, 4, dna_share=0.0, rate=1e-2, warmup=2, pairs_share=1.0)
    pretrain(paired, tmp_path / "r", shape, schedule, lines.append, threads=1)
    reports = [line for line in lines if "dna_bits" in line]
    assert reports[-1]["english_bits"] < reports[0]["english_bits"]
    assert reports[-1]["dna_bits"] < reports[0]["dna_bits"]
