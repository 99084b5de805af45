"""The chapter distillation: what it derives are the targets of the library, and known errors are refuted."""

from __future__ import annotations

import pytest
import torch
from false_steps import false_steps
from proved import formula

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import Schedule, make_schedule
from diffusion_lib.train import distil

SCHEDULE = make_schedule("linear", 100)
LATE, MIDDLE, EARLY = 80, 50, 20


def one(number):
    return torch.tensor([[number]], dtype=torch.float64)


def at(time):
    return torch.tensor([time])


def factors(t, s):
    """The factors of the state and of the estimate in a DDIM step."""
    kept = SCHEDULE.alpha_bar
    r = float(((1 - kept[s]) / (1 - kept[t])).sqrt())
    return r, float(kept[s].sqrt()) - r * float(kept[t].sqrt())


def test_a_step_is_the_librarys(n):
    kept_t, kept_s = float(SCHEDULE.alpha_bar[LATE]), float(SCHEDULE.alpha_bar[EARLY])
    proved = formula(n, "step-to-an-estimate", "x_t", "guess", "alpha_bar_t", "alpha_bar_s", "r")
    x_t, guess = 0.7, -0.4
    noise = (x_t - kept_t**0.5 * guess) / (1 - kept_t) ** 0.5
    ours = distil.ddim_between(SCHEDULE, one(x_t), one(noise), at(LATE), at(EARLY))
    assert float(ours) == pytest.approx(proved(x_t, guess, kept_t, kept_s, factors(LATE, EARLY)[0]), rel=1e-9)


def test_the_target_is_the_librarys(n):
    """With the estimates of an exact teacher, the mean that is proved is what ``two_steps`` returns."""
    teacher = GaussianMixture.named("ring").noise_predictor(SCHEDULE)
    x_t = torch.tensor([[0.7, -0.4]], dtype=torch.float64)
    r_1, w_1 = factors(LATE, MIDDLE)
    r_2, w_2 = factors(MIDDLE, EARLY)

    def estimate(x, t):
        kept = SCHEDULE.alpha_bar[t]
        return (x - (1 - kept).sqrt() * teacher(x, at(t))) / kept.sqrt()

    first = estimate(x_t, LATE)
    second = estimate(r_1 * x_t + w_1 * first, MIDDLE)
    proved = formula(n, "mean-of-two-estimates", "first", "second", "r_2", "w_1", "w_2", "w")
    ours = distil.two_steps(teacher, SCHEDULE, x_t, at(LATE), at(MIDDLE), at(EARLY))
    w = factors(LATE, EARLY)[1]
    for axis in range(2):
        expected = proved(float(first[0, axis]), float(second[0, axis]), r_2, w_1, w_2, w)
        assert float(ours[0, axis]) == pytest.approx(expected, rel=1e-9)


FALSE = """
the-noise-sees-the-start: (noise_of(guess) - noise_of(x_0)) ** 2 = (guess - x_0) ** 2; algebra
v-as-the-noise: (v_of(guess) - v_of(x_0)) ** 2 = snr * (guess - x_0) ** 2; algebra
half-of-two-steps: r_2 * w_1 * first + w_2 * second = (w_1 + w_2) * (first + second) / 2; algebra
the-mean-of-all-neighbours: E(neighbour, behind) = sqrt(alpha_bar_s) * E(x[0], behind); linearity
"""
test_a_false_step_is_refuted = false_steps("distillation", FALSE)


def test_a_step_of_one_student_equals_two_of_the_teacher(texts):
    """The worked example, with the library's functions."""
    levels = torch.tensor([1.0, 0.64, 0.5, 0.36], dtype=torch.float64)
    schedule = Schedule.from_betas(1 - levels[1:] / levels[:-1])
    t, m, s = at(3), at(2), at(1)
    noise = (1.0 - 0.6 * 0.5) / 0.8
    x_m = distil.ddim_between(schedule, one(1.0), one(noise), t, m)
    x_s = distil.ddim_between(schedule, x_m, (x_m - 0.5**0.5 * 0.9) / 0.5**0.5, m, s)
    target = distil.target(schedule, one(1.0), x_s, t, s)
    assert f"{float(target):.3f}" == texts["example-target"] and float(texts["example-mean"]) == pytest.approx(0.7)
    end = distil.ddim_between(schedule, one(1.0), one(noise), t, s)
    assert float(end) == pytest.approx(float(texts["example-end"]))
