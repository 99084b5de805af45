"""The bound against exact linear-Gaussian chains, diffusers and mpmath; published slips, planted, are caught."""

from __future__ import annotations

import math

import numpy as np
import peers
import pytest
import torch
from diffusers.training_utils import compute_snr
from mpmath import mp
from worlds import zero

from diffusion_lib.errors import ConfigError
from diffusion_lib.evaluate.gaussian_chain import GaussianChain
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.evaluate.vlb import optimal_variance, vlb_from_mse
from diffusion_lib.process import bound
from diffusion_lib.process.identities import add_noise, posterior, v_from_eps, x_0_from_eps
from diffusion_lib.process.registry import SCHEDULES, make_schedule
from diffusion_lib.process.schedule import Schedule
from diffusion_lib.train.loop import eps_loss

LN_2PI = math.log(2 * math.pi)


def uniform(low, high, *shape, seed):
    random = torch.Generator().manual_seed(seed)
    return low + (high - low) * torch.rand(*shape, generator=random, dtype=torch.float64)


class Chain:
    """A random model of one pixel, ε̂(x_t, t) = a_t x_t + c_t, and a data point."""

    def __init__(self, seed: int, variance: str):
        T = 1 + seed % 7
        self.schedule, self.variance = Schedule.from_betas(uniform(0.02, 0.6, T, seed=seed)), variance
        slope, shift = uniform(-0.5, 1.5, T + 1, seed=seed + 1), uniform(-1, 1, T + 1, seed=seed + 2)
        self.exact = GaussianChain(self.schedule, slope, shift, variance)
        self.x_0 = uniform(-2, 2, 1, 1, seed=seed + 3)

    def terms(self):
        """The library's terms.  They are of degree two in each ε, so that ε = ±1 averages exactly."""
        eps = torch.tensor([1.0, -1.0], dtype=torch.float64).view(1, 2, 1).expand(self.schedule.T, 2, 1)
        x_0 = self.x_0.expand(2, 1)
        return bound.vlb(self.exact.noise_predictor, self.schedule, x_0, eps, self.variance, levels=None)


CHAINS = [Chain(11 * seed, bound.VARIANCES[seed % 3]) for seed in range(40)]
for chain in CHAINS:  # before anything is planted
    chain.bound = float(chain.exact.bound(chain.x_0))


def check_chains():
    for chain in CHAINS:
        total = float(chain.terms().total.mean())
        assert abs(total - chain.bound) < 1e-10
        assert total >= -float(chain.exact.log_p(chain.x_0)) - 1e-10


def test_likelihood_plus_gap_is_the_sum_of_the_terms():
    """To 1e-10: −log p(x_0) + KL to the posterior over paths = L_T + Σ L_{t−1} + L_0, for random models."""
    check_chains()


def wrong_kl(**changes):
    right = bound.kl_normal

    def kl(mean_p, var_p, mean_q, var_q):
        values = {"mean_p": mean_p, "var_p": var_p, "mean_q": mean_q, "var_q": var_q}
        return right(**{k: changes.get(k, lambda v: v)(v) for k, v in values.items()})

    return kl


def half_log(mean_p, var_p, mean_q, var_q):
    """P14: the logarithms of the deviations in place of those of the variances."""
    ratio = var_p / var_q
    return 0.5 * (ratio - 1 - 0.5 * ratio.log() + (mean_p - mean_q) ** 2 / var_q)


MUTANTS = {
    "P14-log-variance-for-variance": ("kl_normal", wrong_kl(var_p=lambda v: v.log().abs())),
    "P14-log-of-deviations": ("kl_normal", half_log),
    "P14-deviation-for-variance": ("kl_normal", wrong_kl(var_p=lambda v: v.sqrt(), var_q=lambda v: v.sqrt())),
    "P14-divergence-turned-round": ("kl_normal", lambda a, b, c, d: bound_kl(c, d, a, b)),
    "P22-beta-for-beta-tilde": (
        "posterior",
        lambda s, x_0, x_t, t: (posterior(s, x_0, x_t, t)[0], s.gather("beta", t, x_t)),
    ),
    "P22-first-step-variance": ("step_variance", lambda s, variance: s.beta),
    "P22-first-step-tiny": (
        "step_variance",
        lambda s, variance: s.beta if variance == "beta" else s.posterior_variance.clamp(min=1e-20),
    ),
    "one-step-late": ("add_noise", lambda s, x_0, t, eps: add_noise(s, x_0, min(t + 1, s.T), eps)),
}
bound_kl = bound.kl_normal


