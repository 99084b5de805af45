"""The rules of the kernel one by one, each granted and not, and how theorems are made."""

from __future__ import annotations

import inspect
from fractions import Fraction
from types import SimpleNamespace

import pytest
from kernel_terms import AT_ONE, ONE, T, n, rewriter, s, t
from setting import Setting

from derive import KL, E, Limit, Product, Sum, Var, exp, log, sqrt, standard_normal
from derive import Integral as I
from derive import Normal as N
from derive.errors import DerivationError, Inconclusive, Undefined
from derive.justifications import RULES, justification
from derive.kernel import sums
from derive.kernel.markov import FRESH
from derive.kernel.rewrite import cover, over
from derive.kernel.states import run, union
from derive.kernel.theorem import Theorem, by_induction, chained, prove
from derive.language.density import Density
from derive.language.expr import Func, Pow, wrap
from derive.language.goal import Goal
from derive.language.times import Index, Item
from derive.language.tree import Fact, at


# --- rules, each granted and not
def test_conditional_densities():
    w = Setting()
    x, q, joint = w.x, w.q, rewriter("conditional")
    assert joint(q(x[1] | x[0]), AT_ONE) == q(x[0:1]) / q(x[0])
    assert joint(q(x[1]), AT_ONE) == q(x[1]) and joint(q(x[t + 1] | x[0:t]), AT_ONE) == q(x[0 : t + 1]) / q(x[0:t])
    assert rewriter()(q((x[2] | x[0]), x[1]), AT_ONE) == Density(q, (x[2],), (x[0:1],))
    with pytest.raises(Undefined):
        rewriter()(q(x[t] | x[t]), AT_ONE)
    with pytest.raises(Undefined):
        joint(q((x[t - 1] | x[t]), x[0]), AT_ONE)


def test_markov_densities():
    w = Setting()
    x, k = w.x, w.X.density("k", markov=True)
    nearest = rewriter("Markov")
    assert nearest(k((x[t + 1] | x[t]), x[0]), AT_ONE) == Density(k, (x[t + 1],), (x[t],))
    assert nearest(k(x[t + 1] | x[0:t]), AT_ONE) == Density(k, (x[t + 1],), (x[t],))
    assert nearest(k((x[0] | x[t]), x[t + 1]), AT_ONE) == Density(k, (x[0],), (x[t],))
    assert nearest(k(x[0] | x[1:t]), AT_ONE) == Density(k, (x[0],), (x[1],))
    assert nearest(k(x[t] | x[1 : t - 1]), AT_ONE) == Density(k, (x[t],), (x[1 : t - 1],))  # none at t = 1
    both = nearest(k((x[1] | x[0]), x[2]), AT_ONE)
    assert both == Density(k, (x[1],), (x[0], x[2]))
    middle = nearest(k(x[0], x[2] | x[1]), AT_ONE)
    assert middle == Density(k, (x[0], x[2]), (x[1],))
    two = nearest(k((x[2] | x[1]), w.z[0]), AT_ONE)
    assert two == Density(k, (x[2],), (x[1], w.z[0]))
    later = nearest(k(x[2], x[4] | x[0], x[1]), AT_ONE)
    assert later == Density(k, (x[2], x[4]), (x[1],))
    between = nearest(k(x[2], x[4] | x[3], x[1]), AT_ONE)
    assert between == Density(k, (x[2], x[4]), (x[1], x[3]))
    with pytest.raises(Undefined):
        nearest(k((x[t + 1] | x[s]), x[0]), AT_ONE)  # s may be t + 1
    assert rewriter("conditional")(k((x[2] | x[1]), x[0]), AT_ONE) == k(x[0:2]) / k(x[0:1])
    q = w.q
    assert nearest(q((x[2] | x[1]), x[0]), AT_ONE) == Density(q, (x[2],), (x[0:1],))


