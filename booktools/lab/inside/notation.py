"""A line of a derivation as text, and a text as a line: what ``written`` prints, ``Notation`` reads back as the same.

The text is the Python that builds the term, with parentheses wherever two terms would print alike.  What a reader
types is parsed by Python's parser and built node by node, from the letters of the derivation and the names below; it is
not run.
"""

from __future__ import annotations

import ast
from fractions import Fraction

from derive.language.alphabets import Iverson
from derive.language.density import KL, Derivative, Diffusion, Distribution, E, Integral, Normal, Var
from derive.language.expr import Abs, Add, Div, Expr, Min, Mul, Neg, Num, Phi, Pi, Pow, exp, log, sqrt, wrap
from derive.language.functions import Function
from derive.language.text import PRODUCT, SUM, Text
from derive.language.times import Index, Item, Limit, Product, Sequence, Span, Sum
from derive.language.vectors import Divergence, Dot, Gradient, Jacobian, Total, norm2
from diffusion_lib.errors import ConfigError

from .formula import parsed

BUILDERS = {
    "KL": KL, "Normal": Normal, "E": E, "Var": Var, "Integral": Integral, "Derivative": Derivative, "Sum": Sum,
    "Product": Product, "Limit": Limit, "sqrt": sqrt, "log": log, "exp": exp, "Phi": Phi,
    "Diffusion": Diffusion, "Abs": Abs, "Min": Min, "Iverson": Iverson, "dot": Dot, "norm2": norm2, "Total": Total,
    "Gradient": Gradient, "Divergence": Divergence, "Jacobian": Jacobian,
}  # fmt: skip
LONGEST = 2000


class Written(Text):
    """As the library prints a term, but so that no two terms print alike."""

    def Add(self, node):
        first, *rest = node.terms
        text = f"({self(first)})" if isinstance(first, Add) else self(first)
        for term in rest:
            body, sign = (term.arg, "-") if isinstance(term, Neg) else (term, "+")
            loose = isinstance(body, (Add, Neg)) or (isinstance(body, Index) and body.symbol and body.offset)
            text += f" {sign} " + (f"({self(body)})" if loose else self(body, PRODUCT if sign == "-" else SUM))
        return text

    def Mul(self, node):
        first, *rest = node.factors
        parts = [f"({self(first)})" if isinstance(first, Mul) else self(first, PRODUCT)]
        parts += [f"({self(one)})" if isinstance(one, (Mul, Div)) else self(one, PRODUCT) for one in rest]
        return " * ".join(parts)

    def given(self, node):
        return f", given=({self.list(node.given)},)" if node.given else ""


def written(node) -> str:
    return Written()(node)


