"""How expressions are written: the order of the author, few delimiters, short lines, no double backslash."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from mpmath import mp

from derive import KL, Derivation, Derivative, E, Integral, Limit, Normal, Product, Sum, Var, exp, log, sqrt, unit
from derive.errors import DeriveError
from derive.justifications import justification
from derive.language.expr import walk, wrap
from derive.language.registry import latex_name
from derive.language.text import text
from derive.language.times import Index, OutOfRange
from derive.language.tree import Fact, at, free_indices, unfold
from derive.numeric.interpret import to_mpf
from derive.numeric.points import Point
from derive.page.render import latex

F = Derivation("F")
t, s, T = F.indices("t s T")
x, q, p = F.states("x"), F.density("q"), F.density("p", r"p_\theta")
alpha, beta = F.sequence("alpha", unit), F.sequence("beta", unit)
ab, e = F.sequence("alpha_bar", unit, start=0, first=1), F.noise("epsilon")
a, u, primed = F.symbol("a"), F.dummy("u"), F.sequence("primed", latex="x'")

WRITTEN = {
    "order-is-kept": (1 + a - alpha[t] * a, "1 + a - \\alpha_t\\, a", "1 + a - alpha[t] * a"),
    "one-root": (sqrt(alpha[t] * alpha[t - 1]), "\\sqrt{\\alpha_t\\, \\alpha_{t-1}}", "sqrt(alpha[t] * alpha[t - 1])"),
    "bar": (1 - ab[T], "1 - \\bar\\alpha_T", "1 - alpha_bar[T]"),
    "parentheses": (a * (1 - a) ** 2, "a\\, (1 - a)^2", "a * (1 - a)**2"),
    "one-exponent": (primed[t] ** 2, "(x'_t)^2", "primed[t]**2"),
    "minus-sum": (a - (a + 1), "a - (a + 1)", "a - (a + 1)"),
    "fraction": (a / (1 - a), "\\frac{a}{1 - a}", "a / (1 - a)"),
    "half": ((a + 1) / 2, "\\tfrac12 (a + 1)", "(a + 1) / 2"),
    "rational": (Fraction(-3, 4) * a, "(-\\tfrac34)\\, a", "(-3/4) * a"),
    "tall": ((1 + a / 2) * a, "(1 + \\tfrac12 a)\\, a", "(1 + a / 2) * a"),
    "taller": ((1 + a / u) * a, "\\left(1 + \\frac{a}{u}\\right)\\, a", "(1 + a / u) * a"),
    "mixed-number": (wrap(3) * Fraction(1, 2), "3 \\cdot \\tfrac12", "3 * 1/2"),
    "log-first": (log(a) * u, "(\\log a)\\, u", "log(a) * u"),
    "log": (log(1 - a), "\\log (1 - a)", "log(1 - a)"),
    "exp": (exp(-a), "\\exp(-a)", "exp(-a)"),
    "sum": (Sum(beta[s], (s, 1, T)), "\\sum_{s=1}^T \\beta_s", "Sum(beta[s], (s, 1, T))"),
    "product": (Product(alpha[s], (s, 1, t - 1)), "\\prod_{s=1}^{t-1} \\alpha_s", "Product(alpha[s], (s, 1, t - 1))"),
    "sum-first": (
        Sum(beta[s], (s, 1, T)) / 2 * a,
        "\\left(\\tfrac12 \\sum_{s=1}^T \\beta_s\\right)\\, a",
        "Sum(beta[s], (s, 1, T)) / 2 * a",
    ),
    "product-first": (
        Product(beta[s], (s, 1, T)) * a,
        "\\left(\\prod_{s=1}^T \\beta_s\\right)\\, a",
        "Product(beta[s], (s, 1, T)) * a",
    ),
    "limit": (Limit(a**T, T), "\\lim_{T\\to\\infty} a^T", "Limit(a**T, T)"),
    "density": (q(x[t - 1] | x[t], x[0]), "q(x_{t-1} \\mid x_t, x_0)", "q(x[t - 1] | x[t], x[0])"),
    "path": (p(x[0:T]), "p_\\theta(x_{0:T})", "p(x[0:T])"),
    "two-targets": (q(x[1], x[2] | x[0]), "q(x_1, x_2 \\mid x_0)", "q(x[1], x[2] | x[0])"),
    "normal": (Normal(x[t], a, beta[t]), "\\mathcal{N}(x_t;\\, a,\\, \\beta_t)", "Normal(x[t], a, beta[t])"),
    "mean": (E(e[t], given=x[0]), "\\mathbb{E}[\\epsilon_t \\mid x_0]", "E(epsilon[t], given=x[0])"),
    "mean-under": (E(log(a), q(x[1])), "\\mathbb{E}_{q(x_1)}[\\log a]", "E(log(a), q(x[1]))"),
    "mean-under-all": (E(log(q(x[1])), q), "\\mathbb{E}_{q}[\\log q(x_1)]", "E(log(q(x[1])), q)"),
    "variance": (Var(x[0]), "\\operatorname{Var}[x_0]", "Var(x[0])"),
    "divergence": (KL(q(x[1]), p(x[1])), "D_{\\mathrm{KL}}(q(x_1) \\,\\|\\, p_\\theta(x_1))", "KL(q(x[1]), p(x[1]))"),
    "integral": (Integral(u, (u, 0, a)), "\\int_0^a u\\, \\mathrm{d}u", "Integral(u, (u, 0, a))"),
    "line": (Integral(q(x[1]), x[1]), "\\int q(x_1)\\, \\mathrm{d}x_1", "Integral(q(x[1]), x[1])"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_written_form(name):
    node, as_latex, as_text = WRITTEN[name]
    assert latex(node) == as_latex
    assert text(node) == repr(node) == as_text


@pytest.mark.parametrize("name", [name for name in WRITTEN if name not in ("rational", "mixed-number", "line")])
def test_text_builds_the_same_tree(name):
    names = {**globals(), "epsilon": e, "alpha_bar": ab}
    assert eval(text(WRITTEN[name][0]), names) == WRITTEN[name][0]


def grown(rng, depth):
    """A random expression over a sum's letter, with everything that might swallow its neighbour on the page."""
    if depth == 0:
        return rng.choice([a, alpha[s], alpha[t], wrap(2), wrap(Fraction(1, 2)), wrap(3)])
    one, other = grown(rng, depth - 1), grown(rng, rng.randrange(depth))
    return rng.choice(
        [
            lambda: one * other,
            lambda: other * one,
            lambda: one + other,
            lambda: one - other,
            lambda: one / other,
            lambda: Sum(one, (s, 1, T)),
            lambda: Product(one, (s, 1, T)),
            lambda: log(one),
            lambda: exp(one),
            lambda: -one,
            lambda: one / 2,
            lambda: one**2,
        ]
    )()


