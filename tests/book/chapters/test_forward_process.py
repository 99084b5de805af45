"""The derivations of the chapter forward-process, loaded by running the chapter's own cells."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from fractions import Fraction

import pytest
import sympy as sp
import torch
from chapters import run_derivation
from root import environment

from diffusion_lib.errors import DerivationError, Refuted
from diffusion_lib.process import identities as process
from diffusion_lib.process.schedule import Schedule
from diffusion_lib.symbolic import E, Integral, Limit, Normal, Product, Var, exp, sqrt
from diffusion_lib.symbolic.page.chain import Chain
from diffusion_lib.symbolic.page.summary import Canary


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("forward-process")


def test_the_output_of_a_cell(chapter):
    block = chapter[0]["F"].blocks["variances-add"]
    data, metadata = block._repr_mimebundle_()
    latex = data["text/latex"]
    assert latex.startswith("$$\\begin{aligned}") and latex.endswith("\\tag{F.12}$$")
    assert "\\\\" not in latex and "\\cr\n" in latex and r"\text{independence · rule}" in latex
    digest = hashlib.sha256(latex.encode()).hexdigest()
    expected = {"tag": "F.12", "name": "variances-add", "steps": 2, "definition": False, "sha256": digest}
    assert metadata == {"diffusion_lib": expected}
    assert "Var(a * epsilon[1] + b * epsilon[2]) = " in data["text/plain"]


def test_canary_shows_its_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted)
    for part in ("deviations-add", "licence", "a = ", "b = ", "left is", "right is"):
        assert part in repr(canary)


def test_closed_form_as_numbers(chapter):
    """Lambdified mean and variance against the chain, run step by step on means and variances."""
    F, x, alpha_bar, alpha, closed, t = (chapter[0][name] for name in ("F", "x", "alpha_bar", "alpha", "closed", "t"))
    x_0, share = F.sympy(x[0]), F.sympy(alpha_bar[t])
    mean = sp.lambdify((x_0, share), F.sympy(closed.right.mean), "math")
    variance = sp.lambdify((x_0, share), F.sympy(closed.right.variance), "math")
    betas = [1e-4 + k * (0.02 - 1e-4) / 9 for k in range(10)]
    m, v, kept = 0.7, 0.0, 1.0
    for beta in betas:
        m, v, kept = math.sqrt(1 - beta) * m, (1 - beta) * v + beta, kept * (1 - beta)
        assert mean(0.7, kept) == pytest.approx(m, rel=1e-12)
        assert variance(0.7, kept) == pytest.approx(v, rel=1e-12)
    third = F.sympy(alpha_bar[3], using=("alpha-bar", "alpha"))
    assert sp.expand(third) == sp.expand(sp.prod(1 - F.sympy(chapter[0]["beta"][k]) for k in (1, 2, 3)))
    assert F.sympy(alpha_bar[2], using="alpha-bar") == F.sympy(alpha[1]) * F.sympy(alpha[2])


def test_prior_term_as_numbers(chapter):
    F, x, alpha_bar, T_ = (chapter[0][name] for name in ("F", "x", "alpha_bar", "T_"))
    formula = F.sympy(F.blocks["prior-term-value"].right)
    value = sp.lambdify((F.sympy(x[0]), F.sympy(alpha_bar[T_])), formula, "math")
    mean, variance = math.sqrt(0.1) * 0.7, 0.9  # KL(N(m, v) ‖ N(0, 1)) = (m² + v − 1 − log v) / 2
    assert value(0.7, 0.1) == pytest.approx((mean**2 + variance - 1 - math.log(variance)) / 2, rel=1e-12)


def states(n):
    x, t, alpha, beta, alpha_bar, eps = (n[name] for name in ("x", "t", "alpha", "beta", "alpha_bar", "eps"))
    return x, t, alpha, beta, alpha_bar, eps, n["q"], n["merged"]


ERRATA = {
    "S3-deviations-add": lambda x, t, a, b, ab, e, q, m: (
        Var(sqrt(a[t]) * e[1] + sqrt(b[t]) * e[2]),
        (sqrt(a[t]) + sqrt(b[t])) ** 2,
        "definition",
        "noise",
    ),
    "S3-alpha_bar-is-no-sum": lambda x, t, a, b, ab, e, q, m: (
        ab[t],
        1 - sum((b[k] for k in (2, 3)), b[1]),
        "definition",
        ("alpha-bar", "alpha"),
    ),
    "P1-beta-for-root-beta": lambda x, t, a, b, ab, e, q, m: (
        Var(sqrt(1 - b[t]) * x[t - 1] + b[t] * e[t], given=x[t - 1]),
        b[t],
        "definition",
        "noise",
    ),
    "P2-root-alpha_bar-in-the-step": lambda x, t, a, b, ab, e, q, m: (
        q(x[t] | x[t - 1]),
        Normal(x[t], sqrt(ab[t]) * x[t - 1], 1 - ab[t]),
        "definition",
        ("step", "alpha", "alpha-bar"),
    ),
    "P8-beta-is-no-deviation": lambda x, t, a, b, ab, e, q, m: (
        q(x[t] | x[t - 1]),
        Normal(x[t], sqrt(1 - b[t]) * x[t - 1], b[t] ** 2),
        "definition",
        "step",
    ),
    "P11-variance-for-deviation": lambda x, t, a, b, ab, e, q, m: (
        Normal((x[t] - sqrt(ab[t]) * x[0]) / (1 - ab[t]), 0, 1) / (1 - ab[t]),
        Normal(x[t], sqrt(ab[t]) * x[0], 1 - ab[t]),
        "algebra",
        (),
    ),
    "P11-x_t-for-x_0": lambda x, t, a, b, ab, e, q, m: (
        q(x[t] | x[0]),
        Normal(x[t], sqrt(ab[t]) * x[t - 1], 1 - ab[t]),
        "result",
        "closed-form",
    ),
    "P12-no-root": lambda x, t, a, b, ab, e, q, m: (
        Var(sqrt(ab[t]) * x[0] + (1 - ab[t]) * m, given=x[0]),
        1 - ab[t],
        "definition",
        "noise-merged",
    ),
    "uniform-noise-mean": lambda x, t, a, b, ab, e, q, m: (E(e[t]), Fraction(1, 2), "definition", "noise"),
    "index-shift": lambda x, t, a, b, ab, e, q, m: (ab[t], ab[t - 1] * a[t - 1], "definition", "alpha-bar"),
    "markov-needs-its-licence": lambda x, t, a, b, ab, e, q, m: (
        q(x[1:3] | x[0]),
        Product(q(x[t] | x[t - 1]), (t, 1, 3)),
        "chain rule",
        (),
    ),
    "S6-conditions-dropped-by-Bayes": lambda x, t, a, b, ab, e, q, m: (
        q(x[t] | x[t - 1], x[0]),
        q(x[t] | x[t - 1]),
        "Bayes",
        (),
    ),
    "marginal-without-the-prior": lambda x, t, a, b, ab, e, q, m: (
        q(x[t + 1] | x[0]),
        Integral(q(x[t + 1] | x[t], x[0]), x[t]),
        "marginalisation",
        (),
    ),
}


@pytest.mark.parametrize("name", ERRATA)
def test_errata_are_refuted(chapter, name):
    namespace = chapter[0]
    left, right, by, using = ERRATA[name](*states(namespace))
    chain = type(namespace["F"].blocks["recursion"])(namespace["F"], name, left)
    with pytest.raises(Refuted) as caught:
        chain.equals(right, by=by, using=using)
    for part in (name, by, "left is", "false at") if "coefficient" not in str(caught.value) else (name, by):
        assert part in str(caught.value)


SHORT = """
from diffusion_lib.symbolic import *
F = Derivation("F"); t, s, T = F.indices("t s T"); x = F.states("x")
q = F.density("q"); p = F.density("p", r"p_\\theta")
a = F.sequence("alpha", unit); ab = F.sequence("alpha_bar", unit, start=0, first=1); e = F.noise("epsilon")
shown = [F.define("alpha-bar", ab[t], Product(a[s], (s, 1, t))), F.define("noise", e[t], standard_normal)]
shown += [F.chain("A", ab[t]).equals(ab[t - 1] * a[t], by="definition", using="alpha-bar")]
shown += [F.chain("B", Var(sqrt(a[t]) * e[t] + sqrt(1 - a[t]) * e[1 + t])).equals(1, by="definition", using="noise")]
shown += [F.chain("C", q(x[1:T] | x[0])).equals(Product(q(x[t] | x[0 : t - 1]), (t, 1, T)), by="chain rule")]
try:
    F.chain("D", q(x[t] | x[t - 1])).equals(p(x[t] | x[t - 1]), by="Markov")
