"""Bound, likelihood and gap of a model with suboptimal coefficients are the library's; the page's claims hold."""

from __future__ import annotations

import pytest
import torch

from diffusion_lib.evaluate import GaussianChain, best_steps
from diffusion_lib.process import Schedule, make_schedule

S = 0.3
X_0 = torch.full((1, 1), S, dtype=torch.float64)
FULL = make_schedule("linear", 1000)
ASK = "(m, [T, c, v]) => m.evaluate(m.lab.setup().chains[T], c, v)"
SWEEP = """(m, [T, v]) => { const { chains } = m.lab.setup();
    return Array.from({ length: 71 }, (_, i) => m.evaluate(chains[T], 0.6 + i / 100, v)); }"""


@pytest.mark.parametrize("variances", ["best", "beta"])
@pytest.mark.parametrize("T", [3, 10, 16, 20])
@pytest.mark.parametrize("c", [0.6, 1, 1.3])
def test_terms_likelihood_and_gap(modules, T, c, variances):
    """The library's gap and likelihood come from joint covariances, without a single term."""
    told = modules("kinds/bound.js", ASK, [T, c, variances])
    kept = FULL.alpha_bar[[(2000 * i + T) // (2 * T) for i in range(T + 1)]]
    schedule = Schedule.from_betas(1 - kept[1:] / kept[:-1])
    a, v = best_steps(schedule, S)
    chain = GaussianChain.of_steps(schedule, c * a, v if variances == "best" else schedule.beta)
    assert told["terms"] == pytest.approx(chain.terms(X_0)[:, 0].tolist(), rel=1e-9, abs=1e-12)
    assert told["exact"] == pytest.approx(-float(chain.log_p(X_0)), rel=1e-9)
    assert told["gap"] == pytest.approx(float(chain.gap(X_0)), rel=1e-9, abs=1e-9)
    assert told["bound"] == pytest.approx(float(chain.bound(X_0)), rel=1e-9)


@pytest.mark.parametrize("T", [3, 5, 10, 15, 20])
def test_what_the_page_says(modules, T):
    best, fixed = (modules("kinds/bound.js", SWEEP, [T, v]) for v in ("best", "beta"))
    for each in best + fixed:
        assert sum(each["terms"]) == pytest.approx(each["exact"] + each["gap"], rel=1e-12)
    gaps = [each["gap"] for each in best]
    assert abs(gaps[40]) < 1e-9 and min(gaps[:40] + gaps[41:]) > 1e-7  # at c = 1, and nowhere else
    assert min(each["gap"] for each in fixed) > 0.03  # it stays open
    low = [[[each[name] for each in table].index(min(each[name] for each in table)) for name in ("bound", "exact")]
           for table in (best, fixed)]  # fmt: skip
    assert low[0] == [40, 40] and low[1][1] < low[1][0] - 5  # one dot, and two
    assert best[0]["terms"][-1] < 1e-4  # L_T: the prior costs nothing
    above = Schedule.from_betas(torch.linspace(0.02, 0.4, 10, dtype=torch.float64))
    assert FULL.alpha_bar[-1] < above.alpha_bar[-1] / 100  # more noise at the end


@pytest.mark.parametrize(
    ("size", "inside", "outside"), [((680, 420), (545, 200), (200, 200)), ((318, 660), (177, 560), (177, 300))]
)
def test_a_finger_moves_c_in_the_curves_only(modules, size, inside, outside):
    ask = """(m, [[width, height], ...places]) => { const model = m.lab.setup();
        return places.map((at) => m.lab.drag(model, {}, at, { width, height }, true)); }"""
    moved, left = modules("kinds/bound.js", ask, [size, inside, outside])
    assert moved["c"] == pytest.approx(0.95, abs=0.02) and left is None


def test_every_handle_has_its_coefficients(modules):
    """The figure finds the factor that the handle gives, at each of its positions."""
    ask = """async (m) => { const { state } = await import('/lab/shell/controls.js'), model = m.lab.setup();
        const size = { width: 680, height: 420 }, at = (c) => m.lab.draw(model, state(m.lab, { c }), size);
        return Array.from({ length: 71 }, (_, i) => at(0.6 + i / 100).said); }"""
    said = modules("kinds/bound.js", ask)
    assert [float(each[4:8]) for each in said] == [round(0.6 + i / 100, 2) for i in range(71)]


@pytest.mark.parametrize(("T", "v", "interior"), [(10, "best", True), (10, "beta", False), (20, "beta", True)])
def test_the_end_of_the_slider_is_no_minimum(modules, T, v, interior):
    """Where −log p still decreases at the end, the sentence says so and no dot marks a minimum."""
    ask = """(m, now) => { const model = m.lab.setup();
        const { svg, said } = m.lab.draw(model, now, { width: 680, height: 420 });
        const below = [0.4, 0.59].map((c) => m.evaluate(model.chains[now.T], c, now.v).exact);
        return [said, svg.match(/<circle/g).length, below[0] < below[1]]; }"""
    said, dots, falls = modules("kinds/bound.js", ask, {"c": 0.85, "T": T, "v": v})
    assert dots == (2 if interior else 1)
    assert ("−log p still decreases at c = 0.60, where the slider ends" in said) != interior
    assert "the bound is lowest at c = 1.00" in said
    assert interior or falls
