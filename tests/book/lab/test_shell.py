"""Handles, addresses and the bundle: what the parts that all laboratories share do with good and bad input."""

from __future__ import annotations

import json

import pytest

from booktools.lab.bundle import laboratory, scripts
from booktools.lab.directive import FOLDER
from booktools.source.pages import BookError

CONTROLS = {
    "t": {"type": "range", "name": "t", "from": 1, "to": 10, "step": 0.5, "value": 3},
    "name": {"type": "choice", "name": "name", "choices": [["a", "A"], ["b", "B"]], "value": "a"},
    "on": {"type": "check", "name": "on", "value": False},
    "prompt": {"type": "words", "name": "prompt", "longest": 8, "value": "a dog"},
}


@pytest.mark.parametrize(
    ("control", "given", "kept"),
    [
        ("t", "4.2", 4), ("t", "4.3", 4.5), ("t", "-5", 1), ("t", "1e9", 10), ("t", "nan", 3), ("t", "", 3),
        ("t", "Infinity", 3), ("t", "4;alert(1)", 3), ("t", None, 3), ("t", [], 3), ("name", "b", "b"),
        ("name", "toString", "a"), ("name", "<b>", "a"), ("name", None, "a"), ("on", "1", True), ("on", "yes", False),
        ("prompt", "two red circles", "two red "), ("prompt", "a\u202eb\x00c", "a b c"), ("prompt", 7, "a dog"),
    ],
)  # fmt: skip
def test_what_is_not_allowed_becomes_what_is(modules, control, given, kept):
    ask = "(module, [control, given]) => module.allowed(control, given)"
    assert modules("shell/controls.js", ask, [CONTROLS[control], given]) == kept


@pytest.mark.parametrize(
    ("fragment", "found"),
    [
        ("#lab-x?t=3&name=b", {"t": "3", "name": "b"}), ("#lab-x", {}), ("#lab-y?t=3", None), ("", None),
        ("#lab-x?t=%", {"t": "%"}), ("#lab-x?__proto__=1&constructor=2", {"__proto__": "1", "constructor": "2"}),
    ],
)  # fmt: skip
def test_addresses(modules, fragment, found):
    given = modules("shell/address.js", "(m, hash) => JSON.stringify(m.given(hash, 'lab-x'))", fragment)
    expected = json.loads(given)
    assert expected == found or "__proto__" in fragment


def test_a_view_can_be_linked(modules):
    ask = "(m, [now, begins]) => m.given(m.fragment('lab-x', now, begins), 'lab-x')"
    now, begins = (
        {"t": 4, "on": True, "prompt": "a & b?=#<é>", "name": "a"},
        {"t": 3, "on": False, "prompt": "", "name": "a"},
    )
    assert modules("shell/address.js", ask, [now, begins]) == {"t": "4", "on": "1", "prompt": "a & b?=#<é>"}


def test_text_in_a_picture_is_text(modules):
    told = modules("shell/plot.js", "(m) => m.text(1, 2, '<script>&\"\\'', { 'class': '\"><b>' })")
    assert told == '<text x="1" y="2" class="&quot;&gt;&lt;b&gt;">&lt;script&gt;&amp;&quot;&#39;</text>'


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0.00"),
        (1.5, "1.50"),
        (-0.25, "−0.250"),
        (12345, "12345"),
        (2.5e-7, "2.50·10⁻⁷"),
        (None, "–"),
        (4e12, "4.00·10¹²"),
    ],
)
def test_numbers(modules, value, said):
    assert modules("shell/plot.js", "(m, value) => m.number(value === null ? NaN : value)", value) == said


def test_a_module_runs_once_and_its_names_stay_its_own(modules, tmp_path):
    (tmp_path / "one.js").write_text("const secret = 1;\nlet runs = 0;\nruns += 1;\nexport const count = () => runs;\n")
    (tmp_path / "two.js").write_text(
        'import { count } from "./one.js";\nconst secret = 2;\nexport const b = () => count() + secret;\n'
    )
    (tmp_path / "top.js").write_text(
        'import { count as c } from "./one.js";\nimport { b } from "./two.js";\nexport const all = () => [c(), b()];\n'
    )
    entry = 'import { all } from "./top.js";\nwindow.made = all();'
    text = scripts(tmp_path, {"top": entry})["top"]
    assert modules("shell/plot.js", f"() => {{ {text}; return window.made; }}") == [1, 3]


def test_data_cannot_leave_its_script():
    words = "</script><script>alert(1)</script>"
    text = scripts(FOLDER, {"schedule": laboratory(FOLDER, "schedule", {"words": words})})["schedule"]
    assert "alert(1)" in text and "</script" not in text


def test_what_cannot_be_bundled_is_named():
    with pytest.raises(BookError, match=r'Could not resolve "./kinds/nothing.js"'):
        scripts(FOLDER, {"nothing": laboratory(FOLDER, "nothing", {})})
