"""Which field each column of a table holds, by header or first line."""

from __future__ import annotations

_RMSK = {"contig": 5, "start": 6, "end": 7, "strand": 9, "name": 10}
_TITLES = {
    "contig": ("contig", "chrom", "chr", "volume", "seqid", "seqname", "genoname"),
    "start": ("start", "chromstart", "genostart", "txstart"),
    "end": ("end", "chromend", "genoend", "txend"),
    "strand": ("strand",),
    "name": ("name2", "genename", "name", "gene_name", "symbol"),
    "gene_id": ("gene_id", "ensembl_id"),
    "biotype": ("biotype", "gene_biotype", "gene_type"),
    "description": ("description", "product"),
}


def titled_columns(titles: list[str]) -> dict[str, int]:
    """Column of each field, by header."""
    lowered = [title.strip().lstrip("#").lower() for title in titles]
    at = {key: [lowered.index(name) for name in names if name in lowered] for key, names in _TITLES.items()}
    columns = {key: numbers[0] for key, numbers in at.items() if numbers}
    if "name" in lowered and columns.get("name") != lowered.index("name"):
        columns.setdefault("gene_id", lowered.index("name"))
    return columns


def layout(first: list[str]) -> dict[str, int]:
    """Column of each field in BED or a UCSC table without header, by its first line."""
    count, number = len(first), [text.isdecimal() for text in first]
    if count == 17 and first[5] not in ("+", "-", ".") and first[9] in ("+", "-"):
        return _RMSK
    if count > 3 and number[0] and not number[1] and number[2] and number[3]:
        return {"contig": 1, "start": 2, "end": 3, "name": 4, "strand": 6}
    for strand in (3, 2):  # a gene table, with or without bin (or, as refFlat, with an extra name)
        if count > 9 and first[strand] in ("+", "-") and number[strand + 1] and number[strand + 2]:
            at = {"contig": strand - 1, "strand": strand, "start": strand + 1, "end": strand + 2}
            name = strand + 9 if count > strand + 12 else 0 if not number[0] else 1
            return at | {"name": name, "gene_id": strand - 2}
    return {"contig": 0, "start": 1, "end": 2, "name": 3, "strand": 5}
