"""Figure of the losses in a training log."""

from __future__ import annotations

import json
from pathlib import Path

from genomebook.errors import ReaderError
from genomebook.files.atomic import aside

_COLOURS = {"dna": "#0072B2", "english": "#E69F00"}


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
    with mpl.rc_context({"svg.hashsalt": "genomebook", "svg.fonttype": "none"}):
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
        with aside(figure_path) as path:
            figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
