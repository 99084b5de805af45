"""Polynomials of degree two and their exponentials: all that a linear-Gaussian model needs.

With f = a y² + b y + c, where b and c may hold other variables and a < 0,

    ∫ exp f dy = exp(c − b²/(4a)) √(π / −a),      y ~ N(−b/(2a), −1/(2a)) under the normalised density.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mpmath import mp

from ..errors import Inconclusive, Undefined

ROUNDING = mp.mpf(10) ** -40  # a coefficient below this is a rounding error at 60 digits
MODERATE = 40  # an exponent below this is not hidden by rounding


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
        if isinstance(other, Gaussian):
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
        if isinstance(other, Gaussian):
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
        if isinstance(other, Gaussian):
            return as_gaussian(self) / other
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
        """The number that this polynomial is; ``role`` names in a message what needed a number."""
        if self.moving():
            raise Inconclusive(f"{role} depends on a state")
        return self.constant_term()

    def moving(self) -> bool:
        """Does it depend on a variable?"""
        return any(abs(value) > ROUNDING for key, value in self.terms.items() if key)

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

    def derivative(self, key):
        """The derivative by one variable."""
        a, b, _ = self.split(key)
        return Quadratic.variable(key) * (2 * a) + b

    def put(self, key, value):
        """The same polynomial with ``value``, a polynomial of degree one, for a variable."""
        a, b, c = self.split(key)
        return value * value * a + b * value + c

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
class Gaussian:
    """factor · exp(exponent), polynomials of degree two: a density, its derivative, a density times a polynomial."""

    exponent: Quadratic
    factor: Quadratic = field(default_factory=lambda: Quadratic.constant(mp.one))

    def __mul__(self, other):
        other = _lift(other)
        if isinstance(other, Gaussian):
            return gaussian(self.exponent + other.exponent, self.factor * other.factor)
        return gaussian(self.exponent, self.factor * other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = _lift(other)
        if not isinstance(other, Gaussian):
            return self * (Quadratic.constant(mp.one) / other)
        return self * Gaussian(-other.exponent, Quadratic.constant(1 / other.factor.value("the sign of a divisor")))

    def __pow__(self, power: int):
        return Gaussian(self.exponent * power, Quadratic.constant(self.factor.value("a factor in a power") ** power))

    def __add__(self, other):
        gap = (other.exponent - self.exponent) if isinstance(other, Gaussian) else None
        if gap is None or gap.moving():
            raise Inconclusive("a sum with a density in it is not Gaussian; integrate or take its logarithm first")
        return gaussian(self.exponent, self.factor + other.factor * mp.exp(gap.constant_term()))

    __radd__ = __add__

    def __neg__(self):
        return Gaussian(self.exponent, -self.factor)

    def __sub__(self, other):
        return self + -other

    def log(self):
        scale = self.factor.value("a factor in a logarithm")
        if scale < 0:
            raise Undefined("log of a negative density")
        return self.exponent + mp.log(scale)

    def derivative(self, key):
        """The derivative by one variable."""
        return gaussian(self.exponent, self.factor.derivative(key) + self.factor * self.exponent.derivative(key))

    def integrate(self, keys):
        """The integral over some variables."""
        factor, exponent = self.factor, self.exponent
        for key in keys:
            factor, exponent = factor.average(key, exponent)
        return gaussian(exponent, factor)

    def normal(self):
        """The factor and exponent of the same function, where the largest coefficient of the factor is one."""
        size = max((abs(value) for value in self.factor.terms.values()), default=mp.zero)
        return (self.factor * (1 / size), self.exponent + mp.log(size)) if size else (self.factor, self.exponent * 0)


def gaussian(exponent, factor):
    """factor · exp(exponent), as a polynomial if it is one of moderate size."""
    if not exponent.moving() and abs(exponent.constant_term()) < MODERATE:
        return factor * mp.exp(exponent.constant_term())
    return Gaussian(exponent, factor)


def as_gaussian(value):
    return value if isinstance(value, Gaussian) else Gaussian(Quadratic.constant(mp.zero), value)


def _lift(value):
    return value if isinstance(value, (Quadratic, Gaussian)) else Quadratic.constant(value)
