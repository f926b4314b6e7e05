"""The server of ``genomebook serve``: Streamlit's, with the styles of the book in the frame of each page.

Styles that came with the text would move everything that is drawn before them.
"""

from __future__ import annotations

import os
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from streamlit.starlette import App

from genomebook.render.templating import framed
from pages._plain import plain
from pages._shared import FRAMED

PAGES = ("", "read", "lexicon", "atlas", "search", "evidence")
INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
os.environ[FRAMED] = "1"
FRAME = framed(INDEX.read_text(encoding="utf-8"), PAGES)


async def frame(request: Request) -> Response:
    """The empty frame of a page, which fetches the rest; never from a cache, so that styles are in step."""
    return HTMLResponse(FRAME, headers={"Cache-Control": "no-cache"})


app = App(
    Path(__file__).resolve().parents[1] / "app.py",
    routes=[*(Route(f"/{page}", frame) for page in PAGES), Route("/plain", plain)],
)
