"""Lines of derivations, read back and checked in the page: the page's own pass, and changed ones meet a witness."""

from __future__ import annotations

import pytest
from root import ROOT

from booktools.lab import asked, line, ready
from booktools.lab.inside.counterexample import counterexample
from booktools.lab.inside.notation import Notation, written
from booktools.source.pages import Book
from booktools.source.steps import chapters, run
from derive import Derivation, Normal, Sum, log, positive, unit
from derive.justifications import JUSTIFICATIONS, justification
from derive.language.expr import Add, Mul, Neg, Num
from derive.language.registry import standard_normal, standard_vector
from derive.page.chain import GAPS
from diffusion_lib.errors import ConfigError

PAGES = {page.short: page for page in chapters(Book(ROOT))}


def derivations(page):
    """The derivations of a page, with nothing checked: its notebook does that."""
    return [one for one in run(page)[0].values() if isinstance(one, Derivation)]


@pytest.mark.parametrize("name", PAGES)
def test_each_line_of_the_book_is_read_back_as_the_same_term(name):
    found = 0
    for derivation in derivations(PAGES[name]):
        read = Notation({"standard_normal": standard_normal} | derivation.what)
        for block in derivation.blocks.values():
            for side in [block.left, *(step.right for step in block.steps)] if block.steps else block.sides():
                assert read(written(side)) == (standard_normal if side == standard_vector else side), written(side)
                found += 1
    assert found


D = Derivation("D")
t, s = D.indices("t s")
a, b, c = D.symbol("a"), D.symbol("b", positive), D.symbol("c")
alpha, x, q = D.sequence("alpha", unit), D.states("x"), D.density("q")
f = D.function("f")


@pytest.mark.parametrize(
    "term",
    [
        -(a * b), (-a) * b, a - b * c, a + Neg(b + c), Add((a, Add((b, c)))), Add((Add((a, b)), c)),
        Mul((a, Mul((b, c)))),
        Mul((Mul((a, b)), c)), a * (b / c), a * b / c, a / b / c, a / (b / c), -(a / b), (-a) / b, -(a**2), (-a) ** 2,
        Num(-2) * a, a * Num(-2), Num(-1) / 2 * a, Num(1) / 2, 2 * a / 3, alpha[t] * alpha[t - 1], (t - 1) * a,
        a + (t - 1),
        Sum(alpha[s] * a, (s, 1, t)), log(a * b) * c, q(x[1:t] | x[0]), q(x[t] | x[t - 1], x[0]), f(a), f.prime(a),
        Normal(x[t], a, b), Normal(x[t], a, b) ** 2,
    ],
)  # fmt: skip
def test_no_two_terms_print_alike(term):
    assert Notation(D.what)(written(term)) == term


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')", "a.__class__", "f.__call__(a)", "q.name", "(lambda: a)()", "[a for a in x]",
        "Derivation('D')",
        "E(a, under=q)", "exec('1')", "a := b", "a if a else b", "x[t].sequence", "'a'", "1.5 * a", "a and b", "a == b",
        "alpha[t:1:2]", "alpha[a]", "x", "q", "f", "unknown", "sqrt", "getattr(a, 'name')", "Sum(a, (s, 1))", "a @ b",
        "a | b",
        "9" * 100, "{a}", "*a", "a; b", "D", "Index", "KL(a, b)", "E(a, b)", "print(a)", "f(*[a])", "f(**{})",
    ],
)  # fmt: skip
def test_a_line_is_never_run(text):
    with pytest.raises(ConfigError):
        Notation(D.what)(text)


CHECKED = {"intro": 3, "elbo-tightness": 12, "exact-oracle": 15, "text-encoder": 16, "forward-process": 40}


@pytest.fixture(scope="module")
def shown(python):
    """The blocks of some pages that have lines, as the page shows them."""
    found = {}
    for name in CHECKED:
        tags = [block.tag for one in derivations(PAGES[name]) for block in one.blocks.values() if not block.definition]
        told = python([{"what": "show", "page": name, "tag": tag} for tag in tags])
        found |= {(name, tag): one for tag, one in zip(tags, told, strict=True) if one["kind"] == "shown"}
    return found


