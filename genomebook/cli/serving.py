"""Run the web app as a child process: script, allowed hosts, port and shutdown."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from rich.markup import escape

from genomebook.cli.console import err, out
from genomebook.errors import GenomebookError
from genomebook.files.web import is_address

_OWN = ("localhost", "127.0.0.1", "::1")


def serve(book: Path | str, port: int, host: str, names: Sequence[str] = (), is_logged: bool = False) -> None:
    """Run the app until interrupted, and stop it on exit.

    Parameters
    ----------
    book : Path or str
        Folder of a valid book, or its address.
    port, host : int, str
        Port and address to listen on.
    names : sequence of str
        Additional allowed host names (see `answered_names`).
    is_logged : bool
        Whether the app prints a line for each request (`pages._log`).

    Raises
    ------
    GenomebookError
        If the port is in use or the app exits by itself.
    """
    script = _app_file()
    _check_port(host, port)
    answered = answered_names(host, names)
    options = [
        ("server.port", str(port)),
        ("server.address", host),
        ("server.headless", "true"),
        ("browser.gatherUsageStats", "false"),
        *(("server.allowedHosts", name) for name in answered),
    ]
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += [part for name, value in options for part in (f"--{name}", value)]
    environment = {**os.environ, "GENOMEBOOK_BOOK": place_of(book)}
    if is_logged:
        environment["GENOMEBOOK_LOG"] = "1"
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if not is_loopback(host):
        err.print(
            f"warning: whoever can reach {escape(place)} can read this book and keep this machine busy; "
            f"the app answers to {escape(', '.join(answered))}, and to more with --allow-name"
        )
    out.print(f"[bold]{escape(str(book))}[/bold] is open at http://{escape(place)}  (Ctrl-C closes it)")
    with _sigterm_as_interrupt():
        process = subprocess.Popen(command, cwd=script.parents[1], env=environment, stdin=subprocess.DEVNULL)
        try:
            code = process.wait()
        except KeyboardInterrupt:
            return
        finally:
            _end(process)
    how = f"with exit code {code}" if code >= 0 else f"by signal {signal.Signals(-code).name}"
    raise GenomebookError(f"the app on port {port} ended {how}; see its output above, then start it again")


def place_of(book: Path | str) -> str:
    """Folder of a book wherever the reader of it stands, or its address as it is."""
    return str(book) if is_address(str(book)) else str(Path(book).resolve())


def answered_names(host: str, names: Sequence[str] = ()) -> list[str]:
    """Host names that the app answers to.

    Any other name, as in a DNS rebinding attack, gets only the empty frame.

    Parameters
    ----------
    host : str
        Address to listen on; ``0.0.0.0`` and ``::`` stand for all known names of this machine.
    names : sequence of str
        Additional names: one forwarded by a proxy, ``*.lab.example``, or ``*`` for any.
    """
    allowed = [*_OWN, *(_machine() if _is_any(host) else [host]), *names]
    return list(dict.fromkeys(name.lower() for name in allowed if name))


def is_loopback(host: str) -> bool:
    """Whether an address or name is reachable only from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return all(ipaddress.ip_address(address).is_loopback for address in _addresses(host))


def _is_any(host: str) -> bool:
    return any(ipaddress.ip_address(address).is_unspecified for address in _addresses(host))


def _addresses(host: str) -> list[str]:
    """Resolve a name to its addresses, without IPv6 zones."""
    try:
        infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(address[0]).partition("%")[0] for *_, address in infos]


def _machine() -> list[str]:
    """Host names and addresses of this machine, including its outgoing address."""
    name = socket.gethostname()
    names = [name, socket.getfqdn(name), *_addresses(name)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address; nothing is sent
            names.append(str(probe.getsockname()[0]))
        except OSError:  # no network
            return names
    return names


def _app_file() -> Path:
    """Path of ``pages/_server.py``: inside a wheel, or at the top of a checkout."""
    package = Path(str(resources.files("genomebook")))
    for folder in (package / "_app", package.parent):
        if (folder / "app.py").is_file():
            return folder / "pages" / "_server.py"
    raise GenomebookError(f"{package}: the app is not installed beside it; reinstall genomebook")


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Terminate the app; kill it after ten seconds."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _check_port(host: str, port: int) -> None:
    """Raise an error if the port is in use."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise GenomebookError(f"{host}:{port}: {reason}; choose another --port or --host") from None
