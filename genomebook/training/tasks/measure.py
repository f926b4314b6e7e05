"""Measuring a rule: dev and test, calibration, what it says of shuffled sequences, and its speed."""

from __future__ import annotations

import time
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from genomebook.stats import Estimate, generator
from genomebook.tasks.calibration import (
    capped,
    error_by_chance,
    expected_calibration_error,
    fit_temperature,
    probabilities,
    reliability,
)
from genomebook.tasks.metrics import estimate
from genomebook.tasks.reach import InRange
from genomebook.tasks.rules.base import PackableRule, Rule
from genomebook.tasks.shipped import CONFIDENT, CalibratedRule, RuleResult
from genomebook.tasks.task import Examples
from genomebook.training.measures import auc
from genomebook.training.tasks.data import FittingData, spread
from genomebook.training.tasks.reach import shuffles

SHUFFLES = 2_000
"""Test sequences that are shuffled, at most, spread evenly over all."""

SHUFFLES_SURE = 0.05
"""Share of the shuffled dev sequences that get a confident answer, at most."""

_TIMED = 200


class HeldOutSequences(NamedTuple):
    """What all rules of a task are measured on.

    Attributes
    ----------
    test : Examples
        The test split.
    sample : list of str
        Sequences of it, at most `SHUFFLES`.
    shuffled : list of str
        Their dinucleotide shuffles.
    shuffled_in_range : bool[shuffles]
        Those that are like the training set.
    in_range : InRange
        What is like the training set.
    """

    test: Examples
    sample: list[str]
    shuffled: list[str]
    shuffled_in_range: NDArray[np.bool_]
    in_range: InRange

    @classmethod
    def of(cls, test: Examples, in_range: InRange) -> HeldOutSequences:
        """Shuffle a sample of the test sequences."""
        sample = test.take(spread(len(test), SHUFFLES)).sequences
        shuffled = shuffles(sample, "test")
        inside = np.array([in_range.check(sequence) is None for sequence in shuffled])
        return cls(test, sample, shuffled, inside, in_range)

    @property
    def real_auc(self) -> float:
        """How well k-mers tell the test sequences of the sample from their shuffles."""
        both = self.sample + self.shuffled
        is_real = (np.arange(len(both)) < len(self.shuffled)).astype(np.int8)
        return auc(self.in_range.log_odds(both), is_real)

    @property
    def share_outside(self) -> float:
        """Share of the test split that is called out of range."""
        return float(np.mean([self.in_range.check(sequence) is not None for sequence in self.test.sequences]))


def measure_rule(rule: PackableRule, data: FittingData, sequences: HeldOutSequences) -> RuleResult:
    """Measure a rule.

    Parameters
    ----------
    rule : PackableRule
        Fitted to the training split.
    data : FittingData
        Its dev split sets the temperature.
    sequences : HeldOutSequences
        Looked at here for the first time.
    """
    test = sequences.test
    dev_logits, test_logits = rule.logits(data.dev.sequences), rule.logits(test.sequences)
    dev_real, test_real = map(sequences.in_range.log_odds, (data.dev.sequences, test.sequences))
    modesty = sequences.in_range.modesty
    temperature = fit_temperature(dev_logits * modesty(dev_real), data.dev.labels)
    least = least_real(rule, temperature, data, sequences.in_range)
    uncapped = probabilities(test_logits * modesty(test_real), temperature)
    answers = capped(uncapped, test_real < least, CONFIDENT)
    bins = reliability(answers, test.labels)
    shuffled_logits, shuffled_real = (
        rule.logits(sequences.shuffled),
        sequences.in_range.log_odds(sequences.shuffled),
    )
    modest_shuffled = probabilities(shuffled_logits * modesty(shuffled_real), temperature)
    shuffled = modest_shuffled.max(1) > CONFIDENT
    plain = probabilities(shuffled_logits, fit_temperature(dev_logits, data.dev.labels)).max(1) > CONFIDENT
    packed = rule.pack()
    result = RuleResult(
        rule=rule.name,
        settings=packed.settings,
        dev=_rounded(_estimate(data, data.dev, dev_logits)),
        test=_rounded(_estimate(data, test, test_logits)),
        temperature=round(temperature, 4),
        ece=round(expected_calibration_error(bins), 4),
        reliability=[bin_.rounded() for bin_ in bins],
        confident=round(float((answers.max(1) > CONFIDENT).mean()), 4),
        confident_shuffled=round(float(shuffled.mean()), 4),
        confident_shuffled_plain=round(float(plain.mean()), 4),
        confident_shuffled_in_range=round(float((shuffled & sequences.shuffled_in_range).mean()), 4),
        microseconds=0.0,
        weights=sum(int(tensor.size) for tensor in packed.tensors.values()),
        data=data.digest,
        limits=sequences.in_range.limits,
        capped_below=least,
        confident_uncapped=round(float((uncapped.max(1) > CONFIDENT).mean()), 4),
        confident_shuffled_capped=round(float((shuffled & (shuffled_real >= least)).mean()), 4),
        ece_chance=round(error_by_chance(answers), 4),
    )
    answering = CalibratedRule(rule, result, data.labels, sequences.in_range)
    return msgspec.structs.replace(result, microseconds=round(microseconds(answering, sequences.sample), 1))


def least_real(rule: Rule, temperature: float, data: FittingData, in_range: InRange) -> float:
    """Log-odds of being real from which an answer may be confident.

    The lowest with which at most `SHUFFLES_SURE` of the shuffled dev sequences get a confident answer.
    """
    shuffled = shuffles(data.dev.sequences[:SHUFFLES], "dev")
    real = in_range.log_odds(shuffled)
    given = probabilities(rule.logits(shuffled) * in_range.modesty(real), temperature)
    confident = np.sort(real[given.max(1) > CONFIDENT])
    allowed = int(SHUFFLES_SURE * len(shuffled))
    if len(confident) <= allowed:
        return round(float(real.min()), 4)
    return float(np.ceil(1e4 * confident[len(confident) - allowed - 1] + 1) / 1e4)


def microseconds(rule: CalibratedRule, sequences: list[str]) -> float:
    """Median processor time of an answer to one sequence, as Ask gives it, in microseconds."""
    times = []
    for sequence in sequences[:_TIMED]:
        began = time.process_time()
        rule.probabilities([sequence])
        rule.in_range.check(sequence)
        times.append(time.process_time() - began)
    return 1e6 * float(np.median(times))


def _estimate(data: FittingData, examples: Examples, logits: NDArray[np.float32]) -> Estimate:
    rng = generator(0, data.task)
    return estimate(data.metric, examples.labels, logits.argmax(1), len(data.labels), rng)


def _rounded(figure: Estimate) -> Estimate:
    return Estimate(*(round(value, 4) for value in figure))