def test_markov_paths():
    w = Setting()
    x, k, path = w.x, w.X.density("k", markov=True), rewriter("Markov", "conditional")
    step = Index(FRESH)
    assert path(k(x[0:T]), AT_ONE) == k(x[0]) * Product(k(x[step - 1 : step]) / k(x[step - 1]), (step, 1, T))
    assert path(k(x[0:1]), AT_ONE) == k(x[0:1]) and path(k(x[1]), AT_ONE) == k(x[1])
    assert path(k(x[0], x[2]), AT_ONE) == Density(k, (x[0], x[2]), ())
    assert path(k(x[0:2]), AT_ONE) == k(x[0]) * (k(x[0:1]) / k(x[0])) * (k(x[1:2]) / k(x[1]))
    assert path(w.q(x[0:T]), AT_ONE) == w.q(x[0:T])
    assert rewriter("conditional")(k(x[0:T]), AT_ONE) == k(x[0:T])
    assert path(k(x[1 : t - 1]), AT_ONE) == k(x[1 : t - 1])  # empty at t = 1
    grown = rewriter("conditional")(Limit(w.q(x[T + 1] | x[0]), T), AT_ONE)
    assert grown == Limit(Density(w.q, (x[0], x[T + 1]), ()) / w.q(x[0]), T)
    with pytest.raises(Undefined):
        rewriter("conditional")(Limit(w.q(x[T] | x[0]), T), AT_ONE)


def test_logarithms():
    w = Setting()
    q, x, rule = w.q, w.x, rewriter()
    assert rule(log(w.a * q(x[0])), AT_ONE) == log(w.a) + log(q(x[0]))
    assert rule(log(3 * w.a**2), AT_ONE) == log(wrap(3)) + 2 * log(w.a)
    assert rule(log(w.a / w.v), AT_ONE) == log(w.a) + wrap(-1) * log(w.v)
    assert rule(log(w.a**w.r), AT_ONE) == w.r * log(w.a)
    assert rule(log(Product(w.al[s], (s, 1, T))), AT_ONE) == Sum(log(w.al[s]), (s, 1, T))
    for kept in (
        w.a + w.v,
        w.r * w.a,
        wrap(-1) * w.a,
        wrap(Fraction(-1, 2)) * w.a,
        w.r**2,
        Sum(w.al[s], (s, 1, T)),
        Product(w.m[s], (s, 1, T)),
    ):
        assert rule(log(kept), AT_ONE) == log(kept)
    assert rule(log(wrap(1)), AT_ONE) == wrap(0)
    assert rule(exp(w.r), AT_ONE) == exp(w.r) and rule(sqrt(w.a * w.v), AT_ONE) == Func("sqrt", w.a * w.v)


def test_means_and_divergences():
    w = Setting()
    q, p, x = w.q, w.p, w.x
    mean = E(x[1], q(x[1]))
    assert rewriter()(mean, AT_ONE) == mean
    assert rewriter("mean")(mean, AT_ONE) == I(x[1] * q(x[1]), x[1])
    assert rewriter("mean")(E(x[1], q), AT_ONE) == I(x[1] * q(x[1]), x[1])
    assert rewriter("mean")(E(w.r * x[1], q), AT_ONE) == I(w.r * x[1] * q(x[1]), x[1])
    assert rewriter()(E(w.r, N(w.r, 0, 1)), AT_ONE) == E(w.r, N(w.r, 0, 1))
    gap = KL(q(x[1]), p(x[1]))
    assert rewriter()(gap, AT_ONE) == gap
    assert rewriter("divergence")(gap, AT_ONE) == E(log(q(x[1])) + wrap(-1) * log(p(x[1])), q(x[1]))
    ordered = E(w.r, Density(q, (x[1], x[0]), (x[3], x[2])))
    assert rewriter()(ordered, AT_ONE) == E(w.r, Density(q, (x[0:1],), (x[2:3],)))
    bell = KL(N(x[1], log(w.a * w.v), 1), q(x[1]))
    assert rewriter()(bell, AT_ONE) == KL(N(x[1], log(w.a) + log(w.v), 1), q(x[1]))
    other = KL(q(x[1]), p(x[2]))
    assert rewriter("divergence")(other, AT_ONE) == other
    for said in ((), [(w.r, w.e[1])], [(w.r, w.m[1]), (w.m[t], w.e[t])]):
        with pytest.raises(Inconclusive, match="a noise under a density"):
            rewriter(stated=said)(E((w.r if said else w.e[1]) * x[1], q(x[1])), AT_ONE)


