"""Falsehoods that a hostile reader got accepted once, one a row: each must end in an error of the family."""

from __future__ import annotations

from fractions import Fraction

import pytest

from diffusion_lib.errors import DiffusionLibError
from diffusion_lib.symbolic import (
    KL,
    Derivation,
    E,
    Integral,
    Limit,
    Normal,
    Product,
    Sum,
    Var,
    log,
    positive,
    sqrt,
    standard_normal,
    unit,
)
from diffusion_lib.symbolic.expr import wrap

FALSEHOODS = {}


def falsehood(name):
    def keep(build):
        FALSEHOODS[name] = build
        return build

    return keep


@falsehood("01 (n-1)..(n-5)S = 2(n-1)..(n-5)S")
def _(F, n, t, s, T, m):
    p = (n - 1) * (n - 2) * (n - 3) * (n - 4) * (n - 5)
    S = Sum(wrap(1), (s, 1, n))
    F.chain("x", p * S).equals(2 * p * S, by="algebra")


@falsehood("02 Sum_{1}^{T-5} a = 2 Sum (empty for T<=5)")
def _(F, n, t, s, T, m):
    a = F.sequence("a", positive)
    S = Sum(a[s], (s, 1, T - 5))
    F.chain("x", S).equals(2 * S, by="algebra")


@falsehood("03 density: (T-1)..(T-5) log q(x1) = 0")
def _(F, n, t, s, T, m):
    x = F.states("x")
    q = F.density("q")
    F.chain("x", (T - 1) * (T - 2) * (T - 3) * (T - 4) * (T - 5) * log(q(x[1]))).equals(0 * log(q(x[1])), by="algebra")


@falsehood("04 two definitions of one symbol: 1=2")
def _(F, n, t, s, T, m):
    b = F.symbol("b")
    F.define("one", b, 1)
    F.define("two", b, 2)
    F.chain("x", wrap(1)).equals(b, by="definition", using="one").equals(2, by="definition", using="two")


@falsehood("05 redefine under same name: 1=2")
def _(F, n, t, s, T, m):
    b = F.symbol("b")
    F.define("b", b, 1)
    F.chain("r", b).equals(1, by="definition", using="b")
    F.define("b", b, 2)
    F.chain("x", wrap(1)).equals(b, by="result", using="r").equals(2, by="definition", using="b")


@falsehood("06 circular definitions a=b+1,b=a+1: 0=2")
def _(F, n, t, s, T, m):
    a = F.symbol("a")
    b = F.symbol("b")
    F.define("a", a, b + 1)
    F.define("b", b, a + 1)
    F.chain("x", a).equals(b + 1, by="definition", using="a").equals(a + 2, by="definition", using="b")


@falsehood("07 definition 1 := 2")
def _(F, n, t, s, T, m):
    F.define("d", wrap(1), 2)
    F.chain("x", wrap(1)).equals(2, by="definition", using="d")


@falsehood("08 free index in definition: a1=a2")
def _(F, n, t, s, T, m):
    c = F.symbol("c")
    a = F.sequence("a")
    F.define("c", c, a[t])
    F.chain("r", a[t]).equals(c, by="definition", using="c")
    F.chain("x", a[1]).equals(c, by="result", using="r").equals(a[2], by="result", using="r")


@falsehood("09 contradictory assumptions a=1,a=2: 1=2")
def _(F, n, t, s, T, m):
    b = F.symbol("b")
    F.assume("one", b, 1)
    F.assume("two", b, 2)
    F.chain("x", wrap(1)).equals(b, by="definition", using="one").equals(2, by="definition", using="two")


@falsehood("10 suppose a<b with assume a=b+1")
def _(F, n, t, s, T, m):
    a = F.symbol("a")
    b = F.symbol("b")
    F.suppose("h", a, b)
    F.assume("e", a, b + 1)
    F.chain("x", a).equals(b + 1, by="definition", using="e")


@falsehood("11 x/x=1 for real x")
def _(F, n, t, s, T, m):
    a = F.symbol("a")
    F.chain("x", a / a).equals(1, by="algebra")


