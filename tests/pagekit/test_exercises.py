"""The grader, and every exercise of the book: right answers pass in any form, classic mistakes are called by name."""

from __future__ import annotations

import ast
import re
from fractions import Fraction

import jupytext
import numpy as np
import pytest
import sympy as sp
from root import ROOT
from sympy import sqrt

import derive
from derive import Derivation, positive, unit
from diffusion_lib.errors import ConfigError
from pagekit.exercises import Exercise, exercises, grade, grade_answer, symbols
from pagekit.exercises.mistakes import mistakes

BOOK = ROOT / "book"
alpha_t, alpha_bar_t, alpha_bar_prev, beta_t = symbols("alpha[t] alpha_bar[t] alpha_bar[t - 1] beta[t]", "unit")
x_0, x_t = symbols("x[0] x[t]", "real")
MEAN = Exercise(
    "mean",
    "the mean",
    sqrt(alpha_bar_prev) * beta_t / (1 - alpha_bar_t) * x_0
    + sqrt(alpha_t) * (1 - alpha_bar_prev) / (1 - alpha_bar_t) * x_t,
    mistakes={"the data point alone": x_0},
    relations={beta_t: 1 - alpha_t, alpha_bar_t: alpha_bar_prev * alpha_t},
)
NAMES = ("alpha[t]", "alpha_bar[t]", "alpha_bar[t - 1]", "beta[t]", "x[0]", "x[t]")
a, ab, abp, b, x, y = map(sp.Symbol, NAMES)  # the symbols without their domain
RIGHT = sqrt(abp) * b / (1 - ab) * x + sqrt(a) * (1 - abp) / (1 - ab) * y


def reader():
    """The symbols of the example as the code of a page has them."""
    D = Derivation("D")
    (t,) = D.indices("t")
    alpha, beta, alpha_bar = (D.sequence(name, unit, start=0) for name in ("alpha", "beta", "alpha_bar"))
    x = D.states("x")
    return alpha[t], alpha_bar[t], alpha_bar[t - 1], beta[t], x[0], x[t]


@pytest.mark.parametrize(
    "answer", [RIGHT, sp.together(RIGHT), sp.expand(RIGHT), RIGHT.subs(b, 1 - a), RIGHT.subs(ab, a * abp), 1.0 * RIGHT]
)
def test_the_right_answer_passes_in_any_form(answer):
    assert grade_answer(MEAN, answer).kind == "right"


def test_an_answer_in_the_symbols_of_a_derivation():
    alpha_t, alpha_bar_t, alpha_bar_prev, beta_t, x_0, x_t = reader()

    def mean(share):
        root = derive.sqrt
        return (root(alpha_bar_prev) * beta_t * x_0 + root(share) * (1 - alpha_bar_prev) * x_t) / (1 - alpha_bar_t)

    assert grade_answer(MEAN, mean(alpha_t)).kind == "right"
    assert "alpha_bar[t] stands in place of alpha[t]" in grade_answer(MEAN, mean(alpha_bar_t)).message
    with pytest.raises(ConfigError, match="gamma"):
        grade_answer(MEAN, Derivation("D").symbol("gamma"))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (RIGHT.subs(sqrt(a), a), "the root over alpha[t] is missing"),
        (RIGHT.subs(a, ab), "alpha_bar[t] stands in place of alpha[t]"),
        (RIGHT.subs(abp, ab), "alpha_bar[t] stands in place of alpha_bar[t - 1]"),
        (RIGHT.subs(y, -y), "the sign of the term"),
        (-RIGHT, "the sign is wrong"),
        (RIGHT**2, "this is its square"),
        (2 * RIGHT, "a factor 2 too many"),
        (RIGHT.subs(y, 0), "is missing"),
        (sqrt(abp) / (1 - ab) * x + sqrt(a) * (1 - abp) / (1 - ab) * y, "the factor beta[t] is missing"),
        (x, "the data point alone"),
    ],
)
def test_a_classic_mistake_is_called_by_name(answer, words):
    verdict = grade_answer(MEAN, answer)
    assert verdict.kind == "mistake" and words in verdict.message


def test_a_symbol_that_cancels_does_no_harm():
    D = Derivation("D")
    eps, m, g = D.symbol("eps"), D.symbol("m"), D.symbol("g", positive)
    assert grade_answer(exercises()["equal-spread"], g * m * eps**2 / eps**2).kind == "right"


def test_another_answer_meets_a_witness():
    verdict = grade_answer(MEAN, x + y)
    assert verdict.kind == "witness" and "alpha[t] = " in verdict.message
    values = dict(re.findall(r"([\w[\]]+) = (-?\d+/\d+)", verdict.message))
    mine = sum(Fraction(values[name]) for name in ("x[0]", "x[t]"))
    assert f"yours is {float(mine):.6g}"[:12] in verdict.message


def test_answers_without_a_value_are_told_apart():
    for answer, words in ((sqrt(b - 1) * x, "a root of a negative number"), (RIGHT / (b - b), "divides by zero")):
        verdict = grade_answer(MEAN, answer)
        assert verdict.kind == "undefined" and words in verdict.message
    assert grade_answer(MEAN, ...).kind == grade_answer(MEAN, None).kind == "none yet"


def test_what_is_right_on_the_domain_only_is_right():
    root = Exercise("root", "the root", alpha_t)
    assert grade_answer(root, sqrt(a**2)).kind == "right"
    assert grade_answer(Exercise("real", "the number", x_0), sqrt(x**2)).kind == "witness"


