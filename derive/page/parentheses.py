"""Where a formula needs parentheses, so that it is read as the tree that was checked."""

from __future__ import annotations

import re

from ..language.alphabets import alphabet_of
from ..language.density import Derivative, Integral
from ..language.expr import Div, Func, Mul, Num, Symbol
from ..language.functions import Apply
from ..language.times import Index, Item, Limit, Product, Sum
from ..language.vectors import Gradient, Total

LETTER = re.compile(  # a letter with accents, indices and primes, and perhaps its arguments; @ and ! are groups
    r"(\\(hat|bar|tilde|dot|mathbf|mathrm|mathcal|mathbb) ?)*(\\[a-zA-Z]+|[a-zA-Z]|@)"
    r"('|[_^](\\text@|\\[a-zA-Z]+|[a-zA-Z0-9]|@))*!?"
)


def takes_all(node) -> bool:
    """Would a reader take a factor that follows ``node`` for a part of it?  Then it stands in parentheses."""
    if isinstance(node, Mul):
        return takes_all(node.factors[-1])
    if isinstance(node, Div):
        return halves(node) and takes_all(node.over)
    if isinstance(node, Func):
        return node.name == "log"
    return isinstance(node, (Derivative, Gradient, Limit, Product, Sum, Total)) or compound(node)


def compound(node) -> bool:
    """Is the name of ``node`` a formula, as in ∇ log q, so that an exponent or a factor beside it needs parentheses?"""
    if isinstance(node, Integral) and alphabet_of(node.over):  # it is written as a sum
        return True
    owner = {Item: "sequence", Apply: "function"}.get(type(node))
    if owner is None and not isinstance(node, Symbol):
        return False
    name, before = (getattr(node, owner) if owner else node).latex, None
    while name != before:
        before, name = name, re.sub(r"[(\[][^()\[\]{}]*[)\]]", "!", re.sub(r"\{[^{}]*\}", "@", name))
    return not LETTER.fullmatch(name)


def halves(node: Div) -> bool:
    """Is this half of something, written with the ½ before it?"""
    return isinstance(node.under, Num) and node.under.value == 2 and not isinstance(node.over, (Num, Index))


def fenced(left: str, inside: str, right: str) -> str:
    """Put delimiters around LaTeX; they grow only if there is something tall inside."""
    tall = any(command in inside for command in (r"\frac", r"\sum", r"\prod", r"\int", r"\left"))
    return rf"\left{left}{inside}\right{right}" if tall else left + inside + right
