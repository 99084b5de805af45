"""The chapter what-later-models-changed: its formulas are facts of numbers, slips are refuted, its sentences hold."""

from __future__ import annotations

import math

import pytest
import torch
from chapters import code_cells
from false_steps import false_steps
from proved import T, close, formula, random_schedule, right, table

from diffusion_lib.evaluate import GaussianMixture, optimal_variance, state_variance
from diffusion_lib.process import cosine, linear, schedule_from_config
from diffusion_lib.process.hybrid import interpolated_variance
from pagekit import stored

TABLE = stored.read("what-later-models-changed")


# --- the formulas ----------------------------------------------------------------------------------------------------


def test_the_mean_of_pixels_has_the_variance_that_is_proved():
    """The chain of running means, summed up in numbers: ((n - 1)/n)² v + 1/n² from v = 1 on is 1/n."""
    variance = 0.0
    for pixels in range(1, 200):
        variance = ((pixels - 1) / pixels) ** 2 * variance + 1 / pixels**2
        assert variance == pytest.approx(1 / pixels, rel=1e-12)


@pytest.mark.parametrize(("a", "c", "w"), [(0.132, 12.0, 0.868), (0.005, 1000.0, 0.995), (0.132, 12.0, 3.0)])
def test_walk_and_flow_by_conditioning_a_joint_gaussian(n, a, c, w):
    """Draw x_0 given x_T exactly, from a start of the wrong law; and keep the place in units of the deviation."""
    mean, V = 1.7, a * c + w
    gain = math.sqrt(a) * c / V  # of x_0 given x_T
    left = c - gain * math.sqrt(a) * c
    start = torch.linspace(-9, 9, 2001, dtype=torch.float64)
    weights = torch.softmax(-(start**2) / 2, 0)
    x_0 = mean + gain * (start - math.sqrt(a) * mean)
    found = float(weights @ x_0), float(weights @ (x_0 - weights @ x_0) ** 2) + left
    walk = n["AV"].blocks["brightness-of-a-walk"].right
    proved = [formula(n, each, "a", "c", "w", "V", "mu")(a, c, w, V, mean) for each in (walk.mean, walk.variance)]
    assert proved == pytest.approx(found, rel=1e-9)
    flow = mean + math.sqrt(c / V) * (start - math.sqrt(a) * mean)
    assert float(weights @ (flow - weights @ flow) ** 2) == pytest.approx(c / V, rel=1e-9)


def test_offset_noise_has_the_covariance_of_the_text():
    s, draws = 0.5, torch.Generator().manual_seed(0)
    eps = torch.randn(400_000, 3, generator=draws) + s * torch.randn(400_000, 1, generator=draws)
    expected = torch.eye(3) + s**2
    assert float((torch.cov(eps.T) - expected).abs().max()) < 0.02


@pytest.mark.parametrize("seed", range(2))
def test_the_scatter_of_a_step_is_the_librarys_best_variance(n, seed):
    """For one Gaussian everything is linear: its best variance is that of the true reverse step."""
    schedule, s = random_schedule(seed), 0.6
    world = GaussianMixture([[0.4]], s)
    x_t = torch.tensor([[0.3], [-2.0]], dtype=torch.float64)
    state = schedule.alpha_bar * s**2 + schedule.one_minus_alpha_bar
    for t in range(2, T + 1):
        true = float(schedule.beta[t] * state[t - 1] / state[t])
        assert state_variance(world, schedule, x_t, t).flatten().tolist() == pytest.approx([true] * 2, rel=1e-9)
    close(optimal_variance(schedule, world.floors(schedule))[1:], schedule.beta[1:] * state[:-1] / state[1:])
    close(schedule.posterior_variance[1:], table(n, schedule, right(n, "variance-of-old")))


def test_the_learned_variance_is_the_formula_of_the_page(n):
    schedule = cosine(9)
    share, t = torch.rand(8, 2, dtype=torch.float64), torch.arange(2, 10)
    high, low = schedule.beta[2:].log()[:, None], schedule.posterior_variance[2:].log()[:, None]
    close(interpolated_variance(schedule, share, t), torch.exp(share * high + (1 - share) * low))
    rest = schedule.one_minus_alpha_bar
    close(high - low, (rest[2:] / rest[1:-1]).log()[:, None])


# --- slips -----------------------------------------------------------------------------------------------------------

