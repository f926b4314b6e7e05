"""A vocabulary of DNA words: the merge list of a byte-pair encoding, and its file.

Word ids follow the order of the merges: ``FIRST_WORD`` to ``FIRST_WORD + 3`` are A, C, G and T, then one word
per merge (Sennrich et al. 2016). The file is JSON: the merges, how they were learnt, the rule of the cuts.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import VocabularyError
from genomebook.files.atomic import aside
from genomebook.genome.stretches import prefix_sums
from genomebook.language.alphabet import AMBIGUOUS, BASES, FIRST_WORD
from genomebook.language.cuts import SCHEME

FORMAT = "genomebook-words-1"
MAX_WORDS = 2**16 - FIRST_WORD
MAX_LETTERS = 255
"""Maximum word length: lengths are stored in a byte."""


@dataclass(frozen=True)
class Vocabulary:
    """DNA words and the merges that make them.

    Parameters
    ----------
    name : str
        Such as ``words-4096``.
    merges : sequence of (left, right)
        Strings over A, C, G, T, in the order learnt; each side is a base or an earlier word.
    training : mapping
        How it was learnt (sequences, letters, versions); free keys, not part of the digest.

    Raises
    ------
    VocabularyError
        When a merge uses a word that does not exist yet, makes one that already does, or one too long.
    """

    name: str
    merges: tuple[tuple[str, str], ...]
    training: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        known = set(BASES)
        if len(self.merges) + len(BASES) > MAX_WORDS:
            raise VocabularyError(f"{self.name}: {len(self.merges)} merges do not fit 16-bit ids; use fewer")
        for rank, (left, right) in enumerate(self.merges, 1):
            made = left + right
            wrong = ""
            if left not in known or right not in known:
                wrong = f"({left} + {right}) uses an unknown word"
            elif made in known:
                wrong = f"makes {made} a second time"
            elif len(made) > MAX_LETTERS:
                wrong = f"makes a word of {len(made)} letters, {MAX_LETTERS} are allowed"
            if wrong:
                raise VocabularyError(f"{self.name}: merge {rank} {wrong}; make the file anew")
            known.add(made)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Spelling of every id from 0: ``""`` for a gap and for unused ids, letters, then words."""
        reserved = ["", *AMBIGUOUS, *[""] * (FIRST_WORD - 1 - len(AMBIGUOUS))]
        return (*reserved, *BASES, *(left + right for left, right in self.merges))

    @cached_property
    def lengths(self) -> NDArray[np.uint8]:
        """uint8[n_ids]: letters of each id; 0 for a gap and for unused ids."""
        return np.array([len(word) for word in self.words], np.uint8)

    @cached_property
    def flat_words(self) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Spellings end to end: offsets int64[n_ids + 1] and ASCII letters uint8."""
        offsets = prefix_sums(self.lengths)
        return offsets, np.frombuffer("".join(self.words).encode(), np.uint8)

    @cached_property
    def parts(self) -> NDArray[np.int32]:
        """int32[n_ids, 2]: ids of the two words each was merged from; -1 for what is not a merge."""
        ids = {word: i for i, word in enumerate(self.words) if i >= FIRST_WORD}
        parts = np.full((len(self.words), 2), -1, np.int32)
        for row, (left, right) in zip(parts[FIRST_WORD + len(BASES) :], self.merges, strict=True):
            row[:] = ids[left], ids[right]
        return parts

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the merges and the cutting rule: equal digests tokenize alike."""
        text = "\n".join([FORMAT, SCHEME, *(f"{left} {right}" for left, right in self.merges)])
        return hashlib.sha256(text.encode()).hexdigest()

    def __len__(self) -> int:
        """Count ids, the reserved ones included."""
        return len(self.words)

    def write(self, path: Path) -> None:
        """Write the JSON file, aside and renamed."""
        body = {
            "format": FORMAT,
            "name": self.name,
            "cuts": SCHEME,
            "digest": self.digest,
            "training": dict(self.training),
            "merges": [f"{left} {right}" for left, right in self.merges],
        }
        with aside(path) as temporary:
            temporary.write_text(json.dumps(body, indent=0, sort_keys=True) + "\n")

    @classmethod
    def open(cls, path: Path) -> Vocabulary:
        """Read a vocabulary file.

        Raises
        ------
        VocabularyError
            When the file is missing, is not a vocabulary, was made for other cuts, or was altered.
        """
        try:
            body = json.loads(path.read_text())
        except FileNotFoundError:
            known = ", ".join(shipped())
            raise VocabularyError(f"{path}: no such vocabulary; shipped ones are {known}") from None
        except (ValueError, OSError) as error:
            raise VocabularyError(
                f"{path}: not a readable vocabulary file ({error}); train it anew"
            ) from None
        if not isinstance(body, dict) or body.get("format") != FORMAT:
            raise VocabularyError(f"{path}: not a {FORMAT} file; make it with genomebook train-words")
        if body.get("cuts") != SCHEME:
            made = f"made for cuts {body.get('cuts')}, this program cuts by {SCHEME}"
            raise VocabularyError(f"{path}: {made}; train it anew")
        name, note, merges = (body.get(key) for key in ("name", "training", "merges"))
        if not (isinstance(name, str) and isinstance(note, dict) and isinstance(merges, list)):
            raise VocabularyError(
                f"{path}: without name, training or merges; restore the file or train it anew"
            )
        try:
            vocabulary = cls(name, tuple(_sides(path, merge) for merge in merges), note)
        except VocabularyError as error:
            raise VocabularyError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None
        if vocabulary.digest != body.get("digest"):
            raise VocabularyError(f"{path}: its merges do not match its digest; restore it or train it anew")
        return vocabulary


def _sides(path: Path, merge: object) -> tuple[str, str]:
    left, space, right = str(merge).partition(" ")
    if not space:
        raise VocabularyError(f"{path}: {merge!r} is not a merge; restore the file or train it anew")
    return left, right


def shipped() -> Sequence[str]:
    """List the vocabularies inside the package."""
    folder = resources.files("genomebook") / "data"
    names = (item.name for item in folder.iterdir())
    return sorted(name.removesuffix(".json") for name in names if re.fullmatch(r"words-.*\.json", name))


def load_vocabulary(name: str) -> Vocabulary:
    """Open a shipped vocabulary by name, or any by the path of its file.

    Raises
    ------
    VocabularyError
        When there is neither.
    """
    if name in shipped():
        with resources.as_file(resources.files("genomebook") / "data" / f"{name}.json") as path:
            return Vocabulary.open(path)
    return Vocabulary.open(Path(name))