@falsehood("12 2a=a by hidden division by zero, definitions only")
def _(F, n, t, s, T, m):
    a = F.symbol("a", positive)
    b = F.symbol("b")
    c = F.symbol("c")
    d = F.symbol("d")
    F.define("b", b, a)
    F.define("c", c, a**2 - b**2)
    F.define("d", d, a**2 - a * b)
    F.chain("A", c / (a - b)).equals((a**2 - b**2) / (a - b), by="definition", using="c").equals(
        a + b, by="algebra"
    ).equals(2 * a, by="definition", using="b")
    F.chain("R", c).equals(d, by="definition", using=("c", "d", "b"))
    F.chain("B", c / (a - b)).equals(d / (a - b), by="result", using="R").equals(
        (a**2 - a * b) / (a - b), by="definition", using="d"
    ).equals(a, by="algebra")
    F.chain("x", 2 * a).equals(c / (a - b), by="result", using="A").equals(a, by="result", using="B")


@falsehood("13 chain start=0: Sum_{2}^{t}1 = t-1, cite at t=0: 0=-1")
def _(F, n, t, s, T, m):
    one = wrap(1)
    F.chain("r", Sum(one, (s, 2, t)), start=0).equals(t - 1, by="algebra")
    F.chain("x", wrap(0)).equals(Sum(one, (s, 2, 0)), by="algebra").equals(-1, by="result", using="r")


@falsehood("14 E(e_s e_t)=0 for all s,t, then at s=t: 1=0")
def _(F, n, t, s, T, m):
    e = F.noise("e")
    F.define("noise", e[t], standard_normal)
    F.chain("r", E(e[s] * e[t])).equals(0, by="independence", using="noise")
    F.chain("x", wrap(1)).equals(E(e[1] * e[1]), by="definition", using="noise").equals(0, by="result", using="r")


@falsehood("15 lim a_T/T=0 for any real sequence")
def _(F, n, t, s, T, m):
    a = F.sequence("a")
    F.chain("x", Limit(a[T] / T, T)).equals(0, by="limit")


@falsehood("16 lim alpha_T^T=0 for any alpha in (0,1)")
def _(F, n, t, s, T, m):
    a = F.sequence("alpha", unit)
    F.chain("x", Limit(a[T] ** T, T)).equals(0, by="limit")


@falsehood("17 lim c = c+11 by algebra; c by limit")
def _(F, n, t, s, T, m):
    c = F.symbol("c")
    F.chain("y", Limit(c, T)).equals(c, by="limit")
    F.chain("x", Limit(c, T)).equals(c + 11, by="algebra")


@falsehood("18 E(1)=2 by algebra")
def _(F, n, t, s, T, m):
    F.chain("x", E(wrap(1))).equals(2, by="algebra")


@falsehood("19 Var(c)=c+2c^2 by algebra")
def _(F, n, t, s, T, m):
    c = F.symbol("c")
    F.chain("x", Var(c)).equals(c + 2 * c**2, by="algebra")


@falsehood("20 Integral(f,u)=f+3u by algebra")
def _(F, n, t, s, T, m):
    u = F.dummy("u")
    f = Normal(u, 0, 1)
    F.chain("y", Integral(f, u)).equals(1, by="Gaussian integral")
    F.chain("x", Integral(f, u)).equals(f + 3 * u, by="algebra")


@falsehood("21 gap KL(q, Normal(x;x,1)) is not >=0")
def _(F, n, t, s, T, m):
    x = F.states("x")
    q = F.density("q")
    g = KL(q(x[t] | x[0]), Normal(x[t], x[t], 1))
    F.chain("x", 0 * log(q(x[t] | x[0]))).at_most(g, g)


@falsehood("22 other noise is standard by citing e's law")
def _(F, n, t, s, T, m):
    e = F.noise("e")
    w = F.noise("w")
    F.define("noise", e[t], standard_normal)
    F.chain("x", Var(w[1])).equals(1, by="definition", using="noise")


@falsehood("23 noise ~ N(0,4) but Var=1")
def _(F, n, t, s, T, m):
    e = F.noise("e")
    F.define("noise", e[t], Normal(e[t], 0, 4))
    F.chain("x", Var(e[t])).equals(1, by="definition", using="noise")


@falsehood("24 noise law for e_1 only gives Var(e_2)=1")
def _(F, n, t, s, T, m):
    e = F.noise("e")
    F.define("noise", e[1], standard_normal)
    F.chain("x", Var(e[2])).equals(1, by="definition", using="noise")


