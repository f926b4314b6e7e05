from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genomebook.errors import FastaError, ReaderError, VocabularyError
from genomebook.language.alphabet import BASES, FIRST_WORD
from genomebook.language.encode import Encoder
from genomebook.language.train import train_words
from genomebook.language.vocabulary import Vocabulary, load_vocabulary, shipped
from genomebook.models.ngram import NgramReader
from genomebook.training.vocabularies.learn import learn
from tests.support.dna import as_array, library_ids, random_dna, random_vocabulary

SHIPPED = ("words-600", "words-4096")
TRAINING = "GRCh38_coords_all_segments.fa.gz"
HOLD_OUTS = ("chr1", "chr2", "chr21")


def test_ids_of_a_vocabulary() -> None:
    vocabulary = Vocabulary("two", (("A", "C"), ("AC", "AC")))
    assert vocabulary.words[:12] == ("", *"RYSWKMBDHVU")
    assert vocabulary.words[12:] == ("", "", "", "", "A", "C", "G", "T", "AC", "ACAC")
    assert vocabulary.lengths.tolist() == [0] + [1] * 11 + [0] * 4 + [1] * 4 + [2, 4]
    assert vocabulary.parts[20:].tolist() == [[16, 17], [20, 20]]
    assert (vocabulary.parts[:20] == -1).all()
    assert len(vocabulary) == 22


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(0, 60))
def test_a_written_vocabulary_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, seed: int, n: int
) -> None:
    path = tmp_path_factory.mktemp("vocabulary") / "words.json"
    written = Vocabulary("näme", random_vocabulary(seed, n).merges, {"letters": n})
    written.write(path)
    read = Vocabulary.open(path)
    assert (read.name, read.merges, read.digest) == ("näme", written.merges, written.digest)
    assert read.training == {"letters": n}
    assert [item.name for item in path.parent.iterdir()] == ["words.json"]


def altered(change: dict[str, Any]) -> str:
    body = {
        "format": "genomebook-words-1",
        "name": "w",
        "cuts": "canonical-8mer-1/48-max256-v1",
        "digest": Vocabulary("w", (("A", "C"), ("AC", "G"))).digest,
        "training": {},
        "merges": ["A C", "AC G"],
    }
    return json.dumps({key: value for key, value in {**body, **change}.items() if value is not None})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (altered({"merges": ["A C", "AC T"]}), "do not match its digest"),
        (altered({"merges": ["A C"]}), "do not match its digest"),
        (altered({"merges": ["AC G", "A C"]}), r"merge 1 \(AC \+ G\) uses an unknown word"),
        (altered({"merges": ["A C", "A X"]}), "uses an unknown word"),
        (altered({"merges": ["A C", "A C"]}), "merge 2 makes AC a second time"),
        (altered({"merges": ["A C", "ACG"]}), "'ACG' is not a merge"),
        (altered({"merges": ["A C", 7]}), "7 is not a merge"),
        (altered({"merges": "A C"}), "without name, training or merges"),
        (altered({"merges": None}), "without name, training or merges"),
        (altered({"name": None}), "without name, training or merges"),
        (altered({"training": 3}), "without name, training or merges"),
        (altered({"digest": None}), "do not match its digest"),
        (altered({"digest": "0" * 64}), "do not match its digest"),
        (altered({"cuts": "canonical-8mer-1/64-max256-v1"}), "made for cuts canonical-8mer-1/64-max256-v1"),
        (altered({"format": "genomebook-words-2"}), "not a genomebook-words-1 file"),
        ("[1, 2]", "not a genomebook-words-1 file"),
        ("{", "not a readable vocabulary file"),
        ("", "not a readable vocabulary file"),
    ],
)
def test_an_altered_vocabulary_file_is_refused_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "words.json"
    path.write_text(text)
    with pytest.raises(VocabularyError, match=message) as refused:
        Vocabulary.open(path)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith((str(path), "w: merge"))


def test_the_unaltered_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "words.json"
    path.write_text(altered({}))
    assert Vocabulary.open(path).words[-1] == "ACG"


def test_no_flipped_byte_of_a_vocabulary_file_changes_the_words(tmp_path: Path) -> None:
    vocabulary = random_vocabulary(1, 12)
    path = tmp_path / "words.json"
    vocabulary.write(path)
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        for bit in (1, 32, 128):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
            try:
                assert Vocabulary.open(path).merges == vocabulary.merges
            except VocabularyError:
                refused += 1
    assert refused > 2 * len(whole)


def test_a_missing_vocabulary_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match="no such vocabulary; shipped ones are words-4096, words-600"):
        load_vocabulary(str(tmp_path / "none.json"))
    with pytest.raises(VocabularyError, match="not a readable vocabulary file"):
        load_vocabulary(str(tmp_path))


def test_a_word_longer_than_a_byte_counts_is_refused() -> None:
    doubling = tuple(("A" * 2**i, "A" * 2**i) for i in range(8))
    assert Vocabulary("long", doubling[:7]).lengths[-1] == 128
    with pytest.raises(VocabularyError, match="merge 8 makes a word of 256 letters"):
        Vocabulary("long", doubling)


