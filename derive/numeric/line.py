r"""Integrals over the whole line, where an integrand's ends are those of a density.

With x = sinh(π/2 sinh t) they fall faster in t than any exponential, and so few of the nodes of the trapezoidal rule,

    ∫ f(x) dx ≈ h Σ_k f(x(t_k)) x'(t_k),     t_k = k h,     |t_k| ≤ 2, which is |x| ≤ 149,

count.  With half of the step the number of correct digits at least doubles, so the rule stops where two steps agree to
half of the digits.  What does not fall so far, or has not agreed after ``LEVELS`` steps, is left to mpmath's rule of
tanh and sinh.  For densities that one takes several times as many nodes, and misses narrow ones: of a normal with the
variance 0.001 around −2 it says 1.0007.

Source: Takahasi & Mori 1974, section 4.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from mpmath import mp

FIRST, LEVELS, END = 8, 7, 2  # 1/h in the beginning, how many h there are, and the largest |t|


def integral(f: Callable, digits: int):
    """∫ f over the line; ``f`` takes and returns an ``mpf``, and is called at ``digits`` digits."""
    with mp.workdps(digits):
        small, total, size = mp.mpf(10) ** -digits, mp.zero, mp.zero
        for level in range(LEVELS):
            parts = [weight * f(x) for x, weight in _nodes(level, mp.prec)]
            before, total = total, total / 2 + mp.fsum(parts)
            size = size / 2 + mp.fsum(parts, absolute=True)
            if level == 0 and max(abs(parts[0]), abs(parts[-1])) > small * size:
                break
            if level > 0 and abs(total - before) <= mp.mpf(10) ** (-digits // 2 - 1) * size:
                return total
        return mp.quad(f, [-mp.inf, 0, mp.inf])


@lru_cache(maxsize=2 * LEVELS)
def _nodes(level: int, _prec: int) -> list[tuple]:
    """The places x and weights h x' that a level adds to those before it."""
    steps = FIRST * 2**level
    every = range(-END * steps, END * steps + 1)
    found = []
    for k in every if level == 0 else (k for k in every if k % 2):
        t = mp.mpf(k) / steps
        inside = mp.pi / 2 * mp.sinh(t)
        found.append((mp.sinh(inside), mp.cosh(inside) * mp.pi / 2 * mp.cosh(t) / steps))
    return found
