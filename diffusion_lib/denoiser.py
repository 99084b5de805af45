"""Networks that predict the noise: ``eps_hat = denoiser(x_t, t)``, an MLP for points and a U-Net for images.

``x_t`` is (B, …) floating point, ``t`` int64 (B,) in 1…T, and ``eps_hat`` has the shape and dtype of ``x_t``.

Whatever is asked of it, the layers F(x_t, t) may answer in one of three ways, ``prediction``:

    "eps"   F = ε̂
    "x_0"   F = x̂_0,   so that ε̂ = (x_t − √ᾱ_t F) / √(1 − ᾱ_t)
    "v"     F = v̂,     so that ε̂ = √(1 − ᾱ_t) x_t + √ᾱ_t F

A sampler forms x̂_0 = (x_t − √(1 − ᾱ_t) ε̂) / √ᾱ_t.  With ε-prediction an error of F therefore comes out 1/√ᾱ_T times
as large near t = T: 157 times for DDPM's linear schedule and 20,000 times for the cosine one.  With x_0-prediction it
is the error of ε̂ that is amplified, by √SNR, at small t.  v-prediction amplifies neither: x̂_0 = √ᾱ_t x_t − √(1 − ᾱ_t)
F.

Time enters through cosines of s = ln(1 + 999 t/T) / ln 1000: finer at small t, where the noise grows by large factors
from step to step.

Sources: Ho et al. 2020 (DDPM), section 3.2; Salimans & Ho 2022, section 4 and appendix D; Shi et al. 2016
(patches folded into channels).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from .errors import ConfigError, check_choice, check_integer

PREDICTIONS = ("eps", "x_0", "v")
PATCHES = (1, 2, 4)
TIME_FEATURES = 8
LARGEST_SIZE, LARGEST_T = 4096, 100_000  # a slip of the keyboard should not allocate the memory of the machine


class Network(nn.Module):
    """What both networks share: ``config``, the time features, the kinds of prediction, and the checks of the input.

    ``config`` is a plain dict from which ``build`` makes the same network with fresh weights.  ``alpha_bar`` is the
    table ᾱ_0…ᾱ_T of the schedule, which ε-prediction does without.  A subclass defines ``check_x(x_t)``, and
    ``body(x_t, time)``, which is F, with ``time`` (B, 8).
    """

    def __init__(
        self, kind: str, T: int, alpha_bar: Sequence[float] | Tensor | None, prediction: str, **sizes: int
    ) -> None:
        super().__init__()
        for name, size in sizes.items():
            check_integer(name, size, 1, LARGEST_SIZE)
        check_integer("T", T, 1, LARGEST_T)
        self.T, self.prediction = T, check_choice("prediction", prediction, PREDICTIONS)
        if alpha_bar is None and prediction != "eps":
            remedy = 'pass alpha_bar=schedule.alpha_bar, or prediction="eps"'
            raise ConfigError(f"alpha_bar must be given for prediction {prediction!r}, got None; {remedy}")
        table = None if alpha_bar is None else _as_table(alpha_bar, T)
        values = None if table is None else table.tolist()
        self.config: dict[str, Any] = {
            "kind": kind, **sizes, "T": T, "alpha_bar": values, "prediction": prediction
        }  # fmt: skip
        alpha_bar = torch.ones(T, dtype=torch.float64) if table is None else table[1:]
        s = torch.log1p(999 * torch.arange(1, T + 1, dtype=torch.float64) / T) / math.log(1000)
        time = torch.cos(math.pi * s[:, None] * torch.arange(1, TIME_FEATURES + 1))
        # row t − 1 is time t, so that no row answers to t = 0; config rebuilds these tables, a checkpoint need not
        self.register_buffer("time", time.float(), persistent=False)
        self.register_buffer("signal", alpha_bar.sqrt().float(), persistent=False)
        self.register_buffer("noise", (1 - alpha_bar).sqrt().float(), persistent=False)

    def forward(self, x_t: Tensor, t: Tensor) -> Tensor:
        """Return eps_hat for x_t (B, …) at times t (B,); ``ConfigError`` if their shapes or types do not fit."""
        self.check_x(x_t)
        if t.shape != x_t.shape[:1] or t.dtype != torch.int64:
            what = f"{t.dtype} of shape {tuple(t.shape)}"
            raise ConfigError(f"t must be int64 of shape ({len(x_t)},), got {what}; use one integer time per sample")
        try:
            time, signal, noise = (table.index_select(0, t - 1) for table in (self.time, self.signal, self.noise))
        except IndexError as error:
            what = f"{int(t.min())} to {int(t.max())}"
            raise ConfigError(f"t must be in 1..{self.T}, got {what}; make the network with T=schedule.T") from error
        shape = (-1, *[1] * (x_t.ndim - 1))
        signal, noise, F = signal.view(shape), noise.view(shape), self.body(x_t, time).to(x_t.dtype)
        if self.prediction == "v":
            return noise * x_t + signal * F
        if self.prediction == "x_0":
            return (x_t - signal * F) / noise
        return F


class MLP(Network):
    """For points x_t (B, dim): GELU layers on x, random Fourier features of x, and the features of time.

    The ``features`` frequencies are drawn once from N(0, 0.3²), in cycles per unit of x, with a fixed seed; they let a
    small network follow sharp edges (Tancik et al. 2020).  ``depth`` hidden layers have ``width`` units each.
    """

    def __init__(
        self,
        dim: int = 2,
        width: int = 64,
        depth: int = 3,
        features: int = 32,
        T: int = 1000,
        alpha_bar: Sequence[float] | Tensor | None = None,
        prediction: str = "v",
    ) -> None:
        super().__init__("mlp", T, alpha_bar, prediction, dim=dim, width=width, depth=depth, features=features)
        draws = torch.Generator().manual_seed(0)
        frequencies = 0.3 * torch.randn(dim, features, generator=draws, device="cpu")
        self.register_buffer("frequencies", frequencies)
        sizes = [dim + 2 * features + TIME_FEATURES, *[width] * depth]
        layers = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.GELU())]
        self.layers = nn.Sequential(*layers, _zero(nn.Linear(width, dim)))

    def check_x(self, x_t: Tensor) -> None:
        dim = self.config["dim"]
        if x_t.ndim != 2 or x_t.shape[1] != dim:
            raise ConfigError(f"x_t must have shape (B, {dim}), got {tuple(x_t.shape)}; make the MLP with that dim")

    def body(self, x_t: Tensor, time: Tensor) -> Tensor:
        phase = 2 * math.pi * (x_t.unsqueeze(-1) * self.frequencies).sum(1)  # (B, features)
        return self.layers(torch.cat([x_t, phase.sin(), phase.cos(), time], dim=1))


class Block(nn.Module):
    """Two 3 × 3 convolutions around a residual; time scales and shifts the features between them."""

    def __init__(self, a: int, b: int, time: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(8, a), nn.Conv2d(a, b, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(8, b), _zero(nn.Conv2d(b, b, 3, padding=1))
        self.time = nn.Linear(time, 2 * b)
        self.skip = nn.Conv2d(a, b, 1) if a != b else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        h = self.conv1(functional.silu(self.norm1(x)))  # (B, b, H, W)
        scale, shift = self.time(time)[:, :, None, None].chunk(2, dim=1)
        return self.skip(x) + self.conv2(functional.silu(self.norm2(h) * (1 + scale) + shift))


class UNet(Network):
    """For images x_t (B, channels, H, W), H and W multiples of 4: residual blocks at three resolutions, no attention.

    ``width``, a multiple of 8, is the number of feature maps at full resolution; the lower two have twice as many.
    ``patch``, 1, 2 or 4, folds each square of so many pixels into the channels of one place, and back at the end: for
    the same time a network on a quarter or a sixteenth of the places may be wider.  H and W are at least 4 · patch.
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 32,
        T: int = 1000,
        alpha_bar: Sequence[float] | Tensor | None = None,
        prediction: str = "v",
        patch: int = 1,
    ) -> None:
        super().__init__("unet", T, alpha_bar, prediction, channels=channels, width=width, patch=patch)
        if width % 8:
            raise ConfigError(f"width must be a multiple of 8, got {width}; use {8 * -(-width // 8)}")
        if patch not in PATCHES:
            raise ConfigError(
                f"patch must be one of {', '.join(map(str, PATCHES))}, got {patch}; 1 leaves pixels alone"
            )
        c, time, folded = width, 4 * width, channels * patch**2
        self.embed = nn.Sequential(nn.Linear(TIME_FEATURES, time), nn.SiLU())
        self.first = nn.Conv2d(folded, c, 3, padding=1)
        self.down1, self.down2 = Block(c, c, time), Block(c, 2 * c, time)
        self.middle1, self.middle2 = Block(2 * c, 2 * c, time), Block(2 * c, 2 * c, time)
        self.up2, self.up1 = Block(4 * c, 2 * c, time), Block(3 * c, c, time)
        self.last = nn.Sequential(nn.GroupNorm(8, c), nn.SiLU(), _zero(nn.Conv2d(c, folded, 3, padding=1)))

    def check_x(self, x_t: Tensor) -> None:
        channels = self.config["channels"]
        if x_t.ndim != 4 or x_t.shape[1] != channels or x_t.shape[2] % 4 or x_t.shape[3] % 4:
            allowed = f"x_t must have shape (B, {channels}, H, W) with H and W multiples of 4"
            raise ConfigError(f"{allowed}, got {tuple(x_t.shape)}; pad the images, or set channels")
        if min(x_t.shape[2:]) < (least := 4 * self.config["patch"]):
            raise ConfigError(f"x_t must have H and W of at least {least}, got {tuple(x_t.shape)}; use a smaller patch")

    def body(self, x_t: Tensor, time: Tensor) -> Tensor:
        time, x = self.embed(time), functional.pixel_unshuffle(x_t, self.config["patch"])
        h1 = self.down1(self.first(x), time)  # (B, c, H, W), of the folded image
        h2 = self.down2(_halve(h1), time)  # (B, 2c, H/2, W/2), rounded up
        h = self.middle2(self.middle1(_halve(h2), time), time)  # (B, 2c, H/4, W/4)
        h = self.up2(torch.cat([functional.interpolate(h, h2.shape[2:]), h2], dim=1), time)
        h = self.up1(torch.cat([functional.interpolate(h, h1.shape[2:]), h1], dim=1), time)
        return functional.pixel_shuffle(self.last(h), self.config["patch"])


