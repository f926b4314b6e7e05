"""The app: ``genomebook serve BOOK`` runs it; the environment variable GENOMEBOOK_BOOK names the book."""

from __future__ import annotations

import streamlit as st

from genomebook import __version__

ABOUT = (
    f"**genomebook {__version__}** sets a genome as a book that can be read, searched and cited. Nothing is "
    "lost: the words, joined, are the reference, letter for letter."
)
st.set_page_config("genomebook", "📖", "wide", menu_items={"About": ABOUT})
pages = {
    "library": st.Page("pages/library.py", title="Library", default=True),
    "read": st.Page("pages/read.py", title="Read", url_path="read"),
    "lexicon": st.Page("pages/lexicon.py", title="Lexicon", url_path="lexicon"),
    "atlas": st.Page("pages/atlas.py", title="Atlas", url_path="atlas"),
    "search": st.Page("pages/search.py", title="Search", url_path="search"),
    "ask": st.Page("pages/ask.py", title="Ask", url_path="ask"),
    "evidence": st.Page("pages/evidence.py", title="Evidence", url_path="evidence"),
    "class": st.Page("pages/classroom.py", title="Class", url_path="class"),
}
page = st.navigation(list(pages.values()), position="top")
# See pages._shared.frame: the first visitor of a fresh server may land on a page without passing here.
st.session_state["in_app"] = True
if "landed" in st.session_state:
    name, query = st.session_state.pop("landed")
    st.switch_page(pages[name], query_params=query)
page.run()
