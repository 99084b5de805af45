"""Functions for SymPy that are known by rules alone.

``Phi``, the distribution function of the standard normal law, has the derivative N(x; 0, 1), and Φ(−x) = 1 − Φ(x).
"""

from __future__ import annotations

import sympy as sp


class Generic(sp.Function):
    """A function of one real variable; ``odd_about_half``: f(−x) = 1 − f(x), with values between 0 and 1."""

    nargs = 1
    odd_about_half = False
    positive = False

    def _eval_is_real(self):
        return True


class Phi(Generic):
    odd_about_half = positive = True

    def fdiff(self, argindex=1):
        return sp.exp(-(self.args[0] ** 2) / 2) / sp.sqrt(2 * sp.pi)
