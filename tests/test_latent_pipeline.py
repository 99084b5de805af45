"""The loop from a text to a picture: diffusers' own pipeline is the oracle, then seeds, batches, and what is refused."""

from __future__ import annotations

import math
import time
import warnings
from fractions import Fraction
from itertools import pairwise

import numpy as np
import peers
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.latent import codec, parts, pipeline
from diffusion_lib.latent.pipeline import OutOfMemory, denoise, draw
from diffusion_lib.latent.prompt import embed, tokenize
from diffusion_lib.sample import last, timesteps

SIGMA = {"lms": "LMSDiscrete", "euler": "EulerDiscrete"}  # diffusers' samplers that keep x_t / √ᾱ_t
PEERS = SIGMA | {"ddim": "DDIM"}


@pytest.fixture(scope="module")
def tiny(tiny_folder):
    return parts.load(tiny_folder, device="cpu")


@pytest.fixture(scope="module")
def double(tiny_folder):
    return parts.load(tiny_folder, device="cpu", dtype="float64")


@pytest.fixture
def quick(tiny, monkeypatch):
    """The same parts with a U-Net that costs nothing: it answers with its input, moved by the time and the text."""

    class Instead:
        config, dtype = tiny.unet.config, torch.float32
        calls: list[tuple[int, ...]] = []

        def __call__(self, x, t, encoder_hidden_states, return_dict):
            self.calls.append(tuple(x.shape))
            shift = encoder_hidden_states.mean(dim=(1, 2)) + t / 1000
            return [0.9 * x + 0.1 * shift.view(-1, 1, 1, 1)]

    return replaced(tiny, unet=Instead())


def replaced(loaded, **changes):
    """The same parts but for one: a shallow copy of the frozen record."""
    import dataclasses

    return dataclasses.replace(loaded, **changes)


# --- parity with StableDiffusionPipeline -----------------------------------------------------------------------------


def published_pipeline(loaded):
    from diffusers import LMSDiscreteScheduler, StableDiffusionPipeline

    pipe = StableDiffusionPipeline(
        *(loaded.vae, loaded.text_encoder, loaded.tokenizer, loaded.unet, LMSDiscreteScheduler(steps_offset=1)),
        *(None, None),
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def as_ours(peer, times):
    """Let the pipeline's own call of set_timesteps choose ``times``, and a DDIM step lead to the next of them."""

    def set_timesteps(steps, device=None):
        peers.set_times(peer, times)
        if hasattr(peer, "sigmas"):
            peer.sigmas = np.asarray(peer.sigmas)  # the integrand of its quadrature is slow on tensors

    peer.set_timesteps = set_timesteps
    if type(peer).__name__ == "DDIMScheduler":
        after = dict(pairwise([*times, 0]))

        def step(eps_hat, time, x, return_dict=True):
            t = int(time) + 1
            peer.num_inference_steps = Fraction(1000, t - after[t])
            return type(peer).step(peer, eps_hat, time, x, return_dict=return_dict)

        peer.step = step
    return peer


def difference(loaded, name, prompts, g, steps, spacing, seed):
    """The greatest difference between the latents of our loop and those of the pipeline, from the same noise."""
    dtype = torch.promote_types(loaded.dtype, torch.float32)
    x_T = torch.randn(len(prompts), 4, 8, 8, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    text, empty = (
        embed(loaded, tokenize(loaded.tokenizer, prompts).ids),
        embed(loaded, tokenize(loaded.tokenizer, "").ids),
    )
    ours = last(denoise(loaded, text, empty, x_T, g=g, steps=steps, sampler=name, spacing=spacing))
    with pytest.MonkeyPatch.context() as patch:
        common = {
            "num_train_timesteps": 1000,
            "beta_start": 0.00085,
            "beta_end": 0.012,
            "beta_schedule": "scaled_linear",
        }
        peer = peers.scheduler(patch, PEERS[name], **common, timestep_spacing=spacing)
        times = timesteps(1000, steps, spacing)
        pipe = published_pipeline(loaded)
        pipe.scheduler = as_ours(peer, times)
        start = x_T
        if name in SIGMA:  # with trailing times the pipeline scales by σ_T in the place of √(σ_T² + 1)
            peer.set_timesteps(steps)
            start = x_T * math.sqrt(float(peer.sigmas[0]) ** 2 + 1) / float(peer.init_noise_sigma)
        theirs = pipe(
            *(prompts, 64, 64), num_inference_steps=steps, guidance_scale=g, latents=start, output_type="latent"
        ).images
    return float((ours - theirs).abs().max())


CASES = {
    "name": st.sampled_from(sorted(PEERS)),
    "prompts": st.lists(st.sampled_from(["", "a dog wearing hat", "red circle"]), min_size=1, max_size=2),
    "g": st.floats(1, 15),
    "steps": st.integers(1, 24),
    "spacing": st.sampled_from(["trailing", "leading"]),
    "seed": st.integers(0, 1000),
}


@settings(max_examples=30)
@given(**CASES)
@example("lms", ["a dog"], 7.5, 53, "trailing", 0)
@example("ddim", ["a dog"], 7.5, 53, "trailing", 0)
@example("euler", ["a dog", ""], 1.0, 27, "leading", 0)
def test_the_loop_is_that_of_the_published_pipeline_in_float64(double, name, prompts, g, steps, spacing, seed):
    assert difference(double, name, prompts, g, steps, spacing, seed) <= 1e-9


@settings(max_examples=12)
@given(**CASES)
def test_the_loop_is_that_of_the_published_pipeline_in_float32(tiny, name, prompts, g, steps, spacing, seed):
    assert difference(tiny, name, prompts, g, steps, spacing, seed) <= 1e-4
