"""Networks that predict the noise, ``eps_hat = model(x_t, t)``: an MLP for points, a U-Net and a DiT for images.

``x_t`` is (B, …) floating point, ``t`` int64 (B,) in 1…T, and ``eps_hat`` has the shape and dtype of ``x_t``.

Whatever is asked of it, the layers F(x_t, t) may answer in one of three ways, ``prediction``:

    "eps"   F = ε̂
    "x_0"   F = x̂_0,   so that ε̂ = (x_t − √ᾱ_t F) / √(1 − ᾱ_t)
    "v"     F = v̂,     so that ε̂ = √(1 − ᾱ_t) x_t + √ᾱ_t F

A sampler forms x̂_0 = (x_t − √(1 − ᾱ_t) ε̂) / √ᾱ_t.  With ε-prediction an error of F therefore comes out 1/√ᾱ_T times
as large near t = T: 157 times for DDPM's linear schedule and 20,000 times for the cosine one.  With x_0-prediction it
is the error of ε̂ that is amplified, by √SNR, at small t.  v-prediction amplifies neither: x̂_0 = √ᾱ_t x_t − √(1 − ᾱ_t)
F.

That holds for data of variance 1.  For others, of standard deviation s = ``data_std``, the layers of v-prediction are
given x_t / √V with V = ᾱ_t s² + 1 − ᾱ_t, the variance of x_t, and

    ε̂ = (√(1 − ᾱ_t) x_t / √V + √ᾱ_t s F) / √V.

So their input and their target both have variance 1, and their error is amplified least.  These are the c_in,
c_skip and c_out of Karras et al. 2022, in coordinates that shrink the signal; F has the other sign there.

Time enters through cosines of s = ln(1 + 999 t/T) / ln 1000: finer at small t, where the noise grows by large factors
from step to step.

A network with ``classes`` also takes the label of x_t, ``model(x_t, t, label)``, as a one-hot vector appended to the
features of time.  For the unconditional label the vector is zero.

Sources: Ho et al. 2020 (DDPM), section 3.2; Salimans & Ho 2022, section 4 and appendix D; Karras et al. 2022, section 5
and appendix B.6; Shi et al. 2016 (patches folded into channels).
"""

from __future__ import annotations

from typing import Any

from ..errors import ConfigError, check_choice
from ..registry import NETWORKS
from .dit import DiT
from .mlp import MLP
from .network import LARGEST_SIZE, PREDICTIONS, Network
from .text_dit import WAYS, TextDiT
from .unet import PATCHES, UNet

__all__ = [
    "LARGEST_SIZE",
    "MLP",
    "NETWORKS",
    "PATCHES",
    "PREDICTIONS",
    "WAYS",
    "DiT",
    "Network",
    "TextDiT",
    "UNet",
    "build",
]


def build(config: dict[str, Any]) -> Network:
    """Return the network that ``config``, a network's own or a dict like it, describes, with fresh weights.

    Raises ``ConfigError`` for an unknown ``kind``, and for arguments that its class does not take.
    """
    arguments = dict(config)
    make = NETWORKS[check_choice("network kind", arguments.pop("kind", None), NETWORKS)].function
    try:
        return make(**arguments)
    except TypeError as error:
        raise ConfigError(f"network config must hold the arguments of {make.__name__}, got {config}") from error
