"""Two rules about densities that move: Itô's formula, and that what agrees under every test function agrees.

Itô: if p is the density of dx = f ds + g dw, then ∫ h ∂p/∂s dx = ∫ (f h′ + ½ g² h″) p dx.  This is an axiom.

Test functions: if ∫ φ A dy = ∫ φ B dy for an arbitrary function φ, then A = B.  For φ may be A − B itself, and a
continuous function whose square has the integral 0 is 0 everywhere.
"""

from __future__ import annotations

import sympy as sp

from ..errors import Inconclusive
from ..language.density import KL, E, Integral, Var
from ..language.dependence import may_alias
from ..language.expr import Symbol, walk
from ..language.functions import Apply
from ..language.times import Limit, Sum
from .falling import decaying, must_fall
from .functions import arbitrary
from .symbolic import Symbolic, floors

CLOSED = (KL, E, Integral, Limit, Sum, Var)


def by_ito(goal, left, right, chart, index, least) -> str | None:
    """How ``left = right`` was decided: by the equations that the step cites."""
    if not goal.equations:
        raise Inconclusive("Itô's formula is about the density of an equation; cite the equation")
    translate = Moving(goal.justification, goal.standard, floors(left, right), index, chart, least)
    translate.equations = goal.equations
    return "Itô" if translate.field.is_zero(translate(left) - translate(right)) else None


class Moving(Symbolic):
    """Integrals whose density moves by an equation."""

    equations: tuple = ()

    def derivative_inside(self, other, symbol):
        """The derivative by the time of ∫ h p dy, which is ∫ (∂h/∂s + f h′ + ½ g² h″) p dy."""
        if other in self.insides:
            inside, bounds = self.insides[other]
            for density, equation in self.equations:
                if len(bounds) == 1 and bounds[0][1:] == (None, None) and symbol == self(equation.by):
                    moved = self.moved(density, equation, inside, bounds[0][0])
                    if moved is not None:
                        return self.pulled(moved, bounds)
        return super().derivative_inside(other, symbol)

    def moved(self, density, equation, inside, y):
        name, time = density.function.name, self(equation.by)
        p, derivative = (arbitrary(name, (0, k), not k)(y, time) for k in (0, 1))
        if not inside.has(p) or any(self.depends_on(hidden, {y, time}) for hidden in inside.free_symbols):
            return None
        mark = sp.Dummy()
        total = sp.expand(sp.diff(inside, time)).subs(derivative, mark)
        h = sp.diff(total, mark)
        about_p = [part for part in h.atoms(type(p)) | total.atoms(sp.Function) if is_of(part, name)]
        if h.has(p) or any(part != p for part in about_p):
            raise Inconclusive(f"Itô's formula is about a mean, which is linear in {density!r}; split the step")
        place, parts = self(equation.at), [self(part) for part in (equation.drift, equation.noise)]
        if any(self.depends_on(hidden, {place}) for part in parts for hidden in part.free_symbols):
            raise Inconclusive(f"{equation.drift!r} hides its place in an operator; give it a name")
        f, g = (part.subs(place, y) for part in parts)
        generated = f * sp.diff(h, y) + g**2 * sp.diff(h, y, 2) / 2
        return total.subs(mark, 0) + generated * p


def by_tests(goal, left, right, chart, index, least) -> str | None:
    """How ``left = right`` was decided: both have one and the same integral with every function."""
    translate = Symbolic(goal.justification, goal.standard, floors(left, right), index, chart, least)
    residual = translate(left) - translate(right)
    for fact in goal.facts:
        sides = (fact.left, fact.right)
        if not all(isinstance(side, Integral) and (side.low, side.high) == (None, None) for side in sides):
            continue
        for test in {part for part in walk(fact.left) if isinstance(part, Apply)}:
            if is_test(test, fact, goal):
                found = difference(translate, fact, test, decaying(*sides))
                if any(
                    translate.field.is_zero(found(translate(place)) - sign * residual)
                    for place in sorted({p for p in walk(goal.right) if isinstance(p, Symbol)}, key=repr)
                    for sign in (1, -1)
                ):
                    return "test functions"
    raise Inconclusive("no cited equality of two integrals with an arbitrary function says this; cite the weak form")


def is_test(test, fact, goal) -> bool:
    """Is this an arbitrary function of the variable of integration, alone here and subject to no assumption?

    Nothing in the integrands is closed, where it could hide.
    """
    plain = test.args == (fact.left.over,) and test.function.domain.low is None and not test.function.order
    statements = [side for pair in (*goal.stated, *goal.hypotheses) for side in pair]
    elsewhere = [part for side in (goal.left, goal.right, *statements) for part in walk(side)]
    inside = [part for side in (fact.left, fact.right) for part in walk(side.body)]
    hidden = any(isinstance(part, CLOSED) for part in inside)
    return plain and not hidden and not any(may_alias(part, test) for part in elsewhere if isinstance(part, Apply))


def difference(translate, fact, test, names):
    """A − B as a function of the place, where the fact is ∫ φ A = ∫ φ B; it is smooth and falls off."""
    y, mark = sp.Dummy("y", real=True), sp.Dummy()
    left, right = (translate(side.body).subs(translate(side.over), y) for side in (fact.left, fact.right))
    whole = sp.expand(left - right).subs(arbitrary(test.function.name, (0,), False)(y), mark)
    found = sp.diff(whole, mark)
    others = any(is_of(part, test.function.name) for part in whole.atoms(sp.Function))
    if others or found.has(mark) or sp.expand(whole - found * mark) != 0:
        raise Inconclusive(f"{fact.left!r} and {fact.right!r} are not of the form ∫ φ A; integrate by parts first")
    must_fall(translate, found, y, names)
    return lambda place: found.subs(y, place)


def is_of(part, name) -> bool:
    """Is this the function called ``name``, or one of its derivatives?"""
    return type(part).__name__.partition(".")[0] == name
