"""What the samplers draw: the distribution of each with an exact model, tested with a stated rate of false alarms.

The suite below draws from fixed seeds, so that it fails always or never; the rate, 1e-6 for all its tests together,
is the probability that a right sampler fails for an unlucky choice of seeds.  Each planted bug is caught with a
computed power.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import pytest
import torch
from worlds import seeded

from diffusion_lib.errors import ConfigError
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.process.schedule import Schedule, cosine
from diffusion_lib.sample.ancestral import ddim, ddpm, ddpm_step
from diffusion_lib.sample.chain import last
from diffusion_lib.sample.langevin import langevin
from diffusion_lib.sample.ode import euler, heun, lms
from diffusion_lib.sample.times import timesteps
from pagekit.line_distribution import LineDistribution, goodness_of_fit, power

WORLD = GaussianMixture([[-1.2], [0.9]], [0.5, 0.7], [0.4, 0.6])
SCHEDULE, STEPS, N = cosine(50), 10, 200_000
MODEL = WORLD.noise_predictor(SCHEDULE)
PAIRS = list(pairwise([*timesteps(SCHEDULE.T, STEPS), 0]))
LANGEVIN = {"repeats": 3, "size": 0.5}
levels = torch.logspace(-1, 0.9, STEPS, dtype=torch.float64)  # σ; neighbours must be near: annealing stays in reach
LADDER = Schedule.from_betas(1 - (1 + torch.cat([levels.new_zeros(1), levels[:-1]]).square()) / (1 + levels**2))
SAMPLERS = {  # each with its distribution, from the formulas of the papers
    "ddpm-posterior": (ddpm, {}, {"eta": 1.0}),
    "ddpm-beta": (ddpm, {"variance": "beta"}, {"eta": 1.0, "large": True}),
    "ddim-0": (ddim, {"eta": 0.0}, {"eta": 0.0}),
    "ddim-half": (ddim, {"eta": 0.5}, {"eta": 0.5}),
    "euler": (euler, {}, {"eta": 0.0}),
    "langevin": (langevin, LANGEVIN, None),
    "heun": (heun, {}, None),
    "lms": (lms, {}, None),
}
BUGS = {
    "sigma-1.02": {"factor": 1.02},
    "prev-is-t-1": {"prev": True},
    "alpha-bar-shifted": {"shift": True},
    "noise-at-the-last-step": {"noisy_end": True},
}
ALARM = 1e-6 / (len(SAMPLERS) + len(BUGS))


def randn(n, seed):
    return torch.randn(n, 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@cache
def distribution_of(eta=1.0, large=False, factor=1.0, prev=False, shift=False, noisy_end=False):
    """The distribution of ten steps, from DDIM eq. 12 and 16 and DDPM section 3.2, without the library's samplers."""
    bar, distribution = SCHEDULE.alpha_bar.tolist(), LineDistribution()
    bar = [bar[0], *bar[2:], bar[-1]] if shift else bar
    for t, s in PAIRS:
        eps_hat = MODEL(distribution.x[:, None], t)[:, 0]
        s = t - 1 if prev and s else s
        x_0_hat = (distribution.x - math.sqrt(1 - bar[t]) * eps_hat) / math.sqrt(bar[t])
        beta = 1 - bar[t] / bar[s]
        variance = eta**2 * beta * (1 - bar[s]) / (1 - bar[t])
        mean = math.sqrt(bar[s]) * x_0_hat + math.sqrt(1 - bar[s] - variance) * eps_hat
        variance = beta if (large and s) or (noisy_end and not s) else variance
        distribution.step(mean, factor * math.sqrt(variance))
    return distribution


def distribution_of_langevin():
    """The distribution of ten levels of LADDER, in the coordinates of Song & Ermon 2019, Algorithm 1: data plus σ z."""
    distribution, model, r = LineDistribution(), WORLD.noise_predictor(LADDER), LANGEVIN["size"]
    for t in range(STEPS, 0, -1):
        sigma = float(levels[t - 1])
        kept = 1 / math.sqrt(1 + sigma**2)
        for repeat in range(LANGEVIN["repeats"]):
            eps_hat = model(distribution.x[:, None], t)[:, 0]
            if t == 1 and repeat == LANGEVIN["repeats"] - 1:
                return distribution.step(distribution.x / kept - sigma * eps_hat, 0.0)
            shown = 1.0
            if repeat == LANGEVIN["repeats"] - 1:  # x̃ stays, and is shown to the model at the next level's scale
                shown = 1 / math.sqrt(1 + float(levels[t - 2]) ** 2) / kept
            score = -eps_hat / sigma
            moved = distribution.x / kept + r * sigma**2 / 2 * score
            distribution.step(shown * kept * moved, shown * kept * math.sqrt(r) * sigma)


