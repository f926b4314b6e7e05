"""Loaders of the catalogue on made-up files: sites and windows lie where they should, bad lines are named."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from genomebook.errors import TaskError
from genomebook.language.alphabet import reverse_complement
from genomebook.tasks import known_sequence
from genomebook.tasks.catalogue import coding, ctcf, genes, measured_only, promoter_scan, splice
from genomebook.tasks.data import load
from genomebook.tasks.registry import task
from genomebook.tasks.task import TEST, Examples

SIZE = 30_000
EXONS = ((2_000, 2_300), (6_000, 6_150), (9_000, 9_400))
"""Exons of the gene PLUS; those of MINUS lie as far from the other end."""


def made_letters() -> str:
    """A chromosome with the two letters of each splice site of both genes in place."""
    letters = np.random.default_rng(5).choice(np.frombuffer(b"ACGT", np.uint8), SIZE)

    def put(at: int, text: bytes) -> None:
        letters[at : at + len(text)] = np.frombuffer(text, np.uint8)

    for start, end in EXONS:
        put(end, b"GT")
        put(start - 2, b"AG")
        put(SIZE - end - 2, b"AC")
        put(SIZE - start, b"CT")
    return letters.tobytes().decode()


LETTERS = made_letters()


def write(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(gzip.compress(text.encode()))


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A data folder with one chromosome of two genes and everything the loaders read of them."""
    for number, file in enumerate(known_sequence.FILES):
        text = f">chr5:1001-{1000 + SIZE} made\n{LETTERS}\n" if number == 0 else f">chrX{number}:1-4\nACGT\n"
        write(tmp_path, file.path, text)
    rows = []
    for start, end in EXONS:
        rows.append(f"chr5\t{1000 + start}\t{1000 + end}\t+\tPLUS\tENSG1")
        rows.append(f"chr5\t{1000 + SIZE - end}\t{1000 + SIZE - start}\t-\tMINUS\tENSG2")
    write(tmp_path, splice.EXONS.path, "\n".join([*rows, "chr9\t1\t2\t+\tFAR\tENSG3"]) + "\n")
    write(tmp_path, promoter_scan.STARTS.path, "chr5\t4000\t4001\tA_1\t1\t+\nchr5\t9000\t9001\tB_1\t1\t-\n")
    peak = LETTERS[5_000:5_201]
    head = "chrom\tstart0\tend\tsummit\tcells\tn_cells\tstatus\tsequence\n"
    write(tmp_path, ctcf.PEAKS.path, f"{head}chr5\t6000\t6201\t6100\tK562\t1\texact\t{peak}\n")
    known = [
        {"symbol": "PLUS", "ensg": "E1", "chrom": "chr5", "start1": 3001, "end": 10_400, "strand": "+"},
        {"ensg": "E2", "chrom": "chr5", "start1": 21_601, "end": 29_000, "strand": "-"},
    ]
    for file, gene, biotype in zip(genes.GENES, known, ("protein_coding", "lncRNA"), strict=True):
        write(tmp_path, file.path, json.dumps({**gene, "biotype": biotype}) + "\n")
    return tmp_path


def places(examples: Examples) -> list[tuple[int, int, str]]:
    columns = examples.columns
    starts = zip(columns["start0"], columns["end"], columns["strand"], strict=True)
    return [(int(start), int(end), strand) for start, end, strand in starts]


def test_splice_sites_are_the_inner_ends_of_exons_on_either_strand(made: Path) -> None:
    examples = load(task("splice"), made)
    by_kind: dict[str, set[tuple[int, str]]] = {kind: set() for kind in splice.LABELS}
    for letters, label, (start, end, strand) in zip(
        examples.sequences, examples.labels.tolist(), places(examples), strict=True
    ):
        assert (len(letters), end - start) == (400, 400)
        piece = LETTERS[start - 1000 : end - 1000]
        assert letters == (piece if strand == "+" else reverse_complement(piece.encode()).decode())
        by_kind[splice.LABELS[label]].add((start + 200, strand))
        assert letters[198:200] == "AG" or letters[200:202] == "GT"
    plus = {"donor": {2_300, 6_150}, "acceptor": {6_000, 9_000}}
    for kind, inner in plus.items():
        expected = {(1000 + at, "+") for at in inner} | {(1000 + SIZE - at, "-") for at in inner}
        assert by_kind[kind] == expected
    assert len(by_kind["none"]) == 8
    assert all(3_000 <= at <= 11_000 or at >= 20_000 for at, _ in by_kind["none"])


def test_promoters_are_cut_around_their_start(made: Path) -> None:
    examples = load(task("promoter-scan"), made)
    positive = [place for place, label in zip(places(examples), examples.labels, strict=True) if label]
    assert sorted(positive) == [(3751, 4051, "+"), (8950, 9250, "-")]
    first = examples.sequences[examples.labels.tolist().index(1)]
    assert first[249] == LETTERS[3000]
    away = [
        start for (start, _, _), label in zip(places(examples), examples.labels, strict=True) if not label
    ]
    assert away
    assert all(start + 300 + 1000 <= at or start - 1000 > at for start in away for at in (4000, 9000))


