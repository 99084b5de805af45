r"""The second stage: text encoder and U-Net learn to predict the noise in the latents of a captioned image.

The loss is that of latent diffusion, L_LDM = E ‖ε − ε̂(z_t, t, τ(y))‖² per dimension (Rombach et al. 2022, eq. 3): z is
the mean of the posterior, shifted and scaled as for Stable Diffusion, y the caption and τ the text encoder, which is
trained along.  One caption in ten is replaced by the empty text, for guidance (Ho & Salimans 2022, algorithm 1).

t is uniform, and the error at t is weighted by min(1 + 1/SNR_t, 10), divided by its mean.  Without the bound this is
the error of v (Salimans & Ho 2022, section 4).  A caption determines the image at high noise levels; there ε is almost
x_t itself, so that a large error of the image is a small one of ε, and a short run would learn edges before colours.

A run sees few images many times; their captions are sampled again each time, with other omissions and other words.
There are four runs: each continues from the averaged weights of the one before, with other images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import safetensors.torch
import torch
from diffusers import AutoencoderKL
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor, nn

from diffusion_lib.process.bound import weight
from diffusion_lib.process.identities import add_noise
from diffusion_lib.process.schedule import Schedule, scaled_linear
from diffusion_lib.runtime import files, fingerprint
from diffusion_lib.runtime.device import autocast
from diffusion_lib.train.config import TrainConfig

from ..data import language, synthetic
from ..data.rendering import render
from .networks import LENGTH, live_tokens, text_encoder, tokenizer, unet
from .train_vae import latents

LABEL_DROPOUT = 0.1  # fraction of the captions that are replaced by ""
LARGEST_WEIGHT = 10.0
IMAGES = 40_000
SETTINGS = TrainConfig(
    steps=10_000, batch_size=64, lr=1.5e-3, ema_decay=0.999, timestep_sampling="uniform", precision="bfloat16", seed=1
)
FINE_SETTINGS = replace(SETTINGS, lr=1e-3, seed=4)
FINER_SETTINGS = replace(SETTINGS, lr=8e-4, seed=3)
FINEST_SETTINGS = replace(SETTINGS, steps=5000, lr=6e-4, seed=5)
MIXES = {"unet": synthetic.FINE_MIX} | dict.fromkeys(("fine", "finer", "finest"), synthetic.MIX)  # of each run's images


class Conditional(nn.Module):
    """Text encoder and U-Net as one network, ε̂(z_t, t, ids), with t from 1 to T."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.text_encoder, self.unet = text_encoder(words), unet()
        # attention written out: on a CPU it trains faster than PyTorch's fused one
        self.unet.set_attn_processor(AttnProcessor())
        self.text_encoder.set_attn_implementation("eager")

    def forward(self, z_t: Tensor, t: Tensor, ids: Tensor) -> Tensor:
        """Return ε̂ (B, 8, 8, 8) for ids (B, 77); diffusers counts t from 0."""
        return self.unet(z_t, t - 1, self.text_encoder(ids).last_hidden_state).sample


class Words:
    """Captions as ids (n, 77) of the words that captions use, in the order of ``live_tokens``."""

    def __init__(self) -> None:
        self.tokenizer = tokenizer()
        self.live = live_tokens(self.tokenizer)
        self.index = torch.full((self.live[-1] + 1,), -1)
        self.index[self.live] = torch.arange(len(self.live))

    def __call__(self, captions: list[str]) -> Tensor:
        ids = self.tokenizer(captions, padding="max_length", max_length=LENGTH, return_tensors="pt").input_ids
        return self.index[ids]


def scenes(n: int, seed: int, mix: Sequence[float]) -> synthetic.Scenes:
    """The scenes whose latents a run sees."""
    return synthetic.sample_scenes(n, torch.Generator().manual_seed(seed), mix=mix)


def cached_latents(path: Path, vae: AutoencoderKL, seen: synthetic.Scenes, precision: str) -> Tensor:
    """Return the means of z of all scenes, (n, 8, 8, 8), and keep them in ``path`` for the next time.

    Kept ones are used if their record names this autoencoder and these scenes, and they are intact.
    """
    made_from = {
        "vae": _hash(vae.state_dict()),
        "scenes": _hash(seen._asdict()),
        "precision": precision,
        "library": fingerprint.library(),
    }
    record = path.with_suffix(".json")
    if fingerprint.read_kept(record, made_from):
        return safetensors.torch.load_file(path)["z"]
    parts = torch.arange(len(seen.form)).split(64)
    z = torch.cat([latents(vae, render(seen[part]).to(vae.device), precision).cpu() for part in parts])
    z = z.contiguous()  # as it is when it is read: the order in memory affects the last bits of a sum
    record.unlink(missing_ok=True)  # the old one is not of the file that comes now
    files.write(path, safetensors.torch.save({"z": z}))
    fingerprint.write_record(record, made_from, [path.name])
    return z


def _hash(tensors: Mapping[str, Tensor]) -> str:
    return fingerprint.sha256_of(safetensors.torch.save({name: x.cpu().contiguous() for name, x in tensors.items()}))


def time_weight(schedule: Schedule) -> Tensor:
    """min(1 + 1/SNR_t, 10) over its mean, a table (T + 1,); slot 0 is 0."""
    table = weight(schedule, "v").clamp(max=LARGEST_WEIGHT)
    return table / table[1:].mean()


def loss_of(config: TrainConfig, z: Tensor, seen: synthetic.Scenes, words: Words, device: torch.device | str = "cpu"):
    """Return the loss of a step, as ``fit`` wants it; ``z`` (n, 8, 8, 8) are the scaled latents of ``seen``."""
    schedule = scaled_linear(1000).to(device, torch.float32)
    table = time_weight(schedule)

    def loss(network: Conditional, step: int, generator: torch.Generator) -> Tensor:
        index = torch.randint(0, len(z), (config.batch_size,), generator=generator)
        texts = language.captions(seen[index], generator)
        dropped = (torch.rand(len(texts), generator=generator) < LABEL_DROPOUT).tolist()
        ids = words(["" if drop else text for text, drop in zip(texts, dropped, strict=True)]).to(device)
        t = torch.randint(1, schedule.T + 1, (len(ids),), generator=generator).to(device)
        eps = torch.randn(len(ids), *z.shape[1:], generator=generator).to(device)
        z_t = add_noise(schedule, z[index].to(device), t, eps)
        with autocast(z_t.device, config.precision):
            eps_hat = network(z_t, t, ids)
        return (table[t, None, None, None] * (eps_hat.float() - eps).square()).mean()

    return loss
