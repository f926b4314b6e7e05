"""FASTA parsed in the simplest way."""

from __future__ import annotations


def parse_simply(content: bytes) -> list[tuple[str, str, bytes]]:
    """(name, description, letters) of each record, the plainest way."""
    records: list[tuple[str, str, bytes]] = []
    for line in content.splitlines():
        if line.startswith(b">"):
            name, *rest = line[1:].decode().split(maxsplit=1)
            records.append((name, "".join(rest).strip(), b""))
        elif records:
            name, description, letters = records[-1]
            records[-1] = (name, description, letters + line.strip())
    return records
