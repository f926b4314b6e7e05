"""Positions where a boundary can stand, numbered over the gaps of a volume, and circular shifts over them."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from genomebook.compiled import kernel
from genomebook.genome.stretches import Positions, Stretches
from genomebook.stats import block_borders


class BoundaryPositions(Stretches):
    """Positions between two letters that are both outside gaps, numbered from 0.

    A position is the number of letters before it, local to the volume.
    """

    @classmethod
    def around(cls, length: int, gaps: Positions) -> Self:
        """Positions of a volume of ``length`` letters; ``gaps`` int64[g, 2], 0-based half-open, ascending."""
        gaps = np.asarray(gaps, np.int64).reshape(-1, 2)
        starts = np.concatenate([[0], gaps[:, 1]]) + 1
        spans = np.stack([starts, np.concatenate([gaps[:, 0], [length]])], axis=1)
        return cls.of(spans[spans[:, 0] < spans[:, 1]])

    def only(self, positions: Positions) -> Positions:
        """Keep the ``positions`` where a boundary can stand, ascending, without duplicates."""
        positions = np.unique(np.asarray(positions, np.int64))
        return positions[self.rank(positions + 1) > self.rank(positions)]

    def per_block(
        self, positions: Positions, weights: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Count positions (or sum their weights) in each block of `stats.block_borders`: float64[blocks]."""
        counts, _ = np.histogram(self.rank(positions), block_borders(self.size), weights=weights)
        return counts.astype(np.float64)

    def hits_of_shifts(
        self, boundaries: Positions, edges: Positions, distances: Positions, within: int
    ) -> Positions:
        """Shift boundaries round the volume and count the matches with edges.

        Parameters
        ----------
        boundaries, edges : int64[k], int64[m]
            As `only` gives them.
        distances : int64[shifts]
            Positions to shift by.
        within : int
            Letters between a boundary and an edge that match.

        Returns
        -------
        int64[shifts, 2]
            Shifted boundaries near an edge; edges near a shifted boundary.
        """
        return np.asarray(
            _shifted(self.rank(boundaries), edges, self.starts, self.before, distances, within), np.int64
        )


def is_near(positions: Positions, edges: Positions, within: int) -> NDArray[np.bool_]:
    """bool[k]: whether each position has an edge (int64[m], ascending) at most ``within`` letters away."""
    first = np.searchsorted(edges, positions - within)
    return np.asarray(np.searchsorted(edges, positions + within, "right") > first)


@kernel(nogil=True)
def _shifted(numbers, edges, starts, before, shifts, within):  # type: ignore[no-untyped-def]
    """Count boundaries near an edge, and edges near a boundary, in one walk along both for each shift."""
    size, k, m = before[-1], len(numbers), len(edges)
    counts = np.zeros((len(shifts), 2), np.int64)
    for s in range(len(shifts)):
        by = shifts[s] % size
        first = np.searchsorted(numbers, size - by)
        run = edge = unseen = 0
        for i in range(k):
            j = first + i
            number = numbers[j] + by - size if j < k else numbers[j - k] + by
            while before[run + 1] <= number:
                run += 1
            place = starts[run] + number - before[run]
            while edge < m and edges[edge] < place - within:
                edge += 1
            if edge == m:
                break
            if edges[edge] <= place + within:
                counts[s, 0] += 1
                unseen = max(unseen, edge)
                while unseen < m and edges[unseen] <= place + within:
                    counts[s, 1] += 1
                    unseen += 1
    return counts
