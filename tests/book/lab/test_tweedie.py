"""Tweedie's formula in the figure: the library's scores and means, and Bayes' rule by a sum over a fine grid."""

from __future__ import annotations

import re

import pytest
import torch

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import make_schedule
from diffusion_lib.process.identities import x_0_from_eps

T = 1000
LINE = GaussianMixture([[-1.0], [0.3], [1.2]], 0.15, [0.3, 0.3, 0.4])
SCHEDULE = make_schedule("linear", T)
ASK = """(m, [t, states]) => { const model = m.lab.setup();
    return states.map((x) => {
      const found = m.found(model, t, x);
      return { ...found, ...m.moments(found.posterior), tweedie: found.mean };
    }); }"""
STATES = [-3.0, -0.6, 0.0, 0.7, 3.0]


def of(told: list[dict], name: str) -> torch.Tensor:
    return torch.tensor([each[name] for each in told], dtype=torch.float64)


@pytest.mark.parametrize("t", [1, 250, 600, T])
def test_score_and_mean_are_the_library_s(modules, t):
    told, states = modules("kinds/tweedie.js", ASK, [t, STATES]), torch.tensor(STATES, dtype=torch.float64)[:, None]
    times = torch.full((len(STATES),), t)
    torch.testing.assert_close(of(told, "score"), LINE.score(SCHEDULE, states, t)[:, 0], rtol=1e-9, atol=1e-9)
    mean = x_0_from_eps(SCHEDULE, states, times, LINE.noise_predictor(SCHEDULE)(states, times))[:, 0]
    torch.testing.assert_close(of(told, "tweedie"), mean, rtol=1e-9, atol=1e-9)
    root = SCHEDULE.alpha_bar[t].sqrt()
    torch.testing.assert_close(
        of(told, "along") / root, mean, rtol=1e-9, atol=1e-9
    )  # the arrow's end, divided by the root


@pytest.mark.parametrize("t", [1, 250, T])
def test_the_filled_density_is_bayes_rule(modules, t):
    """Its mean is the formula's, and mean and variance are those of q_0(y) q(x_t | y) on a grid, without any score."""
    told = modules("kinds/tweedie.js", ASK, [t, STATES])
    torch.testing.assert_close(of(told, "mean"), of(told, "tweedie"), rtol=1e-9, atol=1e-9)
    y = torch.linspace(-4, 4, 80_001, dtype=torch.float64)
    clean = LINE.log_density(SCHEDULE, y[:, None], 0)
    off = torch.tensor(STATES, dtype=torch.float64)[:, None] - SCHEDULE.alpha_bar[t].sqrt() * y
    weights = torch.softmax(clean - off**2 / (2 * SCHEDULE.one_minus_alpha_bar[t]), 1)
    mean = weights @ y
    torch.testing.assert_close(of(told, "mean"), mean, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(of(told, "variance"), weights @ y**2 - mean**2, rtol=1e-6, atol=1e-8)


def test_what_the_page_says(modules):
    grid = [i / 50 for i in range(-150, 151)]
    told = modules("kinds/tweedie.js", ASK, [100, grid])
    density = LINE.log_density(SCHEDULE, of(told, "mean")[:, None], 0).exp()
    highest = float(LINE.log_density(SCHEDULE, LINE.means, 0).exp().max())
    assert (of(told, "mean").diff() > 0).all()  # it passes from cluster to cluster
    between = (of(told, "mean") + 0.35).abs() < 0.2
    assert between.any() and (density[between] < highest / 50).all()  # where hardly any data are
    last = modules("kinds/tweedie.js", ASK, [T, grid])
    everything = float(LINE.weights @ LINE.means[:, 0])
    assert (of(last, "mean") - everything).abs().max() < 0.02
    for each in last:  # each state may come from all data
        torch.testing.assert_close(
            torch.tensor(each["posterior"]["weights"], dtype=torch.float64), LINE.weights, rtol=0, atol=0.02
        )


def test_curves_reach_one_where_a_density_is_narrow(modules):
    """At t = 1 the posterior is narrower than the grid of the figure: its shape has its top all the same."""
    ask = """(m) => { const { posterior, mean } = m.found(m.lab.setup(), 1, -1.205);
        return [mean, m.shape(posterior)]; }"""
    mean, shape = modules("kinds/tweedie.js", ask)
    top = max(shape, key=lambda place: place[1])
    assert top[1] == 1 and abs(top[0] - mean) < 0.003 and sum(y > 0.1 for _, y in shape) > 12


def test_a_finger_moves_the_state(modules):
    ask = "(m) => [340, 12, 668].map((x) => m.lab.drag(null, {}, [x, 200], { width: 680, height: 430 }).x)"
    assert modules("kinds/tweedie.js", ask) == pytest.approx([0, -3, 3])


@pytest.mark.parametrize("t", [1, 250, 700, 1000])
def test_the_numbers_of_the_sentence_divide(modules, t):
    """Also at the end, where x and (1 − ᾱ) times the score nearly cancel, and rounded ones give another mean."""
    ask = "(m, [t, x]) => m.lab.draw(m.lab.setup(), { t, x }, { width: 680, height: 430 }).said"
    for x in STATES:
        said = modules("kinds/tweedie.js", ask, [t, x]).replace("−", "-").replace("·10⁻", "e-").replace("(1 - ᾱ)", "")
        said = said.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))
        along, root, mean = map(float, re.findall(r"(?:=|it is) (-?[\d.]+(?:e-?\d+)?)", said)[1:])
        assert along / root == pytest.approx(mean, rel=0.012, abs=1e-3), said
