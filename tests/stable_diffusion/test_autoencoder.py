"""Images to latents and back: the published codec as the oracle, the distribution of a sample, images that do not
fit."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from PIL import Image

from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.sample.noise import generators
from diffusion_lib.stable_diffusion.autoencoder import PART, decode, latents_to_pil, pil_to_latents, psnr, to_pil
from diffusion_lib.stable_diffusion.parts import load


@pytest.fixture(scope="module")
def vae(tiny_folder):
    return load(tiny_folder, device="cpu").vae


def image(width=64, height=64, mode="RGB", seed=0):
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return Image.fromarray(values).convert(mode)


def test_shapes_and_the_scaling_factor_of_the_settings(vae):
    latents = pil_to_latents(vae, [image(64, 32), image(64, 32, seed=1)])
    assert latents.shape == (2, 4, 4, 8) and latents.dtype == torch.float32
    x = torch.from_numpy(np.asarray(image(64, 32))).permute(2, 0, 1)[None] / 127.5 - 1
    mean = vae.encode(x).latent_dist.mean
    torch.testing.assert_close(latents[:1], 0.18215 * mean, rtol=1e-4, atol=1e-6)
    images = latents_to_pil(vae, latents)
    assert [image.size for image in images] == [(64, 32)] * 2


def test_the_images_are_those_of_the_published_pipeline(vae):
    from diffusers.image_processor import VaeImageProcessor

    latents = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    x = vae.decode(latents / vae.config.scaling_factor).sample
    theirs = VaeImageProcessor(vae_scale_factor=8).postprocess(x.detach(), output_type="pil")
    for one, other in zip(latents_to_pil(vae, latents), theirs, strict=True):
        assert np.array_equal(np.asarray(one), np.asarray(other)) and np.asarray(one).std() > 0


def test_a_mode_repeats_and_a_sample_is_a_draw_around_it(vae):
    one = image()
    mode = pil_to_latents(vae, one)
    assert torch.equal(mode, pil_to_latents(vae, one, "mode"))
    draws = pil_to_latents(vae, [one] * 400, "sample", torch.Generator().manual_seed(0))
    x = torch.from_numpy(np.asarray(one)).permute(2, 0, 1)[None] / 127.5 - 1
    std = 0.18215 * vae.encode(x).latent_dist.std
    z = (draws - mode) / std
    assert abs(float(z.mean())) < 0.02 and abs(float(z.std()) - 1) < 0.02  # 102,400 draws: 6 standard errors


def test_a_sample_is_the_same_in_a_batch_of_any_size(vae):
    images = [image(seed=k) for k in range(3)]
    together = pil_to_latents(vae, images, "sample", generators(5, 3))
    alone = pil_to_latents(vae, images[2], "sample", generators(5, 1, 2))
    torch.testing.assert_close(together[2:], alone, rtol=1e-4, atol=1e-5)


def test_many_images_are_coded_in_parts_and_come_back_in_their_order(vae):
    latents = torch.randn(2 * PART + 3, 4, 2, 2, generator=torch.Generator().manual_seed(0))
    asked = []
    watch = vae.decoder.register_forward_pre_hook(lambda _, inputs: asked.append(len(inputs[0])))
    try:
        x = decode(vae, latents)[0]
    finally:
        watch.remove()
    assert asked == [PART, PART, 3]
    torch.testing.assert_close(x, vae.decode(latents / vae.config.scaling_factor).sample, rtol=1e-4, atol=1e-5)
    images = to_pil(x)
    alone = torch.cat([pil_to_latents(vae, one) for one in images])
    torch.testing.assert_close(pil_to_latents(vae, images), alone, rtol=1e-4, atol=1e-5)


def test_half_the_precision_draws_the_same_noise(tiny_folder, vae):
    half = load(tiny_folder, device="cpu", dtype="bfloat16").vae
    one, other = (pil_to_latents(each, image(), "sample", generators(0, 1)) for each in (vae, half))
    assert one.dtype == other.dtype == torch.float32 and float((one - other).abs().max()) < 0.02


def test_values_out_of_range_are_clipped_and_halves_go_to_the_even_level():
    x = torch.tensor([-5.0, -1.0, 0.0, 1.0, 5.0]).view(1, 1, 1, 5).expand(1, 3, 1, 5)
    assert np.asarray(to_pil(x)[0])[0, :, 0].tolist() == [0, 0, 128, 255, 255]


REFUSED = {
    "no-image": ("dog.png", "images must be a PIL image or a list of them, got 'dog.png'"),
    "none": (None, "images must be a PIL image or a list of them, got None"),
    "empty": ([], "images must be a PIL image or a list of them, got []"),
    "array": ([np.zeros((64, 64, 3), np.uint8)], "images must be PIL images, got ndarray"),
    "alpha": (image(mode="RGBA"), "mode RGB, got RGBA; use image.convert('RGB')"),
    "grey": (image(mode="L"), "mode RGB, got L"),
    "two-sizes": ([image(), image(72, 64)], "images must have one size, got (72, 64) and (64, 64)"),
    "no-multiple-of-8": (image(65, 64), "sides of images must be multiples of 8, got 65 x 64"),
    "empty-image": (Image.new("RGB", (0, 64)), "sides of images must be multiples of 8, got 0 x 64"),
}


@pytest.mark.parametrize(("images", "message"), REFUSED.values(), ids=REFUSED)
def test_images_that_do_not_fit_are_refused(vae, images, message):
    with pytest.raises(ConfigError) as caught:
        pil_to_latents(vae, images)
    assert message in str(caught.value)


def test_an_unknown_way_and_too_many_generators_are_refused(vae):
    with pytest.raises(ConfigError, match="how must be one of 'sample', 'mode', got 'mean'"):
        pil_to_latents(vae, image(), "mean")
    with pytest.raises(ConfigError, match="generator must be one for all samples or one for each, got 2"):
        pil_to_latents(vae, image(), "sample", generators(0, 2))


@pytest.mark.parametrize("latents", [None, torch.zeros(4, 8, 8), torch.zeros(1, 3, 8, 8), torch.zeros(0, 4, 8, 8)])
def test_latents_of_another_shape_are_refused(vae, latents):
    with pytest.raises(ConfigError, match=r"latents must have shape \(B, 4, h, w\)"):
        latents_to_pil(vae, latents)


def test_latents_that_are_not_finite_are_no_black_image(vae):
    latents = torch.zeros(2, 4, 8, 8)
    latents[1, 2, 3, 4] = math.nan
    with pytest.raises(NonFiniteError, match=r"latents must be finite, got nan at index \(1, 2, 3, 4\)"):
        latents_to_pil(vae, latents)


def test_a_decoder_that_overflows_is_named(vae, monkeypatch):
    monkeypatch.setattr(vae, "decode", lambda z, return_dict: (torch.full((1, 3, 8, 8), math.inf),))
    with pytest.raises(NonFiniteError, match=r"image must be finite, got inf .* the decoder of the vae in float32"):
        latents_to_pil(vae, torch.zeros(1, 4, 1, 1))


def test_psnr_of_known_errors():
    x = torch.zeros(2, 3, 4, 4)
    other = x + torch.tensor([0.2, 0.02])[:, None, None, None]
    assert psnr(x, other, each=True).tolist() == pytest.approx([20.0, 40.0], abs=1e-4)  # 10 log10(4 / 0.04)
    assert float(psnr(x, other)) == pytest.approx(10 * math.log10(4 / 0.0202), abs=1e-4)