except Exception as error:
    shown.append(str(error))
print(*(block if isinstance(block, str) else block.latex() for block in shown), F.summary(), sep="\\n")
"""


def test_same_bytes_for_every_hash_seed():
    def run(seed):
        options = {"env": environment(PYTHONHASHSEED=seed), "capture_output": True}
        done = subprocess.run([sys.executable, "-c", SHORT], check=True, **options)
        return done.stdout

    first = run("0")
    assert b"\\tag{F.3}" in first and b"is false at" in first and b"mutants killed" in first
    assert run("1") == first == run("4242")


T = 40


@pytest.fixture(scope="module", params=range(3))
def schedule(request):
    """A random schedule."""
    draws = torch.Generator().manual_seed(request.param)
    return Schedule.from_betas(0.001 + 0.3 * torch.rand(T, generator=draws, dtype=torch.float64))


def table(chapter, schedule, node, values=None):
    """A formula of the chapter at all times 1…T; ``values`` holds those of further symbols."""
    n, times = chapter[0], range(1, T + 1)
    F, t = n["F"], n["t"]
    columns = {n[name][t]: getattr(schedule, name)[1:] for name in ("beta", "alpha", "alpha_bar")}
    columns |= {n["alpha_bar"][t - 1]: schedule.alpha_bar[:-1], n["SNR"][t]: schedule.snr[1:]}
    level = torch.cat([torch.zeros(1, dtype=torch.float64), schedule.snr[1:] ** -0.5])
    columns |= {n["level"][t]: level[1:], n["level"][t - 1]: level[:-1]}
    columns |= values or {}
    function = sp.lambdify([F.sympy(key) for key in columns], F.sympy(node), "math")
    rows = [[float(column[time - 1]) for column in columns.values()] for time in times]
    return torch.tensor([function(*row) for row in rows], dtype=torch.float64)


def right(chapter, name):
    return chapter[0]["F"].blocks[name].lines()[-1].right


def close(ours, proved):
    torch.testing.assert_close(ours, proved, rtol=1e-12, atol=1e-12)


def test_the_tables_of_a_schedule_are_the_proved_formulas(chapter, schedule):
    close(schedule.alpha[1:], table(chapter, schedule, right(chapter, "alpha")))
    close(schedule.alpha_bar[1:], table(chapter, schedule, right(chapter, "recursion")))
    close(schedule.one_minus_alpha_bar[1:], 1 - table(chapter, schedule, right(chapter, "recursion")))
    close(schedule.snr[1:], table(chapter, schedule, right(chapter, "snr")))


@pytest.mark.parametrize("time", range(1, 7))
def test_alpha_bar_is_the_product_of_all_shares(chapter, schedule, time):
    n = chapter[0]
    product = n["F"].sympy(n["alpha_bar"][time], using=("alpha-bar", "alpha"))
    values = {n["F"].sympy(n["beta"][k]): sp.Float(float(schedule.beta[k]), 30) for k in range(1, time + 1)}
    assert float(product.subs(values)) == pytest.approx(float(schedule.alpha_bar[time]), rel=1e-12)


@pytest.fixture(scope="module")
def batch():
    """One data point and one noise for each time."""
    x_0, eps = torch.randn(2, T, 1, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    return x_0, eps, torch.arange(1, T + 1)


def test_the_draws_are_the_proved_ones(chapter, schedule, batch):
    n, (x_0, eps, t) = chapter[0], batch
    x, merged, index = n["x"], n["merged"], n["t"]
    ours = process.add_noise(schedule, x_0, t, eps)[:, 0]
    values = {x[0]: x_0[:, 0], merged: eps[:, 0]}
    close(ours, table(chapter, schedule, right(chapter, "jump"), values=values))
    closed = n["closed"].right
    mean, variance = (table(chapter, schedule, node, values=values) for node in (closed.mean, closed.variance))
    close(ours, mean + variance.sqrt() * eps[:, 0])
    one = process.q_step(schedule, x_0, t, eps)[:, 0]
    close(
        one,
        table(chapter, schedule, right(chapter, "draw"), values={x[index - 1]: x_0[:, 0], n["eps"][index]: eps[:, 0]}),
    )


def test_both_scales_are_the_proved_ones(chapter, schedule, batch):
    """VP to VE and back, the noise level 1/√SNR, and what a step adds to its square."""
    n, (x_0, eps, t) = chapter[0], batch
    x, index = n["x"], n["t"]
    x_t = process.add_noise(schedule, x_0, t, eps)
    x_ve = process.vp_to_ve(schedule, x_t, t)
    close(x_ve[:, 0], table(chapter, schedule, right(chapter, "exploding"), values={x[index]: x_t[:, 0]}))
    jump = table(chapter, schedule, right(chapter, "exploding-jump"), values={x[0]: x_0[:, 0], n["merged"]: eps[:, 0]})
    close(x_ve[:, 0], jump)
    close(schedule.snr[1:] ** -0.5, table(chapter, schedule, right(chapter, "noise-level")))
    close(schedule.snr[1:] ** -1, table(chapter, schedule, right(chapter, "level-and-snr")))
    squares = torch.cat([torch.zeros(1, dtype=torch.float64), 1 / schedule.snr[1:]])
    close(squares.diff(), table(chapter, schedule, right(chapter, "increment")))
    back = x_ve[:, 0] * table(chapter, schedule, right(chapter, "input-scale"))
    close(process.ve_to_vp(schedule, x_ve, t)[:, 0], back)
    close(back, x_t[:, 0])


def test_a_step_in_the_exploding_scale_adds_noise_only(chapter, schedule, batch):
    n, (x_prev, eps, t) = chapter[0], batch
    x_t = process.q_step(schedule, x_prev, t, eps)
    before = x_prev[:, 0] / schedule.alpha_bar[:-1].sqrt()
    index = n["t"]
    values = {n["unshrunk"][index - 1]: before, n["eps"][index]: eps[:, 0]}
    proved = table(chapter, schedule, right(chapter, "exploding-step"), values=values)
    close(process.vp_to_ve(schedule, x_t, t)[:, 0], proved)


def test_the_prior_term_is_the_proved_one(chapter, schedule):
    """The library averages over data: x_0² becomes their variance, here 0.49."""
    n = chapter[0]
    symbols = n["F"].sympy(n["x"][0]), n["F"].sympy(n["alpha_bar"][n["T_"]])
    prior = sp.lambdify(symbols, n["F"].sympy(right(chapter, "prior-term-value")), "math")
    assert schedule.prior_kl(0.49) == pytest.approx(prior(0.7, float(schedule.alpha_bar[-1])) / math.log(2), rel=1e-12)


def test_the_gap_to_the_prior_is_the_proved_one(chapter, schedule):
    n = chapter[0]
    symbols = n["F"].sympy(n["v"]), n["F"].sympy(n["alpha_bar"][n["T_"]])
    gap, told, both = (
        sp.lambdify(symbols, n["F"].sympy(right(chapter, name)), "math")
        for name in ("prior-gap-value", "information-value", "prior-split-value")
    )
    for v in (0.2, 1.0, 3.0):
        numbers = v, float(schedule.alpha_bar[-1])
        assert schedule.prior_gap(v) == pytest.approx(gap(*numbers) / math.log(2), rel=1e-6, abs=1e-13)
        assert schedule.prior_kl(v) == pytest.approx(both(*numbers) / math.log(2), rel=1e-9)
        assert schedule.prior_kl(v) == pytest.approx((gap(*numbers) + told(*numbers)) / math.log(2), rel=1e-9)


def test_the_limit_of_fine_steps(chapter):
    """A chain of 10⁵ steps against the closed form, and the differential equation by differences."""
    n = chapter[0]
    symbols = [n["F"].sympy(n[name]) for name in ("low", "slope", "tau")]
    limit = sp.lambdify(symbols, n["F"].sympy(right(chapter, "continuous-linear")), "math")
    steps = 100_000
    ends = torch.arange(1, steps + 1, dtype=torch.float64) / steps
    fine = Schedule.from_betas((0.1 + 19.9 * ends) / steps).alpha_bar
    for time in (0.1, 0.5, 1.0):
        assert float(fine[round(time * steps)]) == pytest.approx(limit(0.1, 19.9, time), rel=3e-3)
    h = 1e-5
    slope = (limit(0.1, 3.0, 0.4 + h) - limit(0.1, 3.0, 0.4 - h)) / (2 * h)
    decay = n["F"].sympy(n["F"].blocks["decay"].steps[0].right)
    assert slope == pytest.approx(float(decay.subs(dict(zip(symbols, (0.1, 3.0, 0.4), strict=True)))), rel=1e-8)


def test_the_signal_is_caught_between_two_bounds(chapter, schedule):
    """−Σβ − Σβ²/(2(1 − β)) ≤ log ᾱ_T ≤ −Σβ: what the limit of fine steps rests on."""
    rest = table(chapter, schedule, right(chapter, "rest-is-small"))
    logarithm, total = float(schedule.alpha_bar[-1].log()), float(schedule.beta[1:].sum())
    assert -total - float(rest.sum()) < logarithm < -total


FALSE = {  # what is planted: left side, right side, licence, what it cites
    "limit-of-the-other-sign": lambda n: (
        Limit((1 - n["total_noise"] / (n["n"] + 1)) ** (n["n"] + 1), n["n"]),
        exp(n["total_noise"]),
        "limit",
        (),
    ),
    "limit-without-the-power": lambda n: (
        Limit(1 - n["total_noise"] / (n["n"] + 1), n["n"]),
        exp(-n["total_noise"]),
        "limit",
        (),
    ),
    "level-without-root": lambda n: (
        n["level"][n["t"]],
        (1 - n["alpha_bar"][n["t"]]) / n["alpha_bar"][n["t"]],
        "definition",
        "noise-level",
    ),
    "level-is-no-deviation-of-x_t": lambda n: (
        n["level"][n["t"]] ** 2,
        1 - n["alpha_bar"][n["t"]],
        "definition",
        "noise-level",
    ),
    "increment-of-deviations": lambda n: (
        n["unshrunk"][n["t"]],
        n["unshrunk"][n["t"] - 1] + (n["level"][n["t"]] - n["level"][n["t"] - 1]) * n["eps"][n["t"]],
        "result",
        "exploding-step",
    ),
    "variance-kept-without-unit-data": lambda n: (n["V"][n["t"]], 1, "definition", "variance-of-state"),
}


@pytest.mark.parametrize("name", FALSE)
def test_planted_false_steps_are_refused(chapter, name):
    left, right_side, by, using = FALSE[name](chapter[0])
    with pytest.raises(DerivationError):
        Chain(chapter[0]["F"], name, left).equals(right_side, by=by, using=using)