def test_the_lines_of_a_page_pass(python, shown):
    asked = [(name, tag) for name, tag in shown if name != "forward-process"]
    first = [shown[key]["lines"][0]["text"] for key in asked]
    told = python(
        [
            {"what": "check", "page": name, "tag": tag, "changed": {"0": text}}
            for (name, tag), text in zip(asked, first, strict=True)
        ]
    )
    assert {one["kind"] for one in told} == {"passes"}
    lines = [line for one in told for line in one["lines"]]
    assert len(lines) >= 40 and all(line["checked"] for line in lines)
    assert [line["beside"] for line in lines] == [line["beside"] for key in asked for line in shown[key]["lines"]]


def test_a_line_that_was_doubled_does_not_pass(python, shown):
    asked = [
        (name, tag, number, line["text"])
        for (name, tag), one in shown.items()
        for number, line in enumerate(one["lines"])
        if line["relation"] == "="
    ]
    told = python(
        [
            {"what": "check", "page": name, "tag": tag, "changed": {str(number): f"2 * ({text})"}}
            for name, tag, number, text in asked
        ]
    )
    assert len(asked) >= 80
    for (*_, number, _), one in zip(asked, told, strict=True):
        *before, last = one["lines"]
        assert one["kind"] == last["kind"] in ("refuted", "undecided") and last["line"] == number
        assert (" is false at " if one["kind"] == "refuted" else "does not give this line") in last["message"]
        assert all(line["kind"] == "passes" and not line["checked"] for line in before)
    assert sum(one["kind"] == "refuted" for one in told) >= 60


def test_the_example_of_every_page_passes(python):
    wanted = {name: asked.example(page)[0] for name, page in PAGES.items()}
    examples = {name: text for name, text in wanted.items() if text != "1 = 1"}
    told = python([{"what": "state", "page": name, "text": text} for name, text in examples.items()])
    assert len(examples) >= 30
    failed = {name: (text, one) for (name, text), one in zip(examples.items(), told, strict=True)}
    assert not {name: what for name, what in failed.items() if what[1]["kind"] != "passes"}


def true_lines():
    """All equalities of the book that are a step of a chain without a hypothesis."""
    for name, page in PAGES.items():
        for derivation in derivations(page):
            for block in derivation.blocks.values():
                before = getattr(block, "left", None)
                for step in () if getattr(block, "hypothesis", None) else getattr(block, "steps", ()):
                    if step.relation == "=":
                        yield f"{name} {block.tag}", derivation, before, step.right, block.start
                    before = step.right


def called_false(lines):
    return [(label, found) for label, *line in lines if (found := counterexample(*line))]


def test_no_line_that_is_proved_is_called_false():
    """Every twentieth line; the others are looked at in the slow tests."""
    assert called_false(list(true_lines())[4::20]) == []


@pytest.mark.slow
def test_none_of_all_proved_lines_is_called_false():
    assert called_false(true_lines()) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("alpha_bar[t] = alpha[t] * alpha_bar[t - 1]", "passes"), ("alpha[t] = 1 - beta[t]", "passes"),
        ("alpha[t] + beta[t] = 1", "passes"), ("sqrt(alpha[t])**2 = alpha[t]", "passes"),
        ("alpha_bar[t] = alpha[t] * alpha_bar[t]", "refuted"), ("alpha[t] = beta[t]", "refuted"),
        ("alpha[t] = unknown", "refused"), ("alpha[t]", "refused"), ("a = b = c", "refused"), ("", "refused"),
        ("__import__('os') = 1", "refused"), ("1 = (" + "(" * 60, "refused"),
    ],
)  # fmt: skip
def test_a_line_of_the_readers_own(python, text, kind):
    (told,) = python([{"what": "state", "page": "forward-process", "text": text}])
    assert told["kind"] == kind, told
    assert kind == "refused" or "latex" in told


BAYES = "q(x[t - 1] | x[t], x[0]) = q(x[t] | x[t - 1], x[0]) * q(x[t - 1] | x[0]) / q(x[t] | x[0])"
WRONG = "q(x[t - 1] | x[t], x[0]) = q(x[t] | x[t - 1], x[0]) * q(x[t - 1] | x[0])"
MEAN = "E(x[1], q(x[1] | x[0]))"
TWO_STEPS = f"{MEAN} * alpha_bar[t] = alpha[t] * alpha_bar[t - 1] * E(E(x[1], q(x[1] | x[0], x[2])), q(x[2] | x[0]))"
FORGETS, STEP = "q(x[t] | x[t - 1], x[0]) = q(x[t] | x[t - 1])", "alpha_bar[t] = alpha[t] * alpha_bar[t - 1]"


