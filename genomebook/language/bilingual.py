"""Bilingual vocabulary: DNA words of a book and English byte-pair words in one id space.

``two-script``: the ids of DNA words are those of the book, unchanged; then come eight marks; then English
byte-level BPE (Radford et al. 2019). A DNA word and an English word of the same letters are different ids.
``unified``: the published way (arXiv 2501.16982), one byte-level BPE learnt from the mixture, so that CAT is
the same id in both. It is kept to measure what sharing ids does. DNA is cut into the same pieces in both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.errors import MissingExtraError, VocabularyError
from genomebook.files.atomic import aside
from genomebook.files.manifest import Count, Sha256, read_json, validated
from genomebook.language.encode import Encoder
from genomebook.language.train import BpeModel, pieces, read_bpe
from genomebook.language.vocabulary import Vocabulary

FORMAT = "genomebook-scripts-1"
_ANEW = "copy it anew"
MARKS = ("<pad>", "<end>", "<p_end>", "<mask>", "<sep>", "<unused0>", "<unused1>", "<unused2>")
"""``<end>`` stands before and after each text or stretch of DNA; ``<p_end>`` ends a paragraph."""

Kind = Literal["two-script", "unified"]


class ScriptsMeta(msgspec.Struct, frozen=True):
    """``scripts.json``."""

    format: Literal["genomebook-scripts-1"]
    kind: Kind
    size: Count
    digest: Sha256


def _library() -> Any:
    try:
        import tokenizers
    except ImportError:
        raise MissingExtraError("English text", ["tokenizers"], "train") from None
    return tokenizers


def learn_english(texts: Iterable[str], size: int) -> str:
    """Learn a byte-level BPE.

    Parameters
    ----------
    texts : iterable of str
        Training text; for a unified vocabulary with pieces of DNA among it.
    size : int
        Number of ids, the 256 bytes included.

    Returns
    -------
    str
        JSON of the `tokenizers` library.

    Raises
    ------
    MissingExtraError
        When the library is not installed.
    VocabularyError
        When the texts do not hold that many words.
    """
    tokenizers = _library()
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=sorted(alphabet), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    if tokenizer.get_vocab_size() < size:
        found = tokenizer.get_vocab_size()
        raise VocabularyError(f"the text holds only {found} words, not {size}; give more or ask for fewer")
    return str(tokenizer.to_str())


@dataclass(frozen=True)
class Bilingual:
    """An id space of two scripts.

    Parameters
    ----------
    kind : "two-script" or "unified"
        See above.
    words : Vocabulary
        DNA words; in a unified vocabulary only the rule of the cuts is used.
    english : str
        JSON of the byte-level BPE.
    """

    kind: Kind
    words: Vocabulary
    english: str

    @cached_property
    def _bpe(self) -> Any:
        return _library().Tokenizer.from_str(self.english)

    @cached_property
    def _encoder(self) -> Encoder:
        return Encoder(self.words)

    @cached_property
    def bpe(self) -> BpeModel:
        """Ids, counted from `first_english`, and merges of the BPE."""
        return read_bpe(self.english)

    @property
    def first_mark(self) -> int:
        """Id of ``<pad>``; the other marks follow."""
        return len(self.words) if self.kind == "two-script" else 0

    @property
    def first_english(self) -> int:
        """Id of the first byte of the BPE."""
        return self.first_mark + len(MARKS)

    @property
    def size(self) -> int:
        """Ids in all, rounded up to a multiple of 8; the last few may be unused."""
        return -(-(self.first_english + len(self.bpe.vocab)) // 8) * 8

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that decides the ids."""
        text = "\n".join([FORMAT, self.kind, *MARKS, self.words.digest, self.english])
        return hashlib.sha256(text.encode()).hexdigest()

    def mark(self, name: str) -> int:
        """Id of a mark of `MARKS`."""
        return self.first_mark + MARKS.index(name)

    def dna(self, letters: bytes | NDArray[np.uint8]) -> NDArray[np.uint16]:
        """Tokenize DNA.

        Parameters
        ----------
        letters : bytes or uint8[n]
            ASCII, either case.

        Returns
        -------
        uint16[m]
            Words; a run of N is 0 in two scripts and left out of a unified vocabulary.
        """
        raw = np.frombuffer(letters, np.uint8) if isinstance(letters, bytes) else letters
        if self.kind == "two-script":
            return np.asarray(self._encoder.encode(raw), np.uint16)
        encoded = self._bpe.encode_batch(pieces(raw.tobytes()), add_special_tokens=False)
        return self._shifted([encoding.ids for encoding in encoded])

    def text(self, text: str) -> NDArray[np.uint16]:
        """Tokenize English, without marks: uint16[m]."""
        return self._shifted([self._bpe.encode(text, add_special_tokens=False).ids])

    def texts(self, texts: Sequence[str]) -> list[NDArray[np.uint16]]:
        """Tokenize several texts in parallel."""
        encoded = self._bpe.encode_batch(list(texts), add_special_tokens=False)
        return [self._shifted([encoding.ids]) for encoding in encoded]

    def _shifted(self, parts: list[list[int]]) -> NDArray[np.uint16]:
        flat = [i for part in parts for i in part]
        return np.array(flat, np.uint16) + np.uint16(self.first_english)

    def decode(self, ids: NDArray[np.uint16]) -> str:
        """Decode ids to text; gaps become ``N``, marks their names, unused ids nothing."""
        out: list[str] = []
        english: list[int] = []
        for i in [*ids.tolist(), -1]:
            if i >= self.first_english:
                english.append(i - self.first_english)
                continue
            if english:
                out.append(self._bpe.decode(english, skip_special_tokens=False))
                english = []
            if i >= self.first_mark:
                out.append(MARKS[i - self.first_mark])
            elif i >= 0:
                out.append(self.words.words[i] or "N")
        return "".join(out)

    def write(self, folder: Path) -> None:
        """Write ``words.json``, ``english.json`` and ``scripts.json``, each aside and renamed."""
        self.words.write(folder / "words.json")
        body = {"format": FORMAT, "kind": self.kind, "size": self.size, "digest": self.digest}
        for name, text in (
            ("english.json", self.english),
            ("scripts.json", json.dumps(body, indent=0) + "\n"),
        ):
            with aside(folder / name) as temporary:
                temporary.write_text(text, encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Bilingual:
        """Read what `write` wrote.

        Raises
        ------
        VocabularyError
            When a file is missing, unreadable or not the one that ``scripts.json`` was written with.
        """
        path = folder / "scripts.json"
        try:
            body = read_json(path, _ANEW, VocabularyError)
            english = (folder / "english.json").read_text(encoding="utf-8")
            read_bpe(english)
        except (OSError, ValueError, RecursionError) as error:
            raise VocabularyError(
                f"{path}: not a readable vocabulary of two scripts ({error}); {_ANEW}"
            ) from None
        if body.get("format") != FORMAT:
            raise VocabularyError(f"{path}: not in the format {FORMAT}; make it anew with this version")
        meta = validated(path, body, ScriptsMeta, _ANEW, VocabularyError)
        scripts = cls(meta.kind, Vocabulary.open(folder / "words.json"), english)
        if scripts.digest != meta.digest:
            raise VocabularyError(f"{path}: words.json or english.json were altered; copy them anew")
        return scripts
