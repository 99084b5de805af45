"""Classifier-free guidance: the U-Net as a model that follows a prompt with guidance weight g.

    ε̂(x_t, t) = ε̂(x_t, t | "") + g [ε̂(x_t, t | text) − ε̂(x_t, t | "")]

The convention of g is that of ``process.guidance``: g = 1 is the conditional prediction, g = 0 ignores the prompt, and
g = 1 + w in the notation of Ho & Salimans.  Both predictions come from one call with a batch of twice the size; a
prediction with weight 0 is not computed.

A negative prompt replaces ""; guidance then leads away from it.

Source: Ho & Salimans 2022, eq. 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ..errors import ConfigError
from ..process.guidance import check_guidance, mix

if TYPE_CHECKING:
    from diffusers import UNet2DConditionModel

__all__ = ["Guided", "check_guidance"]


class Guided:
    """``eps_hat = guided(x_t, t)`` for latents x_t (B, C, h, w) and times t (B,) in 1…T.

    ``text`` (B, 77, d) are the embeddings of the texts, ``empty`` (1, 77, d) those of the text "", or
    of a negative one.  The U-Net counts its times from 0: its input is t − 1.  The result has the dtype of x_t; the
    U-Net computes in its own.  Raises ``ConfigError`` for a negative g, or embeddings that do not fit together.

    Source: Ho & Salimans 2022, eq. 6.
    """

    def __init__(self, unet: UNet2DConditionModel, text: Tensor, empty: Tensor, g: float) -> None:
        self.unet, self.g = unet, check_guidance(g)
        self.dtype = unet.dtype  # once: diffusers looks through all modules for it
        if text.ndim != 3 or empty.shape != (1, *text.shape[1:]):
            what = f"{tuple(empty.shape)} for text of shape {tuple(text.shape)}"
            raise ConfigError(f"empty must have shape (1, 77, d), got {what}; embed the text ''")
        nothing = empty.expand_as(text)
        self.context = text if self.g == 1 else nothing if self.g == 0 else torch.cat([nothing, text])

    def __call__(self, x_t: Tensor, t: Tensor) -> Tensor:
        if self.g in (0, 1):
            return self._eps(x_t, t)
        unconditional, conditional = self._eps(torch.cat([x_t, x_t]), torch.cat([t, t])).chunk(2)
        return mix(unconditional, conditional, self.g)

    def _eps(self, x_t: Tensor, t: Tensor) -> Tensor:
        x = x_t.to(self.dtype)
        # Inference mode keeps no version counters, which saves 6 % of a call; the copy is an ordinary tensor.
        with torch.inference_mode(not torch.is_grad_enabled()):
            eps_hat = self.unet(x, t - 1, encoder_hidden_states=self.context, return_dict=False)[0]
        return eps_hat.to(x_t.dtype, copy=True)
