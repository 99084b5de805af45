"""A reader's answer is data: it is checked, node by node, before anything is computed with it.

The answer is a tree, of SymPy or of a derivation.  Its size is counted first, without recursion and arithmetic.
Then it is rebuilt from the leaves up, of known types of nodes and the symbols of the exercise.  Each number and
each power is bounded before SymPy computes it: 9^(9^9) has 370 million digits.
"""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from fractions import Fraction

import sympy as sp

from derive import Derivation
from derive.language import expr as written
from derive.language.functions import Apply
from derive.language.times import Index, Item
from diffusion_lib.errors import ConfigError

from .exercise import Exercise, domain_of

NODES, DEPTH, DIGITS, POWER, EXPONENT = 400, 50, 30, 32, 64
NOWHERE = (sp.nan, sp.zoo, sp.oo, -sp.oo)
LEAVES = (written.Symbol, Item, Index)
ATOMS = (numbers.Real, sp.Number, sp.Symbol, written.Num, written.Pi, *LEAVES, Apply)
CONSTANTS = (sp.pi, sp.E, sp.I, sp.zoo)
NODE_TYPES = {
    sp.Add,
    sp.Mul,
    sp.Pow,
    sp.exp,
    sp.log,
    sp.sin,
    sp.cos,
    sp.Abs,
    written.Add,
    written.Mul,
    written.Neg,
    written.Div,
    written.Pow,
}
PAGE = Derivation("answer")  # it turns a symbol of a page into SymPy; nothing is cited, so any derivation will do
REMEDY = "an answer is made of whole numbers, fractions, pi, + - * /, powers, sqrt, exp, log, sin, cos and the symbols"


class Nowhere(Exception):
    """The answer has no real value, whatever its symbols are."""


@dataclass(frozen=True)
class Reading:
    """``decimals``: the answer had decimals; each was taken for the fraction that it shows."""

    expression: sp.Expr
    decimals: bool = False


def read(exercise: Exercise, answer) -> Reading:
    """The answer in the exercise's own symbols.

    Errors: ``ConfigError`` for anything but a formula of bounded size in known symbols; ``Nowhere`` for a formula that
    has no real value.
    """
    allowed = ", ".join(map(str, exercise.symbols)) or "none, the answer is a number"
    if isinstance(answer, bool) or not isinstance(answer, (sp.Expr, written.Expr, numbers.Real)):
        shown = f"{answer!r:.60} " if isinstance(answer, (bool, str, complex)) else "a value "
        raise ConfigError(
            f"answer must be a formula or a number, got {shown}of type {type(answer).__name__}; "
            f"build it from the symbols of the page's code: {allowed}"
        )
    reader = _Reader(exercise.known(), f"{REMEDY} of this exercise: {allowed}")
    reader.count(answer)
    expression = reader.build(answer)
    if strangers := sorted({symbol.name for symbol in expression.free_symbols} - set(exercise.known())):
        reader.refuse(f"has the symbols {', '.join(strangers)[:200]}")
    return Reading(expression, reader.decimals)


