"""Checksums published in a list beside the files: MD5 (UCSC, NCBI, GENCODE) or BSD's sum (Ensembl)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from genomebook.errors import ChecksumError, DownloadError
from genomebook.files.progress import ByteProgress
from genomebook.genome.addresses import WebFile
from genomebook.genome.download import fetch, size_of

_MD5_LINE = re.compile(r"([0-9A-Fa-f]{32})[ \t]+\*?(.+)")
_SUM_LINE = re.compile(r"([0-9]{1,5})[ \t]+([0-9]{1,12})[ \t]+(.+)")
_MAX_LIST = 64 << 20
"""Bytes of a list."""


@dataclass(frozen=True)
class PublishedChecksum:
    """What is known of a file beforehand: its MD5, or its sum and blocks; and where that is from."""

    md5: str | None = None
    bsd: str | None = None
    source: str = ""


def fetch_checked(
    file: WebFile, folder: Path, progress: ByteProgress | None = None, *, retries: int = 3, pause: float = 1.0
) -> tuple[Path, str]:
    """Download a file, and compare it with what the table or the list beside it says.

    Parameters
    ----------
    file : WebFile
        The file.
    folder : Path
        Folder to put it in, under its own name.
    progress, retries, pause
        As in `genomebook.genome.download.fetch`.

    Returns
    -------
    tuple of Path and str
        The file, and what it was compared with: ``md5 of URL``, ``sum of URL``, ``md5 known here`` or
        ``length only``.

    Raises
    ------
    DownloadError
        When it cannot be had, or differs from its checksum.
    """
    known = published(file, folder, retries=retries, pause=pause)
    target = folder / file.name
    if not known.source and target.is_file() and size_of(file.url) not in (0, target.stat().st_size):
        target.unlink()  # without a checksum its length alone speaks for a file that is there
    try:
        fetch(file.url, target, md5=known.md5, bsd=known.bsd, progress=progress, retries=retries, pause=pause)
    except ChecksumError as error:
        if file.checksums and not file.md5:
            raise ChecksumError(f"{error} (as {file.checksums} says)") from None
        raise
    return target, known.source or "length only"


def published(file: WebFile, folder: Path, *, retries: int = 3, pause: float = 1.0) -> PublishedChecksum:
    """Checksum of a file: that of the table, else that of the list beside it, which is fetched anew.

    Raises
    ------
    DownloadError
        When the list cannot be had, or is none.
    """
    if file.md5:
        return PublishedChecksum(md5=file.md5, source="md5 known here")
    if not file.checksums:
        return PublishedChecksum()
    place = folder / ".checksums"
    place.unlink(missing_ok=True)
    fetch(file.checksums, place, retries=retries, pause=pause, max_bytes=_MAX_LIST)
    try:
        return _listed(file, place.read_bytes().decode("utf-8", "replace"))
    finally:
        place.unlink(missing_ok=True)


def _listed(file: WebFile, text: str) -> PublishedChecksum:
    """Checksum of a file in a list; nothing when it is not listed."""
    lines = 0
    for line in text.splitlines():
        md5, bsd = _MD5_LINE.fullmatch(line.strip()), _SUM_LINE.fullmatch(line.strip())
        lines += bool(md5 or bsd)
        if md5 and _is_named(file, md5[2]):
            return PublishedChecksum(md5=md5[1].lower(), source=f"md5 of {file.checksums}")
        if bsd and _is_named(file, bsd[3]):
            return PublishedChecksum(
                bsd=f"{int(bsd[1]):05d} {int(bsd[2])}", source=f"sum of {file.checksums}"
            )
    if not lines:
        raise DownloadError(f"{file.checksums}: not a list of checksums; check the address")
    return PublishedChecksum()


def _is_named(file: WebFile, name: str) -> bool:
    """Whether a name in the list beside a file is that of the file; ``//[x`` is no name."""
    try:
        return urljoin(file.checksums, name) == file.url
    except ValueError:
        return False