@falsehood("25 alpha_bar from 0 in (0,1): alpha_bar_0=1 and <1")
def _(F, n, t, s, T, m):
    a = F.sequence("alpha", unit)
    ab = F.sequence("alpha_bar", unit, start=0)
    F.define("ab", ab[t], Product(a[s], (s, 1, t)))
    F.chain("r", ab[0]).equals(1, by="definition", using="ab")
    F.chain("x", ab[0]).below(1, 1 - ab[0])


@falsehood("26 log(1-ab_0)-log(1-ab_0)=0")
def _(F, n, t, s, T, m):
    a = F.sequence("alpha", unit)
    ab = F.sequence("alpha_bar", unit, start=0)
    F.define("ab", ab[t], Product(a[s], (s, 1, t)))
    F.chain("x", log(1 - ab[0]) - log(1 - ab[0])).equals(0, by="algebra")


@falsehood("27 merged noise independent of e_1: E(z e1)=0")
def _(F, n, t, s, T, m):
    e = F.noise("e")
    z = F.merged_noise("z")
    F.define("noise", e[t], standard_normal)
    F.chain("x", E(z * e[1])).equals(0, by="independence", using="noise")


@falsehood("30 E opaque product: Var(b)+Var(-b)=2(E b+E(-b))")
def _(F, n, t, s, T, m):
    e = F.noise("e")
    b = e[1]
    F.chain("x", Var(b) + Var(-b)).equals(2 * (E(b) + E(-b)), by="algebra")


@falsehood("31 drop condition x0: q(xt-1|xt,x0)=q(xt-1|xt) Markov")
def _(F, n, t, s, T, m):
    x = F.states("x")
    q = F.density("q")
    F.chain("x", q(x[t - 1] | x[t], x[0])).equals(q(x[t - 1] | x[t]), by="Markov")


@falsehood("32 Bayes at t=1")
def _(F, n, t, s, T, m):
    x = F.states("x")
    q = F.density("q")
    F.chain("x", q(x[t] | x[t - 1], x[0])).equals(
        q(x[t - 1] | x[t], x[0]) * q(x[t] | x[0]) / q(x[t - 1] | x[0]), by="Bayes"
    )


@falsehood("33 sqrt(x^2)=x real")
def _(F, n, t, s, T, m):
    a = F.symbol("a")
    F.chain("x", sqrt(a**2)).equals(a, by="algebra")


@falsehood("34 sqrt(x*x)=x for a sequence x defined 1-2b on real")
def _(F, n, t, s, T, m):
    b = F.symbol("b", unit)
    F.chain("x", sqrt((1 - 2 * b) ** 2)).equals(1 - 2 * b, by="algebra")


@falsehood("35 Jensen wrong direction: E log <= gap KL sign")
def _(F, n, t, s, T, m):
    x = F.states("x")
    q = F.density("q")
    p = F.density("p")
    g = KL(q(x[1] | x[0]), p(x[1] | x[0]))
    F.chain("x", log(p(x[0]))).at_most(log(p(x[0])) - g, -g)


@falsehood("36 gap E(x) with sign (unit mean)")
def _(F, n, t, s, T, m):
    e = F.noise(
        "e",
    )
    F.chain("x", E(e[1]) * 0).at_most(E(e[1]), E(e[1]))


@falsehood("37 below with gap product empty at T=1")
def _(F, n, t, s, T, m):
    a = F.sequence("a", unit)
    P = Product(a[s], (s, 1, T - 1))
    F.chain("x", P).below(1, 1 - P)


@falsehood("38 below 1 for product from s=T..: (s,6+?,T)")
def _(F, n, t, s, T, m):
    a = F.sequence("a", unit)
    P = Product(a[s], (s, 1, 0))
    F.chain("x", P).below(1, 1 - P)


@falsehood("41 nested/limit interchange: lim n/(n+m) m->inf")
def _(F, n, t, s, T, m):
    F.chain("x", Limit(Limit(n / (n + m), m), n)).equals(1, by="limit")


@falsehood("43 lim 1e-12 const =0")
def _(F, n, t, s, T, m):
    F.chain("x", Limit(wrap(Fraction(1, 10**12)), T)).equals(0, by="limit")


