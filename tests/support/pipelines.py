"""What tests of the loop from a text to an image share: diffusers' own pipelines, and U-Nets that are watched."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from itertools import pairwise

import numpy as np
import peers
import torch

from diffusion_lib.stable_diffusion.prompt import embed, tokenize

SIGMA = {"lms": "LMSDiscrete", "euler": "EulerDiscrete", "heun": "HeunDiscrete"}  # they keep x_t / √ᾱ_t
PEERS = SIGMA | {"ddim": "DDIM", "dpm++": "DPMSolverMultistep"}
SETTINGS = {"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
CLIPS = {"ddim": {"clip_sample": False}}  # latents are no pixels


class Counted(torch.nn.Module):
    """A U-Net that notes the size of each batch, and may fail: ``before`` is called with the number of the call."""

    def __init__(self, unet, before=lambda call: None):
        super().__init__()
        self.unet, self.config, self.dtype, self.before, self.sizes = unet, unet.config, unet.dtype, before, []

    def forward(self, x, t, **options):
        self.sizes.append(len(x))
        self.before(len(self.sizes))
        return self.unet(x, t, **options)


def counted(loaded, before=lambda call: None):
    unet = Counted(loaded.unet, before)
    return dataclasses.replace(loaded, unet=unet), unet


def published_pipeline(loaded, kind="StableDiffusionPipeline"):
    import diffusers

    parts = loaded.vae, loaded.text_encoder, loaded.tokenizer, loaded.unet
    pipe = getattr(diffusers, kind)(
        *(*parts, diffusers.LMSDiscreteScheduler(steps_offset=1), None, None), requires_safety_checker=False
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def as_ours(peer, times):
    """Let the pipeline's own call of set_timesteps choose ``times``, and a DDIM step lead to the next of them."""

    def set_timesteps(steps, device=None):
        if "DPM" in type(peer).__name__:
            return type(peer).set_timesteps(peer, timesteps=[t - 1 for t in times])
        peers.set_times(peer, times)

    def coefficient(order, t, current):
        """Of a chain that begins late, diffusers takes the weights of a past that it does not have, cut to fit."""
        tensors, peer.sigmas = peer.sigmas, np.asarray(peer.sigmas)  # its quadrature is slow on tensors
        past = min(order, len(peer.derivatives))
        try:
            return type(peer).get_lms_coefficient(peer, past, t, current) if current < past else 0.0
        finally:
            peer.sigmas = tensors

    peer.set_timesteps = set_timesteps
    if hasattr(peer, "get_lms_coefficient"):
        peer.get_lms_coefficient = coefficient
    if type(peer).__name__ == "DDIMScheduler":
        after = dict(pairwise([*times, 0]))

        def step(eps_hat, time, x, return_dict=True):
            t = int(time) + 1
            peer.num_inference_steps = Fraction(1000, t - after[t])
            return type(peer).step(peer, eps_hat, time, x, return_dict=return_dict)

        peer.step = step
    return peer


def embedded(loaded, prompts):
    return embed(loaded, tokenize(loaded.tokenizer, prompts).ids), embed(loaded, tokenize(loaded.tokenizer, "").ids)


def alike(one, other):
    """Whether two images are the same up to the rounding of sums: each pixel to one level of 255."""
    levels = np.abs(np.asarray(one.image).astype(int) - np.asarray(other.image).astype(int)).max()
    return levels <= 1 and float((one.latents - other.latents).abs().max()) < 1e-3