FALSE = """
stds-average: r[n] = 1 / sqrt(n); definition; noise-of-a-mean
shift-by-k: kept_after / (1 - kept_after) = a / (1 - a) / k; algebra
fraction-rescaled: rescaled(a_t) ** 2 = (a_t ** 2 - a_T ** 2) * (a_T + d) / d; algebra
one-offset-for-each-pixel: Var(pixel[1] + s * xi[1] + pixel[2] + s * xi[1])
    = 2 + 2 * s ** 2; definition; pixel-noise common-noise
offset-in-a-std: AV.blocks['offset-mean'].left = Normal(level, 0, 1 / n + s); Gaussian integral
a-mean-that-errs-for-free: AV.blocks['scatter-given-data'].left = beta_tilde[t]; Gaussian integral; posterior
linear-fraction: exp(f * log(beta[t]) + (1 - f) * log(beta_tilde[t])) = f * beta[t] + (1 - f) * beta_tilde[t]; algebra
eps-for-v-at-the-end: sqrt(gone) * x_0 - x_0 = x_0; algebra
"""
test_a_false_step_is_refuted = false_steps("what-later-models-changed", FALSE, start=2)


# --- the functions ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page():
    """The exact world of brightness, as the page defines it."""
    names: dict = {"torch": torch, "linear": linear, "T": 200}
    for cell in code_cells("what-later-models-changed"):
        if "def exact_brightness" in cell.source:
            exec(cell.source.partition("exact = {")[0], names)
    return names


def test_the_exact_world_of_brightness(page):
    """Its data have the moments of the box; a start with the offset restores what the offset took."""
    world, scale = page["brightness_distribution"]("dark")
    assert float(world.means.mean()) / scale == pytest.approx(-0.5)
    variance = world.power() / scale**2 - 0.25
    assert variance == pytest.approx(0.5**2 / 12, rel=1e-3)
    noise = math.sqrt(1 + 64 * 0.04)
    spread = {
        start: float(page["exact_brightness"](page["shortened"], "all", noise=noise, start=start).std())
        for start in (1.0, noise)
    }
    plain = float(page["exact_brightness"](page["shortened"], "all").std())
    assert spread[1.0] < plain < spread[noise] < 0.4331


# --- the sentences ---------------------------------------------------------------------------------------------------


def label(arm, name, way, what):
    return f"here: {arm}, {name}, {way}: {what}"


def ranges(*given):
    found = TABLE.numbers(label(*given))
    assert len(found) == 5
    return min(found), max(found)


QUIET = "quiet, 25 steps"


def test_the_table_is_of_the_pages_parameters():
    assert {run["parameters"]["seed"] for run in TABLE.runs} == {0, 1, 2, 3, 4}
    assert all(run["parameters"]["whole"] for run in TABLE.runs) and TABLE.cpu_seconds < 25 * 60


@pytest.mark.parametrize("way", [QUIET, "quiet, 5 trailing steps", "quiet, 5 leading steps"])
def test_zero_snr_brings_dark_and_bright_pictures_back_in_every_run(way):
    for what in ("deviation", "dark or bright"):
        assert ranges("published", "all", way, what)[1] < ranges("zero SNR", "all", way, what)[0]


def test_trailing_times_begin_with_the_mean_and_leading_ones_do_not():
    trailing = ranges("zero SNR", "dark", "quiet, 5 trailing steps", "mean")
    leading = ranges("zero SNR", "dark", "quiet, 5 leading steps", "mean")
    assert trailing[1] < leading[0] - 0.03 and abs(sum(trailing) / 2 + 0.5) < 0.04


def test_offset_noise_helps_the_mean_and_harms_the_spread():
    dark = [ranges(arm, "dark", QUIET, "mean") for arm in ("zero SNR", "offset", "published")]
    assert dark[0][1] < dark[1][0] and dark[1][1] < dark[2][0]
    spread = [ranges(arm, "all", QUIET, "deviation") for arm in ("offset", "published", "zero SNR")]
    assert spread[0][1] < spread[1][0] and spread[1][1] < spread[2][0]
    assert ranges("offset", "all", f"{QUIET}, start with offset", "deviation")[0] > spread[1][1]


def test_the_learned_variance_against_the_best_table():
    def nats(steps, name):
        return TABLE.numbers(f"here: hybrid, {steps} steps, {name}")

    for learned, best, beta in zip(nats(64, "learned"), nats(64, "best table"), nats(64, "beta"), strict=True):
        assert learned < best - 0.01 and best < beta - 0.05
    for learned, best in zip(nats(8, "learned"), nats(8, "best table"), strict=True):
        assert learned > best


def test_the_stop_gradient_keeps_the_mean():
    stopped, moved = (
        TABLE.numbers(f"here: bound in full, {name}: excess in thousandths") for name in ("stopped", "not stopped")
    )
    assert min(moved) > max(stopped)


def test_the_shift_makes_pictures_of_three_sizes_alike(shown):
    assert abs(shown["seen-shifted"] - shown["seen-small"]) < 0.02 < 0.5 < shown["seen-large"] - shown["seen-small"]
    assert 0.85 < shown["signal-left"] < 0.95


def test_what_is_left_in_latents(shown):
    a, c = float(schedule_from_config({"name": "scaled_linear", "T": 1000}).alpha_bar[-1]), 4096 * 1.5**2 / 12
    assert shown["kept-latents"] == round(100 / math.sqrt(a * c + 1 - a))