@falsehood("45 chain citing without: alpha=1-beta uncited")
def _(F, n, t, s, T, m):
    b = F.sequence("beta", unit)
    a = F.sequence("alpha", unit)
    F.define("al", a[t], 1 - b[t])
    F.chain("x", a[t]).equals(1 - b[t], by="algebra")


@falsehood("46 density q(x2|x0) Markov with s,t general")
def _(F, n, t, s, T, m):
    x = F.states("x")
    q = F.density("q")
    F.chain("x", q(x[t] | x[s], x[0])).equals(q(x[t] | x[s]), by="Markov")


@falsehood("47 KL(x_t, mean depends) gap via Sum of bad KL")
def _(F, n, t, s, T, m):
    x = F.states("x")
    q = F.density("q")
    g = Sum(KL(q(x[t] | x[0]), Normal(x[t], x[t], 1)), (t, 1, T))
    F.chain("x", 0 * log(q(x[T] | x[0]))).at_most(g, g)


@falsehood("48 two-state: E over q of x^2 (a+b)E.. Gaussian")
def _(F, n, t, s, T, m):
    x = F.states("x")
    q = F.density("q")
    F.chain("x", E(x[1] ** 2, q(x[1]))).equals(E(x[1], q(x[1])) ** 2, by="linearity")


@falsehood("49 noise vs given later: Var(x_t|x_t-1) w/ state def & indep")
def _(F, n, t, s, T, m):
    e = F.noise("e")
    x = F.states("x")
    F.define("noise", e[t], standard_normal)
    F.chain("x", E(e[t] * x[t])).equals(0, by="independence", using="noise")


@falsehood("50 merged: E(e1*z)=0 yet x1 both (draw+jump)")
def _(F, n, t, s, T, m):
    e = F.noise("e")
    z = F.merged_noise("z")
    x = F.states("x")
    a = F.symbol("a", unit)
    F.define("noise", e[t], standard_normal)
    F.define("d", x[1], a * x[0] + (1 - a) * e[1])
    F.define("j", x[1], a * x[0] + (1 - a) * z)
    F.chain("A", E(x[1] * e[1] - a * x[0] * e[1])).equals(
        E((1 - a) * e[1] * e[1]), by="definition", using=("d", "noise")
    ).equals(1 - a, by="definition", using="noise")
    F.chain("B", E(x[1] * e[1] - a * x[0] * e[1])).equals(
        E((1 - a) * z * e[1]), by="definition", using=("j", "noise")
    ).equals(0, by="independence", using="noise")


@falsehood("51 density poly: log q *(T-1)..(T-5) = log q * 2 *...")
def _(F, n, t, s, T, m):
    x = F.states("x")
    q = F.density("q")
    P = (T - 1) * (T - 2) * (T - 3) * (T - 4) * (T - 5)
    F.chain("x", P * log(q(x[1])) + log(q(x[1]))).equals(log(q(x[1])), by="algebra")


@falsehood("52 density sum empty: Sum(1..T-5) log q(xs) + log q(x1)= log q(x1)")
def _(F, n, t, s, T, m):
    x = F.states("x")
    q = F.density("q")
    F.chain("x", Sum(log(q(x[s])), (s, 1, T - 5)) + log(q(x[1]))).equals(log(q(x[1])), by="algebra")


@falsehood("53 density: s,t with s>t gap e.g. q(x[s+3]...) only few pairs")
def _(F, n, t, s, T, m):
    x = F.states("x")
    q = F.density("q")
    F.chain("x", q(x[t] | x[t - 1], x[t - 2])).equals(q(x[t] | x[t - 1]), by="chain rule")


@falsehood("55 definite integral through pole 1/u -1..1")
def _(F, n, t, s, T, m):
    u = F.dummy("u")
    F.chain("x", Integral(1 / u, (u, -1, 1))).equals(0, by="integration")


@falsehood("56 conclude with hypothesis at t+1 (shift)")
def _(F, n, t, s, T, m):
    a = F.sequence("a")
    proof = F.induction("i", a[t], a[1], over=t)
    proof.base.equals(a[1], by="algebra")
    proof.step.equals(a[1], by="induction", using="hypothesis")
    proof.conclude()


