"""The derivations of the chapter two-scales, loaded by running the chapter's own cells."""

from __future__ import annotations

import pytest
import torch
from chapters import run_derivation
from proved import T, close, random_schedule, right, table

from derive.errors import DerivationError
from derive.page.chain import Chain
from diffusion_lib.process import identities as process


@pytest.fixture(scope="module")
def n():
    """The names of the chapter."""
    return run_derivation("two-scales")[0]


@pytest.fixture(scope="module", params=range(3))
def schedule(request):
    return random_schedule(request.param)


@pytest.fixture(scope="module")
def batch():
    """One data point and one noise for each time."""
    x_0, eps = torch.randn(2, T, 1, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    return x_0, eps, torch.arange(1, T + 1)


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


FALSE = {  # what is planted: left side, right side, justification, what it cites
    "level-without-root": lambda n: (
        n["level"][n["t"]],
        (1 - n["alpha_bar"][n["t"]]) / n["alpha_bar"][n["t"]],
        "definition",
        "noise-level",
    ),
    "level-is-no-deviation-of-x_t": lambda n: (
        n["level"][n["t"]] ** 2,
        1 - n["alpha_bar"][n["t"]],
        "definition",
        "noise-level",
    ),
    "increment-of-deviations": lambda n: (
        n["unshrunk"][n["t"]],
        n["unshrunk"][n["t"] - 1] + (n["level"][n["t"]] - n["level"][n["t"] - 1]) * n["eps"][n["t"]],
        "result",
        "exploding-step",
    ),
    "variance-kept-without-unit-data": lambda n: (n["V"][n["t"]], 1, "definition", "variance-of-state"),
}


@pytest.mark.parametrize("name", FALSE)
def test_planted_false_steps_are_refused(n, name):
    left, right_side, by, using = FALSE[name](n)
    with pytest.raises(DerivationError):
        Chain(n["Y"], name, left).equals(right_side, by=by, using=using)
