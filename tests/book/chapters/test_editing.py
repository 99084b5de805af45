"""The chapter editing: its derivation refuses what others write, its metrics measure, its numbers hold."""

from __future__ import annotations

import math
import re

import pytest
import torch
from chapters import code_cells, printed
from false_steps import false_steps

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process.identities import add_noise, eps_from_x_0
from diffusion_lib.process.schedule import scaled_linear
from diffusion_lib.stable_diffusion.autoencoder import from_pil
from models.miniature.data.synthetic import RGB


@pytest.fixture(scope="module")
def names():
    """The functions of the page, without its images."""
    found = {"torch": torch}
    for cell in code_cells("editing"):
        if "def centroid(" in cell.source:
            source = re.sub(r"^parts = .*$", "", cell.source.partition("centres, strengths")[0], flags=re.MULTILINE)
            exec(compile(source, "editing.md", "exec"), found)
        if "def exact(" in cell.source:
            exec(compile(cell.source.partition("repetitions, samples")[0], "editing.md", "exec"), found)
    return found


# --- the derivation --------------------------------------------------------------------------------------------------


def test_the_divergence_is_that_of_two_normal_laws(n):
    schedule, t = scaled_linear(1000), 300
    kept, rest = float(schedule.alpha_bar[t]), float(schedule.one_minus_alpha_bar[t])
    ED, node = n["ED"], n["ED"].blocks["two-pictures"].right
    letters = {ED.sympy(n[name]): value for name, value in {"x_0": 0.7, "y_0": -0.4}.items()}
    letters |= {ED.sympy(n["sigma_t"]): math.sqrt(rest / kept)}
    laws = [torch.distributions.Normal(math.sqrt(kept) * x, math.sqrt(rest)) for x in (0.7, -0.4)]
    expected = float(torch.distributions.kl_divergence(*laws))
    assert float(ED.sympy(node).subs(letters)) == pytest.approx(expected, rel=1e-6)


def test_the_noise_that_is_told_is_the_librarys(n):
    schedule = scaled_linear(1000)
    z, eps = torch.tensor([[0.3]], dtype=torch.float64), torch.tensor([[-1.2]], dtype=torch.float64)
    x_t = add_noise(schedule, z, 400, eps)
    ED = n["ED"]
    values = {"x_t": float(x_t), "z_known": 0.3, "alpha_bar_t": float(schedule.alpha_bar[400])}
    letters = {ED.sympy(n[name]): value for name, value in values.items()}
    told = ED.sympy(n["told_noise"], using=("told-noise",)).subs(letters)
    assert float(told) == pytest.approx(float(eps_from_x_0(schedule, x_t, 400, z)), abs=1e-12)


FALSE = """
no-half: KL(noised(x_0), noised(y_0)) = alpha_bar_t * (x_0 - y_0) ** 2 / (1 - alpha_bar_t); Gaussian integral
the-mean-unshrunk: KL(noised(x_0), noised(y_0)) = (x_0 - y_0) ** 2 / (2 * (1 - alpha_bar_t)); Gaussian integral
known-part-without-noise: sqrt(alpha_bar_s) * estimate + sqrt(1 - alpha_bar_s) * told_noise
    = sqrt(alpha_bar_s) * z_known; result; told-estimate told-is-the-noise
known-part-with-the-noise-of-t: sqrt(alpha_bar_s) * estimate + sqrt(1 - alpha_bar_s) * told_noise
    = sqrt(alpha_bar_s) * z_known + sqrt(1 - alpha_bar_t) * eps; result; told-estimate told-is-the-noise
asked-once: Y_t - h * network(Y_t, time) = Y_s; definition; step-up
negative-with-g: g * log(p_c(x_t)) - g * log(p_n(x_t)) = log(p_c(x_t) ** g / p_n(x_t) ** (g - 1)); algebra
negative-sign: Derivative(g * log(p_c(x_t)) - (g - 1) * log(p_n(x_t)), x_t)
    = g * Derivative(log(p_c(x_t)), x_t) + (g - 1) * Derivative(log(p_n(x_t)), x_t); differentiation
"""
test_a_false_step_is_refuted = false_steps("editing", FALSE)