@falsehood("57 Integral free dummy in result then substitute")
def _(F, n, t, s, T, m):
    u = F.dummy("u")
    f = Normal(u, 0, 1)
    F.chain("A", Integral(f, u)).equals(f + 3 * u, by="algebra")
    F.chain("B", Integral(f, u)).equals(1, by="Gaussian integral")
    F.chain("x", wrap(1)).equals(Integral(f, u), by="result", using="B").equals(f + 3 * u, by="result", using="A")


@falsehood("58 assumption of noise not tagged / wrong RHS")
def _(F, n, t, s, T, m):
    e = F.noise("e")
    F.assume("noise", e[t], wrap(7))
    F.chain("x", Var(e[t])).equals(1, by="definition", using="noise")


@falsehood("59 E(e_s e_t)=0 independence, no std law")
def _(F, n, t, s, T, m):
    e = F.noise("e")
    F.chain("r", E(e[s] * e[t])).equals(E(e[s]) * E(e[t]), by="independence")


@falsehood("60 1/(a_s-a_t) identity at s=t")
def _(F, n, t, s, T, m):
    a = F.sequence("a")
    F.chain("r", (a[s] ** 2 - a[t] ** 2) / (a[s] - a[t])).equals(a[s] + a[t], by="algebra")


@falsehood("61 fact w/ sequence starting at 0; recursion at t=0")
def _(F, n, t, s, T, m):
    a = F.sequence("alpha", unit)
    F.chain("r", Product(a[s], (s, 1, t))).equals(a[t] * Product(a[s], (s, 1, t - 1)), by="algebra")
    F.chain("x", wrap(1)).equals(Product(a[s], (s, 1, 0)), by="algebra").equals(2, by="result", using="r")


@falsehood("62 dummy defined")
def _(F, n, t, s, T, m):
    u = F.dummy("u")
    F.define("u", u, 2)
    F.chain("x", Integral(u, (u, 0, 1))).equals(2, by="integration", using="u")


@falsehood("63 parameter assumed constant inside own integral")
def _(F, n, t, s, T, m):
    u = F.dummy("u")
    c = F.symbol("c")
    F.assume("uc", u, c)
    F.chain("A", Integral(1 + 0 * u, (u, 0, c))).equals(c, by="integration")


@falsehood("65 density claim true only for T<=5 by combinatorics: C(T-1,5)")
def _(F, n, t, s, T, m):
    x = F.states("x")
    q = F.density("q")
    p = F.density("p")
    P = (T - 1) * (T - 2) * (T - 3) * (T - 4) * (T - 5)
    F.chain("vlb", KL(q(x[T] | x[0]), p(x[T] | x[0]))).equals(
        KL(q(x[T] | x[0]), p(x[T] | x[0])) + P * log(p(x[0])), by="algebra"
    )


@falsehood("66 two laws for one state seq via definitions of x both")
def _(F, n, t, s, T, m):
    x = F.states("x")
    a = F.symbol("a")
    F.define("d1", x[t], a * x[t - 1])
    F.define("d2", x[t], 2 * a * x[t - 1])
    F.chain("r", a * x[0]).equals(x[1], by="definition", using="d1").equals(2 * a * x[0], by="definition", using="d2")


@falsehood("67 ab_0: chapter-like 0 < SNR etc: ab_t<1 for t>=0 result cited at 0")
def _(F, n, t, s, T, m):
    a = F.sequence("alpha", unit)
    ab = F.sequence("alpha_bar", unit, start=0)
    F.define("ab", ab[t], Product(a[s], (s, 1, t)))
    F.chain("r", (1 - ab[t]) / (1 - ab[t]), start=0).equals(1, by="algebra")
    F.chain("y", 1 - ab[0]).equals(0, by="definition", using="ab")


@falsehood("69 E under Normal const: E(c,N)=c+c^2")
def _(F, n, t, s, T, m):
    c = F.symbol("c")
    u = F.dummy("u")
    F.chain("x", E(c, Normal(u, 0, 1))).equals(c + c**2, by="algebra")
    F.chain("y", E(c, Normal(u, 0, 1))).equals(c, by="linearity")


@falsehood("70 full 1=2 from E(1)")
def _(F, n, t, s, T, m):
    F.chain("A", E(wrap(1))).equals(2, by="algebra")
    F.chain("B", E(wrap(1))).equals(1, by="linearity")
    F.chain("x", wrap(1)).equals(E(wrap(1)), by="result", using="B").equals(2, by="result", using="A")