class Notation:
    """Reads terms in the letters of a derivation; ``letters`` is what its registry holds."""

    def __init__(self, letters: dict[str, object]):
        self.letters = letters

    def __call__(self, text: str) -> Expr:
        try:
            return wrap(self.build(parsed(text, LONGEST)))
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(f"This cannot be read as a line: {error}") from None

    def refuse(self, node, why: str):
        raise ConfigError(f"“{ast.unparse(node)[:50]}” {why}; the letters are {', '.join(self.letters)}")

    def build(self, node: ast.expr):
        name = type(node).__name__
        if not hasattr(self, name):
            self.refuse(node, "cannot stand in a line")
        return getattr(self, name)(node)

    def Constant(self, node):
        if node.value is None or (type(node.value) is int and abs(node.value) < 10**30):
            return node.value
        return self.refuse(node, "is no whole number; write a ratio")

    def Name(self, node):
        if node.id == "pi" and "pi" not in self.letters:
            return Pi()
        if node.id not in self.letters:
            self.refuse(node, "is no letter of this page")
        return self.letters[node.id]

    def Attribute(self, node):
        function = self.build(node.value)
        if not isinstance(function, Function) or node.attr != "prime":
            self.refuse(node, "is no letter of this page")
        return function.prime

    def Subscript(self, node):
        sequence = self.build(node.value)
        if not isinstance(sequence, Sequence):
            self.refuse(node, "is no letter of this page")
        if isinstance(node.slice, ast.Slice) and node.slice.lower and node.slice.upper and not node.slice.step:
            return sequence[self.build(node.slice.lower) : self.build(node.slice.upper)]
        return sequence[self.build(node.slice)]

    def Tuple(self, node):
        return tuple(map(self.build, node.elts))

    def UnaryOp(self, node):
        if not isinstance(node.op, ast.USub):
            self.refuse(node, "cannot stand in a line")
        return minus(self.build(node.operand))

    def BinOp(self, node):
        if isinstance(node.op, ast.BitOr):
            left, right = self.build(node.left), self.build(node.right)
            return left | right if isinstance(left, (Item, Span)) else self.refuse(node, "is no condition")
        if isinstance(node.op, (ast.Mult, ast.Div)) and (first := leading_minus(node)):
            operand, place = first.operand, (node.col_offset, first)
            return minus(self.build(without(node, *place, operand)))
        left, right = self.build(node.left), self.build(node.right)
        build = {ast.Add: plus, ast.Sub: less, ast.Mult: times, ast.Div: over, ast.Pow: power}.get(type(node.op))
        if build is None:
            self.refuse(node, "cannot stand in a line")
        return build(node, left, right)

    def Call(self, node):
        given = [self.build(each) for each in node.args]
        named = {each.arg: self.build(each.value) for each in node.keywords}
        known = (
            BUILDERS.get(node.func.id) if isinstance(node.func, ast.Name) and node.func.id not in self.letters else None
        )
        called = known or self.build(node.func)
        if not (known or isinstance(called, (Distribution, Function))) or set(named) - {"given"}:
            self.refuse(node, "is nothing that is known")
        return called(*given, **named)


def leading_minus(node):
    """The minus with which a product begins, if no parentheses hold it back: −a·b is −(a·b)."""
    first = node
    while isinstance(first, ast.BinOp) and isinstance(first.op, (ast.Mult, ast.Div)):
        first = first.left
        if first.col_offset != node.col_offset:
            return None
    return first if isinstance(first, ast.UnaryOp) and isinstance(first.op, ast.USub) else None


def without(node, place, minus_sign, operand):
    """The product without its first minus, at its place."""
    if node is minus_sign:
        return operand
    made = ast.BinOp(without(node.left, place, minus_sign, operand), node.op, node.right)
    made.col_offset = operand.col_offset
    return made


def alone(node, side) -> bool:
    """Does an operand stand in parentheses?"""
    if side is node.right:
        return isinstance(side, ast.BinOp) and not isinstance(side.op, ast.Pow)
    return side.col_offset != node.col_offset


def minus(value):
    value = wrap(value)
    return Num(-value.value) if isinstance(value, Num) else Neg(value)


def number(value):
    return value if type(value) is int else None


def plus(node, left, right):
    if isinstance(left, Index) and number(right) is not None:
        return left + right
    if number(left) is not None and isinstance(right, Index):
        return right + left
    return Add((*terms(node, left, node.left), *terms(node, right, node.right)))


def less(node, left, right):
    if isinstance(left, Index) and number(right) is not None:
        return left - right
    return Add((*terms(node, left, node.left), Neg(wrap(right))))


def terms(node, value, side):
    value = wrap(value)
    return value.terms if isinstance(value, Add) and not alone(node, side) else (value,)


def times(node, left, right):
    left, right = wrap(left), wrap(right)
    first = left.factors if isinstance(left, Mul) and not alone(node, node.left) else (left,)
    return Mul((*first, right))


def over(node, left, right):
    """7/2 is one number, 7 / 2 a quotient of two, as the library prints them."""
    if number(left) is not None and number(right) and node.left.end_col_offset + 1 == node.right.col_offset:
        return Num(Fraction(left, right))
    return Div(wrap(left), wrap(right))


def power(node, left, right):
    return Pow(wrap(left), wrap(right))
