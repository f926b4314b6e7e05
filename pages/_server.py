"""The server of ``genomebook serve``: Streamlit's, with the styles of the book in the frame of each page.

Styles that came with the text would move everything that is drawn before them.
"""

from __future__ import annotations

import asyncio
import gc
import os
from pathlib import Path

import msgspec
import streamlit
from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from streamlit.runtime.pages_manager import PagesManager
from streamlit.starlette import App

from genomebook.book.remote import check_there
from genomebook.errors import GenomebookError
from genomebook.files.web import is_address
from genomebook.render.templating import as_data, framed, render
from pages._address import READ
from pages._components import COMPONENTS, FRAMED, TERMS, asset, sheets
from pages._log import HEALTH, LOG, RequestLog
from pages._plain import is_answered, plain, values_of
from pages._reader_answer import first_answer, maker_of
from pages._shared import served_book, without_folders

NAMES = {
    "": "Library",
    "read": "Read",
    "lexicon": "Lexicon",
    "atlas": "Atlas",
    "search": "Search",
    "ask": "Ask",
    "evidence": "Evidence",
    "class": "Class",
}
"""Pages of the app: last part of the address, name."""
INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
os.environ[FRAMED] = "1"
FRAME = framed(INDEX.read_text(encoding="utf-8"), list(NAMES), sheets(), f"assets/{asset(TERMS)[0]}")
FRESH = {"Cache-Control": "no-cache"}
STAYS = "public, max-age=31536000, immutable"


def frame(request: Request) -> Response:
    """The frame of a page, which fetches the rest; never from a cache, so that styles are in step."""
    return HTMLResponse(FRAME.with_parts("", render("no_script.j2", plain="plain")), headers=FRESH)


def read(request: Request) -> Response:
    """The frame of Read, with the page at ``?loc=`` as data: its text is drawn while Streamlit starts."""
    plain = f"plain?{request.url.query}" if request.url.query else "plain"
    head, body = render("to_plain.j2", plain=plain), render("no_script.j2", plain=plain)
    if not is_answered(request) or not FRAME.script:
        return HTMLResponse(FRAME.with_parts(head, body), headers=FRESH)
    try:
        answer = first_answer(maker_of(served_book()), READ.read(values=values_of(request)))
    except GenomebookError:  # the page says why
        return HTMLResponse(FRAME.with_parts(head, body), headers=FRESH)
    script = f"assets/{asset('reader')[0]}"
    early = render(
        "early.j2",
        pages=NAMES.items(),
        answer=as_data(msgspec.json.encode(answer)),
        script=script,
        app=FRAME.script,
    )
    head = render("early_head.j2", script=script) + head
    return HTMLResponse(FRAME.with_parts(head, body + early, is_held=True), headers=FRESH)


def script_of_component(request: Request) -> Response:
    """A script of a component by its name, which changes with what is in it."""
    text = dict(map(asset, (*COMPONENTS, TERMS))).get(request.path_params["name"])
    if text is None:
        return PlainTextResponse("There is no such file.", 404)
    return Response(text, media_type="text/javascript", headers={"Cache-Control": STAYS})


async def health(request: Request) -> Response:
    """Whether the book can be read: 200, or 503 with the reason, for whatever watches the app."""
    try:
        await asyncio.to_thread(_read_a_word)  # not one of the threads in which pages wait for a server
    except GenomebookError as error:
        return PlainTextResponse(without_folders(str(error)), 503, headers=FRESH)
    return PlainTextResponse("ok", headers=FRESH)


def _read_a_word() -> None:
    next(iter(served_book())).ids[:1]
    if is_address(place := os.environ.get("GENOMEBOOK_BOOK", "")):
        check_there(place)


class UnknownPage(Convertor[str]):
    """The last part of an address that is no page and no file: such a visitor is shown the Library."""

    regex = "[A-Za-z][A-Za-z0-9_-]*"

    def convert(self, value: str) -> str:
        """Keep it as it stands."""
        return value

    def to_string(self, value: str) -> str:
        """Keep it as it stands."""
        return value


register_url_convertor("unknown", UnknownPage())
PagesManager.uses_pages_directory = False  # app.py lists the pages: the first visitor gets the one asked for
app = App(
    Path(__file__).resolve().parents[1] / "app.py",
    routes=[
        *(Route(f"/{page}", read if page == "read" else frame) for page in NAMES),
        Route("/plain", plain),
        Route(HEALTH[0], health),
        Route("/assets/{name}", script_of_component),
        Route("/{page:unknown}", frame),
    ],
    middleware=[Middleware(RequestLog, routes=(*(f"/{page}" for page in NAMES), "/plain"))]
    * (LOG in os.environ),
)
"""The app: ``genomebook serve BOOK`` runs it; the environment variable GENOMEBOOK_BOOK names the book."""
gc.freeze()  # Streamlit collects garbage after every answer: what is imported by now need not be searched
