r"""Control by edges, a small ControlNet: a second network adds to the skip connections of the trained U-Net.

    h_k' = h_k + Z_k c_k(x_t, t, e),     Z_k = 0 at the start

h_k are the skip connections k of the U-Net and the output of its middle block; e are edges (B, 1, f h, f w) in {0, 1};
c is a small network, and Z_k a convolution of 1 × 1 that is zero at the start.  Training therefore starts from the old
U-Net, whatever c computes.  Only c and Z are trained.

In Zhang et al. c is a copy of the encoder of the U-Net, with its weights.  Here it has a hundred thousand randomly
initialised parameters, which a CPU trains in minutes.

Source: Zhang et al. 2023, sections 3.1 and 3.2.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import safetensors
import safetensors.torch
import torch
from diffusers.models.embeddings import get_timestep_embedding
from torch import Tensor, nn
from torch.nn.functional import silu

from diffusion_lib.errors import CheckpointCorrupt, ConfigError
from diffusion_lib.runtime import files
from diffusion_lib.stable_diffusion.parts import Components

from ..miniature.data import language, synthetic
from ..miniature.data.rendering import render
from ..miniature.training.networks import CHANNELS
from .finetune_data import FinetuneData, encode

WIDTHS, TIMES = (16, 24, 32), 32  # channels of the edges down to the latents' size; features of a time
WIDTH = 48
VISIBLE = 0.15  # least difference of colour between neighbours that is an edge


def edges(images: Tensor) -> Tensor:
    """Where a pixel's colour differs from that of the right or the lower neighbour: (n, 1, H, W) in {0, 1}."""
    right = torch.zeros_like(images[:, :1])
    lower = right.clone()
    right[..., :-1] = (images[..., 1:] - images[..., :-1]).norm(dim=1, keepdim=True)
    lower[..., :-1, :] = (images[..., 1:, :] - images[..., :-1, :]).norm(dim=1, keepdim=True)
    return (torch.maximum(right, lower) > VISIBLE).to(images)


class Control(nn.Module):
    """c and Z for the miniature's U-Net: from x_t, t (from 1) and edges to what is added, down and in the middle."""

    def __init__(self) -> None:
        super().__init__()
        channels = [1, *WIDTHS, WIDTH]
        self.hint = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(channels))  # 128 → 8
        self.latent, self.time = nn.Conv2d(CHANNELS, WIDTH, 3, padding=1), nn.Linear(TIMES, WIDTH)
        self.fine = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.coarse = nn.Conv2d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.zero = nn.ModuleList(nn.Conv2d(WIDTH, out, 1) for out in (112, 112, 112, 160, 160))
        for layer in self.zero:
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x_t: Tensor, t: Tensor, e: Tensor) -> tuple[list[Tensor], Tensor]:
        """What is added for latents x_t (B, 8, h, w), times t (B,) and edges (B, 1, 16 h, 16 w)."""
        h = e
        for layer in self.hint:
            h = silu(layer(h))
        time = self.time(get_timestep_embedding(t.flatten(), TIMES).to(x_t.dtype))
        h = silu(h + self.latent(x_t) + time[:, :, None, None])
        fine = silu(self.fine(h)) + h
        coarse = silu(self.coarse(fine))
        *down, middle = (zero(c) for zero, c in zip(self.zero, (fine, fine, coarse, coarse, coarse), strict=True))
        return down, middle


class Controlled(nn.Module):
    """A U-Net with its control, to be called as the U-Net is; ``edges`` (n, 1, H, W) are those of its n images.

    A batch of 2 n, as guidance makes it, gets them twice.  The control is moved to the device of the U-Net.
    """

    def __init__(self, unet: nn.Module, control: Control, edges: Tensor) -> None:
        super().__init__()
        self.unet, self.control, self.edges = unet, control.to(next(unet.parameters()).device), edges

    @property
    def config(self) -> SimpleNamespace:
        """The U-Net's."""
        return self.unet.config

    @property
    def dtype(self) -> torch.dtype:
        """The U-Net's."""
        return self.unet.dtype

    def forward(
        self, x: Tensor, t: Tensor, encoder_hidden_states: Tensor, edges: Tensor | None = None, **options
    ) -> tuple[Tensor, ...]:
        """ε̂ as the U-Net returns it, for times t from 0; ``edges`` replace its own.

        Raises ``ConfigError`` for a batch that is no multiple of n.
        """
        e = self.edges if edges is None else edges
        if not len(e) or len(x) % len(e):
            raise ConfigError(
                f"a batch must be a multiple of the {len(e)} edges, got {len(x)}; pass one for each image"
            )
        e = e.to(x).repeat(len(x) // len(e), 1, 1, 1)
        down, middle = self.control(x, t + 1, e)
        added = {"down_block_additional_residuals": down, "mid_block_additional_residual": middle}
        return self.unet(x, t, encoder_hidden_states=encoder_hidden_states, **added, **options)


def edge_data(parts: Components, n: int, seed: int) -> FinetuneData:
    """The data of n scenes, of all classes, with their edges."""
    scenes = synthetic.sample_scenes(n, torch.Generator().manual_seed(seed), mix=synthetic.FINE_MIX)
    chunks = torch.arange(n).split(100)  # images are large, edges are bits
    found = torch.cat([edges(render(scenes[chunk])).bool() for chunk in chunks])
    return encode(parts, scenes, language.captions)._replace(edges=found)


def save(control: Control, path: str | os.PathLike[str]) -> Path:
    """Write the parameters in float16, as safetensors."""
    target = files.target("path", path, (".safetensors",))
    numbers = {name: x.detach().cpu().half().contiguous() for name, x in control.state_dict().items()}
    return files.write(target, safetensors.torch.save(numbers))


def read(path: str | os.PathLike[str]) -> Control:
    """Return the control of a file that ``save`` wrote, in float32; ``CheckpointCorrupt`` for any other."""
    control = Control()
    try:
        control.load_state_dict(safetensors.torch.load_file(path))
    except (OSError, RuntimeError, safetensors.SafetensorError) as error:
        what = f"got {type(error).__name__}: {str(error).strip()[:200]}"
        raise CheckpointCorrupt(f"{path} must hold a control by edges, {what}; use the one of the package") from error
    return control.requires_grad_(False).eval()
