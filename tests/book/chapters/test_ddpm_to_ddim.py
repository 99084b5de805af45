"""The derivations of the chapter ddpm-to-ddim, loaded by running the chapter's own cells."""

from __future__ import annotations

import math

import pytest
import torch
from false_steps import false_steps
from proved import T, formula, random_schedule

from diffusion_lib import sample
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.process import identities as process
from diffusion_lib.process.schedule import scaled_linear
from diffusion_lib.sample import ode, timesteps

PAIRS = [(t, s) for t in range(1, T + 1) for s in range(1, t)]


@pytest.fixture(scope="module")
def schedule():
    return random_schedule(0, most=0.4)


def shares(schedule, t, s):
    """ᾱ_t, ᾱ_s, α_{t|s} and β_{t|s}."""
    late, early = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[s])
    return late, early, late / early, 1 - late / early


SHARES = ("alpha_bar_t", "alpha_bar_s", "alpha_ts", "beta_ts")


def close(ours, proved):
    assert float(ours) == pytest.approx(proved, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
def test_ddim_steps_are_of_the_proved_family(n, schedule, draws, eta):
    kept = formula(n, "kept-noise", *SHARES, "eta")
    fresh = formula(n, "fresh-noise", *SHARES, "eta")
    for t, s in PAIRS:
        x_t, eps, z = draws[:, t]
        numbers = (*shares(schedule, t, s), eta)
        x_0_hat = float(process.x_0_from_eps(schedule, x_t, t, eps))
        expected = numbers[1] ** 0.5 * x_0_hat + kept(*numbers) * float(eps) + fresh(*numbers) ** 0.5 * float(z)
        close(sample.ddim_step(schedule, x_t, eps, t, s, eta=eta, z=z), expected)


def test_ddpm_steps_have_the_proved_mean_and_variance(n, schedule, draws):
    mean = formula(n, n["posterior_mean"], "x_0", "x_t", *SHARES)
    variance = formula(n, n["posterior_variance"], *SHARES)
    for t, s in PAIRS:
        x_t, eps, z = draws[:, t]
        numbers = shares(schedule, t, s)
        x_0_hat = float(process.x_0_from_eps(schedule, x_t, t, eps))
        center = mean(x_0_hat, float(x_t), *numbers)
        for choice, sigma2 in (("posterior", variance(*numbers)), ("beta", numbers[3])):
            drawn = sample.ddpm_step(schedule, x_t, eps, t, s, variance=choice, z=z)
            close(drawn, center + sigma2**0.5 * float(z))


def test_euler_steps_are_the_proved_ones(n, schedule, draws):
    step = formula(n, "ddim-is-euler", "y_t", "sigma_t", "sigma_s", "eps_hat")
    quiet = formula(n, "one-coefficient", "x_t", "eps_hat", "alpha_bar_t", "alpha_bar_s")
    for t, s in PAIRS:
        x_t, eps = draws[0, t], draws[1, t]
        late, early = shares(schedule, t, s)[:2]
        moved = ode.euler_step(schedule, x_t, eps, t, s)
        levels = schedule.level(t), schedule.level(s)
        close(moved, early**0.5 * step(float(x_t) / late**0.5, *levels, float(eps)))
        close(moved, quiet(float(x_t), float(eps), late, early))


def test_scales_are_those_of_the_library_and_of_diffusers(n):
    """C4: at Stable Diffusion's schedule."""
    import diffusers

    schedule = scaled_linear(1000)
    start = formula(n, "start-scale", "sigma_t")
    shrink = formula(n, "input-factor", "y_t", "sigma_t")
    scheduler = diffusers.EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="trailing"
    )
    scheduler.set_timesteps(1000)
    x, top = torch.ones(1, 1, dtype=torch.float64), schedule.level(1000)
    assert start(top) == pytest.approx(float(schedule.alpha_bar[-1]) ** -0.5, rel=1e-12)
    for t in (1000, 600, 41, 1):
        level = schedule.level(t)
        assert float(process.ve_to_vp(schedule, x, t)) == pytest.approx(shrink(1.0, level), rel=1e-12)
        theirs = scheduler.scale_model_input(x, scheduler.timesteps[1000 - t])
        scheduler._step_index = None
        assert float(theirs) == pytest.approx(shrink(1.0, level), rel=1e-3)  # float32 tables
    scheduler = diffusers.LMSDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    scheduler.set_timesteps(51)
    level = float(scheduler.sigmas[40])
    assert float(scheduler.timesteps[40]) == pytest.approx(199.8, abs=1e-3)
    assert (round(level, 3), round(shrink(1.0, level), 3)) == (0.571, 0.868)
    assert round(float(scheduler.init_noise_sigma), 2) == 14.61 == round(top, 2)
    assert round(start(top), 2) == 14.65


FALSE = """
P16-direction-of-t: x_s = sqrt(alpha_bar_s) * x_0_hat + sqrt(1 - alpha_bar_t) * eps_hat; definition; quiet-step
direction-is-not-reduced: c ** 2 + v = 1 - alpha_bar_s + v; result; noise-budget
C2-noise-without-its-level: y_t = x_0 + eps; result; data-plus-noise
C4-no-input-factor: x_t = y_t; result; input-factor
C4-scale-upside-down: x_t = sqrt(sigma_t ** 2 + 1) * y_t; result; input-factor
C4-start-without-the-data: 1 / sqrt(alpha_bar_t) = sigma_t; result; start-scale
euler-goes-up: y_s = y_t + (sigma_t - sigma_s) * eps_hat; result; ddim-is-euler
"""
test_a_false_step_is_refuted = false_steps("ddpm-to-ddim", FALSE)


def test_noise_in_the_last_step_stays_on_the_sample():
    """P4: one point is found; with the noise of the step added it is missed by √(1 − ᾱ) of the last time visited."""
    schedule, n = scaled_linear(100), 4000
    model = GaussianMixture([[0.7]], 0.0).noise_predictor(schedule)
    random = torch.Generator().manual_seed(0)
    x_T = torch.randn(n, 1, generator=random, dtype=torch.float64)
    x_0 = sample.last(sample.ddpm(model, x_T, schedule, steps=10, variance="beta", generator=random))
    assert float((x_0 - 0.7).abs().max()) < 1e-9
    late = timesteps(100, 10)[-1]
    sigma = math.sqrt(float(schedule.one_minus_alpha_bar[late]))
    noisy = x_0 + sigma * torch.randn(n, 1, generator=random, dtype=torch.float64)
    assert float((noisy - 0.7).square().mean().sqrt()) == pytest.approx(sigma, rel=0.1)
