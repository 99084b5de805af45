"""The derivation of the chapter what-guidance-samples against the exact world of the library."""

from __future__ import annotations

import pytest
import sympy as sp
import torch

from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.process.identities import score_from_eps
from diffusion_lib.process.schedule import Schedule, cosine
from diffusion_lib.sample.ancestral import ddim
from diffusion_lib.sample.chain import last

T = 40
v, d, m = 0.3, 0.9, -0.6  # variance of the class, what all data have more, mean of the class
ALL, CLASS = GaussianMixture([[0.0]], (v + d) ** 0.5), GaussianMixture([[m]], v**0.5)
LAWS = ("variance-of-tilted", "mean-of-tilted", "variance-of-all", "variance-of-class")


def proved(n, node, using, **values):
    """A node of the chapter as a number."""
    tilt, t = n["tilt"], n["t"]
    symbols = {"v": v, "d": d, "m": m, **values}
    nodes = {name: n[name][t] if name in ("alpha_bar", "x") else n[name] for name in symbols}
    function = sp.lambdify([tilt.sympy(item) for item in nodes.values()], tilt.sympy(node, using=using), "math")
    return function(*symbols.values())


@pytest.mark.parametrize("g", [0.5, 1.0, 3.0])
def test_the_guided_score_is_that_of_the_library(n, g):
    schedule = Schedule.from_betas(torch.linspace(0.01, 0.3, T, dtype=torch.float64))
    V_g, m_g, t = n["V_g"], n["m_g"], n["t"]
    x = torch.tensor([[-1.3], [0.2], [2.0]], dtype=torch.float64)
    for time in range(1, T + 1):
        numbers = {"g": g, "alpha_bar": float(schedule.alpha_bar[time])}
        slope = -(x - proved(n, m_g[t], LAWS, **numbers)) / proved(n, V_g[t], LAWS, **numbers)
        eps_u, eps_c = (distribution.noise_predictor(schedule)(x, time) for distribution in (ALL, CLASS))
        guided = score_from_eps(schedule, eps_u + g * (eps_c - eps_u), time)
        torch.testing.assert_close(guided, slope, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("g", [0.5, 1.0, 2.0, 4.0])
def test_noise_and_tilt_differ_as_proved(n, g):
    """Against quadrature: tilt the data, then put noise on; and the other way round."""
    kept = 0.6
    grid = torch.linspace(-12, 12, 24_001, dtype=torch.float64)

    def bell(mean, variance):
        return torch.exp(-((grid - mean) ** 2) / (2 * variance))

    def moments(density):
        density = density / density.sum()
        mean = (density * grid).sum()
        return float(mean), float((density * (grid - mean) ** 2).sum())

    first = moments(bell(0, v + d) ** (1 - g) * bell(m, v) ** g)
    noised = kept**0.5 * first[0], kept * first[1] + 1 - kept
    guided = moments(bell(0, kept * d + kept * v + 1 - kept) ** (1 - g) * bell(kept**0.5 * m, kept * v + 1 - kept) ** g)
    for name, found in (("order-in-mean", guided[0] - noised[0]), ("order-in-variance", noised[1] - guided[1])):
        node = n["tilt"].blocks[name].right
        assert proved(n, node, LAWS, g=g, alpha_bar=kept) == pytest.approx(found, abs=1e-9)


@pytest.mark.parametrize("g", [0.0, 1.0, 2.0, 3.0])
def test_the_sampler_without_noise_ends_with_the_proved_variance(n, g):
    """Its error halves with the step; extrapolated to none, it is the end of the proved path."""
    ends = []
    for steps in (400, 800):
        schedule = cosine(steps)
        eps_u, eps_c = ALL.noise_predictor(schedule), CLASS.noise_predictor(schedule)

        def guided(x, t, eps_u=eps_u, eps_c=eps_c):
            return eps_u(x, t) + g * (eps_c(x, t) - eps_u(x, t))

        low, high = last(ddim(guided, torch.tensor([[0.0], [1.0]], dtype=torch.float64), schedule))[:, 0].tolist()
        ends.append((high - low) ** 2)
    path = proved(n, n["sampled"], (), g=g)
    assert 2 * ends[1] - ends[0] == pytest.approx(sp.exp(path), rel=2e-3)
