"""Negative texts, images to start from, masks, shared attention; the oracle is diffusers where it has the same."""

from __future__ import annotations

import dataclasses
import re
import warnings

import numpy as np
import peers
import pytest
import torch
from PIL import Image
from pipelines import CLIPS, PEERS, SETTINGS, Counted, alike, as_ours, counted, embedded, published_pipeline

from diffusion_lib.errors import ConfigError
from diffusion_lib.sample.chain import last
from diffusion_lib.sample.noise import generators
from diffusion_lib.sample.times import timesteps
from diffusion_lib.stable_diffusion import parts, pipeline
from diffusion_lib.stable_diffusion.attention import recorded
from diffusion_lib.stable_diffusion.autoencoder import pil_to_latents
from diffusion_lib.stable_diffusion.init_image import InitLatents
from diffusion_lib.stable_diffusion.pipeline import denoise, generate
from diffusion_lib.stable_diffusion.prompt_to_prompt import pairs, prompt_to_prompt, shared


@pytest.fixture(scope="module")
def miniature():
    return parts.load("miniature", device="cpu")


def noisy(*shape, seed=3):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def painted(seed=0, size=(64, 64)):
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def half(side=64):
    """White on the right."""
    mask = Image.new("L", (side, side))
    mask.paste(255, (side // 2, 0, side, side))
    return mask


# --- parity with diffusers -------------------------------------------------------------------------------------------


def theirs(loaded, name, kind, steps, **given):
    """What a pipeline of diffusers makes of latents, with the times of ours."""
    with pytest.MonkeyPatch.context() as patch:
        peer = peers.scheduler(patch, PEERS[name], **SETTINGS, **CLIPS.get(name, {}), timestep_spacing="trailing")
        pipe = published_pipeline(loaded, kind)
        pipe.scheduler = as_ours(peer, timesteps(1000, steps))
        return pipe(num_inference_steps=steps, output_type="latent", **given).images


@pytest.mark.parametrize(("negative", "g", "seed"), [("a dog", 1.5, 0), ("", 3.0, 1), ("a dog wearing hat", 15.0, 2)])
def test_a_negative_text_is_diffusers_negative_prompt(double, negative, g, seed):
    x_T = noisy(2, 4, 8, 8, seed=seed)
    text, without = embedded(double, ["a hat", "a dog"])[0], embedded(double, [negative])[0]
    ours = last(denoise(double, text, without, x_T, g=g, steps=8, sampler="ddim"))
    options = {"negative_prompt": [negative] * 2, "guidance_scale": g, "latents": x_T, "height": 64, "width": 64}
    found = theirs(double, "ddim", "StableDiffusionPipeline", 8, prompt=["a hat", "a dog"], **options)
    assert float((ours - found).abs().max()) <= 1e-9


@pytest.mark.parametrize("name", sorted(PEERS))
@pytest.mark.parametrize("strength", [0.2, 0.58, 0.8, 1.0])
def test_an_image_to_begin_from_is_that_of_diffusers(double, name, strength):
    """Both take latents, and draw the noise of image i from generator i."""
    z, streams = noisy(1, 4, 8, 8), generators(7, 2)
    text, empty = embedded(double, ["a dog", "a hat"])
    eps = torch.stack([torch.randn(4, 8, 8, generator=each, dtype=torch.float64) for each in streams])
    start = InitLatents(z, strength, None)
    ours = last(denoise(double, text, empty, eps, g=3.0, steps=10, sampler=name, init_latents=start))
    options = {"strength": strength, "guidance_scale": 3.0, "generator": generators(7, 2)}
    given = {"prompt": ["a dog", "a hat"], "image": z.expand(2, -1, -1, -1), **options}
    found = theirs(double, name, "StableDiffusionImg2ImgPipeline", 10, **given)
    assert float((ours - found).abs().max()) <= 1e-9


@pytest.mark.parametrize("name", ["ddim", "euler", "lms", "dpm++"])
@pytest.mark.parametrize("strength", [0.5, 0.9])
def test_a_mask_is_that_of_diffusers(double, name, strength):
    """Below strength 1: there its first state is noise alone, and ours has the known part."""
    z = noisy(1, 4, 8, 8).float().double()  # the pipeline takes float32
    mask = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    mask[..., 4:] = True
    (stream,) = generators(7, 1)
    text, empty = embedded(double, ["a dog"])
    eps = torch.randn(1, 4, 8, 8, generator=stream, dtype=torch.float64)
    options = {"g": 3.0, "steps": 10, "sampler": name, "init_latents": InitLatents(z, strength, mask)}
    ours = last(denoise(double, text, empty, eps, **options))
    given = {"image": z, "mask_image": half(), "masked_image_latents": torch.zeros_like(z)}
    given |= {"strength": strength, "guidance_scale": 3.0, "generator": generators(7, 1), "height": 64, "width": 64}
    found = theirs(double, name, "StableDiffusionInpaintPipeline", 10, prompt="a dog", **given)
    assert float((ours - found).abs().max()) <= 1e-9
    assert torch.allclose(ours[..., :4], z[..., :4], atol=1e-10) and not torch.allclose(ours[..., 4:], z[..., 4:])


def test_a_whole_image_from_another_is_that_of_diffusers(miniature, monkeypatch):
    """Eight channels, from pixels to pixels; of the encoder's distribution both take the mean."""
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())
    init = Image.new("RGB", (128, 128), (230, 200, 150))
    init.paste((220, 30, 30), (40, 40, 90, 90))
    options = {"seed": 5, "steps": 8, "sampler": "ddim", "g": 3}
    text, negative = "a blue star on sand", "a red square on sand"
    (ours,) = generate(miniature, text, negative=negative, init=init, strength=0.7, **options)
    pipe = published_pipeline(miniature, "StableDiffusionImg2ImgPipeline")
    with pytest.MonkeyPatch.context() as patch:
        peer = peers.scheduler(patch, "DDIM", **SETTINGS, clip_sample=False, timestep_spacing="trailing")
        pipe.scheduler = as_ours(peer, timesteps(1000, 8))
        given = {"image": init, "strength": 0.7, "num_inference_steps": 8, "guidance_scale": 3.0}
        (found,) = pipe(text, negative_prompt=negative, generator=generators(5, 1), **given).images
    levels = np.abs(np.asarray(ours.image).astype(int) - np.asarray(found).astype(int))
    assert levels.max() <= 1 and np.abs(np.asarray(ours.image).astype(int) - np.asarray(init)).max() > 100


# --- generate --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", ["ddpm", "dpm++-karras"])
@pytest.mark.parametrize("mask", [None, half()])
def test_an_edited_image_is_the_same_in_a_batch_of_any_size(tiny, sampler, mask):
    options = {"seed": 7, "steps": 5, "sampler": sampler, "init": painted(), "mask": mask, "strength": 0.7, "g": 3}
    together = generate(tiny, ["a dog", "a hat", "red circle"], **options, negative="a circle")
    (alone,) = generate(tiny, "a hat", **options, negative="a circle", first=1)
    assert alike(alone, together[1]) and alone.parameters == together[1].parameters


def test_a_batch_that_is_halved_begins_from_the_same_image(tiny):
    def full(call):
        if call == 1:
            raise torch.OutOfMemoryError("no")

    options = {"seed": 7, "steps": 4, "init": painted(), "mask": half(), "strength": 1.0}
    with pytest.warns(UserWarning, match="out of memory"):
        small = generate(counted(tiny, full)[0], ["a dog", "a hat"], **options)
    assert all(map(alike, small, generate(tiny, ["a dog", "a hat"], **options)))


@pytest.mark.parametrize("sampler", pipeline.NAMES)
def test_what_is_black_keeps_its_latents(tiny, sampler):
    init = painted()
    (made,) = generate(tiny, "a dog", seed=1, steps=4, sampler=sampler, init=init, mask=half(), save_int=1)
    z = pil_to_latents(tiny.vae, init)[0]
    assert float((made.latents - z)[..., :4].abs().max()) < 1e-4 < 0.1 < float((made.latents - z)[..., 4:].abs().max())
    assert len(made.kept) == 4 and made.parameters["strength"] == 1.0


def test_fewer_steps_are_taken_and_the_latent_of_a_white_pixel_is_painted_whole(tiny):
    spied, unet = counted(tiny)
    mask = Image.new("L", (64, 64))
    mask.putpixel((9, 17), 128)  # in the latent of column 1, row 2
    init = painted()
    (made,) = generate(spied, "a dog", seed=1, steps=10, init=init, strength=0.35, mask=mask, save_int=1, g=2)
    assert unet.sizes == [2] * 3 and [step.t for step in made.kept] == [300, 200, 100]
    changed = (made.latents - pil_to_latents(tiny.vae, init)[0]).abs().amax(0) > 1e-4
    assert changed.nonzero().tolist() == [[2, 1]]


def test_what_is_regenerated_at_strength_one_has_forgotten_the_image(tiny):
    """With a mask; an image alone is noised at T as at any other time, and a trace of it is left."""
    options = {"seed": 1, "steps": 3, "sampler": "ddim", "strength": 1.0}
    everywhere = Image.new("L", (64, 64), 255)
    one, other = (generate(tiny, "a dog", init=painted(k), mask=everywhere, **options)[0] for k in (0, 1))
    (plain,) = generate(tiny, "a dog", seed=1, steps=3, sampler="ddim")
    assert alike(one, other) and alike(one, plain)
    trace, without = (generate(tiny, "a dog", init=painted(k), **options)[0] for k in (0, 1))
    assert float((trace.latents - without.latents).abs().max()) > 1e-3


def test_without_them_the_parameters_are_as_before(tiny):
    (plain,) = generate(tiny, "a dog", seed=0, steps=1)
    assert not {"negative", "init", "mask", "strength"} & plain.parameters.keys()


REFUSED = {
    "strength-0": ({"strength": 0, "init": painted()}, "strength must be a finite number in (0, 1], got 0"),
    "strength-2": ({"strength": 2, "init": painted()}, "strength must be a finite number in (0, 1], got 2"),
    "strength-negative": ({"strength": -0.5, "init": painted()}, "in (0, 1], got -0.5"),
    "strength-nan": ({"strength": float("nan"), "init": painted()}, "in (0, 1], got nan"),
    "strength-text": ({"strength": "1", "init": painted()}, "got '1' of type str"),
    "strength-bool": ({"strength": True, "init": painted()}, "got True of type bool"),
    "strength-no-step": ({"strength": 0.3, "init": painted(), "steps": 3}, "strength must leave a step to take"),
    "strength-alone": ({"strength": 0.5}, "strength must come with an init, got one without"),
    "mask-alone": ({"mask": half()}, "mask must come with an init, got one without"),
    "mask-size": (
        {"mask": half(128), "init": painted()},
        "mask must have 64 x 64 pixels as the image to make",
    ),
    "mask-colour": ({"mask": painted(), "init": painted()}, "mask must be a PIL image in L or 1, got one in RGB"),
    "mask-black": ({"mask": Image.new("L", (64, 64), 127), "init": painted()}, "mask must have a white pixel"),
    "mask-path": ({"mask": "mask.png", "init": painted()}, "mask must be a PIL image in L or 1, got str"),
    "init-size": (
        {"init": painted(size=(72, 64))},
        "pixels as the image to make, got 72 x 64; resize or crop",
    ),
    "init-dim": ({"init": painted(), "dim": (64, 96)}, "init must have 64 x 96 pixels as the image to make, got 64"),
    "init-grey": ({"init": half()}, "init must be a PIL image in RGB, got one in L"),
    "init-path": ({"init": "init.png"}, "init must be a PIL image in RGB, got str; use read_image"),
    "negative-list": ({"negative": ["a", "b"]}, "negative must be a text, got ['a', 'b']"),
    "negative-none": ({"negative": None}, "negative must be a text, got None"),
    "negative-long": ({"negative": "a" * 10_001}, "negative must have at most 10000 characters, got 10001"),
    "negative-half": ({"negative": "a \ud800"}, "negative must be text, got U+D800 at position 2"),
    "negative-g-1": ({"negative": "a dog", "g": 1}, "negative must come with a g above 1, got g = 1"),
    "negative-g-0": ({"negative": "a dog", "g": 0.5}, "negative must come with a g above 1, got g = 0.5"),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_edits_are_refused_before_a_network_runs(tiny, monkeypatch, arguments, message):
    spied, unet = counted(tiny)
    monkeypatch.setattr(tiny.vae, "encode", lambda *_, **__: pytest.fail("it was encoded"))
    with pytest.raises(ConfigError, match=re.escape(message)):
        generate(spied, **{"prompt": "a dog", "seed": 0, "steps": 4} | arguments)
    assert unet.sizes == []


def test_a_negative_text_of_strange_words_is_refused(miniature):
    with pytest.raises(ConfigError, match="negative must be of words that the model knows, got 'frog' in 'a frog'"):
        generate(miniature, "a dog", negative="a frog", seed=0)
    with pytest.warns(UserWarning, match="negative is longer than 77 tokens"), pytest.raises(ConfigError):
        generate(miniature, "a frog", negative="dog " * 80, seed=0)


# --- prompt-to-prompt ------------------------------------------------------------------------------------------------


def test_tokens_that_belong_together():
    assert pairs([1, 5, 6, 2], [1, 5, 6, 2]) == [(0, 0), (1, 1), (2, 2), (3, 3)]
    assert pairs([1, 5, 6, 2], [1, 7, 6, 2]) == [(0, 0), (1, 1), (2, 2), (3, 3)]  # a word for a word
    assert pairs([1, 5, 2, 2, 2], [1, 5, 8, 9, 2]) == [(0, 0), (1, 1), (2, 4)]  # what is new has none
    assert pairs([1, 5, 6, 2], [1, 7, 8, 9, 6, 2]) == [(0, 0), (2, 4), (3, 5)]  # one for three: none of them


@pytest.mark.parametrize("g", [1.0, 3.0])
def test_with_no_share_both_are_painted_as_alone(tiny, g):
    z = prompt_to_prompt(tiny, "a dog", "a hat", fraction=0, g=g, seed=2, steps=5)
    for latents, prompt in zip(z, ("a dog", "a hat"), strict=True):
        (alone,) = generate(tiny, prompt, g=g, seed=2, steps=5, sampler="ddim")
        torch.testing.assert_close(latents, alone.latents, rtol=0, atol=1e-4)


@pytest.mark.parametrize("fraction", [0.5, 1.0])
def test_the_source_stays_and_the_same_text_gives_the_same_image(tiny, fraction):
    options = {"g": 3.0, "seed": 2, "steps": 6, "fraction": fraction, "sampler": "ddpm"}
    source, target = prompt_to_prompt(tiny, "a dog", "a hat", **options)
    (alone,) = generate(tiny, "a dog", g=3.0, seed=2, steps=6)
    torch.testing.assert_close(source, alone.latents, rtol=0, atol=1e-4)
    assert float((target - source).abs().max()) > 1e-2
    same, again = prompt_to_prompt(tiny, "a dog", "a dog", **options)
    torch.testing.assert_close(same, again, rtol=0, atol=1e-4)


def test_the_target_looks_where_the_source_does_until_its_time(double):
    """The output of a layer is A V: with shared A and other V, it is the one that our own product gives."""
    x, text = noisy(2, 4, 8, 8), torch.cat([noisy(1, 77, 16), noisy(1, 77, 16, seed=4)])
    call = lambda t: double.unet(x, t, encoder_hidden_states=text).sample  # noqa: E731
    before, plain = double.unet.attn_processors, call(600)
    with shared(double.unet, [(k, k) for k in range(77)], 601):
        torch.testing.assert_close(call(600), plain, rtol=0, atol=1e-10)  # t = 601 is not above
    assert double.unet.attn_processors == before
    with shared(double.unet, [(k, k) for k in range(77)], 600):
        found = call(600)
    torch.testing.assert_close(found[0], plain[0], rtol=0, atol=1e-10)
    assert float((found[1] - plain[1]).abs().max()) > 1e-6
    with shared(double.unet, [], 0):
        torch.testing.assert_close(call(600), plain, rtol=0, atol=1e-10)
    with pytest.raises(ConfigError, match="shared must be given a batch of two"), shared(double.unet, [(0, 0)], 0):
        double.unet(x[:1], 5, encoder_hidden_states=text[:1])
    assert double.unet.attn_processors == before


def test_the_maps_of_the_target_are_those_of_the_source(double, monkeypatch):
    """Seen where they are multiplied: the weights of the words that both have are one and the same."""
    from diffusion_lib.stable_diffusion import prompt_to_prompt as module

    kept, own = [], module.weights_of

    def spied(attn, *states):
        weights, v = own(attn, *states)
        kept.append((weights, attn.heads, weights.clone()))
        return weights, v

    monkeypatch.setattr(module, "weights_of", spied)
    text = torch.cat([noisy(1, 77, 16), noisy(1, 77, 16, seed=4)])
    with shared(double.unet, [(3, 3), (4, 7)], 0), torch.no_grad():
        double.unet(noisy(2, 4, 8, 8), 600, encoder_hidden_states=text)
    for weights, heads, before in kept:
        source, target = weights.unflatten(0, (-1, heads))
        was = before.unflatten(0, (-1, heads))[1]
        assert torch.equal(target[..., 3], source[..., 3]) and torch.equal(target[..., 7], source[..., 4])
        others = [k for k in range(77) if k not in (3, 7)]
        assert torch.equal(target[..., others], was[..., others])
    assert kept


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fraction": -0.1}, "fraction must be a finite number in"),
        ({"fraction": float("nan")}, "fraction must be"),
        ({"source": "a frog"}, "got 'frog'"),
        ({"target": "a frog"}, "got 'frog'"),
        ({"seed": -1}, "seed must be"),
        ({"g": -1}, "g must be"),
        ({"steps": 0}, "steps must be"),
        ({"sampler": "x"}, "sampler must be one of"),
    ],
)
def test_bad_arguments_of_prompt_to_prompt_are_refused(miniature, changes, message):
    watched = dataclasses.replace(miniature, unet=Counted(miniature.unet))
    watched.unet.attn_processors, watched.unet.set_attn_processor = {}, lambda _: None
    with pytest.raises(ConfigError, match=message):
        prompt_to_prompt(watched, **{"source": "a dog", "target": "a cat", "steps": 2} | changes)
    assert watched.unet.sizes == []


def test_recording_beside_it_sees_the_same_layers(tiny):
    with warnings.catch_warnings(), recorded(tiny.unet) as record:
        warnings.simplefilter("error")
        generate(tiny, "a dog", seed=0, steps=1)
    assert record.maps(8).shape[0] == 2
