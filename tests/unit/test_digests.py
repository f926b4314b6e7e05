from __future__ import annotations

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.genome.digests import SequenceDigest, refget

CHRM_MD5 = "c68f52674c9fb33aef52dcf399755519"


def test_refget_gives_the_published_example() -> None:
    assert refget(b"ACGT") == "SQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2"


def test_chrm_has_its_known_md5() -> None:
    lines = files("genomebook").joinpath("data/NC_012920.1.fa").read_bytes().splitlines()
    digest = SequenceDigest()
    for line in lines[1:]:
        digest.update(line)
    assert digest.md5 == CHRM_MD5


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda b: np.frombuffer(b, dtype=np.uint8)])
def test_every_kind_of_buffer_and_either_case_give_the_same(kind) -> None:  # type: ignore[no-untyped-def]
    digest = SequenceDigest()
    digest.update(kind(b"acgtN"))
    assert digest.refget == refget(b"ACGTN") != refget(b"ACGTA")
    assert digest.md5 == hashlib.md5(b"ACGTN").hexdigest()


def test_a_strided_array_is_digested_in_its_own_order() -> None:
    letters = np.frombuffer(b"AxCxGxTx", dtype=np.uint8)[::2]
    assert refget(letters) == refget(b"ACGT")


@given(st.lists(st.sampled_from([b"A" * 70_000, b"acgt" * 20_000, b"N", b"", b"gat"]), max_size=6))
def test_blocks_and_threads_do_not_change_a_digest(blocks: list[bytes]) -> None:
    whole = b"".join(blocks).upper()
    with ThreadPoolExecutor(2) as pool:
        digest = SequenceDigest(pool)
        for block in blocks:
            digest.update(block)
        assert digest.md5 == hashlib.md5(whole).hexdigest()
        expected = base64.urlsafe_b64encode(hashlib.sha512(whole).digest()[:24]).decode()
        assert digest.refget == "SQ." + expected
