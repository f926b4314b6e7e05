"""Checkpoints from the hub: whole, of one commit, checked, and no code without leave."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from genomebook.errors import ReaderError
from genomebook.models import hub
from genomebook.models.hub import fetch, load_hub
from tests.support.hub_server import HubServer

CONFIG = '{"model_type": "bert"}'
REPO = "someone/model"


@pytest.fixture
def server() -> Iterator[HubServer]:
    here = HubServer()
    thread = threading.Thread(target=here.serve_forever, daemon=True)
    thread.start()
    yield here
    here.shutdown()
    here.server_close()
    thread.join()


@pytest.fixture
def cache(server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and the hub at the local server."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The files of a model, as far as a download looks at them."""
    folder = tmp_path / "model"
    folder.mkdir()
    files = {
        "config.json": CONFIG,
        "model.safetensors": "w" * 5000,
        "pytorch_model.bin": "p" * 5000,
        "tokenizer.json": "{}",
        "modeling.py": "raise SystemExit",
        "README.md": "read me",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def refused(reason: str, *arguments: object, **options: object) -> str:
    with pytest.raises(ReaderError, match=reason) as caught:
        load_hub(*arguments, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def whole_files(cache: Path) -> set[str]:
    """Names in snapshots that lead to a file."""
    return {path.name for path in cache.glob("*/snapshots/*/*") if path.exists()}


def test_only_what_is_needed_is_fetched(server: HubServer, cache: Path, model: Path) -> None:
    commit = server.add(REPO, model)
    folder = fetch(REPO, None, False)
    assert folder.name == commit
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors", "tokenizer.json"}
    assert (folder / "model.safetensors").read_bytes() == (model / "model.safetensors").read_bytes()
    assert not any("modeling.py" in line or ".bin" in line for line in server.asked)


def test_a_second_time_nothing_is_fetched_and_offline_works(
    server: HubServer, cache: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = server.add(REPO, model)
    first = fetch(REPO, "main", False)
    server.asked.clear()
    assert fetch(REPO, commit, False) == first
    assert not [line for line in server.asked if "resolve" in line]
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert fetch(REPO, "main", False) == first
    assert fetch(REPO, commit, False) == first


def test_a_wrong_checksum_is_refused_and_deleted(server: HubServer, cache: Path, model: Path) -> None:
    server.add(REPO, model)
    for name in ("model.safetensors", "config.json"):
        server.altered = {name}
        message = refused("was deleted", REPO)
        assert name in message
        assert name not in whole_files(cache)
        assert not [path for path in cache.glob("*/blobs/*") if path.read_bytes()[:1] == b"w"]
        server.altered = set()
        assert (fetch(REPO, None, False) / name).exists()
        for path in cache.glob("*/snapshots/*/*"):
            path.resolve().unlink()
            path.unlink()


def test_a_file_that_rots_in_the_cache_is_refused(server: HubServer, cache: Path, model: Path) -> None:
    server.add(REPO, model)
    path = fetch(REPO, None, False) / "tokenizer.json"
    path.resolve().write_text("[]")
    assert "tokenizer.json" in refused("checksum", REPO)
    assert fetch(REPO, None, False).joinpath("tokenizer.json").read_text() == "{}"


def test_a_download_that_breaks_off_leaves_no_file(server: HubServer, cache: Path, model: Path) -> None:
    server.add(REPO, model)
    server.cut = {"model.safetensors"}
    refused("broke off", REPO)
    assert "model.safetensors" not in whole_files(cache)
    server.cut = set()
    assert (fetch(REPO, None, False) / "model.safetensors").stat().st_size == 5000


def test_what_the_hub_does_not_have(server: HubServer, cache: Path, model: Path) -> None:
    server.add(REPO, model)
    refused("no such model", "someone/else")
    refused("no revision 'v9'", REPO, revision="v9")
    refused("no revision", REPO, revision="0" * 40)
    server.gated = {REPO}
    refused("owner's leave", REPO)
    assert whole_files(cache) == set()


def test_offline_with_an_empty_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    refused("cannot be reached", REPO)
    assert not cache.exists() or whole_files(cache) == set()


def test_a_server_that_is_not_there(cache: Path, server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    refused("cannot be reached", REPO)


def test_pickled_weights_are_not_fetched(server: HubServer, cache: Path, model: Path) -> None:
    (model / "model.safetensors").unlink()
    server.add(REPO, model)
    assert "pytorch_model.bin" in refused("convert", REPO)
    assert not any("resolve" in line and ".bin" in line for line in server.asked)
    (model / "pytorch_model.bin").unlink()
    server.add(REPO, model)
    refused("has no weights", REPO)
    (model / "config.json").unlink()
    (model / "model.safetensors").write_text("w")
    server.add(REPO, model)
    refused("no config.json", REPO)


def test_code_is_fetched_only_with_leave_and_a_commit(server: HubServer, cache: Path, model: Path) -> None:
    (model / "config.json").write_text('{"model_type": "hyenadna", "auto_map": {"AutoConfig": "modeling.X"}}')
    commit = server.add(REPO, model)
    for options in (
        {},
        {"revision": commit},
        {"trust_remote_code": True},
        {"trust_remote_code": True, "revision": "main"},
        {"trust_remote_code": True, "revision": commit[:12]},
    ):
        server.asked.clear()
        message = refused("trust_remote_code=True|no revision", REPO, **options)
        assert commit in message or "no revision" in message
        assert not any("resolve" in line and ".py" in line for line in server.asked)
        assert "modeling.py" not in whole_files(cache)
    folder = fetch(REPO, commit, True)
    assert (folder / "modeling.py").exists()


def test_code_of_another_repository_is_refused(server: HubServer, cache: Path, model: Path) -> None:
    (model / "config.json").write_text('{"auto_map": {"AutoConfig": "other/code--modeling.X"}}')
    commit = server.add(REPO, model)
    refused("that of other/code", REPO, revision=commit, trust_remote_code=True)


def test_a_folder_with_code_needs_leave(model: Path) -> None:
    (model / "config.json").write_text('{"model_type": "hyenadna", "auto_map": {"AutoConfig": "modeling.X"}}')
    refused("trust_remote_code=True", model)


def test_neither_folder_nor_id(tmp_path: Path) -> None:
    for name in ("nothing-here", str(tmp_path / "gone"), "a/b/c", "../up", "https://x/y"):
        refused("no such folder", name)
    empty = tmp_path / "empty"
    empty.mkdir()
    refused("config.json", empty)


def test_the_module_loads_no_torch() -> None:
    code = (
        "import sys, genomebook.models.hub\n"
        "assert not {'torch', 'transformers', 'huggingface_hub'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(hub.__file__).parents[2])


def test_the_endpoint_of_the_environment_is_used(server: HubServer, tmp_path: Path, model: Path) -> None:
    server.add(REPO, model)
    code = f"from genomebook.models.hub import fetch; print(fetch({REPO!r}, None, False).name)"
    environment = {**os.environ, "HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "home")}
    root = Path(hub.__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=root, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == server.commit(REPO)
