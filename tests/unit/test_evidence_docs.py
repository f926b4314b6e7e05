"""The evidence that ships and the page of the docs follow from the measured files, and say what they must."""

from __future__ import annotations

from pathlib import Path

from genomebook.annotation.evidence import CONTROLS, favoured, read_evidence
from genomebook.pipeline.evidence.page import with_english
from genomebook.pipeline.evidence.volume import page
from genomebook.segmentation.signals import DEFAULT, SIGNALS

ROOT = Path(__file__).resolve().parents[2]
MEASURED = ROOT / "benchmarks" / "results" / "evidence"
SHIPPED = ROOT / "genomebook" / "data" / "evidence.json"


def test_what_ships_is_what_was_measured() -> None:
    made = with_english(
        read_evidence(MEASURED / "chr2.json"), MEASURED / "english.json", MEASURED / "notes.txt"
    )
    assert made == read_evidence(SHIPPED)


def test_the_page_is_made_of_it() -> None:
    others = [read_evidence(MEASURED / f"{name}.json") for name in ("chr21", "chrM")]
    assert (ROOT / "docs" / "evidence.md").read_text() == page([read_evidence(SHIPPED), *others])


def test_the_default_is_the_signal_that_the_evidence_favours() -> None:
    shipped = read_evidence(SHIPPED)
    assert shipped.default == favoured(shipped.signals, shipped.tracks).signal == DEFAULT
    assert set(shipped.signals) == set(SIGNALS)
    for name in ("chr21", "chrM"):
        measured = read_evidence(MEASURED / f"{name}.json")
        assert measured.default == favoured(measured.signals, measured.tracks).signal


def test_every_control_was_measured_with_an_interval_beside_its_control() -> None:
    shipped, mitochondrion = read_evidence(SHIPPED), read_evidence(MEASURED / "chrM.json")
    seen = set()
    for evidence in (shipped, mitochondrion):
        for row in (row for rows in evidence.signals.values() for row in rows if row.value is not None):
            assert row.low is not None
            assert row.high is not None
            assert row.low <= row.value <= row.high
            if row.unit != "letters":
                assert row.control_value is not None
                seen.add(row.control)
    assert seen == set(CONTROLS)


def test_the_default_does_not_depend_on_the_start() -> None:
    rows = read_evidence(SHIPPED).rows(DEFAULT, "offset")
    shares = [row.value for row in rows if row.unit == "share"]
    assert len(shares) == 12
    assert min(share or 0 for share in shares) >= 0.99
