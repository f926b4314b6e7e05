"""The app: ``genomebook serve BOOK`` runs it; the environment variable GENOMEBOOK_BOOK names the book."""

from __future__ import annotations

import streamlit as st

st.set_page_config(page_title="genomebook", page_icon="📖", layout="wide")
pages = [
    st.Page("pages/library.py", title="Library", default=True),
    st.Page("pages/read.py", title="Read", url_path="read"),
]
st.navigation(pages, position="top").run()
