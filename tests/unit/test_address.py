"""The address bar: every state is given back, and what anyone may write there is bounded."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genomebook.annotation.evidence import LEVELS
from genomebook.lexicon.find import HOWS
from genomebook.lexicon.listing import ONLY, SHUFFLE, SORTS, WordFilter
from genomebook.search.channels import CHANNELS
from genomebook.search.request import EVALUES, GROUPS, HITS, MAX_IN_ADDRESS, SearchState
from pages._address import (
    ATLAS,
    EVIDENCE,
    READ,
    SEARCH,
    WORD,
    WORD_LIST,
    Address,
    AtlasState,
    EvidenceState,
    ReadState,
    WordState,
)

ranges = st.tuples(st.integers(1, 100), st.integers(1, 100)).map(lambda pair: tuple(sorted(pair)))
lines = st.sampled_from([(), ("gloss",), ("tag",), ("gloss", "tag")])
texts = st.text(max_size=30)

STATES: list[tuple[Address[Any], st.SearchStrategy[Any]]] = [
    (READ, st.builds(ReadState, loc=st.none() | texts, lines=lines, track=texts)),
    (WORD, st.builds(WordState, word=st.none() | texts, first=st.integers(1, 10**12), lines=lines)),
    (
        WORD_LIST,
        st.builds(
            WordFilter,
            q=texts,
            how=st.sampled_from(HOWS),
            sort=st.sampled_from(list(SORTS)),
            length=ranges,
            gc=ranges,
            least=st.integers(0, 10**9),
            shuffle=st.sampled_from(list(SHUFFLE)),
            only=st.sets(st.sampled_from(list(ONLY))).map(lambda names: tuple(n for n in ONLY if n in names)),
        ),
    ),
    (
        SEARCH,
        st.builds(
            SearchState,
            q=texts,
            loc=texts,
            by=st.sampled_from(list(CHANNELS)),
            hits=st.sampled_from(HITS),
            e=st.sampled_from(EVALUES),
            shuffle=st.integers(0, 10**6),
            group=st.sampled_from(list(GROUPS)),
        ),
    ),
    (
        ATLAS,
        st.builds(
            AtlasState,
            reader=texts,
            map=texts,
            colour=texts,
            find=texts,
            weights=st.sampled_from(["trained", "random", "both"]),
            english=st.booleans(),
        ),
    ),
    (
        EVIDENCE,
        st.builds(
            EvidenceState,
            level=st.sampled_from(LEVELS),
            signals=st.none() | st.lists(st.text("abc<& ", min_size=1)).map(tuple),
        ),
    ),
]


@pytest.mark.parametrize(("address", "states"), STATES)
def test_an_address_gives_its_state_back(address: Address[Any], states: st.SearchStrategy[Any]) -> None:
    @given(states)
    def check(state: Any) -> None:
        written = address.write(state)
        assert address.read(refuse, written) == state
        assert all(isinstance(value, str) for value in written.values())

    check()


def refuse(line: str) -> None:
    raise AssertionError(line)


@pytest.mark.parametrize("address", [address for address, _ in STATES])
def test_every_field_has_a_parameter_and_the_default_is_not_written(address: Address[Any]) -> None:
    assert {field.name for field in dataclasses.fields(address.plain)} == set(address._parameters)
    assert address.write(address.plain) == {}
    assert address.read(refuse, {"another": "page's"}) == address.plain


@pytest.mark.parametrize(
    ("address", "name", "value", "said"),
    [
        (WORD_LIST, "how", "sideways", "how='sideways' in the address is not known; choose one of contains"),
        (WORD_LIST, "sort", "<b>", "is not known"),
        (WORD_LIST, "length", "x", "length='x' in the address is not a range; write it like 3-8"),
        (WORD_LIST, "length", "8", "write it like 3-8"),
        (WORD_LIST, "length", "8-3", "swap the two numbers"),
        (WORD_LIST, "gc", "٣-٤", "is not a range"),
        (WORD_LIST, "least", "-1", "is not a whole number from 0"),
        (WORD_LIST, "least", "٣", "is not a whole number from 0"),
        (WORD_LIST, "least", "9" * 20, "is not a whole number from 0"),
        (WORD_LIST, "shuffle", "some", "choose one of more, fewer, even"),
        (WORD_LIST, "only", "gloss,evil", "only='gloss,evil' in the address is not known"),
        (WORD, "from", "0", "from='0' in the address is not a whole number from 1"),
        (SEARCH, "q", "A" * (MAX_IN_ADDRESS + 1), f"{'A' * 40}' in the address is longer than 2,000"),
        (SEARCH, "by", "luck", "choose one of sequence, embedding, both"),
        (SEARCH, "hits", "11", "choose one of 10, 25, 50, 100"),
        (SEARCH, "e", "0.5", "choose one of 10, 1, 0.01, 1e-05, 1e-10"),
        (SEARCH, "shuffle", "1000001", "from 0 to 1,000,000"),
        (ATLAS, "weights", "none", "choose one of trained, random, both"),
        (ATLAS, "map", "x" * 2_000, "in the address is longer than"),
        (EVIDENCE, "level", "page", "choose one of sentence, paragraph"),
    ],
)
def test_a_bad_parameter_is_one_line(address: Address[Any], name: str, value: str, said: str) -> None:
    reported: list[str] = []
    assert address.read(reported.append, {name: value}) == address.plain
    assert len(reported) == 1
    assert said in reported[0]


def test_open_ranges_end_at_the_bounds() -> None:
    state = WORD_LIST.read(refuse, {"length": "3-", "gc": "-20"})
    assert state == WordFilter(length=(3, 255), gc=(0, 20))


def test_lines_that_are_not_known_are_ignored() -> None:
    assert READ.read(refuse, {"lines": " tag,evil,gloss,tag"}).lines == ("gloss", "tag")
