"""Components of the pages in AppTest: the answers that they were sent, and questions as a browser asks them.

Without a key it is the reader of page Read; ``go`` is the box of the other pages.
"""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest


def _component(at: AppTest, key: str = "reader") -> Any:
    protos = [component.proto for component in at.get("bidi_component")]
    (proto,) = (proto for proto in protos if proto.id.endswith(f"-{key}"))
    return proto


def answer(at: AppTest, key: str = "reader") -> dict[str, Any]:
    """What the browser was sent last."""
    proto = _component(at, key)
    sent: dict[str, Any] = json.loads(proto.bytes or proto.json)
    return sent


def words(at: AppTest) -> str:
    """Letters of the page that was sent; empty without a page."""
    page = answer(at)["page"]
    return "".join(page["words"]["text"]) if page else ""


def ask(at: AppTest, name: str, value: object, key: str = "reader") -> AppTest:
    """Run the page with a question: ``view`` is a state of the component, all others are its events."""
    proto = _component(at, key)
    states = at._tree.get_widget_states()
    state = states.widgets.add()
    if name == "view":
        state.id = proto.id
        state.json_value = json.dumps({"view": value})
    else:
        state.id = f"$$STREAMLIT_INTERNAL_KEY_{proto.id}__events"
        state.json_trigger_value = json.dumps([{"event": name, "value": value}])
    return at._run(states)


def view(at: AppTest, loc: str, **more: object) -> AppTest:
    """Run the page as after a turn to `loc`, or with other lines."""
    shown = {"serial": 1, "loc": loc, "lines": [], "track": "", "transcripts": {}, "contents": False}
    return ask(at, "view", {**shown, "have": [], **more})


def go(at: AppTest, text: str, key: str = "reader") -> AppTest:
    """Run the page with a text sent off from the box."""
    return ask(at, "go", {"serial": 1, "text": text}, key)
