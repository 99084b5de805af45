"""Means over vectors of noise.

A mean over a standard normal noise pairs its factors (Isserlis): two in one sum over coordinates are 1, and two in
different sums join them.
"""

from __future__ import annotations

from ..errors import Inconclusive
from ..kernel.positive import positive
from ..kernel.sums import ONE, product, products, times, total
from ..language.density import E, Normal
from ..language.dependence import atoms, depends_on, is_noise, is_state
from ..language.expr import Expr, Func, Interval, Mul, Symbol, walk
from ..language.text import text
from ..language.times import Index, Item
from ..language.tree import first_times
from ..language.vectors import Divergence, has_vectors, is_variable, is_vector, redrawn, vectors
from . import moments

Factors = dict[Expr, int]


class Means:
    """The part of ``vectors.Coordinates`` that takes means."""

    def _E(self, node):
        if not has_vectors(node):
            return node
        if node.under is None:
            return self.mean(node.body, node.given, self.goal.standard)
        if not isinstance(node.under, Normal):
            raise Inconclusive(f"{node!r} is a mean under a density of vectors; write it over its noise")
        if self.by.mean == "uninterpreted":
            return self.opaque(f"E[{self.words(node.body)} | {self.words(node.under)}]", node)
        z = Symbol(f"z{len(self.drawn)}", "", vectors if is_variable(node.under.at) else Interval(), "noise")
        self.drawn.add(z.name)
        drawn = node.under.mean + Func("sqrt", node.under.variance) * z
        outside, self.only = self.only, frozenset([z.name])
        found = self.mean(redrawn(node.body, node.under.at, drawn), (), self.only)
        self.only = outside
        if any(is_noise(self.atoms.get(part)) and part.name == f"{z.name}·" for part in self.leaves(found)):
            raise Inconclusive(f"{node!r} is no polynomial under its mean, or not a Gaussian integral")
        return found

    def opaque(self, label, node):
        """An operator that this justification does not open."""
        return self.coordinate(label, node) if is_vector(node) else self.value(label, node, positive(node))

    def words(self, node) -> str:
        """A name, the same one for equal polynomials."""
        parts = [node.at, node.mean, node.variance] if isinstance(node, Normal) else [node]
        return ", ".join(" + ".join(sorted(f"{c} {name(f)}" for c, f in gathered(self(part)))) for part in parts)

    def mean(self, body, given, standard):
        if self.by.mean == "uninterpreted":
            return self.opaque(f"E[{self.words(body)} | {given}]", E(body, given=given))
        value = self(body)
        self.inside.append(value)
        found = []
        for c, factors in products(value):
            chance = {factor: n for factor, n in factors.items() if self.random(factor, given)}
            rest = {factor: n for factor, n in factors.items() if factor not in chance}
            found.append(Mul((product(c, rest), self.moment(chance, given, standard) if chance else ONE)))
        return total(found)

    def leaves(self, node):
        """The symbols in a number, and those in its sums."""
        for part in walk(node):
            yield part
            hidden = (*self.products.get(part, ())[2:], *self.integrals.get(part, ())[:1])
            for factor in (*self.sums.get(part, ()), *hidden):
                yield from self.leaves(factor)

    def random(self, node, given) -> bool:
        parts = [
            leaf for part in self.leaves(node) for leaf in atoms(self.atoms.get(part, self.values.get(part, part)))
        ]
        if self.only:
            return any(isinstance(part, Symbol) and part.name in self.only for part in parts)
        return any(depends_on(part, self.goal.stated) for part in parts if part not in given)

    def moment(self, chance: Factors, given, standard) -> Expr:
        """The mean of a product of sums and coordinates."""
        parts: list[Factors] = [{}]  # of the coordinate i, then those under sums
        for factor, n in chance.items():
            if factor in self.sums and n > 0:
                parts += [self.sums[factor]] * n
            else:
                parts[0] = times(parts[0], {factor: n})
        places = [(factor, k) for k, part in enumerate(parts) for factor in part if self.noise(factor)]
        others = {f for part in parts for f in part if not self.noise(f) and self.random(f, given)}
        trace = self.trace(parts, places, standard)
        if trace is not None:
            return trace
        apart = len({factor for factor, _ in places}) < 2 or self.by.independent or standard <= self.drawn
        if places and apart and all(self.free(f, parts, others, given, standard) for f, _ in places):
            return self.paired(parts, others, given)
        return self.unknown(parts, others | {f for f, _ in places}, given)

    def noise(self, factor) -> bool:
        node = self.atoms.get(factor)
        return is_noise(node) and (not self.only or getattr(node, "name", "") in self.only)

    def free(self, factor, parts, others, given, standard) -> bool:
        """Is this noise standard normal, and independent of all else that is random here?"""
        noise = self.atoms[factor]
        sequence = getattr(noise, "sequence", noise)
        if sequence.name not in standard or any(part.get(factor, 0) < 0 for part in parts):
            return False
        seen = [p for f in others for leaf in self.leaves(f) for p in atoms(self.atoms.get(leaf, leaf))]
        seen = [part for part in seen if depends_on(part, self.goal.stated)] + list(given)
        if self.only:
            return not others
        return all(isinstance(part, Item) and is_state(part) and self.later(noise, part) for part in seen)

    def later(self, noise, state: Item) -> bool:
        """Is a noise drawn after a state?  One without a time is independent of the state at time 0."""
        if isinstance(noise, Symbol):
            return state.index == Index(None, 0)
        times = (item.index if item.index.symbol else item.index.offset for item in (noise, state))
        return not noise.sequence.backward and moments.drawn_after(self, *times)

    def earliest(self, time: Index | int) -> int:
        """The least value of a time."""
        first = first_times(self.goal.left, self.goal.right, least=self.goal.start)
        return first.get(time.symbol, self.goal.start) + time.offset if isinstance(time, Index) else time

    def paired(self, parts, others, given) -> Expr:
        """Isserlis: the first noise pairs with each of the same name."""
        place = next(((f, k) for k, part in enumerate(parts) for f in part if self.noise(f)), None)
        if place is None:
            return self.unknown(parts, others, given) if others else self.joined(parts)
        noise, k = place
        found = []
        for j, part in enumerate(parts):
            count = part.get(noise, 0) - (j == k)
            if count <= 0:
                continue
            merged = times(times(parts[k], part) if j != k else part, {noise: -2})
            rest = [merged if n == min(j, k) else other for n, other in enumerate(parts) if n != max(j, k) or j == k]
            found.append(count * self.paired([rest[0], *rest[1:]], others, given))
        return total(found)

    def joined(self, parts) -> Expr:
        return product(ONE.value, parts[0]) * total([Mul((ONE, *map(self.sum, parts[1:])))])

    def trace(self, parts, places, standard):
        """E Σ_i v_i Σ_j ∂_j s_i v_j = Σ_i ∂_i s_i, which is Hutchinson's estimator."""
        if len(parts) != 2 or parts[0] or len(places) != 1 or len(parts[1]) != 2:
            return None
        ((noise, _),) = places
        (other,) = (f for f in parts[1] if f != noise)
        body, by, along = self.products.get(other, (None, None, None))
        known = getattr(self.atoms[noise], "sequence", self.atoms[noise]).name in standard
        if not known or set(parts[1].values()) != {1} or along != noise:
            return None
        return self(Divergence(body, by))

    def unknown(self, parts, chance, given) -> Expr:
        """A mean of which nothing is known but that it is linear."""
        whole = [part for part in parts if part]
        if len(whole) > 1 or any(f not in self.atoms for part in whole for f in part):
            label = " ".join(sorted(name(part) for part in parts[1:]))
            node = E(product(ONE.value, parts[0]), given=given)
            kind = self.coordinate if self.moves(node.body) else self.value
            return kind(f"E[{name(parts[0])} · {label} | {given}]", node)
        still = {f: n for f, n in whole[0].items() if f not in chance}
        moving = {f: n for f, n in whole[0].items() if f in chance}
        inner = self.coordinate(f"E[{name(moving)} | {given}]", E(product(ONE.value, moving), given=given))
        new = times(still, {inner: 1})
        return product(ONE.value, new) if parts[0] else self.sum(new)


def name(factors: Factors) -> str:
    return " ".join(sorted(f"{text(factor)}^{n}" for factor, n in factors.items()))


def gathered(value):
    """The products of a polynomial, each once."""
    found: dict = {}
    for c, factors in products(value):
        key = frozenset(factors.items())
        found[key] = found.get(key, 0) + c
    return [(c, dict(key)) for key, c in found.items() if c]
