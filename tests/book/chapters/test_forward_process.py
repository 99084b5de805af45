"""The derivations of the chapter forward-process, loaded by running the chapter's own cells."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys

import pytest
import sympy as sp
from false_steps import false_steps
from proved import close, right, table
from root import environment

from diffusion_lib.process import identities as process


def test_the_output_of_a_cell(n):
    block = n["F"].blocks["variances-add"]
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


def test_the_rows_beside_an_output_say_from_when_on_the_last_line_holds(n):
    late = 0
    for block in n["F"].blocks.values():
        *others, last = block.rows()
        assert all("since" not in row for row in others)
        assert ("since" in last) == (r"\text{ at least }" in block.latex())
        late += last.get("since") == "t at least 2"
    assert late > 0


def test_closed_form_as_numbers(n):
    """Lambdified mean and variance against the chain, run step by step on means and variances."""
    F, x, alpha_bar, alpha, closed, t = (n[name] for name in ("F", "x", "alpha_bar", "alpha", "closed", "t"))
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
    assert sp.expand(third) == sp.expand(sp.prod(1 - F.sympy(n["beta"][k]) for k in (1, 2, 3)))
    assert F.sympy(alpha_bar[2], using="alpha-bar") == F.sympy(alpha[1]) * F.sympy(alpha[2])


FALSE = """
S3-stds-add: Var(sqrt(alpha[t]) * eps[1] + sqrt(beta[t]) * eps[2])
    = (sqrt(alpha[t]) + sqrt(beta[t])) ** 2; definition; noise
S3-alpha_bar-is-no-sum: alpha_bar[t] = 1 - sum((beta[k] for k in (2, 3)), beta[1]); definition; alpha-bar alpha
P1-beta-for-root-beta: Var(sqrt(1 - beta[t]) * x[t - 1] + beta[t] * eps[t], given=x[t - 1]) = beta[t]; definition; noise
P2-root-alpha_bar-in-the-step: q(x[t] | x[t - 1])
    = Normal(x[t], sqrt(alpha_bar[t]) * x[t - 1], 1 - alpha_bar[t]); definition; step alpha alpha-bar
P8-beta-is-no-std: q(x[t] | x[t - 1]) = Normal(x[t], sqrt(1 - beta[t]) * x[t - 1], beta[t] ** 2); definition; step
P11-variance-for-std: Normal((x[t] - sqrt(alpha_bar[t]) * x[0]) / (1 - alpha_bar[t]), 0, 1) / (1 - alpha_bar[t])
    = Normal(x[t], sqrt(alpha_bar[t]) * x[0], 1 - alpha_bar[t]); algebra
P11-x_t-for-x_0: q(x[t] | x[0]) = Normal(x[t], sqrt(alpha_bar[t]) * x[t - 1], 1 - alpha_bar[t]); result; closed-form
P12-no-root: Var(sqrt(alpha_bar[t]) * x[0] + (1 - alpha_bar[t]) * merged, given=x[0])
    = 1 - alpha_bar[t]; definition; noise-merged
uniform-noise-mean: E(eps[t]) = Fraction(1, 2); definition; noise
index-shift: alpha_bar[t] = alpha_bar[t - 1] * alpha[t - 1]; definition; alpha-bar
markov-needs-its-justification: q(x[1:3] | x[0]) = Product(q(x[t] | x[t - 1]), (t, 1, 3)); chain rule
S6-conditions-dropped-by-Bayes: q(x[t] | x[t - 1], x[0]) = q(x[t] | x[t - 1]); Bayes
marginal-without-the-prior: q(x[t + 1] | x[0]) = Integral(q(x[t + 1] | x[t], x[0]), x[t]); marginalisation
"""
test_a_false_step_is_refuted = false_steps("forward-process", FALSE)


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


def test_the_tables_of_a_schedule_are_the_proved_formulas(n, schedule):
    close(schedule.alpha[1:], table(n, schedule, right(n, "alpha")))
    close(schedule.alpha_bar[1:], table(n, schedule, right(n, "recursion")))
    close(schedule.one_minus_alpha_bar[1:], 1 - table(n, schedule, right(n, "recursion")))


@pytest.mark.parametrize("time", range(1, 7))
def test_alpha_bar_is_the_product_of_all_shares(n, schedule, time):
    product = n["F"].sympy(n["alpha_bar"][time], using=("alpha-bar", "alpha"))
    values = {n["F"].sympy(n["beta"][k]): sp.Float(float(schedule.beta[k]), 30) for k in range(1, time + 1)}
    assert float(product.subs(values)) == pytest.approx(float(schedule.alpha_bar[time]), rel=1e-12)


def test_the_draws_are_the_proved_ones(n, schedule, batch):
    x_0, eps, t = batch
    x, merged, index = n["x"], n["merged"], n["t"]
    ours = process.add_noise(schedule, x_0, t, eps)[:, 0]
    values = {x[0]: x_0[:, 0], merged: eps[:, 0]}
    close(ours, table(n, schedule, right(n, "jump"), values=values))
    closed = n["closed"].right
    mean, variance = (table(n, schedule, node, values=values) for node in (closed.mean, closed.variance))
    close(ours, mean + variance.sqrt() * eps[:, 0])
    one = process.q_step(schedule, x_0, t, eps)[:, 0]
    close(one, table(n, schedule, right(n, "draw"), values={x[index - 1]: x_0[:, 0], n["eps"][index]: eps[:, 0]}))
