"""Words of real sequence."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.common.library_tokenizer import library_tokenizer
from genomebook.genome.fasta import Genome, unpack
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from tests.support.dna import gap_lengths, library_ids


@pytest.mark.data
@pytest.mark.parametrize("name", ["words-600", "words-4096"])
def test_real_sequence_is_tokenized_as_by_the_library_and_read_back(
    name: str, shared: Path, tmp_path: Path
) -> None:
    """Every record of the shared GRCh38 sequence, all 4.5 Mb."""
    unpack(shared / "data" / "genome" / "GRCh38_regions.fa.gz", tmp_path)
    vocabulary = load_vocabulary(name)
    encoder, library = Encoder(vocabulary), library_tokenizer(vocabulary)
    with Genome(tmp_path) as genome:
        for record in genome.records:
            letters = genome.letters(record.name)
            ids = encoder.encode(letters)
            text = letters.tobytes()
            assert encoder.decode(ids, gap_lengths(text)).tobytes() == text.upper()
            assert ids.tolist() == library_ids(vocabulary, text, library)
