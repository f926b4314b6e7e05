"""Checkpoints of other projects, from the Hugging Face hub or a folder.

Only safetensors are read: pickled weights could run code. Files come from one commit and are compared with
its checksums; those that differ are deleted. Code of a checkpoint runs only with the caller's consent, and
from the hub only at a commit that the caller names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genomebook.errors import MissingExtraError, ReaderError
from genomebook.language.vocabulary import Vocabulary, load_vocabulary
from genomebook.models.adapters.files import check_weights, has_code, one_line, read_json, used
from genomebook.models.registry import HUB_ID

if TYPE_CHECKING:
    from genomebook.models.adapters.reader import ForeignReader

COMMIT = re.compile(r"[0-9a-f]{40}")
WORDS = "words-4096"
"""Vocabulary whose words are scored, unless another is given."""

_BYTES_PER_READ = 1 << 22


def load_hub(
    id_or_folder: str | Path,
    *,
    revision: str | None = None,
    trust_remote_code: bool = False,
    device: str = "cpu",
    words: Vocabulary | None = None,
) -> ForeignReader:
    """Load a checkpoint of another project as a reader.

    Parameters
    ----------
    id_or_folder : str or Path
        A folder, or a hub id such as ``InstaDeepAI/nucleotide-transformer-500m-human-ref``.
    revision : str, optional
        Commit, branch or tag on the hub; the main branch by default.
    trust_remote_code : bool
        Run the Python code of the checkpoint, if any. From the hub this needs a commit as `revision`.
    device : str
        As torch names it.
    words : Vocabulary, optional
        Vocabulary of the words to score; ``words-4096`` by default.

    Raises
    ------
    MissingExtraError, ReaderError
        When the checkpoint is not available whole, is of no known family, has only pickled weights, or has
        code that may not run.
    """
    folder = Path(id_or_folder)
    if folder.is_dir():
        _check_folder(folder, trust_remote_code)
        name = folder.resolve().name
    elif HUB_ID.fullmatch(str(id_or_folder)):
        name = str(id_or_folder)
        folder = fetch(name, revision, trust_remote_code)
        name = f"{name}@{folder.name[:12]}"
    else:
        raise ReaderError(f"{id_or_folder}: no such folder, and not a hub id; give a folder or owner/name")
    try:
        from genomebook.models.adapters.reader import open_folder
    except ImportError as error:
        raise MissingExtraError(name, [str(error.name)], "train") from None
    return open_folder(folder, name, words or load_vocabulary(WORDS), device)


def _check_folder(folder: Path, trusted: bool) -> None:
    config = read_json(folder / "config.json")
    check_weights(str(folder), (path.name for path in folder.iterdir()))
    if has_code(folder, config) and not trusted:
        raise ReaderError(f"{folder}: runs Python code of its own; read it, then give trust_remote_code=True")


def _check_home(repo: str, config: dict[str, Any]) -> None:
    """Refuse code from another repository than the weights: no commit pins it."""
    homes = {name.rpartition("--")[0] for name in config["auto_map"].values() if isinstance(name, str)}
    for other in homes - {"", repo}:
        raise ReaderError(f"{repo}: its code is that of {other}; copy both into one folder and give that")


def fetch(repo: str, revision: str | None, trusted: bool) -> Path:
    """Download the files of a reader, or find them in the cache of the hub.

    Returns the folder of the commit, whose files were compared with its checksums. For ``trusted`` (code may
    be downloaded) and errors see `load_hub`.
    """
    folder = _download(repo, revision, ["config.json"])
    tree = _tree(repo, folder)
    check_weights(repo, tree)
    if "config.json" not in tree:
        raise ReaderError(f"{repo}: has no config.json; give a model in the format of transformers")
    _verify(repo, folder, ["config.json"], tree)
    config = read_json(folder / "config.json")
    own_code = has_code(repo, config)
    if own_code:
        _check_home(repo, config)
        if not trusted or not COMMIT.fullmatch(revision or ""):
            raise ReaderError(
                f"{repo}: runs Python code of its own; read it at this commit, then give "
                f"trust_remote_code=True and revision='{folder.name}'"
            )
    names = used(tree, code=own_code)
    folder = _download(repo, folder.name, names)
    _verify(repo, folder, names, tree)
    return folder


def _download(repo: str, revision: str | None, names: list[str]) -> Path:
    import httpx2
    from huggingface_hub import errors, snapshot_download

    try:
        return Path(snapshot_download(repo, revision=revision, allow_patterns=names))
    except errors.GatedRepoError:
        raise ReaderError(
            f"{repo}: needs its owner's leave; ask on its page, then run hf auth login"
        ) from None
    except errors.RepositoryNotFoundError:
        raise ReaderError(
            f"{repo}: no such model on the hub; check the name (hf auth login if private)"
        ) from None
    except errors.RevisionNotFoundError:
        raise ReaderError(
            f"{repo}: has no revision {revision!r}; give one of its commits, branches or tags"
        ) from None
    except errors.HFValidationError as error:
        raise ReaderError(f"{repo}: not a hub id ({one_line(error)}); give owner/name") from None
    except (OSError, httpx2.HTTPError) as error:
        raise ReaderError(
            f"{repo}: the hub cannot be reached or broke off, and the cache does not hold it whole "
            f"({one_line(error)}); try again when connected, or give a folder"
        ) from None


def _tree(repo: str, folder: Path) -> dict[str, str]:
    """Checksums of the files of a commit by name, from the listing in the cache of the hub."""
    listing = folder.parents[1] / "trees" / f"{folder.name}.json"
    if not listing.is_file():
        raise ReaderError(f"{repo}: the cache holds no checksums of it; load it once when connected")
    files = read_json(listing).get("files", {})
    return {name: str(row.get("lfs_sha256") or row.get("blob_id")) for name, row in files.items()}


def _verify(repo: str, folder: Path, names: Iterable[str], tree: Mapping[str, str]) -> None:
    """Compare files with the checksums of their commit; delete what differs."""
    for name in names:
        path, expected = folder / name, tree[name]
        checksum = _checksum(path, git=len(expected) == hashlib.sha1().digest_size * 2)
        if checksum != expected:
            real = path.resolve()
            path.unlink()
            real.unlink(missing_ok=True)
            raise ReaderError(
                f"{repo}: {name} has checksum {checksum[:12]}, not {expected[:12]}; it was deleted, try again"
            )


def _checksum(path: Path, *, git: bool) -> str:
    """SHA-256 of a file, or its SHA-1 as git computes it."""
    sums = hashlib.sha1(b"blob %d\0" % path.stat().st_size) if git else hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BYTES_PER_READ):
            sums.update(block)
    return sums.hexdigest()
