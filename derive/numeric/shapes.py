"""Random concrete functions, which stand for arbitrary ones at a point.

A function with values in the real numbers is an affine function plus a sine wave, b + Σ aᵢxᵢ + c sin(d + Σ eᵢxᵢ), or a
polynomial where integrals must be exact; one with positive values is a sum of two Gaussians.  A time among the
arguments chooses another function.
"""

from __future__ import annotations

from mpmath import mp

from ..errors import Inconclusive
from ..language.registry import positive, real, unit
from .draw import draw
from .interpret import to_mpf

GAUSSIANS = 2


def wave(seed, count):
    """An affine function plus a sine wave, of ``count`` arguments."""
    height, size, phase = (draw(f"{seed}:{part}", real) for part in ("height", "size", "phase"))
    coefficients, rates = (
        [draw(f"{seed}:{part} {place}", real) for place in range(count)] for part in ("slope", "rate")
    )

    def value(*args):
        line = mp.fsum(to_mpf(coefficient) * arg for coefficient, arg in zip(coefficients, args, strict=True))
        inside = mp.fsum(to_mpf(rate) * arg for rate, arg in zip(rates, args, strict=True))
        return to_mpf(height) + line + to_mpf(size) * mp.sin(to_mpf(phase) + inside)

    def prime(order):
        """The derivative of a wave of one argument."""
        coefficient, rate = to_mpf(coefficients[0]), to_mpf(rates[0])
        high = to_mpf(size) * rate**order
        return lambda arg: (
            (coefficient if order == 1 else 0) + high * mp.sin(to_mpf(phase) + rate * arg + order * mp.pi / 2)
        )

    value.prime = prime
    return value


def quintic(seed, count):
    """A polynomial of degree five, of one argument."""
    if count != 1:
        raise Inconclusive("a polynomial has one argument here")
    rows = [[to_mpf(draw(f"{seed}:{power}", real)) for power in range(6)]]
    while len(rows) < 7:
        last = rows[-1]
        rows.append([k * number for k, number in zip(range(len(last) - 1, 0, -1), last[:-1], strict=True)])

    def value(arg):
        return mp.polyval(rows[0], arg)

    value.prime = lambda order: lambda arg: mp.polyval(rows[min(order, 6)] or [0], arg)
    return value


def gaussians(seed, count):
    """A sum of Gaussians, of ``count`` arguments."""
    drawn = [
        (
            draw(f"{seed}:size {k}", positive),
            [draw(f"{seed}:place {k} {place}", real) for place in range(count)],
            [draw(f"{seed}:rate {k} {place}", unit) for place in range(count)],
        )
        for k in range(GAUSSIANS)
    ]

    def value(*args):
        return mp.fsum(
            to_mpf(size)
            * mp.exp(-mp.fsum(to_mpf(k) * (a - to_mpf(c)) ** 2 for k, a, c in zip(rates, args, places, strict=True)))
            for size, places, rates in drawn
        )

    return value
