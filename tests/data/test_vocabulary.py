"""Vocabulary on real data."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from genomebook.genome.fasta import Genome, unpack
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from genomebook.models.ngram import NgramReader

SHIPPED = ("words-600", "words-4096")
TRAINING = "GRCh38_coords_all_segments.fa.gz"
HOLD_OUTS = ("chr1", "chr2", "chr21")


@pytest.mark.data
def test_shipped_vocabularies_and_counts_come_from_the_records_they_name(
    shared: Path, tmp_path: Path
) -> None:
    """The digest of the sequences, and the counts of the shipped readers counted anew."""
    unpack(shared / "data" / "genome" / TRAINING, tmp_path)
    with Genome(tmp_path) as genome:
        kept = [record for record in genome.records if record.contig not in HOLD_OUTS]
        digest = hashlib.sha256("\n".join(record.refget for record in kept).encode()).hexdigest()
        for name in SHIPPED:
            vocabulary = load_vocabulary(name)
            encoder = Encoder(vocabulary)
            assert vocabulary.training["records"] == [record.name for record in kept]
            assert vocabulary.training["sequences_digest"] == digest
            assert vocabulary.training["letters"] == sum(r.length - r.gap_letters for r in kept)
            streams = ([encoder.encode(genome.letters(record.name))] for record in kept)
            again = NgramReader.count(f"ngram-{name}", vocabulary, streams)
            file = Path(__file__).parents[2] / "genomebook" / "data" / f"ngram-{name}.safetensors"
            assert again.digest == NgramReader.open(file, vocabulary).digest
