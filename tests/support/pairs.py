"""Steps of derivations, and what each of them says in Rocq, written without the translator's code.

Each pair has a step in the symbols of ``setting.py`` and a statement.  The statement has the names in its first line,
then one premise in each line, and the claim in the last one; a line that is indented continues the one before it.  The
steps need not hold: what a step says does not depend on whether it is true.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from textwrap import dedent

from setting import Setting

from derive import (
    KL,
    Derivative,
    E,
    Integral,
    Iverson,
    Limit,
    Min,
    Normal,
    Phi,
    Product,
    Sum,
    Var,
    exp,
    log,
    positive,
    sqrt,
)
from derive.language.expr import Interval, Pi, wrap
from derive.language.goal import Goal
from derive.language.times import Index
from derive.page.definition import Definition


@dataclass(frozen=True)
class Pair:
    """``step`` gives both sides, the justification and what is cited; the step holds from the time ``start`` on."""

    name: str
    step: Callable[[Setting], tuple]
    rocq: str
    start: int = 1

    def goal(self) -> Goal:
        w = Setting()
        made = self.step(w)
        if isinstance(made, Goal):
            return made
        left, right, by, *using = made
        return w.X.chain("step", left, start=self.start).goal(wrap(left), wrap(right), by, tuple(using))[0]

    def parts(self) -> tuple[str, list[str], str]:
        """Binders, premises and claim."""
        lines = re.sub(r"\n {4,}", " ", dedent(self.rocq)).split("\n")
        names, *premises, claim = filter(None, map(str.strip, lines))
        return names.strip("."), premises, claim


def define(w, name, left, right):
    w.X.define(name, left, right)
    return name


NUMBERS = (
    Pair(
        "whole numbers and fractions",
        lambda w: (Fraction(4, 5) * w.r - 3 * w.r / 7 + Fraction(-2, 3), 5 - w.r, "algebra"),
        """
        (r : R)
        4 / 5 * r - 3 * r / 7 + - (2 / 3) = 5 - r
        """,
    ),
    Pair(
        "signs and products",
        lambda w: (-(w.a * w.r) * (w.b - w.c) * -2, 0, "algebra"),
        """
        (a r b c : R)
        0 < a
        0 < c
        c < 1
        - (a * r) * (b - c) * (-2) = 0
        """,
    ),
    Pair(
        "a domain between two numbers",
        lambda w: (w.X.symbol("width", Interval(Fraction(-1, 2), Fraction(3))), 1, "algebra"),
        """
        (width : R)
        - (1 / 2) < width
        width < 3
        width = 1
        """,
    ),
    Pair(
        "a domain with one end",
        lambda w: (
            w.X.symbol("depth", Interval(None, Fraction(2))),
            w.X.symbol("height", Interval(Fraction(1))),
            "algebra",
        ),
        """
        (depth height : R)
        depth < 2
        1 < height
        depth = height
        """,
    ),
    Pair(
        "powers with whole exponents",
        lambda w: (w.r**2 * w.r**0 + w.a**-1 - w.a**-3, w.r**1, "algebra"),
        """
        (r a : R)
        0 < a
        r ^ 2 * r ^ 0 + / a ^ 1 - / a ^ 3 = r ^ 1
        """,
    ),
    Pair(
        "powers with real exponents",
        lambda w: (w.a**w.r * w.c ** Fraction(1, 2), w.a ** (-w.r), "algebra"),
        """
        (a r c : R)
        0 < a
        0 < c
        c < 1
        Rpower a r * Rpower c (1 / 2) = Rpower a (- r)
        """,
    ),
    Pair(
        "powers with an index as exponent",
        lambda w: (w.r**w.t * w.r ** (w.t - 1), w.r ** (w.t + 2), "algebra"),
        """
        (r : R) (t : nat)
        (1 <= t)%nat
        r ^ t * r ^ (t - 1)%nat = r ^ (t + 2)%nat
        """,
    ),
    Pair(
        "powers at a literal time",
        lambda w: (w.r ** Index(None, 1) * w.a ** Index(None, -2), w.b ** Index(None, 0), "algebra"),
        """
        (r a b : R)
        0 < a
        r ^ 1 * / a ^ 2 = b ^ 0
        """,
    ),
    Pair(
        "powers of what is positive",
        lambda w: ((w.a * exp(w.r) / w.d) ** w.r, w.f(w.r) ** (w.b / 2) + (w.a + 2) ** (2 * w.t), "algebra"),
        """
        (a r d b : R) (f : R -> R) (t : nat)
        (1 <= t)%nat
        0 < a
        0 < d
        forall y, 0 < f y
        Rpower (a * exp r / d) r = Rpower (f r) (b / 2) + Rpower (a + 2) (2 * INR t)
        """,
    ),
    Pair(
        "a power of an index",
        lambda w: (w.t**2, w.t * w.t, "algebra"),
        """
        (t : nat)
        (1 <= t)%nat
        INR t ^ 2 = INR t * INR t
        """,
    ),
    Pair(
        "indices as numbers",
        lambda w: (w.r / w.T * (w.T - 1) + (w.t + 2), 1 * w.s, "algebra"),
        """
        (r : R) (T t s : nat)
        (1 <= T)%nat
        (1 <= t)%nat
        (1 <= s)%nat
        r / INR T * (INR T - 1) + (INR t + 2) = 1 * INR s
        """,
    ),
    Pair(
        "functions and constants",
        lambda w: (sqrt(w.a) + log(w.a / w.v) - exp(-(w.r**2)) / 2, Phi(w.r) / sqrt(2 * Pi()), "algebra"),
        """
        (a v r : R)
        0 < a
        0 < v
        sqrt a + ln (a / v) - exp (- (r ^ 2)) / 2 = Phi r / sqrt (2 * PI)
        """,
    ),
)

TIMES = (
    Pair(
        "a sum over all times",
        lambda w: (Sum(w.al[w.s], (w.s, 1, w.T)), w.T * w.r, "algebra"),
        """
        (T : nat) (alpha : nat -> R) (r : R)
        (1 <= T)%nat
        forall s, (1 <= s)%nat -> 0 < alpha s
        forall s, (1 <= s)%nat -> alpha s < 1
        sum (times 1 T) (fun s => alpha s) = INR T * r
        """,
    ),
    Pair(
        "a sum with shifted ends and members",
        lambda w: (Sum(w.m[w.s - 1] - w.m[w.s + 1], (w.s, 2, w.T - 1)), Sum(w.m[w.n], (w.n, w.t + 1, w.T)), "algebra"),
        """
        (T t : nat) (m : nat -> R)
        (1 <= T)%nat
        (1 <= t)%nat
        sum (times 2 (T - 1)) (fun s => m (s - 1)%nat - m (s + 1)%nat) = sum (times (t + 1) T) (fun n => m n)
        """,
    ),
    Pair(
        "a sum that ends before it begins",
        lambda w: (Sum(w.m[w.s], (w.s, 2, w.t - 2)), Sum(w.rate[w.s], (w.s, 0, w.t - 1)), "algebra"),
        """
        (t : nat) (m rate : nat -> R)
        (1 <= t)%nat
        forall s, (0 <= s)%nat -> 0 < rate s
        sum (times 2 (t - 2)) (fun s => m s) = sum (times 0 (t - 1)) (fun s => rate s)
        """,
    ),
    Pair(
        "a product, and a sum in a sum",
        lambda w: (
            Product(1 - w.al[w.s], (w.s, 1, w.t)),
            Sum(Sum(w.m[w.n] * w.s, (w.n, 1, w.s)), (w.s, 1, w.t)),
            "algebra",
        ),
        """
        (t : nat) (alpha m : nat -> R)
        (1 <= t)%nat
        forall s, (1 <= s)%nat -> 0 < alpha s
        forall s, (1 <= s)%nat -> alpha s < 1
        prod (times 1 t) (fun s => 1 - alpha s) = sum (times 1 t) (fun s => sum (times 1 s) (fun n => m n * INR s))
        """,
    ),
    Pair(
        "a power of a bound index",
        lambda w: (Sum(w.r**w.s / w.s, (w.s, 1, w.T)), Product(w.s + 1, (w.s, 0, w.T)), "algebra"),
        """
        (T : nat) (r : R)
        (1 <= T)%nat
        sum (times 1 T) (fun s => r ^ s / INR s) = prod (times 0 T) (fun s => INR s + 1)
        """,
    ),
    Pair(
        "a sequence with a first value on the border of its domain",
        lambda w: (w.ab[w.t] / w.ab[w.t - 1], w.ab[0], "algebra"),
        """
        (t : nat) (alpha_bar : nat -> R)
        (1 <= t)%nat
        alpha_bar 0%nat = 1
        forall s, (1 <= s)%nat -> 0 < alpha_bar s
        forall s, (1 <= s)%nat -> alpha_bar s < 1
        alpha_bar t / alpha_bar (t - 1)%nat = alpha_bar 0%nat
        """,
    ),
    Pair(
        "a sequence with a first value inside its domain",
        lambda w: (w.X.sequence("level", positive, start=2, first=3)[w.t], 3, "algebra"),
        """
        (t : nat) (level : nat -> R)
        (2 <= t)%nat
        level 2%nat = 3
        forall s, (2 <= s)%nat -> 0 < level s
        level t = 3
        """,
    ),
    Pair(
        "a sequence of real numbers with a first value",
        lambda w: (w.X.sequence("level", start=0, first=0)[w.t], w.X.what["level"][0], "algebra"),
        """
        (t : nat) (level : nat -> R)
        (1 <= t)%nat
        level 0%nat = 0
        level t = level 0%nat
        """,
    ),
    Pair(
        "a sequence from time 0 on",
        lambda w: (w.rate[w.t - 1], w.rate[0], "algebra"),
        """
        (t : nat) (rate : nat -> R)
        (1 <= t)%nat
        forall s, (0 <= s)%nat -> 0 < rate s
        rate (t - 1)%nat = rate 0%nat
        """,
    ),
    Pair(
        "a step from time 0 on",
        lambda w: (w.rate[w.t + 1], w.rate[w.t], "algebra"),
        """
        (t : nat) (rate : nat -> R)
        (0 <= t)%nat
        forall s, (0 <= s)%nat -> 0 < rate s
        rate (t + 1)%nat = rate t
        """,
        start=0,
    ),
    Pair(
        "a member before its time moves the range",
        lambda w: (w.al[w.t - 2], w.al[w.t + 1] + w.sigma[w.s - 1], "algebra"),
        """
        (t s : nat) (alpha sigma : nat -> R)
        (3 <= t)%nat
        (2 <= s)%nat
        forall s, (1 <= s)%nat -> 0 < alpha s
        forall s, (1 <= s)%nat -> alpha s < 1
        forall s, (1 <= s)%nat -> 0 < sigma s
        alpha (t - 2)%nat = alpha (t + 1)%nat + sigma (s - 1)%nat
        """,
    ),
    Pair(
        "a later start",
        lambda w: (w.al[w.t - 1], w.r, "algebra"),
        """
        (t : nat) (alpha : nat -> R) (r : R)
        (4 <= t)%nat
        forall s, (1 <= s)%nat -> 0 < alpha s
        forall s, (1 <= s)%nat -> alpha s < 1
        alpha (t - 1)%nat = r
        """,
        start=4,
    ),
    Pair(
        "telescoping",
        lambda w: (Sum(w.rate[w.s] - w.rate[w.s - 1], (w.s, 1, w.T)), w.rate[w.T] - w.rate[0], "telescoping"),
        """
        (T : nat) (rate : nat -> R)
        (1 <= T)%nat
        forall s, (0 <= s)%nat -> 0 < rate s
        sum (times 1 T) (fun s => rate s - rate (s - 1)%nat) = rate T - rate 0%nat
        """,
    ),
)


def recursion(w):
    w.X.define("recursion", w.m[w.t], w.m[w.t - 1] * w.al[w.t])
    return "recursion"


def offset(w):
    w.X.define("offset", w.r, w.a + w.v)
    return "offset"


def product(w):
    return define(w, "product", w.m[w.t], Product(w.al[w.s], (w.s, 1, w.t)))


def supposed(w):
    w.X.suppose("smaller", w.a, w.d)
    return (w.a / w.d, 1, "algebra")


def by_hypothesis(w):
    proof = w.X.induction("total", Sum(w.m[w.s], (w.s, 1, w.n)), w.n * w.r, over=w.n)
    chain = proof.step
    goal = chain.goal(Sum(w.m[w.s], (w.s, 1, w.n)) + w.r, w.n * w.r + w.r, "induction", ("hypothesis",))
    return goal[0]


def cited_result(w):
    w.X.chain("quotient", w.m[w.t - 1] * w.a / w.a).equals(w.m[w.t - 1], by="algebra")
    return (w.m[w.s] * w.a / w.a + 1, w.m[w.s] + 1, "result", "quotient")


def cited_inequality_start(w):
    w.X.chain("same", w.m[w.t] * w.a / w.a, start=3).equals(w.m[w.t], by="algebra")
    return (w.m[w.t] * w.a / w.a, w.m[w.t], "result", "same")


CITED = (
    Pair(
        "a definition of a sequence, for all times",
        lambda w: (w.m[w.t - 1], w.r, "definition", recursion(w)),
        """
        (t : nat) (m alpha : nat -> R) (r : R)
        (2 <= t)%nat
        forall s, (1 <= s)%nat -> 0 < alpha s
        forall s, (1 <= s)%nat -> alpha s < 1
        forall s, (2 <= s)%nat -> m s = m (s - 1)%nat * alpha s
        m (t - 1)%nat = r
        """,
    ),
    Pair(
        "a definition by a product",
        lambda w: (w.m[w.t], w.m[w.t - 1] * w.al[w.t], "definition", product(w)),
        """
        (t : nat) (m alpha : nat -> R)
        (2 <= t)%nat
        forall s, (1 <= s)%nat -> 0 < alpha s
        forall s, (1 <= s)%nat -> alpha s < 1
        forall n, (1 <= n)%nat -> m n = prod (times 1 n) (fun s => alpha s)
        m t = m (t - 1)%nat * alpha t
        """,
    ),
    Pair(
        "a definition of a symbol",
        lambda w: (w.r, w.v + w.a, "definition", offset(w)),
        """
        (r a v : R)
        0 < a
        0 < v
        r = a + v
        r = v + a
        """,
    ),
    Pair(
        "a definition that is not cited is not used",
        lambda w: (offset(w), (w.r, w.v + w.a, "algebra"))[1],
        """
        (r a v : R)
        0 < a
        0 < v
        r = v + a
        """,
    ),
    Pair(
        "an assumption",
        lambda w: (w.X.assume("equal", w.r, w.a), (w.r, w.a, "result", "equal"))[1],
        """
        (r a : R)
        0 < a
        r = a
        r = a
        """,
    ),
    Pair(
        "a hypothesis of the derivation",
        supposed,
        """
        (a d : R)
        0 < a
        0 < d
        a < d
        a / d = 1
        """,
    ),
    Pair(
        "a result, for all its times",
        cited_result,
        """
        (s : nat) (m : nat -> R) (a : R)
        (1 <= s)%nat
        0 < a
        forall t, (2 <= t)%nat -> m (t - 1)%nat * a / a = m (t - 1)%nat
        m s * a / a + 1 = m s + 1
        """,
    ),
    Pair(
        "a result that begins later than the step",
        cited_inequality_start,
        """
        (t : nat) (m : nat -> R) (a : R)
        (1 <= t)%nat
        0 < a
        forall s, (3 <= s)%nat -> m s * a / a = m s
        m t * a / a = m t
        """,
    ),
    Pair(
        "the hypothesis of an induction, at one time",
        by_hypothesis,
        """
        (n : nat) (m : nat -> R) (r : R)
        (1 <= n)%nat
        sum (times 1 n) (fun s => m s) = INR n * r
        sum (times 1 n) (fun s => m s) + r = INR n * r + r
        """,
    ),
)

FUNCTIONS = (
    Pair(
        "values of functions",
        lambda w: (w.f(w.r) * w.g(2 * w.r), w.h(w.r, w.a), "algebra"),
        """
        (r a : R) (f g : R -> R) (h : R -> R -> R)
        0 < a
        forall y, 0 < f y
        f r * g (2 * r) = h r a
        """,
    ),
    Pair(
        "a function of a time",
        lambda w: (w.net(w.r, w.t), w.net(w.r, w.t - 1) + w.net(w.r, 5), "algebra"),
        """
        (r : R) (t : nat) (net : R -> nat -> R)
        (1 <= t)%nat
        net r t = net r (t - 1)%nat + net r 5%nat
        """,
    ),
    Pair(
        "a definition of a function",
        lambda w: (w.g(w.r) + 1, w.r**2 + 1, "definition", define(w, "square", w.g(w.r), w.r**2)),
        """
        (r : R) (g : R -> R)
        g r = r ^ 2
        g r + 1 = r ^ 2 + 1
        """,
    ),
)

DENSITIES = (
    Pair(
        "densities as positive functions",
        lambda w: (w.q(w.x[w.t] | w.x[w.t - 1]) / w.p(w.x[0:2] | w.x[w.t], w.x[w.T]), w.q(w.x[0], w.x[w.t]), "algebra"),
        """
        (t T : nat) (x : nat -> R) (q p : set -> set -> (nat -> R) -> R)
        (3 <= t)%nat
        (3 <= T)%nat
        forall A B x, 0 < q A B x
        forall A B x, 0 < p A B x
        q (only t) (only (t - 1)) x / p (span 0 2) (only t ∪ only T) x = q (only 0 ∪ only t) none x
        """,
        start=3,
    ),
    Pair(
        "values of states beside densities",
        lambda w: (w.x[w.t] * w.q(w.x[w.t] | w.x[0]), w.f(w.x[0]), "algebra"),
        """
        (t : nat) (x : nat -> R) (q : set -> set -> (nat -> R) -> R) (f : R -> R)
        (1 <= t)%nat
        forall A B x, 0 < q A B x
        forall y, 0 < f y
        x t * q (only t) (only 0) x = f (x 0%nat)
        """,
    ),
    Pair(
        "a mean under a density",
        lambda w: (E(w.x[w.t] ** 2, w.q(w.x[w.t] | w.x[0])), w.r, "algebra"),
        """
        (t : nat) (x : nat -> R) (q : set -> set -> (nat -> R) -> R)
            (over_ : set -> ((nat -> R) -> R) -> (nat -> R) -> R) (r : R)
        (1 <= t)%nat
        forall A B x, 0 < q A B x
        over_ (only t) (fun x => x t ^ 2 * q (only t) (only 0) x) x = r
        """,
    ),
    Pair(
        "a mean in a mean",
        lambda w: (E(E(w.x[1] * w.x[0], w.q(w.x[1] | w.x[0])), w.p(w.x[0])), w.r, "algebra"),
        """
        (x : nat -> R) (q p : set -> set -> (nat -> R) -> R) (over_ : set -> ((nat -> R) -> R) -> (nat -> R) -> R)
            (r : R)
        forall A B x, 0 < q A B x
        forall A B x, 0 < p A B x
        over_ (only 0) (fun x => over_ (only 1) (fun x => x 1%nat * x 0%nat * q (only 1) (only 0) x) x
            * p (only 0) none x) x = r
        """,
    ),
    Pair(
        "an integral over a state",
        lambda w: (Integral(w.q(w.x[1] | w.x[0]) * w.g(w.x[1]), w.x[1]), w.r, "algebra"),
        """
        (x : nat -> R) (q : set -> set -> (nat -> R) -> R) (over_ : set -> ((nat -> R) -> R) -> (nat -> R) -> R)
            (g : R -> R) (r : R)
        forall A B x, 0 < q A B x
        over_ (only 1) (fun x => q (only 1) (only 0) x * g (x 1%nat)) x = r
        """,
    ),
    Pair(
        "an integral over a span",
        lambda w: (Integral(w.q(w.x[0 : w.T]), w.x[1 : w.T]), w.r, "algebra"),
        """
        (T : nat) (x : nat -> R) (q : set -> set -> (nat -> R) -> R)
            (over_ : set -> ((nat -> R) -> R) -> (nat -> R) -> R) (r : R)
        (1 <= T)%nat
        forall A B x, 0 < q A B x
        over_ (span 1 T) (fun x => q (span 0 T) none x) x = r
        """,
    ),
    Pair(
        "a mean under a whole law",
        lambda w: (E(w.x[w.t], w.q), w.r, "algebra"),
        """
        (t : nat) (x : nat -> R) (q : set -> set -> (nat -> R) -> R)
            (over_ : set -> ((nat -> R) -> R) -> (nat -> R) -> R) (r : R)
        (1 <= t)%nat
        forall A B x, 0 < q A B x
        over_ all (fun x => x t * q all none x) x = r
        """,
    ),
    Pair(
        "a divergence",
        lambda w: (KL(w.q(w.x[w.t - 1] | w.x[w.t], w.x[0]), w.p(w.x[w.t - 1] | w.x[w.t])), w.r, "algebra"),
        """
        (t : nat) (x : nat -> R) (q p : set -> set -> (nat -> R) -> R)
            (over_ : set -> ((nat -> R) -> R) -> (nat -> R) -> R) (r : R)
        (2 <= t)%nat
        forall A B x, 0 < q A B x
        forall A B x, 0 < p A B x
        over_ (only (t - 1)) (fun x => ln (q (only (t - 1)) (only t ∪ only 0) x / p (only (t - 1)) (only t) x)
            * q (only (t - 1)) (only t ∪ only 0) x) x = r
        """,
        start=2,
    ),
    Pair(
        "a sum of means over a time that the density names",
        lambda w: (Sum(E(w.x[w.s], w.q(w.x[w.s] | w.x[w.s - 1])), (w.s, 1, w.T)), w.r, "algebra"),
        """
        (T : nat) (x : nat -> R) (q : set -> set -> (nat -> R) -> R)
            (over_ : set -> ((nat -> R) -> R) -> (nat -> R) -> R) (r : R)
        (1 <= T)%nat
        forall A B x, 0 < q A B x
        sum (times 1 T) (fun s => over_ (only s) (fun x => x s * q (only s) (only (s - 1)) x) x) = r
        """,
    ),
    Pair(
        "a cited density, for all times and states",
        lambda w: (
            w.q(w.x[w.t] | w.x[w.t - 1]),
            Normal(w.x[w.t], sqrt(w.al[w.t]) * w.x[w.t - 1], 1 - w.al[w.t]),
            "definition",
            define(
                w,
                "kernel",
                w.q(w.x[w.t] | w.x[w.t - 1]),
                Normal(w.x[w.t], sqrt(w.al[w.t]) * w.x[w.t - 1], 1 - w.al[w.t]),
            ),
        ),
        """
        (t : nat) (x : nat -> R) (q : set -> set -> (nat -> R) -> R) (alpha : nat -> R)
        (1 <= t)%nat
        forall s, (1 <= s)%nat -> 0 < alpha s
        forall s, (1 <= s)%nat -> alpha s < 1
        forall A B x, 0 < q A B x
        forall s, (1 <= s)%nat -> q (only s) (only (s - 1)) x
            = normal (x s) (sqrt (alpha s) * x (s - 1)%nat) (1 - alpha s)
        q (only t) (only (t - 1)) x = normal (x t) (sqrt (alpha t) * x (t - 1)%nat) (1 - alpha t)
        """,
    ),
)


def guess(w):
    """The mean of the first state given a later one, as a sequence."""
    return define(w, "guess", w.m[w.t], E(w.x[0], w.q(w.x[0] | w.x[w.t])))


FINITE = (
    Pair(
        "a span, cited as a product",
        lambda w: (
            E(w.x[1], w.q(w.x[1 : w.T] | w.x[0])),
            E(w.x[1], w.p(w.x[1 : w.T] | w.x[0])),
            "definition",
            define(w, "path", w.q(w.x[1 : w.T] | w.x[0]), Product(w.p(w.x[w.t] | w.x[w.t - 1]), (w.t, 1, w.T))),
        ),
        """
        (T : nat) (x : nat -> R) (q p : set -> set -> (nat -> R) -> R)
            (over_ : set -> ((nat -> R) -> R) -> (nat -> R) -> R)
        (1 <= T)%nat
        forall A B x, 0 < q A B x
        forall A B x, 0 < p A B x
        forall T x, (1 <= T)%nat -> q (span 1 T) (only 0) x = prod (times 1 T) (fun t => p (only t) (only (t - 1)) x)
        over_ (span 1 T) (fun x => x 1%nat * q (span 1 T) (only 0) x) x
            = over_ (span 1 T) (fun x => x 1%nat * p (span 1 T) (only 0) x) x
        """,
    ),
    Pair(
        "the chain rule, two states",
        lambda w: (w.q(w.x[0], w.x[1]), w.q(w.x[1] | w.x[0]) * w.q(w.x[0]), "chain rule"),
        """
        (x : nat -> R) (N_ : nat) (space_ : nat -> list R) (q : (nat -> R) -> R)
        (1 < N_)%nat
        forall i, space_ i <> []
        forall x, 0 < q x
        normalised space_ N_ q
        cond space_ N_ q (only 0 ∪ only 1) none x
            = cond space_ N_ q (only 1) (only 0) x * cond space_ N_ q (only 0) none x
        """,
    ),
    Pair(
        "Bayes, with two targets and two conditions",
        lambda w: (w.q(w.x[w.t - 1], w.x[w.t] | w.x[0], w.x[w.t + 1]), w.q(w.x[0:2] | w.x[3]), "Bayes"),
        """
        (t : nat) (x : nat -> R) (N_ : nat) (space_ : nat -> list R) (q : (nat -> R) -> R)
        (2 <= t)%nat
        (t + 1 < N_)%nat
        (3 < N_)%nat
        forall i, space_ i <> []
        forall x, 0 < q x
        normalised space_ N_ q
        cond space_ N_ q (only (t - 1) ∪ only t) (only 0 ∪ only (t + 1)) x = cond space_ N_ q (span 0 2) (only 3) x
        """,
        start=2,
    ),
    Pair(
        "a later state",
        lambda w: (w.q(w.x[w.t + 1] | w.x[w.t]), w.q(w.x[w.t] | w.x[w.t + 1]), "Bayes"),
        """
        (t : nat) (x : nat -> R) (N_ : nat) (space_ : nat -> list R) (q : (nat -> R) -> R)
        (1 <= t)%nat
        (t + 1 < N_)%nat
        forall i, space_ i <> []
        forall x, 0 < q x
        normalised space_ N_ q
        cond space_ N_ q (only (t + 1)) (only t) x = cond space_ N_ q (only t) (only (t + 1)) x
        """,
    ),
    Pair(
        "marginalisation, beside another law",
        lambda w: (Integral(w.q(w.x[0:2]) * w.p(w.x[0]), w.x[1]), w.q(w.x[0], w.x[2]) * w.p(w.x[0]), "marginalisation"),
        """
        (x : nat -> R) (N_ : nat) (space_ : nat -> list R) (q p : (nat -> R) -> R)
        (2 < N_)%nat
        forall i, space_ i <> []
        forall x, 0 < q x
        normalised space_ N_ q
        forall x, 0 < p x
        normalised space_ N_ p
        Variables.over space_ N_ (only 1) (fun x => cond space_ N_ q (span 0 2) none x
            * cond space_ N_ p (only 0) none x) x
            = cond space_ N_ q (only 0 ∪ only 2) none x * cond space_ N_ p (only 0) none x
        """,
    ),
    Pair(
        "a product of later states",
        lambda w: (
            Product(w.q(w.x[w.s + 2] | w.x[w.s]), (w.s, 0, w.T)),
            Product(w.q(w.x[w.s + 2] | w.x[w.s + 1]), (w.s, 0, w.T)),
            "Bayes",
        ),
        """
        (T : nat) (x : nat -> R) (N_ : nat) (space_ : nat -> list R) (q : (nat -> R) -> R)
        (1 <= T)%nat
        (T + 2 < N_)%nat
        forall i, space_ i <> []
        forall x, 0 < q x
        normalised space_ N_ q
        prod (times 0 T) (fun s => cond space_ N_ q (only (s + 2)) (only s) x)
            = prod (times 0 T) (fun s => cond space_ N_ q (only (s + 2)) (only (s + 1)) x)
        """,
    ),
    Pair(
        "a cited state that is later than those of the step",
        lambda w: (
            w.q(w.x[1] | w.x[0]) * w.r,
            w.q(w.x[1] | w.x[0]) * w.q(w.x[3] | w.x[2]),
            "Bayes",
            define(w, "late", w.r, w.q(w.x[3] | w.x[2])),
        ),
        """
        (x : nat -> R) (N_ : nat) (space_ : nat -> list R) (q : (nat -> R) -> R) (r : R)
        (3 < N_)%nat
        forall i, space_ i <> []
        forall x, 0 < q x
        normalised space_ N_ q
        r = cond space_ N_ q (only 3) (only 2) x
        cond space_ N_ q (only 1) (only 0) x * r
            = cond space_ N_ q (only 1) (only 0) x * cond space_ N_ q (only 3) (only 2) x
        """,
    ),
    Pair(
        "a Markov chain forgets",
        lambda w: (w.mc(w.x[w.t] | w.x[0 : w.t - 1]), w.mc(w.x[w.t] | w.x[w.t - 1]), "Markov"),
        """
        (t : nat) (x : nat -> R) (N_ : nat) (space_ : nat -> list R) (r_chain : (nat -> R) -> R)
        (1 <= t)%nat
        (t < N_)%nat
        forall i, space_ i <> []
        forall x, 0 < r_chain x
        normalised space_ N_ r_chain
        markov space_ N_ r_chain
        cond space_ N_ r_chain (only t) (span 0 (t - 1)) x = cond space_ N_ r_chain (only t) (only (t - 1)) x
        """,
    ),
    Pair(
        "a product over the path of a Markov chain",
        lambda w: (
            w.mc(w.x[0 : w.T]),
            w.mc(w.x[0]) * Product(w.mc(w.x[w.t] | w.x[w.t - 1]), (w.t, 1, w.T)),
            "Markov",
        ),
        """
        (T : nat) (x : nat -> R) (N_ : nat) (space_ : nat -> list R) (r_chain : (nat -> R) -> R)
        (1 <= T)%nat
        (T < N_)%nat
        forall i, space_ i <> []
        forall x, 0 < r_chain x
        normalised space_ N_ r_chain
        markov space_ N_ r_chain
        cond space_ N_ r_chain (span 0 T) none x
            = cond space_ N_ r_chain (only 0) none x
            * prod (times 1 T) (fun t => cond space_ N_ r_chain (only t) (only (t - 1)) x)
        """,
    ),
    Pair(
        "two laws, one of them a Markov chain",
        lambda w: (w.mc(w.x[2] | w.x[1]), w.q(w.x[2] | w.x[1]), "Markov"),
        """
        (x : nat -> R) (N_ : nat) (space_ : nat -> list R) (q r_chain : (nat -> R) -> R)
        (2 < N_)%nat
        forall i, space_ i <> []
        forall x, 0 < q x
        normalised space_ N_ q
        forall x, 0 < r_chain x
        normalised space_ N_ r_chain
        markov space_ N_ r_chain
        cond space_ N_ r_chain (only 2) (only 1) x = cond space_ N_ q (only 2) (only 1) x
        """,
    ),
    Pair(
        "the tower rule",
        lambda w: (E(E(w.g(w.x[0]), w.q(w.x[0] | w.x[1])), w.q(w.x[1])), E(w.g(w.x[0]), w.q(w.x[0])), "tower"),
        """
        (x : nat -> R) (N_ : nat) (space_ : nat -> list R) (q : (nat -> R) -> R) (g : R -> R)
        (1 < N_)%nat
        forall i, space_ i <> []
        forall x, 0 < q x
        normalised space_ N_ q
        Variables.over space_ N_ (only 1) (fun x => Variables.over space_ N_ (only 0) (fun x => g (x 0%nat)
            * cond space_ N_ q (only 0) (only 1) x) x * cond space_ N_ q (only 1) none x) x
            = Variables.over space_ N_ (only 0) (fun x => g (x 0%nat) * cond space_ N_ q (only 0) none x) x
        """,
    ),
    Pair(
        "a mean under a whole law, and under a part of it",
        lambda w: (E(log(w.q(w.x[1] | w.x[0])), w.q), E(log(w.q(w.x[1] | w.x[0])), w.q(w.x[0:1])), "tower"),
        """
        (x : nat -> R) (N_ : nat) (space_ : nat -> list R) (q : (nat -> R) -> R)
        (1 < N_)%nat
        forall i, space_ i <> []
        forall x, 0 < q x
        normalised space_ N_ q
        Variables.over space_ N_ all (fun x => ln (cond space_ N_ q (only 1) (only 0) x) * q x) x
            = Variables.over space_ N_ (span 0 1) (fun x => ln (cond space_ N_ q (only 1) (only 0) x)
            * cond space_ N_ q (span 0 1) none x) x
        """,
    ),
    Pair(
        "a divergence, with its gap",
        lambda w: (
            E(log(w.p(w.x[1]) / w.q(w.x[1] | w.x[0])), w.q(w.x[1] | w.x[0])),
            -KL(w.q(w.x[1] | w.x[0]), w.p(w.x[1])),
            "Jensen",
        ),
        """
        (x : nat -> R) (N_ : nat) (space_ : nat -> list R) (q p : (nat -> R) -> R)
        (1 < N_)%nat
        forall i, space_ i <> []
        forall x, 0 < q x
        normalised space_ N_ q
        forall x, 0 < p x
        normalised space_ N_ p
        Variables.over space_ N_ (only 1) (fun x => ln (cond space_ N_ p (only 1) none x
            / cond space_ N_ q (only 1) (only 0) x) * cond space_ N_ q (only 1) (only 0) x) x
            =
            - Variables.over space_ N_ (only 1) (fun x => ln (cond space_ N_ q (only 1) (only 0) x
            / cond space_ N_ p (only 1) none x) * cond space_ N_ q (only 1) (only 0) x) x
        """,
    ),
    Pair(
        "linearity under a density",
        lambda w: (
            E(w.a * w.g(w.x[w.t]) + w.r, w.q(w.x[w.t] | w.x[0])),
            w.a * E(w.g(w.x[w.t]), w.q(w.x[w.t] | w.x[0])) + w.r,
            "linearity",
        ),
        """
        (t : nat) (x : nat -> R) (N_ : nat) (space_ : nat -> list R) (q : (nat -> R) -> R) (g : R -> R) (a r : R)
        (1 <= t)%nat
        (t < N_)%nat
        0 < a
        forall i, space_ i <> []
        forall x, 0 < q x
        normalised space_ N_ q
        Variables.over space_ N_ (only t) (fun x => (a * g (x t) + r) * cond space_ N_ q (only t) (only 0) x) x
            = a * Variables.over space_ N_ (only t) (fun x => g (x t) * cond space_ N_ q (only t) (only 0) x) x + r
        """,
    ),
    Pair(
        "a symbol that bound states define",
        lambda w: (
            E((w.m[w.t] - w.r) ** 2, w.q(w.x[w.t])),
            E((E(w.x[0], w.q(w.x[0] | w.x[w.t])) - w.r) ** 2, w.q(w.x[w.t])),
            "definition",
            guess(w),
        ),
        """
        (t : nat) (x : nat -> R) (q : set -> set -> (nat -> R) -> R)
            (over_ : set -> ((nat -> R) -> R) -> (nat -> R) -> R) (m : nat -> R -> R) (r : R)
        (1 <= t)%nat
        forall A B x, 0 < q A B x
        forall s x, (1 <= s)%nat -> m s (x s) = over_ (only 0) (fun x => x 0%nat * q (only 0) (only s) x) x
        over_ (only t) (fun x => (m t (x t) - r) ^ 2 * q (only t) none x) x
            = over_ (only t) (fun x => (over_ (only 0) (fun x => x 0%nat * q (only 0) (only t) x) x - r) ^ 2
            * q (only t) none x) x
        """,
    ),
)

LINE = (
    Pair(
        "an integral over a dummy in algebra",
        lambda w: (Integral(w.g(w.y) * w.r, w.y), w.r, "algebra"),
        """
        (int_ : (R -> R) -> R) (g : R -> R) (r : R)
        int_ (fun y => g y * r) = r
        """,
    ),
    Pair(
        "a double integral in algebra",
        lambda w: (Integral(Integral(w.h(w.y, w.u), w.u), w.y), w.r, "algebra"),
        """
        (int_ : (R -> R) -> R) (h : R -> R -> R) (r : R)
        int_ (fun y => int_ (fun u => h y u)) = r
        """,
    ),
    Pair(
        "a quotient of integrals",
        lambda w: (Integral(w.y * w.f(w.y), w.y) / Integral(w.f(w.y), w.y), w.r, "algebra"),
        """
        (int_ : (R -> R) -> R) (f : R -> R) (r : R)
        positive int_
        forall y, 0 < f y
        int_ (fun y => y * f y) / int_ (fun y => f y) = r
        """,
    ),
    Pair(
        "linearity of an integral over a dummy",
        lambda w: (Integral(w.a * w.g(w.y) + w.f(w.y), w.y), w.r, "linearity"),
        """
        (int_ : (R -> R) -> R) (f g : R -> R) (a r : R)
        linear int_
        0 < a
        forall y, 0 < f y
        int_ (fun y => a * g y + f y) = r
        """,
    ),
    Pair(
        "linearity of an integral over an interval",
        lambda w: (
            Integral(w.g(w.y) + w.h(w.y, w.r), (w.y, 0, w.a)),
            Integral(w.g(w.y), (w.y, 0, w.a)) + Integral(w.h(w.y, w.r), (w.y, 0, w.a)),
            "linearity",
        ),
        """
        (g : R -> R) (h : R -> R -> R) (r a : R)
        0 < a
        ex_RInt (fun y => g y + h y r) 0 a
        ex_RInt (fun y => g y) 0 a
        ex_RInt (fun y => h y r) 0 a
        RInt (fun y => g y + h y r) 0 a = RInt (fun y => g y) 0 a + RInt (fun y => h y r) 0 a
        """,
    ),
    Pair(
        "a Gaussian mean",
        lambda w: (E(w.y**2, w.normal), w.r**2 + w.v, "Gaussian integral"),
        """
        (r v : R)
        0 < v
        line_integral (fun y => y ^ 2 * normal y r v) = r ^ 2 + v
        """,
    ),
    Pair(
        "the divergence of two Gaussians",
        lambda w: (KL(w.normal, Normal(w.y, 0, w.a**2)), w.r, "Gaussian integral"),
        """
        (r v a : R)
        0 < v
        0 < a
        line_integral (fun y => ln (normal y r v / normal y 0 (a ^ 2)) * normal y r v) = r
        """,
    ),
    Pair(
        "a Gaussian integral over a state",
        lambda w: (
            Integral(Normal(w.x[w.t], w.a * w.x[w.t - 1], w.v) * Normal(w.x[w.t - 1], 0, 1), w.x[w.t - 1]),
            Normal(w.x[w.t], 0, w.a**2 + w.v),
            "Gaussian integral",
        ),
        """
        (t : nat) (x : nat -> R) (a v : R)
        (1 <= t)%nat
        0 < a
        0 < v
        line_integral (fun here => (fun x => normal (x t) (a * x (t - 1)%nat) v
            * normal (x (t - 1)%nat) 0 1) (put x (t - 1) here)) = normal (x t) 0 (a ^ 2 + v)
        """,
    ),
    Pair(
        "integrals over an interval and over half lines",
        lambda w: (
            Integral(w.y**2, (w.y, 0, w.a)) + Integral(exp(-w.y), (w.y, w.r, None)),
            Integral(exp(w.u), (w.u, None, w.r)),
            "integration",
        ),
        """
        (a r : R)
        0 < a
        RInt (fun y => y ^ 2) 0 a + RInt_gen (fun y => exp (- y)) (at_point r) (Rbar_locally p_infty)
            = RInt_gen (fun u => exp u) (Rbar_locally m_infty) (at_point r)
        """,
    ),
    Pair(
        "an integral whose end is a variable of integration",
        lambda w: (Integral(Integral(w.u * w.y, (w.u, 0, w.y)), (w.y, 0, 1)), Fraction(1, 8), "integration"),
        """
        .
        RInt (fun y => RInt (fun u => u * y) 0 y) 0 1 = 1 / 8
        """,
    ),
    Pair(
        "linearity over the line",
        lambda w: (E(w.a * w.g(w.y) + w.r, w.normal), w.a * E(w.g(w.y), w.normal) + w.r, "linearity"),
        """
        (g : R -> R) (a r v : R)
        smooth g
        0 < a
        0 < v
        line_integral (fun y => (a * g y + r) * normal y r v) = a * line_integral (fun y => g y * normal y r v) + r
        """,
    ),
    Pair(
        "reparameterisation",
        lambda w: (E(w.g(w.y), w.normal), E(w.g(w.r + sqrt(w.v) * w.zeta), Normal(w.zeta, 0, 1)), "reparameterisation"),
        """
        (g : R -> R) (r v : R)
        smooth g
        0 < v
        line_integral (fun y => g y * normal y r v)
            = line_integral (fun zeta => g (r + sqrt v * zeta) * normal zeta 0 1)
        """,
    ),
    Pair(
        "substitution",
        lambda w: (
            Integral(w.g(w.a * w.y), (w.y, 0, w.d)),
            Integral(w.g(w.u), (w.u, 0, w.a * w.d)) / w.a,
            "substitution",
        ),
        """
        (g : R -> R) (a d : R)
        smooth g
        0 < a
        0 < d
        RInt (fun y => g (a * y)) 0 d = RInt (fun u => g u) 0 (a * d) / a
        """,
    ),
    Pair(
        "parts, with a prime",
        lambda w: (
            Integral(w.g.prime(w.y) * w.f(w.y), w.y),
            -Integral(w.g(w.y) * Derivative(w.f(w.y), w.y), w.y),
            "integration by parts",
        ),
        """
        (f g g_prime : R -> R)
        smooth f
        smooth g
        smooth g_prime
        forall y, is_derive g y (g_prime y)
        forall y, 0 < f y
        line_integral (fun y => g_prime y * f y) = - line_integral (fun y => g y * Derive (fun y => f y) y)
        """,
    ),
)

CALCULUS = (
    Pair(
        "a derivative by a symbol",
        lambda w: (Derivative(log(w.a) * w.r, w.a), w.r / w.a, "differentiation"),
        """
        (a r : R)
        0 < a
        Derive (fun a => ln a * r) a = r / a
        """,
    ),
    Pair(
        "a second derivative",
        lambda w: (Derivative(Derivative(w.g(w.r), w.r), w.r), w.g.prime.prime(w.r), "differentiation"),
        """
        (g g_prime g_prime_prime : R -> R) (r : R)
        smooth g
        smooth g_prime
        smooth g_prime_prime
        forall y, is_derive g y (g_prime y)
        forall y, is_derive g_prime y (g_prime_prime y)
        Derive (fun r => Derive (fun r => g r) r) r = g_prime_prime r
        """,
    ),
    Pair(
        "a derivative by one of two arguments",
        lambda w: (Derivative(w.h(w.r, w.a) * w.a, w.r), w.a * Derivative(w.h(w.r, w.a), w.r), "differentiation"),
        """
        (h : R -> R -> R) (r a : R)
        smooth2 h
        0 < a
        Derive (fun r => h r a * a) r = a * Derive (fun r => h r a) r
        """,
    ),
    Pair(
        "derivatives of functions of a number and a time, and of three numbers",
        lambda w: (Derivative(w.net(w.r, w.t), w.r), Derivative(w.h(w.r, w.b, w.a), w.b), "differentiation"),
        """
        (t : nat) (net : R -> nat -> R) (h : R -> R -> R -> R) (r b a : R)
        (1 <= t)%nat
        0 < a
        forall t, smooth (fun y => net y t)
        (forall y z, smooth (fun x => h x y z)) /\\ (forall x z, smooth (fun y => h x y z))
            /\\ (forall x y, smooth (fun z => h x y z))
        Derive (fun r => net r t) r = Derive (fun b => h r b a) b
        """,
    ),
    Pair(
        "a derivative by a state",
        lambda w: (
            Derivative(log(Normal(w.x[w.t], w.a * w.x[0], w.v)), w.x[w.t]),
            -(w.x[w.t] - w.a * w.x[0]) / w.v,
            "differentiation",
        ),
        """
        (t : nat) (x : nat -> R) (a v : R)
        (1 <= t)%nat
        0 < a
        0 < v
        Derive (fun here => (fun x => ln (normal (x t) (a * x 0%nat) v)) (put x t here)) (x t)
            = (- (x t - a * x 0%nat)) / v
        """,
    ),
    Pair(
        "a derivative by a member of a sequence",
        lambda w: (
            Derivative(w.al[w.t] ** 2 * w.al[w.t - 1], w.al[w.t]),
            2 * w.al[w.t] * w.al[w.t - 1],
            "differentiation",
        ),
        """
        (t : nat) (alpha : nat -> R)
        (2 <= t)%nat
        forall s, (1 <= s)%nat -> 0 < alpha s
        forall s, (1 <= s)%nat -> alpha s < 1
        Derive (fun here => (fun alpha => alpha t ^ 2 * alpha (t - 1)%nat) (put alpha t here)) (alpha t)
            = 2 * alpha t * alpha (t - 1)%nat
        """,
    ),
    Pair(
        "what is defined by the variable moves with it",
        lambda w: (Derivative(w.b * 3, w.r), 6 * w.r, "differentiation", define(w, "square", w.b, w.r**2)),
        """
        (b : R -> R) (r : R)
        forall r, b r = r ^ 2
        Derive (fun r => b r * 3) r = 6 * r
        """,
    ),
    Pair(
        "a sequence that the variable defines",
        lambda w: (Derivative(w.m[w.t], w.a), w.t * w.r, "differentiation", define(w, "line", w.m[w.t], w.a * w.t)),
        """
        (t : nat) (m : nat -> R -> R) (a r : R)
        (1 <= t)%nat
        0 < a
        forall t a, (1 <= t)%nat -> 0 < a -> m t a = a * INR t
        Derive (fun a => m t a) a = INR t * r
        """,
    ),
    Pair(
        "the derivative of an integral",
        lambda w: (Derivative(Integral(w.y * w.a, (w.y, 0, w.a)), w.a), w.r, "differentiation"),
        """
        (a r : R)
        0 < a
        smooth (fun a => RInt (fun y => y * a) 0 a)
        Derive (fun a => RInt (fun y => y * a) 0 a) a = r
        """,
    ),
    Pair(
        "a variable that is itself defined",
        lambda w: (w.r * Derivative(w.r**2 * w.a, w.r), 2 * w.r**2 * w.a, "differentiation", offset(w)),
        """
        (r a v : R)
        0 < a
        0 < v
        r = a + v
        r * Derive (fun r => r ^ 2 * a) r = 2 * r ^ 2 * a
        """,
    ),
    Pair(
        "a definition of a function, under a derivative",
        lambda w: (Derivative(w.g(w.r), w.r), 2 * w.r, "differentiation", define(w, "square", w.g(w.r), w.r**2)),
        """
        (g : R -> R) (r : R)
        smooth g
        forall r, g r = r ^ 2
        Derive (fun r => g r) r = 2 * r
        """,
    ),
    Pair(
        "a derivative and an integral",
        lambda w: (
            Derivative(Integral(w.g(w.r * w.y) * Normal(w.y, 0, 1), w.y), w.r),
            Integral(Derivative(w.g(w.r * w.y) * Normal(w.y, 0, 1), w.r), w.y),
            "exchange",
        ),
        """
        (int_ : (R -> R) -> R) (g : R -> R) (r : R)
        smooth g
        linear int_
        exchanges int_
        Derive (fun r => int_ (fun y => g (r * y) * normal y 0 1)) r =
            int_ (fun y => Derive (fun r => g (r * y) * normal y 0 1) r)
        """,
    ),
    Pair(
        "the smaller of two numbers",
        lambda w: (Min(w.r, w.v), w.r, "algebra"),
        """
        (r v : R)
        0 < v
        Rmin r v = r
        """,
    ),
    Pair(
        "the limit of a sequence",
        lambda w: (Limit((1 - w.c) ** w.T + w.r / w.T, w.T), 0, "limit"),
        """
        (c r : R)
        0 < c
        c < 1
        is_lim_seq (fun T => (1 - c) ^ T + r / INR T) 0
        """,
    ),
    Pair(
        "the limit of sums, whose first terms do not count",
        lambda w: (Limit(Sum(w.c**w.s, (w.s, 0, w.T - 2)), w.T), 1 / (1 - w.c), "limit"),
        """
        (c : R)
        0 < c
        c < 1
        is_lim_seq (fun T => sum (times 0 (T - 2)) (fun s => c ^ s)) (1 / (1 - c))
        """,
    ),
    Pair(
        "the limit of a mean over all times",
        lambda w: (
            Limit(Sum(w.g(w.t / w.T), (w.t, 1, w.T)) / w.T, w.T),
            Integral(w.g(w.y), (w.y, 0, 1)),
            "limit",
        ),
        """
        (g : R -> R)
        smooth g
        is_lim_seq (fun T => sum (times 1 T) (fun t => g (INR t / INR T)) / INR T) (RInt (fun y => g y) 0 1)
        """,
    ),
)


def standard(w):
    assert w.eps
    return "noise"


def moved(w):
    """A state by the one before it and a noise."""
    w.X.define("state", w.x[w.t], sqrt(w.al[w.t]) * w.x[w.t - 1] + sqrt(1 - w.al[w.t]) * w.e[w.t])
    return "state"


NOISE = (
    Pair(
        "a mean over noise in algebra",
        lambda w: (E(2 * w.e[w.t] / 2), E(w.e[w.t]), "algebra"),
        """
        (Outcome : Type) (outcome : Outcome) (mean_of : (Outcome -> R) -> R) (N_ t : nat)
            (epsilon : nat -> Outcome -> R)
        (1 <= t)%nat
        (t < N_)%nat
        expectation mean_of
        mean_of (fun outcome => 2 * epsilon t outcome / 2) = mean_of (fun outcome => epsilon t outcome)
        """,
    ),
    Pair(
        "linearity over noise",
        lambda w: (E(w.a * w.e[w.t] + w.r), w.a * E(w.e[w.t]) + w.r, "linearity"),
        """
        (Outcome : Type) (outcome : Outcome) (mean_of : (Outcome -> R) -> R) (N_ : nat) (t : nat)
            (epsilon : nat -> Outcome -> R) (a r : R)
        (1 <= t)%nat
        (t < N_)%nat
        0 < a
        expectation mean_of
        mean_of (fun outcome => a * epsilon t outcome + r) = a * mean_of (fun outcome => epsilon t outcome) + r
        """,
    ),
    Pair(
        "a symbol that noise defines",
        lambda w: (E(w.b * w.r), E(w.e[3] * w.r), "definition", define(w, "third", w.b, w.e[3])),
        """
        (Outcome : Type) (outcome : Outcome) (mean_of : (Outcome -> R) -> R) (N_ : nat) (b : Outcome -> R)
            (epsilon : nat -> Outcome -> R) (r : R)
        (3 < N_)%nat
        expectation mean_of
        forall outcome, b outcome = epsilon 3%nat outcome
        mean_of (fun outcome => b outcome * r) = mean_of (fun outcome => epsilon 3%nat outcome * r)
        """,
    ),
    Pair(
        "the variance of a sum of noises",
        lambda w: (
            Var(Sum(w.m[w.s] * w.e[w.s], (w.s, 1, w.T))),
            Sum(w.m[w.s] ** 2 * Var(w.e[w.s]), (w.s, 1, w.T)),
            "independence",
        ),
        """
        (Outcome : Type) (outcome : Outcome) (mean_of : (Outcome -> R) -> R) (N_ T : nat) (m : nat -> R)
            (epsilon : nat -> Outcome -> R)
        (1 <= T)%nat
        (T < N_)%nat
        expectation mean_of
        forall s t, (s < t < N_)%nat -> independent_under mean_of (epsilon s) (epsilon t)
        variance_of mean_of (fun outcome => sum (times 1 T) (fun s => m s * epsilon s outcome))
            = sum (times 1 T) (fun s => m s ^ 2 * variance_of mean_of (fun outcome => epsilon s outcome))
        """,
    ),
    Pair(
        "a sum of noises at later times",
        lambda w: (E(Sum(w.e[w.s + 1], (w.s, 1, w.T))), Sum(E(w.e[w.s + 1]), (w.s, 1, w.T)), "independence"),
        """
        (Outcome : Type) (outcome : Outcome) (mean_of : (Outcome -> R) -> R) (N_ T : nat)
            (epsilon : nat -> Outcome -> R)
        (1 <= T)%nat
        (T + 1 < N_)%nat
        expectation mean_of
        forall s t, (s < t < N_)%nat -> independent_under mean_of (epsilon s) (epsilon t)
        mean_of (fun outcome => sum (times 1 T) (fun s => epsilon (s + 1)%nat outcome))
            = sum (times 1 T) (fun s => mean_of (fun outcome => epsilon (s + 1)%nat outcome))
        """,
    ),
    Pair(
        "a sum of noises in a sum",
        lambda w: (E(Sum(Sum(w.e[w.s + 1], (w.s, 1, w.n)), (w.n, 1, w.T))), w.r, "linearity"),
        """
        (Outcome : Type) (outcome : Outcome) (mean_of : (Outcome -> R) -> R) (N_ T : nat)
            (epsilon : nat -> Outcome -> R) (r : R)
        (1 <= T)%nat
        (T + 1 < N_)%nat
        expectation mean_of
        mean_of (fun outcome => sum (times 1 T) (fun n => sum (times 1 n) (fun s => epsilon (s + 1)%nat outcome))) = r
        """,
    ),
    Pair(
        "noises of two names",
        lambda w: (E(w.e[1] * w.X.noise("nu")[2]), E(w.e[1]) * E(w.X.noise("nu")[2]), "independence"),
        """
        (Outcome : Type) (outcome : Outcome) (mean_of : (Outcome -> R) -> R) (N_ : nat)
            (epsilon nu : nat -> Outcome -> R)
        (1 < N_)%nat
        (2 < N_)%nat
        expectation mean_of
        forall s t, (s < t < N_)%nat -> independent_under mean_of (epsilon s) (epsilon t)
        forall s t, (s < t < N_)%nat -> independent_under mean_of (nu s) (nu t)
        forall s t, (0 < s < N_)%nat -> (0 < t < N_)%nat -> independent_under mean_of (epsilon s) (nu t)
        mean_of (fun outcome => epsilon 1%nat outcome * nu 2%nat outcome)
            = mean_of (fun outcome => epsilon 1%nat outcome) * mean_of (fun outcome => nu 2%nat outcome)
        """,
    ),
    Pair(
        "the variance of independent noises",
        lambda w: (Var(w.a * w.e[w.t] - w.e[w.t + 1]), w.a**2 * Var(w.e[w.t]) + Var(w.e[w.t + 1]), "independence"),
        """
        (Outcome : Type) (outcome : Outcome) (mean_of : (Outcome -> R) -> R) (N_ t : nat)
            (epsilon : nat -> Outcome -> R) (a : R)
        (1 <= t)%nat
        (t + 1 < N_)%nat
        0 < a
        expectation mean_of
        forall s t, (s < t < N_)%nat -> independent_under mean_of (epsilon s) (epsilon t)
        variance_of mean_of (fun outcome => a * epsilon t outcome - epsilon (t + 1)%nat outcome)
            = a ^ 2 * variance_of mean_of (fun outcome => epsilon t outcome)
            + variance_of mean_of (fun outcome => epsilon (t + 1)%nat outcome)
        """,
    ),
    Pair(
        "moments of the standard normal law",
        lambda w: (E(w.e[w.t] ** 2), 1, "definition", standard(w)),
        """
        (Outcome : Type) (outcome : Outcome) (mean_of : (Outcome -> R) -> R) (t N_ : nat)
            (epsilon : nat -> Outcome -> R)
        (1 <= t)%nat
        (t < N_)%nat
        expectation mean_of
        forall s, (1 <= s < N_)%nat -> standard mean_of (epsilon s)
        mean_of (fun outcome => epsilon t outcome ^ 2) = 1
        """,
    ),
    Pair(
        "a mean given a state",
        lambda w: (
            E(w.a * w.x[w.t - 1] + w.e[w.t], given=w.x[w.t - 1]),
            w.a * w.x[w.t - 1] + E(w.e[w.t], given=w.x[w.t - 1]),
            "linearity",
        ),
        """
        (Outcome : Type) (outcome : Outcome) (mean_given : (Outcome -> R) -> Outcome -> (Outcome -> R) -> R)
            (mean_of : (Outcome -> R) -> R) (N_ t : nat) (x epsilon : nat -> Outcome -> R) (a : R)
        (1 <= t)%nat
        (t < N_)%nat
        0 < a
        expectation mean_of
        conditional mean_given
        mean_given (x (t - 1)%nat) outcome (fun outcome => a * x (t - 1)%nat outcome + epsilon t outcome)
            = a * x (t - 1)%nat outcome + mean_given (x (t - 1)%nat) outcome (fun outcome => epsilon t outcome)
        """,
    ),
    Pair(
        "a state that noise moves",
        lambda w: (
            E(w.x[w.t]),
            E(sqrt(w.al[w.t]) * w.x[w.t - 1] + sqrt(1 - w.al[w.t]) * w.e[w.t]),
            "definition",
            moved(w),
        ),
        """
        (Outcome : Type) (outcome : Outcome) (mean_of : (Outcome -> R) -> R) (N_ : nat) (t : nat)
            (x epsilon : nat -> Outcome -> R) (alpha : nat -> R)
        (1 <= t)%nat
        (t < N_)%nat
        forall s, (1 <= s)%nat -> 0 < alpha s
        forall s, (1 <= s)%nat -> alpha s < 1
        expectation mean_of
        forall s outcome, (1 <= s)%nat -> x s outcome
            = sqrt (alpha s) * x (s - 1)%nat outcome + sqrt (1 - alpha s) * epsilon s outcome
        mean_of (fun outcome => x t outcome)
            = mean_of (fun outcome => sqrt (alpha t) * x (t - 1)%nat outcome + sqrt (1 - alpha t) * epsilon t outcome)
        """,
    ),
    Pair(
        "independence of an earlier state",
        lambda w: (E(w.x[w.t - 1] * w.e[w.t]), E(w.x[w.t - 1]) * E(w.e[w.t]), "independence"),
        """
        (Outcome : Type) (outcome : Outcome) (mean_of : (Outcome -> R) -> R) (t N_ : nat)
            (x epsilon : nat -> Outcome -> R)
        (1 <= t)%nat
        (t < N_)%nat
        expectation mean_of
        forall s t, (s < t < N_)%nat -> independent_under mean_of (epsilon s) (epsilon t)
        forall s t, (s < t < N_)%nat -> independent_under mean_of (x s) (epsilon t)
        mean_of (fun outcome => x (t - 1)%nat outcome * epsilon t outcome)
            = mean_of (fun outcome => x (t - 1)%nat outcome) * mean_of (fun outcome => epsilon t outcome)
        """,
    ),
    Pair(
        "one noise that is independent of the data",
        lambda w: (
            E(w.x[0] * w.X.merged_noise("eps")),
            E(w.x[0]) * E(w.X.merged_noise("eps")),
            "independence",
        ),
        """
        (Outcome : Type) (outcome : Outcome) (mean_of : (Outcome -> R) -> R) (N_ : nat) (x : nat -> Outcome -> R)
            (eps : Outcome -> R)
        (0 < N_)%nat
        expectation mean_of
        forall s t, (s < t < 2)%nat -> independent_under mean_of (x s) eps
        mean_of (fun outcome => x 0%nat outcome * eps outcome)
            = mean_of (fun outcome => x 0%nat outcome) * mean_of eps
        """,
    ),
    Pair(
        "a variance given the data, by its standard noise",
        lambda w: (Var(w.a * w.x[0] + w.e[w.t], given=w.x[0]), 1, "independence", standard(w)),
        """
        (Outcome : Type) (outcome : Outcome) (mean_given : (Outcome -> R) -> Outcome -> (Outcome -> R) -> R)
            (mean_of : (Outcome -> R) -> R) (t N_ : nat) (x epsilon : nat -> Outcome -> R) (a : R)
        (1 <= t)%nat
        (t < N_)%nat
        0 < a
        expectation mean_of
        conditional mean_given
        forall s, (1 <= s < N_)%nat -> standard mean_of (epsilon s)
        forall s t, (s < t < N_)%nat -> forall outcome, standard (mean_given (x s) outcome) (epsilon t)
        forall s t, (s < t < N_)%nat -> independent_under mean_of (x s) (epsilon t)
        forall s t, (s < t < N_)%nat -> independent_under mean_of (epsilon s) (epsilon t)
        forall s t, (s < t < N_)%nat -> forall outcome, same_law (mean_given (x s) outcome) mean_of (epsilon t)
        variance_of (mean_given (x 0%nat) outcome) (fun outcome => a * x 0%nat outcome + epsilon t outcome) = 1
        """,
    ),
    Pair(
        "a function of a noise and a time",
        lambda w: (E(w.net(w.x[w.t], w.t) * w.g(w.e[w.t])), w.r, "linearity"),
        """
        (Outcome : Type) (outcome : Outcome) (mean_of : (Outcome -> R) -> R) (N_ : nat) (t : nat)
            (x epsilon : nat -> Outcome -> R) (net : R -> nat -> R) (g : R -> R) (r : R)
        (1 <= t)%nat
        (t < N_)%nat
        expectation mean_of
        mean_of (fun outcome => net (x t outcome) t * g (epsilon t outcome)) = r
        """,
    ),
)


def picked(w):
    alphabet = w.X.alphabet("K")
    c, mask = w.X.states("c", alphabet), w.X.symbol("mask", alphabet)
    return (Integral(Iverson(c[w.t], mask) * w.g(c[w.t]) + 1, c[w.t]), w.g(mask) + alphabet.size, "summation")


def in_order(w):
    c = w.X.states("c", w.X.alphabet("K"))
    w.X.suppose("order", w.s, w.t)
    return (w.mk(c[w.s - 1] | c[w.s], c[w.t]), w.mk(c[w.s - 1] | c[w.s]), "Markov")


ALPHABETS = (
    Pair(
        "a bracket, and the size of an alphabet",
        picked,
        """
        (K_symbols : Type) (t N_ : nat) (K_letters : list K_symbols)
            (same_K_symbols : K_symbols -> K_symbols -> bool) (c : nat -> K_symbols)
            (mask : K_symbols) (g : K_symbols -> R)
        (1 <= t < N_)%nat
        K_letters <> [] /\\ NoDup K_letters /\\ forall v, In v K_letters
        forall a b, same_K_symbols a b = true <-> a = b
        Variables.over (fun _ => K_letters) N_ (only t)
            (fun c => (if same_K_symbols (c t) mask then 1 else 0) * g (c t) + 1) c
            = g mask + INR (length K_letters)
        """,
    ),
    Pair(
        "symbols at times in order",
        in_order,
        """
        (K_symbols : Type) (s t N_ : nat) (K_letters : list K_symbols) (c : nat -> K_symbols)
            (k : (nat -> K_symbols) -> R)
        (1 <= s < t /\\ t < N_)%nat
        K_letters <> [] /\\ NoDup K_letters /\\ forall v, In v K_letters
        forall c, 0 < k c
        normalised (fun _ => K_letters) N_ k
        markov (fun _ => K_letters) N_ k
        cond (fun _ => K_letters) N_ k (only (s - 1)) (only s ∪ only t) c
            = cond (fun _ => K_letters) N_ k (only (s - 1)) (only s) c
        """,
    ),
)

PAIRS = (*NUMBERS, *TIMES, *CITED, *FUNCTIONS, *DENSITIES, *FINITE, *LINE, *CALCULUS, *NOISE, *ALPHABETS)

WRONG = (  # a pair, and what its statement does not say: what stands there, and what stands there instead
    ("a member before its time moves the range", "(3 <= t)%nat", "(2 <= t)%nat"),
    ("a sum over all times", "sum (times 1 T)", "sum (times 0 T)"),
    ("a sum with shifted ends and members", "times 2 (T - 1)", "times 2 T"),
    ("a domain between two numbers", "        width < 3\n", ""),
    ("a sequence with a first value on the border of its domain", "forall s, (1 <= s)%nat -> 0 <", "forall s, 0 <"),
    ("a definition of a sequence, for all times", "forall s, (2 <= s)%nat -> m s", "forall s, (3 <= s)%nat -> m s"),
    ("a result, for all its times", "forall t, (2 <= t)%nat", "forall t, (1 <= t)%nat"),
    ("the hypothesis of an induction, at one time", "INR n * r\n        sum", "INR n * r + 0\n        sum"),
    ("a cited density, for all times and states", "(1 - alpha s)\n", "(sqrt (1 - alpha s))\n"),
    ("densities as positive functions", "q (only t) (only (t - 1)) x", "q (only (t - 1)) (only t) x"),
    ("a Markov chain forgets", "        markov space_ N_ r_chain\n", ""),
    ("a later state", "(t + 1 < N_)%nat", "(t < N_)%nat"),
    ("a symbol that bound states define", "m s (x s) =", "m s (x 0%nat) ="),
    (
        "integrals over an interval and over half lines",
        "(at_point r) (Rbar_locally p_infty)",
        "(at_point 0) (Rbar_locally p_infty)",
    ),
    ("a Gaussian integral over a state", "(put x (t - 1) here)", "(put x t here)"),
    ("a second derivative", "        forall y, is_derive g_prime y (g_prime_prime y)\n", ""),
    ("a derivative by a state", "here)) (x t)", "here)) (x 0%nat)"),
    ("what is defined by the variable moves with it", "forall r, b r = r ^ 2", "b r = r ^ 2"),
    ("the limit of a mean over all times", "INR t / INR T)) / INR T)", "INR t / INR T)) / INR (T + 1))"),
    ("the variance of independent noises", "forall s t, (s < t < N_)%nat", "forall s t, (s <= t < N_)%nat"),
    (
        "a mean given a state",
        "a * x (t - 1)%nat outcome + mean_given (x (t - 1)%nat)",
        "a * x (t - 1)%nat outcome + mean_given (x t)",
    ),
    (
        "a state that noise moves",
        "forall s outcome, (1 <= s)%nat -> x s outcome",
        "forall s outcome, (1 <= s)%nat -> x (s - 1)%nat outcome",
    ),
)


def hides(w, what, *definitions):
    for name, left, right in definitions:  # the proof checker would refuse some of them
        w.X._place(Definition(name, left, right, ":=", "definition"))
    return what


REFUSED = (  # steps whose translation would say something else: why, the step, and its first time
    ("the time", lambda w: (w.c * w.c ** (w.t - 2), w.c ** (w.t - 1), "algebra"), 1),
    ("the time", lambda w: (Sum(w.c ** (w.s - 2), (w.s, 1, 1)), 1, "algebra"), 1),
    ("the time", lambda w: (Sum(w.rate[w.s], (w.s, 0, w.t - 1)), w.r, "algebra"), 0),
    ("the time", lambda w: (w.net(w.r, w.t - 2), w.r, "algebra"), 1),
    ("the time", lambda w: (Sum(w.rate[w.s - 2], (w.s, 1, w.T)), w.r, "algebra"), 1),
    ("a power", lambda w: (w.r**w.b, 1, "algebra"), 1),
    ("a power", lambda w: (w.r ** (2 * w.t), (w.r**2) ** w.t, "algebra"), 1),
    ("a power", lambda w: (sqrt(w.r) ** w.b, 1, "algebra"), 1),
    ("twice", lambda w: (w.q(w.x[1], w.x[1]), w.q(w.x[1]), "marginalisation"), 1),
    ("twice", lambda w: (w.q(w.x[w.t] | w.x[0 : w.t]), w.r, "chain rule"), 1),
    ("twice", lambda w: (w.q(w.x[w.t - 1] | w.x[w.t], w.x[0]), w.r, "chain rule"), 1),
    ("the distribution", lambda w: (E(w.g(w.x[0]), w.q(w.x[0])), E(w.g(w.label[0]), w.q(w.label[0])), "tower"), 1),
    (
        "hides",
        lambda w: hides(w, (Derivative(w.g(w.r), w.a), 0, "differentiation"), ("g", w.g(w.r), w.r * w.a)),
        1,
    ),
    (
        "hides",
        lambda w: (Derivative(w.g(w.r), w.a), 7 * w.r, "differentiation", define(w, "g", w.g(w.r), w.r * w.a)),
        1,
    ),
    (
        "hides",
        lambda w: hides(
            w,
            (Derivative(w.q(w.x[1] | w.x[0]), w.a), 0, "differentiation"),
            ("q", w.q(w.x[1] | w.x[0]), Normal(w.x[1], w.x[0] * w.a, 1)),
        ),
        1,
    ),
    (
        "hides",
        lambda w: hides(w, (E(w.g(w.r)), w.g(w.r), "linearity"), ("b", w.b, w.e[3]), ("g", w.g(w.r), w.r * w.b)),
        1,
    ),
    (
        "hides",
        lambda w: hides(w, (Derivative(w.x[1], w.x[0]), 0, "differentiation"), ("x", w.x[1], w.x[0] * w.a)),
        1,
    ),
    (
        "defined and bound",
        lambda w: (Derivative(w.x[1], w.x[0]), 5, "differentiation", define(w, "x", w.x[1], w.x[0] * w.a)),
        1,
    ),
    ("no word for Limit", lambda w: (w.r, Limit(w.r + 1 / w.T, w.T), "limit"), 1),
    ("no word for Limit", lambda w: (Limit(w.r + 1 / w.T, w.T) + 1, w.r, "limit"), 1),
    ("no word for Limit", lambda w: (Limit(1 / w.T, w.T), Limit(2 / w.T, w.T), "limit"), 1),
)
