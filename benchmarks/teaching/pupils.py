"""A class at once: pupils who turn the pages of Class over the protocol of the app, without browsers.

Each pupil holds a connection of their own, as a browser does, and asks for the next page when the last one
is whole: a stop of the tour, or the next round of their own game. Two ways: all at the same moment, again and
again, which no class does, and each after a pause to read.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import numpy as np
import psutil  # type: ignore[import-untyped]
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from benchmarks.common.table import table
from benchmarks.reading.browser import app
from genomebook.pipeline.book.build import Options, build
from genomebook.pipeline.demo import GENES, demo_tracks
from genomebook.teaching.tour import STOPS

PUPILS, TURNS, PAUSE_S = 30, 8, 10.0
"""Pupils, pages that each turns, and the mean of the pause between two of them (drawn evenly, 0 to twice)."""

SOURCE = "the human mitochondrial chromosome, with the tracks of the demo"
DATA = Path(__file__).resolve().parents[2] / "genomebook" / "data"


def run(quick: bool = False) -> dict[str, Any]:
    """Serve the book of the mitochondrion and let the pupils turn its pages.

    Returns
    -------
    dict
        ``letters``, ``pupils``, ``turns``; for ``at once`` and ``reading``: ``seconds`` of each turn, sorted,
        and ``processor``, the seconds of processor time of the server a turn.
    """
    pupils, turns = (3, 2) if quick else (PUPILS, TURNS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "chrM.book")
        book = build(Options(DATA / "NC_012920.1.fa", path, genes=DATA / GENES, assembly="GRCh38"))
        demo_tracks(path, DATA / GENES)
        made: dict[str, Any] = {"source": SOURCE, "letters": book["chrM"].length}
        made |= {"pupils": pupils, "turns": turns}
        with app(path) as address:
            server = psutil.Process().children(recursive=True)
            asyncio.run(
                class_of(address, 1, 2 * STOPS, 0.0, False)
            )  # compiled code is loaded, stops are made
            for way, pause in (("at once", 0.0), ("reading", 0.0 if quick else PAUSE_S)):
                before = _processor(server)
                seconds = sorted(asyncio.run(class_of(address, pupils, turns, pause, way == "at once")))
                spent = (_processor(server) - before) / len(seconds)
                made[way] = {"seconds": seconds, "processor": spent}
    return made


def _processor(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes if process.is_running())


async def class_of(address: str, pupils: int, turns: int, pause: float, is_in_step: bool) -> list[float]:
    """Seconds of each turn of some pupils, who open the app before the first is timed."""
    step = asyncio.Barrier(pupils)
    each = (_pupil(address, number, turns, pause, step, is_in_step) for number in range(pupils))
    return [seconds for own in await asyncio.gather(*each) for seconds in own]


async def _pupil(
    address: str, number: int, turns: int, pause: float, step: asyncio.Barrier, is_in_step: bool
) -> list[float]:
    rng = np.random.default_rng(number)
    socket = f"ws://{urlsplit(address).netloc}/_stcore/stream"
    seconds = []
    async with connect(
        socket, subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=120, ping_interval=None
    ) as visitor:
        await _turn(visitor, {"tour": "1"}, "<h2>1. ")
        await step.wait()
        answers = ""
        for turn in range(turns):
            if is_in_step:
                await step.wait()
            await asyncio.sleep(float(rng.uniform(0, 2 * pause)))
            if turn % 2:
                query = {"view": "game", "seed": str(number + 1), "answers": answers}
                shown = f"Round {len(answers) + 1} of"
                answers += str(rng.integers(2))
            else:
                stop = 1 + (number + turn) % STOPS
                query, shown = {"tour": str(stop)}, f"<h2>{stop}. "
            began = time.perf_counter()
            await _turn(visitor, query, shown)
            seconds.append(time.perf_counter() - began)
    return seconds


async def _turn(visitor: Any, query: dict[str, str], shown: str) -> None:
    """Ask for a page and wait until it is whole; what it shows must be what was asked for."""
    asked = BackMsg()
    asked.rerun_script.query_string = urlencode(query)
    asked.rerun_script.page_name = "class"
    await visitor.send(asked.SerializeToString())
    text = ""
    while True:
        message = ForwardMsg.FromString(await visitor.recv())
        if message.WhichOneof("type") == "delta":
            text += message.delta.new_element.html.body
        if message.WhichOneof("type") == "script_finished" and shown in text:
            return


def lines(result: dict[str, Any]) -> list[str]:
    """The section of docs/class.md."""
    rows = []
    for way, said in {"at once": "all at the same moment", "reading": "after a pause to read"}.items():
        seconds = result[way]["seconds"]
        figures = (np.percentile(seconds, share) for share in (50, 95, 100))
        spent = f"{1000 * result[way]['processor']:.0f} ms"
        rows.append([said, *(f"{figure:.2f} s" for figure in figures), spent])
    return [
        f"{result['pupils']} pupils on the page Class, {result['turns']} pages each: stops of the tour and "
        f"rounds of a game of their own. The pause is {PAUSE_S:.0f} s on average.",
        "",
        *table(["each turns a page", "median", "95 %", "longest", "processor time a page"], rows),
    ]
