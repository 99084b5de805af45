"""The derivations of the chapter flow-matching, loaded by running the chapter's own cells."""

from __future__ import annotations

import pytest
import torch
from chapters import outputs, run_derivation
from proved import formula

from derive import Derivative, Normal
from derive.errors import DerivationError, Refuted
from derive.page.chain import Chain
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import add_noise, make_process
from diffusion_lib.process import velocity as dictionary
from diffusion_lib.process.identities import v_from_eps
from diffusion_lib.process.registry import PROCESSES
from diffusion_lib.sample import follow, last

STATE, SPEED, NOISE = 0.7, -1.3, 0.4


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("flow-matching")


def one(number):
    return torch.tensor([[number]], dtype=torch.float64)


LETTERS = ("alpha_t", "sigma_t", "d_alpha", "W")
WORDS = {  # a block: the library's function, the letter that it takes beside the state
    "velocity-from-noise": (dictionary.velocity_from_eps, "eps"),
    "velocity-from-score": (dictionary.velocity_from_score, "g"),
}


@pytest.mark.parametrize("name", PROCESSES)
def test_the_dictionary_of_the_library_is_the_proved_one(chapter, name):
    names, path = chapter[0], make_process(name)
    for t in (0.1, 0.5, 0.93):
        scales = path.at(t, one(0.0))
        numbers = [float(value) for value in (*scales[:2], scales.d_alpha, scales.wronskian)]
        for block, (function, letter) in WORDS.items():
            proved = formula(names, block, "x_t", letter, *LETTERS)(STATE, NOISE, *numbers)
            assert float(function(path, one(STATE), t, one(NOISE))) == pytest.approx(proved, rel=1e-9)
        slopes = float(scales.alpha), float(scales.sigma), float(scales.d_alpha), float(scales.d_sigma)
        clean, noise = 0.9, NOISE
        state = float(add_noise(path, one(clean), t, one(noise)))
        speed = float(dictionary.velocity_of_pair(path, one(clean), t, one(noise)))
        from_data = formula(names, "velocity-from-data", "x_t", "x_0", "sigma_t", "d_sigma", "W")
        assert from_data(state, clean, slopes[1], slopes[3], numbers[3]) == pytest.approx(speed, rel=1e-9)
        back = {"noise-from-speed": noise, "data-from-speed": clean}
        for block, expected in back.items():
            left = formula(
                names, names["FM"].blocks[block].left, "x_t", "u", "alpha_t", "sigma_t", "d_alpha", "d_sigma", "W"
            )
            assert left(state, speed, *slopes, numbers[3]) == pytest.approx(expected, rel=1e-9)
        from_v = formula(names, "velocity-from-v", "x_t", "v", "alpha_t", "sigma_t", "d_alpha", "d_sigma", "W")
        v = float(v_from_eps(path, one(clean), t, one(noise)))
        assert from_v(state, v, *slopes, numbers[3]) == pytest.approx(speed, rel=1e-9)


def test_the_mean_velocity_of_the_oracle_is_the_proved_one_for_a_bell(chapter):
    proved = formula(chapter[0], "gaussian-velocity", "X", "width", "t")
    world, x = GaussianMixture([[0.0]], 0.6), one(STATE)
    for t in (0.05, 0.5, 0.95):
        assert float(world.velocity(make_process("flow"), x, t)) == pytest.approx(proved(STATE, 0.6, t), rel=1e-12)


def test_a_step_of_euler_is_the_proved_mixture_of_two_guesses(chapter):
    names = chapter[0]
    mixed = formula(names, "euler-is-ddim", "x_hat", "guess", "later")
    t, s = 0.8, 0.3
    ours = last(follow(lambda x, t: torch.full_like(x, SPEED), one(STATE), [t, s]))
    assert float(ours) == pytest.approx(mixed(STATE - t * SPEED, STATE + (1 - t) * SPEED, s), rel=1e-12)


def test_on_two_pixels_pairs_of_any_law_fit_the_mean(chapter):
    """The proved split in numbers: a loss over pairs of a finite law, for any answer of the network."""
    assert "pairs-fit-the-mean" in chapter[0]["FM"].blocks
    draws = torch.Generator().manual_seed(0)
    law = torch.rand(4, 5, generator=draws, dtype=torch.float64)  # of data points and states
    law = law / law.sum()
    target, answer = torch.randn(4, 5, generator=draws).double(), torch.randn(5, generator=draws).double()
    mean = (law * target).sum(0) / law.sum(0)
    left = (law * (answer - target) ** 2).sum()
    right = (law.sum(0) * (answer - mean) ** 2).sum() + (law * (mean - target) ** 2).sum()
    torch.testing.assert_close(left, right)


