"""What is cited where it does not hold: too early, under a binder, for another thing, or not at all."""

from __future__ import annotations

from derive import Derivative as D
from derive import E, Sum, exp, standard_normal
from derive import Integral as I
from derive import Normal as N
from derive.language.expr import wrap
from generated.form import False_, chain_law

CASES: list = []


def cited(name, because=""):
    """Keep a falsehood under its name."""

    def keep(build):
        CASES.append((name, build, because))
        return build

    return keep


@cited("before its first time")
def _early(w):
    late = w.X.sequence("late", start=3)
    w.X.define("late", late[w.t], w.m[w.t] * w.m[w.t - 2])
    w.step(late[2], w.m[2] * w.m[0], "definition", "late")


@cited("before the start of its chain")
def _before_start(w):
    w.X.chain("r", Sum(wrap(1), (w.s, 3, w.t)), start=2).equals(w.t - 2, by="algebra")
    w.step(Sum(wrap(1), (w.s, 3, w.t)), w.t - 2, "result", "r")


@cited("before the start, at a number")
def _before_start_at_one(w):
    w.X.chain("r", Sum(w.m[w.s], (w.s, 2, w.t)), start=2).equals(
        Sum(w.m[w.s], (w.s, 2, w.t - 1)) + w.m[w.t], by="algebra"
    )
    w.step(Sum(w.m[w.s], (w.s, 2, 1)), Sum(w.m[w.s], (w.s, 2, 0)) + w.m[1], "result", "r")


@cited("a definition under an integral over its letter")
def _under_integral(w):
    w.X.define("d", w.r, 2 * w.b)
    w.step(I(w.f(w.b) * w.r, w.b), I(w.f(w.b) * (2 * w.b), w.b), "definition", "d")


@cited("a definition under a mean over its letter")
def _under_mean(w):
    w.X.define("d", w.r, w.b**2)
    w.step(E(w.r, N(w.b, 0, 1)), w.r, "Gaussian integral")
    w.step(E(w.r, N(w.b, 0, 1)), 1, "definition", "d")


@cited("a definition of the letter that is bound")
def _bound_letter(w):
    w.X.define("d", w.b, w.a)
    w.step(I(w.f(w.b) * w.b, w.b), I(w.f(w.b) * w.a, w.b), "definition", "d")


@cited("a definition of the letter of a slope")
def _slope_letter(w):
    w.X.define("d", w.b, w.a)
    w.step(D(w.b**2, w.b), D(w.a**2, w.b), "definition", "d")


@cited("a definition under a sum over its index")
def _under_sum(w):
    w.X.define("d", w.m[w.t], w.t + 0 * w.r)
    w.step(Sum(w.m[w.t], (w.s, 1, w.T)), Sum(w.s + 0 * w.r, (w.s, 1, w.T)), "definition", "d")


@cited("a result with another index in a sum")
def _result_in_sum(w):
    w.X.define("d", w.m[w.t], 2 * w.t)
    w.step(Sum(w.m[w.s + 1], (w.s, 1, w.T)), Sum(2 * w.s, (w.s, 1, w.T)), "definition", "d")


@cited("an assumption that is not named")
def _unnamed(w):
    w.X.assume("a", w.r, w.b)
    w.step(w.r, w.b, "algebra")


@cited("a definition that is not named")
def _undefined(w):
    w.X.define("d", w.r, w.b + 1)
    w.step(w.r, w.b + 1, "algebra")


@cited("a definition turned at another place")
def _other_place(w):
    w.X.define("d", w.m[w.t], w.al[w.t])
    w.step(w.m[2], w.al[1], "definition", "d")


@cited("a definition of a density at other times")
def _density_times(w):
    w.X.define("d", w.q(w.x[w.t] | w.x[w.t - 1]), N(w.x[w.t], w.x[w.t - 1], 1))
    w.step(w.q(w.x[2] | w.x[0]), N(w.x[2], w.x[0], 1), "definition", "d")


@cited("a definition of a density with swapped sides")
def _density_swapped(w):
    w.X.define("d", w.q(w.x[w.t] | w.x[w.t - 1]), N(w.x[w.t], w.x[w.t - 1], w.v))
    w.step(w.q(w.x[1] | w.x[2]), N(w.x[1], w.x[2], w.v), "definition", "d")


@cited("a definition of a density of another law")
def _density_law(w):
    w.X.define("d", w.q(w.x[w.t] | w.x[w.t - 1]), N(w.x[w.t], w.x[w.t - 1], 1))
    w.step(w.p(w.x[2] | w.x[1]), N(w.x[2], w.x[1], 1), "definition", "d")


@cited("a closed form of the wrong variance")
def _closed(w):
    k = chain_law(w)
    w.X.define("d", k(w.x[w.t] | w.x[w.t - 1]), N(w.x[w.t], w.x[w.t - 1], 1))
    w.X.chain("c", k(w.x[2] | w.x[0])).equals(
        I(k((w.x[2] | w.x[1]), w.x[0]) * k(w.x[1] | w.x[0]), w.x[1]), by="marginalisation"
    ).equals(I(k(w.x[2] | w.x[1]) * k(w.x[1] | w.x[0]), w.x[1]), by="Markov").equals(
        I(N(w.x[2], w.x[1], 1) * N(w.x[1], w.x[0], 1), w.x[1]), by="definition", using="d"
    ).equals(N(w.x[2], w.x[0], 1), by="Gaussian integral")


@cited("a law of a noise that is not said")
def _no_law(w):
    w.step(E(w.e[1] ** 2), 1, "definition")


@cited("the law of one noise for another")
def _other_noise(w):
    other = w.X.noise("other")
    w.X.define("noise", w.e[w.t], standard_normal)
    w.step(E(other[1] ** 2), 1, "definition", "noise")


@cited("an inequality as an equality")
def _inequality(w):
    w.X.chain("r", w.a).at_most(w.a + w.r**2, gap=w.r**2)
    w.step(w.a, w.a + w.r**2, "result", "r")


@cited("a hypothesis outside of its induction")
def _hypothesis(w):
    w.X.induction("i", w.r * w.t, w.r * w.t**2, over=w.t)
    w.step(w.r * w.t, w.r * w.t**2, "induction", "hypothesis")


@cited("an induction that is not concluded")
def _not_concluded(w):
    w.X.induction("i", w.r * w.t, w.r * w.t**2, over=w.t)
    w.step(w.r * w.t, w.r * w.t**2, "result", "i")


@cited("an exponential that a letter hides")
def _hidden(w):
    w.X.define("noise", w.e[w.t], standard_normal)
    w.X.define("d", w.m[w.t], exp(w.e[w.t]))
    w.step(E(w.m[1] * w.m[2]), w.m[1] * E(w.m[2]), "linearity")


def falsehoods():
    yield from (False_(f"cited, {name}", build, because) for name, build, because in CASES)
