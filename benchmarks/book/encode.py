"""DNA to words and back, beside the `tokenizers` library with the same merges and the same pieces.

The library is given the pieces already cut, in the best of several forms; cutting is charged to us only.
Both sides take turns, so that a busy machine slows both, and their ids are compared in the same run.
"""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.book.encode_peer import Peer
from benchmarks.common.data import records
from benchmarks.common.machine import cores
from genomebook.genome.stretches import true_runs
from genomebook.language.alphabet import FIRST_WORD, GAP
from genomebook.language.encode import Encoder
from genomebook.language.train import pieces
from genomebook.language.vocabulary import load_vocabulary

WORDS = ("words-600", "words-4096")
FORMS = (
    ("encode_batch", 1_000),
    ("encode_batch_fast", 300),
    ("encode_batch_fast", 1_000),
    ("encode_batch_fast", 4_000),
    ("encode_batch_fast", 16_000),
    ("encode_batch_fast", 64_000),
)
"""Methods of the library, and letters in a line, that are tried; the fastest is the peer."""

SHARDS = (250_000, 500_000, 1_000_000, 4_000_000)
REPEATS = 9
DECODES = 3

Letters = list[NDArray[np.uint8]]
Ids = list[NDArray[np.uint16]]


def run(quick: bool = False) -> dict[str, Any]:
    """Measure both vocabularies, on one thread and on all cores.

    Returns
    -------
    dict
        ``source``, ``letters``; ``copy``: seconds of np.copyto of the same bytes; ``words``: for each
        vocabulary and number of threads the forms chosen, and seconds of every repeat on both sides.
    """
    what, letters = records(quick)
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "pieces"
        file.write_text("\n".join(piece for record in letters for piece in pieces(record.tobytes())))
        words = {words: _vocabulary(words, letters, file, quick) for words in WORDS}
    return {
        "source": what,
        "letters": sum(map(len, letters)),
        "copy": _copy(letters),
        "words": words,
    }


def _copy(letters: Letters) -> list[float]:
    source = np.concatenate(letters)
    target = np.zeros_like(source)
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        np.copyto(target, source)
        seconds.append(time.perf_counter() - began)
    return seconds


def _vocabulary(words: str, letters: Letters, file: Path, quick: bool) -> dict[str, Any]:
    encoder = Encoder(load_vocabulary(words))
    found = {}
    for threads in sorted({1, cores()}):
        with Peer(threads) as peer, ThreadPoolExecutor(threads) as pool:
            peer.do("load", words=words, pieces=str(file))
            found[str(threads)] = _by_turns(peer, Ours(encoder, letters, pool, threads), file.parent, quick)
    return found


def _by_turns(peer: Peer, ours: Ours, folder: Path, quick: bool) -> dict[str, Any]:
    """Find the best form for each side, then time them by turns, and prove that they gave the same."""
    forms, sizes = (FORMS[:1], SHARDS[:1]) if quick else (FORMS, SHARDS)
    tried = {form: _peer_encode(peer, form) for form in forms}
    shards = {size: ours.encode(size) for size in (sizes[0], *sizes)}
    form, shard = min(tried, key=tried.__getitem__), min(shards, key=shards.__getitem__)
    times: dict[str, list[float]] = {"ours": [], "library": [], "ours_decode": [], "library_decode": []}
    for _ in range(1 if quick else REPEATS):
        times["ours"].append(ours.encode(shard))
        times["library"].append(_peer_encode(peer, form))
    for _ in range(1 if quick else DECODES):
        times["ours_decode"].append(ours.decode())
        times["library_decode"].append(peer.do("decode"))
    return {
        "words": prove_equal(peer, ours, folder),
        "form": {"method": form[0], "letters_in_a_line": form[1]},
        "forms_tried": [{"method": m, "letters_in_a_line": n, "seconds": s} for (m, n), s in tried.items()],
        "letters_in_a_share": shard,
        "seconds": times,
        "ratio": median(times["library"]) / median(times["ours"]),
    }


def _peer_encode(peer: Peer, form: tuple[str, int]) -> float:
    seconds: float = peer.do("encode", method=form[0], size=form[1])
    return seconds


class Ours:
    """Our side: shares of all records through a pool, as a build does; on one thread record by record."""

    def __init__(self, encoder: Encoder, letters: Letters, pool: ThreadPoolExecutor, threads: int) -> None:
        self.encoder, self.letters, self.pool, self.threads = encoder, letters, pool, threads
        self.ids: Ids = []
        self.back: Letters = []
        self.gaps = [_gaps(record) for record in letters]

    def encode(self, shard: int) -> float:
        """Seconds to encode all records."""
        began = time.perf_counter()
        if self.threads == 1:
            self.ids = [self.encoder.encode(record) for record in self.letters]
        else:
            self.ids = self._encode_shares(shard)
        return time.perf_counter() - began

    def _encode_shares(self, shard: int) -> Ids:
        shares = [
            (n, a, b) for n, record in enumerate(self.letters) for a, b in self.encoder.shards(record, shard)
        ]
        parts = self.pool.map(lambda share: self.encoder.encode(self.letters[share[0]], *share[1:]), shares)
        by_record: list[Ids] = [[] for _ in self.letters]
        for (record, _, _), ids in zip(shares, parts, strict=True):
            by_record[record].append(ids)
        return [np.concatenate(ids) for ids in by_record]

    def decode(self) -> float:
        """Seconds to decode what was encoded last."""
        began = time.perf_counter()
        self.back = list(self.pool.map(self.encoder.decode, self.ids, self.gaps))
        return time.perf_counter() - began


def _gaps(letters: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Length of each run of N."""
    return np.diff(true_runs((letters | 32) == ord("n")), axis=1).ravel()


def prove_equal(peer: Peer, ours: Ours, folder: Path) -> int:
    """Compare ids, and letters decoded; gaps and ambiguous letters are ours alone. Return how many words."""
    peer.do("write", ids=str(folder / "ids"), text=str(folder / "text"))
    mine = np.concatenate(ours.ids)
    mine_words = mine[mine >= FIRST_WORD]
    if not np.array_equal(mine_words, np.fromfile(folder / "ids", np.uint16)):
        raise RuntimeError("the ids of the tokenizers library are others than ours")
    upper = [np.frombuffer(record.tobytes().upper(), np.uint8) for record in ours.letters]
    if any(not np.array_equal(a, b) for a, b in zip(ours.back, upper, strict=True)):
        raise RuntimeError("our words, decoded, are not the letters")
    bases = np.concatenate(upper)
    if (folder / "text").read_bytes() != bases[np.isin(bases, np.frombuffer(b"ACGT", np.uint8))].tobytes():
        raise RuntimeError("the library's words, decoded, are not the letters")
    return int((mine != GAP).sum())
