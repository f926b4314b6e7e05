"""Small convolutional networks: what NumPy computes, how they are trained, what is refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from genomebook.tasks.rules.base import PackedRule, joined_sequences
from genomebook.tasks.rules.network import (
    ConvolutionShape,
    Network,
    NetworkRule,
    reverse_complements,
    windows_of,
)
from genomebook.tasks.shipped import CONTROLS
from genomebook.tasks.task import Examples
from genomebook.training.tasks import random_network
from genomebook.training.tasks.data import FittingData
from genomebook.training.tasks.network import (
    Plan,
    TrainedNetwork,
    likelihood,
    rows_of,
    shape_for,
    train,
)

SHAPE = ConvolutionShape(60, True, widths=(8, 5), filters=(12, 6), pools=(4, 3), hidden=8)


def random_sequences(n: int, letters: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(row) for row in rng.choice(list("ACGT"), (n, letters))]


def untrained(shape: ConvolutionShape, seed: int = 0) -> TrainedNetwork:
    """A network of random weights whose normalisations have seen some letters."""
    torch.manual_seed(seed)
    module = TrainedNetwork(shape, 0.1)
    for _ in range(20):
        module(torch.eye(4)[torch.randint(0, 4, (64, shape.window))].transpose(1, 2))
    return module.eval()


@pytest.mark.parametrize("shape", [SHAPE, msgspec.structs.replace(SHAPE, both_strands=False, outputs=3)])
def test_numpy_computes_what_torch_computes(shape: ConvolutionShape) -> None:
    module = untrained(shape)
    sequences = random_sequences(9, shape.window, 1)
    codes = torch.from_numpy(windows_of(joined_sequences(sequences), shape.window)).long()
    with torch.no_grad():
        expected = module(torch.eye(4)[codes].transpose(1, 2)).numpy()
    logits = NetworkRule([module.exported()]).logits(sequences)
    if shape.outputs == 1:
        np.testing.assert_array_equal(logits[:, 0], 0)
        logits = logits[:, 1:]
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(logits, expected, atol=0.02)  # weights are rounded to half precision


def test_both_strands_get_the_same_score() -> None:
    rule = NetworkRule([untrained(SHAPE).exported()])
    sequences = random_sequences(5, 60, 2)
    turned = ["".join("TGCA"["ACGT".index(base)] for base in reversed(s)) for s in sequences]
    np.testing.assert_allclose(rule.logits(sequences), rule.logits(turned), atol=1e-5)
    one_strand = msgspec.structs.replace(SHAPE, both_strands=False)
    directed = NetworkRule([untrained(one_strand).exported()])
    assert np.abs(directed.logits(sequences) - directed.logits(turned)).max() > 1e-3


@pytest.mark.parametrize("both_strands", [True, False])
@pytest.mark.parametrize("step", [1, 4, 12])
def test_a_scan_gives_what_each_window_gives(step: int, both_strands: bool) -> None:
    shape = msgspec.structs.replace(SHAPE, both_strands=both_strands)
    rule = NetworkRule([untrained(shape, seed).exported() for seed in (0, 1)])
    (sequence,) = random_sequences(1, 35_003, 3) if step == 12 else random_sequences(1, 403, 3)
    sequence = sequence[:100] + "NNNRNNN" + sequence[100:]
    for window in (60, 83, 50):
        windows = [sequence[at : at + window] for at in range(0, len(sequence) - window + 1, step)]
        np.testing.assert_allclose(rule.scan(sequence, window, step), rule.logits(windows), atol=1e-4)


def test_a_scan_of_less_than_a_window_is_empty() -> None:
    rule = NetworkRule([untrained(SHAPE).exported()])
    assert rule.scan("ACGT" * 14, 60, 4).shape == (0, 2)
    assert rule.logits([]).shape == (0, 2)


def test_windows_are_the_middle_and_short_sequences_get_n() -> None:
    codes = windows_of(joined_sequences(["acgtac", "GU", ""]), 4)
    assert codes.tolist() == [[1, 2, 3, 0], [4, 2, 3, 4], [4, 4, 4, 4]]
    assert reverse_complements(codes).tolist()[1] == [4, 0, 1, 4]


def test_a_rule_is_stored_and_opened() -> None:
    rule = NetworkRule([untrained(SHAPE, seed).exported() for seed in (0, 1)])
    packed = rule.pack()
    assert {tensor.dtype for tensor in packed.tensors.values()} == {np.dtype(np.float16)}
    assert sum(tensor.size for tensor in packed.tensors.values()) == rule.weights
    again = NetworkRule.unpack(
        PackedRule(msgspec.json.decode(msgspec.json.encode(packed.settings)), packed.tensors)
    )
    sequences = random_sequences(3, 80, 4)
    np.testing.assert_array_equal(again.logits(sequences), rule.logits(sequences))


def test_a_damaged_rule_is_refused() -> None:
    settings, tensors = NetworkRule([untrained(SHAPE).exported()]).pack()
    without = {name: tensor for name, tensor in tensors.items() if name != "0.2.bias"}
    with pytest.raises(KeyError):
        NetworkRule.unpack(PackedRule(settings, without))
    with pytest.raises(ValueError, match="hidden layer"):
        NetworkRule.unpack(PackedRule({**settings, "window": 90}, tensors))
    with pytest.raises(ValueError, match="too short"):
        NetworkRule.unpack(PackedRule({**settings, "window": 20}, tensors))
    with pytest.raises(ValueError, match="no network"):
        NetworkRule([])


def with_motif(n: int, seed: int, split: str) -> Examples:
    """Random sequences; every second one has a motif on either strand."""
    rng = np.random.default_rng(seed)
    sequences = random_sequences(n, 60, seed)
    for number in range(1, n, 2):
        at = int(rng.integers(5, 45))
        motif = ("TGACGTCATG", "CATGACGTCA")[number % 4 // 2]
        sequences[number] = sequences[number][:at] + motif + sequences[number][at + 10 :]
    return Examples(sequences, (np.arange(n) % 2).astype(np.int8), np.full(n, split), {})


def motif_task(n: int, folder: Path) -> FittingData:
    """Data of a task that a motif answers."""
    train_set, dev = with_motif(n, 5, "train"), with_motif(300, 6, "dev")
    return FittingData("tf-x", ("not bound", "bound"), "MCC", train_set, dev, folder)


def test_a_motif_is_learnt(tmp_path: Path) -> None:
    data = motif_task(1500, tmp_path)
    reached: list[float] = []

    def score(network: Network) -> float:
        reached.append(likelihood(network, data))
        return reached[-1]

    module = train(rows_of(data.train, 60, 2), SHAPE, Plan(epochs=12, batch=50, peak=1e-2), score)
    rule = NetworkRule([module.exported()])
    assert data.on_dev(rule) > 0.6
    assert max(reached) == pytest.approx(likelihood(rule.networks[0], data))


def test_training_is_repeatable() -> None:
    rows = rows_of(with_motif(100, 5, "train"), 60, 2)
    plan = Plan(epochs=1, batch=50)
    first, second = (train(rows, SHAPE, plan, lambda network: 0.0).exported() for _ in range(2))
    np.testing.assert_array_equal(first.hidden.weights, second.hidden.weights)
    with pytest.raises(ValueError, match="fewer than a batch"):
        train(rows, SHAPE, Plan(batch=128), lambda network: 0.0)


def test_a_network_of_random_weights_is_worse(tmp_path: Path) -> None:
    data = motif_task(600, tmp_path)
    rule = random_network.fit(data)
    assert rule.name in CONTROLS
    assert rule.shape == shape_for(data)
    assert -0.3 < data.on_dev(rule) < 0.6
    assert data.on_dev(rule) == data.on_dev(NetworkRule.unpack(rule.pack()))
