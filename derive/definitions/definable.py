"""What a density or a function may be defined as.

A density is a Gaussian in its one target, a positive function of it, or a product of densities in which each target
stands once and conditions come before targets.  A function is defined by a formula in its arguments, for all their
values: smooth, growing as ``Function`` says, and with no other variables than parameters.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from ..errors import ArgumentError
from ..justifications import justification
from ..kernel.theorem import prove
from ..language.alphabets import alphabet_of, has_symbols
from ..language.density import Density, E, Integral, Normal, Var
from ..language.dependence import depends_on, is_noise, is_state
from ..language.expr import Mul, Num, Symbol, rebuild, walk
from ..language.functions import Apply
from ..language.goal import Goal
from ..language.registry import real
from ..language.times import Index, Item, Product, Span
from ..language.tree import free_indices, same_thing
from ..language.vectors import vectors
from ..numeric.interpret import Interpreter
from ..proof.integrability import Integrability
from ..proof.nonneg import non_negative


def density(name, left, right, others=()) -> None:
    """The right side must be a density in the targets of the left side, given its conditions."""
    if isinstance(right, Normal):
        (target, *more) = left.targets
        known = {part for part in left.given if isinstance(part, Item)}
        mentioned = {p for side in (right.mean, right.variance) for p in walk(side) if is_state(p) or is_noise(p)}
        if more or right.at != target or not mentioned <= known:
            raise ArgumentError(f"{name!r}: {right!r} is no density of {left!r}: its target and conditions differ")
        return
    if isinstance(right, Apply) and right.function.positive and (right.args,) == (left.targets,) and not left.given:
        return
    if has_symbols(left) and not any(isinstance(part, Density) for part in walk(right)):
        return _transition(name, left, right, others)
    factors = right.factors if isinstance(right, Mul) else (right,)
    bodies = [part.body if isinstance(part, Product) else part for part in factors]
    if not all(isinstance(body, Density) for body in bodies):
        raise ArgumentError(
            f"{name!r}: a density is a Gaussian, a function of its target or a product of densities, got {right!r}"
        )
    symbols = sorted(free_indices(left) | free_indices(right))
    for times in product(range(1, 5), repeat=len(symbols)):
        index = dict(zip(symbols, times, strict=True))
        if not _factorises(left, factors, index):
            raise ArgumentError(f"{name!r}: the product {right!r} is no density of {left!r}, at {index}")


def _transition(name, left, right, others):
    """A row of a transition matrix: an arbitrary function, or a formula that is positive and proved to sum to one."""
    (target, *more), given = left.targets, left.given
    if more or len(given) > 1 or any(part.index != target.index - 1 for part in given):
        raise ArgumentError(f"{name!r}: {left!r} is no step of a chain; define a density as q(x[t] | x[t - 1])")
    if isinstance(right, Apply):
        if not right.function.positive or right.args not in ((*given, target), (*given, target, target.index)):
            raise ArgumentError(f"{name!r}: {right!r} is no positive function of {(*given, target)!r} and the time")
        return
    for part in walk(right):
        state = is_state(part) and part not in (*given, target)
        hidden = isinstance(part, (Symbol, Item, Apply)) and part not in (*given, target) and depends_on(part, others)
        if state or hidden or is_noise(part) or isinstance(part, (E, Var, Span)):
            raise ArgumentError(f"{name!r}: {part!r} in {right!r} is no state of {left!r}; leave it out")
    whole = Goal(name, Integral(right, target), Num(Fraction(1)), justification("summation"), stated=tuple(others))
    prove(whole)
    non_negative(whole, right, strict=True)


def _factorises(left, factors, index):
    interpreter = Interpreter(index)
    atoms = []
    for factor in factors:
        body = factor.body if isinstance(factor, Product) else factor
        times = [None]
        if isinstance(factor, Product):
            times = range(interpreter.time(factor.low), interpreter.time(factor.high) + 1)
        for time in times:
            inner = Interpreter(index if time is None else {**index, factor.symbol: time})
            sides = (body.targets, body.given)
            atoms.append([[(s.name, n) for part in side for s, n in inner.members(part)] for side in sides])
    targets, given = (
        [(s.name, n) for part in side for s, n in interpreter.members(part)] for side in (left.targets, left.given)
    )
    if sorted(state for atom in atoms for state in atom[0]) != sorted(targets):
        return False
    known, left_over = set(given), list(atoms)
    while left_over:
        ready = [atom for atom in left_over if set(atom[1]) <= known]
        if not ready:
            return False
        known |= {state for atom in ready for state in atom[0]}
        left_over = [atom for atom in left_over if atom not in ready]
    return True


def function(name, left, right, others) -> None:
    """The right side must be a smooth function of the arguments on the left, and of nothing else that varies."""
    times = [arg for arg in left.args if isinstance(arg, Index)]
    variables = [arg for arg in left.args if not isinstance(arg, Index)]
    plain = all(is_state(arg) or (isinstance(arg, Symbol) and arg.domain in (real, vectors)) for arg in variables)
    general = all(index.symbol and not index.offset for index in (*times, *(v.index for v in variables if is_state(v))))
    if left.function.order or not plain or not general or len(set(left.args)) < len(left.args):
        raise ArgumentError(
            f"{name!r}: a function takes different states x[t], real symbols or vectors, and times t, got {left!r}"
        )
    loose = free_indices(_without(right, variables)) - {time.symbol for time in times}
    if loose:
        raise ArgumentError(f"{name!r}: {right!r} depends on {sorted(loose)[0]!r}; make it an argument of {left!r}")
    _own_variables(name, left, right, variables, others)
    if all(map(alphabet_of, variables)):  # there is no growth on a finite set
        return
    terms = Integrability({}).terms(right, frozenset(variables))
    if left.function.positive and not all(set(variables[: left.function.places]) <= term.fixed() for term in terms):
        raise ArgumentError(f"{name!r}: {right!r} is not seen to fall off in every direction; declare a real function")


def _without(node, variables):
    return Num(Fraction(0)) if node in variables else rebuild(node, lambda child: _without(child, variables))


def _own_variables(name, left, right, variables, others):
    """No random quantity but the arguments and bound states; and no bound one that an argument might be."""
    bound = [part.over for part in walk(right) if isinstance(part, Integral)]
    for over in bound:
        early = isinstance(over, Item) and over.index.symbol is None and over.index.offset == 0
        if (alphabet_of(over) or not early) and any(same_thing(over, variable) for variable in variables):
            raise ArgumentError(
                f"{name!r}: {over!r} is bound in {right!r}, and may be an argument of {left!r}; use a dummy"
            )
    for part in walk(right):
        hidden = isinstance(part, (Symbol, Item, Apply)) and part not in (*variables, *bound)
        if isinstance(part, (E, Var, Density, Span)) or (hidden and depends_on(part, others)):
            raise ArgumentError(
                f"{name!r}: {part!r} in {right!r} is no argument of {left!r}; make it one, or leave it out"
            )
