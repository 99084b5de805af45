"""The derivations of the chapter score-and-samplers, loaded by running the chapter's own cells."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import pytest
import sympy as sp
import torch
from chapters import run_derivation

from diffusion_lib.errors import DerivationError, Refuted
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.process import identities as process
from diffusion_lib.process.schedule import Schedule, scaled_linear
from diffusion_lib.sample import ancestral as sample
from diffusion_lib.sample import ode
from diffusion_lib.symbolic import Derivative, Normal, log, sqrt
from diffusion_lib.symbolic.page.chain import Chain
from diffusion_lib.symbolic.page.summary import Canary

T = 40
PAIRS = [(t, s) for t in range(1, T + 1) for s in range(1, t)]


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("score-and-samplers")


@pytest.fixture(scope="module")
def schedule():
    random = torch.Generator().manual_seed(0)
    return Schedule.from_betas(0.001 + 0.4 * torch.rand(T, generator=random, dtype=torch.float64))


@pytest.fixture(scope="module")
def draws():
    """A state, a predicted noise and a fresh noise for each time."""
    return torch.randn(3, T + 1, 1, 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def formula(chapter, node, *letters):
    """A proved expression, or the end of a proved block, as a function of the named letters of the chapter."""
    names, D = chapter[0], chapter[0]["D"]
    node = D.blocks[node].lines()[-1].right if isinstance(node, str) else node
    return sp.lambdify([D.sympy(names[letter]) for letter in letters], D.sympy(node), "math")


def shares(schedule, t, s):
    """ᾱ_t, ᾱ_s, α_{t|s} and β_{t|s}."""
    late, early = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[s])
    return late, early, late / early, 1 - late / early


SHARES = ("alpha_bar_t", "alpha_bar_s", "alpha_ts", "beta_ts")


def close(ours, proved):
    assert float(ours) == pytest.approx(proved, rel=1e-12, abs=1e-12)


def test_canary_shows_its_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted)
    for part in ("noise-at-the-wrong-time", "licence 'definition'", "left is", "right is"):
        assert part in " ".join(repr(canary).split())


def test_score_and_data_of_the_library_are_the_proved_ones(chapter, schedule, draws):
    score = formula(chapter, "score-is-noise", "eps", "alpha_bar_t")
    guess = formula(chapter, "guess", "x_t", "eps_hat", "alpha_bar_t")
    clean = formula(chapter, "clean-from-score", "x_t", "score_t", "alpha_bar_t")
    for t in range(1, T + 1):
        x_t, eps = draws[0, t], draws[1, t]
        bar = float(schedule.alpha_bar[t])
        slope = process.score_from_eps(schedule, eps, t)
        close(slope, score(float(eps), bar))
        close(process.x_0_from_eps(schedule, x_t, t, eps), guess(float(x_t), float(eps), bar))
        close(process.x_0_from_eps(schedule, x_t, t, eps), clean(float(x_t), float(slope), bar))


def test_tweedies_formula_of_a_pixel_is_that_of_a_mixture_in_the_plane(chapter, schedule):
    """Means by the oracle, slopes of the log density by automatic differentiation: two pixels that hang together."""
    world = GaussianMixture(torch.tensor([[-1.0, -0.8], [0.9, 1.1]]), 0.3, [0.4, 0.6])
    slope = formula(chapter, "tweedie-first", "x_1", "first_mean", "alpha_bar_t")
    for t in (1, T // 2, T):
        x_t = torch.tensor([[0.3, -0.5]], dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(world.log_density(schedule, x_t, t).sum(), x_t)
        mean = process.x_0_from_eps(schedule, x_t, t, world.denoiser(schedule)(x_t, torch.tensor([t])))
        for pixel in (0, 1):
            numbers = float(x_t.detach()[0, pixel]), float(mean.detach()[0, pixel]), float(schedule.alpha_bar[t])
            assert float(gradient[0, pixel]) == pytest.approx(slope(*numbers), rel=1e-9)


def test_the_pixels_of_a_noisy_picture_hang_together(chapter):
    """Two pixels that are the same have correlated noisy values: the density is not the product of its marginals."""
    n = chapter[0]
    with pytest.raises(Refuted):
        Chain(n["D"], "product", n["D"].blocks["twin-pixels"].left).equals(
            Normal(n["x_1"], 0, 1)
            * Normal(n["x_2"], 0, 1)
            * Normal(n["x_0"], n["best_of_both"], (1 - n["alpha_bar_t"]) / (1 + n["alpha_bar_t"])),
            by="algebra",
        )
    bar, x = 0.6, (0.3, -1.1)
    guess = formula(chapter, n["best_of_both"], "x_1", "x_2", "alpha_bar_t")(*x, bar)
    weights = torch.linspace(-9, 9, 100_001, dtype=torch.float64)
    logs = -(weights**2) / 2 - sum((value - bar**0.5 * weights) ** 2 for value in x) / (2 * (1 - bar))
    assert float(torch.softmax(logs, 0) @ weights) == pytest.approx(guess, abs=1e-9)


def test_the_speed_of_the_flow_is_not_that_of_one_data_point(chapter):
    """The best ε̂ is −σ times the score of all data; with the score given x_0 the line is false."""
    n = chapter[0]
    D = n["D"]
    speed = D.blocks["flow-speed"].left
    assert D.blocks["flow-speed"].right == -(n["sigma"] * Derivative(log(n["wide"]), n["Y"]))
    with pytest.raises(Refuted):
        Chain(D, "given-x_0", speed).equals(
            -(n["sigma"] * Derivative(log(n["bell"]), n["Y"])), by="result", using="tweedie-unshrunk"
        )


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
def test_ddim_steps_are_of_the_proved_family(chapter, schedule, draws, eta):
    kept = formula(chapter, "kept-noise", *SHARES, "eta")
    fresh = formula(chapter, "fresh-noise", *SHARES, "eta")
    for t, s in PAIRS:
        x_t, eps, z = draws[:, t]
        numbers = (*shares(schedule, t, s), eta)
        x_0_hat = float(process.x_0_from_eps(schedule, x_t, t, eps))
        expected = numbers[1] ** 0.5 * x_0_hat + kept(*numbers) * float(eps) + fresh(*numbers) ** 0.5 * float(z)
        close(sample.ddim_step(schedule, x_t, eps, t, s, eta=eta, z=z), expected)


def test_ddpm_steps_have_the_proved_mean_and_variance(chapter, schedule, draws):
    mean = formula(chapter, chapter[0]["posterior_mean"], "x_0", "x_t", *SHARES)
    variance = formula(chapter, chapter[0]["posterior_variance"], *SHARES)
    for t, s in PAIRS:
        x_t, eps, z = draws[:, t]
        numbers = shares(schedule, t, s)
        x_0_hat = float(process.x_0_from_eps(schedule, x_t, t, eps))
        center = mean(x_0_hat, float(x_t), *numbers)
        for choice, sigma2 in (("posterior", variance(*numbers)), ("beta", numbers[3])):
            drawn = sample.ddpm_step(schedule, x_t, eps, t, s, variance=choice, z=z)
            close(drawn, center + sigma2**0.5 * float(z))


def test_euler_steps_are_the_proved_ones(chapter, schedule, draws):
    step = formula(chapter, "ddim-is-euler", "y_t", "sigma_t", "sigma_s", "eps_hat")
    quiet = formula(chapter, "one-coefficient", "x_t", "eps_hat", "alpha_bar_t", "alpha_bar_s")
    for t, s in PAIRS:
        x_t, eps = draws[0, t], draws[1, t]
        late, early = shares(schedule, t, s)[:2]
        moved = ode.euler_step(schedule, x_t, eps, t, s)
        levels = ode.sigma(schedule, t), ode.sigma(schedule, s)
        close(moved, early**0.5 * step(float(x_t) / late**0.5, *levels, float(eps)))
        close(moved, quiet(float(x_t), float(eps), late, early))


WEIGHTS = {  # the blocks of the weights of three and of four values, and their values on equal steps
    3: {"three-newest": 23, "three-middle": -16, "three-oldest": 5},
    4: {"four-newest": 55, "four-second": -59, "four-third": 37, "four-oldest": -9},
}


def proved_weights(chapter, order):
    names = chapter[0]
    h, h_1 = names["h"], names["h_1"]
    two = [h + h**2 / (2 * h_1), -(h**2 / (2 * h_1))]  # the coefficients of f_0 and f_1 in two-values
    blocks = [names["D"].blocks[name] for name in WEIGHTS.get(order, ())]
    nodes = {1: [h], 2: two}.get(order) or [block.steps[0].right for block in blocks]
    return [formula(chapter, node, "h", "h_1", "h_2", "h_3", "d_2", "d_3") for node in nodes]


def test_the_coefficients_of_two_values_are_those_that_are_tested(chapter):
    names, D = chapter[0], chapter[0]["D"]
    whole = sp.expand(D.sympy(D.blocks["two-values"].right))
    h, h_1, f_0, f_1 = (D.sympy(names[name]) for name in ("h", "h_1", "f_0", "f_1"))
    assert sp.simplify(whole.coeff(f_0) - (h + h**2 / (2 * h_1))) == 0
    assert sp.simplify(whole.coeff(f_1) + h**2 / (2 * h_1)) == 0


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_lms_steps_have_the_proved_weights(chapter, schedule, draws, order):
    """All times, each with the four times before it in the chain of all times, and with uneven ones."""
    weights = proved_weights(chapter, order)
    for t in range(2, T - 9):
        for gaps in ((1, 1, 1, 1), (1, 3, 1, 2), (t - 1, 2, 4, 1), (t, 1, 2, 3)):
            s, times = t - gaps[0], [t]
            for gap in gaps[1:order]:
                times.append(times[-1] + gap)
            levels = [ode.sigma(schedule, time) for time in [*times, T, T, T][:4]]
            widths = [levels[0] - ode.sigma(schedule, s), *(b - a for a, b in pairwise(levels))]
            widths = [width or 1.0 for width in widths]  # what is not used
            numbers = (*widths, sum(widths[1:3]), sum(widths[1:]))
            x_t, past = draws[0, t], [(time, draws[1, time]) for time in times]
            late, early = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[s])
            travelled = sum(w(*numbers) * float(eps) for w, (_, eps) in zip(weights, past, strict=True))
            expected = early**0.5 * (float(x_t) / late**0.5 - travelled)
            ours = float(ode.lms_step(schedule, x_t, past, s))
            scale = 1 + sum(abs(w(*numbers)) for w in weights)
            assert abs(ours - expected) < 1e-12 * scale


def test_equal_steps_give_the_textbook_weights(chapter):
    D, names = chapter[0]["D"], chapter[0]
    h, f_0, f_1 = (D.sympy(names[name]) for name in ("h", "f_0", "f_1"))
    assert sp.simplify(D.sympy(D.blocks["two-equal"].right) - h * (3 * f_0 - f_1) / 2) == 0
    for under, order in ((12, 3), (24, 4)):
        assert sum(WEIGHTS[order].values()) == under
        for name, number in WEIGHTS[order].items():
            assert D.sympy(D.blocks[name].right) / h == sp.Rational(number, under)


def test_scales_are_those_of_the_library_and_of_diffusers(chapter):
    """C4: at Stable Diffusion's schedule."""
    import diffusers

    schedule = scaled_linear(1000)
    start = formula(chapter, "start-scale", "sigma_t")
    shrink = formula(chapter, "input-factor", "y_t", "sigma_t")
    scheduler = diffusers.EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="trailing"
    )
    scheduler.set_timesteps(1000)
    x, top = torch.ones(1, 1, dtype=torch.float64), ode.sigma(schedule, 1000)
    assert start(top) == pytest.approx(float(schedule.alpha_bar[-1]) ** -0.5, rel=1e-12)
    for t in (1000, 600, 41, 1):
        level = ode.sigma(schedule, t)
        assert float(process.ve_to_vp(schedule, x, t)) == pytest.approx(shrink(1.0, level), rel=1e-12)
        theirs = scheduler.scale_model_input(x, scheduler.timesteps[1000 - t])
        scheduler._step_index = None
        assert float(theirs) == pytest.approx(shrink(1.0, level), rel=1e-3)  # float32 tables
    scheduler = diffusers.LMSDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    scheduler.set_timesteps(51)
    level = float(scheduler.sigmas[40])
    assert float(scheduler.timesteps[40]) == pytest.approx(199.8, abs=1e-3)
    assert (round(level, 3), round(shrink(1.0, level), 3)) == (0.571, 0.868)
    assert round(float(scheduler.init_noise_sigma), 2) == 14.61 == round(top, 2)
    assert round(start(top), 2) == 14.65