@pytest.mark.parametrize(
    ("text", "by", "kind"),
    [
        (STEP, "definition", "passes"), (STEP, "algebra", "undecided"), (STEP, "Bayes", "passes"),
        (BAYES, "Bayes", "passes"), (BAYES, "algebra", "undecided"), (BAYES, "telescoping", "undecided"),
        (FORGETS, "Markov", "passes"), (FORGETS, "Bayes", "undecided"), (FORGETS, "chain rule", "undecided"),
        (BAYES, "", "passes"), (FORGETS, "", "passes"),
        (WRONG, "", "refuted"), (WRONG, "Bayes", "refuted"), (TWO_STEPS, "", "undecided"),
        (BAYES, "induction", "refused"), (BAYES, "Gibbs", "refused"),
    ],
)  # fmt: skip
def test_a_reader_chooses_the_rule_and_a_refusal_names_it(python, text, by, kind):
    (told,) = python([{"what": "state", "page": "reverse-posterior", "text": text, "by": by}])
    assert told["kind"] == kind, told
    if kind == "passes":
        assert told["beside"].startswith(by or "Markov" if text == FORGETS else by)
        assert ("from the time 2 on" in told["beside"]) == ("x[0]" in text)
    else:
        assert told.get("permits") == (justification(by).permits if by else None)
        assert kind != "undecided" or not by or f"rule “{by}” does not give" in told["message"]
        assert kind != "refuted" or " is false at " in told["message"]


def test_a_result_of_the_page_is_used(python, shown):
    tag, one = next(
        (tag, one) for (name, tag), one in shown.items() if {"="} == {line["relation"] for line in one["lines"]}
    )
    line = f"{one['left']} = {one['lines'][-1]['text']}"
    page = next(name for name, other in shown if other == tag)
    told, rough = python([{"what": "state", "page": page, "text": line, "by": by} for by in ("result", "algebra")])
    assert told["beside"].startswith("result") and "with all results of this page" in told["beside"]
    assert rough["kind"] == "undecided"


def test_each_rule_that_is_offered_may_justify_an_equality(monkeypatch):
    monkeypatch.setattr(ready, "told", lambda: ready.Told(size=14 * 2**20))
    html = line.block({"page": "intro", "tags": "X.2", "example": "a = b"})
    assert all(
        f'<option value="{name}">{name}: {justification(name).permits}</option>' in html for name in line.OFFERED
    )
    assert set(line.OFFERED) == JUSTIFICATIONS.keys() - {*GAPS, "Jensen", "induction"}


@pytest.mark.parametrize(
    "asked",
    [
        {"what": "state", "page": "intro", "text": "1 = 1", "by": "<b>"},
        {"what": "show", "page": "../x", "tag": "F.4"}, {"what": "show", "page": "intro", "tag": "<b>"},
        {"what": "check", "page": "intro", "tag": "X.2", "changed": {"0": "eval('1')"}},
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused(python, asked):
    (told,) = python([asked])
    assert told["kind"] == "refused"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"kind": "passes", "beside": "algebra"}, "It passes: algebra."),
        (
            {"kind": "refuted", "message": "step 'a, line 1', justification 'algebra': 1 = 2 is false"},
            "Refuted. By the rule “algebra”: 1 = 2 is false",
        ),
        ({"kind": "undecided", "message": "step 'a', justification 'rule': so"}, "Not proved. By the rule “rule”: so"),
        ({"kind": "refused", "message": "no"}, "Refused. no"),
        (
            {"kind": "refuted", "message": "step 'a', justification 'Bayes': so", "permits": "swap two"},
            "Refuted. By the rule “Bayes”: so. This rule may only swap two.",
        ),
    ],
)  # fmt: skip
def test_what_is_said(modules, answer, words):
    assert modules("kinds/line.js", "(m, answer) => m.told(answer)", answer) == words
