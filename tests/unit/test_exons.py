"""Exons by number and by what lies before and after."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from genomebook.book.annex import finish_annex, open_annex
from genomebook.book.exons import exon, exon_after, exon_before
from genomebook.book.transcript import Transcript, shown
from genomebook.book.transcript_writer import write_transcripts
from genomebook.book.transcripts import Transcripts
from genomebook.errors import RegionError
from genomebook.genome.regions import Region

ALPHA = Transcript(
    "v",
    "-",
    "ALPHA",
    "G1",
    "T1",
    "",
    "",
    "",
    "",
    ((100, 200), (300, 420), (900, 1000)),
    ((150, 200), (300, 340)),
)
LONGER = replace(ALPHA, transcript_id="T2", exons=((100, 200), (250, 420), (900, 1000)), coding=())
BETA = replace(
    ALPHA, gene="BETA", gene_id="G2", transcript_id="T3", exons=((400_000, 400_100),), coding=(), strand="+"
)


@pytest.fixture
def known(tmp_path: Path) -> Transcripts:
    folder, lengths = tmp_path / "transcripts", {"u": 10, "v": 1_000_000}
    folder.mkdir()
    finish_annex(folder, "transcripts", "0" * 64, write_transcripts(folder, (ALPHA, LONGER, BETA), lengths))
    return Transcripts(open_annex(folder, "transcripts"), lengths)


def test_exons_are_counted_from_the_5_prime_end() -> None:
    assert exon(ALPHA, 1) == Region("v", 900, 1000)
    assert exon(ALPHA, 3) == Region("v", 100, 200)
    assert exon(BETA, 1) == Region("v", 400_000, 400_100)
    cut = replace(ALPHA, exons=ALPHA.exons[:2], first_exon=2, clipped=True)
    assert exon(cut, 3) == Region("v", 100, 200)
    with pytest.raises(RegionError, match="ALPHA has no exon 1 in this book: T1 has 2 to 3"):
        exon(cut, 1)
    with pytest.raises(RegionError, match="BETA has no exon 2: T3 has only 1"):
        exon(BETA, 2)


def test_the_exon_before_and_after_is_that_of_the_transcript_shown(known: Transcripts) -> None:
    assert shown([LONGER, ALPHA, BETA]) == [ALPHA, BETA]

    def steps(move, at):  # type: ignore[no-untyped-def]
        region = move(known, "v", at, 1_000_000)
        return (region.start, region.end) if region else None

    assert [steps(exon_after, at) for at in (0, 100, 300, 900)] == [
        (100, 200), (300, 420), (900, 1000), (400_000, 400_100),
    ]  # fmt: skip
    assert steps(exon_after, 400_000) is None
    assert [steps(exon_before, at) for at in (999_999, 400_000, 900, 420, 200)] == [
        (400_000, 400_100), (900, 1000), (300, 420), (300, 420), (100, 200),
    ]  # fmt: skip
    assert steps(exon_before, 100) is None
    assert exon_after(known, "u", 3, 10) is None
