"""What the published claims are measured with: cuts near edges, cores of motifs, ranks of descriptions."""

from __future__ import annotations

import json
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from benchmarks.claims.common import share, written
from benchmarks.claims.edges import cuts_of, recalled
from benchmarks.claims.report import lines
from benchmarks.claims.tokens import _eight_mers
from benchmarks.common.data import shared_data
from benchmarks.common.report import RESULTS, docs_of, markdown
from genomebook.language.encode import Encoder
from genomebook.language.vocabulary import load_vocabulary
from genomebook.tasks.claims import ClaimFigure, MeasuredClaim, measured_claims
from tests.support.dna import random_dna


def test_an_edge_is_recalled_by_a_cut_one_letter_away_and_no_further() -> None:
    cuts = np.array([10, 20])
    edges = np.array([8, 9, 10, 11, 12, 19, 21, 22])
    assert recalled(cuts, edges).tolist() == [False, True, True, True, False, True, True, False]
    assert not recalled(np.array([], np.int64), edges).any()


def test_random_cuts_have_the_recall_of_their_density() -> None:
    rng = np.random.default_rng(0)
    cuts = np.flatnonzero(rng.random(400_000) < 1 / 3.55)
    reached = recalled(cuts, rng.integers(10, 399_990, 20_000)).mean()
    assert abs(reached - (1 - (1 - 1 / 3.55) ** 3)) < 0.01


def test_cuts_are_where_words_end_also_past_gaps_and_ambiguous_letters() -> None:
    letters = np.frombuffer(random_dna(300, 5) + b"N" * 40 + random_dna(90, 6) + b"R" + b"ACGT", np.uint8)
    vocabulary = load_vocabulary("words-600")
    cuts = cuts_of("words-600", letters)
    borders = [0, *cuts.tolist(), len(letters)]
    ids = Encoder(vocabulary).encode(letters)
    assert len(borders) == len(ids) + 1
    for i, (start, end) in zip(ids.tolist(), pairwise(borders), strict=True):
        piece = letters[start:end].tobytes().decode()
        assert piece == (vocabulary.words[i] or piece)
        assert set(piece) == {"N"} or "N" not in piece


def test_eight_letters_have_one_number_and_none_where_a_letter_is_no_base() -> None:
    numbers = _eight_mers(np.frombuffer(b"ACGTACGTANCGTACGTAC", np.uint8))
    assert numbers[0] == int("01230123", 4)
    assert (numbers[2:10] == -1).all()
    assert numbers[10] == int("12301230", 4)


def test_ranks_count_ties_half_and_controls_ask_for_another_gene() -> None:
    pytest.importorskip("torch")
    from benchmarks.models.descriptions import ranks

    scores = np.array([[3.0, 1.0, 2.0], [0.0, 0.0, 0.0]])
    assert ranks(scores, 0).tolist() == [1.0, 2.0]
    assert ranks(scores, 1).tolist() == [3.0, 2.0]


def test_figures_are_said_with_their_intervals() -> None:
    one = share("right", 45, 90)
    assert written([one, ClaimFigure("length", 5.0)]) == "right 0.500 (0.399 to 0.601); length 5.000."


def test_the_shipped_claims_are_those_of_the_docs() -> None:
    body = json.loads((RESULTS / "claims.json").read_text())
    claims = measured_claims()
    assert msgspec.convert(body["claims"], list[MeasuredClaim])[0].name == claims[0].name
    assert len({claim.name for claim in claims}) == len(claims)
    assert all(claim.figures and claim.ours == written(claim.figures) for claim in claims)
    page = docs_of("claims").read_text()
    assert markdown("claims", RESULTS) in page
    assert "\n".join(lines({"claims": msgspec.to_builtins(claims)})).strip() in page


def test_a_claim_and_the_audit_of_its_task_have_the_same_figure() -> None:
    audits = json.loads((RESULTS / "tasks.json").read_text())["audits"]
    (report,) = (one for one in audits if one["task"] == "regulatory")
    (of_audit,) = (row["test"] for row in report["rows"] if row["feature"] == "length")
    (claim,) = (one for one in measured_claims() if one.name == "regulatory-class")
    (of_claim,) = (one for one in claim.figures if one.what == "the length alone, MCC")
    assert [of_claim.value, of_claim.low, of_claim.high] == of_audit


def test_claims_are_refused_without_the_real_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GENOMEBOOK_SHARED", raising=False)
    with pytest.raises(SystemExit, match="GENOMEBOOK_SHARED is not set"):
        shared_data()