def _halve(x: Tensor) -> Tensor:
    """Means of 2 × 2 places; an odd row or column at the end has means of its own."""
    return functional.avg_pool2d(x, 2, ceil_mode=True)


DENOISERS = {"mlp": MLP, "unet": UNet}


def build(config: dict[str, Any]) -> Network:
    """Return the network that ``config`` describes, with fresh weights."""
    arguments = dict(config)
    make = DENOISERS[check_choice("denoiser kind", arguments.pop("kind", None), DENOISERS)]
    try:
        return make(**arguments)
    except TypeError as error:
        raise ConfigError(f"denoiser config must hold the arguments of {make.__name__}, got {config}") from error


def _zero(layer: nn.Linear | nn.Conv2d) -> nn.Linear | nn.Conv2d:
    """Start a branch at 0, so that the network starts from its skip connections alone."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def _as_table(alpha_bar: Sequence[float] | Tensor, T: int) -> Tensor:
    table = torch.as_tensor(alpha_bar, dtype=torch.float64, device="cpu").detach()
    if table.shape != (T + 1,) or table[0] != 1 or not ((table.diff() < 0).all() and table[-1] > 0):
        allowed = f"the table of {T + 1} falling values from 1 at t = 0 to above 0 at t = T"
        raise ConfigError(f"alpha_bar must be {allowed}, got shape {tuple(table.shape)}; use schedule.alpha_bar")
    return table
