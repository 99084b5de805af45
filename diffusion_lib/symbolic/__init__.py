"""Derivations that are checked line by line, and shown as they were checked.

``Derivation`` holds a chapter's symbols and steps; the names below build formulas.  SymPy and mpmath do the work.
"""

from diffusion_lib.symbolic.density import KL, Derivative, E, Integral, Normal, Var
from diffusion_lib.symbolic.derivation import Derivation
from diffusion_lib.symbolic.expr import Phi, exp, log, sqrt
from diffusion_lib.symbolic.licences import LICENCES
from diffusion_lib.symbolic.registry import positive, real, standard_normal, unit
from diffusion_lib.symbolic.times import Limit, Product, Sum

__all__ = [
    "KL",
    "LICENCES",
    "Derivation",
    "Derivative",
    "E",
    "Integral",
    "Limit",
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
