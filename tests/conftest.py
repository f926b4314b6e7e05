"""What all tests share: the real data, a browser, the shipped chromosome, the Hypothesis profiles."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support.browser import BROWSER_ARGS, BROWSER_NAMES, find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from genomebook.training.corpora.corpus import CorpusSources

ROOT = Path(__file__).resolve().parents[1]

# A shell that starts the tests in the background has them ignore Ctrl-C, and so what they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Deadlines are wall-clock thresholds: a loaded machine, or numba compiling, would fail them.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "default")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the real data (it holds data/ and facts/), named by GENOMEBOOK_SHARED."""
    name = os.environ.get("GENOMEBOOK_SHARED")
    if not name:
        pytest.skip("GENOMEBOOK_SHARED is not set: it names the folder of the real data")
    folder = Path(name)
    if not (folder / "data").is_dir():
        pytest.skip(f"GENOMEBOOK_SHARED={name} holds no folder data/")
    return folder


@pytest.fixture(scope="session")
def chrm_fasta() -> Path:
    """FASTA of the human mitochondrial chromosome, as shipped in the package."""
    return ROOT / "genomebook" / "data" / "NC_012920.1.fa"


@pytest.fixture(scope="session")
def chrm_book(tmp_path_factory: pytest.TempPathFactory, chrm_fasta: Path) -> Path:
    """Book of the human mitochondrial chromosome with its genes, cut by the default signal; read only.

    Built once a session: the workers of pytest-xdist share it.
    """
    from genomebook.pipeline.book.build import Options, build

    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent
    book = folder / "chrM.book"
    with (folder / "chrM.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not book.exists():
            genes = chrm_fasta.with_name("NC_012920.1.genes.tsv")
            title = "The human mitochondrial chromosome"
            build(Options(chrm_fasta, book, genes=genes, title=title, assembly="GRCh38", workers=2))
    return book


@pytest.fixture(scope="session")
def class_book(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book of the mitochondrion with the tracks of the demo; read only."""
    from genomebook.pipeline.demo import GENES, demo_tracks

    book = tmp_path_factory.mktemp("class") / "chrM.book"
    shutil.copytree(chrm_book, book)
    demo_tracks(book, ROOT / "genomebook" / "data" / GENES)
    return book


@pytest.fixture(scope="session")
def equipped_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small book with everything that can be added to one (`equipped.equip`); read only."""
    from tests.support.equipped import equip

    return equip(tmp_path_factory.mktemp("equipped"))


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> CorpusSources:
    """Small texts in DNA and English, of which a corpus can be made."""
    from tests.support.corpora import write_sources

    return write_sources(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="module")
def one_torch_thread() -> Iterator[None]:
    """Run torch on one thread: more cost more than they bring at the sizes of tests."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def faults() -> list[str]:
    """Where a browser test collects what its page complains of."""
    return []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium with a fresh profile; open pages with ``browser.new_page()``.

    One a module, not one a session: while Playwright is up, its event loop keeps ``asyncio.run`` from working
    in every other test of the process.
    """
    path = find_browser()
    if path is None:
        named = os.environ.get("CHROME") or ", ".join(BROWSER_NAMES)
        reason = f"no browser found ({named}); install chromium or set CHROME=/path"
        if os.environ.get("GENOMEBOOK_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=list(BROWSER_ARGS))
        yield chromium
        chromium.close()