def test_what_is_written_alike_is_equal():
    rng, index, seen, met = random.Random(0), {"s": 2, "t": 3, "T": 3}, {}, 0
    for _ in range(30_000):
        node = grown(rng, rng.choice([1, 2, 2, 3]))
        other = seen.setdefault(latex(node), node)
        if other != node:
            met += 1
            try:
                one, two = (to_mpf(Point("0", index, justification("algebra"))(part)) for part in (node, other))
            except (DeriveError, OutOfRange, ZeroDivisionError):
                continue
            assert mp.almosteq(one, two, 1e-10), f"{node!r} and {other!r} are both written {latex(node)}"
    assert met > 100


def test_names():
    assert [latex_name(n) for n in ("alpha_bar", "x", "x_hat", "SNR", "beta_tilde", "c_skip")] == [
        "\\bar\\alpha",
        "x",
        "\\hat{x}",
        "\\mathrm{SNR}",
        "\\tilde\\beta",
        "c_{skip}",
    ]


def test_long_lines_put_the_justification_below():
    wide = F.chain("wide", sum((alpha[k] * alpha[k + 1] * a for k in range(1, 9)), a))
    block = wide.equals(wide.left + 0, by="algebra").latex()
    assert "&&" not in block and "&\\quad {\\small\\text{algebra}}" in block
    narrow = F.chain("narrow", a + 1).equals(1 + a, by="algebra").latex()
    line = "a + 1 &= 1 + a \\vphantom{\\big|} && {\\small\\text{algebra}}"
    assert narrow == "$$\\begin{aligned}\n" + line + "\n\\end{aligned}\\tag{F.2}$$"
    assert F.blocks["narrow"]._repr_latex_() == narrow
    rows = [{"left": "a + 1", "relation": "=", "right": "1 + a", "justification": "algebra"}]
    assert F.blocks["narrow"].rows() == rows


def test_indices():
    assert t + 1 - 1 == t and 1 + t == t + 1 and x[t - 1 + 1] == x[t]
    assert at(x[t - 1], {"t": s + 2}) == x[s + 1]
    total = Sum(alpha[s] * a, (s, 1, t))
    assert free_indices(total) == {"t"} and at(total, {"s": t}) == total
    caught = at(Sum(alpha[s] * beta[t], (s, 1, T)), {"t": s})  # the free s must stay free
    assert free_indices(caught) == {"s", "T"} and Index("s") in list(walk(caught))


def test_unfolding_stops_at_the_earliest_member():
    F.define("draw", x[t], alpha[t] * x[t - 1])
    facts = F.blocks["draw"].facts()
    assert repr(unfold((x[t], x[t - 2]), facts)[0]) == "alpha[t] * alpha[t - 1] * x[t - 2]"
    assert repr(unfold((x[2], x[0]), facts)[0]) == "alpha[2] * alpha[1] * x[0]"
    assert unfold((x[0],), facts) == (x[0],)


def test_facts_hold_from_their_first_time_on():
    late = Fact("late", alpha[t], a, frozenset({"t"}), (("t", 2),))

    def known(node, least=1):
        return unfold((node,), [late], least)[0] == a

    assert known(alpha[2]) and known(alpha[t + 1]) and known(alpha[t], least=2)
    assert not known(alpha[1]) and not known(alpha[t])
    for low, inside in ((1, alpha[s]), (2, a)):
        assert unfold((Sum(alpha[s], (s, low, T)),), [late])[0].body == inside


def test_what_a_reader_would_take_for_something_else_stands_in_parentheses():
    y, m = F.dummy("y_of_integral", latex="y"), F.sequence("member", latex="m")
    assert latex(Integral(y, (y, 0, 1)) ** 2) == r"\left(\int_0^1 y\, \mathrm{d}y\right)^2"  # no d(y^2)
    assert latex(3 * (wrap(1) / 3)) == r"3 \cdot \frac{1}{3}"  # no 3⅓
    assert latex(Limit(m[T], T) + T) == r"(\lim_{T\to\infty} m_T) + T"  # that T does not grow
    total = Sum(m[s], (s, 1, T))
    assert latex(a - total + m[s]) == r"a - \left(\sum_{s=1}^T m_s\right) + m_s"
    assert latex(total + m[T]) == r"\sum_{s=1}^T m_s + m_T"


def test_a_second_derivative_by_a_letter_with_an_exponent_has_one_exponent():
    y = Derivation("F").symbol("y", latex="x^{(1)}")
    assert r"\mathrm{d} {x^{(1)}}^2}" in latex(Derivative(Derivative(exp(y), y), y))
