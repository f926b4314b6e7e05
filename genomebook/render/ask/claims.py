"""Published claims beside what was measured again, as a table that narrow screens show as a list."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from genomebook.render.templating import render
from genomebook.stats import Estimate
from genomebook.tasks.claims import ClaimFigure, MeasuredClaim

COUNTS_FROM = 10
"""Whole numbers above it are counts."""


def claims_html(claims: Sequence[MeasuredClaim]) -> Markup:
    """Draw the claims, one a row.

    Parameters
    ----------
    claims : sequence of MeasuredClaim
        In the order to show.
    """
    rows = [(claim, [(figure.what, figure_text(figure)) for figure in claim.figures]) for claim in claims]
    return render("claims.j2", rows=rows)


def figure_text(figure: ClaimFigure) -> str:
    """Write a figure with its interval: ``0.627 (0.623 to 0.632)``; a count without digits."""
    if figure.value == round(figure.value) and abs(figure.value) > COUNTS_FROM:
        return f"{figure.value:,.0f}"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return str(Estimate(figure.value, figure.low, figure.high))
