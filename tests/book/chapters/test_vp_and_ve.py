"""The derivations of the chapter vp-and-ve, loaded by running the chapter's own cells."""

from __future__ import annotations

import torch
from false_steps import false_steps
from proved import T, close, right, table

from diffusion_lib.process import identities as process


def test_both_scales_are_the_proved_ones(n, schedule, batch):
    """VP to VE and back, the noise level 1/√SNR, and what a step adds to its square."""
    x_0, eps, t = batch
    x, index = n["x"], n["t"]
    x_t = process.add_noise(schedule, x_0, t, eps)
    x_ve = process.vp_to_ve(schedule, x_t, t)
    close(x_ve[:, 0], table(n, schedule, right(n, "exploding"), values={x[index]: x_t[:, 0]}))
    jump = table(n, schedule, right(n, "exploding-jump"), values={x[0]: x_0[:, 0], n["merged"]: eps[:, 0]})
    close(x_ve[:, 0], jump)
    close(schedule.snr[1:] ** -0.5, table(n, schedule, right(n, "noise-level")))
    squares = torch.cat([torch.zeros(1, dtype=torch.float64), 1 / schedule.snr[1:]])
    close(squares.diff(), table(n, schedule, right(n, "increment")))
    back = x_ve[:, 0] * table(n, schedule, right(n, "input-scale"))
    close(process.ve_to_vp(schedule, x_ve, t)[:, 0], back)
    close(back, x_t[:, 0])


def test_a_step_in_the_exploding_scale_adds_noise_only(n, schedule, batch):
    x_prev, eps, t = batch
    x_t = process.q_step(schedule, x_prev, t, eps)
    before = x_prev[:, 0] / schedule.alpha_bar[:-1].sqrt()
    index = n["t"]
    values = {n["unshrunk"][index - 1]: before, n["eps"][index]: eps[:, 0]}
    proved = table(n, schedule, right(n, "exploding-step"), values=values)
    close(process.vp_to_ve(schedule, x_t, t)[:, 0], proved)


def test_a_step_and_a_jump_keep_the_proved_variance(n, schedule):
    """Of data of variance 0.3: the library's tables, and the recursion step by step."""
    variance, steps = 0.3, []
    for alpha in schedule.alpha[1:].tolist():
        variance = alpha * variance + 1 - alpha
        steps.append(variance)
    values = {n["v"]: torch.full((T,), 0.3, dtype=torch.float64)}
    close(torch.tensor(steps, dtype=torch.float64), table(n, schedule, right(n, "variance-of-state"), values=values))


FALSE = """
level-without-root: level[t] = (1 - alpha_bar[t]) / alpha_bar[t]; definition; noise-level
level-is-no-std-of-x_t: level[t] ** 2 = 1 - alpha_bar[t]; definition; noise-level
increment-of-stds: unshrunk[t] = unshrunk[t - 1] + (level[t] - level[t - 1]) * eps[t]; result; exploding-step
variance-kept-without-unit-data: V[t] = 1; definition; variance-of-state
"""
test_a_false_step_is_refuted = false_steps("vp-and-ve", FALSE)
