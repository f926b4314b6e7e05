"""Foreign words on real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tokenizers

from genomebook.models.adapters.tokens import bpe_tokenizer


@pytest.mark.data
def test_a_published_tokenizer_of_4096_words(shared: Path) -> None:
    """The file of DNABERT-2's shape cuts a real stretch into tokens that spell it."""
    path = shared / "data" / "tokenizers" / "dnabert2_bpe4096_tokenizer.json"
    tokenizer = tokenizers.Tokenizer.from_file(str(path))
    letters = b"".join((shared / "facts" / "NC_012920.1.fa").read_bytes().splitlines()[1:]).replace(b"N", b"")
    tokens = bpe_tokenizer(tokenizer, str(path), 4096, 0)(np.frombuffer(letters, np.uint8))
    assert tokens.known.all()
    assert "".join(tokenizer.id_to_token(int(i)) for i in tokens.ids).encode() == letters
    assert len(letters) / tokens.ids.size > 4
