"""An exercise: its name, its right answer, and the symbols that an answer may use.

    alpha_t, alpha_prev = symbols("alpha[t] alpha[t - 1]", "unit")
    Exercise("two-step-variance", "the variance of x_t given x_{t-2}", 1 - alpha_t * alpha_prev)

A symbol has the name that the page's code gives it: ``alpha_bar[t - 1]`` is ᾱ_{t−1}, ``x[0]`` is x_0.  Its domain is
kept in SymPy's assumptions, so that an answer that is right on the domain only is right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import sympy as sp

from derive.language.registry import positive, real, unit
from derive.numeric.draw import draw
from diffusion_lib.errors import ConfigError, check_choice

DOMAINS = {
    "unit": {"positive": True, "integer": False},  # the open interval (0, 1)
    "positive": {"positive": True},
    "real": {"real": True},
    "natural": {"positive": True, "integer": True},  # 1, 2, 3, …
}
WORDS = {"unit": "between 0 and 1", "positive": "positive", "real": "real", "natural": "one of 1, 2, 3, …"}
CUMULATIVE = {"alpha": "alpha_bar", "alpha_bar": "alpha", "beta": "beta_tilde", "beta_tilde": "beta"}
NEIGHBOURS = {"t": ("t - 1", "t + 1"), "t - 1": ("t",), "t + 1": ("t",), "0": ("t",)}


def symbols(names: str, domain: str) -> tuple[sp.Symbol, ...]:
    """Symbols of one domain, "unit" (0 to 1), "positive", "real" or "natural"; spaces part the names."""
    check_choice("domain", domain, DOMAINS)
    return tuple(sp.Symbol(name, **DOMAINS[domain]) for name in re.findall(r"\w+(?:\[[^]]*\])?", names))


@dataclass(frozen=True)
class Exercise:
    """``asks`` completes "this is not …".  ``mistakes`` are wrong answers with a message of their own.

    ``relations`` says what further symbols are in terms of those of the answer, such as β_t = 1 − α_t.
    """

    name: str
    asks: str
    answer: sp.Expr
    mistakes: Mapping[str, sp.Expr] = field(default_factory=dict)
    relations: Mapping[sp.Symbol, sp.Expr] = field(default_factory=dict)

    def __post_init__(self):
        if not isinstance(self.answer, sp.Expr):
            object.__setattr__(self, "answer", sp.sympify(self.answer))
        strangers = [symbol for symbol in self.symbols if not any(_fits(symbol, facts) for facts in DOMAINS.values())]
        if strangers or self.answer.has(sp.Float):
            raise ConfigError(f"exercise {self.name!r} must be exact and made of symbols(…), got {self.answer!r}")

    @property
    def symbols(self) -> list[sp.Symbol]:
        """The symbols that an answer may use, in the order of their names."""
        parts = [self.answer, *self.relations, *self.relations.values(), *self.mistakes.values()]
        return sorted(set().union(*(sp.sympify(part).free_symbols for part in parts)), key=str)

    def known(self) -> dict[str, sp.Symbol]:
        """All symbols by name, those that are often confused with the right ones included."""
        found = {symbol.name: symbol for symbol in self.symbols}
        for symbol in self.symbols:
            for other in confused_with(symbol):
                found.setdefault(other.name, other)
        return found


def confused_with(symbol: sp.Symbol) -> list[sp.Symbol]:
    """The symbols that people write instead: the cumulative one for that of a step, or that of the next step."""
    stem, bracket, time = symbol.name.removesuffix("]").partition("[")
    names = [f"{CUMULATIVE[stem]}[{time}]"] if bracket and stem in CUMULATIVE else []
    names += [f"{stem}[{other}]" for other in NEIGHBOURS.get(time, ())]
    return [sp.Symbol(name, **_facts(symbol)) for name in names]


def point(seed: str, symbols) -> dict[sp.Symbol, sp.Rational]:
    """A rational point of the domain; it is a function of ``seed`` and the symbols' names alone."""
    return {symbol: _draw(f"{seed}:{symbol.name}", symbol) for symbol in sorted(symbols, key=str)}


def corners(symbol: sp.Symbol) -> list[sp.Rational]:
    """Values of a symbol near the border of its domain, and far out."""
    tiny, few, many = sp.Rational(1, 10**9), sp.Integer(1000), sp.Integer(10**9)
    if symbol.is_integer:
        return [sp.S.One, sp.Integer(2), sp.Integer(7), few, many]
    if symbol.is_integer is False:
        return [tiny, 1 / few, sp.S.Half, 1 - 1 / few, 1 - tiny]
    outward = [tiny, 1 / few, sp.S.One, few, many]
    return outward if symbol.is_positive else [-value for value in reversed(outward)] + [sp.S.Zero, *outward]


def _draw(seed, symbol):
    if symbol.is_integer:
        return sp.Integer(2 + int(5 * draw(seed, unit)))
    interval = unit if symbol.is_integer is False else positive if symbol.is_positive else real
    value: Fraction = draw(seed, interval)
    return sp.Rational(value.numerator, value.denominator)


def domain_of(symbol: sp.Symbol) -> str:
    """The domain in words."""
    return WORDS[next(name for name, facts in DOMAINS.items() if _fits(symbol, facts))]


def _facts(symbol):
    return next(facts for facts in DOMAINS.values() if _fits(symbol, facts))


def _fits(symbol, facts):
    return symbol == sp.Symbol(symbol.name, **facts)