def test_tweedie_is_the_score_of_the_oracle(chapter, schedule):
    """With E[x_0 | x_t] by a sum over components."""
    world = GaussianMixture([[-1.0], [0.3], [1.2]], 0.2, [0.2, 0.5, 0.3])
    tweedie = formula(chapter, "tweedie", "x_t", "data_mean", "alpha_bar_t")
    x_t = torch.linspace(-3, 3, 13, dtype=torch.float64)[:, None]
    for t in range(1, T + 1):
        bar = schedule.alpha_bar[t]
        variance = bar * 0.04 + 1 - bar
        means = world.means[:, 0] + bar.sqrt() * 0.04 / variance * (x_t - bar.sqrt() * world.means[:, 0])
        mean = (world.log_class(schedule, x_t, t).exp() * means).sum(1)
        for x, m, score in zip(x_t[:, 0], mean, world.score(schedule, x_t, t)[:, 0], strict=True):
            assert float(score) == pytest.approx(tweedie(float(x), float(m), float(bar)), rel=1e-9, abs=1e-9)


FALSE = {  # name: left, right, licence, what it cites
    "P3-sign-of-the-score": lambda n: (
        n["score_t"],
        n["eps"] / sqrt(1 - n["alpha_bar_t"]),
        "result",
        "score-is-noise",
    ),
    "score-without-the-root": lambda n: (
        n["score_t"],
        -(n["eps"] / (1 - n["alpha_bar_t"])),
        "result",
        "score-is-noise",
    ),
    "P16-direction-of-t": lambda n: (
        n["x_s"],
        sqrt(n["alpha_bar_s"]) * n["x_0_hat"] + sqrt(1 - n["alpha_bar_t"]) * n["eps_hat"],
        "definition",
        "quiet-step",
    ),
    "direction-is-not-reduced": lambda n: (
        n["c"] ** 2 + n["v"],
        1 - n["alpha_bar_s"] + n["v"],
        "result",
        "noise-budget",
    ),
    "C2-noise-without-its-level": lambda n: (n["y_t"], n["x_0"] + n["eps"], "result", "data-plus-noise"),
    "C4-no-input-factor": lambda n: (n["x_t"], n["y_t"], "result", "input-factor"),
    "C4-scale-upside-down": lambda n: (n["x_t"], sqrt(n["sigma_t"] ** 2 + 1) * n["y_t"], "result", "input-factor"),
    "C4-start-without-the-data": lambda n: (1 / sqrt(n["alpha_bar_t"]), n["sigma_t"], "result", "start-scale"),
    "euler-goes-up": lambda n: (
        n["y_s"],
        n["y_t"] + (n["sigma_t"] - n["sigma_s"]) * n["eps_hat"],
        "result",
        "ddim-is-euler",
    ),
    "adams-bashforth-sign": lambda n: (
        (n["h"] + n["h"] ** 2 / (2 * n["h_1"])) * n["f_0"] - n["h"] ** 2 / (2 * n["h_1"]) * n["f_1"],
        n["h"] * (Fraction(3, 2) * n["f_0"] + Fraction(1, 2) * n["f_1"]),
        "algebra",
        "equal-1",
    ),
    "equal-weights-on-uneven-steps": lambda n: (
        (n["h"] + n["h"] ** 2 / (2 * n["h_1"])) * n["f_0"] - n["h"] ** 2 / (2 * n["h_1"]) * n["f_1"],
        n["h"] * (Fraction(3, 2) * n["f_0"] - Fraction(1, 2) * n["f_1"]),
        "algebra",
        (),
    ),
    "tweedie-without-the-root": lambda n: (
        n["all_score"],
        (n["alpha_bar_t"] * n["data_mean"] - n["x_t"]) / (1 - n["alpha_bar_t"]),
        "result",
        "tweedie",
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_planted_false_steps_are_refuted(chapter, name):
    left, right, by, using = FALSE[name](chapter[0])
    with pytest.raises(Refuted) as caught:
        Chain(chapter[0]["D"], name, left).equals(right, by=by, using=using)
    assert name in str(caught.value) and by in str(caught.value)


def test_the_wrong_speed_does_not_carry_the_densities(chapter):
    """Without the minus the current would gather points where noise spreads them."""
    from diffusion_lib.symbolic import Derivative

    names = chapter[0]
    with pytest.raises(DerivationError):
        Chain(names["D"], "gathered", Derivative(names["wide"], names["sigma"])).equals(
            Derivative(names["wide"] * names["speed"], names["Y"]), by="result", using="no-point-is-lost"
        )


def test_noise_in_the_last_step_stays_on_the_sample():
    """P4: one point is found; with the noise of the step added it is missed by √(1 − ᾱ) of the last time visited."""
    schedule, n = scaled_linear(100), 4000
    denoiser = GaussianMixture([[0.7]], 0.0).denoiser(schedule)
    random = torch.Generator().manual_seed(0)
    x_T = torch.randn(n, 1, generator=random, dtype=torch.float64)
    x_0 = sample.last(sample.ddpm(denoiser, x_T, schedule, steps=10, variance="beta", generator=random))
    assert float((x_0 - 0.7).abs().max()) < 1e-9
    late = sample.timesteps(100, 10)[-1]
    sigma = math.sqrt(float(schedule.one_minus_alpha_bar[late]))
    noisy = x_0 + sigma * torch.randn(n, 1, generator=random, dtype=torch.float64)
    assert float((noisy - 0.7).square().mean().sqrt()) == pytest.approx(sigma, rel=0.1)
