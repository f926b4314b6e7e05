"""Continue a sequence by a language model, beside real, shuffled and Markov DNA of the same length."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genomebook.book.read import Book
from genomebook.errors import OptionError
from genomebook.genome.regions import Region
from genomebook.language.alphabet import BASES, CODE, NOT_BASE, reverse_complement
from genomebook.language.shuffle import dinucleotide_shuffle
from genomebook.models.continuation import shipped_continuer
from genomebook.search.alignment.dust import low_complexity
from genomebook.tasks.answer import TaskAnswer
from genomebook.tasks.copies import longest_copies
from genomebook.tasks.exact import gc_content
from genomebook.tasks.inputs import AskedSequence
from genomebook.tasks.options import AskOptions
from genomebook.tasks.task import Task

TASK = "continuation"

MAX_LENGTH = 1_000
"""Most letters of a continuation."""

MAX_TEMPERATURE = 2.0

SPECTRUM, ORDER = 4, 2
"""Letters of the words whose frequencies are compared; letters that the Markov chain looks back."""


class TextFigures(NamedTuple):
    """Figures of a text.

    Attributes
    ----------
    gc : float
        Share of G and C.
    distance : float or None
        Half the summed difference between its frequencies of words of `SPECTRUM` letters on both strands and
        those of the sequence that it continues: 0 alike, 1 nothing in common. None where either is too short.
    repeats : float
        Share of letters of low complexity (DUST).
    copied : int or None
        Letters of the longest exact copy of the book; None without a book.
    """

    gc: float
    distance: float | None
    repeats: float
    copied: int | None

    def line(self) -> str:
        """The figures for people."""
        copied = "" if self.copied is None else f", longest exact copy {self.copied:,} letters"
        distance = "not measured" if self.distance is None else f"{self.distance:.3f}"
        return (
            f"GC {100 * self.gc:.1f} %, distance of 4-mers {distance}, "
            f"low complexity {100 * self.repeats:.1f} %{copied}"
        )


def continuation_answer(
    task: Task,
    question: str,
    asked: AskedSequence,
    options: AskOptions,
    book: Book | None = None,
    place: Region | None = None,
) -> TaskAnswer:
    """Continue a sequence.

    Parameters
    ----------
    task : Task
        The task `TASK`.
    question : str
        As read.
    asked : AskedSequence
        What to continue.
    options : AskOptions
        Length, temperature and seed.
    book : Book, optional
        Where copies are looked for.
    place : Region, optional
        Where the sequence is from: the letters after it are the real continuation.

    Raises
    ------
    OptionError
        The length or the temperature is not possible.
    """
    if not 1 <= options.length <= MAX_LENGTH:
        raise OptionError(f"{options.length:,} letters: ask for 1 to {MAX_LENGTH:,} of a continuation")
    if not 0 <= options.temperature <= MAX_TEMPERATURE:
        raise OptionError(f"temperature {options.temperature:g}: choose one from 0 to {MAX_TEMPERATURE:g}")
    continuer = shipped_continuer()
    written = continuer.write(asked.letters.encode(), options.length, options.temperature, options.seed)
    real_name, real, reference = _real(asked.letters, options.length, book, place)
    texts = {
        f"written by {continuer.name}": written,
        real_name: real,
        "the real one, shuffled (dinucleotides kept)": dinucleotide_shuffle(
            real.encode(), options.seed, TASK
        ).decode(),
        f"Markov chain of order {ORDER}": markov_dna(reference, options.length, options.seed),
    }
    copied: list[int | None] = [None] * len(texts)
    details = {}
    if book is not None:
        copied[:], read = longest_copies(list(texts.values()), book)
        total = sum(volume.length for volume in book)
        details["letters of the book searched for copies"] = f"{read:,} of {total:,}, from its beginning"
    figures = [
        text_figures(text[: len(real)], reference, longest)
        for text, longest in zip(texts.values(), copied, strict=True)
    ]
    details = dict(zip(texts, (one.line() for one in figures), strict=True)) | details
    details["4-mers compared"] = (
        f"the first {len(real):,} letters of each text with the first {len(reference):,} of the sequence"
    )
    details["temperature"], details["seed"] = f"{options.temperature:g}", str(options.seed)
    trust = (
        "Made up by a language model, word by word, not taken from a genome. If its distance is larger than "
        "that of the Markov chain, the model knows less about this sequence than counts of three letters do."
    )
    shown = written if len(written) <= 60 else f"{written[:60]}…"
    return TaskAnswer(
        question, task.name, task.title, f"The model continues: {shown} ({len(written):,} letters).",
        rule=continuer.name, trust=trust, exact=False, sequence=written, details=details, name=asked.name,
        notes=asked.notes,
    )  # fmt: skip


def _real(letters: str, length: int, book: Book | None, place: Region | None) -> tuple[str, str, str]:
    """Name and letters of real DNA to compare, and the sequence that all texts are compared with.

    The real DNA is what follows in the book, else the end of the sequence, which is then held out.
    """
    if book is not None and place is not None:
        after = book[place.volume].sequence(place.end, min(place.end + length, book[place.volume].length))
        plain = _plain(after.decode().upper())
        if len(plain) == length:
            return "real: what follows in the book", plain, letters
    plain = _plain(letters)
    held_out = min(length, max(1, len(plain) // 2))
    name = f"real: the last {held_out:,} letters of the sequence itself"
    return name, plain[-held_out:], plain[:-held_out]


def _plain(letters: str) -> str:
    return "".join(letter for letter in letters if letter in BASES)


def text_figures(text: str, reference: str, copied: int | None = None) -> TextFigures:
    """Figures of a text beside a reference.

    Parameters
    ----------
    text, reference : str
        DNA in upper case.
    copied : int, optional
        Letters of its longest copy.
    """
    ours, theirs = spectrum(text), spectrum(reference)
    distance = float(np.abs(ours - theirs).sum() / 2) if ours.any() and theirs.any() else None
    return TextFigures(
        gc_content(text.encode()), distance, float(low_complexity(text.encode()).mean()), copied
    )


def spectrum(text: str) -> NDArray[np.float64]:
    """Frequencies of the words of `SPECTRUM` letters on both strands: float64[256], or all 0."""
    counts = np.zeros(len(BASES) ** SPECTRUM)
    for letters in (text.encode(), reverse_complement(text.encode())):
        words = _words(letters, SPECTRUM)
        counts += np.bincount(words, minlength=len(counts))
    return counts / counts.sum() if counts.any() else counts


def _words(letters: bytes, size: int) -> NDArray[np.int64]:
    """Numbers of the words of plain bases, in order."""
    codes = CODE[np.frombuffer(letters, np.uint8)].astype(np.int64)
    if len(codes) < size:
        return np.empty(0, np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(codes, size)
    windows = windows[(windows < NOT_BASE).all(axis=1)]
    return np.asarray(windows @ (4 ** np.arange(size)[::-1]), np.int64)


def markov_dna(letters: str, length: int, seed: int) -> str:
    """Draw DNA from a Markov chain of order `ORDER` that was counted in a sequence, one added to each count.

    Parameters
    ----------
    letters : str
        DNA in upper case.
    length : int
        Letters to draw.
    seed : int
        Of the draw.
    """
    counts = np.bincount(_words(letters.encode(), ORDER + 1), minlength=4 ** (ORDER + 1)) + 1.0
    chances = counts.reshape(-1, 4).cumsum(axis=1)
    rng = np.random.Generator(np.random.PCG64(seed))
    context = int(rng.choice(len(chances), p=chances[:, -1] / chances[:, -1].sum()))
    drawn = []
    for number in rng.random(length):
        letter = int(np.searchsorted(chances[context], number * chances[context, -1], "right"))
        drawn.append(BASES[letter])
        context = (4 * context + letter) % len(chances)
    return "".join(drawn)
