"""What tests of pages by AppTest share: the app, what it drew, its one error."""

from __future__ import annotations

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "app.py"


def drawn(at: AppTest) -> str:
    """All HTML that a page sends, the stylesheet left out."""
    bodies = [element.proto.body for element in at.get("html")]
    return re.sub(r"<style>.*?</style>", "", "".join(bodies), flags=re.DOTALL)


def only_error(at: AppTest) -> str:
    assert not at.exception
    assert len(at.error) == 1
    line = at.error[0].value.replace("\\", "")
    assert "\n" not in line
    return line
