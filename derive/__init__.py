"""Derivations that are checked line by line, and shown as they were checked.

``Derivation`` holds a chapter's symbols and steps; the names below build formulas.  SymPy and mpmath do the work.
"""

from .justifications import JUSTIFICATIONS
from .language.alphabets import Iverson
from .language.density import KL, Derivative, Diffusion, E, Integral, Normal, Var
from .language.expr import Abs, Min, Phi, exp, log, sqrt
from .language.registry import positive, real, standard_normal, unit
from .language.times import Limit, Product, Sum
from .page.derivation import Derivation

__all__ = [
    "JUSTIFICATIONS",
    "KL",
    "Abs",
    "Derivation",
    "Derivative",
    "Diffusion",
    "E",
    "Integral",
    "Iverson",
    "Limit",
    "Min",
    "Normal",
    "Phi",
    "Product",
    "Sum",
    "Var",
    "exp",
    "log",
    "positive",
    "real",
    "sqrt",
    "standard_normal",
    "unit",
]
