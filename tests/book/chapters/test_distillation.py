"""The derivations of distillation are the library's targets; errors of others are refused; its table holds."""

from __future__ import annotations

import pytest
import torch
from false_steps import false_steps
from proved import formula

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import make_schedule
from diffusion_lib.train import distil

SCHEDULE = make_schedule("linear", 100)
LATE, MIDDLE, EARLY = 80, 50, 20


def one(number):
    return torch.tensor([[number]], dtype=torch.float64)


def at(time):
    return torch.tensor([time])


def factors(t, s):
    """The share of the state and the weight of the estimate in a step of DDIM."""
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
the-wrong-score: Integral((-1 / s_G - z * ell.prime(sample)) * gauss, z)
    = Integral((z / s_G - ell.prime(sample)) * z * gauss, z); integration by parts
"""
test_a_false_step_is_refuted = false_steps("distillation", FALSE)


def test_the_stored_table_has_five_seeds_of_every_way(kept):
    assert len(kept.runs) == 5
    for name, counts in {"progressive": (1, 2, 4, 8), "distilled": (1, 2, 4), "trained": (1, 2, 4)}.items():
        for k in counts:
            teacher = kept.numbers(f"plane, teacher, {k}: thousandths")
            student = kept.numbers(f"plane, {name}, {k}: thousandths")
            assert len(student) == 5 and all(a < b for a, b in zip(student, teacher, strict=True))


def test_less_noise_alone_does_not_make_the_teacher_a_student(shown):
    """The control of the page: the teacher in one step from the noise that the student was taught with."""
    assert shown["clean-student-once"] > shown["clean-calm-1"] + 4 and shown["compared-n"] == 12
    assert shown["clean-calm-1"] <= shown["clean-calm-2"] <= shown["clean-calm-4"]