# --- the metrics -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [(46.0, 46.0), (82.0, 70.0)])
def test_the_middle_of_a_form_is_found_to_a_pixel_and_the_form_is_read(names, place):
    drawn = from_pil([names["scene"]("a red circle on sand", *place, 27.0)])
    assert float((names["centroid"](drawn) - torch.tensor([place])).abs().max()) < 0.5
    assert names["matches"]("a red circle on sand", drawn).tolist() == [1]
    assert names["matches"]("a blue star on sand", drawn).tolist() == [0]
    assert names["centroid"](from_pil([names["scene"]("a red circle on sand", 64.0, 64.0, 0.1)])).isfinite().all()


def test_the_exact_law_is_that_of_the_draws_near_the_known_coordinate(names):
    """Draws of the whole plane that fall into a thin strip: their second coordinate is near to the exact draws."""
    mixture = GaussianMixture(names["means"], names["cluster_std"], names["weights"])
    cloud, _ = mixture.sample(400_000, torch.Generator().manual_seed(0))
    strip = cloud[(cloud[:, 0] - names["coordinate"]).abs() < 0.01, 1]
    exact = torch.cat([names["exact"](seed) for seed in range(8)])
    levels = torch.linspace(0.05, 0.95, 19, dtype=torch.float64)
    assert len(strip) > 1500
    assert float((strip.quantile(levels) - exact.quantile(levels)).abs().mean()) < 0.05


# --- the sentences ---------------------------------------------------------------------------------------------------


def test_the_star_keeps_its_place_at_half_strength_and_loses_it_at_one(shown):
    assert shown["kept-half"] <= 0.6 * shown["kept-floor"] and shown["kept-n"] >= 10
    assert shown["nats-half"] > 10 and shown["nats-end"] < 2
    rights = [int(words[words.index("accuracy") + 1]) for words in printed("editing", "strength ")]
    assert rights[0] == 0 and rights[-2:] == [100, 100] and rights == sorted(rights)


def test_steps_taken_again_bring_the_law_nearer_and_not_to_the_floor(shown):
    assert shown["seam-once"] > 2 * shown["seam-often"] > 6 * shown["seam-floor"]


def test_the_noise_of_an_inversion_is_too_weak_and_rounds_mend_it(shown):
    assert shown["inverted-spread"] < 0.75 and abs(shown["inverted-rounds"] - 1) < 0.15


def test_no_meadow_is_left_but_other_grounds_change_more_than_under_the_control(shown):
    """The control is a negative prompt that names no ground; the counts are those of the table of the page."""
    assert shown["meadows-meadow"] == 0 < shown["meadows-nothing"]
    assert shown["meadows-nothing"] + shown["ground-others"] == shown["meadow-n"] >= 25
    assert shown["ground-changed-meadow"] > 2 * shown["ground-changed-star"]
    assert shown["sands-meadow"] > 2 * shown["sands-nothing"]


def test_pairs_are_nearer_with_shared_attention_on_average(shown):
    assert shown["pair-n"] >= 16 and shown["pair-gain"] > 2 * shown["pair-doubt"]
    assert shown["pair-gain"] == pytest.approx(shown["pair-apart"] - shown["pair-near"], abs=0.11)
    assert 0 < shown["pair-worse"] < shown["pair-n"] / 2


def test_the_seam_lies_between_its_floor_and_its_ceiling_and_its_change_within_the_error(shown):
    assert shown["image-seam-floor"] < shown["image-seam-once"] < shown["image-seam-ceiling"] / 2
    assert abs(shown["image-seam-gain"]) < 2 * shown["image-seam-doubt"]
    assert shown["image-seam-gain"] == pytest.approx(shown["image-seam-once"] - shown["image-seam-again"], abs=0.11)


def test_the_mismatch_counts_the_rows_in_which_one_side_alone_is_red(names):
    """A disc in the middle has none; if one half of it is moved down by ten rows, there are twenty."""
    source = next(cell.source for cell in code_cells("editing") if "def mismatch(" in cell.source)
    found = {"torch": torch, "RGB": RGB}
    exec("def mismatch(" + source.partition("def mismatch(")[2].partition("\n\n\n")[0].partition("\nguided")[0], found)
    disc = from_pil([names["scene"]("a red circle on sand", 64.0, 64.0, 30.0)])
    moved = torch.cat([disc[..., :64], disc.roll(10, 2)[..., 64:]], 3)
    assert float(found["mismatch"](disc)) == 0 and float(found["mismatch"](moved)) == 20
