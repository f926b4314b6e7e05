"""The arrays of an old HDF5 file, as Keras 2 wrote models: whole arrays of float32, no compression.

After the HDF5 File Format Specification, version 3: superblock 0, object headers 1, symbol tables, layouts 3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89HDF\r\n\x1a\n"

_DATASPACE, _LAYOUT, _CONTINUATION, _TABLE = 0x01, 0x08, 0x10, 0x11
_ROOT_HEADER = 64
"""Where the superblock says at which offset the header of the root group lies."""


class Message(NamedTuple):
    """A message of an object header."""

    kind: int
    start: int
    size: int


def arrays(path: Path) -> dict[str, NDArray[np.float32]]:
    """All arrays of a file by their path in it.

    Raises
    ------
    ValueError
        When the file is of another kind or version.
    """
    data = path.read_bytes()
    if not data.startswith(SIGNATURE) or data[8]:
        raise ValueError(f"{path}: not an HDF5 file with a superblock of version 0")
    try:
        stored = dict(_below(data, _number(data, _ROOT_HEADER), ""))
    except (struct.error, IndexError, ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not an HDF5 file of the form that Keras 2 wrote ({error})") from None
    if not stored:
        raise ValueError(f"{path}: not an HDF5 file with arrays in it")
    return stored


def _number(data: bytes, at: int) -> int:
    value: int = struct.unpack_from("<Q", data, at)[0]
    return value


def _messages(data: bytes, header: int) -> Iterator[Message]:
    """Messages of an object header of version 1, and of the blocks that continue it."""
    count, size = struct.unpack_from("<2xH4xI", data, header)
    blocks = [(header + 16, size)]
    while blocks and count:
        at, size = blocks.pop(0)
        end = at + size
        while at + 8 <= end and count:
            kind, length = struct.unpack_from("<HH", data, at)
            count -= 1
            if kind == _CONTINUATION:
                blocks.append((_number(data, at + 8), _number(data, at + 16)))
            yield Message(kind, at + 8, length)
            at += 8 + length


def _below(data: bytes, header: int, name: str) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Arrays of a group and the groups in it, or of one array."""
    messages = {message.kind: message for message in _messages(data, header)}
    if _TABLE in messages:
        tree, heap = struct.unpack_from("<QQ", data, messages[_TABLE].start)
        names = _number(data, heap + 24)
        for offset, child in _entries(data, tree):
            start = names + offset
            label = data[start : data.index(b"\0", start)].decode()
            yield from _below(data, child, f"{name}/{label}")
    elif _LAYOUT in messages and messages[_LAYOUT].size >= 18:
        version, layout = data[messages[_LAYOUT].start : messages[_LAYOUT].start + 2]
        if (version, layout) != (3, 1):
            raise ValueError(f"{name}: layout {layout} of version {version}")
        place, size = struct.unpack_from("<QQ", data, messages[_LAYOUT].start + 2)
        shape = _shape(data, messages[_DATASPACE].start)
        if size == 4 * int(np.prod(shape)) and place + size <= len(data):
            yield name, np.frombuffer(data, "<f4", size // 4, place).reshape(shape)


def _shape(data: bytes, at: int) -> tuple[int, ...]:
    return struct.unpack_from(f"<{data[at + 1]}Q", data, at + 8)


def _entries(data: bytes, node: int) -> Iterator[tuple[int, int]]:
    """Offsets of the names of a group and the headers they stand for: a B-tree over symbol tables."""
    if data[node : node + 4] == b"SNOD":
        (count,) = struct.unpack_from("<H", data, node + 6)
        for number in range(count):
            offset, header = struct.unpack_from("<QQ", data, node + 8 + 40 * number)
            yield offset, header
        return
    if data[node : node + 4] != b"TREE":
        raise ValueError(f"no B-tree at byte {node}")
    (count,) = struct.unpack_from("<H", data, node + 6)
    for number in range(count):
        yield from _entries(data, _number(data, node + 32 + 16 * number))
