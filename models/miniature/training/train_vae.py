"""The first stage: the autoencoder learns to encode the synthetic images as 8 × 8 × 8 numbers.

The loss is that of a variational autoencoder (Kingma & Welling 2014, eq. 10; Rombach et al. 2022, section 3.1): the
error of the image, plus a small weight times KL(q(z|x) ‖ N(0, I)).  The weight sets how narrow the posterior becomes:
the decoder learns to tolerate the posterior's noise in z, and therefore the errors of a diffusion model.

There are two runs.  In the first the error is squared, so that positions and colours are learned before edges.  In the
second, which starts from the averaged network of the first, it is the absolute error, whose minimiser is a median:
where the mean of the possible images is a blur, the median is an edge.  It sees more of the scenes with fine details.

In the first run two auxiliary terms vanish from the loss after a third of the steps.  Three channels of z are pulled
towards the colours of the image, averaged over 16 × 16 pixels: without this term a short run may converge to grey
images.  The same averages of the output are compared too.
"""

from __future__ import annotations

import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch.nn.functional import avg_pool2d, l1_loss, mse_loss

from diffusion_lib.runtime.device import autocast
from diffusion_lib.train.config import TrainConfig

from ..data import synthetic
from ..data.rendering import render
from .networks import CHANNELS, FACTOR

KL_WEIGHT = 5e-4  # relative to the mean squared error; both are means over their dimensions
ABSOLUTE_WEIGHT = 0.2  # of the absolute error, in its place
SETTINGS = TrainConfig(
    steps=9000, batch_size=8, lr=1.5e-3, ema_decay=0.998, timestep_sampling="uniform", precision="bfloat16", seed=0
)
SHARP_SETTINGS = TrainConfig(
    steps=11_000, batch_size=8, lr=1e-3, ema_decay=0.998, timestep_sampling="uniform", precision="bfloat16", seed=2
)


def auxiliary_weight(step: int, steps: int) -> float:
    """The weight of both auxiliary terms: 1 at the start, falls to 0 after a third of the steps."""
    return max(0.0, 1 - 3 * step / steps)


def loss_of(config: TrainConfig):
    """Return the loss of a step of the first run, as ``fit`` expects it; every step samples its own scenes."""

    def loss(vae: AutoencoderKL, step: int, generator: torch.Generator) -> Tensor:
        x = render(synthetic.sample_scenes(config.batch_size, generator)).to(vae.device)
        x_hat, mean, kl = _passed(vae, x, generator, config.precision)
        total = mse_loss(x_hat, x) + KL_WEIGHT * kl
        if weight := auxiliary_weight(step, config.steps):
            coarse = avg_pool2d(x, FACTOR)
            total = total + weight * (mse_loss(avg_pool2d(x_hat, FACTOR), coarse) + 0.3 * mse_loss(mean[:, :3], coarse))
        return total

    return loss


def sharp_loss_of(config: TrainConfig):
    """Return the loss of a step of the second run."""

    def loss(vae: AutoencoderKL, step: int, generator: torch.Generator) -> Tensor:
        x = render(synthetic.sample_scenes(config.batch_size, generator, mix=synthetic.FINE_MIX)).to(vae.device)
        x_hat, _, kl = _passed(vae, x, generator, config.precision)
        return ABSOLUTE_WEIGHT * l1_loss(x_hat, x) + KL_WEIGHT * kl

    return loss


def _passed(vae: AutoencoderKL, x: Tensor, generator: torch.Generator, precision: str) -> tuple[Tensor, Tensor, Tensor]:
    """Images x (n, 3, 128, 128) after encoding to a sample of z and decoding, the mean of z, and the mean KL."""
    eps = torch.randn(len(x), CHANNELS, *[synthetic.SIZE // FACTOR] * 2, generator=generator).to(x.device)
    with autocast(x.device, precision):
        mean, log_var = vae.quant_conv(vae.encoder(x)).float().chunk(2, 1)
        log_var = log_var.clamp(-30, 20)
        x_hat = vae.decode(mean + torch.exp(0.5 * log_var) * eps).sample.float()
    return x_hat, mean, 0.5 * (mean.square() + log_var.exp() - 1 - log_var).mean()


@torch.no_grad()
def normalise(vae: AutoencoderKL, z: Tensor) -> Tensor:
    """Give each channel of z the mean 0 and one standard deviation, and set ``scaling_factor`` to 1 / std.

    ``z`` (n, 8, 8, 8) are latents of the autoencoder; returned are those of the new one, scaled: what the U-Net sees.
    Shift and scale go into its two 1 × 1 convolutions, one before and one after z, so that the images stay as they
    are.  The scale is that of all channels together: SD measures its 0.18215 in the same way (Rombach et al. 2022,
    appendix G).
    """
    z = z.to(vae.device)
    mean, each, std = z.mean((0, 2, 3)), z.std((0, 2, 3)), z.std((0, 2, 3)).square().mean().sqrt()
    gain = std / each  # z' = gain (z − mean)
    into, out = vae.quant_conv, vae.post_quant_conv
    into.weight[:CHANNELS] *= gain[:, None, None, None]
    into.bias[:CHANNELS] = (into.bias[:CHANNELS] - mean) * gain
    into.bias[CHANNELS:] += 2 * gain.log()  # ln σ²
    out.bias += out.weight[:, :, 0, 0] @ mean
    out.weight /= gain[None, :, None, None]
    vae.register_to_config(scaling_factor=float(1 / std))
    return (z - mean[:, None, None]) / each[:, None, None]


@torch.no_grad()
def latents(vae: AutoencoderKL, x: Tensor, precision: str = "auto", batch: int = 64) -> Tensor:
    """Encode images (n, 3, 128, 128) in batches to the means of z, not yet scaled: float32 (n, 8, 8, 8)."""
    with autocast(x.device, precision):
        return torch.cat([vae.encode(part).latent_dist.mean.float() for part in x.split(batch)])
