"""A local server with as much of the hub's endpoints as a download needs, and its faults on demand."""

from __future__ import annotations

import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROW = 512  # files of at least so many bytes are kept as the hub keeps large ones, with a SHA-256


def git_sum(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class HubServer(ThreadingHTTPServer):
    """Serves folders as repositories; the commit of each is made from what it holds."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repos: dict[str, dict[str, bytes]] = {}
        self.altered: set[str] = set()  # files sent with another last byte than the listing's checksum says
        self.cut: set[str] = set()  # files sent half, again and again
        self.gated: set[str] = set()
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def add(self, repo: str, folder: Path) -> str:
        """Serve a folder as a repository and give its commit."""
        self.repos[repo] = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        return self.commit(repo)

    def commit(self, repo: str) -> str:
        files = sorted(self.repos[repo].items())
        return hashlib.sha1(b"".join(name.encode() + data for name, data in files)).hexdigest()

    def listing(self, repo: str) -> list[dict[str, object]]:
        rows = []
        for name, data in self.repos[repo].items():
            row: dict[str, object] = {"type": "file", "path": name, "size": len(data), "oid": git_sum(data)}
            if len(data) >= ROW:
                sha = hashlib.sha256(data).hexdigest()
                row["lfs"] = {"oid": sha, "size": len(data), "pointerSize": 130}
            rows.append(row)
        return rows


class Handler(BaseHTTPRequestHandler):
    server: HubServer

    def log_message(self, *_: object) -> None:
        pass

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, body: bytes, headers: dict[str, str], *, cut: bool = False) -> None:
        start = 0
        if asked := self.headers.get("Range"):
            start = int(asked.removeprefix("bytes=").partition("-")[0])
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self.send_response(206 if start else 200)
        for name, value in {**headers, "Content-Length": str(len(body) - start)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[start : len(body) // 2] if cut else body[start:])
        self.close_connection = True

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        here = self.server
        path = unquote(urlsplit(self.path).path)
        here.asked.append(f"{self.command} {path}")
        parts = path.strip("/").split("/")
        api = parts[:2] == ["api", "models"]
        parts = parts[2:] if api else parts
        repo, kind, revision = "/".join(parts[:2]), parts[2], parts[3]
        if repo in here.gated:
            return self._refuse(403, "GatedRepo")
        if repo not in here.repos:
            return self._refuse(404, "RepoNotFound")
        commit = here.commit(repo)
        if revision not in ("main", commit):
            return self._refuse(404, "RevisionNotFound")
        if api:
            rows = here.listing(repo)
            body: object = rows if kind == "tree" else {"id": repo, "sha": commit, "siblings": []}
            return self._answer(json.dumps(body).encode(), {"Content-Type": "application/json"})
        name = "/".join(parts[4:])
        if name not in here.repos[repo]:
            return self._refuse(404, "EntryNotFound")
        data = here.repos[repo][name]
        tag = hashlib.sha256(data).hexdigest() if len(data) >= ROW else git_sum(data)
        if name in here.altered:
            data = data[:-1] + bytes([data[-1] ^ 1])
        return self._answer(data, {"ETag": f'"{tag}"', "X-Repo-Commit": commit}, cut=name in here.cut)
