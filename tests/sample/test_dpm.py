"""DPM-Solver++ against an exact Gaussian; diffusers' is in test_parity."""

from __future__ import annotations

import pytest
import torch
from worlds import error_before_the_end, gaussian_denoiser, randn, zero

from diffusion_lib.errors import ConfigError
from diffusion_lib.process.schedule import linear, scaled_linear
from diffusion_lib.sample.ancestral import ddim, last
from diffusion_lib.sample.dpm import dpmpp
from diffusion_lib.sample.times import timesteps


@pytest.mark.parametrize("spacing", ["trailing", "leading", "karras"])
def test_one_point_is_found_with_every_step_count(spacing):
    point = torch.tensor([0.7, -1.3], dtype=torch.float64)
    for T in (1, 2, 10, 25):
        schedule = linear(T)
        for steps in range(1, T + 1):
            x_0 = last(
                dpmpp(gaussian_denoiser(schedule, point, 0.0), randn(3, 2), schedule, steps=steps, spacing=spacing)
            )
            assert float((x_0 - point).abs().max()) < 1e-6


@pytest.mark.parametrize(("T", "at"), [(1000, 200), (2000, 400)])
def test_it_is_of_second_order(T, at):
    """Before the last step to σ = 0, against the exact flow of data N(0.5, 1); DDIM's error halves."""
    error = error_before_the_end(linear(T), at)
    assert 3.3 < error(dpmpp, 100) / error(dpmpp, 200) < 4.7
    assert 1.8 < error(ddim, 100) / error(ddim, 200) < 2.2


def test_the_first_and_the_last_step_are_those_of_ddim():
    schedule, x_T = scaled_linear(1000), randn(3, 2)
    denoiser = gaussian_denoiser(schedule, 0.5, 0.3)
    ours, theirs = (list(sampler(denoiser, x_T, schedule, steps=5)) for sampler in (dpmpp, ddim))
    torch.testing.assert_close(ours[1].x_t, theirs[1].x_t)
    assert float((ours[2].x_t - theirs[2].x_t).abs().max()) > 1e-3
    assert [record.t for record in ours] == [*timesteps(1000, 5), 0]
    torch.testing.assert_close(ours[-1].x_t, ours[-2].x_0_hat, rtol=1e-12, atol=1e-12)


def test_two_chains_each_have_their_own_past_and_a_step_costs_one_call():
    schedule, x_T, calls = linear(20), randn(3, 2), []
    exact = gaussian_denoiser(schedule, 0.5, 0.3)

    def denoiser(x_t, t):
        calls.append(int(t[0]))
        return exact(x_t, t)

    one, other = (last(dpmpp(denoiser, x_T, schedule, steps=6)) for _ in range(2))
    assert torch.equal(one, other) and calls == timesteps(20, 6) * 2


def test_it_refuses_what_the_others_refuse():
    for bad in ({"steps": 0}, {"steps": 11}, {"spacing": "karas"}, {"x_T": torch.zeros(2)}, {"denoiser": None}):
        arguments = {"denoiser": zero, "x_T": torch.zeros(2, 2), "schedule": linear(10), **bad}
        with pytest.raises(ConfigError, match=rf"^{next(iter(bad))} must"):
            dpmpp(**arguments)
