"""Pairs of English and of DNA: what is the same, what is not, and that the easy way out is closed."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest

from genomebook.errors import FastaError, GenomebookError
from genomebook.genome.fasta import Genome, unpack
from genomebook.training.measures import auc
from genomebook.training.pairs.dna import KINDS, homologue_pairs, mutated, synthetic_pairs
from genomebook.training.pairs.edits import bag, classes, exchanges, moved, reworded
from genomebook.training.pairs.english import TextPair, made_pairs, read_pairs, unrelated_pairs
from tests.support.kmers import shared_kmers

PROSE = """When the old king came home, the young queen sat by the open window. The maid perhaps did not hear
the bell.

Although the river was wide, the soldiers crossed the bridge before the night. The mother and the
daughter of the house were asleep in the garden until the master called.

He slowly took the letter from the table, and Mary quickly gave the money to the servant near the
gate.

The captain told the sailors of the ship that was lost upon the rock, while the children heard
nothing of it.

In the evening, the doctor walked with the dog to the church. The farmer often sold his corn to the
miller.

The teacher was tired and hungry, because the long lesson of the day had begun before the early
breakfast.
""".split("\n\n")  # noqa: SIM905
PROSE = [" ".join(text.split()) for text in PROSE]


def test_a_pair_of_classes_has_one_bag_of_words():
    pairs = made_pairs(PROSE, 0, 100)
    assert len(pairs) >= 6
    for positive, negative in zip(pairs[::2], pairs[1::2], strict=True):
        assert (positive.label, negative.label) == (1, 0)
        text = {positive.a, positive.b} & {negative.a, negative.b}
        assert len(text) == 1
        one, other = ((set(p[:2]) - text).pop() for p in (positive, negative))
        assert bag(one) == bag(other)
        assert one != other


def test_overlap_of_words_alone_cannot_tell():
    pairs = made_pairs(PROSE, 0, 100)
    overlap = [len(set(bag(p.a)) & set(bag(p.b))) / len(set(bag(p.a)) | set(bag(p.b))) for p in pairs]
    assert auc(np.array(overlap), np.array([p.label for p in pairs])) == 0.5
    assert min(overlap) > 0.6


def test_pairs_depend_on_the_seed_and_the_sentence_alone():
    assert made_pairs(PROSE, 3, 100) == made_pairs(PROSE, 3, 100)
    assert set(made_pairs(PROSE[::-1], 3, 100)) == set(made_pairs(PROSE, 3, 100))
    assert made_pairs(PROSE, 3, 100) != made_pairs(PROSE, 4, 100)
    assert len(made_pairs(PROSE, 3, 4)) == 4


def test_words_of_one_class_change_places():
    text = "The dog saw the cat near the gate."
    assert [kind for *_, kind in classes(text)] == ["head", "head", "head"]
    assert "The cat saw the dog near the gate." in exchanges(text)
    assert exchanges("The dog and the cat were here.") == []
    assert exchanges("The dogs saw the cat.") == []


def test_moves_keep_every_word():
    for text, wanted in (
        ("When he came home, the dog slept by the fire.", "The dog slept by the fire when he came home."),
        ("The dog slept by the fire when he came home.", "When he came home, the dog slept by the fire."),
        ("However, he went to the town alone.", "He went to the town alone, however."),
        (
            "He spoke of the mother and the daughter, again.",
            "He spoke of the daughter and the mother, again.",
        ),
    ):
        assert wanted in moved(text)
        assert bag(wanted) == bag(text)


def test_rewording_keeps_capitals_and_articles():
    assert reworded("Perhaps he did not go.", "did not", "didn't") == "Perhaps he didn't go."
    assert reworded("Perhaps he went.", "perhaps", "maybe") == "Maybe he went."
    assert reworded("It was a huge dog.", "huge", "enormous") == "It was a huge dog."
    assert reworded("in that was the fault", "that was", "which was") == "in that was the fault"
    assert reworded("the house that was old", "that was", "which was") == "the house which was old"


def test_unrelated_pairs_are_of_two_sentences():
    pairs = made_pairs(PROSE, 0, 100)
    easy = unrelated_pairs(pairs, 0)
    assert easy
    assert all(pair.label == 0 for pair in easy)
    assert not {(p.a, p.b) for p in easy} & {(p.a, p.b) for p in pairs}


def test_files_of_pairs_are_read(tmp_path):
    paws = tmp_path / "paws.tsv"
    paws.write_text('id\tsentence1\tsentence2\tlabel\n1\tIt is ( so ) , he said .\tSo "it is\t0\n')
    assert read_pairs(paws) == [TextPair("It is (so), he said.", 'So "it is', 0)]
    agreed = tmp_path / "agreed.tsv.gz"
    with gzip.open(agreed, "wt") as f:
        f.write("sentence1\tsentence2\tlabel_de\tlabel_zh\na\tb\t1\t0\nc\td\t1\t1\n")
    assert read_pairs(agreed) == [TextPair("c", "d", 1)]
    mrpc = tmp_path / "mrpc.tsv"
    mrpc.write_text("\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t7\t8\tHe 's here\tHe is here\n")
    assert read_pairs(mrpc) == [TextPair("He's here", "He is here", 1)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("sentence1\tsentence2\tlabel\na\tb\t2\n", 2),
        ("a\tb\n", 1),
        ("", 1),
        ("sentence1\tsentence2\tlabel\na\n", 2),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path, text, line):
    path = tmp_path / "bad.tsv"
    path.write_text(text)
    with pytest.raises(GenomebookError, match=re.escape(f"{path}, line {line}:")) as error:
        read_pairs(path)
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    folder = tmp_path_factory.mktemp("genome")
    rng = np.random.default_rng(0)
    letters = rng.choice(list("ACGTacgt"), 9000, p=np.array([3, 2, 2, 3, 3, 2, 2, 3]) / 20)
    letters[4000:4100] = "N"
    (folder / "g.fa").write_text(">chr21\n" + "".join(letters) + "\n>chr4\n" + "A" * 400 + "\n")
    unpack(folder / "g.fa", folder / "unpacked")
    return Genome(folder / "unpacked")


def counts(text: str) -> tuple[int, ...]:
    return tuple(text.count(base) for base in "ACGT")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_dna_pairs_are_alike_or_of_equal_composition(genome, kind):
    pairs = synthetic_pairs(genome, ["21"], kind, 60, 0)
    assert [pair.label for pair in pairs] == [0, 1] * 30
    assert {len(side) for pair in pairs for side in pair[:2]} == {KINDS[kind].length}
    assert set("".join(pair.a + pair.b for pair in pairs)) == set("ACGT")
    alike, other = ([shared_kmers(p) for p in pairs if p.label == label] for label in (1, 0))
    assert np.mean(alike) > 10 * np.mean(other)
    distance = np.array([-np.abs(np.subtract(counts(p.a), counts(p.b))).sum() for p in pairs])
    assert abs(auc(distance, np.array([p.label for p in pairs])) - 0.5) < 0.25
    assert pairs == synthetic_pairs(genome, ["chr21"], kind, 60, 0)
    assert pairs[:10] == synthetic_pairs(genome, ["chr21"], kind, 10, 0)
    assert pairs != synthetic_pairs(genome, ["chr21"], kind, 60, 1)


def test_copies_change_at_the_rates_asked():
    letters = np.frombuffer(b"ACGT" * 5000, np.uint8)
    copy = mutated(letters, KINDS["DNA150s"], np.random.default_rng(0))
    assert len(copy) == len(letters)
    assert 0.02 < (copy != letters).mean() < 0.10
    longer = mutated(letters, KINDS["DNA150"], np.random.default_rng(1))
    assert 0 < abs(len(longer) - len(letters)) < 800


def test_contigs_that_are_not_there_are_named(genome):
    with pytest.raises(FastaError, match="chr7"):
        synthetic_pairs(genome, ["chr7"], "DNA50", 4, 0)


def test_homologues_keep_to_contigs_that_nothing_was_trained_on(tmp_path):
    rng = np.random.default_rng(0)
    sides = ["".join(rng.choice(list("ACGT"), 60)) for _ in range(6)]
    lines = ["pair\tid_a\tseq_a\tid_b\tseq_b\tidentity\tlabel"]
    lines += [
        f"h\thomo|GRCh37|{c}:1-2+0\t{s}\tx\t{s[:55]}ACGTA\t0.9\t1"
        for c, s in zip("222666", sides, strict=True)
    ]
    path = tmp_path / "h.tsv.gz"
    with gzip.open(path, "wt") as f:
        f.write("\n".join(lines) + "\n")
    pairs = homologue_pairs(path, 50)
    assert [pair.label for pair in pairs] == [1, 0] * 3
    assert {pair.a for pair in pairs} == {side[:50] for side in sides[:3]}
    assert all((pair.a[:50] == pair.b[:50]) == bool(pair.label) for pair in pairs)
