"""A U-Net for images."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..errors import ConfigError
from .network import TIME_FEATURES, Network, zero

PATCHES = (1, 2, 4)


class Block(nn.Module):
    """Two 3 × 3 convolutions around a residual; time scales and shifts the features between them."""

    def __init__(self, a: int, b: int, time: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(8, a), nn.Conv2d(a, b, 3, padding=1)
        self.norm2, self.conv2 = nn.GroupNorm(8, b), zero(nn.Conv2d(b, b, 3, padding=1))
        self.time = nn.Linear(time, 2 * b)
        self.skip = nn.Conv2d(a, b, 1) if a != b else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        h = self.conv1(functional.silu(self.norm1(x)))  # (B, b, H, W)
        scale, shift = self.time(time)[:, :, None, None].chunk(2, dim=1)
        return self.skip(x) + self.conv2(functional.silu(self.norm2(h) * (1 + scale) + shift))


class UNet(Network):
    """For images x_t (B, channels, H, W), H and W multiples of 4: residual blocks at three resolutions, no attention.

    ``width``, a multiple of 8, is the number of feature maps at full resolution; the lower two have twice as many.
    ``patch``, 1, 2 or 4, folds each square of ``patch`` × ``patch`` pixels into the channels of one position, and back
    at the end: for the same time a network on a quarter or a sixteenth of the positions may be wider.  H and W are at
    least 4 · patch.

    Sources: Ho et al. 2020, appendix B; Shi et al. 2016 (patches folded into channels).
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 32,
        T: int = 1000,
        alpha_bar: Sequence[float] | Tensor | None = None,
        prediction: str = "v",
        patch: int = 1,
        classes: int = 0,
        data_std: float = 1.0,
    ) -> None:
        sizes = {"channels": channels, "width": width, "patch": patch}
        super().__init__("unet", T, alpha_bar, prediction, classes, data_std, **sizes)
        if width % 8:
            raise ConfigError(f"width must be a multiple of 8, got {width}; use {8 * -(-width // 8)}")
        if patch not in PATCHES:
            raise ConfigError(
                f"patch must be one of {', '.join(map(str, PATCHES))}, got {patch}; 1 leaves pixels alone"
            )
        c, time, folded = width, 4 * width, channels * patch**2
        self.embed = nn.Sequential(nn.Linear(TIME_FEATURES + classes, time), nn.SiLU())
        self.first = nn.Conv2d(folded, c, 3, padding=1)
        self.down1, self.down2 = Block(c, c, time), Block(c, 2 * c, time)
        self.middle1, self.middle2 = Block(2 * c, 2 * c, time), Block(2 * c, 2 * c, time)
        self.up2, self.up1 = Block(4 * c, 2 * c, time), Block(3 * c, c, time)
        self.last = nn.Sequential(nn.GroupNorm(8, c), nn.SiLU(), zero(nn.Conv2d(c, folded, 3, padding=1)))

    def check_x(self, x_t: Tensor) -> None:
        channels = self.config["channels"]
        if x_t.ndim != 4 or x_t.shape[1] != channels or x_t.shape[2] % 4 or x_t.shape[3] % 4:
            allowed = f"x_t must have shape (B, {channels}, H, W) with H and W multiples of 4"
            raise ConfigError(f"{allowed}, got {tuple(x_t.shape)}; pad the images, or set channels")
        if min(x_t.shape[2:]) < (least := 4 * self.config["patch"]):
            raise ConfigError(f"x_t must have H and W of at least {least}, got {tuple(x_t.shape)}; use a smaller patch")

    def body(self, x_t: Tensor, known: Tensor) -> Tensor:
        time, x = self.embed(known), functional.pixel_unshuffle(x_t, self.config["patch"])
        h1 = self.down1(self.first(x), time)  # (B, c, H, W), of the folded image
        h2 = self.down2(_halve(h1), time)  # (B, 2c, H/2, W/2), rounded up
        h = self.middle2(self.middle1(_halve(h2), time), time)  # (B, 2c, H/4, W/4)
        h = self.up2(torch.cat([functional.interpolate(h, h2.shape[2:]), h2], dim=1), time)
        h = self.up1(torch.cat([functional.interpolate(h, h1.shape[2:]), h1], dim=1), time)
        return functional.pixel_shuffle(self.last(h), self.config["patch"])


def _halve(x: Tensor) -> Tensor:
    """Means of 2 × 2 positions; an odd row or column at the end has means of its own."""
    return functional.avg_pool2d(x, 2, ceil_mode=True)
