"""What the second opinion takes from the library: the language that steps are written in, and nothing that decides."""

from diffusion_lib.symbolic.claim import Claim, has_densities
from diffusion_lib.symbolic.density import KL, Derivative, E, Integral, Normal, Var
from diffusion_lib.symbolic.expr import (
    Add,
    Apply,
    Div,
    Expr,
    Func,
    Interval,
    Mul,
    Neg,
    Num,
    Pi,
    Pow,
    Symbol,
    children,
    rebuild,
    walk,
)
from diffusion_lib.symbolic.times import Index, Item, Limit, Product, Sum
from diffusion_lib.symbolic.tree import at, first_times, free_indices, unfold

__all__ = [
    "KL",
    "Add",
    "Apply",
    "Claim",
    "Derivative",
    "Div",
    "E",
    "Expr",
    "Func",
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
    "children",
    "first_times",
    "free_indices",
    "has_densities",
    "rebuild",
    "unfold",
    "walk",
]
