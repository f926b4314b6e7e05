"""The server of ``genomebook serve``: Streamlit's, with the styles of the book in the frame of each page.

Styles that came with the text would move everything that is drawn before them.
"""

from __future__ import annotations

import os
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from streamlit.starlette import App

from genomebook.render.templating import framed, render
from pages._components import COMPONENTS, FRAMED, asset, sheets
from pages._plain import plain

PAGES = ("", "read", "lexicon", "atlas", "search", "ask", "evidence")
INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
os.environ[FRAMED] = "1"
FRAME = framed(INDEX.read_text(encoding="utf-8"), PAGES, sheets())
STAYS = "public, max-age=31536000, immutable"


def frame(request: Request) -> Response:
    """The frame of a page, which fetches the rest; never from a cache, so that styles are in step."""
    query = f"?{request.url.query}" if request.url.path == "/read" and request.url.query else ""
    plain = f"plain{query}"
    head = render("to_plain.j2", plain=plain) if request.url.path == "/read" else ""
    page = FRAME.with_parts(head, render("no_script.j2", plain=plain))
    return HTMLResponse(page, headers={"Cache-Control": "no-cache"})


def script_of_component(request: Request) -> Response:
    """A script of a component by its name, which changes with what is in it."""
    text = dict(map(asset, COMPONENTS)).get(request.path_params["name"])
    if text is None:
        return PlainTextResponse("There is no such file.", 404)
    return Response(text, media_type="text/javascript", headers={"Cache-Control": STAYS})


app = App(
    Path(__file__).resolve().parents[1] / "app.py",
    routes=[
        *(Route(f"/{page}", frame) for page in PAGES),
        Route("/plain", plain),
        Route("/assets/{name}", script_of_component),
    ],
)
"""The app: ``genomebook serve BOOK`` runs it; the environment variable GENOMEBOOK_BOOK names the book."""
