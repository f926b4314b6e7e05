"""Size and budget of the networks that compare vocabularies."""

from __future__ import annotations

from dataclasses import dataclass

from genomebook.errors import OptionError

HEAD = 32
"""Width of an attention head."""

MAX_K = 8
"""Letters that can be asked for: a head has 4 to the power of k outputs."""


@dataclass(frozen=True)
class Settings:
    """How a network is made and trained: the same for every vocabulary.

    Attributes
    ----------
    ks : tuple of int
        Numbers of bases to predict, a head each.
    steps, batch : int
        Updates of the weights; windows in each.
    context : int
        Bases of a window; ``steps * batch * context`` are seen in all, whatever the vocabulary.
    places : int
        Places of each window that are learnt from: its end, and word ends before it drawn at random.
    width, layers : int
        Of the transformer.
    rate : float
        Highest learning rate; warm-up over 5 % of the steps, then a cosine to a tenth.
    tests : int
        Maximum number of held-out windows to answer for.

    Raises
    ------
    OptionError
        When they do not fit together.
    """

    ks: tuple[int, ...] = (2, 3, 4, 5, 6)
    steps: int = 500
    batch: int = 64
    context: int = 32
    places: int = 2
    width: int = 128
    layers: int = 2
    rate: float = 1e-3
    tests: int = 8192

    def __post_init__(self) -> None:
        wrong = ""
        if not self.ks or min(self.ks) < 1 or max(self.ks) > MAX_K or len(set(self.ks)) < len(self.ks):
            wrong = f"--k {' '.join(map(str, self.ks))}: give different numbers of letters from 1 to {MAX_K}"
        elif self.width < 1 or self.width % HEAD:
            wrong = f"--width {self.width}: give a multiple of {HEAD}"
        elif self.context < 4 * MAX_K:
            wrong = f"--context {self.context}: give {4 * MAX_K} letters or more"
        elif self.places < 2:
            wrong = f"--places {self.places}: give 2 or more, the end of a window and a word end before it"
        for name in ("steps", "batch", "layers", "rate", "tests"):
            if getattr(self, name) <= 0:
                wrong = f"--{name} {getattr(self, name)}: give more than 0"
        if wrong:
            raise OptionError(wrong)

    @property
    def most(self) -> int:
        """Maximum number of bases to predict."""
        return max(self.ks)

    @property
    def span(self) -> int:
        """Bases of a window and of what follows it."""
        return self.context + self.most
