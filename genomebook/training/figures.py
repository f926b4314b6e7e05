"""Figures of training: the losses of a run, and the accuracy of vocabularies over their merges."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from genomebook.errors import ReaderError
from genomebook.files.atomic import aside

_COLOURS = {"dna": "#0072B2", "english": "#E69F00"}
_SVG: dict[Any, Any] = {"svg.hashsalt": "genomebook", "svg.fonttype": "none"}

_TITLES = {
    "alone": "Window tokenized alone\n(the same places for all)",
    "words": "Own word ends in running text\n(where words end tells what follows)",
    "pieces": "Ends of content-defined pieces\n(the same places for all, special ones)",
}
# Colours of Okabe and Ito, told apart without red and green; each line has its own marker or dashes too.
_TRAINED = {"color": "#0072B2", "marker": "o", "linewidth": 2.2, "label": "trained, mean of seeds"}
_RANDOM = {"color": "#56B4E9", "marker": "s", "linewidth": 1.4, "label": "random weights, trained heads"}
_RULES: dict[str, dict[str, Any]] = {
    "commonest": {"color": "#000000", "linestyle": ":", "label": "commonest k-mer"},
    "same-letters": {"color": "#E69F00", "linestyle": "--", "label": "commonest after the same 4 letters"},
    "same-word": {"color": "#CC79A7", "linestyle": "-.", "label": "commonest after the same word"},
    "markov": {"color": "#666666", "linestyle": (0, (6, 2)), "label": "best Markov model of letters"},
}


def read_log(path: Path) -> list[dict[str, float]]:
    """Lines of a ``log.jsonl``; results of tests have keys ``test_...``.

    Raises
    ------
    ReaderError
        When it is missing or a line is not JSON.
    """
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise ReaderError(f"{path}: not a readable log ({error}); train anew") from None
    for line in lines:
        line.update({f"test_{key}": value for key, value in line.pop("test", {}).items()})
    return lines


def draw_losses(log: Path, figure_path: Path) -> None:
    """Draw bits per word over steps as SVG: training as thin lines, held-out text as markers."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    lines = read_log(log)
    with mpl.rc_context(_SVG):
        figure = Figure(figsize=(7, 4), layout="constrained")
        ax = figure.subplots()
        for script, colour in _COLOURS.items():
            for key, style in ((f"{script}_bits", "-"), (f"test_{script}_bits", "o--")):
                points = [(line["step"], line[key]) for line in lines if key in line]
                if points:
                    name = "DNA" if script == "dna" else "English"
                    label = f"{name}, {'held out' if 'test' in key else 'training'}"
                    x, y = zip(*points, strict=True)
                    ax.plot(x, y, style, color=colour, label=label, linewidth=1.2, markersize=4)
        ax.set_xlabel("step")
        ax.set_ylabel("bits a word")
        ax.legend(frameon=False)
        ax.spines[["top", "right"]].set_visible(False)
        _save_svg(figure, figure_path)


def _save_svg(figure: Any, path: Path) -> None:
    """Write a figure as SVG: the same bytes at any time."""
    with aside(path) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None, "Creator": None})


def draw_selection(means: Sequence[dict[str, Any]], ks: Sequence[int], folder: Path) -> None:
    """Draw ``curve.svg`` and ``curve.png``; the same rows give the same bytes.

    Parameters
    ----------
    means : sequence of dict
        Rows of the summary for ``k == "mean"``: positions, merges, accuracy, low, high, random, random_low,
        random_high, and the accuracy of each rule.
    ks : sequence of int
        Numbers of bases that the mean is over.
    folder : Path
        Where to write.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    kinds = [kind for kind in _TITLES if any(row["positions"] == kind for row in means)]
    with mpl.rc_context({**_SVG, "font.size": 11}):
        figure = Figure(figsize=(4.6 * len(kinds), 5.4), layout="constrained")
        axes = figure.subplots(1, len(kinds), squeeze=False)[0]
        for ax, kind in zip(axes, kinds, strict=True):
            rows = sorted((row for row in means if row["positions"] == kind), key=lambda row: row["merges"])
            _panel(ax, rows)
            ax.set_title(_TITLES[kind], fontsize=11)
            ax.set_xlabel("merges of the vocabulary")
        axes[0].set_ylabel(f"next k letters right (%),\nmean of k = {', '.join(map(str, ks))}")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
        _save_svg(figure, folder / "curve.svg")
        with aside(folder / "curve.png") as path:
            figure.savefig(path, format="png", dpi=160, metadata={"Software": None})


def _panel(ax: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Draw one kind of place."""
    merges = [row["merges"] for row in rows]
    for column, low, high, style in (
        ("accuracy", "low", "high", _TRAINED),
        ("random", "random_low", "random_high", _RANDOM),
    ):
        ax.plot(merges, [100 * row[column] for row in rows], **style)
        least, most = ([100 * row[name] for row in rows] for name in (low, high))
        ax.fill_between(merges, least, most, color=style["color"], alpha=0.25, linewidth=0)
    for rule, style in _RULES.items():
        ax.plot(merges, [100 * row[rule] for row in rows], linewidth=1.6, **style)
    ax.set_xscale("log")
    ax.set_xticks(merges, [f"{n:,}" for n in merges], rotation=45)
    ax.minorticks_off()
    ax.set_ylim(bottom=0)
    ax.grid(axis="y", color="#dddddd", linewidth=0.6)
    ax.spines[["top", "right"]].set_visible(False)
