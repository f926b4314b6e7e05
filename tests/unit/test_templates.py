"""HTML comes from templates, which escape: no module writes a tag; line breaks of a template are no text."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup, escape

from genomebook.render.templating import ENVIRONMENT, TEMPLATES, as_data, fill, framed, render, stylesheet

ROOT = Path(__file__).resolve().parents[2]
TAG = re.compile(r"(?<!P)</?(?:[a-z][a-z0-9]*)(?:\s[^<>]*)?/?>|<[a-z]+\s+[a-z-]+=|<!--", re.IGNORECASE)
FOR_PLOTLY = "<extra></extra>"
"""Ends a hover template of plotly: no second box beside the text."""


def strings_with_tags(source: str) -> Iterator[int]:
    """Lines of the string literals, docstrings apart, that hold a tag."""
    tree = ast.parse(source)
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in bare:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "x" for part in node.values]
            text = "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if TAG.search(re.sub(FOR_PLOTLY, "", text)):
            yield node.lineno


def test_no_module_writes_html() -> None:
    paths = [
        path
        for folder in ("genomebook/render", "genomebook/export", "pages")
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]
    assert len(paths) > 25
    written = {
        path.relative_to(ROOT).as_posix(): lines
        for path in paths
        if (lines := sorted(set(strings_with_tags(path.read_text(encoding="utf-8")))))
    }
    assert written == {}


@pytest.mark.parametrize("source", ["f'<p>{x}</p>'", "a = '</div>'", "f'<a href=\"{x}\">'", "b = '<br>'"])
def test_the_checker_sees_a_tag(source: str) -> None:
    assert set(strings_with_tags(source)) == {1}


def test_the_checker_lets_other_text_pass() -> None:
    assert not list(strings_with_tags("'''A docstring of <b>.'''\na = 'a < b and c > d'\nb = f'{a} <= {b}'"))


def folded(source: str) -> str:
    return ENVIRONMENT.from_string(source).render(x="X")


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("<p>\n  two\n  words\n</p>\n", "<p>two words</p>"),
        ("<p>\n  {{ x }}\n  <b>b</b>\n</p>", "<p>X<b>b</b></p>"),
        ('<a class="b"\n   title="c">', '<a class="b" title="c">'),
        ('a{{ " " }}\n{{ x }}', "a X"),
        ("{% if x %}\n  {{ x }}\n{% endif %}", "X"),
    ],
)
def test_line_breaks_of_a_template_are_no_text(source: str, made: str) -> None:
    assert folded(source) == made


def test_errors_keep_the_line_of_the_template() -> None:
    with pytest.raises(UndefinedError) as error:
        folded("<p>\n\n\n{{ missing }}\n</p>")
    assert error.traceback[-1].lineno == 3 or any(entry.lineno == 3 for entry in error.traceback)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.tuples(st.text(), st.text()))))
@example([("a", ("\x00", "<&>\"'")), ("b", ("%s", "{{ x }}"))])
@example([])
def test_filled_patterns_are_the_escaped_texts(rows: list[tuple[str, tuple[str, ...]]]) -> None:
    patterns = {"a": Markup("<i title='%s'>%s</i>"), "b": Markup("100%% %s%s")}
    assert fill(rows, patterns, " ") == " ".join(
        ("<i title='{}'>{}</i>" if name == "a" else "100% {}{}").format(*map(str, map(escape, texts)))
        for name, texts in rows
    )


def test_values_are_escaped_and_must_be_given() -> None:
    assert render("lede.j2", text="<script>\"'&") == (
        '<div class="gb"><p class="lede">&lt;script&gt;&#34;&#39;&amp;</p></div>'
    )
    with pytest.raises(UndefinedError):
        render("lede.j2")


def test_no_template_turns_escaping_off() -> None:
    for path in sorted(TEMPLATES.glob("*.j2")):
        text = path.read_text(encoding="utf-8")
        assert "autoescape" not in text
        assert set(re.findall(r"(\S+)\s*\|\s*safe", text)) <= {'"-<wbr>"', 'join("-<wbr>"'}, path.name


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.j2")), ids=lambda path: path.name)
def test_every_template_compiles(path: Path) -> None:
    ENVIRONMENT.get_template(path.name)


@pytest.mark.parametrize("name", [path.stem for path in sorted(TEMPLATES.glob("*.css"))])
def test_stylesheets_are_one_element(name: str) -> None:
    text = stylesheet(name)
    assert text.startswith("<style>")
    assert text.count("</style") == 1


@given(st.text())
@example("</script><script>alert(1)</script>")
@example("<!-- \u2028 & ]]>")
def test_data_in_a_page_is_the_same_data_and_no_tag(text: str) -> None:
    written = as_data(json.dumps([text], ensure_ascii=False).encode("utf-8", "surrogatepass"))
    assert json.loads(written) == [text]
    assert not set(written) & set("<>&\u2028\u2029")


def test_a_frame_starts_the_app_or_leaves_it_to_its_body() -> None:
    index = (
        '<html><head><title>x</title><script type="module" crossorigin src="./a.js"></script></head>'
        "<body><noscript>no</noscript><div></div></body></html>"
    )
    frame = framed(index, ["", "read"], ".more {}")
    whole = frame.with_parts("<!--head-->", "<!--body-->")
    assert frame.script == "./a.js"
    assert re.search(
        r'src="./a.js".*\.more \{\}.*<!--head--></head>\s*<body><!--body--><div>', whole, re.DOTALL
    )
    assert "noscript" not in whole
    assert "./a.js" not in frame.with_parts("", "", is_held=True)