@pytest.mark.parametrize("name", MUTANTS)
def test_planted_slips_break_the_equality(monkeypatch, name):
    monkeypatch.setattr(bound, *MUTANTS[name])
    with pytest.raises(AssertionError):
        check_chains()


@pytest.mark.parametrize(
    "total",
    [
        lambda b: b.decoder + (b.steps.mean(0) if len(b.steps) else 0) + b.prior,
        lambda b: b.decoder + b.steps.sum(0) * (len(b.steps) + 1) / max(len(b.steps), 1) + b.prior,
        lambda b: b.decoder + b.steps.sum(0),
        lambda b: -b.decoder + b.steps.sum(0) + b.prior,
    ],
    ids=["P22-no-factor", "P22-T-for-T-1", "no-prior", "sign-of-L_0"],
)
def test_planted_slips_of_the_sum_break_the_equality(monkeypatch, total):
    monkeypatch.setattr(bound.Bound, "total", property(total))
    with pytest.raises(AssertionError):
        check_chains()


def test_terms_are_in_the_order_of_their_index():
    terms = Chain(5, "beta").terms()
    assert torch.equal(terms.terms[0], terms.decoder) and torch.equal(terms.terms[-1], terms.prior)
    torch.testing.assert_close(terms.terms.sum(0), terms.total, rtol=0, atol=1e-12)


# --- the estimate, with its interval ----------------------------------------------------------------------------------

Z = 3.2905  # 99.9 % of a standard normal lie within ± Z


def misses(totals, exact, factor=1.0):
    """Whether each row's 99.9 % interval, from its own scatter, leaves out the exact value."""
    half = Z * totals.std(1) / totals.shape[1] ** 0.5
    return (factor * totals.mean(1) - exact).abs() > half


def chain_totals(n=2000):
    found = []
    for number, chain in enumerate(CHAINS):
        eps = torch.randn(chain.schedule.T, n, 1, generator=torch.Generator().manual_seed(number), dtype=torch.float64)
        x_0 = chain.x_0.expand(n, 1)
        terms = bound.vlb(chain.exact.noise_predictor, chain.schedule, x_0, eps, chain.variance, levels=None)
        found.append(terms.total)
    return torch.stack(found), torch.tensor([chain.bound for chain in CHAINS], dtype=torch.float64)


def test_the_estimate_is_within_its_interval_of_the_exact_linear_gaussian_chain():
    """At most 2 of 40 intervals of 99.9 % miss: with right intervals, more has a probability below 1e-5."""
    totals, exact = chain_totals()
    assert int(misses(totals, exact).sum()) <= 2
    assert int(misses(totals, exact, factor=1.1).sum()) > 15  # and they are short enough to find a tenth too much


@pytest.mark.parametrize("variance", [*bound.VARIANCES, "optimal"])
@pytest.mark.parametrize("name", ["line", "ring", "pictures"])
def test_the_estimate_is_within_its_interval_of_the_exact_mixture(name, variance):
    """Ten estimates of the bound of the optimal noise predictor, of 400 points each; at most one misses."""
    worlds = {
        "line": GaussianMixture([[-1.0], [0.8]], [0.2, 0.4], [0.3, 0.7]),
        "ring": GaussianMixture.named("ring"),
        "pictures": GaussianMixture(torch.linspace(-1, 1, 24).reshape(2, 3, 2, 2), 0.3),
    }
    world, schedule, random = worlds[name], make_schedule("cosine", 20), torch.Generator().manual_seed(5)
    floors = world.floors(schedule, generator=random)
    table = optimal_variance(schedule, floors) if variance == "optimal" else variance
    D = world.means[0].numel()
    exact = vlb_from_mse(schedule, floors, D, world.power(), table).sum()
    x_0, _ = world.sample(4000, random)
    eps = torch.randn(20, *x_0.shape, generator=random, dtype=torch.float64)
    total = bound.vlb(world.noise_predictor(schedule), schedule, x_0, eps, table, levels=None).total
    assert int(misses(total.view(10, 400), exact).sum()) <= 1
    assert float(exact) > world.entropy(generator=random)


@pytest.mark.parametrize("variance", [torch.zeros(5), torch.ones(4), torch.full((5,), math.nan)])
def test_a_table_of_variances_must_fit(variance):
    with pytest.raises(ConfigError, match="variance must be a table"):
        bound.step_variance(make_schedule("linear", 4), variance)


