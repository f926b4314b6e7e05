"""Rows of evidence: kept as they are, refused when they are not evidence, and what they say together."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from genomebook.annotation.evidence import (
    ComparedTrack,
    Evidence,
    EvidenceRow,
    favoured,
    make_row,
    read_evidence,
    write_evidence,
)
from genomebook.annotation.tracks import mask_track
from genomebook.errors import BookFormatError, DamagedBookError, OptionError
from genomebook.genome.regions import Contig
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from genomebook.pipeline.evidence.volume import measure, moved_starts, page, write_page
from genomebook.render.evidence.text import CONTROLS as EXPLAINED
from genomebook.segmentation.boundaries import Boundaries, word_ends
from genomebook.stats import Estimate


def row(control: str, value: float | None, beside: float = 1.0, label: str = "x", **more: Any) -> EvidenceRow:
    figure = None if value is None else Estimate(value, value * 0.9, value * 1.1)
    level, unit = more.get("level", "sentence"), more.get("unit", "share")
    return make_row(
        control, level, label, unit, figure, Estimate(beside, beside, beside), "moved", 7, "no end"
    )


def evidence(**signals: tuple[EvidenceRow, ...]) -> Evidence:
    tracks = (ComparedTrack("repeats", 4470, "mask.bed.gz", "ab" * 32),)
    return Evidence(
        "chr2:1-2333275", 2_333_275, "GRCh38", ({"name": "counts", "digest": "cd" * 32},), 1, signals,
        favoured(signals, tracks).signal, tracks, ("Four times is not reached: “why”.",),
    )  # fmt: skip


def test_what_was_written_is_read(tmp_path: Path):
    path = tmp_path / "evidence.json"
    whole = evidence(
        b=(row("enrichment", 2.4), row("strand", None)),
        a=(row("offset", 1.0), row("offset", 812.0, unit="letters", label="letters until all agree")),
    )
    write_evidence(whole, path)
    assert read_evidence(path) == whole
    body = json.loads(path.read_text())
    assert body["format"] == "genomebook-evidence-1"
    assert body["signals"]["b"][1] == {
        "control": "strand", "level": "sentence", "label": "x", "value": None, "low": None, "high": None,
        "control_value": 1.0, "control_low": 1.0, "control_high": 1.0, "control_label": "moved", "n": 7,
        "unit": "share", "why": "no end",
    }  # fmt: skip
    again = replace(whole, signals=dict(reversed(whole.signals.items())))
    write_evidence(again, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
    assert path.read_bytes().isascii()


def test_a_failed_write_leaves_what_was_there(tmp_path: Path):
    path = tmp_path / "evidence.json"
    write_evidence(evidence(a=(row("strand", 0.5),)), path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        write_evidence(evidence(a=(row("strand", float("nan")),)), path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["evidence.json"]


def _drop(key: str) -> Any:
    return lambda body: body.pop(key)


def _in_row(**changes: Any) -> Any:
    return lambda body: body["signals"]["a"][0].update(changes)


@pytest.mark.parametrize(
    "change",
    [
        _drop("signals"), _drop("seed"), _drop("notes"),
        lambda body: body.update(signals=[]),
        lambda body: body.update(default="c"),
        lambda body: body.update(letters="many"),
        lambda body: body.update(letters=-1),
        lambda body: body.update(tracks=[{"name": "x"}]),
        lambda body: body["signals"].update(a="rows"),
        _in_row(value="0.5"), _in_row(value=True), _in_row(value=None), _in_row(control="luck"),
        _in_row(level="chapter"), _in_row(low=None), _in_row(n=0.5), _in_row(surplus=1), _in_row(unit=None),
    ],
)  # fmt: skip
def test_damage_is_refused_in_one_line(change: Any, tmp_path: Path):
    path = tmp_path / "evidence.json"
    write_evidence(evidence(a=(row("strand", 0.5),)), path)
    body = json.loads(path.read_text())
    change(body)
    path.write_text(json.dumps(body))
    with pytest.raises(DamagedBookError) as caught:
        read_evidence(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "\x00\xff", '{"format": "genomebook-evidence-1"'])
def test_what_is_not_json_is_refused(text: str, tmp_path: Path):
    path = tmp_path / "evidence.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(DamagedBookError, match=r"not readable as evidence .*measure it anew"):
        read_evidence(path)


@pytest.mark.parametrize("body", [[], 3, {"format": "genomebook-evidence-2"}, {}, {"format": ["\n"] * 99}])
def test_another_format_is_refused_by_name(body: Any, tmp_path: Path):
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(body))
    with pytest.raises(BookFormatError, match=r"not genomebook-evidence-1; measure it anew") as caught:
        read_evidence(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(DamagedBookError, match=r"evidence\.json"):
        read_evidence(tmp_path / "evidence.json")


REPEATS, EXONS, FEW = (
    ComparedTrack(name, edges, "a.bed", "ab" * 32)
    for name, edges in (("repeats", 3387), ("exons", 186), ("few", 22))
)


def named(*tracks: ComparedTrack, **signals: tuple[EvidenceRow, ...]) -> str | None:
    return favoured(signals, tracks or (REPEATS, EXONS, FEW)).signal


def near(
    track: ComparedTrack, value: float | None, low: float = 0.0, high: float = 0.0, most: float = 1.2
) -> EvidenceRow:
    figure = None if value is None else Estimate(value, low, high)
    beside = Estimate(1.0, 2 - most, most)
    return make_row(
        "enrichment", "paragraph", f"{track.name}, within 20 bp", "times", figure, beside, "moved", 900, "few"
    )


def test_what_is_favoured_must_first_be_stable():
    loud = (row("offset", 0.98), near(REPEATS, 9.0, 8.0, 10.0))
    calm = (row("offset", 0.995), near(REPEATS, 1.5, 1.3, 1.7))
    assert named(loud=loud, calm=calm) == "calm"
    assert named(loud=loud, calm=(row("offset", 0.5), *calm[1:])) == "loud"
    far = (*calm, row("offset", 812.0, unit="letters"), row("offset", None))
    assert named(far=far, loud=loud) == "far"


def test_the_strongest_enrichment_is_favoured_whatever_else_it_is_not_near():
    """Switch keeps out of exons, since repeats do; an interval that begins at 0 there must not undo 4.5."""
    switch = (near(REPEATS, 4.5, 4.1, 4.9), near(EXONS, 0.46, 0.0, 1.3), near(FEW, 0.5, 0.0, 0.8))
    surprise = (near(REPEATS, 1.3, 1.21, 1.4), near(EXONS, 1.7, 1.16, 2.1, 1.48), near(FEW, 1.5, 0.8, 1.9))
    assert named(switch=switch, surprise=surprise) == "switch"
    assert named(switch=switch[1:], surprise=surprise) == "surprise"
    told = favoured({"switch": switch, "surprise": surprise}, (REPEATS,))
    assert told.why == (
        "paragraph ends, repeats, within 20 bp: 4.5 times (95 % interval 4.1 to 4.9, by chance 1.2 at most)"
    )


def test_the_lower_end_of_the_interval_counts_and_not_the_figure():
    wide, narrow = (near(REPEATS, 5.0, 1.5, 9.0),), (near(REPEATS, 3.0, 2.8, 3.2),)
    assert named(wide=wide, narrow=narrow) == "narrow"
    against = (replace(narrow[0], control_value=2.0, control_high=2.2),)
    assert named(wide=wide, narrow=against) == "wide"


def test_edges_that_are_few_or_no_more_than_chance_tell_nothing():
    calm = (row("strand", 0.8, 0.1),)
    for edge in (near(FEW, 9.0, 8.0, 10.0), near(EXONS, 1.67, 1.16, 2.1, 1.48), near(EXONS, None)):
        assert named(calm=calm, loud=(edge, row("strand", 0.2, 0.1))) == "calm"
    unknown = near(ComparedTrack("unknown", 0, "", ""), 9.0, 8.0, 10.0)  # a row of a track that is not listed
    assert named(calm=calm, loud=(unknown,)) == "calm"


def test_without_annotation_the_strands_decide_and_then_the_name():
    assert named(b=(row("strand", 0.4, 0.1),), a=(row("strand", 0.5, 0.3),)) == "b"
    assert named(b=(row("strand", 0.5, 0.3),), a=(row("strand", 0.5, 0.3),)) == "a"
    assert named(b=(row("strand", 0.31, 0.3),), a=(row("strand", 0.2, 0.3),)) is None
    assert named(b=(), a=()) is None
    assert favoured({}, ()).signal is None


class Planted:
    """Two signals: one divides where the case of letters changes, one every 100 letters."""

    signals = ("case", "ruler")

    def divide(self, letters: NDArray[np.uint8]) -> dict[str, Boundaries]:
        case = 1 + np.flatnonzero(np.diff(letters & 0x20))
        bases = (letters != ord("N")) & (letters != ord("n"))
        inside = np.append(bases[1:] & bases[:-1], False)
        ruler = np.arange(100, len(letters), 100)
        case, ruler = (one[inside[one - 1]] for one in (case, ruler))
        return {"case": Boundaries(case, case[::4]), "ruler": Boundaries(ruler, ruler[::3])}


def masked(n: int = 200_000) -> NDArray[np.uint8]:
    rng = np.random.default_rng(2)
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, n)]
    for start in range(5000, n - 400, 907):
        letters[start : start + int(rng.integers(50, 400))] |= 0x20
    letters[:3000] = letters[90_000:91_000] = ord("N")
    return letters


class Volume(NamedTuple):
    name: str
    length: int


def test_everything_is_measured_and_the_planted_signal_favoured(tmp_path: Path):
    letters, vocabulary = masked(), load_vocabulary("words-600")
    contig = Contig("chr9:101-200100", len(letters), "chr9", 100)
    track = mask_track(Volume(contig.name, len(letters)), letters)
    told: list[str] = []
    more = {"case": [row("english", 0.9, label="capitals", unit="F1")], "unknown": [row("english", 0.9)]}
    found = measure(
        contig, letters, Planted(), vocabulary, [track], assembly="made up", more=more, shuffles=1,
        notes=("A note.",), report=told.append,
    )  # fmt: skip
    assert sorted(found.signals) == ["case", "ruler"]
    assert found.default == "case"
    assert {one.control for one in found.signals["case"]} == {
        "english", "density", "strand", "offset", "substitution", "enrichment", "window",
    }  # fmt: skip
    (edge,) = [one for one in found.rows("case", "enrichment") if one.level == "sentence"]
    (chance,) = [one for one in found.rows("ruler", "enrichment") if one.level == "sentence"]
    assert edge.value is not None
    assert edge.value > 5
    assert chance.low is not None
    assert chance.high is not None
    assert chance.low < 1.1
    assert chance.high > 0.9
    moved = {one.label: one.value for one in found.rows("ruler", "offset") if one.level == "sentence"}
    assert moved["shift by 37 letters"] == 0.0
    assert moved["letters until all agree"] is None
    assert any("shuffle 1 of 1" in line for line in told)
    write_evidence(found, tmp_path / "evidence.json")
    assert read_evidence(tmp_path / "evidence.json") == found

    text = page([found])
    for control in ("english", "offset", "enrichment"):
        assert f"## {EXPLAINED[control].heading}\n\n{EXPLAINED[control].text}" in text
    assert "favours the signal *case*" in text
    assert f"**{edge.value:.2f}** times" in text
    assert "differences go on to the end" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {10}
    write_page([found], tmp_path / "evidence.md")
    assert (tmp_path / "evidence.md").read_text() == text
    with pytest.raises(OptionError, match="no such folder"):
        write_page([found], tmp_path / "none" / "evidence.md")


def test_words_are_counted_over_gaps():
    letters, vocabulary = masked(20_000), load_vocabulary("words-600")
    letters[-500:] = ord("n")
    ids = Encoder(vocabulary).encode(letters)
    ends = word_ends(ids, letters, vocabulary)
    assert len(ends) == len(ids)
    assert (ends[0], ends[-1]) == (3000, 20_000)
    moved = moved_starts(letters, ends)
    assert [one.label for one in moved[:2]] == ["shift by 1 word", "shift by 10 words"]
    assert (moved[0].letters, moved[1].letters) == (ends[1], ends[10])
    assert moved[-2].letters == 3037


@pytest.mark.parametrize("letters", [b"", b"ACGTA", b"N" * 3000, b"NNACGTNN"])
def test_a_volume_with_nothing_in_it_has_reasons(letters: bytes):
    raw = np.frombuffer(letters, np.uint8)
    found = measure(Contig("c", len(raw), "c", 0), raw, Planted(), load_vocabulary("words-600"), shuffles=1)
    assert sorted(found.signals) == ["case", "ruler"]
    for rows in found.signals.values():
        assert all((one.value is None) == bool(one.why) for one in rows)
        assert all(one.value is None for one in rows if one.control != "density")
    assert "| c | case |" in page([found])