def test_linear_means():
    w = Setting()
    q, x, rule = w.q, w.x, rewriter("linearity")

    def mean(body):
        return E(body, q(x[1]))

    assert rule(mean(w.r * x[1] + 2), AT_ONE) == w.r * mean(x[1]) + wrap(2) * wrap(1)
    assert rule(mean(x[1] * x[2]), AT_ONE) == x[2] * mean(x[1])
    assert rule(mean(x[1] ** 2), AT_ONE) == mean(Pow(x[1], wrap(2)))
    assert rule(mean(wrap(1)), AT_ONE) == wrap(1) and rule(mean(wrap(0)), AT_ONE) == wrap(0)
    assert rule(mean(x[t + 1] * x[1]), AT_ONE) == x[t + 1] * mean(x[1])
    assert rule(mean(x[t] * x[1]), AT_ONE) == mean(x[t] * x[1])  # t may be 1
    assert rule(mean(Sum(x[1] * w.m[s], (s, 1, T))), AT_ONE) == Sum(w.m[s] * mean(x[1]), (s, 1, T))
    assert rule(mean(Sum(w.m[s], (s, 1, T))), AT_ONE) == Sum(w.m[s], (s, 1, T)) * wrap(1)
    around = E(Sum(x[s] * x[t], (s, 1, T)), q(x[0:s]))  # two letters s
    (pulled,) = [part for part in (rule(around, AT_ONE),) if isinstance(part, Sum)]
    assert pulled.symbol != "s" and pulled.body.under == q(x[0:s])
    under = E(Sum(x[s] * x[T + 1], (s, 1, T)), q(x[T + 1] | x[s]))
    pulled = rule(under, AT_ONE.within("s", ONE, T))
    assert pulled.symbol != "s" and pulled.body.factors[1].under == q(x[T + 1] | x[s])
    beside = E(Sum(x[1] * w.m[s], (s, 1, T)) * w.g(x[1], s), q(x[1]))
    assert rule(beside, AT_ONE).symbol != "s" and "g(x[1], s)" in repr(rule(beside, AT_ONE))
    moving = rewriter("linearity", stated=[(w.r, x[1])])
    assert moving(mean(w.r * x[1]), AT_ONE) == mean(w.r * x[1])
    square = Sum(x[1] * w.m[s], (s, 1, T)) ** 2
    assert rule(mean(square), AT_ONE) == mean(square)


def test_integrals_over_states():
    w = Setting()
    q, x = w.q, w.x
    everything = rewriter("conditional", "mean", "linearity", "Fubini", "marginal")
    assert everything(I(q(x[0:1]), x[1]), AT_ONE) == q(x[0])
    assert everything(I(q(x[0:1]), x[0]), AT_ONE) == q(x[1])
    assert everything(I(q(x[0:2]), x[1]), AT_ONE) == Density(q, (x[0], x[2]), ())
    assert everything(I(q(x[1]), x[1]), AT_ONE) == wrap(1)
    assert everything(I(q(x[0:T]), x[T]), AT_ONE) == q(x[0 : T - 1])
    kept = I(x[1] * q(x[0:1]), x[1])
    assert everything(kept, AT_ONE) == kept
    assert everything(I(2 * q(x[0:1]) * w.r, x[1]), AT_ONE) == 2 * w.r * q(x[0])
    assert everything(I(q(x[0:1]) ** 2, x[1]), AT_ONE) == I(Pow(q(x[0:1]), wrap(2)), x[1])
    assert everything(E(w.g(x[0]), q(x[0:1])), AT_ONE) == I(w.g(x[0]) * q(x[0]), x[0])
    inner = I(x[1] * I(x[2] * q(x[0:2]), x[2]), x[1])
    assert everything(inner, AT_ONE) == over(
        sums.product(Fraction(1), {x[1]: 1, x[2]: 1, q(x[0:2]): 1}), union([run(x[1:2])], AT_ONE)
    )
    captured = I(x[1] * I(x[1] * q(x[1]), x[1]), x[1])
    with pytest.raises(AssertionError):
        assert everything(captured, AT_ONE) == I(Pow(x[1], wrap(2)) * q(x[1]), x[1])
    with pytest.raises(Inconclusive, match="no value"):
        everything(I(w.r * q(x[0]), x[1]), AT_ONE)
    only = rewriter("marginal")
    assert only(I(q(x[0:1]), x[1]), AT_ONE) == I(q(x[0:1]), x[1])
    half = I(w.f(x[1]), (x[1], 0, None))
    assert everything(half, AT_ONE) == half
    dummy = I(w.f(w.y) * w.r, w.y)
    assert everything(dummy, AT_ONE) == dummy
    both = I(q(x[0:1]) * w.g(x[2]) * w.p(x[2]), x[1:2])
    assert everything(both, AT_ONE) == q(x[0]) * I(w.g(x[2]) * w.p(x[2]), x[2])
    linear = rewriter("linearity")
    assert linear(I(q(x[0:1]), x[1]), AT_ONE) == I(q(x[0:1]), x[1])
    fubini = rewriter("Fubini")
    for same in (I(I(x[1] * q(x[1]), x[1]), x[1]), I(x[1] * I(x[1] * q(x[0:1]), x[1]), x[0])):
        assert fubini(same, AT_ONE) == same
    assert fubini(I(x[0] * I(x[1] * q(x[0:1]), x[1]), x[0]), AT_ONE).over == x[0:1]
    assert rewriter()(I(x[0] * I(x[1] * q(x[0:1]), x[1]), x[0]), AT_ONE).over == x[0]


