"""The page of the docs that shows what every rule reaches on every task, made from the measured figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from genomebook.tasks.shipped import CONTROLS, RuleResult, TaskResults
from genomebook.tasks.task import Published, Task

COLUMNS = {
    "composition": "length and GC",
    "motifs": "motifs",
    "k-mers": "k-mers (floor)",
    "gapped": "gapped k-mers",
    "network": "network",
    "combined": "combined",
    "probe": "frozen model",
    "random-encoder": "the same, random weights",
    "random-network": "network, random weights",
}
"""Heads of columns by kind of rule, in order."""

FEW = 500
"""Sequences of a dev split, below which a temperature is uncertain."""

_TOP = """# How far to trust an answer

Each question that is learnt from examples is answered by one of several rules. All were fitted to the
training split of the task, and the best on its dev split answers. The test split was used once, for the
figures below; brackets hold 95 % intervals by bootstrap over the test sequences. This page is made by
`precompute/tasks_page.py` from the figures that `genomebook train-tasks` wrote.

- **Length and GC**: what can be known without reading the sequence. A task on which this does well has a
  leak, so this rule never answers.
- **Motifs**: logistic regression on the scores of 1, 8 or 32 binding motifs of JASPAR 2022 (CC BY 4.0).
- **k-mers**: logistic regression on counts of words of 1 to 6 letters. It is the floor: a larger model is
  worth its cost only above it. **Gapped k-mers** also have words in which some letters do not count.
- **Network**: a small convolutional network, and the same with random weights of which only the last layer
  was fitted.
- **Combined**: a weighted sum of the log-odds of gapped k-mers, motifs and network. The weights are fitted to
  the dev split, so its dev figure is a little too good.
- **Frozen model**: a linear layer on the mean hidden state of `encoder-mini`, fitted to at most 6,000
  sequences, and beside it the same with random weights.
"""

_MODEST = """## Confidence

Probabilities are scaled by one temperature, fitted to the dev split. An answer counts as wrong with a
probability of 1 / (n + 2) there, so that no number of right ones is a certainty. The calibration error is
the mean distance between what an answer promises and how often it is right, on the test split, in 15 bins of
equally many answers. The goal is at most 0.05. With few answers in each bin it is never 0: *by chance* is the
error of as many answers that are right exactly as often as they promise.