def data_scores(x):
    F = (WORLD.weights * torch.special.ndtr((x - WORLD.means[:, 0]) / WORLD.std)).sum(1)
    return torch.special.ndtri(F)


@pytest.mark.parametrize("name", [name for name, row in SAMPLERS.items() if row[2] is not None])
def test_output_has_the_law_of_its_formulas(name):
    sampler, options, formula = SAMPLERS[name]
    noise = {} if sampler is euler else {"generator": seeded(2)}
    x_0 = last(sampler(MODEL, randn(N, 1), SCHEDULE, steps=STEPS, **options, **noise))
    assert goodness_of_fit(distribution_of(**formula).scores(x_0)).p > ALARM


def test_output_of_langevin_has_the_law_of_its_formulas():
    x_0 = last(langevin(WORLD.noise_predictor(LADDER), randn(N, 1), LADDER, **LANGEVIN, generator=seeded(2)))
    assert goodness_of_fit(distribution_of_langevin().scores(x_0)).p > ALARM


@pytest.mark.parametrize("name", ["heun", "lms"])
def test_output_of_the_solvers_has_the_law_of_the_data(name):
    """From x_T ~ q(x_T) the exact flow ends in the data's distribution.  The solvers' own error, carried from quantile
    to quantile, moves no statistic by more than a fifth of its standard deviation."""
    n, schedule, solver = 20_000, cosine(400), SAMPLERS[name][0]
    model, bar = WORLD.noise_predictor(schedule), schedule.alpha_bar[-1]
    z = torch.linspace(-6, 6, 1201, dtype=torch.float64)
    weight = torch.exp(-z.square() / 2) / torch.exp(-z.square() / 2).sum()
    start = bar.sqrt() * (WORLD.weights @ WORLD.means) + z[:, None]  # q(x_T) up to terms of the order of ᾱ_T
    ends = data_scores(last(solver(model, start, schedule)))
    moved = [weight @ (ends - z), weight @ (ends.square() - z.square()) / math.sqrt(2)]
    moved.append(2 * (torch.special.ndtr(ends) - torch.special.ndtr(z)).abs().max())
    assert math.sqrt(n) * max(abs(float(value)) for value in moved) < 0.2
    x_0, _ = WORLD.sample(n, seeded(3))
    x_T = bar.sqrt() * x_0 + schedule.one_minus_alpha_bar[-1].sqrt() * randn(n, 4)
    assert goodness_of_fit(data_scores(last(solver(model, x_T, schedule)))).p > ALARM


def buggy_chain(name):
    """The chain of ``ddpm-beta`` with a bug in it, by the library's own step."""
    shifted = Schedule.from_betas(_betas_of(torch.cat([SCHEDULE.alpha_bar[2:], SCHEDULE.alpha_bar[-1:] * 0.999])))
    x, generator = randn(N, 1), seeded(2)
    for t, s in PAIRS:
        z = torch.randn(N, 1, generator=generator, dtype=torch.float64)
        eps_hat = MODEL(x, t)
        if name == "sigma-1.02":
            z = 1.02 * z
        used = t - 1 if name == "prev-is-t-1" and s else s
        table = shifted if name == "alpha-bar-shifted" else SCHEDULE
        x = ddpm_step(table, x, eps_hat, t, used, variance="beta", z=z)
        if name == "noise-at-the-last-step" and s == 0:
            x = x + math.sqrt(1 - float(SCHEDULE.alpha_bar[t])) * z
    return x


def _betas_of(alpha_bar):
    return 1 - alpha_bar / torch.cat([alpha_bar.new_ones(1), alpha_bar[:-1]])


