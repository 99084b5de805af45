"""Every name of the book, such as ∇ log q, keeps its meaning beside an exponent, a factor or an operator."""

from __future__ import annotations

import ast
import re

import pytest
from chapters import chapters, derivation_cells

from derive import Derivation, Derivative, Integral, log, sqrt
from derive.language.registry import latex_name
from derive.page.render import latex

DECLARE = {"symbol", "dummy", "sequence", "states", "density", "function", "noise", "merged_noise"}
FORMULAS = {
    r"\nabla \log q(x_t)",
    r"\nabla \log p_t(\mathbf{x}_t)",
}  # any other name is one letter, with accents and indices
ACCENTS = re.compile(r"\\(hat|bar|tilde|dot) ?")


def text(node) -> str | None:
    """A string in the source; what a program puts into it stands as k."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "k" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def declared(source: str):
    """The LaTeX of all that a cell declares."""
    for call in ast.walk(ast.parse(source)):
        if not (isinstance(call, ast.Call) and getattr(call.func, "attr", None) in DECLARE and call.args):
            continue
        named = [text(keyword.value) for keyword in call.keywords if keyword.arg == "latex"]
        second = [text(argument) for argument in call.args[1:]]
        written = [found for found in (*named, *second) if found]
        if written or text(call.args[0]):
            yield written[0] if written else latex_name(text(call.args[0]))


NAMES = sorted({name for chapter in chapters() for cell in derivation_cells(chapter) for name in declared(cell)})
D = Derivation("D")
a, y = D.symbol("a"), D.dummy("y")
POSITIONS = {  # {1} is the name where it must hold together, {2} where an exponent follows, {3} its half, {0} elsewhere
    "exponent": (lambda n: n**2, "{2}^2"),
    "exponent of a factor": (lambda n: n**2 * a, "{2}^2\\, a"),
    "first factor": (lambda n: n * a, "{1}\\, a"),
    "last factor": (lambda n: a * n, "a\\, {0}"),
    "half": (lambda n: n / 2 * a, "{3}\\, a"),
    "numerator": (lambda n: n / a, "\\frac{{{0}}}{{a}}"),
    "denominator": (lambda n: a / n, "\\frac{{a}}{{{0}}}"),
    "in an exponent": (lambda n: a ** (n + 1), "a^{{{0} + 1}}"),
    "logarithm": (lambda n: log(n), "\\log {1}"),
    "root": (lambda n: sqrt(n) * a, "\\sqrt{{{0}}}\\, a"),
    "derivative": (lambda n: Derivative(n * y, y), "\\frac{{\\mathrm{{d}}}}{{\\mathrm{{d}} y}} {1}\\, y"),
    "by the name": (lambda n: Derivative(y, n), "\\frac{{\\mathrm{{d}}}}{{\\mathrm{{d}} {1}}} y"),
    "minus": (lambda n: -n, "-{0}"),
    "difference": (lambda n: a - n * a, "a - {1}\\, a"),
    "integral": (lambda n: Integral(n * y, (y, 0, 1)), "\\int_0^1 {1}\\, y\\, \\mathrm{{d}}y"),
}


def test_the_book_has_these_names_of_more_than_one_letter():
    assert set(NAMES) >= FORMULAS and len(NAMES) > 150
    for name in set(NAMES) - FORMULAS:
        bare = ACCENTS.sub("", name)
        while bare != (bare := re.sub(r"\{[^{}]*\}|\([^()]*\)|\[[^][]*\]", "", bare)):
            pass
        assert re.fullmatch(r"(\\[a-zA-Z]+|[a-zA-Z])?([_^'](\\?[a-zA-Z]+|\d)?)*", bare), name


@pytest.mark.parametrize("position", POSITIONS)
def test_a_name_holds_together(position):
    build, expected = POSITIONS[position]
    for name in set(NAMES) - {"a", "y"}:  # the letters that stand beside it
        thing = Derivation("N").symbol("name", latex=name)
        firm = f"({name})" if name in FORMULAS else name
        raised = f"({name})" if name in FORMULAS or set("'^") & set(name) else name
        half = rf"(\tfrac12 {name})" if name in FORMULAS else rf"\tfrac12 {name}"
        assert latex(build(thing)) == expected.format(name, firm, raised, half), name
