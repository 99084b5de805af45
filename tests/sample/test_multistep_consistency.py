"""Sampling with fresh noise: what it ends in, and that it draws what it says."""

from __future__ import annotations

import torch

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import make_schedule
from diffusion_lib.sample import ddim, last
from diffusion_lib.sample.multistep_consistency import multistep_consistency

SCHEDULE = make_schedule("linear", 100)


def test_one_step_is_that_of_every_sampler():
    x_T = torch.randn(5, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    world = GaussianMixture.named("ring").noise_predictor(SCHEDULE)
    found = last(multistep_consistency(world, x_T, SCHEDULE, steps=1))
    torch.testing.assert_close(found, last(ddim(world, x_T, SCHEDULE, steps=1)))


def test_the_states_are_the_answer_under_fresh_noise():
    """A world of one point is answered right at once; then the states are those of the forward process."""
    point = GaussianMixture([[0.7]], 0.0)
    x_T = torch.zeros(20_000, 1, dtype=torch.float64)
    records = list(
        multistep_consistency(
            point.noise_predictor(SCHEDULE), x_T, SCHEDULE, steps=2, generator=torch.Generator().manual_seed(1)
        )
    )
    kept, rest = float(SCHEDULE.alpha_bar[50]), float(SCHEDULE.one_minus_alpha_bar[50])
    assert records[1].t == 50
    assert abs(float(records[1].x_t.mean()) - 0.7 * kept**0.5) < 4 * (rest / 20_000) ** 0.5
    assert abs(float(records[1].x_t.var()) / rest - 1) < 0.05
    torch.testing.assert_close(records[2].x_t, torch.full_like(x_T, 0.7))
