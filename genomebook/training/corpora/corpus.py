"""Stage: tokenize FASTA and English text into shards, and read the shards as a training set.

A corpus is a folder: the id space (`Bilingual.write`), little-endian uint16 shards of each script and part,
and ``corpus.json`` with counts and digests. DNA is written on both strands, each stretch between gaps by
itself; English keeps its paragraphs, separated by a newline; ``<end>`` stands before the first and after
each. Pairs of sequence and description (`genomebook.training.corpora.pairs`) are a third, optional stream.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.errors import CorpusError, FastaError, OptionError, VocabularyError
from genomebook.files.jobs import fresh_folder
from genomebook.files.manifest import Count, FileName, Sha256, read_json, validated
from genomebook.files.progress import Stage
from genomebook.genome.fasta import Genome
from genomebook.genome.names import canonical
from genomebook.genome.stretches import true_runs
from genomebook.language.alphabet import GAP, reverse_complement
from genomebook.language.bilingual import Bilingual, Kind, learn_english
from genomebook.language.train import pieces
from genomebook.language.vocabulary import load_vocabulary
from genomebook.options import check_new_path
from genomebook.training.corpora.english_text import paragraphs
from genomebook.training.corpora.pairs import pair_documents, read_pairs, split_pairs
from genomebook.training.corpora.sequence import canonical_names, open_records
from genomebook.training.output import open_text

FORMAT = "genomebook-corpus-1"
SCRIPTS = ("dna", "english")
PAIRS = "pairs"
"""Stream of documents in which both scripts stand together."""
SHARD = 1 << 24
"""Tokens of a shard at most."""
HELD_OUT = 20
"""Every 20th English document, by the digest of its text, is held out."""
_REMEDY = "make one with `genomebook corpus`"
_LEARN_LETTERS = 4_000_000
_LEARN_CHARACTERS = 24_000_000


def documents(path: Path) -> Iterator[str]:
    """Read the texts of a file, also ``.gz``: ``.jsonl`` with ``text`` or ``content``, else one text.

    Raises
    ------
    VocabularyError
        When the file is missing, is not UTF-8 or a line is not such an object.
    """
    number = 0
    try:
        with open_text(path) as lines:
            if ".jsonl" not in path.suffixes:
                yield lines.read()
                return
            for number, line in enumerate(lines, 1):  # noqa: B007
                record = json.loads(line)
                yield record["text"] if "text" in record else record["content"]
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        place = f"{path}, line {number}" if number else str(path)
        raise VocabularyError(
            f"{place}: not readable as text ({error}); give .txt or .jsonl with text"
        ) from None


def is_held_out(text: str) -> bool:
    """Whether an English document is only for testing."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") % HELD_OUT == 0


class _Shards:
    """Writes one stream of tokens into files of `SHARD` tokens."""

    def __init__(self, folder: Path, name: str, end: int) -> None:
        self.folder, self.name = folder, name
        self.waiting: list[NDArray[np.uint16]] = [np.array([end], np.uint16)]
        self.files: list[dict[str, Any]] = []
        self.letters = 0

    def add(self, ids: NDArray[np.uint16], letters: int) -> None:
        self.waiting.append(ids)
        self.letters += letters
        while sum(map(len, self.waiting)) >= SHARD:
            flat = np.concatenate(self.waiting)
            self._write(flat[:SHARD])
            self.waiting = [flat[SHARD:]]

    def _write(self, ids: NDArray[np.uint16]) -> None:
        path = self.folder / f"{self.name}-{len(self.files):05d}.u16"
        raw = ids.astype("<u2").tobytes()
        path.write_bytes(raw)
        self.files.append({"file": path.name, "tokens": len(ids), "sha256": hashlib.sha256(raw).hexdigest()})

    def close(self) -> dict[str, Any]:
        self._write(np.concatenate(self.waiting))
        return {"tokens": sum(f["tokens"] for f in self.files), "letters": self.letters, "shards": self.files}


