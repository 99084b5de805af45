"""The rules on densities, means and integrals, each an equation that holds for all times in range.

A rule rewrites one node; its justification (``rules``) decides which ones a step may use.  Where a rule cannot
establish its side conditions for all times, the node stays as it is: the step is then undecided, never wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..errors import Inconclusive
from ..language.density import KL, Density, Distribution, E, Integral
from ..language.expr import Expr, Func, Mul, Num, Pow, rebuild
from ..language.times import Index, Limit, Product, Sum
from ..language.tree import at, free_indices
from . import given as tower
from . import markov, sums, telescope
from .free import Free, is_noise_run, is_state_run
from .positive import positive
from .ranges import Ranges
from .states import all_apart, inside, minus, overlap, run, union, written

ONE = Fraction(1)


@dataclass
class Rewriter:
    """``Rewriter(rules, stated)(node, ranges)`` is an equal term."""

    rules: frozenset[str]
    free: Free

    def may(self, rule: str) -> bool:
        return rule in self.rules

    def __call__(self, node, ranges: Ranges) -> Expr:
        rule = getattr(self, type(node).__name__, None)
        return rule(node, ranges) if rule else rebuild(node, lambda child: self(child, ranges))

    def Index(self, node, ranges):
        return node

    Item = Span = Index

    def Sum(self, node, ranges):
        return telescope.sums(self.Product(node, ranges))

    def Product(self, node, ranges):
        body = self(node.body, ranges.within(node.symbol, node.low, node.high))
        return type(node)(body, node.symbol, node.low, node.high)

    def Limit(self, node, ranges):
        return Limit(self(node.body, ranges.within(node.symbol, Index(None, 0), None)), node.symbol)

    def Func(self, node, ranges):
        arg = self(node.arg, ranges)
        return self.log(arg) if node.name == "log" else Func(node.name, arg)

    def log(self, arg) -> Expr:
        """log of a product of positive things is a sum; of ∏, a Σ."""
        parts = sums.products(arg)
        if len(parts) != 1 or parts[0][0] <= 0 or not all(map(positive, parts[0][1])):
            return Func("log", arg)
        coefficient, factors = parts[0]
        terms = [] if coefficient == 1 else [Func("log", Num(coefficient))]
        for factor, count in factors.items():
            if type(factor) is Product:
                one = telescope.sums(Sum(self.log(factor.body), factor.symbol, factor.low, factor.high))
            elif isinstance(factor, Pow):
                one = Mul((factor.power, self.log(factor.base)))
            else:
                one = Func("log", factor)
            terms.append(one if count == 1 else Mul((Num(Fraction(count)), one)))
        return sums.total(terms)

    # densities

    def Density(self, node, ranges):
        """p(A | B), its states in one written order; with the chain rule p(A, B) / p(B)."""
        targets, given = (union(map(run, side), ranges) for side in (node.targets, node.given))
        if node.distribution.markov and given and self.may("Markov"):
            given = markov.nearest(targets, given, ranges)
        both = union((*targets, *given), ranges)  # no state may stand on both sides
        if given and self.may("conditional"):
            return self.joint(node.distribution, both, ranges) / self.joint(node.distribution, given, ranges)
        if given:
            return Density(node.distribution, tuple(map(written, targets)), tuple(map(written, given)))
        return self.joint(node.distribution, targets, ranges)

    def joint(self, distribution, states, ranges) -> Expr:
        return markov.joint(distribution, states, ranges) if self.may("Markov") else markov.plain(distribution, states)

    # means

    def KL(self, node, ranges):
        variables = [union(map(run, getattr(side, "targets", None) or (side.at,)), ranges) for side in (node.p, node.q)]
        if self.may("divergence") and variables[0] == variables[1]:
            return self(E(Func("log", node.p / node.q), node.p), ranges)
        return KL(*(self.measure(side, ranges) for side in (node.p, node.q)))

    def measure(self, side, ranges):
        """A density that stays one."""
        if not isinstance(side, Density):
            return rebuild(side, lambda child: self(child, ranges))
        union(map(run, (*side.targets, *side.given)), ranges)  # no state may stand on both sides
        sides = (union(map(run, part), ranges) for part in (side.targets, side.given))
        return Density(side.distribution, *(tuple(map(written, part)) for part in sides))

    def E(self, node, ranges):
        under = node.under
        if under is None and self.may("given"):
            return tower.mean(self, self(node.body, ranges), node.given, ranges)
        if isinstance(under, Distribution):
            states = [one for one in self.free(node.body, ranges) if is_state_run(one)]
            under = Density(under, tuple(map(written, cover(states, ranges))), ())
        if not isinstance(under, Density):
            return rebuild(node, lambda child: self(child, ranges))
        if any(is_noise_run(one) for one in self.free(node.body, ranges)):
            raise Inconclusive(f"a noise under a density, in {node!r}; write it by its states")
        body, variables = self(node.body, ranges), union(map(run, under.targets), ranges)
        if self.may("mean"):
            return self.integral(body * self.Density(under, ranges), variables, ranges)
        weight = self.measure(under, ranges)
        if not self.may("linearity"):
            return E(body, weight)
        return self.linear(body, variables, ranges, weight)

    def Var(self, node, ranges):
        if self.may("given"):
            return tower.variance(self, self(node.body, ranges), node.given, ranges)
        return rebuild(node, lambda child: self(child, ranges))

    def Integral(self, node, ranges):
        body = self(node.body, ranges)
        ends = [end if end is None else self(end, ranges) for end in (node.low, node.high)]
        if ends == [None, None] and is_state_run(run(node.over)):
            return self.integral(body, union([run(node.over)], ranges), ranges)
        return Integral(body, node.over, *ends)

    def integral(self, body, variables, ranges) -> Expr:
        """∫ body over states: sums and constants out, integrals within in, and what nothing else depends on away."""
        if self.may("linearity"):
            return self.linear(body, variables, ranges, None)
        parts = sums.products(body)
        if self.may("Fubini") and len(parts) == 1:
            merged = self.merged(parts[0][1], variables, ranges)
            if merged is not None:
                return self.integral(sums.product(parts[0][0], merged[0]), merged[1], ranges)
        return over(body, variables)

    def linear(self, body, variables, ranges, under) -> Expr:
        """Σ cₖ ∫ mₖ, where cₖ is free of ``variables``; or Σ cₖ E mₖ ``under`` a density, where E 1 is 1."""
        terms = []
        for coefficient, factors in sums.products(body):
            still = {f: n for f, n in factors.items() if all_apart(self.free(f, ranges), variables, ranges)}
            moving = {f: n for f, n in factors.items() if f not in still}
            terms.append(sums.outside(coefficient, still, self.one(moving, variables, ranges, under)))
        return sums.total(terms)

    def one(self, moving, variables, ranges, under) -> Expr:
        """One product, all of whose factors depend on the variables, under an integral or a mean."""
        for summed, count in moving.items():
            rest = {f: n for f, n in moving.items() if f is not summed}
            if type(summed) is Sum and count == 1:
                return self.pulled(summed, sums.product(ONE, rest), variables, ranges, under)
        if under is not None:
            return E(sums.product(ONE, moving), under) if moving else sums.ONE
        merged = self.merged(moving, variables, ranges) if self.may("Fubini") else None
        if merged is not None:
            return self.linear(sums.product(ONE, merged[0]), merged[1], ranges, None)
        if self.may("marginal"):
            factors, left = self.marginal(moving, variables, ranges)
            if left != tuple(variables):
                return (
                    self.linear(sums.product(ONE, factors), left, ranges, None) if left else sums.product(ONE, factors)
                )
        if not moving:
            raise Inconclusive("an integral of a constant over all states has no value")
        return over(sums.product(ONE, moving), variables)

    def pulled(self, summed, rest, variables, ranges, under) -> Expr:
        """∫ g Σ f = Σ ∫ g f, where the index of the sum stands nowhere else."""
        first = at(summed.body, {summed.symbol: summed.low})
        if ranges.at_most(summed.low, summed.high) and all_apart(self.free(first, ranges), variables, ranges):
            later = Sum(summed.body, summed.symbol, summed.low + 1, summed.high)
            return self.linear(rest * (first + later), variables, ranges, under)
        around = [rest, *map(written, variables), *([under] if under is not None else [])]
        taken = frozenset().union(*map(free_indices, around))
        symbol = summed.symbol
        while symbol in taken:
            symbol += ":"
        body = at(summed.body, {summed.symbol: Index(symbol)})
        within = ranges.within(symbol, summed.low, summed.high)
        return Sum(self.linear(rest * body, variables, within, under), symbol, summed.low, summed.high)

    def merged(self, factors, variables, ranges):
        """∫ h ∫ g as one integral over both, where the inner variables stand nowhere else."""
        for factor, count in factors.items():
            whole = isinstance(factor, Integral) and (factor.low, factor.high) == (None, None)
            if not whole or count != 1 or not is_state_run(run(factor.over)):
                continue
            inner = [run(factor.over)]
            rest = {f: n for f, n in factors.items() if f is not factor}
            outside = frozenset().union(*(self.free(f, ranges) for f in rest))
            if all_apart(inner, outside, ranges) and all_apart(inner, variables, ranges):
                return sums.times(rest, {factor.body: 1}), union((*inner, *variables), ranges)
        return None

    def marginal(self, moving, variables, ranges):
        """∫ p(A, B) g dA dB = ∫ p(B) g dB, where g depends on B alone."""
        for factor, count in moving.items():
            if not isinstance(factor, Density) or count != 1 or factor.given:
                continue
            states = union(map(run, factor.targets), ranges)
            rest = {f: n for f, n in moving.items() if f is not factor}
            used = [one for f in rest for one in self.free(f, ranges)]
            mine = union(overlap(variables, states, ranges) or (), ranges)
            kept = []
            for one in used:
                both = overlap([one], mine, ranges)
                if both is None:
                    break  # not known to be bound here or not
                kept += both
            else:
                kept = cover(kept, ranges)
                if kept == mine:
                    continue
                left = union((*minus(states, mine, ranges), *kept), ranges)
                new = {markov.plain(factor.distribution, left): 1} if left else {}
                others = union((*minus(variables, mine, ranges), *kept), ranges)
                return self.marginal(sums.times(rest, new), others, ranges)
        return moving, variables


def over(body, variables) -> Expr:
    """∫ body over a set of states, as one integral sign for each run."""
    for one in reversed(variables):
        body = Integral(body, written(one))
    return body


def cover(runs, ranges):
    """The union of runs that may repeat each other: those within another one are dropped."""
    kept = []
    for one in sorted(set(runs), key=lambda one: (one[0].name, str(one[1:]))):
        if any(inside(one, other, ranges) for other in kept):
            continue
        kept = [other for other in kept if not inside(other, one, ranges)] + [one]
    return union(kept, ranges)
