"""Polynomials of degree two and their exponentials: all that a linear-Gaussian world needs.

With f = a y² + b y + c, where b and c may hold other variables and a < 0,

    ∫ exp f dy = exp(c − b²/(4a)) √(π / −a),      y ~ N(−b/(2a), −1/(2a)) under the normalised density.
"""

from __future__ import annotations

from dataclasses import dataclass

from mpmath import mp

from diffusion_lib.errors import Inconclusive, Undefined

ROUNDING = mp.mpf(10) ** -40  # a coefficient below this is a rounding error at 60 digits


@dataclass(frozen=True)
class Quadratic:
    """``terms`` maps a sorted tuple of at most two variables to its coefficient."""

    terms: dict

    @classmethod
    def constant(cls, value):
        return cls({(): value})

    @classmethod
    def variable(cls, key):
        return cls({(key,): mp.one})

    def __add__(self, other):
        other = _lift(other)
        if isinstance(other, Bell):
            raise Inconclusive("a sum with a density in it is not Gaussian; integrate or take its logarithm first")
        terms = dict(self.terms)
        for key, value in other.terms.items():
            terms[key] = terms.get(key, 0) + value
        return Quadratic(terms)

    __radd__ = __add__

    def __neg__(self):
        return Quadratic({key: -value for key, value in self.terms.items()})

    def __sub__(self, other):
        return self + -_lift(other)

    def __mul__(self, other):
        other = _lift(other)
        if isinstance(other, Bell):
            return other * self
        terms: dict = {}
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                key = tuple(sorted(left + right))
                terms[key] = terms.get(key, 0) + a * b
        terms = {key: value for key, value in terms.items() if value != 0}
        if any(len(key) > 2 for key in terms):
            raise Inconclusive("a polynomial of degree above two is not Gaussian")
        return Quadratic(terms)

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = _lift(other)
        if isinstance(other, Bell):
            return Bell(-other.exponent, other.sign) * self
        divisor = other.value("a divisor")
        if divisor == 0:
            raise Undefined("division by zero")
        return self * (1 / divisor)

    def __pow__(self, power: int):
        if power < 0:
            return Quadratic.constant(mp.one) / self**-power
        result = Quadratic.constant(mp.one)
        for _ in range(power):
            result = result * self
        return result

    def value(self, role: str):
        """The number that this polynomial is; ``role`` says in a message what needed a number."""
        if any(abs(value) > ROUNDING for key, value in self.terms.items() if key):
            raise Inconclusive(f"{role} depends on a state")
        return self.constant_term()

    def log(self):
        value = self.value("the argument of a logarithm")
        if value <= 0:
            raise Undefined(f"log of {mp.nstr(value, 8)}")
        return Quadratic.constant(mp.log(value))

    def at(self, values: dict):
        """The number at these values of the variables."""
        return mp.fsum(
            coefficient * mp.fprod(values.get(key, mp.zero) for key in keys) for keys, coefficient in self.terms.items()
        )

    def constant_term(self):
        return mp.mpf(self.terms.get((), 0))

    def coefficient(self, key):
        return mp.mpf(self.terms.get((key,), 0))

    def variables(self):
        return sorted({key for keys, value in self.terms.items() if abs(value) > ROUNDING for key in keys})

    def split(self, key):
        """Return a, b, c with self = a y² + b y + c for the variable ``key``."""
        parts: list[dict] = [{}, {}, {}]
        for keys, value in self.terms.items():
            rest = tuple(other for other in keys if other != key)
            parts[len(keys) - len(rest)][rest] = value
        return parts[2].get((), mp.zero), Quadratic(parts[1]), Quadratic(parts[0])

    def slope(self, key):
        """The derivative by one variable."""
        a, b, _ = self.split(key)
        return Quadratic.variable(key) * (2 * a) + b

    def integrate(self, key):
        """log ∫ exp(self) over one variable."""
        a, b, c = self.split(key)
        if a >= 0:
            raise Undefined(f"the integral over {key[0]}[{key[1]}] diverges")
        return c - b * b * (1 / (4 * a)) + mp.log(mp.pi / -a) / 2

    def average(self, key, log_density):
        """Average over one variable under exp(log_density); also log_density with that variable integrated out."""
        a, b, _ = log_density.split(key)
        if a >= 0:
            raise Undefined(f"the density of {key[0]}[{key[1]}] cannot be normalised")
        mean, variance = b * (-1 / (2 * a)), -1 / (2 * a)
        second, first, rest = self.split(key)
        return rest + first * mean + (mean * mean + variance) * second, log_density.integrate(key)


@dataclass(frozen=True)
class Bell:
    """sign · exp of a polynomial of degree two: a density, up to factors."""

    exponent: Quadratic
    sign: int = 1

    def __mul__(self, other):
        other = _lift(other)
        if isinstance(other, Bell):
            return Bell(self.exponent + other.exponent, self.sign * other.sign)
        value = other.value("a factor of a density")
        if value == 0:
            raise Undefined("a density times zero")
        return Bell(self.exponent + mp.log(abs(value)), self.sign if value > 0 else -self.sign)

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = _lift(other)
        inverse = Bell(-other.exponent, other.sign) if isinstance(other, Bell) else 1 / other.value("a divisor")
        return self * inverse

    def __pow__(self, power: int):
        return Bell(self.exponent * power, self.sign**power)

    def __add__(self, other):
        raise Inconclusive("a sum with a density in it is not Gaussian; integrate or take its logarithm first")

    __radd__ = __add__

    def __neg__(self):
        return Bell(self.exponent, -self.sign)

    def log(self):
        if self.sign < 0:
            raise Undefined("log of a negative density")
        return self.exponent


def _lift(value):
    return value if isinstance(value, (Quadratic, Bell)) else Quadratic.constant(value)
