"""Exact answers in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from genomebook.language.alphabet import complement, reverse_complement
from genomebook.language.genetic_codes import STOP, UNKNOWN, genetic_code
from genomebook.tasks.exact import OpenFrame, gc_content, orfs, translate
from genomebook.tasks.options import AskOptions

MAX_LISTED = 20
"""Most open reading frames that an answer lists."""


@dataclass(frozen=True)
class ExactAnswer:
    """What is computed: a sentence, the value, the sequence where it is one, further values by name."""

    text: str
    label: str = ""
    sequence: str = ""
    details: dict[str, str] = field(default_factory=dict)


def _gc(letters: bytes, options: AskOptions) -> ExactAnswer:
    share = gc_content(letters)
    counts = {letter: f"{letters.count(letter.encode()):,}" for letter in "ACGT"}
    other = len(letters) - sum(letters.count(letter) for letter in b"ACGT")
    if other:
        counts["other letters"] = f"{other:,}"
    text = f"{100 * share:.1f} % of the letters are G or C."
    return ExactAnswer(text, f"{share:.4f}", details=counts)


def _complement(letters: bytes, options: AskOptions) -> ExactAnswer:
    made = complement(letters).decode()
    return ExactAnswer(f"The complement, in the same order: {_short(made)}", sequence=made)


def _reverse(letters: bytes, options: AskOptions) -> ExactAnswer:
    made = letters[::-1].decode()
    return ExactAnswer(f"The letters from last to first: {_short(made)}", sequence=made)


def _reverse_complement(letters: bytes, options: AskOptions) -> ExactAnswer:
    made = reverse_complement(letters).decode()
    return ExactAnswer(f"The other strand, 5' to 3': {_short(made)}", sequence=made)


def _protein(letters: bytes, options: AskOptions) -> ExactAnswer:
    frame, code = options.frame or 1, genetic_code(options.table)
    protein = translate(letters, frame, options.table)
    stops = protein.count(STOP)
    text = (
        f"Frame {frame:+d} has {_count(len(protein), 'codon')} and {_count(stops, 'stop')}: {_short(protein)}"
    )
    details = {"frame": f"{frame:+d}", "genetic code": f"{code.number}, {code.name}", "stops": f"{stops:,}"}
    if left := (len(letters) - abs(frame) + 1) % 3:
        details["letters left at the end"] = str(left)
    if unknown := protein.count(UNKNOWN):
        details["codons with unknown letters (X)"] = f"{unknown:,}"
    if options.frame is None and options.is_table_default and stops > 1:
        best = max(orfs(letters, options.table, 0), key=len, default=None)
        if best is not None and best.frame != frame:
            details["longest open reading frame"] = _place(best)
    return ExactAnswer(text, sequence=protein, details=details)


def _orfs(letters: bytes, options: AskOptions) -> ExactAnswer:
    listed = orfs(letters, options.table, options.shortest)
    at_least = f"of {options.shortest:,} letters or more"
    if not listed:
        return ExactAnswer(f"No open reading frame {at_least}.", "0")
    text = (
        f"{_count(len(listed), 'open reading frame')} {at_least}; the longest is in frame "
        f"{listed[0].frame:+d}: {_place(listed[0])}."
    )
    details = {str(number): _place(frame) for number, frame in enumerate(listed[:MAX_LISTED], 1)}
    if len(listed) > MAX_LISTED:
        details["more"] = f"{len(listed) - MAX_LISTED:,} shorter ones"
    return ExactAnswer(text, str(len(listed)), listed[0].protein, details)


EXACT: dict[str, Callable[[bytes, AskOptions], ExactAnswer]] = {
    "gc-content": _gc,
    "complement": _complement,
    "reverse": _reverse,
    "reverse-complement": _reverse_complement,
    "protein": _protein,
    "orfs": _orfs,
}
"""What computes the answer to each exact task: letters (upper case DNA) and options in."""


def _short(text: str, shown: int = 60) -> str:
    return text if len(text) <= shown else f"{text[:shown]}… ({len(text):,} letters)"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _place(frame: OpenFrame) -> str:
    """Where an open reading frame lies, 1-based inclusive, and how long it is."""
    strand = "+" if frame.frame > 0 else "-"
    end = "" if frame.is_complete else ", no stop before the end of the sequence"
    return (
        f"{frame.start + 1:,}-{frame.end:,} on the {strand} strand "
        f"({_count(len(frame.protein), 'amino acid')}{end})"
    )
