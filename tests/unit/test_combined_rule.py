"""A weighted sum of rules: what it says, how its weights are found, how it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from genomebook.errors import OptionError
from genomebook.files.digests import canonical
from genomebook.tasks.rules.base import PackedRule
from genomebook.tasks.rules.combined import CombinedRule
from genomebook.tasks.rules.kmers import KmerRule, WordShape
from genomebook.tasks.shipped import WeightsError, read_rule
from genomebook.tasks.task import Examples
from genomebook.training.tasks import combined
from genomebook.training.tasks.data import FittingData

LABELS = ("no", "yes")


class CountRule:
    """Scores the second label by how often a letter stands in a sequence."""

    name = "count"

    def __init__(self, letter: str) -> None:
        self.letter = letter

    def logits(self, sequences: Sequence[str]) -> NDArray[np.float32]:
        return np.array([[0, sequence.count(self.letter) - 3] for sequence in sequences], np.float32)


def dev_set() -> Examples:
    """Random sequences with more A or more C than expected where the answer is yes; G says nothing."""
    rng = np.random.default_rng(0)
    sequences = ["".join(row) for row in rng.choice(list("ACGT"), (400, 12))]
    surplus = [s.count("A") + s.count("C") - 6 for s in sequences]
    labels = np.array(surplus) + rng.normal(0, 2, 400) > 0
    return Examples(sequences, labels.astype(np.int8), np.full(400, "dev"), {})


def test_logits_are_added_up() -> None:
    rule = CombinedRule({"a": CountRule("A"), "c": CountRule("C")}, (0.5, 2))
    expected = [[0, -5.5], [0, -1]]
    np.testing.assert_allclose(rule.logits(["AAAA", "CCAC"]), expected)
    np.testing.assert_allclose(rule.scan("AAAACCACC", 4, 4), expected)


def test_weights_follow_what_the_parts_know(tmp_path: Path) -> None:
    dev = dev_set()
    data = FittingData("task", LABELS, "MCC", dev, dev, tmp_path)
    letters = {"gapped": "A", "network": "C", "motifs": "G", "other": "T"}
    rule = combined.fit(data, {kind: CountRule(letter) for kind, letter in letters.items()})
    weights = dict(zip(rule.parts, rule.weights, strict=True))
    assert min(weights["gapped"], weights["network"]) > 3 * weights.get("motifs", 0)
    assert "other" not in weights
    assert data.on_dev(rule) > max(data.on_dev(part) for part in rule.parts.values())
    with pytest.raises(OptionError, match="before combined"):
        combined.fit(data, {"gapped": CountRule("A")})


def test_rules_that_know_nothing_still_make_a_sum(tmp_path: Path) -> None:
    dev = dev_set()
    wrong = Examples(dev.sequences, 1 - dev.labels, dev.split, {})
    data = FittingData("task", LABELS, "MCC", wrong, wrong, tmp_path)
    rule = combined.fit(data, {"gapped": CountRule("A"), "network": CountRule("C")})
    assert max(rule.weights) < combined.SMALLEST_WEIGHT
    assert np.abs(rule.logits(dev.sequences)).max() < 0.2


def test_a_stored_sum_opens_its_parts(tmp_path: Path) -> None:
    table = np.arange(4, dtype=np.float16)[:, None]
    part = KmerRule(WordShape(("1",), both_strands=False), table, np.zeros(1, np.float32), None)
    rule = CombinedRule({"k-mers": part}, (0.25,))
    for kind, packed in (("k-mers", part.pack()), ("combined", rule.pack())):
        write(tmp_path / f"{kind}.safetensors", packed)
    np.testing.assert_array_equal(read_rule(tmp_path, "combined").logits(["ACGT"]), rule.logits(["ACGT"]))
    (tmp_path / "k-mers.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"k-mers\.safetensors: not readable"):
        read_rule(tmp_path, "combined")
    write(tmp_path / "combined.safetensors", PackedRule({"parts": []}, rule.pack().tensors))
    with pytest.raises(WeightsError, match="1 weights of 0 rules"):
        read_rule(tmp_path, "combined")


def write(path: Path, packed: PackedRule) -> None:
    save_file(packed.tensors, path, {"settings": canonical(packed.settings).decode()})
