"""Derivations that are checked line by line, and shown as they were checked.

``Derivation`` holds a chapter's symbols and steps; the names below build formulas.  SymPy and mpmath do the work.
"""

from .justifications import JUSTIFICATIONS
from .language.density import KL, Derivative, Diffusion, E, Integral, Normal, Var
from .language.expr import Phi, exp, log, sqrt
from .language.registry import positive, real, standard_normal, unit
from .language.times import Limit, Product, Sum
from .language.vectors import Divergence, Gradient, Jacobian, Total, dot, laplacian, norm2, positive_vectors, vectors
from .page.derivation import Derivation

__all__ = [
    "JUSTIFICATIONS",
    "KL",
    "Derivation",
    "Derivative",
    "Diffusion",
    "Divergence",
    "E",
    "Gradient",
    "Integral",
    "Jacobian",
    "Limit",
    "Normal",
    "Phi",
    "Product",
    "Sum",
    "Total",
    "Var",
    "dot",
    "exp",
    "laplacian",
    "log",
    "norm2",
    "positive",
    "positive_vectors",
    "real",
    "sqrt",
    "standard_normal",
    "unit",
    "vectors",
]
