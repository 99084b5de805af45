"""Is an expression defined on the whole domain?  Denominators are proved non-zero, logarithms and roots positive.

SymPy cancels a/a to 1 before anyone can ask whether a may be zero, so this is asked of what was written, node by node.
Most answers are seen from the form: products, quotients and sums of positive things are positive.  The others need
the signs of the irreducible factors.  What is not proved is ``Inconclusive``; points, where it is seen to fail, say
``Undefined`` before.
"""

from __future__ import annotations

import sympy as sp

from ..errors import DerivationError, Inconclusive
from ..justifications import justification
from ..kernel.positive import positive
from ..language.alphabets import decided
from ..language.density import Normal
from ..language.expr import Num, Symbol, walk
from ..language.times import Index, Item, Limit, Product, Sum
from ..language.tree import at, bound_by
from .folds import NATURAL
from .integrals import inside
from .signs import sign_of_value
from .symbolic import Symbolic, floors


def defined(*nodes, smooth=False, index=None, least=None) -> None:
    """Raise ``Inconclusive`` unless every part of ``nodes`` is proved to have a value on the whole domain."""
    translate = Defined(justification("algebra"), floors=floors(*nodes), index=index, least=least)
    translate.smooth = smooth
    for case in decided(*nodes):
        for node in case:
            translate(node)


def on_border(nodes, symbol, least) -> bool:
    """Is a member at its stated first value, or a product empty, when the symbol has its least value?"""
    for part in (part for node in nodes for part in walk(node)):
        if isinstance(part, Item) and part.index.symbol == symbol and part.sequence.first is not None:
            early = least + part.index.offset <= part.sequence.start
        else:
            product = isinstance(part, Product) and part.high.symbol == symbol and part.low.symbol is None
            early = product and least + part.high.offset < part.low.offset
        if early:
            return True
    return False


def border_cases(nodes, least) -> tuple[dict[str, int], dict[str, int]]:
    """The symbols whose least value is a case of its own, with it; and the least values of all that comes later."""
    cases = {symbol: least[symbol] for symbol in sorted(least) if on_border(nodes, symbol, least[symbol])}
    return cases, {symbol: first + (symbol in cases) for symbol, first in least.items()}


def always_defined(node, least, smooth=False) -> None:
    """The same for all times from ``least`` on, of which the first may be a case of its own."""
    cases, late = border_cases([node], least)
    for symbol, first in cases.items():
        defined(at(node, {symbol: Index(None, first)}), smooth=smooth)
    defined(node, smooth=smooth, least=late)


class Defined(Symbolic):
    """Translates and asks on the way; operators become unknown numbers once their insides are known to be defined."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.between: dict[str, sp.Expr] = {}  # what variables of integration run over
        self.after: dict[str, Index] = {}  # the last index of a sum, and the time in it that is not later
        self.grows: Index | None = None  # the index of the limit around this place
        self.caught: frozenset = frozenset()  # what is bound inside that limit
        self.smooth = False  # under a derivative, where a root must not touch zero

    def leaf(self, label, domain):
        return self.between.get(label, super().leaf(label, domain))

    def Index(self, node):
        time = self.time(node)
        if isinstance(time, Index) and time.symbol in self.after:
            gap = sp.Symbol(f"{time.symbol} from {self.after[time.symbol].symbol}", **NATURAL) - 1
            return self(self.after[time.symbol]) + gap + time.offset
        return super().Index(node)

    def body_at(self, node, time):
        """Within a sum its index is not later than its end."""
        high, before = self.time(node.high), self.after
        if isinstance(time, Index) and isinstance(high, Index) and time.symbol != high.symbol and high.symbol:
            self.after = {**before, high.symbol: time - self.floors.get(high.symbol, high.offset)}
        value = super().body_at(node, time)
        self.after = before
        return value

    def unknown(self, positive=None):
        return sp.Dummy("unknown", real=True, positive=positive)

    def need(self, what, node, *kinds):
        if positive(node) or sign_of_value(self.field, self(node)) in kinds:
            return
        after, self.after = self.after, {}
        signs = [sign_of_value(self.field, self(node)) if after else None, self.late(node) or None]
        self.after = after
        if any(sign in kinds for sign in signs if sign is not None):
            return
        raise Inconclusive(f"{node!r} is not proved to be {what} on the whole domain; narrow a domain")

    def Div(self, node):
        self.need("different from zero", node.under, 1, -1)
        return super().Div(node)

    def Pow(self, node):
        whole = isinstance(node.power, Num) and node.power.value.denominator == 1
        if not whole:
            self.need("positive", node.base, 1)
        elif node.power.value <= 0:
            self.need("different from zero", node.base, 1, -1)
        return super().Pow(node)

    def Func(self, node):
        if node.name == "log":
            self(node.arg)
            self.need("positive", node.arg, 1)
            return super().Func(node)
        if node.name == "abs" and self.smooth:
            self.need("different from zero", node.arg, 1, -1)
        if node.name == "sqrt":
            self.need("positive" if self.smooth else "non-negative", node.arg, *([1] if self.smooth else [0, 1]))
        return super().Func(node)

    def Normal(self, node):
        self.need("positive", node.variance, 1)
        return super().Normal(node)

    def E(self, node):
        for part in (node.body, *([node.under] if isinstance(node.under, Normal) else [])):
            self(part)
        return self.unknown()

    def Var(self, node):
        self(node.body)
        return self.unknown()

    def KL(self, node):
        self(node.p), self(node.q)
        return self.unknown()

    def Limit(self, node):
        before = self.grows, self.caught
        self.grows, self.caught = Index(node.symbol), caught(node.body)
        self(node.body)
        self.grows, self.caught = before
        return self.unknown()

    def late(self, node):
        """The sign of a quotient of polynomials in an index that grows, from some time on."""
        if self.grows is None or any(part in self.caught for part in walk(node)):
            return None  # what moves up to the index, or by itself, has no sign from some time on
        try:
            _, coefficient = self.field.single(self(node))
            grows, sides = self(self.grows), sp.fraction(self.field.lower(coefficient))
            signs = [sign_of_value(self.field, sp.Poly(side, grows).LC()) for side in sides]
        except (DerivationError, sp.PolynomialError):
            return None
        hidden = any(self.depends_on(symbol, {grows}) for side in sides for symbol in side.free_symbols)
        return None if hidden or None in signs else signs[0] * signs[1]

    def Derivative(self, node):
        self.smooth, before = True, self.smooth
        self(node.body)
        self.smooth = before
        return self.unknown()

    def Integral(self, node):
        low, high = ends = [None if end is None else self(end) for end in (node.low, node.high)]
        if isinstance(node.over, Symbol) and ends != [None, None]:
            around = self.between  # an integral outside may have a variable of this name
            for place in (inside(low, high), *(end for end in ends if end is not None)):  # a pole may stand at an end
                self.between = {**around, node.over.name: place}
                self(node.body)
            self.between = around
        else:
            self(node.body)
        return self.unknown(True if self.sure(node, low, high) else None)


def caught(node) -> frozenset:
    """The indices at all distances, and the variables, that are bound in ``node``."""
    bound = [variable for part in walk(node) for variable in bound_by(part)]
    symbols = {part.symbol for part in walk(node) if isinstance(part, (Sum, Limit))}
    return frozenset(bound) | {part for part in walk(node) if isinstance(part, Index) and part.symbol in symbols}
