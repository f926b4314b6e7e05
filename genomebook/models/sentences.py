"""Vectors of sentences from a trained encoder: counts of soft motifs. No torch, no batches.

Every motif is scored at every base of a sentence. A motif is `LETTERS` bases wide and consists of `PARTS`
words of `WORD` bases; a table gives the score of each word at each place. Scores below zero count as zero, so
the bias of a motif sets how many mutations it tolerates. The mean scores over the sentence, brought to zero
mean and unit variance, are projected by a matrix to a vector of unit length. The vector of a sentence is the
mean of those of both strands, brought to unit length.

Scores are summed as integers and everything else in a fixed order, each sentence by itself: the vector is the
same, bit for bit, for a sentence and its reverse complement, in any batch and with any number of threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from genomebook.compiled import kernel
from genomebook.errors import OptionError, ReaderError
from genomebook.files.digests import file_digest
from genomebook.files.manifest import Sha256, read_json, validated
from genomebook.genome.stretches import starts_of
from genomebook.language.alphabet import CODE, NOT_BASE

FORMAT = "genomebook-sentences-1"
META, WEIGHTS = "sentences.json", "sentences.safetensors"

WORD = 4
"""Letters of a word of the tables."""

MAX_SCORE = 32_000
"""Largest score that a motif can reach, in the integers of the tables."""

EPSILON = 1e-5
"""Added to the variance of the mean scores, in squared units of float scores."""

NO_WORD = 4**WORD
"""Number of what is not a word, after those of the words; its scores are zero."""

PARTS = 6
"""Words of a motif."""

LETTERS = PARTS * WORD
"""Letters of a motif."""

_BASES_PER_BLOCK = 1 << 16
"""Letters whose scores are added up in 32 bits."""

SHIPPED_ENCODER = "sentences-mini"
"""The encoder inside the package."""

_ANEW = "copy the encoder anew or train it again"


class EncoderMeta(msgspec.Struct, frozen=True):
    """``sentences.json``; ``training`` has free keys."""

    format: Literal["genomebook-sentences-1"]
    name: str
    weights: Sha256
    unit: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    motifs: Annotated[int, msgspec.Meta(ge=1, le=65_536)]
    width: Annotated[int, msgspec.Meta(ge=1, le=65_536)]
    training: dict[str, Any] = {}


class SentenceEncoder(Protocol):
    """Gives vectors of sentences."""

    name: str
    digest: str
    width: int

    def embed(self, letters: Sequence[bytes]) -> NDArray[np.float32]:
        """float32[n, width] of unit length, the same for both strands and in any batch."""
        ...


@kernel(nogil=True)
def words_of(codes, backward, words):  # type: ignore[no-untyped-def]
    """Word that starts at each base of codes uint8[n], for motifs: words int16[n + LETTERS].

    Word i starts `LETTERS` / 2 bases before base i; it is `NO_WORD` unless all of it are bases of the
    sentence. ``backward`` reads the reverse complement.
    """
    n = codes.shape[0]
    words[:] = NO_WORD
    value = good = 0
    for i in range(n):
        code = codes[n - 1 - i] if backward else codes[i]
        if code < NOT_BASE:
            value = ((value << 2) | (3 - code if backward else code)) & (NO_WORD - 1)
            good += 1
        else:
            good = 0
        if good >= WORD:
            words[i - WORD + 1 + LETTERS // 2] = value


@kernel(nogil=True, inline="always")
def score(words, t, tables, bias, scores):  # type: ignore[no-untyped-def]
    """Score all motifs at base t: tables [PARTS, NO_WORD + 1, f], bias [f] and scores [f] of one type.

    Unrolled for six parts: the compiler then adds them in one pass, four times as fast as a loop.
    """
    a, b, c = tables[0, words[t]], tables[1, words[t + WORD]], tables[2, words[t + 2 * WORD]]
    d, e, f = tables[3, words[t + 3 * WORD]], tables[4, words[t + 4 * WORD]], tables[5, words[t + 5 * WORD]]
    for k in range(bias.shape[0]):
        scores[k] = bias[k] + a[k] + b[k] + c[k] + d[k] + e[k] + f[k]


@kernel(nogil=True)
def _mean_scores(words, tables, bias, scores, sums, means):  # type: ignore[no-untyped-def]
    """Mean over the bases of a sentence of the scores of motifs, those below zero taken as zero.

    words int16[n + LETTERS], tables, bias and scores int16, sums int32[f], means float64[f].
    """
    n, f = words.shape[0] - LETTERS, bias.shape[0]
    means[:] = 0
    for first in range(0, n, _BASES_PER_BLOCK):
        sums[:] = 0
        for t in range(first, min(first + _BASES_PER_BLOCK, n)):
            score(words, t, tables, bias, scores)
            for k in range(f):
                sums[k] += np.int32(max(scores[k], np.int16(0)))
        for k in range(f):
            means[k] += sums[k]
    for k in range(f):
        means[k] /= n


@kernel(nogil=True)
def _project(means, unit, scale, shift, matrix, bias, out):  # type: ignore[no-untyped-def]
    """Layer norm, matrix float32[f, width], unit length: out float64[width]."""
    f, width = matrix.shape
    mean = variance = 0.0
    for k in range(f):
        means[k] *= unit
        mean += means[k]
    mean /= f
    for k in range(f):
        variance += (means[k] - mean) ** 2
    size = np.sqrt(variance / f + EPSILON)
    for d in range(width):
        out[d] = bias[d]
    for k in range(f):
        value = (means[k] - mean) / size * scale[k] + shift[k]
        for d in range(width):
            out[d] += value * matrix[k, d]
    _to_unit(out)


@kernel(nogil=True)
def _to_unit(vector):  # type: ignore[no-untyped-def]
    """Bring a vector to unit length, in place."""
    size = 0.0
    for value in vector:
        size += value * value
    size = np.sqrt(size) if size > 0 else 1.0
    for d in range(vector.shape[0]):
        vector[d] /= size


@kernel(nogil=True)
def _embed(codes, starts, ends, weights, unit, out):  # type: ignore[no-untyped-def]
    """Vectors of sentences codes[starts[i]:ends[i]]: out float32[n, width]."""
    tables, bias, scale, shift, matrix, out_bias = weights
    f, width = matrix.shape
    scores, sums, means = np.empty(f, np.int16), np.empty(f, np.int32), np.empty(f, np.float64)
    strand, both = np.empty(width, np.float64), np.empty(width, np.float64)
    longest = 0
    for i in range(starts.shape[0]):
        longest = max(longest, ends[i] - starts[i])
    buffer = np.empty(longest + LETTERS, np.int16)
    for i in range(starts.shape[0]):
        sentence = codes[starts[i] : ends[i]]
        words = buffer[: sentence.shape[0] + LETTERS]
        both[:] = 0
        for backward in (False, True):
            words_of(sentence, backward, words)
            any_word = False
            for word in words:
                any_word |= word < NO_WORD
            if any_word:
                _mean_scores(words, tables, bias, scores, sums, means)
                _project(means, unit, scale, shift, matrix, out_bias, strand)
                both += strand
        _to_unit(both)
        for d in range(width):
            out[i, d] = both[d]


class MotifEncoder:
    """A trained encoder of sentences.

    Parameters
    ----------
    name, digest : str
        Of the encoder; SHA-256 of its weights.
    tensors : mapping
        As listed by `expected`.
    unit : float
        Score that an integer of 1 in the tables stands for.
    threads : int
        Used by one call of `embed`; they do not change the result.
    """

    def __init__(
        self, name: str, digest: str, tensors: Mapping[str, NDArray[Any]], unit: float, threads: int = 1
    ) -> None:
        self.name, self.digest, self.threads = name, digest, threads
        self.width = int(tensors["out.bias"].shape[0])
        self.tensors, self.unit = tensors, float(unit)
        self._weights = (
            np.pad(tensors["tables"], ((0, 0), (0, 1), (0, 0))),
            np.ascontiguousarray(tensors["bias"]),
            *(tensors[key].astype(np.float64) for key in ("norm.weight", "norm.bias")),
            np.ascontiguousarray(tensors["out.weight"].T.astype(np.float64)),
            tensors["out.bias"].astype(np.float64),
        )

    def embed(self, letters: Sequence[bytes]) -> NDArray[np.float32]:
        """Embed sentences (IUPAC letters, either case): float32[n, width] of unit length.

        A word with any letter but A, C, G, T adds nothing; the vector is zero where no four bases stand
        together.
        """
        codes = CODE[np.frombuffer(b"".join(letters), np.uint8)]
        ends = np.cumsum([len(sentence) for sentence in letters], dtype=np.int64)
        starts = starts_of(ends)
        out = np.empty((len(letters), self.width), np.float32)
        shares = np.searchsorted(ends, np.linspace(0, len(codes), self.threads + 1)[1:-1]).tolist()
        edges = [0, *shares, len(ends)]

        def some(share: int) -> None:
            part = slice(edges[share], edges[share + 1])
            _embed(codes, starts[part], ends[part], self._weights, self.unit, out[part])

        if self.threads == 1 or len(letters) < 2:
            _embed(codes, starts, ends, self._weights, self.unit, out)
            return out
        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(some, range(self.threads)))
        return out


def expected(motifs: int, width: int) -> dict[str, tuple[tuple[int, ...], str]]:
    """Shape and type of every tensor of an encoder of this many motifs and dimensions."""
    return {
        "tables": ((PARTS, NO_WORD, motifs), "int16"),
        "bias": ((motifs,), "int16"),
        "norm.weight": ((motifs,), "float32"),
        "norm.bias": ((motifs,), "float32"),
        "out.weight": ((width, motifs), "float32"),
        "out.bias": ((width,), "float32"),
    }


def open_encoder(folder: Path, threads: int = 1) -> MotifEncoder:
    """Open the encoder of a folder.

    Raises
    ------
    ReaderError
        When a file is missing, cut short, altered, or not an encoder's.
    """
    meta = read_encoder(folder)
    path = folder / WEIGHTS
    try:
        with safe_open(path, "numpy") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        digest = file_digest(path)
    except (OSError, ValueError, SafetensorError) as error:
        what = " ".join(str(error).split())[:200]
        raise ReaderError(f"{path}: not readable weights of an encoder ({what}); {_ANEW}") from None
    tensor_types = {key: (tensor.shape, str(tensor.dtype)) for key, tensor in tensors.items()}
    if tensor_types != expected(meta.motifs, meta.width):
        raise ReaderError(f"{path}: its tensors do not match {META}; {_ANEW}")
    if digest != meta.weights:
        raise ReaderError(f"{path}: its digest is not the one in {META}; {_ANEW}")
    return MotifEncoder(meta.name, digest, tensors, meta.unit, threads)


def read_encoder(folder: Path) -> EncoderMeta:
    """Read and check ``sentences.json``; raise ReaderError when it is missing or not that of an encoder."""
    path = folder / META
    if not folder.is_dir():
        raise ReaderError(f"{folder}: no such encoder folder; check the path")
    try:
        body = read_json(path, _ANEW, ReaderError)
    except OSError as error:
        raise ReaderError(f"{path}: not readable ({error.strerror}); {_ANEW}") from None
    if body.get("format") != FORMAT:
        raise ReaderError(f"{path}: not of format {FORMAT}; {_ANEW}")
    return validated(path, body, EncoderMeta, _ANEW, ReaderError)


def load_sentence_encoder(name: str = SHIPPED_ENCODER, threads: int = 1) -> MotifEncoder:
    """Open a shipped encoder ("sentences-mini") or that of a folder; each ``embed`` uses ``threads``.

    Raises
    ------
    ReaderError
        When there is no such encoder, it is damaged, or threads is not positive.
    """
    if threads < 1:
        raise OptionError(f"threads {threads}: give 1 or more")
    if name == SHIPPED_ENCODER:
        with resources.as_file(resources.files("genomebook") / "data" / name) as folder:
            return open_encoder(folder, threads)
    return open_encoder(Path(name), threads)
