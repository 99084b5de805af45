"""The crosscheck: Rocq and Maxima confirm the book's steps, and none that is false."""

from __future__ import annotations

import ast
import json
import random
from fractions import Fraction

import pytest
from root import ROOT
from the_book import BOOK

from booktools.crosscheck import __main__ as command
from booktools.crosscheck import ask, run_maxima
from booktools.crosscheck.collect import chapters, steps
from booktools.crosscheck.language import Derivative, E, Integral, Item, Limit, Normal, Symbol, Var, walk
from booktools.crosscheck.letters import Letters
from booktools.crosscheck.maxima import Program
from booktools.crosscheck.questions import question, questions
from booktools.crosscheck.ranges import without_ranges
from booktools.crosscheck.report import RECORD, record, table
from booktools.crosscheck.rocq import Statement
from derive.errors import DerivationError, Refuted, Undefined
from derive.justifications import justification
from derive.language.expr import log, sqrt
from derive.language.goal import Goal
from derive.language.registry import positive, real, unit
from derive.language.times import Index, Product, Sequence, Sum
from derive.language.tree import Fact
from derive.verify.mutate import mutants
from derive.verify.verify import verify

MISSING = [name for name, there in ask.present().items() if not there]
needs_programs = pytest.mark.skipif(
    bool(MISSING), reason=f"{' and '.join(MISSING)} not installed: no crosscheck of the derivations"
)
PAGES = {page.short: page for page in chapters(BOOK)}
SMALL = ("autoencoder", "errata", "handwritten")
EVALUATING = ("Gaussian integral", "integration", "differentiation", "independence", "algebra", "definition", "result")
OPERATORS = (Derivative, E, Integral, Limit, Var)

t, T = Index("t"), Index("T")
alpha = Sequence("alpha", r"\alpha", unit, 1)
kept = Sequence("kept", "k", unit, 0, first=Fraction(1))
x = Sequence("x", "x", real, 0, "state")
noise = Sequence("noise", "n", real, 1, "noise")
a, b, u = Symbol("a", "a", positive), Symbol("b", "b", positive), Symbol("u", "u", real, "bound")


def goal(left, right, by="algebra", **more):
    return Goal("planted", left, right, justification(by), **more)


def verdicts(goals, folder):
    """Rocq's and Maxima's verdict on each goal."""
    asked = questions("planted", goals)
    return list(zip(ask.rocq(asked, folder), ask.maxima(asked), strict=True))


def false_mutants(count):
    """Mutants that the library refutes, of steps with nothing uninterpreted that a program evaluates."""
    found = []
    draw = random.Random(14)
    for chapter in SMALL:
        for step in steps(PAGES[chapter]):
            closed = any(isinstance(part, OPERATORS) for side in (step.left, step.right) for part in walk(side))
            opens = step.justification.name in EVALUATING[: 4 if closed else None]
            if question(chapter, step) is not None and opens:
                sequences = {part.sequence for part in walk(step.right) if isinstance(part, Item)}
                pool = [m for what, m in mutants(step, sorted(sequences, key=lambda s: s.name)) if ":" in what]
                found += [(chapter, m) for m in draw.sample(pool, min(3, len(pool))) if m.right != step.right]
    draw.shuffle(found)
    refuted = []
    for chapter, mutant in found:
        try:
            verify(mutant)
        except (Refuted, Undefined):
            refuted.append((chapter, mutant))
        except DerivationError:
            continue
        if len(refuted) == count:
            return refuted
    raise AssertionError(f"only {len(refuted)} mutants")


@needs_programs
def test_a_chapter_is_confirmed_and_the_command_says_so(tmp_path, capsys):
    status = run_command(["autoencoder", "errata", "--folder", str(tmp_path)])
    shown = capsys.readouterr().out
    assert status == 0 and "contradicted:" not in shown and "unknown to both:" not in shown
    assert {path.name for path in tmp_path.glob("*.v")} == {"autoencoder.v", "errata.v"}


def run_command(arguments):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["crosscheck", "--root", str(ROOT), *arguments])
        return command.main()


@needs_programs
def test_no_false_step_is_confirmed(tmp_path):
    planted = false_mutants(60)
    asked = [found for chapter, mutant in planted if (found := question(chapter, mutant)) is not None]
    assert len(asked) >= 40
    answers = list(zip(asked, ask.rocq(asked, tmp_path), ask.maxima(asked), strict=True))
    assert [f"{found.label}: {found.goal}" for found, *words in answers if found.alike or ask.CONFIRMED in words] == []
    assert sum(maxima == ask.CONTRADICTED for *_, maxima in answers) >= 40


@needs_programs
def test_a_false_step_is_contradicted_and_the_status_is_1(tmp_path, monkeypatch, capsys):
    false = [goal(1 / (1 - alpha[t]), 1 + alpha[t])]
    monkeypatch.setattr(command, "steps", lambda page: false)
    assert run_command(["errata", "--folder", str(tmp_path)]) == 1
    assert "contradicted: errata: planted" in capsys.readouterr().out


