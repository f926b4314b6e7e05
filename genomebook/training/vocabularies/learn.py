"""Stage: sequence to a vocabulary and the counts of its n-gram reader."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from genomebook.errors import FastaError
from genomebook.language.alphabet import BASES, FIRST_WORD
from genomebook.language.encode import Encoder
from genomebook.language.train import train_words
from genomebook.language.vocabulary import Vocabulary
from genomebook.models.ngram import NgramReader, check_size
from genomebook.options import check_parent
from genomebook.training.corpora.sequence import open_records


def learn(fastas: list[Path], merges: int, output: Path, skip: list[str]) -> tuple[Vocabulary, Path]:
    """Learn words from sequence and count them; return the vocabulary and the path of its counts.

    Parameters
    ----------
    fastas : list of Path
        Training sequence.
    merges : int
        Words to learn in addition to the four bases.
    output : Path
        Vocabulary file, ``NAME.json``; the counts go beside it as ``ngram-NAME.safetensors``.
    skip : list of str
        Contigs to leave out (a test set), under any alias.

    Raises
    ------
    FastaError
        When nothing is left to learn from.
    OptionError
        When there is no folder to write to.
    ReaderError
        When the n-gram reader does not support that many words.
    """
    check_parent(output, "the vocabulary")
    check_size(output.name, FIRST_WORD + len(BASES) + merges)
    with open_records(fastas, skip) as kept:
        if not kept:
            raise FastaError(f"{fastas[0]}: every record is left out by --skip; leave out fewer")
        digest = hashlib.sha256("\n".join(record.refget for _, record in kept).encode()).hexdigest()
        note = {
            "records": [record.name for _, record in kept],
            "letters": sum(record.length - record.gap_letters for _, record in kept),
            "sequences_digest": digest,
        }
        letters = (genome.letters(record.name).tobytes() for genome, record in kept)
        vocabulary = train_words(letters, merges, output.name.removesuffix(".json"), note)
        encoder = Encoder(vocabulary)
        streams = ([np.asarray(encoder.encode(genome.letters(record.name)))] for genome, record in kept)
        counts = output.with_name(f"ngram-{vocabulary.name}.safetensors")
        NgramReader.count(f"ngram-{vocabulary.name}", vocabulary, streams).write(counts)
    vocabulary.write(output)
    return vocabulary, counts