@falsehood("71 start not validated: start='x' / -3")
def _(F, n, t, s, T, m):
    F.chain("r", Sum(wrap(1), (s, 1, t)), start=-3).equals(t, by="algebra")
    F.chain("x", wrap(0)).equals(Sum(wrap(1), (s, 1, -2)), by="algebra").equals(-2, by="result", using="r")


@falsehood("73 value of that gap as an equality")
def _(F, n, t, s, T, m):
    x = F.states("x")
    q = F.density("q")
    b = F.sequence("beta", unit)
    F.define("step", q(x[t] | x[t - 1]), Normal(x[t], sqrt(1 - b[t]) * x[t - 1], b[t]))
    F.chain("v", KL(q(x[t] | x[t - 1]), Normal(x[t], x[t], 1))).equals(
        -(1 + log(b[t])) / 2, by="definition", using="step"
    )


@falsehood("alpha_bar starts at 0 and 1, by its definition, and is below 1")
def _(F, n, t, s, T, m):
    ab = F.sequence("alpha_bar", unit, start=0, first=1)
    F.chain("x", ab[0]).below(1, 1 - ab[0])


@falsehood("E(2) = 3 E(1) of a density")
def _(F, n, t, s, T, m):
    x, q = F.states("x"), F.density("q")
    F.chain("x", E(wrap(2), q(x[1]))).equals(3 * E(wrap(1), q(x[1])), by="algebra")


@falsehood("a step is a Gibbs step by saying so")
def _(F, n, t, s, T, m):
    a = F.symbol("a")
    F.chain("x", a).equals(a, by="Gibbs")


@falsehood("two circles of definitions")
def _(F, n, t, s, T, m):
    a, b = F.sequence("a"), F.sequence("b")
    F.define("a", a[t], b[t])
    F.define("b", b[t], a[t] + 1)


def noisy(F, t):
    e = F.noise("e")
    F.define("noise", e[t], standard_normal)
    return e, F.states("x")


@falsehood("a step under its hypothesis, cited as a result")
def _(F, n, t, s, T, m):
    a = F.sequence("a")
    F.define("a", a[t], a[t - 1])
    proof = F.induction("i", a[t], wrap(0), over=t)
    proof.step.equals(a[t], by="definition", using="a").equals(0, by="induction", using="hypothesis")
    F.chain("x", a[2]).equals(0, by="result", using="i, step")


@falsehood("a noise given itself has mean 0")
def _(F, n, t, s, T, m):
    e, _ = noisy(F, t)
    F.chain("x", E(e[1], given=e[1])).equals(0, by="definition", using="noise")


@falsehood("a noise given the state that it makes has mean 0")
def _(F, n, t, s, T, m):
    e, x = noisy(F, t)
    F.define("draw", x[t], x[t - 1] + e[t])
    F.chain("x", E(e[1], given=x[1])).equals(0, by="definition", using=("noise", "draw"))


@falsehood("a state made of a noise that is drawn later")
def _(F, n, t, s, T, m):
    e, x = noisy(F, t)
    F.define("draw", x[t], x[t - 1] + e[t + 1])


@falsehood("a state made of a later noise by way of a parameter")
def _(F, n, t, s, T, m):
    e, x = noisy(F, t)
    b = F.sequence("b")
    F.define("draw", x[t], x[t - 1] + b[t])
    F.define("b", b[t], e[t + 1])


@falsehood("a defined draw is no number: its variance is not 0")
def _(F, n, t, s, T, m):
    z, jump, twice = F.merged_noise("z"), F.sequence("jump"), F.sequence("twice")
    F.define("jump", jump[t], 1 + z)
    F.define("twice", twice[t], 2 * jump[t])
    F.chain("x", Var(twice[t])).equals(0, by="linearity")


@falsehood("a variable of integration caught by a definition")
def _(F, n, t, s, T, m):
    b, u = F.symbol("b"), F.dummy("u")
    F.define("b", b, u + 0)


@falsehood("a gap that begins later than the line")
def _(F, n, t, s, T, m):
    a, g = F.sequence("a"), F.sequence("g", positive, start=5)
    F.chain("x", a[t]).at_most(a[t] + g[t] - g[t], gap=g[t] - g[t])


