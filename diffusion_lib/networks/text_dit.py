"""Diffusion transformers that read a text, in three ways; one of them is MM-DiT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from ..errors import ConfigError, check_choice, check_integer
from .dit import DiT
from .network import LARGEST_SIZE, zero
from .transformer import Stream, attend, block, norm, to_image

WAYS = ("pooled", "cross", "joint")


class Cross(nn.Module):
    """Cross-attention from the image's tokens to the words; the layer after it starts at zero."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.q, self.kv = nn.Linear(width, width, bias=False), nn.Linear(width, 2 * width, bias=False)
        self.out = zero(nn.Linear(width, width))

    def forward(self, h: Tensor, words: Tensor, heads: int) -> Tensor:
        k, v = self.kv(norm(words)).chunk(2, dim=2)
        return h + self.out(attend(self.q(norm(h)), k, v, heads))


class TextDiT(DiT):
    """A ``DiT`` that is called ``model(x_t, t, words)`` with ``words`` (B, L, text), the last of which is pooled.

    The last word enters c beside the time in all three ways, and so the shifts, scales and gates of every block.

        "pooled"  by nothing else
        "cross"   before each block, patches attend to the words, which stay as they are
        "joint"   MM-DiT: the words are a second sequence, with weights of its own in each block, and all tokens, of
                  both sequences, attend to all

    Sources: Peebles & Xie 2023, section 3.2 (adaptive layer norm, cross attention); Esser et al. 2024, section 4.
    """

    def __init__(
        self,
        way: str,
        text: int,
        channels: int = 1,
        width: int = 64,
        depth: int = 4,
        heads: int = 4,
        patch: int = 2,
        T: int = 1000,
        alpha_bar: Sequence[float] | Tensor | None = None,
        prediction: str = "v",
    ) -> None:
        super().__init__(channels, width, depth, heads, patch, T, alpha_bar, prediction)
        self.way, self.text = check_choice("way", way, WAYS), check_integer("text", text, 1, LARGEST_SIZE)
        self.pooled = nn.Linear(text, width)
        if way != "pooled":
            self.read = nn.Linear(text, width)
        if way == "cross":
            self.cross: Any = nn.ModuleList(Cross(width) for _ in range(depth))
        if way == "joint":
            self.words: Any = nn.ModuleList(Stream(width, ends=k == depth - 1) for k in range(depth))

    def _known(self, time: Tensor, words: Tensor | None, x_t: Tensor) -> tuple[Tensor, Tensor]:
        if words is None or words.ndim != 3 or words.shape[0] != len(x_t) or words.shape[2] != self.text:
            what = None if words is None else tuple(words.shape)
            raise ConfigError(f"words must have shape ({len(x_t)}, L, {self.text}), got {what}; give each x_t its text")
        return time, words

    def body(self, x_t: Tensor, known: tuple[Tensor, Tensor]) -> Tensor:
        time, words = known
        h, c = self.begin(x_t), self.embed(time) + self.pooled(words[:, -1])
        read = words if self.way == "pooled" else self.read(words)
        for k, stream in enumerate(self.blocks):
            if self.way == "joint":
                h, read = block([stream, self.words[k]], [h, read], c, self.heads)
            else:
                h = self.cross[k](h, read, self.heads) if self.way == "cross" else h
                (h,) = block([stream], [h], c, self.heads)
        return to_image(self.last(h, c), self.patch, x_t.shape[2] // self.patch)