def test_more_merges_than_ids_are_refused() -> None:
    with pytest.raises(VocabularyError, match="do not fit 16-bit ids"):
        Vocabulary("large", (("A", "C"),) * 65_520)


@pytest.mark.parametrize(
    ("name", "merges", "digest"),
    [
        ("words-600", 600, "c6dd4bcd98369e8de21272421d48494a9cf6797d91ca3dc14b29f625c5a1e3b6"),
        ("words-4096", 4096, "adfd0477b767b51aedd1d2cbeda86412584e29d0e96d175ab55629df342d22f7"),
    ],
)
def test_shipped_vocabularies_are_the_ones_that_books_record(name: str, merges: int, digest: str) -> None:
    vocabulary = load_vocabulary(name)
    assert vocabulary.digest == digest
    assert vocabulary.name == name
    assert len(vocabulary.merges) == merges == vocabulary.training["merges"]
    assert len(vocabulary) == FIRST_WORD + len(BASES) + merges


def test_shipped_vocabularies_never_saw_the_hold_outs() -> None:
    assert set(shipped()) == set(SHIPPED)
    for name in SHIPPED:
        contigs = {record.split(":")[0] for record in load_vocabulary(name).training["records"]}
        assert contigs == {"chr4", "chr6", "chr9", "chr22", "chrX"}
        assert not contigs & set(HOLD_OUTS)


# --- learning words


def test_learning_is_repeatable_and_reads_both_strands() -> None:
    sequence = [random_dna(20_000, 6), random_dna(5000, 7).lower() + b"NNNN" + b"RACGT" * 100]
    vocabulary = train_words(sequence, 100, "w", {"from": "here"})
    assert vocabulary.merges == train_words(sequence, 100, "w").merges
    assert len(vocabulary.merges) == 100
    assert vocabulary.training["from"] == "here"
    assert vocabulary.training["strands"] == "both"


def test_both_strands_are_read() -> None:
    words = train_words([b"A" * 100], 4, "w").words
    assert words[-4:] == ("AA", "TT", "AAAA", "TTTT")


def test_words_of_low_complexity_stay_within_255_letters() -> None:
    vocabulary = train_words([b"A" * 3000 + random_dna(300, 8)], 120, "w")
    assert 128 <= vocabulary.lengths.max() <= 255
    letters = b"A" * 1000
    assert Encoder(vocabulary).encode(as_array(letters)).tolist() == library_ids(vocabulary, letters)


def test_too_short_sequences_are_refused() -> None:
    with pytest.raises(VocabularyError, match=r"hold only \d merges, not 50; give more sequence"):
        train_words([b"ACGT"], 50, "w")


def two_records(chrm_fasta: Path, folder: Path) -> Path:
    fasta = folder / "two.fa"
    fasta.write_bytes(chrm_fasta.read_bytes() + b"\n>chr21\n" + random_dna(3000, 9) + b"\n")
    return fasta


def test_learning_from_fasta_writes_the_words_and_their_counts(chrm_fasta: Path, tmp_path: Path) -> None:
    fasta = two_records(chrm_fasta, tmp_path)
    vocabulary, counts = learn([fasta], 50, tmp_path / "mine.json", ["21"])
    assert vocabulary.name == "mine"
    assert counts == tmp_path / "ngram-mine.safetensors"
    assert vocabulary.training["letters"] == 16_568  # rCRS holds one N
    assert vocabulary.training["records"] == ["chrM"]
    read = load_vocabulary(str(tmp_path / "mine.json"))
    assert read.digest == vocabulary.digest
    reader = NgramReader.open(counts, read)
    ids = Encoder(read).encode(as_array(b"".join(chrm_fasta.read_bytes().splitlines()[1:])))
    assert reader.counts.sum() == len(ids) - 3  # pairs of words, none with the gap
    left, right = int(ids[0]), int(ids[1])
    pairs = list(zip(ids[:-1].tolist(), ids[1:].tolist(), strict=True))
    assert reader.counts[left, right] == pairs.count((left, right))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine.json", "ngram-mine.safetensors", "two.fa"]


def test_learning_refuses_what_cannot_be_learnt_and_writes_nothing(chrm_fasta: Path, tmp_path: Path) -> None:
    fasta = two_records(chrm_fasta, tmp_path)
    output = tmp_path / "mine.json"
    with pytest.raises(FastaError, match="every record is left out by --skip"):
        learn([fasta], 50, output, ["MT", "chr21"])
    with pytest.raises(ReaderError, match="the n-gram model takes at most 8192; use fewer merges"):
        learn([fasta], 8200, output, [])
    fasta.write_bytes(b">short\n" + random_dna(500, 10))
    with pytest.raises(VocabularyError, match="give more sequence"):
        learn([fasta], 5000, output, [])
    assert [item.name for item in tmp_path.iterdir()] == ["two.fa"]
