"""The symbolic proof: zero by the decision procedure, at once or by induction on the last index of a sum."""

from __future__ import annotations

import sympy as sp

from ..errors import Inconclusive, Undefined
from ..language.expr import Symbol, children
from ..language.goal import Goal, contains
from ..language.times import Index, Limit, Sum
from ..language.tree import first_times, unfold
from .defined import border_cases, defined
from .diffusion import by_ito, by_tests
from .integration_by_parts import by_parts
from .signs import sign_of_value
from .substitution import substituted
from .symbolic import Symbolic, floors
from .timeout import timeout

GIVEN_UP = (sp.PolynomialError, NotImplementedError, RecursionError, ValueError, TypeError)  # what SymPy stops with
LATE = 10**9  # an index that goes to a limit


def symbolically(goal: Goal, left, right) -> str:
    """Decide a scalar goal; return how, or raise ``Inconclusive``.

    At the least value of a symbol a member may lie on the border of its domain, and a product may be empty.  Such a
    value is a case of its own.
    """
    first = first_times(goal.left, goal.right, least=goal.start)
    _begun((left, right), first)
    cases, late = border_cases((left, right), first)
    for symbol, value in cases.items():
        _one_case(goal, left, right, {symbol: value}, first)
    return _one_case(goal, left, right, {}, late)


def _one_case(goal, left, right, index, least):
    limit = goal.justification.name == "limit" and contains(Limit, left, right)
    problem = f"{goal} was not reached by the rules of its justification and algebra; split the step, or cite more"
    try:
        with timeout():
            defined(left, right, index=index, least=least)
    except GIVEN_UP as error:
        raise Inconclusive(f"{goal}: {type(error).__name__}: {error}") from error
    decide = next((CALCULUS[rule] for rule in goal.justification.rules if rule in CALCULUS), _decide)
    for chart in ("decay", "rise") if limit else ("ratio",):
        try:
            with timeout():
                how = decide(goal, left, right, chart, index, least)
        except (Undefined, Inconclusive, *GIVEN_UP) as error:  # another chart may do
            problem = f"{type(error).__name__}: {error}" if isinstance(error, GIVEN_UP) else str(error)
            continue
        if how:
            return how
    raise Inconclusive(problem)


CALCULUS = {
    "parts": by_parts,
    "substitution": substituted,
    "standard": substituted,
    "Itô": by_ito,
    "test functions": by_tests,
}


def _begun(node, first):
    """Sums are taken apart at their end, which is right from the empty sum on, high = low − 1, and not before."""
    for part in node if isinstance(node, tuple) else children(node):
        inner = first
        if isinstance(part, Sum) and part.low.symbol is None:
            if part.high.symbol and first.get(part.high.symbol, 1) + part.high.offset < part.low.offset - 1:
                raise Inconclusive(f"{part!r} ends before it begins at early times; give the chain a later start")
            inner = {**first, part.symbol: part.low.offset}
        elif isinstance(part, Limit):
            inner = {**first, part.symbol: LATE}
        _begun(part, inner)


def _decide(goal, left, right, chart, index, least):
    def translate(more=None):
        where = {**index, **(more or {})}
        return Symbolic(goal.justification, goal.standard, floors(left, right), where, chart, least)

    now = translate()
    if now.field.is_zero(at_its_place(now, goal, now(left) - now(right))):
        return "symbolic zero"
    for symbol in sorted(floors(left, right).keys() - index.keys() - {None}):
        here = translate({symbol: least.get(symbol, goal.start)})
        if here.field.is_zero(here(left) - here(right)) and _same_increment(translate(), symbol, left, right):
            return f"induction on {symbol}"
    return None


def at_its_place(translate, goal, value):
    """A derivative by s is a function of s; where a step cites what s is, it is put in once derivatives are taken.

    All else that the definition of s has to say was put in before; what is left of s comes from derivatives by it.
    """
    for fact in goal.facts if goal.justification.differentiates else ():
        if isinstance(fact.left, Symbol) and translate(fact.left).is_Symbol:
            (place,) = unfold((fact.right,), goal.facts, goal.start)
            value = value.subs(translate(fact.left), translate(place))
    return value


def _same_increment(translate, symbol, left, right) -> bool:
    """Do both sides grow from n to n + 1 by the same difference, or by the same factor?"""
    a, b = translate(left), translate(right)
    translate.index[symbol] = Index(symbol, 1)
    next_a, next_b = translate(left), translate(right)
    if translate.field.is_zero((next_a - a) - (next_b - b)):
        return True
    positive = all(
        sign_of_value(translate.field, side) == 1 for side in (a, b)
    )  # 0 = 0 would say nothing of the next one
    return positive and translate.field.is_zero(next_a * b - next_b * a)
