r"""Transformers for images: patches as tokens, positional embeddings, attention, blocks with adaLN-zero.

An image becomes N = H W / p² *tokens*, one for each patch of p × p pixels, and a block changes every token twice: by
attention, the only layer in which tokens interact,

    A_{ij} = softmax_j (q_i · k_j / √d_h),        h_i ← h_i + g_1 W Σ_j A_{ij} v_j        in each head, of width d_h,

and by an MLP of each token alone, h_i ← h_i + g_2 MLP(h_i).  Before each of the two stands a layer norm without weights
of its own.  The embedding c of time and label determines its shift and scale, and the gates g_1 and g_2:
*adaptive layer norm*.  The layer that computes them starts at zero, so that each block starts as the
identity: *adaLN-zero*.

``Stream`` holds the weights by which one block treats one sequence of tokens; ``block`` lets several sequences attend
to each other.  With one it is the block of DiT, with an image and a text that of MM-DiT.

Sources: Vaswani et al. 2017, section 3.2; Peebles & Xie 2023 (DiT), section 3.2; Esser et al. 2024 (MM-DiT), section 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .network import zero

Split = tuple[Tensor, Tensor, Tensor]


def to_tokens(x: Tensor, patch: int) -> Tensor:
    """The patches of ``patch`` × ``patch`` pixels of x (B, C, H, W), row by row: (B, N, C · patch²)."""
    return functional.pixel_unshuffle(x, patch).flatten(2).transpose(1, 2)


def to_image(tokens: Tensor, patch: int, rows: int) -> Tensor:
    """The inverse of ``to_tokens``, for an image with this number of rows of patches."""
    return functional.pixel_shuffle(tokens.transpose(1, 2).unflatten(2, (rows, -1)), patch)


def positions(rows: int, columns: int, width: int, device: torch.device | str = "cpu") -> Tensor:
    """Sinusoidal positional embeddings, (rows · columns, width): sines and cosines of the column and of the row.

    A quarter of the width each, at frequencies from 1 down to 1/10,000; ``width`` is a multiple of 4.
    """
    wide = torch.float32 if torch.device(device).type == "mps" else torch.float64  # MPS has no float64
    frequencies = 10_000 ** -(torch.arange(width // 4, dtype=wide, device=device) / (width // 4))
    axes = torch.arange(rows, device=device), torch.arange(columns, device=device)
    row, column = torch.meshgrid(*axes, indexing="ij")
    angles = [index.reshape(-1, 1) * frequencies for index in (column, row)]
    return torch.cat([part for angle in angles for part in (angle.sin(), angle.cos())], 1).float()


def norm(h: Tensor) -> Tensor:
    """Layer norm without weights: each token gets mean 0 and variance 1 over its width."""
    return functional.layer_norm(h, h.shape[-1:], eps=1e-6)


def where(q: Tensor, k: Tensor, heads: int) -> Tensor:
    """A = softmax(q kᵀ / √d_h) for q (B, N, d) and k (B, M, d), by head: (B, heads, N, M); each row sums to 1."""
    q, k = (each.unflatten(2, (heads, -1)).transpose(1, 2) for each in (q, k))
    return (q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])).softmax(3)


def attend(q: Tensor, k: Tensor, v: Tensor, heads: int) -> Tensor:
    """Σ_j A_{ij} v_j in each head, the heads side by side: (B, N, d)."""
    v = v.unflatten(2, (heads, -1)).transpose(1, 2)
    return (where(q, k, heads) @ v).transpose(1, 2).flatten(2)


class Gates(NamedTuple):
    """What a block makes of c for one sequence, each (B, 1, d): shift, scale and gate of attention, then of the MLP.

    A sequence that ends in the block has the first two, and 0 for the others.
    """

    shift1: Tensor
    scale1: Tensor
    gate1: Tensor | float = 0.0
    shift2: Tensor | float = 0.0
    scale2: Tensor | float = 0.0
    gate2: Tensor | float = 0.0


class Stream(nn.Module):
    """The weights with which one block treats one sequence; the layer of the gates starts at zero.

    Queries, keys and values have no bias: that of the keys would add the same to all scores of a row, and change none.
    A sequence that ``ends`` in this block is looked at for the last time, and goes on unchanged.
    """

    def __init__(self, width: int, ends: bool = False) -> None:
        super().__init__()
        self.ends = ends
        self.modulation = zero(nn.Linear(width, (2 if ends else 6) * width))
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        if not ends:
            self.out = nn.Linear(width, width)
            self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))

    def gates(self, c: Tensor) -> Gates:
        return Gates(*self.modulation(functional.silu(c))[:, None].chunk(2 if self.ends else 6, dim=2))

    def split(self, h: Tensor, gates: Gates) -> Split:
        """Queries, keys and values, (B, N, d) each."""
        return self.qkv(norm(h) * (1 + gates.scale1) + gates.shift1).chunk(3, dim=2)

    def join(self, h: Tensor, mixed: Tensor, gates: Gates) -> Tensor:
        """The sequence after the block, of what attention has mixed for it."""
        if self.ends:
            return h
        h = h + gates.gate1 * self.out(mixed)
        return h + gates.gate2 * self.mlp(norm(h) * (1 + gates.scale2) + gates.shift2)


def block(streams: Sequence[Stream], sequences: Sequence[Tensor], c: Tensor, heads: int) -> list[Tensor]:
    """One block: every sequence (B, N_s, d) by the weights of its own stream, with attention over all tokens."""
    gates = [stream.gates(c) for stream in streams]
    parts = [stream.split(h, gate) for stream, h, gate in zip(streams, sequences, gates, strict=True)]
    q, k, v = (torch.cat(each, 1) if len(parts) > 1 else each[0] for each in zip(*parts, strict=True))
    mixed = attend(q, k, v, heads).split([h.shape[1] for h in sequences], dim=1)
    return [stream.join(*each) for stream, *each in zip(streams, sequences, mixed, gates, strict=True)]


class Last(nn.Module):
    """The last layer: norm with shift and scale of c, then a linear layer that starts at zero."""

    def __init__(self, width: int, answers: int) -> None:
        super().__init__()
        self.modulation, self.linear = zero(nn.Linear(width, 2 * width)), zero(nn.Linear(width, answers))

    def forward(self, h: Tensor, c: Tensor) -> Tensor:
        shift, scale = self.modulation(functional.silu(c))[:, None].chunk(2, dim=2)
        return self.linear(norm(h) * (1 + scale) + shift)
