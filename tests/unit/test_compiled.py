"""Compiled functions where numba may write neither beside the source nor under the home folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FORBIDDEN = "/proc/nohome"
CODE = (
    "from genomebook.language.cuts import next_cut; import numba; "
    "print(next_cut.stats.cache_path, numba.config.CACHE_DIR)"
)


def run(temporary: Path | str) -> subprocess.CompletedProcess[str]:
    """Import a module of compiled functions where every place that numba would try is forbidden.

    numba also tries the folder of the source, which tests share: it is told to try NUMBA_CACHE_DIR only.
    """
    environment = {
        **os.environ,
        "HOME": FORBIDDEN,
        "NUMBA_CACHE_DIR": FORBIDDEN,
        "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator",
        "TMPDIR": str(temporary),
    }
    return subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True
    )


def test_code_is_kept_in_a_private_temporary_folder(tmp_path: Path) -> None:
    for _ in range(2):  # the second finds the folder of the first
        ran = run(tmp_path)
        (folder,) = tmp_path.iterdir()
        assert ran.stdout.split()[1] == str(folder)
        assert Path(ran.stdout.split()[0]).parent == folder
        assert folder.stat().st_mode & 0o077 == 0
        assert ran.stderr.count("\n") == 1
        assert str(folder) in ran.stderr
        assert "NUMBA_CACHE_DIR" in ran.stderr


@pytest.mark.parametrize("kind", ["open", "link", "file"])
def test_a_temporary_folder_that_others_may_write_to_is_not_used(tmp_path: Path, kind: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    folder = temporary / f"genomebook-compiled-{os.getuid()}"
    if kind == "open":
        folder.mkdir()
        folder.chmod(0o777)
    elif kind == "link":
        folder.symlink_to(elsewhere)
    else:
        folder.touch()
    ran = run(temporary)
    assert ran.stdout.split() == ["None", FORBIDDEN]
    assert ran.stderr.count("\n") == 1
    assert "each run starts slowly" in ran.stderr
    assert list(elsewhere.iterdir()) == []


def test_no_module_compiles_another_way() -> None:
    root = Path(__file__).resolve().parents[2]
    tops = ("genomebook", "benchmarks")
    files = [path for top in tops for path in (root / top).rglob("*.py")]
    users = {path.name for path in files if "njit" in path.read_text(encoding="utf-8")}
    assert users == {"compiled.py"}