def test_covers():
    w = Setting()
    x = w.x
    assert cover([run(x[1]), run(x[0:T])], AT_ONE) == (run(x[0:T]),)
    assert cover([run(x[0:T]), run(x[1])], AT_ONE) == (run(x[0:T]),)
    assert cover([run(x[0]), run(x[0:T])], AT_ONE) == (run(x[0:T]),) == cover([run(x[0:T]), run(x[0])], AT_ONE)
    assert cover([run(x[0]), run(x[2]), run(x[0])], AT_ONE) == (run(x[0]), run(x[2]))
    with pytest.raises(Undefined):
        cover([run(x[t]), run(x[s])], AT_ONE)
    assert over(w.r, (run(x[0]), run(x[2]))) == I(I(w.r, x[2]), x[0])


# --- theorems
def goal(left, right, by, **more):
    return Goal("test", wrap(left), wrap(right), justification(by), **more)


def test_theorems_keep_their_claim():
    w = Setting()
    one = prove(goal(w.a + w.v, w.v + w.a, "algebra"))
    assert (one.left, one.right, one.how) == (w.a + w.v, w.v + w.a, "symbolic zero") and one.goal.name == "test"


def test_a_theorem_is_made_by_the_kernel_alone():
    with pytest.raises(DerivationError, match="made by the kernel alone"):
        Theorem(object(), None, "trust me", frozenset())


def test_nobody_can_pass_an_algebra_of_their_own():
    """Neither an algebra that decides everything nor an object shaped like a theorem makes a theorem."""
    w = Setting()
    false = goal(w.a, w.a + 1, "algebra")
    yes = SimpleNamespace(sound=lambda *_: None, equal=lambda *_: "yes")
    assert list(inspect.signature(prove).parameters) == ["goal"]
    for call in (lambda: prove(false, yes), lambda: prove(false, algebra=yes)):
        with pytest.raises(TypeError, match="argument"):
            call()
    with pytest.raises(DerivationError):
        prove(false)
    base, step = (
        [SimpleNamespace(goal=false, left=at(false.left, to), right=at(false.right, to))]
        for to in ({"t": Index(None, 1)}, {"t": t + 1})
    )
    for wrong in (lambda: chained(base), lambda: by_induction(false, "t", base, step)):
        with pytest.raises(DerivationError, match="theorems of the kernel alone"):
            wrong()


def test_chains_of_theorems():
    w = Setting()
    one, two = (prove(goal(a, b, "algebra")) for a, b in ((w.a * 2, w.a + w.a), (w.a + w.a, 3 * w.a - w.a)))
    assert chained([one, two]) == (w.a * 2, 3 * w.a - w.a) and chained([one]) == (one.left, one.right)
    for wrong in ([two, one], [], [one, one]):
        with pytest.raises(DerivationError, match="do not follow"):
            chained(wrong)