@falsehood("a circle through three")
def _(F, n, t, s, T, m):
    a, b, c = F.symbol("a"), F.symbol("b"), F.symbol("c")
    F.define("a", a, b)
    F.define("b", b, c)
    F.define("c", c, a + 1)


@falsehood("hypotheses first, contradicting definition later")
def _(F, n, t, s, T, m):
    a, b = F.symbol("a"), F.symbol("b")
    F.suppose("h", a, b)
    F.define("a", a, b + 1)


@falsehood("a state made of a later state of another process")
def _(F, n, t, s, T, m):
    e, x = noisy(F, t)
    y = F.states("y")
    F.define("x", x[t], x[t - 1] + e[t])
    F.define("y", y[t], y[t - 1] + x[t + 1])


@falsehood("a first member and a general rule that covers it")
def _(F, n, t, s, T, m):
    x = F.states("x")
    F.define("general", x[t], wrap(2))
    F.define("literal", x[0], wrap(1))


@falsehood("a gap that exists later than the line")
def _(F, n, t, s, T, m):
    a, g = F.symbol("a", positive), F.sequence("g", positive, start=5)
    F.define("g", g[t], a)
    F.chain("x", wrap(0) + 0 * t).at_most(a + 0 * t, gap=g[t], using="g")


@falsehood("a density defined by a later state")
def _(F, n, t, s, T, m):
    x, q = F.states("x"), F.density("q")
    F.define("a", q(x[t] | x[t - 1]), Normal(x[t], x[t + 1], 1))


@falsehood("two laws of one transition")
def _(F, n, t, s, T, m):
    x, q = F.states("x"), F.density("q")
    F.define("a", q(x[t] | x[t - 1]), Normal(x[t], 0, 1))
    F.define("b", q(x[t] | x[0]), Normal(x[t], 0, 2))


@falsehood("a product that is no density")
def _(F, n, t, s, T, m):
    x, q = F.states("x"), F.density("q")
    F.define("a", q(x[0], x[1]), q(x[0] | x[1]) * q(x[1] | x[0]))


@falsehood("a definition with a hole in its domain")
def _(F, n, t, s, T, m):
    F.define("r", F.symbol("r"), 1 / F.symbol("a"))


@falsehood("an expression too deep to look at")
def _(F, n, t, s, T, m):
    deep = F.symbol("a")
    for _ in range(2000):
        deep = -sqrt(deep + 1)
    F.chain("x", deep).equals(deep + 1, by="algebra")


@falsehood("a number that becomes random later")
def _(F, n, t, s, T, m):
    b, z = F.symbol("b"), F.merged_noise("z")
    F.define("noise", z, standard_normal)
    F.chain("r", Var(b)).equals(0, by="linearity")
    F.define("b", b, 2 * z)
    F.chain("x", Var(b)).equals(4, by="definition", using=("b", "noise"))


@pytest.mark.parametrize("name", FALSEHOODS)
def test_falsehoods_are_refused(name):
    F = Derivation("F")
    with pytest.raises(DiffusionLibError):
        FALSEHOODS[name](F, *F.indices("n t s T m"))


def test_gaps_are_attacked():
    """A wrong sign and a swapped divergence in the gap itself are among the mutants of an inequality."""
    F = Derivation("F")
    x, q, p = F.states("x"), F.density("q"), F.density("p")
    gap = KL(q(x[1] | x[0]), p(x[1] | x[0]))
    chain = F.chain("evidence", -log(p(x[0]))).at_most(-log(p(x[0])) + gap, gap=gap)
    kinds = [what for what, _, _ in chain.steps[0].attacks((), (q, p))]
    assert "gap: sign" in kinds and any(what.startswith("gap: swapped") for what in kinds)
    summary = F.summary()
    assert summary.killed == summary.total > 5


def test_a_first_member_beside_a_rule_that_begins_later():
    F = Derivation("F")
    t, a = *F.indices("t"), F.sequence("a")
    F.define("first", a[1], 1)
    F.define("next", a[t], a[t - 1] + 1)
    assert F.chain("x", a[2]).equals(a[1] + 1, by="definition", using="next").equals(2, by="definition", using="first")
    for _ in range(2):  # a cell may run twice
        F.define("next", a[t], a[t - 1] + 1)
