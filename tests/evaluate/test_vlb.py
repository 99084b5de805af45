"""The expected bound against its definition, the best variance against others, the exact chain against quadrature."""

from __future__ import annotations

import math

import pytest
import torch

from diffusion_lib.errors import ConfigError
from diffusion_lib.evaluate.gaussian_chain import GaussianChain
from diffusion_lib.evaluate.vlb import optimal_variance, vlb_from_mse
from diffusion_lib.process import bound
from diffusion_lib.process.schedule import SCHEDULES, Schedule, make_schedule

S = make_schedule("linear", 6)


def losses(T, seed=0):
    return torch.rand(T + 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("variance", [*bound.VARIANCES, "optimal"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_terms_are_those_of_the_estimator_for_a_denoiser_with_this_error(name, variance):
    """A denoiser that misses the noise by ±√e_t has the error e_t, whatever x_0 and ε are."""
    schedule, loss = make_schedule(name, 12), losses(12)
    table = optimal_variance(schedule, loss) if variance == "optimal" else variance
    random = torch.Generator().manual_seed(1)
    x_0 = torch.tensor([[0.7, -0.7, 0.7]], dtype=torch.float64)
    eps = torch.randn(12, 1, 3, generator=random, dtype=torch.float64)
    signs = torch.tensor([1.0, -1.0, -1.0], dtype=torch.float64)

    def denoiser(x_t, t):
        return eps[t - 1, 0] + loss[t].sqrt() * signs

    terms = bound.vlb(denoiser, schedule, x_0, eps, table, levels=None).terms[:, 0]
    torch.testing.assert_close(vlb_from_mse(schedule, loss, 3, 0.49, table), terms, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("T", [1, 2, 9])
def test_the_best_variance_is_a_minimum_of_each_term(T):
    schedule, loss = make_schedule("cosine", T), losses(T, seed=T)
    best = optimal_variance(schedule, loss)
    terms = vlb_from_mse(schedule, loss, 1, 1.0, best)
    for factor in (0.99, 1.01):
        assert bool((vlb_from_mse(schedule, loss, 1, 1.0, factor * best) > terms)[:-1].all())
    least = (2 * math.pi * math.e * best[1]).log() / 2, (best[2:] / schedule.posterior_variance[2:]).log() / 2
    torch.testing.assert_close(terms[:-1], torch.cat([least[0][None], least[1]]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("s", [0.1, 1.0, 2.0])
def test_gaussian_data_have_a_tight_bound_in_the_best_variance(s):
    """Their reverse steps are Gaussian: the bound is the entropy and the divergence of x_T from the prior."""
    schedule = make_schedule("linear", 30)
    V = schedule.alpha_bar * s**2 + 1 - schedule.alpha_bar
    floors = schedule.alpha_bar * s**2 / V
    terms = vlb_from_mse(schedule, floors, 1, s**2, optimal_variance(schedule, floors))
    entropy = math.log(2 * math.pi * math.e * s**2) / 2
    prior = (float(V[-1]) - 1 - math.log(V[-1])) / 2
    assert float(terms.sum()) == pytest.approx(entropy + prior, abs=1e-12)
    chain = GaussianChain(schedule, (1 - schedule.alpha_bar).sqrt() / V, 0 * V, optimal_variance(schedule, floors))
    x_0 = torch.tensor([[s], [-s]], dtype=torch.float64)  # of mean square s²
    assert float(chain.bound(x_0).mean()) == pytest.approx(float(terms.sum()), abs=1e-9)


def test_the_chains_density_is_that_of_its_steps():
    """p(x_0) by integrating x_1 out on a grid, for T = 1."""
    schedule = Schedule.from_betas([0.3])
    chain = GaussianChain(schedule, torch.tensor([0.0, 0.4]).double(), torch.tensor([0.0, -0.2]).double(), "beta")
    x_1 = torch.linspace(-12, 12, 200_001, dtype=torch.float64)
    eps_hat = chain.denoiser(x_1[:, None], torch.ones(len(x_1), dtype=torch.int64))[:, 0]
    mean = (x_1 - 0.3 / math.sqrt(0.3) * eps_hat) / math.sqrt(0.7)
    for x_0 in (-1.3, 0.2):
        inside = torch.exp(-((x_0 - mean) ** 2) / 0.6 - x_1**2 / 2) / (2 * math.pi * math.sqrt(0.3))
        exact = float(torch.trapezoid(inside, x_1))
        found = chain.log_p(torch.tensor([[x_0]], dtype=torch.float64))
        assert float(found.exp()) == pytest.approx(exact, rel=1e-9)
        assert float(chain.gap(torch.tensor([[x_0]], dtype=torch.float64))) > 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: vlb_from_mse(S, losses(5), 1), r"loss must be a table \(7,\), got \(6,\)"),
        (lambda: vlb_from_mse(S, -losses(6), 1), "finite numbers >= 0"),
        (lambda: vlb_from_mse(S, [0.1] * 7, 1), "loss must be a table"),
        (lambda: vlb_from_mse(S, losses(6), 0), "dims must be"),
        (lambda: vlb_from_mse(S, losses(6), 1, -1.0), "power must be"),
        (lambda: vlb_from_mse(S, losses(6), 1, 1.0, "best"), "variance must be one of"),
        (lambda: optimal_variance(S, losses(6) * math.nan), "finite numbers"),
        (lambda: GaussianChain(S, losses(5), losses(6)), "slope must be a table"),
        (lambda: GaussianChain(S, losses(6), losses(6) / 0), "shift must be a table"),
        (lambda: GaussianChain(S, losses(6), losses(6), "fixed"), "variance must be one of"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ConfigError, match=words):
        call()
