"""The chapter autoencoder: its sentences hold with room to spare, its functions are right, its two distributions are
distributions."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
import torch
from chapters import definitions, printed, printed_text
from PIL import Image
from torch.nn.functional import gelu

from diffusion_lib.stable_diffusion.autoencoder import pil_to_latents
from diffusion_lib.stable_diffusion.parts import load

FUNCTIONS = ("pixels", "psnr", "block_means", "png_bytes", "encoder_distribution", "jpeg_within", "formula", "descend")
FUNCTIONS += ("layer", "through", "distribution_of", "error_of", "rates_of")


@pytest.fixture(scope="module")
def names(tiny_folder):
    """The functions of the page, and nothing of its work."""
    found = {"torch": torch, "np": np, "io": io, "Image": Image, "seed": 0, "vae": load(tiny_folder, device="cpu").vae}
    found |= {"depth": 8, "block_size": 768, "per_code": 96.0}  # the miniature's
    return definitions("autoencoder", found, FUNCTIONS)


def image(side=64, seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8))


# --- the sentences ---------------------------------------------------------------------------------------------------


def test_fresh_pictures_come_back_and_far_ahead_of_the_baseline(shown):
    assert shown["worst-quality"] >= 31 and shown["ahead"] >= 8
    categories = ("single", "patterned", "pair", "on", "count", "animal")
    rows = {name: [float(word) for word in printed("autoencoder", name + " ")[0][::2]] for name in categories}
    assert all(
        learned >= 31 and learned - baseline > 8 and learned > finer for learned, baseline, finer in rows.values()
    )
    assert all(rows[name][0] >= 33 for name in ("single", "pair", "count", "animal"))  # the page names them


def test_what_is_lost_is_lost_along_the_edges(shown):
    assert shown["edge-area"] < 35 and shown["edge-share"] > 75


def test_a_ratio_of_elements_is_less_in_bytes_and_more_in_information(shown):
    assert shown["article-ratio"] == 48 and (shown["stride"], shown["depth"], shown["block-size"]) == (16, 8, 768)
    assert [shown[name] for name in ("in-elements", "per-code", "in-half", "in-single")] == [96, 96, 48, 24]
    assert shown["rate-times"] > 60 and 2 * shown["rate-bytes"] < shown["half-bytes"]  # mostly empty
    assert shown["rate-nats"] / math.log(2) / 8 == pytest.approx(shown["rate-bytes"], abs=1)


def test_the_sizes_that_are_shown_divide_to_the_ratios_that_are_shown():
    rows = [line.split() for line in printed_text("autoencoder").splitlines() if " bytes / " in line]
    assert len(rows) == 4
    for row in rows:
        whole, size, ratio = (float(row[row.index(word) + step]) for word, step in (("bytes", -1), ("/", 1), ("=", 1)))
        assert round(whole / size) == ratio, row


def test_what_is_said_of_brightness_rests_on_many_tiles(shown, texts):
    low, high = (float(word.replace("−", "-")) for word in texts["dark-interval"].split(" to "))
    assert shown["tiles"] == 2 * 5 * 3 and low < high
    assert (texts["dark-verdict"] == "darker tiles have larger errors") == (high < 0)


def test_what_is_said_of_the_channels_is_what_their_rows_say(shown):
    lines = [[float(word) for word in row[1:]] for row in printed("autoencoder", "channel ")]
    assert len(lines) == shown["depth"] and max(abs(number) for line in lines for number in line[:3]) < 0.8
    assert shown["left-over"] == pytest.approx(len(lines) - sum(line[3] for line in lines), abs=0.1)


def test_few_channels_are_inactive_and_the_decoder_makes_little_use_of_them(shown):
    assert 0 < shown["inactive"] < shown["depth"] / 2 and shown["blank-loss"] < 0.5 and shown["inactive-width"] > 5


def test_the_aids_of_the_training_end_after_a_third_of_the_steps():
    from models.miniature.training.train_vae import auxiliary_weight

    assert auxiliary_weight(999, 3000) > 0 and auxiliary_weight(1000, 3000) == 0


def test_a_mean_is_reproducible_and_a_sample_costs_about_what_is_predicted(shown):
    means, samples = (printed("autoencoder", f"two {name}")[0] for name in ("means", "samples"))
    ((active,),) = printed("autoencoder", "in the active channels, the samples differ by")
    (mean,), (sample,) = means[2:], samples[2:]
    assert float(mean) == 0 and float(sample) > 10 * float(active) > 0.5
    assert shown["price-doubt"] < 0.2 * shown["price-measured"]
    assert 0.6 < shown["weighted absolute error added by sampling, over predicted"] < 1.4
    assert shown["price-measured"] < shown["mean-squared-error"] and shown["noise-time"] < 0.15 * shown["chain-length"]


def test_the_factor_is_one_over_the_deviation_and_a_wrong_one_hits_the_unet_only(shown):
    assert shown["factor-off"] < 4 and shown["round-trip-right"] == shown["round-trip-wrong"]
    assert shown["estimate-right"] > shown["estimate-wrong"] + 5 and shown["true-time"] > shown["given-time"] + 200


def test_the_factor_of_the_model_brings_its_codes_to_the_deviation_one():
    """And that of Stable Diffusion does not: both are in a figure of the page."""
    from models.miniature.data import synthetic
    from models.miniature.data.rendering import render

    vae = load("miniature", device="cpu").vae
    x = render(synthetic.sample_scenes(60, torch.Generator().manual_seed(1)))
    with torch.no_grad():
        raw = vae.encode(x).latent_dist.mean
    assert float(vae.config.scaling_factor * raw.std()) == pytest.approx(1, abs=0.1)
    assert float(0.18215 * raw.std()) < 0.2


def test_the_miniature_does_not_know_photographs(shown):
    assert shown["photo-loss"] > 10 and shown["photo-whole"] < shown["photo-blocks"] - 1
    assert shown["photo-tiles"] < shown["photo-whole"] - 1 and shown["photo-jpeg"] > shown["photo-blocks"] + 3


def test_codes_collapse_in_the_deep_autoencoders_too(shown):
    rates = [float(row[-1]) for row in printed("autoencoder", "κ = ") if "rate" in row]
    assert rates == sorted(rates, reverse=True) and rates[0] > 8 and rates[-1] < 0.1
    assert 0.7 < shown["ratio-least"] <= shown["ratio-greatest"] < 1.6
    assert shown["times-below"] > 50 and shown["first-to-collapse"] < shown["last-to-collapse"] / 4
    assert shown["all-decibels"] > shown["linear-decibels"] + 8 and shown["own-rate"] < shown["linear-rate"]
    assert shown["increase-large"] < 0.8 * shown["increase-small"] and 0 < shown["mean-lost"] < 2


# --- the functions ---------------------------------------------------------------------------------------------------


def test_psnr_of_a_known_error(names):
    grey, lighter = (Image.new("RGB", (8, 8), (level,) * 3) for level in (100, 110))
    assert names["psnr"]([grey], [lighter]) == pytest.approx(20 * math.log10(255 / 10), abs=1e-4)


def test_the_baseline_codec_keeps_averages_and_no_more(names):
    flat = Image.new("RGB", (32, 16), (10, 200, 30))
    assert np.array_equal(np.asarray(names["block_means"](flat, 8)), np.asarray(flat))
    means = names["block_means"](image(), 8)
    assert means.size == (64, 64) and names["pixels"]([means]).std() < 0.3 * names["pixels"]([image()]).std()


def test_files_have_the_sizes_that_are_said(names):
    assert names["png_bytes"](image()) >= 3 * 64 * 64  # noise does not compress
    file = io.BytesIO()
    names["jpeg_within"](image(), 4000).save(file, "PNG")
    sizes = [names["jpeg_within"](image(), size).fp.getbuffer().nbytes for size in (2000, 4000)]
    assert sizes[0] <= 2000 < sizes[1] <= 4000


def test_the_encoders_distribution_is_that_of_the_library(names):
    distribution = names["encoder_distribution"]([image(), image(seed=1)])
    scaled = names["vae"].config.scaling_factor * distribution.mean
    torch.testing.assert_close(scaled, pil_to_latents(names["vae"], [image(), image(seed=1)]))


def test_a_batch_of_small_networks_is_each_of_them(names):
    names.update(K=3, start=torch.Generator().manual_seed(0))
    names["layers"] = [names["layer"](*shape) for shape in ((192, 5), (5, 8), (4, 5), (5, 192))]
    for pair in names["layers"]:
        pair[0].data += 0.1 * torch.randn(pair[0].shape, generator=names["start"])
    x, noise = torch.randn(7, 192, generator=names["start"]), torch.randn(7, 4, generator=names["start"])
    mean, log_u = names["distribution_of"](x)
    errors, rates = names["error_of"](mean + (log_u / 2).exp() * noise, x), names["rates_of"](mean, log_u)
    for k in range(3):
        (a, b), (c, d), (e, f), (g, h) = ((matrix[k], offset[k]) for matrix, offset in names["layers"])
        m, v = (gelu(x @ a + b) @ c + d).chunk(2, 1)
        distribution = torch.distributions.Normal(m, (v / 2).exp())
        alone = (gelu((m + distribution.scale * noise) @ e + f) @ g + h - x).square().mean()
        torch.testing.assert_close(errors[k], alone)
        exact = torch.distributions.kl_divergence(distribution, torch.distributions.Normal(0.0, 1.0)).mean(0)
        torch.testing.assert_close(rates[k], exact)


# --- the distributions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "leading"), [(4, [9.0, 6.0, 1.0, 0.6]), (8, [18.0, 14.0, 8.0, 5.0, 4.0, 3.0, 2.0, 1.2])]
)
def test_the_water_level_is_what_gradient_descent_finds(names, monkeypatch, codes, leading):
    """Rates and errors for Stable Diffusion's blocks and the miniature's, with all, half and none of the codes in use.

    The variances are others than the page's.
    """
    size = 192 if codes == 4 else 768
    for name, number in {"depth": codes, "block_size": size, "per_code": size / codes}.items():
        monkeypatch.setitem(names, name, number)
    draws = torch.Generator().manual_seed(codes)
    spread = torch.rand(size, generator=draws, dtype=torch.float64).sort(descending=True).values * 0.3
    names["variances"] = torch.cat([torch.tensor(leading, dtype=torch.float64), spread])[:size]
    for weight in (0.015, 0.1, 0.5):
        (exact, error), (found, by_descent) = names["formula"](weight), names["descend"](weight)
        torch.testing.assert_close(found, exact, rtol=0, atol=0.01)
        assert by_descent == pytest.approx(error, rel=1e-4)


@pytest.mark.parametrize(("J", "kappa"), [(1.0, 5e-4), (30.0, 5e-4), (0.3, 0.2)])
def test_the_cost_of_sampling_is_that_of_the_best_variance(n, J, kappa):
    """The proved line, against the least cost on a grid."""
    import sympy as sp

    W = n["W"]
    D, C = 49152, 512
    u = np.logspace(-6, 0, 200_001)
    best = u[np.argmin(J**2 * u / D + kappa * (u - 1 - np.log(u)) / (2 * C))]
    symbols = [W.sympy(n[name]) for name in ("u", "kappa", "C")]
    proved = sp.lambdify(symbols, W.sympy(W.blocks["price-of-a-draw"].right), "math")
    assert J**2 * best / D == pytest.approx(proved(best, kappa, C), rel=1e-3)
