"""What a page does late: an answer overtaken while the script loads, a word said after its address went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from genomebook.render import atlas
from genomebook.render.component import script
from genomebook.render.templating import render

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

ANSWER = {
    "settings": {"book": "b", "lines": []},
    "around": {},
    "loc": "chrM:1-10",
    "view": {"lines": [], "track": ""},
    "refused": "",
}

# Streamlit awaits the import before it calls the component, and calls what the component returned when the
# effect was cancelled meanwhile, or when the component is unmounted: after its place has left the document.
RUN = """async ([source, data, isBytes]) => {
    const made = (await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })))).default;
    const parentElement = document.body.appendChild(document.createElement("div"));
    const answer = isBytes ? new TextEncoder().encode(JSON.stringify(data)) : data;
    const call = () => made({ data: answer, parentElement, setStateValue() {}, setTriggerValue() {} });
    const first = call();
    const second = call();
    first();
    const overtaken = parentElement.querySelectorAll("form").length;
    parentElement.remove();
    second();
    return [overtaken, parentElement.childElementCount];
}"""


LEGEND = {"title": "t", "scale": "", "ticks": [], "entries": []}
MAP = {
    "points": "p",
    "title": "t",
    "caption": "",
    "spoken": "",
    "warning": "",
    "link": "",
    "legend": LEGEND,
    "labels": [],
}
MAPS = {"scene": {"panels": [MAP], "map": "m", "near": "n", "linked": "", "without": ""}}

# Without their points no maps are drawn. Those that were closed are made anew by the next answer, beside
# what the old ones left in the place.
MAPS_RUN = """async ([source, bringer, html, data, tables]) => {
    const load = (text) => import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    const [{ default: made }, { default: bring }] = [await load(source), await load(bringer)];
    const parentElement = document.body.appendChild(document.createElement("div"));
    parentElement.append(document.createRange().createContextualFragment(html));
    const call = () => made({ data, parentElement, setStateValue() {}, setTriggerValue() {} });
    const maps = () => parentElement.querySelectorAll(".am-panel").length;
    const first = call();
    const waiting = maps();
    const table = { getChild() {} };
    const place = () => document.body.appendChild(document.createElement("div"));
    tables.forEach((name) => bring({ data: { name, table }, parentElement: place() }));
    const second = call();
    first();
    call();
    const overtaken = maps();
    parentElement.remove();
    second();
    call();
    return [waiting, overtaken, maps()];
}"""


def test_maps_wait_for_their_points_and_what_a_newer_answer_overtook_closes_none(browser: Browser) -> None:
    page = browser.new_page()
    page.goto("data:text/html,<!doctype html><title>t</title><main></main>")
    html = str(render("atlas_map.j2", label="Map"))
    scripts = [script(name, atlas.FOLDER) for name in ("atlas.js", "atlas_points.js")]
    assert page.evaluate(MAPS_RUN, [*scripts, html, MAPS, ["p", "n"]]) == [0, 1, 2]


# The answer to a click that comes after Escape would choose the point again.
CHOICES_RUN = """async ([source, bringer, html, { scene }]) => {
    const load = (text) => import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    const [{ default: made }, { default: bring }] = [await load(source), await load(bringer)];
    const parentElement = document.body.appendChild(document.createElement("div"));
    parentElement.append(document.createRange().createContextualFragment(html));
    const said = [];
    const column = (values) => ({ toArray: () => values, get: (row) => String(values[row]) });
    const points = { getChild: () => column([0]) };
    for (const [name, table] of [["p", points], ["n", { getChild() {} }]]) {
        const place = document.body.appendChild(document.createElement("div"));
        bring({ data: { name, table }, parentElement: place });
    }
    const answer = (choice, keys) => {
        const data = { scene: { ...scene, choice }, chosen: { getChild: () => column(keys) } };
        made({ data, parentElement, setTriggerValue: (name, value) => said.push(value) });
        return parentElement.querySelectorAll(".am-chosen h2").length;
    };
    const shown = [answer(1, [0])];
    parentElement.querySelector(".am-chosen").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    shown.push(answer(1, [0]), answer(said[0].choice, []), answer(said[0].choice, [0]));
    return [shown, said.map(({ keys }) => keys)];
}"""


def test_a_late_answer_chooses_nothing_again(browser: Browser) -> None:
    page = browser.new_page()
    page.goto("data:text/html,<!doctype html><title>t</title><main></main>")
    html = str(render("atlas_map.j2", label="Map"))
    scripts = [script(name, atlas.FOLDER) for name in ("atlas.js", "atlas_points.js")]
    assert page.evaluate(CHOICES_RUN, [*scripts, html, MAPS]) == [[1, 0, 0, 1], [[]]]


@pytest.mark.parametrize(("main", "data"), [("main.js", ANSWER), ("go.js", {"settings": {}})])
def test_what_a_newer_answer_overtook_takes_nothing_away(
    browser: Browser, main: str, data: dict[str, Any]
) -> None:
    page = browser.new_page()
    page.goto("data:text/html,<!doctype html><title>t</title><main></main>")
    assert page.evaluate(RUN, [script(main), data, main == "main.js"]) == [1, 0]


# After Back the component stands until the next page is drawn. What it said then would run its own page.
LATE_RUN = """async ([source, data]) => {
    const made = (await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })))).default;
    const parentElement = document.body.appendChild(document.createElement("div"));
    const said = [];
    made({ data, parentElement, setTriggerValue: (name, value) => said.push(value.text) });
    const submit = (text) => {
        parentElement.querySelector("input").value = text;
        parentElement.querySelector("form").requestSubmit();
    };
    submit("first");
    history.pushState({}, "", "/base/read?loc=chrM:1-10");
    submit("late");
    history.pushState({}, "", "/base/search?loc=chrM:1-10");
    submit("again");
    return said;
}"""


def test_a_page_that_was_left_says_nothing(browser: Browser) -> None:
    page = browser.new_page()
    page.route("**/*", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.goto("http://127.0.0.1/base/search")
    assert page.evaluate(LATE_RUN, [script("go.js"), {"settings": {}}]) == ["first", "again"]
