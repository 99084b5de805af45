"""Does an integral converge, so that it may be split, and be exchanged with a derivative or another integral?

What is known by the form: polynomials, real functions, Gaussians and Φ are *tame*: smooth, growing at most like a
polynomial, and so are their derivatives, sums and products.  A Gaussian N(x; ay, s), exp(−y²) or a positive function
*falls* off faster than every power in one direction: x − ay, y, or its argument.  A product of tame factors can be
integrated over y if one of its directions has y in it, and over x and y together if its directions fix both, one after
the other.  Every term of a sum must do so.  A vector falls off as its coordinates do, which have one form.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import sympy as sp

from ..errors import DerivationError, Inconclusive
from ..justifications import justification
from ..language.density import E, Integral, Normal, written_out
from ..language.dependence import is_noise, is_state
from ..language.expr import Div, Mul, Num, children, walk
from ..language.times import Index, Sum
from ..language.vectors import OPERATORS
from .signs import sign_of_value
from .symbolic import Symbolic

MAX_POWER = 8


@dataclass(frozen=True)
class Fall:
    """A direction: all variables in it, and those whose coefficients are never zero."""

    variables: frozenset
    sure: frozenset


@dataclass(frozen=True)
class Term:
    """The directions in which a product falls off."""

    falls: tuple[Fall, ...] = ()

    def fixed(self, known=frozenset()) -> frozenset:
        """The variables that the directions fix, one after the other."""
        while True:
            more = {one for fall in self.falls for one in fall.sure if fall.variables - {one} <= known} - known
            if not more:
                return known
            known |= more


class Integrability:
    """``terms(node, variables)`` lists the terms of a tame sum, with their directions among ``variables``."""

    def __init__(self, floors, moments=False):
        self.moments = moments  # is it about random quantities, all of whose moments exist?
        self.translate = Symbolic(justification("algebra"), floors=floors)

    def terms(self, node, variables) -> list[Term]:
        if not any(part in variables or isinstance(part, (Integral, E)) for part in walk(node)):
            return [Term()]
        rule = getattr(self, type(node).__name__, None)
        if rule is None:
            raise Inconclusive(f"how {node!r} grows is not known, so its integral may diverge; split the step")
        return rule(node, variables)

    def Symbol(self, node, variables):
        return [Term()]

    Item = Num = Index = Pi = Symbol

    def Add(self, node, variables):
        return [term for part in node.terms for term in self.terms(part, variables)]

    def Neg(self, node, variables):
        return self.terms(node.arg, variables)

    def Mul(self, node, variables):
        choices = product(*(self.terms(part, variables) for part in node.factors))
        return [Term(tuple(fall for term in terms for fall in term.falls)) for terms in choices]

    def Div(self, node, variables):
        under = self.terms(node.under, frozenset())
        if not variables.isdisjoint(walk(node.under)):
            raise Inconclusive(f"{node!r} has a variable of integration below the line; cancel it first")
        return self.terms(node.over, variables) if under else []

    def Pow(self, node, variables):
        power = node.power.value if isinstance(node.power, Num) else None
        if power is None or power.denominator != 1 or not 0 < power <= MAX_POWER:
            raise Inconclusive(f"how {node!r} grows is not known; write a whole power up to {MAX_POWER}")
        return self.Mul(Mul((node.base,) * int(power)), variables)

    def Func(self, node, variables):
        if node.name == "Phi":
            self.terms(node.arg, variables)
            return [Term()]
        if node.name == "log" and self.gaussians(node.arg, variables):
            return [Term()]  # a polynomial
        if node.name == "exp":
            falls = self.square(node.arg, variables)
            if falls:
                return [Term(tuple(falls))]
        raise Inconclusive(f"how {node!r} grows is not known, so its integral may diverge; split the step")

    def gaussians(self, node, variables) -> bool:
        """Is ``node`` a product or quotient of Gaussians and constants?"""
        if isinstance(node, (Mul, Div)):
            return all(self.gaussians(part, variables) for part in children(node))
        fixed = variables.isdisjoint(walk(node))
        return bool(self.terms(node, variables)) and (isinstance(node, Normal) or fixed)

    def Normal(self, node, variables):
        if not variables.isdisjoint(walk(node.variance)):
            raise Inconclusive(f"the variance in {node!r} depends on a variable of integration; split the step")
        self.terms(node.at, variables), self.terms(node.mean, variables)
        return [Term(tuple(self.line(node.at - node.mean, variables)))]

    def Apply(self, node, variables):
        args = [arg for arg in node.args if not isinstance(arg, Index)]
        for arg in args:
            self.terms(arg, variables)
        return [Term(tuple(fall for arg in args[: node.function.falling] for fall in self.line(arg, variables)))]

    def Derivative(self, node, variables):
        return self.terms(node.body, variables)

    Gradient = Divergence = Total = Derivative

    def Dot(self, node, variables):
        return self.Mul(Mul((node.left, node.right)), variables)

    def Sum(self, node, variables):
        if type(node) is not Sum:
            raise Inconclusive(f"how {node!r} grows is not known, so its integral may diverge; split the step")
        return self.terms(node.body, variables)

    def Integral(self, node, variables):
        ends = [end for end in (node.low, node.high) if end is not None]
        if any(not variables.isdisjoint(walk(end)) for end in ends):
            raise Inconclusive(f"the ends of {node!r} depend on a variable of integration; split the step")
        over = node.over
        bounded = frozenset([over]) if len(ends) == 2 else frozenset()
        found = []
        for term in self.terms(node.body, variables | {over}):
            fixed = term.fixed(bounded)
            if over not in fixed and not any(over in fall.sure for fall in term.falls):
                raise Inconclusive(f"{node!r} is not seen to converge: nothing in it falls off with {over!r}")
            kept = [fall for fall in term.falls if over not in fall.variables]
            known = [frozenset([other]) for other in variables & fixed - {over}]
            found.append(Term((*kept, *(Fall(one, one) for one in known))))
        return found

    def E(self, node, variables):
        if isinstance(node.under, Normal):
            return self.Integral(written_out(node), variables)
        random = frozenset(part for part in walk(node.body) if is_state(part) or is_noise(part))
        if node.under is None and self.moments:  # |E[f | B]|ⁿ has the mean of |f|ⁿ at most
            self.terms(node.body, random)
        elif not variables.isdisjoint(walk(node)):
            raise Inconclusive(f"how {node!r} grows is not known; split the step")
        return [Term()]

    def Var(self, node, variables):
        return self.E(E(node.body**2, given=node.given), variables)

    def KL(self, node, variables):
        """Between Gaussians: a polynomial of their means, if the variances are constant."""
        for side in (node.p, node.q):
            self.terms(side, variables - {node.p.at})
        return [Term()]

    def line(self, node, variables) -> list[Fall]:
        """The direction of a linear form; none if it is no such form."""
        if any(isinstance(part, OPERATORS) for part in walk(node)):
            return []  # ⟨u, y⟩ u falls off in one direction of y alone
        value, found, field = self.translate(node), {}, self.translate.field
        symbols = {variable: self.translate(variable) for variable in variables}
        for variable, symbol in symbols.items():
            rate = field.lower(field.rational(sp.diff(value, symbol)))
            if self.depends_on(rate, symbols.values()):
                return []
            if rate != 0:
                found[variable] = sign_of_value(field, rate) in (1, -1)
        return [Fall(frozenset(found), frozenset(variable for variable, sure in found.items() if sure))]

    def square(self, node, variables) -> list[Fall]:
        """The one variable of a polynomial of degree two with a negative first coefficient."""
        if any(isinstance(part, OPERATORS) for part in walk(node)):
            return []
        value = self.translate(node)
        inside = [variable for variable in variables if self.depends_on(value, [self.translate(variable)])]
        if len(inside) != 1 or not value.is_polynomial(self.translate(inside[0])):
            return []
        polynomial, one = sp.Poly(value, self.translate(inside[0])), frozenset(inside)
        return [Fall(one, one)] if polynomial.degree() == 2 and self.negative(polynomial.LC()) else []

    def fall(self, node, variables) -> bool:
        """Do all terms of ``node`` fall off with all the variables?"""
        try:
            return all(term.fixed() >= set(variables) for term in self.terms(node, frozenset(variables)))
        except DerivationError:
            return not variables

    def negative(self, value):
        return sign_of_value(self.translate.field, value) == -1

    def depends_on(self, value, symbols) -> bool:
        reach = frozenset().union(
            *(self.translate.reach(self.translate.field.plain(part)) for part in value.free_symbols)
        )
        return not reach.isdisjoint(symbols)
