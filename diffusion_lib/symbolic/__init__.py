"""Derivations that are checked line by line, and shown as they were checked.

``Derivation`` holds a chapter's symbols and steps; the names below build formulas.  SymPy and mpmath do the work.
"""

from diffusion_lib.symbolic.language.density import KL, Derivative, Diffusion, E, Integral, Normal, Var
from diffusion_lib.symbolic.language.expr import Phi, exp, log, sqrt
from diffusion_lib.symbolic.language.registry import positive, real, standard_normal, unit
from diffusion_lib.symbolic.language.times import Limit, Product, Sum
from diffusion_lib.symbolic.licences import LICENCES
from diffusion_lib.symbolic.page.derivation import Derivation

__all__ = [
    "KL",
    "LICENCES",
    "Derivation",
    "Derivative",
    "Diffusion",
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
