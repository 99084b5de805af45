"""Deliberate mistakes: the checks of a step are only worth what they reject.

Every step is attacked at every place of its right side with the mistakes that people make: a sign, a dropped term or
factor, a shifted index or bound, α for ᾱ, a missing root, an exponent off by one, a standard deviation for
a variance, swapped densities, a derivative by another variable, a relative error of 1e-8.  The justification is
attacked too: with a weaker one, or without one of the facts that it cites, the step must fail; otherwise it cites more
than it needs.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from ..justifications import JUSTIFICATIONS
from ..language.density import KL, Density, Derivative, E, Integral, Normal, Var
from ..language.expr import Add, Div, Func, Mul, Neg, Num, Symbol, children, rebuild, sqrt, walk
from ..language.functions import Apply
from ..language.goal import Goal
from ..language.times import Index, Item

ZERO = Num(Fraction(0))
TINY = Num(1 + Fraction(1, 10**8))


def mutants(goal: Goal, sequences=(), distributions=()):
    """Yield (description, mutant) for each distinct mutant; confused are ``sequences`` and ``distributions``."""
    seen = {goal.right, goal.left}  # back to the left side is no mistake
    for what, right in (*_whole(goal.right), *_everywhere(goal.right, sequences, distributions)):
        if right not in seen:
            seen.add(right)
            yield what, replace(goal, right=right)
    weaker = goal.justification.weaker
    if goal.justification.name == "definition" and not (goal.facts or goal.standard):
        weaker = "algebra"  # the definition of an operator
    if weaker:
        yield f"justification: {weaker}", replace(goal, justification=JUSTIFICATIONS[weaker])
    for fact in goal.facts:
        yield f"without: {fact.name}", replace(goal, facts=tuple(other for other in goal.facts if other != fact))
    if goal.standard:
        yield "without: the distribution of the noise", replace(goal, standard=frozenset())


def gap_mutants(gap):
    """Yield (description, mutant) of a gap: what it adds up to must notice."""
    yield from _whole(gap)
    for what, new in _everywhere(gap, (), ()):
        if what.startswith(("swapped", "dropped", "sign")):
            yield what, new


def _whole(node):
    if node != ZERO:
        yield "sign: all", Neg(node)
        yield "relative: 1e-8", TINY * node


def _everywhere(node, sequences, distributions):
    """Mutants at this node, then at each place below it."""
    for kind, new in _here(node, sequences, distributions):
        yield f"{kind}: {node!r} → {new!r}", new
    for position, child in enumerate(_open_children(node)):
        if child is not None:
            for what, new in _everywhere(child, sequences, distributions):
                yield what, _with_child(node, position, new)


def _here(node, sequences, distributions):
    if isinstance(node, Num):
        yield "number", Num(node.value + 1)
    elif isinstance(node, Index):
        yield "index", node + 1
        yield "index", node - 1
    elif isinstance(node, Item):
        for other in sequences:
            if other != node.sequence and (other.role, other.domain) == (node.sequence.role, node.sequence.domain):
                yield "letter", Item(other, node.index)
    elif isinstance(node, Add):
        for k, term in enumerate(node.terms):
            rest = node.terms[:k], node.terms[k + 1 :]
            yield "dropped term", _joined(Add, *rest)
            yield "sign", Add((*rest[0], term.arg if isinstance(term, Neg) else Neg(term), *rest[1]))
    elif isinstance(node, Mul):
        for k in range(len(node.factors)):
            yield "dropped factor", _joined(Mul, node.factors[:k], node.factors[k + 1 :])
    elif isinstance(node, Div):
        yield "dropped denominator", node.over
    elif isinstance(node, Func) and node.name == "sqrt":
        yield "dropped root", node.arg
    elif isinstance(node, Apply) and node.function.order:
        yield "dropped prime", Apply(replace(node.function, order=node.function.order - 1), node.args)
    elif isinstance(node, Normal):
        if node.variance != Num(Fraction(1)):
            yield "deviation for variance", Normal(node.at, node.mean, sqrt(node.variance))
        if node.mean != ZERO:
            yield "sign of mean", Normal(node.at, Neg(node.mean), node.variance)
    elif isinstance(node, KL):
        yield "swapped", KL(node.q, node.p)
    elif isinstance(node, Density):
        yield from _densities(node, distributions)
    elif isinstance(node, (E, Var)):
        yield "dropped operator", node.body
    elif isinstance(node, Derivative):
        yield from _derivatives(node)


def _derivatives(node):
    yield "dropped operator", node.body
    yield "sign", Neg(node)
    for other in dict.fromkeys(part for part in walk(node.body) if isinstance(part, (Symbol, Item))):
        if other != node.by:
            yield "other variable", Derivative(node.body, other)


def _densities(node, distributions):
    for other in distributions:
        if other != node.distribution:
            yield "law", Density(other, node.targets, node.given)
    if node.given:
        yield "swapped", Density(node.distribution, node.given, node.targets)
    for k in range(len(node.given)):
        yield "dropped condition", Density(node.distribution, node.targets, node.given[:k] + node.given[k + 1 :])


def _joined(kind, before, after):
    parts = (*before, *after)
    return parts[0] if len(parts) == 1 else kind(parts)


def _open_children(node):
    """The children in order; None where a mutant would have no meaning (the variable of an integral, conditions)."""
    closed = ()
    if isinstance(node, Integral):
        closed = (node.over,)
    elif isinstance(node, Derivative):
        closed = (node.by,)
    elif isinstance(node, (E, Var)):
        closed = node.given
    elif isinstance(node, Normal):
        closed = (node.at,) if isinstance(node.at, Item) else ()
    return [None if any(child is other for other in closed) else child for child in children(node)]


def _with_child(node, position, new):
    counter = iter(range(len(children(node))))
    return rebuild(node, lambda child: new if next(counter) == position else child)