def test_the_negative_of_a_peak_has_nearly_its_gc_and_lies_elsewhere(made: Path) -> None:
    examples = load(task("ctcf"), made)
    assert sorted(examples.labels.tolist()) == [0, 1]
    gc = [letters.count("G") + letters.count("C") for letters in examples.sequences]
    assert abs(gc[0] - gc[1]) <= 2
    (start, end, _), other = places(examples)
    assert (start, end) == (6000, 6201)
    assert other[1] <= start or other[0] >= end


def test_genes_begin_at_their_start_on_their_strand(made: Path) -> None:
    examples = load(task("biotype"), made)
    assert examples.sequences[0] == LETTERS[2000:2500]
    assert examples.sequences[1] == reverse_complement(LETTERS[27_500:28_000].encode()).decode()
    assert [genes.BIOTYPES[label] for label in examples.labels] == ["protein coding", "long non-coding RNA"]
    assert genes.gene_spans(made) == {"chr5": [(3000, 10_400), (21_600, 29_000)]}
    turned = load(task("direction"), made)
    assert len(turned) == 2
    for letters, label, start in zip(turned.sequences, turned.labels, turned.columns["start0"], strict=True):
        piece = LETTERS[int(start) - 1000 : int(start) - 500]
        strand = (int(start) > 20_000) != bool(label)
        assert letters == (reverse_complement(piece.encode()).decode() if strand else piece)


def test_the_frame_is_where_the_codons_begin(tmp_path: Path) -> None:
    codon = "ATGGCCAAAGGG" * 60
    write(tmp_path, coding.CODING.path, f">ENST01.1.p1 GENE\n{codon}\n>ENST02.1.p1 GENE\n{codon[:300]}\n")
    rows = ["\t".join([f"ENST0{number}.1", *["."] * 10, "ENSG1.1"]) for number in (1, 2)]
    write(tmp_path, coding.TRANSCRIPTS.path, "\n".join(rows) + "\n")
    rows = coding.coding_sequences(tmp_path)
    assert list(rows) == [("ENSG1.1", codon)]
    examples = load(task("orf-frame"), tmp_path)
    assert len(examples) >= 3
    for letters, label in zip(examples.sequences, examples.labels.tolist(), strict=True):
        codons = {letters[at : at + 3] for at in range(label, 118, 3)}
        assert codons <= {"ATG", "GCC", "AAA", "GGG"}


def test_half_of_the_transcripts_for_testing_train_where_the_coding_half_is_missing(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    for number, file in enumerate(measured_only.CPAT.values()):
        records = [f">t{at} x\n{''.join(rng.choice(list('ACGTN'), 300))}\n" for at in range(60)]
        write(tmp_path, file.path, "".join(records))
        if not file.needed:
            (tmp_path / file.path).unlink()
        assert number < 4
    divided = load(task("coding-transcript"), tmp_path)
    assert len(divided) == 120
    assert 30 < len(divided.of(TEST)) < 90
    assert divided.note.startswith("the coding half of train is not here")


@pytest.mark.parametrize(
    ("name", "path", "text", "said"),
    [
        ("splice", splice.EXONS.path, "chr5\t7\tx\t+\tG\tE\n", "line 1: not an exon; fetch the exons"),
        ("promoter-scan", promoter_scan.STARTS.path, "chr5\t1\t2\n", "line 1: not a BED record"),
        ("biotype", genes.GENES[0].path, '{"symbol": "A"}\n', "line 1: not a gene; provide the genes"),
        ("biotype", genes.GENES[1].path, "{\n", "line 1: not a gene"),
        ("biotype", known_sequence.FILES[1].path, ">chr1:1-9\nACGT\n", "record 'chr1:1-9': the name"),
        ("biotype", known_sequence.FILES[1].path, "\x00\x01", "record 1: not FASTA"),
        ("ctcf", ctcf.PEAKS.path, "chrom\tstart0\n", "no column 'end' in its first line"),
        ("ctcf", ctcf.PEAKS.path, "chrom\tstart0\tend\tsequence\nchr5\t?\t9\tA\n", "line 2: no place"),
        ("orf-frame", coding.CODING.path, ">nothing\nACGT\n", "record 'nothing': no transcript in the name"),
        ("orf-frame", coding.TRANSCRIPTS.path, "a\tb\n", "line 1: not a genePred"),
        ("coding-transcript", "tasks/CPAT_human_test_coding_mRNA.fa.gz", "ACGT\n", "record 1: not FASTA"),
        ("human-or-worm", "benchmarks/demo_human_or_worm.tsv.gz",
         "split\tclass\tsequence\ntrain\tyeast\tACGT\n", "line 2: unknown label 'yeast'; the labels"),
        ("human-or-worm", "benchmarks/demo_human_or_worm.tsv.gz",
         "split\tclass\tsequence\nall\tworm\tACGT\n", "line 2: unknown split 'all'"),
    ],
)  # fmt: skip
def test_bad_lines_are_named(made: Path, name: str, path: str, text: str, said: str) -> None:
    write(made, coding.CODING.path, ">ENST01.1.p1 GENE\nACGT\n")
    write(made, coding.TRANSCRIPTS.path, "\t".join(["ENST01.1", *["."] * 10, "ENSG1.1"]) + "\n")
    for file in measured_only.CPAT.values():
        if file.needed:
            write(made, file.path, ">t\nACGT\n")
    write(made, path, text)
    with pytest.raises(TaskError) as refused:
        load(task(name), made)
    assert said in str(refused.value)
    assert Path(path).name in str(refused.value)
    assert "\n" not in str(refused.value)