@dataclass(frozen=True)
class CorpusSources:
    """Sources of a corpus.

    Parameters
    ----------
    dna, english : tuple of Path
        FASTA files; text files (`documents`).
    skip, hold_out : tuple of str
        Contigs to leave out; contigs only for testing.
    pairs : tuple of Path
        Files of pairs; their contigs are left out and held out too.
    scripts : Path or None
        Folder of a reader or corpus whose vocabularies are used, so that training can start from its weights.
    """

    dna: tuple[Path, ...]
    english: tuple[Path, ...]
    skip: tuple[str, ...] = ()
    hold_out: tuple[str, ...] = ()
    pairs: tuple[Path, ...] = ()
    scripts: Path | None = None


def make_corpus(
    sources: CorpusSources,
    output: Path,
    *,
    words: str,
    kind: Kind,
    english_size: int,
    one_script: bool,
    stage: Stage,
) -> Corpus:
    """Make a corpus and open it.

    Parameters
    ----------
    sources, output
        Sequence and text; folder to make, which appears when it is complete.
    words : str
        DNA vocabulary, by name or path.
    kind : "two-script" or "unified"
        See `genomebook.language.bilingual`.
    english_size : int
        Ids of the English (or, when unified, the common) BPE.
    one_script : bool
        Allow a corpus without DNA or without English.
    stage : callable
        Progress: ``stage(name, total)`` returns a function that receives the amounts done.

    Raises
    ------
    OptionError
        When the output exists, a script is missing without ``one_script``, or the ids are unified and pairs
        are given.
    FastaError, VocabularyError, CorpusError
        When a source is unusable.
    """
    check_new_path(output, "a corpus")
    missing = [name for name, given in zip(SCRIPTS, (sources.dna, sources.english), strict=True) if not given]
    if missing and not one_script:
        raise OptionError(
            f"no {missing[0]} given: a reader of two languages needs both; add it or say --one-script"
        )
    with open_records(sources.dna, sources.skip) as opened, fresh_folder(output) as fresh:
        held = canonical_names(sources.hold_out)
        records = [("test" if canonical(r.contig) in held else "train", r.name, g) for g, r in opened]
        if sources.dna and all(part == "test" for part, _, _ in records):
            raise FastaError(f"{sources.dna[0]}: no record is left to learn from; skip and hold out fewer")
        if sources.scripts:
            scripts = Bilingual.open(sources.scripts)
        else:
            english = _learn(sources, records, kind, english_size, stage)
            scripts = Bilingual(kind, load_vocabulary(words), english)
        if sources.pairs and scripts.kind == "unified":
            raise OptionError("pairs need two scripts; leave out --pairs or --vocabulary unified")
        scripts.write(fresh)
        parts = {
            "dna": _write_dna(fresh, scripts, records, stage),
            "english": _write_english(fresh, scripts, sources.english, stage),
        }
        if sources.pairs:
            parts[PAIRS] = _write_pairs(fresh, scripts, sources, stage)
        body = {
            "format": FORMAT,
            "scripts": scripts.digest,
            "dna": [f"{part}:{name}" for part, name, _ in records],
            "english": [path.name for path in sources.english],
            "parts": parts,
        }
        (fresh / "corpus.json").write_text(json.dumps(body, indent=1) + "\n")
    return Corpus(output)


def _learn(
    sources: CorpusSources, records: list[tuple[str, str, Genome]], kind: Kind, size: int, stage: Stage
) -> str:
    """BPE of English, or of the mixture, with `_LEARN_LETTERS` bases of DNA."""
    advance = stage("vocabulary", 1)

    def text() -> Iterator[str]:
        room = _LEARN_CHARACTERS
        for document in (document for path in sources.english for document in documents(path)):
            if room > 0 and not is_held_out(document):
                room -= len(document)
                yield from paragraphs(document)
        if kind == "unified":
            room = _LEARN_LETTERS
            for part, name, genome in records:
                if part == "train" and room > 0:
                    letters = genome.letters(name)[:room].tobytes()
                    room -= len(letters)
                    yield from pieces(letters)

    learnt = learn_english(text(), size if sources.english else 256)
    advance(1)
    return learnt


def _write_dna(
    folder: Path, scripts: Bilingual, records: list[tuple[str, str, Genome]], stage: Stage
) -> dict[str, Any]:
    end = scripts.mark("<end>")
    shards = {part: _Shards(folder, f"dna-{part}", end) for part in ("train", "test")}
    advance = stage("dna", sum(len(genome.letters(name)) for _, name, genome in records))
    for part, name, genome in records:
        letters = genome.letters(name).tobytes()
        for strand in (letters, reverse_complement(letters)):
            for run in _runs(scripts.dna(strand), scripts):
                shards[part].add(np.append(run, np.uint16(end)), 0)
            shards[part].letters += len(letters) - letters.upper().count(b"N")
        advance(len(letters))
    return {part: shard.close() for part, shard in shards.items()}