@pytest.mark.parametrize("number", [0.5, np.float64(0.5), np.float32(0.5), sp.Float(0.5), Fraction(1, 2), sp.S.Half])
def test_a_half_is_a_half(number):
    assert grade_answer(exercises()["last-edge"], number).kind == "right"


@pytest.mark.parametrize("number", [1, np.int64(1), sp.S.One, Fraction(1)])
def test_a_one_is_the_exercises_mistake(number):
    assert grade_answer(exercises()["last-edge"], number).kind == "mistake"


def test_a_number_is_an_answer():
    half = Exercise("half", "the number", sp.Rational(1, 2))
    assert [grade_answer(half, n).kind for n in (0.5, Fraction(1, 2), sp.S.Half, 1, 3)] == ["right"] * 3 + [
        "mistake",
        "witness",
    ]
    assert grade_answer(half, 3).message.endswith("This is not the number: yours is 3.0, it should be 0.5.")


@pytest.mark.parametrize(
    ("answer", "words"),
    [("x_0", "of type str"), (True, "of type bool"), (sp.Symbol("gamma"), "symbols gamma"), ([x], "of type list")],
)
def test_what_is_no_answer_is_refused(answer, words):
    with pytest.raises(ConfigError, match=words):
        grade_answer(MEAN, answer)


def test_an_unknown_exercise_is_refused():
    with pytest.raises(ConfigError, match="name must be one of"):
        grade("no-such-exercise", 1)


@pytest.mark.parametrize("wrong", [sp.Symbol("x"), sp.Float(0.5) * x_0, sp.Symbol("x", negative=True)])
def test_an_exercise_is_exact_and_made_of_symbols(wrong):
    with pytest.raises(ConfigError, match="exact and made of symbols"):
        Exercise("wrong", "it", wrong)


@pytest.mark.parametrize("name", exercises())
def test_an_exercise_of_the_book(name):
    exercise = exercises()[name]
    for form in (exercise.answer, sp.expand(exercise.answer), sp.together(exercise.answer)):
        assert grade_answer(exercise, form).kind == "right"
    for words, wrong in exercise.mistakes.items():
        assert words in grade_answer(exercise, wrong).message
    kinds = {
        grade_answer(exercise, wrong).kind
        for _, wrong in [*mistakes(exercise.answer)][:12]
        if not wrong.has(sp.zoo, sp.nan)
    }
    assert kinds <= {"mistake", "right"} and "mistake" in kinds


@pytest.mark.parametrize("name", exercises())
def test_an_exercise_stands_on_a_page_and_its_proved_answer_is_graded(name):
    used = [page.name for page in sorted(BOOK.glob("*.md")) if f'grade("{name}", ...)' in page.read_text()]
    assert len(used) == 1
    assert len(re.findall(rf'grade\(\s*"{name}"', (BOOK / used[0]).read_text())) >= 2


PAGES = {page.stem: page.read_text() for page in BOOK.glob("*.md") if "{exercise}" in page.read_text()}
GRADED = sorted(name for name, text in PAGES.items() if "grade(" in text)


def assigned(node):
    """The names that a statement gives a value, those of functions and comprehensions left out."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif not isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp)):
        for child in ast.iter_child_nodes(node):
            yield from assigned(child)


@pytest.mark.parametrize("page", GRADED)
def test_the_symbols_of_an_answer_are_symbols_where_it_is_asked_for(page):
    """They have their names on the page, and no experiment has put a number into one since."""
    from_derivation: dict[str, bool] = {}
    for cell in jupytext.read(BOOK / f"{page}.md").cells:
        if cell.cell_type != "code" or cell.source.startswith("%"):
            continue
        for name in re.findall(r'grade\("([\w-]+)", \.\.\.\)', cell.source):
            words = {word for symbol in exercises()[name].symbols for word in re.findall(r"[A-Za-z_]\w*", symbol.name)}
            words = {"T_" if word == "T" else word for word in words}  # T is the number of steps
            assert {word for word in words if not from_derivation.get(word)} == set(), name
        from_derivation |= dict.fromkeys(
            assigned(ast.parse(cell.source)), "derivation" in cell.metadata.get("tags", [])
        )


@pytest.mark.parametrize("page", GRADED)
def test_a_chapter_with_exercises_has_at_least_two(page):
    text = (BOOK / f"{page}.md").read_text()
    asked = re.findall(r'grade\("([\w-]+)", \.\.\.\)', text)
    assert len(asked) >= 2 and len(set(asked)) == len(asked)


def test_the_book_asks_no_less_since_its_long_chapters_were_split():
    asked = [name for page in GRADED for name in re.findall(r'grade\("([\w-]+)", \.\.\.\)', PAGES[page])]
    assert len(asked) >= 56 and sorted(asked) == sorted(exercises())


@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_question_has_its_solution(page):
    text = (BOOK / f"{page}.md").read_text()
    labels = re.findall(r"(?m)^:label: (ex-[\w-]+)$", text)
    assert labels == re.findall(r"\{solution-start\} (ex-[\w-]+)", text) and len(set(labels)) == len(labels) >= 2


@pytest.mark.parametrize("page", sorted(PAGES.keys() - set(GRADED)))
def test_a_solution_of_an_experiment_computes_and_checks(page):
    """Nothing grades the reader there; so the solution itself must fail when its claim is wrong."""
    solutions = re.findall(r"\{solution-start\}(.*?)\{solution-end\}", (BOOK / f"{page}.md").read_text(), re.DOTALL)
    for solution in solutions:
        assert "{code-cell}" in solution and re.search(r"raise ArithmeticError|low=|high=", solution)
