"""The Python text that builds an expression, term by term in the order in which the author wrote it."""

from __future__ import annotations

from .density import Derivative, Distribution
from .expr import Add, Div, Expr, Func, Mul, Neg, Num, Pow, children
from .times import Index, Limit, Product, Sum

SUM, PRODUCT, POWER, ATOM = range(4)
LARGE = ("Total", "Gradient", "Divergence", "Jacobian")  # operators on vectors


class Text:
    """``Text()(node)`` is the Python expression that builds ``node``."""

    def __call__(self, node, level: int = SUM) -> str:
        kind = type(node).__name__
        written = getattr(self, kind)(node) if hasattr(self, kind) else self.call(node)
        return written if binding(node) >= level else f"({written})"

    def call(self, node):
        """The general form, ``KL(p, q)``."""
        parts = [getattr(node, name) for name in node.__dataclass_fields__]
        return f"{type(node).__name__}({', '.join(self(p) for p in parts if isinstance(p, Expr))})"

    def Num(self, node):
        return str(node.value)

    def Pi(self, node):
        return "pi"

    def Index(self, node):
        if node.symbol is None:
            return str(node.offset)
        return node.symbol + (f" {'+' if node.offset > 0 else '-'} {abs(node.offset)}" if node.offset else "")

    def Symbol(self, node):
        return node.name

    def Item(self, node):
        return f"{node.sequence.name}[{self.Index(node.index)}]"

    def Span(self, node):
        return f"{node.sequence.name}[{self.Index(node.low)}:{self.Index(node.high)}]"

    def Add(self, node):
        first, *rest = node.terms
        text = self(first)
        for term in rest:
            text += f" - {self(term.arg, PRODUCT)}" if isinstance(term, Neg) else f" + {self(term, SUM)}"
        return text

    def Neg(self, node):
        return "-" + self(node.arg, PRODUCT)

    def Mul(self, node):
        return " * ".join(self(factor, PRODUCT) for factor in node.factors)

    def Div(self, node):
        return f"{self(node.over, PRODUCT)} / {self(node.under, POWER)}"

    def Pow(self, node):
        return f"{self(node.base, ATOM)}**{self(node.power, ATOM)}"

    def Func(self, node):
        return f"{'Abs' if node.name == 'abs' else node.name}({self(node.arg)})"

    def Least(self, node):
        return f"Min({self.list(children(node))})"

    def Apply(self, node):
        return f"{node.function.name}{'.prime' * node.function.order}({self.list(node.args)})"

    def Sum(self, node):
        return f"{type(node).__name__}({self(node.body)}, ({node.symbol}, {self(node.low)}, {self(node.high)}))"

    Product = Sum

    def Limit(self, node):
        return f"Limit({self(node.body)}, {node.symbol})"

    def list(self, parts):
        return ", ".join(map(self, parts))

    def Density(self, node):
        bar = f" | {self.list(node.given)}" if node.given else ""
        return f"{node.distribution.name}({self.list(node.targets)}{bar})"

    def Integral(self, node):
        ends = ["None" if end is None else self(end) for end in (node.low, node.high)]
        bounds = self(node.over) if ends == ["None"] * 2 else f"({', '.join([self(node.over), *ends])})"
        return f"Integral({self(node.body)}, {bounds})"

    def Dot(self, node):
        return f"norm2({self(node.left)})" if node.left == node.right else f"dot({self(node.left)}, {self(node.right)})"

    def E(self, node):
        under = (
            "" if node.under is None else node.under.name if isinstance(node.under, Distribution) else self(node.under)
        )
        return f"E({self(node.body)}{', ' + under if under else ''}{self.given(node)})"

    def Var(self, node):
        return f"Var({self(node.body)}{self.given(node)})"

    def given(self, node):
        return f", given={self.list(node.given)}" if node.given else ""


def binding(node) -> int:
    """How tightly a node holds together; a looser one is put in parentheses."""
    if isinstance(node, (Add, Neg)) or (isinstance(node, Index) and node.symbol and node.offset):
        return SUM
    if isinstance(node, Num):
        return ATOM if node.value >= 0 and node.value.denominator == 1 else SUM if node.value < 0 else PRODUCT
    if isinstance(node, (Mul, Div, Sum, Product, Limit, Derivative)) or type(node).__name__ in LARGE:
        return PRODUCT
    return POWER if isinstance(node, (Pow, Func)) else ATOM


def text(node) -> str:
    """Return the Python text of ``node``."""
    return Text()(node)


Expr.written = text
