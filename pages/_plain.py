"""The page of text that needs no script: written whole by the server, outside Streamlit."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from genomebook.errors import GenomebookError
from genomebook.genome.regions import MAX_TEXT, Region
from genomebook.render.page.data import PagePlace
from genomebook.render.page.interlinear import LINES
from genomebook.render.page.make import PageMaker
from genomebook.render.page.plain import PlainView, plain_page
from genomebook.search.answers import NotUnderstood, PlaceAnswer
from genomebook.search.box import understand
from pages._address import Address, some_of, text
from pages._box import target
from pages._reader_answer import first_place, maker_of
from pages._shared import served_book, without_folders

OPEN_IN = {"search": "Open it in Search", "lexicon": "Open it in the Lexicon"}
"""Pages of the app that answer what is no place, with what a link there says."""


@dataclass(frozen=True)
class PlainState:
    """The place, the lines under the words, and what was typed into the box, if it was."""

    loc: str | None = None
    lines: tuple[str, ...] = ()
    go: str = ""


PLAIN = Address(PlainState(), loc=text(), lines=some_of(LINES), go=text(MAX_TEXT))


def values_of(request: Request) -> dict[str, str]:
    """Query parameters of a request; one that is repeated has commas between its values."""
    return {name: ",".join(request.query_params.getlist(name)) for name in request.query_params}


def is_answered(request: Request) -> bool:
    """Whether a request names this server as it may be named; Streamlit asks the same of its own."""
    return is_host_allowed(request.headers.get("host"))


def plain(request: Request) -> Response:
    """Answer with the page at ``?loc=``, or go to what was typed, ``?go=``."""
    if not is_answered(request):
        return PlainTextResponse("This server does not answer to this host name (see --allow-name).", 403)
    said: list[str] = []
    state = PLAIN.read(said.append, values_of(request))
    try:
        maker = maker_of(served_book())
        return _answer(maker, state, said)
    except GenomebookError as error:
        return PlainTextResponse(without_folders(str(error)), 500)


def _answer(maker: PageMaker, state: PlainState, said: list[str]) -> Response:
    asked: tuple[Region, PagePlace] | None = None
    status = 200
    try:
        asked = maker.ask(state.loc) if state.loc else first_place(maker)
    except GenomebookError as error:
        said.append(str(error))
        status = 404
    leads: tuple[str, str] | tuple[()] = ()
    if state.go.strip():
        answer = understand(maker.book, state.go, asked and asked[0])
        if isinstance(answer, PlaceAnswer):
            query = {"loc": maker.named(answer).address, "lines": ",".join(state.lines)}
            to = urlencode({name: value for name, value in query.items() if value})
            return RedirectResponse(f"plain?{to}", 303)
        if isinstance(answer, NotUnderstood):
            said.append(answer.line)
        else:
            page, query = target(maker.book, answer)
            said.append(f"{answer.text} is not a place in this book.")
            leads = OPEN_IN[page], f"{page}?{urlencode(query)}"
    view = PlainView(state.lines, without_folders("; ".join(said)), leads, state.go)
    return HTMLResponse(plain_page(maker, asked, view), status, headers={"Cache-Control": "no-cache"})
