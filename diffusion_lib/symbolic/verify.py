"""Two independent verdicts on a claim ``left = right``.

=====================  ============================================  ================================================
claim about            first verdict                                 second verdict
=====================  ============================================  ================================================
numbers                zero by the decision procedure of normalform  24 random rational points, 60 digits
  with E, Var          moments by recurrence                         finite laws and Gauss–Hermite nodes
  with an integral     antiderivative differentiated back            quadrature, 30 digits, 6 points
  with a derivative    SymPy's rules, opaque parts by the chain rule central differences, 105 digits
  with Σ, ∏ up to n    induction on n                                first times, late times
  with a limit         SymPy's limit                                 the value at n = 2^40
densities              20 random finite worlds, T = 1 … 5            5 random linear-Gaussian worlds, T = 1 … 5
=====================  ============================================  ================================================

A claim about densities that cites their definitions becomes one about numbers, and is tested in Gaussian worlds as
well. Anything but agreement is an exception: ``Refuted`` with a witness, ``Undefined``, ``Inconclusive``.

What remains a limit:

- claims about densities are looked at for T = 1 … 5 and are no proof for larger T; arithmetic with times and offsets
  beyond 2, which could hide a difference there, are refused;
- several definitions about one law (a step and a prior, say) are not checked against each other: that they describe
  one law is what the author says;
- points are samples: for numbers the proof is the first verdict; the second one looks at the first five times, seven
  beyond every number below 50 in the claim and one far away, or at all combinations of first times of several symbols;
- of two licences that hold in the same worlds (marginalisation and Bayes, say), which one is named is up to the author;
- assumptions about one quantity exclude each other, so alternatives need two derivations;
- an equality of two limits, or integrals, that a step leaves closed says that both exist, or neither;
- a mean over a noise is taken to exist: E[exp(ε²)] − E[exp(ε²)] = 0 is accepted;
- two sequences may be written with one letter, as L_0 and L_{t−1} are in the papers; at one index they may not;
- that a state defined as a draw has the density defined for it is a step of the derivation, and not enforced.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

from mpmath import mp

from diffusion_lib.errors import ConfigError, DerivationError, Inconclusive
from diffusion_lib.symbolic.claim import Claim, contains, has_densities, odd_conditions
from diffusion_lib.symbolic.conserve import random_facts
from diffusion_lib.symbolic.decide import smooth, symbolically
from diffusion_lib.symbolic.density import KL, E, Integral, Var
from diffusion_lib.symbolic.evaluate import DIGITS, at_points
from diffusion_lib.symbolic.growth import converges, reckoned_with_converge
from diffusion_lib.symbolic.slopes import distinct, visible
from diffusion_lib.symbolic.times import Limit
from diffusion_lib.symbolic.tree import unfold
from diffusion_lib.symbolic.worlds import finite_worlds, gaussian_worlds, many_times, plain_numbers, plain_times


def verify(claim: Claim) -> tuple[str, ...]:
    """Return the names of the verdicts on a true claim; raise a ``DerivationError`` on any other.

    The message names the step, its licence and the witness.
    """
    with _named(claim):
        left, right = unfold((claim.left, claim.right), claim.facts, claim.start)
        if has_densities(left, right):
            verdicts = finite_worlds(claim, left, right), gaussian_worlds(claim)
            _moving(claim, left, right)
            for plain in (plain_times, plain_numbers):
                plain(left, right)
            many_times(claim, left, right)
            if random_facts(claim.assumed):  # a letter does not say that what it stands for moves
                gaussian_worlds(replace(claim, model=(*claim.model, *claim.assumed)))
            smooth(claim, left, right)
            _limits_stand_alone(claim, left, right)
            return verdicts
        seen = at_points(claim, left, right)
        moving = _moving(claim, left, right)
        distinct(claim, left, right)
        _limits_stand_alone(claim, left, right)
        if claim.licence.differentiates:
            visible(claim, left, right)
        if claim.licence.linear:
            converges(left, right)
        elif not claim.licence.integrates:
            reckoned_with_converge(left, right)
        for condition in (*odd_conditions(left), *odd_conditions(right)):
            raise Inconclusive(f"{claim} has the condition {condition!r}, which is no state; nothing is known given it")
        verdicts = seen, symbolically(claim, left, right)
        if moving != (left, right):
            at_points(claim, *moving)
        return (*verdicts, gaussian_worlds(claim)) if has_densities(claim.left, claim.right) else verdicts


def look(claim: Claim) -> tuple[str, ...]:
    """The second verdict on what an induction concludes: exact evaluation at t = 1 … 5, without its proof."""
    with _named(claim):
        if has_densities(claim.left, claim.right):
            return (gaussian_worlds(claim),)
        return (at_points(claim, *unfold((claim.left, claim.right), claim.model)),)


def _moving(claim, left, right):
    """Both sides with the letters written out that hide something random, which a mean or integral must not miss."""
    if not contains((E, Var, KL, Integral), left, right):
        return left, right
    moving = unfold((left, right), random_facts((*claim.model, *claim.assumed)), claim.start)
    replace(claim, left=moving[0], right=moving[1]).check_literals()  # a measure by a letter may be no density
    return moving


def _limits_stand_alone(claim, *sides):
    """A limit that a step does not take may be infinite, so that nothing can be reckoned with it."""
    for side in sides:
        if claim.licence.name != "limit" and contains(Limit, side) and not isinstance(side, Limit):
            raise Inconclusive(f"{side!r} reckons with a limit that may not exist; take the limit in a step of its own")


@contextmanager
def _named(claim):
    """Set the precision, refuse indices that do not exist, and name the step in whatever is raised."""
    try:
        claim.check_literals()
        with mp.workdps(DIGITS):
            yield
    except RecursionError as error:
        raise ConfigError(f"step {claim.name!r} is nested too deeply, or refers to itself; split it") from error
    except DerivationError as error:
        raise type(error)(f"step {claim.name!r}, licence {claim.licence.name!r}: {error}") from error
