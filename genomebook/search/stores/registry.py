"""Write and open a store by its name; a store's library is imported when it is used.

FAISS is the default: flat files that are memory-mapped, and the same bytes every time. LanceDB is for an
index that outgrows one machine's disk or lives on object storage.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from genomebook.errors import BookError
from genomebook.files.progress import Advance, no_progress
from genomebook.search.schema import REMEDY, StoreMeta
from genomebook.search.stores.base import Vectors, VectorStore, damaged

Store = Literal["faiss", "lance"]

KINDS: tuple[Store, ...] = get_args(Store)
"""Names of the stores; the first is the default."""


def _store(kind: str) -> type[VectorStore]:
    if kind == "faiss":
        from genomebook.search.stores.faiss import FaissStore

        return FaissStore
    from genomebook.search.stores.lance import LanceStore

    return LanceStore


def build_store(
    kind: str, folder: Path, name: str, vectors: Vectors, threads: int = 1, advance: Advance = no_progress
) -> StoreMeta:
    """Write a store of one of `KINDS`; see `VectorStore.build`."""
    return _store(kind).build(folder, name, vectors, threads, advance)


def open_store(kind: str, folder: Path, name: str, about: StoreMeta) -> VectorStore:
    """Open a store.

    Raises
    ------
    DamagedBookError
        A file is missing, cut short, or not what ``about`` says; or ``about`` says too little.
    BookError
        ``kind`` is unknown.
    MissingExtraError
        The package that it needs is not installed.
    """
    if kind not in KINDS:
        raise BookError(f"{folder}: unknown kind of vector store ({kind}); {REMEDY}")
    try:
        return _store(kind).open(folder, name, about)
    except KeyError as error:
        raise damaged(folder, f"index.json does not describe its {name} ({error})") from None
