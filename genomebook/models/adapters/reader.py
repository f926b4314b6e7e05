"""A foreign checkpoint as a reader of the book: words to letters to tokens, scores, and back to words."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genomebook.errors import ReaderError, VocabularyError
from genomebook.language.encode import decode
from genomebook.language.vocabulary import Vocabulary
from genomebook.models.adapters.families import Family, SpecialTokens, choose, window_size
from genomebook.models.adapters.files import digests, has_code, read_json
from genomebook.models.adapters.network import load_network
from genomebook.models.adapters.runner import Network, NetworkRow, TokenScores, run
from genomebook.models.adapters.tokens import Tokenizer, Tokens
from genomebook.models.project import Overlap
from genomebook.models.reader import Scores
from genomebook.models.windows import Window, WindowPlan, end_of

PASSES = 8
"""Masked models: each pass hides every 8th token, counted from the start of the stretch."""

_URACIL_AS_THYMINE = bytes.maketrans(b"U", b"T")
_PROBE = b"ACGTTGCAACCGGTTAGCATCGATTACA"


@dataclass
class ForeignReader:
    """A checkpoint of another project. Make one with `genomebook.models.hub.load_hub`.

    Tokens are placed by their letters; see `genomebook.models.project` for the projection of their scores
    onto words. A letter that the model has no token for (an ambiguous one) has a surprisal of 0. The first
    token of a stretch, in a causal model without a start token, costs 2 bits per letter.

    Attributes
    ----------
    name, digest, width, window, gives, words
        As in `genomebook.models.reader.Reader`; `window` is in tokens of the model.
    vocabulary : Vocabulary
        The words whose ids it reads.
    family : Family
        Family of the checkpoint.
    """

    name: str
    digest: str
    width: int
    window: int
    vocabulary: Vocabulary
    family: Family
    device: str
    _network: Network
    _tokenize: Tokenizer
    _marks: SpecialTokens
    _double: bool
    _last: tuple[bytes, Tokens, NDArray[np.int64]] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def words(self) -> str:
        """Digest of the vocabulary whose ids it reads."""
        return self.vocabulary.digest

    @property
    def gives(self) -> frozenset[str]:
        """Of "surprisal", "boundary" and "hidden"."""
        return frozenset({"surprisal", "hidden"} | ({"boundary"} if self._marks.ends else set()))

    def score(
        self,
        run: NDArray[np.uint16],
        first: int = 0,
        last: int | None = None,
        *,
        hidden: bool = False,
        surprisal: bool = True,
    ) -> Scores:
        """Score the words [first, last) of a run; see `genomebook.models.reader.Reader`."""
        last = end_of(run, first, last)
        tokens, word_ends = self._cut(run)
        ends, start = word_ends[first:last], int(word_ends[first - 1]) if first else 0
        begin = int(np.searchsorted(tokens.ends, start, "right"))
        end = int(np.searchsorted(tokens.ends, ends[-1])) + 1 if ends.size else begin
        low, scores = self._read(tokens, begin, end, hidden=hidden, surprisal=surprisal)
        here = slice(begin - low, end - low)
        overlap = Overlap(
            tokens.ends[begin:end],
            ends,
            token_start=int(tokens.ends[begin - 1]) if begin else 0,
            word_start=start,
        )
        bits = np.where(tokens.known[begin:end], scores.bits[here], np.float32(0))
        return Scores(
            overlap.surprisal(bits).astype(np.float32) if surprisal else None,
            None if scores.odds is None else overlap.boundary(scores.odds[here]),
            None if scores.hidden is None else overlap.hidden(self._folded(scores.hidden[here])),
        )

    def _folded(self, states: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mean of the halves of the two strands; the channels of the second are in reverse order."""
        if not self._double:
            return states
        both = states[:, : self.width] + states[:, : self.width - 1 : -1]
        return both / np.float32(2)

    def _cut(self, run: NDArray[np.uint16]) -> tuple[Tokens, NDArray[np.int64]]:
        """Tokens of a run and the ends of its words in letters; those of the last run are cached."""
        words = np.ascontiguousarray(run)
        key = hashlib.sha256(words.view(np.uint8).data).digest()
        with self._lock:
            if self._last is None or self._last[0] != key:
                if words.size and not words.all():
                    raise ReaderError("word 0 is a gap; give the words between two gaps")
                try:
                    letters = decode(self.vocabulary, words, np.empty(0, np.int64))
                except VocabularyError as error:
                    raise ReaderError(f"{self.name}: {error}") from None
                letters = np.frombuffer(letters.tobytes().translate(_URACIL_AS_THYMINE), np.uint8)
                ends = np.cumsum(self.vocabulary.lengths[words], dtype=np.int64)
                self._last = (key, self._tokenize(letters), ends)
            return self._last[1:]

    def _read(
        self, tokens: Tokens, begin: int, end: int, *, hidden: bool, surprisal: bool
    ) -> tuple[int, TokenScores]:
        """Score tokens [begin, end) and others in their windows; return the first token scored."""
        causal = self.family.kind == "causal"
        lead = 1 if causal and self._marks.front is not None else 0
        plan = WindowPlan(max(1, tokens.ids.size + lead), self.window, 0 if causal else self.window // 4)
        seen = [plan[number] for number in plan.numbers(begin + lead, end + lead)]
        low = max(0, seen[0].first - lead) if seen else begin
        size = seen[-1].last - lead - low if seen else 0
        width = self.width * (2 if self._double else 1)
        scores = TokenScores(
            np.zeros(size, np.float32),
            np.zeros((size, 2), np.float32) if self._marks.ends else None,
            np.zeros((size, width), np.float32) if hidden else None,
        )
        if causal:
            if not lead and low == 0 and size:
                scores.bits[0] = 2 * tokens.ends[0]
            jobs = self._causal_jobs(tokens, seen, lead, low, surprisal)
        else:
            jobs = self._masked_jobs(tokens, seen, low, hidden, surprisal)
        run(self._network, jobs, scores, self._marks.ends, self.device)
        return low, scores

    def _causal_jobs(
        self, tokens: Tokens, seen: list[Window], lead: int, low: int, surprisal: bool
    ) -> Iterator[NetworkRow]:
        for window in seen:
            ids = tokens.ids[max(0, window.start - lead) : window.end - lead].astype(np.int64)
            if lead and window.start == 0:
                ids = np.concatenate([[self._marks.front], ids])
            at = np.arange(max(window.first, 1), window.last if surprisal else 0) - window.start
            kept = slice(max(window.first, lead) - window.start, window.last - window.start)
            out = window.start - lead - low
            yield NetworkRow(ids, at - 1, ids[at], at + out, kept, slice(kept.start + out, kept.stop + out))

    def _masked_jobs(
        self, tokens: Tokens, seen: list[Window], low: int, hidden: bool, surprisal: bool
    ) -> Iterator[NetworkRow]:
        front, back = ([] if mark is None else [mark] for mark in (self._marks.front, self._marks.back))
        mask = -1 if self._marks.mask is None else self._marks.mask
        nothing, none = np.empty(0, np.int64), slice(0, 0)
        for window in seen:
            place = np.arange(window.start, window.end)
            ids = tokens.ids[place].astype(np.int64)
            scored = (place >= window.first) & (place < window.last)
            if hidden:
                row = np.concatenate([front, ids, back]).astype(np.int64)
                kept = slice(
                    window.first - window.start + len(front), window.last - window.start + len(front)
                )
                yield NetworkRow(
                    row, nothing, nothing, nothing, kept, slice(window.first - low, window.last - low)
                )
            for turn in range(PASSES if surprisal else 0):
                hide = place % PASSES == turn
                at = np.flatnonzero(hide & scored)
                if at.size:
                    row = np.concatenate([front, np.where(hide, mask, ids), back]).astype(np.int64)
                    yield NetworkRow(row, at + len(front), ids[at], place[at] - low, none, none)


def open_folder(folder: Path, name: str, vocabulary: Vocabulary, device: str) -> ForeignReader:
    """Make a reader of a checkpoint folder. Runs the code its config.json names: get consent before.

    Parameters
    ----------
    folder : Path
        With config.json, weights as safetensors, and the files of the tokenizer.
    name, vocabulary
        Shown to people; of the words to score.
    device : str
        As torch names it.

    Raises
    ------
    ReaderError
        When something is missing, damaged, or does not fit.
    """
    config = read_json(folder / "config.json")
    family = choose(folder, config)
    settings = folder / "tokenizer_config.json"
    limit = read_json(settings).get("model_max_length") if settings.is_file() else None
    window = window_size(folder, family, config, int(limit) if isinstance(limit, int | float) else None)
    network, width, rows = load_network(folder, family, config, device)
    tokenize, marks = family.tokens(folder, config, rows)
    _check(folder, family, tokenize, marks, rows)
    double = bool(config.get("rcps")) and width == 2 * config.get("d_model", 0)
    parts = {
        "family": family.name,
        "window": window,
        "words": vocabulary.digest,
        "files": digests(folder, code=has_code(folder, config)),
    }
    return ForeignReader(
        name=name,
        digest=hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest(),
        width=width // 2 if double else width,
        window=window,
        vocabulary=vocabulary,
        family=family,
        device=device,
        _network=network,
        _tokenize=tokenize,
        _marks=marks,
        _double=double,
    )


def _check(folder: Path, family: Family, tokenize: Tokenizer, marks: SpecialTokens, rows: int) -> None:
    """Refuse a tokenizer that cannot tokenize DNA, or whose ids the model has no rows for."""
    probe = tokenize(np.frombuffer(_PROBE, np.uint8))
    if not probe.known.all():
        raise ReaderError(
            f"{folder}: its tokenizer has no tokens for DNA; use a model that was trained on DNA"
        )
    if family.kind == "masked" and marks.mask is None:
        raise ReaderError(
            f"{folder}: its vocabulary has no mask token; use a model that was trained with one"
        )
    if max([int(probe.ids.max()), *(mark for mark in (marks.front, marks.back, marks.mask) if mark)]) >= rows:
        raise ReaderError(
            f"{folder}: its vocabulary has more ids than the {rows} rows of the model; fetch it anew"
        )
