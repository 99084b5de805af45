"""Justifications: what permits a step, and in which models the step must therefore hold.

A justification is not a label.  ``rules`` names the inference rules of the kernel by which the right side of the step
must be reached from its left, for all times in range; ``models`` and what follows set where counterexamples are sought.
A step justified by algebra must hold when every density is an arbitrary positive function, one justified by the chain
rule in joint distributions that are not Markov chains, and only the justification Markov knows the Markov property.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from types import MappingProxyType

from .errors import ArgumentError

RULES = {
    "conditional": "p(A | B) = p(A, B) / p(B)",
    "Markov": "of conditions on one side of the targets, a Markov chain remembers the nearest; its path is a product",
    "mean": "E_p[f | B] = ∫ f p(A | B) dA",
    "divergence": "KL(p ‖ q) = E_p[log p/q]",
    "linearity": "∫ Σ c g = Σ c ∫ g, for c free of the variable; the mean of 1 is 1",
    "Fubini": "∫ h (∫ g dA) dB = ∫∫ h g dA dB, for h free of A",
    "marginal": "∫ p(A, B) g dA dB = ∫ p(B) g dB, for g free of A",
    "summation": "Σ_y [y = a] g(y) = g(a) and Σ_y c = K c, for y in an alphabet of K symbols",
    "given": "E[E[f | A, B] | B] = E[f | B]",
    "uncorrelated": "Var Σ c ε = Σ c² Var ε, for constants c and noises ε at different times",
    "parts": "∫ f′ g = −∫ f g′, for a product that falls off at both ends",
    "standard": "E_{N(m, v)} f(y) = E_{N(0, 1)} f(m + √v z)",
    "substitution": "∫ h(αu + β) |α| du = ∫ h(w) dw, for α ≠ 0, with the ends moved along",
    "Itô": "d/ds ∫ h p dx = ∫ (f h′ + ½ g² h″) p dx, if p is the density of dx = f ds + g dw",
    "test functions": "if ∫ φ A = ∫ φ B for every φ, then A = B, for smooth A and B that fall off",
    "Riemann": "(1/T) Σ_{t=1..T} f(t/T) → ∫_0^1 f, and Π_{t=1..T} (1 + f(t/T)/T) → exp ∫_0^1 f, for a continuous f",
    "Stieltjes": "Σ_{t=1..T} f(w(t/T)) (w(t/T) − w((t−1)/T)) → ∫_{w(0)}^{w(1)} f, for a continuous f and a smooth w",
}
RULE = "rule, all T"  # the proof status of a step that a rule reaches for all times in range
ANY = ("conditional", "mean", "divergence", "linearity", "Fubini", "marginal")


@dataclass(frozen=True)
class Justification:
    """``rules``: those of the kernel.  ``status``: the word beside the line, where the name alone is not enough.

    models   "uninterpreted" arbitrary positive functions · "any" one joint distribution · "markov" a Markov chain
    means    "uninterpreted" only what is inside may be rearranged · "sum" a weighted sum · "mean" weights that
             add to 1 · "integral" a weighted sum, and under a Gaussian the integral that it stands for
    ``integrates``, ``differentiates``: may integrals or derivatives be evaluated?  If not, they are uninterpreted.
    ``linear``: may sums and constants be pulled out of an integral?  ``exchanges``: may its order be changed?
    ``weaker`` is the justification under which a step must fail; otherwise it cites more than it needs.
    """

    name: str
    permits: str
    models: str = "uninterpreted"
    mean: str = "mean"
    independent: bool = False
    integrates: bool = False
    differentiates: bool = False
    linear: bool = False
    exchanges: bool = False
    weaker: str | None = None
    rules: tuple[str, ...] = ()
    status: str = RULE

    @property
    def calculus(self) -> bool:
        """Does it evaluate integrals, derivatives or limits?"""
        return self.status == "calculus"


def _calculus(name, permits, **what):
    return Justification(name, permits, status="calculus", **what)


_ALL = (
    Justification(
        "algebra", "rearrange real expressions inside the stated domain", mean="uninterpreted", status="algebra"
    ),
    Justification("definition", "replace a quantity by what it stands for", mean="sum", status="definition"),
    Justification("result", "use an equality that was proved before", mean="sum"),
    Justification("telescoping", "cancel neighbouring terms of a sum or product", mean="uninterpreted"),
    Justification(
        "linearity",
        "pull sums and constants out of an expectation or integral",
        linear=True,
        weaker="algebra",
        rules=("linearity",),
    ),
    Justification(
        "independence",
        "let the cross terms of independent variables vanish",
        independent=True,
        weaker="linearity",
        rules=("uncorrelated",),
    ),
    Justification(
        "chain rule",
        "split a joint density into conditional ones",
        "any",
        weaker="algebra",
        rules=("conditional",),
    ),
    Justification(
        "marginalisation",
        "integrate a variable out of a joint density, or put one in",
        "any",
        weaker="algebra",
        rules=ANY,
    ),
    Justification(
        "summation",
        "sum over an alphabet, where an Iverson bracket selects one symbol",
        linear=True,
        weaker="algebra",
        rules=("summation",),
    ),
    Justification("Bayes", "swap a variable and a condition", "any", weaker="algebra", rules=("conditional",)),
    Justification("tower", "take an expectation in two stages", "any", weaker="algebra", rules=(*ANY, "given")),
    Justification(
        "Markov",
        "drop all conditions but the last state",
        "markov",
        weaker="chain rule",
        rules=("Markov", *ANY),
    ),
    Justification("Jensen", "move a concave function out of an expectation, with the gap named", "any", rules=ANY),
    Justification("Gibbs", "drop a Kullback–Leibler divergence, which is never negative", "any"),
    Justification("non-negative gap", "drop a gap that is never negative"),
    Justification("positive gap", "drop a gap that is always positive"),
    _calculus("Gaussian integral", "integrate a Gaussian by completing the square", integrates=True, weaker="algebra"),
    _calculus("integration", "integrate by an antiderivative", integrates=True, weaker="algebra"),
    _calculus(
        "differentiation", "differentiate by the rules", mean="uninterpreted", differentiates=True, weaker="algebra"
    ),
    _calculus(
        "exchange",
        "swap two integrals, or a derivative and an integral",
        mean="uninterpreted",
        differentiates=True,
        linear=True,
        exchanges=True,
        weaker="differentiation",
    ),
    _calculus(
        "integration by parts",
        "shift a derivative to the other factor of a product that falls off at both ends",
        mean="integral",
        integrates=True,
        differentiates=True,
        weaker="differentiation",
        rules=("parts",),
    ),
    _calculus(
        "substitution",
        "change the variable of an integral, together with its limits",
        mean="integral",
        integrates=True,
        weaker="algebra",
        rules=("substitution",),
    ),
    _calculus(
        "reparameterisation",
        "write a Gaussian variable as its mean plus its standard deviation times a standard normal one",
        mean="integral",
        integrates=True,
        weaker="algebra",
        rules=("standard",),
    ),
    _calculus(
        "Itô",
        "apply the generator of a stochastic differential equation to the averaged function",
        mean="uninterpreted",
        differentiates=True,
        linear=True,
        exchanges=True,
        weaker="exchange",
        rules=("Itô",),
    ),
    _calculus(
        "test functions",
        "conclude that two densities with the same integral against every test function are equal",
        mean="uninterpreted",
        differentiates=True,
        weaker="differentiation",
        rules=("test functions",),
    ),
    Justification("induction", "use the hypothesis, or conclude from t = 1 and from t to t + 1"),
    _calculus("limit", "let an index grow without bound", weaker="algebra", rules=("Riemann", "Stieltjes")),
)
JUSTIFICATIONS = MappingProxyType({justification.name: justification for justification in _ALL})
WRITTEN_OUT = ("mean", "divergence", "Fubini")  # what the definition of an operator says
CLOSED = JUSTIFICATIONS["algebra"]


def cited(name: str, facts, standard) -> Justification:
    """The justification called ``name`` for a step that cites these facts and the distribution of these noises."""
    found = justification(name)
    if found.mean == "sum" and facts and not standard:
        return replace(found, mean="uninterpreted")  # the fact is put in place; operators stay as they are
    if name == "definition" and not facts and not standard:
        return replace(found, mean="integral", rules=WRITTEN_OUT)  # an operator is written out
    return found


def justification(name: str) -> Justification:
    """Return the justification called ``name``."""
    if isinstance(name, str) and name in JUSTIFICATIONS:
        return JUSTIFICATIONS[name]
    near = difflib.get_close_matches(name, JUSTIFICATIONS, n=1) if isinstance(name, str) else []
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ArgumentError(f"by must be one of {', '.join(map(repr, JUSTIFICATIONS))}, got {name!r}{hint}")


GRANTED = frozenset(cited(name, facts, ()) for name in JUSTIFICATIONS for facts in ((), (name,))) | {*_ALL}
