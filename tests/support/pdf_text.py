"""Text and fonts of a PDF, read by its specification (ISO 32000): what a reader would copy from it."""

from __future__ import annotations

import re
import zlib

_ESCAPES = {b"\\n": b"\n", b"\\r": b"\r", b"\\t": b"\t", b"\\(": b"(", b"\\)": b")", b"\\\\": b"\\"}


def objects(pdf: bytes) -> dict[int, tuple[bytes, bytes]]:
    """Dictionary and decompressed stream of each object."""
    found = {}
    at = 0
    while match := re.compile(rb"(\d+) 0 obj\s").search(pdf, at):
        head = pdf.index(b"endobj", match.end())
        stream = pdf.find(b"stream\n", match.end(), head)
        content = b""
        if stream >= 0:
            size = int(re.search(rb"/Length (\d+)", pdf[match.end() : stream])[1])  # type: ignore[index]
            content = pdf[stream + 7 : stream + 7 + size]
            if b"/FlateDecode" in pdf[match.end() : stream]:
                content = zlib.decompress(content)
            head = pdf.index(b"endobj", stream + 7 + size)
        found[int(match[1])] = pdf[match.end() : stream if stream >= 0 else head], content
        at = head
    return found


def embedded_fonts(pdf: bytes) -> dict[str, bytes]:
    """TrueType data of each embedded font, by its name."""
    found, known = {}, objects(pdf)
    for content, _ in known.values():
        name, file = re.search(rb"/FontName /(\S+)", content), re.search(rb"/FontFile2 (\d+) 0 R", content)
        if name and file:
            found[name[1].decode()] = known[int(file[1])][1]
    return found


def pages_text(pdf: bytes) -> list[str]:
    """Text of each page, a line for each string that is drawn."""
    known = objects(pdf)
    fonts = {}
    for content, _ in known.values():
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", content):
            cmap = re.search(rb"/ToUnicode (\d+) 0 R", known[int(number)][0])
            if cmap:
                fonts[name] = _characters(known[int(cmap[1])][1])
    return [_drawn(stream, fonts) for content, stream in known.values() if b" Tj" in stream]


def _characters(cmap: bytes) -> dict[int, str]:
    pairs = re.findall(rb"^<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>$", cmap, re.M)
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


def _drawn(stream: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    lines, font = [], b""
    for match in re.finditer(rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", stream, re.S):
        if match[1]:
            font = match[1]
            continue
        raw = re.sub(rb"\\.", lambda escape: _ESCAPES[escape[0]], match[2], flags=re.S)
        codes = [int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2)]
        lines.append("".join(fonts[font][code] for code in codes))
    return "\n".join(lines)
