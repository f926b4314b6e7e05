"""Published claims beside what was measured again, as a table that narrow screens show as a list."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from genomebook.render.templating import render
from genomebook.tasks.claims import MeasuredClaim


def claims_html(claims: Sequence[MeasuredClaim]) -> Markup:
    """Draw the claims, one a row.

    Parameters
    ----------
    claims : sequence of MeasuredClaim
        In the order to show.
    """
    return render("claims.j2", claims=claims)