FALSE = {  # name: left, right, justification, what it cites
    "sign-of-the-velocity": lambda n: (
        n["u"],
        (n["d_alpha"] * n["x_t"] - n["W"] * n["eps"]) / n["alpha_t"],
        "result",
        "velocity-from-noise",
    ),
    "data-minus-noise": lambda n: (
        Derivative((1 - n["time"]) * n["x_0"] + n["time"] * n["eps"], n["time"]),
        n["x_0"] - n["eps"],
        "differentiation",
        (),
    ),
    "time-turned-round": lambda n: (
        n["x_0"],
        n["x_t"] - (1 - n["t"]) * n["u"],
        "definition",
        ("state", "velocity-now", "slope-of-the-noise", *n["on_the_line"]),
    ),
    "score-without-its-deviation": lambda n: (
        n["g"],
        -(n["x_t"] + (1 - n["t"]) * n["u"]),
        "definition",
        ("score-on-a-path", "state", "velocity-now", "slope-of-the-noise", *n["on_the_line"]),
    ),
    "bell-without-the-ratio-of-slopes": lambda n: (
        Derivative(n["bell"], n["time"]),
        -Derivative(n["bell"] * (n["da"] * n["x_0"] + (n["X"] - n["a"] * n["x_0"])), n["X"]),
        "differentiation",
        (),
    ),
    "bell-without-the-data": lambda n: (
        Derivative(n["bell"], n["time"]),
        -Derivative(n["bell"] * (n["ds"] / n["s"] * (n["X"] - n["a"] * n["x_0"])), n["X"]),
        "differentiation",
        (),
    ),
    "one-clock-without-the-square": lambda n: (
        (n["alpha_t"] * n["u"] - n["d_alpha"] * n["x_t"]) / n["alpha_t"] ** 2,
        n["eps"] * (n["W"] / n["alpha_t"]),
        "definition",
        n["pair"],
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_planted_false_steps_are_refuted(chapter, name):
    left, right, by, using = FALSE[name](chapter[0])
    with pytest.raises(Refuted) as caught:
        Chain(chapter[0]["FM"], name, left).equals(right, by=by, using=using)
    assert name in str(caught.value) and by in str(caught.value)


def test_the_velocity_of_one_pair_does_not_carry_the_densities_of_all_data(chapter):
    n = chapter[0]
    one_pair = n["da"] * n["x_0"] + n["ds"] / n["s"] * (n["X"] - n["a"] * n["x_0"])
    with pytest.raises(DerivationError):
        Chain(n["FM"], "one-for-all", Derivative(n["density"], n["time"])).equals(
            -Derivative(one_pair * n["density"], n["X"]), by="result", using="all-data-flow"
        )


def test_the_bell_of_the_page_is_that_of_a_path(chapter):
    n = chapter[0]
    assert n["bell"] == Normal(n["X"], n["a"] * n["x_0"], n["s"] ** 2)


def test_one_call_on_the_circle_is_the_noise_that_no_network_has_touched(chapter):
    """So the page gives no verdict on it: the row begins where untouched noise is, and a collapse is further away."""
    marked = [(output.get("metadata", {}).get("diffusion_lib", {}), output) for output in outputs("flow-matching")]
    shown = {mark["value"]: "".join(output["data"]["text/plain"]) for mark, output in marked if "value" in mark}
    median = {name: float(shown[name].split()[0]) for name in ("untouched", "circle-at-1", "straight-at-1")}
    assert median["circle-at-1"] == pytest.approx(median["untouched"], rel=0.05)
    assert median["straight-at-1"] > 2 * median["untouched"] and "verdict-circle-one" not in shown
    data = GaussianMixture.named("ring")
    noise = torch.randn(50, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    once = last(follow(lambda x, t: data.velocity(make_process("cosine"), x, t), noise, [1.0, 0.0]))
    torch.testing.assert_close(once, noise, rtol=0, atol=1e-6)