def _runs(ids: NDArray[np.uint16], scripts: Bilingual) -> list[NDArray[np.uint16]]:
    """Words between gaps."""
    if scripts.kind == "unified":
        return [ids]
    return [ids[start:end] for start, end in true_runs(ids != GAP).tolist()]


def _write_english(folder: Path, scripts: Bilingual, paths: Iterable[Path], stage: Stage) -> dict[str, Any]:
    end = np.uint16(scripts.mark("<end>"))
    shards = {part: _Shards(folder, f"english-{part}", int(end)) for part in ("train", "test")}
    advance = stage("english", 1)
    for path in paths:
        for document in documents(path):
            text = "\n".join(paragraphs(document))
            ids = np.append(scripts.text(text), end)
            shards["test" if is_held_out(document) else "train"].add(ids, len(text))
    advance(1)
    return {part: shard.close() for part, shard in shards.items()}


def _write_pairs(folder: Path, scripts: Bilingual, sources: CorpusSources, stage: Stage) -> dict[str, Any]:
    """Pairs of each part; their letters are those of the sequences and of the texts."""
    advance, written = stage(PAIRS, 1), {}
    pairs = (pair for path in sources.pairs for pair in read_pairs(path))
    for part, kept in split_pairs(pairs, sources.skip, sources.hold_out).items():
        shards = _Shards(folder, f"{PAIRS}-{part}", scripts.mark("<end>"))
        for pair in kept:
            for ids in pair_documents(scripts, pair):
                shards.add(ids, len(pair.sequence) + len(pair.text))
        written[part] = shards.close()
    advance(1)
    return written


class ShardRecord(msgspec.Struct, frozen=True):
    """A file of tokens."""

    file: FileName
    tokens: Count
    sha256: Sha256


class PartRecord(msgspec.Struct, frozen=True):
    """Tokens, and bases or characters, of a script in a part, and their files."""

    tokens: Count
    letters: Count
    shards: list[ShardRecord]


class CorpusMeta(msgspec.Struct, frozen=True):
    """``corpus.json``: what was read, and by script and part what it became."""

    format: Literal["genomebook-corpus-1"]
    scripts: Sha256
    dna: list[str]
    english: list[str]
    parts: dict[str, dict[str, PartRecord]]


class Corpus:
    """A corpus on disk.

    Parameters
    ----------
    folder : Path
        As `make_corpus` made it.

    Raises
    ------
    CorpusError
        When it is missing, of another format, or a shard is missing or of the wrong size.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = folder / "corpus.json"
        try:
            body = read_json(path, _REMEDY, CorpusError)
        except OSError as error:
            raise CorpusError(f"{path}: not a corpus ({error}); {_REMEDY}") from None
        if body.get("format") != FORMAT:
            raise CorpusError(f"{path}: not in the format {FORMAT}; make the corpus anew")
        self.meta = validated(path, body, CorpusMeta, _REMEDY, CorpusError)
        self.scripts = Bilingual.open(folder)
        if self.scripts.digest != self.meta.scripts:
            raise CorpusError(f"{path}: the vocabulary beside it is another one; make the corpus anew")

    def tokens(self, script: str, part: str) -> NDArray[np.uint16]:
        """Memory-mapped tokens of a script, or of pairs, and a part ("train", "test"): uint16[n]."""
        maps = []
        for shard in self.meta.parts[script][part].shards:
            path = self.folder / shard.file
            if not path.is_file() or path.stat().st_size != 2 * shard.tokens:
                raise CorpusError(f"{path}: missing or cut short; make the corpus anew")
            maps.append(np.memmap(path, "<u2", "r"))
        return maps[0] if len(maps) == 1 else np.concatenate(maps)

    def letters_per_token(self, script: str, part: str) -> float:
        """Mean letters (of DNA) or characters (of English) per token of a part; 0.0 when it is empty."""
        count = self.meta.parts[script][part]
        return float(count.letters / max(count.tokens - 1, 1))
