"""A stable order of the rows of a table, for kernels."""

from __future__ import annotations

import numpy as np

from genomebook.compiled import kernel


@kernel(nogil=True)
def ascending(table, column, sign):  # type: ignore[no-untyped-def]
    """Order of the rows of an int64 table by ``sign`` times a column; equal rows stay in order.

    A merge sort of our own, because numba takes several times as long to compile that of NumPy.
    """
    n, width = table.shape[0], 1
    order, other = np.arange(n), np.empty(n, np.int64)
    while width < n:
        for start in range(0, n, 2 * width):
            middle, end = min(start + width, n), min(start + 2 * width, n)
            left, right = start, middle
            for i in range(start, end):
                rest = right >= end
                if left < middle and (
                    rest or sign * table[order[left], column] <= sign * table[order[right], column]
                ):
                    other[i] = order[left]
                    left += 1
                else:
                    other[i] = order[right]
                    right += 1
        order, other = other, order
        width *= 2
    return order
