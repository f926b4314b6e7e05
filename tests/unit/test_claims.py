"""Published claims beside our figures: read with their types, drawn escaped, none where there are none."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from genomebook.errors import TaskError
from genomebook.render.ask.claims import claims_html
from genomebook.tasks.claims import ClaimFigure, ClaimsFile, MeasuredClaim, measured_claims

CLAIM = MeasuredClaim(
    "recall", "Boundaries lie <b>at edges</b>.", "A paper, 2026", "recall 0.629", "Random cuts.",
    "0.630 (0.62 to 0.64)", "Random cuts do the same.", "python -m benchmarks.claims",
)  # fmt: skip


def test_a_file_of_claims_is_read_and_drawn(tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    path.write_bytes(msgspec.json.encode(ClaimsFile([CLAIM])))
    assert measured_claims(path) == [CLAIM]
    drawn = claims_html(measured_claims(path))
    assert "Boundaries lie &lt;b&gt;at edges" in drawn
    for text in (CLAIM.published, CLAIM.control, CLAIM.ours, CLAIM.means, CLAIM.command, CLAIM.source):
        assert text in drawn


def test_figures_are_listed_with_their_intervals() -> None:
    figures = [ClaimFigure("tokens", 604.0), ClaimFigure("recall", 0.6267, 0.62, 0.63, 900)]
    drawn = claims_html([msgspec.structs.replace(CLAIM, figures=figures)])
    assert "<li>tokens: 604</li>" in drawn
    assert "<li>recall: 0.627 (0.620 to 0.630)</li>" in drawn


def test_a_damaged_file_is_refused_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    assert measured_claims(path) == []
    for content in (b"{", b"[]", b'{"claims": [{"name": 1}]}'):
        path.write_bytes(content)
        with pytest.raises(TaskError, match=r"claims\.json") as error:
            measured_claims(path)
        assert "\n" not in str(error.value)
