"""Cuts by the definition."""

from __future__ import annotations

from genomebook.language.alphabet import CODE
from genomebook.language.cuts import cut_table, next_cut
from tests.support.dna import as_array


def cuts(letters: bytes) -> list[int]:
    """All hash cuts, as the program finds them one after the other."""
    array, table, found = as_array(letters), cut_table(), []
    at = next_cut(array, 0, CODE, table)
    while at < len(array):
        found.append(int(at))
        at = next_cut(array, at + 1, CODE, table)
    return found
