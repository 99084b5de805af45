"""The expected bound against its definition, the best variance against others, the exact chain against quadrature."""

from __future__ import annotations

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from diffusion_lib.errors import ConfigError
from diffusion_lib.evaluate.gaussian_chain import GaussianChain, best_steps
from diffusion_lib.evaluate.vlb import optimal_variance, vlb_from_mse
from diffusion_lib.process import bound
from diffusion_lib.process.registry import SCHEDULES, make_schedule
from diffusion_lib.process.schedule import Schedule

S = make_schedule("linear", 6)


def losses(T, seed=0):
    return torch.rand(T + 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("variance", [*bound.VARIANCES, "optimal"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_terms_are_those_of_the_estimator_for_a_model_with_this_error(name, variance):
    """A model that misses the noise by ±√e_t has the error e_t, whatever x_0 and ε are."""
    schedule, loss = make_schedule(name, 12), losses(12)
    table = optimal_variance(schedule, loss) if variance == "optimal" else variance
    random = torch.Generator().manual_seed(1)
    x_0 = torch.tensor([[0.7, -0.7, 0.7]], dtype=torch.float64)
    eps = torch.randn(12, 1, 3, generator=random, dtype=torch.float64)
    signs = torch.tensor([1.0, -1.0, -1.0], dtype=torch.float64)

    def model(x_t, t):
        return eps[t - 1, 0] + loss[t].sqrt() * signs

    terms = bound.vlb(model, schedule, x_0, eps, table, levels=None).terms[:, 0]
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
    eps_hat = chain.noise_predictor(x_1[:, None], torch.ones(len(x_1), dtype=torch.int64))[:, 0]
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
        (lambda: GaussianChain(S, losses(5), losses(6)), "coefficient must be a table"),
        (lambda: GaussianChain(S, losses(6), losses(6) / 0), "shift must be a table"),
        (lambda: GaussianChain(S, losses(6), losses(6), "fixed"), "variance must be one of"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ConfigError, match=words):
        call()


def random_chain(draws, steps):
    """A schedule, slopes and variances of its reverse steps, and one data point."""
    betas, a, v = torch.rand(3, steps + 1, generator=draws, dtype=torch.float64)
    schedule = Schedule.from_betas(0.02 + 0.6 * betas[1:])
    x_0 = 2 * torch.randn(1, 1, generator=draws, dtype=torch.float64)
    return schedule, 0.2 + a, (0.1 + 1.4 * v) * (schedule.beta > 0), x_0


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 10])
def test_the_terms_of_a_chain_add_up_to_likelihood_and_gap(steps):
    """L_T + Σ L_{t−1} + L_0, exact for each data point, against the joint covariance of the path: to 1e-10."""
    draws = torch.Generator().manual_seed(steps)
    for _ in range(20):
        schedule, a, v, x_0 = random_chain(draws, steps)
        chain = GaussianChain.of_steps(schedule, a, v)
        assert chain.terms(x_0).shape == (steps + 1, 1)
        assert float(chain.terms(x_0).sum() - chain.bound(x_0)) == pytest.approx(0, abs=1e-10)


def joint_of_the_model(a, v):
    """Covariance of (x_0, …, x_T) under the reverse process, built step by step from x_T."""
    T = len(a)
    to_noise = torch.zeros(T + 1, T + 1, dtype=torch.float64)  # x = to_noise · independent standard normals
    to_noise[T, T] = 1
    for t in range(T, 0, -1):
        to_noise[t - 1] = a[t - 1] * to_noise[t]
        to_noise[t - 1, t - 1] = v[t - 1].sqrt()
    return to_noise @ to_noise.T


def path_of_the_data(schedule, x_0):
    """Mean and covariance of (x_1, …, x_T) given x_0, from the closed form and the steps after it."""
    kept = schedule.alpha_bar[1:]
    shrink = (kept[None, :] / kept[:, None]).sqrt()  # from t to s, for s ≥ t
    covariance = torch.triu(shrink * (1 - kept)[:, None])
    return kept.sqrt() * x_0, covariance + torch.triu(covariance, 1).T


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 10])
def test_the_gap_is_the_divergence_to_the_posterior(steps):
    """Against PyTorch's multivariate Gaussians: the terms' sum + log p = KL(q(x_1:T | x_0) ‖ p(x_1:T | x_0))."""
    draws = torch.Generator().manual_seed(100 + steps)
    for _ in range(10):
        schedule, a, v, x_0 = random_chain(draws, steps)
        chain = GaussianChain.of_steps(schedule, a, v)
        joint = joint_of_the_model(a[1:], v[1:])
        across, rest = joint[0, 1:] / joint[0, 0], joint[1:, 1:]
        posterior = MultivariateNormal(across * x_0[0], rest - torch.outer(across, joint[0, 1:]))
        proposed = MultivariateNormal(*path_of_the_data(schedule, x_0[0]))
        log_p = Normal(0, joint[0, 0].sqrt()).log_prob(x_0[0])
        assert float(chain.log_p(x_0) - log_p) == pytest.approx(0, abs=1e-10)
        gap = float(chain.terms(x_0).sum() + log_p)
        assert gap == pytest.approx(float(kl_divergence(proposed, posterior)), abs=1e-9, rel=1e-9) and gap > 0


def test_the_last_term_has_no_parameters():
    schedule, a, v, x_0 = random_chain(torch.Generator().manual_seed(0), 5)
    a, v = a.requires_grad_(), v.requires_grad_()
    for number, term in enumerate(GaussianChain.of_steps(schedule, a, v).terms(x_0)[:, 0]):
        own = [number + 1] if number < 5 else []  # a term hangs on its own step; the last one has none
        slopes = [torch.zeros(6)]
        if term.requires_grad:
            slopes = torch.autograd.grad(term, (a, v), retain_graph=True, materialize_grads=True)
        assert sum(slope.abs() for slope in slopes).nonzero().flatten().tolist() == own


@pytest.mark.parametrize("s", [0.3, 1.4])
def test_the_best_steps_beat_their_neighbours_and_leave_the_gap_to_the_prior(s):
    schedule = make_schedule("cosine", 8)
    a, v = best_steps(schedule, s)
    x_0 = torch.full((1, 1), s, dtype=torch.float64)
    least = GaussianChain.best(schedule, s).terms(x_0).sum()
    entropy = math.log(2 * math.pi * math.e * s**2) / 2
    assert float(least) == pytest.approx(entropy + float(schedule.prior_gap(s**2)) * math.log(2), abs=1e-10)
    for slopes, variances in ((0.99 * a, v), (1.01 * a, v), (a, 0.99 * v), (a, 1.01 * v)):
        assert GaussianChain.of_steps(schedule, slopes, variances).terms(x_0).sum() > least
