"""The equation with noise: its law for Gaussian data, its two ends, its limit, and bad input."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from worlds import seeded

from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.process.continuous import vp
from diffusion_lib.process.registry import make_process
from diffusion_lib.process.schedule import Schedule
from diffusion_lib.sample.ancestral import ddim
from diffusion_lib.sample.chain import last
from diffusion_lib.sample.flow import even_times, follow
from diffusion_lib.sample.sde import sde

PATH = vp(0.5, 10.0)
WORLD = GaussianMixture([[0.7]], 0.5)


def noise(n, *shape):
    return torch.randn(n, *(shape or (1,)), generator=seeded(), dtype=torch.float64)


def velocity(x, t):
    return WORLD.velocity(PATH, x, t)


@pytest.mark.parametrize("lam", [0.0, 0.5, 1.0, 2.0])
def test_the_law_of_gaussian_data_by_its_moments(lam):
    """A step is linear, so mean and variance follow a recursion; the samples have them, and they near the data's."""
    times, n = even_times(120, 1.0, 0.05), 60_000
    mean, variance = 0.0, 1.0
    one = torch.ones(1, 1, dtype=torch.float64)
    for t, s in pairwise(times):
        scales, h = PATH.at(t, one), t - s
        a, g2, alpha, sigma = (float(v) for v in (scales.drift, scales.diffusion**2, scales.alpha, scales.sigma))
        pull = (1 + lam**2) / 2 * g2 / (alpha**2 * 0.25 + sigma**2)  # of the score, −(x − α μ) / V
        slope = 1 - h * a - h * pull
        mean = slope * mean + h * pull * alpha * 0.7
        variance = slope**2 * variance + (lam**2 * g2 * h if s != times[-1] else 0)
    x = last(sde(WORLD.noise_predictor(PATH), noise(n), PATH, spacing=times, lam=lam, generator=seeded(1)))
    assert float(x.mean()) == pytest.approx(mean, abs=5 * math.sqrt(variance / n))
    assert float(x.var()) == pytest.approx(variance, rel=5 * math.sqrt(2 / n))
    scales = PATH.at(0.05, one)
    assert mean == pytest.approx(0.7 * float(scales.alpha), abs=0.05)
    assert variance == pytest.approx(float(scales.alpha**2 * 0.25 + scales.sigma**2), rel=0.2)


def test_without_noise_it_is_eulers_method_for_the_flow():
    times = even_times(9, 1.0, 0.1)
    ours = list(sde(WORLD.noise_predictor(PATH), noise(5), PATH, spacing=times, lam=0.0))
    theirs = list(follow(velocity, noise(5), times, method="euler"))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one.x_t, other.x_t, rtol=1e-10, atol=1e-10)
    assert [record.t for record in ours] == times


def test_the_last_step_adds_no_noise_and_the_first_does():
    def ends(times, seed):
        return last(sde(WORLD.noise_predictor(PATH), noise(4), PATH, spacing=times, lam=1.0, generator=seeded(seed)))

    assert torch.equal(ends([0.5, 0.4], 1), ends([0.5, 0.4], 2))
    assert not torch.equal(ends([0.5, 0.4, 0.3], 1), ends([0.5, 0.4, 0.3], 2))


@pytest.mark.parametrize("eta", [0.0, 0.7, 1.0])
def test_it_is_ddim_in_the_limit(eta):
    """With the same noise the two chains end as near as the steps are short."""
    apart = []
    for steps in (50, 200):
        kept = PATH.alpha(torch.arange(steps + 1, dtype=torch.float64) / steps).square()
        schedule = Schedule.from_betas(1 - kept[1:] / kept[:-1])
        ends = last(ddim(WORLD.noise_predictor(schedule), noise(300), schedule, eta=eta, generator=seeded(1)))
        ours = last(sde(WORLD.noise_predictor(PATH), noise(300), PATH, steps=steps, lam=eta, generator=seeded(1)))
        apart.append(float((ends - ours).square().mean().sqrt()))
    assert apart[1] < apart[0] / 2 < 0.1


def test_other_shapes_and_one_generator_for_each_sample():
    world = GaussianMixture(torch.zeros(1, 2, 3), 0.5)
    model, times = world.noise_predictor(PATH), even_times(5)
    many = [torch.Generator().manual_seed(k) for k in range(4)]
    batch = last(sde(model, noise(4, 2, 3), PATH, spacing=times, generator=many))
    alone = last(sde(model, noise(4, 2, 3)[2:3], PATH, spacing=times, generator=[torch.Generator().manual_seed(2)]))
    assert batch.shape == (4, 2, 3)
    torch.testing.assert_close(batch[2:3], alone)


def test_bad_input():
    model, x = WORLD.noise_predictor(PATH), noise(3)
    for times, match in (
        ([0.1, 0.5], "fall"),
        ([0.5], "two or more"),
        ([0.5, 0.5], "two or more"),
        ([2.0, 0.1], "times"),
    ):
        with pytest.raises(ConfigError, match=match):
            sde(model, x, PATH, spacing=times)
    for name in ("flow", "cosine"):  # no signal is left at the end
        with pytest.raises(ConfigError, match="alpha_t is above 0"):
            sde(model, x, make_process(name), spacing=[1.0, 0.5])
    for lam in (-1.0, math.inf, math.nan, "1"):
        with pytest.raises(ConfigError, match="lam"):
            sde(model, x, PATH, steps=4, lam=lam)
    with pytest.raises(ConfigError, match="process"):
        sde(model, x, "vp", steps=4)
    with pytest.raises(ConfigError, match="model"):
        sde(None, x, PATH, steps=4)
    with pytest.raises(ConfigError, match="x_T must"):
        sde(model, x.long(), PATH, steps=4)
    with pytest.raises(NonFiniteError, match="finite"):
        last(sde(lambda x, t: x / 0, x, PATH, steps=4))