# --- each term --------------------------------------------------------------------------------------------------------


def sample(B=5, seed=0):
    random = torch.Generator().manual_seed(seed)
    x_0, eps, guess = torch.randn(3, B, 3, 2, generator=random, dtype=torch.float64)
    return x_0, eps, lambda x_t, t: guess


@pytest.mark.parametrize("name", SCHEDULES)
def test_prior_term_averages_to_the_prior_kl_of_the_schedule(name):
    """A data point at ±s has mean 0 and variance s², and the term is of degree two in it."""
    schedule, s = make_schedule(name, 50), 0.7
    x_0 = torch.tensor([[s, -s], [-s, s]], dtype=torch.float64)
    nats = bound.prior_term(schedule, x_0)
    assert nats.shape == (2,)
    assert float(bound.bits_per_dim(nats.mean(), 2)) == pytest.approx(schedule.prior_kl(s**2), rel=1e-12)


@pytest.mark.parametrize("variance", bound.VARIANCES)
def test_step_term_is_the_weighted_error_of_the_noise_and_a_constant(variance):
    schedule = make_schedule("cosine", 30)
    x_0, eps, model = sample(29)
    t = torch.arange(2, 31)
    nats = bound.step_term(model, schedule, x_0, t, eps, variance)
    sigma2, tilde = bound.step_variance(schedule, variance)[t], schedule.posterior_variance[t]
    constant = 6 * bound.kl_normal(0 * tilde, tilde, 0 * tilde, sigma2)
    error = ((eps - model(None, None)) ** 2).flatten(1).sum(1)
    wanted = constant + bound.weight(schedule, "vlb", variance)[t] * error
    torch.testing.assert_close(nats, wanted, rtol=1e-10, atol=1e-10)
    one_by_one = [bound.step_term(model, schedule, x_0, int(k), eps, variance)[k - 2] for k in t]
    torch.testing.assert_close(nats, torch.stack(one_by_one), rtol=0, atol=0)


@pytest.mark.parametrize("variance", bound.VARIANCES)
def test_the_decoder_of_real_numbers_has_the_weight_of_its_time(variance):
    """At t = 1 the posterior mean is x_0 itself: the same weight, with σ_1² in the place of a variance of its own."""
    schedule = make_schedule("linear", 30)
    x_0, eps, model = sample()
    nats = bound.decoder_term(model, schedule, x_0, eps, variance, levels=None)
    error = ((eps - model(None, None)) ** 2).flatten(1).sum(1)
    constant = 3 * float(LN_2PI + bound.step_variance(schedule, variance)[1].log())
    torch.testing.assert_close(
        nats, constant + bound.weight(schedule, "vlb", variance)[1] * error, rtol=1e-9, atol=1e-9
    )


def test_kl_normal_against_mpmath_quadrature():
    for a, v, b, w in uniform(0.3, 2, 8, 4, seed=1).tolist():

        def integrand(x, a=a, v=v, b=b, w=w):
            return mp.npdf(x, a, mp.sqrt(v)) * (mp.log(w / v) - (x - a) ** 2 / v + (x - b) ** 2 / w) / 2

        with mp.workdps(30):
            exact = mp.quad(integrand, [-mp.inf, a, mp.inf])
        ours = bound.kl_normal(*(torch.tensor(x, dtype=torch.float64) for x in (a, v, b, w)))
        assert float(ours) == pytest.approx(float(exact), abs=1e-12)


# --- the decoder of 8-bit data ----------------------------------------------------------------------------------------


def grid(levels=256, dtype=torch.float64):
    return 2 * torch.arange(levels, dtype=dtype) / (levels - 1) - 1


@pytest.mark.parametrize("levels", [2, 17, 256])
@pytest.mark.parametrize("mean", [-3.0, -1.0, 0.1, 0.999, 1.0, 40.0])
@pytest.mark.parametrize("variance", [1e-6, 1e-4, 0.02, 1.0, 9.0])
def test_probabilities_of_all_levels_add_up_to_one(levels, mean, variance):
    x = grid(levels)
    log_p = bound.log_level(x, torch.full_like(x, mean), torch.tensor(variance, dtype=torch.float64), levels)
    assert float(log_p.exp().sum()) == pytest.approx(1, abs=1e-12)
    assert not log_p.isnan().any() and (log_p <= 0).all()


