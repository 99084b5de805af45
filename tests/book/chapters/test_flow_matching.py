"""The derivations of the chapter flow-matching, loaded by running the chapter's own cells."""

from __future__ import annotations

import pytest
import torch
from false_steps import false_steps
from proved import formula

from derive import Derivative, Normal
from derive.errors import DerivationError
from derive.page.chain import Chain
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import add_noise, make_process
from diffusion_lib.process import velocity as dictionary
from diffusion_lib.process.identities import v_from_eps
from diffusion_lib.registry import PROCESSES
from diffusion_lib.sample import follow, last

STATE, SPEED, NOISE = 0.7, -1.3, 0.4


def one(number):
    return torch.tensor([[number]], dtype=torch.float64)


LETTERS = ("alpha_t", "sigma_t", "d_alpha", "W")
WORDS = {  # a block: the library's function, the letter that it takes beside the state
    "velocity-from-noise": (dictionary.velocity_from_eps, "eps"),
    "velocity-from-score": (dictionary.velocity_from_score, "g"),
}


@pytest.mark.parametrize("name", PROCESSES)
def test_the_dictionary_of_the_library_is_the_proved_one(n, name):
    path = make_process(name)
    for t in (0.1, 0.5, 0.93):
        scales = path.at(t, one(0.0))
        numbers = [float(value) for value in (*scales[:2], scales.d_alpha, scales.wronskian)]
        for block, (function, letter) in WORDS.items():
            proved = formula(n, block, "x_t", letter, *LETTERS)(STATE, NOISE, *numbers)
            assert float(function(path, one(STATE), t, one(NOISE))) == pytest.approx(proved, rel=1e-9)
        slopes = float(scales.alpha), float(scales.sigma), float(scales.d_alpha), float(scales.d_sigma)
        clean, noise = 0.9, NOISE
        state = float(add_noise(path, one(clean), t, one(noise)))
        speed = float(dictionary.velocity_of_pair(path, one(clean), t, one(noise)))
        from_data = formula(n, "velocity-from-data", "x_t", "x_0", "sigma_t", "d_sigma", "W")
        assert from_data(state, clean, slopes[1], slopes[3], numbers[3]) == pytest.approx(speed, rel=1e-9)
        back = {"noise-from-speed": noise, "data-from-speed": clean}
        for block, expected in back.items():
            left = formula(n, n["FM"].blocks[block].left, "x_t", "u", "alpha_t", "sigma_t", "d_alpha", "d_sigma", "W")
            assert left(state, speed, *slopes, numbers[3]) == pytest.approx(expected, rel=1e-9)
        from_v = formula(n, "velocity-from-v", "x_t", "v", "alpha_t", "sigma_t", "d_alpha", "d_sigma", "W")
        v = float(v_from_eps(path, one(clean), t, one(noise)))
        assert from_v(state, v, *slopes, numbers[3]) == pytest.approx(speed, rel=1e-9)


def test_the_marginal_velocity_of_the_oracle_is_the_proved_one_for_a_gaussian(n):
    proved = formula(n, "gaussian-velocity", "X", "width", "t")
    data, x = GaussianMixture([[0.0]], 0.6), one(STATE)
    for t in (0.05, 0.5, 0.95):
        assert float(data.velocity(make_process("flow"), x, t)) == pytest.approx(proved(STATE, 0.6, t), rel=1e-12)


def test_a_step_of_euler_is_the_proved_mixture_of_two_guesses(n):
    mixed = formula(n, "euler-is-ddim", "x_hat", "guess", "later")
    t, s = 0.8, 0.3
    ours = last(follow(lambda x, t: torch.full_like(x, SPEED), one(STATE), [t, s]))
    assert float(ours) == pytest.approx(mixed(STATE - t * SPEED, STATE + (1 - t) * SPEED, s), rel=1e-12)


def test_on_two_pixels_pairs_of_any_distribution_fit_the_mean(n):
    """The proved split in numbers: a loss over pairs of a finite distribution, for any answer of the network."""
    assert "pairs-fit-the-mean" in n["FM"].blocks
    draws = torch.Generator().manual_seed(0)
    joint = torch.rand(4, 5, generator=draws, dtype=torch.float64)  # of data points and states
    joint = joint / joint.sum()
    target, answer = torch.randn(4, 5, generator=draws).double(), torch.randn(5, generator=draws).double()
    mean = (joint * target).sum(0) / joint.sum(0)
    left = (joint * (answer - target) ** 2).sum()
    right = (joint.sum(0) * (answer - mean) ** 2).sum() + (joint * (mean - target) ** 2).sum()
    torch.testing.assert_close(left, right)


FALSE = """
sign-of-the-velocity: u = (d_alpha * x_t - W * eps) / alpha_t; result; velocity-from-noise
data-minus-noise: Derivative((1 - time) * x_0 + time * eps, time) = x_0 - eps; differentiation
time-reversed: x_0 = x_t - (1 - t) * u; definition; state velocity-now slope-of-the-noise *on_the_line
score-without-its-std: g
    = -(x_t + (1 - t) * u); definition; score-on-a-path state velocity-now slope-of-the-noise *on_the_line
gaussian-without-the-ratio-of-derivatives: Derivative(conditional_density, time)
    = -Derivative(conditional_density * (da * x_0 + (X - a * x_0)), X); differentiation
gaussian-without-the-data: Derivative(conditional_density, time)
    = -Derivative(conditional_density * (ds / s * (X - a * x_0)), X); differentiation
one-clock-without-the-square: (alpha_t * u - d_alpha * x_t) / alpha_t ** 2 = eps * (W / alpha_t); definition; *pair
"""
test_a_false_step_is_refuted = false_steps("flow-matching", FALSE)


def test_the_velocity_of_one_pair_does_not_carry_the_densities_of_all_data(n):
    one_pair = n["da"] * n["x_0"] + n["ds"] / n["s"] * (n["X"] - n["a"] * n["x_0"])
    with pytest.raises(DerivationError):
        Chain(n["FM"], "one-for-all", Derivative(n["density"], n["time"])).equals(
            -Derivative(one_pair * n["density"], n["X"]), by="result", using="all-data-flow"
        )


def test_the_conditional_density_of_the_page_is_that_of_a_path(n):
    assert n["conditional_density"] == Normal(n["X"], n["a"] * n["x_0"], n["s"] ** 2)


def test_one_evaluation_on_the_circle_returns_the_initial_noise(texts):
    """So the page does not compare it: the row begins at the initial noise, and a collapse is farther away."""
    median = {name: float(texts[name].split()[0]) for name in ("untouched", "circle-at-1", "straight-at-1")}
    assert median["circle-at-1"] == pytest.approx(median["untouched"], rel=0.05)
    assert median["straight-at-1"] > 2 * median["untouched"] and "comparison-circle-one" not in texts
    data = GaussianMixture.named("ring")
    noise = torch.randn(50, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    once = last(follow(lambda x, t: data.velocity(make_process("cosine"), x, t), noise, [1.0, 0.0]))
    torch.testing.assert_close(once, noise, rtol=0, atol=1e-6)
