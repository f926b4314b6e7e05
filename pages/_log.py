"""A line of JSON for each request, without what was asked: no query, no cookie, no address of a reader."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOG = "GENOMEBOOK_LOG"
"""Environment variable: set where requests are logged."""

HEALTH = ("/health", "/_stcore/health")
"""Routes asked every few seconds by whatever watches the app: logged only when they fail."""

_STREAMLIT = frozenset(f"/_stcore/{name}" for name in ("stream", "host-config", "allowed-message-origins"))
"""Routes of Streamlit itself that an app asks for, besides `HEALTH`."""

_SWITCHING, _FORBIDDEN, _FAILED, _FINE = 101, 403, 500, 200


class RequestLog:
    """Middleware that writes ``time``, ``method``, ``route``, ``status`` and ``ms`` when a request has ended.

    A session of a page is one request, of method ``WS``, as long as the page is open.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    routes : collection of str
        Paths that are named as they are. Of others only the first part of a known folder is named, else
        ``/*``: a path may hold what somebody typed.
    write : callable, optional
        Gets each line; the standard error stream by default.
    """

    def __init__(
        self, app: ASGIApp, routes: Collection[str], write: Callable[[str], object] | None = None
    ) -> None:
        self._app, self._routes = app, frozenset(routes)
        self._write = write or _print

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and write the line."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        status, began = _FAILED, time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"].endswith("response.start"):
                status = message["status"]
            elif message["type"] == "websocket.accept":
                status = _SWITCHING
            elif message["type"] == "websocket.close" and status != _SWITCHING:
                status = _FORBIDDEN
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = self._route(scope["path"])
            if route not in HEALTH or status != _FINE:
                line = {
                    "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "method": scope.get("method", "WS"),
                    "route": route,
                    "status": status,
                    "ms": round(1000 * (time.perf_counter() - began), 1),
                }
                self._write(json.dumps(line))

    def _route(self, path: str) -> str:
        if path in self._routes or path in HEALTH or path in _STREAMLIT:
            return path
        known = ("/assets/", "/static/", "/media/", "/component/", "/_stcore/upload_file/", "/_stcore/")
        return next((folder for folder in known if path.startswith(folder)), "/") + "*"


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
