"""Places similar to a query, from seeds alone: fast enough to count them for each paragraph of a page."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genomebook.search.alignment.candidates import groups_of
from genomebook.search.alignment.lookup import selected
from genomebook.search.alignment.seeds import Seeds
from genomebook.search.schema import PLACES
from genomebook.search.text import PackedText, damaged


def similar_places(
    codes: NDArray[np.uint8], masked: NDArray[np.bool_], seeds: Seeds, text: PackedText
) -> tuple[NDArray[np.int64], bool]:
    """Text regions similar to one strand of a query, without alignment; releases the GIL.

    Parameters
    ----------
    codes, masked, seeds, text
        As for `candidates`.

    Returns
    -------
    int64[k, 5], bool
        Rows as of `candidates`, in text order, with the scores of ungapped segments; and whether all seed
        hits were within the budget.

    Raises
    ------
    DamagedBookError
        As for `candidates`.
    """
    chosen, is_whole = selected(codes, masked, seeds)
    regions, beyond = groups_of(codes, chosen, seeds.compiled, text.compiled)
    if beyond:
        raise damaged(seeds.folder / PLACES, "a place beyond the text")
    return np.asarray(regions), is_whole