TRUE = {
    "roots": goal(sqrt(alpha[t] * (1 - alpha[t])) / sqrt(1 - alpha[t]), sqrt(alpha[t])),
    "fraction": goal(1 / (1 - alpha[t] * alpha[t - 1]) - 1, alpha[t] * alpha[t - 1] / (1 - alpha[t] * alpha[t - 1])),
    "product": goal(Product(alpha[t], (t, 1, T + 1)), Product(alpha[t], (t, 1, T)) * alpha[T + 1]),
}
BEYOND_ROCQ = {
    "logarithm": goal(log(a**2 / b), 2 * log(a) - log(b)),
    "moment": goal(E((a + b * u) ** 4, Normal(u, 0, 1)), a**4 + 6 * a**2 * b**2 + 3 * b**4),
    "convolution": goal(Integral(Normal(b, u, a) * Normal(u, 0, 1), u), Normal(b, 0, 1 + a), "Gaussian integral"),
    "interval": goal(Integral(1 / (1 + u), (u, 0, a)), log(1 + a), "integration"),
    "induction": goal(Sum(T, (T, 1, t)), t * (t + 1) / 2),
    "variance": goal(Var(a * noise[t] + b), a**2, standard=frozenset(["noise"])),
}


@needs_programs
def test_who_confirms_what(tmp_path):
    answers = dict(zip([*TRUE, *BEYOND_ROCQ], verdicts([*TRUE.values(), *BEYOND_ROCQ.values()], tmp_path), strict=True))
    assert {name for name, (_, maxima) in answers.items() if maxima != ask.CONFIRMED} == set()
    assert {name for name, (rocq, _) in answers.items() if rocq == ask.CONFIRMED} >= set(TRUE)


FALSE = {
    "root of a square": goal(sqrt(u**2), u),
    "root of another sign": goal(sqrt((1 - a) ** 2), 1 - a),
    "difference of infinities": goal(Limit(T, T), Limit(2 * T, T), "limit"),
    "dependent noises": goal(Var(noise[t] + x[t]), Var(noise[t]) + Var(x[t]), "linearity"),
    "no root": goal(sqrt(alpha[t] - 1) ** 2, alpha[t] - 1),
    "divergent": goal(Integral(1 / u**2, (u, -1, 1)), -2 + 0 * a, "integration"),
    "no variance": goal(E(u, Normal(u, a, -b)), a + 0 * b, "Gaussian integral"),
}


@needs_programs
def test_what_has_no_meaning_or_another_one_is_not_confirmed(tmp_path):
    answers = dict(zip(FALSE, verdicts(FALSE.values(), tmp_path), strict=True))
    assert {name for name, words in answers.items() if ask.CONFIRMED in words} == set()


@needs_programs
def test_maxima_goes_on_behind_a_claim_that_takes_too_long():
    loop = 'for k: 1 while true do 0$\nprint("@@", 1, "confirmed")$\n'
    good = Program({})(2, a + b, b + a)
    assert run_maxima.ask({1: loop, 2: good}, timeout=1) == {1: "unknown", 2: "confirmed"}


@needs_programs
def test_maxima_asks_nothing():
    question = (
        'answer: errcatch(integrate(z^n, z, 0, 1))$\nprint("@@", 1, if answer = [] then "unknown" else "asked")$\n'
    )
    assert run_maxima.ask({1: question}) == {1: "unknown"}


def test_a_missing_program_is_named_with_the_remedy(monkeypatch, capsys):
    monkeypatch.setattr(ask, "present", lambda: {"Rocq": False, "Maxima": True})
    assert run_command([]) == 2
    assert "not installed: Rocq" in capsys.readouterr().err


def test_a_letter_that_hides_a_bound_variable_is_written_out():
    eps = Sequence("eps", "e", real, 1)
    hidden = Fact("hidden", eps[t], 2 * x[t], frozenset(["t"]), (("t", 1),))
    asked = question("", goal(E(eps[t], Normal(x[t], a, 1)), eps[t], definitions=(hidden,)))
    assert asked.ways[0][0].left == E(2 * x[t], Normal(x[t], a, 1))


def test_ranges_become_letters_and_members():
    left, right = Product(alpha[t], (t, 1, T + 1)), Product(alpha[t], (t, 1, T))
    longer, letter = without_ranges((left, right), {"T": 1})
    assert isinstance(letter, Symbol) and letter.domain == unit
    assert longer.factors == (letter, alpha[T + 1])
    assert without_ranges((Sum(alpha[t], (t, 1, 2)),), {}) == (alpha[1] + alpha[2],)


def test_a_stated_member_may_lie_on_the_border():
    assert Letters({"t": 1}).of(kept[t - 1]).stated == 1
    assert Letters({"t": 2}).of(kept[t - 1]).stated is None
    assert Letters({}).of(kept[0]) == 1
    assert "v_kept__tm1 <= 1" in Statement({"t": 1})(1, kept[t - 1], kept[t - 1])


def test_the_crosscheck_takes_the_language_alone():
    """It imports nothing of the library's that decides anything."""
    language = {"density", "expr", "functions", "goal", "times", "tree"}
    for path in sorted((ROOT / "booktools" / "crosscheck").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            name = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            taken = [full for full in (name, *names) if full.partition(".")[0] in ("derive", "diffusion_lib", "sympy")]
            assert not taken or path.name == "language.py", f"{path.name} imports {taken}"
            assert all(full.split(".")[-1] in language for full in taken)


def test_the_record_is_of_todays_steps():
    stored = json.loads(RECORD.read_text())
    goals = {chapter: steps(page) for chapter, page in PAGES.items()}
    asked = [found for chapter, here in goals.items() for found in questions(chapter, here)]
    now = record(goals, asked, *[["unknown"] * len(asked)] * 2)
    remedy = "run python -m booktools.crosscheck"
    for column in ("steps", "densities", "alike"):
        rows = {name: row[column] for name, row in now.chapters.items()}
        assert {name: row[column] for name, row in stored["chapters"].items()} == rows, remedy
    assert stored["contradicted"] == [] and stored["total"]["either"] >= 234
    assert "all" in table(now)
