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
from proved import T, close, random_schedule, right, table
from root import environment

from derive import E, Integral, Normal, Product, Var, sqrt
from derive.errors import Refuted
from derive.page.summary import Canary
from diffusion_lib.process import identities as process


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
    told = metadata["diffusion_lib"]
    rows = told.pop("rows")
    assert told == {
        "tag": "F.12", "name": "variances-add", "steps": 2, "definition": False, "apart": False, "sha256": digest,
    }  # fmt: skip
    assert [row["relation"] for row in rows] == ["=", "="] and rows[0]["left"] and rows[1]["left"] == ""
    for row in rows:
        assert f"&{row['relation']} {row['right']}" in latex and rf"\text{{{row['justification']}}}" in latex
    assert "Var(a * epsilon[1] + b * epsilon[2]) = " in data["text/plain"]


def test_the_rows_beside_an_output_say_from_when_on_the_last_line_holds(chapter):
    late = 0
    for block in chapter[0]["F"].blocks.values():
        *others, last = block.rows()
        assert all("since" not in row for row in others)
        assert ("since" in last) == (r"\text{ at least }" in block.latex())
        late += last.get("since") == "t at least 2"
    assert late > 0


def test_canary_shows_its_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted)
    for part in ("deviations-add", "justification", "a = ", "b = ", "left is", "right is"):
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
    "markov-needs-its-justification": lambda x, t, a, b, ab, e, q, m: (
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
from derive import *
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


@pytest.fixture(scope="module", params=range(3))
def schedule(request):
    return random_schedule(request.param)


def test_the_tables_of_a_schedule_are_the_proved_formulas(chapter, schedule):
    close(schedule.alpha[1:], table(chapter[0], schedule, right(chapter[0], "alpha")))
    close(schedule.alpha_bar[1:], table(chapter[0], schedule, right(chapter[0], "recursion")))
    close(schedule.one_minus_alpha_bar[1:], 1 - table(chapter[0], schedule, right(chapter[0], "recursion")))


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
    close(ours, table(chapter[0], schedule, right(chapter[0], "jump"), values=values))
    closed = n["closed"].right
    mean, variance = (table(chapter[0], schedule, node, values=values) for node in (closed.mean, closed.variance))
    close(ours, mean + variance.sqrt() * eps[:, 0])
    one = process.q_step(schedule, x_0, t, eps)[:, 0]
    close(
        one,
        table(
            chapter[0],
            schedule,
            right(chapter[0], "draw"),
            values={x[index - 1]: x_0[:, 0], n["eps"][index]: eps[:, 0]},
        ),
    )
