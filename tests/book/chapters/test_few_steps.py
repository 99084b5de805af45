"""The derivations of the chapter few-steps are the library's targets; what others write is refused; its table holds."""

from __future__ import annotations

import pytest
import torch
from chapters import numbers, run_derivation
from proved import formula

from derive import Integral, sqrt
from derive.errors import DerivationError, Refuted
from derive.page.chain import Chain
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import make_schedule
from diffusion_lib.train import distil
from pagekit import stored

SCHEDULE = make_schedule("linear", 100)
LATE, MIDDLE, EARLY = 80, 50, 20


@pytest.fixture(scope="module")
def names():
    return run_derivation("few-steps")[0]


def one(number):
    return torch.tensor([[number]], dtype=torch.float64)


def at(time):
    return torch.tensor([time])


def factors(t, s):
    """The share of the state and the weight of the estimate in a step of DDIM."""
    kept = SCHEDULE.alpha_bar
    r = float(((1 - kept[s]) / (1 - kept[t])).sqrt())
    return r, float(kept[s].sqrt()) - r * float(kept[t].sqrt())


def test_a_step_is_the_librarys(names):
    kept_t, kept_s = float(SCHEDULE.alpha_bar[LATE]), float(SCHEDULE.alpha_bar[EARLY])
    proved = formula(names, "step-to-an-estimate", "x_t", "guess", "alpha_bar_t", "alpha_bar_s", "r")
    x_t, guess = 0.7, -0.4
    noise = (x_t - kept_t**0.5 * guess) / (1 - kept_t) ** 0.5
    ours = distil.ddim_between(SCHEDULE, one(x_t), one(noise), at(LATE), at(EARLY))
    assert float(ours) == pytest.approx(proved(x_t, guess, kept_t, kept_s, factors(LATE, EARLY)[0]), rel=1e-9)


def test_the_target_is_the_librarys(names):
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
    proved = formula(names, "mean-of-two-estimates", "first", "second", "r_2", "w_1", "w_2", "w")
    ours = distil.two_steps(teacher, SCHEDULE, x_t, at(LATE), at(MIDDLE), at(EARLY))
    w = factors(LATE, EARLY)[1]
    for axis in range(2):
        expected = proved(float(first[0, axis]), float(second[0, axis]), r_2, w_1, w_2, w)
        assert float(ours[0, axis]) == pytest.approx(expected, rel=1e-9)


FALSE = {  # name: left, right, justification
    "the-noise-sees-the-start": lambda n: (
        (n["noise_of"](n["guess"]) - n["noise_of"](n["x_0"])) ** 2,
        (n["guess"] - n["x_0"]) ** 2,
        "algebra",
    ),
    "v-as-the-noise": lambda n: (
        (n["v_of"](n["guess"]) - n["v_of"](n["x_0"])) ** 2,
        n["snr"] * (n["guess"] - n["x_0"]) ** 2,
        "algebra",
    ),
    "half-of-two-steps": lambda n: (
        n["r_2"] * n["w_1"] * n["first"] + n["w_2"] * n["second"],
        (n["w_1"] + n["w_2"]) * (n["first"] + n["second"]) / 2,
        "algebra",
    ),
    "the-mean-of-all-neighbours": lambda n: (
        n["E"](n["neighbour"], n["behind"]),
        sqrt(n["alpha_bar_s"]) * n["E"](n["x"][0], n["behind"]),
        "linearity",
    ),
    "the-wrong-score": lambda n: (
        Integral((-1 / n["s_G"] - n["z"] * n["ell"].prime(n["sample"])) * n["gauss"], n["z"]),
        Integral((n["z"] / n["s_G"] - n["ell"].prime(n["sample"])) * n["z"] * n["gauss"], n["z"]),
        "integration by parts",
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_refused(names, name):
    left, right, justification = FALSE[name](names)
    with pytest.raises((Refuted, DerivationError)):
        Chain(names["FE"], f"false-{name}", left).equals(right, by=justification)


def test_the_stored_table_has_five_seeds_of_every_way():
    kept = stored.read("few-steps")
    assert len(kept.runs) == 5
    for name, counts in {"progressive": (1, 2, 4, 8), "distilled": (1, 2, 4), "trained": (1, 2, 4)}.items():
        for k in counts:
            teacher = kept.numbers(f"plane, teacher, {k}: thousandths")
            student = kept.numbers(f"plane, {name}, {k}: thousandths")
            assert len(student) == 5 and all(a < b for a, b in zip(student, teacher, strict=True))


def test_less_noise_alone_does_not_make_the_teacher_a_student():
    """The control of the page: the teacher in one step from the noise that the student was taught with."""
    shown = numbers("few-steps")
    assert shown["clean-student-once"] > shown["clean-calm-1"] + 4 and shown["compared-n"] == 12
    assert shown["clean-calm-1"] <= shown["clean-calm-2"] <= shown["clean-calm-4"]
