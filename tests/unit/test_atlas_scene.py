"""Maps of the atlas: every point where it belongs, colours that all can tell, nothing of a file as a tag."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from genomebook.book import Book
from genomebook.lexicon import atlas as atlas_data
from genomebook.lexicon.atlas import (
    MAX_POINTS,
    Atlas,
    AtlasPoints,
    atlases,
    look_up,
    map_names,
    points,
)
from genomebook.lexicon.listing import listing
from genomebook.lexicon.phrases import describe
from genomebook.render.atlas import colours as atlas_colours
from genomebook.render.atlas import scene as atlas_scene
from genomebook.render.atlas import text as atlas_text
from genomebook.render.templating import stylesheet
from tests.support.figures import EVIL
from tests.support.made_atlas import CLASSES, ENGLISH, READER, SENTENCES, WORDS, mapped
from tests.support.seen import Seen, colours, luminance

CONFIG = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"


@pytest.fixture(scope="module")
def book(chrm_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Book:
    return mapped(chrm_book, tmp_path_factory.mktemp("atlas"))


@pytest.fixture(scope="module")
def made(book: Book) -> Atlas:
    return atlases(book)[READER]


def shown_of(book: Book, made: Atlas, name: str) -> AtlasPoints:
    return points(made.table, name, listing(book.lexicon), made.total(name))


@pytest.fixture(scope="module")
def words(book: Book, made: Atlas) -> AtlasPoints:
    return shown_of(book, made, WORDS)


@pytest.fixture(scope="module")
def sentences(book: Book, made: Atlas) -> AtlasPoints:
    return shown_of(book, made, SENTENCES)


def test_words_are_joined_with_what_the_book_knows_of_them(
    book: Book, made: Atlas, words: AtlasPoints
) -> None:
    assert map_names(made.table) == [WORDS, SENTENCES]
    known = book.lexicon.table.set_index("id")
    row = words.table.iloc[7]
    assert row["label"] == known.loc[row["id"], "word"]
    assert row["count"] == known.loc[row["id"], "count"]
    assert row["gc"] == pytest.approx(100 * known.loc[row["id"], "gc"], abs=0.06)
    assert tuple(words.english["label"]) == ENGLISH
    assert words.caption == f"All {len(words.table):,} words"


def test_a_book_s_own_map_replaces_the_shipped_one(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = book.lexicon.atlas.assign(x=99.0)
    other = pd.concat([shipped, shipped[shipped["map"] == WORDS].assign(map="words, in context")])
    monkeypatch.setattr(atlas_data, "shipped_atlas", lambda _: {READER: other, "another": shipped})
    monkeypatch.setattr(atlas_data, "shipped_atlas_figures", lambda _: {})
    found = atlases(book)
    assert list(found) == [READER, "another"]
    table = found[READER].table.set_index("map")["x"]
    assert (table["words, in context"] == 99).all()
    assert not (table[WORDS] == 99).any()
    assert found["another"].figures == {}


@pytest.mark.parametrize("name", [WORDS, SENTENCES])
def test_every_colour_offered_has_values_ticks_and_a_unit(book: Book, made: Atlas, name: str) -> None:
    shown = shown_of(book, made, name)
    offered = atlas_colours.offered(shown, book.lexicon)
    wanted = {
        "frequency",
        "shuffle",
        "gc",
        "length",
        "tag",
        "field",
        "gloss",
        "stability",
        "rank",
        "preservation",
        "in Alu",
    }
    wanted = wanted if name == WORDS else {"gc", "length", "group", "surprisal", "preservation"}
    assert wanted <= set(offered)
    for key in offered:
        painted = atlas_colours.colouring(shown, book.lexicon, key)
        if isinstance(painted, atlas_colours.ColourClasses):
            assert len(painted.of) == len(shown.table)
            assert len(painted.names) <= len(atlas_colours.LOOKS) + 2
            continue
        assert len(painted.level) == len(shown.table)
        low = -1 if painted.diverging else 0
        assert all(low - 1e-6 <= place <= 1 + 1e-6 for place, _ in painted.ticks)
        known = painted.level[~np.isnan(painted.level)]
        assert low <= known.min()
        assert known.max() <= 1
        assert len(painted.ticks) >= 2, key
        assert painted.title.endswith(atlas_colours.KINDS[key].unit) if key in atlas_colours.KINDS else True


def test_scales_say_what_they_show(book: Book, words: AtlasPoints) -> None:
    count = words.table["count"].to_numpy(float)
    frequency = atlas_colours.colouring(words, book.lexicon, "frequency")
    assert isinstance(frequency, atlas_colours.ColourScale)
    (ten,) = [place for place, said in frequency.ticks if said == "10"]
    assert np.all((frequency.level < ten) == (count < 10))
    shuffle = atlas_colours.colouring(words, book.lexicon, "shuffle")
    assert isinstance(shuffle, atlas_colours.ColourScale)
    assert (0.0, "1") in shuffle.ticks
    times = words.table["times"].to_numpy(float)
    assert np.all((shuffle.level > 0)[times > 1])
    assert np.all((shuffle.level < 0)[times < 1])
    absent = words.table.assign(count=0)
    none = atlas_colours.colouring(dataclasses.replace(words, table=absent), book.lexicon, "frequency")
    assert isinstance(none, atlas_colours.ColourScale)
    assert np.isnan(none.level).all()
    assert none.none == "not in this book"


def test_what_is_in_one_of_book_and_shuffle_alone_has_the_colour_of_the_end(
    book: Book, words: AtlasPoints
) -> None:
    times = words.table["times"].to_numpy(float).copy()
    times[[3, 5]], times[4], times[6] = np.inf, 0, np.nan
    here = dataclasses.replace(words, table=words.table.assign(times=times))
    painted = atlas_colours.colouring(here, book.lexicon, "shuffle")
    assert isinstance(painted, atlas_colours.ColourScale)
    assert painted.level[[3, 4, 5]].tolist() == [1, -1, 1]
    assert np.flatnonzero(np.isnan(painted.level)).tolist() == [6]
    hover = [lines for _, lines in atlas_scene.hovers(book, here)]
    drawn = atlas_scene.columns(here, painted, atlas_scene.hovers(book, here), english=False)
    keys = {look: set(drawn.loc[drawn["look"] == look, "key"]) for look in (60, 61, 62)}
    ids = here.table["id"]
    assert keys == {60: {ids[6]}, 61: {ids[4]}, 62: {ids[3], ids[5]}}
    assert {look: text for look, text, _ in atlas_scene.legend(painted, 0).entries} == {
        60: "not known (1)",
        61: "not in this book (1)",
        62: "never in the shuffle (2)",
    }
    assert sorted(drawn["key"]) == sorted(ids)
    assert "in this book, never in the shuffle" in hover[3]
    assert "in this book, 0 × the shuffle" in hover[4]
    assert "shuffle" not in hover[6]
    assert "inf" not in " ".join(hover)
    listed = atlas_text.listed(book, here, atlas_text.rows_of(book, here, here.table.iloc[3:7]), "selected")
    assert listed.count("∞") == 2
    only_here = dataclasses.replace(words, table=words.table.assign(times=np.inf))
    assert set(atlas_colours.colouring(only_here, book.lexicon, "shuffle").level) == {1}


def test_classes_beyond_the_most_frequent_share_one_look(book: Book, sentences: AtlasPoints) -> None:
    painted = atlas_colours.colouring(sentences, book.lexicon, "group")
    assert isinstance(painted, atlas_colours.ColourClasses)
    assert painted.names[-2:] == (f"{len(CLASSES) - len(atlas_colours.LOOKS)} other", "none")
    counts = np.bincount(painted.of)
    assert counts.sum() == len(sentences.table)
    assert list(counts[: len(atlas_colours.LOOKS)]) == sorted(
        counts[: len(atlas_colours.LOOKS)], reverse=True
    )
    for place, name in enumerate(painted.names[: len(atlas_colours.LOOKS)]):
        assert set(sentences.table["group"].to_numpy()[painted.of == place]) == {name}
    looks = [painted.look(place) for place in range(len(painted.names))]
    assert len(set(looks[: len(atlas_colours.LOOKS)])) == len(atlas_colours.LOOKS)
    assert set(looks[-2:]) == {atlas_colours.OTHER}


def test_the_class_is_read_from_the_phrase() -> None:
    rows = [
        {"class": name, "share": 0.4, "expected": 0.1, "enrichment": 4.0, "low": 3.0, "high": 5.0}
        for name in ("segmental duplication", "Alu", "CDS")
    ]
    phrases = [describe("AAAAAA", 50, [row], True).phrase for row in rows] + [
        describe("AC", 0, [], False).phrase,
        None,
    ]
    named = atlas_data.class_of_phrase(pd.Series(phrases, dtype=object))
    assert named.tolist() == ["segmental duplications", "Alu", "coding sequence", "none", "none"]


def hostile(shown: AtlasPoints) -> AtlasPoints:
    texts = ("label", "gloss", "tag", "group")
    table = shown.table.assign(**{name: EVIL for name in texts if name in shown.table})
    return dataclasses.replace(shown, table=table, english=shown.english.assign(label=EVIL))


@pytest.mark.parametrize(("name", "key"), [(WORDS, "gc"), (WORDS, "tag"), (SENTENCES, "group")])
def test_nothing_of_a_file_becomes_a_tag(book: Book, made: Atlas, name: str, key: str) -> None:
    shown = hostile(shown_of(book, made, name))
    if "phrase" in shown.table:
        shown = dataclasses.replace(
            shown, table=shown.table.assign(phrase=f"40 % inside {EVIL}, 3 times chance")
        )
    painted = atlas_colours.colouring(shown, book.lexicon, key)
    drawn = atlas_scene.columns(shown, painted, atlas_scene.hovers(book, shown), english=True)
    for texts in (drawn["title"], drawn["lines"]):
        assert texts.str.len().max() < 2_000
        assert not texts.str.contains(
            "[\\x00-\\x09\\x0b-\\x1f]"
        ).any()  # the browser makes text nodes of them
    told = msgspec.json.encode([atlas_scene.legend(painted, 3), atlas_scene.labels(shown)])
    assert len(told) < 20_000
    rows = atlas_text.rows_of(book, shown, shown.table.head(5))
    seen = Seen(atlas_text.listed(book, shown, rows, "selected"))
    assert seen.open == []
    assert seen.tags <= {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "a"}


def test_every_point_is_drawn_once_and_knows_its_key(book: Book, words: AtlasPoints) -> None:
    hover = atlas_scene.hovers(book, words)
    dna, english = atlas_scene.squared(words)
    for key in ("shuffle", "tag"):
        painted = atlas_colours.colouring(words, book.lexicon, key)
        drawn = atlas_scene.columns(words, painted, hover, english=True)
        assert [drawn[name].dtype for name in ("x", "y", "look", "key")] == ["f4", "f4", "u1", "i4"]
        expected = [*words.table["id"], *(-1 - words.english["id"])]
        assert sorted(drawn["key"]) == sorted(expected)
        by_key = drawn.set_index("key")
        for table, places, sign in ((words.table, dna, 1), (words.english, english, -1)):
            keys = table["id"] if sign > 0 else -1 - table["id"]
            assert by_key.loc[keys, "title"].tolist() == table["label"].tolist()
            assert by_key.loc[keys, "x"].to_numpy() == pytest.approx(places[:, 0], abs=1e-6)
        pale = drawn["look"].isin([60, 61, 62, 63] if key == "shuffle" else [63, *range(5, 9)])
        assert not pale.iloc[int(pale.sum()) :].any()  # pale ones are below the others
    assert len(atlas_scene.columns(words, painted, hover, english=False)) == len(words.table)


def test_a_few_points_far_away_leave_room_for_the_others(words: AtlasPoints) -> None:
    x = words.table["x"].to_numpy(float).copy()
    x[0] = 1.5 * np.ptp(x) + x.max()
    dna, english = atlas_scene.squared(dataclasses.replace(words, table=words.table.assign(x=x)))
    assert np.abs(dna).max() == pytest.approx(1.4)
    assert len(english) == len(words.english)
    away = words.table.assign(x=np.nan, y=np.inf)
    assert np.isfinite(atlas_scene.squared(dataclasses.replace(words, table=away))[0]).all()


def test_names_on_the_map_are_the_fields_of_glosses(words: AtlasPoints) -> None:
    away = words.table.assign(x=words.table["x"] + 9 * (words.table["field"] == "L1"))
    here = dataclasses.replace(
        words, table=away.assign(field=words.table["field"].where(away["x"] > 5, "exon"))
    )
    near = dataclasses.replace(here, table=here.table.assign(field=np.where(away.index % 9, "exon", "Alu")))
    for shown in (here, near):
        named = {label.text for label in atlas_scene.labels(shown)}
        assert named <= set(shown.table["field"])


def test_hover_says_word_glosses_count_length_and_gc(
    book: Book, words: AtlasPoints, sentences: AtlasPoints
) -> None:
    row = words.table[words.table["gloss"].notna()].iloc[0]
    title, text = atlas_scene.hovers(book, words)[int(row.name)]
    assert title == row["label"]
    wanted = (
        row["gloss"],
        row["tag"],
        f"{row['count']:,} in",
        f"{row['length']} bases",
        "% G+C",
    )
    assert all(part in text for part in wanted)
    named = words.table.assign(gloss="echo", name="comprehend", field="Alu")
    both = atlas_scene.hovers(book, dataclasses.replace(words, table=named))[0][1]
    assert "English by meaning: echo (Alu)\nEnglish by embedding: comprehend\n" in both
    bare = dataclasses.replace(words, table=words.table.assign(gloss=None, name=None, tag=None, times=np.nan))
    assert "None" not in " ".join(lines for _, lines in atlas_scene.hovers(book, bare))
    passage, about = atlas_scene.hovers(book, sentences)[0]
    assert "% G+C" in about
    end = int(sentences.table["end"].iloc[0])
    assert f"chrM:1-{end:,}" in passage


def test_a_selection_of_the_browser_is_checked(words: AtlasPoints) -> None:
    ids = words.table["id"].tolist()
    sent = [ids[5], ids[5], ids[2], -1, -99, 10**30, -(10**30), max(ids) + 1]
    dna, english = atlas_scene.selected(sent, words)
    assert dna.tolist() == [2, 5]
    assert english.tolist() == [0]
    assert [len(found) for found in atlas_scene.selected([], words)] == [0, 0]


def test_neighbours_of_a_passage_are_those_of_its_row(book: Book, sentences: AtlasPoints) -> None:
    known = book.lexicon.atlas_neighbours
    near = atlas_scene.nearest_passages(known, SENTENCES, 5)
    assert near["near"].tolist() == [row % len(sentences.table) for row in range(6, 16)]
    assert near["key"].tolist() == [5] * 10
    assert [near[name].dtype for name in near] == ["i4", "i4", "f4"]
    assert near["cosine"].is_monotonic_decreasing
    for name, key in ((SENTENCES, -1), (SENTENCES, 2**31 - 1), ("paragraphs", 5)):
        assert len(atlas_scene.nearest_passages(known, name, key)) == 0


def test_a_sample_is_said_to_be_one_and_stays_small(book: Book, sentences: AtlasPoints) -> None:
    count = MAX_POINTS + 1
    rows = sentences.table.iloc[np.arange(count) % len(sentences.table)].assign(id=np.arange(count), gc=0.5)
    many = points(rows.assign(map="sentences"), "sentences", listing(book.lexicon), 1_204_331)
    assert len(many.table) == MAX_POINTS
    assert many.caption == "100,000 of 1,204,331 sentences, a random sample with seed 1"
    again = points(rows.assign(map="sentences"), "sentences", listing(book.lexicon), 1_204_331)
    assert many.table.equals(again.table)
    assert many.table["id"].is_monotonic_increasing
    whole = points(rows.iloc[:MAX_POINTS].assign(map="sentences"), "sentences", listing(book.lexicon))
    assert whole.caption == "All 100,000 sentences"
    even = points(rows.iloc[:MAX_POINTS].assign(map="sentences"), "sentences", listing(book.lexicon), 170_000)
    assert even.caption == "100,000 of 170,000 sentences, taken evenly over the book"
    painted = atlas_colours.colouring(many, book.lexicon, "gc")
    longest = max(atlas_scene.hovers(book, sentences), key=lambda each: len(each[1]))
    drawn = atlas_scene.columns(many, painted, [longest] * MAX_POINTS, english=False)
    assert drawn.memory_usage(index=False)[["x", "y", "look", "key"]].sum() == 13 * MAX_POINTS
    assert sum(map(len, longest)) < 200


@pytest.mark.parametrize("text", ["heart", "gloss3", "Alu", "GGG", "<b>", "zzzz"])
def test_looking_up(book: Book, words: AtlasPoints, text: str) -> None:
    hits = look_up(book.lexicon, words, text)
    table = words.table.iloc[hits.rows]
    if text == "heart":
        assert words.english["label"].iloc[hits.english].tolist() == ["heart"]
    elif text == "gloss3":
        assert len(table)
        assert table["gloss"].str.startswith(text).all()
    elif text == "Alu":
        assert (table["tag"] == "Alu 40 %").all()
        assert len(table) == (words.table["tag"] == "Alu 40 %").sum() > 0
    elif text == "GGG":
        assert table["label"].str.contains(text).all()
    else:
        assert len(table) == len(hits.english) == 0
        assert text in atlas_text.found_line(text, hits)


def test_the_files_to_take_away(book: Book, words: AtlasPoints, sentences: AtlasPoints) -> None:
    rows = atlas_text.rows_of(book, words, words.table)
    head, *lines = atlas_text.as_tsv(rows).splitlines()
    assert head.split("\t")[:4] == ["word", "English", "measured", "count"]
    assert len(lines) == len(words.table)
    drawn = atlas_text.listed(book, words, rows, "selected")
    assert drawn.count("<tr ") == atlas_text.MAX_LISTED + 1
    assert f"{len(words.table):,} words selected; the first 200, the file has all" in drawn
    some = atlas_text.rows_of(book, sentences, sentences.table.iloc[[4]])
    first, end = sentences.table[["start", "end"]].iloc[4].astype(int)
    assert f'href="read?loc=chrM%3A{first + 1}-{end}"' in atlas_text.listed(book, sentences, some, "selected")


def contrast(one: str, other: str) -> float:
    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_points_are_seen_and_scales_do_not_rely_on_hue(scheme: str) -> None:
    theme = tomllib.loads(CONFIG.read_text())["theme"][scheme]
    ground = colours(stylesheet())["paper"][scheme == "dark"]
    fixed = [*atlas_colours.LOOKS, atlas_colours.OTHER, atlas_scene.RING]
    for colour in [*fixed, *theme["chartSequentialColors"], *theme["chartDivergingColors"]]:
        assert contrast(colour, ground) >= 3, colour
    away = [contrast(colour, ground) for colour in theme["chartSequentialColors"]]
    assert len(away) == 10
    assert away == sorted(away)
    assert away[-1] > 3 * away[0]
    sides = theme["chartDivergingColors"]
    assert len(sides) == 10
    reds = [int(colour[1:3], 16) - int(colour[5:7], 16) for colour in sides]
    assert reds == sorted(reds, reverse=True)  # from orange to blue, which all can tell apart
    assert [contrast(colour, ground) for colour in sides[:5]] == sorted(
        (contrast(colour, ground) for colour in sides[:5]), reverse=True
    )


def test_the_map_is_described_in_words(book: Book, words: AtlasPoints, sentences: AtlasPoints) -> None:
    painted = atlas_colours.colouring(words, book.lexicon, "gc")
    said = atlas_scene.spoken(words, painted, READER, True)
    for part in (WORDS, READER, f"all {len(words.table):,} words", "3 English words", "per cent"):
        assert part in said
    painted = atlas_colours.colouring(sentences, book.lexicon, "group")
    assert "in classes: " in atlas_scene.spoken(sentences, painted, READER, False)