def test_probabilities_are_those_of_mpmath_far_in_the_tail():
    x, deviation = grid(), 0.01
    log_p = bound.log_level(x, torch.full_like(x, -0.4), torch.tensor(deviation**2, dtype=torch.float64))
    with mp.workdps(60):
        for k in (0, 1, 50, 77, 100, 254, 255):
            low, high = ((mp.mpf(2 * k + side) / 255 - 1 - mp.mpf(-0.4)) / deviation / mp.sqrt(2) for side in (-1, 1))
            low, high = -mp.inf if k == 0 else low, mp.inf if k == 255 else high
            low, high = (low, high) if low + high > 0 else (-high, -low)
            exact = mp.log((mp.erfc(low) - mp.erfc(high)) / 2)
            assert float(log_p[k]) == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("levels", [2, 17, 256])
def test_levels_are_recognised_as_people_compute_them(dtype, levels):
    x = (torch.arange(levels).to(dtype) / (levels - 1) - 0.5) * 2
    bound.log_level(x, torch.zeros_like(x), torch.ones((), dtype=x.dtype), levels)


def test_closed_edges_do_not_add_up_to_one():
    """What the open ends are for: with closed bins a Gaussian at the edge loses its outer half."""
    x, delta = grid(), 1 / 255
    normal = torch.distributions.Normal(torch.tensor(1.0, dtype=torch.float64), 0.01)
    assert float((normal.cdf(x + delta) - normal.cdf(x - delta)).sum()) < 0.7


@pytest.mark.parametrize("variance", bound.VARIANCES)
def test_decoder_of_levels_is_near_the_density_times_the_width(variance):
    schedule = Schedule.from_betas([0.2, 0.3, 0.4])
    x_0 = grid()[60:200].view(1, 140)
    eps = sample()[1].flatten()[:1].expand(1, 140)
    fine = bound.decoder_term(lambda x_t, t: 0.9 * x_t, schedule, x_0, eps, variance)
    density = bound.decoder_term(lambda x_t, t: 0.9 * x_t, schedule, x_0, eps, variance, levels=None)
    assert float(fine) == pytest.approx(float(density) - 140 * math.log(2 / 255), rel=1e-4)


def test_bits_per_dim():
    assert bound.bits_per_dim(math.log(256), 1) == pytest.approx(8)
    uniform_code = torch.full((3,), 12 * math.log(256))
    torch.testing.assert_close(bound.bits_per_dim(uniform_code, 12), torch.full((3,), 8.0))


# --- weights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCHEDULES)
def test_weights_turn_the_error_of_the_noise_into_other_errors(name):
    schedule = make_schedule(name, 20)
    x_0, eps, model = sample(20)
    t, guess = torch.arange(1, 21), model(None, None)
    x_t = add_noise(schedule, x_0, t, eps)
    x_0_hat = x_0_from_eps(schedule, x_t, t, guess)
    v, v_hat = v_from_eps(schedule, x_0, t, eps), v_from_eps(schedule, x_0_hat, t, guess)
    of_noise = ((eps - guess) ** 2).flatten(1).sum(1)
    for kind, target, estimate in (("simple", eps, guess), ("x_0", x_0, x_0_hat), ("v", v, v_hat)):
        error = ((target - estimate) ** 2).flatten(1).sum(1)
        torch.testing.assert_close(error, bound.weight(schedule, kind)[t] * of_noise, rtol=1e-9, atol=1e-12)


def test_simple_is_the_loss_of_training():
    schedule = make_schedule("linear", 20)
    x_0, eps, model = sample()
    t = torch.tensor([1, 4, 9, 20, 20])
    error = ((eps - model(None, None)) ** 2).flatten(1).mean(1)
    loss = (bound.weight(schedule, "simple")[t] * error).mean()
    torch.testing.assert_close(loss, eps_loss(model, schedule, x_0, t, eps))


