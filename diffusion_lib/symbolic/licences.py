"""Licences: what permits a step, and in which worlds the step must therefore hold.

A licence is not a label.  It names the assumptions that a step may use, and the step is checked with those and no
others: a step licensed by algebra must hold when every density is an arbitrary positive function, one licensed by the
chain rule must hold in joint laws that are no Markov chains, and only the licence Markov may use the Markov property.
"""

from __future__ import annotations

from dataclasses import dataclass

from diffusion_lib.errors import check_choice


@dataclass(frozen=True)
class Licence:
    """``world``: how densities behave.  ``mean``: what an expectation may be.  ``independent``: are the noises?

    worlds   "opaque" arbitrary positive functions · "any" one joint law · "markov" a Markov chain
    means    "opaque" only what is inside may be rearranged · "sum" a weighted sum · "mean" weights that add to 1 ·
             "integral" a weighted sum, and under a Gaussian the integral that it stands for
    ``integrates``, ``differentiates``: may integrals or derivatives be evaluated?  Elsewhere they are opaque, too.
    ``linear``: may sums and constants be pulled out of an integral?  ``exchanges``: may its order be changed?
    ``weaker`` is the licence under which a step must fail, or else it claims more than it needs.
    """

    name: str
    permits: str
    world: str = "opaque"
    mean: str = "mean"
    independent: bool = False
    integrates: bool = False
    differentiates: bool = False
    linear: bool = False
    exchanges: bool = False
    weaker: str | None = None


_ALL = (
    Licence("algebra", "rearrange real expressions inside the stated domain", mean="opaque"),
    Licence("definition", "replace a quantity by what it stands for", mean="sum"),
    Licence("result", "use an equality that was proved before", mean="sum"),
    Licence("telescoping", "cancel neighbouring terms of a sum or product", mean="opaque"),
    Licence("linearity", "pull sums and constants out of an expectation or integral", linear=True, weaker="algebra"),
    Licence(
        "independence", "let the cross terms of independent variables vanish", independent=True, weaker="linearity"
    ),
    Licence("chain rule", "split a joint density into conditional ones", "any", weaker="algebra"),
    Licence("marginalisation", "integrate a variable out of a joint density, or put one in", "any", weaker="algebra"),
    Licence("Bayes", "swap a variable and a condition", "any", weaker="algebra"),
    Licence("tower", "take an expectation in two stages", "any", weaker="algebra"),
    Licence("Markov", "drop all conditions but the last state", "markov", weaker="chain rule"),
    Licence("Jensen", "move a concave function out of an expectation, with the gap named", "any"),
    Licence("Gibbs", "drop a Kullback–Leibler divergence, which is never negative", "any"),
    Licence("non-negative gap", "drop a gap that is never negative"),
    Licence("positive gap", "drop a gap that is always positive"),
    Licence("Gaussian integral", "integrate a Gaussian by completing the square", integrates=True, weaker="algebra"),
    Licence("integration", "integrate by an antiderivative", integrates=True, weaker="algebra"),
    Licence("differentiation", "differentiate by the rules", mean="opaque", differentiates=True, weaker="algebra"),
    Licence(
        "exchange",
        "swap two integrals, or a derivative and an integral",
        mean="opaque",
        differentiates=True,
        linear=True,
        exchanges=True,
        weaker="differentiation",
    ),
    Licence("induction", "use the hypothesis, or conclude from t = 1 and from t to t + 1"),
    Licence("limit", "let an index grow without bound", weaker="algebra"),
)
LICENCES = {licence.name: licence for licence in _ALL}


def licence(name: str) -> Licence:
    """Return the licence called ``name``."""
    return LICENCES[check_choice("by", name, LICENCES)]