class _Reader:
    def __init__(self, known: dict[str, sp.Symbol], remedy: str):
        self.known, self.remedy, self.decimals = known, remedy, False
        self.joins = {
            "Add": sp.Add,
            "Mul": sp.Mul,
            "Pow": self.power,
            "Neg": lambda part: -part,
            "Div": lambda over, under: over * self.power(under, sp.S.NegativeOne),
            "sqrt": sp.sqrt,
            "exp": self.exp,
            "log": sp.log,
            "sin": sp.sin,
            "cos": sp.cos,
            "Abs": sp.Abs,  # SymPy writes sqrt(x**2) so
        }

    def refuse(self, what):
        raise ConfigError(f"answer {what}; {self.remedy}")

    def count(self, answer):
        """Refuse a tree that is too large or too deep, and a foreign node in it, before any work."""
        stack, nodes = [(answer, 1)], 0
        while stack:
            node, depth = stack.pop()
            nodes += 1
            if nodes > NODES or depth > DEPTH:
                self.refuse(f"has more than {NODES} parts or {DEPTH} levels; write a shorter one")
            stack += [(child, depth + 1) for child in self.parts(node)[1]]

    def parts(self, node):
        """(what joins the children, the children); (None, ()) for a number or a symbol."""
        if isinstance(node, ATOMS) or any(node is constant for constant in CONSTANTS):
            return None, ()
        cls = type(node)
        name = node.name if cls is written.Func else cls.__name__ if cls in NODE_TYPES else None
        if name not in self.joins:
            self.refuse(f"holds {name or 'a part of type ' + cls.__name__[:60]}")
        return self.joins[name], written.children(node) if isinstance(node, written.Expr) else node.args

    def build(self, node):
        join, children = self.parts(node)
        if join is not None:
            return self.checked(join(*map(self.build, children)))
        if isinstance(node, Apply):  # a network's output: a symbol that the exercise does not have, and that may cancel
            return sp.Symbol(repr(node), real=True)
        if isinstance(node, LEAVES):
            return self.build(PAGE.sympy(node))
        if isinstance(node, sp.Symbol):
            return self.own_symbol(node)
        if any(node is nowhere for nowhere in (*NOWHERE, sp.I)):
            raise Nowhere(node)
        if node is sp.E or node is sp.pi or isinstance(node, written.Pi):
            return sp.E if node is sp.E else sp.pi
        return self.checked(self.number(node))

    def own_symbol(self, symbol):
        """The exercise's symbol of this name.  A symbol that it does not have may still cancel."""
        if type(symbol) is not sp.Symbol:
            found = type(symbol).__name__
            self.refuse(f"holds {symbol.name[:60]} as a {found}, which is not the symbol of the page's code")
        own = self.known.get(symbol.name)
        if own is None:
            return symbol
        facts = own.assumptions0
        if any(facts.get(name, value) != value for name, value in symbol.assumptions0.items()):
            self.refuse(f"has a symbol {symbol.name} that is declared otherwise; here it is {domain_of(own)}")
        return own

    def number(self, node):
        """An exact number; the decimal 1.3 is 13/10."""
        if isinstance(node, sp.Rational):
            return node
        if isinstance(node, written.Num):
            node = node.value
        if isinstance(node, numbers.Rational):
            self.digits(int(node.numerator), int(node.denominator))
            return sp.Rational(int(node.numerator), int(node.denominator))
        if isinstance(node, sp.Float) and abs(node._mpf_[2] + node._mpf_[3]) > 4 * DIGITS:
            self.refuse(f"has a number of more than {DIGITS} digits; write a shorter one")
        value = float(node)
        if not math.isfinite(value):
            raise Nowhere(value)
        self.decimals = True
        exact = Fraction(repr(value))
        self.digits(exact.numerator, exact.denominator)
        return sp.Rational(exact.numerator, exact.denominator)

    def digits(self, *values):
        if any(abs(value) >= 10**DIGITS for value in values):
            self.refuse(f"has a number of more than {DIGITS} digits; write a shorter one")

    def power(self, base, exponent):
        if exponent.is_Rational:
            if max(abs(exponent.p), exponent.q) > POWER:
                self.refuse(f"has a power above {POWER}")
        elif reach(exponent) > EXPONENT:
            self.refuse(f"has a power above {EXPONENT}")
        return sp.Pow(base, exponent)

    def exp(self, exponent):
        if reach(exponent) > EXPONENT:
            self.refuse(f"has an exponential with numbers above {EXPONENT}")
        return sp.exp(exponent)

    def checked(self, result):
        """SymPy evaluates as it builds; what it made is bounded again, and real."""
        if result.has(*NOWHERE, sp.I):
            raise Nowhere(result)
        for part in sp.preorder_traversal(result):
            if part.is_Rational:
                self.digits(part.p, part.q)
            elif part.is_Pow and part.exp.is_Rational:
                if max(abs(part.exp.p), part.exp.q) > POWER:
                    self.refuse(f"has a power above {POWER}")
                if part.base.is_negative and not part.exp.is_integer:
                    raise Nowhere(part)
        return result


def reach(expr) -> int:
    """A bound for the numbers that come up when ``expr`` is expanded, at most a million."""
    if expr.is_Rational:
        bound = max(abs(expr.p), expr.q)
    elif expr.is_Add:
        bound = sum(map(reach, expr.args))
    elif expr.is_Pow and expr.exp.is_Rational:
        bound = reach(expr.base) ** max(abs(expr.exp.p), expr.exp.q)
    else:
        bound = math.prod(map(reach, expr.args))
    return min(bound, 10**6)