A rule that has only seen real sequences can be as sure of a shuffled one. Therefore a second rule on k-mers,
which tells the training sequences from their dinucleotide shuffles, gives the probability that a sequence is
real, and the log-odds of every answer are multiplied by it. A sequence that looks less real than 95 % of the
training sequences, or has another length or GC content, is called out of range. *Sure of shuffles* is the
share of shuffled test sequences whose answer has a probability above 0.9: with the temperature alone; after
that multiplication (*modest*); and as it is answered (*capped*). The cap: a sequence that looks less real
than a limit gets no probability above 0.9. The limit is the lowest with which at most 5 % of the shuffled dev
sequences get one. *Sure* is the share of the test sequences themselves, without the cap and with it: the
difference is what the cap costs.
"""


def rules_page(results: Mapping[str, TaskResults], tasks: Mapping[str, Task]) -> str:
    """The page in Markdown.

    Parameters
    ----------
    results : mapping of str to TaskResults
        Measured figures by name of the task.
    tasks : mapping of str to Task
        For titles and published figures.
    """
    measured = [results[name] for name in tasks if name in results and results[name].chosen is not None]
    shown = [kind for kind in COLUMNS if any(kind in each.rules for each in measured)]
    comparable = {each.task: _comparable(tasks[each.task]) for each in measured}
    lines = [_TOP, "## Test figures", "", *_figures(measured, shown, comparable), "", _MODEST]
    lines += [*_confidence(measured), "", "## What is not reached", "", *_misses(measured, comparable)]
    return "\n".join(lines) + "\n"


def _comparable(task: Task) -> Published | None:
    """The best published figure on the same test rows in the same measure."""
    figures = [each for each in task.published if each.comparable and each.metric == task.metric]
    return max(figures, key=lambda figure: figure.value, default=None)


def _scaled(figure: Published) -> float:
    """A published figure as a share; papers give MCC in percent."""
    return figure.value / 100 if figure.value > 1 else figure.value


def _figures(
    measured: Iterable[TaskResults], shown: list[str], comparable: Mapping[str, Published | None]
) -> Iterator[str]:
    """Table of the test figures of every rule; the one that answers is bold."""
    yield "| task | measure | " + " | ".join(COLUMNS[kind] for kind in shown) + " | published |"
    yield "|---|---|" + "---|" * (len(shown) + 1)
    for each in measured:
        cells = [_cell(each, kind) for kind in shown]
        best = comparable[each.task]
        published = f"{_scaled(best):.3f} {best.system}" if best else ""
        yield f"| `{each.task}` | {each.metric} | {' | '.join(cells)} | {published} |"


def _cell(task: TaskResults, kind: str) -> str:
    if kind not in task.rules:
        return ""
    value = f"{task.rules[kind].test.value:.3f}"
    return f"**{value}**" if kind == task.chosen else value


def _chosen(task: TaskResults) -> RuleResult:
    return task.rules[task.chosen or ""]


def _confidence(measured: Iterable[TaskResults]) -> Iterator[str]:
    """Table of the rule that answers: dev, test, calibration, shuffles, speed."""
    yield (
        "| task | answers | dev | test | calibration error (by chance) | sure: without cap, with | sure of "
        "shuffles: temperature, modest, capped | out of range: test, shuffles | µs a sequence |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for each in measured:
        rule = _chosen(each)
        test = f"{rule.test.value:.3f} ({rule.test.low:.3f} to {rule.test.high:.3f})"
        error = f"{rule.ece:.3f}" + ("" if rule.ece_chance is None else f" ({rule.ece_chance:.3f})")
        sure = rule.confident_uncapped, rule.confident
        shuffled = rule.confident_shuffled_plain, rule.confident_shuffled, rule.confident_shuffled_capped
        outside = each.out_of_range_test, each.out_of_range_shuffled
        ships = "" if each.ships else " (does not ship)"
        yield (
            f"| `{each.task}` | {rule.rule}{ships} | {rule.dev.value:.3f} | {test} | {error} | "
            f"{_shares(sure)} | {_shares(shuffled)} | {_shares(outside)} | {rule.microseconds:,.0f} |"
        )


def _shares(values: Iterable[float | None]) -> str:
    return ", ".join("not measured" if value is None else f"{value:.1%}" for value in values)


def _misses(measured: Iterable[TaskResults], comparable: Mapping[str, Published | None]) -> Iterator[str]:
    """A line for each goal that a task misses."""
    clean = True
    for each in measured:
        misses = list(_misses_of(each, comparable[each.task]))
        if misses:
            clean = False
            yield f"- `{each.task}`: {'; '.join(misses)}."
    if clean:
        yield "All goals are reached on all tasks."


def _misses_of(task: TaskResults, published: Published | None) -> Iterator[str]:
    rule, floor = _chosen(task), task.floor
    if floor is None:
        yield "no floor measured"
    elif rule.test.value < floor.test.value:
        yield (
            f"{rule.rule} was the best on the dev split but is below k-mers on the test split "
            f"({rule.test.value:.3f}, {floor.test.value:.3f})"
        )
    if rule.ece > 0.05:
        few = f", with only {task.examples['dev']:,} dev sequences" if task.examples["dev"] < FEW else ""
        yield f"calibration error {rule.ece:.4f}{few}"
    if (rule.confident_shuffled_capped or 0) > 0.05:
        yield f"sure of {rule.confident_shuffled_capped:.2%} of the shuffles"
    if published is not None and rule.test.value < _scaled(published) - 0.03:
        gap = 100 * (_scaled(published) - rule.test.value)
        yield f"{gap:.1f} points below {published.system}"
    controls = [kind for kind in (*CONTROLS, "composition") if kind in task.rules]
    for kind in sorted(controls):
        if task.rules[kind].test.value >= rule.test.low:
            yield f"the control *{COLUMNS[kind]}* reaches {task.rules[kind].test.value:.3f}"
