"""Random concrete functions, which stand for arbitrary ones at a point.

A function with values in the real numbers is a line plus a wave, b + Σ aᵢxᵢ + c sin(d + Σ eᵢxᵢ); one with positive
values is a sum of two bells.  Where integrals must be exact, a real one is cubic.  A time among the arguments chooses
another function.
"""

from __future__ import annotations

from mpmath import mp

from diffusion_lib.errors import Inconclusive
from diffusion_lib.symbolic.language.registry import positive, real, unit
from diffusion_lib.symbolic.numeric.draw import draw
from diffusion_lib.symbolic.numeric.interpret import to_mpf

BELLS = 2


def wave(seed, count):
    """A line plus a wave, of ``count`` arguments."""
    height, size, phase = (draw(f"{seed}:{part}", real) for part in ("height", "size", "phase"))
    slopes, rates = ([draw(f"{seed}:{part} {place}", real) for place in range(count)] for part in ("slope", "rate"))

    def value(*args):
        line = mp.fsum(to_mpf(slope) * arg for slope, arg in zip(slopes, args, strict=True))
        inside = mp.fsum(to_mpf(rate) * arg for rate, arg in zip(rates, args, strict=True))
        return to_mpf(height) + line + to_mpf(size) * mp.sin(to_mpf(phase) + inside)

    def prime(order):
        """The derivative of a wave of one argument."""
        slope, rate = to_mpf(slopes[0]), to_mpf(rates[0])
        high = to_mpf(size) * rate**order
        return lambda arg: (slope if order == 1 else 0) + high * mp.sin(to_mpf(phase) + rate * arg + order * mp.pi / 2)

    value.prime = prime
    return value


def cubic(seed, count):
    """A polynomial of degree three, of one argument."""
    if count != 1:
        raise Inconclusive("a cubic function has one argument")
    rows = [[to_mpf(draw(f"{seed}:{power}", real)) for power in range(4)]]
    for _ in range(3):
        rows.append([k * number for k, number in zip(range(len(rows[-1]) - 1, 0, -1), rows[-1], strict=False)])

    def value(arg):
        return mp.polyval(rows[0], arg)

    value.prime = lambda order: lambda arg: mp.polyval(rows[min(order, 3)], arg) if order <= 3 else mp.zero
    return value


def bells(seed, count):
    """A sum of bells, of ``count`` arguments."""
    drawn = [
        (
            draw(f"{seed}:size {bell}", positive),
            [draw(f"{seed}:place {bell} {place}", real) for place in range(count)],
            [draw(f"{seed}:rate {bell} {place}", unit) for place in range(count)],
        )
        for bell in range(BELLS)
    ]

    def value(*args):
        return mp.fsum(
            to_mpf(size)
            * mp.exp(-mp.fsum(to_mpf(k) * (a - to_mpf(c)) ** 2 for k, a, c in zip(rates, args, places, strict=True)))
            for size, places, rates in drawn
        )

    return value
