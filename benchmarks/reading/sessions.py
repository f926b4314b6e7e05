"""Memory of the app for each reader: readers who open pages over the protocol of the app and stay."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from benchmarks.book.build import anonymous
from benchmarks.common.table import table
from benchmarks.reading.browser import app
from benchmarks.teaching.pupils import DATA, SOURCE
from genomebook.pipeline.book.build import Options, build
from genomebook.pipeline.demo import GENES, demo_tracks

READERS = (1, 10, 50)
PAGES = ("", "read", "lexicon", "search", "evidence")
"""Pages that each reader opens, one after the other; Read at a place of their own."""


def run(quick: bool = False) -> dict[str, Any]:
    """Serve the book of the mitochondrion to more and more readers who stay connected.

    Returns
    -------
    dict
        ``source``, ``letters``, ``readers``; ``memory``: bytes of the app that belong to no file, when it
        has answered nobody, for each number of readers when each has seen all pages, and as ``left`` when all
        have gone.
    """
    readers = (1, 3) if quick else READERS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "chrM.book")
        book = build(Options(DATA / "NC_012920.1.fa", path, genes=DATA / GENES, assembly="GRCh38"))
        demo_tracks(path, DATA / GENES)
        with app(path) as address:
            server = psutil.Process().children(recursive=True)[-1].pid
            made: dict[str, Any] = {"source": SOURCE, "letters": book["chrM"].length, "readers": readers}
            memory = {"none": anonymous(server)}
            memory |= asyncio.run(_read(address, server, readers))
            return {**made, "memory": memory}


async def _read(address: str, server: int, readers: tuple[int, ...]) -> dict[str, int]:
    socket, memory, there = f"ws://{urlsplit(address).netloc}/_stcore/stream", {}, 0
    async with AsyncExitStack() as open_:
        for wanted in readers:
            for number in range(there, wanted):
                visitor = await open_.enter_async_context(
                    connect(
                        socket, subprotocols=[Subprotocol("streamlit")], max_size=None, ping_interval=None
                    )
                )
                for page in PAGES:
                    start = 1 + 300 * number
                    await _open(visitor, page, f"loc=chrM:{start}-{start + 400}" if page == "read" else "")
            there = wanted
            memory[str(wanted)] = anonymous(server)
    await asyncio.sleep(1)
    return {**memory, "left": anonymous(server)}


async def _open(visitor: Any, page: str, query: str) -> None:
    """Open a page and wait until it is whole."""
    asked = BackMsg()
    asked.rerun_script.query_string = query
    asked.rerun_script.page_name = page
    await visitor.send(asked.SerializeToString())
    while True:
        message = ForwardMsg.FromString(await visitor.recv())
        if message.WhichOneof("type") == "script_finished":
            return


def lines(result: dict[str, Any]) -> list[str]:
    """The section of docs/serving.md."""
    memory, readers = result["memory"], result["readers"]
    rows = [["nobody yet", f"{memory['none'] / 1e6:.0f} MB", ""]]
    first = memory[str(readers[0])]
    for number in readers:
        more = (memory[str(number)] - first) / 1e6
        each = f"{more / (number - readers[0]):.1f} MB" if number > readers[0] else ""
        rows.append([f"{number}", f"{memory[str(number)] / 1e6:.0f} MB", each])
    rows.append(["all gone", f"{memory['left'] / 1e6:.0f} MB", ""])
    return [
        f"Readers of {result['source']}, each with a session of their own in which they have opened Library, "
        "Read, Lexicon, Search and Evidence. Memory that belongs to no file: pages of the book's files are "
        "the system's, to take back when it needs them.",
        "",
        *table(["readers", "memory of the app", "each further reader"], rows),
    ]
