"""What the crosscheck takes from the library: the language that steps are written in, and nothing that decides."""

from derive.language.density import KL, Derivative, E, Integral, Normal, Var
from derive.language.expr import Add, Div, Expr, Func, Interval, Mul, Neg, Num, Pi, Pow, Symbol, children, rebuild, walk
from derive.language.functions import Apply
from derive.language.goal import Goal, has_densities
from derive.language.times import Index, Item, Limit, Product, Sum
from derive.language.tree import Fact, at, bound_by, first_times, unfold

__all__ = [
    "KL",
    "Add",
    "Apply",
    "Derivative",
    "Div",
    "E",
    "Expr",
    "Fact",
    "Func",
    "Goal",
    "Index",
    "Integral",
    "Interval",
    "Item",
    "Limit",
    "Mul",
    "Neg",
    "Normal",
    "Num",
    "Pi",
    "Pow",
    "Product",
    "Sum",
    "Symbol",
    "Var",
    "at",
    "bound_by",
    "children",
    "first_times",
    "has_densities",
    "rebuild",
    "role",
    "unfold",
    "walk",
]


def role(part: Expr) -> str:
    """The role of a symbol or of a member of a sequence: "parameter", "state", "noise" or "bound"."""
    return getattr(getattr(part, "sequence", part), "role", "") if isinstance(part, (Symbol, Item)) else ""
