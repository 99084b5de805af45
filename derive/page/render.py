"""How an expression is written on the page: LaTeX.

It is read off the tree that was checked, term by term in the order in which the author wrote it. A line break in
LaTeX is ``\\cr``: Sphinx wraps blocks that contain a double backslash in an environment where a tag is illegal.
"""

from __future__ import annotations

import re

from ..language.alphabets import alphabet_of
from ..language.density import Derivative, Distribution, Integral
from ..language.expr import Div, Mul, Neg, Num, Symbol
from ..language.text import ATOM, POWER, PRODUCT, SUM, binding
from ..language.times import Item, Product, Sum
from ..language.tree import catches
from ..language.vectors import Dot, Gradient, is_variable, is_vector
from .parentheses import compound, fenced, halves, takes_all


class Latex:
    """``Latex()(node)`` is the LaTeX of ``node``; ``latex_of`` maps index names to LaTeX."""

    def __call__(self, node, level: int = SUM) -> str:
        written = getattr(self, type(node).__name__)(node)
        holds = PRODUCT if compound(node) else binding(node)
        return written if holds >= level else fenced("(", written, ")")

    def Num(self, node):
        value = node.value
        if value.denominator == 1:
            return str(value)
        over, under = _braced(str(abs(value.numerator))), _braced(str(value.denominator))
        return rf"{'-' if value < 0 else ''}\tfrac{over}{under}"

    def Pi(self, node):
        return r"\pi"

    def Index(self, node):
        if node.symbol is None:
            return str(node.offset)
        return node.symbol + (f"{node.offset:+d}" if node.offset else "")

    def Symbol(self, node):
        return node.latex

    def Item(self, node):
        return f"{node.sequence.latex}_{_braced(self.Index(node.index))}"

    def Span(self, node):
        return f"{node.sequence.latex}_{{{self.Index(node.low)}:{self.Index(node.high)}}}"

    def Add(self, node):
        first, *rest = node.terms
        start = fenced("(", self(first), ")") if catches(first, rest) else self(first, SUM)
        return start + "".join(self.signed(term, rest[place:]) for place, term in enumerate(rest, 1))

    def signed(self, term, rest):
        if catches(term, rest):
            sign, body = ("-", term.arg) if isinstance(term, Neg) else ("+", term)
            return f" {sign} " + fenced("(", self(body), ")")
        if isinstance(term, Neg):
            return " - " + self(term.arg, PRODUCT)
        if isinstance(term, Num) and term.value < 0:
            return " - " + self.Num(Num(-term.value))
        return " + " + self(term, SUM if isinstance(term, (Sum, Mul)) else PRODUCT)

    def Neg(self, node):
        return "-" + self(node.arg, PRODUCT)

    def Mul(self, node):
        *early, last = node.factors
        text, *parts = [*(self(f, ATOM if takes_all(f) else PRODUCT) for f in early), self(last, PRODUCT)]
        for part in parts:
            named = part.startswith((r"\operatorname", r"\log", r"\exp"))  # these bring their own space
            half = re.match(r"\\tfrac|\\frac{\d+}{\d+}", part)
            number = part[0].isdigit() or (text[-1].isdigit() and half)  # 3½ is no product
            text += (r" \cdot " if number else " " if named else r"\, ") + part
        return text

    def Div(self, node):
        if halves(node):
            return r"\tfrac12 " + self(node.over, PRODUCT)
        return rf"\frac{{{self(node.over)}}}{{{self(node.under)}}}"

    def Pow(self, node):
        base = self(node.base, ATOM)
        symbol = isinstance(node.base, (Symbol, Item)) and not compound(node.base)
        double = symbol and any(mark in base for mark in "'^")  # TeX takes one exponent
        if double or isinstance(node.base, (Integral, Dot)):  # or else the exponent is that of dy
            base = fenced("(", base, ")")
        return f"{base}^{_braced(self(node.power))}"

    def Func(self, node):
        if node.name == "sqrt":
            return rf"\sqrt{{{self(node.arg)}}}"
        if node.name == "abs":
            return fenced("|", self(node.arg), "|")
        if node.name in ("exp", "Phi"):
            return rf"\{node.name}" + fenced("(", self(node.arg), ")")
        return rf"\log {self(node.arg, PRODUCT if isinstance(node.arg, (Div, Product)) else POWER)}"

    def Least(self, node):
        return r"\min" + fenced("(", self.list((node.one, node.other)), ")")

    def Apply(self, node):
        primes = "'" * node.function.order
        return node.function.latex + primes + fenced("(", self.list(node.args), ")")

    def big(self, node, sign):
        bounds = f"_{{{node.symbol}={self.Index(node.low)}}}^{_braced(self.Index(node.high))}"
        return rf"{sign}{bounds} {self(node.body, PRODUCT)}"

    def Sum(self, node):
        return self.big(node, r"\sum")

    def Product(self, node):
        return self.big(node, r"\prod")

    def Limit(self, node):
        return rf"\lim_{{{node.symbol}\to\infty}} {self(node.body, PRODUCT)}"

    def list(self, parts):
        return ", ".join(self(part) for part in parts)

    def Density(self, node):
        bar = rf" \mid {self.list(node.given)}" if node.given else ""
        return rf"{node.distribution.latex}({self.list(node.targets)}{bar})"

    def Normal(self, node):
        parts = rf"{self(node.at)};\, {self(node.mean)},\, {self.variance(node)}"
        return r"\mathcal{N}" + fenced("(", parts, ")")

    def variance(self, node):
        """That of vectors is a matrix: a multiple of the identity, or a diagonal one."""
        if is_vector(node.variance):
            return r"\operatorname{diag}" + fenced("(", self(node.variance), ")")
        scale = self(node.variance, PRODUCT) + r"\, " if node.variance != Num(1) else ""
        return scale + r"\mathbf{I}" if is_vector(node.at) else self(node.variance)

    def Dot(self, node):
        if node.left == node.right:
            return fenced(r"\|", self(node.left), r"\|") + "^2"
        return fenced(r"\langle ", rf"{self(node.left)},\, {self(node.right)}", r"\rangle")

    def Total(self, node):
        return rf"\sum_{{i=1}}^d {Coordinate()(node.body, PRODUCT)}"

    def Gradient(self, node):
        return rf"\nabla_{{\!{self(node.by)}}} {self(node.body, POWER)}"

    def Divergence(self, node):
        if isinstance(node.body, Gradient) and node.body.by == node.by:
            return rf"\Delta_{{{self(node.by)}}} {self(node.body.body, POWER)}"
        return rf"\nabla_{{\!{self(node.by)}}} \cdot {self(node.body, POWER)}"

    def Jacobian(self, node):
        return rf"\frac{{\partial {self(node.body, ATOM)}}}{{\partial {self(node.by)}}}\, {self(node.along, ATOM)}"

    def E(self, node):
        under = (
            "" if node.under is None else node.under.latex if isinstance(node.under, Distribution) else self(node.under)
        )
        return rf"\mathbb{{E}}{f'_{{{under}}}' if under else ''}{self.bracket(node)}"

    def Var(self, node):
        return rf"\operatorname{{Var}}{self.bracket(node)}"

    def bracket(self, node):
        bar = rf" \mid {self.list(node.given)}" if node.given else ""
        return fenced("[", self(node.body) + bar, "]")

    def KL(self, node):
        return r"D_{\mathrm{KL}}" + fenced("(", rf"{self(node.p)} \,\|\, {self(node.q)}", ")")

    def Integral(self, node):
        if alphabet_of(node.over):
            return rf"\sum_{{{self(node.over)}}} {self(node.body, PRODUCT)}"
        low = r"-\infty" if node.low is None else self(node.low)
        high = r"\infty" if node.high is None else self(node.high)
        bounds = "" if node.low is None and node.high is None else f"_{_braced(low)}^{_braced(high)}"
        return rf"\int{bounds} {self(node.body, PRODUCT)}\, \mathrm{{d}}{self(node.over, ATOM)}"

    def Iverson(self, node):
        return f"[{self(node.left)} = {self(node.right)}]"

    def Diffusion(self, node):
        moved = [
            rf"{self(rate, ATOM if takes_all(rate) else PRODUCT)}\, \mathrm{{d}}{of}"
            for rate, of in ((node.drift, self(node.by, ATOM)), (node.noise, "w"))
        ]
        return rf"\mathrm{{d}}{self(node.at, ATOM)} = {' + '.join(moved)}"

    def Derivative(self, node):
        order, body = 1, node.body
        while isinstance(body, Derivative) and body.by == node.by:
            order, body = order + 1, body.body
        power = f"^{order}" if order > 1 else ""
        by = self(node.by, ATOM)
        by = _braced(by) if power and "^" in by else by  # TeX takes no second exponent
        return rf"\frac{{\mathrm{{d}}{power}}}{{\mathrm{{d}} {by}{power}}} {self(body, PRODUCT)}"


class Coordinate(Latex):
    """Vectors are written as their coordinate i."""

    def __call__(self, node, level: int = SUM) -> str:
        written = super().__call__(node, level)
        plain = re.sub(r"\\mathbf\{(.)\}", r"\1", written)
        return written if not is_variable(node) else f"[{written}]_i" if re.search("[_^(]", plain) else f"{plain}_i"


def latex(node) -> str:
    """Return the LaTeX of ``node``."""
    return Latex()(node)


def _braced(text: str) -> str:
    return text if len(text) == 1 else f"{{{text}}}"
