"""Whatever an address says, a page is drawn or says why not in a line, and shows no folder of the server."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from pages import _address
from tests.support.apptest import APP, drawn

PAGES = {
    "lexicon": (_address.WORD, _address.WORD_LIST),
    "atlas": (_address.ATLAS,),
    "search": (_address.SEARCH,),
    "ask": (_address.ASK,),
    "evidence": (_address.EVIDENCE,),
    "read": (_address.READ,),
    "library": (),
}
TEXTS = (
    "", "0", "-1", "1", "9" * 30, "1e9", "nan", "on", "chr1", "chr1:1-10", "chr1:10-1", "chr1:0", "chr9:1",
    "ALPHA", "ALPHA+5", "+500", "ACGT" * 20, "acgu", "NNNN", "RYKM", "sentence", "switch", "more", "3-8",
    "8-3", "random", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'; DROP TABLE",
    "../../etc/passwd", "/etc/passwd", "%00", "\x00", "\u202eabc", "🧬", "a" * 5000, "{{7*7}}", "both",
    "English", "phrase",
)  # fmt: skip
"""What a hand, a broken link or an attacker may write; other texts are made up."""


def names(page: str) -> list[str]:
    """Parameters of a page, and one that it does not have."""
    known = [name for address in PAGES[page] for name, _ in address.parameters()]
    return [*known, "unknown"]


@st.composite
def addresses(draw: st.DrawFn, page: str) -> dict[str, str]:
    values = st.one_of(st.sampled_from(TEXTS), st.text(max_size=30))
    return draw(st.dictionaries(st.sampled_from(names(page)), values, max_size=5))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_drawn_whatever_its_address_says(
    equipped_book: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setenv("GENOMEBOOK_BOOK", str(equipped_book))
    at = AppTest.from_file(str(APP), default_timeout=300).run()
    at.switch_page(f"pages/{page}.py")

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(addresses(page))
    def check(query: dict[str, str]) -> None:
        at.query_params.clear()
        at.query_params.update(query)
        at.run()
        assert not at.exception, query
        said = drawn(at) + "".join(element.value for element in [*at.error, *at.caption, *at.markdown])
        for tag in ("<script", "<img"):
            assert tag not in said.replace("\\<", "")
        assert str(equipped_book.parent) not in said.replace("\\", "")

    check()
