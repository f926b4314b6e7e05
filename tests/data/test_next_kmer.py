"""Next kmer on real data."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from genomebook.training.vocabularies import kmer_places as places
from genomebook.training.vocabularies import kmer_rules as rules
from genomebook.training.vocabularies.settings import Settings
from tests.support.dna import as_array


@pytest.mark.data
def test_the_spelling_of_real_sequence_tells_of_what_follows(shared: Path) -> None:
    source = shared / "data" / "genome" / "GRCh38_coords_all_segments.fa.gz"
    slices = {}
    for record in gzip.decompress(source.read_bytes()).split(b">")[1:]:
        name, letters = record.split(b"\n", 1)
        slices[name.decode().split(":")[0]] = as_array(letters.replace(b"\n", b"")[:100_000])
    settings = Settings(ks=(2, 4))
    train = places.find_runs([slices["chr4"]], settings.span)
    tests = places.spread_windows(places.find_runs([slices["chr22"]], settings.span), 3000)
    encoder = Encoder(load_vocabulary("words-600"))
    rows = {
        (row["positions"], row["k"]): row for row in rules.rule_rows(encoder, train, tests, settings.ks, 1)
    }
    # Same letters before, same letters to guess: only the spelling makes the difference.
    assert rows["words", 2]["same-word"] > rows["alone", 2]["same-word"] + 0.03
    assert rows["pieces", 4]["same-letters"] > 3 * rows["alone", 4]["same-letters"]
    assert rows["alone", 2]["markov-4"] > rows["alone", 2]["commonest"]
