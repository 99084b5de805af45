"""Functions for SymPy that are known by rules alone.

``Phi``, the distribution function of the standard normal, has the derivative N(x; 0, 1), and Φ(−x) = 1 − Φ(x).
Of an arbitrary function nothing is known but its partial derivatives, which are arbitrary functions again.
"""

from __future__ import annotations

from functools import cache

import sympy as sp


class Generic(sp.Function):
    """A real function; ``odd_about_half``: f(−x) = 1 − f(x), with values between 0 and 1."""

    odd_about_half = False
    positive = False

    def _eval_is_real(self):
        return True

    def _eval_is_extended_real(self):
        return True


class Phi(Generic):
    nargs = 1
    odd_about_half = positive = True

    def fdiff(self, argindex=1):
        return sp.exp(-(self.args[0] ** 2) / 2) / sp.sqrt(2 * sp.pi)


@cache  # one class for each function, for it is known by its identity
def arbitrary(name: str, orders: tuple[int, ...], positive: bool):
    """The function called ``name``, differentiated ``orders`` times by each of its arguments."""

    def fdiff(self, argindex=1):
        more = tuple(k + (place == argindex) for place, k in enumerate(orders, 1))
        return arbitrary(name, more, False)(*self.args)

    def is_positive(self):
        return True if positive else None

    title = name + "".join(f".{k}" for k in orders)
    rules = {"nargs": len(orders), "positive": positive, "fdiff": fdiff}
    signs = {"_eval_is_positive": is_positive, "_eval_is_extended_positive": is_positive}
    return type(title, (Generic,), rules | signs)


def fraction(generator):
    """A value between 0 and 1, by a positive symbol."""
    return generator / (1 + generator)