@pytest.mark.parametrize("gamma", [1.0, 5.0, 20.0])
def test_min_snr_weights_are_those_of_diffusers(monkeypatch, gamma):
    """diffusers' training scripts: min(SNR, γ) / SNR for a noise loss, min(SNR, γ) / (SNR + 1) for a velocity loss."""
    schedule = make_schedule("scaled_linear", 200)
    peer = peers.scheduler(monkeypatch, "DDPM", trained_betas=schedule.beta[1:].numpy())
    snr = compute_snr(peer, torch.arange(200)).double()  # computed in float32 there
    capped = torch.stack([snr, gamma * torch.ones_like(snr)], dim=1).min(dim=1)[0]
    ours = bound.weight(schedule, "min_snr", gamma=gamma)[1:]
    torch.testing.assert_close(ours, capped / snr, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(ours / bound.weight(schedule, "v")[1:], capped / (snr + 1), rtol=1e-5, atol=1e-7)


def test_vlb_weight_is_half_the_loss_of_signal_to_noise_times_the_x_0_weight():
    schedule = make_schedule("cosine", 100)
    ours, snr = bound.weight(schedule, "vlb"), schedule.snr
    torch.testing.assert_close(ours[2:], (snr[1:-1] - snr[2:]) / snr[2:] / 2, rtol=1e-9, atol=0)


@pytest.mark.parametrize("T", [1, 2, 30])
def test_the_first_variance_is_that_of_ddpms_programs(T):
    schedule = make_schedule("linear", T)
    first = bound.step_variance(schedule)[1]
    assert first == (schedule.posterior_variance[2] if T > 1 else schedule.beta[1])
    assert torch.equal(bound.step_variance(schedule, "beta"), schedule.beta)
    large = bound.step_variance(schedule, "fixed_large")
    assert large[1] == first and torch.equal(large[2:], schedule.beta[2:]) and large[0] == 0
    assert schedule.posterior_variance[1] == 0  # the schedule's own table stays as it is


@pytest.mark.parametrize("T", [2, 50, 1000])
def test_fixed_large_is_the_list_of_improved_diffusion(T):
    """gaussian_diffusion.py, FIXED_LARGE: np.append(posterior_variance[1], betas[1:]), with times from 0."""
    schedule = make_schedule("cosine", T)
    betas = schedule.beta[1:].numpy()
    alphas_cumprod = np.cumprod(1.0 - betas)
    alphas_cumprod_prev = np.append(1.0, alphas_cumprod[:-1])
    posterior_variance = betas * (1.0 - alphas_cumprod_prev) / (1.0 - alphas_cumprod)
    theirs = np.append(posterior_variance[1], betas[1:])
    assert bound.step_variance(schedule, "fixed_large")[1:].numpy() == pytest.approx(theirs, rel=1e-11)


def test_the_choices_of_the_first_variance_differ_in_the_decoder_alone():
    schedule = make_schedule("cosine", 30)
    x_0 = grid()[[40, 200]][:, None]
    eps = torch.randn(30, 2, 1, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    small, own, large = (bound.vlb(zero, schedule, x_0, eps, name) for name in bound.VARIANCES)
    assert torch.equal(own.steps, large.steps) and torch.equal(small.decoder, large.decoder)
    assert not torch.isclose(own.decoder, large.decoder).any()


def test_truncated_snr_is_never_below_one():
    weights = bound.weight(make_schedule("linear", 100), "truncated_snr")[1:]
    assert weights.min() == 1 and weights.max() > 1


# --- bad input --------------------------------------------------------------------------------------------------------

S = make_schedule("linear", 4)
X = torch.zeros(2, 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: bound.step_term(zero, S, X, 1, X), "t must be in 2..T"),
        (lambda: bound.step_term(zero, S, X, torch.tensor([3, 1]), X), "t must be in 2..T"),
        (lambda: bound.step_term(zero, S, X, 5, X), "t must be"),
        (lambda: bound.step_term(zero, S, X, 2, X[:1]), "eps must be"),
        (lambda: bound.step_term(zero, S, X, 2, X, "Beta"), "did you mean 'beta'"),
        (lambda: bound.step_term(lambda x_t, t: x_t[:1], S, X, 2, X), "model must return"),
        (lambda: bound.decoder_term(zero, S, X + 0.5, X), "256 levels from -1 to 1, got 0.5"),
        (lambda: bound.decoder_term(zero, S, X + 255, X), "256 levels"),
        (lambda: bound.decoder_term(zero, S, X + math.nan, X), "256 levels"),
        (lambda: bound.decoder_term(zero, S, X, X, levels=1), "levels must be an integer >= 2"),
        (lambda: bound.vlb(zero, S, X, X), "eps must have shape"),
        (lambda: bound.prior_term(S, X.long()), "x_0 must be a floating-point"),
        (lambda: bound.bits_per_dim(1.0, 0), "dims must be"),
        (lambda: bound.weight(S, "minsnr"), "did you mean 'min_snr'"),
        (lambda: bound.weight(S, "min_snr", gamma=0), "gamma must be"),
        (lambda: bound.weight(S, "vlb", variance="learned"), "variance must be one of"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ConfigError, match=words):
        call()
