"""Contextual embeddings of English words by a bilingual model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from genomebook.files.progress import Advance, no_progress
from genomebook.language.bilingual import Bilingual
from genomebook.models.contexts import layer_states
from genomebook.models.threads import one_thread
from genomebook.pipeline.atlas.embeddings import MAX_OCCURRENCES, Collector, Contexts

if TYPE_CHECKING:
    from genomebook.models.torch_reader import TorchReader

WORDS = 120_000
"""English tokens read, at most."""

_BATCH = 16
LETTERS = 3
"""Letters of a word of the map, at least."""


def single_words(scripts: Bilingual) -> dict[str, int]:
    """Whole lower-case English words of one id, clean ones: id by word, the commonest first."""
    from genomebook.pipeline.lexicon.gloss_words import dictionary_words, offensive

    allowed = dictionary_words() - offensive()
    found = {
        token[1:]: index + scripts.first_english
        for token, index in scripts.bpe.vocab.items()
        if token.startswith("\u0120") and token[1:].isascii() and token[1:].isalpha() and token[1:].islower()
    }
    order = sorted(found, key=found.__getitem__)
    return {word: found[word] for word in order if len(word) >= LETTERS and word in allowed}


def english_tokens(scripts: Bilingual, paths: Sequence[Path], most: int = WORDS) -> NDArray[np.uint16]:
    """Tokenize English training text, an equal share of each document: uint16[n]."""
    from genomebook.training.corpora.corpus import documents, is_held_out
    from genomebook.training.corpora.english_text import paragraphs

    texts = [text for path in paths for text in documents(path) if not is_held_out(text)]
    share = most // max(1, len(texts))
    cut = ["\n".join(paragraphs(text[: 8 * share])) for text in texts]
    return np.concatenate([ids[:share] for ids in scripts.texts(cut)] or [np.empty(0, np.uint16)])


@one_thread()
def english_contexts(
    reader: TorchReader,
    tokens: NDArray[np.uint16],
    each: int = MAX_OCCURRENCES,
    advance: Advance = no_progress,
) -> Contexts:
    """Embed English tokens in context.

    Parameters
    ----------
    reader : TorchReader
        Trained or with random weights; causal.
    tokens : uint16[n]
        The text, read in windows that overlap by half; the second half of each is kept.
    each : int
        Occurrences kept of a token.
    advance : callable
        Told the tokens read.

    Returns
    -------
    Contexts
        By the ids of the reader's id space; ordinals count tokens.
    """
    half = reader.window // 2
    starts = np.arange(0, len(tokens) - reader.window + 1, half)
    read = tokens[half : half + half * len(starts)]
    collector = Collector(read, reader.checkpoint.scripts.size, reader.width, each)
    for at in range(0, len(starts), _BATCH):
        windows = tokens[starts[at : at + _BATCH, None] + np.arange(reader.window)].astype(np.int64)
        hidden = layer_states(reader.model, windows)[-1]
        collector.add(half * (at + 1), hidden[:, half:].reshape(-1, reader.width))
        advance(half * len(windows))
    advance(len(tokens) - len(read))
    return collector.end(len(tokens))
