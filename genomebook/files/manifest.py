"""Typed manifests of folders, validated before anything in them is used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from genomebook.errors import DamagedBookError, GenomebookError
from genomebook.files.digests import own_digest

Count = Annotated[int, msgspec.Meta(ge=0, le=2**50)]
"""Of bytes, letters and the like: whatever is made of some of them is within 64 bits."""

Positive = Annotated[int, msgspec.Meta(ge=1, le=2**50)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
FileName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_+-]+(\.[a-z0-9_+-]+)+\Z", max_length=100)]
"""Name of a file in the folder itself: no other folder can be meant."""

T = TypeVar("T")


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes and SHA-256 of a listed file."""

    bytes: Count
    sha256: Sha256


Files = dict[FileName, FileEntry]


def read_json(file: Path, remedy: str, refusal: type[GenomebookError] = DamagedBookError) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    FileNotFoundError, NotADirectoryError
        When there is no such file.
    GenomebookError
        Of the type ``refusal``, when it is not readable, or no object.
    """
    try:
        content = file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise refusal(f"{file}: not readable ({error.strerror}); {remedy}") from None
    return json_object(file, content, remedy, refusal)


def json_object(
    file: Path, content: bytes, remedy: str, refusal: type[GenomebookError] = DamagedBookError
) -> dict[str, Any]:
    """Parse a JSON object; NaN and Infinity, which JSON does not have, are refused.

    Raises
    ------
    GenomebookError
        Of the type ``refusal``, when it is none.
    """
    try:
        body = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise refusal(f"{file}: not readable ({error}); {remedy}") from None
    if not isinstance(body, dict):
        raise refusal(f"{file}: not a JSON object; {remedy}")
    return body


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not a number")


def validated(
    file: Path,
    body: Mapping[str, Any],
    kind: type[T],
    remedy: str,
    refusal: type[GenomebookError] = DamagedBookError,
) -> T:
    """Turn the content of a manifest into its type.

    Raises
    ------
    GenomebookError
        Of the type ``refusal``, when a field is missing or of another type or range; the message says which.
    """
    try:
        return msgspec.convert(body, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise refusal(f"{file}: {' '.join(str(error).split())}; {remedy}") from None


def check_own_digest(file: Path, body: Mapping[str, Any], remedy: str) -> None:
    """Check a manifest against its own digest.

    Raises
    ------
    DamagedBookError
        When they differ.
    """
    if own_digest(body) != body.get("digest"):
        raise DamagedBookError(f"{file}: altered (it does not have its own digest); {remedy}")