def test_inductions_over_theorems():
    w = Setting()
    left, right = Sum(w.b, (s, 1, t)), w.b * t

    def proved(a, b, by="algebra", facts=()):
        return prove(goal(a, b, by, facts=facts))

    base = [proved(Sum(w.b, (s, 1, 1)), w.b * ONE)]
    hypothesis = Fact("hypothesis", left, right, frozenset())
    grown = Sum(w.b, (s, 1, t + 1))
    step = [proved(grown, left + w.b), proved(left + w.b, right + w.b, "induction", (hypothesis,))]
    step.append(proved(right + w.b, w.b * (t + 1)))
    whole = goal(left, right, "induction")
    made = by_induction(whole, "t", base, step)
    assert made.how == "induction on t" and (made.left, made.right) == (left, right)
    for wrong in ((base, step[:-1]), (base, base), (step, step), ([], step), (base, step[1:])):
        with pytest.raises(DerivationError):
            by_induction(whole, "t", *wrong)
    later = prove(goal(grown, grown, "algebra", start=2))
    with pytest.raises(DerivationError, match="begins later"):
        by_induction(whole, "t", base, [later, *step])
    assert by_induction(whole, "t", base, [proved(grown, grown), *step])
    around = grown + w.m[n - 1] - w.m[n - 1]  # which is about n from 2 on
    with pytest.raises(DerivationError, match="begins later"):
        by_induction(whole, "t", base, [proved(grown, around), proved(around, grown), *step])
    with pytest.raises(DerivationError, match="was not proved"):
        by_induction(goal(left, 2 * right, "induction"), "t", base, step)


def test_what_a_proof_needs():
    w = Setting()
    x, q, k = w.x, w.q, w.X.density("k", markov=True)
    with pytest.raises(Undefined, match="may stand before"):
        prove(goal(w.q(x[0 : t - 1] | x[Index(None, -1)]), 1, "algebra"))
    with pytest.raises(Inconclusive, match=r"no distribution in .* is declared"):
        prove(goal(q(x[0]), q(x[0]), "Markov"))
    assert prove(goal(k(x[0]), k(x[0]), "Markov")).how == "symbolic zero"
    with pytest.raises(Inconclusive, match="not reached"):
        prove(goal(q(x[0], x[1]), q(x[1] | x[0]) * q(x[0]), "algebra"))
    assert prove(goal(q(x[0], x[1]), q(x[1] | x[0]) * q(x[0]), "chain rule"))
    w.X.define("noise", w.e[t], standard_normal)
    with pytest.raises(Inconclusive):  # a goal about densities has no calculus but by its justification
        prove(goal(q(x[0]) * Var(w.e[1] + w.e[2]), q(x[0]) * (Var(w.e[1]) + Var(w.e[2])), "tower"))
    with pytest.raises(Inconclusive):
        prove(goal(q(x[0]) * E(w.e[1] + w.e[2]), q(x[0]) * (E(w.e[1]) + E(w.e[2])), "linearity"))
    fact = Fact("d", w.r, w.a, frozenset())
    assert prove(goal(w.r * q(x[0]), w.a * q(x[0]), "definition", facts=(fact,)))
    with pytest.raises(Inconclusive):
        prove(goal(w.r * q(x[0]), w.a * q(x[0]), "definition"))
    early = Fact("late", w.m[t], w.a, frozenset("t"), (("t", 3),))
    assert prove(goal(w.m[3], w.a, "result", facts=(early,)))
    with pytest.raises(Inconclusive):
        prove(goal(w.m[t], w.a, "result", facts=(early,)))
    assert prove(goal(w.m[t], w.a, "result", facts=(early,), start=3))


def test_every_rule_is_granted_by_a_justification():
    from derive.justifications import JUSTIFICATIONS

    granted = {rule for one in JUSTIFICATIONS.values() for rule in one.rules}
    assert granted <= set(RULES) and {"conditional", "Markov", "mean", "divergence", "linearity", "Fubini"} <= granted
    assert [name for name, one in JUSTIFICATIONS.items() if "Markov" in one.rules] == ["Markov"]
    assert isinstance(Item(Setting().x, t), Item)
