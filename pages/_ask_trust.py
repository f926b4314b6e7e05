"""How far to trust an answer of page Ask: the rules of its task, calibration, published figures, the data."""

from __future__ import annotations

import streamlit as st

from genomebook.render.ask.trust import published_html, reliability_html, rules_html, sheet_rows
from genomebook.render.page.html import facts
from genomebook.tasks.shipped import results
from genomebook.tasks.task import Task


def trust(task: Task) -> None:
    """Draw the expander of a task."""
    figures = results().get(task.name)
    with st.expander("How far to trust it, and the data", key="trust"):
        if figures is not None and figures.rules:
            st.html(rules_html(figures))
            if figures.chosen is not None:
                st.html(reliability_html(figures.rules[figures.chosen]))
        if task.published:
            st.html(published_html(task))
        st.html(facts(sheet_rows(task, figures)))
