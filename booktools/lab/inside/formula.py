"""A typed formula as an expression tree of the library.  It is data: it is parsed and inspected, and never executed.

Python's own parser reads the text; every node of its tree must be one of the few below.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from fractions import Fraction
from itertools import accumulate

from derive.language.expr import Expr, Num, Pi, Symbol, exp, log, sqrt
from derive.language.registry import latex_name, positive, real, unit
from derive.language.times import Index
from diffusion_lib.errors import ConfigError
from pagekit.exercises import Exercise

LONGEST, SIGNED, NESTED = 1000, 150, 40  # characters, signs, parentheses: a worker has little room for recursion
SIGNS = {
    "α\u0304": "alpha_bar", "α\u0305": "alpha_bar", "β\u0303": "beta_tilde", "α": "alpha", "β": "beta", "γ": "gamma",
    "ε": "eps", "ϵ": "eps", "η": "eta", "θ": "theta", "μ": "mu", "σ": "sigma", "π": "pi", "√": "sqrt",
    "·": "*", "×": "*", "−": "-", "²": "**2", "³": "**3", "½": "(1/2)", "^": "**",
    "₀": "_0", "₁": "_1", "₂": "_2", "ₜ": "_t",
}  # fmt: skip
FUNCTIONS = {"sqrt": sqrt, "exp": exp, "log": log, "ln": log}
JOINS = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
MADE_OF = "numbers, + - * /, powers ** or ^, sqrt(…), exp(…), log(…)"


def parsed(text: str, longest: int = LONGEST) -> ast.expr:
    """The tree of what is written; ``ConfigError`` where it is no formula."""
    if len(text) > longest:
        raise ConfigError(f"This is longer than {longest} characters; write a shorter formula.")
    written = unicodedata.normalize("NFD", text.strip())
    for sign, words in SIGNS.items():
        written = written.replace(unicodedata.normalize("NFD", sign), words)
    if not written:
        raise ConfigError("Nothing is written yet.")
    if sum(map(written.count, "+-*/~.|<>=,")) > SIGNED or nesting(written) > NESTED:
        raise ConfigError("This has too many signs or parentheses; write a shorter formula.")
    try:
        return ast.parse(written, mode="eval").body
    except SyntaxError as error:
        raise ConfigError(f"This is no formula yet: {_said(error, written)}") from None
    except (ValueError, MemoryError, RecursionError):
        raise ConfigError("This is no formula: it is nested too deeply, or holds a sign that is none.") from None


def nesting(written: str) -> int:
    """How many parentheses are open at the deepest place."""
    depths = accumulate((sign in "([{") - (sign in ")]}") for sign in written)
    return max(depths, default=0)


def _said(error, written) -> str:
    place = max((error.offset or 1) - 1, 0)
    before, after = written[:place][-20:], written[place:][:20]
    if re.search(r"(?:\d|\w\]|\))\s*[A-Za-z(]", written):
        return f"is there a * missing near “{before}{after}”?"
    if written.count("(") != written.count(")"):
        return "the parentheses do not pair."
    return f"something is missing or too many near “{before}{after}”."


class Reader:
    """Makes the library's tree; ``known`` are the symbols by name and ``domains`` where each lives."""

    def __init__(self, exercise: Exercise):
        self.known = exercise.known()
        self.symbols = ", ".join(map(str, exercise.symbols)) or "none; it is a number"

    def __call__(self, text: str) -> Expr:
        try:
            return self.build(parsed(text))
        except RecursionError:
            raise ConfigError("This is nested too deeply; write a shorter formula.") from None

    def refuse(self, what: str):
        raise ConfigError(f"{what} An answer is made of {MADE_OF} and its symbols: {self.symbols}.")

    def build(self, node: ast.expr) -> Expr:
        if isinstance(node, ast.BinOp) and type(node.op) in JOINS:
            return JOINS[type(node.op)](self.build(node.left), self.build(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            inside = self.build(node.operand)
            return -inside if isinstance(node.op, ast.USub) else inside
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return self.number(node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return self.call(node.func.id, node.args)
        if isinstance(node, (ast.Name, ast.Subscript)):
            return self.own_symbol(node)
        return self.refuse(f"“{ast.unparse(node)[:40]}” cannot stand in an answer.")

    def number(self, value) -> Num:
        try:
            return Num(Fraction(repr(value)))
        except (ValueError, OverflowError):
            return self.refuse(f"{value!r:.40} is no number that can be used.")

    def call(self, name, given) -> Expr:
        if name == "Fraction" and len(given) == 2:
            return self.build(given[0]) / self.build(given[1])
        if name not in FUNCTIONS or len(given) != 1:
            self.refuse(f"“{name}” with {len(given)} parts in its parentheses is not known; is there a * missing?")
        return FUNCTIONS[name](self.build(given[0]))

    def own_symbol(self, node) -> Expr:
        name = self.named(node)
        if name not in self.known:
            if name == "pi":
                return Pi()
            if name in ("e", "E"):
                return exp(1)
            self.refuse(f"“{name[:40]}” is none of the symbols.")
        return Symbol(name, latex(name), domain(self.known[name]))

    def named(self, node) -> str:
        """The name as the exercise has it; ``x_0`` and ``alpha_t`` are taken for ``x[0]`` and ``alpha[t]``."""
        if isinstance(node, ast.Name):
            stem, _, time = node.id.rpartition("_")
            return f"{stem}[{time}]" if node.id not in self.known and f"{stem}[{time}]" in self.known else node.id
        if not isinstance(node.value, ast.Name):
            self.refuse(f"“{ast.unparse(node)[:40]}” is none of the symbols.")
        return f"{node.value.id}[{index(node.slice)!r}]"


def index(node: ast.expr) -> Index:
    """A time: a symbol, a whole number, or a symbol and a whole number."""
    if isinstance(node, ast.Name):
        return Index(node.id)
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return Index(None, node.value)
    if isinstance(node, ast.BinOp) and type(node.op) in (ast.Add, ast.Sub):
        left, right = node.left, node.right
        if isinstance(right, ast.Constant) and type(right.value) is int:
            return index(left) + (right.value if isinstance(node.op, ast.Add) else -right.value)
    raise ConfigError(f"“{ast.unparse(node)[:40]}” is no time; write for example t - 1.")


def domain(symbol):
    return unit if symbol.is_integer is False else positive if symbol.is_positive else real


def latex(name: str) -> str:
    """How a symbol is written: ``alpha_bar[t - 1]``, ``alpha_bar_s``, ``x_t``."""
    stem, _, time = name.removesuffix("]").partition("[")
    parts = stem.split("_")
    if len(parts) == 3 and parts[1] in ("bar", "tilde", "hat") and not time:
        stem, time = "_".join(parts[:2]), parts[2]
    return f"{latex_name(stem)}_{{{time.replace(' ', '')}}}" if time else latex_name(stem)
