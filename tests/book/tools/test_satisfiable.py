"""What a page assumes has an instance; what contradicts itself has none."""

from __future__ import annotations

import pytest
from root import ROOT

from booktools.certificates.check import Question, check
from booktools.certificates.instances import Instance
from booktools.certificates.satisfiable import Assumptions, derivations
from booktools.source.pages import Book
from derive import Derivation, Normal, positive
from derive.page.definition import Definition

BOOK = Book(ROOT)


def instances(told: list[Assumptions], theorems) -> list[bool]:
    asked = [Question(f"{n}", "", each.statement, Instance(each).script) for n, each in enumerate(told)]
    return check(f"satisfiable_{abs(hash(tuple(asked)))}", asked, theorems)[0]


@pytest.mark.parametrize("page", ["forward-process", "what-later-models-changed"])
def test_all_that_a_page_assumes_holds_together(theorems, page):
    (told,) = [Assumptions(each) for each in derivations(BOOK.pages[f"book/{page}"])]
    assert told.distributions and told.noises and len(told.said.premises) >= 9
    assert instances([told], theorems) == [True]


def test_the_statement_names_all_that_is_assumed():
    (told,) = [Assumptions(each) for each in derivations(BOOK.pages["book/forward-process"])]
    for words in (
        "(alpha t) = (1 + (- (beta t)))",
        "(beta at0) < 1",
        "joint_on_line N_ q",
        "(q (only t) (only (t - 1)%nat) x) = (normal (x t) ((sqrt (1 + (- (beta t)))) * (x (t - 1)%nat)) (beta t))",
        "fresh N_ mean_of x epsilon",
        "(x t outcome) = (((sqrt (alpha t)) * (x (t - 1)%nat outcome))",
    ):
        assert words in told.statement, words


def stated(F: Derivation, *pairs) -> Assumptions:
    """Definitions that nothing has checked."""
    for number, (left, right) in enumerate(pairs):
        F._place(Definition(f"block {number}", left, right, ":=", "definition"))
    return Assumptions(F)


def chain() -> Assumptions:
    F = Derivation("F")
    x, q, (t,) = F.states("x"), F.density("q"), F.indices("t")
    a, v = F.symbol("a"), F.symbol("v", positive)
    return stated(F, (q(x[t] | x[t - 1]), Normal(x[t], a * x[t - 1], v)))


def circle() -> Assumptions:
    """Each of three states is a Gaussian around the next one: there is no such density."""
    F = Derivation("F")
    x, q = F.states("x"), F.density("q")
    return stated(F, *((q(x[m] | x[n]), Normal(x[m], 1 * x[n], 1)) for m, n in ((1, 0), (2, 1), (0, 2))))


def jumps() -> Assumptions:
    """One step and two steps have the same variance."""
    F = Derivation("F")
    x, q, (t,) = F.states("x"), F.density("q"), F.indices("t")
    pairs = ((q(x[t] | x[t - k]), Normal(x[t], 1 * x[t - k], 1)) for k in (1, 2))
    return stated(F, *pairs)


def below_zero() -> Assumptions:
    F = Derivation("F")
    a, b = F.symbol("a", positive), F.symbol("b", positive)
    return stated(F, (a, -b))


def test_what_contradicts_itself_has_no_instance(theorems):
    assert instances([chain(), circle(), jumps(), below_zero()], theorems) == [True, False, False, False]