@pytest.mark.parametrize("name", BUGS)
def test_planted_bugs_are_detected(name):
    """By these samples, and with a power of at least 0.999999 by any others."""
    good, bad = distribution_of(large=True), distribution_of(large=True, **BUGS[name])
    assert power(good, bad, N, ALARM) > 1 - 1e-6
    assert goodness_of_fit(good.scores(buggy_chain(name))).p < ALARM


def test_the_buggy_chain_without_a_bug_passes():
    assert goodness_of_fit(distribution_of(large=True).scores(buggy_chain("none"))).p > ALARM


# --- the test itself -------------------------------------------------------------------------------------------------


def test_rate_of_false_alarms():
    """400 tests of right samples at 10 %, and 400 at 1 %: more than 73 (or 18) alarms have a probability below 1e-6."""
    p = [goodness_of_fit(randn(500, 100 + seed)).p for seed in range(400)]
    assert sum(value < 0.1 for value in p) <= 73 and sum(value < 0.01 for value in p) <= 18
    assert sum(value < 0.1 for value in p) >= 5  # and the test is not so careful that it never speaks


@pytest.mark.parametrize(
    ("change", "part"),
    [(lambda z: z + 0.03, "mean"), (lambda z: 1.02 * z, "spread"), (lambda z: z.abs() - 0.8, "shape")],
)
def test_each_part_sees_its_own_change(change, part):
    assert getattr(goodness_of_fit(change(randn(N, 5))), part) < 1e-6
    assert min(goodness_of_fit(randn(N, 5))) > 0.01


def test_power_agrees_with_counting():
    """Samples too few to be sure of: the computed power against the share of 200 draws, within 5 standard errors."""
    good, bad, n = distribution_of(large=True), distribution_of(large=True, factor=1.02), 20_000
    x = torch.from_numpy(_draw(bad, 200 * n))
    caught = sum(goodness_of_fit(good.scores(part)).p < 0.1 for part in x.split(n)) / 200
    computed = power(good, bad, n, 0.1)
    assert 0.05 < computed < 0.95 and computed - 5 * math.sqrt(0.25 / 200) < caught


def _draw(distribution, n):
    import numpy as np

    rng = np.random.default_rng(0)
    return np.interp(rng.random(n), distribution.F.numpy(), distribution.x.numpy())


def test_quadrature_of_a_gaussian_chain():
    """x → a x + σ z keeps Gaussians: variance a² v + σ²; a step without noise scales it."""
    distribution, v = LineDistribution(), 1.0
    for a, sigma in ((0.9, 0.3), (1.1, 0.1), (0.5, 0.04), (2.0, 0.0)):
        distribution.step(a * distribution.x + 0.1, sigma)
        v = a * a * v + sigma**2
    mean = 2 * (0.5 * (1.1 * 0.1 + 0.1) + 0.1) + 0.1
    x = torch.linspace(-3, 3, 50, dtype=torch.float64)
    torch.testing.assert_close(distribution.scores(mean + math.sqrt(v) * x), x, rtol=0, atol=1e-9)
    assert float(distribution.mass.sum()) == pytest.approx(1, abs=1e-12)


def test_more_steps_come_nearer_to_the_law_of_the_data():
    """sup |F − F_data| of DDPM's distribution: computed, not sampled."""

    def distance(steps):
        distribution = LineDistribution()
        for t, s in pairwise([*timesteps(50, steps), 0]):
            x_t = distribution.x[:, None]
            at = [ddpm_step(SCHEDULE, x_t, MODEL(x_t, t), t, s, z=torch.full_like(x_t, z))[:, 0] for z in (0.0, 1.0)]
            distribution.step(at[0], float((at[1] - at[0])[len(x_t) // 2]))
        return float((distribution.F - torch.special.ndtr(data_scores(distribution.x[:, None]))).abs().max())

    few, more = distance(5), distance(20)
    assert more < few / 2


@pytest.mark.parametrize("sigma", [-0.1, 0.01, math.nan, math.inf])
def test_a_noise_too_small_for_the_grid_is_refused(sigma):
    distribution = LineDistribution()
    with pytest.raises(ConfigError, match=r"^sigma must"):
        distribution.step(distribution.x, sigma)


def test_a_map_that_folds_is_refused():
    distribution = LineDistribution()
    with pytest.raises(ConfigError, match=r"^mean must increase"):
        distribution.step(distribution.x.abs(), 0.0)
