"""Expectations of polynomials in random quantities, symbolically.

E of a monomial is: a product over independent groups of variables, where the step may use independence; the moment of
the standard normal, E z^k = (k − 1) E z^(k − 2), where it may use that distribution; and an unknown number everywhere
else.  A noise is independent of all states before its own time, and of nothing else.
"""

from __future__ import annotations

import sympy as sp

from ..errors import Inconclusive
from ..language.expr import Symbol, walk
from ..language.times import Index


def average(body, variables, moment):
    """Apply ``moment`` to the powers of each monomial of ``body`` in ``variables``."""
    if not variables:
        return body
    try:
        polynomial = sp.Poly(sp.expand(body), *variables)
    except sp.PolynomialError as error:
        raise Inconclusive(f"{body} is not a polynomial in {variables}, so its expectation is not known") from error
    return sp.Add(*(coefficient * moment(powers) for powers, coefficient in polynomial.terms()))


def normal_moment(power: int) -> int:
    """E z^power for a standard normal z, by the recurrence."""
    if power % 2:
        return 0
    return 1 if power == 0 else (power - 1) * normal_moment(power - 2)


def rule(translate, node):
    """The random variables in an expectation or variance, and the function from powers to their moment."""
    given = [pair for part in node.given for pair in translate.variables(part)]
    states = [pair for pair in translate.variables(node.body) if pair not in given]
    noises = list(translate.variables(node.body, "noise"))
    bare = [part for part in walk(node.body) if isinstance(part, Symbol) and part.role == "noise"]
    bare = list(dict.fromkeys(bare))
    times = [time for _, time in states + given]

    def separate(name):
        return translate.justification.independent or name in translate.standard

    fresh = [pair for pair in noises if separate(pair[0].name) and all(apart(translate, *pair, time) for time in times)]
    alone = len(noises) + len(bare) == 1  # nothing is known about a merged noise beside another noise
    _refuse_unsure(fresh)
    fresh += [part for part in bare if alone and separate(part.name) and all(time == 0 for time in times)]
    if bare and not alone:
        fresh = []
    everything = list(dict.fromkeys(states + noises + bare))
    labels = [part.name if isinstance(part, Symbol) else f"{part[0].name}[{part[1]}]" for part in everything]
    condition = sorted(f"{sequence.name}[{time}]" for sequence, time in given)
    known = [translate.leaf(f"{sequence.name}[{time}]", sequence.domain) for sequence, time in given]

    def moment(powers):
        result, rest = sp.S.One, []
        for part, label, power in zip(everything, labels, powers, strict=True):
            if part not in fresh:
                rest.append((label, power))
            elif (part.name if isinstance(part, Symbol) else part[0].name) in translate.standard:
                result *= normal_moment(power)
            else:
                result *= _unknown([(label, power)], [])
        unknown = _unknown(rest, condition)
        return result * (translate.hide(unknown, known) if known and unknown != 1 else unknown)

    return [translate.leaf(label, _domain(part)) for part, label in zip(everything, labels, strict=True)], moment


def apart(translate, sequence, noise, state) -> bool:
    """Is a noise drawn after a state, in the direction of its process?"""
    return drawn_after(translate, state + 1, noise) if sequence.backward else drawn_after(translate, noise, state)


def drawn_after(translate, noise, state) -> bool:
    """Is the time of a noise later than that of a state, for every value of their index symbols?"""
    if isinstance(noise, Index) and isinstance(state, Index):
        return noise.symbol == state.symbol and noise.offset > state.offset
    return not isinstance(state, Index) and translate.earliest(noise) > state


def _refuse_unsure(noises):
    """Members of one noise at different index symbols may be the same one, which is not independent of itself."""
    for position, (sequence, time) in enumerate(noises):
        for other, later in noises[position + 1 :]:
            mixed = {getattr(time, "symbol", None), getattr(later, "symbol", None)}
            if sequence == other and len(mixed) > 1:
                raise Inconclusive(
                    f"{sequence.name}[{time}] and {sequence.name}[{later}] may be one noise; state the two cases apart"
                )


def _domain(part):
    return part.domain if isinstance(part, Symbol) else part[0].domain


def _unknown(powers, condition):
    powers = [(label, power) for label, power in powers if power]
    return sp.Symbol(f"E{powers} | {condition}", real=True) if powers else sp.S.One
