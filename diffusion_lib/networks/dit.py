"""A diffusion transformer, DiT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from .network import TIME_FEATURES, Known, Network
from .transformer import Last, Stream, block, positions, to_image, to_tokens, where


class DiT(Network):
    """For images x_t (B, channels, H, W), H and W multiples of ``patch``: ``depth`` blocks with adaLN-zero on patches.

    ``width`` d is that of a token, a multiple of 4 and of ``heads``.  A sinusoidal positional embedding is
    added to each token; without it the network could not distinguish the order of the patches.
    One block on N patches costs 12 N d² + 2 N² d + 6 d² multiply-adds.

    Source: Peebles & Xie 2023, section 3.2.
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 64,
        depth: int = 4,
        heads: int = 4,
        patch: int = 2,
        T: int = 1000,
        alpha_bar: Sequence[float] | Tensor | None = None,
        prediction: str = "v",
        classes: int = 0,
        data_std: float = 1.0,
    ) -> None:
        sizes = {"channels": channels, "width": width, "depth": depth, "heads": heads, "patch": patch}
        super().__init__("dit", T, alpha_bar, prediction, classes, data_std, **sizes)
        check_width(width, heads)
        self.heads, self.patch = heads, patch
        self.first = nn.Linear(channels * patch**2, width)
        self.embed = nn.Sequential(nn.Linear(TIME_FEATURES + classes, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks: Any = nn.ModuleList(Stream(width) for _ in range(depth))  # to a checker its items are modules
        self.last = Last(width, channels * patch**2)

    def check_x(self, x_t: Tensor) -> None:
        check_image(x_t, self.config["channels"], self.patch)

    def body(self, x_t: Tensor, known: Known) -> Tensor:
        h, c = self.begin(x_t), self.embed(known)
        for stream in self.blocks:
            (h,) = block([stream], [h], c, self.heads)
        return to_image(self.last(h, c), self.patch, x_t.shape[2] // self.patch)

    def begin(self, x_t: Tensor) -> Tensor:
        """The tokens (B, N, d) of the patches, with their positional embeddings."""
        return self.first(to_tokens(x_t, self.patch)) + self.position_embedding(x_t)

    def position_embedding(self, x_t: Tensor) -> Tensor:
        """The positional embeddings of the patches of x_t, (N, d)."""
        rows, columns = (side // self.patch for side in x_t.shape[2:])
        return positions(rows, columns, self.config["width"], x_t.device).to(x_t.dtype)

    def attention_maps(self, x_t: Tensor, t: Tensor, label: Tensor | None = None) -> list[Tensor]:
        """The attention of each block for a call with these arguments, (B, heads, N, N) each; each row sums to 1."""
        return [where(q, k, self.heads) for q, k in self.queries_and_keys(x_t, t, label)]

    @torch.no_grad()
    def queries_and_keys(self, x_t: Tensor, t: Tensor, label: Tensor | None = None) -> list[tuple[Tensor, Tensor]]:
        """The queries and keys of each block for a call with these arguments, (B, N, d) both."""
        found: list[tuple[Tensor, Tensor]] = []

        def keep(_module: nn.Module, _given: object, qkv: Tensor) -> None:
            q, k, _ = qkv.chunk(3, dim=2)
            found.append((q, k))

        hooks = [stream.qkv.register_forward_hook(keep) for stream in self.blocks]
        try:
            self(x_t, t, label)
        finally:
            for hook in hooks:
                hook.remove()
        return found


def check_width(width: int, heads: int) -> None:
    """Refuse a width that the heads or the positional embedding do not divide."""
    if width % 4 or width % heads:
        raise ConfigError(f"width must be a multiple of 4 and of heads = {heads}, got {width}; use {4 * heads}, say")


def check_image(x_t: Tensor, channels: int, patch: int) -> None:
    if x_t.ndim != 4 or x_t.shape[1] != channels or x_t.shape[2] % patch or x_t.shape[3] % patch:
        allowed = f"x_t must have shape (B, {channels}, H, W) with H and W multiples of {patch}"
        raise ConfigError(f"{allowed}, got {tuple(x_t.shape)}; pad the images, or set channels or patch")
